//! QAPI structs in GLib memory: deep copies and their end.

use core::ffi::{c_char, c_void};
use core::ptr;

use glib_sys::{g_free, g_malloc, g_strdup};

use super::view;
use crate::layout::{
    FdSocketAddress, InetSocketAddress, InetSocketAddressBase, SOCKET_ADDRESS_TYPE_FD,
    SOCKET_ADDRESS_TYPE_INET, SOCKET_ADDRESS_TYPE_UNIX, SOCKET_ADDRESS_TYPE_VSOCK, SocketAddress,
    UnixSocketAddress, VsockSocketAddress,
};

/// A QAPI struct: scalars, and texts in GLib memory that it owns.
///
/// # Safety
/// `for_each_text` shows every text that the struct owns, and nothing else.
pub unsafe trait Record {
    /// Calls `visit` with the place of each text in force.
    ///
    /// # Safety
    /// `this` points to a struct of this type, or a bytewise copy of one, that `visit` may write.
    unsafe fn for_each_text(this: *mut Self, visit: impl FnMut(*mut *mut c_char));
}

// SAFETY: the two pointers are all there is.
unsafe impl Record for InetSocketAddressBase {
    unsafe fn for_each_text(this: *mut Self, mut visit: impl FnMut(*mut *mut c_char)) {
        // SAFETY: `this` is live, so its fields are places.
        unsafe {
            visit(&raw mut (*this).host);
            visit(&raw mut (*this).port);
        }
    }
}

// SAFETY: host and port are the pointers of the struct.
unsafe impl Record for InetSocketAddress {
    unsafe fn for_each_text(this: *mut Self, mut visit: impl FnMut(*mut *mut c_char)) {
        // SAFETY: `this` is live, so its fields are places.
        unsafe {
            visit(&raw mut (*this).host);
            visit(&raw mut (*this).port);
        }
    }
}

// SAFETY: the path is the only pointer of the struct.
unsafe impl Record for UnixSocketAddress {
    unsafe fn for_each_text(this: *mut Self, mut visit: impl FnMut(*mut *mut c_char)) {
        // SAFETY: `this` is live, so its fields are places.
        unsafe { visit(&raw mut (*this).path) }
    }
}

// SAFETY: context id and port are the pointers of the struct.
unsafe impl Record for VsockSocketAddress {
    unsafe fn for_each_text(this: *mut Self, mut visit: impl FnMut(*mut *mut c_char)) {
        // SAFETY: `this` is live, so its fields are places.
        unsafe {
            visit(&raw mut (*this).cid);
            visit(&raw mut (*this).port);
        }
    }
}

// SAFETY: `str` is the only field.
unsafe impl Record for FdSocketAddress {
    unsafe fn for_each_text(this: *mut Self, mut visit: impl FnMut(*mut *mut c_char)) {
        // SAFETY: `this` is live, so its fields are places.
        unsafe { visit(&raw mut (*this).str) }
    }
}

// SAFETY: the texts are those of the branch that the type chooses.
unsafe impl Record for SocketAddress {
    unsafe fn for_each_text(this: *mut Self, visit: impl FnMut(*mut *mut c_char)) {
        // SAFETY: `this` is live.
        let (chosen, branch) = unsafe { ((*this).r#type, &raw mut (*this).u) };
        match chosen {
            SOCKET_ADDRESS_TYPE_INET => {
                // SAFETY: the branch in force is at the start of the union; so below.
                unsafe { Record::for_each_text(branch.cast::<InetSocketAddress>(), visit) }
            }
            SOCKET_ADDRESS_TYPE_UNIX => {
                // SAFETY: as above.
                unsafe { Record::for_each_text(branch.cast::<UnixSocketAddress>(), visit) }
            }
            SOCKET_ADDRESS_TYPE_VSOCK => {
                // SAFETY: as above.
                unsafe { Record::for_each_text(branch.cast::<VsockSocketAddress>(), visit) }
            }
            SOCKET_ADDRESS_TYPE_FD => {
                // SAFETY: as above.
                unsafe { Record::for_each_text(branch.cast::<FdSocketAddress>(), visit) }
            }
            unknown => view::unknown_type(unknown),
        }
    }
}

/// A deep copy in GLib memory (R-HOST-3); NULL of NULL (R-QAPI-4). No host is asked for it
/// (R-HOST-11).
///
/// # Safety
/// `src` is NULL or points to a live struct whose texts are NULL or C strings.
pub unsafe fn deep_copy<T: Record>(src: *const T) -> *mut T {
    if src.is_null() {
        return ptr::null_mut();
    }
    // SAFETY: `g_malloc` ends the process rather than return NULL, and its memory is aligned for
    // any C struct.
    let copy = unsafe { g_malloc(size_of::<T>()) }.cast::<T>();
    // SAFETY: both are one `T` and the copy is new. The scalars go bytewise, so that those without
    // their `has_` flag may be anything (R-QAPI-4).
    unsafe { ptr::copy_nonoverlapping(src, copy, 1) };
    // SAFETY: `copy` is a bytewise copy of the live `src`.
    unsafe { own_texts(copy) };
    copy
}

/// Gives a bytewise copy texts of its own; a NULL text becomes an empty one (R-QAPI-4).
///
/// # Safety
/// `this` points to a bytewise copy of a struct whose texts are NULL or C strings.
pub unsafe fn own_texts<T: Record>(this: *mut T) {
    let duplicate = |slot: *mut *mut c_char| {
        // SAFETY: the slot is a text of the copy: NULL or a C string.
        let text = unsafe { *slot };
        let text = if text.is_null() { c"".as_ptr() } else { text };
        // SAFETY: `text` is a C string; the slot is the copy's.
        unsafe { *slot = g_strdup(text) };
    };
    // SAFETY: as the caller promises.
    unsafe { T::for_each_text(this, duplicate) }
}

/// Frees the texts in force and the struct; nothing for NULL (R-QAPI-2).
///
/// # Safety
/// `this` is NULL or a struct in GLib memory that is not used any more.
pub unsafe fn free<T: Record>(this: *mut T) {
    if this.is_null() {
        return;
    }
    // SAFETY: the texts are GLib's and go with the struct.
    let release = |slot: *mut *mut c_char| unsafe { g_free((*slot).cast::<c_void>()) };
    // SAFETY: the struct is live until the next line.
    unsafe { T::for_each_text(this, release) };
    // SAFETY: the struct is GLib's and not used any more.
    unsafe { g_free(this.cast::<c_void>()) }
}
