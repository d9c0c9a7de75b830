//! The TLS handshake, and the check of the peer's credentials after it.

use std::sync::Arc;

use super::operation::Job;
use super::{State, no_session};
use crate::logic::limits::deadline::Deadline;
use crate::logic::task::Task;
use crate::object::channel::Feature;
use crate::object::task::Completion;
use crate::object::tls::Tls;
use abi::layout;
use abi::origin;
use host::error::Error;
use host::tls_session::Step;
use platform::glib::MainContext;
use registry::channel::Handshake;

/// Starts the handshake. What can be done without waiting is done here: over a blocking master, all
/// of it (R-TLS-13, R-TLS-12).
pub fn handshake(tls: &Tls, completion: Completion, context: MainContext) {
    let task = Task::new(Some(tls.to_ref().into_object()), completion);
    trace::qio_channel_tls_handshake_start(tls.as_ptr().into());
    let (Some(state), Some(session)) = (tls.state::<Arc<State>>(), tls.session()) else {
        return complete_task(&task, Err(no_session()));
    };
    // The callback may drop the last reference but the job's (R-TLS-20).
    let state = Arc::clone(state);
    if !state.handshake.begin() {
        let error = Error::new("A TLS handshake of this channel is under way");
        return complete_task(&task, Err(error));
    }
    let base = tls.upcast::<layout::QIOChannel>();
    if base.has_feature(Feature::CONCURRENT_IO) {
        session.require_thread_safety();
    }
    let deadline = begin_deadline(&state, tls, &context);
    let job = Job {
        task: Some(task),
        context,
        deadline,
        channel: tls.to_ref(),
    };
    step(&state, job, true);
}

/// Sets the deadline, if there is one.
fn begin_deadline(state: &Arc<State>, tls: &Tls, context: &MainContext) -> Option<Deadline> {
    let own_state = Arc::downgrade(state);
    let give_up = move || {
        // It may have ended just now.
        if let Some(state) = own_state.upgrade()
            && let Some(job) = state.handshake.give_up()
        {
            finish(&state, job, Err(timed_out()), false);
        }
    };
    let id = tls.as_ptr().into();
    Deadline::begin(&state.timeout, id, tls.master()?, context, give_up)
}

fn timed_out() -> Error {
    Error::new("The TLS handshake timed out")
}

/// The master is ready.
fn on_ready(state: &Arc<State>, job: Job) {
    step(state, job, false);
}

/// `is_first`: the caller of the handshake waits for the outcome of this step, even if the
/// channel is closed meanwhile.
fn step(state: &Arc<State>, job: Job, is_first: bool) {
    let Some(session) = job.channel.session() else {
        return finish(state, job, Err(no_session()), is_first);
    };
    let step = loop {
        job.channel.begin_read();
        match session.handshake() {
            Ok(Step::Done) => return finish(state, job, Ok(()), is_first),
            // EOF inside a record, or an error after one: waiting won't help, and the
            // next step fails (R-TLS-23), as it must without waiting if the master is blocking
            // (R-TLS-13).
            Ok(Step::Receives) if job.channel.received_without_blocking() => {}
            Ok(Step::Sends) if job.channel.take_write_failure() => {}
            Ok(step) => break step,
            Err(error) => return finish(state, job, Err(error), is_first),
        }
    };
    job.channel.upcast().record().set_handshake(match step {
        Step::Sends => Handshake::Sends,
        _ => Handshake::Receives,
    });
    trace::qio_channel_tls_handshake_pending(job.channel.as_ptr().into(), step as i32);
    if let Err(job) = state.handshake.wait(state, job, step, on_ready) {
        let error = Error::new("The master of the TLS channel can't be watched");
        finish(state, job, Err(error), is_first);
    }
}

/// After the last step: checks the peer and completes the task, unless the channel was closed.
fn finish(state: &Arc<State>, mut job: Job, outcome: Result<(), Error>, is_first: bool) {
    if !state.handshake.end() && !is_first {
        return job.release();
    }
    let outcome = match job.deadline.take().is_some_and(Deadline::end) {
        false => outcome,
        true => Err(timed_out()),
    };
    let ioc = || job.channel.as_ptr().into();
    let outcome = match outcome {
        Ok(()) => {
            trace::qio_channel_tls_handshake_complete(ioc());
            check_peer(state, &job.channel)
        }
        Err(error) => {
            trace::qio_channel_tls_handshake_fail(ioc());
            Err(error)
        }
    };
    job.channel.upcast().record().set_handshake(match outcome {
        Ok(()) => Handshake::Complete,
        Err(_) => Handshake::Failed,
    });
    if let Some(task) = &job.task {
        complete_task(task, outcome);
    }
}

/// Opens the connection, and says whether the peer is accepted; nothing is sent to the peer
/// (R-TLS-18).
fn check_peer(state: &State, tls: &Tls) -> Result<(), Error> {
    let session = tls.session().ok_or_else(no_session)?;
    state.publish_pending(tls, session.has_pending(false));
    state.open();
    let verdict = session.check_credentials();
    let ioc = tls.as_ptr().into();
    match verdict {
        Ok(()) => trace::qio_channel_tls_credentials_allow(ioc),
        Err(_) => trace::qio_channel_tls_credentials_deny(ioc),
    }
    verdict
}

/// Calls the program back, and frees the task (R-TLS-19, R-TLS-20, R-TLS-27).
fn complete_task(task: &Arc<Task>, outcome: Result<(), Error>) {
    if let Err(error) = outcome
        && let Some(error) = error.into_object(&origin!(c"qio_channel_tls_handshake"))
    {
        task.set_error(error);
    }
    task.complete();
    task.release();
}
