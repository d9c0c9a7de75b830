//! Reading a `SocketAddress` that somebody else owns.
//!
//! A NULL text reads as None; whether an empty one means the same is for each use to say.
//!
//! An option that isn't given may be any byte, so nothing here refers to a struct as a whole, and a
//! flag is read as a number: it is on unless that is 0.

use core::ffi::{CStr, c_char, c_int};
use core::marker::PhantomData;

use super::family::{self, NoFamily};
use crate::error::Error;
use crate::layout::{
    self, KeepAliveTuning, SOCKET_ADDRESS_TYPE_FD, SOCKET_ADDRESS_TYPE_INET,
    SOCKET_ADDRESS_TYPE_UNIX, SOCKET_ADDRESS_TYPE_VSOCK, SocketAddressType,
};
use platform::os::abort::misuse;
use platform::os::errno::Errno;
use platform::os::resolve::{self, Family, ResolveError, Resolved};
use platform::os::socket_name::SocketName;

/// An address, by the kind that its type names.
#[derive(Clone, Copy)]
pub enum View<'a> {
    /// A TCP or UDP address.
    Inet(Inet<'a>),
    /// A UNIX socket.
    Unix(Unix<'a>),
    /// A virtio socket.
    Vsock(Vsock<'a>),
    /// A descriptor.
    Fd(Fd<'a>),
}

/// Host and port of an internet address, with options.
#[derive(Clone, Copy)]
pub struct Inet<'a>(*const layout::InetSocketAddress, PhantomData<&'a ()>);

/// The name of a UNIX socket.
#[derive(Clone, Copy)]
pub struct Unix<'a>(*const layout::UnixSocketAddress, PhantomData<&'a ()>);

/// The numbers of a virtio socket, as texts.
#[derive(Clone, Copy)]
pub struct Vsock<'a>(*const layout::VsockSocketAddress, PhantomData<&'a ()>);

/// A descriptor's number or name.
#[derive(Clone, Copy)]
pub struct Fd<'a>(*const layout::FdSocketAddress, PhantomData<&'a ()>);

/// A type that no address has is a programming error (R-QAPI-2, R-DNS-5, R-SOCK-7).
pub(super) fn unknown_type(found: SocketAddressType) -> ! {
    misuse(
        "SocketAddress",
        format_args!("no address has the type {found}"),
    )
}

impl<'a> View<'a> {
    /// The address at `ptr`. None for NULL; a type that no address has aborts.
    ///
    /// # Safety
    /// `ptr` is NULL or points to an address that neither it nor its texts change for `'a`.
    pub unsafe fn from_ptr(ptr: *const layout::SocketAddress) -> Option<Self> {
        if ptr.is_null() {
            return None;
        }
        // SAFETY: a place inside the live struct; each branch starts where the union does.
        let branch = unsafe { &raw const (*ptr).u };
        // SAFETY: a number in the live struct.
        Some(match unsafe { (*ptr).r#type } {
            SOCKET_ADDRESS_TYPE_INET => Self::Inet(Inet(branch.cast(), PhantomData)),
            SOCKET_ADDRESS_TYPE_UNIX => Self::Unix(Unix(branch.cast(), PhantomData)),
            SOCKET_ADDRESS_TYPE_VSOCK => Self::Vsock(Vsock(branch.cast(), PhantomData)),
            SOCKET_ADDRESS_TYPE_FD => Self::Fd(Fd(branch.cast(), PhantomData)),
            unknown => unknown_type(unknown),
        })
    }
}

impl View<'_> {
    /// The type, and the bytes of the branch, for a copy.
    pub(super) fn branch(self) -> (SocketAddressType, *const u8, usize) {
        match self {
            Self::Inet(Inet(inet, _)) => (SOCKET_ADDRESS_TYPE_INET, inet.cast(), size_at(inet)),
            Self::Unix(Unix(unix, _)) => (SOCKET_ADDRESS_TYPE_UNIX, unix.cast(), size_at(unix)),
            Self::Vsock(Vsock(vsock, _)) => {
                (SOCKET_ADDRESS_TYPE_VSOCK, vsock.cast(), size_at(vsock))
            }
            Self::Fd(Fd(fd, _)) => (SOCKET_ADDRESS_TYPE_FD, fd.cast(), size_at(fd)),
        }
    }
}

const fn size_at<T>(_: *const T) -> usize {
    size_of::<T>()
}

/// A field of the struct that a view shows.
macro_rules! field {
    ($view:ident . $field:ident) => {
        // SAFETY: the struct is live, and the field a place in it.
        unsafe { &raw const (*$view.0).$field }
    };
}

/// A flag of the struct that a view shows.
macro_rules! flag {
    ($view:ident . $field:ident) => {{
        let flag = field!($view.$field).cast::<u8>();
        // SAFETY: a byte of the live struct; any is a value of the type.
        unsafe { flag.read() != 0 }
    }};
}

/// A text of the struct that a view shows.
macro_rules! text {
    ($view:ident . $field:ident) => {{
        let text_ptr = field!($view.$field);
        // SAFETY: a pointer in the live struct: NULL, or a C string that stays as it is.
        unsafe { text(text_ptr.read()) }
    }};
}

impl<'a> Inet<'a> {
    /// The address at `ptr`. None for NULL.
    ///
    /// # Safety
    /// `ptr` is NULL or points to an address that neither it nor its texts change for `'a`.
    pub unsafe fn from_ptr(ptr: *const layout::InetSocketAddress) -> Option<Self> {
        (!ptr.is_null()).then_some(Self(ptr, PhantomData))
    }

    /// The struct, whose options may be anything where they aren't given.
    pub(super) fn as_ptr(self) -> *const layout::InetSocketAddress {
        self.0
    }

    /// Name or numeric address.
    pub fn host(self) -> Option<&'a CStr> {
        text!(self.host)
    }

    /// Service name or number.
    pub fn port(self) -> Option<&'a CStr> {
        text!(self.port)
    }

    /// Host and port for a message, as [`host_and_port`].
    pub fn host_and_port(self) -> String {
        host_and_port(self.host(), self.port())
    }

    /// Host and port are numbers: no look-up.
    pub fn is_numeric(self) -> bool {
        flag!(self.has_numeric) && flag!(self.numeric)
    }

    /// The last port to try when listening.
    pub fn last_port(self) -> Option<u16> {
        let to = field!(self.to);
        // SAFETY: a number in the live struct.
        flag!(self.has_to).then(|| unsafe { to.read() })
    }

    /// IPv4 wanted, or not, or nothing said.
    pub fn ipv4(self) -> Option<bool> {
        flag!(self.has_ipv4).then(|| flag!(self.ipv4))
    }

    /// IPv6 wanted, or not, or nothing said.
    pub fn ipv6(self) -> Option<bool> {
        flag!(self.has_ipv6).then(|| flag!(self.ipv6))
    }

    /// The family to look up (R-SOCK-5).
    pub fn family(self) -> Result<Family, NoFamily> {
        let any_host = self.host().is_none_or(CStr::is_empty);
        family::select(self.ipv4(), self.ipv6(), any_host)
    }

    /// Whether an IPv6 socket must leave IPv4 clients to others (R-SOCK-6).
    pub fn is_v6_only(self) -> bool {
        family::is_v6_only(self.ipv4(), self.ipv6())
    }

    /// Ask the kernel to probe idle connections. Counts without `has_keep_alive` (R-SOCK-15).
    pub fn keep_alive(self) -> bool {
        flag!(self.keep_alive)
    }

    /// How to probe.
    pub fn keep_alive_tuning(self) -> KeepAliveTuning {
        // SAFETY: the struct is live.
        unsafe { layout::InetSocketAddress::keep_alive_tuning(self.0) }
    }

    /// Use Multipath TCP.
    pub(crate) fn is_multipath(self) -> bool {
        flag!(self.has_mptcp) && flag!(self.mptcp)
    }

    /// The protocol of a socket for one of the answers to a look-up of this address (R-SOCK-11).
    pub fn protocol(self, resolved: &Resolved) -> c_int {
        if self.is_multipath() {
            libc::IPPROTO_MPTCP
        } else {
            resolved.protocol
        }
    }
}

impl<'a> Unix<'a> {
    /// File system path or abstract name.
    pub fn path(self) -> Option<&'a CStr> {
        text!(self.path)
    }

    /// The name is not in the file system. Counts without `has_abstract` (R-SOCK-12).
    pub fn is_abstract(self) -> bool {
        flag!(self.r#abstract)
    }

    /// The abstract name ends where the text does, which is the default.
    pub fn is_tight(self) -> bool {
        !flag!(self.has_tight) || flag!(self.tight)
    }
}

impl<'a> Vsock<'a> {
    /// Context id.
    pub fn cid(self) -> Option<&'a CStr> {
        text!(self.cid)
    }

    /// Port.
    pub fn port(self) -> Option<&'a CStr> {
        text!(self.port)
    }
}

impl<'a> Fd<'a> {
    /// Decimal number, or name in the monitor.
    pub fn name(self) -> Option<&'a CStr> {
        text!(self.str)
    }
}

/// A text of a message: what isn't given is empty.
pub fn shown(text: Option<&CStr>) -> String {
    text.map(|text| text.to_string_lossy().into_owned())
        .unwrap_or_default()
}

/// Host and port for a message: what isn't given is empty, and an IPv6 address stands in brackets, once.
pub fn host_and_port(host: Option<&CStr>, port: Option<&CStr>) -> String {
    let (host, port) = (shown(host), shown(port));
    if host.contains(':') && !host.starts_with('[') {
        format!("[{host}]:{port}")
    } else {
        format!("{host}:{port}")
    }
}

/// A socket name for a message.
pub fn shown_name(name: &SocketName) -> String {
    match resolve::numeric_text(name) {
        Ok((host, port)) => host_and_port(Some(&host), Some(&port)),
        Err(_) => format!("an address of family {}", name.family()),
    }
}

/// The failure to look up an address (R-SOCK-8, R-DNS-8).
pub fn resolution_failed<O>(
    host: Option<&CStr>,
    port: Option<&CStr>,
    reason: ResolveError,
) -> Error<O> {
    let message = format!(
        "address resolution failed for {}",
        host_and_port(host, port)
    );
    if reason.errno() == Errno::NONE {
        Error::new(format!("{message}: {reason}"))
    } else {
        Error::os(reason.errno(), message)
    }
}

/// # Safety
/// `ptr` is NULL or a C string that doesn't change for `'a`.
unsafe fn text<'a>(ptr: *const c_char) -> Option<&'a CStr> {
    if ptr.is_null() {
        return None;
    }
    // SAFETY: as promised.
    Some(unsafe { CStr::from_ptr(ptr) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::ptr;

    #[test]
    fn flags_may_be_any_byte() {
        let mut address = core::mem::MaybeUninit::<layout::SocketAddress>::uninit();
        for (byte, expected) in [(0, false), (1, true), (2, true), (0xff, true)] {
            let bytes = address.as_mut_ptr().cast::<u8>();
            // SAFETY: the memory is that large.
            unsafe { ptr::write_bytes(bytes, byte, size_of::<layout::SocketAddress>()) };
            let whole = address.as_mut_ptr();
            // SAFETY: a place in the memory; so below.
            let inet = unsafe { (&raw mut (*whole).u).cast::<layout::InetSocketAddress>() };
            // SAFETY: as above.
            unsafe { (*whole).r#type = SOCKET_ADDRESS_TYPE_INET };
            for text in [
                // SAFETY: as above.
                unsafe { &raw mut (*inet).host },
                // SAFETY: as above.
                unsafe { &raw mut (*inet).port },
            ] {
                // SAFETY: as above.
                unsafe { text.write(ptr::null_mut()) };
            }
            // SAFETY: type and texts are set; the options may be anything.
            let Some(View::Inet(view)) = (unsafe { View::from_ptr(whole) }) else {
                panic!("not an internet address")
            };
            assert_eq!(view.keep_alive(), expected);
            assert_eq!(view.is_multipath(), expected);
            assert_eq!(view.ipv4(), expected.then_some(true));
            assert_eq!(view.last_port().is_some(), expected);
            let copy = super::super::Address::copy_of(View::Inet(view));
            let View::Inet(copied) = copy.view() else {
                panic!("not an internet address")
            };
            assert_eq!(copied.keep_alive(), expected);
            assert_eq!(copied.host(), Some(c""));
        }
    }

    #[test]
    fn an_ipv6_address_stands_in_brackets() {
        assert_eq!(host_and_port(Some(c"::1"), Some(c"1")), "[::1]:1");
        assert_eq!(host_and_port(Some(c"[::1]"), Some(c"1")), "[::1]:1");
        assert_eq!(host_and_port(Some(c"host"), Some(c"1")), "host:1");
        assert_eq!(host_and_port(None, Some(c"1")), ":1");
        assert_eq!(host_and_port(Some(c""), None), ":");
    }
}
