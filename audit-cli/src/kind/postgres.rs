//! PostgreSQL.

use super::conversion::{Conversion, Fit, NO, UNITS, YES, length};
use crate::standard::Class;

pub(super) fn fit(kind: &str, class: Class, column: &str) -> Fit {
    let word = kind.split('(').next().unwrap_or(kind).trim();
    let is_text = matches!(word, "text" | "character varying" | "character" | "citext");
    let is_number = matches!(word, "smallint" | "integer" | "bigint" | "numeric");
    match class {
        Class::Time => time(kind, word, is_text, is_number, column),
        Class::Actor => match word {
            "text" | "citext" | "integer" | "bigint" | "uuid" => Fit::Fine,
            "character varying" if length(kind).is_none_or(|most| most >= 255) => Fit::Fine,
            "character varying" => to("text", column, None),
            "character" => to("text", &format!("rtrim({column})"), None),
            "smallint" => to("integer", column, None),
            "numeric" => recoded("text", &format!("{column}::text"), None),
            _ => Fit::Unfit,
        },
        Class::Flag => match word {
            "boolean" => Fit::Fine,
            "bit" => recoded(
                "boolean",
                &format!("{column} = B'1'"),
                Some(format!("length({column}) <> 1")),
            ),
            _ if is_number => recoded(
                "boolean",
                &format!("{column} <> 0"),
                Some(format!("{column} NOT IN (0, 1)")),
            ),
            _ if is_text => {
                let text = format!("lower(btrim({column}::text))");
                recoded(
                    "boolean",
                    &format!("CASE WHEN {column} IS NULL THEN NULL ELSE {text} IN {YES} END"),
                    Some(format!("{text} NOT IN {YES} AND {text} NOT IN {NO}")),
                )
            }
            _ => Fit::Unfit,
        },
        Class::Tenant => match word {
            "text" | "character varying" | "integer" | "bigint" | "uuid" => Fit::Fine,
            "character" => to("text", &format!("rtrim({column})"), None),
            "smallint" => to("integer", column, None),
            _ => Fit::Unfit,
        },
        Class::Version => match word {
            "integer" | "bigint" => Fit::Fine,
            "smallint" => to("integer", column, None),
            _ => Fit::Unfit,
        },
    }
}

fn to(kind: &str, value: &str, fails: Option<String>) -> Fit {
    Fit::Convert(Conversion {
        to: kind.to_owned(),
        value: value.to_owned(),
        fails,
        recodes: false,
        staged: false,
    })
}

/// Where the values are no longer written as they were.
fn recoded(kind: &str, value: &str, fails: Option<String>) -> Fit {
    match to(kind, value, fails) {
        Fit::Convert(conversion) => Fit::Convert(Conversion {
            recodes: true,
            ..conversion
        }),
        other => other,
    }
}

/// The sessions of the program, and the scripts that it prints, run in UTC and read dates year first.
fn time(kind: &str, word: &str, is_text: bool, is_number: bool, column: &str) -> Fit {
    if kind.starts_with("timestamp") {
        let fine = length(kind).is_none_or(|digits| digits == 6);
        return if fine {
            Fit::Fine
        } else if kind.ends_with("with time zone") {
            to("timestamptz", column, None)
        } else {
            to("timestamp", column, None)
        };
    }
    if word == "date" {
        return to(
            "timestamptz",
            &format!("{column}::timestamp AT TIME ZONE 'UTC'"),
            Some(format!("NOT isfinite({column})")),
        );
    }
    let number = |value: &str| {
        let mut cases = String::from("CASE");
        for (from, below, micros) in UNITS {
            cases.push_str(&format!(
                " WHEN {value} >= {from} AND {value} < {below} THEN timestamptz 'epoch' + \
                 ({value} * {micros}) * interval '1 microsecond'"
            ));
        }
        cases
    };
    let (least, most) = (UNITS[0].0, UNITS[2].1);
    if is_number {
        return recoded(
            "timestamptz",
            &format!("{} END", number(column)),
            Some(format!("{column} < {least} OR {column} >= {most}")),
        );
    }
    if is_text {
        let text = format!("btrim({column}::text)");
        let digits = format!("{text} ~ '^[0-9]{{9,17}}$'");
        // A CASE is the only condition that PostgreSQL promises to evaluate in order.
        return recoded(
            "timestamptz",
            &format!(
                "CASE WHEN {digits} THEN ({} END) ELSE {text}::timestamptz END",
                number(&format!("{text}::bigint"))
            ),
            Some(format!(
                "CASE WHEN {digits} THEN {text}::bigint < {least} OR {text}::bigint >= {most} \
                 ELSE NOT pg_temp.audit_is_time({text}) END"
            )),
        );
    }
    Fit::Unfit
}

/// Tells whether a text is a time, for counting those that are not: PostgreSQL 15 has no such
/// function, and a cast that fails ends the statement.
pub(crate) const IS_TIME: &str = "\
    CREATE OR REPLACE FUNCTION pg_temp.audit_is_time(value text) RETURNS boolean LANGUAGE plpgsql AS $$
    BEGIN
        RETURN value ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}' AND isfinite(value::timestamptz);
    EXCEPTION WHEN others THEN
        RETURN false;
    END $$";
