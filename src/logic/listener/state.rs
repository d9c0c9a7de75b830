//! What a listener is made of, and how its sockets come to be watched.
//!
//! One lock guards it all. It is never held while the program is called, nor while anything goes
//! that may be a last reference: what is left over is put into `Leftovers`, to be dropped after
//! unlocking (W-LSN-6, W-LSN-14).

use core::ptr;
use std::sync::Arc;

use super::accept::Turn;
use super::handler::Handler;
use super::registration::Registration;
use super::server::Server;
use super::wait::Waiter;
use super::watch::Watch;
use crate::object::Ref;
use crate::object::client_func::{ClientFunc, ContextName};
use crate::object::listener::Listener;
use abi::layout::{QIOChannelSocket, QIONetListener};
use host::aio;
use platform::glib::{MainContext, Source, SourceOf};
use platform::os::abort::misuse;
use platform::sync::{Condvar, Mutex};

/// The state of a listener.
#[derive(Default)]
pub struct State {
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
    pub turn: Arc<Turn>,
    pub watch: Option<Watching>,
    /// A disconnect is about to close it.
    pub is_closing: bool,
}

/// How a socket is watched.
pub(super) enum Watching {
    /// By a source, in a main context.
    Source(SourceOf<Watch>),
    /// By a handler, in an event loop context.
    Handler(Arc<Handler>),
}

impl Watching {
    fn server(&self) -> &Server {
        match self {
            Self::Source(source) => source.hooks().server(),
            Self::Handler(handler) => handler.server(),
        }
    }

    fn source(&self) -> Option<&SourceOf<Watch>> {
        match self {
            Self::Source(source) => Some(source),
            Self::Handler(_) => None,
        }
    }

    fn end(&self) {
        match self {
            Self::Source(source) => source.destroy(),
            Self::Handler(handler) => handler.end(),
        }
    }
}

/// The registration in force.
pub(super) struct Registered {
    pub registration: Arc<Registration>,
    pub place: Place,
}

/// The context that callbacks run in.
///
/// While something is watched, a main context holds the listener, so the listener must not hold the
/// context: the program would get rid of neither (W-LSN-13).
pub(super) enum Place {
    /// Nothing is watched.
    Held(MainContext),
    /// The watches know it.
    WithWatches,
    /// The event loop context, which lives as long as the process.
    Aio(aio::Context),
    /// It has died, or isn't needed.
    None,
}

/// Where sockets are to be watched.
enum Target {
    Main(MainContext),
    Aio(aio::Context),
}

/// What must go after the lock.
#[derive(Default)]
#[must_use]
pub(super) struct Leftovers {
    watches: Vec<Watching>,
    contexts: Vec<MainContext>,
}

impl Drop for Leftovers {
    fn drop(&mut self) {
        for watch in &self.watches {
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
    /// The registration in force, whether it has a function or not.
    pub(super) fn registration(&self) -> Option<&Registration> {
        self.registered.as_ref().map(|r| &*r.registration)
    }

    /// Whether the same is registered already, in the same context, which lives.
    pub(super) fn is_registered(&self, func: &ClientFunc, context: ContextName) -> bool {
        self.registered.as_ref().is_some_and(|registered| {
            let registration = &registered.registration;
            registration.func().is_same(func)
                && registration.context() == context
                && (!func.is_some() || !matches!(registered.place, Place::None))
        })
    }

    /// A reference for the duration of an operation, so that nothing that goes meanwhile is the
    /// last one. None while the listener ends.
    pub(super) fn hold(&self, listener: &Listener) -> Option<Ref<QIONetListener>> {
        (!self.is_ending).then(|| listener.to_ref())
    }

    /// Watches the sockets from index `first` on that are open and not watched, if there is a
    /// callback and nobody waits.
    pub(super) fn watch(&mut self, listener: &Listener, first: usize, leftovers: &mut Leftovers) {
        if self.is_ending || !self.waiters.is_empty() {
            return;
        }
        let Some(target) = self.target() else {
            return;
        };
        let Some(registered) = &mut self.registered else {
            return;
        };
        for (index, socket) in self.sockets.iter_mut().enumerate().skip(first) {
            // A closed channel could never become ready (W-LSN-9).
            if socket.watch.is_some() || socket.is_closing || socket.channel.fd() < 0 {
                continue;
            }
            let server = Server::new(&socket.channel, &socket.turn, &registered.registration);
            let watch = match &target {
                Target::Main(context) => {
                    Watching::Source(Watch::start(listener, index, server, context))
                }
                Target::Aio(context) => {
                    Watching::Handler(Handler::start(listener, index, server, *context))
                }
            };
            let source: Option<&Source> = watch.source().map(|source| &**source);
            listener.show_watch(index, source);
            socket.watch = Some(watch);
            if matches!(target, Target::Main(_)) {
                let held = core::mem::replace(&mut registered.place, Place::WithWatches);
                if let Place::Held(held) = held {
                    leftovers.contexts.push(held);
                }
            }
        }
        if let Target::Main(context) = target {
            leftovers.contexts.push(context);
        }
    }

    /// The context of a registration that has a function and whose context lives.
    fn target(&self) -> Option<Target> {
        let registered = self.registered.as_ref()?;
        match &registered.place {
            _ if !registered.registration.func().is_some() => None,
            Place::Held(context) => Some(Target::Main(context.clone())),
            Place::WithWatches => self.watched_context().map(Target::Main),
            Place::Aio(context) => Some(Target::Aio(*context)),
            Place::None => None,
        }
    }

    /// The main context of the watches.
    fn watched_context(&self) -> Option<MainContext> {
        self.sockets
            .iter()
            .find_map(|socket| socket.watch.as_ref()?.source()?.context())
    }

    /// Ends all watches. Nobody accepts for them any more when this returns.
    pub(super) fn unwatch(&mut self, listener: &Listener, leftovers: &mut Leftovers) {
        let context = self.watched_context();
        for (index, socket) in self.sockets.iter_mut().enumerate() {
            if let Some(watch) = socket.watch.take() {
                watch.server().revoke();
                listener.show_watch(index, None);
                leftovers.watches.push(watch);
            }
        }
        self.keep_context(context, leftovers);
    }

    /// Nothing is watched any more: the registration keeps its context itself, if that lives.
    fn keep_context(&mut self, context: Option<MainContext>, leftovers: &mut Leftovers) {
        match &mut self.registered {
            Some(Registered { place, .. }) if matches!(place, Place::WithWatches) => {
                *place = context.map_or(Place::None, Place::Held);
            }
            _ => leftovers.contexts.extend(context),
        }
    }

    fn is_watching(&self) -> bool {
        self.sockets.iter().any(|socket| socket.watch.is_some())
    }

    /// The source at `index`, if it belongs to `watch`.
    fn source_of(&self, index: usize, watch: &Watch) -> Option<&SourceOf<Watch>> {
        let source = self.sockets.get(index)?.watch.as_ref()?.source()?;
        ptr::eq(source.hooks(), watch).then_some(source)
    }
}

impl State {
    /// Calls `change` with the source of `watch`, unless somebody has taken that away already. The
    /// source isn't destroyed.
    pub(super) fn with_watch(
        &self,
        index: usize,
        watch: &Watch,
        change: impl FnOnce(&SourceOf<Watch>),
    ) {
        let inner = self.inner.lock();
        // Whoever destroys it takes it away first, but for its context, which is running.
        if let Some(source) = inner.source_of(index, watch) {
            change(source);
        }
        drop(inner);
    }

    /// A watch ends itself, while it serves its socket.
    pub(super) fn give_up_watch(&self, listener: &Listener, index: usize, server: &Server) {
        let mut leftovers = Leftovers::default();
        let mut inner = self.inner.lock();
        let found = inner.sockets.get(index).and_then(|s| s.watch.as_ref());
        if found.is_some_and(|watch| ptr::eq(watch.server(), server)) {
            let context = inner.watched_context();
            leftovers.watches.extend(inner.sockets[index].watch.take());
            listener.show_watch(index, None);
            if inner.is_watching() {
                leftovers.contexts.extend(context);
            } else {
                inner.keep_context(context, &mut leftovers);
            }
        }
        drop(inner);
    }

    /// A watch has ended. If nobody took it away before, its context has died.
    pub(super) fn watch_has_ended(
        &self,
        listener: &Listener,
        index: usize,
        is_this: impl FnOnce(&Watch) -> bool,
    ) {
        let mut leftovers = Leftovers::default();
        let mut inner = self.inner.lock();
        let found = inner.sockets.get(index).and_then(|s| s.watch.as_ref());
        let found = found.and_then(Watching::source);
        if found.is_some_and(|watch| is_this(watch.hooks())) {
            leftovers.watches.extend(inner.sockets[index].watch.take());
            listener.show_watch(index, None);
            if !inner.is_watching() {
                inner.keep_context(None, &mut leftovers);
            }
        }
        drop(inner);
    }
}
