//! What an address must not ask for, whichever host is going to use it.

use core::ffi::CStr;

use super::view::{View, resolution_failed, shown};
use crate::error::Error;
use platform::os::errno::Errno;
use platform::os::resolve;
use platform::os::socket_file::{self, Standing};

/// Refuses a port of an internet address that is no number of 16 bits, though it looks like one, and
/// a host in brackets (R-SOCK-28, R-SOCK-29).
pub fn internet<O>(address: View<'_>) -> Result<(), Error<O>> {
    let View::Inet(inet) = address else {
        return Ok(());
    };
    let port = inet.port().filter(|port| !port.is_empty());
    resolve::check(inet.host(), port)
        .map_err(|reason| resolution_failed(inet.host(), inet.port(), reason))
}

/// Refuses to listen where a file stands that isn't a socket (R-SOCK-12). A directory is for the host
/// to refuse.
pub fn path_to_listen_at<O>(path: &CStr) -> Result<(), Error<O>> {
    if socket_file::standing(path.to_bytes()) != Standing::Other {
        return Ok(());
    }
    let path = shown(Some(path));
    Err(Error::os(
        Errno::new(libc::EEXIST),
        format!("Failed to bind socket to {path}, which is not a socket"),
    ))
}
