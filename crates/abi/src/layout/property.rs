//! QOM properties, and the interface of objects that properties make.

use core::ffi::{c_char, c_int, c_void};

use super::object::{InterfaceClass, Object};
use super::opaque::{Error, QObject, UserCreatable, Visitor};

/// Reads or writes a property's value through a visitor.
pub type ObjectPropertyAccessor = unsafe extern "C" fn(
    obj: *mut Object,
    v: *mut Visitor,
    name: *const c_char,
    opaque: *mut c_void,
    errp: *mut *mut Error,
);
/// The object that a property stands for in a path.
pub type ObjectPropertyResolve =
    unsafe extern "C" fn(obj: *mut Object, opaque: *mut c_void, part: *const c_char) -> *mut Object;
/// Called when a property goes.
pub type ObjectPropertyRelease =
    unsafe extern "C" fn(obj: *mut Object, name: *const c_char, opaque: *mut c_void);
/// Gives a new object the default of one of its class's properties.
pub type ObjectPropertyInit = unsafe extern "C" fn(obj: *mut Object, prop: *mut ObjectProperty);

/// Reads a text; the caller frees it with `g_free`.
pub type TextGetter =
    Option<unsafe extern "C" fn(obj: *mut Object, errp: *mut *mut Error) -> *mut c_char>;
/// Writes a text, which is the caller's.
pub type TextSetter =
    Option<unsafe extern "C" fn(obj: *mut Object, value: *const c_char, errp: *mut *mut Error)>;
/// Reads a truth value.
pub type BoolGetter = Option<unsafe extern "C" fn(obj: *mut Object, errp: *mut *mut Error) -> bool>;
/// Writes a truth value.
pub type BoolSetter =
    Option<unsafe extern "C" fn(obj: *mut Object, value: bool, errp: *mut *mut Error)>;
/// Reads an enum's value.
pub type EnumGetter =
    Option<unsafe extern "C" fn(obj: *mut Object, errp: *mut *mut Error) -> c_int>;
/// Writes an enum's value.
pub type EnumSetter =
    Option<unsafe extern "C" fn(obj: *mut Object, value: c_int, errp: *mut *mut Error)>;
/// May refuse an object that a link is to lead to.
pub type LinkCheck = Option<
    unsafe extern "C" fn(
        obj: *const Object,
        name: *const c_char,
        value: *mut Object,
        errp: *mut *mut Error,
    ),
>;

/// A property of an object or of a class. The embedded host appends members of its own.
#[repr(C)]
pub struct ObjectProperty {
    /// What it is called; the property's own, as the next two.
    pub name: *mut c_char,
    /// What kind of value it has.
    pub r#type: *mut c_char,
    /// What it is for, or NULL.
    pub description: *mut c_char,
    /// Reads the value; None if that can't be done.
    pub get: Option<ObjectPropertyAccessor>,
    /// Writes the value; None if that can't be done.
    pub set: Option<ObjectPropertyAccessor>,
    /// Tells the object that the property stands for in a path.
    pub resolve: Option<ObjectPropertyResolve>,
    /// Called when the property goes.
    pub release: Option<ObjectPropertyRelease>,
    /// Gives a new object the default.
    pub init: Option<ObjectPropertyInit>,
    /// Handed to the functions above.
    pub opaque: *mut c_void,
    /// The default, for `init`.
    pub defval: *mut QObject,
}

assert_layout!(ObjectProperty, size = 80, {
    name @ 0, r#type @ 8, description @ 16, get @ 24, set @ 32, resolve @ 40, release @ 48,
    init @ 56, opaque @ 64, defval @ 72,
});

/// The class struct of the interface of objects that are made of properties.
#[repr(C)]
pub struct UserCreatableClass {
    /// The parent.
    pub parent_class: InterfaceClass,
    /// Called when the properties are set.
    pub complete: Option<unsafe extern "C" fn(uc: *mut UserCreatable, errp: *mut *mut Error)>,
    /// Asked before the object is deleted.
    #[cfg(not(prepare_delete))]
    pub can_be_deleted: Option<unsafe extern "C" fn(uc: *mut UserCreatable) -> bool>,
    /// Called before the object is deleted, which it may refuse.
    #[cfg(prepare_delete)]
    pub prepare_delete:
        Option<unsafe extern "C" fn(uc: *mut UserCreatable, errp: *mut *mut Error) -> bool>,
}

const PARENT: usize = size_of::<InterfaceClass>();

assert_layout!(UserCreatableClass, size = PARENT + 16, {
    parent_class @ 0, complete @ PARENT,
    #[cfg(not(prepare_delete))] can_be_deleted @ PARENT + 8,
    #[cfg(prepare_delete)] prepare_delete @ PARENT + 8,
});
