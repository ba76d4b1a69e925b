//! `skip`: never stored, and no change. It need not even be `Serialize`.

use audit_diesel::Audited;

use crate::support::{NOTHING, changes};

#[derive(Audited, Clone)]
#[audit(name = "things", crate = audit_diesel)]
#[audit(exempt(created_at, created_by, updated_at, updated_by))]
struct Thing {
    id: i64,
    #[audit(skip)]
    cache: Cache,
    #[audit(skip, eq = never)]
    noise: Noise,
    name: String,
}

#[derive(Clone, PartialEq)]
struct Cache(u8);

#[derive(Clone)]
struct Noise;

fn never(_: &Noise, _: &Noise) -> bool {
    false
}

#[test]
fn a_skipped_value_is_no_change() {
    let before = Thing {
        id: 1,
        cache: Cache(1),
        noise: Noise,
        name: "a".into(),
    };
    let after = Thing {
        cache: Cache(2),
        ..before.clone()
    };
    assert_eq!(changes(&before, &after), NOTHING);
    let after = Thing {
        name: "b".into(),
        ..after
    };
    assert_eq!(changes(&before, &after), ["name: \"a\" -> \"b\""]);
    assert!(!format!("{after:?}").contains("Cache"));
}
