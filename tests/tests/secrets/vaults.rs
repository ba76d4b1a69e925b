use super::backend::{Conn, Database, NAME};
use audit_diesel::testing::Secrets;
use diesel::connection::SimpleConnection;
use std::error::Error;
use std::fmt::Debug;

include!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/contract/vault.rs"
));

include!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/secrets/world.rs"
));

#[test]
fn no_secret_is_in_the_audit_table_or_in_what_is_shown() {
    let mut world = World::open();
    world.run_helpers();
    world.provoke_errors();
    world.send_bad_json();
    let log = world.log();
    assert!(log.lines().count() > 60, "{}", log.lines().count());
    world.found_nowhere("audit_log", &log);
    for (what, text) in &world.shown {
        world.found_nowhere(what, text);
    }
}

/// The same scanner, the same places: what is plain is found in all of them.
#[test]
fn a_leak_on_purpose_is_found() {
    let mut world = World::open();
    let label = world.secret("label");
    let new = NewVault {
        label: label.clone(),
        ..world.new_vault()
    };
    world.shows("form", &new);
    let ctx = world.ctx.clone();
    let vault = Vault::audited_insert(&mut world.conn, &ctx, new).unwrap();
    world.shows_vault(&vault);
    let error = std::io::Error::other(label);
    world.fails("an error of somebody else", Err::<(), _>(error));
    let log = world.log();
    assert_eq!(world.secrets.find(&log)[0].secret, "label");
    let found: Vec<&str> = world
        .shown
        .iter()
        .filter(|(_, text)| !world.secrets.find(text).is_empty())
        .map(|(what, _)| what.as_str())
        .collect();
    assert_eq!(
        found,
        [
            "form",
            "entity",
            "view",
            "view",
            "snapshot",
            "an error of somebody else"
        ]
    );
}

/// In each encoding that a careless sink might use.
#[test]
fn a_leak_in_another_encoding_is_found() {
    let mut world = World::open();
    let secret = world.secret("passphrase");
    let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    let reversed: String = secret.chars().rev().collect();
    let mut bytes = String::new();
    let value = [b"x", secret.as_bytes()].concat();
    audit_diesel::ValueRef::Value(&value).encode(&mut bytes);
    for (what, leaked) in [
        ("hex", hex),
        ("reversed", reversed),
        ("part", secret[3..12].to_owned()),
        (
            "escaped",
            secret
                .bytes()
                .map(|byte| format!("\\u{byte:04x}"))
                .collect(),
        ),
        (
            "percent",
            secret.bytes().map(|byte| format!("%{byte:02X}")).collect(),
        ),
        ("base64", bytes),
    ] {
        let new = NewVault {
            label: leaked,
            ..world.new_vault()
        };
        let ctx = world.ctx.clone();
        let id = Vault::audited_insert(&mut world.conn, &ctx, new)
            .unwrap()
            .id;
        let log = world.log();
        let found = world.secrets.find(log.lines().last().unwrap());
        assert!(
            found.iter().any(|leak| leak.secret == "passphrase"),
            "{what}: {found:?}"
        );
        Vault::audited_delete(&mut world.conn, &ctx, Vault::key_any_version(id)).unwrap();
    }
}

/// SQLite: not in the file, nor in its write-ahead log, once the entity's own table is emptied.
#[test]
fn no_secret_is_in_the_database_file() {
    if NAME != "sqlite" {
        return;
    }
    let mut world = World::open();
    world.run_helpers();
    world.provoke_errors();
    let path = world._database.url();
    let bytes = |end: &str| std::fs::read(format!("{path}{end}")).unwrap_or_default();
    let all = || [bytes(""), bytes("-wal"), bytes("-journal")].concat();
    assert!(
        !world.secrets.find(all()).is_empty(),
        "the entity's own table has them"
    );

    let empty = "DELETE FROM vaults; VACUUM; PRAGMA wal_checkpoint(TRUNCATE)";
    world.conn.batch_execute(empty).unwrap();
    let file = all();
    assert!(file.windows(9).any(|bytes| bytes == b"audit_log"));
    assert!(
        file.windows(6).any(|bytes| bytes == b"h1:k1:"),
        "the audit rows are in the file"
    );
    let leaks = world.secrets.find(&file);
    assert!(leaks.is_empty(), "{leaks:?}");

    // A plain field's value stays, and is found.
    let label = world.secret("label");
    let new = NewVault {
        label,
        ..world.new_vault()
    };
    let ctx = world.ctx.clone();
    Vault::audited_insert(&mut world.conn, &ctx, new).unwrap();
    world.conn.batch_execute(empty).unwrap();
    assert_eq!(world.secrets.find(all())[0].secret, "label");
}

/// A part with secrets of its own, of which the forms that take it whole know nothing.
mod embedded {
    use super::*;

    #[derive(AuditedPart, Queryable, Selectable, Clone, Deserialize)]
    #[diesel(table_name = docks)]
    pub struct Lock {
        pub gate: i32,
        #[audit(mask = "last4")]
        pub keeper: String,
        #[audit(mask = "redact")]
        pub code: i16,
        #[audit(skip)]
        pub answer: Answer,
    }

    #[derive(Audited, Queryable, Selectable, Identifiable)]
    #[diesel(table_name = docks)]
    #[audit(exempt(created_at, created_by, updated_at, updated_by))]
    #[audit(new = NewDock, changes = DockChanges)]
    pub struct Dock {
        pub id: i64,
        #[diesel(embed)]
        pub lock: Lock,
        #[diesel(embed)]
        #[audit(form(serde(flatten)))]
        pub flat: Berth,
    }

    #[derive(AuditedPart, Queryable, Selectable, Clone, Deserialize)]
    #[diesel(table_name = docks)]
    pub struct Berth {
        #[audit(mask = "redact")]
        pub depth: i16,
    }

    diesel::table! {
        docks (id) {
            id -> BigInt,
            gate -> Integer,
            keeper -> Text,
            code -> SmallInt,
            answer -> Text,
            depth -> SmallInt,
        }
    }

    #[test]
    fn a_form_shows_no_secret_of_a_part_that_it_cannot_read() {
        let mut world = World::open();
        let number = 77_700_001_234_u64;
        assert!(world.secrets.plant("code", number.to_string()));
        let secret = world.secret("keeper");
        let good = serde_json::json!({
            "lock": { "gate": 1, "keeper": secret, "code": 7, "answer": { "Pet": secret } },
            "depth": 3,
        });
        world.shows("new form", &serde_json::from_value::<NewDock>(good.clone()).unwrap());
        for (path, wrong) in [
            ("/lock", serde_json::json!(secret)),
            ("/lock", serde_json::json!(number)),
            ("/lock", serde_json::json!([1, number])),
            ("/lock/gate", serde_json::json!(secret)),
            ("/lock/keeper", serde_json::json!(number)),
            ("/lock/keeper", serde_json::json!({ &secret: 1 })),
            ("/lock/code", serde_json::json!(number)),
            ("/lock/code", serde_json::json!(secret)),
            ("/lock/answer", serde_json::json!(secret)),
            ("/lock/answer", serde_json::json!({ &secret: 1 })),
            ("/depth", serde_json::json!(number)),
            ("/depth", serde_json::json!(secret)),
        ] {
            let mut json = good.clone();
            *json.pointer_mut(path).unwrap() = wrong;
            let text = json.to_string();
            world.fails("the new form", serde_json::from_str::<NewDock>(&text));
            world.fails("the changes form", serde_json::from_str::<DockChanges>(&text));
            world.fails("the new form", serde_json::from_value::<NewDock>(json.clone()));
            world.fails("the changes form", serde_json::from_value::<DockChanges>(json));
        }
        for (what, text) in &world.shown {
            world.found_nowhere(what, text);
        }
    }
}

/// A mask of the app's own that panics with the value in its message.
mod panicking {
    use super::*;

    struct Panics;

    impl audit_diesel::Mask for Panics {
        fn mask(
            value: &str,
            _: &mut audit_diesel::MaskOut<'_>,
        ) -> Result<(), audit_diesel::MaskError> {
            panic!("no mask for {value}");
        }
    }

    #[derive(Audited, Queryable, Selectable, Identifiable)]
    #[diesel(table_name = safes)]
    #[audit(new = NewSafe)]
    pub struct Safe {
        pub id: i64,
        #[audit(mask = Panics)]
        pub content: String,
        pub created_at: DateTime<Utc>,
        pub created_by: Actor,
        pub updated_at: DateTime<Utc>,
        pub updated_by: Actor,
    }

    diesel::table! {
        use diesel::sql_types::*;
        use audit_diesel::sql_types::UtcTime;
        safes (id) {
            id -> BigInt,
            content -> Text,
            created_at -> UtcTime,
            created_by -> Text,
            updated_at -> UtcTime,
            updated_by -> Text,
        }
    }

    #[test]
    fn a_mask_that_panics_shows_no_secret_and_writes_nothing() {
        let mut world = World::open();
        let [key, time] = match NAME {
            "sqlite" => ["INTEGER PRIMARY KEY", "INTEGER"],
            "postgres" => [
                "bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
                "timestamptz",
            ],
            _ => ["bigint AUTO_INCREMENT PRIMARY KEY", "datetime(6)"],
        };
        world
            .conn
            .batch_execute(&format!(
                "CREATE TABLE safes (id {key}, content text NOT NULL, created_at {time} NOT NULL,
                 created_by text NOT NULL, updated_at {time} NOT NULL, updated_by text NOT NULL)"
            ))
            .unwrap();
        let content = world.secret("content");
        let ctx = world.ctx.clone();
        let new = NewSafe { content };
        world.shows("form", &new);
        let error = Safe::audited_insert(&mut world.conn, &ctx, new);
        assert!(matches!(error, Err(AuditError::Mask { .. })));
        world.fails("a mask that panics", error);
        for (what, text) in &world.shown {
            world.found_nowhere(what, text);
        }
        let rows: i64 = safes::table.count().get_result(&mut world.conn).unwrap();
        assert_eq!(rows, 0);
    }
}
