//! What a listener is made of, and how its sockets come to be watched.
//!
//! One lock guards it all. It is never held while the program is called, nor while anything goes
//! that may be a last reference: such things are put into [`DropAfterUnlock`] (W-LSN-6, W-LSN-14).

use core::ptr;
use std::sync::Arc;

use super::accept::AcceptLock;
use super::handler::HandlerWatch;
use super::registration::{Registered, Registration};
use super::server::Server;
use super::source::{Hold, SourceWatch};
use super::wait::Waiter;
use super::watch::Watch;
use crate::logic::limits::limiter::Limiter;
use crate::object::Ref;
use crate::object::client_func::{ClientFunc, ContextName};
use crate::object::listener::Listener;
use abi::layout::{QIOChannelSocket, QIONetListener};
use platform::glib::{Source, SourceOf, WeakContext};
use platform::os::abort::misuse;
use platform::sync::{Condvar, Mutex};
use registry::listener::Record;

/// The state of a listener.
pub struct State {
    /// What dumps show.
    pub(super) record: Record,
    /// What it takes of its clients.
    pub(super) limiter: Arc<Limiter>,
    pub(super) inner: Mutex<Inner>,
    /// A waiter has left.
    pub(super) progress: Condvar,
}

/// What the lock guards.
#[derive(Default)]
pub(super) struct Inner {
    /// All sockets ever added, in that order.
    pub sockets: Vec<Listening>,
    pub registered: Option<Registered>,
    /// Threads that wait for a client. Meanwhile nothing is watched (R-LSN-42).
    pub waiters: Vec<Arc<Waiter>>,
    /// The last reference is gone: nothing may take one any more.
    pub is_ending: bool,
}

/// One socket of a listener.
pub(super) struct Listening {
    pub channel: Ref<QIOChannelSocket>,
    pub accept_lock: Arc<AcceptLock>,
    pub watch: Option<Watching>,
    /// A disconnect is about to close it.
    pub is_closing: bool,
}

/// How a socket is watched.
pub(super) enum Watching {
    /// By a source, in a main context.
    Source(SourceOf<SourceWatch>, Arc<WeakContext>),
    /// By a handler, in an event loop context.
    Handler(Arc<HandlerWatch>),
}

impl Watching {
    fn server(&self) -> &Server {
        match self {
            Self::Source(source, _) => source.hooks().server(),
            Self::Handler(handler) => handler.server(),
        }
    }

    fn source(&self) -> Option<&SourceOf<SourceWatch>> {
        match self {
            Self::Source(source, _) => Some(source),
            Self::Handler(_) => None,
        }
    }

    fn end(self) {
        match self {
            Self::Source(source, context) => {
                let hold = source.hooks().release();
                context.end(source.into());
                drop(hold);
            }
            Self::Handler(handler) => handler.end(),
        }
    }
}

/// What ends after unlocking.
#[derive(Default)]
#[must_use]
pub(super) struct DropAfterUnlock {
    watches: Vec<Watching>,
}

impl Drop for DropAfterUnlock {
    fn drop(&mut self) {
        for watch in self.watches.drain(..) {
            watch.end();
        }
    }
}

/// A listener's state.
pub(super) fn state_of(listener: &Listener) -> &State {
    match listener.state::<State>() {
        Some(state) => state,
        None => misuse(
            "QIONetListener",
            format_args!("the listener isn't an object of its type"),
        ),
    }
}

impl Inner {
    /// The current registration, whether it has a function or not.
    pub(super) fn registration(&self) -> Option<&Registration> {
        self.registered.as_ref().map(|r| &*r.registration)
    }

    /// Whether the same is registered already, in the same context, which lives.
    pub(super) fn is_registered(&self, func: &ClientFunc, context: ContextName) -> bool {
        self.registered.as_ref().is_some_and(|registered| {
            let registration = &registered.registration;
            registration.func.is_same(func)
                && registration.context == context
                && (!func.is_some() || registered.context.is_live())
        })
    }

    /// A reference for the duration of an operation, so that nothing that goes meanwhile is the
    /// last one. None while the listener ends.
    pub(super) fn hold(&self, listener: &Listener) -> Option<Ref<QIONetListener>> {
        (!self.is_ending).then(|| listener.to_ref())
    }

    /// Watches the sockets from index `first` on that are open and not watched, if there is a
    /// callback and no thread waits for a client.
    pub(super) fn watch(&mut self, listener: &Listener, first: usize) {
        if self.is_ending || !self.waiters.is_empty() {
            return;
        }
        let Some(registered) = &self.registered else {
            return;
        };
        for (index, socket) in self.sockets.iter_mut().enumerate().skip(first) {
            // A closed channel could never become ready (W-LSN-9).
            if socket.watch.is_some() || socket.is_closing || socket.channel.fd() < 0 {
                continue;
            }
            let server = Server::new(
                &socket.channel,
                &socket.accept_lock,
                &registered.registration,
            );
            let Some(watch) = registered.context.watch(listener, index, server) else {
                return;
            };
            let source: Option<&Source> = watch.source().map(|source| &**source);
            listener.show_watch(index, source);
            socket.watch = Some(watch);
        }
    }

    /// Ends all watches. No accept for one of them is under way when this returns.
    pub(super) fn unwatch(&mut self, listener: &Listener, after: &mut DropAfterUnlock) {
        for (index, socket) in self.sockets.iter_mut().enumerate() {
            if let Some(watch) = socket.watch.take() {
                watch.server().cancel();
                listener.show_watch(index, None);
                after.watches.push(watch);
            }
        }
    }
}

impl State {
    /// Of a new listener.
    pub(super) fn new(listener: &Listener) -> Self {
        Self {
            record: Record::new(listener.as_ptr().cast()),
            limiter: Arc::default(),
            inner: Mutex::default(),
            progress: Condvar::default(),
        }
    }

    /// Tells dumps which sockets are open.
    pub(super) fn note_sockets(&self, inner: &Inner) {
        let open = inner.sockets.iter().filter(|socket| !socket.is_closing);
        let fds = open.map(|socket| socket.channel.fd());
        self.record.set_sockets(fds.filter(|&fd| fd >= 0));
    }

    /// Calls `change` with the source of the watch that has `hold`, unless it was replaced. The source isn't
    /// destroyed.
    pub(super) fn with_source(&self, hold: &Hold, change: impl FnOnce(&SourceOf<SourceWatch>)) {
        let inner = self.inner.lock();
        let socket = inner.sockets.get(hold.index());
        let source = socket.and_then(|socket| socket.watch.as_ref()?.source());
        // Before it is destroyed it is taken away, but by its context, which is running.
        if let Some(source) = source.filter(|source| ptr::eq(source.hooks().hold(), hold)) {
            change(source);
        }
        drop(inner);
    }

    /// The watch that `server` accepts for is over, by itself or with its context.
    pub(super) fn forget_watch(&self, listener: &Listener, index: usize, server: &Server) {
        let mut after = DropAfterUnlock::default();
        let mut inner = self.inner.lock();
        if let Some(socket) = inner.sockets.get_mut(index)
            && let Some(watch) = socket
                .watch
                .take_if(|watch| ptr::eq(watch.server(), server))
        {
            listener.show_watch(index, None);
            after.watches.push(watch);
        }
        drop(inner);
        drop(after);
    }
}
