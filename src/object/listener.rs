//! `QIONetListener` as Rust sees it: safe access to the fields of a listener.
//!
//! C code reads `sioc` and `nsioc` (R-ABI-1); debuggers read the rest (R-ABI-3). What the library
//! itself goes by is the private state, a Rust value that hangs before the array of the watches:
//! the struct has no room for a pointer to it.

use core::any::Any;
use core::ffi::{CStr, c_char, c_void};
use core::mem;
use core::ptr;
use std::ffi::CString;

use glib_sys as ffi;

use super::Finalizing;
use super::client_func::{ClientFunc, ContextName};
use super::fields::instance;
use super::socket::Socket;
use abi::layout;
use platform::glib::Source;
use platform::sync::Mutex;
use platform::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering};

instance!(Listener = QIONetListener: Object, c"qio-net-listener");

/// What belongs to a listener beside its struct.
struct Private {
    state: Box<dyn Any + Send + Sync>,
    /// The lock is also that of the struct's fields.
    arrays: Mutex<Arrays>,
}

/// The arrays of the struct. Those that were outgrown stay until the end: another thread may be
/// reading the one it found.
#[derive(Default)]
struct Arrays {
    /// Places in the arrays in force.
    capacity: usize,
    blocks: Vec<*mut c_void>,
}

// SAFETY: memory of ours, given back once.
unsafe impl Send for Arrays {}

impl Arrays {
    /// An array of `places` pointers, all NULL.
    fn allocate(&mut self, places: usize) -> *mut *mut c_void {
        // SAFETY: GLib ends the process rather than return NULL; `places` isn't 0.
        let block = unsafe { ffi::g_malloc0_n(places, mem::size_of::<*mut c_void>()) };
        self.blocks.push(block);
        block.cast()
    }

    /// An array of watches, behind the pointer to the private state. Returns its beginning.
    fn allocate_watches(&mut self, private: *const Private, places: usize) -> *mut *mut c_void {
        let block = self.allocate(places + 1);
        // SAFETY: the array has at least one place.
        unsafe { block.write(private.cast_mut().cast()) };
        // SAFETY: as above.
        unsafe { block.add(1) }
    }
}

impl Drop for Arrays {
    fn drop(&mut self) {
        for block in &self.blocks {
            // SAFETY: allocated above; the struct, which others read, goes with it.
            unsafe { ffi::g_free(*block) }
        }
    }
}

/// The first array has room for so many sockets.
const FIRST_CAPACITY: usize = 4;

/// A field that C code on other threads may read at any time.
macro_rules! shared {
    ($self:ident, $field:ident: $kind:ident) => {{
        // SAFETY: the field lives with `self`.
        let place = unsafe { &raw mut (*$self.as_ptr()).$field };
        // SAFETY: aligned, and stored to atomically only.
        unsafe { $kind::from_ptr(place.cast()) }
    }};
}

/// The array that the private state hangs before.
#[cfg(not(listener_source))]
macro_rules! watches_field {
    ($self:ident) => {
        shared!($self, io_source: AtomicPtr)
    };
}
/// The array that the private state hangs before.
#[cfg(listener_source)]
macro_rules! watches_field {
    ($self:ident) => {
        shared!($self, source: AtomicPtr)
    };
}

impl Listener {
    /// Gives a new instance its private state and prepares its lock. Once in its life.
    pub fn install<T: Any + Send + Sync>(&self, state: T) {
        let private = Box::into_raw(Box::new(Private {
            state: Box::new(state),
            arrays: Mutex::default(),
        }));
        // SAFETY: just made.
        let arrays = unsafe { &(*private).arrays };
        let watches = arrays.lock().allocate_watches(private, 0);
        watches_field!(self).store(watches, Ordering::Release);
        self.init_lock();
    }

    fn private(&self) -> Option<&Private> {
        let watches: *mut *mut c_void = watches_field!(self).load(Ordering::Acquire);
        if watches.is_null() {
            return None;
        }
        // SAFETY: the pointer to the private state stands before the array, also before one that
        // was outgrown meanwhile.
        let private = unsafe { watches.sub(1).read() }.cast::<Private>();
        // SAFETY: it lives until `release`, which ends what is lent.
        Some(unsafe { &*private })
    }

    /// The private state, if it is of this type.
    pub fn state<T: Any>(&self) -> Option<&T> {
        self.private()?.state.downcast_ref()
    }

    /// Shows the next socket to C code, which borrows it. One thread at a time adds sockets.
    pub fn append_socket(&self, channel: &Socket) {
        let Some(private) = self.private() else {
            return;
        };
        let mut arrays = private.arrays.lock();
        let count = self.socket_count();
        if count == arrays.capacity {
            arrays.capacity = FIRST_CAPACITY.max(2 * count);
            // SAFETY: the arrays in force have `count` places, the new ones more.
            unsafe { self.move_arrays(private, &mut arrays, count) };
        }
        // SAFETY: there is room for one more.
        unsafe { self.show_socket(count, channel) };
        shared!(self, nsioc: AtomicUsize).store(count + 1, Ordering::Release);
        drop(arrays);
    }

    /// Puts larger arrays, with the same beginning, in the place of those that are full.
    ///
    /// # Safety
    /// Both have `count` places.
    unsafe fn move_arrays(&self, private: &Private, arrays: &mut Arrays, count: usize) {
        let capacity = arrays.capacity;
        let watches = arrays.allocate_watches(private, capacity);
        let old: *mut *mut c_void = watches_field!(self).load(Ordering::Acquire);
        // SAFETY: both have room for `count` pointers.
        unsafe { ptr::copy_nonoverlapping(old, watches, count) };
        watches_field!(self).store(watches, Ordering::Release);
        #[cfg(not(listener_source))]
        {
            let sockets = arrays.allocate(capacity);
            let old: *mut *mut c_void = shared!(self, sioc: AtomicPtr).load(Ordering::Acquire);
            if !old.is_null() {
                // SAFETY: as above.
                unsafe { ptr::copy_nonoverlapping(old, sockets, count) };
            }
            shared!(self, sioc: AtomicPtr).store(sockets, Ordering::Release);
        }
    }

    #[cfg(not(listener_source))]
    /// # Safety
    /// The array in force has a place `index`.
    unsafe fn show_socket(&self, index: usize, channel: &Socket) {
        let sockets: *mut *mut layout::QIOChannelSocket =
            shared!(self, sioc: AtomicPtr).load(Ordering::Acquire);
        // SAFETY: there is such a place, as promised.
        unsafe { sockets.add(index).write(channel.as_ptr()) };
    }

    /// The array of this profile has one opaque pointer for each socket, which is the watch's.
    #[cfg(listener_source)]
    ///
    /// # Safety
    /// As above; nothing is written here.
    unsafe fn show_socket(&self, _index: usize, _channel: &Socket) {}

    /// How many sockets were added (R-ABI-1).
    pub fn socket_count(&self) -> usize {
        shared!(self, nsioc: AtomicUsize).load(Ordering::Acquire)
    }

    /// Shows the watch of a socket, or that there is none.
    pub fn show_watch(&self, index: usize, watch: Option<&Source>) {
        let Some(private) = self.private() else {
            return;
        };
        let arrays = private.arrays.lock();
        if index >= self.socket_count() {
            return;
        }
        let watches: *mut *mut c_void = watches_field!(self).load(Ordering::Acquire);
        let watch = watch.map_or(ptr::null_mut(), Source::as_ptr);
        // SAFETY: the array has a place for each socket; writes are under the lock.
        unsafe { watches.add(index).write(watch.cast()) };
        drop(arrays);
    }

    /// Shows the registration.
    pub fn show_registration(&self, func: &ClientFunc, context: ContextName) {
        let Some(private) = self.private() else {
            return;
        };
        let arrays = private.arrays.lock();
        let (function, data, notify) = func.fields();
        // SAFETY: the fields live with `self`, and only the library writes to them, under the lock.
        unsafe {
            (*self.as_ptr()).io_func = function;
            (*self.as_ptr()).io_data = data;
            (*self.as_ptr()).io_notify = notify;
        }
        self.show_context(context);
        drop(arrays);
    }

    #[cfg(not(listener_lock))]
    fn show_context(&self, _context: ContextName) {}

    #[cfg(listener_lock)]
    fn show_context(&self, context: ContextName) {
        // SAFETY: as in `show_registration`.
        unsafe { (*self.as_ptr()).context = context.as_ptr() };
        #[cfg(listener_source)]
        // SAFETY: as above.
        unsafe {
            (*self.as_ptr()).aio_context = context.as_aio_ptr();
        }
    }

    /// Whether the listener is between its first socket and its disconnect (R-LSN-52).
    pub fn is_connected(&self) -> bool {
        shared!(self, connected: AtomicBool).load(Ordering::Acquire)
    }

    /// Sets what [`Listener::is_connected`] tells.
    pub fn set_connected(&self, connected: bool) {
        shared!(self, connected: AtomicBool).store(connected, Ordering::Release);
    }

    /// The label for sockets added later.
    pub fn name(&self) -> Option<CString> {
        let arrays = self.private()?.arrays.lock();
        // SAFETY: the field lives with `self`, and is written to under the lock.
        let name = unsafe { (*self.as_ptr()).name };
        // SAFETY: a C string that the field owns, if it isn't NULL.
        let name = (!name.is_null()).then(|| unsafe { CStr::from_ptr(name) }.to_owned());
        drop(arrays);
        name
    }

    /// Sets the label, or takes it away.
    pub fn set_name(&self, name: Option<&CStr>) {
        let Some(private) = self.private() else {
            return;
        };
        let arrays = private.arrays.lock();
        let name: *const c_char = name.map_or(ptr::null(), CStr::as_ptr);
        // SAFETY: NULL or a C string.
        let copy = unsafe { ffi::g_strdup(name) };
        // SAFETY: as in `name`.
        let old = unsafe { ptr::replace(&raw mut (*self.as_ptr()).name, copy) };
        // SAFETY: NULL or GLib memory that the field owned.
        unsafe { ffi::g_free(old.cast::<c_void>()) };
        drop(arrays);
    }

    /// The lock is there for code that looks at the struct; the library has its own.
    #[cfg(not(listener_lock))]
    fn init_lock(&self) {}

    /// Prepares the lock, here and nowhere else (R-LSN-56). It is there for code that looks at the
    /// struct; the library has its own.
    #[cfg(listener_lock)]
    fn init_lock(&self) {
        // SAFETY: the field lives with `self`; a new instance's lock is zeroed memory.
        unsafe { host::imports::qemu_mutex_init(&raw mut (*self.as_ptr()).lock) }
    }

    #[cfg(not(listener_lock))]
    fn destroy_lock(&self) {}

    #[cfg(listener_lock)]
    fn destroy_lock(&self) {
        // SAFETY: `init_lock` prepared it; the listener goes, so it is not held.
        unsafe { host::imports::qemu_mutex_destroy(&raw mut (*self.as_ptr()).lock) }
    }
}

impl Finalizing<'_, layout::QIONetListener> {
    /// Frees all that the struct holds.
    pub fn release(self) {
        self.set_name(None);
        self.destroy_lock();
        let watches: *mut *mut c_void =
            watches_field!(self).swap(ptr::null_mut(), Ordering::AcqRel);
        if watches.is_null() {
            return;
        }
        // SAFETY: the pointer to the private state stands before the array.
        let private = unsafe { watches.sub(1).read() }.cast::<Private>();
        // SAFETY: `install` made it from a box, and it was just taken out of the struct.
        drop(unsafe { Box::from_raw(private) });
    }
}
