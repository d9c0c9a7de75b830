//! Channels made from a bare descriptor.

use super::{file, socket};
use crate::object::Ref;
use abi::layout;
use host::error::Error;
use platform::os;

/// A channel for `fd`, of the kind that suits it: anything that isn't a socket is a file, also what
/// isn't open. It owns `fd` if this succeeds, else the caller still does (R-CHAN-59).
pub fn channel(fd: i32) -> Result<Ref<layout::QIOChannel>, Error> {
    if os::socket::is_socket(fd) {
        Ok(socket::establish::from_fd(fd)?.into_upcast())
    } else {
        Ok(file::adopt(fd).into_upcast())
    }
}
