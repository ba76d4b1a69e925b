//! When two names are the same to a reader that is not careful.

use unicode_normalization::UnicodeNormalization as _;

use crate::invisible::is_ignorable;

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
