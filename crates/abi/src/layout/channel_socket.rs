//! `io/channel-socket.h`.

use core::ffi::c_int;

use libc::{sockaddr_storage, socklen_t, ssize_t};

use super::channel::QIOChannel;

/// A socket channel. Programs read `fd` and the addresses, and some store `fd`; the rest is private.
#[cfg(not(two_aio_contexts))]
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
}

#[cfg(not(two_aio_contexts))]
assert_layout!(QIOChannelSocket, size = 376, { parent @ 0, fd @ 80, localAddr @ 88, localAddrLen @ 216, remoteAddr @ 224, remoteAddrLen @ 352, zero_copy_queued @ 360, zero_copy_sent @ 368 });

/// A socket channel. Programs read `fd` and the addresses, and some store `fd`; the rest is private.
#[cfg(all(two_aio_contexts, not(zero_copy_success)))]
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
}

#[cfg(all(two_aio_contexts, not(zero_copy_success)))]
assert_layout!(QIOChannelSocket, size = 392, { parent @ 0, fd @ 96, localAddr @ 104, localAddrLen @ 232, remoteAddr @ 240, remoteAddrLen @ 368, zero_copy_queued @ 376, zero_copy_sent @ 384 });

/// A socket channel. Programs read `fd` and the addresses, and some store `fd`; the rest is private.
#[cfg(zero_copy_success)]
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
    pub blocking: bool,
    /// Whether a send since the last flush really was zero-copy; private.
    pub new_zero_copy_sent_success: bool,
}

#[cfg(zero_copy_success)]
assert_layout!(QIOChannelSocket, size = 400, { parent @ 0, fd @ 96, localAddr @ 104, localAddrLen @ 232, remoteAddr @ 240, remoteAddrLen @ 368, zero_copy_queued @ 376, zero_copy_sent @ 384, blocking @ 392, new_zero_copy_sent_success @ 393 });
