//! The trace events of io/, as typed calls.
//!
//! Names and arguments are the specification's (R-TRACE-1 to 5, section 10 of the channels); an
//! address is passed as the [`Id`] that names its object. The back end is empty: a call costs
//! nothing.

use core::ffi::{CStr, c_int};

use host::error::Error;
use host::socket::AddressRef;

/// The address that names an object in a trace; it is never followed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Id(usize);

impl<T> From<*const T> for Id {
    fn from(pointer: *const T) -> Self {
        Self(pointer.addr())
    }
}

impl<T> From<*mut T> for Id {
    fn from(pointer: *mut T) -> Self {
        Self(pointer.addr())
    }
}

impl From<AddressRef<'_>> for Id {
    fn from(address: AddressRef<'_>) -> Self {
        Self::from(address.as_ptr())
    }
}

/// A task was made.
#[inline]
pub fn qio_task_new(_task: Id, _source: Id, _func: Id, _opaque: Id) {}

/// A task's callback has returned; the task isn't freed yet.
#[inline]
pub fn qio_task_complete(_task: Id) {}

/// A task is about to be given to a worker thread.
#[inline]
pub fn qio_task_thread_start(_task: Id, _worker: Id, _opaque: Id) {}

/// A worker thread begins a task.
#[inline]
pub fn qio_task_thread_run(_task: Id) {}

/// A worker thread has done a task; its delivery isn't armed yet.
#[inline]
pub fn qio_task_thread_exit(_task: Id) {}

/// A task's delivery is armed; the task may be gone already.
#[inline]
pub fn qio_task_thread_source_attach(_task: Id, _source: Id) {}

/// A waiting thread takes a delivery over.
#[inline]
pub fn qio_task_thread_source_cancel(_task: Id, _source: Id) {}

/// A task's result is about to be delivered.
#[inline]
pub fn qio_task_thread_result(_task: Id) {}

/// The registration of a client callback, as traces show it: the profiles with listener traces have
/// `func` and `context`, qemu-10.2 has `aio_context` behind them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Registration {
    /// The callback, or NULL.
    pub func: Id,
    /// The main context that was asked for, or NULL.
    pub context: Id,
    /// The AioContext, or NULL.
    pub aio_context: Id,
}

/// Sockets are watched; `extra` names the operation.
#[inline]
pub fn qio_net_listener_watch(_listener: Id, _registration: Registration, _extra: &CStr) {}

/// Watches are removed; `extra` names the operation.
#[inline]
pub fn qio_net_listener_unwatch(_listener: Id, _registration: Registration, _extra: &CStr) {}

/// A client was accepted and is about to be handed over.
#[inline]
pub fn qio_net_listener_callback(_listener: Id, _registration: Registration) {}

/// An accept failed for good or for lack of resources (L1; beyond the original's events).
#[inline]
pub fn qio_net_listener_accept_fail(_listener: Id, _fd: c_int, _errno: c_int) {}

/// A socket channel was made.
#[inline]
pub fn qio_channel_socket_new(_ioc: Id) {}

/// A socket channel took over a descriptor.
#[inline]
pub fn qio_channel_socket_new_fd(_ioc: Id, _fd: c_int) {}

/// A connect begins.
#[inline]
pub fn qio_channel_socket_connect_sync(_ioc: Id, _addr: Id) {}

/// A listen begins.
#[inline]
pub fn qio_channel_socket_listen_sync(_ioc: Id, _addr: Id, _num: c_int) {}

/// A datagram socket is about to be made.
#[inline]
pub fn qio_channel_socket_dgram_sync(_ioc: Id, _local_addr: Id, _remote_addr: Id) {}

/// A connect is about to be given to a worker.
#[inline]
pub fn qio_channel_socket_connect_async(_ioc: Id, _addr: Id) {}

/// A listen is about to be given to a worker.
#[inline]
pub fn qio_channel_socket_listen_async(_ioc: Id, _addr: Id, _num: c_int) {}

/// A datagram socket is about to be made by a worker.
#[inline]
pub fn qio_channel_socket_dgram_async(_ioc: Id, _local_addr: Id, _remote_addr: Id) {}

/// The host's connect failed.
#[inline]
pub fn qio_channel_socket_connect_fail(_ioc: Id) {}

/// The host's listen failed.
#[inline]
pub fn qio_channel_socket_listen_fail(_ioc: Id) {}

/// The host's datagram helper failed.
#[inline]
pub fn qio_channel_socket_dgram_fail(_ioc: Id) {}

/// The host's connect succeeded; the descriptor isn't adopted yet.
#[inline]
pub fn qio_channel_socket_connect_complete(_ioc: Id, _fd: c_int) {}

/// The host's listen succeeded; the descriptor isn't adopted yet.
#[inline]
pub fn qio_channel_socket_listen_complete(_ioc: Id, _fd: c_int) {}

/// The host's datagram helper succeeded; the descriptor isn't adopted yet.
#[inline]
pub fn qio_channel_socket_dgram_complete(_ioc: Id, _fd: c_int) {}

/// An accept is attempted.
#[inline]
pub fn qio_channel_socket_accept(_ioc: Id) {}

/// An accept failed.
#[inline]
pub fn qio_channel_socket_accept_fail(_ioc: Id) {}

/// A client was accepted.
#[inline]
pub fn qio_channel_socket_accept_complete(_ioc: Id, _cioc: Id, _fd: c_int) {}

/// A file channel took over a descriptor.
#[inline]
pub fn qio_channel_file_new_fd(_ioc: Id, _fd: c_int) {}

/// A file channel opened a path.
#[inline]
pub fn qio_channel_file_new_path(_ioc: Id, _path: &CStr, _flags: c_int, _mode: c_int, _fd: c_int) {}

/// A command channel has started its child.
#[inline]
pub fn qio_channel_command_new_pid(_ioc: Id, _writefd: c_int, _readfd: c_int, _pid: c_int) {}

/// The finaliser of a command channel is about to look after the child.
#[inline]
pub fn qio_channel_command_abort(_ioc: Id, _pid: c_int) {}

/// The finaliser of a command channel has looked after the child. `ret` is 0 while that runs, and
/// so is `status` (W-27).
#[inline]
pub fn qio_channel_command_wait(_ioc: Id, _pid: c_int, _ret: c_int, _status: c_int) {}

/// A TLS channel was made for a client; `hostname` is NULL or the server's name.
#[inline]
pub fn qio_channel_tls_new_client(_ioc: Id, _master: Id, _creds: Id, _hostname: Option<&CStr>) {}

/// A TLS channel was made for a server; `aclname` is NULL or who decides about clients.
#[inline]
pub fn qio_channel_tls_new_server(_ioc: Id, _master: Id, _creds: Id, _aclname: Option<&CStr>) {}

/// A TLS handshake begins.
#[inline]
pub fn qio_channel_tls_handshake_start(_ioc: Id) {}

/// A TLS handshake is about to wait, to send (1) or to receive (2).
#[inline]
pub fn qio_channel_tls_handshake_pending(_ioc: Id, _status: c_int) {}

/// A TLS handshake has failed; its callback is next.
#[inline]
pub fn qio_channel_tls_handshake_fail(_ioc: Id) {}

/// A TLS handshake is done; the peer isn't checked yet.
#[inline]
pub fn qio_channel_tls_handshake_complete(_ioc: Id) {}

/// A TLS handshake ended because the channel is being closed (not in qemu-7.2).
#[inline]
pub fn qio_channel_tls_handshake_cancel(_ioc: Id) {}

/// The TLS peer was accepted; the callback is next.
#[inline]
pub fn qio_channel_tls_credentials_allow(_ioc: Id) {}

/// The TLS peer was refused; the callback is next.
#[inline]
pub fn qio_channel_tls_credentials_deny(_ioc: Id) {}

/// The end of a TLS connection is about to be told (not in the 7.2 profiles, as those below).
#[inline]
pub fn qio_channel_tls_bye_start(_ioc: Id) {}

/// Telling the end is about to wait, to send (1) or to receive (2).
#[inline]
pub fn qio_channel_tls_bye_pending(_ioc: Id, _status: c_int) {}

/// The end could not be told.
#[inline]
pub fn qio_channel_tls_bye_fail(_ioc: Id) {}

/// The end was told.
#[inline]
pub fn qio_channel_tls_bye_complete(_ioc: Id) {}

/// Telling the end stopped because the channel is being closed.
#[inline]
pub fn qio_channel_tls_bye_cancel(_ioc: Id) {}

/// A WebSocket channel was made.
#[inline]
pub fn qio_channel_websock_new_server(_ioc: Id, _master: Id) {}

/// A handshake begins.
#[inline]
pub fn qio_channel_websock_handshake_start(_ioc: Id) {}

/// A handshake waits for `status`, `G_IO_IN` or `G_IO_OUT`.
#[inline]
pub fn qio_channel_websock_handshake_pending(_ioc: Id, _status: u32) {}

/// A greeting was answered; the answer isn't sent yet.
#[inline]
pub fn qio_channel_websock_handshake_reply(_ioc: Id) {}

/// A handshake has failed; its callback is next.
#[inline]
pub fn qio_channel_websock_handshake_fail(_ioc: Id, _error: &Error) {}

/// A handshake has succeeded; its callback is next.
#[inline]
pub fn qio_channel_websock_handshake_complete(_ioc: Id) {}

/// The first line of a greeting is known.
#[inline]
pub fn qio_channel_websock_http_greeting(_ioc: Id, _greeting: &str) {}

/// All headers that a greeting needs are there; they aren't judged yet.
#[inline]
pub fn qio_channel_websock_http_request(
    _ioc: Id,
    _protocols: Option<&str>,
    _version: &str,
    _host: &str,
    _connection: &str,
    _upgrade: &str,
    _key: &str,
) {
}

/// The first two bytes of a frame are there: the short length, `fin` and `has_mask` as 0x80 or 0, and
/// the opcode, a continuation's being the message's.
#[inline]
pub fn qio_channel_websock_header_partial_decode(
    _ioc: Id,
    _payloadlen: usize,
    _fin: u8,
    _opcode: u8,
    _has_mask: u8,
) {
}

/// The header of a frame is there and accepted; the mask is in the order of the machine.
#[inline]
pub fn qio_channel_websock_header_full_decode(
    _ioc: Id,
    _headerlen: usize,
    _payloadlen: usize,
    _mask: u32,
) {
}

/// A piece of payload was unmasked; so much of the frame is still to come.
#[inline]
pub fn qio_channel_websock_payload_decode(_ioc: Id, _opcode: u8, _payload_remain: usize) {}

/// A frame was queued, or sent right away. The header's size goes first, whatever the original's names say.
#[inline]
pub fn qio_channel_websock_encode(_ioc: Id, _opcode: u8, _headerlen: usize, _payloadlen: usize) {}

/// A WebSocket channel is about to be closed.
#[inline]
pub fn qio_channel_websock_close(_ioc: Id) {}

/// A null channel was made.
#[inline]
pub fn qio_channel_null_new(_ioc: Id) {}
