//! `io/channel.h`.

use core::ffi::{c_char, c_int};

use glib_sys::{GDestroyNotify, GIOCondition, GMainContext, GSource, gpointer, guint};
use libc::off_t;

#[cfg(bool_set_blocking)]
use super::convert::bool_or_propagate;
use super::convert::{
    flush_or_propagate, optional_text, position_or_propagate, required, status_or_propagate,
};
#[cfg(peerpid)]
use crate::logic::control::NoPeerPid;
use crate::logic::{control, wait, watch};
use crate::object::channel::Feature;
use crate::object::watch::{WatchSource, Watcher};
use crate::object::{Instance, Shared};
use abi::layout::{ChannelFeature, ChannelShutdown, Error, QIOChannel, QIOChannelFunc};
use abi::origin;
use platform::glib::{MainContext, UserData};

/// The channel behind the C pointer, borrowed; NULL ends the process.
///
/// # Safety
/// `ioc` is NULL or live for `'a`.
#[inline]
pub(super) unsafe fn borrow<'a, T: Instance>(ioc: *mut T, function: &str) -> &'a Shared<T> {
    // SAFETY: as promised.
    required(unsafe { Shared::from_ptr(ioc) }, function, "ioc")
}

/// qio_channel_has_feature:
/// @ioc: (transfer none): the channel
/// @feature: what to ask for
///
/// Tells whether the channel can do something. Features come with the kind of channel and with
/// what it is connected to, and stay when it is closed.
///
/// Threads: any. Blocks: no.
/// Returns: true if it can.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_has_feature(
    ioc: *mut QIOChannel,
    feature: ChannelFeature,
) -> bool {
    // SAFETY: the caller holds a reference for the call.
    let channel = unsafe { borrow(ioc, "qio_channel_has_feature") };
    channel.has_feature(Feature::from_c(feature))
}

/// qio_channel_set_feature:
/// @ioc: (transfer none): the channel
/// @feature: what the channel can do from now on
///
/// Adds a feature, for those who write channels. None can be taken away.
///
/// Threads: any, also while others ask. Blocks: no.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_set_feature(ioc: *mut QIOChannel, feature: ChannelFeature) {
    // SAFETY: the caller holds a reference for the call.
    let channel = unsafe { borrow(ioc, "qio_channel_set_feature") };
    channel.set_feature(Feature::from_c(feature));
}

/// qio_channel_set_name:
/// @ioc: (transfer none): the channel
/// @name: (transfer none) (nullable): a label, which is copied; NULL for none
///
/// Names the channel, for debugging. Watches that are made afterwards have the same name.
///
/// Threads: any, also while watches are made; not while the program reads the field. Blocks: no.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_set_name(ioc: *mut QIOChannel, name: *const c_char) {
    // SAFETY: the caller holds a reference for the call.
    let channel = unsafe { borrow(ioc, "qio_channel_set_name") };
    // SAFETY: NULL or a C string.
    let name = unsafe { optional_text(name) };
    channel.set_name(name);
}

/// qio_channel_set_blocking:
/// @ioc: (transfer none): the channel
/// @enabled: true if transfers shall wait until they can move at least a byte
/// @errp: (nullable): as in qapi/error.h
///
/// Makes transfers wait, or return QIO_CHANNEL_ERR_BLOCK instead. For a descriptor this is
/// O_NONBLOCK, which everybody sees who shares it. The calls that go on until all is done wait in
/// either mode.
///
/// Threads: any. Blocks: no.
/// Returns: 0, or -1 with @errp set. Differs: true on success, false with @errp set from the qemu-10.2.0
/// profile on.
#[cfg(not(bool_set_blocking))]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_set_blocking(
    ioc: *mut QIOChannel,
    enabled: bool,
    errp: *mut *mut Error,
) -> c_int {
    // SAFETY: the caller holds a reference for the call.
    let channel = unsafe { borrow(ioc, "qio_channel_set_blocking") };
    let result = control::set_blocking(channel, enabled);
    // SAFETY: the caller's error destination.
    unsafe { status_or_propagate(result, errp, &origin!(c"qio_channel_set_blocking")) }
}

/// qio_channel_set_blocking:
/// @ioc: (transfer none): the channel
/// @enabled: true if transfers shall wait until they can move at least a byte
/// @errp: (nullable): as in qapi/error.h
///
/// As in the other profiles, but for what it returns.
///
/// Threads: any. Blocks: no.
/// Returns: true, or false with @errp set. Differs: 0 or -1 in the other profiles.
#[cfg(bool_set_blocking)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_set_blocking(
    ioc: *mut QIOChannel,
    enabled: bool,
    errp: *mut *mut Error,
) -> bool {
    // SAFETY: the caller holds a reference for the call.
    let channel = unsafe { borrow(ioc, "qio_channel_set_blocking") };
    let result = control::set_blocking(channel, enabled);
    // SAFETY: the caller's error destination.
    unsafe { bool_or_propagate(result, errp, &origin!(c"qio_channel_set_blocking")) }
}

/// qio_channel_close:
/// @ioc: (transfer none): the channel
/// @errp: (nullable): as in qapi/error.h
///
/// Closes what the channel holds open. The object lives on, until its last reference goes, and
/// further transfers fail. Watches aren't removed and threads that wait aren't woken: use
/// qio_channel_shutdown() and remove the watches before. What closing twice comes to depends on the
/// kind of channel.
///
/// Threads: any, while no other thread uses @ioc. Blocks: as long as the system does.
/// Returns: 0, or -1 with @errp set; a descriptor is gone in either case.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_close(ioc: *mut QIOChannel, errp: *mut *mut Error) -> c_int {
    // SAFETY: the caller holds a reference for the call.
    let channel = unsafe { borrow(ioc, "qio_channel_close") };
    let result = control::close(channel);
    // SAFETY: the caller's error destination.
    unsafe { status_or_propagate(result, errp, &origin!(c"qio_channel_close")) }
}

/// qio_channel_shutdown:
/// @ioc: (transfer none): the channel
/// @how: which directions
/// @errp: (nullable): as in qapi/error.h
///
/// Ends one direction or both, without closing: reads return the end, writes fail, and threads
/// inside of either, or waiting, go on. Channels with QIO_CHANNEL_FEATURE_SHUTDOWN can do it.
///
/// Threads: any, also while others transfer. Blocks: no.
/// Returns: 0, or -1 with @errp set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_shutdown(
    ioc: *mut QIOChannel,
    how: ChannelShutdown,
    errp: *mut *mut Error,
) -> c_int {
    // SAFETY: the caller holds a reference for the call.
    let channel = unsafe { borrow(ioc, "qio_channel_shutdown") };
    let result = control::shutdown(channel, how);
    // SAFETY: the caller's error destination.
    unsafe { status_or_propagate(result, errp, &origin!(c"qio_channel_shutdown")) }
}

/// qio_channel_set_delay:
/// @ioc: (transfer none): the channel
/// @enabled: true if the system may gather small writes; false sends each at once
///
/// Controls Nagle's algorithm, where there is such a thing; otherwise does nothing.
///
/// Threads: any. Blocks: no.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_set_delay(ioc: *mut QIOChannel, enabled: bool) {
    // SAFETY: the caller holds a reference for the call.
    control::set_delay(unsafe { borrow(ioc, "qio_channel_set_delay") }, enabled);
}

/// qio_channel_set_cork:
/// @ioc: (transfer none): the channel
/// @enabled: true to hold small writes back; false sends what was held back
///
/// Gathers writes into full packets, where there is such a thing; otherwise does nothing.
///
/// Threads: any. Blocks: no.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_set_cork(ioc: *mut QIOChannel, enabled: bool) {
    // SAFETY: the caller holds a reference for the call.
    control::set_cork(unsafe { borrow(ioc, "qio_channel_set_cork") }, enabled);
}

/// qio_channel_io_seek:
/// @ioc: (transfer none): the channel
/// @offset: where to, in bytes
/// @whence: SEEK_SET, SEEK_CUR or SEEK_END: from where to count
/// @errp: (nullable): as in qapi/error.h
///
/// Moves the position of the next transfer. Whether the channel has QIO_CHANNEL_FEATURE_SEEKABLE
/// doesn't matter here.
///
/// Threads: any, while no other thread transfers. Blocks: no.
/// Returns: the new position in bytes from the start, or -1 with @errp set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_io_seek(
    ioc: *mut QIOChannel,
    offset: off_t,
    whence: c_int,
    errp: *mut *mut Error,
) -> off_t {
    // SAFETY: the caller holds a reference for the call.
    let channel = unsafe { borrow(ioc, "qio_channel_io_seek") };
    let result = control::seek(channel, offset, whence);
    // SAFETY: the caller's error destination.
    unsafe { position_or_propagate(result, errp, &origin!(c"qio_channel_io_seek")) }
}

/// qio_channel_flush:
/// @ioc: (transfer none): the channel
/// @errp: (nullable): as in qapi/error.h
///
/// Waits until the memory of all zero-copy writes is free for use again. Does nothing on a channel
/// without QIO_CHANNEL_FEATURE_WRITE_ZERO_COPY.
///
/// Threads: the one that writes. Blocks: yes, until the system is done with the data.
/// Returns: 0; 1 if the system copied all of the data nevertheless; -1 with @errp set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_flush(ioc: *mut QIOChannel, errp: *mut *mut Error) -> c_int {
    // SAFETY: the caller holds a reference for the call.
    let channel = unsafe { borrow(ioc, "qio_channel_flush") };
    let result = control::flush(channel);
    // SAFETY: the caller's error destination.
    unsafe { flush_or_propagate(result, errp, &origin!(c"qio_channel_flush")) }
}

/// qio_channel_get_peerpid:
/// @ioc: (transfer none): the channel
/// @pid: (out): the process at the other end; (unsigned)-1 if it could not be found out, untouched
///   if the kind of channel knows no such thing
/// @errp: (nullable): as in qapi/error.h
///
/// Tells which process is at the other end: the one that connected or listened, which may have
/// handed its end to another one since.
///
/// Threads: any. Blocks: no.
/// Returns: 0, or -1 with @errp set.
/// Since: qemu-9.1 profile.
#[cfg(peerpid)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_get_peerpid(
    ioc: *mut QIOChannel,
    pid: *mut core::ffi::c_uint,
    errp: *mut *mut Error,
) -> c_int {
    // SAFETY: the caller holds a reference for the call.
    let channel = unsafe { borrow(ioc, "qio_channel_get_peerpid") };
    if pid.is_null() {
        platform::os::abort::misuse("qio_channel_get_peerpid", format_args!("pid is NULL"));
    }
    let result = control::peer_pid(channel).map_err(|reason| match reason {
        NoPeerPid::Failed(error) => {
            // SAFETY: the caller's variable.
            unsafe { *pid = u32::MAX };
            error
        }
        NoPeerPid::Unsupported(error) => error,
    });
    // SAFETY: the caller's variable.
    let result = result.map(|found| unsafe { *pid = found });
    // SAFETY: the caller's error destination.
    unsafe { status_or_propagate(result, errp, &origin!(c"qio_channel_get_peerpid")) }
}

/// qio_channel_wait:
/// @ioc: (transfer none): the channel; referenced meanwhile
/// @condition: what to wait for
///
/// Blocks the calling thread until a watch for @condition would call back. On a descriptor also its
/// end counts for IN and OUT, and that it has been closed, since a transfer would not wait any more.
/// Nothing of the program runs meanwhile, except what the source of a class of the program's own
/// does; another thread may run that which waits for a channel of such a class at the same time.
/// Waiting needs no descriptor, whatever the class; on a socket or a file it needs no memory.
///
/// Threads: any, also several on one channel. Blocks: yes. A shutdown of the channel ends it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_wait(ioc: *mut QIOChannel, condition: GIOCondition) {
    // SAFETY: the caller holds a reference for the call.
    wait::wait(unsafe { borrow(ioc, "qio_channel_wait") }, condition);
}

/// qio_channel_create_watch:
/// @ioc: (transfer none): the channel; the source holds a reference until it is finalised
/// @condition: what to wait for
///
/// Makes a source that calls back when the channel is ready. The callback is a QIOChannelFunc, cast
/// to GSourceFunc for g_source_set_callback(). The source has the channel's name. Descriptors are
/// watched as qio_channel_create_fd_watch() says.
///
/// Threads: any. Blocks: no.
/// Context: the callback runs wherever the caller attaches the source.
/// Returns: (transfer full): the source, not attached, at default priority.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_create_watch(
    ioc: *mut QIOChannel,
    condition: GIOCondition,
) -> *mut GSource {
    // SAFETY: the caller holds a reference for the call.
    let channel = unsafe { borrow(ioc, "qio_channel_create_watch") };
    watch::create(channel, condition).map_or(core::ptr::null_mut(), WatchSource::into_ptr)
}

/// Starts a watch with the arguments of C code.
///
/// # Safety
/// The channel is live; `func` takes the data, which `notify` ends; `context` is live or NULL.
unsafe fn add_watch(
    ioc: *mut QIOChannel,
    condition: GIOCondition,
    (func, user_data, notify): (QIOChannelFunc, gpointer, GDestroyNotify),
    context: *mut GMainContext,
    function: &str,
) -> (WatchSource, u32) {
    // SAFETY: as promised.
    let channel = unsafe { borrow(ioc, function) };
    // SAFETY: as promised.
    let opaque = unsafe { UserData::new(user_data, notify) };
    // SAFETY: as promised.
    let watcher = unsafe { Watcher::new(func, opaque) };
    // SAFETY: as promised.
    let context = unsafe { MainContext::from_ptr_none(context) };
    watch::add(channel, condition, watcher, &context)
}

/// qio_channel_add_watch:
/// @ioc: (transfer none): the channel; referenced as long as the watch lasts
/// @condition: what to wait for
/// @func: (scope notified): called when the channel is ready; returns FALSE to end the watch
/// @user_data: (closure) (nullable): data for @func
/// @notify: (destroy) (nullable): ends @user_data, when the watch ends
///
/// Calls back whenever the channel is ready, from the global default context.
///
/// Threads: any. Blocks: no.
/// Context: @func runs in the thread that iterates the global default context; @notify in the thread
/// that ends the watch.
/// Returns: the id of the source, for g_source_remove().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_add_watch(
    ioc: *mut QIOChannel,
    condition: GIOCondition,
    func: QIOChannelFunc,
    user_data: gpointer,
    notify: GDestroyNotify,
) -> guint {
    let callback = (func, user_data, notify);
    let context = core::ptr::null_mut();
    // SAFETY: the caller holds a reference for the call and gives the callback away.
    unsafe { add_watch(ioc, condition, callback, context, "qio_channel_add_watch") }.1
}

/// qio_channel_add_watch_full:
/// @ioc: (transfer none): the channel; referenced as long as the watch lasts
/// @condition: what to wait for
/// @func: (scope notified): called when the channel is ready; returns FALSE to end the watch
/// @user_data: (closure) (nullable): data for @func
/// @notify: (destroy) (nullable): ends @user_data, when the watch ends
/// @context: (transfer none) (nullable): where the watch runs; NULL is the global default context
///
/// Calls back whenever the channel is ready, from @context.
///
/// Threads: any. Blocks: no.
/// Context: @func runs in the thread that iterates @context; @notify in the thread that ends the
/// watch.
/// Returns: the id of the source in @context.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_add_watch_full(
    ioc: *mut QIOChannel,
    condition: GIOCondition,
    func: QIOChannelFunc,
    user_data: gpointer,
    notify: GDestroyNotify,
    context: *mut GMainContext,
) -> guint {
    let callback = (func, user_data, notify);
    // SAFETY: the caller holds a reference for the call and gives the callback away.
    unsafe {
        add_watch(
            ioc,
            condition,
            callback,
            context,
            "qio_channel_add_watch_full",
        )
    }
    .1
}

/// qio_channel_add_watch_source:
/// @ioc: (transfer none): the channel; referenced as long as the watch lasts
/// @condition: what to wait for
/// @func: (scope notified): called when the channel is ready; returns FALSE to end the watch
/// @user_data: (closure) (nullable): data for @func
/// @notify: (destroy) (nullable): ends @user_data, when the watch ends
/// @context: (transfer none) (nullable): where the watch runs; NULL is the global default context
///
/// As qio_channel_add_watch_full(), for those who want the source and not its id.
///
/// Threads: any. Blocks: no.
/// Context: @func runs in the thread that iterates @context; @notify in the thread that ends the
/// watch.
/// Returns: (transfer full): the source, attached to @context, which keeps it until it is destroyed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_add_watch_source(
    ioc: *mut QIOChannel,
    condition: GIOCondition,
    func: QIOChannelFunc,
    user_data: gpointer,
    notify: GDestroyNotify,
    context: *mut GMainContext,
) -> *mut GSource {
    let callback = (func, user_data, notify);
    let function = "qio_channel_add_watch_source";
    // SAFETY: the caller holds a reference for the call and gives the callback away.
    let (source, _) = unsafe { add_watch(ioc, condition, callback, context, function) };
    source.into_ptr()
}
