//! The transport that a C program gives to a session: two functions.

use core::ffi::{c_char, c_void};
use core::ptr;

use libc::ssize_t;

use crate::error::Error;
#[cfg(session_errp)]
use crate::error::catch;
#[cfg(session_errp)]
use abi::layout::{self, QCRYPTO_TLS_SESSION_ERR_BLOCK};
#[cfg(not(session_errp))]
use platform::os::errno::{self, Errno};
use platform::os::iov::{IoVec, IoVecMut};

/// `QCryptoTLSSessionWriteFunc`
pub(crate) type WriteFunc = Option<
    unsafe extern "C" fn(
        buf: *const c_char,
        len: usize,
        opaque: *mut c_void,
        #[cfg(session_errp)] errp: *mut *mut layout::Error,
    ) -> ssize_t,
>;
/// `QCryptoTLSSessionReadFunc`
pub(crate) type ReadFunc = Option<
    unsafe extern "C" fn(
        buf: *mut c_char,
        len: usize,
        opaque: *mut c_void,
        #[cfg(session_errp)] errp: *mut *mut layout::Error,
    ) -> ssize_t,
>;

/// Why the transport has moved nothing.
#[derive(Debug)]
pub(crate) enum Stop {
    /// It isn't ready.
    Block,
    /// EINTR.
    #[cfg_attr(session_errp, allow(dead_code, reason = "by errno only"))]
    Interrupted,
    /// It has failed; the 7.2 profiles don't know why (R-TLS-9).
    Failed(Option<Error>),
}

/// The two functions, and what they get.
#[derive(Clone, Copy)]
pub(crate) struct Callbacks {
    write: WriteFunc,
    read: ReadFunc,
    opaque: *mut c_void,
}

impl Callbacks {
    /// No transport: it has failed already.
    pub(crate) const NONE: Self = Self {
        write: None,
        read: None,
        opaque: ptr::null_mut(),
    };

    /// # Safety
    /// Each function can be called with `opaque` by any thread, for as long as the session has
    /// them, as `crypto/tlssession.h` says.
    pub(crate) unsafe fn new(write: WriteFunc, read: ReadFunc, opaque: *mut c_void) -> Self {
        Self {
            write,
            read,
            opaque,
        }
    }

    /// Writes, once.
    pub(crate) fn write(self, data: IoVec<'_>) -> Result<usize, Stop> {
        let Some(write) = self.write else {
            return Err(no_transport());
        };
        let (base, len) = (data.base().cast::<c_char>(), data.len());
        #[cfg(not(session_errp))]
        // SAFETY: promised when `self` was made; the memory is readable.
        let result = outcome(unsafe { write(base, len, self.opaque) });
        #[cfg(session_errp)]
        // SAFETY: promised when `self` was made; the memory is readable, the slot empty.
        let result = outcome(catch(|errp| unsafe { write(base, len, self.opaque, errp) }));
        result
    }

    /// Reads, once; 0 is the end of file.
    pub(crate) fn read(self, room: IoVecMut<'_>) -> Result<usize, Stop> {
        let Some(read) = self.read else {
            return Err(no_transport());
        };
        let (base, len) = (room.base().cast::<c_char>(), room.len());
        #[cfg(not(session_errp))]
        // SAFETY: promised when `self` was made; the memory is writable.
        let result = outcome(unsafe { read(base, len, self.opaque) });
        #[cfg(session_errp)]
        // SAFETY: promised when `self` was made; the memory is writable, the slot empty.
        let result = outcome(catch(|errp| unsafe { read(base, len, self.opaque, errp) }));
        result
    }
}

fn no_transport() -> Stop {
    Stop::Failed(Some(Error::new("The TLS session has no transport")))
}

#[cfg(not(session_errp))]
fn outcome(result: ssize_t) -> Result<usize, Stop> {
    usize::try_from(result).map_err(|_| match errno::last() {
        Errno::EAGAIN => Stop::Block,
        Errno::EINTR => Stop::Interrupted,
        _ => Stop::Failed(None),
    })
}

#[cfg(session_errp)]
fn outcome((result, error): (ssize_t, Option<Error>)) -> Result<usize, Stop> {
    usize::try_from(result).map_err(|_| match result {
        QCRYPTO_TLS_SESSION_ERR_BLOCK => Stop::Block,
        _ => Stop::Failed(error),
    })
}
