//! `qapi/visitor.h` and `qapi/qapi-visit-sockets.h`.

use core::ffi::c_char;

use crate::capi::exports::exports;
use crate::qapi::visitor::Visitor;
use abi::layout::{
    self, FdSocketAddress, InetSocketAddress, InetSocketAddressBase, SocketAddress,
    SocketAddressList, UnixSocketAddress, VsockSocketAddress,
};

/// A struct in memory of its own, and its members: each pair of functions shows one to the visitor.
macro_rules! records {
    ($( $(#[$attribute:meta])* fn $visit:ident, fn $members:ident: $record:ty; )*) => {
        exports! { "qapi/qapi-visit-sockets.h"; $(
            $(#[$attribute])*
            fn $visit(v: visitor, _name: (*const c_char), obj: [*mut *mut $record]) -> bool, else (false) {
                v.visit(obj).map(|()| true)
            }

            $(#[$attribute])*
            fn $members(v: visitor, obj: [*mut $record]) -> bool, else (false) {
                v.visit_members(obj).map(|()| true)
            }
        )* }
    };
}

records! {
    fn visit_type_InetSocketAddressBase, fn visit_type_InetSocketAddressBase_members: InetSocketAddressBase;
    fn visit_type_InetSocketAddress, fn visit_type_InetSocketAddress_members: InetSocketAddress;
    fn visit_type_UnixSocketAddress, fn visit_type_UnixSocketAddress_members: UnixSocketAddress;
    fn visit_type_VsockSocketAddress, fn visit_type_VsockSocketAddress_members: VsockSocketAddress;
    #[cfg(not(fd_socket_address))]
    fn visit_type_String, fn visit_type_String_members: FdSocketAddress;
    #[cfg(fd_socket_address)]
    fn visit_type_FdSocketAddress, fn visit_type_FdSocketAddress_members: FdSocketAddress;
    fn visit_type_SocketAddress, fn visit_type_SocketAddress_members: SocketAddress;
}

exports! { "qapi/qapi-visit-sockets.h";
    fn visit_type_SocketAddressList(
        v: visitor, _name: (*const c_char), obj: [*mut *mut SocketAddressList],
    ) -> bool, else (false) {
        v.visit_addresses(obj).map(|()| true)
    }
}

exports! { "qapi/visitor.h";
    // NULL is fine.
    fn visit_free(v: (*mut layout::Visitor)) -> () {
        drop(Visitor::from_ptr_full(v));
    }
}
