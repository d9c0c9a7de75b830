//! Event loop contexts (`AioContext`): each is a GLib source, and shares its reference count.

use core::ffi::{c_int, c_void};
use core::sync::atomic::{AtomicPtr, Ordering};
use core::{mem, ptr};
use std::sync::Arc;

use glib_sys::GSource;
use platform::glib::condition::IN;

use super::bottom_half::{BottomHalf, Queue};
use super::handlers::{Handlers, Ready, Sources};
use abi::layout::{AioContext, IOHandler};
use platform::glib::{Callback, Hooks, PollFd, Source, SourceOf};
use platform::os::epoll::{Epoll, Event};
use platform::os::errno::Errno;
use platform::os::event::EventFd;
use platform::os::poll::{self, Entry};
use platform::sync::{Mutex, MutexGuard, fork};

/// A counted reference on a context.
#[derive(Clone)]
pub(crate) struct Context(SourceOf<AioSource>);

/// What is behind the source.
struct AioSource {
    /// The source itself; NULL until it is made.
    source: AtomicPtr<GSource>,
    /// Wakes a poll. Without it GLib wakes its own, and others look from time to time.
    notifier: Option<EventFd>,
    /// The handlers' descriptors and the notifier, for the kernel. Without it each is polled.
    set: Option<Epoll>,
    /// The set, or else the notifier.
    polled: Option<PollFd>,
    state: Mutex<State>,
}

struct State {
    handlers: Handlers,
    queue: Queue,
    /// How many polls other than GLib's are under way.
    polls: usize,
    /// `aio_notify` was called, and no poll has returned for it yet.
    notified: bool,
    /// Which process the descriptors were made by.
    process: u32,
    /// The set could not be made anew for this process.
    is_set_lost: bool,
}

impl Context {
    /// A new context, not polled yet.
    pub(crate) fn create() -> Result<Self, Errno> {
        Ok(Self::on(Some(EventFd::create()?), Some(Epoll::create()?)))
    }

    /// As [`Context::create`], also without free descriptors.
    pub(crate) fn create_anyhow() -> Self {
        let notifier = EventFd::create().ok();
        let set = notifier.as_ref().and_then(|_| Epoll::create().ok());
        Self::on(notifier, set)
    }

    fn on(notifier: Option<EventFd>, set: Option<Epoll>) -> Self {
        let set_fd = set.as_ref().map(Epoll::fd);
        let polled = set_fd.or(notifier.as_ref().map(|event| event.fd()));
        let source = SourceOf::new(AioSource {
            source: AtomicPtr::new(ptr::null_mut()),
            polled: polled.map(|fd| PollFd::new(fd, IN)),
            notifier,
            set,
            state: Mutex::new(State {
                handlers: Handlers::default(),
                queue: Queue::default(),
                polls: 0,
                notified: false,
                process: fork::generation(),
                is_set_lost: false,
            }),
        });
        let hooks = source.hooks();
        hooks.source.store(source.as_ptr(), Ordering::Relaxed);
        let mut state = hooks.state.lock();
        // SAFETY: the table belongs to this source.
        unsafe { state.handlers.fill(&hooks.sources(&source, false)) };
        drop(state);
        // A handler may run a loop that serves the context too.
        source.set_can_recurse();
        source.set_name(c"aio-context");
        Self(source)
    }

    /// A reference on the context at `ptr`.
    ///
    /// # Safety
    /// `ptr` is a live context.
    pub(crate) unsafe fn from_ptr_none(ptr: *mut AioContext) -> Self {
        // SAFETY: a context is a source of this kind.
        Self(unsafe { SourceOf::from_ptr_none(ptr.cast()) })
    }

    /// The address, for C and for comparison.
    pub(crate) fn as_ptr(&self) -> *mut AioContext {
        self.0.as_ptr().cast()
    }

    /// The source that serves the context once it is attached.
    pub(crate) fn source(&self) -> &Source {
        &self.0
    }

    /// Sets what runs when `fd` is ready, in place of what was set for it (R-LOOP-5).
    ///
    /// # Safety
    /// The handlers may be called with `opaque`, by the threads that poll the context, until they are
    /// removed or replaced.
    pub(crate) unsafe fn set_handlers(
        &self,
        fd: c_int,
        read: IOHandler,
        write: IOHandler,
        opaque: *mut c_void,
    ) {
        let hooks = self.0.hooks();
        let mut state = hooks.lock();
        let from = hooks.sources(&self.0, state.is_set_lost);
        // SAFETY: the table belongs to this source.
        let is_unseen = unsafe { state.handlers.set(&from, fd, (read, write, opaque)) };
        if is_unseen && state.polls > 0 {
            self.wake_poll();
        }
    }

    /// Makes the poll that is under way, or else the next one, return.
    pub(crate) fn notify(&self) {
        self.0.hooks().lock().notified = true;
        self.wake_poll();
    }

    /// Makes a bottom half run, unless it is going to (R-LOOP-7).
    pub(crate) fn schedule(&self, bottom_half: Arc<BottomHalf>) {
        self.0.hooks().lock().queue.schedule(bottom_half);
        self.wake_poll();
    }

    fn wake_poll(&self) {
        match &self.0.hooks().notifier {
            Some(event) => event.notify(),
            None => self.0.set_ready_time(0),
        }
    }

    /// Makes it not run.
    pub(crate) fn cancel(&self, bottom_half: &BottomHalf) {
        // Under the lock: it either has begun to run or doesn't.
        let _state = self.0.hooks().state.lock();
        bottom_half.withdraw();
    }

    /// Runs what is ready, and waits for that if `blocking`. True if something has run (R-LOOP-6).
    pub(crate) fn poll(&self, blocking: bool) -> bool {
        self.0.hooks().poll(blocking)
    }
}

/// Milliseconds between two looks of a poll that can't be woken.
const LOOK: c_int = 5;

/// How many descriptors one wait may find ready. More come with the next.
const EVENTS: usize = 256;

/// A wait that is to begin.
struct Plan {
    /// The notifier or the set, and what isn't in the set. Empty if the set has all.
    entries: Vec<Entry>,
    /// Nothing is to be done without waiting.
    idle: bool,
    /// The latest change of registrations.
    changes: u64,
    is_set_lost: bool,
}

impl AioSource {
    fn poll(&self, blocking: bool) -> bool {
        let mut progress = self.run_bottom_halves();
        loop {
            let mut plan = self.begin_poll();
            let limit = match &self.notifier {
                _ if !blocking || progress || !plan.idle => 0,
                Some(_) => -1,
                None => LOOK,
            };
            let mut events = [Event::NONE; EVENTS];
            // Out of memory, or beyond the limit of descriptors: none is ready.
            let found = self.wait(&mut plan, &mut events, limit).ok();
            let is_done = found.is_none();
            if is_done && blocking {
                // Who polls in a loop until something is done must not spin meanwhile.
                poll::rest(LOOK);
            }
            let events = found.and_then(|found| events.get(..found));
            let notified = self.end_poll(&plan, events);
            while let Some(ready) = self.next_ready() {
                progress = true;
                ready.run();
            }
            progress |= self.run_bottom_halves();
            if progress || !blocking || notified || is_done {
                return progress;
            }
        }
    }

    /// The lock, once the descriptors are this process's own: one that was forked shares them with its
    /// parent.
    fn lock(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock();
        if state.process != fork::generation() {
            self.leave_parent(&mut state);
        }
        state
    }

    #[cold]
    fn leave_parent(&self, state: &mut State) {
        state.process = fork::generation();
        let Some(notifier) = &self.notifier else {
            return;
        };
        // Without a descriptor for that it stays the parent's too.
        let _ = notifier.renew();
        if let Some(set) = &self.set
            && set.renew().is_err()
        {
            // What GLib polls as the set has to wake it all the same.
            set.give_up_for(notifier.descriptor());
            state.is_set_lost = true;
        }
        let source = self.source();
        let from = self.sources(&source, state.is_set_lost);
        // SAFETY: the table belongs to this source.
        unsafe { state.handlers.fill(&from) };
        if !state.queue.is_empty() {
            notifier.notify();
        }
    }

    fn sources<'a>(&'a self, source: &'a Source, is_set_lost: bool) -> Sources<'a> {
        Sources {
            set: self.set.as_ref().filter(|_| !is_set_lost),
            notifier: self.notifier.as_ref(),
            source,
        }
    }

    /// What to wait for.
    fn begin_poll(&self) -> Plan {
        let mut state = self.lock();
        state.polls += 1;
        let is_set_lost = state.is_set_lost;
        let mut entries = Vec::new();
        if state.handlers.has_polled() || self.set.is_none() || is_set_lost {
            let first = self.polled.as_ref().map_or(-1, PollFd::fd);
            entries.push(Entry::to_read(first));
            state.handlers.add_polled(&mut entries);
        }
        Plan {
            entries,
            idle: state.queue.is_empty() && !state.notified,
            changes: state.handlers.changes(),
            is_set_lost,
        }
    }

    /// Waits; returns how many events of the set were stored.
    fn wait(&self, plan: &mut Plan, events: &mut [Event], limit: c_int) -> Result<usize, Errno> {
        let set = self.set.as_ref().filter(|_| !plan.is_set_lost);
        if plan.entries.is_empty() {
            return set.map_or(Ok(0), |set| set.wait(events, limit));
        }
        poll::wait(&mut plan.entries, limit)?;
        match (set, plan.entries.first()) {
            (Some(set), Some(first)) if first.is_readable() => set.wait(events, 0),
            _ => Ok(0),
        }
    }

    /// Marks what is ready. True if the poll was to return.
    fn end_poll(&self, plan: &Plan, events: Option<&[Event]>) -> bool {
        let source = self.source();
        let mut state = self.state.lock();
        state.polls -= 1;
        let is_notified = events.is_some_and(|events| {
            state.handlers.begin_marking();
            let from = self.sources(&source, plan.is_set_lost);
            if let [_, entries @ ..] = &*plan.entries {
                state.handlers.mark_polled(entries);
            }
            match from.set {
                // SAFETY: the table belongs to this source.
                Some(set) => unsafe { state.handlers.mark(&from, set, events, plan.changes) },
                None => plan.entries.first().is_some_and(Entry::is_readable),
            }
        });
        if let Some(notifier) = &self.notifier
            && is_notified
        {
            // Before the queue is looked at, so that no wake-up is lost.
            notifier.reset();
        }
        mem::take(&mut state.notified)
    }

    fn source(&self) -> SourceOf<Self> {
        // SAFETY: called by methods of the source only, so it is live.
        unsafe { SourceOf::from_ptr_none(self.source.load(Ordering::Relaxed)) }
    }

    fn next_ready(&self) -> Option<Ready> {
        self.state.lock().handlers.next_ready()
    }

    /// Runs those that have been scheduled before, also in polls that they nest in each other.
    fn run_bottom_halves(&self) -> bool {
        let end = self.state.lock().queue.end();
        let mut progress = false;
        loop {
            let Some((bottom_half, is_scheduled)) = self.state.lock().queue.next(end) else {
                return progress;
            };
            if is_scheduled {
                progress = true;
                bottom_half.run();
            }
        }
    }
}

impl Hooks for AioSource {
    type Func = ();

    fn poll_fds(&self) -> &[PollFd] {
        self.polled.as_slice()
    }

    fn prepare(&self) -> bool {
        !self.lock().queue.is_empty()
    }

    fn check(&self) -> bool {
        if self.polled.iter().any(|fd| fd.revents() & IN != 0) {
            return true;
        }
        let state = self.lock();
        if !state.queue.is_empty() {
            return true;
        }
        if !state.handlers.has_polled() {
            return false;
        }
        let mut entries = Vec::new();
        state.handlers.add_polled(&mut entries);
        drop(state);
        poll::wait(&mut entries, 0).is_ok_and(|ready| ready > 0)
    }

    fn dispatch(&self, _callback: Callback<'_, ()>) -> bool {
        if self.notifier.is_none() {
            self.source().set_ready_time(-1);
        }
        // What the loop found may be outdated: other sources, or a nested loop, have run since.
        self.poll(false);
        true
    }
}
