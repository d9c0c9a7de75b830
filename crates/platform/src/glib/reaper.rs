//! The children of command channels: waiting for their end, for a while; ending them; leaving them
//! to be reaped.

use crate::glib::{Callback, Hooks, MainContext, Source, monotonic_time};
use crate::os::errno::Errno;
use crate::os::poll::{self, Entry};
use crate::os::process::{self, Pid};
use crate::os::thread;

/// Milliseconds between two looks at a child whose end can't be waited for.
const PAUSE_FIRST: i32 = 1;
const PAUSE_LAST: i32 = 10;

/// The pause before a thread is asked for again, in microseconds.
const RETRY_PAUSE: i64 = 100_000;

/// Waits until the child ends, for `limit` milliseconds, and reaps it: its exit status. None if it
/// still runs. ECHILD if it isn't ours to reap, or has ended where children leave no status.
pub fn reap_within(child: Pid, limit: i32) -> Result<Option<i32>, Errno> {
    let deadline = monotonic_time() + i64::from(limit) * 1000;
    let mut status = process::reap_if_ended(child)?;
    if status.is_some() {
        return Ok(status);
    }
    // Without a descriptor, for want of numbers or of a newer kernel, one has to look again and
    // again.
    let end = process::watch_end(child).ok();
    let mut pause = PAUSE_FIRST;
    loop {
        let left = (deadline - monotonic_time() + 999) / 1000;
        if left <= 0 {
            return Ok(None);
        }
        let left = i32::try_from(left).unwrap_or(i32::MAX);
        let waited = match &end {
            Some(end) => poll::wait(&mut [Entry::to_read(end.as_raw())], left).is_ok(),
            None => false,
        };
        if !waited {
            poll::rest(pause.min(left));
            pause = (pause * 2).min(PAUSE_LAST);
        }
        status = process::reap_if_ended(child)?;
        if status.is_some() {
            return Ok(status);
        }
    }
}

/// Has the child reaped when it ends: no zombie stays, and no caller waits (D1).
///
/// A thread does it that lives as long as the child. A child watch of GLib would install a signal
/// handler, and a source needs a main loop that runs.
pub fn leave_to_reaper(child: Pid) {
    let reap = move || {
        // If the program has reaped it, that is fine too.
        let _: Result<i32, Errno> = process::reap(child);
    };
    // Without a descriptor for the default context none has run, and nothing is left to try.
    if thread::spawn_detached(c"io-cmd-reaper", Box::new(reap)).is_err()
        && let Ok(context) = MainContext::try_default()
    {
        let timer = Source::new(Retry(child));
        timer.set_name(c"io-cmd-reaper retry");
        timer.set_ready_time(monotonic_time() + RETRY_PAUSE);
        timer.attach(&context);
    }
}

/// The timer that looks after a child for which there was no thread, and asks for one again.
struct Retry(Pid);

impl Hooks for Retry {
    type Func = ();

    fn dispatch(&self, _callback: Callback<'_, ()>) -> bool {
        if let Ok(None) = process::reap_if_ended(self.0) {
            leave_to_reaper(self.0);
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::glib;
    use crate::os::fd::Descriptor;

    /// A child that ends when the pipe to it is closed.
    fn child() -> (Pid, Option<Descriptor>) {
        let spawned = glib::spawn(&[c"/bin/cat"], true, false).unwrap();
        (Pid::new(spawned.pid).unwrap(), spawned.input)
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn a_child_that_ends_is_reaped_and_one_that_runs_is_not() {
        let (cat, input) = child();
        assert_eq!(reap_within(cat, 0), Ok(None));
        assert_eq!(reap_within(cat, 1), Ok(None));
        drop(input);
        assert_eq!(reap_within(cat, i32::MAX), Ok(Some(0)));
        assert_eq!(reap_within(cat, i32::MAX), Err(Errno::ECHILD));
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn a_child_that_was_left_is_reaped_when_it_ends() {
        let (cat, input) = child();
        leave_to_reaper(cat);
        assert_eq!(process::reap_if_ended(cat), Ok(None));
        drop(input);
        // It goes from running to gone: here it is never seen ended.
        while process::signal(cat, 0).is_ok() {
            poll::rest(1);
        }
        assert_eq!(process::reap_if_ended(cat), Err(Errno::ECHILD));
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn the_timer_reaps_or_finds_a_thread() {
        let (cat, input) = child();
        let context = MainContext::create();
        let timer = Source::new(Retry(cat));
        timer.set_ready_time(0);
        timer.attach(&context);
        assert!(context.iteration(true));
        assert!(timer.is_destroyed());
        drop(input);
        while process::signal(cat, 0).is_ok() {
            poll::rest(1);
        }
    }
}
