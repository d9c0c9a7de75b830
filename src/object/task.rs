//! A task as C code knows it: its address, and the functions that C code gave it.

use core::ffi::c_void;
use std::sync::Arc;

use crate::trace;
use abi::layout;
use platform::glib::UserData;

/// The address that C code knows a task by. It says nothing about the task's being alive.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Handle(*mut layout::QIOTask);

impl Handle {
    /// The handle of a task.
    pub fn of<T>(task: &Arc<T>) -> Self {
        Self(Arc::as_ptr(task).cast_mut().cast())
    }

    /// The address, for C.
    pub fn as_ptr(self) -> *mut layout::QIOTask {
        self.0
    }
}

impl From<Handle> for trace::Id {
    fn from(handle: Handle) -> Self {
        Self::from(handle.0)
    }
}

/// `void QIOTaskFunc(QIOTask *task, gpointer opaque)`: a task has ended.
pub type TaskFunc = unsafe extern "C" fn(task: *mut layout::QIOTask, opaque: *mut c_void);

/// A completion callback with its data.
#[derive(Debug)]
pub struct Completion {
    function: Option<TaskFunc>,
    opaque: UserData,
}

impl Completion {
    /// A callback that C code gave; NULL is fine for a task that is never completed (R-TASK-3).
    ///
    /// # Safety
    /// `function` may be called with any task and the data.
    pub unsafe fn new(function: Option<TaskFunc>, opaque: UserData) -> Self {
        Self { function, opaque }
    }

    /// What it takes to call it, without keeping it borrowed.
    pub fn prepare(&self) -> Call {
        Call {
            function: self.function,
            opaque: self.opaque.as_ptr(),
        }
    }

    /// What traces call the function.
    pub fn function_id(&self) -> trace::Id {
        trace::Id::from(
            self.function
                .map_or(core::ptr::null(), |f| f as *const c_void),
        )
    }

    /// What traces call the data.
    pub fn opaque_id(&self) -> trace::Id {
        trace::Id::from(self.opaque.as_ptr())
    }
}

/// A completion callback that is about to be called. The completion outlives the call, unless the
/// program frees the task inside the callback, which it must not (R-TASK-26).
pub struct Call {
    function: Option<TaskFunc>,
    opaque: *mut c_void,
}

impl Call {
    /// Calls it; false if there is no function.
    pub fn run(self, task: Handle) -> bool {
        let Some(function) = self.function else {
            return false;
        };
        // SAFETY: promised when the callback was taken over; its data lives until it is dropped.
        unsafe { function(task.as_ptr(), self.opaque) };
        true
    }
}

/// A worker function of C code with its data, which ends with the task.
#[derive(Debug)]
pub struct WorkerFunc {
    function: TaskFunc,
    opaque: UserData,
}

impl WorkerFunc {
    /// A function that C code gave.
    ///
    /// # Safety
    /// `function` may be called with any task and the data, on any thread.
    pub unsafe fn new(function: TaskFunc, opaque: UserData) -> Self {
        Self { function, opaque }
    }

    /// Calls it.
    pub fn call(&self, task: Handle) {
        // SAFETY: promised when the function was taken over; its data lives until it is dropped.
        unsafe { (self.function)(task.as_ptr(), self.opaque.as_ptr()) }
    }

    /// What traces call the function.
    pub fn function_id(&self) -> trace::Id {
        trace::Id::from(self.function as *const c_void)
    }

    /// What traces call the data.
    pub fn opaque_id(&self) -> trace::Id {
        trace::Id::from(self.opaque.as_ptr())
    }
}

#[cfg(test)]
impl Completion {
    /// A callback for the tests of the layers above.
    pub fn from_fn(f: impl Fn() + 'static) -> Self {
        type Boxed = Box<dyn Fn()>;
        unsafe extern "C" fn call(_task: *mut layout::QIOTask, opaque: *mut c_void) {
            // SAFETY: the data is the box below, alive until `end`.
            let f = unsafe { &*opaque.cast::<Boxed>() };
            f();
        }
        unsafe extern "C" fn end(opaque: *mut c_void) {
            // SAFETY: the data is the box below, ended once.
            drop(unsafe { Box::from_raw(opaque.cast::<Boxed>()) });
        }
        let boxed: Box<Boxed> = Box::new(Box::new(f));
        // SAFETY: `end` frees the box, once.
        let opaque = unsafe { UserData::new(Box::into_raw(boxed).cast(), Some(end)) };
        // SAFETY: `call` takes such a box.
        unsafe { Self::new(Some(call), opaque) }
    }
}
