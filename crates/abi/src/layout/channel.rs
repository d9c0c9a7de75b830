//! `io/channel.h`: the channel and the table of methods that its classes fill.

use core::ffi::{c_char, c_int, c_uint, c_void};

use glib_sys::{GIOCondition, GSource, gboolean, gpointer};
use libc::{iovec, off_t, size_t, ssize_t};

use super::more;
use super::object::{Object, ObjectClass};
use super::opaque::{AioContext, Coroutine, Error, IOHandler};

/// Result of a transfer that would have to wait.
pub const QIO_CHANNEL_ERR_BLOCK: c_int = -2;

/// Send from the caller's memory, which must stay untouched until the next flush.
pub const QIO_CHANNEL_WRITE_FLAG_ZERO_COPY: c_int = 0x1;

/// Look at the data without consuming it.
#[cfg(readv_flags)]
pub const QIO_CHANNEL_READ_FLAG_MSG_PEEK: c_int = 0x1;
/// Let an unclean end of a TLS stream read as end of file.
#[cfg(tls_bye)]
pub const QIO_CHANNEL_READ_FLAG_RELAXED_EOF: c_int = 0x2;
/// Leave O_NONBLOCK of received descriptors as the sender had it.
#[cfg(fd_preserve_blocking)]
pub const QIO_CHANNEL_READ_FLAG_FD_PRESERVE_BLOCKING: c_int = 0x4;

/// What a channel can do; the value is the bit number in `QIOChannel.features`.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(non_camel_case_types, reason = "the names that C code uses")]
pub enum QIOChannelFeature {
    /// Descriptors can be sent and received.
    QIO_CHANNEL_FEATURE_FD_PASS = 0,
    /// `qio_channel_shutdown` works.
    QIO_CHANNEL_FEATURE_SHUTDOWN = 1,
    /// The channel is a listening socket.
    QIO_CHANNEL_FEATURE_LISTEN = 2,
    /// `QIO_CHANNEL_WRITE_FLAG_ZERO_COPY` works.
    QIO_CHANNEL_FEATURE_WRITE_ZERO_COPY = 3,
    /// `QIO_CHANNEL_READ_FLAG_MSG_PEEK` works.
    #[cfg(readv_flags)]
    QIO_CHANNEL_FEATURE_READ_MSG_PEEK = 4,
    /// Positional reads and writes work.
    #[cfg(positional_io)]
    QIO_CHANNEL_FEATURE_SEEKABLE = 5,
    /// One reader and one writer thread may use the channel at once.
    #[cfg(concurrent_io)]
    QIO_CHANNEL_FEATURE_CONCURRENT_IO = 6,
}

/// Which directions `qio_channel_shutdown` ends.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(non_camel_case_types, reason = "the names that C code uses")]
pub enum QIOChannelShutdown {
    /// Reads return end of file.
    QIO_CHANNEL_SHUTDOWN_READ = 1,
    /// Writes fail, the peer sees end of file.
    QIO_CHANNEL_SHUTDOWN_WRITE = 2,
    /// Both.
    QIO_CHANNEL_SHUTDOWN_BOTH = 3,
}

/// What buffers are made of; the headers show QIO_BYTE.
#[cfg(void_buffers)]
pub type Byte = c_void;
/// What buffers are made of; the headers show QIO_BYTE.
#[cfg(not(void_buffers))]
pub type Byte = c_char;

/// A [`QIOChannelFeature`] as C passes it: any number. The headers show the enum.
pub type ChannelFeature = c_uint;
/// A [`QIOChannelShutdown`] as C passes it: any number. The headers show the enum.
pub type ChannelShutdown = c_uint;

/// A watch callback: the channel is ready for `condition`. Returns FALSE to end the watch.
pub type QIOChannelFunc = Option<
    unsafe extern "C" fn(ioc: *mut QIOChannel, condition: GIOCondition, data: gpointer) -> gboolean,
>;

/// A channel. The fields are the library's; programs read `name`, and `ctx` where it is.
#[repr(C)]
pub struct QIOChannel {
    /// The parent.
    pub parent: Object,
    /// Bits `1 << QIO_CHANNEL_FEATURE_*`; changed by atomic OR only.
    pub features: c_uint,
    /// Label of watches and traces, GLib memory or NULL.
    pub name: *mut c_char,
    /// The context that coroutine waits use, NULL for the main loop; private but for reading.
    #[cfg(not(two_aio_contexts))]
    pub ctx: *mut AioContext,
    /// The context that `read_coroutine` waits in; private.
    #[cfg(two_aio_contexts)]
    pub read_ctx: *mut AioContext,
    /// The coroutine that waits to read; private, changed atomically.
    pub read_coroutine: *mut Coroutine,
    /// The context that `write_coroutine` waits in; private.
    #[cfg(two_aio_contexts)]
    pub write_ctx: *mut AioContext,
    /// The coroutine that waits to write; private, changed atomically.
    pub write_coroutine: *mut Coroutine,
    /// Coroutines wait in their own context; set by `qio_channel_set_follow_coroutine_ctx`.
    #[cfg(two_aio_contexts)]
    pub follow_coroutine_ctx: bool,
}

const TWO_CONTEXTS: bool = cfg!(two_aio_contexts);

assert_layout!(QIOChannel, size = 80 + more(TWO_CONTEXTS, 16), {
    parent @ 0,
    features @ 40,
    name @ 48,
    #[cfg(not(two_aio_contexts))] ctx @ 56,
    #[cfg(two_aio_contexts)] read_ctx @ 56,
    read_coroutine @ 64,
    #[cfg(two_aio_contexts)] write_ctx @ 72,
    write_coroutine @ 72 + more(TWO_CONTEXTS, 8),
    #[cfg(two_aio_contexts)] follow_coroutine_ctx @ 88,
});

/// The methods of a channel class. Filled in `class_init`, read-only afterwards.
#[repr(C)]
pub struct QIOChannelClass {
    /// The parent.
    pub parent: ObjectClass,
    /// Sends; mandatory. As `qio_channel_writev_full`.
    pub io_writev: Option<
        unsafe extern "C" fn(
            ioc: *mut QIOChannel,
            iov: *const iovec,
            niov: size_t,
            fds: *mut c_int,
            nfds: size_t,
            flags: c_int,
            errp: *mut *mut Error,
        ) -> ssize_t,
    >,
    /// Receives; mandatory. As `qio_channel_readv_full`.
    #[cfg(not(readv_flags))]
    pub io_readv: Option<
        unsafe extern "C" fn(
            ioc: *mut QIOChannel,
            iov: *const iovec,
            niov: size_t,
            fds: *mut *mut c_int,
            nfds: *mut size_t,
            errp: *mut *mut Error,
        ) -> ssize_t,
    >,
    /// Receives; mandatory. As `qio_channel_readv_full`.
    #[cfg(readv_flags)]
    pub io_readv: Option<
        unsafe extern "C" fn(
            ioc: *mut QIOChannel,
            iov: *const iovec,
            niov: size_t,
            fds: *mut *mut c_int,
            nfds: *mut size_t,
            flags: c_int,
            errp: *mut *mut Error,
        ) -> ssize_t,
    >,
    /// Closes; mandatory.
    pub io_close:
        Option<unsafe extern "C" fn(ioc: *mut QIOChannel, errp: *mut *mut Error) -> c_int>,
    /// Makes an unattached source (transfer full); mandatory.
    pub io_create_watch:
        Option<unsafe extern "C" fn(ioc: *mut QIOChannel, condition: GIOCondition) -> *mut GSource>,
    /// Switches the blocking mode; mandatory. Returns 0 or -1.
    pub io_set_blocking: Option<
        unsafe extern "C" fn(ioc: *mut QIOChannel, enabled: bool, errp: *mut *mut Error) -> c_int,
    >,
    /// Writes at `offset` bytes; nullable.
    #[cfg(positional_io)]
    pub io_pwritev: Option<
        unsafe extern "C" fn(
            ioc: *mut QIOChannel,
            iov: *const iovec,
            niov: size_t,
            offset: off_t,
            errp: *mut *mut Error,
        ) -> ssize_t,
    >,
    /// Reads at `offset` bytes; nullable.
    #[cfg(positional_io)]
    pub io_preadv: Option<
        unsafe extern "C" fn(
            ioc: *mut QIOChannel,
            iov: *const iovec,
            niov: size_t,
            offset: off_t,
            errp: *mut *mut Error,
        ) -> ssize_t,
    >,
    /// Ends one or both directions; nullable, called from any thread.
    pub io_shutdown: Option<
        unsafe extern "C" fn(
            ioc: *mut QIOChannel,
            how: ChannelShutdown,
            errp: *mut *mut Error,
        ) -> c_int,
    >,
    /// Holds small writes back; nullable.
    pub io_set_cork: Option<unsafe extern "C" fn(ioc: *mut QIOChannel, enabled: bool)>,
    /// Lets the system gather small writes; nullable.
    pub io_set_delay: Option<unsafe extern "C" fn(ioc: *mut QIOChannel, enabled: bool)>,
    /// Moves the position; nullable.
    pub io_seek: Option<
        unsafe extern "C" fn(
            ioc: *mut QIOChannel,
            offset: off_t,
            whence: c_int,
            errp: *mut *mut Error,
        ) -> off_t,
    >,
    /// Sets both handlers in `ctx`; nullable.
    #[cfg(not(two_aio_contexts))]
    pub io_set_aio_fd_handler: Option<
        unsafe extern "C" fn(
            ioc: *mut QIOChannel,
            ctx: *mut AioContext,
            io_read: IOHandler,
            io_write: IOHandler,
            opaque: *mut c_void,
        ),
    >,
    /// Sets handlers; a NULL context leaves that direction alone; nullable.
    #[cfg(two_aio_contexts)]
    pub io_set_aio_fd_handler: Option<
        unsafe extern "C" fn(
            ioc: *mut QIOChannel,
            read_ctx: *mut AioContext,
            io_read: IOHandler,
            write_ctx: *mut AioContext,
            io_write: IOHandler,
            opaque: *mut c_void,
        ),
    >,
    /// Waits for zero-copy sends; nullable.
    pub io_flush:
        Option<unsafe extern "C" fn(ioc: *mut QIOChannel, errp: *mut *mut Error) -> c_int>,
    /// Tells the process at the other end; nullable.
    #[cfg(peerpid)]
    pub io_peerpid: Option<
        unsafe extern "C" fn(
            ioc: *mut QIOChannel,
            pid: *mut c_uint,
            errp: *mut *mut Error,
        ) -> c_int,
    >,
}

/// What the two positional methods move those behind them by.
const POSITIONAL: usize = more(cfg!(positional_io), 16);

assert_layout!(QIOChannelClass, size = 184 + POSITIONAL + more(cfg!(peerpid), 8), {
    parent @ 0,
    io_writev @ 96,
    io_readv @ 104,
    io_close @ 112,
    io_create_watch @ 120,
    io_set_blocking @ 128,
    #[cfg(positional_io)] io_pwritev @ 136,
    #[cfg(positional_io)] io_preadv @ 144,
    io_shutdown @ 136 + POSITIONAL,
    io_set_cork @ 144 + POSITIONAL,
    io_set_delay @ 152 + POSITIONAL,
    io_seek @ 160 + POSITIONAL,
    io_set_aio_fd_handler @ 168 + POSITIONAL,
    io_flush @ 176 + POSITIONAL,
    #[cfg(peerpid)] io_peerpid @ 184 + POSITIONAL,
});
