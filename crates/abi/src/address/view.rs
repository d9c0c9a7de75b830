//! Reading a `SocketAddress` that somebody else owns.
//!
//! A NULL text reads as None; whether an empty one means the same is for each use to say.

use core::ffi::{CStr, c_char};
use core::mem::ManuallyDrop;
use core::ptr;

use super::family::{self, NoFamily};
use crate::layout::{
    self, KeepAliveTuning, SOCKET_ADDRESS_TYPE_FD, SOCKET_ADDRESS_TYPE_INET,
    SOCKET_ADDRESS_TYPE_UNIX, SOCKET_ADDRESS_TYPE_VSOCK, SocketAddressType,
};
use platform::os::abort::misuse;
use platform::os::resolve::Family;

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
pub struct Inet<'a>(&'a layout::InetSocketAddress);

/// The name of a UNIX socket.
#[derive(Clone, Copy)]
pub struct Unix<'a>(&'a layout::UnixSocketAddress);

/// The numbers of a virtio socket, as texts.
#[derive(Clone, Copy)]
pub struct Vsock<'a>(&'a layout::VsockSocketAddress);

/// A descriptor's number or name.
#[derive(Clone, Copy)]
pub struct Fd<'a>(&'a layout::FdSocketAddress);

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
        // SAFETY: as promised. A bool that C wrote is 0 or 1.
        let address = unsafe { ptr.as_ref() }?;
        let branch = &address.u;
        Some(match address.r#type {
            // SAFETY: the type says that this branch is in force; so below.
            SOCKET_ADDRESS_TYPE_INET => Self::Inet(Inet(unsafe { &branch.inet })),
            // SAFETY: as above.
            SOCKET_ADDRESS_TYPE_UNIX => Self::Unix(Unix(unsafe { &branch.q_unix })),
            // SAFETY: as above.
            SOCKET_ADDRESS_TYPE_VSOCK => Self::Vsock(Vsock(unsafe { &branch.vsock })),
            // SAFETY: as above.
            SOCKET_ADDRESS_TYPE_FD => Self::Fd(Fd(unsafe { &branch.fd })),
            unknown => unknown_type(unknown),
        })
    }
}

impl View<'_> {
    /// A bytewise copy, whose texts stay with the viewed address.
    pub(super) fn to_layout(self) -> layout::SocketAddress {
        use layout::SocketAddressBranch as Branch;
        let (r#type, u) = match self {
            Self::Inet(Inet(inet)) => {
                let inet = bytewise(inet);
                (SOCKET_ADDRESS_TYPE_INET, Branch { inet })
            }
            Self::Unix(Unix(unix)) => {
                let q_unix = bytewise(unix);
                (SOCKET_ADDRESS_TYPE_UNIX, Branch { q_unix })
            }
            Self::Vsock(Vsock(vsock)) => {
                let vsock = bytewise(vsock);
                (SOCKET_ADDRESS_TYPE_VSOCK, Branch { vsock })
            }
            Self::Fd(Fd(fd)) => {
                let fd = bytewise(fd);
                (SOCKET_ADDRESS_TYPE_FD, Branch { fd })
            }
        };
        layout::SocketAddress { r#type, u }
    }
}

impl<'a> Inet<'a> {
    /// The address at `ptr`. None for NULL.
    ///
    /// # Safety
    /// `ptr` is NULL or points to an address that neither it nor its texts change for `'a`.
    pub unsafe fn from_ptr(ptr: *const layout::InetSocketAddress) -> Option<Self> {
        // SAFETY: as promised. A bool that C wrote is 0 or 1.
        unsafe { ptr.as_ref() }.map(Self)
    }

    /// The struct.
    pub(super) fn as_layout(self) -> &'a layout::InetSocketAddress {
        self.0
    }

    /// Name or numeric address.
    pub fn host(self) -> Option<&'a CStr> {
        // SAFETY: a text of the viewed address.
        unsafe { text(self.0.host) }
    }

    /// Service name or number.
    pub fn port(self) -> Option<&'a CStr> {
        // SAFETY: a text of the viewed address.
        unsafe { text(self.0.port) }
    }

    /// Host and port for a message: what isn't given is empty.
    pub fn host_and_port(self) -> String {
        format!("{}:{}", shown(self.host()), shown(self.port()))
    }

    /// Host and port are numbers: no look-up.
    pub fn is_numeric(self) -> bool {
        self.0.has_numeric && self.0.numeric
    }

    /// The last port to try when listening.
    pub fn last_port(self) -> Option<u16> {
        self.0.has_to.then_some(self.0.to)
    }

    /// IPv4 wanted, or not, or nothing said.
    pub fn ipv4(self) -> Option<bool> {
        self.0.has_ipv4.then_some(self.0.ipv4)
    }

    /// IPv6 wanted, or not, or nothing said.
    pub fn ipv6(self) -> Option<bool> {
        self.0.has_ipv6.then_some(self.0.ipv6)
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
        self.0.keep_alive
    }

    /// How to probe.
    pub fn keep_alive_tuning(self) -> KeepAliveTuning {
        self.0.keep_alive_tuning()
    }

    /// Use Multipath TCP.
    pub fn is_multipath(self) -> bool {
        self.0.has_mptcp && self.0.mptcp
    }
}

impl<'a> Unix<'a> {
    /// File system path or abstract name.
    pub fn path(self) -> Option<&'a CStr> {
        // SAFETY: a text of the viewed address.
        unsafe { text(self.0.path) }
    }

    /// The name is not in the file system. Counts without `has_abstract` (R-SOCK-12).
    pub fn is_abstract(self) -> bool {
        self.0.r#abstract
    }

    /// The abstract name ends where the text does, which is the default.
    pub fn is_tight(self) -> bool {
        !self.0.has_tight || self.0.tight
    }
}

impl<'a> Vsock<'a> {
    /// Context id.
    pub fn cid(self) -> Option<&'a CStr> {
        // SAFETY: a text of the viewed address.
        unsafe { text(self.0.cid) }
    }

    /// Port.
    pub fn port(self) -> Option<&'a CStr> {
        // SAFETY: a text of the viewed address.
        unsafe { text(self.0.port) }
    }
}

impl<'a> Fd<'a> {
    /// Decimal number, or name in the monitor.
    pub fn name(self) -> Option<&'a CStr> {
        // SAFETY: a text of the viewed address.
        unsafe { text(self.0.str) }
    }
}

/// A bytewise copy of a branch.
fn bytewise<T>(original: &T) -> ManuallyDrop<T> {
    // SAFETY: numbers and pointers, which own nothing by themselves.
    ManuallyDrop::new(unsafe { ptr::read(original) })
}

/// A text of a message: what isn't given is empty.
pub fn shown(text: Option<&CStr>) -> String {
    text.map(|text| text.to_string_lossy().into_owned())
        .unwrap_or_default()
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
