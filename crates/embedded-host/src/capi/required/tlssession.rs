//! `crypto/tlssession.h`, where the functions are documented; those that transfer are in
//! [`super::tlssession_transfer`].

use core::ffi::{CStr, c_char, c_int, c_uint, c_void};
use core::ptr;

use crate::authz;
use crate::error::{Error, Origin};
use crate::qom::objects::instance::ObjectRef;
use crate::tls::callbacks::{Callbacks, ReadFunc, WriteFunc};
use crate::tls::connection::Progress;
use crate::tls::gnutls::Direction;
use crate::tls::instance;
use crate::tls::session::{Session, SessionConfig};
use abi::layout::{self, Object, QCryptoTLSCreds, QCryptoTLSSession};
use abi::origin;
use platform::check_usage;

/// What is behind a `QCryptoTLSSession *`.
struct Owned {
    // Goes before the credentials.
    session: Session,
    _creds: Option<ObjectRef>,
}

/// # Safety
/// `sess` is NULL or a session that is live for `'a`.
pub(in crate::capi) unsafe fn borrow<'a>(
    sess: *mut QCryptoTLSSession,
    function: &str,
) -> &'a Session {
    check_usage!(!sess.is_null(), function, "@sess is NULL");
    // SAFETY: every session of this host is one of these; live as promised.
    unsafe { &(*sess.cast::<Owned>()).session }
}

/// 0, or what the handshake waits for.
fn status(progress: Progress) -> c_int {
    match progress {
        Progress::Complete => 0,
        Progress::Waiting(Direction::Sending) => 1,
        Progress::Waiting(Direction::Receiving) => 2,
    }
}

/// -1, with the error stored.
///
/// # Safety
/// `errp` is the caller's error destination.
unsafe fn failed(error: Error, errp: *mut *mut layout::Error, origin: &Origin) -> c_int {
    // SAFETY: as promised.
    unsafe { error.store(errp, origin) };
    -1
}

/// `qcrypto_tls_session_new` of `crypto/tlssession.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qcrypto_tls_session_new(
    creds: *mut QCryptoTLSCreds,
    hostname: *const c_char,
    aclname: *const c_char,
    endpoint: c_uint,
    errp: *mut *mut layout::Error,
) -> *mut QCryptoTLSSession {
    check_usage!(
        !creds.is_null(),
        "qcrypto_tls_session_new",
        "@creds is NULL"
    );
    // SAFETY: NULL or C strings.
    let [hostname, authz_id] = [hostname, aclname].map(|text| {
        // SAFETY: as above.
        (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) }.to_owned())
    });
    // SAFETY: live credentials.
    let credentials = unsafe { instance::credentials(creds) };
    let made = credentials
        .for_endpoint(endpoint)
        .and_then(|(endpoint, identity)| {
            Session::new(SessionConfig {
                endpoint,
                identity,
                priority: &credentials.priority(),
                verifies_peer: credentials.with_settings(|settings| settings.verify_peer),
                hostname,
                authz_id,
            })
        });
    match made {
        Ok(session) => {
            // SAFETY: live credentials.
            let creds = unsafe { ObjectRef::new(creds.cast::<Object>()) };
            let owned = Owned {
                session,
                _creds: creds,
            };
            Box::into_raw(Box::new(owned)).cast::<QCryptoTLSSession>()
        }
        Err(error) => {
            // SAFETY: the caller's error destination.
            unsafe { error.store(errp, &origin!(c"qcrypto_tls_session_new")) };
            ptr::null_mut()
        }
    }
}

/// `qcrypto_tls_session_free` of `crypto/tlssession.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qcrypto_tls_session_free(sess: *mut QCryptoTLSSession) {
    if !sess.is_null() {
        // SAFETY: made by `qcrypto_tls_session_new`, and the caller gives it away.
        drop(unsafe { Box::from_raw(sess.cast::<Owned>()) });
    }
}

/// Nothing: every session is for a reader and a writer (R-TLS-87).
#[cfg(concurrent_io)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qcrypto_tls_session_require_thread_safety(sess: *mut QCryptoTLSSession) {
    // SAFETY: the caller's session.
    unsafe { borrow(sess, "qcrypto_tls_session_require_thread_safety") };
}

/// `qcrypto_tls_session_check_credentials` of `crypto/tlssession.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qcrypto_tls_session_check_credentials(
    sess: *mut QCryptoTLSSession,
    errp: *mut *mut layout::Error,
) -> c_int {
    // SAFETY: the caller's session.
    let session = unsafe { borrow(sess, "qcrypto_tls_session_check_credentials") };
    match session.check_credentials(is_allowed) {
        Ok(()) => 0,
        // SAFETY: the caller's error destination.
        Err(error) => unsafe {
            failed(
                error,
                errp,
                &origin!(c"qcrypto_tls_session_check_credentials"),
            )
        },
    }
}

/// What the authorization object of that id says about a name.
fn is_allowed(id: &CStr, name: &CStr) -> Result<bool, Error> {
    // SAFETY: the program changes the tree while no session asks it (R-QOM-24).
    match unsafe { authz::is_allowed_by_id(id, name) } {
        (_, Some(error)) => Err(error),
        (allowed, None) => Ok(allowed),
    }
}

/// `qcrypto_tls_session_set_callbacks` of `crypto/tlssession.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qcrypto_tls_session_set_callbacks(
    sess: *mut QCryptoTLSSession,
    write_func: WriteFunc,
    read_func: ReadFunc,
    opaque: *mut c_void,
) {
    // SAFETY: the caller's session.
    let session = unsafe { borrow(sess, "qcrypto_tls_session_set_callbacks") };
    // SAFETY: what the header asks of the functions.
    let callbacks = unsafe { Callbacks::new(write_func, read_func, opaque) };
    session.connection().set_callbacks(callbacks);
}

/// `qcrypto_tls_session_handshake` of `crypto/tlssession.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qcrypto_tls_session_handshake(
    sess: *mut QCryptoTLSSession,
    errp: *mut *mut layout::Error,
) -> c_int {
    // SAFETY: the caller's session.
    let session = unsafe { borrow(sess, "qcrypto_tls_session_handshake") };
    match session.handshake() {
        // There the direction has to be asked for (R-TLS-16).
        Ok(progress) if cfg!(not(handshake_result)) => c_int::from(progress != Progress::Complete),
        Ok(progress) => status(progress),
        // SAFETY: the caller's error destination.
        Err(error) => unsafe { failed(error, errp, &origin!(c"qcrypto_tls_session_handshake")) },
    }
}

/// What the handshake waits for.
#[cfg(not(handshake_result))]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qcrypto_tls_session_get_handshake_status(
    sess: *mut QCryptoTLSSession,
) -> c_uint {
    // SAFETY: the caller's session.
    let session = unsafe { borrow(sess, "qcrypto_tls_session_get_handshake_status") };
    status(session.connection().progress()).unsigned_abs()
}

/// `qcrypto_tls_session_bye` of `crypto/tlssession.h`.
#[cfg(tls_bye)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qcrypto_tls_session_bye(
    session: *mut QCryptoTLSSession,
    errp: *mut *mut layout::Error,
) -> c_int {
    // SAFETY: the caller's session.
    match unsafe { borrow(session, "qcrypto_tls_session_bye") }.bye() {
        Ok(progress) => status(progress),
        // SAFETY: the caller's error destination.
        Err(error) => unsafe { failed(error, errp, &origin!(c"qcrypto_tls_session_bye")) },
    }
}
