//! The interfaces of a class (R-QOM-7): for each, a private class named `TYPE::INTERFACE`, which
//! holds the methods of that type.

use std::ffi::CString;

use crate::report::{self, Severity};
use abi::layout::InterfaceClass;
use platform::os::abort;

use crate::qom::types::class::{self, Class};
use crate::qom::types::table::TYPES;
use crate::qom::types::{Parent, TypeDescription, TypeImpl};

/// The interfaces that `ty` itself asks for, with their classes made.
pub(super) fn types_of(ty: &TypeImpl) -> Vec<&'static TypeImpl> {
    let find = |name: &CString| {
        let Some(interface) = TYPES.find(name) else {
            let message = format!(
                "Type '{}' implements the interface '{}', which is not registered",
                ty.name.to_string_lossy(),
                name.to_string_lossy()
            );
            report::line(Severity::Error, message.as_bytes());
            std::process::abort()
        };
        if !interface.resolved().is_interface {
            abort::with_line(format_args!(
                "Type '{}' implements '{}', which is no interface",
                ty.name.to_string_lossy(),
                name.to_string_lossy()
            ));
        }
        class::of(interface);
        interface
    };
    ty.interfaces.iter().map(find).collect()
}

/// Gives `class`, which is being made, its parent's interfaces and `own`, leaving out what an
/// earlier one includes.
///
/// # Safety
/// `class` is being made by this thread.
pub(super) unsafe fn implement(class: Class, parent: Option<Class>, own: &[&'static TypeImpl]) {
    if let Some(parent) = parent {
        for inherited in class::interfaces(parent) {
            // The private class of the parent is the parent of ours, so that the methods which
            // the parent's class_init has set are there.
            // SAFETY: as promised.
            unsafe { add(class, interface_type(inherited), inherited) };
        }
    }
    for interface in own {
        // SAFETY: as promised.
        unsafe { add(class, interface, class::of(interface)) };
    }
}

/// Makes the class of `interface` for `class`, as a child of `parent`.
///
/// # Safety
/// As [`implement`].
unsafe fn add(class: Class, interface: &'static TypeImpl, parent: Class) {
    if class::interfaces(class).any(|present| present.ty().is_a(interface)) {
        return;
    }
    let name = [class.name().to_bytes(), b"::", interface.name.to_bytes()].concat();
    let name = CString::new(name).unwrap_or_default();
    let ty = TypeDescription {
        is_abstract: true,
        ..TypeDescription::new(name, Parent::Type(parent.ty()))
    };
    let private = class::make_private(Box::leak(Box::new(TypeImpl::new(ty))), parent, |private| {
        // SAFETY: it is being made, as a descendant of an interface (see `types_of`).
        unsafe { class::describe_interface(private, interface, class) };
    });
    // SAFETY: as promised.
    unsafe { class::append_interface(class, private) };
}

/// The interface that one of the private classes is for.
fn interface_type(private: Class) -> &'static TypeImpl {
    let class = private.as_ptr().cast::<InterfaceClass>();
    // SAFETY: `private` is an element of a class's interfaces, so it begins with an
    // `InterfaceClass`.
    let handle = unsafe { (*class).interface_type };
    // SAFETY: `describe_interface` has put a handle there.
    unsafe { TypeImpl::from_handle(handle) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::module;
    use crate::qom::types;
    use crate::qom::types::cast;

    fn register(name: &str, parent: &str, interfaces: &[&str]) -> Class {
        let text = |s: &str| CString::new(s).unwrap();
        // SAFETY: there are no hooks.
        class::of(unsafe {
            types::register(TypeDescription {
                interfaces: interfaces.iter().copied().map(text).collect(),
                ..TypeDescription::new(text(name), Parent::Named(text(parent)))
            })
        })
    }

    fn names(class: Class) -> Vec<String> {
        let name = |i: Class| i.name().to_str().unwrap().to_owned();
        class::interfaces(class).map(name).collect()
    }

    #[test]
    fn inherited_ones_come_first_and_none_comes_twice() {
        module::call(module::QOM);
        let upper = register("iface-upper", "interface", &[]);
        let lower = register("iface-lower", "iface-upper", &[]);
        register("iface-other", "interface", &[]);
        let parent = register("iface-parent", "container", &["iface-lower"]);
        let child = register(
            "iface-child",
            "iface-parent",
            &["iface-upper", "iface-other", "iface-lower"],
        );
        assert_eq!(names(parent), ["iface-parent::iface-lower"]);
        assert_eq!(
            names(child),
            ["iface-child::iface-lower", "iface-child::iface-other"]
        );

        let of_child = cast::class_as(child, upper.name()).unwrap();
        assert!(of_child == cast::class_as(child, lower.name()).unwrap());
        assert!(of_child.parent() == class::interfaces(parent).next());
        assert!(cast::is_a(child, c"iface-upper"));
        assert!(!cast::is_a(parent, c"iface-other"));
        assert!(cast::class_as(parent, c"iface-other").is_none());
        assert!(cast::class_as(child, c"container").is_some_and(|class| class == child));
    }

    #[test]
    fn two_of_a_kind_have_no_common_struct() {
        module::call(module::QOM);
        register("pair-upper", "interface", &[]);
        register("pair-lower", "pair-upper", &[]);
        let both = register("pair-both", "container", &["pair-upper", "pair-lower"]);
        assert_eq!(names(both).len(), 2);
        assert!(cast::is_a(both, c"pair-upper"));
        assert!(cast::class_as(both, c"pair-upper").is_none());
        assert!(cast::class_as(both, c"pair-lower").is_some());
    }
}
