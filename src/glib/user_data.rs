//! A callback's data, as C code hands it over.

use core::ffi::c_void;

use glib_sys::GDestroyNotify;

/// A pointer of the program with the function that ends it.
///
/// The destroy notify runs exactly once, when this is dropped, also for a NULL pointer (R-TASK-4).
#[derive(Debug)]
pub struct UserData {
    pointer: *mut c_void,
    destroy: GDestroyNotify,
}

// SAFETY: the program hands its pointer to whichever thread calls back (P-TASK-8).
unsafe impl Send for UserData {}
// SAFETY: the pointer is never followed here.
unsafe impl Sync for UserData {}

impl UserData {
    /// Takes over the program's data.
    ///
    /// # Safety
    /// `destroy(pointer)` may be called once, on any thread.
    pub unsafe fn new(pointer: *mut c_void, destroy: GDestroyNotify) -> Self {
        Self { pointer, destroy }
    }

    /// The program's pointer.
    pub fn as_ptr(&self) -> *mut c_void {
        self.pointer
    }

    /// The function that ends it.
    pub fn destroy(&self) -> GDestroyNotify {
        self.destroy
    }

    /// Gives the pointer up: whoever has it now ends it.
    pub fn leak(mut self) -> *mut c_void {
        self.destroy = None;
        self.pointer
    }
}

impl Drop for UserData {
    fn drop(&mut self) {
        if let Some(destroy) = self.destroy {
            // SAFETY: promised when the data was taken over; `self` ends here, so it is once.
            unsafe { destroy(self.pointer) }
        }
    }
}
