//! How a job ends that may be given up while a thread does it.
//!
//! It ends as done or as given up, whichever is decided first. Who receives its news tells the program once how it
//! has ended, and frees it once: after that, and after the thread has left it. So there may be two pieces of news: that it
//! was given up, which can be told at once, and that the thread has left.

use super::facade::atomic::{AtomicBool, AtomicU8, Ordering};
use super::facade::{Mutex, Repair, has};

/// Why a job was given up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cause {
    /// Somebody wanted it no more.
    Cancelled,
    /// It took too long.
    TimedOut,
}

/// How far the thread is that does the job.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Thread {
    /// There is no job yet.
    Missing,
    Coming,
    Inside,
    Gone,
}

/// How far the telling is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Telling {
    /// Nothing was told, and it may still be given up.
    No,
    /// The program is being told; it may receive further news meanwhile.
    Begun,
    Over,
}

/// What to do about a piece of news that was received.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum News {
    /// Tell how the job has ended, then ask [`Ending::told`]. Whether the thread has left it.
    Tell(Option<Cause>, bool),
    /// Free the job: it was told.
    Free,
    /// Nothing: who tells it at this moment frees it then.
    Nothing,
}

/// How a job ends. `S` is what sends news, for as long as the thread hasn't left.
pub struct Ending<S> {
    state: Mutex<State<S>>,
    /// Readable without the lock, which is held while news is sent: who waits for news may look here.
    was_told: AtomicBool,
    /// The same of how the job ends, as [`code`] has it. A forked child may look, too, whose parent's threads may have
    /// had the lock.
    outcome: AtomicU8,
}

/// No outcome is decided.
const PENDING: u8 = 0;

/// What stands for a decided outcome.
fn code(cause: Option<Cause>) -> u8 {
    match cause {
        None => 1,
        Some(Cause::Cancelled) => 2,
        Some(Cause::TimedOut) => 3,
    }
}

struct State<S> {
    cause: Option<Cause>,
    thread: Thread,
    telling: Telling,
    sender: Option<S>,
    /// The news that it was given up is on its way.
    is_announced: bool,
    /// The news that the thread has left was received.
    is_over: bool,
}

impl<S> Default for Ending<S> {
    fn default() -> Self {
        let state = State {
            cause: None,
            thread: Thread::Missing,
            telling: Telling::No,
            sender: None,
            is_announced: false,
            is_over: false,
        };
        Self {
            state: Mutex::new(state),
            was_told: AtomicBool::new(false),
            outcome: AtomicU8::new(PENDING),
        }
    }
}

impl<S> Ending<S> {
    /// A thread will come for the job. Before that nobody can give it up.
    pub fn open(&self, sender: S) {
        let mut state = self.state.lock();
        state.thread = Thread::Coming;
        state.sender = Some(sender);
    }

    /// Gives the job up, unless that or its end was decided before. True means that the program will be told so.
    ///
    /// Nothing is too late for who cancels but the telling; a deadline is met once the thread has left.
    /// `send` sends the news if it can be told before the thread has left: it has not come yet, or the program
    /// doesn't want to wait for it. The sender is there until `send` returns.
    pub fn give_up(&self, cause: Cause, while_inside: bool, send: impl FnOnce(&S)) -> bool {
        let mut state = self.state.lock();
        if !state.may_end_as(cause) {
            return false;
        }
        if !has(Repair::DecidingIsOneStep) {
            drop(state);
            state = self.state.lock();
        }
        state.cause = Some(cause);
        self.show(&state);
        if (state.thread == Thread::Coming || state.thread == Thread::Inside && while_inside)
            && let Some(sender) = &state.sender
        {
            send(sender);
            state.is_announced = true;
        }
        true
    }

    /// The thread has come, and perhaps knows a cause to give the job up. Whether it still has to do it.
    pub fn begin(&self, cause: Option<Cause>) -> bool {
        let mut state = self.state.lock();
        state.thread = Thread::Inside;
        state.end_as(cause);
        self.show(&state);
        state.cause.is_none()
    }

    /// The thread leaves, perhaps too late, and sends the news of that next.
    pub fn leave(&self, cause: Option<Cause>) -> Option<S> {
        let mut state = self.state.lock();
        state.end_as(cause);
        self.show(&state);
        state.thread = Thread::Gone;
        state.sender.take()
    }

    /// Takes a piece of news, with a cause to give the job up that is known by now.
    pub fn receive(&self, cause: Option<Cause>) -> News {
        let mut state = self.state.lock();
        if state.is_announced {
            state.is_announced = false;
            state.telling = Telling::Begun;
            return News::Tell(state.cause, false);
        }
        match state.telling {
            Telling::No => {
                state.end_as(cause);
                state.telling = Telling::Begun;
                self.show(&state);
                state.is_over = true;
                News::Tell(state.cause, true)
            }
            Telling::Begun => {
                state.is_over = true;
                News::Nothing
            }
            Telling::Over => News::Free,
        }
    }

    /// The program was told. Whether to free the job.
    pub fn told(&self) -> bool {
        let mut state = self.state.lock();
        state.telling = Telling::Over;
        self.was_told.store(true, Ordering::Release);
        state.is_over
    }

    /// Takes a piece of news that can't be told any more. Whether to free the job, if the news was that the thread has
    /// left it.
    pub fn abandon(&self) -> Option<bool> {
        let mut state = self.state.lock();
        if state.is_announced {
            state.is_announced = false;
            state.telling = Telling::Over;
            self.was_told.store(true, Ordering::Release);
            return None;
        }
        state.is_over = true;
        let is_free = state.telling != Telling::Begun;
        if is_free {
            state.telling = Telling::Over;
            self.show(&state);
            self.was_told.store(true, Ordering::Release);
        }
        drop(state);
        Some(is_free)
    }

    /// Shows those without the lock what is decided: a cause, or that the telling has begun without one.
    fn show(&self, state: &State<S>) {
        if state.cause.is_some() || state.telling != Telling::No {
            self.outcome.store(code(state.cause), Ordering::Release);
        }
    }

    /// How it ends, if that is decided: as given up for a cause, or as done.
    pub fn outcome(&self) -> Option<Option<Cause>> {
        match self.outcome.load(Ordering::Acquire) {
            PENDING => None,
            1 => Some(None),
            2 => Some(Some(Cause::Cancelled)),
            _ => Some(Some(Cause::TimedOut)),
        }
    }

    /// Whether the program was told, or never will be.
    pub fn was_told(&self) -> bool {
        self.was_told.load(Ordering::Acquire)
    }

    /// Whether the thread does the job at this moment.
    pub fn is_inside(&self) -> bool {
        self.state.lock().thread == Thread::Inside
    }
}

impl<S> State<S> {
    fn may_end_as(&self, cause: Cause) -> bool {
        let has_begun = self.thread != Thread::Missing;
        let is_met = cause == Cause::TimedOut && self.thread == Thread::Gone;
        has_begun && self.cause.is_none() && self.telling == Telling::No && !is_met
    }

    fn end_as(&mut self, cause: Option<Cause>) {
        if let Some(cause) = cause
            && self.may_end_as(cause)
        {
            self.cause = Some(cause);
        }
    }
}

#[cfg(all(test, loom))]
mod models;

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    fn open() -> Ending<()> {
        let ending = Ending::default();
        ending.open(());
        ending
    }

    #[test]
    fn what_is_done_is_told_and_freed() {
        let ending = open();
        assert!(ending.begin(None));
        assert!(ending.leave(None).is_some());
        assert_eq!(ending.outcome(), None);
        assert_eq!(ending.receive(None), News::Tell(None, true));
        assert_eq!(ending.outcome(), Some(None));
        assert!(!ending.give_up(Cause::Cancelled, true, |()| unreachable!()));
        assert!(ending.told());
    }

    #[test]
    fn nothing_is_given_up_before_there_is_a_job() {
        let ending = Ending::<()>::default();
        assert!(!ending.give_up(Cause::Cancelled, true, |()| unreachable!()));
    }

    #[test]
    fn a_thread_that_comes_late_has_nothing_to_do() {
        let (ending, mut sent) = (open(), 0);
        assert!(ending.give_up(Cause::TimedOut, false, |()| sent += 1));
        assert!(!ending.give_up(Cause::Cancelled, false, |()| sent += 1));
        assert_eq!(sent, 1);
        assert_eq!(ending.outcome(), Some(Some(Cause::TimedOut)));
        assert!(!ending.begin(None));
        ending.leave(None);
        let told = Some(Cause::TimedOut);
        assert_eq!(ending.receive(None), News::Tell(told, false));
        assert!(!ending.told());
        assert_eq!(ending.receive(None), News::Free);
    }

    #[test]
    fn who_waits_for_the_thread_is_told_when_it_has_left() {
        let ending = open();
        assert!(ending.begin(None));
        assert!(ending.give_up(Cause::Cancelled, false, |()| unreachable!()));
        assert_eq!(ending.outcome(), Some(Some(Cause::Cancelled)));
        ending.leave(None);
        let told = Some(Cause::Cancelled);
        assert_eq!(ending.receive(None), News::Tell(told, true));
        assert!(ending.told());
    }

    #[test]
    fn a_deadline_ends_with_the_thread_and_cancelling_with_the_telling() {
        let ending = open();
        ending.begin(None);
        ending.leave(None);
        assert!(!ending.give_up(Cause::TimedOut, true, |()| unreachable!()));
        assert!(ending.give_up(Cause::Cancelled, true, |()| unreachable!()));
    }

    #[test]
    fn the_end_may_come_while_the_program_is_told() {
        let ending = open();
        ending.begin(None);
        assert!(ending.give_up(Cause::Cancelled, true, |()| {}));
        assert_eq!(
            ending.receive(None),
            News::Tell(Some(Cause::Cancelled), false)
        );
        ending.leave(None);
        assert_eq!(ending.receive(None), News::Nothing);
        assert!(ending.told());
    }

    #[test]
    fn what_nobody_can_be_told_is_freed_once() {
        let ending = open();
        ending.begin(None);
        ending.give_up(Cause::Cancelled, true, |()| {});
        ending.leave(None);
        assert_eq!(ending.abandon(), None);
        assert_eq!(ending.abandon(), Some(true));
        let ending = open();
        ending.begin(None);
        ending.leave(Some(Cause::TimedOut));
        assert_eq!(ending.outcome(), Some(Some(Cause::TimedOut)));
        assert_eq!(ending.abandon(), Some(true));
        let ending = open();
        ending.leave(None);
        assert_eq!(ending.abandon(), Some(true));
        assert_eq!(ending.outcome(), Some(None));
    }

    #[test]
    fn who_is_told_at_this_moment_frees_what_is_abandoned() {
        let ending = open();
        ending.begin(None);
        assert!(ending.give_up(Cause::Cancelled, true, |()| {}));
        ending.receive(None);
        ending.leave(None);
        assert_eq!(ending.abandon(), Some(false));
        assert!(ending.told());
    }
}
