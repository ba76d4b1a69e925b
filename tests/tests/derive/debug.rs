//! `Debug` comes with the derive and is masked; `debug = false` leaves it to the app.

use audit_diesel::{Audited, AuditedPart};

#[derive(Audited, Clone)]
#[audit(name = "things", crate = audit_diesel)]
#[audit(exempt(created_at, created_by, updated_at, updated_by))]
struct Thing {
    id: i64,
    #[audit(mask = "redact")]
    password: String,
}

#[derive(Audited)]
#[audit(name = "own", crate = audit_diesel, debug = false)]
#[audit(exempt(created_at, created_by, updated_at, updated_by))]
struct Own {
    id: i64,
}

impl std::fmt::Debug for Own {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "#{}", self.id)
    }
}

#[derive(AuditedPart)]
#[audit(crate = audit_diesel)]
struct Part {
    street: String,
    #[audit(mask = "redact")]
    pin: String,
}

#[test]
fn secrets_are_not_shown() {
    let thing = Thing {
        id: 1,
        password: "hunter2".into(),
    };
    assert_eq!(format!("{thing:?}"), "Thing { id: 1, password: \"***\" }");
    assert_eq!(format!("{:?}", Own { id: 1 }), "#1");
    let part = Part {
        street: "Kai 1".into(),
        pin: "1234".into(),
    };
    assert_eq!(format!("{part:?}"), "Part { street: \"Kai 1\", pin: *** }");
}
