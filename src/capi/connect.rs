//! `qio/connect.h`.

use core::mem::size_of;

use glib_sys::{GDestroyNotify, GMainContext, gpointer};

use super::channel::borrow;
use super::convert::required;
use super::task::{QIOTaskFunc, completion};
use crate::logic::socket::connecting;
use crate::logic::socket::connecting::eyeballs::Family;
use crate::logic::socket::connecting::options::Options;
use abi::layout::{QIOChannelSocket, SocketAddress};
use host::socket::AddressRef;
use platform::check_usage;
use platform::glib::MainContext;
use platform::os::abort::misuse;

/// See `qio/connect.h`, and there for the fields.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct QIOConnectOptions {
    size: usize,
    timeout_ms: u32,
    attempt_timeout_ms: u32,
    attempt_delay_ms: u32,
    resolution_delay_ms: u32,
    first_family_count: u32,
    first_family: u32,
}

const SIZE: usize = size_of::<QIOConnectOptions>();
const _: () = assert!(SIZE == size_of::<usize>() + 4 * 6, "no gaps");

const DEFAULTS: QIOConnectOptions = QIOConnectOptions {
    size: SIZE,
    timeout_ms: 0,
    attempt_timeout_ms: 0,
    attempt_delay_ms: 0,
    resolution_delay_ms: 0,
    first_family_count: 0,
    first_family: 0,
};

/// What the caller has chosen.
///
/// # Safety
/// `options` is NULL, or a struct as large as it says.
unsafe fn read(options: *const QIOConnectOptions, function: &str) -> Options {
    let mut known = DEFAULTS;
    if !options.is_null() {
        // SAFETY: as promised.
        let size = unsafe { (&raw const (*options).size).read() };
        check_usage!(
            size >= size_of::<usize>(),
            function,
            "options->size is {size}"
        );
        let (from, to) = (options.cast::<u8>(), (&raw mut known).cast::<u8>());
        // SAFETY: so many bytes are the caller's, and no more than ours; all are numbers.
        unsafe { core::ptr::copy_nonoverlapping(from, to, size.min(SIZE)) };
    }
    let first_family = match known.first_family {
        0 | 6 => Family::V6,
        4 => Family::V4,
        other => misuse(function, format_args!("options->first_family is {other}")),
    };
    Options {
        timeout: known.timeout_ms,
        attempt_timeout: known.attempt_timeout_ms,
        attempt_delay: known.attempt_delay_ms,
        resolution_delay: known.resolution_delay_ms,
        first_family_count: known.first_family_count,
        first_family,
    }
}

/// See `qio/connect.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_socket_connect_full_async(
    ioc: *mut QIOChannelSocket,
    addr: *mut SocketAddress,
    options: *const QIOConnectOptions,
    callback: QIOTaskFunc,
    opaque: gpointer,
    destroy: GDestroyNotify,
    context: *mut GMainContext,
) {
    const NAME: &str = "qio_channel_socket_connect_full_async";
    // SAFETY: the caller holds a reference for the call.
    let socket = unsafe { borrow(ioc, NAME) };
    // SAFETY: the address is the caller's, for the call.
    let addr = required(unsafe { AddressRef::from_ptr(addr) }, NAME, "the address");
    check_usage!(callback.is_some(), NAME, "callback is NULL");
    // SAFETY: the caller's struct.
    let options = unsafe { read(options, NAME) };
    // SAFETY: the callback takes tasks and this data, which the caller gives away.
    let completion = unsafe { completion(callback, opaque, destroy) };
    // SAFETY: the context is live or NULL.
    let context = unsafe { MainContext::from_ptr_none(context) };
    connecting::start(socket, addr, options.settings(), completion, &context);
}

/// See `qio/connect.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_socket_connect_cancel(ioc: *mut QIOChannelSocket) -> bool {
    // SAFETY: the caller holds a reference for the call.
    let socket = unsafe { borrow(ioc, "qio_channel_socket_connect_cancel") };
    connecting::cancel(socket)
}
