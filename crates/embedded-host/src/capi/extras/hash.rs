//! `crypto/hash.h`.

use core::ffi::{c_char, c_int, c_uint, c_void};
use core::slice;

use glib_sys::{g_strndup, gboolean};

use crate::capi::exports::exports;
use crate::hash;
use platform::check_usage;

exports! { "crypto/hash.h";
    fn qcrypto_hash_supports(alg: (c_uint)) -> gboolean {
        gboolean::from(hash::supports(alg))
    }

    fn qcrypto_hash_base64(
        alg: (c_uint), buf: (*const c_void), len: (usize), base64: [*mut *mut c_char],
    ) -> c_int, else (-1) {
        check_usage!(!buf.is_null() || len == 0, FUNCTION, "@buf is NULL");
        let data = if len == 0 {
            &[]
        } else {
            slice::from_raw_parts(buf.cast::<u8>(), len)
        };
        hash::base64(alg, data).map(|text| {
            base64.write(g_strndup(text.as_ptr().cast(), text.len()));
            0
        })
    }
}
