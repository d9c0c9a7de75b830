//! What credentials have loaded, to be used by any number of sessions.

use super::gnutls::{
    AnonymousClient, AnonymousServer, Certificates, Code, Handle, Keys, PskClient, PskServer,
};

/// What a session shows to its peer, and what it knows of others.
pub enum Identity {
    /// X.509, of a client or server.
    Certificates(Certificates),
    /// Nothing.
    AnonymousClient(AnonymousClient),
    /// Nothing.
    AnonymousServer(AnonymousServer),
    /// A name and a key.
    PskClient(PskClient),
    /// Names and keys.
    PskServer(PskServer, Box<Keys>),
}

impl Identity {
    /// Makes a session use it.
    ///
    /// # Safety
    /// It outlives the session.
    pub unsafe fn give_to(&self, handle: &Handle) -> Result<(), Code> {
        match self {
            // SAFETY: the caller's promise.
            Self::Certificates(credentials) => unsafe { handle.use_certificates(credentials) },
            // SAFETY: as above.
            Self::AnonymousClient(credentials) => unsafe {
                handle.use_anonymous_client(credentials)
            },
            // SAFETY: as above.
            Self::AnonymousServer(credentials) => unsafe {
                handle.use_anonymous_server(credentials)
            },
            // SAFETY: as above.
            Self::PskClient(credentials) => unsafe { handle.use_psk_client(credentials) },
            // SAFETY: as above.
            Self::PskServer(credentials, keys) => unsafe {
                handle.use_psk_server(credentials, keys)
            },
        }
    }
}
