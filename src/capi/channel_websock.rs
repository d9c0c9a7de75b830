//! `io/channel-websock.h`.

use glib_sys::{GDestroyNotify, gpointer};

use super::convert::required;
use super::task::{QIOTaskFunc, completion};
use crate::logic::websock;
use crate::object::Shared;
use abi::layout::{QIOChannel, QIOChannelWebsock};
use platform::check_usage;

/// qio_channel_websock_new_server:
/// @master: (transfer none): what the frames travel over; the channel holds a reference
///
/// Makes the server's end of a WebSocket. Nothing can be read or written before
/// qio_channel_websock_handshake() has succeeded. Closing the channel closes @master; before that a Close
/// frame is sent, behind what is queued, if that can be done without waiting. A Close frame of the peer is
/// answered and ends the connection; reading then fails, and the program has to close the channel.
///
/// Reads and watches take from @master what they need, in any context and without the default main
/// loop; they answer pings and a Close frame on their way. Of what is written up to 8192 bytes are
/// queued and sent in the background, from the default context; what the master takes at once is not
/// queued. The channel holds no more than 64 KiB of what came in.
///
/// Threads: any; one reader and one writer at a time. Blocks: no.
/// Returns: (transfer full): the channel, never NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_websock_new_server(
    master: *mut QIOChannel,
) -> *mut QIOChannelWebsock {
    const NAME: &str = "qio_channel_websock_new_server";
    // SAFETY: the caller's channel is live or NULL.
    let master = required(unsafe { Shared::from_ptr(master) }, NAME, "master");
    websock::create(master).into_ptr()
}

/// qio_channel_websock_handshake:
/// @ioc: (transfer none): the channel, new
/// @func: (scope async): called once the opening handshake has succeeded or failed
/// @opaque: (closure) (nullable): data for @func
/// @destroy: (destroy) (nullable): frees @opaque; called once, also for NULL
///
/// Waits for the client's request and responds to it: the opening handshake of RFC 6455. The path is `/`,
/// a query is ignored; the request's head has up to 16 KiB and 100 lines. A request that is refused gets
/// its HTTP status before @func is called with the error. The task's source is @ioc, which stays alive
/// until the task ends. qio_channel_close() cancels the handshake: then @func isn't called. A second
/// handshake ends the process.
///
/// On a main loop, make the master non-blocking first (those that a listener hands out are blocking):
/// a blocking one waits for a client who takes no response, or who has sent a part of a TLS record and no
/// more, and everything else with it. There is no time limit, unless
/// qio_channel_set_handshake_timeout() or the listener's limits (qio/limits.h) have set one.
///
/// Threads: any. Blocks: no; in the default context then as the master does.
/// Context: @func and @destroy run in the default context, never before this returns; on a close
/// @destroy runs there and then.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_websock_handshake(
    ioc: *mut QIOChannelWebsock,
    func: QIOTaskFunc,
    opaque: gpointer,
    destroy: GDestroyNotify,
) {
    const NAME: &str = "qio_channel_websock_handshake";
    check_usage!(func.is_some(), NAME, "func is NULL");
    // SAFETY: the caller's channel is live or NULL.
    let channel = required(unsafe { Shared::from_ptr(ioc) }, NAME, "ioc");
    // SAFETY: the function takes tasks and the data, which the caller gives to the task.
    websock::handshake(channel, unsafe { completion(func, opaque, destroy) });
}
