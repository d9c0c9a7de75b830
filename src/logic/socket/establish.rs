//! How a socket channel comes by its socket: connect, listen, datagrams, accept, a descriptor.
//!
//! The asynchronous forms run the synchronous ones on a worker thread, with copies of the addresses
//! (R-CHAN-67).

use super::{Provenance, create, set_features};
use crate::logic::statistics::{self, Count};
use crate::logic::task::{Task, Worker};
use crate::object::Ref;
use crate::object::socket::{End, Socket};
use crate::object::task::Completion;
use abi::layout;
use abi::origin;
use host::error::{Error, Origin};
use host::socket::AddressRef;
use platform::glib::MainContext;
use platform::os::errno::Errno;
use platform::os::fd::Descriptor;
use platform::os::socket;
use platform::os::socket_name::SocketName;

/// A channel for a socket that exists. It owns `fd` if this succeeds, else the caller still does
/// (R-CHAN-63).
pub fn from_fd(fd: i32) -> Result<Ref<layout::QIOChannelSocket>, Error> {
    let socket = create();
    adopt(&socket, fd, Provenance::Given)?;
    trace::qio_channel_socket_new_fd((&*socket).into(), fd);
    Ok(socket)
}

/// Fails for an open channel. Asked before anything is made that would have to be undone (W-23).
pub(super) fn check_closed(socket: &Socket) -> Result<(), Error> {
    if socket.is_open() {
        return Err(already_open());
    }
    Ok(())
}

fn already_open() -> Error {
    Error::new("The socket channel is already open")
}

/// Opens a closed channel with `fd`, which is the channel's if this succeeds (R-CHAN-62).
fn adopt(socket: &Socket, fd: i32, provenance: Provenance) -> Result<(), Error> {
    // At once, so that another thread can shut down what it must not wait for (R-CHAN-64).
    if !socket.open(fd) {
        return Err(already_open());
    }
    let result = store_names(socket, fd);
    match result {
        Ok(()) => {
            socket.reset_zero_copy();
            set_features(socket, provenance);
        }
        Err(_) => socket.unopen(fd),
    }
    result
}

fn store_names(socket: &Socket, fd: i32) -> Result<(), Error> {
    let remote = match socket::peer_name(fd) {
        Ok(name) => {
            socket.set_name_of(End::Remote, &name);
            Some(name)
        }
        Err(Errno::ENOTCONN) => {
            socket.set_unnamed(End::Remote);
            None
        }
        Err(errno) => {
            return Err(Error::os(
                errno,
                "Could not tell the remote address of the socket",
            ));
        }
    };
    let local = socket::local_name(fd).map_err(unnamed_here)?;
    socket.set_name_of(End::Local, &local);
    trace::qio_channel_socket_open(socket.into(), fd, Some(&local), remote.as_ref());
    Ok(())
}

fn unnamed_here(errno: Errno) -> Error {
    Error::os(errno, "Could not tell the local address of the socket")
}

/// Gives the channel a descriptor that was made for it; closes it if that fails.
pub(super) fn give(
    socket: &Socket,
    descriptor: Descriptor,
    provenance: Provenance,
) -> Result<(), Error> {
    adopt(socket, descriptor.as_raw(), provenance)?;
    descriptor.into_raw();
    Ok(())
}

/// Connects, waiting until it is done (R-CHAN-64).
pub fn connect(socket: &Socket, address: AddressRef<'_>) -> Result<(), Error> {
    trace::qio_channel_socket_connect_sync(socket.into(), address.into());
    check_closed(socket)?;
    let descriptor = host::socket::connect(address)
        .inspect_err(|error| statistics::failed(error.errno()))
        .inspect_err(|_| trace::qio_channel_socket_connect_fail(socket.into()))?;
    trace::qio_channel_socket_connect_complete(socket.into(), descriptor.as_raw());
    give(socket, descriptor, Provenance::Connected)
}

/// Listens, with room for `backlog` clients that wait (R-CHAN-65).
pub fn listen(socket: &Socket, address: AddressRef<'_>, backlog: i32) -> Result<(), Error> {
    trace::qio_channel_socket_listen_sync(socket.into(), address.into(), backlog);
    check_closed(socket)?;
    let descriptor = host::socket::listen(address, backlog)
        .inspect_err(|error| statistics::failed(error.errno()))
        .inspect_err(|_| trace::qio_channel_socket_listen_fail(socket.into()))?;
    trace::qio_channel_socket_listen_complete(socket.into(), descriptor.as_raw());
    let adopted = adopt(socket, descriptor.as_raw(), Provenance::Listening);
    if adopted.is_ok() {
        descriptor.into_raw();
    } else {
        // What was bound must not stay behind (W-23). The first failure is the one to tell.
        let _ = host::socket::clean_up_listening(descriptor.as_raw());
    }
    adopted
}

/// Makes a datagram socket, bound to `local` and connected to `remote` (R-CHAN-66).
pub fn datagram(
    socket: &Socket,
    local: Option<AddressRef<'_>>,
    remote: AddressRef<'_>,
) -> Result<(), Error> {
    trace::qio_channel_socket_dgram_sync(socket.into(), address_id(local), remote.into());
    check_closed(socket)?;
    let descriptor = host::socket::datagram(remote, local)
        .inspect_err(|error| statistics::failed(error.errno()))
        .inspect_err(|_| trace::qio_channel_socket_dgram_fail(socket.into()))?;
    trace::qio_channel_socket_dgram_complete(socket.into(), descriptor.as_raw());
    give(socket, descriptor, Provenance::Datagrams)
}

fn address_id(address: Option<AddressRef<'_>>) -> trace::Id {
    address.map_or(core::ptr::null::<u8>().into(), trace::Id::from)
}

/// Runs `work` on a worker thread and calls back in `context`, whatever came of it.
fn start(
    socket: &Socket,
    completion: Completion,
    context: MainContext,
    origin: Origin,
    work: impl Fn(&Socket) -> Result<(), Error> + Send + Sync + 'static,
) {
    let own: Ref<layout::QIOChannelSocket> = socket.to_ref();
    let task = Task::new(Some(socket.to_ref().into_object()), completion);
    let worker = move |task: &Task| {
        if let Err(error) = work(&own)
            && let Some(error) = error.into_object(&origin)
        {
            task.set_error(error);
        }
    };
    let worker = Worker::Native(origin.function, Box::new(worker));
    task.run_in_thread(worker, context);
}

/// [`connect`] on a worker thread.
pub fn connect_async(
    socket: &Socket,
    address: AddressRef<'_>,
    completion: Completion,
    context: MainContext,
) {
    let copy = address.deep_copy();
    trace::qio_channel_socket_connect_async(socket.into(), address.into());
    let origin = origin!(c"qio_channel_socket_connect_async");
    start(socket, completion, context, origin, move |socket| {
        connect(socket, (&copy).into())
    });
}

/// [`listen`] on a worker thread.
pub fn listen_async(
    socket: &Socket,
    address: AddressRef<'_>,
    backlog: i32,
    completion: Completion,
    context: MainContext,
) {
    let copy = address.deep_copy();
    trace::qio_channel_socket_listen_async(socket.into(), address.into(), backlog);
    let origin = origin!(c"qio_channel_socket_listen_async");
    start(socket, completion, context, origin, move |socket| {
        listen(socket, (&copy).into(), backlog)
    });
}

/// [`datagram`] on a worker thread.
pub fn datagram_async(
    socket: &Socket,
    local: Option<AddressRef<'_>>,
    remote: AddressRef<'_>,
    completion: Completion,
    context: MainContext,
) {
    let local_copy = local.map(AddressRef::deep_copy);
    let remote_copy = remote.deep_copy();
    trace::qio_channel_socket_dgram_async(socket.into(), address_id(local), remote.into());
    let origin = origin!(c"qio_channel_socket_dgram_async");
    start(socket, completion, context, origin, move |socket| {
        let local = local_copy.as_ref().map(AddressRef::from);
        datagram(socket, local, (&remote_copy).into())
    });
}

/// Takes a client off the queue of a listening channel (R-CHAN-68).
///
/// The new socket is blocking, whatever the listening one is. Without a client a non-blocking
/// listener fails with EAGAIN.
pub fn accept(listener: &Socket) -> Result<Ref<layout::QIOChannelSocket>, Error> {
    let (descriptor, remote) = loop {
        trace::qio_channel_socket_accept(listener.into());
        match socket::accept(listener.fd()) {
            Err(Errno::EINTR) => {}
            Err(errno) => {
                if errno != Errno::EAGAIN {
                    statistics::failed(errno);
                }
                trace::qio_channel_socket_accept_fail(listener.into());
                return Err(Error::os(errno, "Could not accept a connection"));
            }
            Ok(accepted) => break accepted,
        }
    };
    let local = socket::local_name(descriptor.as_raw()).map_err(unnamed_here)?;
    Ok(client(listener, descriptor, &remote, &local))
}

/// The channel of a client that a listener has taken off `listener`'s queue.
///
/// The client is there: if the system can't tell its local address, it is handed over with the one
/// that is listened on (W-LSN-16).
pub fn of_listeners_client(
    listener: &Socket,
    descriptor: Descriptor,
    remote: &SocketName,
) -> Ref<layout::QIOChannelSocket> {
    let local = socket::local_name(descriptor.as_raw());
    let local = local.unwrap_or_else(|_| listener.name(End::Local));
    client(listener, descriptor, remote, &local)
}

fn client(
    listener: &Socket,
    descriptor: Descriptor,
    remote: &SocketName,
    local: &SocketName,
) -> Ref<layout::QIOChannelSocket> {
    let fd = descriptor.as_raw();
    let client = create();
    client.set_name_of(End::Remote, remote);
    client.set_name_of(End::Local, local);
    client.open(descriptor.into_raw());
    set_features(&client, Provenance::Accepted);
    trace::qio_channel_socket_open((&*client).into(), fd, Some(local), Some(remote));
    statistics::add(Count::Accepted);
    trace::qio_channel_socket_accept_complete(listener.into(), (&*client).into(), fd);
    client
}
