//! Connecting to internet addresses.

use super::failed;
use crate::error::Error;
use abi::address::{Inet, keep_alive, resolution_failed, shown_name};
use abi::attempts::{Attempts, Ties};
use abi::origin;
use abi::profile;
use platform::os::fd::Descriptor;
use platform::os::resolve::{self, Query, Resolved, Usage};
use platform::os::socket;

/// A connected socket (R-SOCK-14).
pub(crate) fn inet(inet: Inet<'_>) -> Result<Descriptor, Error> {
    let answers = look_up(inet)?;
    let socket = first_to_answer(inet, &answers)?;
    keep_alive::apply(socket.as_raw(), inet)?;
    Ok(socket)
}

/// Connects to the first of the addresses that answers.
fn first_to_answer(inet: Inet<'_>, addresses: &[Resolved]) -> Result<Descriptor, Error> {
    let mut attempts = Attempts::default();
    for resolved in addresses {
        match one(inet, resolved) {
            Ok(socket) => return Ok(socket),
            Err(error) => attempts.push(shown_name(&resolved.name), error),
        }
    }
    // The resolver has at least one answer, so there is a failure.
    let failure = attempts.into_error(Ties::Last, &origin!(c"socket_connect"));
    Err(failure.unwrap_or_else(|| Error::new(failed_to_connect(inet))))
}

/// The addresses to try.
fn look_up(inet: Inet<'_>) -> Result<Vec<Resolved>, Error> {
    let given = |text: &&core::ffi::CStr| !text.is_empty();
    let host = inet.host().filter(given);
    let port = inet.port().filter(given);
    if host.is_none() || port.is_none() {
        return Err(Error::new("host and/or port not specified"));
    }
    let query = Query {
        host,
        service: port,
        family: inet.family()?,
        usage: Usage::Stream,
        configured_only: true,
        canonical: true,
        ..Query::default()
    };
    resolve::look_up_mapped(query).map_err(|reason| resolution_failed(host, port, reason))
}

/// Connects to one address.
fn one(inet: Inet<'_>, resolved: &Resolved) -> Result<Descriptor, Error> {
    let family = resolved.name.family();
    let socket = socket::create(family, libc::SOCK_STREAM, inet.protocol(resolved))
        .map_err(failed("Failed to create a socket"))?;
    if profile::CONNECTING_REUSES_ADDRESS {
        socket::reuse_address(socket.as_raw()).map_err(failed("Failed to set SO_REUSEADDR"))?;
    }
    socket::connect(socket.as_raw(), &resolved.name).map_err(failed(failed_to_connect(inet)))?;
    Ok(socket)
}

fn failed_to_connect(inet: Inet<'_>) -> String {
    format!("Failed to connect to '{}'", inet.host_and_port())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sockets::connect as connect_to;
    use abi::address::{Address, InetFields, View};
    use abi::layout;
    use platform::os::errno::Errno;
    use platform::os::fd;
    use std::ffi::{CStr, CString};

    fn connect(fields: InetFields<'_>) -> Result<Descriptor, Error> {
        let address = Address::inet(&fields);
        let View::Inet(view) = address.view() else {
            panic!("not an internet address")
        };
        inet(view)
    }

    /// A socket with a port of its own, on which it listens if told so.
    fn bound(host: &CStr, listening: bool) -> (Descriptor, CString) {
        let query = Query {
            host: Some(host),
            numeric: true,
            ..Query::default()
        };
        let name = resolve::look_up(&query).unwrap().swap_remove(0).name;
        let socket = socket::create(name.family(), libc::SOCK_STREAM, 0).unwrap();
        socket::bind(socket.as_raw(), &name).unwrap();
        if listening {
            socket::listen(socket.as_raw(), 8).unwrap();
        }
        let port = socket::local_name(socket.as_raw()).unwrap().port().unwrap();
        (socket, CString::new(port.to_string()).unwrap())
    }

    #[test]
    fn the_socket_is_blocking_and_close_on_exec() {
        for host in [c"127.0.0.1", c"::1"] {
            let (_listener, port) = bound(host, true);
            let socket = connect(InetFields {
                host,
                port: &port,
                ..InetFields::default()
            })
            .unwrap();
            assert_eq!(fd::is_blocking(socket.as_raw()), Ok(true));
            assert_eq!(fd::is_close_on_exec(socket.as_raw()), Ok(true));
        }
    }

    #[test]
    fn all_addresses_are_tried_and_what_can_be_acted_on_is_reported() {
        let address = Address::inet(&InetFields {
            host: c"several",
            port: c"1",
            ..InetFields::default()
        });
        let View::Inet(view) = address.view() else {
            panic!("not an internet address")
        };
        let resolved = |socket: &Descriptor| Resolved {
            name: socket::local_name(socket.as_raw()).unwrap(),
            protocol: libc::IPPROTO_TCP,
        };
        let (closed, _) = bound(c"127.0.0.1", false);
        let (listener, _) = bound(c"::1", true);
        let unknown = Resolved {
            name: platform::os::socket_name::SocketName::vsock(1, 1),
            protocol: libc::IPPROTO_TCP,
        };
        let addresses = [resolved(&closed), unknown.clone(), resolved(&listener)];
        first_to_answer(view, &addresses).unwrap();

        for addresses in [
            [unknown.clone(), resolved(&closed)],
            [resolved(&closed), unknown],
        ] {
            let error = first_to_answer(view, &addresses).unwrap_err();
            assert_eq!(error.errno().code(), libc::ECONNREFUSED);
            let text = error.to_string();
            let beginning = "Failed to connect to 'several:1': Connection refused (tried ";
            assert!(text.starts_with(beginning), "{text}");
            assert!(text.contains(&format!(
                "{}: Connection refused",
                shown_name(&resolved(&closed).name)
            )));
        }
    }

    fn told(attempts: &[(&str, i32)], ties: Ties) -> Error {
        let mut all = Attempts::default();
        for (address, code) in attempts {
            let error = Error::os(Errno::new(*code), "Failed to connect to 'h:1'");
            all.push((*address).to_owned(), error);
        }
        all.into_error(ties, &origin!(c"socket_connect")).unwrap()
    }

    #[test]
    fn one_address_fails_with_its_own_failure() {
        let error = told(&[("::1", libc::EADDRNOTAVAIL)], Ties::Last);
        assert_eq!(error.errno().code(), libc::EADDRNOTAVAIL);
        let text = "Failed to connect to 'h:1': Cannot assign requested address";
        assert_eq!(error.to_string(), text);
    }

    #[test]
    fn of_several_failures_the_one_to_act_on_is_told() {
        for (codes, expected) in [
            (
                [libc::ECONNREFUSED, libc::EADDRNOTAVAIL],
                libc::ECONNREFUSED,
            ),
            (
                [libc::EADDRNOTAVAIL, libc::ECONNREFUSED],
                libc::ECONNREFUSED,
            ),
            ([libc::EHOSTUNREACH, libc::ENETUNREACH], libc::EHOSTUNREACH),
            ([libc::EAFNOSUPPORT, libc::ENETUNREACH], libc::ENETUNREACH),
        ] {
            let error = told(&[("a:1", codes[0]), ("b:1", codes[1])], Ties::First);
            assert_eq!(error.errno().code(), expected);
            let [told, a, b] = [expected, codes[0], codes[1]].map(Errno::new);
            let text = format!("Failed to connect to 'h:1': {told} (tried a:1: {a}; b:1: {b})");
            assert_eq!(error.to_string(), text);
        }
    }

    #[test]
    fn of_equal_failures_the_caller_has_the_choice() {
        let both = [("a:1", libc::ECONNREFUSED), ("b:1", libc::ETIMEDOUT)];
        let errno = |ties| told(&both, ties).errno().code();
        assert_eq!(errno(Ties::First), libc::ECONNREFUSED);
        assert_eq!(errno(Ties::Last), libc::ETIMEDOUT);
    }

    #[test]
    fn an_errno_that_an_error_does_not_tell_says_nothing_of_it() {
        let mut all = Attempts::default();
        let stale = Errno::new(libc::EADDRNOTAVAIL);
        let origin = origin!(c"socket_connect");
        let object = Error::new("Out of order").into_object(&origin);
        all.push("a:1".to_owned(), Error::object(object, stale));
        all.push("b:1".to_owned(), Error::os(stale, "Failed"));
        let text = all.into_error(Ties::Last, &origin).unwrap().to_string();
        assert!(
            text.starts_with("Out of order (tried a:1: Out of order; b:1: Cannot"),
            "{text}"
        );
    }

    #[test]
    fn a_port_has_16_bits() {
        for port in [c"65536", c"65616", c"-1", c"+80", c" 80", c"0x50"] {
            let error = connect(InetFields {
                host: c"127.0.0.1",
                port,
                ..InetFields::default()
            });
            let port = port.to_string_lossy();
            let text = format!(
                "address resolution failed for 127.0.0.1:{port}: a port is a number from 0 to 65535"
            );
            assert_eq!(error.unwrap_err().to_string(), text);
        }
    }

    #[test]
    fn options_take_effect() {
        let (_listener, port) = bound(c"127.0.0.1", true);
        let socket = connect(InetFields {
            host: c"127.0.0.1",
            port: &port,
            keep_alive: Some(true),
            mptcp: Some(true),
            // Without effect here (R-SOCK-14).
            numeric: Some(true),
            to: Some(1),
            ..InetFields::default()
        })
        .unwrap();
        let option = |name| socket::option(socket.as_raw(), libc::SOL_SOCKET, name).unwrap();
        assert_eq!(option(libc::SO_KEEPALIVE), 1);
        assert_eq!(option(libc::SO_PROTOCOL), libc::IPPROTO_MPTCP);
        let reused = option(libc::SO_REUSEADDR) == 1;
        assert_eq!(reused, profile::CONNECTING_REUSES_ADDRESS);
    }

    #[test]
    fn a_refusal_names_host_and_port() {
        let (_closed, port) = bound(c"127.0.0.1", false);
        let error = connect(InetFields {
            host: c"127.0.0.1",
            port: &port,
            ..InetFields::default()
        })
        .unwrap_err();
        assert_eq!(error.errno().code(), libc::ECONNREFUSED);
        let port = port.to_string_lossy();
        let message = format!("Failed to connect to '127.0.0.1:{port}': Connection refused");
        assert_eq!(error.to_string(), message);
    }

    #[test]
    fn host_and_port_are_needed() {
        let given = [(c"", c"1"), (c"h", c"")];
        for (host, port) in given {
            let error = connect(InetFields {
                host,
                port,
                ..InetFields::default()
            });
            let message = "host and/or port not specified";
            assert_eq!(error.unwrap_err().to_string(), message);
        }
        // SAFETY: all zeros are an address without texts.
        let address: layout::SocketAddress = unsafe { core::mem::zeroed() };
        // SAFETY: `address` is live.
        let view = unsafe { View::from_ptr(&raw const address) }.unwrap();
        assert!(connect_to(view).is_err());
    }

    #[test]
    fn a_service_that_does_not_exist_is_a_resolver_failure() {
        let error = connect(InetFields {
            host: c"127.0.0.1",
            port: c"no-such-service",
            ..InetFields::default()
        });
        let text = error.unwrap_err().to_string();
        let beginning = "address resolution failed for 127.0.0.1:no-such-service: ";
        assert!(text.starts_with(beginning), "{text}");
    }
}
