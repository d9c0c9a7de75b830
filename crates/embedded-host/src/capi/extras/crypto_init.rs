//! `crypto/init.h`, where the function is documented.

use core::ffi::c_int;

use crate::error;
use crate::tls::gnutls;
use abi::layout::Error;
use abi::origin;

/// Makes TLS ready (R-TLS-70).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qcrypto_init(errp: *mut *mut Error) -> c_int {
    let Err(code) = gnutls::initialise() else {
        return 0;
    };
    let error = error::Error::new(format!("Unable to initialize GnuTLS: {code}"));
    // SAFETY: the caller's error destination.
    unsafe { error.store(errp, &origin!(c"qcrypto_init")) };
    -1
}
