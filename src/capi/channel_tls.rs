//! `io/channel-tls.h`.

use core::ffi::{CStr, c_char};

use glib_sys::{GDestroyNotify, GMainContext, gpointer};

use super::channel::borrow;
#[cfg(tls_bye)]
use super::convert::ok_or_propagate;
use super::convert::{optional_text, ptr_or_propagate, required};
use super::task::{QIOTaskFunc, completion};
use crate::logic::tls;
use crate::object::channel::Channel;
use crate::object::{Ref, Shared};
use abi::layout::{Error, QCryptoTLSCreds, QCryptoTLSSession, QIOChannel, QIOChannelTLS};
use abi::origin;
use host::tls_session::Creds;
use platform::check_usage;
use platform::glib::MainContext;

/// What a channel is made of, borrowed for the call; a NULL that may not be ends the process (R-TLS-1).
///
/// # Safety
/// The pointers are NULL or live for `'a`.
unsafe fn parts<'a>(
    master: *mut QIOChannel,
    creds: *mut QCryptoTLSCreds,
    name: *const c_char,
    function: &str,
) -> (&'a Channel, Creds<'a>, Option<&'a CStr>) {
    // SAFETY: as promised.
    let master = required(unsafe { Shared::from_ptr(master) }, function, "master");
    // SAFETY: as promised.
    let creds = required(unsafe { Creds::from_ptr(creds) }, function, "creds");
    // SAFETY: as promised.
    let name = unsafe { optional_text(name) };
    (master, creds, name)
}

/// qio_channel_tls_new_server:
/// @master: (transfer none): what the records travel over; the channel holds a reference
/// @creds: (transfer none): credentials of a server; the session holds a reference
/// @aclname: (nullable): the id of the authorization object that decides about clients by their
/// certificates' names; NULL accepts all whose certificates are good
/// @errp: (nullable): as in qapi/error.h
///
/// Makes the server's end of a TLS connection. Nothing is sent or received, and nothing can be, before
/// qio_channel_tls_handshake(). Closing the channel closes @master. If @master can be shut down, so
/// can the channel.
///
/// Threads: any; later one reader and one writer at a time. Blocks: no.
/// Returns: (transfer full) (nullable): the channel, or NULL with @errp set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_tls_new_server(
    master: *mut QIOChannel,
    creds: *mut QCryptoTLSCreds,
    aclname: *const c_char,
    errp: *mut *mut Error,
) -> *mut QIOChannelTLS {
    const NAME: &str = "qio_channel_tls_new_server";
    // SAFETY: the caller's objects and string.
    let (master, creds, aclname) = unsafe { parts(master, creds, aclname, NAME) };
    let result = tls::create_server(master, creds, aclname).map(Ref::into_ptr);
    // SAFETY: the caller's error destination.
    unsafe { ptr_or_propagate(result, errp, &origin!(c"qio_channel_tls_new_server")) }
}

/// qio_channel_tls_new_client:
/// @master: (transfer none): what the records travel over; the channel holds a reference
/// @creds: (transfer none): credentials of a client; the session holds a reference
/// @hostname: (nullable): what the server's certificate has to be for; qcrypto_tls_session_new() says
/// how it may be written
/// @errp: (nullable): as in qapi/error.h
///
/// Makes the client's end of a TLS connection. Nothing is sent or received, and nothing can be, before
/// qio_channel_tls_handshake(). Closing the channel closes @master. If @master can be shut down, so
/// can the channel.
///
/// Whom the channel accepts, and what else its peer may say, is the session's business: that of this
/// library, or the program's own where the library is hosted.
///
/// Threads: any; later one reader and one writer at a time. Blocks: no.
/// Returns: (transfer full) (nullable): the channel, or NULL with @errp set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_tls_new_client(
    master: *mut QIOChannel,
    creds: *mut QCryptoTLSCreds,
    hostname: *const c_char,
    errp: *mut *mut Error,
) -> *mut QIOChannelTLS {
    const NAME: &str = "qio_channel_tls_new_client";
    // SAFETY: the caller's objects and string.
    let (master, creds, hostname) = unsafe { parts(master, creds, hostname, NAME) };
    let result = tls::create_client(master, creds, hostname).map(Ref::into_ptr);
    // SAFETY: the caller's error destination.
    unsafe { ptr_or_propagate(result, errp, &origin!(c"qio_channel_tls_new_client")) }
}

/// qio_channel_tls_handshake:
/// @ioc: (transfer none): the channel
/// @func: (scope async): called once when the peer was accepted, or the handshake has failed
/// @opaque: (closure) (nullable): data for @func
/// @destroy: (destroy) (nullable): frees @opaque; called once, also for NULL
/// @context: (transfer none) (nullable): where to go on when the master has to be waited for; NULL is
/// the default context
///
/// Makes the handshake and checks the peer's credentials. The task's source is @ioc, which stays alive
/// until the task is freed. If the master is blocking, or has what it takes, @func has been called when
/// this returns. qio_channel_close() cancels a handshake that waits: then @func isn't
/// called. qio_channel_shutdown() makes it fail. Nothing is sent to a peer that is refused; the channel
/// stays open for @func to close.
///
/// On a main loop, make the master non-blocking first (those that a listener hands out are blocking):
/// otherwise this waits for the peer, and one who says nothing stops everything else. There is no time
/// limit, unless qio_channel_set_handshake_timeout() or the listener's limits (qio/limits.h) have set one; a
/// program that is to run with other libraries too closes the channel from a timer. docs/tls.md has examples.
///
/// Threads: any. Blocks: as the master does.
/// Context: @func and @destroy run in the calling thread before this returns, or in @context; on a
/// close @destroy runs there and then.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_tls_handshake(
    ioc: *mut QIOChannelTLS,
    func: QIOTaskFunc,
    opaque: gpointer,
    destroy: GDestroyNotify,
    context: *mut GMainContext,
) {
    const NAME: &str = "qio_channel_tls_handshake";
    check_usage!(func.is_some(), NAME, "func is NULL");
    // SAFETY: the caller's channel is live or NULL.
    let channel = unsafe { borrow(ioc, NAME) };
    // SAFETY: the function takes tasks and the data, which the caller gives to the task.
    let completion = unsafe { completion(func, opaque, destroy) };
    // SAFETY: the caller's context is live or NULL.
    let context = unsafe { MainContext::from_ptr_none(context) };
    tls::handshake(channel, completion, context);
}

/// qio_channel_tls_bye:
/// @ioc: (transfer none): the channel
/// @errp: (nullable): as in qapi/error.h; not touched after this returned
///
/// Sends close_notify: nothing more will be written, and the peer meets an end of file instead of an
/// error. Does nothing before the handshake, and the second time. If the master isn't ready, goes on
/// in the background, and a failure there is not reported. Closing a channel doesn't do this.
///
/// Threads: the writer's. Blocks: as the master does.
/// Context: the default context, for the background.
/// Since: qemu-10.0 profile.
#[cfg(tls_bye)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_tls_bye(ioc: *mut QIOChannelTLS, errp: *mut *mut Error) {
    // SAFETY: the caller's channel is live or NULL.
    let channel = unsafe { borrow(ioc, "qio_channel_tls_bye") };
    let result = tls::bye(channel);
    // SAFETY: the caller's error destination.
    let _: Option<()> = unsafe { ok_or_propagate(result, errp, &origin!(c"qio_channel_tls_bye")) };
}

/// qio_channel_tls_get_session:
/// @ioc: (transfer none): the channel
///
/// Threads: any. Blocks: no.
/// Returns: (transfer none): the session, which lives as long as the channel.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_tls_get_session(
    ioc: *mut QIOChannelTLS,
) -> *mut QCryptoTLSSession {
    // SAFETY: the caller's channel is live or NULL.
    unsafe { borrow(ioc, "qio_channel_tls_get_session") }.session_ptr()
}
