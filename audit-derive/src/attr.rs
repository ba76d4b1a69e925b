//! `#[audit(..)]` on a struct and on a field. Nothing here returns early: a mistake is recorded
//! and reading goes on with the next item.

use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Attribute, Ident, LitBool, LitStr, Meta, Path, Token};

use crate::errors::{Errors, error};
use crate::list::{Arg, AtMostOne, Spanned, audit_attrs, nested};
use crate::meaning::{FormSpec, FormUse, KeySource, Mask, Policy, Role, nearest_role};
use crate::symbol::{EXEMPTABLE, KEY_SOURCES, MASKS, Position, Word, choose};

/// What `#[audit(..)]` says about a struct.
#[derive(Default)]
pub(crate) struct ContainerAttrs {
    pub(crate) new: AtMostOne<FormSpec>,
    pub(crate) changes: AtMostOne<FormSpec>,
    pub(crate) exempt: AtMostOne<Vec<Spanned<Role>>>,
    pub(crate) name: AtMostOne<LitStr>,
    pub(crate) strict: AtMostOne<()>,
    pub(crate) require_reason: AtMostOne<()>,
    pub(crate) debug: AtMostOne<LitBool>,
    pub(crate) krate: AtMostOne<Path>,
    pub(crate) entity: AtMostOne<Path>,
}

/// What `#[audit(..)]` says about a field.
#[derive(Default)]
pub(crate) struct FieldAttrs {
    pub(crate) policy: Option<Spanned<Policy>>,
    pub(crate) hide_null: AtMostOne<()>,
    pub(crate) eq: AtMostOne<Path>,
    pub(crate) via: AtMostOne<()>,
    pub(crate) was: Vec<Spanned<LitStr>>,
    pub(crate) form_use: Option<Spanned<FormUse>>,
    pub(crate) form_attrs: AtMostOne<Vec<Meta>>,
    pub(crate) not_a_stamp: AtMostOne<()>,
    pub(crate) role: Option<Spanned<Role>>,
    pub(crate) id: AtMostOne<KeySource>,
    pub(crate) kinds: AtMostOne<Vec<LitStr>>,
    pub(crate) null: AtMostOne<()>,
    /// An unknown word that was probably meant as this role.
    pub(crate) misspelt_role: Option<Role>,
}

impl ContainerAttrs {
    pub(crate) fn read(attrs: &[Attribute], at: Position, errors: &Errors) -> Self {
        let mut found = Self::default();
        audit_attrs(attrs, at, errors, |arg| found.arg(arg, at, errors), |_| ());
        found
    }

    fn arg(&mut self, arg: &Arg<'_>, at: Position, errors: &Errors) -> syn::Result<()> {
        match arg.symbol.id {
            Word::New => form_spec(arg, errors).and_then(|spec| self.new.set(arg, spec)),
            Word::Changes => form_spec(arg, errors).and_then(|spec| self.changes.set(arg, spec)),
            Word::Exempt => exempt(arg, errors).and_then(|roles| self.exempt.set(arg, roles)),
            Word::Name => stable_name(arg).and_then(|name| self.name.set(arg, name)),
            Word::Strict => arg.flag().and_then(|()| self.strict.set(arg, ())),
            Word::RequireReason => arg.flag().and_then(|()| self.require_reason.set(arg, ())),
            Word::Debug => arg.bool().and_then(|value| self.debug.set(arg, value)),
            Word::Crate => arg.path().and_then(|path| self.krate.set(arg, path)),
            Word::EntityType => arg.path().and_then(|path| self.entity.set(arg, path)),
            Word::Plain
            | Word::Skip
            | Word::Ignore
            | Word::Mask
            | Word::MaskAt
            | Word::HideNull
            | Word::Eq
            | Word::Via
            | Word::Was
            | Word::NoForm
            | Word::Server
            | Word::Input
            | Word::FormAttr
            | Word::NotAStamp
            | Word::Tenant
            | Word::CreatedAt
            | Word::CreatedBy
            | Word::UpdatedAt
            | Word::UpdatedBy
            | Word::DeletedAt
            | Word::DeletedBy
            | Word::DeletedFlag
            | Word::ActiveFlag
            | Word::Version
            | Word::Id
            | Word::Null
            | Word::Kinds => Err(arg.symbol.misplaced(at, arg.key.span())),
        }
    }
}

impl FieldAttrs {
    pub(crate) fn read(attrs: &[Attribute], at: Position, errors: &Errors) -> Self {
        let mut found = Self::default();
        let mut misspelt = None;
        audit_attrs(
            attrs,
            at,
            errors,
            |arg| found.arg(arg, at, errors),
            |key| misspelt = nearest_role(&key.unraw().to_string()).and_then(Role::from_word),
        );
        found.misspelt_role = misspelt;
        found
    }

    fn arg(&mut self, arg: &Arg<'_>, at: Position, errors: &Errors) -> syn::Result<()> {
        match arg.symbol.id {
            Word::Plain => arg.flag().and_then(|()| self.policy(arg, Policy::Plain)),
            Word::Skip => arg.flag().and_then(|()| self.policy(arg, Policy::Skip)),
            Word::Ignore => arg.flag().and_then(|()| self.policy(arg, Policy::Ignore)),
            Word::Mask => {
                arg.equals()?;
                let mask = mask(arg, arg.input())?;
                self.policy(arg, Policy::Mask(mask))
            }
            Word::MaskAt => {
                mask_at(arg, errors).and_then(|masks| self.policy(arg, Policy::MaskAt(masks)))
            }
            Word::HideNull => arg.flag().and_then(|()| self.hide_null.set(arg, ())),
            Word::Eq => arg.path().and_then(|path| self.eq.set(arg, path)),
            Word::Via => {
                let text = arg.text()?;
                choose("value of `via`", &text.value(), &["display"], text.span())?;
                self.via.set(arg, ())
            }
            Word::Was => self.was(arg),
            Word::NoForm => arg.flag().and_then(|()| self.form_use(arg, FormUse::None)),
            Word::Server => arg
                .flag()
                .and_then(|()| self.form_use(arg, FormUse::Server)),
            Word::Input => arg.flag().and_then(|()| self.form_use(arg, FormUse::Input)),
            Word::FormAttr => {
                let mut metas = Vec::new();
                arg.list(errors, |input| {
                    meta(arg, input).map(|meta| metas.push(meta))
                })?;
                self.form_attrs.set(arg, metas)
            }
            Word::Null => arg.flag().and_then(|()| self.null.set(arg, ())),
            Word::NotAStamp => arg.flag().and_then(|()| self.not_a_stamp.set(arg, ())),
            Word::Tenant
            | Word::CreatedAt
            | Word::CreatedBy
            | Word::UpdatedAt
            | Word::UpdatedBy
            | Word::DeletedAt
            | Word::DeletedBy
            | Word::DeletedFlag
            | Word::ActiveFlag
            | Word::Version => arg.flag().and_then(|()| self.role(arg)),
            Word::Id => {
                let text = arg.text()?;
                let source = match choose("key source", &text.value(), KEY_SOURCES, text.span())? {
                    "uuid_v7" => KeySource::UuidV7,
                    "client" => KeySource::Client,
                    _ => KeySource::Database,
                };
                self.id.set(arg, source)
            }
            Word::Kinds => kinds(arg, errors).and_then(|kinds| self.kinds.set(arg, kinds)),
            Word::New
            | Word::Changes
            | Word::Exempt
            | Word::Name
            | Word::Strict
            | Word::RequireReason
            | Word::Debug
            | Word::Crate
            | Word::EntityType => Err(arg.symbol.misplaced(at, arg.key.span())),
        }
    }

    /// A field has one policy.
    fn policy(&mut self, arg: &Arg<'_>, policy: Policy) -> syn::Result<()> {
        contradiction(arg, self.policy.as_ref().map(|first| first.value.word()))?;
        self.policy = Some(Spanned {
            key: arg.key.span(),
            value: policy,
        });
        Ok(())
    }

    /// A field is used in one way in the forms.
    fn form_use(&mut self, arg: &Arg<'_>, form_use: FormUse) -> syn::Result<()> {
        contradiction(arg, self.form_use.as_ref().map(|first| first.value.word()))?;
        self.form_use = Some(Spanned {
            key: arg.key.span(),
            value: form_use,
        });
        Ok(())
    }

    /// A field has one role.
    fn role(&mut self, arg: &Arg<'_>) -> syn::Result<()> {
        contradiction(arg, self.role.as_ref().map(|first| first.value.word()))?;
        self.role = Role::of(arg.symbol.id).map(|value| Spanned {
            key: arg.key.span(),
            value,
        });
        Ok(())
    }

    /// A field may have had several names.
    fn was(&mut self, arg: &Arg<'_>) -> syn::Result<()> {
        let name = arg.text()?;
        if name.value().is_empty() {
            return Err(arg.symbol.misused(name.span(), "`was` is empty"));
        }
        if self.was.iter().any(|was| was.value.value() == name.value()) {
            return Err(error(
                name.span(),
                format!("`was = \"{}\"` is given twice", name.value()),
                "keep one of them",
            ));
        }
        self.was.push(Spanned {
            key: arg.key.span(),
            value: name,
        });
        Ok(())
    }
}

/// The same word twice, or two words of which a field takes one.
fn contradiction(arg: &Arg<'_>, first: Option<&str>) -> syn::Result<()> {
    match first {
        None => Ok(()),
        Some(first) if first == arg.symbol.word => Err(arg.repeated()),
        Some(first) => Err(error(
            arg.key.span(),
            format!("`{}` contradicts `{first}`", arg.symbol.word),
            format!("keep one of `{first}` and `{}`", arg.symbol.word),
        )),
    }
}

/// `"last4"` or `path::Type`
fn mask(arg: &Arg<'_>, input: ParseStream<'_>) -> syn::Result<Mask> {
    if input.peek(syn::Lit) {
        let text = arg.lit_str(input, "the name of a mask or a path to a type")?;
        return choose("mask", &text.value(), MASKS, text.span()).map(Mask::Named);
    }
    arg.path_in(input, "the name of a mask or a path to a type")
        .map(Mask::Own)
}

/// `mask_at("/card/number" = "pan", ..)`
fn mask_at(arg: &Arg<'_>, errors: &Errors) -> syn::Result<Vec<(LitStr, Mask)>> {
    let mut masks: Vec<(LitStr, Mask)> = Vec::new();
    arg.list(errors, |input| {
        let path = arg.lit_str(input, "a JSON path in double quotes, `=` and a mask")?;
        pointer(&path)?;
        if masks.iter().any(|(other, _)| other.value() == path.value()) {
            return Err(error(
                path.span(),
                format!("`{}` is masked twice", path.value()),
                "keep one of them",
            ));
        }
        if input.parse::<Option<Token![=]>>()?.is_none() {
            return Err(arg
                .symbol
                .misused(path.span(), "a JSON path lacks its `=` and mask"));
        }
        masks.push((path, mask(arg, input)?));
        Ok(())
    })?;
    Ok(masks)
}

/// A JSON pointer (RFC 6901): `/` before every name, `~` only as `~0` and `~1`.
fn pointer(path: &LitStr) -> syn::Result<()> {
    let text = path.value();
    if !text.starts_with('/') {
        return Err(error(
            path.span(),
            format!("`{text}` is no JSON path (RFC 6901)"),
            "every name begins with `/`: `\"/card/number\"`; `*` is any element",
        ));
    }
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        if char == '~' && !matches!(chars.next(), Some('0' | '1')) {
            return Err(error(
                path.span(),
                format!("`{text}` is no JSON path (RFC 6901): `~` stands alone"),
                "write `~0` for `~` and `~1` for `/` inside a name",
            ));
        }
    }
    Ok(())
}

/// `new = Ident` or `new = Ident(derive(..), attr(..))`
fn form_spec(arg: &Arg<'_>, errors: &Errors) -> syn::Result<FormSpec> {
    arg.equals()?;
    let input = arg.input();
    let span = input.span();
    let ident: Ident = input
        .parse()
        .map_err(|_| arg.symbol.misused(span, arg.expects("a name for the form")))?;
    let (mut derives, mut attrs) = (Vec::new(), Vec::new());
    if input.peek(syn::token::Paren) {
        nested(input, errors, |input| {
            let part: Ident = input.call(Ident::parse_any)?;
            if part == "derive" && input.peek(syn::token::Paren) {
                nested(input, errors, |input| {
                    let span = input.span();
                    derives.push(input.parse().map_err(|_| {
                        error(
                            span,
                            "`derive` expects paths of derives",
                            "write `derive(Clone, ::serde::Serialize)`",
                        )
                    })?);
                    Ok(())
                })
            } else if part == "attr" && input.peek(syn::token::Paren) {
                nested(input, errors, |input| {
                    meta(arg, input).map(|meta| attrs.push(meta))
                })
            } else {
                Err(error(
                    part.span(),
                    format!("a form takes `derive(..)` and `attr(..)`, not `{part}`"),
                    format!(
                        "write `{} = {ident}(derive(Clone), attr(..))`",
                        arg.symbol.word
                    ),
                ))
            }
        })?;
    }
    Ok(FormSpec {
        ident,
        derives,
        attrs,
    })
}

/// An attribute, as it stands between `#[` and `]`.
fn meta(arg: &Arg<'_>, input: ParseStream<'_>) -> syn::Result<Meta> {
    let span = input.span();
    input.parse().map_err(|_| {
        arg.symbol.misused(
            span,
            arg.expects("attributes as they stand between `#[` and `]`"),
        )
    })
}

/// `exempt(created_by, ..)`. A misspelt stamp counts, so that it is not also a missing one.
fn exempt(arg: &Arg<'_>, errors: &Errors) -> syn::Result<Vec<Spanned<Role>>> {
    let mut roles: Vec<Spanned<Role>> = Vec::new();
    arg.list(errors, |input| {
        let span = input.span();
        let stamp: Ident = input
            .call(Ident::parse_any)
            .map_err(|_| arg.symbol.misused(span, arg.expects("names of stamps")))?;
        let typed = stamp.unraw().to_string();
        if matches!(typed.as_str(), "tenant" | "version" | "active_flag") {
            return Err(error(
                span,
                format!("`{typed}` cannot be exempt: no table must have one"),
                "remove it from `exempt(..)`",
            ));
        }
        let known = choose("stamp", &typed, EXEMPTABLE, span);
        let word = known
            .as_ref()
            .ok()
            .copied()
            .or_else(|| nearest_role(&typed));
        if let Some(value) = word.and_then(Role::from_word) {
            if roles.iter().any(|role| role.value == value) {
                return Err(error(
                    span,
                    format!("`{typed}` is exempt twice"),
                    "keep one of them",
                ));
            }
            roles.push(Spanned { key: span, value });
        }
        known.map(|_| ())
    })?;
    Ok(roles)
}

/// The name in the trail: not empty, at most the 100 characters of `audit_log.table_name`.
fn stable_name(arg: &Arg<'_>) -> syn::Result<LitStr> {
    let name = arg.text()?;
    let text = name.value();
    let wrong = if text.is_empty() {
        "`name` is empty"
    } else if text.chars().count() > 100 {
        "`name` is longer than 100 characters"
    } else if text.chars().any(char::is_control) {
        "`name` holds a control character"
    } else {
        return Ok(name);
    };
    Err(arg.symbol.misused(name.span(), wrong))
}

/// `kinds("user", ..)`: `[a-z][a-z0-9_]*`
fn kinds(arg: &Arg<'_>, errors: &Errors) -> syn::Result<Vec<LitStr>> {
    let mut kinds: Vec<LitStr> = Vec::new();
    arg.list(errors, |input| {
        let kind = arg.lit_str(input, "actor kinds in double quotes")?;
        let text = kind.value();
        let sound = text.starts_with(|c: char| c.is_ascii_lowercase())
            && text
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        if !sound {
            return Err(error(
                kind.span(),
                format!("`{text}` is no actor kind"),
                "a kind is lowercase letters, digits and `_`, a letter first: `kinds(\"user\")`",
            ));
        }
        if kinds.iter().any(|other| other.value() == text) {
            return Err(error(
                kind.span(),
                format!("kind `{text}` is given twice"),
                "keep one of them",
            ));
        }
        kinds.push(kind);
        Ok(())
    })?;
    Ok(kinds)
}
