//! The transfers of `crypto/tlssession.h`, where they are documented. Sessions tell of failures through
//! `errp`, or through errno before there was one.

use core::ffi::{c_char, c_void};
#[cfg(not(session_errp))]
use core::ptr;

use libc::ssize_t;

use super::tlssession::borrow;
use crate::error::Origin;
use crate::tls::connection::Failure;
use crate::tls::gnutls::Direction;
use abi::layout::{Error, QCryptoTLSSession};
use abi::origin;
use platform::os::iov::IoVec;

/// What a transfer returns, with its error stored.
///
/// # Safety
/// `errp` is the caller's error destination.
#[cfg(session_errp)]
unsafe fn count_or_propagate(
    direction: Direction,
    result: Result<usize, Failure>,
    errp: *mut *mut Error,
    origin: &Origin,
) -> ssize_t {
    use crate::tls::connection::Reason;
    use crate::tls::gnutls::Code;
    use crate::tls::session::transfer_error;
    use abi::layout::{QCRYPTO_TLS_SESSION_ERR_BLOCK, QCRYPTO_TLS_SESSION_PREMATURE_TERMINATION};

    let (code, reason) = match result {
        Ok(bytes) => return ssize_t::try_from(bytes).unwrap_or(ssize_t::MAX),
        Err(Failure::Block) => return QCRYPTO_TLS_SESSION_ERR_BLOCK,
        Err(Failure::Interrupted) => (-1, Reason::from(Code::INTERRUPTED)),
        Err(Failure::Premature) => (
            QCRYPTO_TLS_SESSION_PREMATURE_TERMINATION,
            Reason::from(Code::PREMATURE_TERMINATION),
        ),
        Err(Failure::Failed(reason)) => (-1, reason),
    };
    // SAFETY: as promised.
    unsafe { transfer_error(direction, reason).store(errp, origin) };
    code
}

/// What a transfer returns; errno is set last, so that nothing changes it.
///
/// # Safety
/// None: there is no error destination.
#[cfg(not(session_errp))]
unsafe fn count_or_propagate(
    _direction: Direction,
    result: Result<usize, Failure>,
    _errp: *mut *mut Error,
    _origin: &Origin,
) -> ssize_t {
    use platform::os::errno::{self, Errno};

    let errno = match result {
        Ok(bytes) => return ssize_t::try_from(bytes).unwrap_or(ssize_t::MAX),
        Err(Failure::Block) => Errno::EAGAIN,
        Err(Failure::Interrupted) => Errno::EINTR,
        Err(Failure::Premature) => Errno::ECONNABORTED,
        Err(Failure::Failed(reason)) => {
            drop(reason);
            Errno::EIO
        }
    };
    errno::set(errno);
    -1
}

/// `qcrypto_tls_session_write` of `crypto/tlssession.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qcrypto_tls_session_write(
    sess: *mut QCryptoTLSSession,
    buf: *const c_char,
    len: usize,
    #[cfg(session_errp)] errp: *mut *mut Error,
) -> ssize_t {
    const ORIGIN: Origin = origin!(c"qcrypto_tls_session_write");
    #[cfg(not(session_errp))]
    let errp = ptr::null_mut();
    // SAFETY: the caller's session.
    let session = unsafe { borrow(sess, "qcrypto_tls_session_write") };
    // SAFETY: the caller's readable memory.
    let data = unsafe { IoVec::from_raw(buf.cast::<c_void>(), len) };
    let result = session.connection().write(data);
    // SAFETY: the caller's error destination, if there is one.
    unsafe { count_or_propagate(Direction::Sending, result, errp, &ORIGIN) }
}

/// `qcrypto_tls_session_read` of `crypto/tlssession.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qcrypto_tls_session_read(
    sess: *mut QCryptoTLSSession,
    buf: *mut c_char,
    len: usize,
    #[cfg(all(session_errp, not(premature_termination)))] graceful_termination: bool,
    #[cfg(session_errp)] errp: *mut *mut Error,
) -> ssize_t {
    const ORIGIN: Origin = origin!(c"qcrypto_tls_session_read");
    #[cfg(not(session_errp))]
    let errp = ptr::null_mut();
    // SAFETY: the caller's session.
    let session = unsafe { borrow(sess, "qcrypto_tls_session_read") };
    // SAFETY: the caller's writable memory.
    let room = unsafe { IoVec::from_raw_mut(buf.cast::<c_void>(), len) };
    let result = session.connection().read(room);
    #[cfg(all(session_errp, not(premature_termination)))]
    let result = match result {
        Err(Failure::Premature) if graceful_termination => Ok(0),
        result => result,
    };
    // SAFETY: the caller's error destination, if there is one.
    unsafe { count_or_propagate(Direction::Receiving, result, errp, &ORIGIN) }
}

/// `qcrypto_tls_session_check_pending` of `crypto/tlssession.h`.
#[cfg(tls_check_pending)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qcrypto_tls_session_check_pending(sess: *mut QCryptoTLSSession) -> usize {
    // SAFETY: the caller's session.
    let session = unsafe { borrow(sess, "qcrypto_tls_session_check_pending") };
    session.connection().pending()
}
