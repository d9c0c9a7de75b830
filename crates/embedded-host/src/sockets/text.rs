//! Addresses as text (R-SOCK-22).

use core::ffi::CStr;
use std::ffi::CString;

use super::inet_text::{InetText, split_at_byte};
use super::{c_text, inet_keyval, inet_legacy};
use crate::error::Error;
use abi::address::{Address, View};
use abi::profile;

/// The most characters of a virtio context id or port.
const VSOCK_MAX: usize = 32;

/// The address that a text names.
pub(crate) fn parse(text: &CStr) -> Result<Address, Error> {
    let bytes = text.to_bytes();
    if let Some(path) = bytes.strip_prefix(b"unix:") {
        let path = given(path).ok_or_else(|| invalid("Unix", text))?;
        Ok(Address::unix(&path))
    } else if let Some(name) = bytes.strip_prefix(b"fd:") {
        let name = given(name).ok_or_else(|| invalid("file descriptor", text))?;
        Ok(Address::fd(&name))
    } else if let Some(numbers) = bytes.strip_prefix(b"vsock:") {
        let (cid, port) = vsock(numbers).ok_or_else(|| invalid("vsock", text))?;
        Ok(Address::vsock(&cid, &port))
    } else {
        let inet = match bytes.strip_prefix(b"tcp:") {
            Some(inet) => inet,
            None => without_kind(bytes, text)?,
        };
        Ok(Address::inet(&parse_inet(&c_text(inet))?.fields()))
    }
}

/// An internet address is one without a kind, too. What reads like another kind and can't be a host, since
/// two colons follow outside brackets, is named (R-SOCK-24).
fn without_kind<'a>(bytes: &'a [u8], text: &CStr) -> Result<&'a [u8], Error> {
    let address = bytes.split(|byte| *byte == b',').next().unwrap_or(bytes);
    let Some((word, rest)) = split_at_byte(address, b':') else {
        return Ok(bytes);
    };
    let is_word = word.iter().all(u8::is_ascii_alphanumeric)
        // Else it may be the beginning of an IPv6 address.
        && word.iter().any(|byte| !byte.is_ascii_hexdigit());
    if is_word && (rest.starts_with(b"[") || rest.contains(&b':')) {
        let word = String::from_utf8_lossy(word);
        return Err(Error::new(format!(
            "error parsing address '{}': there is no kind '{word}', only tcp, unix, fd and vsock",
            text.to_string_lossy()
        )));
    }
    Ok(bytes)
}

/// The internet address of a text in the syntax of the profile (R-SOCK-23).
pub(crate) fn parse_inet(text: &CStr) -> Result<InetText, Error> {
    if profile::ADDRESS_OPTIONS_ARE_PAIRS {
        inet_keyval::parse(text.to_bytes())
    } else {
        inet_legacy::parse(text.to_bytes())
    }
}

/// The text of an address, as [`parse`] reads it; what isn't given is empty.
pub(crate) fn uri(address: View<'_>) -> CString {
    let (kind, parts) = match address {
        View::Inet(inet) => return inet_uri(inet.host(), inet.port()),
        View::Unix(unix) => ("unix", vec![unix.path()]),
        View::Fd(fd) => ("fd", vec![fd.name()]),
        View::Vsock(vsock) => ("vsock", vec![vsock.cid(), vsock.port()]),
    };
    let mut text = kind.as_bytes().to_vec();
    for part in parts {
        text.push(b':');
        text.extend_from_slice(part.unwrap_or_default().to_bytes());
    }
    c_text(&text)
}

/// A host with colons stands in brackets, as does one that would look as if it did, and a comma is written twice where that is the syntax.
fn inet_uri(host: Option<&CStr>, port: Option<&CStr>) -> CString {
    let mut text = b"tcp:".to_vec();
    let mut push = |part: &[u8]| {
        for byte in part {
            text.push(*byte);
            if *byte == b',' && profile::ADDRESS_OPTIONS_ARE_PAIRS {
                text.push(*byte);
            }
        }
    };
    let host = host.unwrap_or_default().to_bytes();
    let brackets: [&[u8]; 2] = if host.contains(&b':') || host.starts_with(b"[") {
        [b"[", b"]"]
    } else {
        [b"", b""]
    };
    let port = port.unwrap_or_default().to_bytes();
    for part in [brackets[0], host, brackets[1], b":", port] {
        push(part);
    }
    c_text(&text)
}

fn given(bytes: &[u8]) -> Option<CString> {
    (!bytes.is_empty()).then(|| c_text(bytes))
}

fn vsock(numbers: &[u8]) -> Option<(CString, CString)> {
    let (cid, port) = split_at_byte(numbers, b':')?;
    let fits = |text: &[u8]| text.len() <= VSOCK_MAX && !text.contains(&b':');
    if !fits(cid) || !fits(port) {
        return None;
    }
    Some((given(cid)?, given(port)?))
}

fn invalid(kind: &str, text: &CStr) -> Error {
    let text = text.to_string_lossy();
    Error::new(format!("invalid {kind} socket address '{text}'"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use abi::address::InetFields;

    fn round_trip(text: &CStr) -> CString {
        uri(parse(text).unwrap().view())
    }

    #[test]
    fn texts_survive_the_round_trip() {
        for text in [
            c"tcp:h:80",
            c"unix:/run/x",
            c"fd:nine",
            c"vsock:3:1024",
            c"unix:a:b",
        ] {
            assert_eq!(round_trip(text).as_c_str(), text);
        }
        assert_eq!(round_trip(c"h:80").as_c_str(), c"tcp:h:80");
        assert_eq!(round_trip(c"tcp::80,ipv4").as_c_str(), c"tcp::80");
        assert_eq!(round_trip(c"[::1]:80").as_c_str(), c"tcp:[::1]:80");
        assert_eq!(round_trip(c"tcp:[h]:80").as_c_str(), c"tcp:h:80");
        assert_eq!(round_trip(c"tcp:[[h]:80").as_c_str(), c"tcp:[[h]:80");
        if profile::ADDRESS_OPTIONS_ARE_PAIRS {
            assert_eq!(round_trip(c"a,,b:1,,2").as_c_str(), c"tcp:a,,b:1,,2");
        }
    }

    #[test]
    fn the_fields_are_those_of_the_text() {
        let text = parse_inet(c"host:80,ipv4=off,to=90").unwrap();
        let expected = InetFields {
            host: c"host",
            port: c"80",
            to: Some(90),
            ipv4: Some(false),
            ..InetFields::default()
        };
        assert_eq!(text.fields(), expected);
    }

    #[test]
    fn half_an_address_is_refused() {
        for text in [
            c"",
            c"unix:",
            c"fd:",
            c"vsock:",
            c"vsock:3",
            c"vsock:3:",
            c"vsock::1",
            c"vsock:1:2:3",
            c"tcp:",
            c"host",
            c"udp",
        ] {
            assert!(parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn unknown_kinds_are_named() {
        let sentence = |text: &CStr| parse(text).err().map(|error| error.to_string());
        for text in [c"udp:1:2", c"udp:[::1]:2", c"quic:h:http,ipv4"] {
            let told = sentence(text).unwrap();
            let kind = text.to_string_lossy();
            let kind = kind.split(':').next().unwrap();
            let wanted = format!("there is no kind '{kind}', only tcp, unix, fd and vsock");
            assert!(told.ends_with(&wanted), "{told}");
        }
        // A host may be called so, and an address may begin with letters.
        assert_eq!(sentence(c"udp:80"), None);
        assert_eq!(sentence(c"tcp:udp:80"), None);
        for text in [c"fe80::1:80", c"dead:beef::1:80", c"tcp:udp:1:2"] {
            let told = sentence(text).unwrap();
            assert!(
                told.ends_with("a host with colons needs brackets"),
                "{told}"
            );
        }
    }

    #[test]
    fn vsock_numbers_have_a_limit() {
        let text = |cid: usize, port: usize| {
            let text = format!("vsock:{}:{}", "1".repeat(cid), "2".repeat(port));
            parse(&CString::new(text).unwrap()).is_ok()
        };
        assert!(text(VSOCK_MAX, VSOCK_MAX));
        assert!(!text(VSOCK_MAX + 1, 1));
        assert!(!text(1, VSOCK_MAX + 1));
    }
}
