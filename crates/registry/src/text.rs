//! How addresses, functions, times and texts are written.

use core::fmt::{self, Write};

use super::names;

/// An address, as `%p` writes it.
pub(crate) struct Address(pub u64);

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => f.write_str("(nil)"),
            address => write!(f, "{address:#x}"),
        }
    }
}

/// A function: its name, or its address.
pub(crate) struct Function(pub u64);

impl fmt::Display for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = usize::try_from(self.0).unwrap_or(0);
        match names::with(address, |name| write!(f, "{}", Text(name))) {
            Some(result) => result,
            None => write!(f, "{}", Address(self.0)),
        }
    }
}

/// Nanoseconds, written as seconds.
pub(crate) struct Seconds(pub u64);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let milliseconds = self.0 / 1_000_000;
        write!(f, "{}.{:03}s", milliseconds / 1_000, milliseconds % 1_000)
    }
}

/// Bytes that came from the program: what isn't printable ASCII, or would end a quotation, is escaped.
pub(crate) struct Text<'a>(pub &'a [u8]);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for &byte in self.0 {
            match byte {
                b'"' | b'\\' => write!(f, "\\{}", char::from(byte))?,
                b' '..=b'~' => f.write_char(char::from(byte))?,
                _ => write!(f, "\\x{byte:02x}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_texts_are_as_the_page_says() {
        assert_eq!(Seconds(61_002_999_999).to_string(), "61.002s");
        assert_eq!(Address(0).to_string(), "(nil)");
        assert_eq!(Function(0x11).to_string(), "0x11");
        assert_eq!(Text(b"a \"b\"\n").to_string(), "a \\\"b\\\"\\x0a");
    }
}
