// Random queries over all filters against a model in memory. Tenants, tables, records and the rest
// differ by case, accent, trailing space or Unicode form: what a collation takes for equal.

use std::collections::BTreeMap;

use audit_diesel::prelude::*;
use audit_diesel::sql_types::{At, Id, JsonText};
use audit_diesel::{AuditEntry, AuditLog, LogQuery, QueryError};
use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use uuid::Uuid;

use super::backend::schema::audit_log;
use super::backend::{Conn, Database, NAME};
use crate::random::Random;

const TENANTS: [Option<&str>; 9] = [
    Some("acme"),
    Some("ACME"),
    Some("Acme"),
    Some("acm\u{e9}"),
    Some("acme\u{301}"),
    Some("acme "),
    Some("acme  "),
    Some(" acme"),
    None,
];
const TABLES: [Option<&str>; 5] = [
    Some("accounts"),
    Some("Accounts"),
    Some("accounts "),
    Some("kont\u{e9}"),
    None,
];
const RECORDS: [&str; 6] = ["1", "1 ", "01", "\u{e9}", "e\u{301}", ""];
const FIELDS: [Option<&str>; 4] = [Some("name"), Some("Name"), Some("name "), None];
const ACTORS: [&str; 7] = [
    "user:1", "user:1 ", "user:A", "user:a", "system", "service:1", "Jane D\u{f6}",
];
const ACTIONS: [&str; 4] = ["insert", "update", "delete", "shop.sold"];
const REQUESTS: [Option<&str>; 4] = [Some("r-1"), Some("R-1"), Some("r-1 "), None];
const ROWS: usize = 900;

fn instant(n: u64) -> DateTime<Utc> {
    // A leap day; close together, so that many rows share a time.
    let start: DateTime<Utc> = "2024-02-29T23:59:59Z".parse().unwrap();
    start + TimeDelta::microseconds(n as i64)
}

fn operation(n: u64) -> Uuid {
    Uuid::from_u128(0x019a_0000_0000_7000_8000_0000_0000_0000 + u128::from(n))
}

/// A log with rows of every kind, read back by Diesel alone.
struct World {
    _database: Database,
    conn: Conn,
    rows: Vec<AuditEntry>,
}

impl World {
    fn new(random: &mut Random) -> Self {
        let database = Database::new();
        let mut conn = database.connect();
        conn.transaction(|conn| -> QueryResult<()> {
            let mut made = 0;
            while made < ROWS {
                let change = Uuid::from_u128(u128::from(random.number()) << 64 | made as u128);
                let op = operation(random.below(150));
                let tenant = *random.pick(&TENANTS);
                let table = *random.pick(&TABLES);
                let record = table.map(|_| *random.pick(&RECORDS));
                let actor = Actor::parse(ACTORS[random.below(7) as usize]);
                let request = *random.pick(&REQUESTS);
                let action = *random.pick(&ACTIONS);
                let at = At(instant(random.below(60)));
                for row in 0..=random.below(3) {
                    let id = if row == 0 { change } else { Uuid::from_u128(change.as_u128() + u128::from(row) * 7_000_003) };
                    diesel::insert_into(audit_log::table)
                        .values((
                            audit_log::id.eq(Id(id)),
                            audit_log::change_id.eq(Id(change)),
                            audit_log::operation_id.eq(Id(op)),
                            audit_log::tenant_id.eq(tenant),
                            audit_log::table_name.eq(table),
                            audit_log::record_id.eq(record),
                            audit_log::action.eq(action),
                            audit_log::field_name.eq(*random.pick(&FIELDS)),
                            audit_log::new_value.eq(Some(JsonText(format!("{made}")))),
                            audit_log::actor_kind.eq(actor.kind()),
                            audit_log::actor_id.eq(actor.id()),
                            audit_log::request_id.eq(request),
                            audit_log::changed_at.eq(At(at.0)),
                        ))
                        .execute(conn)?;
                    made += 1;
                }
            }
            Ok(())
        })
        .unwrap();
        let rows = super::backend::look::log(&mut conn)
            .into_iter()
            .map(|row| {
                let mut entry = AuditLog::query(&operator())
                    .operation(row.operation_id)
                    .load(&mut conn)
                    .unwrap()
                    .into_iter()
                    .find(|entry| entry.seq == row.seq)
                    .unwrap();
                // What the filters compare comes from Diesel's own query.
                entry.tenant_id = row.tenant_id;
                entry.table_name = row.table_name;
                entry.record_id = row.record_id;
                entry.field_name = row.field_name;
                entry.action = row.action;
                entry.request_id = row.request_id;
                entry.changed_at = row.changed_at;
                entry.actor = Actor::from_parts(&row.actor_kind, row.actor_id.as_deref());
                entry
            })
            .collect();
        Self {
            _database: database,
            conn,
            rows,
        }
    }
}

fn operator() -> AuditContext {
    AuditContext::new(Actor::system()).all_tenants()
}

/// A query, and the same as conditions on a row.
struct Case {
    query: LogQuery,
    ctx: AuditContext,
    tenant: Option<Option<&'static str>>,
    table: Option<&'static str>,
    record: Option<&'static str>,
    field: Option<&'static str>,
    actor: Option<Actor>,
    action: Option<&'static str>,
    request: Option<&'static str>,
    operation: Option<Uuid>,
    from: Option<DateTime<Utc>>,
    until: Option<DateTime<Utc>>,
    newest: bool,
}

impl Case {
    fn random(random: &mut Random) -> Self {
        let tenant = (!random.one_in(12)).then(|| *random.pick(&TENANTS));
        let ctx = AuditContext::new(Actor::user(9));
        let ctx = match tenant {
            Some(Some(tenant)) => ctx.tenant(tenant),
            Some(None) => ctx,
            None => ctx.all_tenants(),
        };
        let mut case = Self {
            query: AuditLog::query(&ctx),
            ctx,
            tenant,
            table: None,
            record: None,
            field: None,
            actor: None,
            action: None,
            request: None,
            operation: None,
            from: None,
            until: None,
            newest: !random.one_in(2),
        };
        if random.one_in(2) {
            case.table = *random.pick(&TABLES);
            if random.one_in(2) {
                case.record = Some(*random.pick(&RECORDS));
            }
        }
        if random.one_in(5) {
            case.field = *random.pick(&FIELDS);
        }
        if random.one_in(3) {
            case.actor = Some(Actor::parse(ACTORS[random.below(7) as usize]));
        }
        if random.one_in(6) {
            case.action = Some(*random.pick(&ACTIONS));
        }
        if random.one_in(6) {
            case.request = *random.pick(&REQUESTS);
        }
        if random.one_in(8) {
            case.operation = Some(operation(random.below(150)));
        }
        if random.one_in(2) {
            let (a, b) = (random.below(62), random.below(62));
            case.from = Some(instant(a.min(b)));
            if random.one_in(2) && a != b {
                case.until = Some(instant(a.max(b)));
            }
        }
        case.query = case.build();
        case
    }

    fn build(&self) -> LogQuery {
        let mut query = AuditLog::query(&self.ctx);
        if let Some(table) = self.table {
            query = query.table(table);
        }
        if let Some(record) = self.record {
            query = query.record(record);
        }
        if let Some(field) = self.field {
            query = query.field(field);
        }
        if let Some(actor) = &self.actor {
            query = query.changed_by(actor.clone());
        }
        if let Some(action) = self.action {
            query = query.action(action);
        }
        if let Some(request) = self.request {
            query = query.request(request);
        }
        if let Some(operation) = self.operation {
            query = query.operation(operation);
        }
        match (self.from, self.until) {
            (Some(from), Some(until)) => query = query.between(from, until),
            (Some(from), None) => query = query.since(from),
            _ => {}
        }
        if self.newest {
            query
        } else {
            query.oldest_first()
        }
    }

    fn finds(&self, row: &AuditEntry) -> bool {
        let is = |filter: Option<&str>, value: &Option<String>| {
            filter.is_none_or(|filter| value.as_deref() == Some(filter))
        };
        self.tenant
            .is_none_or(|tenant| row.tenant_id.as_deref() == tenant)
            && is(self.table, &row.table_name)
            && is(self.record, &row.record_id)
            && is(self.field, &row.field_name)
            && is(self.request, &row.request_id)
            && self.action.is_none_or(|action| row.action == action)
            && self.actor.as_ref().is_none_or(|actor| row.actor == *actor)
            && self.operation.is_none_or(|op| row.operation_id == op)
            && self.from.is_none_or(|from| row.changed_at >= from)
            && self.until.is_none_or(|until| row.changed_at < until)
    }

    fn by_time(&self) -> bool {
        self.operation.is_none() && self.record.is_none() && self.tenant.is_some()
    }

    fn expected<'w>(&self, rows: &'w [AuditEntry]) -> Vec<&'w AuditEntry> {
        let mut found: Vec<_> = rows.iter().filter(|row| self.finds(row)).collect();
        let by_time = self.by_time();
        found.sort_by_key(|row| (by_time.then_some(row.changed_at), row.seq));
        if self.newest {
            found.reverse();
        }
        found
    }

    /// What is refused, by the words of the documentation.
    fn refused(&self) -> Option<&'static str> {
        if self.record.is_some() && self.table.is_none() {
            return Some("name it with `table`");
        }
        let bounded = self.record.is_some() || self.operation.is_some() || self.from.is_some();
        let further = self.table.is_some()
            || self.field.is_some()
            || self.action.is_some()
            || self.request.is_some()
            || (self.tenant.is_none() && self.actor.is_some());
        (further && !bounded).then_some("would read the whole log")
    }
}

fn seqs<'a>(rows: impl IntoIterator<Item = &'a AuditEntry>) -> Vec<i64> {
    rows.into_iter().map(|row| row.seq).collect()
}

/// `AUDIT_TEST_QUERIES` changes the number.
fn count() -> u64 {
    std::env::var("AUDIT_TEST_QUERIES")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(2_000)
}

#[test]
fn random_queries_find_what_a_model_finds_and_no_other_tenants_rows() {
    let mut random = Random(20_261_121);
    let World {
        _database,
        mut conn,
        rows,
    } = World::new(&mut random);
    let conn = &mut conn;
    let (mut ran, mut found, mut refused, mut full) = (0_u64, 0, 0, BTreeMap::new());
    for n in 0..count() {
        let case = Case::random(&mut random);
        let shown = || format!("{NAME}, query {n}: {:#?}", case.query);
        if let Some(words) = case.refused() {
            let error = case.query.load(conn).unwrap_err();
            assert!(error.to_string().contains(words), "{error} {}", shown());
            refused += 1;
            continue;
        }
        let expected = case.expected(&rows);
        let mode = random.below(6);
        let read: Vec<AuditEntry> = match mode {
            0 => case.query.load(conn).unwrap(),
            1 => case
                .query
                .stream(conn)
                .unwrap()
                .collect::<Result<_, _>>()
                .unwrap(),
            2 => {
                let limit = 1 + random.below(40);
                let read = case.query.clone().limit(limit).load(conn).unwrap();
                let first = &expected[..expected.len().min(limit as usize)];
                assert_eq!(seqs(&read), seqs(first.iter().copied()), "{}", shown());
                let counted = case.query.count(conn).unwrap();
                assert_eq!(counted, expected.len() as u64, "{}", shown());
                case.query.load(conn).unwrap()
            }
            3 | 4 => {
                let mut read = Vec::new();
                let mut query = case.query.clone();
                loop {
                    let limit = 1 + random.below(20);
                    let page = query.limit(limit).page(conn).unwrap();
                    assert!(page.entries.len() <= limit as usize);
                    read.extend(page.entries);
                    // A fresh query, as the next request would make it.
                    let Some(next) = page.next else { break };
                    query = case.build().after(next.as_str());
                }
                read
            }
            _ => {
                let mut sets = Vec::new();
                let mut query = case.query.clone();
                loop {
                    let limit = 1 + random.below(6);
                    let page = query.limit(limit).change_sets(conn).unwrap();
                    sets.extend(page.change_sets);
                    let Some(next) = page.next else { break };
                    query = case.build().after(next);
                }
                let mut of: BTreeMap<Uuid, Vec<i64>> = BTreeMap::new();
                for row in &expected {
                    of.entry(row.change_id).or_default().push(row.seq);
                }
                assert_eq!(sets.len(), of.len(), "{}", shown());
                for set in &sets {
                    let mut whole = of.remove(&set.first().unwrap().change_id).unwrap();
                    whole.sort_unstable();
                    assert_eq!(seqs(set.entries()), whole, "{}", shown());
                }
                let mut read: Vec<_> = sets.iter().flat_map(|set| set.entries().to_vec()).collect();
                let order: Vec<i64> = seqs(expected.iter().copied());
                read.sort_by_key(|row| order.iter().position(|seq| *seq == row.seq));
                read
            }
        };
        assert_eq!(seqs(&read), seqs(expected.iter().copied()), "mode {mode} {}", shown());
        for (row, model) in read.iter().zip(&expected) {
            if let Some(tenant) = case.tenant {
                assert_eq!(row.tenant_id.as_deref(), tenant, "{}", shown());
            }
            assert_eq!(row, *model, "{}", shown());
        }
        ran += 1;
        found += read.len();
        *full.entry(!read.is_empty()).or_insert(0_u64) += 1;
    }
    println!("{NAME}: {ran} queries, {refused} refused, {found} rows, {full:?}");
    // The queries must have been about something.
    assert!(full[&true] * 4 > ran, "{full:?}");
    assert!(refused * 20 > ran, "{refused} of {ran}");
}

#[test]
fn an_unknown_table_is_no_mistake() {
    let database = Database::new();
    let conn = &mut database.connect();
    let ctx = AuditContext::new(Actor::user(1)).tenant("acme");
    let page = AuditLog::query(&ctx)
        .table("never_used")
        .record("1")
        .page(conn)
        .unwrap();
    assert!(page.entries.is_empty() && page.next.is_none());
    // Who typed it is told apart from who asks before anything happened.
    assert!(!AuditLog::knows_table(conn, "never_used").unwrap());
    assert!(AuditLog::knows_table(conn, "accounts").unwrap());
    assert!(!AuditLog::knows_table(conn, "Accounts").unwrap());
    assert!(!AuditLog::knows_table(conn, "accounts\0").unwrap());
    // The trail's names have no schema: a rule under one would keep nothing.
    let schema = match NAME {
        "sqlite" => "main".to_owned(),
        "postgres" => "public".to_owned(),
        _ => database.url().rsplit_once('/').unwrap().1.to_owned(),
    };
    assert!(!AuditLog::knows_table(conn, &format!("{schema}.accounts")).unwrap());
    let event = AuditLog::event("stock.adjust").target("never_used", "1");
    event.write(conn, &ctx).unwrap();
    assert!(AuditLog::knows_table(conn, "never_used").unwrap());
    assert!(!AuditLog::knows_table(conn, "never_used ").unwrap());
}

#[test]
fn what_an_index_serves_is_not_refused_and_what_none_does_says_so() {
    let database = Database::new();
    let conn = &mut database.connect();
    let ctx = AuditContext::new(Actor::user(1)).tenant("acme");
    let query = || AuditLog::query(&ctx);
    let since = instant(0);
    for served in [
        query(),
        query().since(since),
        query().until(since),
        query().changed_by(Actor::user(1)),
        query().changed_by(Actor::user(1)).until(since),
        query().operation(operation(1)),
        query().operation(operation(1)).field("name").action("update"),
        query().table("a").record("1").field("name").request("r"),
        query().table("a").since(since),
        query().request("r").since(since),
        AuditLog::query(&operator()),
        AuditLog::query(&operator()).since(since),
        AuditLog::query(&operator()).changed_by(Actor::user(1)).since(since),
        AuditLog::query(&operator()).table("a").record("1"),
    ] {
        served.load(conn).unwrap();
        served.count(conn).unwrap();
        served.clone().oldest_first().limit(3).page(conn).unwrap();
    }
    for (refused, named) in [
        (query().table("a"), "table"),
        (query().field("a"), "field"),
        (query().action("a"), "action"),
        (query().request("a"), "request"),
        (query().action("a").until(since), "action"),
        (query().changed_by(Actor::user(1)).table("a"), "table"),
        (AuditLog::query(&operator()).table("a"), "table"),
        (AuditLog::query(&operator()).changed_by(Actor::user(1)), "changed_by"),
    ] {
        for error in [
            refused.load(conn).unwrap_err(),
            refused.page(conn).unwrap_err(),
            refused.count(conn).unwrap_err(),
            refused.change_sets(conn).unwrap_err(),
            refused.stream(conn).map(|_| ()).unwrap_err(),
        ] {
            assert!(
                matches!(error, AuditError::Query(QueryError::Unbounded { filter }) if filter == named),
                "{error}"
            );
        }
    }
}
