//! What a `QCryptoTLSSession` is: a connection, and what it asks of its peer.

use core::ffi::CStr;
use std::ffi::CString;
use std::sync::Arc;

use super::Endpoint;
use super::connection::{Connection, Progress, Reason};
use super::gnutls::{Code, Direction, Handle};
use super::identity::Identity;
use super::peer::{self, PeerPolicy};
use super::purpose;
use crate::error::Error;
use platform::sync::Mutex;

/// What a session is made of.
pub(crate) struct SessionConfig<'a> {
    /// Its role.
    pub endpoint: Endpoint,
    /// What it shows to its peer, and knows of others.
    pub identity: Arc<Identity>,
    /// What GnuTLS chooses from.
    pub priority: &'a CStr,
    /// Whether the peer's certificate has to be good.
    pub verifies_peer: bool,
    /// The host that the peer has to be.
    pub hostname: Option<CString>,
    /// The id of the object that decides about the peer's name.
    pub authz_id: Option<CString>,
}

/// A session.
pub(crate) struct Session {
    // Goes before the identity, which it refers to.
    connection: Connection,
    identity: Arc<Identity>,
    endpoint: Endpoint,
    verifies_peer: bool,
    hostname: Option<CString>,
    authz_id: Option<CString>,
    /// Known once the peer's certificate has been looked at.
    peer_name: Mutex<Option<CString>>,
}

/// What GnuTLS says to a priority string.
pub(super) fn unusable_priority(text: &CStr, code: Code) -> Error {
    let text = text.to_string_lossy();
    Error::new(format!("Unable to set TLS session priority {text}: {code}"))
}

impl Session {
    /// A session without a transport.
    pub(crate) fn new(config: SessionConfig<'_>) -> Result<Self, Error> {
        let handle = Handle::new(config.endpoint)
            .map_err(|code| Error::new(format!("Cannot initialize TLS session: {code}")))?;
        handle
            .set_priority(config.priority)
            .map_err(|code| unusable_priority(config.priority, code))?;
        // SAFETY: `identity` lives as long as this session, and goes after the connection.
        unsafe { config.identity.give_to(&handle) }
            .map_err(|code| Error::new(format!("Cannot set session credentials: {code}")))?;
        if config.endpoint == Endpoint::Server
            && matches!(*config.identity, Identity::Certificates(..))
        {
            handle.request_certificate();
        }
        Ok(Self {
            connection: Connection::new(handle, config.endpoint),
            identity: config.identity,
            endpoint: config.endpoint,
            verifies_peer: config.verifies_peer,
            hostname: config.hostname,
            authz_id: config.authz_id,
            peer_name: Mutex::new(None),
        })
    }

    /// What it reads and writes by.
    pub(crate) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Goes on with the handshake. Certificates are not looked at (R-TLS-80).
    pub(crate) fn handshake(&self) -> Result<Progress, Error> {
        self.connection
            .handshake()
            .map_err(|reason| joined("TLS handshake failed", reason))
    }

    /// Sends close_notify.
    #[cfg_attr(not(tls_bye), allow(dead_code, reason = "for qcrypto_tls_session_bye"))]
    pub(crate) fn bye(&self) -> Result<Progress, Error> {
        self.connection
            .bye()
            .map_err(|reason| joined("TLS termination failed", reason))
    }

    /// Bytes of the cipher's key.
    pub(crate) fn key_size(&self) -> Result<usize, Error> {
        match self.connection.ask(Handle::key_size) {
            0 => Err(Error::new("Cannot get the size of the TLS cipher's key")),
            bytes => Ok(bytes),
        }
    }

    /// The peer's name, if its certificate has been looked at.
    pub(crate) fn peer_name(&self) -> Option<CString> {
        self.peer_name.lock().clone()
    }

    /// Checks who the peer is. `is_allowed` asks the object of the given id about a name.
    pub(crate) fn check_credentials(
        &self,
        is_allowed: impl Fn(&CStr, &CStr) -> Result<bool, Error>,
    ) -> Result<(), Error> {
        if !self.verifies_peer || !matches!(*self.identity, Identity::Certificates(..)) {
            return Ok(());
        }
        let purpose = purpose::of_role(self.endpoint.other());
        let (verified, chain) = self.connection.ask(|handle| {
            // SAFETY: the session uses it, and it goes after the connection.
            let verified = unsafe { self.identity.verify_peer(handle, purpose) };
            (verified, handle.peer_certificates())
        });
        let authz_id = self.authz_id.as_deref();
        let policy = PeerPolicy {
            endpoint: self.endpoint,
            hostname: self.hostname.as_deref(),
            allows: |name: &CStr| authz_id.map_or(Ok(true), |id| is_allowed(id, name)),
        };
        peer::check(verified, chain, &policy, |name| {
            *self.peer_name.lock() = Some(name.to_owned());
        })
    }
}

/// "PREFIX: GnuTLS's text", followed in the 10.x profiles by what the transport has to say
/// (R-TLS-65).
fn joined(prefix: &str, reason: Reason) -> Error {
    match reason.transport {
        Some(transport) => Error::new(format!("{prefix}: {}: {transport}", reason.code)),
        None => Error::new(format!("{prefix}: {}", reason.code)),
    }
}

/// The error of a transfer that has failed (R-TLS-64).
#[cfg_attr(
    not(session_errp),
    allow(dead_code, reason = "for transfers with an errp")
)]
pub(crate) fn transfer_error(direction: Direction, reason: Reason) -> Error {
    reason.transport.unwrap_or_else(|| {
        let what = match direction {
            Direction::Receiving => "Cannot read from TLS channel",
            Direction::Sending => "Cannot write to TLS channel",
        };
        Error::new(format!("{what}: {}", reason.code))
    })
}
