//! `io/channel-tls.h`.

#[cfg(tls_hs_ioc_tag)]
use core::ffi::c_uint;

use super::channel::{ChannelShutdown, QIOChannel};
use super::opaque::QCryptoTLSSession;

/// One end of a TLS connection. All fields are private.
#[cfg(not(tls_hs_ioc_tag))]
#[repr(C)]
pub struct QIOChannelTLS {
    /// The parent.
    pub parent: QIOChannel,
    /// What the records travel over.
    pub master: *mut QIOChannel,
    /// What encrypts them.
    pub session: *mut QCryptoTLSSession,
    /// The directions that were shut down; changed by atomic OR only.
    pub shutdown: ChannelShutdown,
}

#[cfg(not(tls_hs_ioc_tag))]
assert_layout!(QIOChannelTLS, size = 104, { parent @ 0, master @ 80, session @ 88, shutdown @ 96 });

/// One end of a TLS connection. All fields are private.
#[cfg(all(tls_hs_ioc_tag, not(tls_bye)))]
#[repr(C)]
pub struct QIOChannelTLS {
    /// The parent.
    pub parent: QIOChannel,
    /// What the records travel over.
    pub master: *mut QIOChannel,
    /// What encrypts them.
    pub session: *mut QCryptoTLSSession,
    /// The directions that were shut down; changed by atomic OR only.
    pub shutdown: ChannelShutdown,
    /// The source that the handshake waits with, 0 if none.
    pub hs_ioc_tag: c_uint,
}

#[cfg(all(tls_hs_ioc_tag, not(tls_bye)))]
assert_layout!(QIOChannelTLS, size = 104, { parent @ 0, master @ 80, session @ 88, shutdown @ 96, hs_ioc_tag @ 100 });

/// One end of a TLS connection. All fields are private.
#[cfg(tls_bye)]
#[repr(C)]
pub struct QIOChannelTLS {
    /// The parent.
    pub parent: QIOChannel,
    /// What the records travel over.
    pub master: *mut QIOChannel,
    /// What encrypts them.
    pub session: *mut QCryptoTLSSession,
    /// The directions that were shut down; changed by atomic OR only.
    pub shutdown: ChannelShutdown,
    /// The source that the handshake waits with, 0 if none.
    pub hs_ioc_tag: c_uint,
    /// The source that the end of the connection waits with, 0 if none.
    pub bye_ioc_tag: c_uint,
}

#[cfg(tls_bye)]
assert_layout!(QIOChannelTLS, size = 128, { parent @ 0, master @ 96, session @ 104, shutdown @ 112, hs_ioc_tag @ 116, bye_ioc_tag @ 120 });
