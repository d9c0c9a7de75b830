//! GLib's memory functions as Miri sees them, which calls no C: so it looks at what is kept in such memory.

use core::ffi::{CStr, c_char, c_void};
use core::ptr;

#[unsafe(no_mangle)]
unsafe extern "C" fn g_malloc(size: usize) -> *mut c_void {
    // SAFETY: any size may be asked for.
    unsafe { libc::malloc(size) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn g_malloc0(size: usize) -> *mut c_void {
    // SAFETY: as above.
    unsafe { libc::calloc(1, size) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn g_free(memory: *mut c_void) {
    // SAFETY: memory of these functions, or NULL, as GLib demands.
    unsafe { libc::free(memory) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn g_strdup(text: *const c_char) -> *mut c_char {
    if text.is_null() {
        return ptr::null_mut();
    }
    // SAFETY: a C string, as GLib demands.
    let size = unsafe { CStr::from_ptr(text) }.count_bytes() + 1;
    // SAFETY: as above.
    let copy: *mut c_char = unsafe { g_malloc(size) }.cast();
    // SAFETY: both have room for so much.
    unsafe { ptr::copy_nonoverlapping(text, copy, size) };
    copy
}
