//! The absolute paths of the output.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::Path;

/// Quotes with names that cannot meet the user's: locals are ours alone, the rest resolves where
/// the derive stands.
macro_rules! q {
    ($($tokens:tt)*) => {
        ::quote::quote_spanned!(::proc_macro2::Span::mixed_site()=> $($tokens)*)
    };
}
/// The same at the span of what a mistake would be about.
macro_rules! q_at {
    ($span:expr => $($tokens:tt)*) => {
        ::quote::quote_spanned!($crate::path::at($span)=> $($tokens)*)
    };
}
pub(crate) use {q, q_at};

/// The place of the user's tokens, with our hygiene.
pub(crate) fn at(span: Span) -> Span {
    Span::mixed_site().located_at(span)
}

/// Where the framework is found.
pub(crate) struct Root {
    path: TokenStream,
    /// There is a table: the Diesel impls are emitted.
    pub(crate) diesel: bool,
}

impl Root {
    /// `core` where the app has said that there is no table.
    pub(crate) fn new(given: Option<&Path>, diesel: bool, core: bool) -> Self {
        let path = match given {
            Some(path) => path.to_token_stream(),
            None if core => q!(::audit_core),
            None => q!(::audit_diesel),
        };
        Self { path, diesel }
    }

    /// The import at the head of the const block.
    pub(crate) fn import(&self) -> TokenStream {
        let path = &self.path;
        q!(use #path as _a; use _a::__private as _p;)
    }

    /// The path as text, for serde's attributes.
    pub(crate) fn text(&self, item: &str) -> String {
        let path: String = self.path.to_string().split_whitespace().collect();
        format!("{path}::__private::{item}")
    }
}

impl ToTokens for Root {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.path.to_tokens(tokens);
    }
}
