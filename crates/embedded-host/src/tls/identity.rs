//! What credentials have loaded, to be used by any number of sessions.

use core::ffi::CStr;

use super::gnutls::{
    AnonymousClient, AnonymousServer, Certificates, Code, Handle, Keys, PskClient, PskServer,
    Status,
};

/// What a session shows to its peer, and what it knows of others.
pub(crate) enum Identity {
    /// X.509, of a client or server; and others that trust fewer authorities, to be tried if those say
    /// no.
    Certificates(Certificates, Vec<Certificates>),
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
    pub(crate) unsafe fn give_to(&self, handle: &Handle) -> Result<(), Code> {
        match self {
            // SAFETY: the caller's promise.
            Self::Certificates(credentials, _) => unsafe { handle.use_certificates(credentials) },
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

    /// Checks the certificates of the peer of a session that uses it.
    ///
    /// # Safety
    /// As for [`Identity::give_to`].
    pub(crate) unsafe fn verify_peer(
        &self,
        handle: &Handle,
        purpose: &CStr,
    ) -> Result<Status, Code> {
        let verified = handle.verify_peer(purpose);
        let Self::Certificates(credentials, fewer) = self else {
            return verified;
        };
        if verified.is_ok_and(Status::is_good) || fewer.is_empty() {
            return verified;
        }
        let good = fewer.iter().find_map(|fewer| {
            // SAFETY: the caller's promise.
            unsafe { handle.use_certificates(fewer) }.ok()?;
            handle
                .verify_peer(purpose)
                .ok()
                .filter(|status| status.is_good())
        });
        // SAFETY: the caller's promise.
        unsafe { handle.use_certificates(credentials) }?;
        good.map_or(verified, Ok)
    }
}
