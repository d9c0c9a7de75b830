//! The methods that a channel's class fills in, as safe calls.
//!
//! A method gets an error slot of its own, and the error object that it leaves there is what the
//! [`Error`] carries. Which methods exist, and with which arguments, differs between profiles here
//! and in the class structs.

use core::ffi::{c_int, c_uint, c_void};
use core::marker::PhantomData;
use core::ptr;

use libc::{off_t, size_t, ssize_t};

use super::channel::Channel;
use super::watch::WatchSource;
use abi::layout::{self, QIO_CHANNEL_ERR_BLOCK};
use host::aio::{Context, Handlers, Places};
use host::error::{Error, catch, stored};
use platform::os::abort::misuse;
use platform::os::errno;
use platform::os::fd_list::{PassedFds, ReceivedFds};
use platform::os::iov::{self, Access, IoVec, IoVecMut, Readable, Writable};
use registry::channel::Record;

/// `io_create_watch`.
pub type CreateWatch =
    unsafe extern "C" fn(ioc: *mut layout::QIOChannel, condition: u32) -> *mut glib_sys::GSource;

/// A transfer that has not failed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Transfer {
    /// So many bytes, at most `isize::MAX`.
    Done(usize),
    /// It would have to wait.
    WouldBlock,
}

/// Whether a flush found that all was copied after all: then zero-copy is not worth its while.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Flushed {
    /// Something was sent without a copy, or nothing was sent.
    WithoutCopy,
    /// All was copied.
    Copied,
}

/// Calls a transfer method: what it returned says whether it has failed, errno why (R-CHAN-5).
#[inline(always)]
fn transfer(
    name: &'static str,
    method: impl FnOnce(*mut *mut layout::Error) -> ssize_t,
    count: impl FnOnce(usize),
) -> Result<Transfer, Error> {
    let mut slot = ptr::null_mut();
    let returned = method(&raw mut slot);
    let Ok(bytes) = usize::try_from(returned) else {
        // SAFETY: what the method has stored into our slot is ours.
        let reason = unsafe { why_not(returned, slot, name) };
        // Built here, so that the common result never gets into memory.
        return match reason {
            None => Ok(Transfer::WouldBlock),
            Some(error) => Err(error),
        };
    };
    if !slot.is_null() {
        // SAFETY: as above. An error beside a success is freed.
        drop::<Option<Error>>(unsafe { stored(slot) });
    }
    count(bytes);
    Ok(Transfer::Done(bytes))
}

/// Why a transfer method moved nothing; None if it would have to wait.
///
/// # Safety
/// `slot` is NULL or an error object that nobody else owns.
#[cold]
#[inline(never)]
unsafe fn why_not(
    returned: ssize_t,
    slot: *mut layout::Error,
    name: &'static str,
) -> Option<Error> {
    // SAFETY: as promised.
    let error = unsafe { stored(slot) };
    (returned != QIO_CHANNEL_ERR_BLOCK as ssize_t).then(|| failure(error, name))
}

/// Calls a method that returns 0 or more, or fails with -1.
fn number(
    name: &'static str,
    method: impl FnOnce(*mut *mut layout::Error) -> c_int,
) -> Result<u32, Error> {
    let (returned, error) = catch(method);
    u32::try_from(returned).map_err(|_| failure(error, name))
}

/// The error that a method has left behind. Some fail without one, and get one here: callers report it
/// without asking whether it is there (R-CHAN-5).
#[cold]
fn failure(error: Option<Error>, name: &'static str) -> Error {
    error.unwrap_or_else(|| {
        let message = format!("The {name} method of the channel's class failed without an error");
        Error::untold(errno::last(), message)
    })
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
        iov: &[IoVecMut<'_>],
        fds: ReceivedFds<'_>,
        flags: c_int,
    ) -> Result<Transfer, Error> {
        // SAFETY: the class is live and its methods don't change.
        let Some(method) = (unsafe { (*self.class()).io_readv }) else {
            missing("qio_channel_readv_full", "io_readv")
        };
        let (ioc, elements) = (self.as_ptr(), iov::as_ptr(iov));
        let (fds, nfds) = fds.as_ptr();
        let count = |bytes| {
            // What is only looked at will be read.
            #[cfg(readv_flags)]
            if flags & layout::QIO_CHANNEL_READ_FLAG_MSG_PEEK != 0 {
                return;
            }
            self.record().add_read(bytes);
        };
        #[cfg(not(readv_flags))]
        let result = {
            let _ = flags;
            // SAFETY: the channel is of the class; elements, descriptors and error slot are valid
            // for the call.
            let call = |errp| unsafe { method(ioc, elements, iov.len(), fds, nfds, errp) };
            transfer("io_readv", call, count)
        };
        #[cfg(readv_flags)]
        let result = {
            // SAFETY: the channel is of the class; elements, descriptors and error slot are valid
            // for the call.
            let call = |errp| unsafe { method(ioc, elements, iov.len(), fds, nfds, flags, errp) };
            transfer("io_readv", call, count)
        };
        result
    }

    /// Calls `io_writev`.
    #[inline]
    pub fn io_writev(
        &self,
        iov: &[IoVec<'_>],
        fds: PassedFds<'_>,
        flags: c_int,
    ) -> Result<Transfer, Error> {
        // SAFETY: the class is live and its methods don't change.
        let Some(method) = (unsafe { (*self.class()).io_writev }) else {
            missing("qio_channel_writev_full", "io_writev")
        };
        let (ioc, elements) = (self.as_ptr(), iov::as_ptr(iov));
        let (fds, nfds) = (fds.as_ptr(), fds.len());
        // SAFETY: the channel is of the class; elements, descriptors and error slot are valid for
        // the call.
        let call = |errp| unsafe { method(ioc, elements, iov.len(), fds, nfds, flags, errp) };
        transfer("io_writev", call, |bytes| self.record().add_written(bytes))
    }

    /// Calls `io_close`.
    pub fn io_close(&self) -> Result<(), Error> {
        // SAFETY: the class is live and its methods don't change.
        let Some(method) = (unsafe { (*self.class()).io_close }) else {
            missing("qio_channel_close", "io_close")
        };
        // SAFETY: the channel is of the class.
        number("io_close", |errp| unsafe { method(self.as_ptr(), errp) }).map(|_| ())
    }

    /// Calls `io_create_watch`; None if it returned NULL.
    pub fn io_create_watch(&self, condition: u32) -> Option<WatchSource> {
        // SAFETY: the class is live and its methods don't change.
        let Some(method) = (unsafe { (*self.class()).io_create_watch }) else {
            missing("qio_channel_create_watch", "io_create_watch")
        };
        // SAFETY: the channel is of the class.
        let source = unsafe { method(self.as_ptr(), condition) };
        // SAFETY: the method gives its one reference away (R-CHAN-53), and such a source calls its
        // callback as a `QIOChannelFunc` (R-WATCH-7).
        unsafe { WatchSource::from_ptr_full(source) }
    }

    /// The class's address.
    pub(super) fn class_id(&self) -> *const c_void {
        self.class().cast()
    }

    /// The address of the `io_create_watch` method, NULL if there is none.
    pub(super) fn create_watch_id(&self) -> *const c_void {
        // SAFETY: the class is live and its methods don't change.
        unsafe { (*self.class()).io_create_watch }
            .map_or(core::ptr::null(), |method| method as *const c_void)
    }

    /// Calls `io_set_blocking`.
    pub fn io_set_blocking(&self, enabled: bool) -> Result<(), Error> {
        // SAFETY: the class is live and its methods don't change.
        let Some(method) = (unsafe { (*self.class()).io_set_blocking }) else {
            missing("qio_channel_set_blocking", "io_set_blocking")
        };
        // SAFETY: the channel is of the class.
        number("io_set_blocking", |errp| unsafe {
            method(self.as_ptr(), enabled, errp)
        })
        .map(|_| ())
    }

    /// Calls `io_shutdown`. None if the class has no such method, as below.
    pub fn io_shutdown(&self, how: c_uint) -> Result<Option<()>, Error> {
        // SAFETY: the class is live and its methods don't change.
        let method = unsafe { (*self.class()).io_shutdown };
        let Some(method) = method else {
            return Ok(None);
        };
        // SAFETY: the channel is of the class.
        number("io_shutdown", |errp| unsafe {
            method(self.as_ptr(), how, errp)
        })
        .map(|_| Some(()))
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
    pub fn io_seek(&self, offset: off_t, whence: c_int) -> Result<Option<off_t>, Error> {
        // SAFETY: the class is live and its methods don't change.
        let method = unsafe { (*self.class()).io_seek };
        let Some(method) = method else {
            return Ok(None);
        };
        // SAFETY: the channel is of the class.
        let (position, error) =
            catch(|errp| unsafe { method(self.as_ptr(), offset, whence, errp) });
        match position {
            0.. => Ok(Some(position)),
            _ => Err(failure(error, "io_seek")),
        }
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
    pub fn io_flush(&self) -> Result<Option<Flushed>, Error> {
        // SAFETY: the class is live and its methods don't change.
        let method = unsafe { (*self.class()).io_flush };
        let Some(method) = method else {
            return Ok(None);
        };
        // SAFETY: the channel is of the class.
        let flushed = number("io_flush", |errp| unsafe { method(self.as_ptr(), errp) })?;
        Ok(Some(match flushed {
            0 => Flushed::WithoutCopy,
            _ => Flushed::Copied,
        }))
    }
}

#[cfg(positional_io)]
impl Channel {
    /// The `io_preadv` method.
    pub fn preadv_method(&self) -> Option<Positioned<'_, Writable>> {
        // SAFETY: the class is live and its methods don't change.
        let method = unsafe { (*self.class()).io_preadv }?;
        Some(Positioned {
            channel: self,
            method,
            name: "io_preadv",
            count: Record::add_read,
            access: PhantomData,
        })
    }

    /// The `io_pwritev` method.
    pub fn pwritev_method(&self) -> Option<Positioned<'_, Readable>> {
        // SAFETY: the class is live and its methods don't change.
        let method = unsafe { (*self.class()).io_pwritev }?;
        Some(Positioned {
            channel: self,
            method,
            name: "io_pwritev",
            count: Record::add_written,
            access: PhantomData,
        })
    }
}

#[cfg(peerpid)]
impl Channel {
    /// Calls `io_peerpid`.
    pub fn io_peerpid(&self) -> Result<Option<c_uint>, Error> {
        // SAFETY: the class is live and its methods don't change.
        let method = unsafe { (*self.class()).io_peerpid };
        let Some(method) = method else {
            return Ok(None);
        };
        let mut pid = 0;
        // SAFETY: the channel is of the class; it stores to the variable.
        number("io_peerpid", |errp| unsafe {
            method(self.as_ptr(), &raw mut pid, errp)
        })?;
        Ok(Some(pid))
    }
}

/// Here no class has these methods.
#[cfg(not(positional_io))]
impl Channel {
    /// The `io_preadv` method.
    pub fn preadv_method(&self) -> Option<Positioned<'_, Writable>> {
        None
    }

    /// The `io_pwritev` method.
    pub fn pwritev_method(&self) -> Option<Positioned<'_, Readable>> {
        None
    }
}

/// A channel with its method to read or to write at a position.
pub struct Positioned<'c, A: Access> {
    channel: &'c Channel,
    method: unsafe extern "C" fn(
        ioc: *mut layout::QIOChannel,
        iov: *const libc::iovec,
        niov: size_t,
        offset: off_t,
        errp: *mut *mut layout::Error,
    ) -> ssize_t,
    count: fn(Record, usize),
    name: &'static str,
    access: PhantomData<A>,
}

impl<A: Access> Positioned<'_, A> {
    /// Calls the method.
    pub fn call(&self, iov: &[IoVec<'_, A>], offset: off_t) -> Result<Transfer, Error> {
        let (ioc, elements) = (self.channel.as_ptr(), iov::as_ptr(iov));
        // SAFETY: the channel is of the class that has the method; elements and error slot are
        // valid for the call.
        let call = |errp| unsafe { (self.method)(ioc, elements, iov.len(), offset, errp) };
        transfer(self.name, call, |bytes| {
            (self.count)(self.channel.record(), bytes)
        })
    }
}
