//! Running a derive on text.

use proc_macro2::TokenStream;

use crate::derive::{self, Output};

/// Runs the derive that the struct in `source` names.
pub(crate) fn expand(source: &str) -> Output {
    let tokens: TokenStream = source.parse().unwrap();
    let item: syn::DeriveInput = syn::parse2(tokens.clone()).unwrap();
    let named = |name: &str| {
        item.attrs.iter().any(|attr| {
            attr.path().is_ident("derive")
                && attr
                    .meta
                    .require_list()
                    .unwrap()
                    .tokens
                    .to_string()
                    .contains(name)
        })
    };
    if named("AuditedForm") {
        derive::form(tokens)
    } else if named("AuditedPart") {
        derive::part(tokens)
    } else {
        derive::audited(tokens, true)
    }
}

/// The output in prettyplease's layout.
pub(crate) fn pretty(tokens: &TokenStream) -> String {
    let file = syn::parse2(tokens.clone())
        .unwrap_or_else(|error| panic!("the output does not parse: {error}\n{tokens}"));
    prettyplease::unparse(&file)
}

/// Each mistake as `culprit: message`, without the help line.
pub(crate) fn mistakes(source: &str) -> Vec<String> {
    let output = expand(source);
    pretty(&output.tokens);
    output
        .mistakes
        .iter()
        .map(|mistake| {
            let text = mistake.to_string();
            let (message, help) = text.split_once("\nhelp: ").unwrap_or((&text, ""));
            assert!(!help.is_empty(), "no help: {message}");
            assert!(
                !help.contains('\n') && !message.contains('\n'),
                "two lines: {text}"
            );
            assert!(
                !help.ends_with('.') && !message.ends_with('.'),
                "a full stop: {text}"
            );
            let first = message.chars().next().unwrap();
            assert!(
                first == '`' || first.is_lowercase(),
                "begins with a capital: {text}"
            );
            let culprit = mistake.span().source_text().unwrap_or_default();
            format!("{culprit}: {message}")
        })
        .collect()
}

/// The mistakes of an entity that is sound but for one more field.
pub(crate) fn field(field: &str) -> Vec<String> {
    mistakes(&format!(
        "#[derive(Audited)] #[diesel(table_name = things)]
         #[audit(exempt(created_at, created_by, updated_at, updated_by))]
         struct Thing {{ id: i64, {field} }}"
    ))
}

/// The mistakes of an entity that is sound but for its attributes.
pub(crate) fn container(attrs: &str) -> Vec<String> {
    mistakes(&format!(
        "#[derive(Audited)] {attrs} struct Thing {{ id: i64, created_at: T, created_by: A, \
         updated_at: T, updated_by: A, name: String }}"
    ))
}

/// The help line of the only mistake of a field.
pub(crate) fn help(field: &str) -> String {
    let source = format!(
        "#[derive(Audited)] #[diesel(table_name = things)]
         #[audit(exempt(created_at, created_by, updated_at, updated_by))]
         struct Thing {{ id: i64, {field} }}"
    );
    let output = expand(&source);
    assert_eq!(output.mistakes.len(), 1);
    let text = output.mistakes.first().unwrap().to_string();
    text.split_once("\nhelp: ").unwrap().1.to_owned()
}
