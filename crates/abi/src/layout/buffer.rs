//! `qemu/buffer.h`.

use core::ffi::c_char;

/// Bytes that grow at the end and are taken from the front, in GLib memory (R-BUF-1).
#[repr(C)]
pub struct Buffer {
    /// Label of traces.
    pub name: *mut c_char,
    /// Allocated bytes.
    pub capacity: usize,
    /// Bytes in use.
    pub offset: usize,
    /// Private.
    pub avg_size: u64,
    /// The memory.
    pub buffer: *mut u8,
}

assert_layout!(Buffer, size = 40, { name @ 0, capacity @ 8, offset @ 16, avg_size @ 24, buffer @ 32 });
