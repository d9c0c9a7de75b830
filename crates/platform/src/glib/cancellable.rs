//! `GCancellable`, for programs that have GIO.
//!
//! Who has one has loaded GIO; nobody else needs it. So its functions are looked up among what is loaded,
//! and the library depends on GLib only.

use core::ffi::{CStr, c_int, c_ulong, c_void};
use core::ptr::NonNull;
use std::sync::{Arc, OnceLock};

use crate::os::loader;

/// GIO's `GCancellable`, known by its functions only.
#[derive(Debug)]
#[repr(C)]
pub struct GCancellable([u8; 0]);

type Callback = unsafe extern "C" fn(*mut GCancellable, *mut c_void);
type Destroy = unsafe extern "C" fn(*mut c_void);

/// The functions of GIO and GObject that it takes.
#[derive(Clone, Copy)]
struct Functions {
    ref_object: unsafe extern "C" fn(*mut c_void) -> *mut c_void,
    unref_object: unsafe extern "C" fn(*mut c_void),
    disconnect_signal: unsafe extern "C" fn(*mut c_void, c_ulong),
    connect: unsafe extern "C" fn(
        *mut GCancellable,
        Option<Callback>,
        *mut c_void,
        Option<Destroy>,
    ) -> c_ulong,
    is_cancelled: unsafe extern "C" fn(*mut GCancellable) -> c_int,
}

/// The function of that name.
///
/// # Safety
/// `F` is the type of a pointer to that function.
unsafe fn function<F>(library: &CStr, symbol: &CStr) -> Option<F> {
    const { assert!(size_of::<F>() == size_of::<NonNull<c_void>>()) };
    let address = loader::function_of(library, symbol)?;
    // SAFETY: as promised; so both are pointers of the same size.
    Some(unsafe { core::mem::transmute_copy(&address) })
}

impl Functions {
    /// None if GIO is not loaded.
    fn get() -> Option<Self> {
        static FOUND: OnceLock<Functions> = OnceLock::new();
        if let Some(found) = FOUND.get() {
            return Some(*found);
        }
        let (gobject, gio) = (c"libgobject-2.0.so.0", c"libgio-2.0.so.0");
        // SAFETY: the types are those of gobject.h and gio.h, the same in all versions of GLib 2.
        let found = unsafe {
            Self {
                ref_object: function(gobject, c"g_object_ref")?,
                unref_object: function(gobject, c"g_object_unref")?,
                disconnect_signal: function(gobject, c"g_signal_handler_disconnect")?,
                connect: function(gio, c"g_cancellable_connect")?,
                is_cancelled: function(gio, c"g_cancellable_is_cancelled")?,
            }
        };
        Some(*FOUND.get_or_init(|| found))
    }
}

/// A counted reference on a `GCancellable`.
pub struct Cancellable {
    object: NonNull<GCancellable>,
    functions: Functions,
}

// SAFETY: a GCancellable may be used by any thread.
unsafe impl Send for Cancellable {}
// SAFETY: as above.
unsafe impl Sync for Cancellable {}

impl Cancellable {
    /// A reference on the object. None if the process has no GIO, which it can't be one of then.
    ///
    /// # Safety
    /// `object` is a live GCancellable.
    pub unsafe fn from_ptr_none(object: NonNull<GCancellable>) -> Option<Self> {
        let functions = Functions::get()?;
        // SAFETY: the object is live.
        unsafe { (functions.ref_object)(object.as_ptr().cast()) };
        Some(Self { object, functions })
    }

    /// Whether it was cancelled.
    pub fn is_cancelled(&self) -> bool {
        // SAFETY: the object is live.
        unsafe { (self.functions.is_cancelled)(self.object.as_ptr()) != 0 }
    }

    /// Has `cancelled` called when it is cancelled, on the thread that cancels it, or at once if it was. None in
    /// that case.
    ///
    /// GIO may have a lock that the cancellable's functions take while it calls: nothing of the program may be called.
    pub fn connect<T: Cancelled>(&self, receiver: Arc<T>) -> Option<Connection> {
        unsafe extern "C" fn call<T: Cancelled>(_: *mut GCancellable, data: *mut c_void) {
            // SAFETY: the data is the address in the `Arc` below, which `end` drops.
            let receiver = unsafe { &*data.cast::<T>() };
            receiver.cancelled();
        }
        unsafe extern "C" fn end<T: Cancelled>(data: *mut c_void) {
            // SAFETY: as above; called once.
            drop(unsafe { Arc::from_raw(data.cast_const().cast::<T>()) });
        }
        let data = Arc::into_raw(receiver).cast_mut().cast();
        // SAFETY: the object is live, the functions take this data, and `T` may be used by any thread.
        let id = unsafe {
            (self.functions.connect)(self.object.as_ptr(), Some(call::<T>), data, Some(end::<T>))
        };
        (id != 0).then(|| Connection {
            cancellable: self.clone(),
            id,
        })
    }
}

impl Clone for Cancellable {
    fn clone(&self) -> Self {
        // SAFETY: the object is live.
        unsafe { (self.functions.ref_object)(self.object.as_ptr().cast()) };
        Self {
            object: self.object,
            functions: self.functions,
        }
    }
}

impl Drop for Cancellable {
    fn drop(&mut self) {
        // SAFETY: the reference is owned by `self`.
        unsafe { (self.functions.unref_object)(self.object.as_ptr().cast()) }
    }
}

/// Who is told that a cancellable was cancelled.
pub trait Cancelled: Send + Sync + 'static {
    /// It was.
    fn cancelled(&self);
}

/// Ends with its drop; a call that has begun goes on.
///
/// `g_cancellable_disconnect` would wait for that call, for ever from inside it.
pub struct Connection {
    cancellable: Cancellable,
    id: c_ulong,
}

impl Drop for Connection {
    fn drop(&mut self) {
        let Cancellable { object, functions } = &self.cancellable;
        // SAFETY: the object is live, and the handler is connected: nothing else disconnects it.
        unsafe { (functions.disconnect_signal)(object.as_ptr().cast(), self.id) }
    }
}
