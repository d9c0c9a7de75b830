//! A client's opening handshake and a server's response to it (RFC 6455 section 4.2, RFC 9112, RFC 9110).

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest, Sha1};

use crate::Observer;

/// The head of the request ends within so many bytes (R-WS-8).
pub const HANDSHAKE_MAX: usize = 16 << 10;
/// Header lines that it may have (R-WS-11).
pub(crate) const HEADERS_MAX: usize = 100;
/// Characters of a key: 16 bytes in base64 (RFC 6455 section 4.1).
const KEY_LENGTH: usize = 24;
/// The schemes of an absolute form.
const SCHEMES: [&str; 4] = ["http", "https", "ws", "wss"];
/// What the key is hashed with (RFC 6455 section 1.3).
const GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// How a request is refused.
enum Refusal {
    BadRequest(String),
    NotFound(String),
    /// The request target is too long (RFC 9112 section 3).
    UriTooLong(String),
    /// The head is too long, or has too many lines (RFC 6585 section 5).
    HeaderFieldsTooLarge(String),
}

fn bad<T>(reason: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal::BadRequest(reason.into()))
}

/// The fields of a request that this protocol asks for, as they came.
pub struct Request<'a> {
    /// `Sec-WebSocket-Protocol`, which may be absent.
    pub protocols: Option<&'a str>,
    /// `Sec-WebSocket-Version`.
    pub version: &'a str,
    /// `Host`.
    pub host: &'a str,
    /// `Connection`.
    pub connection: &'a str,
    /// `Upgrade`.
    pub upgrade: &'a str,
    /// `Sec-WebSocket-Key`.
    pub key: &'a str,
}

/// A response to a request.
pub struct Response {
    /// As it goes out.
    pub bytes: Vec<u8>,
    /// Why the request is refused, if it is.
    pub outcome: Result<(), String>,
}

/// The end of the head of the request or response in `bytes`, behind its empty line.
pub fn end_of_head(bytes: &[u8]) -> Option<usize> {
    let at = bytes.windows(4).position(|part| part == b"\r\n\r\n")?;
    Some(at + 4)
}

/// The response to a request whose head is there as a whole.
pub fn respond(head: &[u8], observer: &impl Observer) -> Response {
    match accept(head, observer) {
        Ok(lines) => Response {
            bytes: response("101 Switching Protocols", &lines),
            outcome: Ok(()),
        },
        Err(refusal) => refuse(refusal),
    }
}

/// The response to a request whose head doesn't end within [`HANDSHAKE_MAX`] bytes (R-WS-9).
pub fn respond_too_large(head: &[u8]) -> Response {
    let has_line = head.windows(2).any(|part| part == b"\r\n");
    refuse(if head.starts_with(b"GET ") && !has_line {
        Refusal::UriTooLong(format!(
            "The request line of the WebSocket opening handshake has no end within {HANDSHAKE_MAX} bytes"
        ))
    } else {
        Refusal::HeaderFieldsTooLarge(format!(
            "The WebSocket opening handshake has no end within {HANDSHAKE_MAX} bytes"
        ))
    })
}

/// The status of a refusal. Its length is told, so that it is whole without the end of the
/// connection (R-WS-14).
fn refuse(refusal: Refusal) -> Response {
    let (status, more, reason) = match refusal {
        Refusal::BadRequest(reason) => ("400 Bad Request", "Sec-WebSocket-Version: 13\r\n", reason),
        Refusal::NotFound(reason) => ("404 Not Found", "", reason),
        Refusal::UriTooLong(reason) => ("414 URI Too Long", "", reason),
        Refusal::HeaderFieldsTooLarge(reason) => {
            ("431 Request Header Fields Too Large", "", reason)
        }
    };
    let lines = format!("Connection: close\r\n{more}Content-Length: 0\r\n");
    Response {
        bytes: response(status, &lines),
        outcome: Err(reason),
    }
}

/// A response with these lines. The empty line ends every one (R-WS-15).
fn response(status: &str, lines: &str) -> Vec<u8> {
    // A clock before 1970 has no date in this form.
    let date = httpdate::fmt_http_date(SystemTime::now().max(UNIX_EPOCH));
    format!("HTTP/1.1 {status}\r\nServer: QEMU VNC\r\nDate: {date}\r\n{lines}\r\n").into_bytes()
}

/// The accept value of a key (R-WS-13).
pub(crate) fn accept_value(key: &[u8]) -> String {
    let mut hash = Sha1::new();
    hash.update(key);
    hash.update(GUID);
    STANDARD.encode(hash.finalize())
}

/// The header fields of a request or a response.
pub(crate) struct Fields<'a>(pub(crate) &'a [httparse::Header<'a>]);

impl<'a> Fields<'a> {
    /// The values of the lines with this name.
    pub(crate) fn values(&self, name: &'static str) -> impl Iterator<Item = &'a [u8]> {
        let lines = self.0.iter();
        lines
            .filter(move |line| line.name.eq_ignore_ascii_case(name))
            .map(|line| line.value)
    }

    /// The value of the first line (R-WS-11).
    fn first(&self, name: &'static str) -> Result<&'a [u8], Refusal> {
        self.values(name).next().ok_or_else(|| missing(name))
    }

    /// All lines as the one list that they are (RFC 9110 section 5.3), None without any.
    pub(crate) fn list(&self, name: &'static str) -> Option<String> {
        let values: Vec<_> = self.values(name).map(String::from_utf8_lossy).collect();
        if values.is_empty() {
            None
        } else {
            Some(values.join(", "))
        }
    }
}

fn missing(name: &str) -> Refusal {
    Refusal::BadRequest(format!(
        "The WebSocket opening handshake has no {name} header"
    ))
}

/// The members of a list (RFC 9110 section 5.6.1): empty ones count for nothing.
pub(crate) fn members(list: &str) -> impl Iterator<Item = &str> {
    list.split(',')
        .map(|member| member.trim_matches([' ', '\t']))
}

/// The lines of the response to a request that is in order.
fn accept(head: &[u8], observer: &impl Observer) -> Result<String, Refusal> {
    // RFC 9112 section 2.2: an empty line before the request is ignored.
    let head = head.strip_prefix(b"\r\n").unwrap_or(head);
    let line_end = head.windows(2).position(|part| part == b"\r\n");
    let (line, headers) = head.split_at(line_end.unwrap_or(0));
    let headers = headers.get(2..).unwrap_or_default();
    if headers == b"\r\n" {
        return bad("The WebSocket opening handshake has no header lines");
    }
    let line = String::from_utf8_lossy(line);
    observer.request_line(&line);
    check_request_line(&line)?;

    let mut fields = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let fields = match httparse::parse_headers(headers, &mut fields) {
        Ok(httparse::Status::Complete((end, fields))) if end == headers.len() => Fields(fields),
        // Lines that end with LF alone are taken, but they can't end the head (R-WS-8).
        Ok(_) => return bad("The WebSocket opening handshake has no end"),
        Err(httparse::Error::TooManyHeaders) => {
            return Err(Refusal::HeaderFieldsTooLarge(format!(
                "The WebSocket opening handshake has more than {HEADERS_MAX} header lines"
            )));
        }
        Err(error) => {
            return bad(format!(
                "The WebSocket opening handshake is malformed: {error}"
            ));
        }
    };
    let text = |value| String::from_utf8_lossy(value);
    let version = text(fields.first("sec-websocket-version")?);
    let key = fields.first("sec-websocket-key")?;
    let host = text(fields.first("host")?);
    let list = |name| fields.list(name).ok_or_else(|| missing(name));
    let connection = list("connection")?;
    let upgrade = list("upgrade")?;
    let protocols = fields.list("sec-websocket-protocol");
    observer.request(&Request {
        protocols: protocols.as_deref(),
        version: &version,
        host: &host,
        connection: &connection,
        upgrade: &upgrade,
        key: &text(key),
    });
    // RFC 9112 section 3.2: 400 for "more than one Host header field line"; RFC 6455 sections 11.3.1 and
    // 11.3.5: the others "MUST NOT appear more than once in an HTTP request".
    for name in ["sec-websocket-version", "sec-websocket-key", "host"] {
        if fields.values(name).nth(1).is_some() {
            return bad(format!(
                "The WebSocket opening handshake has more than one {name} header"
            ));
        }
    }
    if let Some(list) = &protocols
        && !members(list).any(|protocol| protocol == "binary")
    {
        return bad(format!("No WebSocket protocol of '{list}' is supported"));
    }
    if version != "13" {
        return bad(format!("WebSocket version '{version}' is not supported"));
    }
    // As it came: what stands for it in texts may be longer.
    if key.len() != KEY_LENGTH {
        return bad(format!(
            "WebSocket key '{}' is not {KEY_LENGTH} characters long",
            text(key)
        ));
    }
    if !members(&connection).any(|option| option.eq_ignore_ascii_case("upgrade")) {
        return bad(format!(
            "No connection upgrade is asked for in '{connection}'"
        ));
    }
    if !members(&upgrade).any(|protocol| protocol.eq_ignore_ascii_case("websocket")) {
        return bad(format!("An upgrade to '{upgrade}' is not supported"));
    }
    let protocol = if protocols.is_some() {
        "Sec-WebSocket-Protocol: binary\r\n"
    } else {
        ""
    };
    let accept = accept_value(key);
    Ok(format!(
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n{protocol}"
    ))
}

/// The request line, in the order of R-WS-10.
fn check_request_line(line: &str) -> Result<(), Refusal> {
    let Some((method, rest)) = line.split_once(' ') else {
        return bad("The WebSocket opening handshake's request line has no method");
    };
    if method != "GET" {
        return bad(format!("HTTP method '{method}' is not supported"));
    }
    let Some((target, version)) = rest.split_once(' ') else {
        return bad("The WebSocket opening handshake's request line has no HTTP version");
    };
    if target.contains(|c: char| c.is_ascii_control() || c == '#') {
        return bad(format!("The request target '{target}' is malformed"));
    }
    if path_of(target) != "/" {
        return Err(Refusal::NotFound(format!("There is no '{target}'")));
    }
    if version != "HTTP/1.1" {
        return bad(format!("HTTP version '{version}' is not supported"));
    }
    Ok(())
}

/// The path of a request target: of the origin form, or of the absolute form that a server must
/// accept, too (RFC 9112 section 3.2.2). A query goes with the path.
fn path_of(target: &str) -> &str {
    let (hierarchy, _query) = target.split_once('?').unwrap_or((target, ""));
    let absolute = hierarchy.split_once("://").filter(|(scheme, rest)| {
        let is_known = |known: &&str| scheme.eq_ignore_ascii_case(known);
        SCHEMES.iter().any(is_known) && !rest.is_empty() && !rest.starts_with('/')
    });
    match absolute {
        // RFC 9110 section 4.2.3: an empty path is "/".
        Some((_, rest)) => rest.find('/').map_or("/", |at| &rest[at..]),
        None => hierarchy,
    }
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

    fn request(first: &str, lines: &[&str]) -> Vec<u8> {
        format!("{first}\r\n{}\r\n\r\n", lines.join("\r\n")).into_bytes()
    }

    fn status(first: &str, lines: &[&str]) -> String {
        let response = respond(&request(first, lines), &());
        let text = String::from_utf8(response.bytes).unwrap();
        assert!(text.ends_with("\r\n\r\n"), "{text}");
        text.split(' ').nth(1).unwrap().to_owned()
    }

    #[test]
    fn the_example_of_the_rfc_is_accepted() {
        let text =
            String::from_utf8(respond(&request("GET / HTTP/1.1", &LINES), &()).bytes).unwrap();
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
            ("GET /?token=a/b HTTP/1.1", "101"),
            ("GET /x? HTTP/1.1", "404"),
            ("GET /#x HTTP/1.1", "400"),
            ("GET http://h:5700/ HTTP/1.1", "101"),
            ("GET WSS://h HTTP/1.1", "101"),
            ("GET https://h?q HTTP/1.1", "101"),
            ("GET ws://h/x HTTP/1.1", "404"),
            ("GET ws:/// HTTP/1.1", "404"),
            ("GET ftp://h/ HTTP/1.1", "404"),
            ("GET // HTTP/1.1", "404"),
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
    fn lines_of_one_list_are_one_list() {
        let lines = [
            "Host: h",
            "Upgrade: h2c,",
            "Upgrade: ,websocket",
            "Connection: keep-alive",
            "Connection: \tupgrade",
            LINES[3],
            LINES[4],
            "Sec-WebSocket-Protocol: chat",
            "Sec-WebSocket-Protocol: binary",
        ];
        assert_eq!(status("GET / HTTP/1.1", &lines), "101");
        // Those that are no lists come once; what nobody looks at comes as it likes.
        for (again, code) in [
            (LINES[0], "400"),
            (LINES[3], "400"),
            (LINES[4], "400"),
            ("sec-websocket-version: 8", "400"),
            ("Origin: a\r\nOrigin: b", "101"),
        ] {
            let mut lines = LINES.to_vec();
            lines.push(again);
            assert_eq!(status("GET / HTTP/1.1", &lines), code, "{again}");
        }
    }

    #[test]
    fn there_are_100_headers_at_most() {
        let mut lines = LINES.to_vec();
        lines.resize(HEADERS_MAX, "A: b");
        assert_eq!(status("GET / HTTP/1.1", &lines), "101");
        lines.push("A: b");
        assert_eq!(status("GET / HTTP/1.1", &lines), "431");
        assert_eq!(status("GET / HTTP/1.1", &["no colon"]), "400");
    }
}
