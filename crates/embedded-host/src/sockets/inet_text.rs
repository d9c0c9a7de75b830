//! Internet addresses as text: host, port and options (R-SOCK-24).

use core::ffi::CStr;
use std::ffi::CString;

use super::{inet_pairs, inet_words};
use crate::error::Error;
use abi::address::InetFields;
use abi::layout::KeepAliveTuning;
use abi::profile;

/// An internet address that was read from a text.
#[derive(PartialEq, Eq, Debug)]
pub struct InetText {
    host: CString,
    port: CString,
    options: Options,
}

/// What the text says beyond host and port; None where it says nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Options {
    pub(super) numeric: Option<bool>,
    pub(super) to: Option<u16>,
    pub(super) ipv4: Option<bool>,
    pub(super) ipv6: Option<bool>,
    pub(super) keep_alive: Option<bool>,
    pub(super) keep_alive_tuning: KeepAliveTuning,
    pub(super) mptcp: Option<bool>,
}

impl InetText {
    /// Reads a text in the syntax of the profile.
    pub fn parse(text: &CStr) -> Result<Self, Error> {
        if profile::ADDRESS_OPTIONS_ARE_PAIRS {
            inet_pairs::parse(text.to_bytes())
        } else {
            inet_words::parse(text.to_bytes())
        }
    }

    pub(super) fn new(address: &HostPort<'_>, options: Options) -> Self {
        // A part of a C string has no NUL.
        let text = |bytes: &[u8]| CString::new(bytes).unwrap_or_default();
        Self {
            host: text(address.host),
            port: text(address.port),
            options,
        }
    }

    /// For making an address.
    pub fn fields(&self) -> InetFields<'_> {
        let options = self.options;
        InetFields {
            host: &self.host,
            port: &self.port,
            numeric: options.numeric,
            to: options.to,
            ipv4: options.ipv4,
            ipv6: options.ipv6,
            keep_alive: options.keep_alive,
            keep_alive_tuning: options.keep_alive_tuning,
            mptcp: options.mptcp,
        }
    }
}

/// The parts of `host:port`, `:port` or `[host]:port`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct HostPort<'a> {
    pub(super) host: &'a [u8],
    pub(super) port: &'a [u8],
}

impl<'a> HostPort<'a> {
    /// Takes an address without options apart.
    pub(super) fn parse(text: &'a [u8]) -> Result<Self, Error> {
        Self::find(text).ok_or_else(|| {
            let text = String::from_utf8_lossy(text);
            Error::new(format!("error parsing address '{text}'"))
        })
    }

    fn find(text: &'a [u8]) -> Option<Self> {
        let (host, port) = if let Some(bracketed) = text.strip_prefix(b"[") {
            let (host, rest) = split_at_byte(bracketed, b']')?;
            if host.is_empty() {
                return None;
            }
            (host, rest.strip_prefix(b":")?)
        } else {
            split_at_byte(text, b':')?
        };
        (!port.is_empty()).then_some(Self { host, port })
    }
}

/// What stands before and after the first such byte.
pub(super) fn split_at_byte(text: &[u8], separator: u8) -> Option<(&[u8], &[u8])> {
    let at = text.iter().position(|byte| *byte == separator)?;
    let (before, from) = text.split_at(at);
    Some((before, from.get(1..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &'static str) -> Option<(&'static str, &'static str)> {
        let found = HostPort::find(text.as_bytes())?;
        let text = |bytes| std::str::from_utf8(bytes).unwrap();
        Some((text(found.host), text(found.port)))
    }

    #[test]
    fn host_and_port_are_found() {
        assert_eq!(parts("host:80"), Some(("host", "80")));
        assert_eq!(parts("host:http"), Some(("host", "http")));
        assert_eq!(parts(":80"), Some(("", "80")));
        assert_eq!(parts("[::1]:80"), Some(("::1", "80")));
        assert_eq!(parts("[fe80::1%eth0]:80"), Some(("fe80::1%eth0", "80")));
        // Without brackets the host ends at its first colon.
        assert_eq!(parts("a:b:c"), Some(("a", "b:c")));
    }

    #[test]
    fn half_an_address_is_refused() {
        let refused = [
            "", "host", "host:", ":", "[]:80", "[::1]", "[::1]:", "[::1]80", "[::1", "[",
        ];
        for text in refused {
            assert_eq!(parts(text), None, "{text}");
            let error = HostPort::parse(text.as_bytes()).unwrap_err();
            let expected = format!("error parsing address '{text}'");
            assert_eq!(error.to_string(), expected);
        }
    }

    #[test]
    fn the_fields_are_those_of_the_text() {
        let text = InetText::parse(c"host:80,ipv4=off,to=90").unwrap();
        let expected = InetFields {
            host: c"host",
            port: c"80",
            to: Some(90),
            ipv4: Some(false),
            ..InetFields::default()
        };
        assert_eq!(text.fields(), expected);
    }
}
