//! Types and their classes: a registered type, and what it may be called.
//!
//! | module | what |
//! |---|---|
//! | [`table`] | types by name |
//! | [`resolved`] | what a type inherits: sizes, and the hooks of all its ancestors |
//! | [`class`] | making a class at first use |
//! | [`interface`] | the interfaces of a class |
//! | [`property_table`] | the properties of a class, by name |
//! | [`cast`] | is-a questions and the cast caches |
//! | [`list`] | all classes of a kind |

use core::ffi::{CStr, c_char};
use core::ops::Deref;
use core::ptr;
use core::sync::atomic::AtomicPtr;
use std::ffi::CString;
use std::sync::OnceLock;

pub(crate) mod cast;
pub(crate) mod class;
mod class_lock;
pub(crate) mod interface;
pub(crate) mod list;
pub(crate) mod property_table;
pub(crate) mod resolved;
pub(crate) mod table;

use abi::layout::{self, ClassData, ClassHook, InstanceHook, ObjectClass, TypeInfo};
use abi::profile;
use platform::check_usage;
use platform::os::{abort, loader};

use crate::module;
use crate::qom::types::property_table::Default;
use crate::qom::types::resolved::ResolvedType;
use crate::qom::types::table::TYPES;

/// Where a type comes from.
pub(crate) enum Parent {
    /// It is a built-in root.
    Root,
    /// Looked up when the class is first needed, not at registration (R-QOM-3).
    Named(CString),
    /// For the private class of an interface, which no name leads to.
    Type(&'static TypeImpl),
}

/// What a type is registered with.
pub(crate) struct TypeDescription {
    /// The name; C code compares and keeps its address.
    pub(crate) name: CString,
    /// Where it comes from.
    pub(crate) parent: Parent,
    /// As registered, 0 to inherit; [`ResolvedType`] has the effective sizes.
    pub(crate) instance_size: usize,
    /// As registered.
    pub(crate) instance_align: usize,
    /// As registered.
    pub(crate) class_size: usize,
    /// As registered; without instance size a type is abstract anyway.
    pub(crate) is_abstract: bool,
    /// Runs root first when an instance is made.
    pub(crate) instance_init: InstanceHook,
    /// Runs after all `instance_init`.
    pub(crate) instance_post_init: InstanceHook,
    /// Runs leaf first when the last reference goes.
    pub(crate) instance_finalize: InstanceHook,
    /// Runs when the class is made.
    pub(crate) class_init: ClassHook,
    /// Runs when the class of a descendant is made.
    pub(crate) class_base_init: ClassHook,
    /// The program's; handed to the class hooks of this type's class.
    pub(crate) class_data: ClassData,
    /// Names of the interfaces that the type adds to its parent's.
    pub(crate) interfaces: Vec<CString>,
}

/// A type. Lives as long as the process.
pub(crate) struct TypeImpl {
    /// As registered.
    description: TypeDescription,
    /// What it inherits; known before the class is.
    resolved: OnceLock<ResolvedType>,
    /// The properties of its class and of its ancestors' that have a default, root first; known
    /// before the class is published.
    defaults: OnceLock<Box<[Default]>>,
    /// The class, once its hooks have run. Stored with release by its maker.
    class: AtomicPtr<ObjectClass>,
    /// The class while its hooks run. Only for the holder of the class lock.
    unfinished: AtomicPtr<ObjectClass>,
}

// SAFETY: `class_data` is only handed on to the program's hooks, which run in whichever thread
// needs the class first (R-QOM-24); the rest is immutable or synchronised.
unsafe impl Sync for TypeImpl {}
// SAFETY: as above.
unsafe impl Send for TypeImpl {}

impl TypeDescription {
    /// A type that adds nothing to `parent`.
    pub(crate) fn new(name: CString, parent: Parent) -> Self {
        Self {
            name,
            parent,
            instance_size: 0,
            instance_align: 0,
            class_size: 0,
            is_abstract: false,
            instance_init: None,
            instance_post_init: None,
            instance_finalize: None,
            class_init: None,
            class_base_init: None,
            class_data: ptr::null_mut(),
            interfaces: Vec::new(),
        }
    }

    /// A copy of what the program registers; its strings and array may vanish (R-QOM-1).
    ///
    /// # Safety
    /// The strings and the array of `info` are what `qom/object.h` says.
    pub(crate) unsafe fn from_info(info: &TypeInfo) -> Self {
        let TypeInfo {
            name,
            parent,
            instance_size,
            instance_align,
            instance_init,
            instance_post_init,
            instance_finalize,
            r#abstract: is_abstract,
            class_size,
            class_init,
            class_base_init,
            class_data,
            interfaces,
        } = *info;
        check_usage!(
            !name.is_null(),
            "type_register_static",
            "@info->name is NULL"
        );
        check_usage!(
            !parent.is_null(),
            "type_register_static",
            "@info->parent is NULL"
        );
        Self {
            instance_size,
            instance_align,
            instance_init,
            instance_post_init,
            instance_finalize,
            is_abstract,
            class_size,
            class_init,
            class_base_init,
            class_data,
            // SAFETY: the array is as promised, NULL or ended by an element without a name.
            interfaces: unsafe { interface_names(interfaces) },
            // SAFETY: both were checked for NULL and are C strings as promised.
            ..unsafe { Self::new(copy(name), Parent::Named(copy(parent))) }
        }
    }
}

impl Deref for TypeImpl {
    type Target = TypeDescription;

    fn deref(&self) -> &TypeDescription {
        &self.description
    }
}

impl TypeImpl {
    /// A type that nothing leads to yet.
    fn new(description: TypeDescription) -> Self {
        Self {
            description,
            resolved: OnceLock::new(),
            defaults: OnceLock::new(),
            class: AtomicPtr::new(ptr::null_mut()),
            unfinished: AtomicPtr::new(ptr::null_mut()),
        }
    }

    /// The type behind a handle.
    ///
    /// # Safety
    /// `handle` came from [`TypeImpl::handle`].
    pub(crate) unsafe fn from_handle(handle: layout::Type) -> &'static Self {
        // SAFETY: handles are made from types, and those are never freed.
        unsafe { &*handle.cast::<Self>() }
    }

    /// What new instances get before their first hook runs (R-QOM-8).
    pub(crate) fn defaults(&self) -> &[Default] {
        self.defaults.get().map_or(&[], |defaults| defaults)
    }

    /// What C code sees of the type.
    pub(crate) fn handle(&'static self) -> layout::Type {
        ptr::from_ref(self).cast_mut().cast::<layout::TypeImpl>()
    }
}

/// Registers a type. Its name must be free, and valid in this profile (R-QOM-2).
///
/// In front of another host (preloaded) a taken name is no mistake: the other implementation
/// registers its types too, and this library's stay, with the functions that go with them.
///
/// # Safety
/// The hooks may be called with instances and classes of the type's sizes, in any thread, and the class
/// hooks with `class_data`.
pub(crate) unsafe fn register(ty: TypeDescription) -> &'static TypeImpl {
    if profile::TYPE_NAMES_ARE_CHECKED && !is_valid_name(&ty.name) {
        abort::with_line(format_args!(
            "Registering `{}', which is no valid type name",
            ty.name.to_string_lossy()
        ));
    }
    TYPES
        .insert(Box::new(TypeImpl::new(ty)))
        .unwrap_or_else(|ty| match TYPES.find(&ty.name) {
            Some(first) if loader::is_defined_behind(c"type_register_static") => first,
            _ => abort::with_line(format_args!(
                "Registering `{}' which already exists",
                ty.name.to_string_lossy()
            )),
        })
}

/// The type of that name, for a program that may not have called module_call_init(): what has been
/// recorded runs first (R-MOD-3). No lock is held.
pub(crate) fn find(name: &CStr) -> Option<&'static TypeImpl> {
    module::run_pending(module::QOM);
    TYPES.find(name)
}

/// R-QOM-2: two characters or more, the first a letter or a digit but 0.
fn is_valid_name(name: &CStr) -> bool {
    match name.to_bytes() {
        [first, rest @ ..] => {
            (first.is_ascii_alphanumeric() && *first != b'0')
                && !rest.is_empty()
                && rest
                    .iter()
                    .all(|c| c.is_ascii_alphanumeric() || b"-_.".contains(c))
        }
        [] => false,
    }
}

/// # Safety
/// `text` is a C string.
unsafe fn copy(text: *const c_char) -> CString {
    // SAFETY: a C string, as promised.
    unsafe { CStr::from_ptr(text) }.to_owned()
}

/// # Safety
/// `array` is NULL or ends with an element whose `type` is NULL; the others are C strings.
unsafe fn interface_names(mut array: *const layout::InterfaceInfo) -> Vec<CString> {
    let mut names = Vec::new();
    if array.is_null() {
        return names;
    }
    loop {
        // SAFETY: the end has not been passed: that is the element with the NULL below.
        let name = unsafe { (*array).r#type };
        if name.is_null() {
            return names;
        }
        // SAFETY: not NULL, so a C string.
        names.push(unsafe { copy(name) });
        // SAFETY: this was not the last element.
        array = unsafe { array.add(1) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_two_characters_that_begin_well_are_valid() {
        for name in [c"ab", c"a-", c"1.", c"qio-channel", c"x86_64-cpu", c"Z9"] {
            assert!(is_valid_name(name), "{name:?}");
        }
        for name in [
            c"", c"a", c"0a", c"-a", c".a", c"_a", c"a:b", c"a b", c"a\xe4",
        ] {
            assert!(!is_valid_name(name), "{name:?}");
        }
    }

    #[test]
    fn interface_names_stop_at_null() {
        let info = |name: *const c_char| layout::InterfaceInfo { r#type: name };
        let array = [
            info(c"one".as_ptr()),
            info(c"two".as_ptr()),
            info(ptr::null()),
            info(c"beyond".as_ptr()),
        ];
        // SAFETY: the third element ends the array.
        let names = unsafe { interface_names(array.as_ptr()) };
        assert_eq!(names, [c"one".to_owned(), c"two".to_owned()]);
        // SAFETY: NULL is an empty array.
        assert!(unsafe { interface_names(ptr::null()) }.is_empty());
    }
}
