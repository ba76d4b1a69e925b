//! Characters that a reader does not see, or that make a text look like another.

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

/// True of characters by which a text shows itself otherwise than it is: controls, ends of lines, marks
/// that turn the direction of text (Unicode TR 9), and what has no width, the joiners of emoji and the
/// tags of flags among it. Not variation selectors and marks that combine.
///
/// Whatever shows stored text escapes these; the list is here so that there is one.
pub fn is_deceptive(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{AD}' | '\u{61C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{E0000}'..='\u{E007F}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_deceives_is_no_letter() {
        for c in [
            '\0',
            '\n',
            '\u{1B}',
            '\u{7F}',
            '\u{9B}',
            '\u{AD}',
            '\u{61C}',
            '\u{200B}',
            '\u{200E}',
            '\u{200F}',
            '\u{2028}',
            '\u{2029}',
            '\u{202A}',
            '\u{202E}',
            '\u{2060}',
            '\u{2066}',
            '\u{2069}',
            '\u{FEFF}',
            '\u{E0041}',
        ] {
            assert!(is_deceptive(c), "{c:?}");
        }
        for c in [
            ' ', 'a', 'é', '\u{A0}', 'ن', 'א', '\u{301}', '\u{FE0F}', '😀',
        ] {
            assert!(!is_deceptive(c), "{c:?}");
        }
    }
}
