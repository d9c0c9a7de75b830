//! What the C structs have in common as Rust sees them, said once: that one begins with its parent's,
//! and that fields which C code and other threads use are accessed atomically.

/// A type of instances: the alias, the C struct and its parent's, the type's name, and the bytes of an
/// instance if they are more than the struct's.
macro_rules! instance {
    ($alias:ident = $layout:ident: $parent:ident, $name:literal $(, $size:expr)?) => {
        /// The object.
        pub type $alias = $crate::object::Shared<abi::layout::$layout>;

        // SAFETY: the struct begins with its parent's, down to `Object`.
        unsafe impl $crate::object::Instance for abi::layout::$layout {
            const TYPE: &'static core::ffi::CStr = $name;
            $(const SIZE: usize = $size;)?
        }

        // SAFETY: the first member is the parent.
        unsafe impl $crate::object::IsA<abi::layout::$parent> for abi::layout::$layout {}
    };
}

/// Functions that lend fields for atomic access. C code and other threads read and store them at any
/// time, so that each use looks anew (R-CHAN-10).
macro_rules! atomic_fields {
    ($object:ident { $($(#[$attribute:meta])* $function:ident: $($field:ident).+ as $atomic:ty;)+ }) => {
        impl $object {
            $(
                $(#[$attribute])*
                #[inline]
                pub(super) fn $function(&self) -> &$atomic {
                    // SAFETY: an aligned field that lives with `self`, which all of the library
                    // accesses atomically.
                    unsafe { <$atomic>::from_ptr(&raw mut (*self.as_ptr()).$($field).+) }
                }
            )+
        }
    };
}

pub(super) use {atomic_fields, instance};
