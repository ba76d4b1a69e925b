// The contract kit: whole on entities that keep it, and each promise broken once.

use super::backend::{Conn, Database, NAME, entities as shared};
use diesel::connection::SimpleConnection;

include!("vault.rs");

use audit_diesel::testing::{self, Contract, Report};

fn open() -> (Database, Conn) {
    let database = Database::new();
    let mut conn = database.connect();
    create_vaults(&mut conn, NAME);
    (database, conn)
}

fn vaults() -> Contract<'static, Vault, NewVault, VaultChanges> {
    // A number of four digits cannot be told from others.
    testing::contract(new_vault, vault_changes).unplanted("pin")
}

#[track_caller]
fn finds(report: &Report, what: &str) {
    assert!(
        report.findings.iter().any(|finding| finding.contains(what)),
        "expected {what:?}:\n{report}"
    );
}

fn count(conn: &mut Conn, table: &str) -> i64 {
    #[derive(QueryableByName)]
    struct Count {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        n: i64,
    }
    diesel::sql_query(format!("SELECT count(*) AS n FROM {table}"))
        .get_result::<Count>(conn)
        .unwrap()
        .n
}

/// Sets columns of a vault whenever one is inserted or updated.
fn trigger(conn: &mut Conn, event: &str, sets: &str) {
    conn.batch_execute(&match NAME {
        "sqlite" => format!(
            "CREATE TRIGGER defect AFTER {event} ON vaults BEGIN
             UPDATE vaults SET {sets} WHERE id = new.id; END"
        ),
        "postgres" => format!(
            "CREATE FUNCTION defect() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
             NEW.{sets}; RETURN NEW; END $$;
             CREATE TRIGGER defect BEFORE {event} ON vaults FOR EACH ROW EXECUTE FUNCTION defect()"
        ),
        _ => format!("CREATE TRIGGER defect BEFORE {event} ON vaults FOR EACH ROW SET NEW.{sets}"),
    })
    .unwrap();
}

#[test]
fn entities_that_keep_it_pass_and_nothing_is_left() {
    let (_database, mut conn) = open();
    vaults().run(&mut conn);
    testing::contract(
        || shared::NewCountry {
            code: "DE".into(),
            name: "Germany".into(),
        },
        || shared::CountryChanges {
            name: Some("Deutschland".into()),
        },
    )
    .run(&mut conn);
    for table in ["vaults", "audit_log", "countries"] {
        assert_eq!(count(&mut conn, table), 0, "{table}");
    }
    assert!(
        vaults()
            .report(&mut conn)
            .to_string()
            .contains("keeps the audit contract")
    );
}

#[test]
fn it_runs_inside_a_test_transaction() {
    let (_database, mut conn) = open();
    conn.test_transaction(|conn| {
        vaults().run(conn);
        vaults().run(conn);
        Ok::<_, diesel::result::Error>(())
    });
    assert_eq!(count(&mut conn, "audit_log"), 0);
}

#[test]
fn stamps_that_are_not_the_contexts_are_found() {
    for (event, sets, findings) in [
        (
            "INSERT",
            "created_by = 'user:evil'",
            &["after the insert, `created_by` does not hold"][..],
        ),
        (
            "INSERT",
            "updated_by = 'user:evil'",
            &["after the insert, `updated_by` does not hold"],
        ),
        (
            "INSERT",
            "version = 7",
            &["after the insert, `version` does not hold"],
        ),
        (
            "INSERT",
            "is_deleted = true",
            &["after the insert, `is_deleted` does not hold"],
        ),
        (
            "INSERT",
            "deleted_by = 'user:evil'",
            &["after the insert, `deleted_by` does not hold"],
        ),
        (
            "INSERT",
            "tenant_id = 'contract-other'",
            &[
                "`tenant_id` is not the tenant of the context",
                "could not be run to its end",
            ],
        ),
        (
            "UPDATE",
            "updated_by = 'user:evil'",
            &[
                "after the update, `updated_by` does not hold",
                "after the soft delete, `updated_by` does not hold",
                "after the restore, `updated_by` does not hold",
            ],
        ),
        (
            "UPDATE",
            "created_by = 'user:evil'",
            &["the update changed `created_by`"],
        ),
        (
            "UPDATE",
            "deleted_by = 'user:evil'",
            &[
                "the update changed `deleted_by`",
                "after the soft delete, `deleted_by` does not hold",
                "after the restore, `deleted_by` does not hold",
            ],
        ),
        (
            "UPDATE",
            "is_deleted = false",
            &[
                "after the soft delete, `is_deleted` does not hold",
                "after the soft delete, the record is not deleted",
            ],
        ),
        (
            "UPDATE",
            "version = 9",
            &["did not count the version up by one"],
        ),
    ] {
        let (_database, mut conn) = open();
        trigger(&mut conn, event, sets);
        let report = vaults().report(&mut conn);
        for finding in findings {
            finds(&report, finding);
        }
    }
}

#[test]
fn a_clock_of_the_databases_own_is_found() {
    let (_database, mut conn) = open();
    let now = match NAME {
        "sqlite" => "updated_at = 1700000000000000",
        _ => "updated_at = '2023-11-14 22:13:20'",
    };
    trigger(&mut conn, "UPDATE", now);
    finds(
        &vaults().report(&mut conn),
        "after the update, `updated_at` does not hold",
    );
}

/// On SQLite the guard of the audit table stops this.
#[test]
fn a_trail_of_somebody_else_is_found() {
    let (_database, mut conn) = open();
    match NAME {
        "sqlite" => return,
        "postgres" => conn.batch_execute(
            "CREATE FUNCTION defect() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
             NEW.actor_id := 'evil'; NEW.reason := 'none'; RETURN NEW; END $$;
             CREATE TRIGGER defect BEFORE INSERT ON audit_log FOR EACH ROW EXECUTE FUNCTION defect()",
        ),
        _ => conn.batch_execute(
            "CREATE TRIGGER defect BEFORE INSERT ON audit_log FOR EACH ROW
             SET NEW.actor_id = 'evil', NEW.reason = 'none'",
        ),
    }
    .unwrap();
    let report = vaults().report(&mut conn);
    finds(
        &report,
        "the trail of the insert has not the actor and the time",
    );
    finds(
        &report,
        "the trail of the delete has not the request and the reason",
    );
}

#[test]
fn a_secret_that_the_database_copies_to_a_plain_column_is_found() {
    let (_database, mut conn) = open();
    match NAME {
        "sqlite" => trigger(&mut conn, "INSERT", "label = lower(passphrase)"),
        _ => trigger(&mut conn, "INSERT", "label = NEW.passphrase"),
    }
    if NAME == "sqlite" {
        conn.batch_execute("DROP TRIGGER defect").unwrap();
        trigger(&mut conn, "INSERT", "label = passphrase");
    }
    let report = vaults().report(&mut conn);
    finds(
        &report,
        "part of the secret `passphrase` is in `audit_log.new_value` of the insert",
    );
    finds(
        &report,
        "part of the secret `passphrase` is in the `Debug` of the record",
    );
    finds(&report, "part of the secret `passphrase` is in `as_list`");
}

/// What the app knows to be a secret, in a field that nothing masks.
#[test]
fn a_field_that_should_have_been_masked_is_found() {
    let (_database, mut conn) = open();
    let label = canary();
    let known = label.clone();
    let report = testing::contract(
        move || NewVault {
            label: label.clone(),
            ..new_vault()
        },
        vault_changes,
    )
    .unplanted("pin")
    .secret(known)
    .report(&mut conn);
    finds(
        &report,
        "the secret `secret(..)` is in `audit_log.new_value`",
    );
    finds(
        &report,
        "the secret `secret(..)` is in the `Debug` of the record",
    );
    finds(
        &report,
        "the secret `secret(..)` is in the `Debug` of the `new` form",
    );
}

/// JSON that is a text and no object has no path: its masks hide it whole, so that it shows nowhere.
#[test]
fn a_text_in_the_place_of_json_that_shows_elsewhere_is_found() {
    let (_database, mut conn) = open();
    let text = canary();
    let report = testing::contract(
        move || NewVault {
            label: text.clone(),
            profile: text.clone().into(),
            ..new_vault()
        },
        vault_changes,
    )
    .unplanted("pin")
    .report(&mut conn);
    finds(
        &report,
        "part of the secret `profile` is in `audit_log.new_value` of the insert",
    );
    finds(
        &report,
        "part of the secret `profile` is in the `Debug` of the record",
    );
}

#[test]
fn forms_without_secrets_and_without_changes_are_found() {
    let (_database, mut conn) = open();
    let report = testing::contract(
        || NewVault {
            tax_number: None,
            memo: None,
            profile: serde_json::json!({}),
            ..new_vault()
        },
        VaultChanges::default,
    )
    .report(&mut conn);
    finds(&report, "set no secret in `tax_number`");
    finds(&report, "set no secret in `memo`");
    finds(&report, "set no secret in `pin`");
    finds(&report, "the masks of `profile` match nothing");
    finds(&report, "`changes` changes nothing");
}

#[test]
fn forms_that_the_database_refuses_are_told() {
    let (_database, mut conn) = open();
    let report = testing::contract(
        || NewVault {
            pin: -1,
            ..new_vault()
        },
        vault_changes,
    )
    .report(&mut conn);
    finds(&report, "the insert failed (");
}

/// Shows half of what it is to hide.
struct Half;

impl audit_diesel::Mask for Half {
    fn mask(
        value: &str,
        out: &mut audit_diesel::MaskOut<'_>,
    ) -> Result<(), audit_diesel::MaskError> {
        out.push_str(value.get(value.len() / 2..).unwrap_or_default());
        Ok(())
    }
}

/// The same table through an entity that is careless.
mod careless {
    use super::*;

    #[derive(Audited, Queryable, Selectable, Identifiable)]
    #[diesel(table_name = vaults)]
    #[audit(new = NewCareless, changes = CarelessChanges, debug = false)]
    pub struct Careless {
        pub id: i64,
        pub tenant_id: String,
        pub label: String,
        #[audit(mask = "redact")]
        pub passphrase: String,
        #[audit(mask = Half)]
        pub tax_number: Option<String>,
        #[audit(plain, input)]
        pub card_number: Option<String>,
        pub contact: Option<String>,
        pub lookup: String,
        pub profile: serde_json::Value,
        pub key_file: Vec<u8>,
        pub answer: Answer,
        #[audit(plain, input)]
        pub pin: i32,
        pub memo: Option<String>,
        #[audit(no_form)]
        pub draft: Option<String>,
        #[audit(version)]
        pub version: i32,
        pub created_at: DateTime<Utc>,
        pub created_by: Actor,
        pub updated_at: DateTime<Utc>,
        pub updated_by: Actor,
        pub is_deleted: bool,
        pub deleted_at: Option<DateTime<Utc>>,
        pub deleted_by: Option<Actor>,
    }

    impl std::fmt::Debug for Careless {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            write!(f, "Careless({}, {:?})", self.id, self.passphrase)
        }
    }

    pub fn new_careless() -> NewCareless {
        let new = new_vault();
        NewCareless {
            label: new.label,
            passphrase: canary().into(),
            tax_number: new.tax_number,
            card_number: None,
            contact: None,
            lookup: "plain".into(),
            profile: serde_json::json!({}),
            key_file: vec![1, 2, 3],
            answer: Answer::Pet("Rex".into()),
            pin: 1,
            memo: None,
        }
    }

    pub fn careless_changes() -> CarelessChanges {
        CarelessChanges {
            tax_number: Some(Some(canary())),
            ..Default::default()
        }
    }
}

#[test]
fn a_mask_that_shows_too_much_is_found_unless_it_may() {
    let (_database, mut conn) = open();
    let contract = || testing::contract(careless::new_careless, careless::careless_changes);
    let report = contract().report(&mut conn);
    finds(
        &report,
        "part of the secret `tax_number` is in `audit_log.new_value` of the insert",
    );
    finds(
        &report,
        "part of the secret `tax_number` is in `audit_log.new_value` of the update",
    );
    let report = contract().may_show("tax_number").report(&mut conn);
    assert!(!report.to_string().contains("`tax_number`"), "{report}");
}

#[test]
fn a_debug_of_the_apps_own_that_shows_a_secret_is_found() {
    let (_database, mut conn) = open();
    let report = testing::contract(careless::new_careless, careless::careless_changes)
        .may_show("tax_number")
        .report(&mut conn);
    assert_eq!(report.findings.len(), 1, "{report}");
    finds(
        &report,
        "the secret `passphrase` is in the `Debug` of the record",
    );
}

/// Forms by hand, which the derive would have refused.
#[derive(Debug, Deserialize)]
struct Forged {
    label: Option<String>,
    #[serde(default)]
    created_by: Option<String>,
}

impl AuditedForm for Forged {
    type Entity = Vault;
    fn apply(&self, vault: &mut Vault) {
        if let Some(label) = &self.label {
            vault.label.clone_from(label);
        }
        if let Some(actor) = &self.created_by {
            vault.created_by = Actor::parse(actor);
        }
    }
}

impl<DB: audit_diesel::AuditBackend> audit_diesel::ChangesForm<Vault, DB> for Forged
where
    String: audit_diesel::__private::Binds<vaults::label, DB>
        + audit_diesel::__private::Binds<vaults::created_by, DB>,
{
    fn put_values<'b, S: audit_diesel::__private::Sink<'b, DB>>(
        &'b self,
        sink: &mut S,
    ) -> QueryResult<()> {
        if let Some(label) = &self.label {
            sink.put::<vaults::label, _>(label)?;
        }
        if let Some(actor) = &self.created_by {
            sink.put::<vaults::created_by, _>(actor)?;
        }
        Ok(())
    }
}

#[test]
fn a_form_that_takes_a_reserved_field_is_found() {
    let (_database, mut conn) = open();
    let forged = || Forged {
        label: Some(canary()),
        created_by: None,
    };
    let report = testing::contract(new_vault, forged)
        .unplanted("pin")
        .report(&mut conn);
    finds(
        &report,
        "the `changes` form sets `created_by` from the key `created_by`",
    );
    finds(&report, "`apply` of the `changes` form sets `created_by`");
}

#[test]
fn a_form_whose_debug_shows_a_secret_is_found() {
    #[derive(Debug, Deserialize, AuditedForm)]
    #[audit(entity = Vault)]
    struct Shown {
        #[serde(default)]
        tax_number: Option<Option<String>>,
    }
    let (_database, mut conn) = open();
    let report = testing::contract(new_vault, || Shown {
        tax_number: Some(Some(canary())),
    })
    .unplanted("pin")
    .report(&mut conn);
    finds(
        &report,
        "the secret `tax_number` is in the `Debug` of the `changes` form",
    );
}

#[test]
fn a_form_whose_errors_quote_a_secret_is_found() {
    /// Reads a number where others send a text.
    #[derive(Default)]
    struct Quoting;

    impl std::fmt::Debug for Quoting {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("Quoting")
        }
    }
    impl<'de> Deserialize<'de> for Quoting {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            #[derive(Deserialize)]
            struct Fields {
                #[serde(default, rename = "tax_number")]
                _tax_number: Option<i32>,
            }
            Fields::deserialize(deserializer).map(|_| Self)
        }
    }
    impl AuditedForm for Quoting {
        type Entity = Vault;
        fn apply(&self, _: &mut Vault) {}
    }
    impl<DB: audit_diesel::AuditBackend> audit_diesel::ChangesForm<Vault, DB> for Quoting {
        fn put_values<'b, S: audit_diesel::__private::Sink<'b, DB>>(
            &'b self,
            _: &mut S,
        ) -> QueryResult<()> {
            Ok(())
        }
    }
    let (_database, mut conn) = open();
    let report = testing::contract(new_vault, Quoting::default)
        .unplanted("pin")
        .report(&mut conn);
    finds(
        &report,
        "the error of a `changes` form that reads JSON quotes what stands in `tax_number`",
    );
    finds(
        &report,
        "the `changes` form does not read the record's own fields",
    );
}
