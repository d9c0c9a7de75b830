//! Properties by name, as classes and objects keep them: what C code sees of each.

use core::ffi::CStr;
use core::mem::MaybeUninit;
use core::ptr;

use glib_sys::{GHashTable, GHashTableIter};
use glib_sys::{
    g_hash_table_insert, g_hash_table_iter_init, g_hash_table_iter_next, g_hash_table_lookup,
    g_hash_table_new, g_str_equal, g_str_hash,
};

use abi::layout::{Object, ObjectProperty, ObjectPropertyInit};

use super::class::Class;

/// The property of that name; none for NULL.
///
/// # Safety
/// `table` is NULL or a live table of properties, which nobody changes meanwhile.
pub(in crate::qom) unsafe fn find(
    table: *mut GHashTable,
    name: &CStr,
) -> Option<*mut ObjectProperty> {
    if table.is_null() {
        return None;
    }
    // SAFETY: a live table with texts as keys.
    let found = unsafe { g_hash_table_lookup(table, name.as_ptr().cast()) };
    (!found.is_null()).then(|| found.cast::<ObjectProperty>())
}

/// All properties, in no order; none for NULL.
///
/// # Safety
/// As [`find`].
pub(in crate::qom) unsafe fn all(table: *mut GHashTable) -> Vec<*mut ObjectProperty> {
    let mut all = Vec::new();
    if table.is_null() {
        return all;
    }
    let mut iter = MaybeUninit::<GHashTableIter>::uninit();
    // SAFETY: a live table, as promised.
    unsafe { g_hash_table_iter_init(iter.as_mut_ptr(), table) };
    let mut property = ptr::null_mut();
    // SAFETY: initialised above; keys aren't wanted.
    while unsafe {
        g_hash_table_iter_next(iter.as_mut_ptr(), ptr::null_mut(), &raw mut property) != 0
    } {
        all.push(property.cast::<ObjectProperty>());
    }
    all
}

/// Adds a property to a table, which is made if there is none.
///
/// # Safety
/// `slot` is the place of an object's or a class's table, used by this thread only, in which the name
/// is free; the property stays until it is taken out.
pub(in crate::qom) unsafe fn insert(slot: *mut *mut GHashTable, property: *mut ObjectProperty) {
    // SAFETY: as promised.
    let mut table = unsafe { slot.read() };
    if table.is_null() {
        // SAFETY: GLib's functions for texts.
        table = unsafe { g_hash_table_new(Some(g_str_hash), Some(g_str_equal)) };
        // SAFETY: as promised.
        unsafe { slot.write(table) };
    }
    // SAFETY: the key belongs to the property and goes with it.
    unsafe { g_hash_table_insert(table, (*property).name.cast(), property.cast()) };
}

/// A class's property that has a default. Classes and their properties are never freed.
pub(crate) struct Default {
    property: *mut ObjectProperty,
    init: ObjectPropertyInit,
}

// SAFETY: the property stays as it is once its class is made, and `init` is the program's function
// for objects that are made in any thread.
unsafe impl Sync for Default {}
// SAFETY: as above.
unsafe impl Send for Default {}

impl Default {
    /// Gives a new object the default.
    ///
    /// # Safety
    /// `obj` is a new instance of the property's class.
    pub(crate) unsafe fn give(&self, obj: *mut Object) {
        // SAFETY: the program's function gets an instance, and the property that it was set for.
        unsafe { (self.init)(obj, self.property) };
    }
}

/// The defaults of a class that has just been made, those of its ancestors first.
///
/// # Safety
/// No other thread knows the class yet.
pub(super) unsafe fn defaults(class: Class) -> Box<[Default]> {
    let mut found = Vec::new();
    let mut next = Some(class);
    while let Some(this) = next {
        // SAFETY: classes live for ever; the ancestors' tables don't change while objects are made.
        for property in unsafe { all((*this.as_ptr()).properties) } {
            // SAFETY: properties of classes are never freed.
            if let Some(init) = unsafe { (*property).init } {
                found.push(Default { property, init });
            }
        }
        next = this.parent();
    }
    found.reverse();
    found.into()
}
