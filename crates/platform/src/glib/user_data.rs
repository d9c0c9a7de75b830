//! A callback's data, as C code hands it over.

use core::any::TypeId;
use core::ffi::c_void;

use glib_sys::GDestroyNotify;

/// A pointer of the program with the function that ends it.
///
/// The destroy notify runs exactly once, when this is dropped, also for a NULL pointer (R-TASK-4).
#[derive(Debug)]
pub struct UserData {
    pointer: *mut c_void,
    destroy: GDestroyNotify,
    /// What a boxed Rust value is; None for the program's pointers.
    value: Option<TypeId>,
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
        Self {
            pointer,
            destroy,
            value: None,
        }
    }

    /// A value of the library, where C code keeps pointers.
    pub fn boxed<T: Send + Sync + 'static>(value: T) -> Self {
        unsafe extern "C" fn end<T>(pointer: *mut c_void) {
            // SAFETY: the pointer is the box below, ended once.
            drop(unsafe { Box::from_raw(pointer.cast::<T>()) });
        }
        Self {
            pointer: Box::into_raw(Box::new(value)).cast(),
            destroy: Some(end::<T>),
            value: Some(TypeId::of::<T>()),
        }
    }

    /// The value, if this was made with [`UserData::boxed`] of this type.
    pub fn value<T: 'static>(&self) -> Option<&T> {
        if self.value != Some(TypeId::of::<T>()) {
            return None;
        }
        // SAFETY: the pointer is a box of a `T`, which lives as long as `self`.
        Some(unsafe { &*self.pointer.cast::<T>() })
    }

    /// The program's pointer.
    pub fn as_ptr(&self) -> *mut c_void {
        self.pointer
    }

    /// The destroy notify.
    pub fn destroy(&self) -> GDestroyNotify {
        self.destroy
    }

    /// Gives the pointer up: the new owner runs the destroy notify.
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn a_boxed_value_reads_back_as_what_it_is_and_ends_once() {
        let value = Arc::new(7u32);
        let data = UserData::boxed(Arc::clone(&value));
        assert_eq!(data.value::<Arc<u32>>(), Some(&value));
        assert_eq!(data.value::<Arc<i32>>(), None);
        assert_eq!(Arc::strong_count(&value), 2);
        drop(data);
        assert_eq!(Arc::strong_count(&value), 1);
    }

    #[test]
    fn a_pointer_of_the_program_is_no_value() {
        let mut number = 7u32;
        // SAFETY: nothing ends the pointer.
        let data = unsafe { UserData::new((&raw mut number).cast(), None) };
        assert_eq!(data.value::<u32>(), None);
    }
}
