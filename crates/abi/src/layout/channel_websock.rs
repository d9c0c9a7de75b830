//! `io/channel-websock.h`.

use core::ffi::{c_char, c_uint};

use glib_sys::gboolean;

use super::buffer::Buffer;
use super::channel::QIOChannel;
use super::more;
use super::opaque::Error;

/// The mask of a frame, as bytes and as a number.
#[repr(C)]
#[derive(Clone, Copy)]
pub union QIOChannelWebsockMask {
    /// In the order of the frame.
    pub c: [c_char; 4],
    /// In the order of the machine.
    pub u: u32,
}

/// The server's end of a WebSocket. All fields are private: but for `master`, the tag of the
/// handshake and the pointer in `rawinput`, behind which the state is, they stay zero.
#[repr(C)]
pub struct QIOChannelWebsock {
    /// The parent.
    pub parent: QIOChannel,
    /// What the frames travel over.
    pub master: *mut QIOChannel,
    /// Private.
    pub encinput: Buffer,
    /// Private.
    pub encoutput: Buffer,
    /// Private.
    pub rawinput: Buffer,
    /// Private.
    pub payload_remain: usize,
    /// Private.
    pub pong_remain: usize,
    /// Private.
    pub mask: QIOChannelWebsockMask,
    /// The source that the handshake waits with, 0 if none.
    #[cfg(websock_hs_io_tag)]
    pub hs_io_tag: c_uint,
    /// Private.
    pub io_tag: c_uint,
    /// Private.
    pub io_err: *mut Error,
    /// Private.
    pub io_eof: gboolean,
    /// Private.
    pub opcode: u8,
}

const PARENT: usize = size_of::<QIOChannel>();
const TAG: bool = cfg!(websock_hs_io_tag);

assert_layout!(QIOChannelWebsock, size = PARENT + 168 + more(TAG, 8), {
    parent @ 0,
    master @ PARENT,
    encinput @ PARENT + 8,
    encoutput @ PARENT + 48,
    rawinput @ PARENT + 88,
    payload_remain @ PARENT + 128,
    pong_remain @ PARENT + 136,
    mask @ PARENT + 144,
    #[cfg(websock_hs_io_tag)] hs_io_tag @ PARENT + 148,
    io_tag @ PARENT + 148 + more(TAG, 4),
    io_err @ PARENT + 152 + more(TAG, 8),
    io_eof @ PARENT + 160 + more(TAG, 8),
    opcode @ PARENT + 164 + more(TAG, 8),
});
