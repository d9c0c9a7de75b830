//! The symbols of the host's TLS sessions; their signatures differ the most between profiles.

use core::ffi::{c_char, c_int, c_uint, c_void};

use libc::{size_t, ssize_t};

use abi::layout::{Error, QCryptoTLSCreds, QCryptoTLSSession};

/// How a TLS session writes to its transport.
pub type TlsWriteFunc = unsafe extern "C" fn(
    buf: *const c_char,
    len: size_t,
    opaque: *mut c_void,
    #[cfg(session_errp)] errp: *mut *mut Error,
) -> ssize_t;
/// How a TLS session reads from its transport.
pub type TlsReadFunc = unsafe extern "C" fn(
    buf: *mut c_char,
    len: size_t,
    opaque: *mut c_void,
    #[cfg(session_errp)] errp: *mut *mut Error,
) -> ssize_t;

unsafe extern "C" {
    pub fn qcrypto_tls_session_new(
        creds: *mut QCryptoTLSCreds,
        hostname: *const c_char,
        aclname: *const c_char,
        endpoint: c_uint,
        errp: *mut *mut Error,
    ) -> *mut QCryptoTLSSession;
    pub fn qcrypto_tls_session_free(sess: *mut QCryptoTLSSession);
    pub fn qcrypto_tls_session_set_callbacks(
        sess: *mut QCryptoTLSSession,
        writeFunc: Option<TlsWriteFunc>,
        readFunc: Option<TlsReadFunc>,
        opaque: *mut c_void,
    );
    pub fn qcrypto_tls_session_handshake(
        sess: *mut QCryptoTLSSession,
        errp: *mut *mut Error,
    ) -> c_int;
    pub fn qcrypto_tls_session_check_credentials(
        sess: *mut QCryptoTLSSession,
        errp: *mut *mut Error,
    ) -> c_int;
    #[cfg(not(handshake_result))]
    pub fn qcrypto_tls_session_get_handshake_status(sess: *mut QCryptoTLSSession) -> c_uint;
    pub fn qcrypto_tls_session_write(
        sess: *mut QCryptoTLSSession,
        buf: *const c_char,
        len: size_t,
        #[cfg(session_errp)] errp: *mut *mut Error,
    ) -> ssize_t;
    pub fn qcrypto_tls_session_read(
        sess: *mut QCryptoTLSSession,
        buf: *mut c_char,
        len: size_t,
        #[cfg(all(session_errp, not(premature_termination)))] gracefulTermination: bool,
        #[cfg(session_errp)] errp: *mut *mut Error,
    ) -> ssize_t;
    #[cfg(tls_check_pending)]
    pub fn qcrypto_tls_session_check_pending(sess: *mut QCryptoTLSSession) -> size_t;
    #[cfg(tls_bye)]
    pub fn qcrypto_tls_session_bye(session: *mut QCryptoTLSSession, errp: *mut *mut Error)
    -> c_int;
    #[cfg(concurrent_io)]
    pub fn qcrypto_tls_session_require_thread_safety(sess: *mut QCryptoTLSSession);
}
