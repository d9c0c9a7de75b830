//! Main contexts: what completes futures.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{self, Poll, Wake, Waker};
use std::thread::{self, JoinHandle, Thread};
use std::time::Duration;

use crate::error::{Error, Result};
use platform::glib::MainContext;

/// How long a thread that can't iterate the context waits until it tries again. What it waits for wakes it.
const PATIENCE: Duration = Duration::from_millis(20);

/// A counted reference on a `GMainContext`, in which tasks, watches and handshakes complete.
///
/// Somebody has to iterate it: a GLib or GTK main loop, [`Context::block_on`], or a thread of its own
/// ([`Context::start`]). With the feature `glib` it converts from and to `glib::MainContext`.
///
/// ```
/// # fn main() -> qio::Result<()> {
/// use qio::{Context, Task};
/// let context = Context::new()?;
/// let task = Task::run(&context, || 6 * 7);
/// assert_eq!(context.block_on(task), 42);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Context(pub(crate) MainContext);

impl Context {
    /// A new context of one's own. Fails at the limit of descriptors, as it takes one.
    pub fn new() -> Result<Self> {
        MainContext::try_create().map(Self).map_err(Error::of_errno)
    }

    /// The global default context, which a program's main loop iterates.
    #[must_use]
    pub fn global() -> Self {
        Self(MainContext::global_default())
    }

    /// Runs one iteration, waiting for something to do if it `may_block`; whether something was done.
    /// While another thread iterates the context this waits for that thread, or does nothing.
    #[expect(clippy::must_use_candidate, reason = "most callers only want it done")]
    pub fn iterate(&self, may_block: bool) -> bool {
        self.0.iteration(may_block)
    }

    /// Iterates the context until the future is done.
    ///
    /// While another thread iterates it, this one sleeps until that completes the future. Called inside a
    /// callback of this very context it may wait for ever, as GLib dispatches no source inside itself.
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        let mut future = pin!(future);
        let alarm = Arc::new(Alarm {
            has_rung: AtomicBool::new(true),
            context: self.0.clone(),
            thread: thread::current(),
        });
        let waker = Waker::from(Arc::clone(&alarm));
        let mut about = task::Context::from_waker(&waker);
        loop {
            if alarm.has_rung.swap(false, Ordering::AcqRel)
                && let Poll::Ready(output) = future.as_mut().poll(&mut about)
            {
                return output;
            }
            match self.0.acquire() {
                Some(_owned) => {
                    while !alarm.has_rung.load(Ordering::Acquire) {
                        self.0.iteration(true);
                    }
                }
                None => {
                    if !alarm.has_rung.load(Ordering::Acquire) {
                        thread::park_timeout(PATIENCE);
                    }
                }
            }
        }
    }

    /// Starts a thread that iterates the context until the value is dropped, for programs whose executor
    /// is another one, as tokio.
    ///
    /// ```
    /// # fn main() -> qio::Result<()> {
    /// let context = qio::Context::new()?;
    /// let _running = context.start()?;
    /// let (sender, receiver) = std::sync::mpsc::channel();
    /// let task = qio::Task::run(&context, move || sender.send("done"));
    /// assert_eq!(receiver.recv(), Ok("done"));
    /// # drop(task);
    /// # Ok(())
    /// # }
    /// ```
    pub fn start(&self) -> Result<Running> {
        let context = self.clone();
        let is_over = Arc::new(AtomicBool::new(false));
        let own = Arc::clone(&is_over);
        let thread = thread::Builder::new()
            .name("qio-context".into())
            .spawn(move || {
                while !own.load(Ordering::Acquire) {
                    match context.0.acquire() {
                        Some(_owned) => {
                            context.0.iteration(true);
                        }
                        // Not for ever, as whoever has it may be the one that ends this thread.
                        None => thread::park_timeout(PATIENCE),
                    }
                }
            })?;
        Ok(Running {
            context: self.clone(),
            is_over,
            thread: Some(thread),
        })
    }
}

/// The waker of [`Context::block_on`].
struct Alarm {
    has_rung: AtomicBool,
    context: MainContext,
    thread: Thread,
}

impl Wake for Alarm {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // In its own thread it is looked at before the next iteration.
        if !self.has_rung.swap(true, Ordering::AcqRel) && thread::current().id() != self.thread.id()
        {
            self.context.wakeup();
            self.thread.unpark();
        }
    }
}

/// A thread that iterates a context ([`Context::start`]); dropping this ends it.
#[derive(Debug)]
pub struct Running {
    context: Context,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Release);
        self.context.0.wakeup();
        if let Some(thread) = self.thread.take()
            && thread.thread().id() != thread::current().id()
        {
            thread.thread().unpark();
            // It only iterates: what panics there ends the process.
            let _: thread::Result<()> = thread.join();
        }
    }
}
