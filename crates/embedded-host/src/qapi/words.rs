//! Parsing words for booleans, integers and sizes ("on", "0x10", "4k").

use core::ffi::{CStr, c_int};
use std::ffi::CString;

/// What a text says of yes and no (R-QOM-17); None if neither.
pub(crate) fn yes_or_no(text: &[u8]) -> Option<bool> {
    match text {
        b"on" | b"yes" | b"true" | b"y" => Some(true),
        b"off" | b"no" | b"false" | b"n" => Some(false),
        _ => None,
    }
}

/// The number that a text is, written as in C, with a sign if it has one; None if it is none.
pub(crate) fn integer(text: &[u8]) -> Option<i128> {
    let text = str::from_utf8(text).ok()?;
    let (negative, digits) = match text.as_bytes() {
        [b'-', ..] => (true, &text[1..]),
        [b'+', ..] => (false, &text[1..]),
        _ => (false, text),
    };
    let (digits, radix) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (&digits[2..], 16),
        [b'0', _, ..] => (&digits[1..], 8),
        _ => (digits, 10),
    };
    if !digits.chars().all(|digit| digit.is_digit(radix)) {
        return None;
    }
    let number = i128::from(u64::from_str_radix(digits, radix).ok()?);
    Some(if negative { -number } else { number })
}

/// The bytes that a text stands for: a number, perhaps with the letter of a power of 1024 after it.
pub(crate) fn size(text: &[u8]) -> Option<i128> {
    // There, two of the letters are digits.
    let is_hexadecimal = matches!(
        text,
        [b'0', b'x' | b'X', ..] | [b'+' | b'-', b'0', b'x' | b'X', ..]
    );
    let (number, power) = match text {
        [number @ .., last] => match last.to_ascii_uppercase() {
            b'B' if !is_hexadecimal => (number, 0),
            b'K' => (number, 1),
            b'M' => (number, 2),
            b'G' => (number, 3),
            b'T' => (number, 4),
            b'P' => (number, 5),
            b'E' if !is_hexadecimal => (number, 6),
            _ => (text, 0),
        },
        [] => return None,
    };
    integer(number)?.checked_mul(1 << (10 * power))
}

/// Where `text` stands among an enum's names, of which those that are empty are no names.
pub(crate) fn position<'a>(
    text: &CStr,
    mut names: impl Iterator<Item = &'a CStr>,
) -> Option<c_int> {
    let index = names.position(|name| name == text && !name.is_empty())?;
    c_int::try_from(index).ok()
}

/// A hint that lists the names of an enum (R-QOM-17).
pub(crate) fn accepted<'a>(names: impl Iterator<Item = &'a CStr>) -> CString {
    let names: Vec<_> = names
        .filter(|name| !name.is_empty())
        .map(|name| format!("'{}'", name.to_string_lossy()))
        .collect();
    CString::new(format!("Accepted values: {}\n", names.join(", "))).unwrap_or_default()
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
    fn numbers_are_written_as_in_c() {
        for (text, number) in [
            ("0", 0),
            ("42", 42),
            ("-42", -42),
            ("+7", 7),
            ("0x10", 16),
            ("-0X1f", -31),
            ("010", 8),
            ("18446744073709551615", i128::from(u64::MAX)),
        ] {
            assert_eq!(integer(text.as_bytes()), Some(number), "{text}");
        }
        for text in ["", "-", "x", "1 ", " 1", "0x", "09", "1.5", "--1", "0x-1"] {
            assert_eq!(integer(text.as_bytes()), None, "{text}");
        }
        assert_eq!(integer(b"18446744073709551616"), None);
    }

    #[test]
    fn sizes_may_end_with_a_letter() {
        for (text, bytes) in [
            ("0", 0),
            ("512", 512),
            ("512B", 512),
            ("1k", 1024),
            ("3M", 3 << 20),
            ("2G", 2 << 30),
            ("1E", 1 << 60),
            ("0x1E", 30),
            ("0x1b", 27),
            ("0X1B", 27),
            ("0X1e", 30),
            ("+0x1E", 30),
            ("0x1M", 1 << 20),
        ] {
            assert_eq!(size(text.as_bytes()), Some(bytes), "{text}");
        }
        for text in ["", "k", "1kk", "1X", "1 k"] {
            assert_eq!(size(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn names_have_to_match_whole() {
        let names = [c"inet", c"unix"];
        assert_eq!(position(c"unix", names.into_iter()), Some(1));
        assert_eq!(position(c"uni", names.into_iter()), None);
        assert_eq!(position(c"", names.into_iter()), None);
        // A value without name, of which nobody can speak.
        assert_eq!(position(c"", [c"inet", c""].into_iter()), None);
    }
}
