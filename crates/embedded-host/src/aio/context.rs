//! Event loop contexts (`AioContext`): each is a GLib source, and shares its reference count.

use core::ffi::{c_int, c_void};
use core::ptr;
use core::sync::atomic::{AtomicPtr, Ordering};
use std::sync::Arc;

use glib_sys::GSource;
use platform::glib::condition::IN;

use super::bottom_half::{BottomHalf, Queue};
use super::handlers::{Handlers, Ready};
use abi::layout::{AioContext, IOHandler};
use platform::glib::{Callback, Hooks, PollFd, Source, SourceOf};
use platform::os::errno::Errno;
use platform::os::event::EventFd;
use platform::os::poll::{self, Entry};
use platform::sync::Mutex;

/// A counted reference on a context.
#[derive(Clone)]
pub(crate) struct Context(SourceOf<AioSource>);

/// What is behind the source.
struct AioSource {
    /// The source itself; NULL until it is made.
    source: AtomicPtr<GSource>,
    /// Wakes a poll. Without it GLib wakes its own, and others look from time to time.
    notifier: Option<EventFd>,
    polled: Option<PollFd>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    handlers: Handlers,
    queue: Queue,
    /// How many polls other than GLib's are under way.
    polls: usize,
    /// `aio_notify` was called, and no poll has returned for it yet.
    notified: bool,
}

impl Context {
    /// A new context, not polled yet.
    pub(crate) fn create() -> Result<Self, Errno> {
        Ok(Self::with_notifier(Some(EventFd::create()?)))
    }

    /// As [`Context::create`], also without a free descriptor.
    pub(crate) fn create_anyhow() -> Self {
        Self::with_notifier(EventFd::create().ok())
    }

    fn with_notifier(notifier: Option<EventFd>) -> Self {
        let source = SourceOf::new(AioSource {
            source: AtomicPtr::new(ptr::null_mut()),
            polled: notifier.as_ref().map(|event| PollFd::new(event.fd(), IN)),
            notifier,
            state: Mutex::default(),
        });
        source
            .hooks()
            .source
            .store(source.as_ptr(), Ordering::Relaxed);
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
        let mut state = self.0.hooks().state.lock();
        // SAFETY: the table belongs to this source.
        unsafe { state.handlers.set(&self.0, fd, (read, write, opaque)) };
        if state.polls > 0 {
            self.wake_poll();
        }
    }

    /// Makes the poll that is under way, or else the next one, return.
    pub(crate) fn notify(&self) {
        self.0.hooks().state.lock().notified = true;
        self.wake_poll();
    }

    /// Makes a bottom half run, unless it is going to (R-LOOP-7).
    pub(crate) fn schedule(&self, bottom_half: Arc<BottomHalf>) {
        self.0.hooks().state.lock().queue.schedule(bottom_half);
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

impl AioSource {
    fn poll(&self, blocking: bool) -> bool {
        let mut progress = self.run_bottom_halves();
        loop {
            let (mut entries, ids, idle) = self.begin_poll();
            let limit = match &self.notifier {
                _ if !blocking || progress || !idle => 0,
                Some(_) => -1,
                None => LOOK,
            };
            // Out of memory, or beyond the limit of descriptors: none is ready.
            let found = poll::wait(&mut entries, limit).is_ok();
            let notified = self.end_poll(&ids, &entries, found);
            while let Some(ready) = self.next_ready() {
                progress = true;
                ready.run();
            }
            progress |= self.run_bottom_halves();
            if progress || !blocking || notified || !found {
                return progress;
            }
        }
    }

    /// What to poll, and whether nothing is to be done without.
    fn begin_poll(&self) -> (Vec<Entry>, Vec<u64>, bool) {
        let mut state = self.state.lock();
        state.polls += 1;
        let notifier = self.notifier.as_ref().map_or(-1, |event| event.fd());
        let mut entries = vec![Entry::to_read(notifier)];
        let ids = state.handlers.add_entries(&mut entries);
        let idle = state.queue.is_empty() && !state.notified;
        drop(state);
        (entries, ids, idle)
    }

    /// Marks what is ready. True if the poll was to return.
    fn end_poll(&self, ids: &[u64], entries: &[Entry], found: bool) -> bool {
        let mut state = self.state.lock();
        state.polls -= 1;
        if let [notified, entries @ ..] = entries
            && found
        {
            if let Some(notifier) = &self.notifier
                && notified.is_readable()
            {
                // Before the queue is looked at, so that no wake-up is lost.
                notifier.reset();
            }
            state.handlers.mark_ready(ids, entries);
        }
        core::mem::take(&mut state.notified)
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
        !self.state.lock().queue.is_empty()
    }

    fn check(&self) -> bool {
        let state = self.state.lock();
        let is_notified = self.polled.iter().any(|fd| fd.revents() & IN != 0);
        if is_notified || !state.queue.is_empty() {
            return true;
        }
        state.handlers.is_any_ready(&self.source())
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
