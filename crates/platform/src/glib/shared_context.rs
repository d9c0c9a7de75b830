//! One main context for all threads that wait with sources whose kind is unknown.
//!
//! A context takes a descriptor, and GLib ends the process if there is none. So this one is made
//! early, and shared: one thread at a time iterates it, for all that have a source in it.

use super::{Callback, Hooks, MainContext, PollFd, Source, monotonic_time};
use crate::glib::condition::IN;
use crate::os::poll::Until;
use crate::sync::atomic::{AtomicBool, Ordering};
use crate::sync::fork::PerProcess;
use crate::sync::turns::{Next, Turns};
use std::sync::{Arc, OnceLock};

/// The context of this process.
#[derive(Default)]
pub struct SharedContext {
    context: OnceLock<MainContext>,
    /// Who does the next iteration.
    turns: Turns,
}

static SHARED: PerProcess<SharedContext> = PerProcess::new();

impl SharedContext {
    /// The context, which is made now unless there is one. None without a free descriptor.
    pub fn get() -> Option<&'static Self> {
        let shared = SHARED.get();
        if shared.context.get().is_none() {
            let _ = shared.context.set(MainContext::try_create().ok()?);
        }
        Some(shared)
    }

    /// Iterates until `is_done`, which only a source of the context changes.
    ///
    /// False if that may take more than looking once, which is all that `until` allows, and hasn't
    /// come about by that; or if `until` came first.
    pub fn iterate(&self, until: Until, is_done: impl Fn() -> bool) -> bool {
        let Some(context) = self.context.get() else {
            return false;
        };
        if until.limit() == 0 {
            // What iterates at this moment is not to be waited for.
            if self.turns.try_begin() {
                context.iteration(false);
                self.turns.end();
            }
            return is_done();
        }
        let is_over = Arc::new(AtomicBool::new(false));
        let end = End::create(until, Arc::clone(&is_over));
        end.attach(context);
        let is_finished = || is_done() || is_over.load(Ordering::Acquire);
        while !is_finished() {
            // A method that is called by an iteration may wait in turn.
            if context.is_owner() {
                context.iteration(true);
                continue;
            }
            match self.turns.begin(is_finished) {
                Next::Turn => {
                    context.iteration(true);
                    self.turns.end();
                }
                Next::Again => {}
                Next::Over => break,
            }
        }
        end.destroy();
        is_done()
    }

    /// Starts a source in it, for [`SharedContext::iterate`].
    pub fn attach(&self, source: &Source) {
        if let Some(context) = self.context.get() {
            source.attach(context);
        }
    }
}

/// The source of what ends a wait beside the thing itself.
struct End {
    wakers: Vec<PollFd>,
    is_over: Arc<AtomicBool>,
}

impl End {
    fn create(until: Until, is_over: Arc<AtomicBool>) -> Source {
        let wakers = until.wakers().map(|fd| PollFd::new(fd, IN)).collect();
        let source = Source::new(Self { wakers, is_over });
        if until.limit() > 0 {
            source.set_ready_time(monotonic_time() + i64::from(until.limit()) * 1000);
        }
        source
    }
}

impl Hooks for End {
    type Func = ();

    fn poll_fds(&self) -> &[PollFd] {
        &self.wakers
    }

    fn check(&self) -> bool {
        self.wakers.iter().any(|waker| waker.revents() != 0)
    }

    fn dispatch(&self, _callback: Callback<'_, ()>) -> bool {
        self.is_over.store(true, Ordering::Release);
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os::socket;
    use crate::sync::Mutex;
    use std::thread;

    /// A source that sets a flag when its descriptor is readable.
    struct Readable(Vec<PollFd>, Arc<AtomicBool>);

    impl Hooks for Readable {
        type Func = ();

        fn poll_fds(&self) -> &[PollFd] {
            &self.0
        }

        fn check(&self) -> bool {
            self.0[0].revents() != 0
        }

        fn dispatch(&self, _callback: Callback<'_, ()>) -> bool {
            self.1.store(true, Ordering::Release);
            false
        }
    }

    /// What looks only once sees nothing while another test iterates.
    static ALONE: Mutex<()> = Mutex::new(());

    fn wait(fd: i32, until: Until) -> bool {
        let flag = Arc::new(AtomicBool::new(false));
        let source = Source::new(Readable(vec![PollFd::new(fd, IN)], Arc::clone(&flag)));
        let shared = SharedContext::get().unwrap();
        shared.attach(&source);
        let done = shared.iterate(until, || flag.load(Ordering::Acquire));
        source.destroy();
        done
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn threads_wait_together_and_each_for_its_own() {
        let _alone = ALONE.lock();
        let pairs: Vec<_> = (0..4)
            .map(|_| socket::pair(libc::AF_UNIX, libc::SOCK_STREAM, 0).unwrap())
            .collect();
        let (waker, rings) = socket::pair(libc::AF_UNIX, libc::SOCK_STREAM, 0).unwrap();
        assert!(!wait(pairs[0].0.as_raw(), Until::READY.or(None)));
        thread::scope(|scope| {
            let waiting: Vec<_> = pairs
                .iter()
                .map(|(a, _)| scope.spawn(|| wait(a.as_raw(), Until::READY)))
                .collect();
            let woken = scope.spawn(|| wait(-1, Until::READY.or(Some(waker.as_raw()))));
            assert_eq!(socket::send(rings.as_raw(), b"x"), Ok(1));
            assert!(!woken.join().unwrap());
            for ((_, b), waiting) in pairs.iter().zip(waiting).rev() {
                assert_eq!(socket::send(b.as_raw(), b"x"), Ok(1));
                assert!(waiting.join().unwrap());
            }
        });
        assert!(wait(pairs[0].0.as_raw(), Until::NOW));
    }

    /// Threads that were served while they were on their way to wait for the next iteration, which may
    /// last for ever.
    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn no_thread_waits_for_an_iteration_after_its_own() {
        let _alone = ALONE.lock();
        for _ in 0..2000 {
            let (a, b) = socket::pair(libc::AF_UNIX, libc::SOCK_STREAM, 0).unwrap();
            let (c, d) = socket::pair(libc::AF_UNIX, libc::SOCK_STREAM, 0).unwrap();
            thread::scope(|scope| {
                let last = scope.spawn(|| wait(c.as_raw(), Until::READY));
                let first = scope.spawn(|| wait(a.as_raw(), Until::READY));
                assert_eq!(socket::send(b.as_raw(), b"x"), Ok(1));
                assert!(first.join().unwrap());
                assert_eq!(socket::send(d.as_raw(), b"x"), Ok(1));
                assert!(last.join().unwrap());
            });
        }
    }
}
