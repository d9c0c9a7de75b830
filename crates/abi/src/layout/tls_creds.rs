//! The class of TLS credentials.

#[cfg(creds_priority)]
use core::ffi::c_char;

use super::more;
use super::object::ObjectClass;
use super::opaque::{Error, QCryptoTLSCreds};

/// Reads the files of credentials again.
pub type CryptoTLSCredsReload =
    Option<unsafe extern "C" fn(creds: *mut QCryptoTLSCreds, errp: *mut *mut Error) -> bool>;

/// The class struct of all kinds of credentials.
#[cfg_attr(
    creds_priority,
    expect(non_snake_case, reason = "the names that C code uses")
)]
#[repr(C)]
pub struct QCryptoTLSCredsClass {
    /// The parent.
    pub parent_class: ObjectClass,
    /// NULL if the kind can't be loaded again.
    pub reload: CryptoTLSCredsReload,
    /// What the kind adds to the priority string, or NULL.
    #[cfg(creds_priority)]
    pub prioritySuffix: *const c_char,
}

assert_layout!(QCryptoTLSCredsClass, size = 104 + more(cfg!(creds_priority), 8), {
    parent_class @ 0,
    reload @ 96,
    #[cfg(creds_priority)] prioritySuffix @ 104,
});
