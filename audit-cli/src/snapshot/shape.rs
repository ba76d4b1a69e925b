//! How a column of a type is read as text, and what that text means.

use audit_diesel::Dialect;
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use uuid::Uuid;

use super::value::{Value, from_hex, to_hex};
use crate::catalog::Column;
use crate::quote;
use crate::standard::{Class, by_standard_name};

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Bool,
    Int,
    Single,
    Double,
    Text,
    /// A number of which every digit counts.
    Decimal,
    /// MySQL/MariaDB: words of a list, which are sorted by their places in it and compared as texts.
    Listed,
    Bytes,
    Uuid,
    Date,
    Time,
    Naive,
    Instant,
    Json,
    /// SQLite: each value says what it is, the declaration what is meant by it.
    Dynamic(Meant),
}

/// What a declaration of SQLite's means by numbers and texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meant {
    Nothing,
    Bool,
    Date,
    Time,
    Naive,
    Instant,
    Json,
    Uuid,
}

impl Shape {
    /// Holds no secret, whatever its name.
    pub(crate) fn is_harmless(self) -> bool {
        matches!(
            self,
            Self::Bool
                | Self::Date
                | Self::Time
                | Self::Naive
                | Self::Instant
                | Self::Dynamic(
                    Meant::Bool | Meant::Date | Meant::Time | Meant::Naive | Meant::Instant
                )
        )
    }

    /// May be masked by what reads text.
    pub(crate) fn is_text(self) -> bool {
        matches!(
            self,
            Self::Text | Self::Decimal | Self::Listed | Self::Dynamic(Meant::Nothing)
        )
    }
}

pub(crate) fn shape_of(dialect: Dialect, column: &Column) -> Shape {
    let kind = column.kind.as_str();
    let word = kind.split(['(', ' ']).next().unwrap_or(kind);
    match dialect {
        Dialect::Postgres => match word {
            "boolean" => Shape::Bool,
            "smallint" | "integer" | "bigint" => Shape::Int,
            "real" => Shape::Single,
            _ if kind == "double precision" => Shape::Double,
            "bytea" => Shape::Bytes,
            "uuid" => Shape::Uuid,
            "date" => Shape::Date,
            "time" if kind.ends_with("without time zone") => Shape::Time,
            "timestamp" if kind.ends_with("with time zone") => Shape::Instant,
            "timestamp" => Shape::Naive,
            "numeric" => Shape::Decimal,
            "json" | "jsonb" => Shape::Json,
            _ if kind.ends_with("[]") => Shape::Json,
            _ => Shape::Text,
        },
        Dialect::Sqlite => Shape::Dynamic(meant(column)),
        _ => match word {
            _ if kind == "tinyint(1)" => Shape::Bool,
            "tinyint" | "smallint" | "mediumint" | "int" | "bigint" | "year" | "bit" => Shape::Int,
            "float" => Shape::Single,
            "double" => Shape::Double,
            "decimal" => Shape::Decimal,
            "enum" | "set" => Shape::Listed,
            "date" => Shape::Date,
            "time" => Shape::Time,
            // The crate's own type for them says UTC.
            "datetime" | "timestamp" => Shape::Instant,
            "json" => Shape::Json,
            _ if is_json_of_mariadb(column) => Shape::Json,
            _ if kind == "binary(16)" => Shape::Uuid,
            "binary" | "varbinary" | "tinyblob" | "blob" | "mediumblob" | "longblob" => {
                Shape::Bytes
            }
            _ => Shape::Text,
        },
    }
}

/// MariaDB makes `longtext` of `json`, with a check that stays where it is shown.
fn is_json_of_mariadb(column: &Column) -> bool {
    let name = quote::name(Dialect::Mysql, &column.name);
    let check = format!("json_valid({name})").to_lowercase();
    column.kind.ends_with("text")
        && column
            .definition
            .to_lowercase()
            .contains(&format!("check ({check})"))
}

fn meant(column: &Column) -> Meant {
    let kind = column.kind.as_str();
    let role = by_standard_name(&column.name.to_lowercase());
    let class = role.map(crate::standard::Role::class);
    let is_blob = kind.is_empty() || kind.contains("blob");
    if class == Some(Class::Time) || kind.contains("timestamptz") {
        Meant::Instant
    } else if kind.contains("bool") || class == Some(Class::Flag) {
        Meant::Bool
    } else if kind.contains("datetime") || kind.contains("timestamp") {
        Meant::Naive
    } else if kind.contains("date") {
        Meant::Date
    } else if kind.contains("time") {
        Meant::Time
    } else if kind.contains("json") {
        Meant::Json
    } else if is_blob && (column.key > 0 || class.is_some()) {
        Meant::Uuid
    } else {
        Meant::Nothing
    }
}

/// The expression that reads a column as text.
pub(crate) fn select(dialect: Dialect, shape: Shape, name: &str) -> String {
    let name = quote::name(dialect, name);
    let six = "YYYY-MM-DD\"T\"HH24:MI:SS.US";
    match (dialect, shape) {
        (Dialect::Sqlite, _) => format!(
            "typeof({name}) || ':' || CASE typeof({name}) WHEN 'blob' THEN hex({name}) \
             WHEN 'real' THEN printf('%!.17g', {name}) ELSE CAST({name} AS TEXT) END"
        ),
        (Dialect::Postgres, Shape::Bytes) => format!("encode({name}, 'hex')"),
        (Dialect::Postgres, Shape::Json) => format!("to_jsonb({name})::text"),
        // Infinity has no digits.
        (Dialect::Postgres, Shape::Naive) => format!(
            "CASE WHEN isfinite({name}) THEN to_char({name}, '{six}') ELSE {name}::text END"
        ),
        (Dialect::Postgres, Shape::Instant) => format!(
            "CASE WHEN isfinite({name}) THEN to_char({name} AT TIME ZONE 'UTC', '{six}') \
             ELSE {name}::text END"
        ),
        (Dialect::Postgres, _) => format!("{name}::text"),
        (_, Shape::Bytes | Shape::Uuid) => format!("CAST(hex({name}) AS CHAR)"),
        (_, Shape::Instant) => format!("CAST(DATE_FORMAT({name}, '%Y-%m-%dT%H:%i:%s.%f') AS CHAR)"),
        (_, Shape::Single | Shape::Double) => format!("CAST(CAST({name} AS DOUBLE) AS CHAR)"),
        (_, Shape::Int) => format!("CAST({name} + 0 AS CHAR)"),
        _ => format!("CAST({name} AS CHAR)"),
    }
}

/// What a query calls the row that it reads. The bare name of a column would mean, in an ORDER BY, the
/// text that is selected of it wherever the output has that name too.
pub(crate) const ROW: &str = "r";

/// The expression of a key's column that a query both orders by and compares with a
/// [literal](Shape::literal): one for both, or a query that goes on behind a key leaves rows out.
pub(crate) fn key(dialect: Dialect, shape: Shape, name: &str) -> String {
    let name = format!("{ROW}.{}", quote::name(dialect, name));
    match shape {
        Shape::Listed => format!("CONCAT({name}, '')"),
        _ => name,
    }
}

const NAIVE: [&str; 4] = [
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%d %H:%M",
];

fn naive(text: &str) -> Option<NaiveDateTime> {
    NAIVE
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
}

fn instant(text: &str) -> Option<DateTime<Utc>> {
    let with_zone = DateTime::parse_from_rfc3339(text)
        .or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f%:z"));
    match with_zone {
        Ok(time) => Some(time.with_timezone(&Utc)),
        Err(_) => naive(text).map(|time| time.and_utc()),
    }
}

impl Shape {
    /// What a text of [`select`] means. What is not what the type promises stays text.
    pub(crate) fn read(self, text: Option<&str>) -> Value {
        let Some(text) = text else {
            return Value::Null;
        };
        let read = match self {
            Self::Bool => match text {
                "true" | "t" | "1" => Some(Value::Bool(true)),
                "false" | "f" | "0" => Some(Value::Bool(false)),
                // `tinyint(1)` holds more than a bool.
                _ => text.parse().ok().map(Value::Int),
            },
            Self::Int => text
                .parse()
                .map(Value::Int)
                .or_else(|_| text.parse().map(Value::Unsigned))
                .ok(),
            Self::Single => text.parse().ok().map(Value::Single),
            Self::Double => text.parse().ok().map(Value::Double),
            Self::Text | Self::Decimal | Self::Listed => None,
            Self::Bytes => from_hex(text).map(Value::Bytes),
            Self::Uuid => Uuid::try_parse(text)
                .ok()
                .map(|id| Value::Text(id.to_string())),
            Self::Date => text.parse::<NaiveDate>().ok().map(Value::Date),
            Self::Time => text.parse::<NaiveTime>().ok().map(Value::Time),
            Self::Naive => naive(text).map(Value::Naive),
            Self::Instant => instant(text).map(Value::Instant),
            Self::Json => serde_json::from_str(text).ok().map(Value::Json),
            Self::Dynamic(meant) => Some(meant.read(text)),
        };
        read.unwrap_or_else(|| Value::Text(text.to_owned()))
    }

    /// The value as SQL compares it with the column, for going on behind a key.
    pub(crate) fn literal(self, dialect: Dialect, text: &str) -> String {
        let is_number = |text: &str| text.parse::<f64>().is_ok_and(f64::is_finite);
        match (dialect, self) {
            (Dialect::Sqlite, _) => match text.split_once(':') {
                Some(("blob", hex)) if from_hex(hex).is_some() => format!("x'{hex}'"),
                Some(("integer" | "real", number)) if is_number(number) => number.to_owned(),
                Some((_, text)) => quote::text(dialect, text),
                None => quote::text(dialect, text),
            },
            (Dialect::Postgres, Self::Bytes) => format!("'\\x{text}'"),
            (Dialect::Postgres, Self::Instant) if !text.ends_with("infinity") => {
                format!("'{text}+00'")
            }
            (Dialect::Postgres, _) => quote::text(dialect, text),
            (_, Self::Bytes | Self::Uuid) => match from_hex(text) {
                Some(bytes) => format!("x'{}'", to_hex(&bytes)),
                None => quote::text(dialect, text),
            },
            // A text would be compared with a decimal as a double, which drops digits.
            (_, Self::Int | Self::Bool | Self::Decimal) if is_number(text) => text.to_owned(),
            (_, Self::Instant) => quote::text(dialect, &text.replace('T', " ")),
            _ => quote::text(dialect, text),
        }
    }
}

impl Meant {
    fn read(self, text: &str) -> Value {
        let (kind, value) = text.split_once(':').unwrap_or(("text", text));
        let as_text = || Value::Text(value.to_owned());
        match (kind, self) {
            ("integer", Self::Bool) if matches!(value, "0" | "1") => Value::Bool(value == "1"),
            ("integer", Self::Instant) => value
                .parse()
                .ok()
                .and_then(DateTime::from_timestamp_micros)
                .map_or_else(as_text, Value::Instant),
            ("integer", _) => value.parse().map_or_else(|_| as_text(), Value::Int),
            ("real", _) => value.parse().map_or_else(|_| as_text(), Value::Double),
            ("blob", _) => match (from_hex(value), self) {
                (Some(bytes), Self::Uuid) => match Uuid::from_slice(&bytes) {
                    Ok(id) => Value::Text(id.to_string()),
                    Err(_) => Value::Bytes(bytes),
                },
                (Some(bytes), _) => Value::Bytes(bytes),
                (None, _) => as_text(),
            },
            (_, Self::Instant) => Shape::Instant.read(Some(value)),
            (_, Self::Naive) => Shape::Naive.read(Some(value)),
            (_, Self::Date) => Shape::Date.read(Some(value)),
            (_, Self::Time) => Shape::Time.read(Some(value)),
            (_, Self::Json) => Shape::Json.read(Some(value)),
            _ => as_text(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(shape: Shape, text: &str) -> String {
        audit_core::encode::to_json(&shape.read(Some(text)))
    }

    #[test]
    fn texts_are_read_as_the_types_that_hold_them() {
        for (shape, text, expected) in [
            (Shape::Bool, "t", "true"),
            (Shape::Bool, "2", "2"),
            (Shape::Int, "18446744073709551615", "18446744073709551615"),
            (Shape::Single, "0.10000000149011612", "0.1"),
            (Shape::Double, "NaN", r#"{"$f":"NaN"}"#),
            (Shape::Text, "1.50", r#""1.50""#),
            (Shape::Bytes, "00FF", r#"{"$b":"AP8="}"#),
            (
                Shape::Instant,
                "2026-01-02T03:04:05.000006",
                r#""2026-01-02T03:04:05.000006Z""#,
            ),
            (
                Shape::Naive,
                "2026-01-02T03:04:05.5",
                r#""2026-01-02T03:04:05.500000""#,
            ),
            (Shape::Date, "2026-01-02", r#""2026-01-02""#),
            (Shape::Time, "25:00:00", r#""25:00:00""#),
            (Shape::Json, r#"{"$b":1}"#, r#"{"$j":{"$b":1}}"#),
            (Shape::Instant, "infinity", r#""infinity""#),
        ] {
            assert_eq!(json(shape, text), expected, "{shape:?} {text}");
        }
        let dynamic = |meant, text| json(Shape::Dynamic(meant), text);
        assert_eq!(dynamic(Meant::Bool, "integer:1"), "true");
        assert_eq!(dynamic(Meant::Nothing, "integer:1"), "1");
        assert_eq!(
            dynamic(Meant::Instant, "integer:1700000000000000"),
            r#""2023-11-14T22:13:20.000000Z""#
        );
        assert_eq!(
            dynamic(Meant::Instant, "text:2023-11-14 22:13:20+02:00"),
            r#""2023-11-14T20:13:20.000000Z""#
        );
        assert_eq!(dynamic(Meant::Nothing, "text:a:b"), r#""a:b""#);
        assert_eq!(dynamic(Meant::Nothing, "blob:"), r#"{"$b":""}"#);
    }
}
