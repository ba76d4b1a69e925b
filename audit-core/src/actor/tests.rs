//! Actor text round-trips, whatever it is.

use proptest::prelude::*;

use super::*;

#[test]
fn actors_have_kind_id_and_text() {
    for (actor, kind, id, text) in [
        (Actor::user(42), "user", Some("42"), "user:42"),
        (Actor::api_key("k:1"), "api_key", Some("k:1"), "api_key:k:1"),
        (
            Actor::service("billing"),
            "service",
            Some("billing"),
            "service:billing",
        ),
        (Actor::job("nightly"), "job", Some("nightly"), "job:nightly"),
        (Actor::system(), "system", None, "system"),
        (Actor::anonymous(), "anonymous", None, "anonymous"),
        (
            Actor::new("web_hook2", Some("x")).unwrap(),
            "web_hook2",
            Some("x"),
            "web_hook2:x",
        ),
        (Actor::parse("Jane"), "unknown", Some("Jane"), "Jane"),
    ] {
        assert_eq!((actor.kind(), actor.id(), actor.as_str()), (kind, id, text));
        assert_eq!(actor.to_string(), text);
        assert_eq!(Actor::parse(text), actor);
        assert_eq!(Actor::from_parts(kind, id), actor);
    }
}

#[test]
fn what_is_no_actor_text_is_unknown_and_stays_as_it_is() {
    for text in [
        "",
        ":",
        "user:",
        ":42",
        "User:42",
        "user 1:42",
        "7:42",
        "_a",
        "é:1",
        "unknown",
        "unknown:x",
    ] {
        assert_eq!(Actor::parse(text), Actor::Unknown(text.into()));
        assert_eq!(Actor::parse(text).as_str(), text);
    }
}

#[test]
fn own_kinds_are_checked() {
    for kind in ["", "User", "1a", "a-b", "a:b", "unknown", "é"] {
        assert_eq!(
            Actor::new(kind, Some("x")),
            Err(ContextError::ActorKind),
            "{kind}"
        );
    }
    assert_eq!(
        Actor::new("hook", Some("")),
        Err(ContextError::Empty(ContextPart::Actor))
    );
    assert_eq!(
        Actor::new("hook", Some("a\nb")),
        Err(ContextError::ControlCharacter(ContextPart::Actor))
    );
    assert_eq!(
        Actor::new("hook", Some(&"x".repeat(251))),
        Err(ContextError::TooLong(ContextPart::Actor))
    );
    assert!(Actor::new("hook", Some(&"x".repeat(250))).is_ok());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5000))]

    #[test]
    fn every_text_round_trips(text in prop_oneof![any::<String>(), "[a-z_:1A]{0,6}", "(user|system|unknown):?.{0,3}"]) {
        let actor = Actor::parse(&text);
        prop_assert_eq!(actor.as_str(), &text);
        prop_assert_eq!(&Actor::from_parts(actor.kind(), actor.id()), &actor);
        let json = serde_json::to_string(&actor).unwrap();
        prop_assert_eq!(serde_json::from_str::<Actor>(&json).unwrap(), actor.clone());
        if let Actor::Known(known) = &actor {
            prop_assert_eq!(Actor::new(known.kind(), known.id()).is_ok(), actor.validate(ContextPart::Actor).is_ok());
        }
    }

    #[test]
    fn parts_never_make_another_actor(kind in "[a-z:U]{0,4}", id in proptest::option::of("[a-z:]{0,4}")) {
        let actor = Actor::from_parts(&kind, id.as_deref());
        match &actor {
            Actor::Known(known) => {
                // The first `:` ends the kind, so only a kind with one in it can move.
                if !kind.contains(':') {
                    prop_assert_eq!((known.kind(), known.id()), (kind.as_str(), id.as_deref()));
                }
            }
            Actor::Unknown(text) => prop_assert!(text.starts_with(&kind)),
        }
    }
}

#[cfg(feature = "diesel")]
#[test]
fn a_column_of_text_takes_an_actor() {
    use diesel::expression::AsExpression;
    use diesel::sql_types::{Nullable, Text};

    fn takes<T: AsExpression<Text> + AsExpression<Nullable<Text>>>(_: T) {}
    takes(Actor::system());
    takes::<&Actor>(&Actor::system());
}
