//! Collects every mistake of a struct, so that one compile shows them all.

use std::cell::{Cell, RefCell};
use std::fmt::Display;

use proc_macro2::Span;
use quote::ToTokens;

/// The mistakes found so far. It must be finished: dropping it unread is a bug of this crate.
pub(crate) struct Errors {
    list: RefCell<Vec<syn::Error>>,
    finished: Cell<bool>,
}

impl Errors {
    pub(crate) fn new() -> Self {
        Self {
            list: RefCell::new(Vec::new()),
            finished: Cell::new(false),
        }
    }

    /// Records what is wrong at `span`, and one line with a form that is right.
    pub(crate) fn at(&self, span: Span, message: impl Display, help: impl Display) {
        self.push(error(span, message, help));
    }

    /// Like [`Errors::at`], under all of `tokens`.
    pub(crate) fn on(&self, tokens: impl ToTokens, message: impl Display, help: impl Display) {
        self.push(syn::Error::new_spanned(
            tokens,
            format!("{message}\nhelp: {help}"),
        ));
    }

    /// Records a mistake; one of syn's own wording is given its help line.
    pub(crate) fn push(&self, mistake: syn::Error) {
        let text = mistake.to_string();
        let mistake = if text.contains("\nhelp: ") {
            mistake
        } else {
            error(
                mistake.span(),
                text,
                "the derive's documentation shows every form",
            )
        };
        self.list.borrow_mut().push(mistake);
    }

    pub(crate) fn count(&self) -> usize {
        self.list.borrow().len()
    }

    pub(crate) fn finish(self) -> Vec<syn::Error> {
        self.finished.set(true);
        self.list.take()
    }
}

impl Drop for Errors {
    fn drop(&mut self) {
        debug_assert!(
            self.finished.get() || std::thread::panicking(),
            "mistakes were collected and never reported"
        );
    }
}

/// One mistake: what is wrong, and one line with a form that is right.
pub(crate) fn error(span: Span, message: impl Display, help: impl Display) -> syn::Error {
    syn::Error::new(span, format!("{message}\nhelp: {help}"))
}

/// The known word nearest to `typed`, if it is near enough to have been meant.
pub(crate) fn nearest<'a>(typed: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let typed = typed.to_lowercase();
    let limit = (typed.chars().count() / 3).max(1);
    known
        .map(|word| (distance(&typed, word), word))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

/// Edits (insert, remove, replace, swap of neighbours) between two words.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    let mut previous_char = None;
    for (row, ca) in a.chars().enumerate() {
        let mut current = vec![row + 1];
        let mut previous_b = None;
        for (column, &cb) in b.iter().enumerate() {
            let get = |line: &[usize], at: usize| line.get(at).copied().unwrap_or(usize::MAX - 1);
            let mut best = (get(&last, column) + usize::from(ca != cb))
                .min(get(&last, column + 1) + 1)
                .min(get(&current, column) + 1);
            if column > 0 && previous_b == Some(ca) && previous_char == Some(cb) {
                best = best.min(get(&before_last, column - 1) + 1);
            }
            current.push(best);
            previous_b = Some(cb);
        }
        before_last = last;
        last = current;
        previous_char = Some(ca);
    }
    last.last().copied().unwrap_or(0)
}

/// `` `a`, `b` and `c` ``
pub(crate) fn quoted_list<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let words: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
    match words.split_last() {
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_edits() {
        for (a, b, edits) in [
            ("", "", 0),
            ("a", "", 1),
            ("", "ab", 2),
            ("mask", "maks", 1),
            ("skip", "ship", 1),
        ] {
            assert_eq!(distance(a, b), edits, "{a} {b}");
        }
        assert_eq!(distance("created_by", "craeted_bye"), 2);
    }

    #[test]
    fn nearest_is_near() {
        let known = ["skip", "mask", "mask_at", "created_by"];
        let near = |typed| nearest(typed, known.into_iter());
        assert_eq!(near("maks"), Some("mask"));
        assert_eq!(near("mask_att"), Some("mask_at"));
        assert_eq!(near("createdby"), Some("created_by"));
        assert_eq!(near("encrypt"), None);
    }

    #[test]
    fn a_list_reads_as_a_sentence() {
        assert_eq!(quoted_list([]), "");
        assert_eq!(quoted_list(["a"]), "`a`");
        assert_eq!(quoted_list(["a", "b", "c"]), "`a`, `b` and `c`");
    }

    #[test]
    #[should_panic(expected = "never reported")]
    fn unread_mistakes_are_a_bug() {
        Errors::new().at(Span::call_site(), "wrong", "right");
    }
}
