//! Sending close_notify (`qio_channel_tls_bye`).

use std::sync::Arc;

use super::operation::Job;
use super::{State, no_session};
use crate::object::tls::Tls;
use host::error::Error;
use host::tls_session::Step;
use platform::glib::MainContext;
use platform::sync::atomic::Ordering;

/// Sends close_notify, and doesn't wait for the peer's (R-TLS-24). What would have to wait goes on in
/// the default context, where a failure is only traced (R-TLS-26).
pub fn bye(tls: &Tls) -> Result<(), Error> {
    trace::qio_channel_tls_bye_start(tls.as_ptr().into());
    let Some(state) = tls.state::<Arc<State>>().map(Arc::clone) else {
        return Ok(());
    };
    // Before the end of the handshake there is nothing to close; once is enough (R-TLS-28).
    if !state.is_open() || state.has_sent_close_notify.load(Ordering::Acquire) || !state.bye.begin()
    {
        return Ok(());
    }
    let job = Job {
        task: None,
        context: MainContext::global_default(),
        channel: tls.to_ref(),
        deadline: None,
    };
    step(&state, job)
}

/// The master is ready.
fn on_ready(state: &Arc<State>, job: Job) {
    let late: Result<(), Error> = step(state, job);
    drop(late);
}

/// Makes a step, and what it takes to make the next one. The error if it failed.
fn step(state: &Arc<State>, job: Job) -> Result<(), Error> {
    let result = match job.channel.session() {
        Some(session) => session.bye(),
        None => Err(no_session()),
    };
    let (job, result) = match result {
        Ok(step @ (Step::Sends | Step::Receives)) => {
            trace::qio_channel_tls_bye_pending(job.channel.as_ptr().into(), step as i32);
            match state.bye.wait(state, job, step, on_ready) {
                Ok(()) => return Ok(()),
                Err(job) => (
                    job,
                    Err(Error::new("The master of the TLS channel can't be watched")),
                ),
            }
        }
        Ok(Step::Done) => {
            state.has_sent_close_notify.store(true, Ordering::Release);
            (job, Ok(()))
        }
        Err(error) => (job, Err(error)),
    };
    state.bye.end();
    let ioc = job.channel.as_ptr().into();
    match result {
        Ok(()) => trace::qio_channel_tls_bye_complete(ioc),
        Err(_) => trace::qio_channel_tls_bye_fail(ioc),
    }
    job.release();
    result
}
