//! The types that are always there: `object`, `interface`, `container`, `user-creatable` (R-QOM-6).
//!
//! They are registered like all others, by a function that a constructor records for
//! `module_call_init`. The constructor stands in the object file of `object_new`, as all of the
//! library does, so that whoever can use types gets it (R-MOD-2).

use core::ffi::CStr;

use crate::module;
use abi::layout::{ClassData, InterfaceClass, Object, ObjectClass, UserCreatableClass};

use super::accessors::{self, Accessors};
use super::class::Class;
use super::property::{self, Property};
use super::types::{self, Parent, TypeImpl};
use super::user_creatable;

/// The root of all that has instances.
const OBJECT: &CStr = c"object";

/// Gives all objects a property that tells their type (R-QOM-6).
extern "C" fn object_class_init(class: *mut ObjectClass, _data: ClassData) {
    let accessors = Accessors::Text {
        get: Some(accessors::type_name),
        set: None,
    };
    // SAFETY: the class that is being made.
    if let Some(class) = unsafe { Class::from_ptr(class) } {
        property::add_to_class(class, Property::new(c"type", c"string", accessors));
    }
}

extern "C" fn register_types() {
    types::register(TypeImpl {
        instance_size: size_of::<Object>(),
        is_abstract: true,
        class_init: Some(object_class_init),
        ..TypeImpl::new(OBJECT.to_owned(), Parent::Root)
    });
    types::register(TypeImpl {
        class_size: size_of::<InterfaceClass>(),
        is_abstract: true,
        ..TypeImpl::new(c"interface".to_owned(), Parent::Root)
    });
    types::register(TypeImpl {
        instance_size: size_of::<Object>(),
        ..TypeImpl::new(c"container".to_owned(), Parent::Named(OBJECT.to_owned()))
    });
    types::register(TypeImpl {
        class_size: size_of::<UserCreatableClass>(),
        ..TypeImpl::new(
            user_creatable::TYPE.to_owned(),
            Parent::Named(c"interface".to_owned()),
        )
    });
}

extern "C" fn record() {
    module::register(register_types, module::QOM);
}

#[used]
#[unsafe(link_section = ".init_array")]
static CONSTRUCTOR: extern "C" fn() = record;

#[cfg(test)]
mod tests {
    use super::super::table::TYPES;
    use super::super::{cast, class};
    use super::*;

    #[test]
    fn one_call_makes_them_known() {
        module::call(module::QOM);
        for name in [OBJECT, c"interface", c"container"] {
            let class = class::of(TYPES.find(name).unwrap());
            assert_eq!(class.name(), name);
            assert_eq!(class.ty().shape().is_abstract, name != c"container");
        }
        let container = class::of(TYPES.find(c"container").unwrap());
        assert!(cast::is_a(container, OBJECT));
        assert!(!cast::is_a(container, c"interface"));
    }
}
