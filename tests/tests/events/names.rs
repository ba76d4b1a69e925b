// Which names an event may have: against a second telling of the rule, read character by character.

use audit_diesel::EventError;
use audit_diesel::prelude::*;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::backend::{Database, look};

/// The rule once more, as a machine of three states.
fn model(name: &str) -> Result<(), EventError> {
    #[derive(PartialEq)]
    enum At {
        Start,
        Word,
    }
    let (mut at, mut dots) = (At::Start, 0);
    for c in name.chars() {
        at = match (at, c) {
            (At::Start, 'a'..='z') => At::Word,
            (At::Word, 'a'..='z' | '0'..='9' | '_') => At::Word,
            (At::Word, '.') => {
                dots += 1;
                At::Start
            }
            _ => return Err(EventError::Name),
        };
    }
    if at == At::Start || dots == 0 {
        Err(EventError::Name)
    } else if name.chars().count() > 255 {
        Err(EventError::NameTooLong)
    } else if name.starts_with("audit.") {
        Err(EventError::NameReserved)
    } else {
        Ok(())
    }
}

fn names() -> impl Strategy<Value = String> {
    let word = "[a-z][a-z0-9_]{0,6}";
    let good = proptest::collection::vec(word, 2..5).prop_map(|words| words.join("."));
    let spoilt = (
        good.clone(),
        any::<prop::sample::Index>(),
        "[a-z0-9_.A-Z \\-äß\u{0}\u{212a}]",
    )
        .prop_map(|(mut name, at, piece)| {
            let at = at.index(name.len() + 1);
            name.insert_str(at, &piece);
            name
        });
    let cut = (good.clone(), any::<prop::sample::Index>()).prop_map(|(name, at)| {
        let at = at.index(name.len());
        format!("{}{}", &name[..at], &name[at + 1..])
    });
    let long = (250_usize..260).prop_map(|n| format!("a.{}", "b".repeat(n - 2)));
    let reserved = good.clone().prop_map(|name| format!("audit.{name}"));
    let near = good.clone().prop_map(|name| format!("audit_{name}"));
    prop_oneof![4 => good, 4 => spoilt, 2 => cut, 1 => long, 1 => reserved, 1 => near, 1 => ".{0,12}"]
}

#[test]
fn a_name_is_taken_as_it_is_or_refused_before_any_sql() {
    let database = Database::new();
    let mut conn = database.connect();
    let sent = look::watch(&mut conn);
    let ctx = AuditContext::new(Actor::system());
    let conn = std::cell::RefCell::new(conn);
    let (taken, refused) = (std::cell::Cell::new(0), std::cell::Cell::new(0));
    let mut runner = TestRunner::new(Config {
        cases: 400,
        failure_persistence: None,
        ..Config::default()
    });
    let run = runner.run(&names(), |name| {
        let conn = &mut *conn.borrow_mut();
        sent.take();
        let event = AuditLog::event(name.clone());
        let id = event.id();
        match (model(&name), event.write(conn, &ctx)) {
            (Ok(()), Ok(written)) => {
                prop_assert_eq!(written, id);
                let last = look::log(conn).pop().unwrap();
                prop_assert_eq!((last.id, last.action), (id, name));
                taken.set(taken.get() + 1);
            }
            (Err(expected), Err(AuditError::Event { source, event })) => {
                prop_assert_eq!(source, expected);
                prop_assert!(sent.take().is_empty(), "something was sent");
                prop_assert!(!event.chars().any(char::is_control));
                refused.set(refused.get() + 1);
            }
            (model, real) => prop_assert!(false, "{:?}: {:?}, {:?}", name, model, real),
        }
        Ok(())
    });
    run.unwrap();
    assert!(
        taken.get() > 50 && refused.get() > 50,
        "{taken:?} {refused:?}"
    );
    assert_eq!(look::log_len(&mut conn.borrow_mut()), taken.get());
}
