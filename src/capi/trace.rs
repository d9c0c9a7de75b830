//! `qio/trace.h`.

use core::ffi::{CStr, c_char};

use super::convert::bool_or_propagate;
use abi::layout::Error;
use abi::origin;
use platform::check_usage;
use trace::Sink;

/// See `qio/trace.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_trace_register(sinks: *const Sink) -> usize {
    if sinks.is_null() {
        return 0;
    }
    // SAFETY: the caller's list ends, and its functions take what it says.
    unsafe { trace::register(sinks) }
}

/// See `qio/trace.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_trace_enable(patterns: *const c_char, errp: *mut *mut Error) -> bool {
    check_usage!(!patterns.is_null(), "qio_trace_enable", "patterns is NULL");
    // SAFETY: a C string, live for the call.
    let result = trace::enable(unsafe { CStr::from_ptr(patterns) });
    // SAFETY: the caller's error destination.
    unsafe { bool_or_propagate(result, errp, &origin!(c"qio_trace_enable")) }
}

/// See `qio/trace.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_trace_disable(patterns: *const c_char, errp: *mut *mut Error) -> bool {
    check_usage!(!patterns.is_null(), "qio_trace_disable", "patterns is NULL");
    // SAFETY: a C string, live for the call.
    let result = trace::disable(unsafe { CStr::from_ptr(patterns) });
    // SAFETY: the caller's error destination.
    unsafe { bool_or_propagate(result, errp, &origin!(c"qio_trace_disable")) }
}

/// See `qio/trace.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_trace_set_file(
    filename: *const c_char,
    errp: *mut *mut Error,
) -> bool {
    // SAFETY: a C string, live for the call.
    let filename = (!filename.is_null()).then(|| unsafe { CStr::from_ptr(filename) });
    // SAFETY: the caller's error destination.
    unsafe {
        bool_or_propagate(
            trace::set_file(filename),
            errp,
            &origin!(c"qio_trace_set_file"),
        )
    }
}

/// See `qio/trace.h`.
#[unsafe(no_mangle)]
pub extern "C" fn qio_trace_flush() {
    trace::flush();
}
