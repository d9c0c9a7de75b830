//! What a property is made of, and how the plain kinds read and write their value through a visitor.
//!
//! An accessor of the program may remove the property that it is called for: what is needed of it
//! is copied before.

use core::ffi::{CStr, c_char, c_uint, c_void};
use core::ptr;
use std::borrow::Cow;
use std::ffi::CString;

use glib_sys::g_free;

use crate::error::{self, catch};
use crate::qapi::visitor::Visitor;
use abi::layout::{BoolGetter, BoolSetter, EnumGetter, EnumSetter, TextGetter, TextSetter};
use abi::layout::{Error, Object, QEnumLookup};
use abi::layout::{
    LinkCheck, ObjectPropertyAccessor, ObjectPropertyRelease, ObjectPropertyResolve,
};

use super::instance;
use super::property::Property;

/// `OBJ_PROP_LINK_STRONG`: the slot owns a reference.
const STRONG: c_uint = 1;

/// What a property is made of.
#[derive(Clone)]
pub(crate) enum Accessors {
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
    /// A child (R-QOM-19).
    Child {
        /// The child, with a reference on it.
        child: *mut Object,
        /// Reads the child's path.
        get: ObjectPropertyAccessor,
    },
    /// A link to any object (R-QOM-23).
    Link {
        /// The link.
        link: Link,
        /// Reads the path of where it leads.
        get: ObjectPropertyAccessor,
        /// Writes that path, if anybody may.
        set: Option<ObjectPropertyAccessor>,
    },
}

/// A slot of the program's that a property reads and writes.
#[derive(Clone)]
pub(crate) struct Link {
    /// What objects it may lead to.
    pub(crate) kind: CString,
    /// The slot.
    pub(crate) slot: *mut *mut Object,
    /// Asked before the slot changes; None if nothing may change it.
    pub(crate) check: LinkCheck,
    /// `OBJ_PROP_LINK_*`.
    pub(crate) flags: c_uint,
}

impl Link {
    /// Whether the slot owns a reference.
    pub(in crate::qom) fn is_strong(&self) -> bool {
        self.flags & STRONG != 0
    }
}

impl Accessors {
    /// The function that reads the value, if that can be done.
    pub(super) fn getter(&self) -> Option<ObjectPropertyAccessor> {
        match self {
            Self::Program { get, .. } => *get,
            Self::Text { get, .. } => get.map(|_| get_text as ObjectPropertyAccessor),
            Self::Truth { get, .. } => get.map(|_| get_truth as ObjectPropertyAccessor),
            Self::Choice { get, .. } => get.map(|_| get_choice as ObjectPropertyAccessor),
            Self::Child { get, .. } | Self::Link { get, .. } => Some(*get),
        }
    }

    /// The function that writes the value, if that can be done.
    pub(super) fn setter(&self) -> Option<ObjectPropertyAccessor> {
        match self {
            Self::Program { set, .. } | Self::Link { set, .. } => *set,
            Self::Text { set, .. } => set.map(|_| set_text as ObjectPropertyAccessor),
            Self::Truth { set, .. } => set.map(|_| set_truth as ObjectPropertyAccessor),
            Self::Choice { set, .. } => set.map(|_| set_choice as ObjectPropertyAccessor),
            Self::Child { .. } => None,
        }
    }

    /// The function that tells the object that the property stands for in a path.
    pub(super) fn resolver(&self) -> Option<ObjectPropertyResolve> {
        match self {
            Self::Child { .. } | Self::Link { .. } => Some(resolve),
            _ => None,
        }
    }

    /// The object that it stands for: NULL for none.
    ///
    /// # Safety
    /// The property is live, so a link's slot is there.
    pub(in crate::qom) unsafe fn object(&self) -> *mut Object {
        match self {
            Self::Child { child, .. } => *child,
            // SAFETY: as promised.
            Self::Link { link, .. } => unsafe { link.slot.read() },
            _ => ptr::null_mut(),
        }
    }

    /// The property is about to go, but still there: a child is told that it leaves its parent.
    ///
    /// # Safety
    /// It is a live object's, and this is the first call.
    pub(super) unsafe fn leave(&self) {
        if let Self::Child { child, .. } = self {
            // SAFETY: live: the property holds a reference; and classes are never freed.
            let unparent = unsafe { (*instance::class_of(*child).as_ptr()).unparent };
            if let Some(unparent) = unparent {
                // SAFETY: the class's hook gets an instance.
                unsafe { unparent(*child) };
            }
        }
    }

    /// The property is gone: drops what it held.
    ///
    /// # Safety
    /// This is the last call; a link's slot is still there if it owns a reference.
    pub(super) unsafe fn let_go(&self) {
        let object = match self {
            Self::Child { child, .. } => {
                // SAFETY: live, and its parent no more.
                unsafe { (**child).parent = ptr::null_mut() };
                *child
            }
            // SAFETY: as promised.
            Self::Link { link, .. } if link.is_strong() => unsafe {
                link.slot.replace(ptr::null_mut())
            },
            _ => return,
        };
        if !object.is_null() {
            // SAFETY: live, and the reference was the property's.
            unsafe { instance::drop_reference(object) };
        }
    }
}

/// A copy of the accessors behind the `opaque` of an accessor of this host.
///
/// # Safety
/// `opaque` is what [`Property::new`] has put there.
pub(in crate::qom) unsafe fn behind(opaque: *mut c_void) -> Accessors {
    // SAFETY: the property itself, live when its accessor is called.
    unsafe { (*opaque.cast::<Property>()).accessors.clone() }
}

/// A name, for errors.
pub(in crate::qom) fn shown(name: &CStr) -> Cow<'_, str> {
    name.to_string_lossy()
}

/// The value of one of the program's functions, unless an error came with it.
pub(in crate::qom) fn checked<T>(
    call: impl FnOnce(*mut *mut Error) -> T,
) -> Result<T, error::Error> {
    let (value, error) = catch(call);
    error.map_or(Ok(value), Err)
}

/// The value that an input visitor has, as a text for the call of `take`.
pub(in crate::qom) fn with_text(
    v: &Visitor<'_>,
    name: &CStr,
    take: impl FnOnce(*mut c_char) -> Result<(), error::Error>,
) -> Result<(), error::Error> {
    let mut text = ptr::null_mut();
    // SAFETY: an input visitor makes a text there; the others look at NULL.
    let taken = unsafe { v.visit_text(&shown(name), &raw mut text) }.and_then(|()| take(text));
    // SAFETY: NULL or the text that was made.
    unsafe { g_free(text.cast::<c_void>()) };
    taken
}

/// Defines accessors in the form that C code calls: the body gets the object, the visitor, a copy of the
/// property's name and what the pattern takes out of its [`Accessors`]; its error is stored. It may call
/// unsafe functions: the accessors are the program's for that object, and the visitor is live.
macro_rules! accessors {
    ($( $(#[$attribute:meta])* fn $function:ident($obj:ident, $v:ident, $name:ident, $kind:pat) $body:block )*) => { $(
        $(#[$attribute])*
        pub(in crate::qom) unsafe extern "C" fn $function(
            $obj: *mut abi::layout::Object,
            v: *mut abi::layout::Visitor,
            name: *const core::ffi::c_char,
            opaque: *mut core::ffi::c_void,
            errp: *mut *mut abi::layout::Error,
        ) {
            // SAFETY: set by `Property::new`.
            #[allow(irrefutable_let_patterns, reason = "some take any")]
            let $kind = (unsafe { $crate::qom::objects::accessors::behind(opaque) }) else {
                return;
            };
            // SAFETY: the visitor of this access, which has to be there.
            let $v = unsafe { $crate::qapi::visitor::Visitor::from_ptr(v, "object_property_get") };
            // SAFETY: the name of this access.
            let $name = unsafe { core::ffi::CStr::from_ptr(name) }.to_owned();
            // SAFETY: the object of this access, and the program's functions for it.
            let done: Result<(), $crate::error::Error> = unsafe { $body };
            if let Err(error) = done {
                // SAFETY: the caller's.
                unsafe { error.store(errp, &abi::origin!(c"object_property_get")) };
            }
        }
    )* };
}

pub(in crate::qom) use accessors;

accessors! {
    fn get_text(obj, v, name, Accessors::Text { get: Some(get), .. }) {
        checked(|errp| get(obj, errp)).and_then(|text| {
            let mut slot = text;
            let visited = v.visit_text(&shown(&name), &raw mut slot);
            // The getter has made the text for us (R-QOM-18).
            g_free(text.cast::<c_void>());
            visited
        })
    }

    fn set_text(obj, v, name, Accessors::Text { set: Some(set), .. }) {
        with_text(v, &name, |text| checked(|errp| set(obj, text, errp)))
    }

    fn get_truth(obj, v, name, Accessors::Truth { get: Some(get), .. }) {
        checked(|errp| get(obj, errp))
            .and_then(|value| v.visit_truth(&shown(&name), || value))
            .map(drop)
    }

    fn set_truth(obj, v, name, Accessors::Truth { set: Some(set), .. }) {
        v.visit_truth(&shown(&name), || false)
            .and_then(|value| checked(|errp| set(obj, value, errp)))
    }

    fn get_choice(obj, v, name, Accessors::Choice { lookup, get: Some(get), .. }) {
        checked(|errp| get(obj, errp))
            .and_then(|value| v.visit_choice(&shown(&name), || value, lookup))
            .map(drop)
    }

    fn set_choice(obj, v, name, Accessors::Choice { lookup, set: Some(set), .. }) {
        v.visit_choice(&shown(&name), || 0, lookup)
            .and_then(|value| checked(|errp| set(obj, value, errp)))
    }
}

unsafe extern "C" fn resolve(
    _obj: *mut Object,
    opaque: *mut c_void,
    _part: *const c_char,
) -> *mut Object {
    // SAFETY: set by `Property::new`.
    unsafe { behind(opaque).object() }
}
