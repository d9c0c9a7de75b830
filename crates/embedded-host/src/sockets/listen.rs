//! Listening on internet addresses.

use core::ffi::c_int;

use super::failed;
use crate::error::Error;
use crate::error_object::OwnedError;
use abi::address::{Inet, keep_alive, resolution_failed, shown_name};
use abi::attempts::{Attempts, Ties};
use abi::origin;
use abi::profile;
use platform::os::errno::Errno;
use platform::os::fd::Descriptor;
use platform::os::resolve::{self, Query, Resolved, Usage};
use platform::os::socket;
use platform::os::socket_name::SocketName;

/// A socket that clients can connect to: the first of the resolved addresses, and of the ports that
/// are allowed, that can be had (R-SOCK-9).
pub(super) fn inet(inet: Inet<'_>, backlog: c_int) -> Result<Descriptor, Error> {
    if inet.keep_alive() && !profile::LISTENING_KEEPS_ALIVE {
        return Err(Error::new(
            "keep-alive option is not supported for passive sockets",
        ));
    }
    let mut attempts = Attempts::default();
    for resolved in look_up(inet)? {
        if let Some(listener) = try_ports(inet, &resolved, backlog, &mut attempts)? {
            keep_alive::apply(listener.as_raw(), inet)?;
            return Ok(listener);
        }
    }
    let failure = attempts.into_error(Ties::Last, &origin!(c"socket_listen"));
    // Without an attempt the last port allowed is below the first.
    Err(failure.unwrap_or_else(|| Error::new(no_port(inet))))
}

/// The addresses to try (R-SOCK-8).
fn look_up(inet: Inet<'_>) -> Result<Vec<Resolved>, Error> {
    let family = inet.family()?;
    let host = inet
        .host()
        .ok_or_else(|| Error::new("host not specified"))?;
    let port = inet.port().filter(|port| !port.is_empty());
    let query = Query {
        host: Some(host).filter(|host| !host.is_empty()),
        // 0 has the kernel choose. The resolver wants one of host and service.
        service: Some(port.unwrap_or(c"0")),
        family,
        usage: Usage::Stream,
        passive: true,
        numeric: inet.is_numeric(),
        ..Query::default()
    };
    resolve::look_up(&query).map_err(|reason| resolution_failed(Some(host), port, reason))
}

/// Tries the ports of one address, each with a new socket. None if none of them is free.
fn try_ports(
    inet: Inet<'_>,
    resolved: &Resolved,
    backlog: c_int,
    attempts: &mut Attempts<OwnedError>,
) -> Result<Option<Descriptor>, Error> {
    let family = resolved.name.family();
    let protocol = inet.protocol(resolved);
    let first = resolved.name.port().unwrap_or(0);
    let last = inet.last_port().unwrap_or(first);
    let mut taken = None;
    for port in first..=last {
        let socket = match socket::create(family, libc::SOCK_STREAM, protocol) {
            Ok(socket) => socket,
            Err(errno) if port == first => {
                // This machine may not have the family at all: the next address may do.
                let error = Error::os(errno, "Failed to create a socket");
                attempts.push(shown_name(&resolved.name), error);
                return Ok(None);
            }
            Err(errno) => {
                let message = "Failed to recreate failed listening socket";
                return Err(Error::os(errno, message));
            }
        };
        let name = resolved.name.with_port(port);
        match start(socket.as_raw(), inet, &name, backlog) {
            Ok(()) => return Ok(Some(socket)),
            Err(error) if error.errno().code() == libc::EADDRINUSE => taken = Some(error.errno()),
            Err(error) => return Err(error),
        }
    }
    if let Some(errno) = taken {
        let error = Error::os(errno, no_port(inet));
        attempts.push(shown_name(&resolved.name), error);
    }
    Ok(None)
}

/// The words for a failure to find a port (R-SOCK-9).
fn no_port(inet: Inet<'_>) -> String {
    let first = inet.host_and_port();
    match inet.last_port() {
        Some(last) => format!("Failed to find an available port from {first} to {last}"),
        None => format!("Failed to find an available port at {first}"),
    }
}

/// Gives the socket its name and lets clients in.
fn start(fd: c_int, inet: Inet<'_>, name: &SocketName, backlog: c_int) -> Result<(), Error> {
    let place = shown_name(name);
    socket::reuse_address(fd).map_err(failed("Failed to set SO_REUSEADDR"))?;
    bind(fd, inet, name).map_err(failed(format!("Failed to bind socket to {place}")))?;
    socket::listen(fd, backlog).map_err(failed(format!("Failed to listen on socket {place}")))
}

/// Gives the socket its name, an IPv6 one together with the IPv4 half if the address allows both
/// and it is free (R-SOCK-6).
fn bind(fd: c_int, inet: Inet<'_>, name: &SocketName) -> Result<(), Errno> {
    if name.family() != libc::AF_INET6 {
        return socket::bind(fd, name);
    }
    let v6_only = inet.is_v6_only();
    set_v6_only(fd, v6_only);
    match socket::bind(fd, name) {
        Err(errno) if !v6_only && errno.code() == libc::EADDRINUSE => {
            set_v6_only(fd, true);
            socket::bind(fd, name)
        }
        result => result,
    }
}

/// A kernel that refuses has nothing to choose from.
fn set_v6_only(fd: c_int, v6_only: bool) {
    let value = c_int::from(v6_only);
    let _ = socket::set_option(fd, libc::IPPROTO_IPV6, libc::IPV6_V6ONLY, value);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sockets::connect;
    use abi::address::{Address, InetFields, View};
    use core::ffi::CStr;
    use platform::os::fd;
    use std::ffi::CString;

    fn listen(fields: InetFields<'_>) -> Result<Descriptor, Error> {
        let address = Address::inet(&fields);
        let View::Inet(view) = address.view() else {
            panic!("not an internet address")
        };
        inet(view, 1)
    }

    fn reach(host: &CStr, port: u16) -> Result<Descriptor, Error> {
        let port = CString::new(port.to_string()).unwrap();
        let address = Address::inet(&InetFields {
            host,
            port: &port,
            ..InetFields::default()
        });
        let View::Inet(view) = address.view() else {
            panic!("not an internet address")
        };
        connect::inet(view)
    }

    fn port_of(socket: &Descriptor) -> u16 {
        socket::local_name(socket.as_raw()).unwrap().port().unwrap()
    }

    fn text(port: u16) -> CString {
        CString::new(port.to_string()).unwrap()
    }

    const LOOPBACK: InetFields<'static> = InetFields {
        host: c"127.0.0.1",
        port: c"0",
        numeric: None,
        to: None,
        ipv4: None,
        ipv6: None,
        keep_alive: None,
        keep_alive_tuning: abi::layout::KeepAliveTuning {
            count: None,
            idle: None,
            interval: None,
        },
        mptcp: None,
    };

    #[test]
    fn clients_reach_either_family() {
        for host in [c"127.0.0.1", c"::1"] {
            let listener = listen(InetFields { host, ..LOOPBACK }).unwrap();
            assert_eq!(fd::is_blocking(listener.as_raw()), Ok(true));
            assert_eq!(fd::is_close_on_exec(listener.as_raw()), Ok(true));
            reach(host, port_of(&listener)).unwrap();
        }
    }

    #[test]
    fn without_port_the_kernel_chooses() {
        for host in [c"127.0.0.1", c""] {
            let listener = listen(InetFields {
                host,
                port: c"",
                ..LOOPBACK
            })
            .unwrap();
            assert_ne!(port_of(&listener), 0);
        }
    }

    #[test]
    fn without_host_there_is_an_error() {
        // SAFETY: all zeros are an internet address without texts.
        let address: abi::layout::InetSocketAddress = unsafe { core::mem::zeroed() };
        // SAFETY: `address` is live.
        let view = unsafe { Inet::from_ptr(&raw const address) }.unwrap();
        assert_eq!(inet(view, 1).unwrap_err().to_string(), "host not specified");
    }

    #[test]
    fn a_taken_port_gives_way_to_the_next() {
        let first = listen(LOOPBACK).unwrap();
        let taken = text(port_of(&first));
        let fields = InetFields {
            port: &taken,
            ..LOOPBACK
        };
        let error = listen(fields).unwrap_err();
        assert_eq!(error.errno().code(), libc::EADDRINUSE);
        let message = error.to_string();
        let place = format!("127.0.0.1:{}", port_of(&first));
        let text = format!("Failed to find an available port at {place}: Address already in use");
        assert_eq!(message, text);

        let second = listen(InetFields {
            to: Some(u16::MAX),
            ..fields
        })
        .unwrap();
        assert!(port_of(&second) > port_of(&first));
    }

    #[test]
    fn a_port_has_16_bits() {
        for port in [c"65536", c"-1", c"+80", c"80 ", c"0x50"] {
            let error = listen(InetFields { port, ..LOOPBACK }).unwrap_err();
            let port = port.to_string_lossy();
            let text = format!(
                "address resolution failed for 127.0.0.1:{port}: a port is a number from 0 to 65535"
            );
            assert_eq!(error.to_string(), text);
        }
    }

    #[test]
    fn a_range_that_ends_before_it_begins_has_no_port() {
        let error = listen(InetFields {
            port: c"2",
            to: Some(1),
            ..LOOPBACK
        });
        let message = "Failed to find an available port from 127.0.0.1:2 to 1";
        assert_eq!(error.unwrap_err().to_string(), message);
    }

    #[test]
    fn one_socket_serves_both_families_if_both_are_on() {
        let both = InetFields {
            host: c"",
            ipv4: Some(true),
            ipv6: Some(true),
            ..LOOPBACK
        };
        let listener = listen(both).unwrap();
        reach(c"::1", port_of(&listener)).unwrap();
        reach(c"127.0.0.1", port_of(&listener)).unwrap();

        // With the IPv4 half taken it serves the other.
        let half = listen(InetFields {
            host: c"0.0.0.0",
            ..LOOPBACK
        })
        .unwrap();
        let taken = text(port_of(&half));
        let listener = listen(InetFields {
            port: &taken,
            ..both
        })
        .unwrap();
        let v6_only = socket::option(listener.as_raw(), libc::IPPROTO_IPV6, libc::IPV6_V6ONLY);
        assert_eq!(v6_only, Ok(1));
    }

    #[test]
    fn ipv6_alone_leaves_ipv4_to_others() {
        let listener = listen(InetFields {
            host: c"",
            ipv6: Some(true),
            ..LOOPBACK
        })
        .unwrap();
        reach(c"::1", port_of(&listener)).unwrap();
        assert!(reach(c"127.0.0.1", port_of(&listener)).is_err());
    }

    #[test]
    fn numbers_are_not_looked_up() {
        let error = listen(InetFields {
            host: c"localhost",
            numeric: Some(true),
            ..LOOPBACK
        })
        .unwrap_err();
        let message = "address resolution failed for localhost:0: Name or service not known";
        assert_eq!(error.to_string(), message);
    }

    #[test]
    fn families_that_exclude_each_other_are_an_error() {
        let error = listen(InetFields {
            ipv4: Some(false),
            ipv6: Some(false),
            ..LOOPBACK
        });
        assert!(error.unwrap_err().to_string().starts_with("Cannot disable"));
    }

    #[test]
    fn another_failure_to_bind_ends_the_search() {
        // An address of documentation, which no machine has.
        let error = listen(InetFields {
            host: c"192.0.2.1",
            to: Some(u16::MAX),
            ..LOOPBACK
        })
        .unwrap_err();
        assert_eq!(error.errno().code(), libc::EADDRNOTAVAIL);
        let message = "Failed to bind socket to 192.0.2.1:0: Cannot assign requested address";
        assert_eq!(error.to_string(), message);
    }

    #[test]
    fn keeping_alive_depends_on_the_profile() {
        let result = listen(InetFields {
            keep_alive: Some(true),
            ..LOOPBACK
        });
        if profile::LISTENING_KEEPS_ALIVE {
            let listener = result.unwrap();
            let option = socket::option(listener.as_raw(), libc::SOL_SOCKET, libc::SO_KEEPALIVE);
            assert_eq!(option, Ok(1));
        } else {
            let message = "keep-alive option is not supported for passive sockets";
            assert_eq!(result.unwrap_err().to_string(), message);
        }
    }

    #[test]
    fn multipath_has_its_own_protocol() {
        let listener = listen(InetFields {
            mptcp: Some(true),
            ..LOOPBACK
        })
        .unwrap();
        let protocol = socket::option(listener.as_raw(), libc::SOL_SOCKET, libc::SO_PROTOCOL);
        assert_eq!(protocol, Ok(libc::IPPROTO_MPTCP));
    }
}
