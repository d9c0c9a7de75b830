//! TLS by GnuTLS: credentials, and sessions over a transport of callbacks.
//!
//! | module | what |
//! |---|---|
//! | [`gnutls`] | the library behind safe handles; all that is declared of it |
//! | [`callbacks`] | the transport that a C program gives to a session |
//! | [`transport`] | what GnuTLS reads and writes, while a reader and a writer share a session |
//! | [`state`] | what such a session remembers |
//! | [`connection`] | such a session |
//! | [`session`] | what a `QCryptoTLSSession` is |
//! | [`purpose`] | what certificates may be used for |
//! | [`peer`] | whether the peer is who it should be |
//! | [`credentials`] | the properties of credentials, and loading what they name |
//! | [`identity`] | what credentials have loaded |
//! | [`instance`] | what an object of credentials is |
//! | [`object`] | its types |
//! | [`properties`] | their properties |
//! | [`files`] | the files in a directory of credentials |
//! | [`x509`], [`sanity`] | loading certificates, and whether they can be of use |
//! | [`namesakes`] | authorities of one name |
//! | [`psk`] | loading pre-shared keys |
//! | [`psk_file`] | the file that they are in |

pub(crate) mod callbacks;
pub(crate) mod connection;
pub(crate) mod credentials;
pub(crate) mod files;
pub(crate) mod gnutls;
pub(crate) mod identity;
pub(crate) mod instance;
mod namesakes;
pub(crate) mod object;
pub(crate) mod peer;
pub(crate) mod properties;
pub(crate) mod psk;
pub(crate) mod psk_file;
pub(crate) mod purpose;
pub(crate) mod sanity;
pub(crate) mod session;
mod state;
pub(crate) mod transport;
pub(crate) mod x509;

/// The role in a connection, `QCryptoTLSCredsEndpoint` in C.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Endpoint {
    /// The one that connects.
    Client,
    /// The one that is connected to.
    Server,
}

impl Endpoint {
    /// The role of the given number.
    pub(crate) fn from_c(number: u32) -> Option<Self> {
        match number {
            0 => Some(Self::Client),
            1 => Some(Self::Server),
            _ => None,
        }
    }

    /// The peer's role.
    pub(crate) fn other(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }

    /// As the property "endpoint" has it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
        }
    }
}
