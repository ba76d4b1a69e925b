//! `via = "display"`: stored as its `Display` text, without `Serialize`.

use audit_diesel::Audited;

use crate::support::changes;

#[derive(Audited, Clone)]
#[audit(name = "things", crate = audit_diesel)]
#[audit(exempt(created_at, created_by, updated_at, updated_by))]
#[audit(new = NewThing)]
struct Thing {
    id: i64,
    #[audit(via = "display")]
    price: Money,
    #[audit(via = "display", eq = Money::same_amount)]
    rebate: Money,
}

#[derive(Clone, PartialEq, serde::Deserialize)]
struct Money(i64);

impl Money {
    fn same_amount(a: &Self, b: &Self) -> bool {
        a.0.abs() == b.0.abs()
    }
}

impl std::fmt::Display for Money {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} EUR", self.0)
    }
}

#[test]
fn the_text_is_stored() {
    let before = Thing {
        id: 1,
        price: Money(5),
        rebate: Money(1),
    };
    let after = Thing {
        price: Money(6),
        rebate: Money(-1),
        ..before.clone()
    };
    assert_eq!(changes(&before, &after), ["price: \"5 EUR\" -> \"6 EUR\""]);
    let new = NewThing {
        price: Money(7),
        rebate: Money(0),
    };
    assert!(format!("{new:?}").contains("7 EUR"));
}
