//! The transfers of `crypto/tlssession.h`, where they are documented. The 7.2 profiles tell of
//! failures through errno, the others through `errp`.

#[cfg(tls_bye)]
use core::ffi::c_int;
use core::ffi::{c_char, c_void};

use libc::ssize_t;

use super::tlssession::borrow;
#[cfg(tls_bye)]
use super::tlssession::{failed, status};
#[cfg(session_errp)]
use crate::error::Origin;
use crate::tls::connection::Failure;
#[cfg(session_errp)]
use crate::tls::connection::Reason;
#[cfg(session_errp)]
use crate::tls::gnutls::Code;
#[cfg(session_errp)]
use crate::tls::session::{Way, transfer_error};
#[cfg(session_errp)]
use abi::layout::Error;
use abi::layout::QCryptoTLSSession;
#[cfg(session_errp)]
use abi::origin;
#[cfg(not(session_errp))]
use platform::os::errno::{self, Errno};
use platform::os::iov::IoVec;

/// The caller's memory.
///
/// # Safety
/// `len` bytes at `buf` are readable for `'a`, and writable if they are read into.
unsafe fn memory<'a>(buf: *const c_char, len: usize) -> IoVec<'a> {
    // SAFETY: as promised.
    unsafe { IoVec::from_raw(buf.cast_mut().cast::<c_void>(), len) }
}

/// `QCRYPTO_TLS_SESSION_ERR_BLOCK`
#[cfg(session_errp)]
const BLOCK: ssize_t = -2;
/// `QCRYPTO_TLS_SESSION_PREMATURE_TERMINATION`
#[cfg(premature_termination)]
const PREMATURE_TERMINATION: ssize_t = -3;
#[cfg(all(session_errp, not(premature_termination)))]
const PREMATURE_TERMINATION: ssize_t = -1;

/// Tells C how a transfer has gone.
///
/// # Safety
/// `errp` is the caller's error destination.
#[cfg(session_errp)]
unsafe fn tell(
    way: Way,
    result: Result<usize, Failure>,
    errp: *mut *mut Error,
    origin: &Origin,
) -> ssize_t {
    let (code, reason) = match result {
        Ok(bytes) => return ssize_t::try_from(bytes).unwrap_or(ssize_t::MAX),
        Err(Failure::Block) => return BLOCK,
        Err(Failure::Interrupted) => (-1, Reason::from(Code::INTERRUPTED)),
        Err(Failure::Premature) => (
            PREMATURE_TERMINATION,
            Reason::from(Code::PREMATURE_TERMINATION),
        ),
        Err(Failure::Failed(reason)) => (-1, reason),
    };
    // SAFETY: as promised.
    unsafe { transfer_error(way, reason).store(errp, origin) };
    code
}

/// `qcrypto_tls_session_write` of `crypto/tlssession.h`.
#[cfg(session_errp)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qcrypto_tls_session_write(
    sess: *mut QCryptoTLSSession,
    buf: *const c_char,
    len: usize,
    errp: *mut *mut Error,
) -> ssize_t {
    // SAFETY: the caller's session and readable memory.
    let (session, data) = unsafe { (borrow(sess, "qcrypto_tls_session_write"), memory(buf, len)) };
    let result = session.write(data);
    // SAFETY: the caller's error destination.
    unsafe {
        tell(
            Way::Write,
            result,
            errp,
            &origin!(c"qcrypto_tls_session_write"),
        )
    }
}

/// `qcrypto_tls_session_read` of `crypto/tlssession.h`.
#[cfg(premature_termination)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qcrypto_tls_session_read(
    sess: *mut QCryptoTLSSession,
    buf: *mut c_char,
    len: usize,
    errp: *mut *mut Error,
) -> ssize_t {
    // SAFETY: the caller's session and writable memory.
    let (session, room) = unsafe { (borrow(sess, "qcrypto_tls_session_read"), memory(buf, len)) };
    let result = session.read(room);
    // SAFETY: the caller's error destination.
    unsafe {
        tell(
            Way::Read,
            result,
            errp,
            &origin!(c"qcrypto_tls_session_read"),
        )
    }
}

/// `qcrypto_tls_session_read` of `crypto/tlssession.h`.
#[cfg(all(session_errp, not(premature_termination)))]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qcrypto_tls_session_read(
    sess: *mut QCryptoTLSSession,
    buf: *mut c_char,
    len: usize,
    graceful_termination: bool,
    errp: *mut *mut Error,
) -> ssize_t {
    // SAFETY: the caller's session and writable memory.
    let (session, room) = unsafe { (borrow(sess, "qcrypto_tls_session_read"), memory(buf, len)) };
    let result = match session.read(room) {
        Err(Failure::Premature) if graceful_termination => Ok(0),
        result => result,
    };
    // SAFETY: the caller's error destination.
    unsafe {
        tell(
            Way::Read,
            result,
            errp,
            &origin!(c"qcrypto_tls_session_read"),
        )
    }
}

/// `qcrypto_tls_session_check_pending` of `crypto/tlssession.h`.
#[cfg(tls_check_pending)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qcrypto_tls_session_check_pending(sess: *mut QCryptoTLSSession) -> usize {
    // SAFETY: the caller's session.
    unsafe { borrow(sess, "qcrypto_tls_session_check_pending") }.pending()
}

/// `qcrypto_tls_session_bye` of `crypto/tlssession.h`.
#[cfg(tls_bye)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qcrypto_tls_session_bye(
    session: *mut QCryptoTLSSession,
    errp: *mut *mut Error,
) -> c_int {
    // SAFETY: the caller's session.
    match unsafe { borrow(session, "qcrypto_tls_session_bye") }.bye() {
        Ok(progress) => status(progress),
        // SAFETY: the caller's error destination.
        Err(error) => unsafe { failed(error, errp, &origin!(c"qcrypto_tls_session_bye")) },
    }
}

/// Tells C how a transfer has gone; errno last, so that nothing changes it.
#[cfg(not(session_errp))]
fn tell(result: Result<usize, Failure>) -> ssize_t {
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
#[cfg(not(session_errp))]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qcrypto_tls_session_write(
    sess: *mut QCryptoTLSSession,
    buf: *const c_char,
    len: usize,
) -> ssize_t {
    // SAFETY: the caller's session and readable memory.
    let (session, data) = unsafe { (borrow(sess, "qcrypto_tls_session_write"), memory(buf, len)) };
    tell(session.write(data))
}

/// `qcrypto_tls_session_read` of `crypto/tlssession.h`.
#[cfg(not(session_errp))]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qcrypto_tls_session_read(
    sess: *mut QCryptoTLSSession,
    buf: *mut c_char,
    len: usize,
) -> ssize_t {
    // SAFETY: the caller's session and writable memory.
    let (session, room) = unsafe { (borrow(sess, "qcrypto_tls_session_read"), memory(buf, len)) };
    tell(session.read(room))
}
