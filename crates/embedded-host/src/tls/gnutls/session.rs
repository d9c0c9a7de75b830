//! A GnuTLS session (`gnutls_session_t`): handshake, records, close_notify, peer's certificates.

use core::ffi::{CStr, c_int, c_uint, c_void};
use core::ptr::{self, NonNull};

use super::credentials::{AnonymousClient, AnonymousServer, Certificates, PskClient, PskServer};
use super::{Certificate, Code, Keys, Status, sys};
use crate::tls::Endpoint;
use platform::os::errno::Errno;
use platform::os::iov::{IoVec, IoVecMut};

/// Writes to the transport. It gets what [`Handle::set_transport`] got.
pub(crate) type PushFunction = sys::PushFunc;
/// Reads from the transport.
pub(crate) type PullFunction = sys::PullFunc;

/// What a handshake waits for, and what a transfer is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Direction {
    /// For the transport to take more.
    Sending,
    /// For more from the peer.
    Receiving,
}

/// What a read has come to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Received {
    /// That many bytes.
    Bytes(usize),
    /// The peer has sent close_notify.
    End,
}

/// A session, whose calls have to be made one at a time. While one calls the transport, another
/// thread may make one for the other direction.
pub(crate) struct Handle(NonNull<sys::Session>);

impl Drop for Handle {
    fn drop(&mut self) {
        // SAFETY: the session is ours. This doesn't call the transport.
        unsafe { sys::gnutls_deinit(self.0.as_ptr()) };
    }
}

impl Handle {
    /// A session of the given role, to be given credentials, a priority and a transport.
    pub(crate) fn new(endpoint: Endpoint) -> Result<Self, Code> {
        let role = match endpoint {
            Endpoint::Client => sys::CLIENT,
            Endpoint::Server => sys::SERVER,
        };
        let mut session = ptr::null_mut();
        // SAFETY: the place is a local one.
        Code::check(unsafe { sys::gnutls_init(&raw mut session, role | sys::NO_AUTO_REKEY) })?;
        // SAFETY: it has been filled in.
        Ok(Self(unsafe { NonNull::new_unchecked(session) }))
    }

    /// Chooses protocol versions, ciphers and key exchanges.
    pub(crate) fn set_priority(&self, priority: &CStr) -> Result<(), Code> {
        let (session, text) = (self.0.as_ptr(), priority.as_ptr());
        // SAFETY: a live session and a C string; where the mistake is isn't asked for.
        Code::check(unsafe { sys::gnutls_priority_set_direct(session, text, ptr::null_mut()) })
            .map(|_| ())
    }

    /// # Safety
    /// `credentials` are of that kind and outlive the session.
    unsafe fn set_credentials(&self, kind: c_int, credentials: *mut c_void) -> Result<(), Code> {
        // SAFETY: a live session; the caller's promise.
        Code::check(unsafe { sys::gnutls_credentials_set(self.0.as_ptr(), kind, credentials) })
            .map(|_| ())
    }

    /// # Safety
    /// The credentials outlive the session.
    pub(crate) unsafe fn use_certificates(&self, credentials: &Certificates) -> Result<(), Code> {
        // SAFETY: of the right kind; the caller's promise.
        unsafe { self.set_credentials(sys::CRD_CERTIFICATE, credentials.as_ptr()) }
    }

    /// # Safety
    /// The credentials outlive the session.
    pub(crate) unsafe fn use_anonymous_client(
        &self,
        credentials: &AnonymousClient,
    ) -> Result<(), Code> {
        // SAFETY: of the right kind; the caller's promise.
        unsafe { self.set_credentials(sys::CRD_ANON, credentials.as_ptr()) }
    }

    /// # Safety
    /// The credentials outlive the session.
    pub(crate) unsafe fn use_anonymous_server(
        &self,
        credentials: &AnonymousServer,
    ) -> Result<(), Code> {
        // SAFETY: of the right kind; the caller's promise.
        unsafe { self.set_credentials(sys::CRD_ANON, credentials.as_ptr()) }
    }

    /// # Safety
    /// The credentials outlive the session.
    pub(crate) unsafe fn use_psk_client(&self, credentials: &PskClient) -> Result<(), Code> {
        // SAFETY: of the right kind; the caller's promise.
        unsafe { self.set_credentials(sys::CRD_PSK, credentials.as_ptr()) }
    }

    /// # Safety
    /// The credentials and the keys outlive the session, and stay where they are.
    pub(crate) unsafe fn use_psk_server(
        &self,
        credentials: &PskServer,
        keys: &Keys,
    ) -> Result<(), Code> {
        let keys = (&raw const *keys).cast_mut().cast::<c_void>();
        // SAFETY: a live session.
        unsafe { sys::gnutls_session_set_ptr(self.0.as_ptr(), keys) };
        // SAFETY: of the right kind; the caller's promise.
        unsafe { self.set_credentials(sys::CRD_PSK, credentials.as_ptr()) }
    }

    /// Asks the client for a certificate, without insisting on one (R-TLS-78).
    pub(crate) fn request_certificate(&self) {
        // SAFETY: a live session.
        unsafe {
            sys::gnutls_certificate_server_set_request(self.0.as_ptr(), sys::CERT_REQUEST);
        }
    }

    /// Gives the session its transport.
    ///
    /// # Safety
    /// The functions may be called with `opaque` as long as the session lives.
    pub(crate) unsafe fn set_transport(
        &self,
        push: PushFunction,
        pull: PullFunction,
        opaque: *mut c_void,
    ) {
        let session = self.0.as_ptr();
        // SAFETY: a live session.
        unsafe { sys::gnutls_transport_set_push_function(session, push) };
        // SAFETY: as above.
        unsafe { sys::gnutls_transport_set_pull_function(session, pull) };
        // SAFETY: as above; the functions know what `opaque` is, as the caller promises.
        unsafe { sys::gnutls_transport_set_ptr(session, opaque) };
    }

    /// Says why the transport function that is about to return has failed.
    pub(crate) fn set_transport_errno(&self, errno: Errno) {
        // SAFETY: a live session.
        unsafe { sys::gnutls_transport_set_errno(self.0.as_ptr(), errno.code()) };
    }

    /// Goes on with the handshake.
    pub(crate) fn handshake(&self) -> Result<(), Code> {
        // SAFETY: a live session.
        Code::check(unsafe { sys::gnutls_handshake(self.0.as_ptr()) }).map(|_| ())
    }

    /// What the call waited for that has returned [`Code::AGAIN`].
    pub(crate) fn direction(&self) -> Direction {
        // SAFETY: a live session.
        match unsafe { sys::gnutls_record_get_direction(self.0.as_ptr()) } {
            0 => Direction::Receiving,
            _ => Direction::Sending,
        }
    }

    /// Encrypts what one record holds, and writes it.
    pub(crate) fn send(&self, data: IoVec<'_>) -> Result<usize, Code> {
        // SAFETY: a live session and readable memory.
        let sent = unsafe { sys::gnutls_record_send(self.0.as_ptr(), data.base(), data.len()) };
        usize::try_from(sent).map_err(|_| failure(sent))
    }

    /// Reads what a record has.
    pub(crate) fn receive(&self, room: IoVecMut<'_>) -> Result<Received, Code> {
        // SAFETY: a live session and writable memory.
        let received = unsafe { sys::gnutls_record_recv(self.0.as_ptr(), room.base(), room.len()) };
        match usize::try_from(received) {
            Ok(0) => Ok(Received::End),
            Ok(bytes) => Ok(Received::Bytes(bytes)),
            Err(_) => Err(failure(received)),
        }
    }

    /// Decrypted bytes that have not been read.
    pub(crate) fn pending(&self) -> usize {
        // SAFETY: a live session.
        unsafe { sys::gnutls_record_check_pending(self.0.as_ptr()) }
    }

    /// Sends close_notify: nothing more will be written.
    pub(crate) fn bye(&self) -> Result<(), Code> {
        // SAFETY: a live session.
        Code::check(unsafe { sys::gnutls_bye(self.0.as_ptr(), sys::SHUT_WR) }).map(|_| ())
    }

    /// Whether the last alert of the peer's was that its user has canceled.
    pub(crate) fn was_canceled(&self) -> bool {
        // SAFETY: a live session.
        let alert = unsafe { sys::gnutls_alert_get(self.0.as_ptr()) };
        alert == sys::A_USER_CANCELED
    }

    /// Whether its key wears out and can be renewed.
    pub(crate) fn changes_keys(&self) -> bool {
        let session = self.0.as_ptr();
        // SAFETY: a live session.
        let version = unsafe { sys::gnutls_protocol_get_version(session) };
        // SAFETY: as above.
        let cipher = unsafe { sys::gnutls_cipher_get(session) };
        version == sys::TLS1_3 && cipher != sys::CIPHER_CHACHA20_POLY1305
    }

    /// Whether no record was read with the key of now.
    pub(crate) fn has_new_read_key(&self) -> bool {
        let mut number = [0; 8];
        let (session, place) = (self.0.as_ptr(), number.as_mut_ptr());
        let null = ptr::null_mut;
        // SAFETY: a live session; a sequence number has 8 bytes; the rest isn't asked for.
        let code =
            unsafe { sys::gnutls_record_get_state(session, 1, null(), null(), null(), place) };
        code >= 0 && number == [0; 8]
    }

    /// Encrypts with a new key from now on, and says so to the peer.
    pub(crate) fn renew_key(&self) -> Result<(), Code> {
        // SAFETY: a live session.
        Code::check(unsafe { sys::gnutls_session_key_update(self.0.as_ptr(), 0) }).map(|_| ())
    }

    /// Bytes of the cipher's key, 0 if there is no cipher.
    pub(crate) fn key_size(&self) -> usize {
        // SAFETY: a live session.
        let cipher = unsafe { sys::gnutls_cipher_get(self.0.as_ptr()) };
        // SAFETY: takes a number.
        unsafe { sys::gnutls_cipher_get_key_size(cipher) }
    }

    /// Checks the peer's certificates against the authorities of the session's credentials, and
    /// whether they may be used for a purpose.
    pub(crate) fn verify_peer(&self, purpose: &CStr) -> Result<Status, Code> {
        let mut demands = sys::TypedVdata::purpose(purpose);
        let mut status = 0;
        // SAFETY: a live session; the demand and the status are local ones.
        let code = unsafe {
            sys::gnutls_certificate_verify_peers(
                self.0.as_ptr(),
                &raw mut demands,
                1,
                &raw mut status,
            )
        };
        Code::check(code).map(|_| Status::new(status))
    }

    /// The peer's certificates, its own first. None if it has shown none.
    pub(crate) fn peer_certificates(&self) -> Result<Vec<Certificate>, Code> {
        let session = self.0.as_ptr();
        // SAFETY: a live session.
        if unsafe { sys::gnutls_certificate_type_get(session) } != sys::CRT_X509 {
            return Ok(Vec::new());
        }
        let mut count: c_uint = 0;
        // SAFETY: a live session; the count is a local one.
        let list = unsafe { sys::gnutls_certificate_get_peers(session, &raw mut count) };
        let count = if list.is_null() { 0 } else { count as usize };
        // SAFETY: that many elements are the session's own.
        (0..count)
            .map(|at| Certificate::from_der(unsafe { &*list.add(at) }))
            .collect()
    }
}

/// The code in a negative result.
fn failure(result: libc::ssize_t) -> Code {
    Code(c_int::try_from(result).unwrap_or(c_int::MIN))
}
