//! `io/channel-tls.h`.

#[cfg(tls_hs_ioc_tag)]
use core::ffi::c_uint;

use super::channel::{ChannelShutdown, QIOChannel};
use super::more;
use super::opaque::QCryptoTLSSession;

/// One end of a TLS connection. All fields are private.
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
    #[cfg(tls_hs_ioc_tag)]
    pub hs_ioc_tag: c_uint,
    /// The source that the end of the connection waits with, 0 if none.
    #[cfg(tls_bye)]
    pub bye_ioc_tag: c_uint,
}

const PARENT: usize = size_of::<QIOChannel>();

assert_layout!(QIOChannelTLS, size = PARENT + 24 + more(cfg!(tls_bye), 8), {
    parent @ 0,
    master @ PARENT,
    session @ PARENT + 8,
    shutdown @ PARENT + 16,
    #[cfg(tls_hs_ioc_tag)] hs_ioc_tag @ PARENT + 20,
    #[cfg(tls_bye)] bye_ioc_tag @ PARENT + 24,
});
