//! The opening handshake: a request comes in, a response goes out, a task completes.

use std::sync::Arc;

use super::phase::{PendingHandshake, Phase};
use super::state::State;
use super::traced::Traced;
use super::transport;
use crate::logic::task::Task;
use crate::logic::watch;
use crate::object::channel::Channel;
use crate::object::channel_class::Transfer;
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
use platform::os::iov::IoVec;
use platform::sync::Mutex;
use registry::channel::Handshake;
use rfc6455::http::{self, HANDSHAKE_MAX, Response};

/// What has been transferred so far.
enum Progress {
    Request(Vec<u8>),
    Response { response: Response, sent: usize },
}

/// What came of one step.
enum Step {
    Waits,
    Evaluated,
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
    let progress = Arc::new(Mutex::new(Progress::Request(Vec::new())));
    wait(state, master, IN, progress);
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
        Progress::Request(bytes) => match receive(master, bytes, state.id()) {
            Ok(Some((response, rest))) => {
                if response.outcome.is_ok() {
                    state.receiver.begin(&rest);
                }
                *progress = Progress::Response { response, sent: 0 };
                Step::Evaluated
            }
            Ok(None) => Step::Waits,
            Err(error) => Step::Over(Err(error)),
        },
        Progress::Response { response, sent } => send_response(master, response, sent),
    };
    drop(progress);
    match step {
        Step::Waits => {
            trace::qio_channel_websock_handshake_pending(state.id(), condition.cast_signed());
            true
        }
        Step::Evaluated => {
            trace::qio_channel_websock_handshake_reply(state.id());
            wait(state, master, OUT, Arc::clone(shared));
            false
        }
        Step::Over(outcome) => {
            finish(state, outcome);
            false
        }
    }
}

/// Takes more of the request; the response to it once its head has ended, and what came behind it.
fn receive(
    master: &Channel,
    bytes: &mut Vec<u8>,
    id: trace::Id,
) -> Result<Option<(Response, Vec<u8>)>, Error> {
    let before = bytes.len();
    bytes.resize(HANDSHAKE_MAX, 0);
    let transfer = transport::receive(master, &mut bytes[before..]);
    let got = match transfer? {
        Transfer::Done(0) => {
            return Err(Error::new(
                "The connection has ended before the WebSocket opening handshake",
            ));
        }
        Transfer::Done(got) => got,
        Transfer::WouldBlock => 0,
    };
    bytes.truncate(before + got);
    // The end may straddle two reads.
    let from = before.saturating_sub(3);
    if let Some(end) = http::end_of_head(&bytes[from..]) {
        let rest = bytes.split_off(from + end);
        return Ok(Some((http::respond(bytes, &Traced(id)), rest)));
    }
    if bytes.len() == HANDSHAKE_MAX {
        return Ok(Some((http::respond_too_large(bytes), Vec::new())));
    }
    Ok(None)
}

/// Sends more of the response.
fn send_response(master: &Channel, response: &mut Response, sent: &mut usize) -> Step {
    match transport::send(master, &[IoVec::from_slice(&response.bytes[*sent..])]) {
        Ok(Transfer::Done(bytes)) => *sent = response.bytes.len().min(*sent + bytes),
        Ok(Transfer::WouldBlock) => {}
        Err(error) => return Step::Over(Err(error)),
    }
    if *sent < response.bytes.len() {
        return Step::Waits;
    }
    if response.outcome.is_err() {
        // The program is about to close the master, and the client is to get the response.
        transport::discard_input(master);
    }
    let outcome = core::mem::replace(&mut response.outcome, Ok(()));
    Step::Over(outcome.map_err(Error::new))
}

/// Tells the program, unless it has closed the channel meanwhile.
fn finish(state: &Arc<State>, outcome: Result<(), Error>) {
    // Before anybody may read and write.
    let error = match outcome {
        Err(error) => Some(state.stream.fail(error)),
        // It may have been shut down.
        Ok(()) => state.stream.end().and_then(Result::err),
    };
    let Some(PendingHandshake { task, channel, .. }) = state.open() else {
        return;
    };
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
