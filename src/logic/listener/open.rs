//! Listening on all addresses that a name stands for, at the same port where that is possible
//! (R-LSN-7).

use super::add_socket;
use crate::logic::socket::establish;
use crate::logic::{resolver, socket};
use crate::object::Ref;
use crate::object::listener::Listener;
use abi::address::{Address, View};
use abi::attempts::{Attempts, Ties};
use abi::layout::QIOChannelSocket;
use abi::origin;
use host::error::Error;
use platform::os::errno::Errno;
use platform::os::fd;
use platform::os::port;
use platform::os::socket::local_name;

/// How many ports that the kernel chooses are tried for all addresses.
const CHOICES_MAX: u16 = 16;
/// How many ports of a range are.
const RANGE_MAX: u16 = 1024;

/// A listening socket, and whether it was made not to block.
type Opened = (Ref<QIOChannelSocket>, bool);

/// Listens on all addresses that `address` stands for, `backlog` clients each. Fails if none can
/// be used (R-LSN-5, R-LSN-6).
pub fn open(listener: &Listener, address: View<'_>, backlog: i32) -> Result<(), Error> {
    let addresses = resolver::look_up(address)?;
    let opened = match at_one_port(&addresses, backlog) {
        Some(opened) => opened,
        None => each_for_itself(&addresses, backlog)?,
    };
    for (channel, is_nonblocking) in opened {
        add_socket(listener, &channel, is_nonblocking);
    }
    Ok(())
}

fn open_one(address: &Address, backlog: i32) -> Result<Opened, Error> {
    let channel = socket::create();
    establish::listen(&channel, address.into(), backlog)?;
    // Only this listener has it, so it can be made not to block when a client is gone between poll
    // and accept (L2). A descriptor that came from the program stays as it is (W-LSN-3).
    let is_ours = !matches!(address.view(), View::Fd(_));
    let is_nonblocking = is_ours && fd::set_blocking(channel.fd(), false).is_ok();
    Ok((channel, is_nonblocking))
}

/// Opens what can be opened, as each address says.
fn each_for_itself(addresses: &[Address], backlog: i32) -> Result<Vec<Opened>, Error> {
    let mut attempts = Attempts::default();
    let mut opened = Vec::new();
    for address in addresses {
        match open_one(address, backlog) {
            Ok(one) => opened.push(one),
            Err(error) => attempts.push(shown(address), error),
        }
    }
    let failure = attempts.into_error(Ties::First, &origin!(c"qio_net_listener_open_sync"));
    match failure {
        Some(error) if opened.is_empty() => Err(error),
        _ => Ok(opened),
    }
}

fn shown(address: &Address) -> String {
    match address.view() {
        View::Inet(inet) => inet.host_and_port(),
        // Of these there is but one, which is not named.
        View::Unix(_) | View::Vsock(_) | View::Fd(_) => String::new(),
    }
}

/// The ports that several addresses leave open: the first, 0 for one that the kernel chooses, and the
/// last of a range. None if there is nothing to agree on.
fn ports_to_choose(addresses: &[Address]) -> Option<(u16, u16)> {
    let [first, _, ..] = addresses else {
        return None;
    };
    let View::Inet(inet) = first.view() else {
        return None;
    };
    let port = port::number(inet.port()?.to_bytes())?;
    match inet.last_port() {
        None | Some(0) if port == 0 => Some((0, 0)),
        Some(last) if port > 0 && last > port => Some((port, last)),
        _ => None,
    }
}

/// All addresses, at a port that all of them have free. None if none was found, or if there is no port
/// to choose.
fn at_one_port(addresses: &[Address], backlog: i32) -> Option<Vec<Opened>> {
    let (first, last) = ports_to_choose(addresses)?;
    if first == 0 {
        return (0..CHOICES_MAX).find_map(|_| round(addresses, 0, backlog));
    }
    let last = last.min(first.saturating_add(RANGE_MAX - 1));
    (first..=last).find_map(|port| round(addresses, port, backlog))
}

/// All addresses at the port, or at the one that the kernel chooses for the first; None if it is taken
/// for one of them.
fn round(addresses: &[Address], port: u16, backlog: i32) -> Option<Vec<Opened>> {
    let mut port = port;
    let mut opened = Vec::new();
    let mut others = Vec::new();
    for (at, address) in addresses.iter().enumerate() {
        if is_listed(addresses.get(..at)?, address) {
            continue;
        }
        match open_one(&address.with_port(port), backlog) {
            Ok(one) => {
                port = local_name(one.0.fd()).ok()?.port()?;
                opened.push(one);
            }
            Err(error) if error.errno() == Errno::new(libc::EADDRINUSE) => return None,
            // Not for its port.
            Err(_) => others.push(address),
        }
    }
    if opened.is_empty() {
        return None;
    }
    // They most probably fail again, which is ignored (R-LSN-6).
    opened.extend(
        others
            .into_iter()
            .filter_map(|address| open_one(address, backlog).ok()),
    );
    Some(opened)
}

/// Whether the host of an address is among those before it.
fn is_listed(before: &[Address], address: &Address) -> bool {
    fn host(address: &Address) -> Option<&core::ffi::CStr> {
        match address.view() {
            View::Inet(inet) => inet.host(),
            _ => None,
        }
    }
    before.iter().any(|other| host(other) == host(address))
}

#[cfg(test)]
mod tests {
    use super::*;
    use abi::address::InetFields;
    use core::ffi::CStr;

    fn addresses(hosts: &[&CStr], port: &CStr, to: Option<u16>) -> Vec<Address> {
        crate::types::initialise();
        let address = |host: &&CStr| {
            Address::inet(&InetFields {
                host,
                port,
                to,
                numeric: Some(true),
                ..InetFields::default()
            })
        };
        hosts.iter().map(address).collect()
    }

    fn ports(opened: &[Opened]) -> Vec<u16> {
        let port = |one: &Opened| local_name(one.0.fd()).unwrap().port().unwrap();
        opened.iter().map(port).collect()
    }

    #[test]
    fn only_several_addresses_agree_on_a_port() {
        let both = [c"127.0.0.1", c"::1"];
        let choose = |hosts: &[&CStr], port, to| ports_to_choose(&addresses(hosts, port, to));
        assert_eq!(choose(&both, c"0", None), Some((0, 0)));
        assert_eq!(choose(&both, c"7", Some(9)), Some((7, 9)));
        assert_eq!(choose(&both, c"7", None), None);
        assert_eq!(choose(&both, c"7", Some(7)), None);
        assert_eq!(choose(&both, c"0", Some(9)), None);
        assert_eq!(choose(&[c"::1"], c"0", None), None);
        assert_eq!(
            ports_to_choose(&[Address::unix(c"/x"), Address::unix(c"/y")]),
            None
        );
    }

    #[test]
    fn the_families_get_the_same_port() {
        let both = addresses(&[c"127.0.0.1", c"::1", c"127.0.0.1"], c"0", None);
        let opened = at_one_port(&both, 1).unwrap();
        let ports = ports(&opened);
        assert_eq!(ports.len(), 2);
        assert_ne!(ports[0], 0);
        assert_eq!(ports[0], ports[1]);
    }

    #[test]
    fn a_port_that_one_of_them_lacks_is_for_none() {
        let taken = at_one_port(&addresses(&[c"::1", c"127.0.0.1"], c"0", None), 1).unwrap();
        let port = ports(&taken)[0];
        // The IPv4 half alone.
        drop(taken.into_iter().next());
        let text = std::ffi::CString::new(port.to_string()).unwrap();
        let range = addresses(
            &[c"::1", c"127.0.0.1"],
            &text,
            Some(port.saturating_add(100)),
        );
        let opened = at_one_port(&range, 1).unwrap();
        let ports = ports(&opened);
        assert_eq!(ports[0], ports[1]);
    }

    #[test]
    fn an_address_of_another_machine_holds_nobody_up() {
        let some = addresses(&[c"192.0.2.1", c"127.0.0.1", c"::1"], c"0", None);
        let opened = at_one_port(&some, 1).unwrap();
        let ports = ports(&opened);
        assert_eq!((ports.len(), ports[0]), (2, ports[1]));
        assert!(
            at_one_port(
                &addresses(&[c"198.51.100.1", c"203.0.113.1"], c"0", None),
                1
            )
            .is_none()
        );
    }
}
