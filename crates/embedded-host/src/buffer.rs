//! Growing buffers (R-BUF-1, R-BUF-2).

use core::ffi::c_void;
use core::ptr;

use glib_sys::{g_free, g_realloc};

use abi::layout::Buffer;
use platform::os::abort::misuse;

/// The least that is allocated, in bytes.
const LEAST: usize = 4096;

/// How many times more than what is needed a buffer may have before it is worth the work to give
/// memory back.
const SLACK: usize = 4;

/// How much of a past need is forgotten each time that there is less: one part of so many.
const FADING: u64 = 16;

/// The capacity for so many bytes: a power of two. None if there is none.
fn capacity_for(bytes: usize) -> Option<usize> {
    bytes.max(LEAST).checked_next_power_of_two()
}

/// What has been needed of late, in bytes, when `used` are now and `before` was the answer: at once
/// as much as is used, and slowly less.
fn recent_need(before: u64, used: u64) -> u64 {
    used.max(before.saturating_sub(before.div_ceil(FADING)))
}

/// The capacity to shrink to, if that is worth it.
fn smaller_capacity(capacity: usize, need: usize) -> Option<usize> {
    let wanted = capacity_for(need)?;
    (wanted <= capacity / SLACK).then_some(wanted)
}

/// Moves the content to `capacity` bytes, of which it takes no more.
///
/// # Safety
/// `buffer` is live.
unsafe fn reallocate(buffer: *mut Buffer, capacity: usize) {
    // SAFETY: live; GLib's memory, or NULL for none.
    let memory = unsafe { g_realloc((*buffer).buffer.cast::<c_void>(), capacity) };
    // SAFETY: live.
    unsafe {
        (*buffer).buffer = memory.cast::<u8>();
        (*buffer).capacity = capacity;
    }
}

/// Makes room for `len` more bytes.
///
/// # Safety
/// `buffer` is live.
pub(crate) unsafe fn reserve(buffer: *mut Buffer, len: usize) {
    // SAFETY: live.
    let (used, capacity) = unsafe { ((*buffer).offset, (*buffer).capacity) };
    let wanted = used.saturating_add(len) as u64;
    // SAFETY: live.
    unsafe { (*buffer).avg_size = wanted.max((*buffer).avg_size) };
    if capacity.saturating_sub(used) >= len {
        return;
    }
    match used.checked_add(len).and_then(capacity_for) {
        // SAFETY: live; it grows.
        Some(capacity) => unsafe { reallocate(buffer, capacity) },
        None => misuse(
            "buffer_reserve",
            format_args!("no memory for {used} and {len} bytes"),
        ),
    }
}

/// Gives memory back that hasn't been needed for a while.
///
/// # Safety
/// `buffer` is live.
pub(crate) unsafe fn shrink(buffer: *mut Buffer) {
    // SAFETY: live.
    let (used, capacity, before) =
        unsafe { ((*buffer).offset, (*buffer).capacity, (*buffer).avg_size) };
    let need = recent_need(before, used as u64);
    // SAFETY: live.
    unsafe { (*buffer).avg_size = need };
    let need = usize::try_from(need).unwrap_or(usize::MAX);
    if let Some(smaller) = smaller_capacity(capacity, need) {
        // SAFETY: live; the content is not above the need, so it fits.
        unsafe { reallocate(buffer, smaller) };
    }
}

/// Copies `len` bytes behind the content. There must be room.
///
/// # Safety
/// `buffer` is live; `data` has `len` bytes outside of it.
pub(crate) unsafe fn append(buffer: *mut Buffer, data: *const u8, len: usize) {
    // SAFETY: live.
    let (used, capacity) = unsafe { ((*buffer).offset, (*buffer).capacity) };
    if capacity.saturating_sub(used) < len {
        misuse(
            "buffer_append",
            format_args!("{len} bytes don't fit behind {used} of {capacity}"),
        );
    }
    if len != 0 {
        // SAFETY: there is room, as was just checked.
        unsafe { ptr::copy_nonoverlapping(data, (*buffer).buffer.add(used), len) };
    }
    // SAFETY: live.
    unsafe { (*buffer).offset = used + len };
}

/// Takes `len` bytes from the front.
///
/// # Safety
/// `buffer` is live.
pub(crate) unsafe fn advance(buffer: *mut Buffer, len: usize) {
    // SAFETY: live.
    let used = unsafe { (*buffer).offset };
    let Some(rest) = used.checked_sub(len) else {
        misuse(
            "buffer_advance",
            format_args!("there are {used} bytes, not {len}"),
        );
    };
    if rest != 0 {
        // SAFETY: both parts are of the `used` bytes.
        unsafe { ptr::copy((*buffer).buffer.add(len), (*buffer).buffer, rest) };
    }
    // SAFETY: live.
    unsafe { (*buffer).offset = rest };
    // SAFETY: live.
    unsafe { shrink(buffer) };
}

/// Makes it empty.
///
/// # Safety
/// `buffer` is live.
pub(crate) unsafe fn reset(buffer: *mut Buffer) {
    // SAFETY: live.
    unsafe { (*buffer).offset = 0 };
    // SAFETY: live.
    unsafe { shrink(buffer) };
}

/// Releases the memory, so that nothing is left but the name.
///
/// # Safety
/// `buffer` is live.
unsafe fn release(buffer: *mut Buffer) {
    // SAFETY: live; the memory is the buffer's own, or NULL.
    unsafe { g_free((*buffer).buffer.cast::<c_void>()) };
    // SAFETY: live.
    unsafe { forget(buffer) };
}

/// Lets the buffer have no memory.
///
/// # Safety
/// `buffer` is live; somebody else has its memory.
unsafe fn forget(buffer: *mut Buffer) {
    // SAFETY: live.
    unsafe {
        (*buffer).buffer = ptr::null_mut();
        (*buffer).capacity = 0;
        (*buffer).offset = 0;
        (*buffer).avg_size = 0;
    }
}

/// Releases everything.
///
/// # Safety
/// `buffer` is live.
pub(crate) unsafe fn free(buffer: *mut Buffer) {
    // SAFETY: live.
    unsafe { release(buffer) };
    // SAFETY: live; the name is the buffer's own, or NULL.
    unsafe {
        g_free(
            (&raw mut (*buffer).name)
                .replace(ptr::null_mut())
                .cast::<c_void>(),
        )
    };
}

/// Gives the memory of one buffer to another that is empty.
///
/// # Safety
/// Both are live, and not the same.
pub(crate) unsafe fn give(to: *mut Buffer, from: *mut Buffer) {
    // SAFETY: live.
    unsafe { release(to) };
    // SAFETY: both are live.
    unsafe {
        (*to).buffer = (*from).buffer;
        (*to).capacity = (*from).capacity;
        (*to).offset = (*from).offset;
        (*to).avg_size = (*from).avg_size;
    }
    // SAFETY: live; `to` has the memory.
    unsafe { forget(from) };
}

/// Moves the content of one buffer to the end of another.
///
/// # Safety
/// Both are live.
pub(crate) unsafe fn move_to(to: *mut Buffer, from: *mut Buffer) {
    // SAFETY: live.
    let (there, len) = unsafe { ((*to).offset, (*from).offset) };
    if len == 0 || to == from {
        return;
    }
    if there == 0 {
        // SAFETY: both are live, not the same, and `to` is empty.
        unsafe { give(to, from) };
        return;
    }
    // SAFETY: live.
    unsafe { reserve(to, len) };
    // SAFETY: `from` has `len` bytes of its own.
    unsafe { append(to, (*from).buffer, len) };
    // SAFETY: live.
    unsafe { release(from) };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capacities_are_powers_of_two() {
        for (bytes, capacity) in [(0, 4096), (4096, 4096), (4097, 8192), (100_000, 131_072)] {
            assert_eq!(capacity_for(bytes), Some(capacity));
        }
        assert_eq!(capacity_for(usize::MAX), None);
    }

    #[test]
    fn a_need_is_forgotten_slowly() {
        assert_eq!(recent_need(0, 100), 100);
        assert_eq!(recent_need(100, 200), 200);
        assert_eq!(recent_need(1600, 0), 1500);
        assert_eq!(recent_need(1, 0), 0);
        let mut need = 1 << 30;
        let mut times = 0;
        while need > 4096 {
            need = recent_need(need, 0);
            times += 1;
        }
        assert!((100..400).contains(&times));
    }

    #[test]
    fn little_slack_stays() {
        assert_eq!(smaller_capacity(8192, 100), None);
        assert_eq!(smaller_capacity(16384, 100), Some(4096));
        assert_eq!(smaller_capacity(1 << 20, 300_000), None);
        assert_eq!(smaller_capacity(1 << 20, 200_000), Some(1 << 18));
        assert_eq!(smaller_capacity(0, 0), None);
    }
}
