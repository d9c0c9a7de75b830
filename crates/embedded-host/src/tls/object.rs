//! The QOM types of credentials: `tls-creds` and its children.

use core::ffi::CStr;

use super::credentials::Kind;
use super::instance::{self, Instance, credentials};
use super::properties;
use crate::module;
use crate::qom::types::cast;
use crate::qom::types::class::Class;
use crate::qom::types::{self, Parent, TypeDescription};
use crate::qom::values::user_creatable;
use abi::layout::{
    ClassData, Error, Object, ObjectClass, QCryptoTLSCreds, QCryptoTLSCredsClass, UserCreatable,
    UserCreatableClass,
};
use abi::origin;

const BASE: &CStr = c"tls-creds";

/// # Safety
/// `obj` is an instance of `tls-creds` that is being made.
unsafe fn set_kind(obj: *mut Object, kind: Kind) {
    // SAFETY: the caller's promise; the parent's hook has run.
    unsafe { credentials(obj.cast::<QCryptoTLSCreds>()) }.set_kind(kind);
}

unsafe extern "C" fn anonymous_init(obj: *mut Object) {
    // SAFETY: an instance that is being made.
    unsafe { set_kind(obj, Kind::Anonymous) };
}

unsafe extern "C" fn psk_init(obj: *mut Object) {
    // SAFETY: an instance that is being made.
    unsafe { set_kind(obj, Kind::Psk) };
}

unsafe extern "C" fn x509_init(obj: *mut Object) {
    // SAFETY: an instance that is being made.
    unsafe { set_kind(obj, Kind::X509) };
}

/// Loads the files when the properties are set (R-TLS-66).
unsafe extern "C" fn complete(uc: *mut UserCreatable, errp: *mut *mut Error) {
    // SAFETY: an instance.
    if let Err(error) = unsafe { credentials(uc.cast::<QCryptoTLSCreds>()) }.load() {
        // SAFETY: the caller's error destination.
        unsafe { error.store(errp, &origin!(c"user_creatable_complete")) };
    }
}

/// Loads the files again.
unsafe extern "C" fn reload(creds: *mut QCryptoTLSCreds, errp: *mut *mut Error) -> bool {
    // SAFETY: an instance.
    let Err(error) = unsafe { credentials(creds) }.load() else {
        return true;
    };
    // SAFETY: the caller's error destination.
    unsafe { error.store(errp, &origin!(c"qcrypto_tls_creds_reload")) };
    false
}

unsafe extern "C" fn base_class_init(class: *mut ObjectClass, _data: ClassData) {
    // SAFETY: the class that is being made.
    if let Some(class) = unsafe { Class::from_ptr(class) } {
        properties::add_to_base(class);
    }
}

/// What all children have.
///
/// # Safety
/// `class` is that of a child that is being made.
unsafe fn init_child(class: *mut ObjectClass, kind: Kind) {
    // SAFETY: as promised.
    let Some(class) = (unsafe { Class::from_ptr(class) }) else {
        return;
    };
    if let Some(interface) = cast::class_as(class, user_creatable::TYPE) {
        // SAFETY: the class's own struct of that interface, which is not published yet.
        unsafe { (*interface.as_ptr().cast::<UserCreatableClass>()).complete = Some(complete) };
    }
    let creds_class = class.as_ptr().cast::<QCryptoTLSCredsClass>();
    #[cfg(creds_priority)]
    if let Some(suffix) = kind.priority_suffix() {
        // SAFETY: a class of credentials; the text lives as long as the process.
        unsafe { (*creds_class).prioritySuffix = suffix.as_ptr() };
    }
    if kind == Kind::X509 {
        // SAFETY: as above.
        unsafe { (*creds_class).reload = Some(reload) };
    }
    properties::add_to_child(class, kind);
}

unsafe extern "C" fn anonymous_class_init(class: *mut ObjectClass, _data: ClassData) {
    // SAFETY: the class that is being made.
    unsafe { init_child(class, Kind::Anonymous) };
}

unsafe extern "C" fn psk_class_init(class: *mut ObjectClass, _data: ClassData) {
    // SAFETY: the class that is being made.
    unsafe { init_child(class, Kind::Psk) };
}

unsafe extern "C" fn x509_class_init(class: *mut ObjectClass, _data: ClassData) {
    // SAFETY: the class that is being made.
    unsafe { init_child(class, Kind::X509) };
}

type ObjectInit = unsafe extern "C" fn(*mut Object);
type ClassInit = unsafe extern "C" fn(*mut ObjectClass, ClassData);

extern "C" fn register_types() {
    let mut base = TypeDescription::new(BASE.to_owned(), Parent::Named(c"object".to_owned()));
    base.instance_size = size_of::<Instance>();
    base.class_size = size_of::<QCryptoTLSCredsClass>();
    base.is_abstract = true;
    base.instance_init = Some(instance::init);
    base.instance_finalize = Some(instance::finalize);
    base.class_init = Some(base_class_init);
    // SAFETY: the hooks are for an `Instance` and a class of credentials; so below.
    unsafe { types::register(base) };
    let children: [(&CStr, ObjectInit, ClassInit); 3] = [
        (c"tls-creds-anon", anonymous_init, anonymous_class_init),
        (c"tls-creds-psk", psk_init, psk_class_init),
        (c"tls-creds-x509", x509_init, x509_class_init),
    ];
    for (name, init, class_init) in children {
        let mut child = TypeDescription::new(name.to_owned(), Parent::Named(BASE.to_owned()));
        child.instance_init = Some(init);
        child.class_init = Some(class_init);
        child.interfaces = vec![user_creatable::TYPE.to_owned()];
        // SAFETY: as above.
        unsafe { types::register(child) };
    }
}

/// Runs when the library is loaded, before `main`.
extern "C" fn record() {
    // SAFETY: it may run at any time.
    unsafe { module::register(register_types, module::QOM) };
}

#[used]
#[unsafe(link_section = ".init_array")]
static CONSTRUCTOR: extern "C" fn() = record;
