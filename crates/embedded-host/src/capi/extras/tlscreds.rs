//! `crypto/tlscreds.h`, where the functions are documented.

#[cfg(creds_priority)]
use core::ffi::c_char;
use core::ffi::c_uint;

#[cfg(creds_priority)]
use glib_sys::g_strdup;

#[cfg(creds_reload)]
use crate::error;
use crate::tls::credentials::Credentials;
use crate::tls::instance::credentials;
use abi::layout::{Error, QCryptoTLSCreds};
#[cfg(creds_priority)]
use abi::layout::{Object, QCryptoTLSCredsClass};
use abi::origin;
use platform::check_usage;

/// # Safety
/// `creds` is NULL or an instance of `tls-creds` that is live for `'a`.
unsafe fn borrow<'a>(creds: *mut QCryptoTLSCreds, function: &str) -> &'a Credentials {
    check_usage!(!creds.is_null(), function, "@creds is NULL");
    // SAFETY: as promised.
    unsafe { credentials(creds) }
}

/// Whether credentials are for a role.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qcrypto_tls_creds_check_endpoint(
    creds: *mut QCryptoTLSCreds,
    endpoint: c_uint,
    errp: *mut *mut Error,
) -> bool {
    // SAFETY: the caller's credentials.
    let credentials = unsafe { borrow(creds, "qcrypto_tls_creds_check_endpoint") };
    let Err(error) = credentials.check_endpoint(endpoint) else {
        return true;
    };
    // SAFETY: the caller's error destination.
    unsafe { error.store(errp, &origin!(c"qcrypto_tls_creds_check_endpoint")) };
    false
}

/// The priority string of sessions.
#[cfg(creds_priority)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qcrypto_tls_creds_get_priority(
    creds: *mut QCryptoTLSCreds,
) -> *mut c_char {
    // SAFETY: the caller's credentials.
    let credentials = unsafe { borrow(creds, "qcrypto_tls_creds_get_priority") };
    // SAFETY: a C string.
    unsafe { g_strdup(credentials.priority().as_ptr()) }
}

/// Loads credentials again, if the kind can.
#[cfg(creds_reload)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qcrypto_tls_creds_reload(
    creds: *mut QCryptoTLSCreds,
    errp: *mut *mut Error,
) -> bool {
    check_usage!(
        !creds.is_null(),
        "qcrypto_tls_creds_reload",
        "@creds is NULL"
    );
    // SAFETY: the caller's credentials.
    let class = unsafe { crate::qom::objects::instance::class_of(creds.cast::<Object>()) };
    // SAFETY: the class of credentials.
    let reload = unsafe { (*class.as_ptr().cast::<QCryptoTLSCredsClass>()).reload };
    if let Some(reload) = reload {
        // SAFETY: the class's own method, with the caller's arguments.
        return unsafe { reload(creds, errp) };
    }
    let name = class.name().to_string_lossy();
    let error = error::Error::new(format!("{name} does not support reloading credentials"));
    // SAFETY: the caller's error destination.
    unsafe { error.store(errp, &origin!(c"qcrypto_tls_creds_reload")) };
    false
}
