//! The newer syntax of internet addresses: keys and values (R-SOCK-26).

use super::inet_text::{HostPort, InetText, Options};
use crate::error::Error;
use crate::qapi::words::yes_or_no;
use platform::os::port;

/// Reads a text.
pub(super) fn parse(text: &[u8]) -> Result<InetText, Error> {
    let mut address = None;
    let mut options = Options::default();
    for element in elements(text) {
        match element.key() {
            b"addr" => address = Some(element.value()),
            b"id" => {}
            _ => set(&mut options, &element)?,
        }
    }
    let address = address.ok_or_else(|| Error::new("no address given"))?;
    let address = HostPort::parse(&address)?;
    Ok(InetText::new(&address, options))
}

/// One element of the list.
#[derive(PartialEq, Eq, Debug)]
enum Element<'a> {
    /// `key=value`, or the bare first element, which is the value of `addr`.
    Pair(&'a [u8], Vec<u8>),
    /// A bare word.
    Word(&'a [u8]),
}

impl Element<'_> {
    fn key(&self) -> &[u8] {
        match self {
            Self::Pair(key, _) | Self::Word(key) => key,
        }
    }

    /// A bare word says yes.
    fn value(self) -> Vec<u8> {
        match self {
            Self::Pair(_, value) => value,
            Self::Word(_) => b"on".to_vec(),
        }
    }
}

/// Takes the list apart.
fn elements(text: &[u8]) -> Vec<Element<'_>> {
    let mut found = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.iter().position(|byte| matches!(byte, b'=' | b','));
        let (word, from) = rest.split_at(end.unwrap_or(rest.len()));
        if let Some(after) = from.strip_prefix(b"=") {
            let (value, next) = value(after);
            found.push(Element::Pair(word, value));
            rest = next;
        } else if found.is_empty() {
            let (value, next) = value(rest);
            found.push(Element::Pair(b"addr", value));
            rest = next;
        } else {
            found.push(Element::Word(word));
            rest = from.strip_prefix(b",").unwrap_or_default();
        }
    }
    found
}

/// The value at the beginning of `text`, in which two commas stand for one, and what follows its
/// end.
fn value(text: &[u8]) -> (Vec<u8>, &[u8]) {
    let mut value = Vec::new();
    let mut rest = text;
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        if *byte == b',' {
            match rest.strip_prefix(b",") {
                Some(after) => rest = after,
                None => break,
            }
        }
        value.push(*byte);
    }
    (value, rest)
}

/// Sets an option; the last of several counts.
fn set(options: &mut Options, element: &Element<'_>) -> Result<(), Error> {
    let tuning = &mut options.keep_alive_tuning;
    match element.key() {
        b"to" => options.to = Some(last_port(element)?),
        b"keep-alive-count" => tuning.count = Some(number(element)?),
        b"keep-alive-idle" => tuning.idle = Some(number(element)?),
        b"keep-alive-interval" => tuning.interval = Some(number(element)?),
        _ => set_flag(options, element)?,
    }
    Ok(())
}

fn set_flag(options: &mut Options, element: &Element<'_>) -> Result<(), Error> {
    let key = element.key();
    if let Some(flag) = flag(options, key) {
        *flag = Some(match element {
            Element::Word(_) => true,
            Element::Pair(_, value) => {
                yes_or_no(value).ok_or_else(|| bad_value(key, "'on' or 'off'"))?
            }
        });
        return Ok(());
    }
    let negated = match element {
        Element::Word(word) => word.strip_prefix(b"no"),
        Element::Pair(..) => None,
    };
    match negated.and_then(|name| flag(options, name)) {
        Some(flag) => *flag = Some(false),
        None => {
            let key = String::from_utf8_lossy(key);
            return Err(Error::new(format!("Invalid parameter '{key}'")));
        }
    }
    Ok(())
}

/// The place of a flag.
fn flag<'a>(options: &'a mut Options, name: &[u8]) -> Option<&'a mut Option<bool>> {
    match name {
        b"numeric" => Some(&mut options.numeric),
        b"ipv4" => Some(&mut options.ipv4),
        b"ipv6" => Some(&mut options.ipv6),
        b"keep-alive" => Some(&mut options.keep_alive),
        b"mptcp" => Some(&mut options.mptcp),
        _ => None,
    }
}

fn bad_value(key: &[u8], expected: &str) -> Error {
    let key = String::from_utf8_lossy(key);
    Error::new(format!("Parameter '{key}' expects {expected}"))
}

/// A value that is a port.
fn last_port(element: &Element<'_>) -> Result<u16, Error> {
    let Element::Pair(_, value) = element else {
        return Err(bad_value(element.key(), "a number"));
    };
    port::number(value).ok_or_else(|| {
        let value = String::from_utf8_lossy(value);
        let expected = format!("a number from 0 to 65535, not '{value}'");
        bad_value(element.key(), &expected)
    })
}

/// A value that is an integer as C writes them, of at most 32 bits.
fn number(element: &Element<'_>) -> Result<u32, Error> {
    let value = match element {
        Element::Pair(_, value) => c_integer(value),
        Element::Word(_) => None,
    };
    value.ok_or_else(|| bad_value(element.key(), "a number from 0 to 4294967295"))
}

fn c_integer(text: &[u8]) -> Option<u32> {
    let text = core::str::from_utf8(text).ok()?;
    let (digits, radix) = match text.as_bytes() {
        [b'0', b'x' | b'X', ..] => (text.get(2..)?, 16),
        [b'0', _, ..] => (text.get(1..)?, 8),
        _ => (text, 10),
    };
    // The standard library would take a sign.
    if !digits.chars().all(|digit| digit.is_digit(radix)) {
        return None;
    }
    u32::from_str_radix(digits, radix).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use abi::address::InetFields;
    use abi::layout::KeepAliveTuning;

    fn check(text: &str, expected: &InetFields<'_>) {
        let found = parse(text.as_bytes()).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(found.fields(), *expected, "{text}");
    }

    fn error(text: &str) -> String {
        match parse(text.as_bytes()) {
            Ok(found) => panic!("{text}: {found:?}"),
            Err(error) => error.to_string(),
        }
    }

    /// `h:1` with nothing said.
    const BARE: InetFields<'static> = InetFields {
        host: c"h",
        port: c"1",
        numeric: None,
        to: None,
        ipv4: None,
        ipv6: None,
        keep_alive: None,
        keep_alive_tuning: KeepAliveTuning {
            count: None,
            idle: None,
            interval: None,
        },
        mptcp: None,
    };

    #[test]
    fn the_address_comes_first_or_by_key() {
        for text in [
            "h:1",
            "addr=h:1",
            "h:1,",
            "h:1,id=x",
            "id=x,addr=h:1",
            "x:2,addr=h:1",
        ] {
            check(text, &BARE);
        }
        for text in ["", ",", "id=x", ",ipv4", "h", "h:"] {
            error(text);
        }
    }

    #[test]
    fn flags_know_many_words() {
        for (word, value) in [
            ("ipv4", true),
            ("ipv4=on", true),
            ("ipv4=yes", true),
            ("noipv4", false),
            ("ipv4=n", false),
            ("ipv4=on,ipv4=off", false),
            ("noipv4,ipv4", true),
        ] {
            let expected = InetFields {
                ipv4: Some(value),
                ..BARE
            };
            check(&format!("h:1,{word}"), &expected);
        }
        let expected = InetFields {
            numeric: Some(true),
            ipv6: Some(false),
            keep_alive: Some(true),
            mptcp: Some(true),
            ..BARE
        };
        check("h:1,numeric,noipv6,keep-alive=y,mptcp=true", &expected);
    }

    #[test]
    fn the_last_port_is_decimal() {
        for (number, to) in [("90", 90), ("010", 10), ("0", 0), ("65535", 65535)] {
            let expected = InetFields {
                to: Some(to),
                ..BARE
            };
            check(&format!("h:1,to={number}"), &expected);
        }
    }

    #[test]
    fn numbers_are_written_as_in_c() {
        let expected = InetFields {
            keep_alive_tuning: KeepAliveTuning {
                count: Some(1),
                idle: Some(8),
                interval: Some(u32::MAX),
            },
            ..BARE
        };
        let text = "h:1,keep-alive-count=1,keep-alive-idle=010,keep-alive-interval=0xffffffff";
        check(text, &expected);
    }

    #[test]
    fn bad_values_are_named() {
        let on_or_off = "Parameter 'ipv4' expects 'on' or 'off'";
        assert_eq!(error("h:1,ipv4=maybe"), on_or_off);
        assert_eq!(error("h:1,ipv4="), on_or_off);
        assert_eq!(error("h:1,to"), "Parameter 'to' expects a number");
        for value in [
            "",
            "x",
            "-1",
            "+1",
            " 1",
            "0x10",
            "65536",
            "18446744073709551616",
        ] {
            let text = format!("Parameter 'to' expects a number from 0 to 65535, not '{value}'");
            assert_eq!(error(&format!("h:1,to={value}")), text);
        }
        for value in [
            "",
            "=",
            "=x",
            "=-1",
            "=0x",
            "=09",
            "=+1",
            "=0x+1",
            "=4294967296",
        ] {
            let text = "Parameter 'keep-alive-idle' expects a number from 0 to 4294967295";
            assert_eq!(error(&format!("h:1,keep-alive-idle{value}")), text);
        }
    }

    #[test]
    fn unknown_keys_are_named() {
        for (text, key) in [
            ("h:1,speed=9", "speed"),
            ("h:1,speed", "speed"),
            ("h:1,nospeed", "nospeed"),
            ("h:1,noto", "noto"),
            ("h:1,noipv4=on", "noipv4"),
            ("h:1,ipv4,,ipv6", ""),
        ] {
            assert_eq!(error(text), format!("Invalid parameter '{key}'"), "{text}");
        }
    }

    #[test]
    fn two_commas_are_one_in_a_value() {
        check(
            "h:1,,x,ipv4",
            &InetFields {
                port: c"1,x",
                ipv4: Some(true),
                ..BARE
            },
        );
        check("addr=h:1,id=a,,b", &BARE);
    }

    #[test]
    fn nothing_is_too_long() {
        let text = format!("{}:{}", "h".repeat(1000), "p".repeat(1000));
        assert_eq!(
            parse(text.as_bytes()).unwrap().fields().host.count_bytes(),
            1000
        );
    }
}
