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
    last_segment(ty)
        .filter(|segment| segment.ident == "Option")
        .and_then(first_argument)
}

/// The `T` of `Name<T>`.
fn first_argument(segment: &syn::PathSegment) -> Option<&Type> {
    let syn::PathArguments::AngleBracketed(arguments) = &segment.arguments else {
        return None;
    };
    arguments.args.iter().find_map(|argument| match argument {
        syn::GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}

/// True for types that are written as text: `String`, `&str`, `Option<Cow<'_, str>>` and the like.
pub(crate) fn is_text(ty: &Type) -> bool {
    match ty {
        Type::Group(group) => is_text(&group.elem),
        Type::Paren(paren) => is_text(&paren.elem),
        Type::Reference(reference) => is_text(&reference.elem),
        _ => last_segment(ty).is_some_and(|segment| {
            let is = |name: &&str| segment.ident == name;
            ["String", "str"].iter().any(is)
                || ["Option", "Box", "Cow", "Arc", "Rc"].iter().any(is)
                    && first_argument(segment).is_some_and(is_text)
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_known_as_it_is_written() {
        for ty in [
            "String",
            "&str",
            "&'a mut (str)",
            "Option<String>",
            "::core::option::Option<std::string::String>",
            "Cow<'static, str>",
            "Option<Box<str>>",
            "Arc<Option<Rc<str>>>",
        ] {
            assert!(is_text(&syn::parse_str(ty).unwrap()), "{ty}");
        }
        for ty in [
            "Value",
            "Option<serde_json::Value>",
            "Json<String>",
            "Vec<String>",
            "Option<Vec<u8>>",
            "Option",
            "&[u8]",
            "Cow<'a, [u8]>",
            "(String, String)",
        ] {
            assert!(!is_text(&syn::parse_str(ty).unwrap()), "{ty}");
        }
    }

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
