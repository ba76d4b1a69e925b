//! Without a table, the core is enough: `name` is required, and no path leads to Diesel.

use audit_core::{Audited, AuditedForm, AuditedPart};

use crate::support::changes;

#[derive(Audited, Clone)]
#[audit(name = "settings", changes = SettingsChanges)]
#[audit(exempt(created_at, created_by, updated_at, updated_by))]
struct Settings {
    #[audit(id = "client")]
    id: String,
    theme: String,
    #[diesel(embed)]
    #[audit(no_form)]
    limits: Limits,
}

#[derive(AuditedPart, Clone)]
#[audit(crate = ::audit_core)]
struct Limits {
    rows: u32,
}

#[test]
fn it_diffs_and_applies() {
    let before = Settings {
        id: "a".into(),
        theme: "dark".into(),
        limits: Limits { rows: 1 },
    };
    let mut after = before.clone();
    SettingsChanges {
        theme: Some("light".into()),
    }
    .apply(&mut after);
    after.limits.rows = 2;
    assert_eq!(
        changes(&before, &after),
        ["theme: \"dark\" -> \"light\"", "rows: 1 -> 2"]
    );
    assert_eq!((after.id.as_str(), before.theme.as_str()), ("a", "dark"));
}
