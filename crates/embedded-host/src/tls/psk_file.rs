//! The file of pre-shared keys, which means the same to both ends (R-TLS-73).
//!
//! A line is "NAME:KEY", the key hexadecimal. It ends with LF or CR LF, the last one perhaps with
//! nothing; blanks at its end don't matter. Empty lines are none, nor are comments, which begin with
//! `#`. But psktool(1) writes a name that isn't plain text as `#` with hexadecimal digits, so a line
//! that is a whole one of these is no comment.
//!
//! What can't be seen in an editor, a byte order mark or a blank at an end of the name, would make it
//! the name of nobody, and is an error at both ends.

use super::files::File;
use super::gnutls::{Entry, Keys};
use crate::error::Error;

/// The keys in a file. Any other line is an error, since a key would be missing.
pub(crate) fn parse(file: &File) -> Result<Keys, Error> {
    let mut entries = Vec::new();
    for (line, number) in file.bytes.split(|&byte| byte == b'\n').zip(1..) {
        let line = line.trim_ascii_end();
        let unusable = |why| {
            let reason = format_args!("line {number} {why}");
            Err(file.error("Cannot use the keys in", reason))
        };
        if line.starts_with(BYTE_ORDER_MARK) {
            return unusable("begins with a byte order mark");
        }
        match (parse_line(line), line) {
            (Some(entry), [b'#', ..]) => entries.push(entry),
            (None, [] | [b'#', ..]) => {}
            (Some(entry), _) if entry.name.trim_ascii() != entry.name => {
                return unusable("has a blank beside the name");
            }
            (Some(entry), _) if entry.name.iter().any(u8::is_ascii_control) => {
                return unusable("has a control character in the name");
            }
            (Some(entry), _) if !entry.name.is_empty() => entries.push(entry),
            _ => return unusable("isn't NAME:KEY with a hexadecimal key"),
        }
    }
    Ok(Keys(entries))
}

/// What some editors put in front of UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A line of the form, whatever the name.
fn parse_line(line: &[u8]) -> Option<Entry> {
    let colon = line.iter().position(|&byte| byte == b':')?;
    let (name, key) = (line.get(..colon)?, line.get(colon + 1..)?);
    let name = match name {
        [b'#', digits @ ..] => from_hexadecimal(digits)?,
        _ => name.to_vec(),
    };
    let key = from_hexadecimal(key)?;
    Some(Entry { name, key })
}

/// The bytes, of which there has to be one.
fn from_hexadecimal(text: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: u8| {
        char::from(byte)
            .to_digit(16)
            .and_then(|digit| u8::try_from(digit).ok())
    };
    let (pairs, []) = text.as_chunks::<2>() else {
        return None;
    };
    if pairs.is_empty() {
        return None;
    }
    let byte = |&[high, low]: &[u8; 2]| Some(digit(high)? << 4 | digit(low)?);
    pairs.iter().map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &[u8]) -> Result<Keys, Error> {
        super::parse(&File {
            path: "keys.psk".into(),
            bytes: text.into(),
        })
    }

    #[test]
    fn the_first_line_of_the_name_has_the_key() {
        let keys = parse(b"qem:11\nqemu2:22\nqemu:aA\r\nqemu:bb\n").unwrap();
        assert_eq!(keys.find(b"qemu"), Some(&[0xaa][..]));
        assert_eq!(keys.find(b"qemu2"), Some(&[0x22][..]));
        assert_eq!(keys.find(b"nobody"), None);
        assert_eq!(parse(b"").unwrap().find(b"qemu"), None);
        assert_eq!(parse(b"qemu:cc").unwrap().find(b"qemu"), Some(&[0xcc][..]));
    }

    #[test]
    fn what_surrounds_the_keys_is_passed_over() {
        let text = b"# who may\n\n  \r\n#qemu:11\nqemu:0102 \t\r\n#: \nlast one:FF  ";
        let keys = parse(text).unwrap();
        assert_eq!(keys.0.len(), 2);
        assert_eq!(keys.find(b"qemu"), Some(&[1, 2][..]));
        assert_eq!(keys.find(b"last one"), Some(&[255][..]));
    }

    #[test]
    fn names_that_are_no_plain_text_are_hexadecimal() {
        let keys = parse(b"#00ff3a:01\n#cafe: 02\n#caf:03\n").unwrap();
        assert_eq!(keys.find(b"\x00\xff:"), Some(&[1][..]));
        assert_eq!(keys.0.len(), 1);
    }

    #[test]
    fn a_line_that_is_none_is_named() {
        let form = "isn't NAME:KEY with a hexadecimal key";
        let (mark, blank) = (
            "begins with a byte order mark",
            "has a blank beside the name",
        );
        let control = "has a control character in the name";
        for (text, number, why) in [
            (&b"qemu:01\nqemu\n"[..], 2, form),
            (b"qemu:\n", 1, form),
            (b"\nqemu:012\n", 2, form),
            (b"qemu: 01\n", 1, form),
            (b"qemu:0g\n", 1, form),
            (b":01\n", 1, form),
            (b"\xef\xbb\xbfqemu:01\n", 1, mark),
            (b"\xef\xbb\xbf# who may\n", 1, mark),
            (b"\xef\xbb\xbf", 1, mark),
            (b"a:01\n qemu:01\n", 2, blank),
            (b"\tqemu:01\n", 1, blank),
            (b"qemu :01\n", 1, blank),
            (b" :01\n", 1, blank),
            (b" #71:01\n", 1, blank),
            (b"  # who may\n", 1, form),
            (b"qe\0mu:01\n", 1, control),
            (b"one:01\rqemu:02\n", 1, form),
            (b"qe\rmu:01\n", 1, control),
        ] {
            let error = parse(text).err().unwrap().to_string();
            let wanted = format!("keys.psk: line {number} {why}");
            assert!(error.ends_with(&wanted), "{error}");
        }
    }
}
