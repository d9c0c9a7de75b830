//! QAPI's enum tables and lists.

use core::ffi::{c_char, c_int, c_void};

use super::address::SocketAddress;

/// The names of an enum's values.
#[repr(C)]
pub struct QEnumLookup {
    /// One name per value.
    pub array: *const *const c_char,
    /// Marks on values, or NULL. C code knows it as `special_features` of bytes in the 7.2
    /// profiles, as `features` of 64-bit words in the others.
    pub features: *const c_void,
    /// How many values there are.
    pub size: c_int,
}

assert_layout!(QEnumLookup, size = 24, { array @ 0, features @ 8, size @ 16 });

// SAFETY: a table is constant data, all of it.
unsafe impl Sync for QEnumLookup {}

/// A list of texts.
#[repr(C)]
pub struct strList {
    /// The rest of the list.
    pub next: *mut strList,
    /// The text.
    pub value: *mut c_char,
}

assert_layout!(strList, size = 16, { next @ 0, value @ 8 });

/// A list of addresses.
#[repr(C)]
pub struct SocketAddressList {
    /// The rest of the list.
    pub next: *mut SocketAddressList,
    /// The address.
    pub value: *mut SocketAddress,
}

assert_layout!(SocketAddressList, size = 16, { next @ 0, value @ 8 });
