// The log as CSV and JSON Lines, read back by a parser written from the grammar of RFC 4180, and by
// a JSON parser that shares nothing with the one that the crate uses.

use std::io::{self, Write};

use audit_diesel::prelude::*;
use audit_diesel::sql_types::{At, Id, JsonText};
use audit_diesel::{AuditEntry, AuditLog};
use diesel::prelude::*;
use uuid::Uuid;

use super::backend::schema::audit_log;
use super::backend::{Conn, Database, NAME};
use crate::csv;

/// Texts that a file format or a spreadsheet stumbles over.
const HOSTILE: [&str; 22] = [
    "=1+1",
    "+1",
    "-1",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(A1:A9)",
    "\t=1",
    "\r=1",
    "\n=1",
    " =1",
    "\u{a0}=1",
    "\u{feff}=1",
    "\u{ff1d}1+1",
    "\u{ff0b}1",
    "\u{ff0d}1",
    "\u{ff20}x",
    "'apostrophe",
    "''two",
    "comma, \"quote\"",
    "line\r\nbreak\rand\nmore",
    "\u{1f600} e\u{301} \u{202e}abc",
    "\"=1+1\"",
    ";=1",
];

/// JSON values that lose something in careless hands.
const VALUES: [&str; 16] = [
    "-5",
    "-1.5e-300",
    "9223372036854775807",
    "-9223372036854775808",
    "18446744073709551615",
    "123456789012345678901234567890.12345678901234567890",
    "0.1",
    "true",
    "null",
    r#""=1+1""#,
    r#""-1""#,
    r#""a\"b\\c\u0007\r\n""#,
    r#"{"$i":"340282366920938463463374607431768211455"}"#,
    r#"{"a": [1, {"b": "=x, \"y\""}]}"#,
    "[]",
    r#"" ""#,
];

fn fill(conn: &mut Conn) {
    let at: chrono::DateTime<chrono::Utc> = "2026-03-01T00:00:00.000001Z".parse().unwrap();
    for n in 0..44_usize {
        let hostile = HOSTILE[n % HOSTILE.len()];
        let id = Id(Uuid::from_u128(n as u128 + 1));
        diesel::insert_into(audit_log::table)
            .values((
                audit_log::id.eq(id),
                audit_log::change_id.eq(id),
                audit_log::operation_id.eq(id),
                audit_log::tenant_id.eq("acme"),
                audit_log::table_name.eq(Some("accounts")),
                audit_log::record_id.eq(hostile),
                audit_log::action.eq("update"),
                audit_log::field_name.eq((n % 3 != 0).then_some(hostile)),
                audit_log::old_value.eq((n % 5 != 0).then(|| JsonText(VALUES[n % 16].into()))),
                audit_log::new_value.eq(Some(JsonText(VALUES[(n * 7 + 3) % 16].into()))),
                audit_log::actor_kind.eq("user"),
                audit_log::actor_id.eq(hostile),
                audit_log::on_behalf_of.eq((n % 2 == 0).then_some(hostile)),
                audit_log::changed_at.eq(At(at + chrono::TimeDelta::microseconds(n as i64 / 3))),
                audit_log::request_id.eq(hostile),
                audit_log::reason.eq(if n == 7 { Some("") } else { Some(hostile) }),
                audit_log::context.eq((n % 4 == 0).then(|| JsonText(r#"{"ip":"::1"}"#.into()))),
            ))
            .execute(conn)
            .unwrap();
    }
}

fn query() -> audit_diesel::LogQuery {
    AuditLog::query(&AuditContext::new(Actor::user(1)).tenant("acme")).oldest_first()
}

/// Every cell as it stands in the file's own form.
fn cells(entry: &AuditEntry) -> Vec<String> {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let time = |at: chrono::DateTime<chrono::Utc>| at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
    vec![
        entry.seq.to_string(),
        entry.id.to_string(),
        entry.change_id.to_string(),
        entry.operation_id.to_string(),
        text(&entry.tenant_id),
        text(&entry.table_name),
        text(&entry.record_id),
        entry.action.clone(),
        text(&entry.field_name),
        text(&entry.old_value),
        text(&entry.new_value),
        entry.actor.kind().to_owned(),
        entry.actor.id().unwrap_or_default().to_owned(),
        entry.on_behalf_of.as_ref().map(ToString::to_string).unwrap_or_default(),
        time(entry.changed_at),
        time(entry.recorded_at),
        text(&entry.request_id),
        text(&entry.reason),
        text(&entry.context),
    ]
}

const COLUMNS: &str = "seq,id,change_id,operation_id,tenant_id,table_name,record_id,action,field_name,old_value,new_value,\
actor_kind,actor_id,on_behalf_of,changed_at,recorded_at,request_id,reason,context";

#[test]
fn csv_comes_back_whole_and_holds_no_formula() {
    let database = Database::new();
    let conn = &mut database.connect();
    fill(conn);
    let entries = query().load(conn).unwrap();
    let mut file = Vec::new();
    assert_eq!(query().export_csv(conn, &mut file).unwrap(), 44);
    let text = String::from_utf8(file).unwrap();
    if let Ok(path) = std::env::var("AUDIT_TEST_EXPORT_TO") {
        std::fs::write(format!("{path}/{NAME}.csv"), &text).unwrap();
    }
    assert!(text.starts_with(&format!("{COLUMNS}\r\n")) && text.ends_with("\r\n"));
    let lines = csv::parse(&text).unwrap();
    assert_eq!(lines.len(), 45);
    let mut escaped = 0;
    for (line, entry) in lines[1..].iter().zip(&entries) {
        assert_eq!(line.len(), 19);
        let read: Vec<String> = line
            .iter()
            .map(|cell| cell.strip_prefix('\'').unwrap_or(cell).to_owned())
            .collect();
        assert_eq!(read, cells(entry));
        for (column, cell) in line.iter().enumerate() {
            escaped += usize::from(cell.starts_with('\''));
            let first = cell
                .chars()
                .find(|c| !c.is_whitespace() && !c.is_control() && *c != '\u{feff}');
            let runs = first.is_some_and(|c| "=+-@\u{ff1d}\u{ff0b}\u{ff0d}\u{ff20}".contains(c))
                || cell.starts_with(['\t', '\r', '\n']);
            // What is left is a JSON number, whole.
            let json_number = [9, 10, 18].contains(&column)
                && serde_json::from_str::<serde_json::Number>(cell).is_ok();
            assert!(!runs || json_number, "{cell:?} in column {column}");
        }
    }
    assert!(escaped > 100, "{escaped}");
    let negative = lines.iter().flatten().filter(|cell| *cell == "-5").count();
    assert!(negative > 0, "a negative number stays a number");
}

#[test]
fn json_lines_hold_each_value_to_the_digit() {
    let database = Database::new();
    let conn = &mut database.connect();
    fill(conn);
    let entries = query().load(conn).unwrap();
    let mut file = Vec::new();
    assert_eq!(query().export_jsonl(conn, &mut file).unwrap(), 44);
    let text = String::from_utf8(file).unwrap();
    if let Ok(path) = std::env::var("AUDIT_TEST_EXPORT_TO") {
        std::fs::write(format!("{path}/{NAME}.jsonl"), &text).unwrap();
    }
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 44);
    let columns: Vec<&str> = COLUMNS.split(',').collect();
    for (line, entry) in lines.iter().zip(&entries) {
        let Json::Object(read) = json(line) else {
            panic!("no object: {line}");
        };
        let keys: Vec<&str> = read.iter().map(|(key, _)| &**key).collect();
        assert_eq!(keys, columns);
        for ((column, value), cell) in read.iter().zip(cells(entry)) {
            let expected = match &**column {
                "seq" => json(&cell),
                "old_value" => stored(&entry.old_value),
                "new_value" => stored(&entry.new_value),
                "context" => stored(&entry.context),
                "field_name" => string(entry.field_name.as_deref()),
                "on_behalf_of" => string(entry.on_behalf_of.as_ref().map(Actor::as_str)),
                _ => string(Some(&cell)),
            };
            assert_eq!(*value, expected, "{column} in {line}");
        }
    }
    assert!(text.contains("123456789012345678901234567890.12345678901234567890"));
    assert!(text.contains("18446744073709551615"));
}

/// A value whose numbers are their text.
type Json<'a> = hifijson::value::Value<&'a str, std::borrow::Cow<'a, str>>;

fn string(text: Option<&str>) -> Json<'_> {
    text.map_or(Json::Null, |text| Json::String(text.into()))
}

fn stored(text: &Option<String>) -> Json<'_> {
    text.as_deref().map_or(Json::Null, json)
}

fn json(text: &str) -> Json<'_> {
    use hifijson::token::Lex;
    let parsed = hifijson::SliceLexer::new(text.as_bytes())
        .exactly_one(Lex::ws_peek, hifijson::value::parse_unbounded);
    parsed.unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// CSV has no null. Who must know it takes JSON Lines, as the documentation says.
#[test]
fn json_lines_tell_an_absent_text_from_an_empty_one_and_csv_does_not() {
    let database = Database::new();
    let conn = &mut database.connect();
    for (n, reason) in [(1, None), (2, Some(""))] {
        let id = Id(Uuid::from_u128(n));
        diesel::insert_into(audit_log::table)
            .values((
                audit_log::id.eq(id),
                audit_log::change_id.eq(id),
                audit_log::operation_id.eq(id),
                audit_log::tenant_id.eq("acme"),
                audit_log::action.eq("shop.opened"),
                audit_log::actor_kind.eq("system"),
                audit_log::changed_at.eq(At(chrono::DateTime::UNIX_EPOCH)),
                audit_log::reason.eq(reason),
            ))
            .execute(conn)
            .unwrap();
    }
    let (mut table, mut lines) = (Vec::new(), Vec::new());
    query().export_csv(conn, &mut table).unwrap();
    query().export_jsonl(conn, &mut lines).unwrap();
    let place = COLUMNS.split(',').position(|column| column == "reason").unwrap();
    let table = csv::parse(std::str::from_utf8(&table).unwrap()).unwrap();
    let cells: Vec<&str> = table[1..].iter().map(|cells| &*cells[place]).collect();
    assert_eq!(cells, ["", ""]);
    let lines = String::from_utf8(lines).unwrap();
    let reasons: Vec<Json<'_>> = lines
        .lines()
        .map(|line| match json(line) {
            Json::Object(mut columns) => columns.swap_remove(place).1,
            other => panic!("{other}"),
        })
        .collect();
    assert_eq!(reasons, [Json::Null, Json::String("".into())]);
}

#[test]
fn an_export_is_the_query_with_its_filters_order_and_tenant() {
    let database = Database::new();
    let conn = &mut database.connect();
    fill(conn);
    let some = query().field("=1+1").since("2026-01-01T00:00:00Z".parse().unwrap());
    let found = some.load(conn).unwrap().len() as u64;
    assert!(found > 0 && found < 44);
    assert_eq!(some.export_csv(conn, io::sink()).unwrap(), found);
    assert_eq!(some.export_jsonl(conn, io::sink()).unwrap(), found);
    let other = AuditContext::new(Actor::user(1)).tenant("ACME");
    assert_eq!(AuditLog::query(&other).export_csv(conn, io::sink()).unwrap(), 0);
    assert_eq!(query().limit(5).export_jsonl(conn, io::sink()).unwrap(), 5);
    let error = query().field("a").export_csv(conn, io::sink()).unwrap_err();
    assert!(matches!(error, AuditError::Query(_)), "{error}");
}

/// Text that is no JSON, and JSON over several lines, stored by hand; SQLite and MySQL/MariaDB take
/// any text for a value.
#[test]
fn what_was_stored_by_hand_breaks_no_line() {
    if NAME == "postgres" {
        return by_hand(&["{\"a\":\n1}"]);
    }
    by_hand(&["{\"a\":\n\r\n1}", "not json", "1 2", "", "{\"a\":"]);
}

fn by_hand(values: &[&str]) {
    let database = Database::new();
    let conn = &mut database.connect();
    fill(conn);
    for (n, value) in values.iter().enumerate() {
        let id = Id(Uuid::from_u128(n as u128 + 1000));
        diesel::insert_into(audit_log::table)
            .values((
                audit_log::id.eq(id),
                audit_log::change_id.eq(id),
                audit_log::operation_id.eq(id),
                audit_log::tenant_id.eq("hand"),
                audit_log::action.eq("update"),
                audit_log::new_value.eq(Some(JsonText((*value).into()))),
                audit_log::actor_kind.eq("user"),
                audit_log::changed_at.eq(At(chrono::Utc::now())),
            ))
            .execute(conn)
            .unwrap();
    }
    let mut file = Vec::new();
    let hand = AuditLog::query(&AuditContext::new(Actor::user(1)).tenant("hand")).oldest_first();
    hand.export_jsonl(conn, &mut file).unwrap();
    let text = String::from_utf8(file).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), values.len());
    for (line, value) in lines.iter().zip(values) {
        let read: serde_json::Value = serde_json::from_str(line).unwrap();
        let expected = serde_json::from_str(value)
            .unwrap_or_else(|_| serde_json::json!({ "$invalid": value }));
        assert_eq!(read["new_value"], expected);
    }
    let mut file = Vec::new();
    hand.export_csv(conn, &mut file).unwrap();
    let read = csv::parse(&String::from_utf8(file).unwrap()).unwrap();
    assert_eq!(read.len(), values.len() + 1);
}

/// Fails once it has taken so many bytes.
struct Full(usize);

impl Write for Full {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0 < bytes.len() {
            return Err(io::Error::new(io::ErrorKind::StorageFull, "no space left"));
        }
        self.0 -= bytes.len();
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Err(io::Error::other("the last bytes are lost"))
    }
}

#[test]
fn a_writer_that_fails_is_an_error_also_at_the_very_end() {
    let database = Database::new();
    let conn = &mut database.connect();
    fill(conn);
    for (room, kind) in [(0, io::ErrorKind::StorageFull), (100, io::ErrorKind::StorageFull), (1 << 20, io::ErrorKind::Other)] {
        for error in [
            query().export_csv(conn, Full(room)).unwrap_err(),
            query().export_jsonl(conn, Full(room)).unwrap_err(),
        ] {
            match error {
                AuditError::Export(ref source) if source.kind() == kind => {}
                other => panic!("{room}: {other:?}"),
            }
        }
    }
}
