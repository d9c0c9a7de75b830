//! `io/task.h`.

use abi::error::ErrorObject;
use core::ptr;
use std::sync::Arc;

use glib_sys::{GDestroyNotify, GMainContext, gpointer};

use super::convert::required;
use crate::logic::task::{self, Stage, Task, Worker};
use crate::object::Shared;
use crate::object::task::{Completion, Record, WorkerFunc};
use abi::layout::{Error, Object, QIOTask};
use abi::profile;
use host::error::HostError;
use platform::check_usage;
use platform::glib::{MainContext, UserData};
use registry::task::note_default_context;

// SAFETY: `qio_task_new` makes the pointer from an `Arc<Task>`, and nothing else makes one.
unsafe impl Record for Task {}

/// One more reference on the task, which may end while it is used.
///
/// # Safety
/// `task` is live.
pub(super) unsafe fn ref_none(task: *mut QIOTask) -> Arc<Task> {
    // SAFETY: the count belongs to an `Arc<Task>`, see `borrow`.
    unsafe { Arc::increment_strong_count(task.cast::<Task>()) };
    // SAFETY: the count was just added.
    unsafe { take_full(task) }
}

/// A task has ended; ask it for its error or result. @task is valid until the function returns.
pub type QIOTaskFunc = Option<unsafe extern "C" fn(task: *mut QIOTask, opaque: gpointer)>;

/// Does the blocking work of a task, on a worker thread. It may set and ask for error and result and
/// ask for the source, and nothing else of @task.
pub type QIOTaskWorker = Option<unsafe extern "C" fn(task: *mut QIOTask, opaque: gpointer)>;

/// The task behind the C pointer, borrowed; NULL ends the process.
///
/// # Safety
/// `task` is NULL or live for `'a`.
pub(super) unsafe fn borrow<'a>(task: *mut QIOTask, function: &str) -> &'a Task {
    // SAFETY: tasks are made by `qio_task_new` from an `Arc<Task>`.
    required(unsafe { task.cast::<Task>().as_ref() }, function, "task")
}

/// The callback that C code gave.
///
/// # Safety
/// `callback` may be called with a task and `opaque`, and `destroy` once with `opaque`.
pub(super) unsafe fn completion(
    callback: QIOTaskFunc,
    opaque: gpointer,
    destroy: GDestroyNotify,
) -> Completion {
    // SAFETY: as promised.
    let opaque = unsafe { UserData::new(opaque, destroy) };
    // SAFETY: as promised.
    unsafe { Completion::new(callback, opaque) }
}

/// The reference that the C pointer stands for.
///
/// # Safety
/// `task` is live, and its pointer isn't used to own it any more.
pub(super) unsafe fn take_full(task: *mut QIOTask) -> Arc<Task> {
    // SAFETY: as in `borrow`; the count is given up by the caller.
    unsafe { Arc::from_raw(task.cast::<Task>()) }
}

/// The context that a task comes back to.
///
/// # Safety
/// `context` is NULL or live.
#[inline]
pub(super) unsafe fn main_context(context: *mut GMainContext) -> MainContext {
    let is_default = context.is_null();
    // SAFETY: as promised.
    let context = unsafe { MainContext::from_ptr_none(context) };
    if is_default {
        note_default_context(context.as_ptr().cast_const().cast());
    }
    context
}

/// qio_task_new:
/// @source: (transfer none) (nullable): the object the task is about; the task holds a reference
/// @func: (scope async) (nullable): called when the task completes; may be NULL only if it never does
/// @opaque: (closure) (nullable): data for @func
/// @destroy: (destroy) (nullable): frees @opaque; called once, when the task is freed, also for NULL
///
/// Makes a task. It does nothing until qio_task_complete() or qio_task_run_in_thread() is called.
///
/// Threads: any; one thread at a time uses a task. Blocks: no.
/// Returns: (transfer full): the task, never NULL. qio_task_run_in_thread() takes it over; otherwise
/// it ends with qio_task_complete() (in profiles without the latter) or qio_task_free()
/// (later profiles).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_task_new(
    source: *mut Object,
    func: QIOTaskFunc,
    opaque: gpointer,
    destroy: GDestroyNotify,
) -> *mut QIOTask {
    // SAFETY: the caller's object is live or NULL.
    let source = unsafe { Shared::from_ptr(source) }.map(Shared::to_ref);
    // SAFETY: the function takes tasks and the data, which the caller gives to the task.
    let completion = unsafe { completion(func, opaque, destroy) };
    Arc::into_raw(Task::new(source, completion))
        .cast_mut()
        .cast()
}

/// qio_task_run_in_thread:
/// @task: (transfer full): the task; not completed by hand, and not given to a thread before
/// @worker: (scope async): the function that blocks
/// @opaque: (closure) (nullable): data for @worker
/// @destroy: (destroy) (nullable): frees @opaque; called once, when the task is freed, also for NULL
/// @context: (transfer none) (nullable): where the callback runs; NULL is the global default context
///
/// Runs @worker on a worker thread, then the task's callback in @context, and frees the task.
/// The callback never runs before this function has returned to a thread that iterates @context.
/// Callbacks of one context run in the order in which their workers ended, at idle priority; one
/// that is held up by sources of default priority for 1,000 iterations and 100 ms runs at theirs.
/// If the program drops @context without iterating it again, the task is freed and the callback
/// doesn't run. A second call for the same task ends the process.
///
/// Threads: any. Blocks: no. @worker runs with all signals blocked but SIGSEGV, SIGFPE and SIGILL,
/// on a thread named io-task-worker that may be used again for other tasks; what it registers for
/// thread exit runs when that thread leaves, if at all. There is no limit on the number of workers.
/// If no thread can be made, the task waits for a free one.
/// Context: the callback and the destroy functions run in the thread that iterates @context; if
/// @context was dropped, the destroy functions run in the thread that dropped it, or in the worker's if
/// that ended later. A result that the worker replaces ends in the worker's thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_task_run_in_thread(
    task: *mut QIOTask,
    worker: QIOTaskWorker,
    opaque: gpointer,
    destroy: GDestroyNotify,
    context: *mut GMainContext,
) {
    // SAFETY: the task is live.
    let stage = unsafe { borrow(task, "qio_task_run_in_thread") }.stage();
    let function = required(worker, "qio_task_run_in_thread", "worker");
    check_usage!(
        stage == Stage::Manual,
        "qio_task_run_in_thread",
        "the task was given to a thread before"
    );
    // SAFETY: the caller gives the data to the task.
    let opaque = unsafe { UserData::new(opaque, destroy) };
    // SAFETY: the function takes tasks and this data, on any thread.
    let worker = unsafe { WorkerFunc::new(function, opaque) };
    // SAFETY: the context is live or NULL.
    let context = unsafe { main_context(context) };
    // SAFETY: the pool, then the completion queue, owns the task from here on.
    unsafe { take_full(task) }.run_in_thread(Worker::C(worker), context);
}

/// qio_task_wait_thread:
/// @task: (transfer full): a task that was given to a thread and not delivered yet
///
/// Blocks until the worker has returned, then runs the task's callback here, once, instead of in its
/// context, and frees the task. Nothing else is dispatched meanwhile. A task that wasn't given to a
/// thread, or a wait inside the task's own callback, ends the process.
///
/// Threads: the one that iterates the task's context. Blocks: until the worker has returned.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_task_wait_thread(task: *mut QIOTask) {
    check_usage!(!task.is_null(), "qio_task_wait_thread", "task is NULL");
    // SAFETY: the task is live.
    task::wait(unsafe { ref_none(task) });
}

/// qio_task_complete:
/// @task: the task; (transfer full) in the profiles without qio_task_free(),
///   (transfer none) in the later ones
///
/// Calls the task's callback. In the profiles that transfer the task it is freed afterwards. A task
/// without a callback, or one that was given to a thread, ends the process.
///
/// Threads: any. Context: the callback runs here, before the function returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_task_complete(task: *mut QIOTask) {
    // SAFETY: the task is live.
    let stage = unsafe { borrow(task, "qio_task_complete") }.stage();
    check_usage!(
        stage == Stage::Manual,
        "qio_task_complete",
        "the task was given to a thread"
    );
    // SAFETY: the task is live.
    let own = unsafe { ref_none(task) };
    own.complete();
    // As the headers of the profile promise (R-TASK-30).
    if profile::COMPLETING_FREES_THE_TASK {
        // SAFETY: the pointer ends here.
        unsafe { take_full(task) }.release();
    }
}

/// qio_task_free:
/// @task: (transfer full) (nullable): a task that is not, or no longer, running in a thread
///
/// Frees a task. If it wasn't completed, its callback doesn't run; its destroy functions do, in this
/// order: worker data, callback data, result; then the error and the reference on the source go.
/// Freeing a task whose worker runs is a mistake; it is made safe by postponing what the worker uses.
///
/// Threads: any. Blocks: no.
/// Since: qemu-10.0.13, but not in qemu-10.1, qemu-10.1.3 and qemu-10.2.0.
#[cfg(task_free)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_task_free(task: *mut QIOTask) {
    if task.is_null() {
        return;
    }
    // SAFETY: the task is live.
    let borrowed = unsafe { borrow(task, "qio_task_free") };
    if borrowed.stage() != Stage::Manual {
        // The pool or the completion queue owns it.
        borrowed.free_early();
        return;
    }
    // SAFETY: the pointer ends here.
    unsafe { take_full(task) }.release();
}

/// qio_task_set_error:
/// @task: (transfer none): the task
/// @err: (transfer full) (nullable): the error; NULL changes nothing
///
/// Makes the task a failed one. The first error is kept, later ones are freed.
///
/// Threads: any, one at a time; also the worker. Blocks: no.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_task_set_error(task: *mut QIOTask, err: *mut Error) {
    // SAFETY: the task is live.
    let task = unsafe { borrow(task, "qio_task_set_error") };
    // SAFETY: the caller gives the error away.
    if let Some(err) = unsafe { HostError::from_ptr_full(err) } {
        task.set_error(err);
    }
}

/// qio_task_propagate_error:
/// @task: (transfer none): the task
/// @errp: (out) (nullable): as in qapi/error.h; NULL frees the error
///
/// Moves the task's error to @errp, by the rules of error_propagate(). The task has none afterwards.
///
/// Threads: any, one at a time; also the worker. Blocks: no.
/// Returns: whether there was an error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_task_propagate_error(
    task: *mut QIOTask,
    errp: *mut *mut Error,
) -> bool {
    // SAFETY: the task is live.
    let Some(err) = unsafe { borrow(task, "qio_task_propagate_error") }.take_error() else {
        return false;
    };
    // SAFETY: `errp` is a destination as in qapi/error.h.
    unsafe { err.propagate(errp) };
    true
}

/// qio_task_set_result_pointer:
/// @task: (transfer none): the task
/// @result: (nullable): the result; owned by the task if @destroy is given
/// @destroy: (nullable): frees @result; called once, when the task is freed or another pointer is set
///
/// Sets the result, replacing the one before. Setting the same pointer again only replaces @destroy.
///
/// Threads: any, one at a time; also the worker. Blocks: no.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_task_set_result_pointer(
    task: *mut QIOTask,
    result: gpointer,
    destroy: GDestroyNotify,
) {
    // SAFETY: the caller gives the result to the task.
    let result = unsafe { UserData::new(result, destroy) };
    // SAFETY: the task is live.
    unsafe { borrow(task, "qio_task_set_result_pointer") }.set_result(result);
}

/// qio_task_get_result_pointer:
/// @task: (transfer none): the task
///
/// Threads: any, one at a time; also the worker. Blocks: no.
/// Returns: (transfer none) (nullable): the result set last; valid until the task is freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_task_get_result_pointer(task: *mut QIOTask) -> gpointer {
    // SAFETY: the task is live.
    unsafe { borrow(task, "qio_task_get_result_pointer") }
        .result()
        .unwrap_or(ptr::null_mut())
}

/// qio_task_get_source:
/// @task: (transfer none): the task
///
/// Threads: any. Blocks: no.
/// Returns: (transfer none) (nullable): the object given to qio_task_new(); the task keeps it alive.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_task_get_source(task: *mut QIOTask) -> *mut Object {
    // SAFETY: the task is live.
    unsafe { borrow(task, "qio_task_get_source") }
        .source()
        .map_or(ptr::null_mut(), |source| source.as_ptr())
}
