//! What is wrong with a form or a part that the app wrote.

use super::support::mistakes;

fn form(attrs: &str, fields: &str) -> Vec<String> {
    mistakes(&format!(
        "#[derive(AuditedForm)] {attrs} struct Rename<'a> {{ {fields} }}"
    ))
}

fn part(attrs: &str, fields: &str) -> Vec<String> {
    let table = "#[diesel(table_name = accounts)]";
    mistakes(&format!(
        "#[derive(AuditedPart)] {table} {attrs} struct Address {{ {fields} }}"
    ))
}

#[test]
fn forms() {
    let entity = "#[audit(entity = Account)]";
    assert_eq!(
        form(entity, "a: &'a str, #[audit(null)] b: Option<String>"),
        [""; 0]
    );
    assert_eq!(form("", "a: &'a str"), ["Rename: a form needs its entity"]);
    assert_eq!(
        form("#[audit(entity)]", "a: &'a str"),
        ["entity: `entity` expects a value"],
        "a faulty entity is not also a missing one"
    );
    assert_eq!(
        form(entity, "#[audit(null)] a: &'a str"),
        ["null: `null` on `a`, which is not an `Option`"]
    );
    assert_eq!(
        form(entity, "#[audit(mask = \"pan\")] a: &'a str"),
        [
            "mask: `mask` belongs on a field of an entity or a field of an embedded part, not on a field of a form"
        ]
    );
    assert_eq!(
        form("#[audit(entity = Account, strict)]", "a: &'a str"),
        ["strict: `strict` belongs on an entity or an embedded part, not on a form"]
    );
    assert_eq!(
        mistakes("#[derive(AuditedForm)] #[audit(entity = Account<T>)] struct Rename<T> { a: T }"),
        ["Account<T>: the entity of a form cannot mention a parameter of the form"]
    );
    assert_eq!(
        mistakes("#[derive(AuditedForm)] #[audit(entity = A)] enum Rename { A }"),
        ["Rename: `AuditedForm` cannot be derived for an enum"]
    );
}

#[test]
fn parts() {
    assert_eq!(
        part(
            "",
            "street: String, #[audit(mask = \"redact\")] pin: String"
        ),
        [""; 0]
    );
    assert_eq!(
        part("", "created_at: T, #[audit(not_a_stamp)] is_deleted: bool"),
        ["created_at: `created_at` is a stamp (`created_at`), which a part cannot hold"]
    );
    assert_eq!(
        part("", "#[audit(tenant)] a: T, pin: String"),
        [
            "tenant: `tenant` belongs on a field of an entity, not on a field of an embedded part",
            "pin: `pin` sounds secret and would be stored in clear text"
        ]
    );
    assert_eq!(
        part("#[audit(strict)]", "a: T"),
        ["a: `a` carries no policy, and `Address` is strict"]
    );
    assert_eq!(
        mistakes("#[derive(AuditedPart)] struct Address { a: T }"),
        ["Address: `Address` has no table"]
    );
    let core = "#[derive(AuditedPart)] #[audit(crate = ::audit_core)] struct Address { a: T }";
    assert_eq!(mistakes(core), [""; 0]);
    assert_eq!(
        part("#[audit(new = X)]", "a: T"),
        ["new: `new` belongs on an entity, not on an embedded part"]
    );
}
