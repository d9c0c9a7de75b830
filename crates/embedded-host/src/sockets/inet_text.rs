//! What the text of an internet address says: host, port and options (R-SOCK-24).

use std::ffi::CString;

use super::c_text;
use crate::error::Error;
use abi::address::InetFields;
use abi::layout::KeepAliveTuning;
use platform::os::port;

/// An internet address that was read from a text.
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct InetText {
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
    pub(super) fn new(address: &HostPort<'_>, options: Options) -> Self {
        Self {
            host: c_text(address.host),
            port: c_text(address.port),
            options,
        }
    }

    /// For making an address.
    pub(crate) fn fields(&self) -> InetFields<'_> {
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
        Self::find(text).map_err(|reason| {
            let text = String::from_utf8_lossy(text);
            Error::new(format!("error parsing address '{text}': {reason}"))
        })
    }

    fn find(text: &'a [u8]) -> Result<Self, &'static str> {
        let (host, rest) = if let Some(bracketed) = text.strip_prefix(b"[") {
            let (host, rest) = split_at_byte(bracketed, b']').ok_or("the bracket is not closed")?;
            if host.is_empty() {
                return Err("there is no address in the brackets");
            }
            (host, rest.strip_prefix(b":"))
        } else {
            match split_at_byte(text, b':') {
                Some((host, port)) => (host, Some(port)),
                None => (text, None),
            }
        };
        let port = rest
            .filter(|port| !port.is_empty())
            .ok_or("there is no port")?;
        if port.contains(&b':') {
            return Err("a host with colons needs brackets");
        }
        if !port::is_port(port) {
            return Err(port::EXPECTED);
        }
        Ok(Self { host, port })
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

    fn parts(text: &'static str) -> (&'static str, &'static str) {
        let found = HostPort::parse(text.as_bytes()).unwrap();
        let text = |bytes| std::str::from_utf8(bytes).unwrap();
        (text(found.host), text(found.port))
    }

    #[test]
    fn host_and_port_are_found() {
        assert_eq!(parts("host:80"), ("host", "80"));
        assert_eq!(parts("host:http"), ("host", "http"));
        assert_eq!(parts(":80"), ("", "80"));
        assert_eq!(parts("[::1]:80"), ("::1", "80"));
        assert_eq!(parts("[fe80::1%eth0]:80"), ("fe80::1%eth0", "80"));
    }

    #[test]
    fn half_an_address_is_refused() {
        for (text, reason) in [
            ("", "there is no port"),
            ("host", "there is no port"),
            ("host:", "there is no port"),
            (":", "there is no port"),
            ("[::1]", "there is no port"),
            ("[::1]:", "there is no port"),
            ("[::1]80", "there is no port"),
            ("[]:80", "there is no address in the brackets"),
            ("[::1", "the bracket is not closed"),
            ("[", "the bracket is not closed"),
            ("::1:80", "a host with colons needs brackets"),
            ("udp:host:80", "a host with colons needs brackets"),
        ] {
            let error = HostPort::parse(text.as_bytes()).unwrap_err();
            let expected = format!("error parsing address '{text}': {reason}");
            assert_eq!(error.to_string(), expected);
        }
    }

    #[test]
    fn a_port_has_16_bits() {
        assert_eq!(parts("h:65535"), ("h", "65535"));
        for text in [
            "h:65536",
            "h:-1",
            "h:+1",
            "h: 1",
            "h:1 ",
            "h: ",
            "h:0x1",
            "[::1]:65536",
        ] {
            let error = HostPort::parse(text.as_bytes()).unwrap_err();
            let reason = "a port is a number from 0 to 65535";
            let expected = format!("error parsing address '{text}': {reason}");
            assert_eq!(error.to_string(), expected);
        }
    }
}
