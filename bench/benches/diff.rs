//! The diff alone, against a typed compare by hand and the JSON recipe.
#![allow(clippy::expect_used, clippy::unwrap_used, missing_docs)]

use std::hint::black_box;

use audit_bench::{Contender, race};
use audit_core::Audited;
use chrono::{DateTime, Utc};

/// Twelve fields of the usual types.
#[derive(Audited, Clone, serde::Serialize)]
#[audit(name = "item", exempt(created_at, created_by, updated_at, updated_by))]
struct Item {
    id: i64,
    name: String,
    description: String,
    sku: String,
    note: Option<String>,
    price_cents: i64,
    stock: i32,
    weight: f64,
    active: bool,
    rating: i16,
    released: DateTime<Utc>,
    supplier: Option<i64>,
}

/// What a compare by hand would hand out: the two values, borrowed.
#[allow(dead_code, reason = "made, and not looked into")]
enum Change<'a> {
    Text(&'static str, &'a str, &'a str),
    MaybeText(&'static str, Option<&'a str>, Option<&'a str>),
    Int(&'static str, i64, i64),
    MaybeInt(&'static str, Option<i64>, Option<i64>),
    Float(&'static str, f64, f64),
    Bool(&'static str, bool, bool),
    Time(&'static str, DateTime<Utc>, DateTime<Utc>),
}

/// The floor: `!=` on every field, borrowed changes, no allocation.
#[inline(never)]
fn by_hand<'a>(a: &'a Item, b: &'a Item) -> ([Option<Change<'a>>; 12], usize) {
    let mut out = [const { None }; 12];
    let mut n = 0;
    macro_rules! compare {
        ($field:ident, $change:expr) => {
            if a.$field != b.$field {
                out[n] = Some($change);
                n += 1;
            }
        };
    }
    compare!(id, Change::Int("id", a.id, b.id));
    compare!(name, Change::Text("name", &a.name, &b.name));
    compare!(
        description,
        Change::Text("description", &a.description, &b.description)
    );
    compare!(sku, Change::Text("sku", &a.sku, &b.sku));
    compare!(
        note,
        Change::MaybeText("note", a.note.as_deref(), b.note.as_deref())
    );
    compare!(
        price_cents,
        Change::Int("price_cents", a.price_cents, b.price_cents)
    );
    compare!(stock, Change::Int("stock", a.stock.into(), b.stock.into()));
    compare!(weight, Change::Float("weight", a.weight, b.weight));
    compare!(active, Change::Bool("active", a.active, b.active));
    compare!(
        rating,
        Change::Int("rating", a.rating.into(), b.rating.into())
    );
    compare!(released, Change::Time("released", a.released, b.released));
    compare!(
        supplier,
        Change::MaybeInt("supplier", a.supplier, b.supplier)
    );
    (out, n)
}

#[inline(never)]
fn ours<'a>(a: &'a Item, b: &'a Item) -> audit_core::Diff<'a, Item> {
    a.diff(b)
}

#[inline(never)]
fn by_json(a: &Item, b: &Item) -> usize {
    let (a, b) = (
        serde_json::to_value(a).unwrap(),
        serde_json::to_value(b).unwrap(),
    );
    let (a, b) = (a.as_object().unwrap(), b.as_object().unwrap());
    b.iter()
        .filter(|(key, value)| a.get(*key) != Some(*value))
        .count()
}

fn item() -> Item {
    Item {
        id: 7,
        name: "Stratocaster".into(),
        description: "an electric guitar with three pickups and a tremolo".into(),
        sku: "GTR-00042".into(),
        note: Some("signed".into()),
        price_cents: 129_900,
        stock: 3,
        weight: 3.6,
        active: true,
        rating: 5,
        released: DateTime::UNIX_EPOCH,
        supplier: None,
    }
}

fn main() {
    let before = item();
    let same = item();
    let after = Item {
        name: "Telecaster".into(),
        price_cents: 99_900,
        stock: 2,
        ..item()
    };

    assert_eq!(before.diff(&after).differing().len(), 3);
    let equal = allocation_counter::measure(|| {
        black_box(
            ours(black_box(&before), black_box(&same))
                .differing()
                .is_empty(),
        );
    });
    assert_eq!(equal.count_total, 0, "an equal diff allocates");
    println!("allocations of an equal diff: {}", equal.count_total);

    // One run is a thousand diffs, so that the clock does not count.
    for (title, other) in [
        ("diff, 12 fields, 3 changed (per 1,000)", &after),
        ("diff, 12 fields, 0 changed (per 1,000)", &same),
    ] {
        race(
            title,
            &mut (),
            &mut [
                Contender {
                    name: "typed compare by hand (floor)",
                    work: Box::new(|()| {
                        for _ in 0..1000 {
                            black_box(by_hand(black_box(&before), black_box(other)).1);
                        }
                    }),
                },
                Contender {
                    name: "Audited::diff",
                    work: Box::new(|()| {
                        for _ in 0..1000 {
                            black_box(ours(black_box(&before), black_box(other)).differing());
                        }
                    }),
                },
                Contender {
                    name: "serde_json::to_value of both, compared",
                    work: Box::new(|()| {
                        for _ in 0..1000 {
                            black_box(by_json(black_box(&before), black_box(other)));
                        }
                    }),
                },
            ],
            21,
            21,
        );
    }
}
