//! What the transfers of `io/channel.h` have in common: the caller's channel and memory, and the way back.

use core::ffi::{c_int, c_void};

use libc::{iovec, size_t, ssize_t};

use super::convert::{read_or_propagate, status_or_propagate, transfer_or_propagate};
use crate::logic::transfer::Read;
use crate::object::channel::Channel;
use crate::object::channel_class::Transfer;
use abi::layout::{self, Byte, QIOChannel};
use host::error::{Error, Origin};
use platform::os::abort::misuse;
use platform::os::iov::{Access, IoVec, Readable, Writable};

/// A channel and the memory of a transfer, and where its error goes.
///
/// What it points to is valid for `'a`. The result goes back by one of the three last methods, once.
pub(super) struct ChannelCall<'a, M> {
    pub(super) channel: &'a Channel,
    pub(super) memory: M,
    errp: *mut *mut layout::Error,
    origin: &'static Origin,
}

impl<'a, A: Access> ChannelCall<'a, &'a [IoVec<'a, A>]> {
    /// With a scatter/gather list.
    ///
    /// # Safety
    /// As for [`Self::new`], and the elements are valid for `'a`.
    #[inline(always)]
    pub(super) unsafe fn of_list(
        ioc: *mut QIOChannel,
        iov: *const iovec,
        niov: size_t,
        errp: *mut *mut layout::Error,
        origin: &'static Origin,
    ) -> Self {
        // SAFETY: as promised.
        unsafe { Self::new(ioc, IoVec::array(iov, niov), errp, origin) }
    }
}

/// With one piece of memory, which stands beside it: its address is given away, and the rest can stay in registers.
impl<'a> ChannelCall<'a, ()> {
    /// With memory to fill.
    ///
    /// # Safety
    /// As for [`Self::new`], and the memory is valid for `'a`.
    #[inline(always)]
    pub(super) unsafe fn filling(
        ioc: *mut QIOChannel,
        buf: *mut Byte,
        buflen: size_t,
        errp: *mut *mut layout::Error,
        origin: &'static Origin,
    ) -> (Self, [IoVec<'a, Writable>; 1]) {
        // SAFETY: as promised.
        let memory = unsafe { IoVec::from_raw_mut(buf.cast::<c_void>(), buflen) };
        // SAFETY: as promised.
        (unsafe { Self::new(ioc, (), errp, origin) }, [memory])
    }

    /// With memory to write.
    ///
    /// # Safety
    /// As for [`Self::new`], and the memory is valid for `'a`.
    #[inline(always)]
    pub(super) unsafe fn writing(
        ioc: *mut QIOChannel,
        buf: *const Byte,
        buflen: size_t,
        errp: *mut *mut layout::Error,
        origin: &'static Origin,
    ) -> (Self, [IoVec<'a, Readable>; 1]) {
        // SAFETY: as promised.
        let memory = unsafe { IoVec::from_raw(buf.cast::<c_void>(), buflen) };
        // SAFETY: as promised.
        (unsafe { Self::new(ioc, (), errp, origin) }, [memory])
    }
}

impl<'a, M> ChannelCall<'a, M> {
    /// Ends the process if `ioc` is NULL.
    ///
    /// # Safety
    /// `ioc` is NULL or a channel that lives for `'a`, and `errp` is NULL, `&error_abort`, `&error_fatal`,
    /// or points to an empty `Error *` that does.
    #[inline(always)]
    unsafe fn new(
        ioc: *mut QIOChannel,
        memory: M,
        errp: *mut *mut layout::Error,
        origin: &'static Origin,
    ) -> Self {
        // SAFETY: as promised.
        let Some(channel) = (unsafe { Channel::from_ptr(ioc) }) else {
            misuse(
                &origin.function.to_string_lossy(),
                format_args!("ioc is NULL"),
            );
        };
        Self {
            channel,
            memory,
            errp,
            origin,
        }
    }

    /// As [`transfer_or_propagate`].
    #[inline(always)]
    pub(super) fn transferred(self, result: Result<Transfer, Error>) -> ssize_t {
        // SAFETY: as promised to `new`.
        unsafe { transfer_or_propagate(result, self.errp, self.origin) }
    }

    /// As [`read_or_propagate`].
    #[inline(always)]
    pub(super) fn read(self, result: Result<Read, Error>) -> c_int {
        // SAFETY: as promised to `new`.
        unsafe { read_or_propagate(result, self.errp, self.origin) }
    }

    /// As [`status_or_propagate`].
    #[inline(always)]
    pub(super) fn status(self, result: Result<(), Error>) -> c_int {
        // SAFETY: as promised to `new`.
        unsafe { status_or_propagate(result, self.errp, self.origin) }
    }
}
