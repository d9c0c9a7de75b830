//! An operation that makes a step whenever the master is ready, until it is done or cancelled.
//!
//! One word says where it stands, under a lock that is held for a few instructions and never while
//! anything else is called. The thread that takes the job out of it owns the job: the one that makes
//! the step, or the one that closes the channel. So a step is made or the operation is cancelled, never both
//! (R-TLS-48).

use std::sync::Arc;

use super::State;
use crate::logic::limits::deadline::Deadline;
use crate::logic::task::Task;
use crate::logic::watch;
use crate::object::Ref;
use crate::object::tls::Tls;
use crate::object::watch::{WatchSource, Watcher};
use abi::layout;
use host::tls_session::Step;
use platform::glib::MainContext;
use platform::glib::condition::{IN, OUT};
use platform::sync::Mutex;
use platform::sync::atomic::{AtomicU64, Ordering};

/// What an operation needs to go on. It keeps the channel alive.
pub(super) struct Job {
    /// Completed at the end; None if there is none.
    pub(super) task: Option<Arc<Task>>,
    /// Where it waits.
    pub(super) context: MainContext,
    pub(super) channel: Ref<layout::QIOChannelTLS>,
    /// By when it has to be over.
    pub(super) deadline: Option<Deadline>,
}

impl Job {
    /// Ends it without a callback; the destroy notify runs (R-TLS-46).
    pub(super) fn release(self) {
        if let Some(task) = &self.task {
            task.release();
        }
    }
}

/// Where an operation stands.
enum Stage {
    Idle,
    /// A thread makes a step, and has the job.
    Stepping,
    /// The same, and the channel was closed meanwhile.
    Cancelled,
    Waiting {
        job: Job,
        source: WatchSource,
        /// Tells this wait from an earlier one, whose source is about to be dispatched.
        number: u64,
    },
}

/// Which operation it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Handshake,
    Bye,
}

/// One of the two operations of a channel.
pub(super) struct Operation {
    kind: Kind,
    stage: Mutex<Stage>,
    waits: AtomicU64,
}

/// A function that makes a step.
type MakeStep = fn(&Arc<State>, Job);

impl Operation {
    pub(super) fn new(kind: Kind) -> Self {
        Self {
            kind,
            stage: Mutex::new(Stage::Idle),
            waits: AtomicU64::new(0),
        }
    }

    fn for_kind(state: &State, kind: Kind) -> &Self {
        match kind {
            Kind::Handshake => &state.handshake,
            Kind::Bye => &state.bye,
        }
    }

    fn set_tag(&self, channel: &Tls, tag: u32) {
        match self.kind {
            Kind::Handshake => channel.set_handshake_tag(tag),
            Kind::Bye => channel.set_bye_tag(tag),
        }
    }

    /// Begins, unless it has begun already. The first step is the caller's.
    pub(super) fn begin(&self) -> bool {
        let mut stage = self.stage.lock();
        let is_idle = matches!(*stage, Stage::Idle);
        if is_idle {
            *stage = Stage::Stepping;
        }
        drop(stage);
        is_idle
    }

    /// After the last step; false if the channel was closed during it.
    pub(super) fn end(&self) -> bool {
        let before = core::mem::replace(&mut *self.stage.lock(), Stage::Idle);
        !matches!(before, Stage::Cancelled)
    }

    /// After a step that was not the last one: has the next one made in the job's context, when the
    /// master is ready. Gives the job back if the master can't be watched.
    pub(super) fn wait(
        &self,
        state: &Arc<State>,
        job: Job,
        step: Step,
        make_step: MakeStep,
    ) -> Result<(), Job> {
        // Whatever it is, it isn't done (R-TLS-14).
        let condition = if step == Step::Sends { OUT } else { IN };
        let master = job.channel.master();
        let Some(source) = master.and_then(|master| watch::create(master, condition)) else {
            return Err(job);
        };
        let number = self.waits.fetch_add(1, Ordering::Relaxed);
        let (own_state, kind) = (Arc::clone(state), self.kind);
        let resume = move |_| {
            if let Some(job) = Self::for_kind(&own_state, kind).resume(number) {
                make_step(&own_state, job);
            }
            false
        };
        Watcher::native(Box::new(resume)).set_on(&source);

        let mut stage = self.stage.lock();
        if matches!(*stage, Stage::Cancelled) {
            *stage = Stage::Idle;
            drop(stage);
            job.release();
            return Ok(());
        }
        // A thread that the source wakes, or that closes the channel, waits for the lock: none sees
        // the operation between the two (R-TLS-63).
        let tag = source.attach(&job.context);
        self.set_tag(&job.channel, tag);
        // Who wanted to give it up during the step has found nobody waiting.
        let overdue = job.deadline.as_ref().and_then(Deadline::overdue);
        *stage = Stage::Waiting {
            job,
            source,
            number,
        };
        drop(stage);
        if let Some(overdue) = overdue {
            overdue.give_up();
        }
        Ok(())
    }

    /// The source of a wait is dispatched: the job, if it isn't cancelled.
    fn resume(&self, number: u64) -> Option<Job> {
        let (job, source) = self.take_waiting(|_, current| current == number)?;
        drop(source);
        Some(job)
    }

    /// The time is up: the job, if it waits. A later handshake has its own time.
    pub(super) fn give_up(&self) -> Option<Job> {
        let is_over = |job: &Job| job.deadline.as_ref().is_some_and(Deadline::is_over);
        let (job, source) = self.take_waiting(|job, _| is_over(job))?;
        source.destroy();
        Some(job)
    }

    /// The job that waits, for its next step, and the source that it waits for, if it and the wait's number are meant.
    fn take_waiting(&self, is_meant: impl FnOnce(&Job, u64) -> bool) -> Option<(Job, WatchSource)> {
        let mut stage = self.stage.lock();
        if !matches!(&*stage, Stage::Waiting { job, number, .. } if is_meant(job, *number)) {
            return None;
        }
        let Stage::Waiting { job, source, .. } = core::mem::replace(&mut *stage, Stage::Stepping)
        else {
            return None;
        };
        self.set_tag(&job.channel, 0);
        drop(stage);
        Some((job, source))
    }

    /// The channel is closed. A wait ends here, in whatever context and in all profiles (R-TLS-47); a step that is
    /// being made is the last. Whether there was a wait.
    pub(super) fn cancel(&self) -> bool {
        let mut stage = self.stage.lock();
        let (job, source) = match core::mem::replace(&mut *stage, Stage::Idle) {
            Stage::Idle => return false,
            Stage::Stepping | Stage::Cancelled => {
                *stage = Stage::Cancelled;
                return false;
            }
            Stage::Waiting { job, source, .. } => (job, source),
        };
        self.set_tag(&job.channel, 0);
        drop(stage);
        source.destroy();
        job.release();
        true
    }
}
