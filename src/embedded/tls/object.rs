//! The QOM types of credentials: `tls-creds` and its children.

use core::ffi::CStr;
use core::ptr;

use super::credentials::{Credentials, Kind};
use crate::embedded::module;
use crate::embedded::qom::instance;
use crate::embedded::qom::types::{self, Parent, TypeImpl};
use crate::layout::{Object, QCryptoTLSCreds, QCryptoTLSCredsClass};

const BASE: &CStr = c"tls-creds";

/// What is behind a `QCryptoTLSCreds *`.
#[repr(C)]
struct Instance {
    parent: Object,
    /// Made with the object.
    credentials: *mut Credentials,
}

/// The credentials of an object.
///
/// # Safety
/// `creds` is an instance of `tls-creds`, live for `'a`.
pub unsafe fn credentials<'a>(creds: *mut QCryptoTLSCreds) -> &'a Credentials {
    // SAFETY: an instance has had its `base_init`.
    unsafe { &*(*creds.cast::<Instance>()).credentials }
}

/// A reference on credentials.
pub struct Reference(*mut QCryptoTLSCreds);

// SAFETY: references are counted atomically, and the credentials are for any thread.
unsafe impl Send for Reference {}
// SAFETY: as above.
unsafe impl Sync for Reference {}

impl Reference {
    /// One more reference.
    ///
    /// # Safety
    /// `creds` is live.
    pub unsafe fn new(creds: *mut QCryptoTLSCreds) -> Self {
        // SAFETY: the caller's promise.
        unsafe { instance::add_reference(creds.cast::<Object>()) };
        Self(creds)
    }
}

impl Drop for Reference {
    fn drop(&mut self) {
        // SAFETY: the object lives, and the reference was ours.
        unsafe { instance::drop_reference(self.0.cast::<Object>()) };
    }
}

extern "C" fn base_init(obj: *mut Object) {
    let credentials = Box::into_raw(Box::new(Credentials::new()));
    // SAFETY: an instance that is being made.
    unsafe { (*obj.cast::<Instance>()).credentials = credentials };
}

extern "C" fn base_finalize(obj: *mut Object) {
    // SAFETY: an instance that nobody else uses any more.
    let credentials = unsafe {
        ptr::replace(
            &raw mut (*obj.cast::<Instance>()).credentials,
            ptr::null_mut(),
        )
    };
    // SAFETY: made by `base_init`.
    drop(unsafe { Box::from_raw(credentials) });
}

/// # Safety
/// `obj` is an instance of `tls-creds` that is being made.
unsafe fn set_kind(obj: *mut Object, kind: Kind) {
    // SAFETY: the caller's promise; the parent's hook has run.
    unsafe { credentials(obj.cast::<QCryptoTLSCreds>()) }.set_kind(kind);
}

extern "C" fn anonymous_init(obj: *mut Object) {
    // SAFETY: an instance that is being made.
    unsafe { set_kind(obj, Kind::Anonymous) };
}

extern "C" fn psk_init(obj: *mut Object) {
    // SAFETY: an instance that is being made.
    unsafe { set_kind(obj, Kind::Psk) };
}

extern "C" fn x509_init(obj: *mut Object) {
    // SAFETY: an instance that is being made.
    unsafe { set_kind(obj, Kind::X509) };
}

extern "C" fn register_types() {
    let mut base = TypeImpl::new(BASE.to_owned(), Parent::Named(c"object".to_owned()));
    base.instance_size = size_of::<Instance>();
    base.class_size = size_of::<QCryptoTLSCredsClass>();
    base.is_abstract = true;
    base.instance_init = Some(base_init);
    base.instance_finalize = Some(base_finalize);
    types::register(base);
    let children: [(&CStr, extern "C" fn(*mut Object)); 3] = [
        (c"tls-creds-anon", anonymous_init),
        (c"tls-creds-psk", psk_init),
        (c"tls-creds-x509", x509_init),
    ];
    for (name, init) in children {
        let mut child = TypeImpl::new(name.to_owned(), Parent::Named(BASE.to_owned()));
        child.instance_init = Some(init);
        types::register(child);
    }
}

/// Runs when the library is loaded, before `main`.
extern "C" fn record() {
    module::register(register_types, module::QOM);
}

#[used]
#[unsafe(link_section = ".init_array")]
static CONSTRUCTOR: extern "C" fn() = record;
