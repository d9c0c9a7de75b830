//! The fields of an internet address as Rust values, for making one.

use core::ffi::CStr;

use glib_sys::g_strdup;

use crate::layout::{InetSocketAddress, KeepAliveTuning};

/// An internet address to be made. What is None isn't given: its `has_` flag stays off.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct InetFields<'a> {
    /// Name or numeric address; empty for any.
    pub host: &'a CStr,
    /// Service name or number.
    pub port: &'a CStr,
    /// Host and port are numbers: no look-up.
    pub numeric: Option<bool>,
    /// Last port to try when listening.
    pub to: Option<u16>,
    /// IPv4 wanted or not.
    pub ipv4: Option<bool>,
    /// IPv6 wanted or not.
    pub ipv6: Option<bool>,
    /// Ask the kernel to probe idle connections.
    pub keep_alive: Option<bool>,
    /// How to probe.
    pub keep_alive_tuning: KeepAliveTuning,
    /// Use Multipath TCP.
    pub mptcp: Option<bool>,
}

impl InetFields<'_> {
    /// The C struct, with texts in GLib memory that its owner frees.
    pub fn to_layout(self) -> InetSocketAddress {
        // SAFETY: all zeros are a valid address: NULL texts, flags off.
        let mut inet: InetSocketAddress = unsafe { core::mem::zeroed() };
        // SAFETY: `host` is a C string; so is `port`.
        inet.host = unsafe { g_strdup(self.host.as_ptr()) };
        // SAFETY: as above.
        inet.port = unsafe { g_strdup(self.port.as_ptr()) };
        inet.has_numeric = self.numeric.is_some();
        inet.numeric = self.numeric.unwrap_or(false);
        inet.has_to = self.to.is_some();
        inet.to = self.to.unwrap_or(0);
        inet.has_ipv4 = self.ipv4.is_some();
        inet.ipv4 = self.ipv4.unwrap_or(false);
        inet.has_ipv6 = self.ipv6.is_some();
        inet.ipv6 = self.ipv6.unwrap_or(false);
        inet.has_keep_alive = self.keep_alive.is_some();
        inet.keep_alive = self.keep_alive.unwrap_or(false);
        inet.set_keep_alive_tuning(self.keep_alive_tuning);
        inet.has_mptcp = self.mptcp.is_some();
        inet.mptcp = self.mptcp.unwrap_or(false);
        inet
    }
}
