//! What is wrong with a struct as a whole.

use super::support::{container, expand, mistakes};

const TABLE: &str = "#[diesel(table_name = things)]";

fn with_table(attrs: &str) -> Vec<String> {
    container(&format!("{TABLE} #[audit({attrs})]"))
}

#[test]
fn sound_structs_have_no_mistakes() {
    assert_eq!(container(TABLE), [""; 0]);
    for sound in [
        "new = New, changes = Changes",
        "new = New(derive(Clone, ::x::Y), attr(serde(deny_unknown_fields), x = \"y\"))",
        "name = \"things_v1\", require_reason, debug = false, crate = crate::a::b",
        "exempt(deleted_by, deleted_flag)",
    ] {
        assert_eq!(with_table(sound), [""; 0], "{sound}");
    }
    assert_eq!(container("#[audit(name = \"things\")]"), [""; 0]);
}

#[test]
fn values_have_their_form() {
    for (attrs, expected) in [
        ("nwe = New", "nwe: unknown attribute `nwe` on an entity"),
        (
            "skip",
            "skip: `skip` belongs on a field of an entity or a field of an embedded part, not on an entity",
        ),
        (
            "entity = X",
            "entity: `entity` belongs on a form, not on an entity",
        ),
        ("new", "new: `new` expects a value"),
        (
            "new = \"New\"",
            "\"New\": `new` expects a name for the form",
        ),
        (
            "new = New(derives(Clone))",
            "derives: a form takes `derive(..)` and `attr(..)`, not `derives`",
        ),
        (
            "new = New(derive(\"Clone\"))",
            "\"Clone\": `derive` expects paths of derives",
        ),
        (
            "changes = C(attr(\"x\"))",
            "\"x\": `changes` expects attributes as they stand between `#[` and `]`",
        ),
        ("new = A, new = B", "new: `new` is given twice"),
        (
            "new = A, changes = A",
            "A: `new` and `changes` are both `A`",
        ),
        (
            "new = A(derive(Debug))",
            "Debug: a form has `Debug` already",
        ),
        (
            "changes = A(derive(std::default::Default))",
            "std::default::Default: a form has `Default` already",
        ),
        ("exempt", "exempt: `exempt` expects a list in parentheses"),
        ("exempt()", "exempt: `exempt` is an empty list"),
        (
            "exempt(\"created_by\")",
            "\"created_by\": `exempt` expects names of stamps",
        ),
        ("exempt(creatd_by)", "creatd_by: unknown stamp `creatd_by`"),
        (
            "exempt(tenant)",
            "tenant: `tenant` cannot be exempt: no table must have one",
        ),
        (
            "exempt(deleted_by, deleted_by)",
            "deleted_by: `deleted_by` is exempt twice",
        ),
        (
            "exempt(created_by)",
            "created_by: `created_by` is exempt, and `created_by` holds it",
        ),
        (
            "name = things",
            "things: `name` expects text in double quotes",
        ),
        ("name = \"\"", "\"\": `name` is empty"),
        (
            "name = \"a\\nb\"",
            "\"a\\nb\": `name` holds a control character",
        ),
        (
            "name = \"audit_log\"",
            "\"audit_log\": the audit log is never audited",
        ),
        ("strict = true", "strict: `strict` takes no value"),
        (
            "debug = \"no\"",
            "\"no\": `debug` expects `true` or `false`",
        ),
        ("debug", "debug: `debug` expects a value"),
        ("crate = \"x\"", "\"x\": `crate` expects a path"),
        (
            "strict",
            "name: `name` carries no policy, and `Thing` is strict",
        ),
    ] {
        assert_eq!(with_table(attrs), [expected], "{attrs}");
    }
    let long = format!("name = \"{}\"", "ü".repeat(101));
    assert_eq!(with_table(&long).len(), 1);
}

#[test]
fn an_entity_has_a_name_and_is_not_the_log() {
    assert_eq!(container(""), ["Thing: `Thing` has no table"]);
    assert_eq!(
        container("#[diesel(table_name = audit_diesel::audit_log)]"),
        ["audit_log: the audit log is never audited"]
    );
}

#[test]
fn stamps_are_mandatory() {
    let entity = |attrs: &str, fields: &str| {
        mistakes(&format!(
            "#[derive(Audited)] {TABLE} {attrs} struct Thing {{ id: i64, {fields} }}"
        ))
    };
    assert_eq!(
        entity("", "created_by_id: A, last_modified_by: A"),
        ["Thing: `Thing` lacks `created_at` and `updated_at`"]
    );
    assert_eq!(
        entity("#[audit(exempt(created_at, updated_by))]", ""),
        ["Thing: `Thing` lacks `created_by` and `updated_at`"]
    );
    assert_eq!(
        entity("", "#[audit(created_by)] author: A, created_by: String"),
        ["Thing: `Thing` lacks `created_at`, `updated_at` and `updated_by`"],
        "an explicit role ends inference for it"
    );
    // A misspelt role is not a missing one, and what a faulty `exempt` said is not known.
    assert_eq!(
        entity(
            "#[audit(exempt(created_at, updated_at, updated_by))]",
            "#[audit(createdby)] author: A"
        ),
        ["createdby: unknown attribute `createdby` on a field of an entity"]
    );
    assert_eq!(
        entity(
            "#[audit(exempt(created_at, udpated_at, updated_by, created_by))]",
            ""
        ),
        ["udpated_at: unknown stamp `udpated_at`"]
    );
    assert_eq!(
        entity("#[audit(exempt = \"all\")]", ""),
        ["exempt: `exempt` expects a list in parentheses"]
    );
}

/// There is one `exempt`, so that what each error says to write is the whole of it.
#[test]
fn what_is_said_to_be_exempt_is_all_that_there_is_to_exempt() {
    for (said, fields, all) in [
        ("", "", "created_at, created_by, updated_at, updated_by"),
        (
            "created_by",
            "updated_by: A, updated_at: T",
            "created_by, created_at",
        ),
        (
            "created_by, updated_by",
            "created_at: T, is_deleted: bool",
            "created_by, updated_by, updated_at, deleted_at, deleted_by",
        ),
        // What is exempt and held is told by an error of its own.
        (
            "created_at, deleted_flag",
            "created_at: T, #[audit(active_flag)] active: bool",
            "created_by, updated_at, updated_by, deleted_at, deleted_by",
        ),
    ] {
        let source = |exempt: &str| {
            format!(
                "#[derive(Audited)] {TABLE} {} struct Thing {{ id: i64, {fields} }}",
                if exempt.is_empty() {
                    String::new()
                } else {
                    format!("#[audit(exempt({exempt}))]")
                }
            )
        };
        let output = expand(&source(said));
        let lacking = output
            .mistakes
            .iter()
            .map(ToString::to_string)
            .filter(|text| text.contains(" lacks "));
        let lacking: Vec<String> = lacking.collect();
        assert!(!lacking.is_empty(), "{said}");
        for text in lacking {
            assert!(
                text.ends_with(&format!("`#[audit(exempt({all}))]`")),
                "{text}"
            );
        }
        assert_eq!(mistakes(&source(all)), [""; 0]);
    }
}

#[test]
fn a_soft_delete_is_whole() {
    let entity = |attrs: &str, fields: &str| {
        mistakes(&format!(
            "#[derive(Audited)] {TABLE}
             #[audit(exempt(created_at, created_by, updated_at, updated_by {attrs}))]
             struct Thing {{ id: i64, {fields} }}"
        ))
    };
    assert_eq!(
        entity("", "is_deleted: bool"),
        ["is_deleted: `is_deleted` makes a soft delete, which lacks `deleted_at` and `deleted_by`"]
    );
    assert_eq!(
        entity("", "deleted_at: T, deleted_by_id: A"),
        ["deleted_at: `deleted_at` makes a soft delete, which lacks `deleted_flag`"]
    );
    assert_eq!(
        entity(", deleted_flag, deleted_by", "deleted_at: T"),
        [""; 0]
    );
    assert_eq!(
        entity(
            ", deleted_at, deleted_by",
            "#[audit(active_flag)] active: bool"
        ),
        [""; 0]
    );
    assert_eq!(
        entity("", "deleted_by: A"),
        ["deleted_by: `deleted_by` without a soft delete: nothing says that a record is deleted"]
    );
    assert_eq!(
        entity(
            ", deleted_flag",
            "#[audit(active_flag)] active: bool, deleted_at: T, deleted_by: A"
        ),
        ["deleted_flag: `deleted_flag` is exempt, and `active` holds it"]
    );
}

#[test]
fn a_role_is_held_once() {
    let entity = |fields: &str| {
        mistakes(&format!(
            "#[derive(Audited)] {TABLE} #[audit(exempt(created_at, created_by, updated_at))]
             struct Thing {{ id: i64, {fields} }}"
        ))
    };
    assert_eq!(
        entity("updated_by: A, last_modified_by: A"),
        ["last_modified_by: `last_modified_by` is a second `updated_by`, after `updated_by`"]
    );
    assert_eq!(
        entity("#[audit(updated_by)] a: A, #[audit(updated_by)] b: A"),
        ["updated_by: `b` is a second `updated_by`, after `a`"]
    );
    assert_eq!(
        entity(
            "updated_by: A, #[audit(deleted_flag)] gone: bool, #[audit(active_flag)] on: bool, \
             deleted_at: T, deleted_by: A"
        ),
        ["active_flag: `on` is a second `active_flag`, after `gone`"]
    );
    assert_eq!(entity("#[audit(updated_by)] a: A, updated_by: A"), [""; 0]);
}

#[test]
fn the_key_is_known() {
    let entity = |attrs: &str, fields: &str| {
        mistakes(&format!(
            "#[derive(Audited)] {TABLE} {attrs}
             #[audit(exempt(created_at, created_by, updated_at, updated_by))]
             struct Thing {{ {fields} }}"
        ))
    };
    assert_eq!(
        entity("", "name: String"),
        ["Thing: `Thing` has no primary key"]
    );
    assert_eq!(
        entity(
            "#[diesel(primary_key(code, nope))]",
            "code: String, id: i64"
        ),
        ["nope: no field for the primary key's column `nope`"]
    );
    assert_eq!(
        entity("", "#[audit(mask = \"redact\")] id: i64"),
        ["mask: `mask` on the primary key `id`"]
    );
    assert_eq!(
        entity("#[diesel(primary_key(token))]", "token: String"),
        ["token: the primary key `token` sounds secret, and the trail shows it"]
    );
    assert_eq!(
        entity(
            "#[diesel(primary_key(token))]",
            "#[audit(plain)] token: String"
        ),
        [""; 0]
    );
    assert_eq!(
        entity("", "#[audit(server)] id: i64"),
        ["server: `server` on `id`, which is the primary key and in no form"]
    );
    assert_eq!(
        entity("", "#[audit(id = \"client\", form(x))] id: i64"),
        [""; 0]
    );
    assert_eq!(
        entity("", "#[audit(version)] id: i64"),
        ["version: `version` on the primary key `id`"]
    );
    assert_eq!(
        entity(
            "#[diesel(primary_key(tenant_id, code))]",
            "tenant_id: String, code: String"
        ),
        ["tenant_id: `tenant_id` is the tenant and in the primary key"]
    );
    let composite = "#[diesel(primary_key(a, b))]";
    assert_eq!(
        entity(
            composite,
            "#[audit(id = \"client\")] a: i64, #[audit(id = \"database\")] b: i64"
        ),
        ["id: the parts of a primary key have different makers"]
    );
    assert_eq!(
        entity(composite, "#[audit(id = \"uuid_v7\")] a: Uuid, b: i64"),
        ["id: `id = \"uuid_v7\"` makes a key of one column"]
    );
}

#[test]
fn former_names_lead_to_one_field() {
    let entity = |fields: &str| super::support::field(fields);
    assert_eq!(
        entity("#[audit(was = \"b\")] a: X, b: X"),
        ["\"b\": `was = \"b\"` is the name of a present column"]
    );
    assert_eq!(
        entity("#[audit(was = \"c\")] a: X, #[audit(was = \"c\")] b: X"),
        ["\"c\": two fields were `c`"]
    );
}

#[test]
fn only_structs_with_named_fields() {
    for (item, what) in [
        ("enum Thing { A }", "an enum"),
        ("union Thing { a: u8 }", "a union"),
        ("struct Thing(i64);", "a tuple struct"),
        ("struct Thing;", "a unit struct"),
    ] {
        let source = format!("#[derive(Audited)] {TABLE} #[audit(new = N, changes = C)] {item}");
        assert_eq!(
            mistakes(&source),
            [format!("Thing: `Audited` cannot be derived for {what}")]
        );
    }
}

#[test]
fn a_form_of_a_generic_entity_mentions_its_parameters() {
    let source = format!(
        "#[derive(Audited)] {TABLE} #[audit(changes = C, new = N)]
         #[audit(exempt(created_at, created_by, updated_at, updated_by))]
         struct Thing<T, U> {{ id: i64, t: T, #[audit(no_form)] u: U }}"
    );
    assert_eq!(mistakes(&source), ["changes: `U` in no field of `C`"]);
}
