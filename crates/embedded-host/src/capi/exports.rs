//! The table form of exported functions, for headers whose functions only check, convert and call.
//!
//! cbindgen sees no functions that a macro makes; the headers of this half are written by hand.

/// Defines C functions, one row each:
///
/// ```text
/// exports! { "qom/object-value.h";                           // where they are documented
///     fn object_property_set_str(obj: object, name: text, value: text) -> bool, else (false) {
///         value::set_from(obj, name, Source::Text(value)).map(|()| true)
///     }
/// }
/// ```
///
/// - An argument's kind is a word of the table in [`c_type!`], which says what C passes and what the
///   row gets, or a type in parentheses, which comes as it is. NULL where it may not be ends the process.
/// - With `else`, the row is a `Result`, an `errp` follows the arguments, and the value in parentheses is
///   what C gets with an error.
/// - The row may call unsafe functions under the contract of the C face: arguments are what the
///   header says and live for the call. `FUNCTION` is its name, for messages.
macro_rules! exports {
    ($header:literal; $(
        $(#[$attribute:meta])*
        fn $name:ident($($arg:ident: $kind:tt),* $(,)?) $(-> $ret:ty)? $(, else ($otherwise:expr))? $body:block
    )*) => { $(
        $crate::capi::exports::exports! {
            @one $header [$(#[$attribute])*] $name [$($arg: $kind),*] [$($ret)?] [$($otherwise)?] $body
        }
    )* };
    (@one $header:literal [$($attribute:tt)*] $name:ident [$($arg:ident: $kind:tt),*] [] [] $body:block) => {
        $crate::capi::exports::exports! {
            @one $header [$($attribute)*] $name [$($arg: $kind),*] [()] [] $body
        }
    };
    (@one $header:literal [$($attribute:tt)*] $name:ident [$($arg:ident: $kind:tt),*] [$ret:ty] [] $body:block) => {
        #[doc = concat!("`", stringify!($name), "` of `", $header, "`.")]
        $($attribute)*
        #[unsafe(no_mangle)]
        #[allow(unused_unsafe, clippy::unused_unit, reason = "some rows are safe, some return nothing")]
        pub unsafe extern "C" fn $name($($arg: $crate::capi::exports::c_type!($kind)),*) -> $ret {
            #[allow(dead_code, reason = "not all rows name themselves")]
            const FUNCTION: &str = stringify!($name);
            // SAFETY: the arguments are what the header says, for the call.
            unsafe {
                $( let $arg = $crate::capi::exports::from_c!(FUNCTION, $arg, $kind); )*
                $body
            }
        }
    };
    (@one $header:literal [$($attribute:tt)*] $name:ident [$($arg:ident: $kind:tt),*] [$ret:ty] [$otherwise:expr] $body:block) => {
        #[doc = concat!("`", stringify!($name), "` of `", $header, "`.")]
        $($attribute)*
        #[unsafe(no_mangle)]
        #[allow(unused_unsafe, reason = "some rows are safe")]
        pub unsafe extern "C" fn $name(
            $($arg: $crate::capi::exports::c_type!($kind),)*
            errp: *mut *mut abi::layout::Error,
        ) -> $ret {
            #[allow(dead_code, reason = "not all rows name themselves")]
            const FUNCTION: &str = stringify!($name);
            const ORIGIN: abi::error::Origin = abi::origin!(abi::c_text!(stringify!($name)));
            // SAFETY: the arguments are what the header says, for the call.
            let result = unsafe {
                $( let $arg = $crate::capi::exports::from_c!(FUNCTION, $arg, $kind); )*
                $body
            };
            // SAFETY: the caller's `errp`.
            unsafe { abi::propagate::ok_or_propagate(result, errp, &ORIGIN) }
                .unwrap_or($otherwise)
        }
    };
}

/// What C passes for an argument of a kind.
macro_rules! c_type {
    (object) => { *mut abi::layout::Object };
    (class) => { *mut abi::layout::ObjectClass };
    (text) => { *const core::ffi::c_char };
    (optional_text) => { *const core::ffi::c_char };
    (visitor) => { *mut abi::layout::Visitor };
    (($type:ty)) => { $type };
    ([$pointer:ty]) => { $pointer };
}

/// What a row gets of an argument: `object` a live one, `class` a
/// [`Class`](crate::qom::types::class::Class), `text` a `&CStr`, `optional_text` an `Option<&CStr>`, `visitor`
/// a [`Visitor`](crate::qapi::visitor::Visitor), `[T]` a pointer that isn't NULL, `(T)` what C passes.
macro_rules! from_c {
    ($function:expr, $arg:ident, object) => {
        $crate::capi::arguments::object($arg, $function)
    };
    ($function:expr, $arg:ident, class) => {
        $crate::capi::arguments::class($arg, $function)
    };
    ($function:expr, $arg:ident, text) => {
        $crate::capi::arguments::text(
            $arg,
            $function,
            $crate::capi::arguments::name(stringify!($arg)),
        )
    };
    ($function:expr, $arg:ident, optional_text) => {
        $crate::capi::arguments::optional_text($arg)
    };
    ($function:expr, $arg:ident, visitor) => {
        $crate::qapi::visitor::Visitor::from_ptr($arg, $function)
    };
    ($function:expr, $arg:ident, [$pointer:ty]) => {{
        $crate::capi::arguments::require(
            $arg,
            $function,
            $crate::capi::arguments::name(stringify!($arg)),
        );
        $arg
    }};
    ($function:expr, $arg:ident, ($type:ty)) => {
        $arg
    };
}

pub(super) use {c_type, exports, from_c};
