//! What a `QCryptoTLSCreds *` points to.

use core::ptr;

use super::credentials::Credentials;
use abi::layout::{Object, QCryptoTLSCreds};

/// What is behind a `QCryptoTLSCreds *`.
#[repr(C)]
pub(super) struct Instance {
    parent: Object,
    /// Made with the object.
    credentials: *mut Credentials,
}

/// The credentials of an object.
///
/// # Safety
/// `creds` is an instance of `tls-creds`, live for `'a`.
pub(crate) unsafe fn credentials<'a>(creds: *mut QCryptoTLSCreds) -> &'a Credentials {
    // SAFETY: a live instance has had its `init`.
    unsafe { &*(*creds.cast::<Instance>()).credentials }
}

/// Makes the credentials of a new instance.
///
/// # Safety
/// `obj` is an instance of `tls-creds` that is being made.
pub(super) unsafe extern "C" fn init(obj: *mut Object) {
    let credentials = Box::into_raw(Box::new(Credentials::new()));
    // SAFETY: as promised.
    unsafe { (*obj.cast::<Instance>()).credentials = credentials };
}

/// Frees them.
///
/// # Safety
/// `obj` is an instance of `tls-creds` whose last reference has gone.
pub(super) unsafe extern "C" fn finalize(obj: *mut Object) {
    // SAFETY: as promised.
    let credentials = unsafe {
        ptr::replace(
            &raw mut (*obj.cast::<Instance>()).credentials,
            ptr::null_mut(),
        )
    };
    // SAFETY: made by `init`.
    drop(unsafe { Box::from_raw(credentials) });
}
