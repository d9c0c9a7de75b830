//! `io/net-listener.h`.

use core::ffi::c_char;

use glib_sys::{GDestroyNotify, gpointer};

use super::channel_socket::QIOChannelSocket;
use super::more;
use super::object::Object;

/// A client has connected. `sioc` is borrowed: take a reference to keep the connection.
pub type QIONetListenerClientFunc = Option<
    unsafe extern "C" fn(
        listener: *mut QIONetListener,
        sioc: *mut QIOChannelSocket,
        data: gpointer,
    ),
>;

/// A listener over any number of sockets.
#[repr(C)]
pub struct QIONetListener {
    /// The parent.
    pub parent: Object,
    /// Label given to sockets added later, GLib memory or NULL; private.
    pub name: *mut c_char,
    /// The listening channels, `nsioc` of them, also after disconnect; programs read it.
    #[cfg(not(listener_source))]
    pub sioc: *mut *mut QIOChannelSocket,
    /// The watch of each channel, NULL where there is none; private.
    #[cfg(not(listener_source))]
    pub io_source: *mut *mut glib_sys::GSource,
    /// The listening sockets; private.
    #[cfg(listener_source)]
    pub source: *mut *mut super::QIONetListenerSource,
    /// Channels ever added; programs read it where they read `sioc`.
    pub nsioc: usize,
    /// The context of the registration, NULL for the default one; private.
    #[cfg(listener_lock)]
    pub context: *mut glib_sys::GMainContext,
    /// The AioContext of the registration, or NULL; private.
    #[cfg(listener_source)]
    pub aio_context: *mut super::AioContext,
    /// Between the first add and disconnect; private.
    pub connected: bool,
    /// Guards the registration; private.
    #[cfg(listener_lock)]
    pub lock: super::QemuMutex,
    /// The client callback; private.
    pub io_func: QIONetListenerClientFunc,
    /// Its data; private.
    pub io_data: gpointer,
    /// Frees `io_data`; private.
    pub io_notify: GDestroyNotify,
}

const LOCK: bool = cfg!(listener_lock);

/// What the lock and the context in front of it take.
const GUARDED: usize = more(LOCK, 8 + size_of::<super::QemuMutex>());

assert_layout!(QIONetListener, size = 104 + GUARDED, {
    parent @ 0,
    name @ 40,
    #[cfg(not(listener_source))] sioc @ 48,
    #[cfg(not(listener_source))] io_source @ 56,
    #[cfg(listener_source)] source @ 48,
    nsioc @ 64 - more(cfg!(listener_source), 8),
    #[cfg(listener_lock)] context @ 72 - more(cfg!(listener_source), 8),
    #[cfg(listener_source)] aio_context @ 72,
    connected @ 72 + more(LOCK, 8),
    #[cfg(listener_lock)] lock @ 88,
    io_func @ 80 + GUARDED,
    io_data @ 88 + GUARDED,
    io_notify @ 96 + GUARDED,
});
