//! `io/net-listener.h`.

use core::ffi::c_char;

use glib_sys::{GDestroyNotify, gpointer};

use super::channel_socket::QIOChannelSocket;
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
#[cfg(not(listener_lock))]
#[repr(C)]
pub struct QIONetListener {
    /// The parent.
    pub parent: Object,
    /// Label given to sockets added later, GLib memory or NULL; private.
    pub name: *mut c_char,
    /// The listening channels, `nsioc` of them, also after disconnect; programs read it.
    pub sioc: *mut *mut QIOChannelSocket,
    /// The watch of each channel, NULL where there is none; private.
    pub io_source: *mut *mut glib_sys::GSource,
    /// Channels ever added; programs read it up to 10.0.
    pub nsioc: usize,
    /// Between the first add and disconnect; private.
    pub connected: bool,
    /// The client callback; private.
    pub io_func: QIONetListenerClientFunc,
    /// Its data; private.
    pub io_data: gpointer,
    /// Ends `io_data`; private.
    pub io_notify: GDestroyNotify,
}

#[cfg(not(listener_lock))]
assert_layout!(QIONetListener, size = 104, { parent @ 0, name @ 40, sioc @ 48, io_source @ 56, nsioc @ 64, connected @ 72, io_func @ 80, io_data @ 88, io_notify @ 96 });

/// A listener over any number of sockets.
#[cfg(all(listener_lock, not(listener_source)))]
#[repr(C)]
pub struct QIONetListener {
    /// The parent.
    pub parent: Object,
    /// Label given to sockets added later, GLib memory or NULL; private.
    pub name: *mut c_char,
    /// The listening channels, `nsioc` of them, also after disconnect; programs read it.
    pub sioc: *mut *mut QIOChannelSocket,
    /// The watch of each channel, NULL where there is none; private.
    pub io_source: *mut *mut glib_sys::GSource,
    /// Channels ever added; programs read it up to 10.0.
    pub nsioc: usize,
    /// The context of the registration, NULL for the default one; private.
    pub context: *mut glib_sys::GMainContext,
    /// Between the first add and disconnect; private.
    pub connected: bool,
    /// Guards the registration; private.
    pub lock: super::QemuMutex,
    /// The client callback; private.
    pub io_func: QIONetListenerClientFunc,
    /// Its data; private.
    pub io_data: gpointer,
    /// Ends `io_data`; private.
    pub io_notify: GDestroyNotify,
}

#[cfg(all(listener_lock, not(listener_source)))]
assert_layout!(QIONetListener, size = 160, { parent @ 0, name @ 40, sioc @ 48, io_source @ 56, nsioc @ 64, context @ 72, connected @ 80, lock @ 88, io_func @ 136, io_data @ 144, io_notify @ 152 });

/// A listener over any number of sockets.
#[cfg(listener_source)]
#[repr(C)]
pub struct QIONetListener {
    /// The parent.
    pub parent: Object,
    /// Label given to sockets added later, GLib memory or NULL; private.
    pub name: *mut c_char,
    /// The listening sockets; private.
    pub source: *mut *mut super::QIONetListenerSource,
    /// Channels ever added; programs read it up to 10.0.
    pub nsioc: usize,
    /// The context of the registration, NULL for the default one; private.
    pub context: *mut glib_sys::GMainContext,
    /// The AioContext of the registration, or NULL; private.
    pub aio_context: *mut super::AioContext,
    /// Between the first add and disconnect; private.
    pub connected: bool,
    /// Guards the registration; private.
    pub lock: super::QemuMutex,
    /// The client callback; private.
    pub io_func: QIONetListenerClientFunc,
    /// Its data; private.
    pub io_data: gpointer,
    /// Ends `io_data`; private.
    pub io_notify: GDestroyNotify,
}

#[cfg(listener_source)]
assert_layout!(QIONetListener, size = 160, { parent @ 0, name @ 40, source @ 48, nsioc @ 56, context @ 64, aio_context @ 72, connected @ 80, lock @ 88, io_func @ 136, io_data @ 144, io_notify @ 152 });
