//! Socket addresses as C structs in GLib memory.

use core::ptr::NonNull;

use super::imports;
use crate::layout;

/// An owned `SocketAddress`.
pub struct Address(NonNull<layout::SocketAddress>);

// SAFETY: plain data in GLib memory, owned by one holder.
unsafe impl Send for Address {}
// SAFETY: shared access only reads.
unsafe impl Sync for Address {}

impl Address {
    /// Takes over an address. None for NULL.
    ///
    /// # Safety
    /// `ptr` is NULL or an address in GLib memory that nobody else owns.
    pub unsafe fn from_ptr_full(ptr: *mut layout::SocketAddress) -> Option<Self> {
        NonNull::new(ptr).map(Self)
    }

    /// The address for a host function, which doesn't keep it.
    pub fn as_ptr(&self) -> *mut layout::SocketAddress {
        self.0.as_ptr()
    }

    /// Gives the address to C code, which frees it with `qapi_free_SocketAddress`.
    pub fn into_ptr(self) -> *mut layout::SocketAddress {
        let ptr = self.0.as_ptr();
        let _ = core::mem::ManuallyDrop::new(self);
        ptr
    }
}

impl Drop for Address {
    fn drop(&mut self) {
        // SAFETY: the address is ours and goes with `self`.
        unsafe { imports::qapi_free_SocketAddress(self.0.as_ptr()) }
    }
}
