//! The event source of one listening socket (R-LSN-14).

use std::sync::Arc;

use super::server::{Served, Server};
use super::state::state_of;
use crate::logic::watch::{IN, NVAL};
use crate::object::Ref;
use crate::object::listener::Listener;
use abi::layout::QIONetListener;
use platform::glib::{Callback, Hooks, MainContext, PollFd, SourceOf, monotonic_time};
use platform::os::errno::Errno;
use platform::sync::Mutex;
use platform::sync::atomic::{AtomicBool, Ordering};

/// A watch: what its source does when the socket is ready.
pub struct Watch {
    poll_fd: [PollFd; 1],
    /// Has the channel until the source is finalised (R-LSN-15).
    server: Server,
    hold: Arc<Hold>,
    /// Taken out of the poll until its time has come (L1).
    is_suspended: AtomicBool,
    /// A dispatch is under way: a nested loop must not begin another (R-LSN-14).
    is_dispatching: AtomicBool,
}

/// The reference on the listener that a watch holds until its source is destroyed and no dispatch
/// of it is under way (R-LSN-15).
struct Hold {
    listener: Mutex<Option<Ref<QIONetListener>>>,
    /// The socket's index in the listener.
    index: usize,
}

impl Hold {
    fn listener(&self) -> Option<Ref<QIONetListener>> {
        self.listener.lock().clone()
    }
}

/// What a source keeps: it tells the listener when the source ends, whoever ended it, and lets the
/// listener go.
struct End(Arc<Hold>);

impl Drop for End {
    fn drop(&mut self) {
        let listener = self.0.listener.lock().take();
        if let Some(listener) = listener {
            let is_this = |watch: &Watch| Arc::ptr_eq(&watch.hold, &self.0);
            state_of(&listener).watch_has_ended(&listener, self.0.index, is_this);
        }
    }
}

impl Watch {
    /// Watches a socket for `registration` in `context`.
    pub fn start(
        listener: &Listener,
        index: usize,
        server: Server,
        context: &MainContext,
    ) -> SourceOf<Self> {
        let hold = Arc::new(Hold {
            listener: Mutex::new(Some(listener.to_ref())),
            index,
        });
        let channel = server.channel().to_ref();
        let source = SourceOf::new(Self {
            poll_fd: [PollFd::new(channel.fd(), IN)],
            server,
            hold: Arc::clone(&hold),
            is_suspended: AtomicBool::new(false),
            is_dispatching: AtomicBool::new(false),
        });
        // The watch doesn't recurse (R-LSN-14), but GLib isn't told: it would take the descriptor out
        // of the poll and put it back, with three system calls, around each dispatch. `dispatch`
        // sees to it for less.
        source.set_can_recurse();
        source.keep(End(hold));
        channel.upcast().name_source(&source);
        source.attach(context);
        source
    }

    /// Who takes the clients.
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// Takes the socket out of the poll for a while. The source must not be destroyed.
    pub fn suspend(source: &SourceOf<Self>) {
        let watch = source.hooks();
        let pause = watch.server.longer_pause();
        if !watch.is_suspended.swap(true, Ordering::AcqRel) {
            source.stop_polling();
        }
        source.set_ready_time(monotonic_time() + i64::from(pause) * 1_000);
    }

    /// Puts the socket into the poll again. The source must not be destroyed.
    pub fn resume(source: &SourceOf<Self>) {
        source.set_ready_time(-1);
        if source.hooks().is_suspended.swap(false, Ordering::AcqRel) {
            source.resume_polling();
        }
    }

    /// Takes clients and hands them over, some in a row. False ends the watch.
    fn serve(&self, listener: &Listener) -> bool {
        let mut seen = false;
        if self.is_suspended.load(Ordering::Acquire) {
            state_of(listener).with_watch(self.hold.index, self, Self::resume);
        } else {
            let [poll_fd] = &self.poll_fd;
            let found = poll_fd.revents();
            seen = found & IN != 0;
            if found & NVAL != 0 {
                return self.stop(listener, Errno::new(libc::EBADF));
            }
            if !seen {
                // An error or a hang-up that nobody asked for, and perhaps nothing more.
                return self.pause(listener, Errno::NONE);
            }
        }
        match self.server.take_clients(listener, seen) {
            Served::ForNow => true,
            Served::Exhausted(errno) => self.pause(listener, errno),
            Served::Useless(errno) => self.stop(listener, errno),
            Served::Over => false,
        }
    }

    /// Leaves the socket alone for a while (L1).
    fn pause(&self, listener: &Listener, errno: Errno) -> bool {
        self.server.trace_failure(listener, errno);
        state_of(listener).with_watch(self.hold.index, self, Self::suspend);
        true
    }

    /// Gives the socket up: it can never be accepted from (W-LSN-1).
    fn stop(&self, listener: &Listener, errno: Errno) -> bool {
        self.server.trace_failure(listener, errno);
        state_of(listener).give_up_watch(listener, self.hold.index, &self.server);
        false
    }
}

impl Hooks for Watch {
    fn poll_fds(&self) -> &[PollFd] {
        &self.poll_fd
    }

    fn prepare(&self) -> bool {
        false
    }

    fn check(&self) -> bool {
        // While suspended, what the last poll found is stale.
        let [poll_fd] = &self.poll_fd;
        !self.is_suspended.load(Ordering::Acquire)
            && !self.is_dispatching.load(Ordering::Relaxed)
            && poll_fd.revents() != 0
    }

    fn dispatch(&self, _callback: Callback) -> bool {
        // The source keeps the reference while it is dispatched; this one is for the callback,
        // which may drop all others (R-LSN-33).
        let Some(listener) = self.hold.listener() else {
            return false;
        };
        // The timer of a suspended watch may end in a nested loop.
        if self.is_dispatching.swap(true, Ordering::Relaxed) {
            return true;
        }
        let [poll_fd] = &self.poll_fd;
        poll_fd.set_events(0);
        let goes_on = self.serve(&listener);
        poll_fd.set_events(IN);
        self.is_dispatching.store(false, Ordering::Relaxed);
        goes_on
    }
}
