//! When two names are the same to a reader that is not careful.

use unicode_normalization::UnicodeNormalization as _;

/// Folds a name: NFKC, no control or default-ignorable characters, case folded, without `_`, `-`
/// and white space. (Trimming is part of the latter.)
pub(super) fn fold(name: &str) -> String {
    if name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
        // Almost every key; the rest of the work would change nothing.
        return name
            .chars()
            .filter(|c| *c != '_')
            .map(|c| c.to_ascii_lowercase())
            .collect();
    }
    // What is dropped can leave neighbours that NFKC composes, and what it composes can have another
    // case: twice over, it is stable.
    pass(&pass(name)).nfkc().collect()
}

fn pass(name: &str) -> String {
    name.nfkc()
        .filter(|c| !is_ignorable(*c) && !c.is_whitespace() && !matches!(c, '_' | '-'))
        // Upper case first: it is what makes `ß`, `ſ` and `ς` equal to their kin, as Unicode's
        // case folding (UAX #44, CaseFolding.txt) does.
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase)
        .collect()
}

/// Control characters, and the characters that Unicode declares default-ignorable
/// (DerivedCoreProperties.txt): those a reader does not see.
pub(crate) fn is_ignorable(c: char) -> bool {
    // White space is control (tab, line feed) or not; either way it goes.
    c.is_control()
        || matches!(c,
            '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}'..='\u{1160}' | '\u{17B4}'..='\u{17B5}'
            | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}'
            | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}' | '\u{1BCA0}'..='\u{1BCA3}'
            | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
}
