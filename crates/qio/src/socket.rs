//! Channels over sockets.

use std::os::fd::{AsFd, BorrowedFd, IntoRawFd, OwnedFd};
use std::os::unix::net::UnixStream;

use crate::address::Address;
use crate::channel::{Channel, borrowed, kind};
use crate::context::Context;
use crate::error::{Result, told};
use crate::task::Task;
use abi::layout::QIOChannelSocket;
use io::logic::control;
use io::logic::socket::control as options;
use io::logic::socket::{self, establish};
use io::object::Ref;
use io::object::socket::End;

/// A channel over a connected socket: TCP, UNIX, vsock, or connected datagrams.
///
/// ```
/// # fn main() -> qio::Result<()> {
/// use std::io::{Read, Write};
/// use qio::{Address, Listener, SocketChannel};
/// let listener = Listener::bind(&[Address::inet("127.0.0.1", "0")?])?;
/// let address = &listener.local_addresses()?[0];
/// let mut client = SocketChannel::connect(address)?;
/// let mut server = listener.accept()?;
/// client.write_all(b"hello")?;
/// let mut received = [0; 5];
/// server.read_exact(&mut received)?;
/// assert_eq!(&received, b"hello");
/// # Ok(())
/// # }
/// ```
pub struct SocketChannel {
    channel: Channel,
    own: Ref<QIOChannelSocket>,
}

kind!(SocketChannel, QIOChannelSocket);

impl SocketChannel {
    /// Looks the address up and connects, waiting until it is done.
    pub fn connect(address: &Address) -> Result<Self> {
        let socket = socket::create();
        told(establish::connect(&socket, (&address.0).into()))?;
        Ok(Self::of(socket))
    }

    /// [`SocketChannel::connect`] in a worker thread, completed in `context`.
    pub fn connect_on(context: &Context, address: &Address) -> Task<Result<Self>> {
        let address = address.clone();
        Task::run(context, move || Self::connect(&address))
    }

    /// A datagram socket that sends to `remote` and receives from there, bound to `local` if there is one.
    pub fn datagrams(local: Option<&Address>, remote: &Address) -> Result<Self> {
        let socket = socket::create();
        let local = local.map(|address| (&address.0).into());
        told(establish::datagram(&socket, local, (&remote.0).into()))?;
        Ok(Self::of(socket))
    }

    /// Two UNIX sockets that are connected with each other.
    pub fn pair() -> Result<(Self, Self)> {
        let (one, other) = UnixStream::pair()?;
        Ok((Self::from_fd(one.into())?, Self::from_fd(other.into())?))
    }

    /// A channel of a socket that there is. What isn't one is closed, and is an error.
    pub fn from_fd(fd: OwnedFd) -> Result<Self> {
        use std::os::fd::AsRawFd;
        let channel = told(establish::from_fd(fd.as_raw_fd()))?;
        // The channel owns it from here on.
        let _ = fd.into_raw_fd();
        Ok(Self::of(channel))
    }

    /// Where this end is.
    pub fn local_address(&self) -> Result<Address> {
        told(options::address(&self.own, End::Local)).map(Address)
    }

    /// Where the other end is.
    pub fn peer_address(&self) -> Result<Address> {
        told(options::address(&self.own, End::Remote)).map(Address)
    }

    /// Has the system send small writes at once (`true`) or gather them (TCP).
    pub fn set_no_delay(&self, enabled: bool) {
        control::set_delay(&self.channel.0, !enabled);
    }
}

impl AsFd for SocketChannel {
    fn as_fd(&self) -> BorrowedFd<'_> {
        owned(&self.channel, self.own.fd())
    }
}

/// The descriptor of a channel that has one from its making to its end.
pub(crate) fn owned(channel: &Channel, fd: i32) -> BorrowedFd<'_> {
    match borrowed(channel, fd) {
        Some(fd) => fd,
        None => unreachable!("a channel is open until its owner drops or closes it"),
    }
}

impl TryFrom<std::net::TcpStream> for SocketChannel {
    type Error = crate::Error;

    fn try_from(stream: std::net::TcpStream) -> Result<Self> {
        Self::from_fd(stream.into())
    }
}

impl TryFrom<UnixStream> for SocketChannel {
    type Error = crate::Error;

    fn try_from(stream: UnixStream) -> Result<Self> {
        Self::from_fd(stream.into())
    }
}
