//! The QAPI socket address types. All strings and structs are GLib memory.

use core::ffi::{c_char, c_uint, c_void};

use super::more;

/// `SocketAddressType`: which branch of [`SocketAddress::u`] is in force.
pub type SocketAddressType = c_uint;
/// A TCP or UDP address.
pub const SOCKET_ADDRESS_TYPE_INET: SocketAddressType = 0;
/// A UNIX socket.
pub const SOCKET_ADDRESS_TYPE_UNIX: SocketAddressType = 1;
/// A virtio socket.
pub const SOCKET_ADDRESS_TYPE_VSOCK: SocketAddressType = 2;
/// A descriptor, by number or by its name in the monitor.
pub const SOCKET_ADDRESS_TYPE_FD: SocketAddressType = 3;

/// An address with the branch that `type` names.
#[repr(C)]
pub struct SocketAddress {
    /// One of `SOCKET_ADDRESS_TYPE_*`.
    pub r#type: SocketAddressType,
    /// The branch.
    pub u: SocketAddressBranch,
}

/// An address behind a pointer, as [`SocketAddressLegacy`] has it.
#[repr(C)]
pub struct SocketAddressWrapper<T> {
    /// The address.
    pub data: *mut T,
}

/// `InetSocketAddressWrapper`.
pub type InetSocketAddressWrapper = SocketAddressWrapper<InetSocketAddress>;
/// `UnixSocketAddressWrapper`.
pub type UnixSocketAddressWrapper = SocketAddressWrapper<UnixSocketAddress>;
/// `VsockSocketAddressWrapper`.
pub type VsockSocketAddressWrapper = SocketAddressWrapper<VsockSocketAddress>;
/// `FdSocketAddressWrapper`, or `StringWrapper`.
pub type FdSocketAddressWrapper = SocketAddressWrapper<FdSocketAddress>;

/// An address as older commands have it.
#[repr(C)]
pub struct SocketAddressLegacy {
    /// One of `SOCKET_ADDRESS_TYPE_*`.
    pub r#type: SocketAddressType,
    /// The branch: a wrapper, which is nothing but a pointer, of the address that `type` names.
    pub u: *mut c_void,
}

assert_layout!(SocketAddressLegacy, size = 16, { r#type @ 0, u @ 8 });

/// The branches of [`SocketAddress`].
#[repr(C)]
pub union SocketAddressBranch {
    /// For `SOCKET_ADDRESS_TYPE_INET`.
    pub inet: core::mem::ManuallyDrop<InetSocketAddress>,
    /// For `SOCKET_ADDRESS_TYPE_UNIX`.
    pub q_unix: core::mem::ManuallyDrop<UnixSocketAddress>,
    /// For `SOCKET_ADDRESS_TYPE_VSOCK`.
    pub vsock: core::mem::ManuallyDrop<VsockSocketAddress>,
    /// For `SOCKET_ADDRESS_TYPE_FD`.
    pub fd: core::mem::ManuallyDrop<FdSocketAddress>,
}

assert_layout!(SocketAddress, size = 40 + TUNING, { r#type @ 0, u @ 8 });

/// What every internet address has.
#[repr(C)]
pub struct InetSocketAddressBase {
    /// Name or numeric address.
    pub host: *mut c_char,
    /// Service name or number.
    pub port: *mut c_char,
}

assert_layout!(InetSocketAddressBase, size = 16, { host @ 0, port @ 8 });

/// `NetworkAddressFamily`: what kind of network an address is of.
pub type NetworkAddressFamily = c_uint;
/// IPv4.
pub const NETWORK_ADDRESS_FAMILY_IPV4: NetworkAddressFamily = 0;
/// IPv6.
pub const NETWORK_ADDRESS_FAMILY_IPV6: NetworkAddressFamily = 1;
/// UNIX sockets.
pub const NETWORK_ADDRESS_FAMILY_UNIX: NetworkAddressFamily = 2;
/// Virtio sockets.
pub const NETWORK_ADDRESS_FAMILY_VSOCK: NetworkAddressFamily = 3;
/// Any other.
pub const NETWORK_ADDRESS_FAMILY_UNKNOWN: NetworkAddressFamily = 4;

/// How idle connections are probed, where the profile has options for it; otherwise empty.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct KeepAliveTuning {
    /// TCP_KEEPCNT.
    pub count: Option<u32>,
    /// TCP_KEEPIDLE, in seconds.
    pub idle: Option<u32>,
    /// TCP_KEEPINTVL, in seconds.
    pub interval: Option<u32>,
}

/// Host and port of an internet address.
#[repr(C)]
pub struct InetSocketAddress {
    /// Name or numeric address; empty for any.
    pub host: *mut c_char,
    /// Service name or number.
    pub port: *mut c_char,
    /// Whether `numeric` counts.
    pub has_numeric: bool,
    /// Host and port are numbers: no look-up.
    pub numeric: bool,
    /// Whether `to` counts.
    pub has_to: bool,
    /// Last port to try when listening.
    pub to: u16,
    /// Whether `ipv4` counts.
    pub has_ipv4: bool,
    /// IPv4 wanted or not.
    pub ipv4: bool,
    /// Whether `ipv6` counts.
    pub has_ipv6: bool,
    /// IPv6 wanted or not.
    pub ipv6: bool,
    /// Whether `keep_alive` was given.
    pub has_keep_alive: bool,
    /// Ask for SO_KEEPALIVE.
    pub keep_alive: bool,
    /// Whether `keep_alive_count` counts.
    #[cfg(keep_alive_tuning)]
    pub has_keep_alive_count: bool,
    /// TCP_KEEPCNT, if non-zero.
    #[cfg(keep_alive_tuning)]
    pub keep_alive_count: u32,
    /// Whether `keep_alive_idle` counts.
    #[cfg(keep_alive_tuning)]
    pub has_keep_alive_idle: bool,
    /// TCP_KEEPIDLE in seconds, if non-zero.
    #[cfg(keep_alive_tuning)]
    pub keep_alive_idle: u32,
    /// Whether `keep_alive_interval` counts.
    #[cfg(keep_alive_tuning)]
    pub has_keep_alive_interval: bool,
    /// TCP_KEEPINTVL in seconds, if non-zero.
    #[cfg(keep_alive_tuning)]
    pub keep_alive_interval: u32,
    /// Whether `mptcp` counts.
    pub has_mptcp: bool,
    /// Use Multipath TCP.
    pub mptcp: bool,
}

/// What the numbers of TCP keep-alive move those behind them by.
const TUNING: usize = more(cfg!(keep_alive_tuning), 24);

assert_layout!(InetSocketAddress, size = 32 + TUNING, {
    host @ 0,
    port @ 8,
    has_numeric @ 16,
    numeric @ 17,
    has_to @ 18,
    to @ 20,
    has_ipv4 @ 22,
    ipv4 @ 23,
    has_ipv6 @ 24,
    ipv6 @ 25,
    has_keep_alive @ 26,
    keep_alive @ 27,
    #[cfg(keep_alive_tuning)] has_keep_alive_count @ 28,
    #[cfg(keep_alive_tuning)] keep_alive_count @ 32,
    #[cfg(keep_alive_tuning)] has_keep_alive_idle @ 36,
    #[cfg(keep_alive_tuning)] keep_alive_idle @ 40,
    #[cfg(keep_alive_tuning)] has_keep_alive_interval @ 44,
    #[cfg(keep_alive_tuning)] keep_alive_interval @ 48,
    has_mptcp @ 28 + TUNING,
    mptcp @ 29 + TUNING,
});

#[cfg(keep_alive_tuning)]
impl InetSocketAddress {
    /// The numbers of TCP keep-alive that are given.
    ///
    /// # Safety
    /// `this` points to an address, whose flags may be any bytes.
    pub unsafe fn keep_alive_tuning(this: *const Self) -> KeepAliveTuning {
        let given = |flag: *const bool, value: *const u32| {
            // SAFETY: a flag of the struct; any byte is a value of the type.
            let is_given = unsafe { flag.cast::<u8>().read() } != 0;
            // SAFETY: a number of the struct.
            is_given.then(|| unsafe { value.read() })
        };
        // SAFETY: places inside the live struct.
        unsafe {
            KeepAliveTuning {
                count: given(
                    &raw const (*this).has_keep_alive_count,
                    &raw const (*this).keep_alive_count,
                ),
                idle: given(
                    &raw const (*this).has_keep_alive_idle,
                    &raw const (*this).keep_alive_idle,
                ),
                interval: given(
                    &raw const (*this).has_keep_alive_interval,
                    &raw const (*this).keep_alive_interval,
                ),
            }
        }
    }

    /// Sets the numbers of TCP keep-alive, each with its flag.
    pub fn set_keep_alive_tuning(&mut self, tuning: KeepAliveTuning) {
        self.has_keep_alive_count = tuning.count.is_some();
        self.keep_alive_count = tuning.count.unwrap_or(0);
        self.has_keep_alive_idle = tuning.idle.is_some();
        self.keep_alive_idle = tuning.idle.unwrap_or(0);
        self.has_keep_alive_interval = tuning.interval.is_some();
        self.keep_alive_interval = tuning.interval.unwrap_or(0);
    }
}

#[cfg(not(keep_alive_tuning))]
impl InetSocketAddress {
    /// The numbers of TCP keep-alive: there are none.
    ///
    /// # Safety
    /// As with the switch.
    pub unsafe fn keep_alive_tuning(_this: *const Self) -> KeepAliveTuning {
        KeepAliveTuning::default()
    }

    /// Sets the numbers of TCP keep-alive: there is no room for them.
    pub fn set_keep_alive_tuning(&mut self, _tuning: KeepAliveTuning) {}
}

/// A UNIX socket address.
#[repr(C)]
pub struct UnixSocketAddress {
    /// File system path or abstract name.
    pub path: *mut c_char,
    /// Whether `abstract` was given; not consulted.
    pub has_abstract: bool,
    /// The name lives in the abstract name space.
    pub r#abstract: bool,
    /// Whether `tight` counts.
    pub has_tight: bool,
    /// The abstract name ends where the text ends (default), else it is padded with zeros.
    pub tight: bool,
}

assert_layout!(UnixSocketAddress, size = 16, {
    path @ 0, has_abstract @ 8, r#abstract @ 9, has_tight @ 10, tight @ 11,
});

/// A virtio socket address, both numbers as decimal text.
#[repr(C)]
pub struct VsockSocketAddress {
    /// Context id.
    pub cid: *mut c_char,
    /// Port.
    pub port: *mut c_char,
}

assert_layout!(VsockSocketAddress, size = 16, { cid @ 0, port @ 8 });

/// A descriptor (the struct is named `String` without `fd_socket_address`).
#[repr(C)]
pub struct FdSocketAddress {
    /// Decimal number, or name in the monitor.
    pub str: *mut c_char,
}

assert_layout!(FdSocketAddress, size = 8, { str @ 0 });
