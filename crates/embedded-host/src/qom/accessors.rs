//! How each kind of property reads and writes its value through a visitor.
//!
//! An accessor of the program may remove the property that it is called for: what is needed of it
//! is copied before.

use core::ffi::{CStr, c_char, c_int, c_void};
use core::ptr;

use glib_sys::{g_free, g_strdup};

use crate::error::{self, catch};
use crate::qapi::visitor::Visitor;
use abi::layout::{self, Error, Object, QEnumLookup};
use abi::layout::{BoolGetter, BoolSetter, EnumGetter, EnumSetter, TextGetter, TextSetter};
use abi::layout::{ObjectPropertyAccessor, ObjectPropertyRelease, ObjectPropertyResolve};
use abi::origin;

use super::link::Link;
use super::property::Property;
use super::{instance, path, tree};

/// What a property is made of.
#[derive(Clone)]
pub enum Accessors {
    /// Functions of the program that use the visitor themselves.
    Program {
        /// Reads the value.
        get: Option<ObjectPropertyAccessor>,
        /// Writes the value.
        set: Option<ObjectPropertyAccessor>,
        /// Called when the property goes.
        release: Option<ObjectPropertyRelease>,
        /// The program's; handed to its functions.
        opaque: *mut c_void,
    },
    /// A text.
    Text {
        /// Reads the value.
        get: TextGetter,
        /// Writes the value.
        set: TextSetter,
    },
    /// Yes or no.
    Truth {
        /// Reads the value.
        get: BoolGetter,
        /// Writes the value.
        set: BoolSetter,
    },
    /// One of an enum's values.
    Choice {
        /// Their names.
        lookup: *const QEnumLookup,
        /// Reads the value.
        get: EnumGetter,
        /// Writes the value.
        set: EnumSetter,
    },
    /// A child, with a reference on it (R-QOM-19).
    Child(*mut Object),
    /// A link to any object (R-QOM-23).
    Link(Link),
}

impl Accessors {
    /// The function that reads the value, if that can be done.
    pub(super) fn getter(&self) -> Option<ObjectPropertyAccessor> {
        match self {
            Self::Program { get, .. } => *get,
            Self::Text { get, .. } => get.map(|_| get_text as ObjectPropertyAccessor),
            Self::Truth { get, .. } => get.map(|_| get_truth as ObjectPropertyAccessor),
            Self::Choice { get, .. } => get.map(|_| get_choice as ObjectPropertyAccessor),
            Self::Child(_) | Self::Link(_) => Some(get_path),
        }
    }

    /// The function that writes the value, if that can be done.
    pub(super) fn setter(&self) -> Option<ObjectPropertyAccessor> {
        match self {
            Self::Program { set, .. } => *set,
            Self::Text { set, .. } => set.map(|_| set_text as ObjectPropertyAccessor),
            Self::Truth { set, .. } => set.map(|_| set_truth as ObjectPropertyAccessor),
            Self::Choice { set, .. } => set.map(|_| set_choice as ObjectPropertyAccessor),
            Self::Child(_) => None,
            Self::Link(link) => link.check.map(|_| set_path as ObjectPropertyAccessor),
        }
    }

    /// The function that tells the object that the property stands for in a path.
    pub(super) fn resolver(&self) -> Option<ObjectPropertyResolve> {
        match self {
            Self::Child(_) | Self::Link(_) => Some(resolve),
            _ => None,
        }
    }

    /// The object that it stands for: NULL for none.
    ///
    /// # Safety
    /// The property is live.
    pub(super) unsafe fn object(&self) -> *mut Object {
        match self {
            Self::Child(child) => *child,
            // SAFETY: as promised.
            Self::Link(link) => unsafe { link.target() },
            _ => ptr::null_mut(),
        }
    }

    /// The property is about to go, but still there.
    ///
    /// # Safety
    /// It is a live object's, and this is the first call.
    pub(super) unsafe fn leave(&self) {
        if let Self::Child(child) = self {
            // SAFETY: live: the property holds a reference.
            unsafe { tree::leaves(*child) };
        }
    }

    /// The property is gone: drops what it held.
    ///
    /// # Safety
    /// This is the last call.
    pub(super) unsafe fn let_go(&self) {
        match self {
            // SAFETY: live, and the reference is the property's.
            Self::Child(child) => unsafe { tree::has_left(*child) },
            // SAFETY: the link was the property's.
            Self::Link(link) => unsafe { link.let_go() },
            _ => {}
        }
    }
}

/// The accessors behind the `opaque` of the functions below.
///
/// # Safety
/// `opaque` is what [`Property::new`] has put there.
unsafe fn accessors(opaque: *mut c_void) -> Accessors {
    // SAFETY: the property itself, live when its accessor is called.
    unsafe { (*opaque.cast::<Property>()).accessors.clone() }
}

/// A name, for errors.
///
/// # Safety
/// `name` is a C string.
unsafe fn shown(name: *const c_char) -> String {
    // SAFETY: as promised.
    unsafe { CStr::from_ptr(name) }
        .to_string_lossy()
        .into_owned()
}

/// Tells C code how an access went.
///
/// # Safety
/// `errp` is the C caller's.
unsafe fn tell(result: Result<(), error::Error>, errp: *mut *mut Error) {
    if let Err(error) = result {
        // SAFETY: as promised.
        unsafe { error.store(errp, &origin!(c"object_property_get")) };
    }
}

/// The value, unless an error came with it.
fn checked<T>((value, error): (T, Option<error::Error>)) -> Result<T, error::Error> {
    error.map_or(Ok(value), Err)
}

/// The visitor of an access.
///
/// # Safety
/// `v` is NULL or lives for `'a`.
unsafe fn visitor<'a>(v: *mut layout::Visitor) -> &'a Visitor<'a> {
    // SAFETY: as promised.
    unsafe { Visitor::from_ptr(v, "object_property_get") }
}

unsafe extern "C" fn get_text(
    obj: *mut Object,
    v: *mut layout::Visitor,
    name: *const c_char,
    opaque: *mut c_void,
    errp: *mut *mut Error,
) {
    // SAFETY: set by `Property::new`.
    let Accessors::Text { get: Some(get), .. } = (unsafe { accessors(opaque) }) else {
        return;
    };
    // SAFETY: the program's function gets the object.
    let got = checked(catch(|errp| unsafe { get(obj, errp) })).and_then(|text| {
        let mut shown_text = text;
        // SAFETY: the visitor and the name of this access; the text is NULL or a C string.
        let visited = unsafe { visitor(v).visit_text(&shown(name), &raw mut shown_text) };
        // SAFETY: the getter has made the text for us (R-QOM-18).
        unsafe { g_free(text.cast::<c_void>()) };
        visited
    });
    // SAFETY: the caller's.
    unsafe { tell(got, errp) };
}

unsafe extern "C" fn set_text(
    obj: *mut Object,
    v: *mut layout::Visitor,
    name: *const c_char,
    opaque: *mut c_void,
    errp: *mut *mut Error,
) {
    // SAFETY: set by `Property::new`.
    let Accessors::Text { set: Some(set), .. } = (unsafe { accessors(opaque) }) else {
        return;
    };
    let mut text = ptr::null_mut();
    // SAFETY: the visitor and the name of this access; an input visitor makes a text.
    let visited = unsafe { visitor(v).visit_text(&shown(name), &raw mut text) };
    let set = visited.and_then(|()| {
        // SAFETY: the program's function gets the object and a text for the call.
        checked(catch(|errp| unsafe { set(obj, text, errp) }))
    });
    // SAFETY: NULL or the text that was made.
    unsafe { g_free(text.cast::<c_void>()) };
    // SAFETY: the caller's.
    unsafe { tell(set, errp) };
}

unsafe extern "C" fn get_truth(
    obj: *mut Object,
    v: *mut layout::Visitor,
    name: *const c_char,
    opaque: *mut c_void,
    errp: *mut *mut Error,
) {
    // SAFETY: set by `Property::new`.
    let Accessors::Truth { get: Some(get), .. } = (unsafe { accessors(opaque) }) else {
        return;
    };
    // SAFETY: the program's function gets the object.
    let got = checked(catch(|errp| unsafe { get(obj, errp) }))
        // SAFETY: the visitor and the name of this access.
        .and_then(|value| unsafe { visitor(v).visit_truth(&shown(name), || value) })
        .map(drop);
    // SAFETY: the caller's.
    unsafe { tell(got, errp) };
}

unsafe extern "C" fn set_truth(
    obj: *mut Object,
    v: *mut layout::Visitor,
    name: *const c_char,
    opaque: *mut c_void,
    errp: *mut *mut Error,
) {
    // SAFETY: set by `Property::new`.
    let Accessors::Truth { set: Some(set), .. } = (unsafe { accessors(opaque) }) else {
        return;
    };
    // SAFETY: the visitor and the name of this access.
    let visited = unsafe { visitor(v).visit_truth(&shown(name), || false) };
    let set = visited.and_then(|value| {
        // SAFETY: the program's function gets the object.
        checked(catch(|errp| unsafe { set(obj, value, errp) }))
    });
    // SAFETY: the caller's.
    unsafe { tell(set, errp) };
}

unsafe extern "C" fn get_choice(
    obj: *mut Object,
    v: *mut layout::Visitor,
    name: *const c_char,
    opaque: *mut c_void,
    errp: *mut *mut Error,
) {
    // SAFETY: set by `Property::new`.
    let accessors = unsafe { accessors(opaque) };
    let Accessors::Choice {
        lookup,
        get: Some(get),
        ..
    } = accessors
    else {
        return;
    };
    // SAFETY: the program's function gets the object.
    let got = checked(catch(|errp| unsafe { get(obj, errp) }))
        // SAFETY: the visitor and the name of this access; the program's table.
        .and_then(|value| unsafe { visitor(v).visit_choice(&shown(name), || value, lookup) })
        .map(drop);
    // SAFETY: the caller's.
    unsafe { tell(got, errp) };
}

unsafe extern "C" fn set_choice(
    obj: *mut Object,
    v: *mut layout::Visitor,
    name: *const c_char,
    opaque: *mut c_void,
    errp: *mut *mut Error,
) {
    // SAFETY: set by `Property::new`.
    let accessors = unsafe { accessors(opaque) };
    let Accessors::Choice {
        lookup,
        set: Some(set),
        ..
    } = accessors
    else {
        return;
    };
    // SAFETY: the visitor and the name of this access; the program's table.
    let visited = unsafe { visitor(v).visit_choice(&shown(name), || 0, lookup) };
    let set = visited.and_then(|value: c_int| {
        // SAFETY: the program's function gets the object.
        checked(catch(|errp| unsafe { set(obj, value, errp) }))
    });
    // SAFETY: the caller's.
    unsafe { tell(set, errp) };
}

/// Reads a child or a link as the path of the object; empty without one.
unsafe extern "C" fn get_path(
    _obj: *mut Object,
    v: *mut layout::Visitor,
    name: *const c_char,
    opaque: *mut c_void,
    errp: *mut *mut Error,
) {
    // SAFETY: set by `Property::new`.
    let object = unsafe { accessors(opaque).object() };
    // SAFETY: NULL, or live: a child is, and a link's target has to be while it is one.
    let path = unsafe { path::canonical_or_empty(object) };
    let mut text = path.as_ptr().cast_mut();
    // SAFETY: the visitor and the name of this access; the text lives for the call.
    let visited = unsafe { visitor(v).visit_text(&shown(name), &raw mut text) };
    // SAFETY: the caller's.
    unsafe { tell(visited, errp) };
}

unsafe extern "C" fn set_path(
    obj: *mut Object,
    v: *mut layout::Visitor,
    name: *const c_char,
    opaque: *mut c_void,
    errp: *mut *mut Error,
) {
    // SAFETY: set by `Property::new`.
    let Accessors::Link(link) = (unsafe { accessors(opaque) }) else {
        return;
    };
    let mut text = ptr::null_mut();
    // SAFETY: the visitor and the name of this access; an input visitor makes a text.
    let visited = unsafe { visitor(v).visit_text(&shown(name), &raw mut text) };
    let set = visited.and_then(|()| {
        // SAFETY: not NULL after a visit that went well; the text is ours.
        let (name, path) = unsafe { (CStr::from_ptr(name), CStr::from_ptr(text)) };
        // SAFETY: the object of this access, which has that link.
        unsafe { link.lead_to_path(obj, name, path) }
    });
    // SAFETY: NULL or the text that was made.
    unsafe { g_free(text.cast::<c_void>()) };
    // SAFETY: the caller's.
    unsafe { tell(set, errp) };
}

unsafe extern "C" fn resolve(
    _obj: *mut Object,
    opaque: *mut c_void,
    _part: *const c_char,
) -> *mut Object {
    // SAFETY: set by `Property::new`.
    unsafe { accessors(opaque).object() }
}

/// The property `type` of all objects.
pub(super) unsafe extern "C" fn type_name(obj: *mut Object, _errp: *mut *mut Error) -> *mut c_char {
    // SAFETY: the object whose property is read.
    let name = unsafe { instance::class_of(obj) }.name();
    // SAFETY: a C string.
    unsafe { g_strdup(name.as_ptr()) }
}
