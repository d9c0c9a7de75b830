//! The handlers of a channel in event loop contexts.

use crate::object::channel::Channel;
use host::aio::{Handlers, Places};
use platform::os::abort::misuse;

/// Sets handlers by the method of the channel's class (R-CHAN-51). A class without it ends the
/// process: the handlers would never be called (W-12).
pub fn set_handlers(channel: &Channel, places: Places, handlers: Handlers, function: &str) {
    if channel.io_set_aio_fd_handler(places, handlers).is_none() {
        misuse(
            function,
            format_args!("the channel's class has no io_set_aio_fd_handler method"),
        );
    }
}

/// Sets handlers of a descriptor to read from and one to write to (R-CHAN-60, R-UTIL-5).
///
/// One registration carries both if descriptor and context are the same. Otherwise each has its own,
/// which drops what was set for the other direction of the same descriptor in that context.
pub fn set_fd_handlers(read_fd: i32, write_fd: i32, places: Places, handlers: Handlers) {
    let Places { read, write } = places;
    if read_fd == write_fd && read == write {
        if let Some(context) = read {
            context.set_handlers(read_fd, handlers);
        }
        return;
    }
    if let Some(context) = read {
        context.set_handlers(read_fd, handlers.only_read());
    }
    if let Some(context) = write {
        context.set_handlers(write_fd, handlers.only_write());
    }
}
