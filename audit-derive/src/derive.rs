//! From tokens to tokens, two barriers on the way: everything is read, then everything is
//! checked, and only then is anything printed. After mistakes the output is quiet: enough of it
//! that the rest of the program sees the impls it expects, and the checks of the sound fields.

use proc_macro2::TokenStream;
use syn::DeriveInput;

use crate::ast::Container;
use crate::check;
use crate::errors::Errors;
use crate::expand::{self, Plan};
use crate::path::Root;
use crate::symbol::Position;

/// What a derive gives back.
pub(crate) struct Output {
    pub(crate) mistakes: Vec<syn::Error>,
    pub(crate) tokens: TokenStream,
}

impl Output {
    pub(crate) fn into_tokens(self) -> TokenStream {
        let mut tokens: TokenStream = self
            .mistakes
            .iter()
            .map(syn::Error::to_compile_error)
            .collect();
        tokens.extend(self.tokens);
        tokens
    }

    /// The compiler hands over only what parses, so this is for tokens made by other macros.
    fn unparsed(mistake: syn::Error) -> Self {
        Self {
            mistakes: vec![mistake],
            tokens: TokenStream::new(),
        }
    }
}

/// `#[derive(Audited)]`
pub(crate) fn audited(input: TokenStream, serde: bool) -> Output {
    let input: DeriveInput = match syn::parse2(input) {
        Ok(input) => input,
        Err(mistake) => return Output::unparsed(mistake),
    };
    let errors = Errors::new();
    let at = (Position::Entity, Position::EntityField);
    let mut container = Container::read(&input, at, "Audited", &errors);
    container.infer_roles();
    check::entity(&mut container, &errors);
    let mistakes = errors.finish();
    let table = container.diesel.table.clone();
    let core = container.attrs.name.is_set() && table.is_none();
    let root = Root::new(container.attrs.krate.get(), table.is_some(), core);
    let quiet = !mistakes.is_empty();
    let plan = Plan {
        container: &container,
        root,
        table,
        serde,
        quiet,
    };
    Output {
        tokens: expand::audited(&plan),
        mistakes,
    }
}

/// `#[derive(AuditedPart)]`
pub(crate) fn part(input: TokenStream) -> Output {
    let input: DeriveInput = match syn::parse2(input) {
        Ok(input) => input,
        Err(mistake) => return Output::unparsed(mistake),
    };
    let errors = Errors::new();
    let at = (Position::Part, Position::PartField);
    let mut container = Container::read(&input, at, "AuditedPart", &errors);
    check::part(&mut container, &errors);
    let mistakes = errors.finish();
    let table = container.diesel.table.clone();
    let root = Root::new(container.attrs.krate.get(), table.is_some(), false);
    let quiet = !mistakes.is_empty();
    let plan = Plan {
        container: &container,
        root,
        table,
        serde: false,
        quiet,
    };
    Output {
        tokens: expand::part(&plan),
        mistakes,
    }
}

/// `#[derive(AuditedForm)]`
pub(crate) fn form(input: TokenStream) -> Output {
    let input: DeriveInput = match syn::parse2(input) {
        Ok(input) => input,
        Err(mistake) => return Output::unparsed(mistake),
    };
    let errors = Errors::new();
    let at = (Position::Form, Position::FormField);
    let container = Container::read(&input, at, "AuditedForm", &errors);
    let entity = check::form(&container, &errors).cloned();
    let mistakes = errors.finish();
    let Some(entity) = entity else {
        return Output {
            mistakes,
            tokens: TokenStream::new(),
        };
    };
    // Diesel's own rule for a table that is not named.
    let guessed = || expand::guessed_table(&entity);
    let table = container.diesel.table.clone().or_else(guessed);
    let krate = container.attrs.krate.get();
    let core = krate.and_then(|path| path.segments.last());
    let diesel = core.is_none_or(|segment| segment.ident != "audit_core");
    let root = Root::new(krate, diesel, false);
    let quiet = !mistakes.is_empty();
    let plan = Plan {
        container: &container,
        root,
        table,
        serde: false,
        quiet,
    };
    Output {
        tokens: expand::form(&plan, &entity),
        mistakes,
    }
}
