//! The data of a callback that several threads call, and that goes while some of them may.

use core::ffi::c_void;
use core::marker::PhantomData;

use glib_sys::GDestroyNotify;

use super::UserData;
use crate::os::thread;
use crate::sync::gate::Gate;

/// A callback's data, which is freed once: never while another thread is inside the callback.
#[derive(Debug)]
pub struct CallbackData {
    pointer: *mut c_void,
    notify: GDestroyNotify,
    gate: Gate<UserData>,
}

// SAFETY: the pointer is never followed here, and is the program's to give to any thread.
unsafe impl Send for CallbackData {}
// SAFETY: as above.
unsafe impl Sync for CallbackData {}

impl CallbackData {
    /// Data that a callback is called with from now on.
    pub fn new(data: UserData) -> Self {
        Self {
            pointer: data.as_ptr(),
            notify: data.destroy(),
            gate: Gate::new(data),
        }
    }

    /// The program's pointer.
    pub fn as_ptr(&self) -> *mut c_void {
        self.pointer
    }

    /// The destroy notify.
    pub fn notify(&self) -> GDestroyNotify {
        self.notify
    }

    /// Asks to call the callback. None once it was retired.
    ///
    /// The data lives until the permission is dropped, unless this thread retires the callback.
    pub fn enter(&self) -> Option<Inside<'_>> {
        self.gate.enter(thread::current_id()).then(|| Inside {
            data: self,
            of_this_thread: PhantomData,
        })
    }

    /// The callback isn't called any more. The destroy notify runs now, or, if other threads are
    /// inside the callback, when the last thread leaves it.
    pub fn retire(&self) {
        drop(self.gate.retire(thread::current_id()));
    }

    /// Forgets the data without freeing it: another callback has the same.
    pub fn forget(self) {
        if let Some(data) = self.gate.take() {
            data.leak();
        }
    }
}

/// The permission to call a callback, of the thread that asked for it.
pub struct Inside<'a> {
    data: &'a CallbackData,
    of_this_thread: PhantomData<*const ()>,
}

impl Inside<'_> {
    /// The data; None once it is freed, which only this thread can have done.
    pub fn data(&self) -> Option<*mut c_void> {
        self.data.gate.is_there().then_some(self.data.pointer)
    }
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        drop(self.data.gate.leave(thread::current_id()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::Arc;

    struct Counter(Arc<AtomicUsize>);

    impl Drop for Counter {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Data, and how often it was freed.
    fn counted() -> (Arc<CallbackData>, Arc<AtomicUsize>) {
        let freed = Arc::new(AtomicUsize::new(0));
        let data = UserData::boxed(Counter(Arc::clone(&freed)));
        (Arc::new(CallbackData::new(data)), freed)
    }

    fn count(freed: &AtomicUsize) -> usize {
        freed.load(Ordering::Relaxed)
    }

    #[test]
    fn the_data_is_freed_at_once_when_no_thread_is_inside() {
        let (data, freed) = counted();
        drop(data.enter().unwrap());
        assert_eq!(count(&freed), 0);
        data.retire();
        assert_eq!(count(&freed), 1);
        assert!(data.enter().is_none());
        data.retire();
        drop(data);
        assert_eq!(count(&freed), 1);
    }

    #[test]
    fn the_data_is_freed_at_once_when_retired_from_inside() {
        let (data, freed) = counted();
        let outer = data.enter().unwrap();
        let nested = data.enter().unwrap();
        data.retire();
        assert_eq!(count(&freed), 1);
        drop(nested);
        drop(outer);
        assert_eq!(count(&freed), 1);
    }

    #[test]
    fn the_data_outlives_another_thread_that_is_inside() {
        let (data, freed) = counted();
        let permission = data.enter().unwrap();
        let other = Arc::clone(&data);
        std::thread::spawn(move || other.retire()).join().unwrap();
        assert_eq!(count(&freed), 0);
        assert!(data.enter().is_none());
        drop(permission);
        assert_eq!(count(&freed), 1);
    }

    #[test]
    fn retired_from_inside_the_data_is_freed_by_the_last_thread_out() {
        let (data, freed) = counted();
        let here = data.enter().unwrap();
        let (entered, is_entered) = std::sync::mpsc::channel();
        let (leave, may_leave) = std::sync::mpsc::channel::<()>();
        let other = Arc::clone(&data);
        let thread = std::thread::spawn(move || {
            let permission = other.enter().unwrap();
            entered.send(()).unwrap();
            may_leave.recv().unwrap();
            drop(permission);
        });
        is_entered.recv().unwrap();
        data.retire();
        drop(here);
        assert_eq!(count(&freed), 0);
        leave.send(()).unwrap();
        thread.join().unwrap();
        assert_eq!(count(&freed), 1);
    }

    #[test]
    fn data_that_was_never_retired_is_freed_in_the_end() {
        let (data, freed) = counted();
        drop(data);
        assert_eq!(count(&freed), 1);
    }
}
