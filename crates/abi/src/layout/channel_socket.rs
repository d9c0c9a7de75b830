//! `io/channel-socket.h`.

use core::ffi::c_int;

use libc::{sockaddr_storage, socklen_t, ssize_t};

use super::channel::QIOChannel;
use super::more;

/// A socket channel. Programs read `fd` and the addresses, and some store `fd`; the rest is private.
#[expect(non_snake_case, reason = "the names that C code uses")]
#[repr(C)]
pub struct QIOChannelSocket {
    /// The parent.
    pub parent: QIOChannel,
    /// The socket, -1 when closed. Programs read and store it; re-read at each call.
    pub fd: c_int,
    /// The address of this end.
    pub localAddr: sockaddr_storage,
    /// Bytes of `localAddr` in use.
    pub localAddrLen: socklen_t,
    /// The address of the peer.
    pub remoteAddr: sockaddr_storage,
    /// Bytes of `remoteAddr` in use.
    pub remoteAddrLen: socklen_t,
    /// Zero-copy sends so far; private.
    pub zero_copy_queued: ssize_t,
    /// Zero-copy sends the kernel is done with; private.
    pub zero_copy_sent: ssize_t,
    /// The mode last asked for; private.
    #[cfg(bool_set_blocking)]
    pub blocking: bool,
    /// Whether a send since the last flush really was zero-copy; private.
    #[cfg(all(zero_copy_success, not(zero_copy_fallback)))]
    pub new_zero_copy_sent_success: bool,
    /// Whether a send since the last flush that told so was copied; private.
    #[cfg(zero_copy_fallback)]
    pub zero_copy_fallback: bool,
}

const PARENT: usize = size_of::<QIOChannel>();

assert_layout!(QIOChannelSocket, size = PARENT + 296 + more(cfg!(bool_set_blocking), 8), {
    parent @ 0,
    fd @ PARENT,
    localAddr @ PARENT + 8,
    localAddrLen @ PARENT + 136,
    remoteAddr @ PARENT + 144,
    remoteAddrLen @ PARENT + 272,
    zero_copy_queued @ PARENT + 280,
    zero_copy_sent @ PARENT + 288,
    #[cfg(bool_set_blocking)] blocking @ PARENT + 296,
    #[cfg(all(zero_copy_success, not(zero_copy_fallback)))] new_zero_copy_sent_success @ PARENT + 297,
    #[cfg(zero_copy_fallback)] zero_copy_fallback @ PARENT + 297,
});
