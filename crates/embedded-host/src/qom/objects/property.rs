//! Properties: kept by name with an object or a class, found, added and removed.

use core::cell::Cell;
use core::ffi::{CStr, c_char, c_void};
use core::ptr;
use std::ffi::CString;

use glib_sys::{g_free, g_hash_table_size, g_hash_table_steal, g_hash_table_unref, g_strdup};

use crate::error::Error;
use abi::layout::{Object, ObjectProperty};
use platform::os::abort::misuse;

use crate::qom::types::class::Class;
use crate::qom::types::property_table;

use super::accessors::Accessors;
use super::child_names;
use super::instance::{self, ObjectRef};

/// A property: what C code sees of it, and what the host keeps with it.
#[repr(C)]
pub(crate) struct Property {
    /// C's part.
    pub(crate) c: ObjectProperty,
    /// How the value is read and written.
    pub(crate) accessors: Accessors,
    /// Whether it is about to go.
    releasing: Cell<bool>,
}

impl Property {
    /// A property that is in no table yet.
    pub(crate) fn new(name: &CStr, kind: &CStr, accessors: Accessors) -> Box<Self> {
        let mut property = Box::new(Self {
            c: ObjectProperty {
                // SAFETY: C strings; so below.
                name: unsafe { g_strdup(name.as_ptr()) },
                // SAFETY: as above.
                r#type: unsafe { g_strdup(kind.as_ptr()) },
                description: ptr::null_mut(),
                get: accessors.getter(),
                set: accessors.setter(),
                resolve: accessors.resolver(),
                release: None,
                init: None,
                opaque: ptr::null_mut(),
                defval: ptr::null_mut(),
            },
            accessors,
            releasing: Cell::new(false),
        });
        // The accessors' functions get the property itself, which stays where it is.
        let this: *mut Self = &raw mut *property;
        property.c.opaque = match &property.accessors {
            Accessors::Program {
                release, opaque, ..
            } => {
                property.c.release = *release;
                *opaque
            }
            _ => this.cast::<c_void>(),
        };
        property
    }

    /// The name.
    ///
    /// # Safety
    /// The property stays for `'a`.
    pub(crate) unsafe fn name<'a>(this: *const Self) -> &'a CStr {
        // SAFETY: every property has a name of its own, as long as it is there.
        unsafe { CStr::from_ptr((*this).c.name) }
    }

    /// The name of the kind of value.
    ///
    /// # Safety
    /// The property stays for `'a`.
    pub(crate) unsafe fn kind<'a>(this: *const Self) -> &'a CStr {
        // SAFETY: as above.
        unsafe { CStr::from_ptr((*this).c.r#type) }
    }

    /// What C code gets.
    pub(crate) fn for_c(this: *mut Self) -> *mut ObjectProperty {
        this.cast::<ObjectProperty>()
    }

    /// The property that C code sees.
    fn from_c(this: *mut ObjectProperty) -> *mut Self {
        this.cast::<Self>()
    }

    /// Says what the property is for; None for nothing.
    ///
    /// # Safety
    /// The property is live.
    pub(crate) unsafe fn describe(this: *mut Self, description: Option<&CStr>) {
        let text = description.map_or(ptr::null(), CStr::as_ptr);
        // SAFETY: NULL or a C string.
        let copy = unsafe { g_strdup(text) };
        // SAFETY: live, and the old description is the property's own.
        unsafe {
            g_free(
                (&raw mut (*this).c.description)
                    .replace(copy)
                    .cast::<c_void>(),
            )
        };
    }
}

impl Drop for Property {
    fn drop(&mut self) {
        for text in [self.c.name, self.c.r#type, self.c.description] {
            // SAFETY: NULL or a text of the property's own.
            unsafe { g_free(text.cast::<c_void>()) };
        }
    }
}

/// The property of that name in the class or its ancestors, root first (R-QOM-15).
///
/// # Safety
/// No other thread changes the properties of classes (R-QOM-24).
pub(crate) unsafe fn find_in_class(class: Class, name: &CStr) -> Option<*mut Property> {
    let above = class.parent();
    above
        // SAFETY: as promised.
        .and_then(|parent| unsafe { find_in_class(parent, name) })
        .or_else(|| {
            // SAFETY: classes live for ever, with their tables.
            let found = unsafe { property_table::find((*class.as_ptr()).properties, name) };
            found.map(Property::from_c)
        })
}

/// The property of that name of an object or its class.
///
/// # Safety
/// `obj` is an object whose memory is there, and no other thread changes its properties or its class's
/// (R-QOM-24).
pub(crate) unsafe fn find(obj: *mut Object, name: &CStr) -> Option<*mut Property> {
    // SAFETY: as promised.
    let class = unsafe { instance::class_of(obj) };
    // SAFETY: as promised.
    unsafe { find_in_class(class, name).or_else(|| find_own(obj, name)) }
}

/// The property of that name of the object's own.
///
/// # Safety
/// As [`find`].
pub(crate) unsafe fn find_own(obj: *mut Object, name: &CStr) -> Option<*mut Property> {
    // SAFETY: as promised.
    unsafe { property_table::find((*obj).properties, name) }.map(Property::from_c)
}

/// As [`find`], with the words for its absence (R-QOM-16).
///
/// # Safety
/// As [`find`].
pub(crate) unsafe fn find_or_fail(obj: *mut Object, name: &CStr) -> Result<*mut Property, Error> {
    // SAFETY: as promised.
    unsafe { find(obj, name) }.ok_or_else(|| {
        // SAFETY: as promised.
        Error::new(format!("Property '{}' not found", unsafe {
            full_name(obj, name)
        }))
    })
}

/// `TYPE.NAME`, for errors.
///
/// # Safety
/// As [`find`].
pub(crate) unsafe fn full_name(obj: *mut Object, name: &CStr) -> String {
    // SAFETY: as promised.
    let kind = unsafe { instance::class_of(obj) }.name().to_string_lossy();
    format!("{kind}.{}", name.to_string_lossy())
}

/// The object's own properties, in no order.
///
/// # Safety
/// As [`find`].
pub(crate) unsafe fn own(obj: *mut Object) -> Vec<*mut Property> {
    // SAFETY: as promised.
    let all = unsafe { property_table::all((*obj).properties) };
    all.into_iter().map(Property::from_c).collect()
}

/// Adds a property to an object, unless it has one of that name (R-QOM-15).
///
/// # Safety
/// As [`find`]; what `accessors` has is made for that object.
pub(crate) unsafe fn try_add(
    obj: *mut Object,
    name: &CStr,
    kind: &CStr,
    accessors: Accessors,
) -> Result<*mut Property, Error> {
    // SAFETY: as promised.
    let numbered = unsafe { first_free(obj, name) };
    let name = numbered.as_deref().unwrap_or(name);
    // SAFETY: as promised.
    if unsafe { find(obj, name) }.is_some() {
        // SAFETY: as promised.
        let ty = unsafe { instance::class_of(obj) }.name().to_string_lossy();
        let name = name.to_string_lossy();
        return Err(Error::new(format!(
            "attempt to add duplicate property '{name}' to object (type '{ty}')"
        )));
    }
    let property = Box::into_raw(Property::new(name, kind, accessors));
    // SAFETY: the name is free, as was just found.
    unsafe { property_table::insert(&raw mut (*obj).properties, Property::for_c(property)) };
    Ok(property)
}

/// For a name that ends in `[*]`, the first that is free with a number there (R-QOM-15).
///
/// # Safety
/// As [`find`].
unsafe fn first_free(obj: *mut Object, name: &CStr) -> Option<CString> {
    let stem = name.to_bytes().strip_suffix(b"[*]")?;
    (0_u64..)
        .filter_map(|n| CString::new([stem, format!("[{n}]").as_bytes()].concat()).ok())
        // SAFETY: as promised.
        .find(|name| unsafe { find(obj, name) }.is_none())
}

/// Adds a property to a class; a name that it or an ancestor has is a mistake of the program.
///
/// # Safety
/// No other thread uses the properties of the class: its hooks run, or the program serialises this
/// (R-QOM-24). What `accessors` has is made for objects of that class.
pub(crate) unsafe fn add_to_class(
    class: Class,
    name: &CStr,
    kind: &CStr,
    accessors: Accessors,
) -> *mut Property {
    // SAFETY: as promised.
    if unsafe { find_in_class(class, name) }.is_some() {
        misuse(
            "object_class_property_add",
            format_args!(
                "class '{}' has a property '{}' already",
                class.name().to_string_lossy(),
                name.to_string_lossy()
            ),
        );
    }
    let property = Box::into_raw(Property::new(name, kind, accessors));
    // SAFETY: the name is free, and this thread alone uses the table.
    unsafe {
        property_table::insert(
            &raw mut (*class.as_ptr()).properties,
            Property::for_c(property),
        );
    }
    property
}

/// The error of a property that can't be written (R-QOM-16).
///
/// # Safety
/// As [`find`].
pub(crate) unsafe fn not_writable(obj: *mut Object, name: &CStr) -> Error {
    // SAFETY: as promised.
    let name = unsafe { full_name(obj, name) };
    Error::new(format!("Property '{name}' is not writable"))
}

/// Removes a property of an object's own, with its hook. Does nothing, and says so, while that is
/// going on already: then the hook has called.
///
/// # Safety
/// As [`find`]; the property is in its table.
pub(crate) unsafe fn remove(obj: *mut Object, property: *mut Property) -> bool {
    // SAFETY: live as promised; it stays until this function frees it, as others find the mark.
    if unsafe { (*property).releasing.replace(true) } {
        return false;
    }
    // The hook may drop what is the last reference but this one.
    // SAFETY: as promised.
    let _held = unsafe { ObjectRef::new(obj) };
    // SAFETY: live, see above.
    let accessors = unsafe { &(*property).accessors };
    // SAFETY: the object's property.
    unsafe { accessors.leave() };
    // SAFETY: live.
    let (name, release, opaque): (*const c_char, _, _) = unsafe {
        (
            (*property).c.name,
            (*property).c.release,
            (*property).c.opaque,
        )
    };
    if let Some(release) = release {
        // SAFETY: the program's function, called once, gets what it was registered with.
        unsafe { release(obj, name, opaque) };
    }
    // SAFETY: the table is there as long as it has properties.
    unsafe { g_hash_table_steal((*obj).properties, name.cast()) };
    // SAFETY: it came from a box, and nothing leads to it any more.
    let property = unsafe { Box::from_raw(property) };
    if let Accessors::Child { child, .. } = property.accessors {
        // SAFETY: it is still there.
        child_names::forget(child, unsafe { Property::name(&raw const *property) });
    }
    // Whoever goes with its last reference doesn't find itself here.
    // SAFETY: as above.
    unsafe { property.accessors.let_go() };
    true
}

/// Removes all properties of an object that is being finalised, and those that their hooks add
/// (R-QOM-11).
///
/// # Safety
/// `obj` is an object whose memory is there, with a table.
pub(crate) unsafe fn remove_all(obj: *mut Object) {
    loop {
        // SAFETY: as promised.
        let names: Vec<CString> = unsafe { own(obj) }
            .into_iter()
            // SAFETY: live: nothing runs meanwhile.
            .map(|property| unsafe { Property::name(property) }.to_owned())
            .collect();
        if names.is_empty() {
            break;
        }
        let mut removed = 0;
        for name in names {
            // A hook may have removed it.
            // SAFETY: as promised.
            if let Some(property) = unsafe { find_own(obj, &name) } {
                // SAFETY: as promised.
                removed += usize::from(unsafe { remove(obj, property) });
            }
        }
        // SAFETY: as promised.
        let left = unsafe { g_hash_table_size((*obj).properties) };
        if removed == 0 && left != 0 {
            misuse(
                "object_unref",
                format_args!("object {obj:p} is finalized by a hook of its own property"),
            );
        }
    }
    // SAFETY: as promised; the table is empty and the object's own.
    unsafe { g_hash_table_unref((&raw mut (*obj).properties).replace(ptr::null_mut())) };
}
