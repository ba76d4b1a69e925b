//! Every state of a record into the trail and back, by every way back that there is.

use std::fmt::Debug;

use audit_core::encode::decode_as;
use serde::de::DeserializeOwned;

/// What tells two values apart, also the two zeros of a float, or two decimals by their digits; of a
/// decimal that is zero `bigdecimal` tells serde no digits.
pub fn bits(value: &impl Debug) -> String {
    let shown = format!("{value:?}");
    match shown.split_once("sign=NoSign, scale=") {
        Some((head, _)) => format!("{head}zero)"),
        None => shown,
    }
}

/// The bits of a value of the trail, read as the type of another.
pub fn bits_like<T: DeserializeOwned + Debug>(_: &T, json: &str) -> String {
    match decode_as::<T>(json) {
        Ok(value) => bits(&value),
        Err(error) => format!("{error}: {json}"),
    }
}

/// The columns of a table's one row as the database itself shows them, as `line`.
pub fn raw(backend: &str, table: &str, columns: &[&str]) -> String {
    let shown = |name: &&str| match backend {
        "postgres" => format!("coalesce(\"{name}\"::text, 'null')"),
        "mysql" => format!("coalesce(hex(cast(`{name}` AS binary)), 'null')"),
        _ => format!("typeof(\"{name}\") || quote(\"{name}\")"),
    };
    let shown: Vec<String> = columns.iter().map(shown).collect();
    let shown = if backend == "mysql" {
        format!("concat_ws(' | ', {})", shown.join(", "))
    } else {
        shown.join(" || ' | ' || ")
    };
    format!("SELECT {shown} AS line FROM {table}")
}

/// Goes with one record through the states that forms make of it, then back to each: read as of then
/// (`as_of`, `diff_between`), and written (`audited_revert` to the instant and of the one change set,
/// `audited_undelete`). What is read is what was there, and what is written is again what was there.
macro_rules! round_trip {
    (
        $conn:expr, $entity:ident, $table:ident, $forms:expr,
        $($field:ident)*
    ) => {{
        use crate::round_trip::{bits, bits_like, raw};

        let conn: &mut Conn = $conn;
        let hand = Hand::new();
        let forms = $forms;
        let columns = [$(stringify!($field)),*];
        let all_bits = |e: &$entity| [$(bits(&e.$field)),*];
        let stamps = |e: &$entity| (e.created_at, e.created_by.clone());
        let json_bits = |e: &$entity, column: &str, json: &str| match column {
            $(stringify!($field) => bits_like(&e.$field, json),)*
            _ => panic!("{column}"),
        };
        let raw = raw(NAME, stringify!($table), &columns);
        let look = |conn: &mut Conn| look::texts(conn, &raw).pop().unwrap().expect("no null");
        let reload = |conn: &mut Conn| -> $entity {
            $table::table.select($entity::as_select()).first(conn).unwrap()
        };
        let seconds = |state: usize| 10 * (state as i64 + 1);

        let made = $entity::audited_insert(conn, &hand.ctx(10, 1), forms[0].clone()).unwrap();
        let key = audit_diesel::Entity::id(&made);
        let mut states = vec![(made, look(conn))];
        for (state, form) in forms.iter().enumerate().skip(1) {
            let ctx = hand.ctx(seconds(state), 1);
            let edited = $entity::audited_edit(conn, &ctx, key.clone(), |e| AuditedForm::apply(form, e)).unwrap();
            states.push((edited, look(conn)));
        }
        let mut now = seconds(forms.len());
        let mut ctx = || {
            now += 10;
            hand.ctx(now, 2)
        };
        let same = |conn: &mut Conn, now: &$entity, state: usize, how: &str| {
            let (then, raw) = &states[state];
            for (column, (now, then)) in columns.iter().zip(all_bits(now).iter().zip(all_bits(then))) {
                assert_eq!(*now, then, "{column} of {state}, {how}");
            }
            assert_eq!(all_bits(&reload(conn)), all_bits(then), "{state}, {how}");
            assert_eq!(stamps(now), stamps(then), "{state}, {how}");
            assert_eq!(look(conn), *raw, "{state}, {how}");
        };

        for (state, (then, _)) in states.iter().enumerate() {
            let found = $entity::as_of(conn, &ctx(), key.clone(), at(seconds(state))).unwrap();
            let AsOf::Record(past) = found else {
                panic!("{found:?}");
            };
            for (column, then) in columns.iter().zip(all_bits(then)) {
                let json = past.json(column).unwrap();
                assert_eq!(json_bits(&states[state].0, column, json), then, "{column} of {state}");
            }
            let past = past.into_entity().unwrap();
            assert_eq!(all_bits(&past), all_bits(then), "{state}");
            assert_eq!(stamps(&past), stamps(then));
            assert_eq!((past.updated_at, &past.updated_by), (then.updated_at, &then.updated_by));
        }
        for one in 0..states.len() {
            for other in one..states.len() {
                let (from, to) = (at(seconds(one)), at(seconds(other)));
                let said = $entity::diff_between(conn, &ctx(), key.clone(), from, to).unwrap();
                let (one, other) = (&states[one].0, &states[other].0);
                let both = all_bits(one).into_iter().zip(all_bits(other));
                for (column, (old, new)) in columns.iter().zip(both) {
                    let read = |side: &Side| match side {
                        Side::Value(json) => json_bits(one, column, json),
                        _ => panic!("{column}: {side}"),
                    };
                    let told = said.field(column).map(|field| (read(&field.old), read(&field.new)));
                    assert_eq!(told, (old != new).then_some((old, new)), "{column}");
                }
                assert!(said.unknown().is_empty(), "{said}");
            }
        }
        for state in 0..states.len() {
            let to = Revert::To(at(seconds(state)));
            let back = $entity::audited_revert(conn, &ctx(), key.clone(), to).unwrap();
            same(conn, &back, state, "reverted to the instant");
        }
        for state in 0..states.len() {
            for next in 0..states.len() {
                let to = Revert::To(at(seconds(state)));
                $entity::audited_revert(conn, &ctx(), key.clone(), to).unwrap();
                let edited = $entity::audited_edit(conn, &ctx(), key.clone(), |e| AuditedForm::apply(&forms[next], e));
                same(conn, &edited.unwrap(), next, "edited");
                if state != next {
                    let sets = $entity::history(conn, &ctx(), key.clone()).unwrap();
                    let last = Revert::ChangeSet(sets.last().unwrap().first().unwrap().change_id);
                    let back = $entity::audited_revert(conn, &ctx(), key.clone(), last).unwrap();
                    same(conn, &back, state, "the change set reverted");
                }
            }
        }
        for (state, form) in forms.iter().enumerate() {
            $entity::audited_edit(conn, &ctx(), key.clone(), |e| AuditedForm::apply(form, e)).unwrap();
            $entity::audited_delete(conn, &ctx(), key.clone()).unwrap();
            let back = $entity::audited_undelete(conn, &ctx(), key.clone()).unwrap();
            same(conn, &back, state, "undeleted");
        }
    }};
}
