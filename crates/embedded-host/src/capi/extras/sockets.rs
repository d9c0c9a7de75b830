//! `qemu/sockets.h`, and `qemu_set_blocking` of `qemu/osdep.h`.

use core::ffi::{c_char, c_int, c_void};
use core::{ptr, slice};

use glib_sys::{g_free, g_strdup, g_strndup};
use libc::{sockaddr, socklen_t, ssize_t};

use crate::capi::exports::exports;
use crate::capi::required::sockets::view;
use crate::error::Error;
use crate::sockets::text::parse_inet;
use crate::sockets::unix::{self, UnixAddress};
use crate::sockets::{connect, descriptor, names, text};
use abi::address::{Address, Inet, View};
use abi::layout::{
    FdSocketAddress, InetSocketAddress, NETWORK_ADDRESS_FAMILY_IPV4, NETWORK_ADDRESS_FAMILY_IPV6,
    NETWORK_ADDRESS_FAMILY_UNIX, NETWORK_ADDRESS_FAMILY_UNKNOWN, NETWORK_ADDRESS_FAMILY_VSOCK,
    NetworkAddressFamily, SocketAddress,
};
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

/// For C: a number, or -1 with errno set.
fn number_or_errno(result: Result<c_int, Errno>) -> c_int {
    result.unwrap_or_else(|errno| {
        errno::set(errno);
        -1
    })
}

exports! { "qemu/sockets.h";
    fn qemu_socket(domain: (c_int), r#type: (c_int), protocol: (c_int)) -> c_int {
        number_or_errno(socket::create(domain, r#type, protocol).map(Descriptor::into_raw))
    }

    fn qemu_socketpair(
        domain: (c_int), r#type: (c_int), protocol: (c_int), sv: [*mut c_int],
    ) -> c_int {
        number_or_errno(socket::pair(domain, r#type, protocol).map(|(first, second)| {
            sv.cast::<[c_int; 2]>().write([first.into_raw(), second.into_raw()]);
            0
        }))
    }

    fn qemu_accept(s: (c_int), addr: (*mut sockaddr), addrlen: (*mut socklen_t)) -> c_int {
        number_or_errno(socket::accept_into(s, addr, addrlen).map(Descriptor::into_raw))
    }

    fn qemu_send_full(s: (c_int), buf: (*const c_void), count: (usize)) -> ssize_t {
        if count == 0 {
            return 0;
        }
        let bytes = slice::from_raw_parts(buf.cast::<u8>(), count);
        let (sent, result) = socket::send_all(s, bytes);
        if let Err(errno) = result {
            errno::set(errno);
        }
        ssize_t::try_from(sent).unwrap_or(ssize_t::MAX)
    }

    fn socket_set_cork(fd: (c_int), v: (c_int)) -> c_int {
        number_or_errno(socket::set_option(fd, libc::IPPROTO_TCP, libc::TCP_CORK, v).map(|()| 0))
    }

    fn socket_set_nodelay(fd: (c_int)) -> c_int {
        number_or_errno(socket::set_option(fd, libc::IPPROTO_TCP, libc::TCP_NODELAY, 1).map(|()| 0))
    }

    fn socket_set_fast_reuse(fd: (c_int)) -> c_int {
        if let Err(errno) = socket::reuse_address(fd) {
            misuse(FUNCTION, format_args!("descriptor {fd}: {errno}"));
        }
        0
    }

    fn fd_is_socket(fd: (c_int)) -> bool {
        let kept = errno::last();
        let is_socket = socket::is_socket(fd);
        errno::set(kept);
        is_socket
    }

    fn socket_init() -> c_int {
        0
    }

    // Failure is ignored (R-SOCK-2).
    #[cfg(not(bool_set_blocking))]
    fn qemu_socket_set_block(fd: (c_int)) -> () {
        let _ = fd::set_blocking(fd, true);
    }

    #[cfg(not(bool_set_blocking))]
    fn qemu_socket_set_nonblock(fd: (c_int)) -> () {
        if let Err(errno) = fd::set_blocking(fd, false) {
            misuse(FUNCTION, format_args!("descriptor {fd}: {errno}"));
        }
    }

    #[cfg(not(bool_set_blocking))]
    fn qemu_socket_try_set_nonblock(fd: (c_int)) -> c_int {
        fd::set_blocking(fd, false).map_or_else(|errno| -errno.code(), |()| 0)
    }

    fn inet_ai_family_from_address(
        addr: (*mut InetSocketAddress),
    ) -> c_int, else (Family::Any.code()) {
        inet(FUNCTION, addr).family().map(Family::code).map_err(Error::from)
    }

    fn inet_netfamily(family: (c_int)) -> NetworkAddressFamily {
        match family {
            libc::PF_INET => NETWORK_ADDRESS_FAMILY_IPV4,
            libc::PF_INET6 => NETWORK_ADDRESS_FAMILY_IPV6,
            libc::PF_UNIX => NETWORK_ADDRESS_FAMILY_UNIX,
            libc::PF_VSOCK => NETWORK_ADDRESS_FAMILY_VSOCK,
            _ => NETWORK_ADDRESS_FAMILY_UNKNOWN,
        }
    }

    // All zeros are an address without texts (R-SOCK-23); those that are found are the caller's.
    fn inet_parse(addr: [*mut InetSocketAddress], str: optional_text) -> c_int, else (-1) {
        addr.write_bytes(0, 1);
        parse_inet(str.unwrap_or_default()).map(|found| {
            addr.write(found.fields().to_layout());
            0
        })
    }

    fn inet_connect_saddr(saddr: (*mut InetSocketAddress)) -> c_int, else (-1) {
        connect::inet(inet(FUNCTION, saddr)).map(Descriptor::into_raw)
    }

    #[cfg(inet_connect)]
    fn inet_connect(str: optional_text) -> c_int, else (-1) {
        parse_inet(str.unwrap_or_default())
            .map(|found| Address::inet(&found.fields()))
            .and_then(|address| crate::sockets::connect(address.view()))
            .map(Descriptor::into_raw)
    }

    fn unix_listen(path: optional_text) -> c_int, else (-1) {
        unix::listen(&UnixAddress::from_path(path), 1).map(Descriptor::into_raw)
    }

    fn unix_connect(path: optional_text) -> c_int, else (-1) {
        unix::connect(&UnixAddress::from_path(path)).map(Descriptor::into_raw)
    }

    fn socket_uri(addr: (*mut SocketAddress)) -> *mut c_char {
        g_strdup(text::uri(view(FUNCTION, addr)).as_ptr())
    }

    fn socket_parse(str: optional_text) -> *mut SocketAddress, else (ptr::null_mut()) {
        text::parse(str.unwrap_or_default()).map(Address::into_ptr)
    }

    fn socket_local_address(fd: (c_int)) -> *mut SocketAddress, else (ptr::null_mut()) {
        names::local_address(fd).map(Address::into_ptr)
    }

    #[cfg(inet_connect)]
    fn socket_remote_address(fd: (c_int)) -> *mut SocketAddress, else (ptr::null_mut()) {
        names::peer_address(fd).map(Address::into_ptr)
    }

    // The old text is GLib's, and goes with the branch that the type says is in force.
    fn socket_address_parse_named_fd(addr: (*mut SocketAddress)) -> c_int, else (-1) {
        match view(FUNCTION, addr) {
            View::Fd(fd) => descriptor::resolve(fd).map(|descriptor| {
                let number = descriptor.into_raw().to_string();
                let slot = (&raw mut (*addr).u).cast::<FdSocketAddress>();
                g_free((*slot).str.cast::<c_void>());
                (*slot).str = g_strndup(number.as_ptr().cast::<c_char>(), number.len());
                0
            }),
            _ => Ok(0),
        }
    }
}

exports! { "qemu/osdep.h";
    #[cfg(bool_set_blocking)]
    fn qemu_set_blocking(fd: (c_int), block: (bool)) -> bool, else (false) {
        let how = if block { "blocking" } else { "non-blocking" };
        fd::set_blocking(fd, block)
            .map(|()| true)
            .map_err(|errno| Error::os(errno, format!("Can't set file descriptor {fd} {how}")))
    }
}
