//! `qapi/qapi-types-sockets.h`: addresses.

use abi::address::copy;
use abi::layout::SocketAddress;

/// Frees an address; NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qapi_free_SocketAddress(obj: *mut SocketAddress) {
    // SAFETY: the caller gives its address away.
    unsafe { copy::free(obj) }
}
