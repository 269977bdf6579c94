//! Text columns: U+0000 is escaped, because PostgreSQL refuses it and a phone may receive it.
//!
//! The escape is U+FFFE, a code point that no text should hold; one that does is escaped itself, so that what is
//! read is always what was written.

const ESCAPE: char = '\u{fffe}';

/// As it is stored.
pub(crate) fn escape(text: &str) -> String {
    if !text.contains(['\0', ESCAPE]) {
        return text.to_owned();
    }
    let mut escaped = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        match character {
            '\0' => escaped.extend([ESCAPE, '0']),
            ESCAPE => escaped.extend([ESCAPE, ESCAPE]),
            other => escaped.push(other),
        }
    }
    escaped
}

/// As it was given.
pub(crate) fn unescape(text: String) -> String {
    if !text.contains(ESCAPE) {
        return text;
    }
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            ESCAPE => plain.extend(characters.next().map(|next| if next == '0' { '\0' } else { next })),
            other => plain.push(other),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_comes_back_as_it_was_and_none_is_stored_with_a_nul() {
        for text in ["", "plain", "a\0b", "\0", "\u{fffe}", "\u{fffe}0", "\0\u{fffe}\0", "0\u{fffe}\u{fffe}0"]
        {
            let stored = escape(text);
            assert!(!stored.contains('\0'));
            assert_eq!(unescape(stored), text);
        }
    }
}
