//! `qio/ext.h`.

use core::ffi::{CStr, c_char, c_uint};
use core::mem::size_of;
use core::ptr::{self, NonNull};
use std::sync::Arc;

use glib_sys::{GDestroyNotify, GMainContext, gpointer};

use super::convert::required;
use super::task::{QIOTaskWorker, borrow, main_context, ref_none, take_full};
use crate::logic::task::Stage;
use crate::logic::task::group::Group;
use crate::logic::task::terms::Options;
use crate::object::task::WorkerFunc;
use abi::layout::QIOTask;
use platform::check_usage;
use platform::glib::{Cancellable, GCancellable, UserData};
use platform::os::abort::misuse;
use platform::sync::ending::Cause;

/// A group of tasks, by the address in an `Arc<Group>`.
#[repr(C)]
pub struct QIOTaskGroup([u8; 0]);

/// See `qio/ext.h`, and there for the fields.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct QIOTaskOptions {
    size: usize,
    name: *const c_char,
    cancellable: *mut GCancellable,
    group: *mut QIOTaskGroup,
    deadline: i64,
    priority: i32,
    flags: u32,
}

const SIZE: usize = size_of::<QIOTaskOptions>();

const NONE: QIOTaskOptions = QIOTaskOptions {
    size: SIZE,
    name: ptr::null(),
    cancellable: ptr::null_mut(),
    group: ptr::null_mut(),
    deadline: 0,
    priority: 0,
    flags: 0,
};

const RETURN_ON_CANCEL: u32 = 1;

/// The caller's struct, whatever version of the header it was compiled with.
///
/// # Safety
/// `options` is NULL or has as many bytes as its size says.
unsafe fn of_caller(options: *const QIOTaskOptions, function: &str) -> QIOTaskOptions {
    let mut known = NONE;
    if options.is_null() {
        return known;
    }
    // SAFETY: as promised, it has a size at least.
    let size = unsafe { (&raw const (*options).size).read() };
    check_usage!(
        size >= size_of::<usize>(),
        function,
        "options->size is {size}"
    );
    let bytes: *const u8 = options.cast();
    // SAFETY: both have so many bytes; what the members point to is checked where it is used.
    unsafe { ptr::copy_nonoverlapping(bytes, (&raw mut known).cast(), size.min(SIZE)) };
    for place in SIZE..size {
        // SAFETY: it has so many bytes, as promised.
        let byte = unsafe { bytes.add(place).read() };
        check_usage!(
            byte == 0,
            function,
            "options has members that this version doesn't know"
        );
    }
    known
}

/// What the caller's struct asks for.
///
/// # Safety
/// What the members point to is live.
unsafe fn terms(options: &QIOTaskOptions, function: &str) -> Options {
    let QIOTaskOptions {
        size: _,
        name,
        cancellable,
        group,
        deadline,
        priority,
        flags,
    } = *options;
    check_usage!(deadline >= 0, function, "options->deadline is {deadline}");
    check_usage!(
        flags & !RETURN_ON_CANCEL == 0,
        function,
        "options->flags is {flags:#x}"
    );
    let cancellable = NonNull::new(cancellable).map(|cancellable| {
        // SAFETY: live, as promised.
        let taken = unsafe { Cancellable::from_ptr_none(cancellable) };
        taken.unwrap_or_else(|| {
            misuse(
                function,
                format_args!("options->cancellable is given, but libgio-2.0.so.0 isn't loaded"),
            )
        })
    });
    Options {
        // SAFETY: a C string, as promised.
        name: (!name.is_null()).then(|| unsafe { CStr::from_ptr(name) }.to_owned()),
        cancellable,
        deadline: (deadline != 0).then_some(deadline),
        priority,
        // SAFETY: live, as promised.
        group: unsafe { group_ref_none(group) },
        returns_on_cancel: flags & RETURN_ON_CANCEL != 0,
    }
}

/// One more reference on a group.
///
/// # Safety
/// `group` is NULL or live.
unsafe fn group_ref_none(group: *mut QIOTaskGroup) -> Option<Arc<Group>> {
    let group: *const Group = NonNull::new(group)?.as_ptr().cast_const().cast();
    // SAFETY: groups are made by `qio_task_group_new` from an `Arc<Group>`.
    unsafe { Arc::increment_strong_count(group) };
    // SAFETY: the count was just added.
    Some(unsafe { Arc::from_raw(group) })
}

/// The pointer that stands for a reference.
fn group_into_ptr(group: Arc<Group>) -> *mut QIOTaskGroup {
    Arc::into_raw(group).cast_mut().cast()
}

/// See `qio/ext.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_task_run_in_thread_full(
    task: *mut QIOTask,
    worker: QIOTaskWorker,
    opaque: gpointer,
    destroy: GDestroyNotify,
    context: *mut GMainContext,
    options: *const QIOTaskOptions,
) {
    const ME: &str = "qio_task_run_in_thread_full";
    // SAFETY: the task is live.
    let stage = unsafe { borrow(task, ME) }.stage();
    let function = required(worker, ME, "worker");
    check_usage!(
        stage == Stage::Manual,
        ME,
        "the task was given to a thread before"
    );
    // SAFETY: the caller's struct.
    let options = unsafe { of_caller(options, ME) };
    // SAFETY: the caller's struct.
    let options = unsafe { terms(&options, ME) };
    // SAFETY: the caller gives the data to the task.
    let opaque = unsafe { UserData::new(opaque, destroy) };
    // SAFETY: the function takes tasks and this data, on any thread.
    let worker = unsafe { WorkerFunc::new(function, opaque) };
    // SAFETY: the context is live or NULL.
    let context = unsafe { main_context(context) };
    // SAFETY: the pool, then the completion queue, owns the task from here on.
    unsafe { take_full(task) }.run_on_terms(worker, context, options);
}

/// See `qio/ext.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_task_cancel(task: *mut QIOTask) -> bool {
    // SAFETY: the task is live.
    let task = unsafe { borrow(task, "qio_task_cancel") };
    task.terms()
        .is_some_and(|terms| terms.give_up(Cause::Cancelled))
}

/// See `qio/ext.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_task_is_cancelled(task: *mut QIOTask) -> bool {
    // SAFETY: the task is live.
    let task = unsafe { borrow(task, "qio_task_is_cancelled") };
    task.terms().is_some_and(|terms| terms.cause().is_some())
}

/// See `qio/ext.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_task_get_outcome(task: *mut QIOTask) -> c_uint {
    // SAFETY: the task is live.
    match unsafe { borrow(task, "qio_task_get_outcome") }.how_it_ended() {
        None => 0,
        Some(None) => 1,
        Some(Some(Cause::Cancelled)) => 2,
        Some(Some(Cause::TimedOut)) => 3,
    }
}

/// See `qio/ext.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_task_get_name(task: *mut QIOTask) -> *const c_char {
    // SAFETY: the task is live.
    let task = unsafe { borrow(task, "qio_task_get_name") };
    let name = task.terms().and_then(|terms| terms.name());
    name.map_or(ptr::null(), CStr::as_ptr)
}

/// See `qio/ext.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_task_ref(task: *mut QIOTask) -> *mut QIOTask {
    check_usage!(!task.is_null(), "qio_task_ref", "task is NULL");
    // SAFETY: the task is live.
    Arc::into_raw(unsafe { ref_none(task) }).cast_mut().cast()
}

/// See `qio/ext.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_task_unref(task: *mut QIOTask) {
    check_usage!(!task.is_null(), "qio_task_unref", "task is NULL");
    // SAFETY: the caller's reference ends here.
    drop(unsafe { take_full(task) });
}

/// See `qio/ext.h`.
#[unsafe(no_mangle)]
pub extern "C" fn qio_task_group_new(max_workers: c_uint) -> *mut QIOTaskGroup {
    check_usage!(max_workers > 0, "qio_task_group_new", "max_workers is 0");
    group_into_ptr(Group::new(max_workers))
}

/// See `qio/ext.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_task_group_ref(group: *mut QIOTaskGroup) -> *mut QIOTaskGroup {
    // SAFETY: the caller's group is live or NULL.
    let group = unsafe { group_ref_none(group) };
    group_into_ptr(required(group, "qio_task_group_ref", "group"))
}

/// See `qio/ext.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_task_group_unref(group: *mut QIOTaskGroup) {
    if group.is_null() {
        return;
    }
    // SAFETY: the caller's reference ends here; the pointer is one of an `Arc<Group>`.
    drop(unsafe { Arc::from_raw(group.cast_const().cast::<Group>()) });
}
