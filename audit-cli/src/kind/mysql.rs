//! MySQL and MariaDB. What a type cannot be changed to directly is made text first, then the text
//! that the new type reads, then the new type: a run that breaks off in between is taken up again.

use super::conversion::{Conversion, Fit, MYSQL_ACTOR, MYSQL_TENANT, NO, UNITS, YES, length};
use crate::catalog::Column;
use crate::standard::Class;

pub(super) fn fit(column: &Column, class: Class, name: &str) -> Fit {
    let kind = column.kind.as_str();
    let word = kind.split(['(', ' ']).next().unwrap_or(kind);
    let is_text = matches!(
        word,
        "char" | "varchar" | "tinytext" | "text" | "mediumtext" | "longtext" | "enum"
    );
    let is_int = matches!(
        word,
        "tinyint" | "smallint" | "mediumint" | "int" | "bigint"
    );
    let is_id = matches!(word, "int" | "bigint" | "uuid") || kind == "binary(16)";
    match class {
        Class::Time => match word {
            "datetime" | "timestamp" if length(kind) == Some(6) => Fit::Fine,
            // To a `timestamp` the session's time is the same instant in every zone.
            "timestamp" if sets_itself(column) => direct("timestamp(6)", name, None),
            "datetime" | "timestamp" | "date" => direct("datetime(6)", name, None),
            _ if is_text || is_int => time(name),
            _ => Fit::Unfit,
        },
        Class::Actor => match word {
            "varchar" if length(kind).is_some_and(|most| most >= 255) => Fit::Fine,
            "text" | "mediumtext" | "longtext" => Fit::Fine,
            _ if is_id => Fit::Fine,
            "varchar" | "char" | "tinytext" => direct(MYSQL_ACTOR, name, None),
            _ if is_int => direct("integer", name, None),
            _ => Fit::Unfit,
        },
        Class::Flag => match word {
            "tinyint" => Fit::Fine,
            "bit" => direct("tinyint(1)", name, Some(format!("{name} NOT IN (0, 1)"))),
            _ if is_int => direct("tinyint(1)", name, Some(format!("{name} NOT IN (0, 1)"))),
            _ if is_text => {
                let text = format!("lower(trim(CAST({name} AS CHAR)))");
                staged(
                    "tinyint(1)",
                    format!("CASE WHEN {text} IN {YES} THEN '1' WHEN {text} IN {NO} THEN '0' END"),
                    format!("{text} NOT IN {YES} AND {text} NOT IN {NO}"),
                )
            }
            _ => Fit::Unfit,
        },
        // Under another collation two tenants can be one.
        Class::Tenant => match word {
            _ if is_id => Fit::Fine,
            "varchar" | "char" if column.collation.ends_with("_bin") => Fit::Fine,
            "varchar" | "char" | "tinytext" | "text" | "mediumtext" | "longtext" => direct(
                MYSQL_TENANT,
                name,
                Some(format!("char_length({name}) > 191")),
            ),
            _ if is_int => direct("integer", name, None),
            _ => Fit::Unfit,
        },
        Class::Version => match word {
            "int" | "bigint" => Fit::Fine,
            _ if is_int => direct("integer", name, None),
            _ => Fit::Unfit,
        },
    }
}

/// True where a default or an `ON UPDATE` gives it the session's time.
fn sets_itself(column: &Column) -> bool {
    let definition = column.definition.to_lowercase();
    definition.contains("current_timestamp")
}

fn direct(to: &str, value: &str, fails: Option<String>) -> Fit {
    Fit::Convert(Conversion {
        to: to.to_owned(),
        value: value.to_owned(),
        fails,
        recodes: false,
        staged: false,
    })
}

fn staged(to: &str, value: String, fails: String) -> Fit {
    Fit::Convert(Conversion {
        to: to.to_owned(),
        value,
        fails: Some(fails),
        recodes: true,
        staged: true,
    })
}

/// From a number since 1970 or a text of a time in UTC.
fn time(name: &str) -> Fit {
    const UTC: &str = "(Z|[+]00(:?00)?)$";
    const TIME: &str = "^[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6})?)?\
                        (Z|[+]00(:?00)?)?)?$";
    const FORM: &str = "'%Y-%m-%d %H:%i:%s.%f'";
    let text = format!("trim(CAST({name} AS CHAR))");
    let digits = format!("{text} REGEXP '^[0-9]{{9,17}}$'");
    let mut value = String::from("CASE");
    for (from, below, micros) in UNITS {
        let number = format!("CAST({text} AS SIGNED)");
        value.push_str(&format!(
            " WHEN {digits} AND {number} >= {from} AND {number} < {below} THEN DATE_FORMAT(\
             TIMESTAMPADD(MICROSECOND, {number} * {micros}, '1970-01-01'), {FORM})"
        ));
    }
    let parsed = format!("CAST(REGEXP_REPLACE({text}, '{UTC}', '') AS datetime(6))");
    value.push_str(&format!(
        " WHEN {text} REGEXP '{TIME}' THEN DATE_FORMAT({parsed}, {FORM}) END"
    ));
    let fails = format!("({value}) IS NULL");
    staged("datetime(6)", value, fails)
}
