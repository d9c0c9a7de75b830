//! `crypto/tlssession.h`: what a program asks a session that io/ doesn't.

use core::ffi::{c_char, c_int};
use core::ptr;

use glib_sys::g_strdup;

use crate::capi::required::tlssession::borrow;
use abi::layout::{self, QCryptoTLSSession};
use abi::origin;
use abi::propagate::ok_or_propagate;

/// `qcrypto_tls_session_get_key_size` of `crypto/tlssession.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qcrypto_tls_session_get_key_size(
    sess: *mut QCryptoTLSSession,
    errp: *mut *mut layout::Error,
) -> c_int {
    // SAFETY: the caller's session.
    let session = unsafe { borrow(sess, "qcrypto_tls_session_get_key_size") };
    let bytes = session.key_size();
    // SAFETY: the caller's error destination.
    unsafe { ok_or_propagate(bytes, errp, &origin!(c"qcrypto_tls_session_get_key_size")) }
        .map_or(-1, |bytes| c_int::try_from(bytes).unwrap_or(c_int::MAX))
}

/// `qcrypto_tls_session_get_peer_name` of `crypto/tlssession.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qcrypto_tls_session_get_peer_name(
    sess: *mut QCryptoTLSSession,
) -> *mut c_char {
    // SAFETY: the caller's session.
    let session = unsafe { borrow(sess, "qcrypto_tls_session_get_peer_name") };
    session.peer_name().map_or(ptr::null_mut(), |name| {
        // SAFETY: a C string.
        unsafe { g_strdup(name.as_ptr()) }
    })
}
