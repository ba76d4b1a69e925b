//! What a stamp column takes, it gives back.

use chrono::TimeZone as _;
use proptest::prelude::*;

use super::*;

#[test]
fn times_go_in_and_out() {
    let now = Utc.timestamp_opt(1_700_000_000, 123_456_000).unwrap();
    assert_eq!(DateTime::<Utc>::from_instant(now).to_instant(), Some(now));
    assert_eq!(NaiveDateTime::from_instant(now), now.naive_utc());
    assert_eq!(NaiveDateTime::from_instant(now).to_instant(), Some(now));
    assert_eq!(
        Option::<NaiveDateTime>::from_instant(now).to_instant(),
        Some(now)
    );
    assert_eq!(None::<DateTime<Utc>>.to_instant(), None);
}

#[cfg(feature = "time")]
#[test]
fn times_of_the_time_crate_are_utc() {
    use time::{OffsetDateTime, PrimitiveDateTime, UtcOffset};

    let now = Utc.timestamp_opt(-1, 123_456_000).unwrap();
    let zoned = OffsetDateTime::from_instant(now);
    let naive = PrimitiveDateTime::from_instant(now);
    assert_eq!(zoned.to_string(), "1969-12-31 23:59:59.123456 +00:00:00");
    assert_eq!(naive.to_string(), "1969-12-31 23:59:59.123456");
    assert_eq!(naive.to_instant(), Some(now));
    let local = zoned.to_offset(UtcOffset::from_hms(2, 0, 0).unwrap());
    assert_eq!(local.to_instant(), Some(now));
    assert_eq!(
        OffsetDateTime::from_instant(DateTime::<Utc>::MAX_UTC).year(),
        9999
    );
    assert_eq!(
        OffsetDateTime::from_instant(DateTime::<Utc>::MIN_UTC).year(),
        -9999
    );
}

fn misfit_of<T: ActorStamp>(actor: Actor, kinds: &[&str]) -> String {
    T::from_actor(&actor, kinds).err().unwrap().to_string()
}

#[test]
fn whole_actor_columns_take_any_actor() {
    for actor in [Actor::user("u"), Actor::system(), Actor::parse("Jane Doe")] {
        assert_eq!(
            Actor::from_actor(&actor, &[]).unwrap().to_actor(&[]),
            Some(actor.clone())
        );
        let text = String::from_actor(&actor, &[]).unwrap();
        assert_eq!(text, actor.as_str());
        assert_eq!(text.to_actor(&[]), Some(actor.clone()));
        assert_eq!(
            Option::<String>::from_actor(&actor, &[])
                .unwrap()
                .to_actor(&[]),
            Some(actor)
        );
    }
    assert_eq!(None::<Actor>.to_actor(&[]), None);
    assert!(Actor::from_actor(&Actor::user(1), &["user"]).is_ok());
    assert!(Actor::from_actor(&Actor::job(1), &["user"]).is_err());
}

#[test]
fn id_columns_take_listed_kinds_alone() {
    assert_eq!(
        String::from_actor(&Actor::job("a:b"), &["user", "job"]).unwrap(),
        "a:b"
    );
    assert_eq!(i32::from_actor(&Actor::user(42), &[]).unwrap(), 42);
    assert_eq!(i64::from_actor(&Actor::job(-42), &["job"]).unwrap(), -42);
    assert_eq!(42_i32.to_actor(&[]), Some(Actor::user(42)));
    assert_eq!(42_i64.to_actor(&["job"]), Some(Actor::job(42)));
    assert_eq!(
        42_i64.to_actor(&["job", "user"]),
        Some(Actor::Unknown("42".into()))
    );
    assert_eq!("a".to_string().to_actor(&["job"]), Some(Actor::job("a")));

    assert_eq!(
        misfit_of::<i32>(Actor::api_key("secret"), &[]),
        "expected an actor of kind `user` with an id that is an `i32` in decimal, without leading zeros"
    );
    for actor in [
        Actor::user("u_42"),
        Actor::user("007"),
        Actor::user("+7"),
        Actor::user(i64::MAX),
        Actor::system(),
    ] {
        assert!(misfit_of::<i32>(actor, &[]).starts_with("expected"));
    }
    assert_eq!(
        misfit_of::<String>(Actor::system(), &["system", "job"]),
        "expected an actor of kind `system` or `job` with an id"
    );
    assert!(misfit_of::<String>(Actor::parse("user"), &["unknown"]).starts_with("expected"));
    assert!(misfit_of::<String>(Actor::parse("Jane"), &["unknown"]).starts_with("expected"));
}

#[cfg(feature = "uuid")]
#[test]
fn uuids_are_actors_and_tenants() {
    use uuid::Uuid;

    let id = Uuid::from_u128(0xabc);
    let upper = id.to_string().to_uppercase();
    assert_eq!(Uuid::from_actor(&Actor::user(id), &[]).unwrap(), id);
    assert_eq!(Uuid::from_actor(&Actor::user(&upper), &[]).unwrap(), id);
    assert_eq!(id.to_actor(&[]), Some(Actor::user(id)));
    assert!(misfit_of::<Uuid>(Actor::user("secret"), &[]).ends_with("an id that is a UUID"));
    assert_eq!(
        Uuid::from_tenant(&id.to_string()).unwrap().canonical(),
        id.to_string()
    );
    assert!(Uuid::from_tenant(&upper).is_err());
    assert!(Uuid::from_tenant(&id.simple().to_string()).is_err());
}

#[test]
fn a_tenant_has_one_spelling() {
    assert_eq!(i32::from_tenant("7").unwrap().canonical(), "7");
    for text in [" 7", "7 ", "007", "+7", "-0", "7.0", "٧", "", "2147483648"] {
        let error = i32::from_tenant(text).unwrap_err().to_string();
        assert_eq!(
            error,
            "expected a tenant that is an `i32` in decimal, without leading zeros"
        );
    }
    const { assert!(String::TEXT && !i64::TEXT) }
}

proptest! {
    #[test]
    fn canonical_is_the_text_that_came_in(text in prop_oneof!["[ +0-9-]{0,5}", any::<i64>().prop_map(|v| v.to_string())]) {
        if let Ok(tenant) = i64::from_tenant(&text) {
            prop_assert_eq!(tenant.canonical(), text.clone());
        }
        if let Ok(tenant) = i32::from_tenant(&text) {
            prop_assert_eq!(tenant.canonical(), text.clone());
        }
        prop_assert_eq!(String::from_tenant(&text).unwrap().canonical(), text);
    }

    #[test]
    fn what_an_actor_column_takes_it_gives_back(id in "[0-9a-z+ -]{1,12}") {
        for actor in [Actor::user(&id), Actor::job(&id)] {
            if let Ok(stamp) = i32::from_actor(&actor, &[]) {
                prop_assert_eq!(stamp.to_actor(&[]), Some(actor.clone()));
            }
            if let Ok(stamp) = String::from_actor(&actor, &["job"]) {
                prop_assert_eq!(stamp.to_actor(&["job"]), Some(actor));
            }
        }
    }
}

#[test]
fn flags_versions_and_empty_stamps() {
    assert!(bool::from_flag(true).to_flag() && !bool::from_flag(false).to_flag());
    assert_eq!((i32::first().to_i64(), i64::first().to_i64()), (1, 1));
    assert_eq!(Option::<Actor>::cleared(), None);
}
