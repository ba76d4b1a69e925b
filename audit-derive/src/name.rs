//! Names: without `r#`, renamed as serde would.

use syn::Ident;
use syn::ext::IdentExt;

/// The name without `r#`.
pub(crate) fn unraw(ident: &Ident) -> String {
    ident.unraw().to_string()
}

/// A rule of `#[serde(rename_all = "..")]`, as it applies to fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Case {
    Lower,
    Upper,
    Pascal,
    Camel,
    Snake,
    ScreamingSnake,
    Kebab,
    ScreamingKebab,
}

impl Case {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "lowercase" => Self::Lower,
            "UPPERCASE" => Self::Upper,
            "PascalCase" => Self::Pascal,
            "camelCase" => Self::Camel,
            "snake_case" => Self::Snake,
            "SCREAMING_SNAKE_CASE" => Self::ScreamingSnake,
            "kebab-case" => Self::Kebab,
            "SCREAMING-KEBAB-CASE" => Self::ScreamingKebab,
            _ => return None,
        })
    }

    /// Renames a field as serde does: only `_` parts words, only ASCII changes case.
    pub(crate) fn field(self, name: &str) -> String {
        match self {
            Self::Lower | Self::Snake => name.to_owned(),
            Self::Upper | Self::ScreamingSnake => name.to_ascii_uppercase(),
            Self::Pascal => pascal(name, true),
            Self::Camel => pascal(name, false),
            Self::Kebab => name.replace('_', "-"),
            Self::ScreamingKebab => name.to_ascii_uppercase().replace('_', "-"),
        }
    }
}

fn pascal(name: &str, mut upper: bool) -> String {
    let mut out = String::new();
    // serde lowers the first character of the Pascal form, so a leading `_` counts for nothing.
    let mut first = !upper;
    upper = true;
    for char in name.chars() {
        if char == '_' {
            upper = true;
        } else if std::mem::take(&mut first) {
            out.push(char.to_ascii_lowercase());
            upper = false;
        } else if std::mem::take(&mut upper) {
            out.push(char.to_ascii_uppercase());
        } else {
            out.push(char);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_renamed_as_serde_does() {
        for (rule, expected) in [
            ("lowercase", "created_at"),
            ("UPPERCASE", "CREATED_AT"),
            ("PascalCase", "CreatedAt"),
            ("camelCase", "createdAt"),
            ("snake_case", "created_at"),
            ("SCREAMING_SNAKE_CASE", "CREATED_AT"),
            ("kebab-case", "created-at"),
            ("SCREAMING-KEBAB-CASE", "CREATED-AT"),
        ] {
            assert_eq!(
                Case::parse(rule)
                    .map(|case| case.field("created_at"))
                    .unwrap(),
                expected
            );
        }
        assert_eq!(Case::parse("Title Case"), None);
        assert_eq!(Case::Camel.field("_übung_x"), "übungX");
        assert_eq!(Case::Camel.field(""), "");
    }
}
