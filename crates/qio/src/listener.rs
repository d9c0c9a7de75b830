//! Listeners.

use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::io::ErrorKind;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{self, Poll, Waker};

use crate::address::Address;
use crate::context::Context;
use crate::error::{Error, Result, told};
use crate::socket::SocketChannel;
use abi::layout::{QIOChannelSocket, QIONetListener};
use io::logic::listener::{self, registration};
use io::object::Ref;
use io::object::client_func::{ClientFunc, ContextName};
use io::object::listener::Listener as Object;
use io::object::socket::Socket;

/// How many clients the kernel holds while nobody accepts them.
const BACKLOG: i32 = 1024;

/// Clients that were accepted and not taken yet.
#[derive(Default)]
struct Accepted {
    clients: VecDeque<Ref<QIOChannelSocket>>,
    waker: Option<Waker>,
}

fn lock(accepted: &Mutex<Accepted>) -> MutexGuard<'_, Accepted> {
    accepted.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Listening sockets, any number of them, and their clients.
///
/// Dropping it closes them; where one was a UNIX socket's, its file is removed.
///
/// ```
/// # fn main() -> qio::Result<()> {
/// use qio::{Address, Context, Listener, SocketChannel};
/// let mut listener = Listener::bind(&[Address::inet("localhost", "0")?])?;
/// let address = listener.local_addresses()?.remove(0);
/// let context = Context::new()?;
/// let client = SocketChannel::connect_on(&context, &address);
/// let server = context.block_on(listener.accept_on(&context))?;
/// let client = context.block_on(client)?;
/// assert_eq!(server.peer_address()?.to_string(), client.local_address()?.to_string());
/// # Ok(())
/// # }
/// ```
pub struct Listener {
    own: Ref<QIONetListener>,
    accepted: Arc<Mutex<Accepted>>,
}

impl Listener {
    /// Listens on all addresses that each of these stands for. Fails if one of them stands for none that can
    /// be used.
    pub fn bind(addresses: &[Address]) -> Result<Self> {
        let own = listener::create();
        for address in addresses {
            told(listener::open(&own, address.0.view(), BACKLOG))?;
        }
        Ok(Self {
            own,
            accepted: Arc::default(),
        })
    }

    /// Where its sockets listen, with the ports that the kernel has chosen.
    pub fn local_addresses(&self) -> Result<Vec<Address>> {
        (0..listener::socket_count(&self.own))
            .map(|index| told(listener::local_address(&self.own, index)).map(Address))
            .collect()
    }

    /// Waits for a client on this thread. Any number of threads may.
    pub fn accept(&self) -> Result<SocketChannel> {
        let waiting = lock(&self.accepted).clients.pop_front();
        waiting
            .or_else(|| listener::wait_client(&self.own))
            .map(SocketChannel::of)
            .ok_or_else(|| Error::new(ErrorKind::NotConnected, "The listener has no socket"))
    }

    /// A future of a client, which is accepted in `context`. None is lost if the future is dropped: the next
    /// call has it.
    pub fn accept_on<'l>(&'l mut self, context: &'l Context) -> Accept<'l> {
        Accept {
            listener: self,
            context,
            is_registered: false,
        }
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listener")
            .field("addresses", &self.local_addresses().unwrap_or_default())
            .finish_non_exhaustive()
    }
}

/// The future of [`Listener::accept_on`].
#[must_use = "futures do nothing unless awaited"]
#[derive(Debug)]
pub struct Accept<'l> {
    listener: &'l mut Listener,
    context: &'l Context,
    is_registered: bool,
}

impl Accept<'_> {
    /// Registers a callback that takes one client and is gone.
    fn register(&mut self) {
        let accepted = Arc::clone(&self.listener.accepted);
        let function = ClientFunc::native(move |listener: &Object, client: &Socket| {
            registration::unregister(listener);
            let mut accepted = lock(&accepted);
            accepted.clients.push_back(client.to_ref());
            let waker = accepted.waker.take();
            drop(accepted);
            if let Some(waker) = waker {
                waker.wake();
            }
        });
        let context = &self.context.0;
        let name = ContextName::new(context.as_ptr());
        registration::register(&self.listener.own, function, context, name);
        self.is_registered = true;
    }
}

impl Future for Accept<'_> {
    type Output = Result<SocketChannel>;

    fn poll(mut self: Pin<&mut Self>, about: &mut task::Context<'_>) -> Poll<Self::Output> {
        let waker = about.waker().clone();
        let mut accepted = lock(&self.listener.accepted);
        let client = accepted.clients.pop_front();
        let former = match client {
            None => accepted.waker.replace(waker),
            Some(_) => accepted.waker.take(),
        };
        drop(accepted);
        drop(former);
        if let Some(client) = client {
            return Poll::Ready(Ok(SocketChannel::of(client)));
        }
        if !listener::is_connected(&self.listener.own) {
            let message = "The listener has no socket";
            return Poll::Ready(Err(Error::new(ErrorKind::NotConnected, message)));
        }
        if !self.is_registered {
            self.register();
        }
        Poll::Pending
    }
}

impl Drop for Accept<'_> {
    fn drop(&mut self) {
        if self.is_registered {
            registration::unregister(&self.listener.own);
        }
        let waker = lock(&self.listener.accepted).waker.take();
        drop(waker);
    }
}
