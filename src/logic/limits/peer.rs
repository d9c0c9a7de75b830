//! Which clients are of one peer: those of one internet address or network, of one user, of one virtual machine.

use core::net::IpAddr;

use super::Limits;
use platform::os::connection;
use platform::os::socket_name::SocketName;

/// Who is at the other end, as far as the limit for one peer goes (R-LIMIT-6).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Peer {
    /// The leading bits of an IPv4 address, also of one inside an IPv6 address.
    Ipv4(u32),
    /// The leading bits of an IPv6 address, and the link of one that is good on that link only.
    Ipv6(u128, u32),
    /// Processes of a user on this machine.
    User(u32),
    /// A context of virtio sockets.
    Vsock(u32),
    /// Any other.
    Unknown,
}

impl Peer {
    /// The peer behind a socket, whose remote name is `name`.
    pub fn of_socket(fd: i32, name: &SocketName, limits: &Limits) -> Self {
        if let Some(address) = name.internet() {
            let scope = match address {
                core::net::SocketAddr::V6(address) => address.scope_id(),
                core::net::SocketAddr::V4(_) => 0,
            };
            return Self::of_address(address.ip(), scope, limits);
        }
        if let Some((cid, _)) = name.vsock_name() {
            return Self::Vsock(cid);
        }
        if name.family() == libc::AF_UNIX
            && let Ok(user) = connection::peer_user(fd)
        {
            return Self::User(user);
        }
        Self::Unknown
    }

    fn of_address(address: IpAddr, scope: u32, limits: &Limits) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => {
                let dropped = dropped_bits(32, limits.peer_ipv4_prefix);
                let mask = u32::MAX.checked_shl(dropped).unwrap_or(0);
                Self::Ipv4(address.to_bits() & mask)
            }
            IpAddr::V6(address) => {
                let dropped = dropped_bits(128, limits.peer_ipv6_prefix);
                let mask = u128::MAX.checked_shl(dropped).unwrap_or(0);
                Self::Ipv6(address.to_bits() & mask, scope)
            }
        }
    }
}

/// How many of `all` bits a prefix leaves out.
fn dropped_bits(all: u32, prefix: u32) -> u32 {
    match prefix {
        0 => 0,
        prefix => all.saturating_sub(prefix),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(address: &str, limits: &Limits) -> Peer {
        Peer::of_address(address.parse().unwrap(), 0, limits)
    }

    #[test]
    fn an_ipv4_address_inside_an_ipv6_one_is_the_same_peer() {
        let limits = Limits::NONE;
        assert_eq!(
            peer("::ffff:192.0.2.1", &limits),
            peer("192.0.2.1", &limits)
        );
        assert_ne!(peer("192.0.2.2", &limits), peer("192.0.2.1", &limits));
        assert_ne!(peer("::192.0.2.1", &limits), peer("192.0.2.1", &limits));
    }

    #[test]
    fn a_prefix_makes_a_network_one_peer() {
        let limits = Limits {
            peer_ipv4_prefix: 24,
            peer_ipv6_prefix: 64,
            ..Limits::NONE
        };
        assert_eq!(peer("192.0.2.1", &limits), peer("192.0.2.255", &limits));
        assert_ne!(peer("192.0.2.1", &limits), peer("192.0.3.1", &limits));
        assert_eq!(
            peer("2001:db8::1", &limits),
            peer("2001:db8::f:0:0:1", &limits)
        );
        assert_ne!(
            peer("2001:db8::1", &limits),
            peer("2001:db8:0:1::1", &limits)
        );
    }

    #[test]
    fn the_longest_and_the_shortest_prefix_work() {
        let with = |prefix| Limits {
            peer_ipv4_prefix: prefix,
            peer_ipv6_prefix: prefix,
            ..Limits::NONE
        };
        assert_eq!(peer("128.0.0.0", &with(1)), peer("255.0.0.1", &with(1)));
        assert_ne!(peer("127.0.0.0", &with(1)), peer("255.0.0.1", &with(1)));
        assert_ne!(peer("192.0.2.1", &with(128)), peer("192.0.2.2", &with(128)));
        assert_ne!(peer("fe80::1", &with(128)), peer("fe80::2", &with(128)));
    }

    #[test]
    fn links_are_told_apart() {
        let address: IpAddr = "fe80::1".parse().unwrap();
        let on_link = |scope| Peer::of_address(address, scope, &Limits::NONE);
        assert_ne!(on_link(1), on_link(2));
        assert_eq!(on_link(1), on_link(1));
    }
}
