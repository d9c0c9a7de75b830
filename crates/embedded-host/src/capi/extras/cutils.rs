//! `qemu/cutils.h`: see there what the functions do.

use core::ffi::{CStr, c_char, c_int, c_longlong};
use core::ptr;

use platform::os::errno::{self, Errno};

/// Copies a string, cut to what fits.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pstrcpy(buf: *mut c_char, buf_size: c_int, str: *const c_char) {
    let Some(room) = usize::try_from(buf_size)
        .ok()
        .and_then(|size| size.checked_sub(1))
    else {
        return;
    };
    // SAFETY: a string; no more is read of it than fits.
    let len = unsafe { libc::strnlen(str, room) };
    // SAFETY: `len` bytes are in the string and fit; copying onto itself is allowed.
    unsafe { ptr::copy(str, buf, len) };
    // SAFETY: `len` is at most the last index.
    unsafe { buf.add(len).write(0) };
}

/// Whether a string begins with another.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strstart(
    str: *const c_char,
    val: *const c_char,
    ptr: *mut *const c_char,
) -> c_int {
    // SAFETY: by the header, a string.
    let prefix = unsafe { CStr::from_ptr(val) }.count_bytes();
    // SAFETY: both are strings.
    if unsafe { libc::strncmp(str, val, prefix) } != 0 {
        return 0;
    }
    if !ptr.is_null() {
        // SAFETY: by the header, a place for a pointer.
        unsafe { ptr.write(str.wrapping_add(prefix)) };
    }
    1
}

/// Reads a number.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qemu_strtoi(
    nptr: *const c_char,
    endptr: *mut *const c_char,
    base: c_int,
    result: *mut c_int,
) -> c_int {
    // SAFETY: by the header, a string or NULL.
    let (number, end) = unsafe { leading_number(nptr, base) };
    let nearest = number.clamp(c_int::MIN.into(), c_int::MAX.into());
    // SAFETY: by the header, a place for a number.
    unsafe { result.write(c_int::try_from(nearest).unwrap_or(0)) };
    if !endptr.is_null() {
        // SAFETY: by the header, a place for a pointer.
        unsafe { endptr.write(end) };
    }
    // SAFETY: `end` differs from `nptr` only inside a string.
    let whole = end != nptr && (!endptr.is_null() || unsafe { end.read() } == 0);
    if nearest != number {
        errno::set(Errno::new(libc::ERANGE));
    }
    match whole {
        false => -libc::EINVAL,
        true => -errno::last().code(),
    }
}

/// The number that a text begins with, cut to a `long long`, and where it ends: at `text` if there
/// is none. Leaves errno as strtoll does that found it 0.
///
/// # Safety
/// `text` is a string or NULL.
unsafe fn leading_number(text: *const c_char, base: c_int) -> (c_longlong, *const c_char) {
    errno::set(Errno::NONE);
    let mut end = text.cast_mut();
    if text.is_null() {
        return (0, text);
    }
    // What a C library does to the end for such a base is its own affair.
    if base != 0 && !(2..=36).contains(&base) {
        errno::set(Errno::new(libc::EINVAL));
        return (0, text);
    }
    // SAFETY: a string, and a local variable for its end.
    let number = unsafe { libc::strtoll(text, &raw mut end, base) };
    (number, end.cast_const())
}
