//! GnuTLS behind safe handles.

mod certificate;
mod credentials;
mod psk;
mod session;
mod sys;

use core::ffi::{CStr, c_int};
use core::{fmt, ptr};

pub(crate) use certificate::{Certificate, Status, TrustList};
pub(crate) use credentials::{
    AnonymousClient, AnonymousServer, Certificates, DhParameters, PskClient, PskServer,
};
pub(crate) use psk::{Entry, Keys};
pub(crate) use session::{Direction, Handle, Received};

/// Why a call has failed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Code(c_int);

impl Code {
    /// The transport isn't ready, or there was nothing for the caller in what came.
    pub(crate) const AGAIN: Self = Self(-28);
    /// The peer has given up.
    pub(crate) const FATAL_ALERT_RECEIVED: Self = Self(-12);
    /// A warning of the peer's.
    pub(crate) const WARNING_ALERT_RECEIVED: Self = Self(-16);
    /// The peer asks for another handshake.
    pub(crate) const REHANDSHAKE: Self = Self(-37);
    /// There is no certificate.
    pub(crate) const NO_CERTIFICATE_FOUND: Self = Self(-49);
    /// The call makes no sense.
    pub(crate) const INVALID_REQUEST: Self = Self(-50);
    /// A signal came.
    pub(crate) const INTERRUPTED: Self = Self(-52);
    /// The transport couldn't be read.
    pub(crate) const PULL_ERROR: Self = Self(-54);
    /// The transport couldn't be written to.
    pub(crate) const PUSH_ERROR: Self = Self(-53);
    /// What was asked for isn't there.
    pub(crate) const REQUESTED_DATA_NOT_AVAILABLE: Self = Self(-56);
    /// The peer sends records and no data.
    pub(crate) const TOO_MANY_EMPTY_PACKETS: Self = Self(-78);
    /// The transport has ended, but not the session.
    pub(crate) const PREMATURE_TERMINATION: Self = Self(-110);

    /// Whether the session is no good any more.
    pub(crate) fn is_fatal(self) -> bool {
        // SAFETY: takes a number.
        unsafe { sys::gnutls_error_is_fatal(self.0) != 0 }
    }

    /// What a call has returned: 0 and more mean success.
    fn check(code: c_int) -> Result<c_int, Self> {
        if code < 0 { Err(Self(code)) } else { Ok(code) }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // SAFETY: takes a number; the answer is a static text for any.
        let text = unsafe { CStr::from_ptr(sys::gnutls_strerror(self.0)) };
        f.write_str(&text.to_string_lossy())
    }
}

/// Makes the library ready. It counts the calls, which may be many.
pub(crate) fn initialise() -> Result<(), Code> {
    // SAFETY: any thread may call it.
    Code::check(unsafe { sys::gnutls_global_init() }).map(|_| ())
}

/// Whether a session could be given a priority string.
pub(crate) fn check_priority(text: &CStr) -> Result<(), Code> {
    let mut priority = ptr::null_mut();
    // SAFETY: a place for the result and a C string; where the mistake is isn't asked for.
    let code =
        unsafe { sys::gnutls_priority_init(&raw mut priority, text.as_ptr(), ptr::null_mut()) };
    Code::check(code)?;
    // SAFETY: it has been filled in, and nobody else has it.
    unsafe { sys::gnutls_priority_deinit(priority) };
    Ok(())
}
