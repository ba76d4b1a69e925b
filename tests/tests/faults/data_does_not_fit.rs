//! What a user may have sent is told from what is the application's fault, and no value is shown.

use audit_diesel::{AuditError, DatabaseFailure, FailureKind as Kind};

type Case = (&'static str, Kind, Option<&'static str>);

#[track_caller]
fn is_told(result: diesel::QueryResult<usize>, (sql, kind, column): Case) {
    let error = AuditError::from(result.expect_err(sql));
    let AuditError::Database(DatabaseFailure {
        kind: is,
        column: named,
        ..
    }) = &error
    else {
        panic!("{sql}: {error}");
    };
    assert_eq!((*is, named.as_deref()), (kind, column), "{sql}: {error}");
    assert!(!error.is_retryable());
    let shown = format!("{error} {error:?}");
    assert!(!shown.contains("zebra"), "{sql}: {shown}");
}

macro_rules! test_on {
    ($backend:ident, $table:literal, $cases:expr) => {
        #[test]
        fn $backend() {
            use diesel::RunQueryDsl;
            use diesel::connection::SimpleConnection;
            let database = audit_tests::$backend::Database::new();
            let mut conn = database.connect();
            conn.batch_execute($table).unwrap();
            let cases: &[Case] = $cases;
            for case in cases {
                is_told(diesel::sql_query(case.0).execute(&mut conn), *case);
            }
        }
    };
}

#[cfg(feature = "sqlite")]
test_on!(
    sqlite,
    "CREATE TABLE fits (id INTEGER PRIMARY KEY, age INTEGER, name TEXT NOT NULL) STRICT;
     CREATE TABLE loose (id INTEGER PRIMARY KEY, age INTEGER)",
    &[
        (
            "INSERT INTO fits (name, age) VALUES ('a', 'zebra')",
            Kind::DataDoesNotFit,
            Some("age")
        ),
        (
            "INSERT INTO loose (id) VALUES ('zebra')",
            Kind::DataDoesNotFit,
            None
        ),
        (
            "INSERT INTO loose (age) VALUES (json('{zebra'))",
            Kind::DataDoesNotFit,
            None
        ),
        (
            "INSERT INTO fits (name) VALUES (NULL)",
            Kind::NotNullViolation,
            None
        ),
        ("INSERT INTO none (id) VALUES (1)", Kind::Other, None),
    ]
);

#[cfg(feature = "postgres")]
test_on!(
    postgres,
    "CREATE TYPE mood AS ENUM ('calm');
     CREATE TABLE fits (id smallint, name varchar(3), day date, price numeric(3, 1), data jsonb,
        feels mood, key uuid, age int CHECK (age > 0));
     CREATE INDEX ON fits (data)",
    &[
        (
            "INSERT INTO fits (name) VALUES ('zebra')",
            Kind::DataDoesNotFit,
            None
        ),
        (
            "INSERT INTO fits (id) VALUES (70000)",
            Kind::DataDoesNotFit,
            None
        ),
        (
            "INSERT INTO fits (age) VALUES ('3000000000')",
            Kind::DataDoesNotFit,
            None
        ),
        (
            "INSERT INTO fits (age) VALUES ('zebra')",
            Kind::DataDoesNotFit,
            None
        ),
        (
            "INSERT INTO fits (day) VALUES ('2026-02-30')",
            Kind::DataDoesNotFit,
            None
        ),
        (
            "INSERT INTO fits (price) VALUES (1000)",
            Kind::DataDoesNotFit,
            None
        ),
        (
            "INSERT INTO fits (data) VALUES ('{zebra')",
            Kind::DataDoesNotFit,
            None
        ),
        (
            r#"INSERT INTO fits (data) VALUES ('"zebra\u0000"')"#,
            Kind::DataDoesNotFit,
            None
        ),
        (
            "INSERT INTO fits (data) SELECT to_jsonb(string_agg(md5(i::text), '')) FROM generate_series(1, 3000) i",
            Kind::DataDoesNotFit,
            None,
        ),
        (
            "INSERT INTO fits (feels) VALUES ('zebra in deadlock')",
            Kind::DataDoesNotFit,
            None
        ),
        (
            "INSERT INTO fits (key) VALUES ('zebra')",
            Kind::DataDoesNotFit,
            None
        ),
        (
            "INSERT INTO fits (age) VALUES (-1)",
            Kind::CheckViolation,
            None
        ),
        ("INSERT INTO none (id) VALUES (1)", Kind::Other, None),
    ]
);

#[cfg(feature = "mysql")]
test_on!(
    mysql,
    "CREATE TABLE fits (id smallint, name varchar(3), day date, price decimal(3, 1),
        plain varchar(20) CHARACTER SET latin1, feels enum('calm'), age int CHECK (age > 0),
        made bigint unsigned)",
    &[
        (
            "INSERT INTO fits (name) VALUES ('zebra')",
            Kind::DataDoesNotFit,
            Some("name")
        ),
        (
            "INSERT INTO fits (id) VALUES (70000)",
            Kind::DataDoesNotFit,
            Some("id")
        ),
        (
            "INSERT INTO fits (id) VALUES ('zebra')",
            Kind::DataDoesNotFit,
            None
        ),
        (
            "INSERT INTO fits (id) VALUES ('12zebra')",
            Kind::DataDoesNotFit,
            Some("id")
        ),
        (
            "INSERT INTO fits (price) VALUES (1000)",
            Kind::DataDoesNotFit,
            Some("price")
        ),
        (
            "INSERT INTO fits (day) VALUES ('2026-02-30')",
            Kind::DataDoesNotFit,
            None
        ),
        (
            "INSERT INTO fits (plain) VALUES ('日本 zebra')",
            Kind::DataDoesNotFit,
            None
        ),
        (
            "INSERT INTO fits (feels) VALUES ('zebra')",
            Kind::DataDoesNotFit,
            Some("feels")
        ),
        (
            "INSERT INTO fits (made) VALUES (cast(0 AS unsigned) - 1)",
            Kind::DataDoesNotFit,
            None
        ),
        (
            "INSERT INTO fits (age) VALUES (-1)",
            Kind::CheckViolation,
            None
        ),
        ("INSERT INTO none (id) VALUES (1)", Kind::Other, None),
    ]
);
