//! TLS channels, and the credentials that they are made with.

use std::ffi::CString;
use std::fmt;
use std::path::Path;

use crate::channel::{Channel, kind};
use crate::context::Context;
use crate::error::{Error, Result, told};
use crate::handshake::Handshake;
use abi::layout::QIOChannelTLS;
use embedded_host::rust::UserObject;
use host::tls_session::Creds;
use io::logic::tls;
use io::object::Ref;
use io::object::task::Completion;

/// Which end of a connection credentials are for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Endpoint {
    /// It begins the handshake.
    Client,
    /// It waits for one.
    Server,
}

impl Endpoint {
    fn word(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
        }
    }
}

/// Certificates and keys, or the lack of them: what TLS channels are made with, any number of each.
///
/// The files in the directories are those of `docs/tls.md`: `ca-cert.pem`, `server-cert.pem`,
/// `server-key.pem` and so on.
pub struct TlsCredentials(UserObject);

impl TlsCredentials {
    /// Certificates, which the other end's are checked against.
    pub fn x509(endpoint: Endpoint, directory: impl AsRef<Path>) -> Result<Self> {
        Self::x509_with(endpoint, directory, &[])
    }

    /// As [`TlsCredentials::x509`], with more properties: `("verify-peer", "no")` for a server whose clients
    /// have no certificates, `("priority", "NORMAL")` for GnuTLS.
    pub fn x509_with(
        endpoint: Endpoint,
        directory: impl AsRef<Path>,
        properties: &[(&str, &str)],
    ) -> Result<Self> {
        let directory = directory.as_ref().to_str().ok_or_else(|| {
            let kind = std::io::ErrorKind::InvalidInput;
            Error::new(kind, "The directory of credentials is not UTF-8")
        })?;
        let own = [("dir", directory)];
        Self::create("tls-creds-x509", endpoint, &[&own, properties].concat())
    }

    /// A key that both ends know, from `keys.psk` in the directory; a client names whose it uses.
    pub fn psk(
        endpoint: Endpoint,
        directory: impl AsRef<Path>,
        username: Option<&str>,
    ) -> Result<Self> {
        let directory = directory.as_ref().to_string_lossy();
        let mut own = vec![("dir", &*directory)];
        own.extend(username.map(|name| ("username", name)));
        Self::create("tls-creds-psk", endpoint, &own)
    }

    /// No credentials: encrypted, with nobody knows whom.
    ///
    /// ```
    /// use qio::{Endpoint, TlsCredentials};
    /// assert!(TlsCredentials::anonymous(Endpoint::Client).is_ok());
    /// ```
    pub fn anonymous(endpoint: Endpoint) -> Result<Self> {
        Self::create("tls-creds-anon", endpoint, &[])
    }

    fn create(kind: &str, endpoint: Endpoint, properties: &[(&str, &str)]) -> Result<Self> {
        let mut texts = vec![(CString::new("endpoint")?, CString::new(endpoint.word())?)];
        for (name, value) in properties {
            texts.push((CString::new(*name)?, CString::new(*value)?));
        }
        let pairs: Vec<_> = texts
            .iter()
            .map(|(name, value)| (name.as_c_str(), value.as_c_str()))
            .collect();
        UserObject::create(&CString::new(kind)?, &pairs)
            .map(Self)
            .map_err(|message| Error::new(std::io::ErrorKind::Other, message))
    }

    #[expect(unsafe_code, reason = "objects of the host are C's")]
    fn lend(&self) -> Result<Creds<'_>> {
        // SAFETY: an object of a type of credentials, as `create` makes no other, alive as long as `self`.
        let creds = unsafe { Creds::from_ptr(self.0.as_ptr().cast()) };
        creds.ok_or_else(|| Error::new(std::io::ErrorKind::Other, "There are no credentials"))
    }
}

impl fmt::Debug for TlsCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TlsCredentials")
            .field(&self.0.as_ptr())
            .finish()
    }
}

/// One end of a TLS connection, over any other channel, which it owns.
///
/// ```
/// # fn main() -> qio::Result<()> {
/// use std::io::{Read, Write};
/// use qio::{Endpoint, SocketChannel, TlsChannel, TlsCredentials};
/// let (client, server) = SocketChannel::pair()?;
/// let serving = std::thread::spawn(move || -> qio::Result<()> {
///     let credentials = TlsCredentials::anonymous(Endpoint::Server)?;
///     let mut server = TlsChannel::server(server, &credentials, None)?.wait()?;
///     Ok(server.write_all(b"hello")?)
/// });
/// let credentials = TlsCredentials::anonymous(Endpoint::Client)?;
/// let mut client = TlsChannel::client(client, &credentials, None)?.wait()?;
/// let mut received = [0; 5];
/// client.read_exact(&mut received)?;
/// assert_eq!(&received, b"hello");
/// # serving.join().unwrap()
/// # }
/// ```
pub struct TlsChannel {
    channel: Channel,
    own: Ref<QIOChannelTLS>,
}

kind!(TlsChannel, QIOChannelTLS);

impl TlsChannel {
    /// A client's end. With certificates the server has to be `hostname`.
    pub fn client(
        channel: impl Into<Channel>,
        credentials: &TlsCredentials,
        hostname: Option<&str>,
    ) -> Result<Handshake<Self>> {
        let hostname = hostname.map(CString::new).transpose()?;
        let (master, creds) = (channel.into(), credentials.lend()?);
        let made = tls::create_client(&master.0, creds, hostname.as_deref());
        Ok(Self::handshake(told(made)?))
    }

    /// A server's end. The authorization object of the id `authorization` decides about clients, if one is given.
    pub fn server(
        channel: impl Into<Channel>,
        credentials: &TlsCredentials,
        authorization: Option<&str>,
    ) -> Result<Handshake<Self>> {
        let id = authorization.map(CString::new).transpose()?;
        let (master, creds) = (channel.into(), credentials.lend()?);
        let made = tls::create_server(&master.0, creds, id.as_deref());
        Ok(Self::handshake(told(made)?))
    }

    fn handshake(own: Ref<QIOChannelTLS>) -> Handshake<Self> {
        let begin = |tls: &Self, completion: Completion, context: &Context| {
            tls::handshake(&tls.own, completion, context.0.clone());
        };
        let tls = Self::of(own);
        #[cfg(tls_bye)]
        let tls = tls.known();
        Handshake::new(tls, begin, Some(Context::new))
    }

    /// Whatever it becomes, it is known as what it is.
    #[cfg(tls_bye)]
    fn known(mut self) -> Self {
        self.channel.2 = Some(self.own.clone());
        self
    }

    /// Tells the other end that nothing more will be sent (close_notify). What can't be sent at once goes out in
    /// the global context.
    #[cfg(tls_bye)]
    pub fn bye(&self) -> Result<()> {
        told(tls::bye(&self.own))
    }
}

impl Handshake<TlsChannel> {
    /// Completes it in `context` instead of the global one, with the channel below not blocking.
    pub fn on(mut self, context: &Context) -> Result<Self> {
        self.set_context(context);
        self.channel()
            .map_or(Ok(()), |tls| tls.set_blocking(false))?;
        Ok(self)
    }
}
