//! WebSocket channels.

use std::io::ErrorKind;

use crate::channel::{Channel, kind};
use crate::context::Context;
use crate::error::{Result, told};
use crate::handshake::Handshake;
use abi::layout::QIOChannelWebsock;
use io::logic::websock;
use io::object::Ref;
use io::object::task::Completion;
use rfc6455::client::Wish;

/// What a WebSocket client asks its server for.
///
/// ```
/// let request = qio::WebsockRequest::new("example.org").path("/chat").protocol("binary");
/// # let _ = request;
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WebsockRequest {
    host: String,
    path: String,
    protocols: Vec<String>,
    headers: Vec<String>,
}

impl WebsockRequest {
    /// For the server of that name, with its port if that isn't the scheme's own.
    #[must_use]
    pub fn new(host: impl Into<String>) -> Self {
        Self {
            host: host.into(),
            path: "/".into(),
            protocols: Vec::new(),
            headers: Vec::new(),
        }
    }

    /// Another path than `/`, perhaps with a query.
    #[must_use]
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = path.into();
        self
    }

    /// One more subprotocol, the best first.
    #[must_use]
    pub fn protocol(mut self, name: impl Into<String>) -> Self {
        self.protocols.push(name.into());
        self
    }

    /// One more header line.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push(format!("{name}: {value}"));
        self
    }
}

/// Either end of a WebSocket, over any other channel, which it owns. What is written goes out as binary
/// messages.
///
/// The handshake, the answers to pings and what a write leaves over go on in the global context, which
/// somebody has to iterate ([`Context::start`] does for a program without a GLib main loop). What is left over when
/// the channel is closed or dropped is lost: a flush ([`std::io::Write::flush`]) tells whether something is.
///
/// ```
/// # fn main() -> qio::Result<()> {
/// use std::io::{Read, Write};
/// use qio::{Context, SocketChannel, WebsockChannel, WebsockRequest};
/// let _running = Context::global().start()?;
/// let (client, server) = SocketChannel::pair()?;
/// let serving = std::thread::spawn(move || -> qio::Result<()> {
///     let mut server = WebsockChannel::server(server).wait()?;
///     Ok(server.write_all(b"hello")?)
/// });
/// let request = WebsockRequest::new("localhost").protocol("binary");
/// let mut client = WebsockChannel::client(client, &request)?.wait()?;
/// assert_eq!(client.protocol().as_deref(), Some("binary"));
/// let mut received = [0; 5];
/// client.read_exact(&mut received)?;
/// assert_eq!(&received, b"hello");
/// # serving.join().unwrap()
/// # }
/// ```
pub struct WebsockChannel {
    channel: Channel,
    own: Ref<QIOChannelWebsock>,
}

kind!(WebsockChannel, QIOChannelWebsock);

impl WebsockChannel {
    /// A server's end: it waits for a client's request for the path `/` and the subprotocol `binary`, and refuses
    /// all others.
    pub fn server(channel: impl Into<Channel>) -> Handshake<Self> {
        Self::handshake(websock::create(&channel.into().0))
    }

    /// A client's end. A request that no server could be sent is an error.
    pub fn client(
        channel: impl Into<Channel>,
        request: &WebsockRequest,
    ) -> Result<Handshake<Self>> {
        fn texts(texts: &[String]) -> Vec<&str> {
            texts.iter().map(String::as_str).collect()
        }
        let made = websock::create_client(
            &channel.into().0,
            &Wish {
                host: &request.host,
                path: &request.path,
                protocols: &texts(&request.protocols),
                headers: &texts(&request.headers),
            },
        );
        let made = told(made).map_err(|error| error.with_kind(ErrorKind::InvalidInput))?;
        Ok(Self::handshake(made))
    }

    fn handshake(own: Ref<QIOChannelWebsock>) -> Handshake<Self> {
        let begin = |websock: &Self, completion: Completion, _: &Context| {
            websock::handshake(&websock.own, completion);
        };
        let mut websock = Self::of(own);
        // Whatever it becomes, it is known as what it is.
        websock.channel.1 = Some(websock.own.clone());
        Handshake::new(websock, begin, None)
    }

    /// The subprotocol that a client's server has chosen.
    #[must_use]
    pub fn protocol(&self) -> Option<String> {
        let name = websock::protocol(&self.own)?;
        Some(name.to_string_lossy().into_owned())
    }
}
