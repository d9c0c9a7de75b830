//! `crypto/tlscreds.h`, where the functions are documented.

use core::ffi::c_uint;

use crate::check_usage;
use crate::embedded::tls::credentials::Credentials;
use crate::embedded::tls::object;
use crate::layout::{Error, QCryptoTLSCreds};
use crate::origin;

/// # Safety
/// `creds` is NULL or an instance of `tls-creds` that is live for `'a`.
unsafe fn borrow<'a>(creds: *mut QCryptoTLSCreds, function: &str) -> &'a Credentials {
    check_usage!(!creds.is_null(), function, "@creds is NULL");
    // SAFETY: as promised.
    unsafe { object::credentials(creds) }
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
