//! Rules that every golden keeps: absolute paths, no name of the prelude, few lines a field.

use proc_macro2::Span;
use syn::visit::{self, Visit};

use super::support::{expand, pretty};

/// Names that the output brings into scope itself.
const OURS: &[&str] = &[
    "_a", "_m", "_p", "self", "Self", "META", "GROUPS", "HOT", "__DB", "__W", "__S", "__R", "__D",
    "e", "new", "old", "entity", "f", "fields", "first", "rest", "name", "flag", "id", "part",
    "row", "sink", "tenant", "value", "version", "w",
];

/// Finds paths that the output wrote and that depend on what the user has in scope.
struct Relative(Vec<String>);

/// The token came from the input: the fallback of proc-macro2 knows its place there.
fn is_users(span: Span) -> bool {
    !span.byte_range().is_empty()
}

impl<'ast> Visit<'ast> for Relative {
    fn visit_attribute(&mut self, _: &'ast syn::Attribute) {}

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if let (None, Some(first)) = (path.leading_colon, path.segments.first()) {
            let name = first.ident.to_string();
            if !is_users(first.ident.span()) && !OURS.contains(&name.as_str()) {
                self.0.push(name);
            }
        }
        visit::visit_path(self, path);
    }

    fn visit_use_tree(&mut self, _: &'ast syn::UseTree) {}

    fn visit_qself(&mut self, qself: &'ast syn::QSelf) {
        visit::visit_qself(self, qself);
    }
}

fn relative(file: &syn::File) -> Vec<String> {
    let mut found = Relative(Vec::new());
    found.visit_file(file);
    // A macro's tokens are not visited: each word of ours behind `::` or before `::` is a path.
    found.0
}

#[test]
fn every_path_is_absolute() {
    for (path, input, _) in super::golden::goldens() {
        let tokens = expand(&input).tokens;
        let file: syn::File = syn::parse2(tokens).unwrap();
        assert_eq!(relative(&file), [""; 0], "{path:?}");
    }
}

#[test]
fn the_visitor_finds_relative_paths() {
    let ours = quote::quote! {
        fn f() -> Option<::core::primitive::u8> { Some(std::mem::take(&mut _a::x())) }
    };
    assert_eq!(
        relative(&syn::parse2(ours).unwrap()),
        ["Option", "Some", "std"]
    );
    let users: proc_macro2::TokenStream = "fn f() -> Option<u8> { None }".parse().unwrap();
    assert_eq!(relative(&syn::parse2(users).unwrap()), [""; 0]);
}

/// The lines of an entity of this table that is exempt from these stamps and has these fields, its
/// forms not counted.
fn lines(table: &str, exempt: &str, fields: &str) -> usize {
    let output = expand(&format!(
        "#[derive(Audited)] #[diesel(table_name = {table})] #[audit(exempt({exempt}))]
         struct Account {{ id: i64, updated_at: DateTime<Utc>, {fields} }}"
    ));
    assert!(output.mistakes.is_empty(), "{fields}");
    pretty(&output.tokens).lines().count()
}

/// What a field adds to the table and to the bodies that compare, read and show it.
#[test]
fn a_field_costs_six_lines_at_most() {
    let cost = |fields: &str| {
        let exempt = "created_at, created_by, updated_by";
        let none = lines("accounts", exempt, "");
        assert!(none <= 109, "the frame is {none} lines");
        lines("accounts", exempt, fields) - none
    };
    for (field, lines) in [
        ("name: String", 5),
        ("external_reference: Option<String>", 5),
        ("#[audit(mask = \"last4\")] tax_number: Option<String>", 5),
        ("#[audit(mask = \"redact\", server)] tax_number: String", 6),
        ("#[audit(eq = same)] score: f64", 5),
        ("#[audit(via = \"display\")] price: Price", 5),
        ("#[audit(skip, no_form)] note: String", 5),
        ("#[audit(was = \"remark\", skip, no_form)] note: String", 6),
        (
            "#[audit(mask = \"pan\", hide_null, server)] number: Option<String>",
            6,
        ),
        // As many settings as a field can have; only texts of the user's that are longer than this
        // one take a line more.
        (
            "#[serde(rename = \"taxNumber\")] #[audit(mask = \"pan\", hide_null, server)] tax_number: Option<String>",
            6,
        ),
    ] {
        assert_eq!(cost(field), lines, "`{field}`");
    }
    let ten: String = (0..10)
        .map(|n| format!("field_{n}: Option<String>,"))
        .collect();
    assert_eq!(cost(&ten), 50, "ten fields");
}

/// What a role tells about a record (that it is deleted, its version) is a method, once an entity.
#[test]
fn a_stamp_costs_what_any_field_does() {
    let cost = |table: &str, exempt: &str, fields: &str| {
        lines(table, exempt, fields) - lines(table, "created_at, created_by, updated_by", "")
    };
    for (exempt, fields, lines) in [
        ("created_by, updated_by", "created_at: DateTime<Utc>", 5),
        ("created_at, updated_by", "created_by: Actor", 5),
        ("created_at, created_by", "updated_by: Actor", 5),
        (
            "created_at, updated_by",
            "#[audit(kinds(\"user\", \"api_key\"))] created_by: i64",
            6,
        ),
        (
            "created_at, created_by, updated_by",
            "#[audit(version)] revision: i32",
            // A method more, but keys take the place of longer conversions.
            4,
        ),
        (
            "created_at, created_by, updated_by",
            "is_deleted: bool, deleted_at: Option<DateTime<Utc>>, deleted_by: Option<Actor>",
            3 * 5 + 5,
        ),
    ] {
        assert_eq!(cost("accounts", exempt, fields), lines, "`{fields}`");
    }
    // A long path takes the row's settings to a line of their own, and nothing else.
    for (exempt, fields, lines) in [
        ("created_by, updated_by", "created_at: DateTime<Utc>", 6),
        ("created_at, updated_by", "created_by: Actor", 6),
        (
            "created_at, created_by, updated_by",
            "is_deleted: bool, deleted_at: Option<DateTime<Utc>>, deleted_by: Option<Actor>",
            3 * 6 + 5,
        ),
    ] {
        let cost = cost("crate::schema::accounts", exempt, fields);
        assert_eq!(cost, lines, "`{fields}`");
    }
}
