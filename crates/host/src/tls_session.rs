//! TLS sessions of the host: one face for the three styles they have had.
//!
//! They report failures with errno or with an error object, and may tell in addition when a transport
//! has ended too early. Which functions there are, and with which arguments, differs between profiles;
//! what is above sees one face.

use core::ffi::{CStr, c_char, c_uint, c_void};
use core::marker::PhantomData;
use core::ptr::{self, NonNull};

use libc::{size_t, ssize_t};

use super::error::{self, Error, Origin};
use super::imports::tls as imports;
use abi::layout::{self, QCryptoTLSCreds, QCryptoTLSSession};
#[cfg(session_errp)]
use abi::layout::{QCRYPTO_TLS_SESSION_ERR_BLOCK, QCRYPTO_TLS_SESSION_PREMATURE_TERMINATION};
use abi::origin;
use abi::propagate::ok_or_propagate;
#[cfg(not(session_errp))]
use platform::os::errno::{self, Errno};
use platform::os::iov::{IoVec, IoVecMut};

const READ_FAILED: &str = "Cannot read from TLS channel";
const WRITE_FAILED: &str = "Cannot write to TLS channel";

/// Which side of a connection a session is: `QCryptoTLSCredsEndpoint`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// It begins the handshake.
    Client = 0,
    /// It waits for one to begin.
    Server = 1,
}

/// Credentials, borrowed from the program.
#[derive(Clone, Copy)]
pub struct Creds<'a>(NonNull<QCryptoTLSCreds>, PhantomData<&'a QCryptoTLSCreds>);

impl Creds<'_> {
    /// The credentials at `ptr`; None for NULL.
    ///
    /// # Safety
    /// `ptr` is NULL or an object of a type of credentials that lives for the returned lifetime.
    pub unsafe fn from_ptr(ptr: *mut QCryptoTLSCreds) -> Option<Self> {
        NonNull::new(ptr).map(|ptr| Self(ptr, PhantomData))
    }

    /// The address, for traces.
    pub fn as_ptr(self) -> *const QCryptoTLSCreds {
        self.0.as_ptr()
    }
}

/// What the records of a session travel over. A count, or None if it is not ready; 0 bytes read are
/// its end.
pub trait Transport {
    /// Sends bytes.
    fn send(&self, bytes: IoVec<'_>) -> Result<Option<usize>, Error>;

    /// Receives bytes.
    fn receive(&self, space: IoVecMut<'_>) -> Result<Option<usize>, Error>;
}

/// What came of a step of a handshake, or of sending close_notify.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// It is over.
    Done,
    /// The transport must be ready to send.
    Sends,
    /// The transport must be ready to receive.
    Receives,
}

impl Step {
    fn of(status: c_uint) -> Self {
        match status {
            0 => Self::Done,
            1 => Self::Sends,
            _ => Self::Receives,
        }
    }
}

/// Why nothing could be read.
#[derive(Debug)]
pub struct ReadFailure {
    /// The error.
    pub error: Error,
    /// The transport has ended without a close_notify. Not every profile can tell.
    pub premature_eof: bool,
}

/// A session of one's own. It references its credentials.
#[derive(Debug)]
pub struct OwnedSession(NonNull<QCryptoTLSSession>);

// SAFETY: sessions have no thread affinity.
unsafe impl Send for OwnedSession {}

impl OwnedSession {
    /// A new session without a transport.
    pub fn create(
        creds: Creds<'_>,
        hostname: Option<&CStr>,
        aclname: Option<&CStr>,
        role: Role,
    ) -> Result<Self, Error> {
        let hostname = hostname.map_or(ptr::null(), CStr::as_ptr);
        let aclname = aclname.map_or(ptr::null(), CStr::as_ptr);
        let (session, error) = error::catch(|errp| {
            let creds = creds.0.as_ptr();
            // SAFETY: live credentials; the strings are only read; the slot is empty.
            unsafe {
                imports::qcrypto_tls_session_new(creds, hostname, aclname, role as c_uint, errp)
            }
        });
        match NonNull::new(session) {
            Some(session) => Ok(Self(session)),
            None => Err(error.unwrap_or_else(|| Error::new("No TLS session can be made"))),
        }
    }

    /// Takes over a session. None for NULL.
    ///
    /// # Safety
    /// `ptr` is NULL or a session that the caller gives away.
    pub unsafe fn from_ptr_full(ptr: *mut QCryptoTLSSession) -> Option<Self> {
        NonNull::new(ptr).map(Self)
    }

    /// Gives the session away, with the transport that it uses from now on.
    ///
    /// # Safety
    /// `transport` lives as long as the session is called.
    pub unsafe fn into_ptr<T: Transport>(self, transport: *mut T) -> *mut QCryptoTLSSession {
        let session = self.0.as_ptr();
        let _ = core::mem::ManuallyDrop::new(self);
        let (write, read) = (write_transport::<T>, read_transport::<T>);
        // SAFETY: a live session; the functions take such a transport.
        unsafe {
            imports::qcrypto_tls_session_set_callbacks(
                session,
                Some(write),
                Some(read),
                transport.cast::<c_void>(),
            );
        }
        session
    }
}

impl Drop for OwnedSession {
    fn drop(&mut self) {
        // SAFETY: the session is ours and goes with `self`.
        unsafe { imports::qcrypto_tls_session_free(self.0.as_ptr()) }
    }
}

/// A session, borrowed from its owner.
#[derive(Clone, Copy)]
pub struct Session<'a>(
    NonNull<QCryptoTLSSession>,
    PhantomData<&'a QCryptoTLSSession>,
);

impl Session<'_> {
    /// The session at `ptr`; None for NULL.
    ///
    /// # Safety
    /// `ptr` is NULL or a session that lives for the returned lifetime.
    pub unsafe fn from_ptr(ptr: *mut QCryptoTLSSession) -> Option<Self> {
        NonNull::new(ptr).map(|ptr| Self(ptr, PhantomData))
    }

    fn as_ptr(self) -> *mut QCryptoTLSSession {
        self.0.as_ptr()
    }

    /// Goes on with the handshake (R-TLS-16).
    pub fn handshake(self) -> Result<Step, Error> {
        // SAFETY: the session is live, the slot empty.
        let call = |errp| unsafe { imports::qcrypto_tls_session_handshake(self.as_ptr(), errp) };
        let (status, error) = error::catch(call);
        match c_uint::try_from(status) {
            Ok(status) => Ok(self.handshake_status(status)),
            Err(_) => Err(error.unwrap_or_else(|| Error::new("TLS handshake failed"))),
        }
    }

    #[cfg(not(handshake_result))]
    fn handshake_status(self, _returned: c_uint) -> Step {
        // SAFETY: the session is live.
        Step::of(unsafe { imports::qcrypto_tls_session_get_handshake_status(self.as_ptr()) })
    }

    #[cfg(handshake_result)]
    fn handshake_status(self, returned: c_uint) -> Step {
        Step::of(returned)
    }

    /// Whether the peer is who it should be. After the handshake.
    pub fn check_credentials(self) -> Result<(), Error> {
        let (status, error) = error::catch(|errp| {
            // SAFETY: the session is live, the slot empty.
            unsafe { imports::qcrypto_tls_session_check_credentials(self.as_ptr(), errp) }
        });
        if status < 0 {
            return Err(error.unwrap_or_else(|| Error::new("The TLS peer was refused")));
        }
        Ok(())
    }
}

impl Session<'_> {
    /// Reads what one record has, or the rest of it, to a piece that is not empty. None if the
    /// transport is not ready, 0 if the peer has sent a close_notify, or with `relaxed_eof` the
    /// transport has ended.
    pub fn read(
        self,
        piece: IoVecMut<'_>,
        relaxed_eof: bool,
    ) -> Result<Option<usize>, ReadFailure> {
        let (buf, len) = (piece.base().cast::<c_char>(), piece.len());
        let sess = self.as_ptr();
        let _ = relaxed_eof;
        #[cfg(premature_termination)]
        // SAFETY: the session is live; the piece is writable; the slot is empty.
        let call = |errp| unsafe { imports::qcrypto_tls_session_read(sess, buf, len, errp) };
        #[cfg(all(session_errp, not(premature_termination)))]
        // SAFETY: as above.
        let call =
            |errp| unsafe { imports::qcrypto_tls_session_read(sess, buf, len, relaxed_eof, errp) };
        #[cfg(not(session_errp))]
        // SAFETY: as above; there is no slot.
        let call = |_| unsafe { imports::qcrypto_tls_session_read(sess, buf, len) };
        let (result, error) = error::catch(call);
        let premature_eof = is_premature(result);
        count(result, error, READ_FAILED).map_err(|error| ReadFailure {
            error,
            premature_eof,
        })
    }

    /// Writes one record of a piece that is not empty. None if the transport is not ready; the next
    /// write must offer the same bytes, and returns their number.
    pub fn write(self, piece: IoVec<'_>) -> Result<Option<usize>, Error> {
        let (buf, len) = (piece.base().cast::<c_char>(), piece.len());
        let sess = self.as_ptr();
        #[cfg(session_errp)]
        // SAFETY: the session is live; the piece is readable; the slot is empty.
        let call = |errp| unsafe { imports::qcrypto_tls_session_write(sess, buf, len, errp) };
        #[cfg(not(session_errp))]
        // SAFETY: as above; there is no slot.
        let call = |_| unsafe { imports::qcrypto_tls_session_write(sess, buf, len) };
        let (result, error) = error::catch(call);
        count(result, error, WRITE_FAILED)
    }

    /// Whether bytes can be read without the transport. Only for the reader.
    #[cfg(tls_check_pending)]
    pub fn has_pending(self, _filled: bool) -> bool {
        // SAFETY: the session is live.
        unsafe { imports::qcrypto_tls_session_check_pending(self.as_ptr()) > 0 }
    }

    /// Whether bytes can be read without the transport, after a read that did or did not fill its
    /// piece: the host cannot tell, so what filled it may have left something.
    #[cfg(not(tls_check_pending))]
    pub fn has_pending(self, filled: bool) -> bool {
        filled
    }

    /// Sends close_notify.
    #[cfg(tls_bye)]
    pub fn bye(self) -> Result<Step, Error> {
        // SAFETY: the session is live, the slot empty.
        let call = |errp| unsafe { imports::qcrypto_tls_session_bye(self.as_ptr(), errp) };
        let (status, error) = error::catch(call);
        match c_uint::try_from(status) {
            Ok(status) => Ok(Step::of(status)),
            Err(_) => Err(error.unwrap_or_else(|| Error::new("TLS termination failed"))),
        }
    }

    /// The host's sessions cannot send close_notify.
    #[cfg(not(tls_bye))]
    pub fn bye(self) -> Result<Step, Error> {
        Ok(Step::Done)
    }

    /// Lets one thread read while another one writes. Before the handshake.
    pub fn require_thread_safety(self) {
        #[cfg(concurrent_io)]
        // SAFETY: the session is live.
        unsafe {
            imports::qcrypto_tls_session_require_thread_safety(self.as_ptr());
        }
    }
}

/// What a transfer has come to: failures are told by an error object.
#[cfg(session_errp)]
fn count(result: ssize_t, error: Option<Error>, message: &str) -> Result<Option<usize>, Error> {
    match usize::try_from(result) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(_) if result == QCRYPTO_TLS_SESSION_ERR_BLOCK => Ok(None),
        Err(_) => Err(error.unwrap_or_else(|| Error::new(message))),
    }
}

/// What a transfer has come to: failures are told by errno.
#[cfg(not(session_errp))]
fn count(result: ssize_t, _error: Option<Error>, message: &str) -> Result<Option<usize>, Error> {
    match (usize::try_from(result), errno::last()) {
        (Ok(bytes), _) => Ok(Some(bytes)),
        (_, Errno::EAGAIN) => Ok(None),
        (_, errno) => Err(Error::os(errno, message)),
    }
}

/// Whether a read tells that the transport has ended without a close_notify.
fn is_premature(result: ssize_t) -> bool {
    #[cfg(session_errp)]
    return cfg!(premature_termination) && result == QCRYPTO_TLS_SESSION_PREMATURE_TERMINATION;
    #[cfg(not(session_errp))]
    return result < 0 && errno::last().code() == libc::ECONNABORTED;
}

/// What a callback returns (R-TLS-10).
///
/// # Safety
/// `errp` is as everywhere.
#[cfg(session_errp)]
unsafe fn returned(
    result: Result<Option<usize>, Error>,
    errp: *mut *mut layout::Error,
    origin: &Origin,
) -> ssize_t {
    // SAFETY: as promised.
    match unsafe { ok_or_propagate(result, errp, origin) } {
        Some(Some(bytes)) => ssize_t::try_from(bytes).unwrap_or(ssize_t::MAX),
        Some(None) => QCRYPTO_TLS_SESSION_ERR_BLOCK,
        None => -1,
    }
}

/// What a callback returns. errno is the last thing it sets (R-TLS-9).
///
/// # Safety
/// `errp` is as everywhere.
#[cfg(not(session_errp))]
unsafe fn returned(
    result: Result<Option<usize>, Error>,
    errp: *mut *mut layout::Error,
    origin: &Origin,
) -> ssize_t {
    // SAFETY: as promised.
    let errno = match unsafe { ok_or_propagate(result, errp, origin) } {
        Some(Some(bytes)) => return ssize_t::try_from(bytes).unwrap_or(ssize_t::MAX),
        Some(None) => libc::EAGAIN,
        None => libc::EIO,
    };
    errno::set(Errno::new(errno));
    -1
}

/// Sends for a session (R-TLS-8). The type of `buf` is another in some profiles, its ABI is not (R-TLS-11).
///
/// # Safety
/// `opaque` is a live `T`; `buf` has `len` readable bytes; `errp` is as everywhere.
unsafe extern "C" fn write_transport<T: Transport>(
    buf: *const c_char,
    len: size_t,
    opaque: *mut c_void,
    #[cfg(session_errp)] errp: *mut *mut layout::Error,
) -> ssize_t {
    #[cfg(not(session_errp))]
    let errp = ptr::null_mut();
    // SAFETY: as promised; what is sent is only read.
    let bytes = unsafe { IoVec::from_raw(buf.cast::<c_void>(), len) };
    // SAFETY: as promised.
    let result = unsafe { &*opaque.cast::<T>() }.send(bytes);
    // SAFETY: as promised.
    unsafe { returned(result, errp, &origin!(c"qio_channel_tls_write_handler")) }
}

/// Receives for a session (R-TLS-8), with a `buf` as above (R-TLS-11).
///
/// # Safety
/// `opaque` is a live `T`; `buf` has room for `len` bytes; `errp` is as everywhere.
unsafe extern "C" fn read_transport<T: Transport>(
    buf: *mut c_char,
    len: size_t,
    opaque: *mut c_void,
    #[cfg(session_errp)] errp: *mut *mut layout::Error,
) -> ssize_t {
    #[cfg(not(session_errp))]
    let errp = ptr::null_mut();
    // SAFETY: as promised.
    let space = unsafe { IoVec::from_raw_mut(buf.cast::<c_void>(), len) };
    // SAFETY: as promised.
    let result = unsafe { &*opaque.cast::<T>() }.receive(space);
    // SAFETY: as promised.
    unsafe { returned(result, errp, &origin!(c"qio_channel_tls_read_handler")) }
}
