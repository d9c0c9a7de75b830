//! Descriptors that travel beside the bytes, as C code passes them.

use core::ffi::{c_int, c_void};
use core::marker::PhantomData;
use core::ptr;

use glib_sys as ffi;
use libc::size_t;

use crate::os::errno;

/// Descriptors to send, which stay the caller's.
#[derive(Clone, Copy)]
pub struct PassedFds<'a> {
    fds: *mut c_int,
    nfds: size_t,
    memory: PhantomData<&'a c_int>,
}

impl<'a> PassedFds<'a> {
    /// None.
    pub const NONE: Self = Self {
        fds: ptr::null_mut(),
        nfds: 0,
        memory: PhantomData,
    };

    /// What a C caller passed.
    ///
    /// # Safety
    /// `fds` is NULL or points to `nfds` numbers, for `'a`.
    pub unsafe fn from_ptr(fds: *mut c_int, nfds: size_t) -> Self {
        Self {
            fds,
            nfds,
            memory: PhantomData,
        }
    }

    /// Whether the caller passed any, an array of none included (R-CHAN-20).
    #[inline]
    pub fn is_given(self) -> bool {
        !self.fds.is_null() || self.nfds != 0
    }

    /// The numbers; None for a NULL array that should have some (R-CHAN-73).
    pub fn numbers(self) -> Option<&'a [c_int]> {
        if self.nfds == 0 {
            return Some(&[]);
        }
        if self.fds.is_null() {
            return None;
        }
        // SAFETY: promised when `self` was made.
        Some(unsafe { core::slice::from_raw_parts(self.fds, self.nfds) })
    }

    /// The array, for C.
    pub fn as_ptr(self) -> *mut c_int {
        self.fds
    }

    /// How many numbers it has, for C.
    pub fn len(self) -> size_t {
        self.nfds
    }

    /// Whether it has none.
    pub fn is_empty(self) -> bool {
        self.nfds == 0
    }
}

/// Where a C caller wants the descriptors that arrive: an array in GLib memory and its length.
#[derive(Clone, Copy)]
pub struct ReceivedFds<'a> {
    fds: *mut *mut c_int,
    nfds: *mut size_t,
    memory: PhantomData<&'a *mut c_int>,
}

impl ReceivedFds<'_> {
    /// Nowhere: they are discarded.
    pub const NONE: Self = Self {
        fds: ptr::null_mut(),
        nfds: ptr::null_mut(),
        memory: PhantomData,
    };

    /// What a C caller passed.
    ///
    /// # Safety
    /// Each is NULL or points to a variable that lives for `'a`. What is stored there while they
    /// are in use comes from class methods and is theirs to free: NULL, or an array in GLib memory.
    pub unsafe fn from_ptr(fds: *mut *mut c_int, nfds: *mut size_t) -> Self {
        Self {
            fds,
            nfds,
            memory: PhantomData,
        }
    }

    /// Whether the caller passed either pointer (R-CHAN-19).
    #[inline]
    pub fn is_given(self) -> bool {
        !self.fds.is_null() || !self.nfds.is_null()
    }

    /// Whether descriptors can be delivered: both pointers were passed (R-CHAN-71).
    #[inline]
    pub fn is_deliverable(self) -> bool {
        !self.fds.is_null() && !self.nfds.is_null()
    }

    /// Whether there is a variable for the array (R-CHAN-28).
    pub fn has_array(self) -> bool {
        !self.fds.is_null()
    }

    /// The two pointers, for C.
    pub fn as_ptr(self) -> (*mut *mut c_int, *mut size_t) {
        (self.fds, self.nfds)
    }

    /// Whether any arrived.
    pub fn any(self) -> bool {
        // SAFETY: NULL or the caller's variable.
        unsafe { self.nfds.as_ref() }.is_some_and(|&count| count != 0)
    }

    /// Stores "none" (R-CHAN-26).
    pub fn clear(self) {
        if !self.fds.is_null() {
            // SAFETY: the caller's variable.
            unsafe { *self.fds = ptr::null_mut() };
        }
        if !self.nfds.is_null() {
            // SAFETY: the caller's variable.
            unsafe { *self.nfds = 0 };
        }
    }

    /// Delivers descriptors: from now on they and the array are the caller's (R-CHAN-7,
    /// R-CHAN-22, R-HOST-3). False, and nothing is done, if there is no place for them.
    pub fn store(self, numbers: &[c_int]) -> bool {
        if !self.is_deliverable() {
            return false;
        }
        if numbers.is_empty() {
            self.clear();
            return true;
        }
        // SAFETY: never returns NULL: GLib ends the process if there is no memory.
        let array = unsafe { ffi::g_malloc(size_of_val(numbers)) }.cast::<c_int>();
        // SAFETY: there is room for all numbers, aligned as malloc does.
        unsafe { ptr::copy_nonoverlapping(numbers.as_ptr(), array, numbers.len()) };
        // SAFETY: the caller's variables.
        unsafe { *self.fds = array };
        // SAFETY: as above.
        unsafe { *self.nfds = numbers.len() };
        true
    }

    /// Closes what arrived and frees the array (R-CHAN-27); errno is kept.
    #[cold]
    pub fn close(self) {
        if !self.is_deliverable() {
            return;
        }
        let kept = errno::last();
        // SAFETY: the caller's variables.
        let (array, count) = unsafe { (*self.fds, *self.nfds) };
        self.clear();
        if !array.is_null() {
            for index in 0..count {
                // SAFETY: a class method stored an array of `count` descriptors, which nobody
                // else has seen.
                unsafe { libc::close(*array.add(index)) };
            }
            // SAFETY: the array is in GLib memory (R-CHAN-7).
            unsafe { ffi::g_free(array.cast::<c_void>()) };
        }
        errno::set(kept);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os::errno::Errno;

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn descriptors_are_delivered_in_glib_memory_and_closed() {
        let (mut fds, mut nfds) = (ptr::dangling_mut::<c_int>(), 7);
        // SAFETY: two variables of this function.
        let received = unsafe { ReceivedFds::from_ptr(&raw mut fds, &raw mut nfds) };
        received.clear();
        assert!(!received.any());

        let mut pipe = [-1; 2];
        // SAFETY: `pipe` has room for two numbers.
        let made = unsafe { libc::pipe2(pipe.as_mut_ptr(), libc::O_CLOEXEC) };
        assert_eq!(made, 0);
        assert!(received.store(&pipe));
        assert!(received.any());
        assert_eq!(nfds, 2);
        // SAFETY: delivered just now.
        assert_eq!(unsafe { core::slice::from_raw_parts(fds, nfds) }, pipe);

        errno::set(Errno::new(libc::EPIPE));
        received.close();
        assert_eq!(errno::last().code(), libc::EPIPE);
        assert!(fds.is_null());
        assert_eq!(nfds, 0);
    }

    #[test]
    fn one_pointer_is_no_place_for_descriptors() {
        let mut nfds = 7;
        // SAFETY: a variable of this function.
        let received = unsafe { ReceivedFds::from_ptr(ptr::null_mut(), &raw mut nfds) };
        assert!(received.is_given());
        assert!(!received.store(&[0, 1]));
        assert_eq!(nfds, 7);
        received.close();
        assert_eq!(nfds, 7);
        assert!(!ReceivedFds::NONE.is_given());
    }

    #[test]
    fn a_count_without_an_array_is_refused() {
        // SAFETY: NULL.
        let passed = unsafe { PassedFds::from_ptr(ptr::null_mut(), 3) };
        assert!(passed.is_given());
        assert_eq!(passed.numbers(), None);
        assert_eq!(PassedFds::NONE.numbers(), Some(&[][..]));
        assert!(!PassedFds::NONE.is_given());
    }
}
