//! `io/channel-websock.h`.

use core::ffi::{c_char, c_uint};

use glib_sys::gboolean;

use super::buffer::Buffer;
use super::channel::QIOChannel;
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
#[cfg(not(any(two_aio_contexts, websock_hs_io_tag)))]
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
    /// Private.
    pub io_tag: c_uint,
    /// Private.
    pub io_err: *mut Error,
    /// Private.
    pub io_eof: gboolean,
    /// Private.
    pub opcode: u8,
}

#[cfg(not(any(two_aio_contexts, websock_hs_io_tag)))]
assert_layout!(QIOChannelWebsock, size = 248, { parent @ 0, master @ 80, encinput @ 88, encoutput @ 128, rawinput @ 168, payload_remain @ 208, pong_remain @ 216, mask @ 224, io_tag @ 228, io_err @ 232, io_eof @ 240, opcode @ 244 });

/// The server's end of a WebSocket. All fields are private: but for `master`, the tag of the
/// handshake and the pointer in `rawinput`, behind which the state is, they stay zero.
#[cfg(all(not(two_aio_contexts), websock_hs_io_tag))]
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

#[cfg(all(not(two_aio_contexts), websock_hs_io_tag))]
assert_layout!(QIOChannelWebsock, size = 256, { parent @ 0, master @ 80, encinput @ 88, encoutput @ 128, rawinput @ 168, payload_remain @ 208, pong_remain @ 216, mask @ 224, hs_io_tag @ 228, io_tag @ 232, io_err @ 240, io_eof @ 248, opcode @ 252 });

/// The server's end of a WebSocket. All fields are private: but for `master`, the tag of the
/// handshake and the pointer in `rawinput`, behind which the state is, they stay zero.
#[cfg(all(two_aio_contexts, not(websock_hs_io_tag)))]
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
    /// Private.
    pub io_tag: c_uint,
    /// Private.
    pub io_err: *mut Error,
    /// Private.
    pub io_eof: gboolean,
    /// Private.
    pub opcode: u8,
}

#[cfg(all(two_aio_contexts, not(websock_hs_io_tag)))]
assert_layout!(QIOChannelWebsock, size = 264, { parent @ 0, master @ 96, encinput @ 104, encoutput @ 144, rawinput @ 184, payload_remain @ 224, pong_remain @ 232, mask @ 240, io_tag @ 244, io_err @ 248, io_eof @ 256, opcode @ 260 });

/// The server's end of a WebSocket. All fields are private: but for `master`, the tag of the
/// handshake and the pointer in `rawinput`, behind which the state is, they stay zero.
#[cfg(all(two_aio_contexts, websock_hs_io_tag))]
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

#[cfg(all(two_aio_contexts, websock_hs_io_tag))]
assert_layout!(QIOChannelWebsock, size = 272, { parent @ 0, master @ 96, encinput @ 104, encoutput @ 144, rawinput @ 184, payload_remain @ 224, pong_remain @ 232, mask @ 240, hs_io_tag @ 244, io_tag @ 248, io_err @ 256, io_eof @ 264, opcode @ 268 });
