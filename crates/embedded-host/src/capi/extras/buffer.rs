//! `qemu/buffer.h`, but for `buffer_init`, which is in `c/extras/buffer.c`.

use core::ffi::c_void;

use glib_sys::gboolean;

use crate::buffer;
use crate::capi::exports::exports;
use abi::layout::Buffer;
use platform::check_usage;

exports! { "qemu/buffer.h";
    fn buffer_shrink(buffer: [*mut Buffer]) -> () {
        buffer::shrink(buffer);
    }

    fn buffer_reserve(buffer: [*mut Buffer], len: (usize)) -> () {
        buffer::reserve(buffer, len);
    }

    fn buffer_reset(buffer: [*mut Buffer]) -> () {
        buffer::reset(buffer);
    }

    fn buffer_free(buffer: [*mut Buffer]) -> () {
        buffer::free(buffer);
    }

    fn buffer_append(buffer: [*mut Buffer], data: (*const c_void), len: (usize)) -> () {
        check_usage!(!data.is_null() || len == 0, FUNCTION, "@data is NULL");
        buffer::append(buffer, data.cast::<u8>(), len);
    }

    fn buffer_advance(buffer: [*mut Buffer], len: (usize)) -> () {
        buffer::advance(buffer, len);
    }

    fn buffer_end(buffer: [*mut Buffer]) -> *mut u8 {
        (*buffer).buffer.wrapping_add((*buffer).offset)
    }

    fn buffer_empty(buffer: [*mut Buffer]) -> gboolean {
        gboolean::from((*buffer).offset == 0)
    }

    fn buffer_move_empty(to: [*mut Buffer], from: [*mut Buffer]) -> () {
        let used = (*to).offset;
        check_usage!(used == 0, FUNCTION, "there are {used} bytes in @to");
        if to != from {
            buffer::give(to, from);
        }
    }

    fn buffer_move(to: [*mut Buffer], from: [*mut Buffer]) -> () {
        buffer::move_to(to, from);
    }
}
