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
    #[audit(via = "display")]
    bonus: Option<Money>,
    #[audit(via = "display", eq = same_optional, mask = "redact")]
    fine: Option<Money>,
}

fn same_optional(a: &Option<Money>, b: &Option<Money>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => Money::same_amount(a, b),
        _ => a == b,
    }
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

const fn before() -> Thing {
    Thing {
        id: 1,
        price: Money(5),
        rebate: Money(1),
        bonus: None,
        fine: Some(Money(3)),
    }
}

#[test]
fn the_text_is_stored() {
    let before = before();
    let after = Thing {
        price: Money(6),
        rebate: Money(-1),
        ..before.clone()
    };
    assert_eq!(changes(&before, &after), ["price: \"5 EUR\" -> \"6 EUR\""]);
    let new = NewThing {
        price: Money(7),
        rebate: Money(0),
        bonus: Some(Money(8)),
        fine: Some(Money(9)),
    };
    let shown = format!("{new:?}");
    assert!(
        shown.contains("7 EUR") && shown.contains("8 EUR"),
        "{shown}"
    );
    assert!(!shown.contains("9 EUR"), "{shown}");
}

/// Null where there is none, in the trail and in what an app shows.
#[test]
fn what_is_absent_has_no_text() {
    let after = Thing {
        bonus: Some(Money(2)),
        fine: Some(Money(-3)),
        ..before()
    };
    assert_eq!(changes(&before(), &after), ["bonus: null -> \"2 EUR\""]);
    assert_eq!(changes(&after, &before()), ["bonus: \"2 EUR\" -> null"]);
    let gone = Thing {
        fine: None,
        ..before()
    };
    assert_eq!(changes(&before(), &gone), ["fine: \"***\" -> null"]);
    let debug = format!("{:?} {:?}", before(), after);
    assert!(
        debug.contains("bonus: null") && debug.contains("bonus: \"2 EUR\""),
        "{debug}"
    );
    let view = serde_json::to_value(audit_diesel::DetailView::new(&gone)).unwrap();
    assert_eq!(
        (&view["bonus"], &view["fine"]),
        (&serde_json::Value::Null, &serde_json::Value::Null)
    );
}
