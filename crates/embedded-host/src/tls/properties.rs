//! The properties of credentials. They record values, and refuse those that nothing else could make
//! good (R-TLS-66).

use core::ffi::{CStr, c_char, c_int};
use core::ptr;

use glib_sys::g_strndup;

use super::credentials::{Credentials, Kind, Settings};
use super::{Endpoint, instance};
use crate::qom::objects::accessors::Accessors;
use crate::qom::objects::property;
use crate::qom::types::class::Class;
use abi::layout::{Error, Object, QCryptoTLSCreds, QEnumLookup};
use abi::origin;
use abi::profile;

/// The names of `QCryptoTLSCredsEndpoint`.
static ENDPOINTS: QEnumLookup = {
    struct Names([*const c_char; 2]);
    // SAFETY: static texts that are never changed.
    unsafe impl Sync for Names {}
    static NAMES: Names = Names([c"client".as_ptr(), c"server".as_ptr()]);
    QEnumLookup {
        array: &raw const NAMES.0[0],
        features: ptr::null(),
        size: 2,
    }
};

/// The credentials whose property is accessed.
///
/// # Safety
/// `obj` is an instance of `tls-creds`, live for `'a`.
unsafe fn credentials<'a>(obj: *mut Object) -> &'a Credentials {
    // SAFETY: as promised.
    unsafe { instance::credentials(obj.cast::<QCryptoTLSCreds>()) }
}

/// A copy for C, empty if there is no text.
fn text_for_c(text: Option<&[u8]>) -> *mut c_char {
    let text = text.unwrap_or_default();
    // SAFETY: that many bytes are readable.
    unsafe { g_strndup(text.as_ptr().cast::<c_char>(), text.len()) }
}

/// # Safety
/// `text` is NULL or a C string.
unsafe fn text_from_c(text: *const c_char) -> Option<Vec<u8>> {
    if text.is_null() {
        return None;
    }
    // SAFETY: as promised.
    Some(unsafe { CStr::from_ptr(text) }.to_bytes().to_vec())
}

/// Accessors of a text in the settings, which may have to pass a check.
macro_rules! text {
    ($field:ident) => {
        text!($field, |_, _| Ok(()))
    };
    ($field:ident, $check:expr) => {{
        unsafe extern "C" fn get(obj: *mut Object, _errp: *mut *mut Error) -> *mut c_char {
            // SAFETY: the accessor gets an instance.
            unsafe { credentials(obj) }
                .with_settings(|settings| text_for_c(settings.$field.as_deref()))
        }
        unsafe extern "C" fn set(obj: *mut Object, value: *const c_char, errp: *mut *mut Error) {
            let check: fn(&Credentials, &[u8]) -> Result<(), crate::error::Error> = $check;
            // SAFETY: the accessor gets a C string.
            let text = unsafe { text_from_c(value) };
            // SAFETY: the accessor gets an instance.
            let credentials = unsafe { credentials(obj) };
            match check(credentials, text.as_deref().unwrap_or_default()) {
                Ok(()) => credentials.with_settings(|settings| settings.$field = text),
                // SAFETY: the caller's error destination.
                Err(error) => unsafe { error.store(errp, &origin!(c"object_property_set")) },
            }
        }
        Accessors::Text {
            get: Some(get),
            set: Some(set),
        }
    }};
}

/// Accessors of a truth value in the settings.
macro_rules! truth {
    ($field:ident) => {{
        unsafe extern "C" fn get(obj: *mut Object, _errp: *mut *mut Error) -> bool {
            // SAFETY: the accessor gets an instance.
            unsafe { credentials(obj) }.with_settings(|settings| settings.$field)
        }
        unsafe extern "C" fn set(obj: *mut Object, value: bool, _errp: *mut *mut Error) {
            // SAFETY: the accessor gets an instance.
            unsafe { credentials(obj) }.with_settings(|settings| settings.$field = value);
        }
        Accessors::Truth {
            get: Some(get),
            set: Some(set),
        }
    }};
}

/// The id of a secret object, of which there are none (R-TLS-75).
const PASSWORD_ID: Accessors = {
    unsafe extern "C" fn get(_obj: *mut Object, _errp: *mut *mut Error) -> *mut c_char {
        text_for_c(None)
    }
    unsafe extern "C" fn set(_obj: *mut Object, _value: *const c_char, errp: *mut *mut Error) {
        let error = crate::error::Error::new(
            "Encrypted keys are not supported: 'passwordid' names a secret object, and there are none",
        );
        // SAFETY: the caller's error destination.
        unsafe { error.store(errp, &origin!(c"object_property_set")) };
    }
    Accessors::Text {
        get: Some(get),
        set: Some(set),
    }
};

unsafe extern "C" fn get_endpoint(obj: *mut Object, _errp: *mut *mut Error) -> c_int {
    // SAFETY: the accessor gets an instance.
    match unsafe { credentials(obj) }.with_settings(|settings| settings.endpoint) {
        Endpoint::Client => 0,
        Endpoint::Server => 1,
    }
}

unsafe extern "C" fn set_endpoint(obj: *mut Object, value: c_int, _errp: *mut *mut Error) {
    let set = |settings: &mut Settings| {
        if let Some(endpoint) = Endpoint::from_c(value.unsigned_abs()) {
            settings.endpoint = endpoint;
        }
    };
    // SAFETY: the accessor gets an instance.
    unsafe { credentials(obj) }.with_settings(set);
}

unsafe extern "C" fn get_loaded(obj: *mut Object, _errp: *mut *mut Error) -> bool {
    // SAFETY: the accessor gets an instance.
    unsafe { credentials(obj) }.identity().is_some()
}

fn add(class: Class, name: &CStr, kind: &CStr, accessors: Accessors) {
    // SAFETY: only class hooks of credentials call this, with functions for their instances.
    unsafe { property::add_to_class(class, name, kind, accessors) };
}

/// Adds what all credentials have.
pub(super) fn add_to_base(class: Class) {
    add(class, c"verify-peer", c"bool", truth!(verify_peer));
    add(class, c"dir", c"string", text!(dir));
    let priority = text!(priority, Credentials::check_priority);
    add(class, c"priority", c"string", priority);
    let endpoint = Accessors::Choice {
        lookup: &raw const ENDPOINTS,
        get: Some(get_endpoint),
        set: Some(set_endpoint),
    };
    add(class, c"endpoint", c"QCryptoTLSCredsEndpoint", endpoint);
}

/// Adds what credentials of a kind have.
pub(super) fn add_to_child(class: Class, kind: Kind) {
    if profile::CREDENTIALS_TELL_IF_LOADED {
        let loaded = Accessors::Truth {
            get: Some(get_loaded),
            set: None,
        };
        add(class, c"loaded", c"bool", loaded);
    }
    match kind {
        Kind::Anonymous => {}
        Kind::Psk => add(class, c"username", c"string", text!(username)),
        Kind::X509 => {
            add(class, c"sanity-check", c"bool", truth!(sanity_check));
            add(class, c"passwordid", c"string", PASSWORD_ID);
        }
    }
}
