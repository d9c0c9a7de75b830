//! Main contexts (`GMainContext`): references, acquiring, iterating.

use core::marker::PhantomData;
use core::ptr::{self, NonNull};

use glib_sys::{self as ffi, GMainContext};

use crate::os::errno::Errno;
use crate::os::event::EventFd;
use crate::sync::atomic::{AtomicBool, Ordering};

/// A counted reference on a `GMainContext`.
#[derive(Debug)]
pub struct MainContext(NonNull<GMainContext>);

// SAFETY: contexts may be used from any thread.
unsafe impl Send for MainContext {}
// SAFETY: as above.
unsafe impl Sync for MainContext {}

impl MainContext {
    /// A reference on the context at `ptr`; NULL is the global default context.
    ///
    /// # Safety
    /// `ptr` is NULL or a live context.
    pub unsafe fn from_ptr_none(ptr: *mut GMainContext) -> Self {
        if ptr.is_null() {
            return Self::global_default();
        }
        // SAFETY: the context is live; `g_main_context_ref` returns its argument.
        Self(unsafe { NonNull::new_unchecked(ffi::g_main_context_ref(ptr)) })
    }

    /// The global default context (never a thread-default one).
    pub fn global_default() -> Self {
        // SAFETY: the default context is made on demand, is never NULL and never dies.
        Self(unsafe {
            NonNull::new_unchecked(ffi::g_main_context_ref(ffi::g_main_context_default()))
        })
    }

    /// A new context of one's own.
    pub fn create() -> Self {
        // SAFETY: a new context with one reference, which is ours; never NULL.
        Self(unsafe { NonNull::new_unchecked(ffi::g_main_context_new()) })
    }

    /// As [`MainContext::create`], which takes a descriptor; without one GLib ends the process.
    pub fn try_create() -> Result<Self, Errno> {
        drop(EventFd::create()?);
        Ok(Self::create())
    }

    /// As [`MainContext::global_default`]. Making it takes a descriptor; without one GLib ends the
    /// process, and this fails.
    ///
    /// Who may need it later asks early, since later may be at the limit (C8).
    pub fn try_default() -> Result<Self, Errno> {
        static EXISTS: AtomicBool = AtomicBool::new(false);
        if !EXISTS.load(Ordering::Relaxed) {
            drop(EventFd::create()?);
        }
        let context = Self::global_default();
        EXISTS.store(true, Ordering::Relaxed);
        Ok(context)
    }

    /// Whether the calling thread iterates the context at this moment.
    pub(crate) fn is_owner(&self) -> bool {
        // SAFETY: the context is live.
        unsafe { ffi::g_main_context_is_owner(self.as_ptr()) != 0 }
    }

    /// The address, which names the context as long as it lives.
    pub fn as_ptr(&self) -> *mut GMainContext {
        self.0.as_ptr()
    }

    /// Makes a blocked iteration of the context, or the next one, return from its poll.
    pub fn wakeup(&self) {
        // SAFETY: the context is live.
        unsafe { ffi::g_main_context_wakeup(self.as_ptr()) }
    }

    /// Runs one iteration; true if something was dispatched.
    pub fn iteration(&self, may_block: bool) -> bool {
        // SAFETY: the context is live.
        unsafe { ffi::g_main_context_iteration(self.as_ptr(), may_block.into()) != 0 }
    }

    /// Makes the calling thread the one that may iterate the context, unless another one is.
    pub fn acquire(&self) -> Option<Owned<'_>> {
        // SAFETY: the context is live.
        let is_owner = unsafe { ffi::g_main_context_acquire(self.as_ptr()) != 0 };
        // Lazily: one that is made is released.
        is_owner.then(|| Owned(self, PhantomData))
    }

    /// Whether an iteration would dispatch something.
    pub fn is_pending(&self) -> bool {
        // SAFETY: the context is live.
        unsafe { ffi::g_main_context_pending(self.as_ptr()) != 0 }
    }
}

impl Clone for MainContext {
    fn clone(&self) -> Self {
        // SAFETY: the context is live.
        unsafe { Self::from_ptr_none(self.as_ptr()) }
    }
}

impl PartialEq for MainContext {
    fn eq(&self, other: &Self) -> bool {
        ptr::eq(self.as_ptr(), other.as_ptr())
    }
}

impl Eq for MainContext {}

impl Drop for MainContext {
    fn drop(&mut self) {
        // SAFETY: the reference is ours and goes with `self`.
        unsafe { ffi::g_main_context_unref(self.as_ptr()) }
    }
}

/// The calling thread's hold on a context, which no other thread iterates meanwhile.
#[derive(Debug)]
pub struct Owned<'a>(&'a MainContext, PhantomData<*const ()>);

impl Drop for Owned<'_> {
    fn drop(&mut self) {
        // SAFETY: the context is live, and this thread has acquired it.
        unsafe { ffi::g_main_context_release(self.0.as_ptr()) }
    }
}
