//! `qio/limits.h`, and `QIO_LIMITS`.

use core::ffi::c_int;
use core::mem::size_of;
use core::ptr;

use super::convert::{required, status_or_propagate};
use crate::logic::limits::{self, Limits, environment};
use crate::logic::listener;
use crate::object::Shared;
use crate::object::channel::Channel;
use crate::object::listener::Listener;
use abi::layout::{Error, QIOChannel, QIONetListener};
use abi::origin;
use platform::check_usage;
use platform::os::environment::variable;
use platform::os::stderr;

/// See `qio/limits.h`, and there for the fields.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct QIOLimits {
    size: usize,
    max_clients: u32,
    max_clients_per_peer: u32,
    peer_ipv4_prefix: u32,
    peer_ipv6_prefix: u32,
    accept_rate: u32,
    accept_burst: u32,
    handshake_timeout_ms: u32,
    idle_timeout_ms: u32,
}

const SIZE: usize = size_of::<QIOLimits>();
const _: () = assert!(SIZE == size_of::<usize>() + 4 * 8, "no gaps");

const NONE: QIOLimits = QIOLimits {
    size: SIZE,
    max_clients: 0,
    max_clients_per_peer: 0,
    peer_ipv4_prefix: 0,
    peer_ipv6_prefix: 0,
    accept_rate: 0,
    accept_burst: 0,
    handshake_timeout_ms: 0,
    idle_timeout_ms: 0,
};

impl From<QIOLimits> for Limits {
    fn from(limits: QIOLimits) -> Self {
        Self {
            max_clients: limits.max_clients,
            max_clients_per_peer: limits.max_clients_per_peer,
            peer_ipv4_prefix: limits.peer_ipv4_prefix,
            peer_ipv6_prefix: limits.peer_ipv6_prefix,
            accept_rate: limits.accept_rate,
            accept_burst: limits.accept_burst,
            handshake_timeout: limits.handshake_timeout_ms,
            idle_timeout: limits.idle_timeout_ms,
        }
    }
}

impl From<Limits> for QIOLimits {
    fn from(limits: Limits) -> Self {
        Self {
            size: SIZE,
            max_clients: limits.max_clients,
            max_clients_per_peer: limits.max_clients_per_peer,
            peer_ipv4_prefix: limits.peer_ipv4_prefix,
            peer_ipv6_prefix: limits.peer_ipv6_prefix,
            accept_rate: limits.accept_rate,
            accept_burst: limits.accept_burst,
            handshake_timeout_ms: limits.handshake_timeout,
            idle_timeout_ms: limits.idle_timeout,
        }
    }
}

/// The size that the caller's struct says it has.
///
/// # Safety
/// `limits` is NULL or a struct with at least its size in it.
unsafe fn size_of_callers(limits: *const QIOLimits, function: &str) -> usize {
    check_usage!(!limits.is_null(), function, "limits is NULL");
    // SAFETY: as promised.
    let size = unsafe { (&raw const (*limits).size).read() };
    check_usage!(
        size >= size_of::<usize>(),
        function,
        "limits->size is {size}"
    );
    size
}

/// See `qio/limits.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_net_listener_set_limits(
    listener: *mut QIONetListener,
    limits: *const QIOLimits,
) {
    const ME: &str = "qio_net_listener_set_limits";
    // SAFETY: the caller holds a reference for the call.
    let listener: &Listener = required(unsafe { Shared::from_ptr(listener) }, ME, "listener");
    let mut known = NONE;
    if !limits.is_null() {
        // SAFETY: the caller's struct.
        let size = unsafe { size_of_callers(limits, ME) };
        // SAFETY: the caller's struct has `size` bytes, and any bytes are valid in ours.
        unsafe {
            ptr::copy_nonoverlapping(
                limits.cast::<u8>(),
                (&raw mut known).cast::<u8>(),
                size.min(SIZE),
            );
        };
    }
    check_usage!(
        known.peer_ipv4_prefix <= 32,
        ME,
        "limits->peer_ipv4_prefix is {}",
        known.peer_ipv4_prefix
    );
    check_usage!(
        known.peer_ipv6_prefix <= 128,
        ME,
        "limits->peer_ipv6_prefix is {}",
        known.peer_ipv6_prefix
    );
    listener::set_limits(listener, known.into());
}

/// See `qio/limits.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_net_listener_get_limits(
    listener: *mut QIONetListener,
    limits: *mut QIOLimits,
) {
    const ME: &str = "qio_net_listener_get_limits";
    // SAFETY: the caller holds a reference for the call.
    let listener: &Listener = required(unsafe { Shared::from_ptr(listener) }, ME, "listener");
    // SAFETY: the caller's struct.
    let size = unsafe { size_of_callers(limits, ME) };
    let known = size.min(SIZE);
    let found = QIOLimits {
        size: known,
        ..listener::limits(listener).into()
    };
    let bytes: *mut u8 = limits.cast();
    // SAFETY: both have so many bytes, and the struct has no gaps.
    unsafe { ptr::copy_nonoverlapping((&raw const found).cast(), bytes, known) };
    // SAFETY: the caller's struct has so many bytes more.
    unsafe { bytes.add(known).write_bytes(0, size - known) };
}

/// See `qio/limits.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_set_handshake_timeout(
    ioc: *mut QIOChannel,
    milliseconds: u32,
    errp: *mut *mut Error,
) -> c_int {
    const ME: &str = "qio_channel_set_handshake_timeout";
    // SAFETY: the caller holds a reference for the call.
    let channel: &Channel = required(unsafe { Shared::from_ptr(ioc) }, ME, "ioc");
    let result = limits::set_handshake_timeout(channel, milliseconds);
    // SAFETY: the caller's error destination.
    unsafe { status_or_propagate(result, errp, &origin!(c"qio_channel_set_handshake_timeout")) }
}

/// See `qio/limits.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_set_idle_timeout(
    ioc: *mut QIOChannel,
    milliseconds: u32,
    errp: *mut *mut Error,
) -> c_int {
    const ME: &str = "qio_channel_set_idle_timeout";
    // SAFETY: the caller holds a reference for the call.
    let channel: &Channel = required(unsafe { Shared::from_ptr(ioc) }, ME, "ioc");
    let result = limits::set_idle_timeout(channel, milliseconds);
    // SAFETY: the caller's error destination.
    unsafe { status_or_propagate(result, errp, &origin!(c"qio_channel_set_idle_timeout")) }
}

/// Runs when the library is loaded, before `main`.
extern "C" fn constructor() {
    let Some(list) = variable(c"QIO_LIMITS") else {
        return;
    };
    let reading = environment::read(&list.to_string_lossy());
    if let Some(complaint) = reading.complaint {
        // The one who started the program asked for limits.
        stderr::write(format!("libqio: QIO_LIMITS: {complaint}\n").as_bytes());
    }
    limits::set_of_process(reading.limits);
}

#[used]
#[unsafe(link_section = ".init_array")]
static CONSTRUCTOR: extern "C" fn() = constructor;
