//! What Diesel and serde are told already, and need not be told again. Read leniently: a mistake
//! in these attributes is theirs to report.

use proc_macro2::TokenTree;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Ident, LitStr, Meta, Path, Token, Type};

use crate::errors::Errors;
use crate::list::{each, nested};
use crate::name::Case;

/// What `#[diesel(..)]` says about a struct.
#[derive(Default)]
pub(crate) struct DieselContainer {
    pub(crate) table: Option<Path>,
    pub(crate) primary_key: Option<Vec<Ident>>,
    /// For which backends every field is to be checked where it stands.
    pub(crate) check_for_backend: Vec<Type>,
}

/// What `#[diesel(..)]` says about a field.
#[derive(Default)]
pub(crate) struct DieselField {
    pub(crate) column: Option<Ident>,
    pub(crate) embed: bool,
    pub(crate) deserialize_as: Option<Type>,
    pub(crate) serialize_as: Option<Type>,
    pub(crate) skip_insertion: bool,
    pub(crate) skip_update: bool,
    pub(crate) treat_none_as_null: Option<bool>,
}

/// What `#[serde(..)]` says about names.
#[derive(Default)]
pub(crate) struct SerdeNames {
    pub(crate) rename: Option<String>,
    pub(crate) rename_all: Option<Case>,
    pub(crate) aliases: Vec<LitStr>,
}

/// Every `key`, `key = ..` and `key(..)` of the attributes called `name`.
fn each_item(
    attrs: &[Attribute],
    name: &str,
    mut item: impl FnMut(&Ident, ParseStream<'_>) -> syn::Result<()>,
) {
    let ignored = Errors::new();
    for attr in attrs.iter().filter(|attr| attr.path().is_ident(name)) {
        if let Meta::List(list) = &attr.meta {
            let read = |input: ParseStream<'_>| {
                each(input, &ignored, |input| {
                    let key = input.call(Ident::parse_any)?;
                    item(&key, input)?;
                    while !input.is_empty() && !input.peek(Token![,]) {
                        input.parse::<TokenTree>()?;
                    }
                    Ok(())
                });
                Ok(())
            };
            let _ignored = list.parse_args_with(read);
        }
    }
    ignored.finish();
}

fn value<T: Parse>(input: ParseStream<'_>) -> syn::Result<T> {
    input.parse::<Token![=]>()?;
    input.parse()
}

fn flag_or_bool(input: ParseStream<'_>) -> syn::Result<bool> {
    if input.peek(Token![=]) {
        Ok(value::<syn::LitBool>(input)?.value)
    } else {
        Ok(true)
    }
}

fn column_name(input: ParseStream<'_>) -> syn::Result<Ident> {
    input.parse::<Token![=]>()?;
    if input.peek(LitStr) {
        let text: LitStr = input.parse()?;
        return text.parse_with(name);
    }
    name(input)
}

/// A name, which may be a keyword; of `_` no column can be.
fn name(input: ParseStream<'_>) -> syn::Result<Ident> {
    let name = input.call(Ident::parse_any)?;
    if name == "_" {
        return Err(syn::Error::new(name.span(), "`_` is no name"));
    }
    Ok(name)
}

impl DieselContainer {
    pub(crate) fn read(attrs: &[Attribute]) -> Self {
        let mut found = Self::default();
        each_item(attrs, "diesel", |key, input| {
            if key == "table_name" {
                found.table = Some(value(input)?);
            } else if key == "primary_key" {
                let ignored = Errors::new();
                let mut names = Vec::new();
                let result = nested(input, &ignored, |input| {
                    names.push(name(input)?);
                    Ok(())
                });
                ignored.finish();
                result?;
                found.primary_key = Some(names);
            } else if key == "check_for_backend" {
                let ignored = Errors::new();
                let mut backends = Vec::new();
                let result = nested(input, &ignored, |input| {
                    backends.push(input.parse()?);
                    Ok(())
                });
                ignored.finish();
                result?;
                found.check_for_backend = backends;
            }
            Ok(())
        });
        found
    }
}

impl DieselField {
    pub(crate) fn read(attrs: &[Attribute]) -> Self {
        let mut found = Self::default();
        each_item(attrs, "diesel", |key, input| {
            match key.to_string().as_str() {
                "column_name" => found.column = Some(column_name(input)?),
                "embed" => found.embed = true,
                "deserialize_as" => found.deserialize_as = Some(value(input)?),
                "serialize_as" => found.serialize_as = Some(value(input)?),
                "skip_insertion" => found.skip_insertion = flag_or_bool(input)?,
                "skip_update" => found.skip_update = flag_or_bool(input)?,
                "treat_none_as_null" => found.treat_none_as_null = Some(flag_or_bool(input)?),
                _ => {}
            }
            Ok(())
        });
        found
    }
}

impl SerdeNames {
    pub(crate) fn read(attrs: &[Attribute]) -> Self {
        let mut found = Self::default();
        each_item(attrs, "serde", |key, input| {
            if key == "rename" {
                found.rename = name_for_input(input)?.or_else(|| found.rename.take());
            } else if key == "rename_all" {
                let rule = name_for_input(input)?.and_then(|text| Case::parse(&text));
                found.rename_all = rule.or(found.rename_all);
            } else if key == "alias" {
                found.aliases.push(value(input)?);
            }
            Ok(())
        });
        found
    }
}

/// `= ".."` or `(deserialize = "..", serialize = "..")`: the name that input uses, or without
/// one the name that output uses.
fn name_for_input(input: ParseStream<'_>) -> syn::Result<Option<String>> {
    if input.peek(Token![=]) {
        return Ok(Some(value::<LitStr>(input)?.value()));
    }
    let ignored = Errors::new();
    let (mut read, mut written) = (None, None);
    let result = nested(input, &ignored, |input| {
        let key = input.call(Ident::parse_any)?;
        let text = value::<LitStr>(input)?.value();
        if key == "deserialize" {
            read = Some(text);
        } else if key == "serialize" {
            written = Some(text);
        }
        Ok(())
    });
    ignored.finish();
    result.map(|()| read.or(written))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attrs(tokens: proc_macro2::TokenStream) -> Vec<Attribute> {
        let input: syn::DeriveInput = syn::parse2(quote::quote!(#tokens struct X;)).unwrap();
        input.attrs
    }

    #[test]
    fn unknown_and_broken_keys_are_passed_over() {
        let attrs = attrs(quote::quote! {
            #[diesel(check_for_backend(Pg, Sqlite), base_query = a::b().c(), table_name = x::y)]
            #[diesel(primary_key(a, r#type, 3), 17 = nonsense, embed)]
            #[diesel]
        });
        let container = DieselContainer::read(&attrs);
        assert_eq!(container.table.map(|path| path.segments.len()), Some(2));
        assert_eq!(container.primary_key.map(|key| key.len()), Some(2));
        assert_eq!(container.check_for_backend.len(), 2);
        assert!(DieselField::read(&attrs).embed);
    }

    #[test]
    fn a_column_is_an_identifier_or_text() {
        for tokens in [
            quote::quote!(#[diesel(column_name = kind)]),
            quote::quote!(#[diesel(column_name = "kind")]),
        ] {
            assert_eq!(DieselField::read(&attrs(tokens)).column.unwrap(), "kind");
        }
        let column = |tokens| DieselField::read(&attrs(tokens)).column;
        for tokens in [
            quote::quote!(#[diesel(column_name = "no name", embed)]),
            quote::quote!(#[diesel(column_name = _)]),
        ] {
            assert_eq!(column(tokens), None);
        }
    }

    #[test]
    fn serde_names_for_input_win() {
        let read = |tokens| SerdeNames::read(&attrs(tokens)).rename;
        let both = quote::quote!(#[serde(default, rename(serialize = "a", deserialize = "b"))]);
        assert_eq!(read(both).as_deref(), Some("b"));
        assert_eq!(
            read(quote::quote!(#[serde(rename = "c")])).as_deref(),
            Some("c")
        );
        let one = quote::quote!(#[serde(rename(serialize = "a"))]);
        assert_eq!(read(one).as_deref(), Some("a"));
    }
}
