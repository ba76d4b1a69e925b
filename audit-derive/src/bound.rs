//! Where-predicates of the output.
//!
//! The rule: a field whose type mentions a parameter of the struct is given the bounds that its
//! line needs; a field whose type mentions none is given none, for rustc can check the line.

use std::collections::BTreeSet;

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{GenericParam, Generics, WhereClause, WherePredicate};

use crate::name::unraw;

/// The generics of a struct, and the predicates that its fields add.
#[derive(Clone)]
pub(crate) struct Bounds {
    generics: Generics,
    names: BTreeSet<String>,
    added: Vec<WherePredicate>,
}

impl Bounds {
    pub(crate) fn new(generics: &Generics) -> Self {
        let names = generics.params.iter().map(param_name).collect();
        Self {
            generics: generics.clone(),
            names,
            added: Vec::new(),
        }
    }

    /// The tokens mention a parameter of the struct.
    pub(crate) fn mentioned(&self, tokens: &impl ToTokens) -> bool {
        mentions(tokens.to_token_stream(), &mut |name| {
            self.names.contains(name)
        })
    }

    /// Adds a predicate if it mentions a parameter.
    pub(crate) fn require_if_generic(&mut self, predicate: TokenStream) {
        if self.mentioned(&predicate) {
            self.require(predicate);
        }
    }

    pub(crate) fn require(&mut self, predicate: TokenStream) {
        if let Ok(predicate) = syn::parse2(predicate) {
            self.added.push(predicate);
        }
    }

    /// Adds a type parameter of our own.
    pub(crate) fn with_param(&self, param: TokenStream) -> Self {
        let mut with = self.clone();
        if let Ok(param) = syn::parse2(param) {
            with.generics.params.push(param);
        }
        with
    }

    /// Adds a lifetime of our own, which comes first.
    pub(crate) fn with_lifetime(&self, lifetime: TokenStream) -> Self {
        let mut with = self.clone();
        if let Ok(param) = syn::parse2(lifetime) {
            with.generics.params.insert(0, param);
        }
        with
    }

    /// `impl` generics, and the where clause with what was added.
    pub(crate) fn split(&self) -> (TokenStream, Option<WhereClause>) {
        let (impl_generics, _, where_clause) = self.generics.split_for_impl();
        let mut clause = where_clause.cloned();
        if !self.added.is_empty() {
            let mut generics = self.generics.clone();
            generics
                .make_where_clause()
                .predicates
                .extend(self.added.iter().cloned());
            clause = generics.where_clause;
        }
        (impl_generics.to_token_stream(), clause)
    }
}

/// The part of `generics` that `tokens` mention, the bounds between those parameters included.
pub(crate) fn used(generics: &Generics, tokens: &TokenStream) -> Generics {
    let is_used = |param: &GenericParam| {
        let name = param_name(param);
        mentions(tokens.clone(), &mut |word| word == name)
    };
    let mut used = generics.clone();
    used.params = generics
        .params
        .iter()
        .filter(|param| is_used(param))
        .cloned()
        .collect();
    let gone: BTreeSet<String> = generics
        .params
        .iter()
        .filter(|param| !is_used(param))
        .map(param_name)
        .collect();
    if let Some(clause) = &mut used.where_clause {
        clause.predicates = generics
            .where_clause
            .iter()
            .flat_map(|clause| &clause.predicates)
            .filter(|predicate| {
                !mentions(predicate.to_token_stream(), &mut |name| gone.contains(name))
            })
            .cloned()
            .collect();
    }
    used
}

/// The type and const parameters that `tokens` do not mention.
pub(crate) fn unused<'a>(
    generics: &'a Generics,
    tokens: &TokenStream,
) -> impl Iterator<Item = String> + use<'a> {
    let tokens = tokens.clone();
    generics
        .params
        .iter()
        .map(param_name)
        .filter(move |name| !mentions(tokens.clone(), &mut |word| word == name))
}

/// A parameter's name; a lifetime's with its quote.
fn param_name(param: &GenericParam) -> String {
    match param {
        GenericParam::Lifetime(lifetime) => lifetime.lifetime.to_string(),
        GenericParam::Type(ty) => unraw(&ty.ident),
        GenericParam::Const(constant) => unraw(&constant.ident),
    }
}

fn mentions(tokens: TokenStream, is_name: &mut dyn FnMut(&str) -> bool) -> bool {
    let mut quote = false;
    tokens.into_iter().any(|token| {
        let after_quote = std::mem::replace(&mut quote, false);
        match token {
            TokenTree::Ident(ident) if after_quote => is_name(&format!("'{ident}")),
            TokenTree::Ident(ident) => is_name(&unraw(&ident)),
            TokenTree::Group(group) => mentions(group.stream(), is_name),
            TokenTree::Punct(punct) => {
                quote = punct.as_char() == '\'';
                false
            }
            TokenTree::Literal(_) => false,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_mentioned_parameters_are_kept() {
        let item: syn::DeriveInput = syn::parse_quote! {
            struct X<'a, T: Clone, U, const N: usize> where T: Into<U>, U: Copy, T: Send { x: T }
        };
        let used = used(&item.generics, &quote::quote!(Vec<&'a T>));
        let (params, clause) = (&used.params, &used.where_clause);
        assert_eq!(quote::quote!(#params).to_string(), "'a , T : Clone");
        assert_eq!(quote::quote!(#clause).to_string(), "where T : Send");
        let names: Vec<_> = unused(&item.generics, &quote::quote!(Vec<&'a T>)).collect();
        assert_eq!(names, ["U", "N"]);
    }
}
