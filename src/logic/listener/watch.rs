//! The event source of one listening socket (R-LSN-14).

use std::sync::Arc;

use super::accept::{Attempt, Pause, Turn};
use super::registration::Registration;
use super::state::state_of;
use super::traces;
use crate::glib::{Callback, Hooks, MainContext, PollFd, SourceOf, monotonic_time};
use crate::layout::{QIOChannelSocket, QIONetListener};
use crate::logic::watch::{IN, NVAL};
use crate::object::Ref;
use crate::object::listener::Listener;
use crate::object::socket::Socket;
use crate::os::errno::Errno;
use crate::sync::Mutex;
use crate::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use crate::trace;

/// Clients taken in a row before other sources get their turn (W-LSN-2).
const BATCH: usize = 16;

/// A watch: what its source does when the socket is ready.
pub struct Watch {
    poll_fd: [PollFd; 1],
    /// Until the source is finalised (R-LSN-15).
    channel: Ref<QIOChannelSocket>,
    turn: Arc<Turn>,
    registration: Arc<Registration>,
    hold: Arc<Hold>,
    /// Nobody may accept for this watch any more; changed in the socket's [`Turn`].
    is_revoked: AtomicBool,
    /// Taken out of the poll until its time has come (L1).
    is_suspended: AtomicBool,
    pause: Mutex<Pause>,
    /// A dispatch is under way: a nested loop must not begin another (R-LSN-14).
    is_dispatching: AtomicBool,
    probe: Probe,
}

/// Whether it pays to look for another client right after one was taken. Only the thread that
/// dispatches the watch uses it.
///
/// Looking costs a system call. Where clients come one by one it finds nobody, so it is done less
/// and less often then; as soon as it finds somebody it is done each time.
#[derive(Debug, Default)]
struct Probe {
    /// Wake-ups to let pass without looking.
    skip: AtomicU32,
    /// How many that were after the last look in vain.
    pause: AtomicU32,
}

impl Probe {
    const LONGEST: u32 = 15;

    fn pays(&self) -> bool {
        let skip = self.skip.load(Ordering::Relaxed);
        self.skip.store(skip.saturating_sub(1), Ordering::Relaxed);
        skip == 0
    }

    fn found(&self, somebody: bool) {
        let pause = match somebody {
            true => 0,
            false => (2 * self.pause.load(Ordering::Relaxed) + 1).min(Self::LONGEST),
        };
        self.pause.store(pause, Ordering::Relaxed);
        self.skip.store(pause, Ordering::Relaxed);
    }
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
        channel: &Socket,
        turn: &Arc<Turn>,
        registration: &Arc<Registration>,
        context: &MainContext,
    ) -> SourceOf<Self> {
        let hold = Arc::new(Hold {
            listener: Mutex::new(Some(listener.to_ref())),
            index,
        });
        let source = SourceOf::new(Self {
            poll_fd: [PollFd::new(channel.fd(), IN)],
            channel: channel.to_ref(),
            turn: Arc::clone(turn),
            registration: Arc::clone(registration),
            hold: Arc::clone(&hold),
            is_revoked: AtomicBool::new(false),
            is_suspended: AtomicBool::new(false),
            pause: Mutex::default(),
            is_dispatching: AtomicBool::new(false),
            probe: Probe::default(),
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

    /// Lets nobody accept for this watch any more. When it returns, no accept is under way.
    pub fn revoke(&self) {
        self.turn
            .wait(|| self.is_revoked.store(true, Ordering::Release));
    }

    /// Whether somebody ended the watch on purpose.
    pub fn is_revoked(&self) -> bool {
        self.is_revoked.load(Ordering::Acquire)
    }

    /// Takes the socket out of the poll for a while. The source must not be destroyed.
    pub fn suspend(source: &SourceOf<Self>) {
        let watch = source.hooks();
        let pause = watch.pause.lock().longer();
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
        let mut taken = 0;
        for _ in 0..BATCH {
            if taken == 1 && !self.probe.pays() {
                return true;
            }
            // Asked before each accept: the callback may have unregistered (R-LSN-34, L13).
            let Some(permission) = self.registration.enter() else {
                return false;
            };
            let attempt = self.turn.take(&self.channel, seen, || !self.is_revoked());
            seen = false;
            match attempt {
                Attempt::Client(client) => {
                    taken += 1;
                    if taken == 2 {
                        self.probe.found(true);
                    }
                    self.pause.lock().reset();
                    traces::callback(listener, &self.registration);
                    permission.call(listener, &client);
                }
                Attempt::Lost => {}
                Attempt::Nobody => {
                    if taken == 1 {
                        self.probe.found(false);
                    }
                    return true;
                }
                Attempt::Exhausted(errno) => return self.pause(listener, errno),
                Attempt::Useless(errno) => return self.stop(listener, errno),
                Attempt::Revoked => return false,
            }
        }
        true
    }

    /// Leaves the socket alone for a while (L1).
    fn pause(&self, listener: &Listener, errno: Errno) -> bool {
        self.trace_failure(listener, errno);
        state_of(listener).with_watch(self.hold.index, self, Self::suspend);
        true
    }

    /// Gives the socket up: it can never be accepted from (W-LSN-1).
    fn stop(&self, listener: &Listener, errno: Errno) -> bool {
        self.trace_failure(listener, errno);
        state_of(listener).give_up_watch(listener, self.hold.index, self);
        false
    }

    fn trace_failure(&self, listener: &Listener, errno: Errno) {
        let fd = self.channel.fd();
        trace::qio_net_listener_accept_fail(listener.as_ptr().into(), fd, errno.code());
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looking_in_vain_is_done_less_and_less_often() {
        let probe = Probe::default();
        let mut looks = 0;
        for _ in 0..100 {
            if probe.pays() {
                looks += 1;
                probe.found(false);
            }
        }
        assert!((6..15).contains(&looks), "{looks}");
    }

    #[test]
    fn looking_pays_again_once_somebody_was_found() {
        let probe = Probe::default();
        for _ in 0..10 {
            if probe.pays() {
                probe.found(false);
            }
        }
        probe.found(true);
        assert!(probe.pays());
        assert!(probe.pays());
    }
}
