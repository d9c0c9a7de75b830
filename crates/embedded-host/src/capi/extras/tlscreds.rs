//! `crypto/tlscreds.h`, where the functions are documented.

#[cfg(creds_priority)]
use core::ffi::c_char;
use core::ffi::c_uint;

#[cfg(creds_priority)]
use glib_sys::g_strdup;

use crate::capi::exports::exports;
#[cfg(creds_reload)]
use crate::error;
use crate::tls::instance::credentials;
use abi::layout::QCryptoTLSCreds;
#[cfg(creds_reload)]
use abi::layout::{Error, Object, QCryptoTLSCredsClass};
#[cfg(creds_reload)]
use abi::origin;

exports! { "crypto/tlscreds.h";
    fn qcrypto_tls_creds_check_endpoint(
        creds: [*mut QCryptoTLSCreds], endpoint: (c_uint),
    ) -> bool, else (false) {
        credentials(creds).check_endpoint(endpoint).map(|_| true)
    }

    #[cfg(creds_priority)]
    fn qcrypto_tls_creds_get_priority(creds: [*mut QCryptoTLSCreds]) -> *mut c_char {
        g_strdup(credentials(creds).priority().as_ptr())
    }

    // Not every kind can.
    #[cfg(creds_reload)]
    fn qcrypto_tls_creds_reload(
        creds: [*mut QCryptoTLSCreds], errp: (*mut *mut Error),
    ) -> bool {
        let class = crate::qom::objects::instance::class_of(creds.cast::<Object>());
        if let Some(reload) = (*class.as_ptr().cast::<QCryptoTLSCredsClass>()).reload {
            return reload(creds, errp);
        }
        let name = class.name().to_string_lossy();
        let error = error::Error::new(format!("{name} does not support reloading credentials"));
        error.store(errp, &origin!(c"qcrypto_tls_creds_reload"));
        false
    }
}
