//! Ports as text.
//!
//! A C library reads a number in front of a name service with `strtoul` and keeps 16 bits: 65616 is
//! 80 to it, and so is "+80". So what looks like a number is looked at before it gets there.

/// What a text that [`is_port`] refuses is told.
pub const EXPECTED: &str = "a port is a number from 0 to 65535";

/// Whether the text can be a port: a decimal number of 16 bits, or what may be the name of a service.
///
/// Not a number with a sign, blanks or the prefix of another base.
pub fn is_port(text: &[u8]) -> bool {
    if !text.is_empty() && text.iter().all(u8::is_ascii_digit) {
        return number(text).is_some();
    }
    // IANA has names that begin with a digit. None has a blank, or begins with a sign.
    let is_blank = |byte: &u8| byte.is_ascii_whitespace() || *byte == b'\x0b';
    match text {
        [] | [b'+' | b'-', ..] => false,
        [b'0', b'x' | b'X', digits @ ..] if digits.iter().all(u8::is_ascii_hexdigit) => false,
        _ => !text.iter().any(is_blank),
    }
}

/// The decimal number of 16 bits that the whole text is.
pub fn number(text: &[u8]) -> Option<u16> {
    // The standard library would take a sign.
    if !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    core::str::from_utf8(text).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_16_bits() {
        for (text, port) in [("0", 0), ("80", 80), ("0080", 80), ("65535", 65535)] {
            assert_eq!(number(text.as_bytes()), Some(port));
            assert!(is_port(text.as_bytes()), "{text}");
        }
        for text in [
            "65536",
            "65616",
            "4294967376",
            "18446744073709551696",
            "99999999999999999999999",
        ] {
            assert_eq!(number(text.as_bytes()), None);
            assert!(!is_port(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn what_only_resembles_a_decimal_number_is_none() {
        for text in [
            "", " ", "-1", "+80", " 80", "80 ", "\t80", "80\n", "8 0", "\x0b80", "0x50", "0X50",
            "0x", "-", "+",
        ] {
            assert_eq!(number(text.as_bytes()), None, "{text:?}");
            assert!(!is_port(text.as_bytes()), "{text:?}");
        }
    }

    #[test]
    fn services_have_names() {
        for text in ["http", "9pfs", "z39.50", "0xen", "x11", "1,x"] {
            assert_eq!(number(text.as_bytes()), None, "{text}");
            assert!(is_port(text.as_bytes()), "{text}");
        }
    }
}
