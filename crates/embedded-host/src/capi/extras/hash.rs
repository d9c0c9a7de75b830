//! `crypto/hash.h`.

use core::ffi::{c_char, c_int, c_uint, c_void};
use core::slice;

use glib_sys::{g_strndup, gboolean};

use crate::hash;
use abi::layout::Error;
use abi::origin;
use platform::check_usage;

/// Whether a hash function is there.
#[unsafe(no_mangle)]
pub extern "C" fn qcrypto_hash_supports(alg: c_uint) -> gboolean {
    gboolean::from(hash::supports(alg))
}

/// The hash of some bytes as a text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qcrypto_hash_base64(
    alg: c_uint,
    buf: *const c_void,
    len: usize,
    base64: *mut *mut c_char,
    errp: *mut *mut Error,
) -> c_int {
    const FUNCTION: &str = "qcrypto_hash_base64";
    check_usage!(!buf.is_null() || len == 0, FUNCTION, "@buf is NULL");
    check_usage!(!base64.is_null(), FUNCTION, "@base64 is NULL");
    let data = if len == 0 {
        &[]
    } else {
        // SAFETY: the caller's bytes.
        unsafe { slice::from_raw_parts(buf.cast::<u8>(), len) }
    };
    match hash::base64(alg, data) {
        Ok(text) => {
            // SAFETY: the copy ends after the text's bytes.
            let copy = unsafe { g_strndup(text.as_ptr().cast(), text.len()) };
            // SAFETY: the caller's place.
            unsafe { base64.write(copy) };
            0
        }
        Err(error) => {
            // SAFETY: the caller's `errp`.
            unsafe { error.store(errp, &origin!(c"qcrypto_hash_base64")) };
            -1
        }
    }
}
