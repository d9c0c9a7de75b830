//! The greeting of a client and the answer to it (RFC 6455 section 4.2).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest, Sha1};

use super::date;
use crate::trace;
use host::error::Error;

/// The greeting ends within so many bytes (R-WS-8).
pub(super) const GREETING_MAX: usize = 4096;
/// Header lines that it may have (R-WS-11).
const HEADERS_MAX: usize = 32;
/// What the key is hashed with (RFC 6455 section 1.3).
const GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// How a greeting is turned down.
enum Refusal {
    BadRequest(String),
    NotFound(String),
}

fn bad<T>(reason: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal::BadRequest(reason.into()))
}

/// An answer, and whether it is a refusal.
pub(super) struct Reply {
    pub(super) bytes: Vec<u8>,
    pub(super) outcome: Result<(), Error>,
}

/// The end of the greeting in `bytes`, behind its empty line.
pub(super) fn end_of_greeting(bytes: &[u8]) -> Option<usize> {
    let at = bytes.windows(4).position(|part| part == b"\r\n\r\n")?;
    Some(at + 4)
}

/// Answers a greeting that is there as a whole.
pub(super) fn answer(greeting: &[u8], id: trace::Id) -> Reply {
    match accept(greeting, id) {
        Ok(lines) => Reply {
            bytes: reply("101 Switching Protocols", &lines),
            outcome: Ok(()),
        },
        Err(Refusal::BadRequest(reason)) => Reply {
            bytes: reply(
                "400 Bad Request",
                "Connection: close\r\nSec-WebSocket-Version: 13\r\n",
            ),
            outcome: Err(Error::new(reason)),
        },
        Err(Refusal::NotFound(reason)) => Reply {
            bytes: reply("404 Not Found", "Connection: close\r\n"),
            outcome: Err(Error::new(reason)),
        },
    }
}

/// Answers a greeting that doesn't end (R-WS-9).
pub(super) fn answer_too_large() -> Reply {
    Reply {
        bytes: reply("413 Request Entity Too Large", "Connection: close\r\n"),
        outcome: Err(Error::new(format!(
            "The WebSocket greeting has no end within {GREETING_MAX} bytes"
        ))),
    }
}

fn reply(status: &str, lines: &str) -> Vec<u8> {
    let date = date::now();
    format!("HTTP/1.1 {status}\r\nServer: QEMU VNC\r\nDate: {date}\r\n{lines}\r\n").into_bytes()
}

/// The answer to a key (R-WS-13).
fn accept_value(key: &[u8]) -> String {
    let mut hash = Sha1::new();
    hash.update(key);
    hash.update(GUID);
    STANDARD.encode(hash.finalize())
}

/// The lines of the answer to a greeting that is in order.
fn accept(greeting: &[u8], id: trace::Id) -> Result<String, Refusal> {
    let line_end = greeting.windows(2).position(|part| part == b"\r\n");
    let (line, headers) = greeting.split_at(line_end.unwrap_or(0));
    let headers = headers.get(2..).unwrap_or_default();
    if headers == b"\r\n" {
        return bad("The WebSocket greeting has no header lines");
    }
    let line = String::from_utf8_lossy(line);
    trace::qio_channel_websock_http_greeting(id, &line);
    check_request(&line)?;

    let mut fields = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let fields = match httparse::parse_headers(headers, &mut fields) {
        Ok(httparse::Status::Complete((end, fields))) if end == headers.len() => fields,
        // Lines that end with LF alone are taken, but they can't end the greeting (R-WS-8).
        Ok(_) => return bad("The WebSocket greeting has no end"),
        Err(error) => return bad(format!("The WebSocket greeting is malformed: {error}")),
    };
    let raw = |name: &str| {
        let field = fields.iter().find(|f| f.name.eq_ignore_ascii_case(name))?;
        Some(field.value)
    };
    let find = |name: &str| Some(String::from_utf8_lossy(raw(name)?).into_owned());
    let need = |name: &str| {
        find(name).ok_or_else(|| {
            Refusal::BadRequest(format!("The WebSocket greeting has no {name} header"))
        })
    };
    let version = need("sec-websocket-version")?;
    let key = need("sec-websocket-key")?;
    let host = need("host")?;
    let connection = need("connection")?;
    let upgrade = need("upgrade")?;

    let tokens =
        |list: &str, wanted: &dyn Fn(&str) -> bool| list.split(',').any(|t| wanted(t.trim()));
    let protocols = find("sec-websocket-protocol");
    trace::qio_channel_websock_http_request(
        id,
        protocols.as_deref(),
        &version,
        &host,
        &connection,
        &upgrade,
        &key,
    );
    if let Some(list) = &protocols
        && !tokens(list, &|token| token == "binary")
    {
        return bad(format!("No WebSocket protocol of '{list}' is supported"));
    }
    if version != "13" {
        return bad(format!("WebSocket version '{version}' is not supported"));
    }
    // As it came: what stands for it in texts may be longer.
    let raw_key = raw("sec-websocket-key").unwrap_or_default();
    if raw_key.len() != 24 {
        return bad(format!("WebSocket key '{key}' is not 24 characters long"));
    }
    if !tokens(&connection, &|token| token.eq_ignore_ascii_case("upgrade")) {
        return bad(format!(
            "No connection upgrade is asked for in '{connection}'"
        ));
    }
    if !upgrade.eq_ignore_ascii_case("websocket") {
        return bad(format!("An upgrade to '{upgrade}' is not supported"));
    }
    let protocol = if protocols.is_some() {
        "Sec-WebSocket-Protocol: binary\r\n"
    } else {
        ""
    };
    let accept = accept_value(raw_key);
    Ok(format!(
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n{protocol}"
    ))
}

/// The first line, in the order of R-WS-10.
fn check_request(line: &str) -> Result<(), Refusal> {
    let Some((method, rest)) = line.split_once(' ') else {
        return bad("The WebSocket greeting's first line has no method");
    };
    if method != "GET" {
        return bad(format!("HTTP method '{method}' is not supported"));
    }
    let Some((path, version)) = rest.split_once(' ') else {
        return bad("The WebSocket greeting's first line has no HTTP version");
    };
    if path != "/" {
        return Err(Refusal::NotFound(format!("There is no '{path}'")));
    }
    if version != "HTTP/1.1" {
        return bad(format!("HTTP version '{version}' is not supported"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINES: [&str; 5] = [
        "Host: h",
        "upgrade: WebSocket",
        "Connection: keep-alive, Upgrade",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "SEC-WEBSOCKET-VERSION: 13",
    ];

    fn nobody() -> trace::Id {
        core::ptr::null::<u8>().into()
    }

    fn greeting(first: &str, lines: &[&str]) -> Vec<u8> {
        format!("{first}\r\n{}\r\n\r\n", lines.join("\r\n")).into_bytes()
    }

    fn status(first: &str, lines: &[&str]) -> String {
        let reply = answer(&greeting(first, lines), nobody());
        let text = String::from_utf8(reply.bytes).unwrap();
        assert!(text.ends_with("\r\n\r\n"), "{text}");
        text.split(' ').nth(1).unwrap().to_owned()
    }

    #[test]
    fn the_example_of_the_rfc_is_accepted() {
        let text =
            String::from_utf8(answer(&greeting("GET / HTTP/1.1", &LINES), nobody()).bytes).unwrap();
        assert!(text.starts_with("HTTP/1.1 101 Switching Protocols\r\nServer: QEMU VNC\r\nDate: "));
        assert!(text.contains("\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
        assert!(!text.contains("Protocol:"));
    }

    #[test]
    fn first_lines_are_exact() {
        for (line, code) in [
            ("GET / HTTP/1.1", "101"),
            ("POST / HTTP/1.1", "400"),
            ("get / HTTP/1.1", "400"),
            ("GET /x HTTP/1.1", "404"),
            ("GET / HTTP/1.0", "400"),
            ("GET /", "400"),
            ("GET", "400"),
            ("", "400"),
        ] {
            assert_eq!(status(line, &LINES), code, "{line}");
        }
    }

    #[test]
    fn each_header_is_needed() {
        for left_out in 0..LINES.len() {
            let mut lines = LINES.to_vec();
            lines.remove(left_out);
            assert_eq!(status("GET / HTTP/1.1", &lines), "400");
        }
    }

    #[test]
    fn protocols_are_tokens() {
        for (list, code) in [
            ("binary", "101"),
            ("base64, binary", "101"),
            ("notbinary", "400"),
            ("Binary", "400"),
        ] {
            let line = format!("Sec-WebSocket-Protocol: {list}");
            let mut lines = LINES.to_vec();
            lines.push(&line);
            assert_eq!(status("GET / HTTP/1.1", &lines), code, "{list}");
        }
    }

    #[test]
    fn there_are_32_headers_at_most() {
        let mut lines = LINES.to_vec();
        lines.resize(32, "A: b");
        assert_eq!(status("GET / HTTP/1.1", &lines), "101");
        lines.push("A: b");
        assert_eq!(status("GET / HTTP/1.1", &lines), "400");
        assert_eq!(status("GET / HTTP/1.1", &["no colon"]), "400");
    }
}
