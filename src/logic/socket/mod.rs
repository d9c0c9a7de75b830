//! The behaviour of socket channels (`QIOChannelSocket`), over one stream or datagram socket.
//!
//! - [`establish`]: how a channel comes by its socket.
//! - [`connecting`]: one of these ways, without a thread that waits for the peer.
//! - [`transfer`]: reading and writing, with descriptors beside the bytes.
//! - [`zero_copy`]: what has to be done about sends from the caller's memory.
//! - [`control`]: everything else, up to the end.
//!
//! What can be done to a channel depends on where its socket came from:
//!
//! | origin | SHUTDOWN | FD_PASS | LISTEN | WRITE_ZERO_COPY | READ_MSG_PEEK |
//! |---|---|---|---|---|---|
//! | made, not opened | yes | | | | |
//! | given descriptor | yes | UNIX | | | |
//! | connected | yes | UNIX | | if the system allows it | yes |
//! | listening | yes | UNIX | yes | | |
//! | datagrams | yes | UNIX | | | |
//! | accepted | yes | UNIX | | | yes |

mod class;
pub mod connecting;
pub mod control;
pub mod establish;
pub mod transfer;
pub mod watch;
pub mod writers;
pub mod zero_copy;

use crate::object::Ref;
use crate::object::channel::{Channel, Feature};
use crate::object::socket::Socket;
use abi::layout;
use abi::profile;
use platform::os::connection;

/// What a channel's socket came from, and what follows from that (6.1).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Provenance {
    Given,
    Connected,
    Listening,
    Datagrams,
    Accepted,
}

impl Provenance {
    /// Whether reads can peek; the 7.2 profiles have no such feature.
    fn can_peek(self) -> bool {
        profile::READS_CAN_PEEK && matches!(self, Self::Connected | Self::Accepted)
    }

    fn listens(self) -> bool {
        self == Self::Listening
    }

    fn may_send_zero_copy(self) -> bool {
        self == Self::Connected
    }
}

/// Sets what the socket of an open channel can do.
fn set_features(socket: &Socket, provenance: Provenance) {
    let channel: &Channel = socket.upcast();
    let set = |feature, can| {
        if can {
            channel.set_feature(feature);
        }
    };
    set(Feature::SHUTDOWN, true);
    set(Feature::FD_PASS, socket.is_unix());
    set(Feature::LISTEN, provenance.listens());
    set(Feature::READ_MSG_PEEK, provenance.can_peek());
    let zero_copy =
        provenance.may_send_zero_copy() && connection::allow_zero_copy(socket.fd()).is_ok();
    set(Feature::WRITE_ZERO_COPY, zero_copy);
}

/// A closed channel (R-CHAN-61).
pub fn create() -> Ref<layout::QIOChannelSocket> {
    let socket = Ref::<layout::QIOChannelSocket>::create();
    let channel: &Channel = socket.upcast();
    channel.set_feature(Feature::SHUTDOWN);
    trace::qio_channel_socket_new((&*socket).into());
    socket
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_origin_decides_what_a_channel_can_do() {
        let table = [
            // listens, may send zero-copy, can peek
            (Provenance::Given, [false, false, false]),
            (
                Provenance::Connected,
                [false, true, profile::READS_CAN_PEEK],
            ),
            (Provenance::Listening, [true, false, false]),
            (Provenance::Datagrams, [false, false, false]),
            (
                Provenance::Accepted,
                [false, false, profile::READS_CAN_PEEK],
            ),
        ];
        for (provenance, expected) in table {
            let can = [
                provenance.listens(),
                provenance.may_send_zero_copy(),
                provenance.can_peek(),
            ];
            assert_eq!(can, expected, "{provenance:?}");
        }
    }
}
