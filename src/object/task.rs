//! A task as C code knows it: its address, and the functions that C code gave it.

use core::ffi::c_void;
use core::marker::PhantomData;
use std::sync::Arc;

use abi::layout;
use platform::glib::UserData;

/// What a task is inside.
///
/// # Safety
/// The `QIOTask *` that C code gets is the address in an `Arc` of this type, and of no other.
pub unsafe trait Record {}

/// A live task as C code knows it: by its address.
#[derive(Clone, Copy, Debug)]
pub struct Handle<'a> {
    address: *mut layout::QIOTask,
    task: PhantomData<&'a ()>,
}

impl<'a> Handle<'a> {
    /// The handle of a task, which outlives it.
    pub fn for_task<T: Record>(task: &'a Arc<T>) -> Self {
        Self {
            address: Arc::as_ptr(task).cast_mut().cast(),
            task: PhantomData,
        }
    }

    /// The address, for C.
    pub fn as_ptr(self) -> *mut layout::QIOTask {
        self.address
    }
}

impl From<Handle<'_>> for trace::Id {
    fn from(handle: Handle<'_>) -> Self {
        Self::from(handle.address)
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

    /// A function of the library.
    pub fn native<T: Record, F: Fn(&T) + Send + Sync + 'static>(function: F) -> Self {
        unsafe extern "C" fn call<T: Record, F: Fn(&T)>(
            task: *mut layout::QIOTask,
            opaque: *mut c_void,
        ) {
            // SAFETY: the data is the boxed function below, which lives as long as the callback.
            let function = unsafe { &*opaque.cast::<F>() };
            // SAFETY: a task's address is that of its record, which outlives the call.
            function(unsafe { &*task.cast::<T>() });
        }
        Self {
            function: Some(call::<T, F>),
            opaque: UserData::boxed(function),
        }
    }

    /// Calls it; false if there is no function.
    pub fn call(&self, task: Handle<'_>) -> bool {
        let Some(function) = self.function else {
            return false;
        };
        // SAFETY: promised when the callback was taken over; task and data outlive the call.
        unsafe { function(task.as_ptr(), self.opaque.as_ptr()) };
        true
    }

    /// The function's address.
    pub fn function(&self) -> *const c_void {
        self.function
            .map_or(core::ptr::null(), |f| f as *const c_void)
    }

    /// What traces call the function.
    pub fn function_id(&self) -> trace::Id {
        trace::Id::from(self.function())
    }

    /// What traces call the data.
    pub fn opaque_id(&self) -> trace::Id {
        trace::Id::from(self.opaque.as_ptr())
    }
}

/// A worker function of C code with its data, which is freed with the task.
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
    pub fn call(&self, task: Handle<'_>) {
        // SAFETY: promised when the function was taken over; task and data outlive the call.
        unsafe { (self.function)(task.as_ptr(), self.opaque.as_ptr()) }
    }

    /// The function's address.
    pub fn function(&self) -> *const c_void {
        self.function as *const c_void
    }

    /// What traces call the function.
    pub fn function_id(&self) -> trace::Id {
        trace::Id::from(self.function())
    }

    /// What traces call the data.
    pub fn opaque_id(&self) -> trace::Id {
        trace::Id::from(self.opaque.as_ptr())
    }
}

impl Completion {
    /// A callback of the library's own.
    pub fn of_library(f: impl Fn() + Send + Sync + 'static) -> Self {
        Self::of_boxed(Box::new(f))
    }

    /// A callback for the tests of the layers above.
    #[cfg(test)]
    pub fn from_fn(f: impl Fn() + 'static) -> Self {
        Self::of_boxed(Box::new(f))
    }

    fn of_boxed(f: Box<dyn Fn()>) -> Self {
        type Boxed = Box<dyn Fn()>;
        unsafe extern "C" fn call(_task: *mut layout::QIOTask, opaque: *mut c_void) {
            // SAFETY: the data is the box below, alive until `free`.
            let f = unsafe { &*opaque.cast::<Boxed>() };
            f();
        }
        unsafe extern "C" fn free(opaque: *mut c_void) {
            // SAFETY: the data is the box below, freed once.
            drop(unsafe { Box::from_raw(opaque.cast::<Boxed>()) });
        }
        let boxed: Box<Boxed> = Box::new(f);
        // SAFETY: `free` frees the box, once.
        let opaque = unsafe { UserData::new(Box::into_raw(boxed).cast(), Some(free)) };
        // SAFETY: `call` takes such a box.
        unsafe { Self::new(Some(call), opaque) }
    }
}
