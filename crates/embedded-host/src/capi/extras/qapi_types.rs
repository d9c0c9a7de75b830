//! `qapi/qapi-builtin-types.h`, `qapi/qapi-types-common.h` and `qapi/qapi-types-sockets.h`, but for
//! the enums' tables, which are in [`crate::qapi::tables`]. NULL is fine everywhere.

use crate::capi::exports::exports;
use crate::qapi::{legacy, lists};
use abi::address::copy;
use abi::layout::{
    FdSocketAddress, FdSocketAddressWrapper, InetSocketAddress, InetSocketAddressBase,
    InetSocketAddressWrapper, SocketAddressLegacy, SocketAddressList, UnixSocketAddress,
    UnixSocketAddressWrapper, VsockSocketAddress, VsockSocketAddressWrapper, strList,
};

/// Functions that free what the caller gives away.
macro_rules! free {
    ($header:literal; $( $(#[$attribute:meta])* fn $name:ident: $record:ty => $free:path; )*) => {
        exports! { $header; $(
            $(#[$attribute])*
            fn $name(obj: (*mut $record)) -> () {
                $free(obj);
            }
        )* }
    };
}

free! { "qapi/qapi-builtin-types.h";
    fn qapi_free_strList: strList => lists::free_texts;
}

#[cfg(not(fd_socket_address))]
free! { "qapi/qapi-types-common.h";
    fn qapi_free_String: FdSocketAddress => copy::free;
}

free! { "qapi/qapi-types-sockets.h";
    #[cfg(fd_socket_address)]
    fn qapi_free_FdSocketAddress: FdSocketAddress => copy::free;
    fn qapi_free_InetSocketAddressBase: InetSocketAddressBase => copy::free;
    fn qapi_free_InetSocketAddress: InetSocketAddress => copy::free;
    fn qapi_free_UnixSocketAddress: UnixSocketAddress => copy::free;
    fn qapi_free_VsockSocketAddress: VsockSocketAddress => copy::free;
    fn qapi_free_SocketAddressList: SocketAddressList => lists::free_addresses;
    fn qapi_free_InetSocketAddressWrapper: InetSocketAddressWrapper => legacy::free_wrapper;
    fn qapi_free_UnixSocketAddressWrapper: UnixSocketAddressWrapper => legacy::free_wrapper;
    fn qapi_free_VsockSocketAddressWrapper: VsockSocketAddressWrapper => legacy::free_wrapper;
    #[cfg(not(fd_socket_address))]
    fn qapi_free_StringWrapper: FdSocketAddressWrapper => legacy::free_wrapper;
    #[cfg(fd_socket_address)]
    fn qapi_free_FdSocketAddressWrapper: FdSocketAddressWrapper => legacy::free_wrapper;
    fn qapi_free_SocketAddressLegacy: SocketAddressLegacy => legacy::free;
}
