//! What channels over another one, their master, leave to it.

use super::{aio, control};
use crate::object::Shared;
use crate::object::channel::{Channel, Feature};
use crate::object::layered::Layered;
use abi::layout::QIOChannel;
use host::aio::{Handlers, Places};

/// Has a new channel travel over `master`. It can be shut down if that can, also a server (R-TLS-5,
/// R-WS-1).
pub(super) fn set_master<T: Layered>(channel: &Shared<T>, master: &Channel) {
    channel.set_master(master.to_ref());
    channel.follow_coroutines_as(master);
    if master.has_feature(Feature::SHUTDOWN) {
        let channel = channel.upcast::<QIOChannel>();
        channel.set_feature(Feature::SHUTDOWN);
    }
}

/// Lets the system gather small writes.
pub(super) fn set_delay<T: Layered>(channel: &Shared<T>, enabled: bool) {
    if let Some(master) = channel.master() {
        control::set_delay(master, enabled);
    }
}

/// Holds small writes back.
pub(super) fn set_cork<T: Layered>(channel: &Shared<T>, enabled: bool) {
    if let Some(master) = channel.master() {
        control::set_cork(master, enabled);
    }
}

/// Sets handlers on the master. Who waits has tried to transfer before, so nothing is waited for that
/// the channel has taken in already (R-TLS-60); and what the master is ready for may not be enough.
pub(super) fn set_handlers<T: Layered>(channel: &Shared<T>, places: Places, handlers: Handlers) {
    if let Some(master) = channel.master() {
        aio::set_handlers(master, places, handlers, "qio_channel_set_aio_fd_handler");
    }
}
