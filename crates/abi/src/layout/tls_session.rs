//! What the transfers of `crypto/tlssession.h` return besides numbers of bytes.

use libc::ssize_t;

/// The transport is not ready.
pub const QCRYPTO_TLS_SESSION_ERR_BLOCK: ssize_t = -2;
/// The transport has ended without a close_notify; profiles without the switch don't tell that from
/// a failure.
pub const QCRYPTO_TLS_SESSION_PREMATURE_TERMINATION: ssize_t =
    if cfg!(premature_termination) { -3 } else { -1 };
