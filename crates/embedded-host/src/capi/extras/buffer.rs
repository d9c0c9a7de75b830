//! `qemu/buffer.h`, but for `buffer_init`, which is in `c/extras/buffer.c`.

use core::ffi::c_void;

use glib_sys::gboolean;

use crate::buffer;
use abi::layout::Buffer;
use platform::check_usage;

/// The buffer that a function needs.
fn present(argument: *mut Buffer, function: &str) -> *mut Buffer {
    check_usage!(!argument.is_null(), function, "the buffer is NULL");
    argument
}

/// Gives memory back.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn buffer_shrink(buffer: *mut Buffer) {
    // SAFETY: the caller's buffer.
    unsafe { buffer::shrink(present(buffer, "buffer_shrink")) }
}

/// Makes room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn buffer_reserve(buffer: *mut Buffer, len: usize) {
    // SAFETY: the caller's buffer.
    unsafe { buffer::reserve(present(buffer, "buffer_reserve"), len) }
}

/// Makes it empty.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn buffer_reset(buffer: *mut Buffer) {
    // SAFETY: the caller's buffer.
    unsafe { buffer::reset(present(buffer, "buffer_reset")) }
}

/// Releases everything.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn buffer_free(buffer: *mut Buffer) {
    // SAFETY: the caller's buffer.
    unsafe { buffer::free(present(buffer, "buffer_free")) }
}

/// Adds bytes at the end.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn buffer_append(buffer: *mut Buffer, data: *const c_void, len: usize) {
    const FUNCTION: &str = "buffer_append";
    check_usage!(!data.is_null() || len == 0, FUNCTION, "@buffer is NULL");
    // SAFETY: the caller's buffer and bytes.
    unsafe { buffer::append(present(buffer, FUNCTION), data.cast::<u8>(), len) }
}

/// Takes bytes from the front.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn buffer_advance(buffer: *mut Buffer, len: usize) {
    // SAFETY: the caller's buffer.
    unsafe { buffer::advance(present(buffer, "buffer_advance"), len) }
}

/// Where the next byte goes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn buffer_end(buffer: *mut Buffer) -> *mut u8 {
    let buffer = present(buffer, "buffer_end");
    // SAFETY: the caller's buffer.
    let (memory, used) = unsafe { ((*buffer).buffer, (*buffer).offset) };
    memory.wrapping_add(used)
}

/// Whether there is nothing in it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn buffer_empty(buffer: *mut Buffer) -> gboolean {
    // SAFETY: the caller's buffer.
    gboolean::from(unsafe { (*present(buffer, "buffer_empty")).offset } == 0)
}

/// Moves all to an empty buffer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn buffer_move_empty(to: *mut Buffer, from: *mut Buffer) {
    const FUNCTION: &str = "buffer_move_empty";
    let (to, from) = (present(to, FUNCTION), present(from, FUNCTION));
    // SAFETY: the caller's buffer.
    let used = unsafe { (*to).offset };
    check_usage!(used == 0, FUNCTION, "there are {used} bytes in @to");
    if to != from {
        // SAFETY: the caller's buffers.
        unsafe { buffer::give(to, from) };
    }
}

/// Moves all to the end of another buffer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn buffer_move(to: *mut Buffer, from: *mut Buffer) {
    const FUNCTION: &str = "buffer_move";
    // SAFETY: the caller's buffers.
    unsafe { buffer::move_to(present(to, FUNCTION), present(from, FUNCTION)) }
}
