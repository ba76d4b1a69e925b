//! Does a name say that its field is secret?

use syn::Type;

/// Types that hold no secret: `bool`, and the times of std, chrono, time and Diesel.
static HARMLESS_TYPES: &[&str] = &[
    "bool",
    "Date",
    "DateTime",
    "Duration",
    "NaiveDate",
    "NaiveDateTime",
    "NaiveTime",
    "OffsetDateTime",
    "PrimitiveDateTime",
    "SystemTime",
    "Time",
    "TimeDelta",
    "UtcDateTime",
    "UtcTime",
];

/// True where the words of `name` say secret and no rule lets a field of type `ty` through.
pub(crate) fn says_secret(name: &str, ty: &Type) -> bool {
    audit_names::says_secret(name) && !is_harmless(ty)
}

fn is_harmless(ty: &Type) -> bool {
    let ty = option_of(ty).unwrap_or(ty);
    last_segment(ty).is_some_and(|segment| {
        let name = segment.ident.to_string();
        HARMLESS_TYPES.contains(&name.as_str())
    })
}

/// The last segment of a path type; parentheses and macro groups do not count.
pub(crate) fn last_segment(ty: &Type) -> Option<&syn::PathSegment> {
    match ty {
        Type::Path(path) => path.path.segments.last(),
        Type::Group(group) => last_segment(&group.elem),
        Type::Paren(paren) => last_segment(&paren.elem),
        _ => None,
    }
}

/// The `T` of a type written `Option<T>`.
pub(crate) fn option_of(ty: &Type) -> Option<&Type> {
    let segment = last_segment(ty).filter(|segment| segment.ident == "Option")?;
    let syn::PathArguments::AngleBracketed(arguments) = &segment.arguments else {
        return None;
    };
    arguments.args.iter().find_map(|argument| match argument {
        syn::GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bool_and_a_time_hold_no_secret() {
        let secret = |ty| says_secret("password_reset", &ty);
        assert!(!secret(syn::parse_quote!(bool)));
        assert!(!secret(syn::parse_quote!(Option<bool>)));
        assert!(!secret(syn::parse_quote!(
            ::core::option::Option<chrono::DateTime<Utc>>
        )));
        assert!(!secret(syn::parse_quote!((time::OffsetDateTime))));
        assert!(secret(syn::parse_quote!(Option<String>)));
        assert!(secret(syn::parse_quote!(Vec<bool>)));
        assert!(secret(syn::parse_quote!(&'a str)));
    }
}
