//! The older syntax of internet addresses: a few options are looked for, all else is ignored
//! (R-SOCK-25).

use super::inet_text::{HostPort, InetText, Options, split_at_byte};
use crate::error::Error;
use platform::os::port;

const HOST_MAX: usize = 64;
const PORT_MAX: usize = 32;

/// Reads a text.
pub(super) fn parse(text: &[u8]) -> Result<InetText, Error> {
    let (address, options) = split_at_byte(text, b',').unwrap_or((text, b""));
    let address = HostPort::parse(address)?;
    if address.host.len() > HOST_MAX || address.port.len() > PORT_MAX {
        let text = String::from_utf8_lossy(text);
        return Err(Error::new(format!(
            "host or port too long in address '{text}'"
        )));
    }
    let words = Words(options.split(|byte| *byte == b',').collect());
    let options = Options {
        to: words.last_port()?,
        ipv4: words.flag("ipv4")?,
        ipv6: words.flag("ipv6")?,
        keep_alive: words.flag("keep-alive")?,
        mptcp: words.flag("mptcp")?,
        ..Options::default()
    };
    Ok(InetText::new(&address, options))
}

/// What stands between the commas.
struct Words<'a>(Vec<&'a [u8]>);

impl Words<'_> {
    /// Where the first word with this beginning is, and what follows the beginning.
    fn find(&self, beginning: &str) -> Option<(usize, &[u8])> {
        self.0.iter().enumerate().find_map(|(at, word)| {
            let rest = word.strip_prefix(beginning.as_bytes())?;
            Some((at, rest))
        })
    }

    fn flag(&self, name: &str) -> Result<Option<bool>, Error> {
        let Some((at, rest)) = self.find(name) else {
            return Ok(None);
        };
        // Two commas in a row, as opposed to one at the end.
        let doubled = at + 2 < self.0.len() && self.0.get(at + 1).is_some_and(|w| w.is_empty());
        match rest {
            b"" | b"=on" if !doubled => Ok(Some(true)),
            b"=off" if !doubled => Ok(Some(false)),
            _ => Err(Error::new(format!("error parsing '{name}' flag"))),
        }
    }

    fn last_port(&self) -> Result<Option<u16>, Error> {
        let Some((_, number)) = self.find("to=") else {
            return Ok(None);
        };
        let port = port::number(number).ok_or_else(|| {
            let number = String::from_utf8_lossy(number);
            Error::new(format!(
                "error parsing to= argument '{number}': {}",
                port::EXPECTED
            ))
        })?;
        Ok(Some(port))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(text: &str) -> Result<Options, String> {
        parse(format!("h:1{text}").as_bytes())
            .map(|found| {
                let fields = found.fields();
                Options {
                    numeric: fields.numeric,
                    to: fields.to,
                    ipv4: fields.ipv4,
                    ipv6: fields.ipv6,
                    keep_alive: fields.keep_alive,
                    keep_alive_tuning: fields.keep_alive_tuning,
                    mptcp: fields.mptcp,
                }
            })
            .map_err(|error| error.to_string())
    }

    #[test]
    fn nothing_said_is_nothing_set() {
        for text in [
            "",
            ",",
            ",numeric",
            ",numeric=on,x=y,,z",
            ",to",
            ",tos=1",
            ",,",
        ] {
            assert_eq!(options(text), Ok(Options::default()), "{text}");
        }
    }

    #[test]
    fn flags_are_on_unless_off() {
        for text in [",ipv4", ",ipv4=on", ",x,ipv4,y", ",ipv4,", ",,ipv4"] {
            let expected = Options {
                ipv4: Some(true),
                ..Options::default()
            };
            assert_eq!(options(text), Ok(expected), "{text}");
        }
        let expected = Options {
            ipv4: Some(false),
            ipv6: Some(true),
            keep_alive: Some(true),
            mptcp: Some(false),
            ..Options::default()
        };
        let text = ",mptcp=off,keep-alive,ipv6=on,ipv4=off";
        assert_eq!(options(text), Ok(expected));
    }

    #[test]
    fn anything_else_in_a_flag_is_an_error() {
        for text in [
            ",ipv4=",
            ",ipv4=yes",
            ",ipv4x",
            ",ipv4=onn",
            ",ipv4,,",
            ",ipv4=on,,x",
        ] {
            assert!(options(text).is_err(), "{text}");
        }
        for name in ["ipv4", "ipv6", "keep-alive", "mptcp"] {
            let error = options(&format!(",{name}=maybe")).unwrap_err();
            assert_eq!(error, format!("error parsing '{name}' flag"));
        }
    }

    #[test]
    fn the_last_port_has_16_bits() {
        let to = |text: &str| options(text).map(|found| found.to);
        assert_eq!(to(",to=90"), Ok(Some(90)));
        assert_eq!(to(",to=65535"), Ok(Some(u16::MAX)));
        for text in [
            "",
            "x",
            "1x",
            "0x10",
            "65536",
            "-1",
            "+1",
            " 1",
            "99999999999",
        ] {
            let error = to(&format!(",to={text}")).unwrap_err();
            let expected =
                format!("error parsing to= argument '{text}': a port is a number from 0 to 65535");
            assert_eq!(error, expected);
        }
    }

    #[test]
    fn the_first_of_two_counts() {
        assert_eq!(options(",to=1,to=2").map(|found| found.to), Ok(Some(1)));
    }

    #[test]
    fn host_and_port_have_a_limit() {
        let address = |host: usize, port: usize| {
            let text = format!("{}:{}", "h".repeat(host), "p".repeat(port));
            parse(text.as_bytes()).is_ok()
        };
        assert!(address(HOST_MAX, PORT_MAX));
        assert!(!address(HOST_MAX + 1, PORT_MAX));
        assert!(!address(HOST_MAX, PORT_MAX + 1));
    }

    #[test]
    fn the_port_ends_at_the_comma() {
        let found = parse(b"[::1]:80,ipv6").unwrap();
        assert_eq!((found.fields().host, found.fields().port), (c"::1", c"80"));
        for text in ["a,b:80", ",", "h:,ipv4"] {
            assert!(parse(text.as_bytes()).is_err(), "{text}");
        }
    }
}
