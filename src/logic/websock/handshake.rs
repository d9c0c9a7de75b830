//! The opening handshake: a request and a response go through the master, a task completes.

use std::sync::Arc;

use super::accepting::Accepting;
use super::connecting::Connecting;
use super::phase::{PendingHandshake, Phase};
use super::state::State;
use crate::logic::limits::deadline::Deadline;
use crate::logic::task::Task;
use crate::logic::watch;
use crate::object::channel::Channel;
use crate::object::task::Completion;
use crate::object::waiting::Direction;
use crate::object::watch::Watcher;
use crate::object::websock::Websock;
use abi::layout;
use abi::origin;
use host::error::Error;
use platform::glib::MainContext;
use platform::glib::condition::{IN, OUT};
use platform::os::abort::misuse;
use platform::sync::Mutex;
use registry::channel::Handshake;

/// What has been transferred so far.
enum Progress {
    /// To a server.
    Accepting(Accepting),
    /// From a client.
    Connecting(Connecting),
}

/// What came of one step.
pub(super) enum Step {
    /// For more of the same.
    Waits,
    /// It is the other direction's turn.
    Turns,
    Over(Result<(), Error>),
}

/// Starts the handshake; the callback never runs before this returns (R-WS-2).
pub fn handshake(websock: &Websock, completion: Completion) {
    let (Some(state), Some(master)) = (websock.state::<Arc<State>>(), websock.master()) else {
        misuse(
            "qio_channel_websock_handshake",
            format_args!("the channel has no master"),
        )
    };
    let task = Task::new(Some(websock.to_ref().into_object()), completion);
    trace::qio_channel_websock_handshake_start(websock.as_ptr().into());
    let begun = state.phase.with(|phase| match phase {
        Phase::New => {
            *phase = Phase::Connecting(PendingHandshake {
                task: Arc::clone(&task),
                channel: websock.to_ref(),
                source: None,
                deadline: None,
            });
            true
        }
        Phase::Closed => false,
        _ => misuse(
            "qio_channel_websock_handshake",
            format_args!("the handshake was made before"),
        ),
    });
    if !begun {
        task.release();
        return;
    }
    begin_deadline(state, master);
    let (progress, condition) = match state.client() {
        None => (Progress::Accepting(Accepting::default()), IN),
        Some(_) => (Progress::Connecting(Connecting::default()), OUT),
    };
    wait(state, master, condition, Arc::new(Mutex::new(progress)));
}

/// Sets the deadline, if there is one.
fn begin_deadline(state: &Arc<State>, master: &Channel) {
    let own_state = Arc::downgrade(state);
    let give_up = move || {
        // It may have ended just now.
        if let Some(state) = own_state.upgrade()
            && state
                .phase
                .with(|phase| matches!(phase, Phase::Connecting(_)))
        {
            // Said here: another thread may not have come to keep the deadline yet.
            finish(&state, Err(timed_out()));
        }
    };
    let context = MainContext::global_default();
    let deadline = Deadline::begin(&state.timeout, state.id(), master, &context, give_up);
    let unused = state.phase.with(|phase| match phase {
        Phase::Connecting(handshake) => core::mem::replace(&mut handshake.deadline, deadline),
        _ => deadline,
    });
    drop(unused);
}

fn timed_out() -> Error {
    Error::new("The WebSocket opening handshake timed out")
}

/// Whether the handshake is over too late.
fn is_late(state: &Arc<State>) -> bool {
    let deadline = state.phase.with(|phase| match phase {
        Phase::Connecting(handshake) => handshake.deadline.take(),
        _ => None,
    });
    deadline.is_some_and(Deadline::end)
}

/// Goes on when the master is ready.
fn wait(state: &Arc<State>, master: &Channel, condition: u32, progress: Arc<Mutex<Progress>>) {
    let (own_state, own_master) = (Arc::clone(state), master.to_ref());
    let (source, watcher) = match watch::create(master, condition) {
        Some(source) => {
            let run = move |_| step(&own_state, &own_master, &progress, condition);
            (source, Watcher::native(Box::new(run)))
        }
        // The callback never runs before the handshake's call returns (R-WS-2).
        None => {
            let run = move |_| {
                let error = Error::new("The WebSocket's master can't be watched");
                finish(&own_state, Err(error));
                false
            };
            let source = watch::for_memory(master, Some(condition));
            (source, Watcher::native(Box::new(run)))
        }
    };
    watcher.set_on(&source);
    trace::qio_channel_websock_handshake_pending(state.id(), condition.cast_signed());
    state.phase.with(|phase| {
        if let Phase::Connecting(handshake) = phase {
            let record = handshake.channel.upcast().record();
            record.set_handshake(match condition {
                IN => Handshake::Receives,
                _ => Handshake::Sends,
            });
            // A close waits for the lock, and then finds the source.
            let tag = source.attach(&MainContext::global_default());
            handshake.channel.set_handshake_tag(tag);
            handshake.source = Some(source.clone());
        }
    });
}

/// The master is ready; whether the source stays.
fn step(
    state: &Arc<State>,
    master: &Channel,
    shared: &Arc<Mutex<Progress>>,
    condition: u32,
) -> bool {
    let mut progress = shared.lock();
    let step = match &mut *progress {
        Progress::Accepting(accepting) => accepting.step(state, master),
        Progress::Connecting(connecting) => connecting.step(state, master),
    };
    drop(progress);
    match step {
        Step::Waits => {
            trace::qio_channel_websock_handshake_pending(state.id(), condition.cast_signed());
            true
        }
        Step::Turns => {
            let other = if condition == IN { OUT } else { IN };
            wait(state, master, other, Arc::clone(shared));
            false
        }
        Step::Over(outcome) => {
            finish(state, outcome);
            false
        }
    }
}

/// Tells the program, unless it has closed the channel meanwhile, and holds no lock then (R-WS-50). What has
/// failed leaves the master open, for the program to close (R-WS-7).
fn finish(state: &Arc<State>, outcome: Result<(), Error>) {
    let outcome = match is_late(state) {
        false => outcome,
        true => Err(timed_out()),
    };
    // Before anybody may read and write.
    let error = match outcome {
        Err(error) => Some(state.stream.fail(error)),
        // It may have been shut down.
        Ok(()) => state.stream.end().and_then(Result::err),
    };
    let Some(handshake) = state.open() else {
        return;
    };
    let PendingHandshake {
        task,
        channel,
        source,
        ..
    } = handshake;
    // It may be the deadline's source that brought it here.
    if let Some(source) = source {
        source.destroy();
    }
    // Before the callback, which may drop the last reference but ours (R-WS-6, W-TASK-12).
    channel.set_handshake_tag(0);
    channel.upcast().record().set_handshake(match error {
        None => Handshake::Complete,
        Some(_) => Handshake::Failed,
    });
    match error {
        None => trace::qio_channel_websock_handshake_complete(state.id()),
        Some(error) => {
            trace::qio_channel_websock_handshake_fail(state.id(), &error);
            if let Some(error) = error.into_object(&origin!(c"qio_channel_websock_handshake")) {
                task.set_error(error);
            }
        }
    }
    task.complete();
    task.release();
    // Coroutines that use the channel already wait for the master, which has no more for them if all
    // came with the request.
    for direction in [Direction::Read, Direction::Write] {
        channel.upcast::<layout::QIOChannel>().wake(direction);
    }
}
