//! Reading the log: the history of one record against the same SELECT by hand, in a small and in a
//! large table; and the memory that an export of the large one takes, in a process of its own. It fails
//! where a history takes more than 1.3 times the SELECT, or the memory is more than 64 MiB.
//!
//! `AUDIT_BENCH_TRAIL_ROWS` sets the rows of the large table (1,000,000).
#![allow(clippy::expect_used, clippy::unwrap_used, missing_docs)]

use std::process::Command;

use audit_bench::{Contender, race};
use audit_diesel::prelude::*;
use audit_diesel::{AuditEntry, AuditLog, ChangeSet};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;

#[path = "../../tests/src/filled.rs"]
#[allow(unreachable_pub, reason = "shared with the tests")]
mod filled;

/// What the specification allows an export.
const MOST_MEBIBYTES: f64 = 64.0;

/// How many times the SELECT by hand a history may take.
const MOST_TIMES: f64 = 1.3;

/// Rows of the small table.
const SMALL: u64 = 10_000;

/// Tells the process that it is to export, from which backend, as what, and from where.
const EXPORT: &str = "AUDIT_BENCH_EXPORT";

fn large() -> u64 {
    std::env::var("AUDIT_BENCH_TRAIL_ROWS")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(1_000_000)
}

diesel::table! {
    use diesel::sql_types::*;
    use audit_diesel::sql_types::{AuditJson, AuditUuid, UtcTime};
    audit_log (seq) {
        seq -> BigInt,
        id -> AuditUuid,
        change_id -> AuditUuid,
        operation_id -> AuditUuid,
        tenant_id -> Nullable<Text>,
        table_name -> Nullable<Text>,
        record_id -> Nullable<Text>,
        action -> Text,
        field_name -> Nullable<Text>,
        old_value -> Nullable<AuditJson>,
        new_value -> Nullable<AuditJson>,
        actor_kind -> Text,
        actor_id -> Nullable<Text>,
        on_behalf_of -> Nullable<Text>,
        changed_at -> UtcTime,
        recorded_at -> UtcTime,
        request_id -> Nullable<Text>,
        reason -> Nullable<Text>,
        context -> Nullable<AuditJson>,
    }
}

/// A row as an app reads it by hand.
#[derive(Queryable)]
#[allow(dead_code, reason = "read, as an app would")]
struct Row {
    seq: i64,
    id: audit_diesel::sql_types::Id,
    change_id: audit_diesel::sql_types::Id,
    operation_id: audit_diesel::sql_types::Id,
    tenant_id: Option<String>,
    table_name: Option<String>,
    record_id: Option<String>,
    action: String,
    field_name: Option<String>,
    old_value: Option<audit_diesel::sql_types::JsonText>,
    new_value: Option<audit_diesel::sql_types::JsonText>,
    actor_kind: String,
    actor_id: Option<String>,
    on_behalf_of: Option<String>,
    changed_at: chrono::DateTime<chrono::Utc>,
    recorded_at: chrono::DateTime<chrono::Utc>,
    request_id: Option<String>,
    reason: Option<String>,
    context: Option<audit_diesel::sql_types::JsonText>,
}

macro_rules! bench {
    ($module:ident, $conn:ty) => {
        mod $module {
            use super::*;

            type Conn = $conn;

            const NAME: &str = stringify!($module);

            fn by_hand(conn: &mut Conn) {
                let rows: Vec<Row> = audit_log::table
                    .filter(audit_log::tenant_id.eq("acme"))
                    .filter(audit_log::table_name.eq("accounts"))
                    .filter(audit_log::record_id.eq("probe"))
                    .order(audit_log::seq)
                    .load(conn)
                    .unwrap();
                assert!(rows.len().abs_diff(100) < 15, "{}", rows.len());
            }

            fn history(conn: &mut Conn) {
                let ctx = AuditContext::new(Actor::system()).tenant("acme");
                let rows: Vec<AuditEntry> = AuditLog::query(&ctx)
                    .table("accounts")
                    .record("probe")
                    .oldest_first()
                    .load(conn)
                    .unwrap();
                assert!(rows.len().abs_diff(100) < 15, "{}", rows.len());
                assert!(!ChangeSet::group(rows).is_empty());
            }

            pub(super) fn fill(url: &str, rows: u64) -> Conn {
                let mut conn = Conn::establish(url).expect("connect");
                audit_diesel::migrate(&mut conn).expect("migrate");
                conn.batch_execute(&filled::sql(NAME, rows)).expect("fill");
                conn.batch_execute(filled::analyze(NAME)).expect("analyze");
                conn
            }

            /// True if every history stayed within its time, and every export within its memory.
            pub(super) fn run(small: &str, large: &str) -> bool {
                let rows = super::large();
                let mut state = (fill(small, SMALL), fill(large, rows));
                let (few, many) = (SMALL, rows);
                let ratios = race(
                    &format!("{NAME}: history of 100 rows"),
                    &mut state,
                    &mut [
                        Contender {
                            name: &format!("SELECT by hand, {many} rows"),
                            work: Box::new(|state| by_hand(&mut state.1)),
                        },
                        Contender {
                            name: &format!("history, {many} rows"),
                            work: Box::new(|state| history(&mut state.1)),
                        },
                        Contender {
                            name: &format!("SELECT by hand, {few} rows"),
                            work: Box::new(|state| by_hand(&mut state.0)),
                        },
                        Contender {
                            name: &format!("history, {few} rows"),
                            work: Box::new(|state| history(&mut state.0)),
                        },
                    ],
                    21,
                    40,
                );
                drop(state);
                // In the large table, and in the small one, each to the SELECT there.
                let quick = match ratios[..] {
                    [_, history, by_hand, small] => {
                        history <= MOST_TIMES && small / by_hand <= MOST_TIMES
                    }
                    // The command line asks for other races.
                    [] => true,
                    _ => panic!(
                        "{NAME}: four contenders raced for the history, and there are {} ratios",
                        ratios.len()
                    ),
                };
                if !quick {
                    println!("  FAILED: a history may take {MOST_TIMES} times the SELECT by hand");
                }
                let lean = ["csv", "jsonl"].map(|format| measured(NAME, format, large));
                quick && !lean.contains(&false)
            }

            pub(super) fn export(format: &str, url: &str) -> u64 {
                let mut conn = Conn::establish(url).expect("connect");
                let ctx = AuditContext::new(Actor::system()).all_tenants();
                let query = AuditLog::query(&ctx).oldest_first();
                let out = std::io::sink();
                match format {
                    "csv" => query.export_csv(&mut conn, out),
                    _ => query.export_jsonl(&mut conn, out),
                }
                .expect("export")
            }
        }
    };
}

#[cfg(feature = "sqlite")]
bench!(sqlite, SqliteConnection);
#[cfg(feature = "postgres")]
bench!(postgres, PgConnection);
#[cfg(feature = "mysql")]
bench!(mysql, MysqlConnection);

/// Exports in a process of its own and prints what it took.
fn measured(backend: &str, format: &str, url: &str) -> bool {
    let started = std::time::Instant::now();
    let child = Command::new(std::env::current_exe().expect("this program"))
        .env(EXPORT, format!("{backend} {format} {url}"))
        .output()
        .expect("run");
    let said = String::from_utf8_lossy(&child.stdout);
    let mut words = said.split_whitespace();
    let rows: u64 = words.next().and_then(|n| n.parse().ok()).unwrap_or(0);
    let kibibytes: Option<f64> = words.next().and_then(|n| n.parse().ok());
    let Some(mebibytes) = kibibytes.map(|n| n / 1024.0) else {
        println!(
            "{backend}: {format}: not measured\n{}",
            String::from_utf8_lossy(&child.stderr)
        );
        return false;
    };
    let good = child.status.success() && rows.abs_diff(large()) < 10 && mebibytes <= MOST_MEBIBYTES;
    println!(
        "{backend}: {rows} rows as {format}: {mebibytes:.1} MiB at most (limit {MOST_MEBIBYTES}), {:.1?}{}",
        started.elapsed(),
        if good { "" } else { "  FAILED" }
    );
    good
}

/// In the child: exports, and prints the rows and the most memory that was resident, in KiB (Linux).
fn export(task: &str) {
    let mut words = task.splitn(3, ' ');
    let (backend, format, url) = (words.next(), words.next(), words.next());
    let (Some(format), Some(url)) = (format, url) else {
        return;
    };
    let rows = match backend {
        #[cfg(feature = "sqlite")]
        Some("sqlite") => sqlite::export(format, url),
        #[cfg(feature = "postgres")]
        Some("postgres") => postgres::export(format, url),
        #[cfg(feature = "mysql")]
        Some("mysql") => mysql::export(format, url),
        _ => return,
    };
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .and_then(|line| line.split_whitespace().next());
    println!("{rows} {}", peak.unwrap_or("unknown"));
}

#[cfg(any(feature = "postgres", feature = "mysql"))]
fn on_server<C: Connection>(
    variable: &str,
    default: &str,
    run: impl Fn(&str, &str) -> bool,
) -> bool {
    let url = std::env::var(variable).unwrap_or_else(|_| default.to_owned());
    let base = url.rsplit_once('/').map_or(url.as_str(), |(base, _)| base);
    let names = ["audit_bench_trail_small", "audit_bench_trail_large"];
    let mut conn = match C::establish(&url) {
        Ok(conn) => conn,
        Err(error) => {
            eprintln!("no server at {url}: {error}\nset {variable}");
            std::process::exit(1);
        }
    };
    for name in names {
        conn.batch_execute(&format!("DROP DATABASE IF EXISTS {name}"))
            .expect("drop");
        conn.batch_execute(&format!("CREATE DATABASE {name}"))
            .expect("create");
    }
    let good = run(
        &format!("{base}/{}", names[0]),
        &format!("{base}/{}", names[1]),
    );
    for name in names {
        conn.batch_execute(&format!("DROP DATABASE IF EXISTS {name}"))
            .expect("drop");
    }
    good
}

fn main() {
    if let Ok(task) = std::env::var(EXPORT) {
        return export(&task);
    }
    let mut good = true;
    #[cfg(feature = "sqlite")]
    {
        let path = |size: &str| {
            let name = format!("audit-bench-trail-{}-{size}.sqlite", std::process::id());
            std::env::temp_dir().join(name).display().to_string()
        };
        let (small, large) = (path("small"), path("large"));
        good &= sqlite::run(&small, &large);
        for path in [small, large] {
            let _ = std::fs::remove_file(path);
        }
    }
    #[cfg(feature = "postgres")]
    {
        good &= on_server::<PgConnection>(
            "AUDIT_TEST_POSTGRES_URL",
            "postgres://postgres@127.0.0.1/postgres",
            postgres::run,
        );
    }
    #[cfg(feature = "mysql")]
    {
        good &= on_server::<MysqlConnection>(
            "AUDIT_TEST_MYSQL_URL",
            "mysql://root@127.0.0.1/mysql",
            mysql::run,
        );
    }
    if !good {
        std::process::exit(1);
    }
}
