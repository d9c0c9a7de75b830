//! QAPI lists of texts and addresses in GLib memory: freeing and copying them.

use core::ffi::c_void;
use core::ptr;

use glib_sys::{g_free, g_malloc0};

use abi::address::copy;
use abi::layout::{SocketAddressList, strList};

/// Frees a list of texts; nothing for NULL.
///
/// # Safety
/// `list` is NULL or a list in GLib memory that nobody uses any more.
pub(crate) unsafe fn free_texts(mut list: *mut strList) {
    while !list.is_null() {
        // SAFETY: an element of the list, which is freed below only.
        let (next, value) = unsafe { ((*list).next, (*list).value) };
        // SAFETY: the text is GLib's and goes with its element.
        unsafe { g_free(value.cast::<c_void>()) };
        // SAFETY: the element is GLib's and was left behind.
        unsafe { g_free(list.cast::<c_void>()) };
        list = next;
    }
}

/// Frees a list of addresses with the addresses; nothing for NULL.
///
/// # Safety
/// `list` is NULL or a list in GLib memory that nobody uses any more.
pub(crate) unsafe fn free_addresses(mut list: *mut SocketAddressList) {
    while !list.is_null() {
        // SAFETY: an element of the list, which is freed below only.
        let (next, value) = unsafe { ((*list).next, (*list).value) };
        // SAFETY: the address is GLib's and goes with its element.
        unsafe { copy::free(value) };
        // SAFETY: the element is GLib's and was left behind.
        unsafe { g_free(list.cast::<c_void>()) };
        list = next;
    }
}

/// A list with deep copies of the addresses; NULL of NULL.
///
/// # Safety
/// `list` is NULL or a live list of live addresses.
pub(crate) unsafe fn copy_addresses(mut list: *const SocketAddressList) -> *mut SocketAddressList {
    let mut head = ptr::null_mut();
    let mut tail = &raw mut head;
    while !list.is_null() {
        // SAFETY: an element of the live list.
        let (next, value) = unsafe { ((*list).next, (*list).value) };
        // SAFETY: `g_malloc0` ends the process rather than return NULL; its memory is aligned for
        // any C struct.
        let copy = unsafe { g_malloc0(size_of::<SocketAddressList>()) }.cast::<SocketAddressList>();
        // SAFETY: the address is live; the element is new and zeroed.
        unsafe { (*copy).value = copy::deep_copy(value) };
        // SAFETY: `tail` is `head`, or the end of the element before.
        unsafe { *tail = copy };
        // SAFETY: `copy` lives on in the new list.
        tail = unsafe { &raw mut (*copy).next };
        list = next;
    }
    head
}
