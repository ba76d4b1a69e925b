//! `eq`: a comparison of the app's own, for types without `PartialEq`, too.

use audit_diesel::Audited;

use crate::support::{NOTHING, changes};

#[derive(Audited, Clone)]
#[audit(name = "things", crate = audit_diesel)]
#[audit(exempt(created_at, created_by, updated_at, updated_by))]
struct Thing {
    id: i64,
    #[audit(eq = ratio::same)]
    ratio: f64,
    #[audit(eq = Colour::same)]
    colour: Colour,
}

#[derive(Clone, serde::Serialize)]
struct Colour(u8, u8);

impl Colour {
    fn same(a: &Self, b: &Self) -> bool {
        a.0 == b.0
    }
}

mod ratio {
    #[allow(clippy::trivially_copy_pass_by_ref)]
    pub fn same(a: &f64, b: &f64) -> bool {
        (a - b).abs() < 0.5
    }
}

#[test]
fn the_apps_comparison_decides() {
    let before = Thing {
        id: 1,
        ratio: 1.0,
        colour: Colour(1, 1),
    };
    let after = Thing {
        ratio: 1.25,
        colour: Colour(1, 2),
        ..before.clone()
    };
    assert_eq!(changes(&before, &after), NOTHING);
    let after = Thing {
        ratio: 2.0,
        ..before.clone()
    };
    assert_eq!(changes(&before, &after), ["ratio: 1.0 -> 2.0"]);
}
