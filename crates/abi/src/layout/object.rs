//! QOM: `struct Object`, its class, and what a type is registered with.

use core::ffi::{c_char, c_void};

use glib_sys::{GHashTable, GSList};

use super::more;
use super::opaque::Type;

/// `void ObjectUnparent(Object *obj)`.
pub type ObjectUnparent = Option<unsafe extern "C" fn(obj: *mut Object)>;
/// `void ObjectFree(void *obj)`.
pub type ObjectFree = Option<unsafe extern "C" fn(obj: *mut c_void)>;
/// A hook of a type that gets the instance.
pub type InstanceHook = Option<unsafe extern "C" fn(obj: *mut Object)>;

/// The first member of every instance. Only `ref` is touched by several threads, atomically.
#[repr(C)]
pub struct Object {
    /// The instance's class; fixed for life.
    pub class: *mut ObjectClass,
    /// How the memory is released, or NULL for embedded objects.
    pub free: ObjectFree,
    /// The object's own properties; NULL until there is one.
    pub properties: *mut GHashTable,
    /// The reference count.
    pub r#ref: u32,
    /// Where the object hangs in the composition tree.
    pub parent: *mut Object,
}

assert_layout!(Object, size = 40, {
    class @ 0, free @ 8, properties @ 16, r#ref @ 24, parent @ 32,
});

/// The first member of every class struct. Written while the class is made, read-only later,
/// but for the cast caches.
#[repr(C)]
pub struct ObjectClass {
    /// The type this is the class of.
    pub r#type: Type,
    /// The implemented interfaces, as `InterfaceClass *`.
    pub interfaces: *mut GSList,
    /// Type names of recent instance casts; racy, relaxed atomics.
    pub object_cast_cache: [*const c_char; 4],
    /// Type names of recent class casts; racy, relaxed atomics.
    pub class_cast_cache: [*const c_char; 4],
    /// Called when an instance leaves the composition tree.
    pub unparent: ObjectUnparent,
    /// The class's properties; NULL until there is one.
    pub properties: *mut GHashTable,
}

assert_layout!(ObjectClass, size = 96, {
    r#type @ 0, interfaces @ 8, object_cast_cache @ 16, class_cast_cache @ 48, unparent @ 80,
    properties @ 88,
});

/// The name of an interface that a type implements.
#[repr(C)]
pub struct InterfaceInfo {
    /// Type name, or NULL at the end of the array.
    pub r#type: *const c_char,
}

assert_layout!(InterfaceInfo, size = 8, { r#type @ 0 });

/// What `class_data` and a class hook's second argument point to.
#[cfg(not(const_type_info))]
pub type ClassData = *mut c_void;
/// What `class_data` and a class hook's second argument point to.
#[cfg(const_type_info)]
pub type ClassData = *const c_void;

/// The array of implemented interfaces.
#[cfg(not(const_type_info))]
pub type InterfaceInfoArray = *mut InterfaceInfo;
/// The array of implemented interfaces.
#[cfg(const_type_info)]
pub type InterfaceInfoArray = *const InterfaceInfo;

/// A hook of a type that gets the class.
pub type ClassHook = Option<unsafe extern "C" fn(class: *mut ObjectClass, data: ClassData)>;

/// A type, as it is registered.
#[repr(C)]
pub struct TypeInfo {
    /// The type's name.
    pub name: *const c_char,
    /// The parent type's name.
    pub parent: *const c_char,
    /// Bytes of an instance, or 0 to inherit.
    pub instance_size: usize,
    /// Alignment of an instance in bytes, or 0.
    pub instance_align: usize,
    /// Runs root first when an instance is made.
    pub instance_init: InstanceHook,
    /// Runs after all `instance_init`.
    pub instance_post_init: InstanceHook,
    /// Runs leaf first when the last reference goes.
    pub instance_finalize: InstanceHook,
    /// Whether instances may exist.
    pub r#abstract: bool,
    /// Bytes of the class struct, or 0 to inherit.
    pub class_size: usize,
    /// Runs once, when the class is made.
    pub class_init: ClassHook,
    /// Runs for the class of each descendant.
    pub class_base_init: ClassHook,
    /// Handed to the class hooks.
    pub class_data: ClassData,
    /// Ended by an element with NULL `type`; NULL for none.
    pub interfaces: InterfaceInfoArray,
}

assert_layout!(TypeInfo, size = 104, {
    name @ 0, parent @ 8, instance_size @ 16, instance_align @ 24, instance_init @ 32,
    instance_post_init @ 40, instance_finalize @ 48, r#abstract @ 56, class_size @ 64,
    class_init @ 72, class_base_init @ 80, class_data @ 88, interfaces @ 96,
});

/// The class struct of an interface.
#[repr(C)]
pub struct InterfaceClass {
    /// The parent.
    pub parent_class: ObjectClass,
    /// The class that implements the interface.
    #[cfg(interface_concrete_class)]
    pub concrete_class: *mut ObjectClass,
    /// The interface's own type.
    pub interface_type: Type,
}

const CONCRETE: usize = more(cfg!(interface_concrete_class), 8);

assert_layout!(InterfaceClass, size = 104 + CONCRETE, {
    parent_class @ 0,
    #[cfg(interface_concrete_class)] concrete_class @ 96,
    interface_type @ 96 + CONCRETE,
});

/// Says in an interface's class struct which interface it is and, where that is kept, of which
/// class.
///
/// # Safety
/// `class` begins with an `InterfaceClass` that no other thread knows yet.
pub unsafe fn set_interface(class: *mut InterfaceClass, of: Type, concrete: *mut ObjectClass) {
    // SAFETY: the struct is live and the caller's own.
    unsafe {
        #[cfg(interface_concrete_class)]
        {
            (*class).concrete_class = concrete;
        }
        (*class).interface_type = of;
    }
    #[cfg(not(interface_concrete_class))]
    let _ = concrete;
}
