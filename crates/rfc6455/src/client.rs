//! A client's side of the opening handshake: the request, and what the server answers (RFC 6455 section 4.1).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::http::{Fields, HEADERS_MAX, accept_value, members};

/// Header lines that a program can't add: they are the handshake's own, or would give the request a body.
const RESERVED: [&str; 5] = [
    "host",
    "connection",
    "upgrade",
    "content-length",
    "transfer-encoding",
];
/// The names that begin so are the handshake's own, too.
const RESERVED_PREFIX: &str = "sec-websocket-";

/// What a client asks for.
#[derive(Clone, Debug)]
pub struct Wish<'a> {
    /// The server's name, with its port if that is not the scheme's own.
    pub host: &'a str,
    /// The path, and perhaps a query.
    pub path: &'a str,
    /// Subprotocols, in the order of preference.
    pub protocols: &'a [&'a str],
    /// More header lines, `Name: value`.
    pub headers: &'a [&'a str],
}

/// A request, and what is expected for it.
#[derive(Debug)]
pub struct Request {
    /// As it goes out.
    pub bytes: Vec<u8>,
    accept: String,
    protocols: Vec<String>,
}

/// What the head of a response means.
#[derive(PartialEq, Eq, Debug)]
pub enum Answer {
    /// Another response follows (RFC 9110 section 15.2).
    Interim,
    /// Frames follow; the subprotocol is the server's choice.
    Open {
        /// One of those asked for.
        protocol: Option<String>,
    },
}

impl Request {
    /// The request for a wish, with a key of its own; what is wrong with the wish, if it can't be asked for.
    pub fn new(wish: &Wish<'_>) -> Result<Self, String> {
        let mut key = [0; 16];
        match getrandom::fill(&mut key) {
            Ok(()) => Self::with_key(wish, key),
            Err(error) => Err(format!(
                "There is no random key for a WebSocket request: {error}"
            )),
        }
    }

    fn with_key(wish: &Wish<'_>, key: [u8; 16]) -> Result<Self, String> {
        let Wish { host, path, .. } = wish;
        if host.is_empty() || !host.bytes().all(is_in_host) {
            return Err(format!("'{host}' can't be the host of a WebSocket request"));
        }
        if !path.starts_with('/')
            || !path
                .bytes()
                .all(|byte| byte.is_ascii_graphic() && byte != b'#')
        {
            return Err(format!(
                "'{path}' can't be the path of a WebSocket request: it begins with '/', and has printable ASCII \
                 characters other than '#'"
            ));
        }
        for (at, protocol) in wish.protocols.iter().enumerate() {
            if !is_token(protocol) {
                return Err(format!("'{protocol}' can't be a WebSocket subprotocol"));
            }
            if wish.protocols[..at].contains(protocol) {
                return Err(format!("WebSocket subprotocol '{protocol}' stands twice"));
            }
        }
        let key = STANDARD.encode(key);
        let mut text = format!(
            "GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
        );
        if !wish.protocols.is_empty() {
            text += &format!("Sec-WebSocket-Protocol: {}\r\n", wish.protocols.join(", "));
        }
        for line in wish.headers {
            check_header(line)?;
            text += line;
            text += "\r\n";
        }
        text += "\r\n";
        Ok(Self {
            bytes: text.into_bytes(),
            accept: accept_value(key.as_bytes()),
            protocols: wish.protocols.iter().map(|&name| name.to_owned()).collect(),
        })
    }

    /// Judges the head of a response, which is there as a whole; why the connection can't be used, if so (R-WSC-3).
    pub fn judge(&self, head: &[u8]) -> Result<Answer, String> {
        let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
        let mut response = httparse::Response::new(&mut headers);
        match response.parse(head) {
            Ok(httparse::Status::Complete(end)) if end == head.len() => {}
            Ok(_) => return Err("The WebSocket server's response has no end".to_owned()),
            Err(error) => {
                return Err(format!(
                    "The WebSocket server's response is malformed: {error}"
                ));
            }
        }
        let status = response.code.unwrap_or_default();
        match status {
            101 => {}
            100 | 102..=199 => return Ok(Answer::Interim),
            _ => {
                let reason = response.reason.unwrap_or_default();
                return Err(format!(
                    "The WebSocket server refused the request: {status} {reason}"
                ));
            }
        }
        if response.version != Some(1) {
            return Err("The WebSocket server's response is not of HTTP/1.1".to_owned());
        }
        self.judge_fields(&Fields(response.headers))
    }

    /// RFC 6455 section 4.1, behind "the client MUST validate the server's response".
    fn judge_fields(&self, fields: &Fields<'_>) -> Result<Answer, String> {
        let has = |name, wanted: &str| {
            let list = fields.list(name).unwrap_or_default();
            members(&list).any(|member| member.eq_ignore_ascii_case(wanted))
        };
        if !has("upgrade", "websocket") {
            return Err("The WebSocket server's response doesn't upgrade to websocket".to_owned());
        }
        if !has("connection", "upgrade") {
            return Err(
                "The WebSocket server's response doesn't upgrade the connection".to_owned(),
            );
        }
        let mut accepts = fields.values("sec-websocket-accept");
        if accepts.next() != Some(self.accept.as_bytes()) || accepts.next().is_some() {
            return Err(
                "The WebSocket server's response is not for this request: its Sec-WebSocket-Accept is another"
                    .to_owned(),
            );
        }
        if let Some(list) = fields.list("sec-websocket-extensions")
            && let Some(extension) = members(&list).find(|member| !member.is_empty())
        {
            return Err(format!(
                "The WebSocket server uses an extension that was not asked for: '{extension}'"
            ));
        }
        let protocol = fields.list("sec-websocket-protocol");
        if let Some(protocol) = &protocol
            && !self.protocols.contains(protocol)
        {
            return Err(format!(
                "The WebSocket server uses a subprotocol that was not asked for: '{protocol}'"
            ));
        }
        Ok(Answer::Open { protocol })
    }
}

/// Whether a byte may stand in a host and port (RFC 3986 section 3.2.2), some of them quoted.
fn is_in_host(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=%[]:".contains(&byte)
}

/// RFC 9110 section 5.6.2.
fn is_token(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

/// A header line of the program's own.
fn check_header(line: &str) -> Result<(), String> {
    let Some((name, value)) = line.split_once(':').filter(|(name, _)| is_token(name)) else {
        return Err(format!("'{line}' is no header line"));
    };
    if value
        .bytes()
        .any(|byte| byte.is_ascii_control() && byte != b'\t')
    {
        return Err(format!(
            "The value of header {name} has a control character in it"
        ));
    }
    let lower = name.to_ascii_lowercase();
    if RESERVED.contains(&lower.as_str()) || lower.starts_with(RESERVED_PREFIX) {
        return Err(format!(
            "A WebSocket request can't have another header {name}"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http;

    const WISH: Wish<'_> = Wish {
        host: "server.example.com",
        path: "/",
        protocols: &[],
        headers: &[],
    };

    /// RFC 6455 section 1.3.
    const KEY: [u8; 16] = *b"the sample nonce";
    const ACCEPT: &str = "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

    fn judge(wish: &Wish<'_>, status: &str, lines: &[&str]) -> Result<Answer, String> {
        let head = format!("HTTP/1.1 {status}\r\n{}\r\n\r\n", lines.join("\r\n"));
        Request::with_key(wish, KEY).unwrap().judge(head.as_bytes())
    }

    fn open(protocol: Option<&str>) -> Answer {
        Answer::Open {
            protocol: protocol.map(str::to_owned),
        }
    }

    #[test]
    fn the_example_of_the_rfc_is_made_and_accepted() {
        let wish = Wish {
            path: "/chat",
            protocols: &["chat", "superchat"],
            headers: &["Origin: http://example.com"],
            ..WISH
        };
        let request = Request::with_key(&wish, KEY).unwrap();
        assert_eq!(
            String::from_utf8(request.bytes).unwrap(),
            "GET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Protocol: chat, superchat\r\nOrigin: http://example.com\r\n\r\n"
        );
        let lines = [
            "Upgrade: websocket",
            "Connection: Upgrade",
            ACCEPT,
            "Sec-WebSocket-Protocol: chat",
        ];
        let answer = judge(&wish, "101 Switching Protocols", &lines);
        assert_eq!(answer, Ok(open(Some("chat"))));
    }

    #[test]
    fn each_request_has_a_key_of_its_own() {
        let accepts = [(); 2].map(|()| Request::new(&WISH).unwrap().accept);
        assert_ne!(accepts[0], accepts[1]);
    }

    #[test]
    fn both_ends_agree() {
        for protocols in [&[][..], &["x", "binary"]] {
            let wish = Wish {
                path: "/?token=1",
                protocols,
                ..WISH
            };
            let request = Request::with_key(&wish, [9; 16]).unwrap();
            let response = http::respond(&request.bytes, &());
            response.outcome.unwrap();
            let protocol = (!protocols.is_empty()).then_some("binary");
            assert_eq!(request.judge(&response.bytes), Ok(open(protocol)));
        }
        let wish = Wish {
            path: "/other",
            ..WISH
        };
        let request = Request::with_key(&wish, [9; 16]).unwrap();
        let refused = request.judge(&http::respond(&request.bytes, &()).bytes);
        assert!(refused.unwrap_err().ends_with(": 404 Not Found"));
    }

    #[test]
    fn responses_have_to_be_in_order() {
        let good = ["Upgrade: WebSocket", "Connection: x, upgrade", ACCEPT];
        assert_eq!(judge(&WISH, "101 Yes", &good), Ok(open(None)));
        assert_eq!(judge(&WISH, "100 Continue", &["A: b"]), Ok(Answer::Interim));
        for status in ["200 OK", "301 Moved", "401 Unauthorized", "503 x"] {
            let refused = judge(&WISH, status, &good).unwrap_err();
            assert!(refused.ends_with(status), "{refused}");
        }
        for left_out in 0..good.len() {
            let mut lines = good.to_vec();
            lines.remove(left_out);
            assert!(judge(&WISH, "101 Yes", &lines).is_err(), "{lines:?}");
        }
        for (more, part) in [
            (ACCEPT, "not for this request"),
            (
                "Sec-WebSocket-Extensions: permessage-deflate",
                "'permessage-deflate'",
            ),
            ("Sec-WebSocket-Protocol: binary", "'binary'"),
            ("no header line", "malformed"),
        ] {
            let mut lines = good.to_vec();
            lines.push(more);
            let refused = judge(&WISH, "101 Yes", &lines).unwrap_err();
            assert!(refused.contains(part), "{refused}");
        }
        let old = b"HTTP/1.0 101 Yes\r\n\r\n";
        assert!(Request::with_key(&WISH, KEY).unwrap().judge(old).is_err());
        let other = Request::with_key(&WISH, [1; 16]).unwrap();
        let head = format!("HTTP/1.1 101 Yes\r\n{}\r\n\r\n", good.join("\r\n"));
        assert!(other.judge(head.as_bytes()).is_err());
    }

    #[test]
    fn nothing_is_slipped_into_a_request() {
        let bad = |wish: Wish<'_>| Request::with_key(&wish, KEY).unwrap_err();
        for host in ["", "a b", "a\r\nb", "a/b", "user@h"] {
            bad(Wish { host, ..WISH });
        }
        for path in ["", "x", "*", "/a b", "/#x", "/\r\n", "/\u{e9}"] {
            bad(Wish { path, ..WISH });
        }
        for protocols in [&[""][..], &["a b"], &["a,b"], &["a", "a"]] {
            bad(Wish { protocols, ..WISH });
        }
        for line in ["", "x", ": y", "a b: c", "a: b\r\nc: d", "a: \0"] {
            let headers = &[line][..];
            bad(Wish { headers, ..WISH });
        }
        for line in [
            "HOST: x",
            "Sec-WebSocket-Extensions: y",
            "Content-Length: 3",
        ] {
            let headers = &[line][..];
            assert!(bad(Wish { headers, ..WISH }).contains("another header"));
        }
        for host in ["h", "[::1]:5700", "10.0.0.1:80"] {
            Request::with_key(&Wish { host, ..WISH }, KEY).unwrap();
        }
    }
}
