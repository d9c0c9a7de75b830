//! `QIOChannelBuffer` as Rust sees it: safe access to the fields of a buffer channel.
//!
//! The fields belong to the program as much as to the channel (R-CHAN-10): each is read when it is
//! needed. All copying stays within the `capacity` bytes at `data`, whatever `usage` and `offset`
//! say.

use core::ffi::c_void;
use core::ptr;

use glib_sys as ffi;

use super::Ref;
use super::fields::{atomic_fields, instance};
use abi::layout;
use platform::os::iov::{IoVec, IoVecMut};
use platform::sync::Striped;
use platform::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

/// The locks of `data`: no thread frees or moves what another one copies.
static CONTENTS: Striped = Striped::new();

instance!(Buffer = QIOChannelBuffer: QIOChannel, c"qio-channel-buffer");

atomic_fields!(Buffer {
    data_field: data as AtomicPtr<u8>;
    capacity_field: capacity as AtomicUsize;
    usage_field: usage as AtomicUsize;
    offset_field: offset as AtomicUsize;
});

impl Buffer {
    /// A channel over so many zeroed bytes.
    pub fn create(capacity: usize) -> Ref<layout::QIOChannelBuffer> {
        let buffer = Ref::<layout::QIOChannelBuffer>::create();
        // SAFETY: any size will do; GLib ends the process if there is no memory.
        let data = unsafe { ffi::g_malloc0(capacity) };
        buffer.data_field().store(data.cast(), Ordering::Relaxed);
        buffer.capacity_field().store(capacity, Ordering::Relaxed);
        buffer
    }

    /// Bytes of content.
    #[inline]
    pub fn usage(&self) -> usize {
        self.usage_field().load(Ordering::Relaxed)
    }

    /// Stores how many bytes are content.
    pub fn set_usage(&self, usage: usize) {
        self.usage_field().store(usage, Ordering::Relaxed);
    }

    /// Where the next transfer begins.
    #[inline]
    pub fn offset(&self) -> usize {
        self.offset_field().load(Ordering::Relaxed)
    }

    /// Stores where the next transfer begins.
    pub fn set_offset(&self, offset: usize) {
        self.offset_field().store(offset, Ordering::Relaxed);
    }

    /// Allocated bytes.
    #[inline]
    pub fn capacity(&self) -> usize {
        if self.data_field().load(Ordering::Relaxed).is_null() {
            return 0;
        }
        self.capacity_field().load(Ordering::Relaxed)
    }

    /// Enlarges the allocation to so many bytes, or leaves everything as it is and returns false.
    /// New bytes have no particular value.
    #[must_use]
    pub fn enlarge(&self, capacity: usize) -> bool {
        let guard = CONTENTS.lock(self.as_ptr());
        if capacity <= self.capacity() {
            return true;
        }
        let data = self.data_field().load(Ordering::Relaxed).cast::<c_void>();
        // SAFETY: NULL or GLib memory, as the field's owners promise (R-CHAN-7).
        let data = unsafe { ffi::g_try_realloc(data, capacity) };
        if data.is_null() {
            return false;
        }
        self.data_field().store(data.cast(), Ordering::Relaxed);
        self.capacity_field().store(capacity, Ordering::Relaxed);
        drop(guard);
        true
    }

    /// Frees the content: the channel is empty.
    pub fn release(&self) {
        let guard = CONTENTS.lock(self.as_ptr());
        let data = self.data_field().swap(ptr::null_mut(), Ordering::Relaxed);
        self.capacity_field().store(0, Ordering::Relaxed);
        self.usage_field().store(0, Ordering::Relaxed);
        self.offset_field().store(0, Ordering::Relaxed);
        drop(guard);
        // SAFETY: NULL or GLib memory that the field owned, which only users of the lock have seen.
        unsafe { ffi::g_free(data.cast::<c_void>()) };
    }

    /// The part of the allocation from `from` to `to`, as far as there is one: address and length,
    /// valid while the lock is held.
    fn part(&self, from: usize, to: usize) -> Option<(*mut u8, usize)> {
        let length = to.min(self.capacity()).checked_sub(from)?;
        let data = self.data_field().load(Ordering::Relaxed);
        (length > 0).then(|| (data.wrapping_add(from), length))
    }

    /// Zeroes the bytes from `from` to `to`.
    pub fn zero(&self, from: usize, to: usize) {
        let guard = CONTENTS.lock(self.as_ptr());
        if let Some((data, length)) = self.part(from, to) {
            // SAFETY: within the allocation.
            unsafe { ptr::write_bytes(data, 0, length) };
        }
        drop(guard);
    }

    /// Copies the bytes from `from` to `to` into the caller's memory; how many there was room for.
    pub fn copy_out(&self, from: usize, to: usize, iov: &[IoVecMut<'_>]) -> usize {
        let mut at = from;
        let guard = CONTENTS.lock(self.as_ptr());
        for element in iov {
            let Some((data, length)) = self.part(at, to) else {
                break;
            };
            let length = length.min(element.len());
            let target = element.base().cast::<u8>();
            // SAFETY: `length` bytes are within the allocation, and the element has as many, which
            // who made it promised. Callers may have pointed it at the buffer: the two may overlap.
            unsafe { ptr::copy(data, target, length) };
            at += length;
        }
        drop(guard);
        at - from
    }

    /// Copies the caller's bytes to `at`, where the allocation has room for them.
    pub fn copy_in(&self, at: usize, iov: &[IoVec<'_>]) {
        let mut at = at;
        let guard = CONTENTS.lock(self.as_ptr());
        for element in iov {
            let Some((data, length)) = self.part(at, at.saturating_add(element.len())) else {
                continue;
            };
            // SAFETY: as in `copy_out`.
            unsafe { ptr::copy(element.base().cast::<u8>(), data, length) };
            at += length;
        }
        drop(guard);
    }
}
