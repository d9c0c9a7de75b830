//! The types that are always there: `object`, `interface`, `container`, `user-creatable` (R-QOM-6).
//!
//! They are registered like all others, by a function that a constructor records for
//! `module_call_init`; the first two before, where the profile has them always. The constructor stands in the object file of `object_new`, as all of the
//! library does, so that every program that uses types has it (R-MOD-2).

use core::ffi::{CStr, c_char};
use std::sync::Once;

use glib_sys::g_strdup;

use crate::module;
use abi::layout::{ClassData, Error, InterfaceClass, Object, ObjectClass, UserCreatableClass};
use abi::profile;

use crate::qom::objects::accessors::Accessors;
use crate::qom::objects::instance;
use crate::qom::objects::property;
use crate::qom::types::class::{self, Class};
use crate::qom::types::table::TYPES;
use crate::qom::types::{self, Parent, TypeDescription};
use crate::qom::values::user_creatable;

/// The root of all that has instances.
const OBJECT: &CStr = c"object";

/// The root of all interfaces.
const INTERFACE: &CStr = c"interface";

/// The property `type` of all objects.
unsafe extern "C" fn type_name(obj: *mut Object, _errp: *mut *mut Error) -> *mut c_char {
    // SAFETY: the object whose property is read.
    let name = unsafe { instance::class_of(obj) }.name();
    // SAFETY: a C string.
    unsafe { g_strdup(name.as_ptr()) }
}

/// Gives all objects a property that tells their type (R-QOM-6).
extern "C" fn object_class_init(class: *mut ObjectClass, _data: ClassData) {
    let accessors = Accessors::Text {
        get: Some(type_name),
        set: None,
    };
    // SAFETY: the class that is being made.
    if let Some(class) = unsafe { Class::from_ptr(class) } {
        // SAFETY: its hooks run; the function is for any object.
        unsafe { property::add_to_class(class, c"type", c"string", accessors) };
    }
}

/// Registers the types that all others come from, by whoever is first to need them.
///
/// Where they are always there that is a look-up, maybe by a constructor, so that none has to have run.
fn register_roots() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let types = [
            TypeDescription {
                instance_size: size_of::<Object>(),
                is_abstract: true,
                class_init: Some(object_class_init),
                ..TypeDescription::new(OBJECT.to_owned(), Parent::Root)
            },
            TypeDescription {
                class_size: size_of::<InterfaceClass>(),
                is_abstract: true,
                ..TypeDescription::new(INTERFACE.to_owned(), Parent::Root)
            },
        ];
        for ty in types {
            // SAFETY: the one hook is for classes of any size.
            unsafe { types::register(ty) };
        }
    });
}

/// The class of that name, which what the program's constructors have recorded may make (R-MOD-3). For a
/// root that is always there nothing has to run.
pub(crate) fn class_by_name(name: &CStr) -> Option<Class> {
    let is_root = name == OBJECT || name == INTERFACE;
    let ty = if profile::ROOT_TYPES_ARE_ALWAYS_THERE && is_root {
        register_roots();
        TYPES.find(name)
    } else {
        types::find(name)
    };
    ty.map(class::of)
}

extern "C" fn register_types() {
    register_roots();
    let types = [
        TypeDescription {
            instance_size: size_of::<Object>(),
            ..TypeDescription::new(c"container".to_owned(), Parent::Named(OBJECT.to_owned()))
        },
        TypeDescription {
            class_size: size_of::<UserCreatableClass>(),
            ..TypeDescription::new(
                user_creatable::TYPE.to_owned(),
                Parent::Named(INTERFACE.to_owned()),
            )
        },
    ];
    for ty in types {
        // SAFETY: they have no hooks.
        unsafe { types::register(ty) };
    }
}

extern "C" fn record() {
    // SAFETY: it may run at any time.
    unsafe { module::register(register_types, module::QOM) };
}

#[used]
#[unsafe(link_section = ".init_array")]
static CONSTRUCTOR: extern "C" fn() = record;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::qom::types::cast;

    #[test]
    fn one_call_makes_them_known() {
        module::call(module::QOM);
        for name in [OBJECT, INTERFACE, c"container"] {
            let class = class::of(TYPES.find(name).unwrap());
            assert_eq!(class.name(), name);
            assert_eq!(class.ty().resolved().is_abstract, name != c"container");
        }
        let container = class::of(TYPES.find(c"container").unwrap());
        assert!(cast::is_a(container, OBJECT));
        assert!(!cast::is_a(container, INTERFACE));
    }
}
