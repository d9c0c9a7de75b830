//! Datagram sockets with a fixed peer.

use core::ffi::CStr;

use super::failed;
use crate::error::Error;
use abi::address::{Inet, View, resolution_failed, shown_name};
use abi::attempts::{Attempts, Ties};
use abi::origin;
use platform::os::fd::Descriptor;
use platform::os::resolve::{self, Family, Query, Resolved, Usage};
use platform::os::socket;

/// A socket that sends to `remote` and receives at `local` (R-SOCK-17). Of several answers of the
/// resolver the first pair that works is used.
pub(crate) fn open(remote: View<'_>, local: Option<View<'_>>) -> Result<Descriptor, Error> {
    let remote = internet(remote)?;
    let local = local.map(internet).transpose()?;
    let mut attempts = Attempts::default();
    let mut unresolved = None;
    for peer in look_up_remote(remote)? {
        // The local address has to be of the peer's family.
        let own = match look_up_local(local, Family::from_code(peer.name.family())) {
            Ok(own) => own,
            Err(error) => {
                unresolved = Some(error);
                continue;
            }
        };
        match open_to(remote, &peer, &own) {
            Ok(socket) => return Ok(socket),
            Err(error) => attempts.push(shown_name(&peer.name), error),
        }
    }
    let failure = attempts
        .into_error(Ties::Last, &origin!(c"socket_dgram"))
        .or(unresolved);
    // The resolver has at least one answer, so there is a failure.
    Err(failure.unwrap_or_else(|| Error::new(UNSUPPORTED)))
}

const UNSUPPORTED: &str = "socket type unsupported for datagram";

fn internet(address: View<'_>) -> Result<Inet<'_>, Error> {
    match address {
        View::Inet(inet) => Ok(inet),
        _ => Err(Error::new(UNSUPPORTED)),
    }
}

/// A text that says something.
fn given(text: Option<&CStr>) -> Option<&CStr> {
    text.filter(|text| !text.is_empty())
}

fn look_up_remote(remote: Inet<'_>) -> Result<Vec<Resolved>, Error> {
    let port = given(remote.port()).ok_or_else(|| Error::new("remote port not specified"))?;
    let host = given(remote.host()).unwrap_or(c"localhost");
    let query = Query {
        host: Some(host),
        service: Some(port),
        family: remote.family()?,
        usage: Usage::Datagram,
        configured_only: true,
        canonical: true,
        ..Query::default()
    };
    resolve::look_up_mapped(query)
        .map_err(|reason| resolution_failed(Some(host), Some(port), reason))
}

/// The local address, of the peer's family.
fn look_up_local(local: Option<Inet<'_>>, family: Family) -> Result<Vec<Resolved>, Error> {
    let host = given(local.and_then(Inet::host));
    let port = given(local.and_then(Inet::port)).unwrap_or(c"0");
    let query = Query {
        host,
        service: Some(port),
        family,
        usage: Usage::Datagram,
        passive: true,
        ..Query::default()
    };
    resolve::look_up(&query).map_err(|reason| resolution_failed(host, Some(port), reason))
}

/// A socket with one of the `own` names that is connected to `peer`.
fn open_to(remote: Inet<'_>, peer: &Resolved, own: &[Resolved]) -> Result<Descriptor, Error> {
    let socket = socket::create(peer.name.family(), libc::SOCK_DGRAM, peer.protocol)
        .map_err(failed("Failed to create a socket"))?;
    let fd = socket.as_raw();
    socket::reuse_address(fd).map_err(failed("Failed to set SO_REUSEADDR"))?;
    let mut bound = Ok(());
    for resolved in own {
        let message = format!("Failed to bind socket to {}", shown_name(&resolved.name));
        bound = socket::bind(fd, &resolved.name).map_err(failed(message));
        if bound.is_ok() {
            break;
        }
    }
    bound?;
    let message = format!("Failed to connect to '{}'", remote.host_and_port());
    socket::connect(fd, &peer.name).map_err(failed(message))?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use super::*;
    use abi::address::{Address, InetFields};
    use std::ffi::CString;

    fn address(host: &CStr, port: &CStr) -> Address {
        Address::inet(&InetFields {
            host,
            port,
            ..InetFields::default()
        })
    }

    /// A socket with a port of its own.
    fn bound(host: &CStr) -> (Descriptor, CString) {
        let query = Query {
            host: Some(host),
            numeric: true,
            usage: Usage::Datagram,
            ..Query::default()
        };
        let name = resolve::look_up(&query).unwrap().swap_remove(0).name;
        let socket = socket::create(name.family(), libc::SOCK_DGRAM, 0).unwrap();
        socket::bind(socket.as_raw(), &name).unwrap();
        let port = socket::local_name(socket.as_raw()).unwrap().port().unwrap();
        (socket, CString::new(port.to_string()).unwrap())
    }

    #[test]
    fn datagrams_come_from_the_peer_only() {
        for host in [c"127.0.0.1", c"::1"] {
            let (peer, port) = bound(host);
            let (stranger, _) = bound(host);
            let local = address(host, c"");
            let socket = open(address(host, &port).view(), Some(local.view())).unwrap();
            let name = socket::local_name(socket.as_raw()).unwrap();
            socket::connect(stranger.as_raw(), &name).unwrap();
            socket::connect(peer.as_raw(), &name).unwrap();
            socket::send(stranger.as_raw(), b"stranger").unwrap();
            socket::send(peer.as_raw(), b"peer").unwrap();

            let mut bytes = [0; 16];
            assert_eq!(socket::receive(socket.as_raw(), &mut bytes), Ok(4));
            assert_eq!(&bytes[..4], b"peer");
            socket::send(socket.as_raw(), b"back").unwrap();
            assert_eq!(socket::receive(peer.as_raw(), &mut bytes), Ok(4));
        }
    }

    #[test]
    fn the_local_port_may_be_used_again() {
        let (_peer, port) = bound(c"127.0.0.1");
        let socket = open(address(c"127.0.0.1", &port).view(), None).unwrap();
        let option = socket::option(socket.as_raw(), libc::SOL_SOCKET, libc::SO_REUSEADDR);
        assert_eq!(option, Ok(1));
    }

    #[test]
    fn without_host_the_peer_is_this_machine() {
        let socket = open(address(c"", c"9").view(), None).unwrap();
        let peer = socket::peer_name(socket.as_raw()).unwrap();
        let (host, port) = resolve::numeric_text(&peer).unwrap();
        assert!(
            [c"127.0.0.1", c"::1"].contains(&host.as_c_str()),
            "{host:?}"
        );
        assert_eq!(port.as_c_str(), c"9");
    }

    #[test]
    fn the_remote_port_is_needed() {
        let error = open(address(c"127.0.0.1", c"").view(), None).unwrap_err();
        assert_eq!(error.to_string(), "remote port not specified");
    }

    #[test]
    fn only_internet_addresses_will_do() {
        let inet = address(c"127.0.0.1", c"9");
        let unix = Address::unix(c"/x");
        for (remote, local) in [(&unix, None), (&inet, Some(unix.view()))] {
            let error = open(remote.view(), local).unwrap_err();
            assert_eq!(error.to_string(), UNSUPPORTED);
        }
    }

    #[test]
    fn a_local_address_of_another_family_is_not_found() {
        let (remote, local) = (address(c"127.0.0.1", c"9"), address(c"::1", c"0"));
        let error = open(remote.view(), Some(local.view())).unwrap_err();
        let text = error.to_string();
        assert!(
            text.starts_with("address resolution failed for [::1]:0: "),
            "{text}"
        );
    }

    #[test]
    fn a_local_address_of_another_machine_cannot_be_bound() {
        let (remote, local) = (address(c"127.0.0.1", c"9"), address(c"192.0.2.1", c"0"));
        let error = open(remote.view(), Some(local.view())).unwrap_err();
        assert_eq!(error.errno().code(), libc::EADDRNOTAVAIL);
    }
}
