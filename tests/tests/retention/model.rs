// Any log, any rules, any holds, stopped anywhere: what is left is what the model says.

use std::ops::ControlFlow;
use std::time::Duration;

use audit_diesel::retention::{AuditHold, Keep, NewHold, Retention};
use chrono::TimeDelta;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::backend::Database;
use super::backend::look::log;
use super::log::*;

const TENANTS: [&str; 4] = ["", "a", "A", "b"];
const TABLES: [&str; 4] = ["", "t", "u", "audit_hold"];
const RECORDS: [&str; 3] = ["", "1", "2"];
const DAYS: [i64; 4] = [1, 7, 30, 365];

#[derive(Debug, Clone)]
struct World {
    /// Tenant, table, record, age in days, offset in microseconds.
    rows: Vec<(usize, usize, usize, usize, i64)>,
    /// Tenant (0: any), table (0: any), days (past the end: for ever).
    rules: Vec<(usize, usize, usize)>,
    default: usize,
    holds: Vec<(usize, usize, usize)>,
    /// After how many batches each run is stopped, before one that is not.
    stops: Vec<usize>,
}

fn world() -> impl Strategy<Value = World> {
    let row = (0..4usize, 0..4usize, 0..3usize, 0..4usize, -2..3i64);
    let rule = (0..4usize, 0..4usize, 0..5usize);
    (
        prop::collection::vec(row, 0..400),
        prop::collection::vec(rule, 0..6),
        0..5usize,
        prop::collection::vec((0..4usize, 0..4usize, 0..3usize), 0..3),
        prop::collection::vec(1..4usize, 0..3),
    )
        .prop_map(|(rows, rules, default, holds, stops)| World { rows, rules, default, holds, stops })
}

fn keep(days: usize) -> Keep {
    DAYS.get(days).map_or(Keep::FOREVER, |days| Keep::days(*days).unwrap())
}

fn named(name: &str) -> Option<&str> {
    (!name.is_empty()).then_some(name)
}

fn retention(world: &World) -> Retention {
    let mut retention = Retention::new(keep(world.default));
    for (tenant, table, days) in &world.rules {
        let keep = keep(*days);
        retention = match (named(TENANTS[*tenant]), named(TABLES[*table])) {
            (Some(tenant), Some(table)) => retention.tenant_table(tenant, table, keep),
            (Some(tenant), None) => retention.tenant(tenant, keep),
            (None, Some(table)) => retention.table(table, keep),
            (None, None) => retention,
        };
    }
    // A small world has no row of some of the tables.
    retention.allow_unknown_tables()
}

fn run(world: &World) {
    let database = Database::new();
    let mut conn = database.connect();
    let drafts: Vec<Draft> = world
        .rows
        .iter()
        .map(|(tenant, table, record, days, micros)| {
            let time = ago(DAYS[*days]) + TimeDelta::microseconds(*micros);
            Draft::new(TENANTS[*tenant], TABLES[*table], RECORDS[*record], time)
        })
        .collect();
    write(&mut conn, &drafts);
    let mut holds = Vec::new();
    for (tenant, table, record) in &world.holds {
        let (tenant, table, record) = (named(TENANTS[*tenant]), named(TABLES[*table]), named(RECORDS[*record]));
        let record = record.filter(|_| table.is_some());
        let mut hold = NewHold::new("case").allow_unknown_table();
        if let Some(tenant) = tenant { hold = hold.tenant(tenant) }
        if let Some(table) = table { hold = hold.table(table) }
        if let Some(record) = record { hold = hold.record(record) }
        AuditHold::add(&mut conn, &ctx(), hold).unwrap();
        holds.push((tenant, table, record));
    }
    let retention = retention(world);
    let is_old = |row: &Draft| {
        let keep = retention.keep(row.tenant.as_deref(), row.table.as_deref());
        keep.as_days().is_some_and(|days| row.changed_at < ago(days))
    };
    let is_held = |row: &Draft| {
        holds.iter().any(|(tenant, table, record)| {
            tenant.is_none_or(|t| row.tenant.as_deref() == Some(t))
                && table.is_none_or(|t| row.table.as_deref() == Some(t))
                && record.is_none_or(|r| row.record.as_deref() == Some(r))
        })
    };
    let goes = |row: &Draft| is_old(row) && !is_held(row);
    let dry = purger(retention.clone()).dry_run().run(&mut conn, &ctx()).unwrap();
    assert_eq!(dry.deleted() as usize, drafts.iter().filter(|row| goes(row)).count());
    assert_eq!(dry.held() as usize, drafts.iter().filter(|row| is_old(row) && is_held(row)).count());
    let mut deleted = 0;
    for stop in world.stops.iter().copied().map(Some).chain([None]) {
        let mut batches = 0;
        let report = purger(retention.clone())
            .batch_time(Duration::from_micros(1))
            .progress(|_| {
                batches += 1;
                if Some(batches) == stop { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            })
            .run(&mut conn, &ctx())
            .unwrap();
        assert!(report.finished || stop.is_some());
        deleted += report.deleted();
    }
    assert_eq!(deleted, dry.deleted());
    let mut is: Vec<_> = log(&mut conn)
        .iter()
        .filter(|row| row.action == "update")
        .map(|row| (row.tenant_id.clone(), row.table_name.clone(), row.record_id.clone(), row.changed_at))
        .collect();
    let mut should: Vec<_> = drafts
        .iter()
        .filter(|row| !goes(row))
        .map(|row| (row.tenant.clone(), row.table.clone(), row.record.clone(), row.changed_at))
        .collect();
    is.sort();
    should.sort();
    assert_eq!(is, should);
}

#[test]
fn what_is_left_is_what_the_model_says() {
    let cases = std::env::var("AUDIT_TEST_CASES").ok().map_or(12, |text| text.parse().expect("AUDIT_TEST_CASES"));
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 200, ..Config::default() };
    TestRunner::new(config)
        .run(&world(), |world| {
            run(&world);
            Ok(())
        })
        .unwrap();
}
