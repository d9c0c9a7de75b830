//! The event source of one listening socket (R-LSN-14).

use std::sync::{Arc, Weak};

use super::server::Server;
use super::state::state_of;
use super::watch::Watch;
use crate::logic::limits::limiter::Resume;
use crate::object::Ref;
use crate::object::listener::Listener;
use abi::layout::QIONetListener;
use platform::glib::condition::IN;
use platform::glib::{Callback, Hooks, PollFd, SourceOf, WeakContext, monotonic_time};
use platform::sync::Mutex;
use platform::sync::atomic::{AtomicBool, Ordering};

/// What the source does when the socket is ready.
pub struct SourceWatch {
    poll_fd: [PollFd; 1],
    /// Has the channel until the source is finalised (R-LSN-15).
    server: Arc<Server>,
    hold: Arc<Hold>,
    /// Taken out of the poll until its time has come (L1).
    is_suspended: AtomicBool,
    /// A dispatch is under way: a nested loop must not begin another (R-LSN-14).
    is_dispatching: AtomicBool,
}

/// The reference on the listener that a watch holds until its source is destroyed (R-LSN-15).
pub(super) struct Hold {
    listener: Mutex<Option<Ref<QIONetListener>>>,
    /// The socket's index in the listener.
    index: usize,
}

impl Hold {
    /// The socket's index in the listener.
    pub(super) fn index(&self) -> usize {
        self.index
    }
}

impl Resume for Hold {
    /// The source's context does it, at its next iteration.
    fn resume(&self) {
        let listener = self.listener.lock().clone();
        if let Some(listener) = listener {
            state_of(&listener).with_source(self, |source| source.set_ready_time(0));
        }
    }
}

/// What a source keeps. If its context ends it, it tells the listener.
struct Closer {
    hold: Arc<Hold>,
    server: Arc<Server>,
}

impl Drop for Closer {
    fn drop(&mut self) {
        let listener = self.hold.listener.lock().take();
        if let Some(listener) = listener {
            state_of(&listener).forget_watch(&listener, self.hold.index, &self.server);
        }
    }
}

impl SourceWatch {
    /// Watches a socket of `listener`, by its index. None if the context has gone.
    pub fn start(
        listener: &Listener,
        index: usize,
        server: Server,
        context: &WeakContext,
    ) -> Option<SourceOf<Self>> {
        let server = Arc::new(server);
        let hold = Arc::new(Hold {
            listener: Mutex::new(Some(listener.to_ref())),
            index,
        });
        let source = SourceOf::new(Self {
            poll_fd: [PollFd::new(server.channel().fd(), IN)],
            server: Arc::clone(&server),
            hold: Arc::clone(&hold),
            is_suspended: AtomicBool::new(false),
            is_dispatching: AtomicBool::new(false),
        });
        // The watch doesn't recurse (R-LSN-14), but GLib isn't told: it would take the descriptor out
        // of the poll and put it back, with three system calls, around each dispatch. `dispatch`
        // sees to it for less.
        source.set_can_recurse();
        source.keep(Closer {
            hold,
            server: Arc::clone(&server),
        });
        server.channel().upcast().name_source(&source);
        context.attach(source, |watch| drop(watch.release()))
    }

    /// Takes the reference on the listener back: the watch ends. A dispatch that is under way has
    /// its own.
    pub fn release(&self) -> Option<Ref<QIONetListener>> {
        self.hold.listener.lock().take()
    }

    /// What tells its source from others.
    pub(super) fn hold(&self) -> &Hold {
        &self.hold
    }

    /// Takes the socket out of the poll for so many milliseconds, or until it is resumed. The source must
    /// not be destroyed.
    fn suspend_source(source: &SourceOf<Self>, milliseconds: Option<u32>) {
        if !source.hooks().is_suspended.swap(true, Ordering::AcqRel) {
            source.stop_polling();
        }
        source.set_ready_time(match milliseconds {
            Some(milliseconds) => monotonic_time() + i64::from(milliseconds) * 1_000,
            None => -1,
        });
    }

    /// Puts the socket into the poll again. The source must not be destroyed.
    fn resume_source(source: &SourceOf<Self>) {
        source.set_ready_time(-1);
        if source.hooks().is_suspended.swap(false, Ordering::AcqRel) {
            source.resume_polling();
        }
    }
}

impl Watch for SourceWatch {
    fn server(&self) -> &Server {
        &self.server
    }

    fn index(&self) -> usize {
        self.hold.index
    }

    fn suspend(&self, listener: &Listener, milliseconds: Option<u32>) {
        let suspend = |source: &_| Self::suspend_source(source, milliseconds);
        state_of(listener).with_source(&self.hold, suspend);
    }

    fn resuming(&self) -> Weak<dyn Resume> {
        let weak: Weak<Hold> = Arc::downgrade(&self.hold);
        weak
    }
}

impl Hooks for SourceWatch {
    type Func = ();

    fn poll_fds(&self) -> &[PollFd] {
        &self.poll_fd
    }

    fn check(&self) -> bool {
        // While suspended, what the last poll found is stale.
        let [poll_fd] = &self.poll_fd;
        !self.is_suspended.load(Ordering::Acquire)
            && !self.is_dispatching.load(Ordering::Relaxed)
            && poll_fd.revents() != 0
    }

    fn dispatch(&self, callback: Callback<'_, ()>) -> bool {
        // This reference is for the callback, which may drop all others (R-LSN-33).
        let listener = self.hold.listener.lock().clone();
        let Some(listener) = listener else {
            return false;
        };
        // The timer of a suspended watch may end in a nested loop.
        if self.is_dispatching.swap(true, Ordering::Relaxed) {
            return true;
        }
        let [poll_fd] = &self.poll_fd;
        let found = if self.is_suspended.load(Ordering::Acquire) {
            state_of(&listener).with_source(&self.hold, Self::resume_source);
            self.server.trace_resume(&listener);
            None
        } else {
            Some(poll_fd.revents())
        };
        callback.set_events(0);
        let goes_on = self.serve(&listener, found);
        callback.set_events(IN);
        self.is_dispatching.store(false, Ordering::Relaxed);
        goes_on
    }
}
