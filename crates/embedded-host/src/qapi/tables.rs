//! The names of enums, which C code reads too.

use core::ffi::c_char;
use core::ptr;

use abi::layout::QEnumLookup;

/// Names for a table. Constant, so any thread may read them.
#[repr(transparent)]
struct Names<const N: usize>([*const c_char; N]);

// SAFETY: pointers to constant texts.
unsafe impl<const N: usize> Sync for Names<N> {}

static SOCKET_ADDRESS_TYPES: Names<4> = Names([
    c"inet".as_ptr(),
    c"unix".as_ptr(),
    c"vsock".as_ptr(),
    c"fd".as_ptr(),
]);

static NETWORK_ADDRESS_FAMILIES: Names<5> = Names([
    c"ipv4".as_ptr(),
    c"ipv6".as_ptr(),
    c"unix".as_ptr(),
    c"vsock".as_ptr(),
    c"unknown".as_ptr(),
]);

/// The names of `SocketAddressType`.
#[unsafe(no_mangle)]
pub(crate) static SocketAddressType_lookup: QEnumLookup = QEnumLookup {
    array: SOCKET_ADDRESS_TYPES.0.as_ptr(),
    features: ptr::null(),
    size: 4,
};

/// The names of `NetworkAddressFamily`.
#[unsafe(no_mangle)]
pub(crate) static NetworkAddressFamily_lookup: QEnumLookup = QEnumLookup {
    array: NETWORK_ADDRESS_FAMILIES.0.as_ptr(),
    features: ptr::null(),
    size: 5,
};

static QAUTHZ_LIST_POLICIES: Names<2> = Names([c"deny".as_ptr(), c"allow".as_ptr()]);

static QAUTHZ_LIST_FORMATS: Names<2> = Names([c"exact".as_ptr(), c"glob".as_ptr()]);

/// The names of `QAuthZListPolicy`.
#[unsafe(no_mangle)]
pub(crate) static QAuthZListPolicy_lookup: QEnumLookup = QEnumLookup {
    array: QAUTHZ_LIST_POLICIES.0.as_ptr(),
    features: ptr::null(),
    size: 2,
};

/// The names of `QAuthZListFormat`.
#[unsafe(no_mangle)]
pub(crate) static QAuthZListFormat_lookup: QEnumLookup = QEnumLookup {
    array: QAUTHZ_LIST_FORMATS.0.as_ptr(),
    features: ptr::null(),
    size: 2,
};
