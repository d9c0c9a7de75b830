//! Socket names as addresses, and the end of a listening socket's name.

use core::ffi::c_int;

use super::c_text;
use crate::error::Error;
use abi::address::{Address, InetFields};
use platform::os::resolve;
use platform::os::socket;
use platform::os::socket_file;
use platform::os::socket_name::{SocketName, UnixName};

/// The address of a socket name (R-SOCK-18).
pub(crate) fn to_address(name: &SocketName) -> Result<Address, Error> {
    match name.family() {
        family @ (libc::AF_INET | libc::AF_INET6) => {
            let (host, port) = resolve::numeric_text(name).map_err(|reason| {
                Error::new(format!("Cannot format numeric socket address: {reason}"))
            })?;
            let is = |wanted| (family == wanted).then_some(true);
            Ok(Address::inet(&InetFields {
                host: &host,
                port: &port,
                ipv4: is(libc::AF_INET),
                ipv6: is(libc::AF_INET6),
                ..InetFields::default()
            }))
        }
        libc::AF_UNIX => Ok(match name.unix_name() {
            Some(UnixName::Path(path)) => Address::unix(&c_text(path)),
            Some(UnixName::Abstract { name, tight }) => {
                Address::unix_abstract(&c_text(name), tight)
            }
            Some(UnixName::Unnamed) | None => Address::unix(c""),
        }),
        libc::AF_VSOCK => {
            let (cid, port) = name.vsock_name().unwrap_or_default();
            let decimal = |number: u32| c_text(number.to_string().as_bytes());
            Ok(Address::vsock(&decimal(cid), &decimal(port)))
        }
        family => Err(Error::new(format!("socket family {family} unsupported"))),
    }
}

/// The address of this end.
pub(crate) fn local_address(fd: c_int) -> Result<Address, Error> {
    let name = socket::local_name(fd)
        .map_err(|errno| Error::os(errno, "Unable to query local socket address"))?;
    to_address(&name)
}

/// The address of the other end.
#[cfg_attr(
    not(inet_connect),
    allow(dead_code, reason = "for socket_remote_address")
)]
pub(crate) fn peer_address(fd: c_int) -> Result<Address, Error> {
    let name = socket::peer_name(fd)
        .map_err(|errno| Error::os(errno, "Unable to query remote socket address"))?;
    to_address(&name)
}

/// Removes the file that listening made for a UNIX socket in this process, as long as it stands there.
/// The descriptor stays open (R-SOCK-19).
pub(crate) fn cleanup_listening(fd: c_int) -> Result<(), Error> {
    socket::local_name(fd)
        .map_err(|errno| Error::os(errno, "Unable to query local socket address"))?;
    let Some(file) = socket_file::made_for(fd) else {
        return Ok(());
    };
    remove(&file.path)?;
    socket_file::forget(fd);
    Ok(())
}

/// Removes the entry of a socket, which need not exist.
pub(super) fn remove(path: &[u8]) -> Result<(), Error> {
    socket_file::remove(path).map_err(|errno| {
        let path = String::from_utf8_lossy(path);
        Error::os(errno, format!("Failed to unlink socket {path}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use abi::address::View;
    use platform::os::resolve::{Query, look_up};

    fn resolved(host: &core::ffi::CStr) -> SocketName {
        let query = Query {
            host: Some(host),
            service: Some(c"4711"),
            numeric: true,
            ..Query::default()
        };
        look_up(&query).unwrap().swap_remove(0).name
    }

    #[test]
    fn internet_names_tell_their_family() {
        for (host, v4) in [(c"127.0.0.1", true), (c"::1", false)] {
            let address = to_address(&resolved(host)).unwrap();
            let View::Inet(inet) = address.view() else {
                panic!("not an internet address")
            };
            assert_eq!((inet.host(), inet.port()), (Some(host), Some(c"4711")));
            assert_eq!(inet.ipv4(), v4.then_some(true));
            assert_eq!(inet.ipv6(), (!v4).then_some(true));
            assert!(!inet.is_numeric());
        }
    }

    #[test]
    fn unix_names_keep_what_they_are() {
        let cases = [
            (SocketName::unix_padded(b"/p"), c"/p", false, true),
            (SocketName::unix(b"/p"), c"/p", false, true),
            (SocketName::unix(b"\0tight"), c"tight", true, true),
            (SocketName::unix_padded(b"\0wide"), c"wide", true, false),
            (SocketName::unix(b""), c"", false, true),
        ];
        for (name, path, is_abstract, tight) in cases {
            let address = to_address(&name.unwrap()).unwrap();
            let View::Unix(unix) = address.view() else {
                panic!("not a UNIX address")
            };
            assert_eq!(unix.path(), Some(path));
            assert_eq!((unix.is_abstract(), unix.is_tight()), (is_abstract, tight));
        }
    }

    #[test]
    fn vsock_names_are_decimal() {
        let address = to_address(&SocketName::vsock(u32::MAX, 0)).unwrap();
        let View::Vsock(vsock) = address.view() else {
            panic!("not a virtio address")
        };
        assert_eq!(
            (vsock.cid(), vsock.port()),
            (Some(c"4294967295"), Some(c"0"))
        );
    }

    #[test]
    fn other_families_are_refused() {
        let error = to_address(&SocketName::empty()).err().unwrap();
        assert_eq!(error.to_string(), "socket family 0 unsupported");
        assert!(local_address(-1).is_err());
        assert!(peer_address(-1).is_err());
    }

    #[test]
    fn a_name_too_short_for_its_family_is_an_error() {
        let whole = resolved(c"127.0.0.1");
        // SAFETY: four bytes of the name.
        let cut = unsafe { SocketName::from_ptr(whole.as_ptr(), 4) };
        let error = to_address(&cut).err().unwrap().to_string();
        assert!(error.starts_with("Cannot format numeric socket address: "));
    }

    #[test]
    fn removing_what_is_not_there_is_fine() {
        remove(b"/nonexistent-directory/socket").unwrap();
        let error = remove(b"/").unwrap_err();
        assert!(error.to_string().starts_with("Failed to unlink socket /: "));
    }
}
