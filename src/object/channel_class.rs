//! The methods that a channel's class fills in, as safe calls.
//!
//! A method gets the caller's arguments as they are and its result is passed on unchanged. Which
//! methods exist, and with which arguments, differs between profiles here and nowhere above.

use core::ffi::{c_int, c_uint, c_void};

use libc::{off_t, size_t, ssize_t};

use super::channel::Channel;
use super::descriptors::{Incoming, Outgoing};
use abi::layout::{self, QIO_CHANNEL_ERR_BLOCK};
use host::aio::{Context, Handlers, Places};
use host::error::{Errp, Stored};
use platform::glib::Source;
use platform::os::abort::misuse;
use platform::os::iov::{self, IoVec};

/// `io_create_watch`.
pub type CreateWatch =
    unsafe extern "C" fn(ioc: *mut layout::QIOChannel, condition: u32) -> *mut glib_sys::GSource;

/// What a transfer method returned.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[must_use]
pub struct Returned(ssize_t);

/// A transfer that has not failed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Transfer {
    /// So many bytes.
    Done(usize),
    /// It would have to wait.
    WouldBlock,
}

impl Returned {
    /// A failure whose error has been stored.
    pub fn failed(_: Stored) -> Self {
        Self(-1)
    }

    /// The number, for C.
    #[inline]
    pub fn value(self) -> ssize_t {
        self.0
    }

    /// Whether so many bytes were transferred, or more.
    #[inline]
    pub fn is_done(self, bytes: usize) -> bool {
        usize::try_from(self.0).is_ok_and(|done| done >= bytes)
    }

    /// What it means; the method that failed has stored its error at `errp`.
    #[inline]
    pub fn transfer(self, errp: Errp<'_>) -> Result<Transfer, Stored> {
        const WOULD_BLOCK: ssize_t = QIO_CHANNEL_ERR_BLOCK as ssize_t;
        match usize::try_from(self.0) {
            Ok(bytes) => Ok(Transfer::Done(bytes)),
            Err(_) if self.0 == WOULD_BLOCK => Ok(Transfer::WouldBlock),
            Err(_) => Err(errp.stored_by_callee()),
        }
    }
}

/// Ends the process: a class lacks a method that each must have (W-12).
#[cold]
fn missing(function: &str, method: &str) -> ! {
    misuse(
        function,
        format_args!("the channel's class has no {method} method"),
    )
}

impl Channel {
    /// The class. It lives as long as the process; its cast caches change, so it isn't borrowed.
    #[inline]
    fn class(&self) -> *const layout::QIOChannelClass {
        // SAFETY: set before anybody else saw the object, and never changed.
        unsafe { (*self.as_ptr()).parent.class }.cast()
    }

    /// Calls `io_readv`; profiles whose method has no flags leave them out.
    #[inline]
    pub fn io_readv(
        &self,
        iov: &[IoVec<'_>],
        incoming: Incoming<'_>,
        flags: c_int,
        errp: Errp<'_>,
    ) -> Returned {
        // SAFETY: the class is live and its methods don't change.
        let Some(method) = (unsafe { (*self.class()).io_readv }) else {
            missing("qio_channel_readv_full", "io_readv")
        };
        let (ioc, elements, errp) = (self.as_ptr(), iov::as_ptr(iov), errp.as_ptr());
        let (fds, nfds) = incoming.as_ptr();
        #[cfg(not(readv_flags))]
        let result = {
            let _ = flags;
            // SAFETY: the channel is of the class; elements, descriptors and `errp` are valid for
            // the call.
            unsafe { method(ioc, elements, iov.len(), fds, nfds, errp) }
        };
        #[cfg(readv_flags)]
        // SAFETY: the channel is of the class; elements, descriptors and `errp` are valid for the
        // call.
        let result = unsafe { method(ioc, elements, iov.len(), fds, nfds, flags, errp) };
        Returned(result)
    }

    /// Calls `io_writev`.
    #[inline]
    pub fn io_writev(
        &self,
        iov: &[IoVec<'_>],
        outgoing: Outgoing<'_>,
        flags: c_int,
        errp: Errp<'_>,
    ) -> Returned {
        // SAFETY: the class is live and its methods don't change.
        let Some(method) = (unsafe { (*self.class()).io_writev }) else {
            missing("qio_channel_writev_full", "io_writev")
        };
        let (ioc, elements, errp) = (self.as_ptr(), iov::as_ptr(iov), errp.as_ptr());
        let (fds, nfds) = (outgoing.as_ptr(), outgoing.len());
        // SAFETY: the channel is of the class; elements, descriptors and `errp` are valid for the
        // call.
        Returned(unsafe { method(ioc, elements, iov.len(), fds, nfds, flags, errp) })
    }

    /// Calls `io_close`.
    pub fn io_close(&self, errp: Errp<'_>) -> c_int {
        // SAFETY: the class is live and its methods don't change.
        let Some(method) = (unsafe { (*self.class()).io_close }) else {
            missing("qio_channel_close", "io_close")
        };
        // SAFETY: the channel is of the class.
        unsafe { method(self.as_ptr(), errp.as_ptr()) }
    }

    /// Calls `io_create_watch`; None if it returned NULL.
    pub fn io_create_watch(&self, condition: u32) -> Option<Source> {
        // SAFETY: the class is live and its methods don't change.
        let Some(method) = (unsafe { (*self.class()).io_create_watch }) else {
            missing("qio_channel_create_watch", "io_create_watch")
        };
        // SAFETY: the channel is of the class.
        let source = unsafe { method(self.as_ptr(), condition) };
        // SAFETY: the method gives its one reference away (R-CHAN-53).
        unsafe { Source::from_ptr_full(source) }
    }

    /// The address of the `io_create_watch` method, NULL if there is none.
    pub(super) fn create_watch_id(&self) -> *const c_void {
        // SAFETY: the class is live and its methods don't change.
        unsafe { (*self.class()).io_create_watch }
            .map_or(core::ptr::null(), |method| method as *const c_void)
    }

    /// Calls `io_set_blocking`.
    pub fn io_set_blocking(&self, enabled: bool, errp: Errp<'_>) -> c_int {
        // SAFETY: the class is live and its methods don't change.
        let Some(method) = (unsafe { (*self.class()).io_set_blocking }) else {
            missing("qio_channel_set_blocking", "io_set_blocking")
        };
        // SAFETY: the channel is of the class.
        unsafe { method(self.as_ptr(), enabled, errp.as_ptr()) }
    }

    /// Calls `io_shutdown`. None if the class has no such method, as below.
    pub fn io_shutdown(&self, how: c_uint, errp: Errp<'_>) -> Option<c_int> {
        // SAFETY: the class is live and its methods don't change.
        let method = unsafe { (*self.class()).io_shutdown }?;
        // SAFETY: the channel is of the class.
        Some(unsafe { method(self.as_ptr(), how, errp.as_ptr()) })
    }

    /// Calls `io_set_cork`.
    pub fn io_set_cork(&self, enabled: bool) -> Option<()> {
        // SAFETY: the class is live and its methods don't change.
        let method = unsafe { (*self.class()).io_set_cork }?;
        // SAFETY: the channel is of the class.
        unsafe { method(self.as_ptr(), enabled) };
        Some(())
    }

    /// Calls `io_set_delay`.
    pub fn io_set_delay(&self, enabled: bool) -> Option<()> {
        // SAFETY: the class is live and its methods don't change.
        let method = unsafe { (*self.class()).io_set_delay }?;
        // SAFETY: the channel is of the class.
        unsafe { method(self.as_ptr(), enabled) };
        Some(())
    }

    /// Calls `io_seek`.
    pub fn io_seek(&self, offset: off_t, whence: c_int, errp: Errp<'_>) -> Option<off_t> {
        // SAFETY: the class is live and its methods don't change.
        let method = unsafe { (*self.class()).io_seek }?;
        // SAFETY: the channel is of the class.
        Some(unsafe { method(self.as_ptr(), offset, whence, errp.as_ptr()) })
    }

    /// Calls `io_set_aio_fd_handler`. Profiles whose method has one context use it for both
    /// directions; there none can be left alone (R-CHAN-51).
    pub fn io_set_aio_fd_handler(&self, places: Places, handlers: Handlers) -> Option<()> {
        // SAFETY: the class is live and its methods don't change.
        let method = unsafe { (*self.class()).io_set_aio_fd_handler }?;
        let (ioc, (io_read, io_write, opaque)) = (self.as_ptr(), handlers.into_c());
        #[cfg(not(two_aio_contexts))]
        {
            let context = Context::into_ptr(places.read.or(places.write));
            // SAFETY: the channel is of the class; handlers and contexts are valid by their
            // contracts.
            unsafe { method(ioc, context, io_read, io_write, opaque) };
        }
        #[cfg(two_aio_contexts)]
        {
            let read = Context::into_ptr(places.read);
            let write = Context::into_ptr(places.write);
            // SAFETY: as the method of the other profiles.
            unsafe { method(ioc, read, io_read, write, io_write, opaque) };
        }
        Some(())
    }

    /// Calls `io_flush`.
    pub fn io_flush(&self, errp: Errp<'_>) -> Option<c_int> {
        // SAFETY: the class is live and its methods don't change.
        let method = unsafe { (*self.class()).io_flush }?;
        // SAFETY: the channel is of the class.
        Some(unsafe { method(self.as_ptr(), errp.as_ptr()) })
    }
}

/// Methods that the 7.2 profiles don't have.
#[cfg(positional_io)]
impl Channel {
    /// The `io_preadv` method.
    pub fn preadv_method(&self) -> Option<Positioned<'_>> {
        // SAFETY: the class is live and its methods don't change.
        let method = unsafe { (*self.class()).io_preadv }?;
        Some(Positioned {
            channel: self,
            method,
        })
    }

    /// The `io_pwritev` method.
    pub fn pwritev_method(&self) -> Option<Positioned<'_>> {
        // SAFETY: the class is live and its methods don't change.
        let method = unsafe { (*self.class()).io_pwritev }?;
        Some(Positioned {
            channel: self,
            method,
        })
    }

    /// Calls `io_peerpid`, which stores to `pid`.
    pub fn io_peerpid(&self, pid: &mut c_uint, errp: Errp<'_>) -> Option<c_int> {
        // SAFETY: the class is live and its methods don't change.
        let method = unsafe { (*self.class()).io_peerpid }?;
        // SAFETY: the channel is of the class.
        Some(unsafe { method(self.as_ptr(), pid, errp.as_ptr()) })
    }
}

/// In the 7.2 profiles no class has these methods.
#[cfg(not(positional_io))]
impl Channel {
    /// The `io_preadv` method.
    pub fn preadv_method(&self) -> Option<Positioned<'_>> {
        None
    }

    /// The `io_pwritev` method.
    pub fn pwritev_method(&self) -> Option<Positioned<'_>> {
        None
    }

    /// Calls `io_peerpid`, which stores to `pid`.
    pub fn io_peerpid(&self, _pid: &mut c_uint, _errp: Errp<'_>) -> Option<c_int> {
        None
    }
}

/// A channel with its method to read or to write at a position.
pub struct Positioned<'c> {
    channel: &'c Channel,
    method: unsafe extern "C" fn(
        ioc: *mut layout::QIOChannel,
        iov: *const libc::iovec,
        niov: size_t,
        offset: off_t,
        errp: *mut *mut layout::Error,
    ) -> ssize_t,
}

impl Positioned<'_> {
    /// Calls the method.
    pub fn call(&self, iov: &[IoVec<'_>], offset: off_t, errp: Errp<'_>) -> Returned {
        let (ioc, elements, errp) = (self.channel.as_ptr(), iov::as_ptr(iov), errp.as_ptr());
        // SAFETY: the channel is of the class that has the method; elements and `errp` are valid
        // for the call.
        Returned(unsafe { (self.method)(ioc, elements, iov.len(), offset, errp) })
    }
}
