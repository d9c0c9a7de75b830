//! Texts that stand for values.

use core::ffi::{CStr, c_int};

/// What a text says of yes and no (R-QOM-17); None if neither.
pub fn yes_or_no(text: &[u8]) -> Option<bool> {
    match text {
        b"on" | b"yes" | b"true" | b"y" => Some(true),
        b"off" | b"no" | b"false" | b"n" => Some(false),
        _ => None,
    }
}

/// Where `text` stands among an enum's names.
pub fn position<'a>(text: &CStr, mut names: impl Iterator<Item = &'a CStr>) -> Option<c_int> {
    let index = names.position(|name| name == text)?;
    c_int::try_from(index).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yes_and_no_have_four_words_each() {
        for word in ["on", "yes", "true", "y"] {
            assert_eq!(yes_or_no(word.as_bytes()), Some(true), "{word}");
        }
        for word in ["off", "no", "false", "n"] {
            assert_eq!(yes_or_no(word.as_bytes()), Some(false), "{word}");
        }
        for word in ["", "ON", "1", "0", "on ", "offf"] {
            assert_eq!(yes_or_no(word.as_bytes()), None, "{word}");
        }
    }

    #[test]
    fn names_have_to_match_whole() {
        let names = [c"inet", c"unix"];
        assert_eq!(position(c"unix", names.into_iter()), Some(1));
        assert_eq!(position(c"uni", names.into_iter()), None);
        assert_eq!(position(c"", names.into_iter()), None);
    }
}
