//! The event loop contexts of the host, and the handlers of descriptors in them.

use core::ffi::{c_int, c_void};
use core::ptr::{self, NonNull};

use super::imports;
use abi::layout::{self, IOHandler};
use platform::os::abort::misuse;

/// An event loop context, by its address; nothing in it is read (R-HOST-12).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Context(NonNull<layout::AioContext>);

// SAFETY: the host's functions on contexts may be called from any thread.
unsafe impl Send for Context {}
// SAFETY: as above.
unsafe impl Sync for Context {}

impl Context {
    /// The context at `ptr`, None for NULL.
    ///
    /// # Safety
    /// `ptr` is NULL, or a context that lives as long as the value is used.
    #[must_use]
    pub unsafe fn from_ptr(ptr: *mut layout::AioContext) -> Option<Self> {
        NonNull::new(ptr).map(Self)
    }

    /// The address, for C; NULL for None.
    #[must_use]
    pub fn into_ptr(context: Option<Self>) -> *mut layout::AioContext {
        context.map_or(ptr::null_mut(), |context| context.0.as_ptr())
    }

    /// The one that only the main loop serves.
    #[must_use]
    pub fn iohandler() -> Self {
        // SAFETY: a function without arguments.
        let context = unsafe { imports::iohandler_get_aio_context() };
        // SAFETY: it lives as long as the process.
        match unsafe { Self::from_ptr(context) } {
            Some(context) => context,
            None => misuse(
                "iohandler_get_aio_context",
                format_args!("the host has no main loop"),
            ),
        }
    }

    /// The main one, which those serve too who poll it in between. None before there is one.
    #[cfg(listener_source)]
    #[must_use]
    pub fn main() -> Option<Self> {
        // SAFETY: a function without arguments.
        let context = unsafe { imports::qemu_get_aio_context() };
        // SAFETY: it lives as long as the process.
        unsafe { Self::from_ptr(context) }
    }

    /// Whether the calling thread works for the context, or for the main one has the big lock
    /// (R-HOST-12).
    #[cfg(wake_read)]
    #[must_use]
    pub fn is_home(self) -> bool {
        // SAFETY: a function without arguments.
        let current = unsafe { imports::qemu_get_current_aio_context() };
        if current == self.0.as_ptr() {
            return true;
        }
        // SAFETY: a function without arguments.
        let main = unsafe { imports::qemu_get_aio_context() };
        main == self.0.as_ptr() && has_big_lock()
    }

    /// The 7.2 profiles don't ask: a coroutine may go on wherever it was entered (R-CHAN-48).
    #[cfg(not(wake_read))]
    #[must_use]
    pub fn is_home(self) -> bool {
        true
    }

    /// Sets what runs when `fd` is ready, in place of all that was set for it here (R-LOOP-5).
    /// Nothing polls (R-HOST-13, R-UTIL-8).
    pub fn set_handlers(self, fd: c_int, handlers: Handlers) {
        let Handlers {
            read,
            write,
            opaque,
        } = handlers;
        let context = self.0.as_ptr();
        #[cfg(aio_is_external)]
        // SAFETY: the context is live, and so is what the handlers take, by their contract.
        unsafe {
            imports::aio_set_fd_handler(context, fd, false, read, write, None, None, opaque);
        }
        #[cfg(not(aio_is_external))]
        // SAFETY: the context is live, and so is what the handlers take, by their contract.
        unsafe {
            imports::aio_set_fd_handler(context, fd, read, write, None, None, opaque);
        }
    }
}

/// Whether the calling thread has the big lock.
#[cfg(wake_read)]
fn has_big_lock() -> bool {
    #[cfg(bql_names)]
    use imports::bql_locked;
    #[cfg(not(bql_names))]
    use imports::qemu_mutex_iothread_locked as bql_locked;

    // SAFETY: a function without arguments.
    unsafe { bql_locked() }
}

/// Whether this is the main thread.
#[cfg(listener_source)]
#[must_use]
pub fn in_main_thread() -> bool {
    // SAFETY: a function without arguments.
    unsafe { imports::qemu_in_main_thread() }
}

/// What runs when a descriptor is ready to be read from, and to be written to.
#[derive(Clone, Copy)]
pub struct Handlers {
    read: IOHandler,
    write: IOHandler,
    opaque: *mut c_void,
}

impl Handlers {
    /// Nothing.
    pub const NONE: Self = Self {
        read: None,
        write: None,
        opaque: ptr::null_mut(),
    };

    /// Functions, with the data for both.
    ///
    /// # Safety
    /// They may be called with the data, by the thread that serves the context where they are set,
    /// until they are removed there.
    #[must_use]
    pub unsafe fn new(read: IOHandler, write: IOHandler, opaque: *mut c_void) -> Self {
        Self {
            read,
            write,
            opaque,
        }
    }

    /// The one for reading only.
    #[must_use]
    pub fn only_read(self) -> Self {
        Self {
            write: None,
            ..self
        }
    }

    /// The one for writing only.
    #[must_use]
    pub fn only_write(self) -> Self {
        Self { read: None, ..self }
    }

    /// As C passes them: reading, writing, data.
    #[must_use]
    pub fn into_c(self) -> (IOHandler, IOHandler, *mut c_void) {
        (self.read, self.write, self.opaque)
    }
}

/// For each direction where its handler is set; None leaves the direction alone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Places {
    /// Reading.
    pub read: Option<Context>,
    /// Writing.
    pub write: Option<Context>,
}

impl Places {
    /// As C passes them: NULL leaves a direction alone.
    ///
    /// # Safety
    /// As for [`Context::from_ptr`], both.
    #[must_use]
    pub unsafe fn from_ptrs(read: *mut layout::AioContext, write: *mut layout::AioContext) -> Self {
        Self {
            // SAFETY: as promised.
            read: unsafe { Context::from_ptr(read) },
            // SAFETY: as promised.
            write: unsafe { Context::from_ptr(write) },
        }
    }
}
