//! `qemu/sockets.h`, and `qemu_set_blocking` of `qemu/osdep.h`.

use core::ffi::{c_char, c_int, c_void};
use core::slice;

use glib_sys::{g_free, g_strdup, g_strndup};
use libc::{sockaddr, socklen_t, ssize_t};

use crate::capi::arguments::optional_text;
use crate::capi::propagate::int_or_propagate;
use crate::capi::required::sockets::{address_or_propagate, descriptor_or_propagate, view};
use crate::error::Error;
use crate::sockets::text::parse_inet;
use crate::sockets::unix::{self, UnixAddress};
use crate::sockets::{connect, descriptor, names, text};
use abi::address::{Inet, View};
use abi::layout::{
    self, FdSocketAddress, InetSocketAddress, NETWORK_ADDRESS_FAMILY_IPV4,
    NETWORK_ADDRESS_FAMILY_IPV6, NETWORK_ADDRESS_FAMILY_UNIX, NETWORK_ADDRESS_FAMILY_UNKNOWN,
    NETWORK_ADDRESS_FAMILY_VSOCK, NetworkAddressFamily, SocketAddress,
};
use abi::origin;
use platform::check_usage;
use platform::os::abort::misuse;
use platform::os::errno::{self, Errno};
use platform::os::fd::{self, Descriptor};
use platform::os::resolve::Family;
use platform::os::socket;

/// The caller's internet address; NULL is a mistake.
///
/// # Safety
/// `addr` is NULL or a live address that nobody changes for `'a`.
unsafe fn inet<'a>(function: &str, addr: *const InetSocketAddress) -> Inet<'a> {
    // SAFETY: as promised.
    let view = unsafe { Inet::from_ptr(addr) };
    view.unwrap_or_else(|| misuse(function, format_args!("the address is NULL")))
}

/// For C: 0, or -1 with errno set.
fn zero_or_errno(result: Result<(), Errno>) -> c_int {
    match result {
        Ok(()) => 0,
        Err(errno) => {
            errno::set(errno);
            -1
        }
    }
}

/// For C: a descriptor, or -1 with errno set.
fn descriptor_or_errno(result: Result<Descriptor, Errno>) -> c_int {
    match result {
        Ok(descriptor) => descriptor.into_raw(),
        Err(errno) => {
            errno::set(errno);
            -1
        }
    }
}

/// As socket(2), close-on-exec.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qemu_socket(domain: c_int, kind: c_int, protocol: c_int) -> c_int {
    descriptor_or_errno(socket::create(domain, kind, protocol))
}

/// As socketpair(2), close-on-exec.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qemu_socketpair(
    domain: c_int,
    kind: c_int,
    protocol: c_int,
    sv: *mut c_int,
) -> c_int {
    check_usage!(!sv.is_null(), "qemu_socketpair", "@sv is NULL");
    let pair = socket::pair(domain, kind, protocol).map(|(first, second)| {
        let pair = [first.into_raw(), second.into_raw()];
        // SAFETY: the caller's array of two.
        unsafe { sv.cast::<[c_int; 2]>().write(pair) };
    });
    zero_or_errno(pair)
}

/// As accept(2), close-on-exec.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qemu_accept(
    s: c_int,
    addr: *mut sockaddr,
    addrlen: *mut socklen_t,
) -> c_int {
    // SAFETY: the caller's room for the name, or NULL.
    descriptor_or_errno(unsafe { socket::accept_into(s, addr, addrlen) })
}

/// Sends all of it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qemu_send_full(s: c_int, buf: *const c_void, count: usize) -> ssize_t {
    if count == 0 {
        return 0;
    }
    // SAFETY: the caller's `count` bytes.
    let bytes = unsafe { slice::from_raw_parts(buf.cast::<u8>(), count) };
    let (sent, result) = socket::send_all(s, bytes);
    if let Err(errno) = result {
        errno::set(errno);
    }
    ssize_t::try_from(sent).unwrap_or(ssize_t::MAX)
}

/// Corks a TCP socket, or takes the cork out.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn socket_set_cork(fd: c_int, v: c_int) -> c_int {
    zero_or_errno(socket::set_option(fd, libc::IPPROTO_TCP, libc::TCP_CORK, v))
}

/// Has a TCP socket send without delay.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn socket_set_nodelay(fd: c_int) -> c_int {
    zero_or_errno(socket::set_option(
        fd,
        libc::IPPROTO_TCP,
        libc::TCP_NODELAY,
        1,
    ))
}

/// Lets a socket take over a port whose earlier connections still linger.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn socket_set_fast_reuse(fd: c_int) -> c_int {
    if let Err(errno) = socket::reuse_address(fd) {
        misuse(
            "socket_set_fast_reuse",
            format_args!("descriptor {fd}: {errno}"),
        );
    }
    0
}

/// Whether it is a socket.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fd_is_socket(fd: c_int) -> bool {
    let kept = errno::last();
    let is_socket = socket::is_socket(fd);
    errno::set(kept);
    is_socket
}

/// Prepares the system's sockets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn socket_init() -> c_int {
    0
}

/// Makes a descriptor blocking, if that is possible.
#[cfg(not(bool_set_blocking))]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qemu_socket_set_block(fd: c_int) {
    // R-SOCK-2: failure is ignored.
    let _ = fd::set_blocking(fd, true);
}

/// Makes a descriptor non-blocking.
#[cfg(not(bool_set_blocking))]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qemu_socket_set_nonblock(fd: c_int) {
    if let Err(errno) = fd::set_blocking(fd, false) {
        misuse(
            "qemu_socket_set_nonblock",
            format_args!("descriptor {fd}: {errno}"),
        );
    }
}

/// Makes a descriptor non-blocking, if that is possible.
#[cfg(not(bool_set_blocking))]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qemu_socket_try_set_nonblock(fd: c_int) -> c_int {
    match fd::set_blocking(fd, false) {
        Ok(()) => 0,
        Err(errno) => -errno.code(),
    }
}

/// Makes a descriptor blocking or non-blocking.
#[cfg(bool_set_blocking)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qemu_set_blocking(
    fd: c_int,
    block: bool,
    errp: *mut *mut layout::Error,
) -> bool {
    let Err(errno) = fd::set_blocking(fd, block) else {
        return true;
    };
    let how = if block { "blocking" } else { "non-blocking" };
    let error = Error::os(errno, format!("Can't set file descriptor {fd} {how}"));
    // SAFETY: `errp` is the caller's.
    unsafe { error.store(errp, &origin!(c"qemu_set_blocking")) };
    false
}

/// The family to look up.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn inet_ai_family_from_address(
    addr: *mut InetSocketAddress,
    errp: *mut *mut layout::Error,
) -> c_int {
    // SAFETY: the caller's address.
    let family = unsafe { inet("inet_ai_family_from_address", addr) }.family();
    family.map(Family::code).unwrap_or_else(|error| {
        // SAFETY: `errp` is the caller's.
        unsafe { Error::from(error).store(errp, &origin!(c"inet_ai_family_from_address")) };
        Family::Any.code()
    })
}

/// The kind of network of a protocol family.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn inet_netfamily(family: c_int) -> NetworkAddressFamily {
    match family {
        libc::PF_INET => NETWORK_ADDRESS_FAMILY_IPV4,
        libc::PF_INET6 => NETWORK_ADDRESS_FAMILY_IPV6,
        libc::PF_UNIX => NETWORK_ADDRESS_FAMILY_UNIX,
        libc::PF_VSOCK => NETWORK_ADDRESS_FAMILY_VSOCK,
        _ => NETWORK_ADDRESS_FAMILY_UNKNOWN,
    }
}

/// Reads an internet address from a text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn inet_parse(
    addr: *mut InetSocketAddress,
    str: *const c_char,
    errp: *mut *mut layout::Error,
) -> c_int {
    check_usage!(!addr.is_null(), "inet_parse", "@addr is NULL");
    // SAFETY: all zeros are an address without texts; the caller's place for it (R-SOCK-23).
    unsafe { addr.write_bytes(0, 1) };
    // SAFETY: the caller's text.
    let str = unsafe { optional_text(str) };
    let found = parse_inet(str.unwrap_or_default()).map(|found| {
        // SAFETY: as above; the texts are the caller's from now on.
        unsafe { addr.write(found.fields().to_layout()) };
    });
    // SAFETY: `errp` is the caller's.
    unsafe { int_or_propagate(found, errp, &origin!(c"inet_parse")) }
}

/// Connects to an internet address.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn inet_connect_saddr(
    saddr: *mut InetSocketAddress,
    errp: *mut *mut layout::Error,
) -> c_int {
    // SAFETY: the caller's address.
    let result = connect::inet(unsafe { inet("inet_connect_saddr", saddr) });
    // SAFETY: `errp` is the caller's.
    unsafe { descriptor_or_propagate(result, errp, &origin!(c"inet_connect_saddr")) }
}

/// Connects to an internet address given as text.
#[cfg(inet_connect)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn inet_connect(str: *const c_char, errp: *mut *mut layout::Error) -> c_int {
    // SAFETY: the caller's text.
    let str = unsafe { optional_text(str) }.unwrap_or_default();
    let result = parse_inet(str)
        .map(|found| abi::address::Address::inet(&found.fields()))
        .and_then(|address| crate::sockets::connect(address.view()));
    // SAFETY: `errp` is the caller's.
    unsafe { descriptor_or_propagate(result, errp, &origin!(c"inet_connect")) }
}

/// Listens at a path.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn unix_listen(path: *const c_char, errp: *mut *mut layout::Error) -> c_int {
    // SAFETY: the caller's text, or NULL.
    let path = unsafe { optional_text(path) };
    let result = unix::listen(&UnixAddress::from_path(path), 1);
    // SAFETY: `errp` is the caller's.
    unsafe { descriptor_or_propagate(result, errp, &origin!(c"unix_listen")) }
}

/// Connects to a path.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn unix_connect(path: *const c_char, errp: *mut *mut layout::Error) -> c_int {
    // SAFETY: the caller's text, or NULL.
    let path = unsafe { optional_text(path) };
    let result = unix::connect(&UnixAddress::from_path(path));
    // SAFETY: `errp` is the caller's.
    unsafe { descriptor_or_propagate(result, errp, &origin!(c"unix_connect")) }
}

/// The text of an address.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn socket_uri(addr: *mut SocketAddress) -> *mut c_char {
    // SAFETY: the caller's address.
    let uri = text::uri(unsafe { view("socket_uri", addr) });
    // SAFETY: a C string; the copy is the caller's.
    unsafe { g_strdup(uri.as_ptr()) }
}

/// Reads an address from a text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn socket_parse(
    str: *const c_char,
    errp: *mut *mut layout::Error,
) -> *mut SocketAddress {
    // SAFETY: the caller's text.
    let result = text::parse(unsafe { optional_text(str) }.unwrap_or_default());
    // SAFETY: `errp` is the caller's.
    unsafe { address_or_propagate(result, errp, &origin!(c"socket_parse")) }
}

/// The address of this end.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn socket_local_address(
    fd: c_int,
    errp: *mut *mut layout::Error,
) -> *mut SocketAddress {
    let result = names::local_address(fd);
    // SAFETY: `errp` is the caller's.
    unsafe { address_or_propagate(result, errp, &origin!(c"socket_local_address")) }
}

/// The address of the other end.
#[cfg(inet_connect)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn socket_remote_address(
    fd: c_int,
    errp: *mut *mut layout::Error,
) -> *mut SocketAddress {
    let result = names::peer_address(fd);
    // SAFETY: `errp` is the caller's.
    unsafe { address_or_propagate(result, errp, &origin!(c"socket_remote_address")) }
}

/// Replaces a descriptor's name by its number.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn socket_address_parse_named_fd(
    addr: *mut SocketAddress,
    errp: *mut *mut layout::Error,
) -> c_int {
    // SAFETY: the caller's address.
    let View::Fd(fd) = (unsafe { view("socket_address_parse_named_fd", addr) }) else {
        return 0;
    };
    let number = descriptor::resolve(fd).map(|descriptor| {
        let number = descriptor.into_raw().to_string();
        // SAFETY: the type says that this branch is in force.
        let slot = unsafe { (&raw mut (*addr).u).cast::<FdSocketAddress>() };
        // SAFETY: the old text is GLib's and nobody has it any more; the new one has `len` bytes.
        unsafe {
            g_free((*slot).str.cast::<c_void>());
            (*slot).str = g_strndup(number.as_ptr().cast::<c_char>(), number.len());
        };
    });
    // SAFETY: `errp` is the caller's.
    unsafe { int_or_propagate(number, errp, &origin!(c"socket_address_parse_named_fd")) }
}
