//! SQLite. A declared type binds nobody there, so the values themselves are asked.

use super::conversion::{Conversion, Fit, NO, UNITS, YES, new_kind};
use crate::catalog::{Column, Table};
use crate::standard::Class;
use audit_diesel::Dialect;

/// True where a column is declared as one of numbers (SQLite, "Determination Of Column Affinity").
pub(crate) fn is_integer(kind: &str) -> bool {
    kind.contains("int")
}

pub(super) fn fit(table: &Table, column: &Column, class: Class, name: &str) -> Fit {
    let kind = column.kind.as_str();
    let is_text = ["char", "text", "clob"]
        .iter()
        .any(|word| kind.contains(word));
    let is_blob = kind.is_empty() || kind.contains("blob");
    match class {
        Class::Time => time(is_integer(kind), name),
        Class::Flag => {
            let text = format!("lower(trim(CAST({name} AS TEXT)))");
            let conversion = Conversion {
                to: new_kind(Dialect::Sqlite, Class::Flag, table.strict, false).to_owned(),
                value: format!("CASE WHEN {text} IN {YES} THEN 1 WHEN {text} IN {NO} THEN 0 END"),
                fails: Some(format!("{text} NOT IN {YES} AND {text} NOT IN {NO}")),
                recodes: true,
                staged: false,
            };
            if is_text {
                return Fit::Convert(conversion);
            }
            let odd = format!("typeof({name}) <> 'integer' OR {name} NOT IN (0, 1)");
            Fit::Perhaps(odd, conversion)
        }
        Class::Actor | Class::Tenant if is_text || is_integer(kind) || is_blob => Fit::Fine,
        Class::Version if is_integer(kind) => Fit::Fine,
        Class::Actor | Class::Tenant => Fit::Convert(Conversion {
            to: "TEXT".to_owned(),
            value: format!("CAST({name} AS TEXT)"),
            fails: None,
            recodes: false,
            staged: false,
        }),
        Class::Version => Fit::Unfit,
    }
}

/// How a time is told, whatever the column's type.
struct Shapes {
    text: String,
    day: String,
    micros: String,
    number: String,
}

fn shapes(name: &str) -> Shapes {
    const DAY: &str = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]";
    // To SQLite the 30th of February is the 1st of March.
    let text_like = |glob: &str| {
        format!(
            "(typeof({name}) = 'text' AND {name} GLOB '{glob}' AND julianday({name}) IS NOT NULL \
             AND date(substr({name}, 1, 10)) = substr({name}, 1, 10))"
        )
    };
    let between = |from: &str, below: &str| {
        format!("(typeof({name}) = 'integer' AND {name} >= {from} AND {name} < {below})")
    };
    Shapes {
        text: text_like(&format!("{DAY}[ T][0-9][0-9]:[0-9][0-9]*")),
        day: text_like(DAY),
        micros: between(UNITS[2].0, UNITS[2].1),
        number: between(UNITS[0].0, UNITS[2].1),
    }
}

/// The time in a column as microseconds since 1970 or as a text; null where it is none.
pub(crate) fn time_value(integers: bool, name: &str) -> String {
    let Shapes { text, day, .. } = shapes(name);
    let mut value = if integers {
        // SQLite's functions tell the milliseconds of a text and no more.
        format!(
            "CASE WHEN {text} OR {day} THEN CAST(strftime('%s', {name}) AS INTEGER) * 1000000 + \
             CAST(substr(strftime('%f', {name}), 4) AS INTEGER) * 1000"
        )
    } else {
        format!("CASE WHEN {text} THEN {name} WHEN {day} THEN {name} || ' 00:00:00'")
    };
    for (from, below, micros) in UNITS {
        let scaled = format!("({name} * {micros})");
        let then = if integers {
            scaled
        } else {
            format!(
                "strftime('%Y-%m-%d %H:%M:%S', {scaled} / 1000000, 'unixepoch') || \
                 printf('.%06d', {scaled} % 1000000)"
            )
        };
        value.push_str(&format!(
            " WHEN typeof({name}) = 'integer' AND {name} >= {from} AND {name} < {below} THEN {then}"
        ));
    }
    value + " END"
}

/// A time is a text that Diesel reads, or microseconds since 1970 in a column of integers.
fn time(integers: bool, name: &str) -> Fit {
    let Shapes {
        text,
        day,
        micros,
        number,
    } = shapes(name);
    let (to, good) = if integers {
        ("INTEGER", &micros)
    } else {
        ("TEXT", &text)
    };
    Fit::Perhaps(
        format!("NOT {good}"),
        Conversion {
            to: to.to_owned(),
            value: time_value(integers, name),
            fails: Some(format!("NOT ({text} OR {day} OR {number})")),
            recodes: true,
            staged: false,
        },
    )
}
