//! Rules that every golden keeps: absolute paths, no name of the prelude, few lines a field.

use proc_macro2::Span;
use syn::visit::{self, Visit};

use super::support::{expand, pretty};

/// Names that the output brings into scope itself.
const OURS: &[&str] = &[
    "_a", "_m", "_p", "self", "Self", "META", "GROUPS", "HOT", "__DB", "__W", "__S", "__R", "__D",
    "new", "old", "entity", "f", "fields", "first", "rest", "name", "flag", "id", "part", "row",
    "sink", "stamper", "stamps", "tenant", "types", "value", "version", "w",
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

/// The lines of an entity that is exempt from these stamps and has these fields, its forms and the
/// fields' docs not counted, nor the list of the fields' types, which has several to a line.
fn lines(exempt: &str, fields: &str) -> usize {
    let output = expand(&format!(
        "#[derive(Audited)] #[diesel(table_name = accounts)] #[audit(exempt({exempt}))]
         struct Account {{ id: i64, updated_at: DateTime<Utc>, #[audit(mask = \"redact\")] x: String, {fields} }}"
    ));
    assert!(output.mistakes.is_empty(), "{fields}");
    let text = pretty(&output.tokens);
    let list = type_list(&text);
    text.lines().count() - list
}

fn type_list(text: &str) -> usize {
    let after = text.split_once("_p::past_types!(").unwrap().1;
    after.split_once(");").unwrap().0.lines().count()
}

#[test]
fn the_list_of_types_has_several_to_a_line() {
    for (path, input, _) in super::golden::goldens() {
        let output = expand(&input);
        let text = pretty(&output.tokens);
        if output.mistakes.is_empty() && text.contains("_p::past_types!(") {
            let types = text.matches("row.next").count();
            assert!(type_list(&text) <= 3 + types / 2, "{path:?}");
        }
    }
}

/// What a field adds to the table and to the bodies that show, read and bind it.
#[test]
fn a_field_costs_six_lines_at_most() {
    let exempt = "created_at, created_by, updated_by";
    let none = lines(exempt, "");
    assert!(none <= 116, "the frame is {none} lines");
    for (field, most) in [
        ("name: String", 5),
        ("external_reference: Option<String>", 5),
        ("#[audit(mask = \"last4\")] tax_number: Option<String>", 5),
        ("#[audit(mask = \"redact\", server)] tax_number: String", 6),
        ("#[audit(eq = same)] score: f64", 5),
        ("#[audit(skip, no_form)] note: String", 6),
        ("#[audit(was = \"remark\", skip, no_form)] note: String", 6),
        // More settings than a line holds.
        (
            "#[audit(mask = \"pan\", hide_null, server)] number: Option<String>",
            7,
        ),
    ] {
        let cost = lines(exempt, field) - none;
        assert!(cost <= most, "`{field}` costs {cost} lines");
    }
    let ten: String = (0..10)
        .map(|n| format!("field_{n}: Option<String>,"))
        .collect();
    let cost = lines(exempt, &ten) - none;
    assert!(cost <= 50, "ten fields cost {cost} lines");
}

/// A stamp also has a value in each write. What a role tells about a record (that it is deleted, its
/// version) is a method, once an entity.
#[test]
fn a_stamp_costs_seven_lines() {
    // Two stamps, so that their tuples have a line for each already.
    let two = "created_at: DateTime<Utc>";
    let none = lines("created_by, updated_by", two);
    for (exempt, fields, most) in [
        ("updated_by", "created_by: Actor", 7),
        (
            "updated_by",
            "#[audit(kinds(\"user\", \"api_key\"))] created_by: i64",
            8,
        ),
        (
            "created_by, updated_by",
            "#[audit(version)] revision: i32",
            7 + 12,
        ),
        (
            "created_by, updated_by",
            "is_deleted: bool, deleted_at: Option<DateTime<Utc>>, deleted_by: Option<Actor>",
            3 * 7 + 5,
        ),
    ] {
        let cost = lines(exempt, &format!("{two}, {fields}")) - none;
        assert!(cost <= most, "`{fields}` cost {cost} lines");
    }
}
