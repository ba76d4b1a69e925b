//! Audited writes against Diesel's own, in one run, on every database that is switched on.
//!
//! The floor is what an app without any audit does: load, change, write, in one transaction.
#![allow(clippy::expect_used, clippy::unwrap_used, missing_docs)]

use audit_bench::by_hand;
use audit_bench::shop::*;
use audit_bench::{Contender, race};
use audit_diesel::prelude::*;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::result::QueryResult;

/// Rows of the table, as in a small shop.
const ITEMS: i64 = 10_000;

/// Rounds and runs a round; `AUDIT_BENCH_ROUNDS` changes the former.
fn rounds() -> usize {
    std::env::var("AUDIT_BENCH_ROUNDS")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(15)
}

macro_rules! bench {
    ($module:ident, $conn:ty, $query:ident => $locked:expr) => {
        mod $module {
            use super::*;

            type Conn = $conn;

            /// The floor of an update: load (locked where the database can), change three of twelve
            /// fields, write them.
            fn plain_update(conn: &mut Conn, id: i64, n: i64) {
                conn.transaction(|conn| -> QueryResult<()> {
                    let $query = items::table.find(id).select(Item::as_select());
                    let item: Item = $locked.first(conn)?;
                    diesel::update(items::table.find(id))
                        .set((
                            items::name.eq(format!("{n}")),
                            items::price_cents.eq(item.price_cents + 1),
                            items::stock.eq(item.stock + 1),
                        ))
                        .execute(conn)?;
                    Ok(())
                })
                .unwrap();
            }

            /// What an app writes by hand today: the same, both states as JSON values, compared key
            /// by key, and a row for each that differs.
            fn update_by_hand(conn: &mut Conn, id: i64, n: i64) {
                conn.transaction(|conn| -> QueryResult<()> {
                    let $query = items::table.find(id).select(Item::as_select());
                    let item: Item = $locked.first(conn)?;
                    diesel::update(items::table.find(id))
                        .set((
                            items::name.eq(format!("{n}")),
                            items::price_cents.eq(item.price_cents + 1),
                            items::stock.eq(item.stock + 1),
                            items::updated_at.eq(audit_diesel::sql_types::At(chrono::Utc::now())),
                            items::updated_by.eq("user:42"),
                        ))
                        .execute(conn)?;
                    let after: Item = items::table
                        .find(id)
                        .select(Item::as_select())
                        .first(conn)?;
                    let rows = by_hand::changes(&item, &after);
                    diesel::insert_into(by_hand::audit_by_hand::table)
                        .values(rows)
                        .execute(conn)?;
                    Ok(())
                })
                .unwrap();
            }

            /// The floor of an insert.
            fn plain_insert(conn: &mut Conn, n: i64) {
                conn.transaction(|conn| {
                    diesel::insert_into(items::table)
                        .values(row(n))
                        .execute(conn)
                })
                .unwrap();
            }

            /// The floor of a bulk update: Diesel has none with differing values, so a loop.
            fn plain_update_many(conn: &mut Conn, ids: &[i64], n: i64) {
                conn.transaction(|conn| -> QueryResult<()> {
                    let found: Vec<Item> = items::table
                        .filter(items::id.eq_any(ids.to_vec()))
                        .select(Item::as_select())
                        .load(conn)?;
                    for item in found {
                        diesel::update(items::table.find(item.id))
                            .set((
                                items::name.eq(format!("{n}")),
                                items::price_cents.eq(item.price_cents + 1),
                                items::stock.eq(item.stock + 1),
                            ))
                            .execute(conn)?;
                    }
                    Ok(())
                })
                .unwrap();
            }

            fn plain_insert_many(conn: &mut Conn, n: i64) {
                conn.transaction(|conn| {
                    let rows: Vec<_> = (0..1000).map(|i| row(n + i)).collect();
                    diesel::insert_into(items::table).values(rows).execute(conn)
                })
                .unwrap();
            }

            pub(super) fn run(title: &str, conn: &mut Conn) {
                let ctx = ctx();
                let mut n = 0;
                let mut next = move || {
                    n += 1;
                    (n * 7919 % ITEMS + 1, n)
                };
                let rounds = rounds();
                let (mut count, mut by_hand_count) = (0, 0);
                race(
                    &format!("{title}: update of 3 of 12 fields"),
                    conn,
                    &mut [
                        Contender {
                            name: "Diesel, load and update in a transaction",
                            work: Box::new(|conn| {
                                let (id, n) = next();
                                plain_update(conn, id, n);
                            }),
                        },
                        Contender {
                            name: "audited_update",
                            work: Box::new(|conn| {
                                count += 1;
                                let form = ItemChanges {
                                    name: Some(format!("a {count}")),
                                    price_cents: Some(count),
                                    stock: Some(count as i32),
                                    ..Default::default()
                                };
                                Item::audited_update(conn, &ctx, count * 7919 % ITEMS + 1, form)
                                    .unwrap();
                            }),
                        },
                        Contender {
                            name: "by hand, serde_json and Diesel",
                            work: Box::new(|conn| {
                                by_hand_count += 1;
                                update_by_hand(
                                    conn,
                                    by_hand_count * 7919 % ITEMS + 1,
                                    by_hand_count,
                                );
                            }),
                        },
                    ],
                    rounds,
                    60,
                );
                let mut count = 0;
                race(
                    &format!("{title}: edit of 3 of 12 fields"),
                    conn,
                    &mut [
                        Contender {
                            name: "Diesel, load and update in a transaction",
                            work: Box::new(|conn| {
                                let (id, n) = next();
                                plain_update(conn, id, n);
                            }),
                        },
                        Contender {
                            name: "audited_edit",
                            work: Box::new(|conn| {
                                count += 1;
                                Item::audited_edit(conn, &ctx, count * 7919 % ITEMS + 1, |item| {
                                    item.name = format!("e {count}");
                                    item.price_cents += 1;
                                    item.stock += 1;
                                })
                                .unwrap();
                            }),
                        },
                    ],
                    rounds,
                    60,
                );
                race(
                    &format!("{title}: insert"),
                    conn,
                    &mut [
                        Contender {
                            name: "Diesel, insert in a transaction",
                            work: Box::new(|conn| plain_insert(conn, next().1)),
                        },
                        Contender {
                            name: "audited_insert",
                            work: Box::new(|conn| {
                                Item::audited_insert(conn, &ctx, new_item(1)).unwrap();
                            }),
                        },
                    ],
                    rounds,
                    60,
                );
                race(
                    &format!("{title}: insert of 1,000"),
                    conn,
                    &mut [
                        Contender {
                            name: "Diesel, insert of a Vec in a transaction",
                            work: Box::new(|conn| plain_insert_many(conn, next().1)),
                        },
                        Contender {
                            name: "audited_insert_many",
                            work: Box::new(|conn| {
                                Item::audited_insert_many(conn, &ctx, (0..1000).map(new_item))
                                    .unwrap();
                            }),
                        },
                    ],
                    5,
                    3,
                );
                let ids: Vec<i64> = (1..=1000).collect();
                let mut count = 0;
                race(
                    &format!("{title}: edit of 1,000"),
                    conn,
                    &mut [
                        Contender {
                            name: "Diesel, load and update in a loop",
                            work: Box::new(|conn| plain_update_many(conn, &ids, next().1)),
                        },
                        Contender {
                            name: "audited_edit_many",
                            work: Box::new(|conn| {
                                count += 1;
                                Item::audited_edit_many(conn, &ctx, ids.iter().copied(), |item| {
                                    item.name = format!("{count}");
                                    item.price_cents += 1;
                                    item.stock += 1;
                                })
                                .unwrap();
                            }),
                        },
                    ],
                    5,
                    3,
                );
            }

            /// Makes the tables and fills them.
            pub(super) fn prepare(conn: &mut Conn, tables: &str) {
                audit_diesel::migrate(conn).expect("migrate");
                conn.batch_execute(tables).expect("tables");
                for start in (0..ITEMS).step_by(500) {
                    let rows: Vec<_> = (start..start + 500).map(row).collect();
                    diesel::insert_into(items::table)
                        .values(rows)
                        .execute(conn)
                        .expect("fill");
                }
            }
        }
    };
}

/// A row as an app without forms writes it.
#[derive(Insertable)]
#[diesel(table_name = items)]
struct Row {
    name: String,
    description: String,
    sku: String,
    note: Option<String>,
    price_cents: i64,
    stock: i32,
    weight: f64,
    active: bool,
    rating: i16,
    colour: String,
    brand: String,
    supplier: Option<i64>,
    created_at: audit_diesel::sql_types::At,
    created_by: &'static str,
    updated_at: audit_diesel::sql_types::At,
    updated_by: &'static str,
}

fn row(n: i64) -> Row {
    let item = new_item(n);
    let now = audit_diesel::sql_types::At(chrono::Utc::now());
    Row {
        name: item.name,
        description: item.description,
        sku: item.sku,
        note: item.note,
        price_cents: item.price_cents,
        stock: item.stock,
        weight: item.weight,
        active: item.active,
        rating: item.rating,
        colour: item.colour,
        brand: item.brand,
        supplier: item.supplier,
        created_at: now,
        created_by: "user:42",
        updated_at: now,
        updated_by: "user:42",
    }
}

#[cfg(feature = "sqlite")]
bench!(sqlite, SqliteConnection, query => query);
#[cfg(feature = "postgres")]
bench!(postgres, PgConnection, query => query.for_update());
#[cfg(feature = "mysql")]
bench!(mysql, MysqlConnection, query => query.for_update());

const COLUMNS: &str = "description TEXT NOT NULL, sku TEXT NOT NULL, note TEXT, price_cents BIGINT NOT NULL,
    stock INTEGER NOT NULL, weight DOUBLE PRECISION NOT NULL, active BOOLEAN NOT NULL, rating SMALLINT NOT NULL,
    colour TEXT NOT NULL, brand TEXT NOT NULL, supplier BIGINT";

#[cfg(any(feature = "postgres", feature = "mysql"))]
fn server<C: Connection>(variable: &str, default: &str) -> (C, String) {
    let url = std::env::var(variable).unwrap_or_else(|_| default.to_owned());
    match C::establish(&url) {
        Ok(conn) => (conn, url),
        Err(error) => {
            eprintln!("no server at {url}: {error}\nset {variable}");
            std::process::exit(1);
        }
    }
}

fn main() {
    #[cfg(feature = "sqlite")]
    {
        let path = std::env::temp_dir().join(format!("audit-bench-{}.sqlite", std::process::id()));
        let remove = || {
            for end in ["", "-wal", "-shm"] {
                let _ = std::fs::remove_file(format!("{}{end}", path.display()));
            }
        };
        remove();
        let mut conn = SqliteConnection::establish(&path.display().to_string()).expect("open");
        sqlite::prepare(
            &mut conn,
            &format!(
                "CREATE TABLE items (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, {COLUMNS},
                 created_at BIGINT NOT NULL, created_by TEXT NOT NULL, updated_at BIGINT NOT NULL,
                 updated_by TEXT NOT NULL);
                 CREATE TABLE audit_by_hand (id INTEGER PRIMARY KEY, {}, changed_at BIGINT NOT NULL); {}",
                by_hand::COLUMNS, by_hand::INDEXES
            ),
        );
        sqlite::run(
            "SQLite, its defaults (rollback journal, synchronous = FULL)",
            &mut conn,
        );
        conn.batch_execute("PRAGMA journal_mode = WAL")
            .expect("pragma");
        sqlite::run("SQLite, WAL, synchronous = FULL", &mut conn);
        conn.batch_execute("PRAGMA synchronous = OFF")
            .expect("pragma");
        sqlite::run("SQLite, WAL, synchronous = OFF", &mut conn);
        drop(conn);
        remove();
    }
    #[cfg(feature = "postgres")]
    {
        let (mut conn, _): (PgConnection, _) = server(
            "AUDIT_TEST_POSTGRES_URL",
            "postgres://postgres@127.0.0.1/postgres",
        );
        conn.batch_execute(
            "DROP SCHEMA IF EXISTS audit_bench CASCADE; CREATE SCHEMA audit_bench; SET search_path = audit_bench",
        )
        .expect("schema");
        postgres::prepare(
            &mut conn,
            &format!(
                "CREATE TABLE items (id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, name TEXT NOT NULL, {COLUMNS},
                 created_at timestamptz NOT NULL, created_by TEXT NOT NULL, updated_at timestamptz NOT NULL,
                 updated_by TEXT NOT NULL);
                 CREATE TABLE audit_by_hand (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, {},
                 changed_at timestamptz NOT NULL); {}",
                by_hand::COLUMNS, by_hand::INDEXES
            ),
        );
        postgres::run("PostgreSQL", &mut conn);
        conn.batch_execute("SET synchronous_commit = off")
            .expect("setting");
        postgres::run("PostgreSQL, synchronous_commit = off", &mut conn);
        conn.batch_execute("DROP SCHEMA audit_bench CASCADE")
            .expect("drop");
    }
    #[cfg(feature = "mysql")]
    {
        let (mut conn, _): (MysqlConnection, _) =
            server("AUDIT_TEST_MYSQL_URL", "mysql://root@127.0.0.1/mysql");
        conn.batch_execute(
            "DROP DATABASE IF EXISTS audit_bench; CREATE DATABASE audit_bench CHARACTER SET utf8mb4; USE audit_bench",
        )
        .expect("database");
        mysql::prepare(
            &mut conn,
            &format!(
                "CREATE TABLE items (id BIGINT AUTO_INCREMENT PRIMARY KEY, name TEXT NOT NULL, {COLUMNS},
                 created_at DATETIME(6) NOT NULL, created_by TEXT NOT NULL, updated_at DATETIME(6) NOT NULL,
                 updated_by TEXT NOT NULL);
                 CREATE TABLE audit_by_hand (id BIGINT AUTO_INCREMENT PRIMARY KEY, {},
                 changed_at DATETIME(6) NOT NULL); {}",
                by_hand::COLUMNS, by_hand::INDEXES
            ),
        );
        mysql::run("MySQL/MariaDB", &mut conn);
        conn.batch_execute("DROP DATABASE audit_bench")
            .expect("drop");
    }
}
