//! Comma lists that go on after a mistake.

use proc_macro2::{Span, TokenTree};
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Attribute, Ident, Lit, LitBool, LitStr, Meta, Path, Token};

use crate::errors::{Errors, error};
use crate::symbol::{Position, Symbol};

/// A value, and the word that the user typed for it.
#[derive(Clone)]
pub(crate) struct Spanned<T> {
    pub(crate) key: Span,
    pub(crate) value: T,
}

/// An attribute that may be given once.
pub(crate) struct AtMostOne<T>(Option<Spanned<T>>);

impl<T> Default for AtMostOne<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> AtMostOne<T> {
    /// Keeps the first; a second one is a mistake at its key.
    pub(crate) fn set(&mut self, arg: &Arg<'_>, value: T) -> syn::Result<()> {
        if self.0.is_some() {
            return Err(arg.repeated());
        }
        self.0 = Some(Spanned {
            key: arg.key.span(),
            value,
        });
        Ok(())
    }

    pub(crate) fn get(&self) -> Option<&T> {
        self.0.as_ref().map(|spanned| &spanned.value)
    }

    pub(crate) fn key(&self) -> Option<Span> {
        self.0.as_ref().map(|spanned| spanned.key)
    }

    pub(crate) fn is_set(&self) -> bool {
        self.0.is_some()
    }
}

/// Reads `item, item, ..` to its end. A bad item is recorded and skipped up to the next comma.
pub(crate) fn each(
    input: ParseStream<'_>,
    errors: &Errors,
    mut item: impl FnMut(ParseStream<'_>) -> syn::Result<()>,
) {
    while !input.is_empty() {
        let result = item(input).and_then(|()| {
            if input.is_empty() || input.peek(Token![,]) {
                return Ok(());
            }
            Err(error(
                input.span(),
                "expected `,`",
                "separate attributes by commas",
            ))
        });
        if let Err(mistake) = result {
            errors.push(mistake);
            skip_to_comma(input);
        }
        if input.parse::<Option<Token![,]>>().is_err() {
            skip_to_comma(input);
        }
    }
}

fn skip_to_comma(input: ParseStream<'_>) {
    while !input.is_empty() && !input.peek(Token![,]) {
        if input.parse::<TokenTree>().is_err() {
            return;
        }
    }
}

/// Reads a parenthesised list by the same loop, so that what a bad item leaves behind is drained.
pub(crate) fn nested(
    input: ParseStream<'_>,
    errors: &Errors,
    item: impl FnMut(ParseStream<'_>) -> syn::Result<()>,
) -> syn::Result<()> {
    let content;
    syn::parenthesized!(content in input);
    each(&content, errors, item);
    Ok(())
}

/// One `word`, `word = value` or `word(..)` of an `#[audit(..)]`.
pub(crate) struct Arg<'a> {
    pub(crate) key: Ident,
    pub(crate) symbol: &'static Symbol,
    input: ParseStream<'a>,
}

/// Reads every `#[audit(..)]` among `attrs`; true when all of it was sound.
pub(crate) fn audit_attrs(
    attrs: &[Attribute],
    position: Position,
    errors: &Errors,
    mut arg: impl FnMut(&Arg<'_>) -> syn::Result<()>,
    mut unknown: impl FnMut(&Ident),
) -> bool {
    let before = errors.count();
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("audit")) {
        let count = errors.count();
        let result = match &attr.meta {
            Meta::List(list) if list.tokens.is_empty() => Err(syn::Error::new_spanned(
                &attr.meta,
                "`audit` is an empty list\nhelp: remove it: without a word it says nothing",
            )),
            Meta::List(list) => list.parse_args_with(|input: ParseStream<'_>| {
                each(input, errors, |input| {
                    let key = key(input)?;
                    let symbol = Symbol::find(&key.unraw().to_string(), position, key.span())
                        .inspect_err(|_| unknown(&key))?;
                    arg(&Arg { key, symbol, input })
                });
                Ok(())
            }),
            Meta::Path(_) | Meta::NameValue(_) => Err(syn::Error::new_spanned(
                &attr.meta,
                "`audit` expects a list in parentheses\nhelp: write `#[audit(..)]`",
            )),
        };
        // What a failed item left unread inside a group would be a second, false mistake.
        if let (Err(mistake), true) = (result, count == errors.count()) {
            errors.push(mistake);
        }
    }
    before == errors.count()
}

/// The word at the head of an item; `crate` is one.
fn key(input: ParseStream<'_>) -> syn::Result<Ident> {
    if !input.peek(Ident::peek_any) {
        return Err(error(
            input.span(),
            "expected a word of `#[audit(..)]`",
            "attributes are bare words: `skip`, `mask = \"last4\"`",
        ));
    }
    let key = input.call(Ident::parse_any)?;
    if input.peek(Token![::]) {
        return Err(error(
            key.span(),
            "expected a word of `#[audit(..)]`, not a path",
            "attributes are bare words: `skip`, `mask = \"last4\"`",
        ));
    }
    Ok(key)
}

impl<'a> Arg<'a> {
    /// The same word twice.
    pub(crate) fn repeated(&self) -> syn::Error {
        error(
            self.key.span(),
            format!("`{}` is given twice", self.symbol.word),
            "keep one of them",
        )
    }

    /// A word that stands alone.
    pub(crate) fn flag(&self) -> syn::Result<()> {
        if self.input.peek(Token![=]) || self.input.peek(syn::token::Paren) {
            return Err(self.misused(format!("`{}` takes no value", self.symbol.word)));
        }
        Ok(())
    }

    /// `word = "text"`
    pub(crate) fn text(&self) -> syn::Result<LitStr> {
        self.equals()?;
        self.lit_str(self.input, "text in double quotes")
    }

    /// `word = path`
    pub(crate) fn path(&self) -> syn::Result<Path> {
        self.equals()?;
        self.path_in(self.input, "a path")
    }

    /// `word = true` or `word = false`
    pub(crate) fn bool(&self) -> syn::Result<LitBool> {
        self.equals()?;
        self.input.parse::<LitBool>().map_err(|error| {
            self.symbol
                .misused(error.span(), self.expects("`true` or `false`"))
        })
    }

    /// `word(..)`, each item by `item`. An empty list says nothing and is a mistake.
    pub(crate) fn list(
        &self,
        errors: &Errors,
        mut item: impl FnMut(ParseStream<'_>) -> syn::Result<()>,
    ) -> syn::Result<()> {
        if !self.input.peek(syn::token::Paren) {
            return Err(self.misused(self.expects("a list in parentheses")));
        }
        let mut empty = true;
        nested(self.input, errors, |input| {
            empty = false;
            item(input)
        })?;
        if empty {
            return Err(self.misused(format!("`{}` is an empty list", self.symbol.word)));
        }
        Ok(())
    }

    /// The `=` before a value.
    pub(crate) fn equals(&self) -> syn::Result<()> {
        if self.input.parse::<Option<Token![=]>>()?.is_none() {
            return Err(self.misused(format!("`{}` expects a value", self.symbol.word)));
        }
        if self.input.is_empty() || self.input.peek(Token![,]) {
            return Err(self.misused(format!("`{} =` lacks its value", self.symbol.word)));
        }
        Ok(())
    }

    pub(crate) fn input(&self) -> ParseStream<'a> {
        self.input
    }

    /// A path, where `what` is what it stands for.
    pub(crate) fn path_in(&self, input: ParseStream<'_>, what: &str) -> syn::Result<Path> {
        let span = input.span();
        input
            .parse::<Path>()
            .map_err(|_| self.symbol.misused(span, self.expects(what)))
    }

    /// A string, where `what` is what it stands for.
    pub(crate) fn lit_str(&self, input: ParseStream<'_>, what: &str) -> syn::Result<LitStr> {
        let span = input.span();
        match input.parse::<Lit>() {
            Ok(Lit::Str(text)) if text.suffix().is_empty() => Ok(text),
            _ => Err(self.symbol.misused(span, self.expects(what))),
        }
    }

    pub(crate) fn expects(&self, what: &str) -> String {
        format!("`{}` expects {what}", self.symbol.word)
    }

    /// What follows the word is wrong.
    pub(crate) fn misused(&self, what: impl std::fmt::Display) -> syn::Error {
        self.symbol.misused(self.key.span(), what)
    }
}
