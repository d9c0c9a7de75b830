//! What reads, writes, watches and the background share.
//!
//! Input and output have a lock each, which a transfer on a blocking master holds for as long as
//! it takes; whoever must not wait only tries them. The other locks are held for a few instructions.

use std::sync::Arc;

use super::frame::{CLOSE, Refusal};
use super::handshake::Handshake;
use super::input::{Event, Input};
use super::output::{self, Output};
use super::pongs::Pongs;
use super::sending::send;
use crate::logic::waiters::Waiters;
use crate::logic::watch::{ERR, HUP, IN, OUT};
use crate::logic::{control, wait};
use crate::object::channel::Channel;
use crate::object::channel_class::Transfer;
use crate::trace;
use abi::origin;
use host::error::{Error, HostError};
use platform::glib::Source;
use platform::os::errno::Errno;
use platform::os::iov::IoVec;
use platform::sync::Mutex;
use platform::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// `QIO_CHANNEL_SHUTDOWN_BOTH`.
const BOTH: u32 = 3;

/// How far the connection is.
#[derive(Default)]
pub(super) enum Phase {
    #[default]
    New,
    Shaking(Handshake),
    Open,
    Closed,
}

/// How the stream has ended.
#[derive(Default)]
pub(super) enum End {
    #[default]
    NotYet,
    Eof,
    Failed(HostError, Errno),
}

/// The state of a channel.
pub(super) struct State {
    /// The channel, in traces.
    pub(super) id: trace::Id,
    phase: Mutex<Phase>,
    /// `phase` is `Open`, for those who don't want its lock.
    pub(super) is_open: AtomicBool,
    pub(super) input: Mutex<Input>,
    /// Somebody wanted to look at `input` and could not.
    pub(super) input_missed: AtomicBool,
    pub(super) output: Mutex<Output>,
    /// Bytes in `output`, for those who don't want to wait for its lock.
    pub(super) queued: AtomicUsize,
    /// Pongs on their way to `output`, and whether there are any.
    pub(super) pongs: Mutex<Pongs>,
    pub(super) owes_pongs: AtomicBool,
    /// A ping waits in `input` until some pongs have gone out.
    pub(super) holds_ping: AtomicBool,
    pub(super) end: Mutex<End>,
    /// `end` is something, for those who don't want its lock.
    pub(super) has_ended: AtomicBool,
    /// A close frame has ended the stream.
    has_refused: AtomicBool,
    /// Sends what is queued when the master has room.
    pub(super) pump: Mutex<Option<Source>>,
    /// Watches, to be woken.
    pub(super) waiters: Arc<Waiters>,
}

fn unknown() -> Error {
    Error::new("The WebSocket's master failed without an error")
}

impl State {
    /// Of a new channel.
    pub(super) fn new(id: trace::Id) -> Self {
        Self {
            id,
            phase: Mutex::default(),
            is_open: AtomicBool::new(false),
            input: Mutex::default(),
            input_missed: AtomicBool::new(false),
            output: Mutex::default(),
            queued: AtomicUsize::new(0),
            pongs: Mutex::default(),
            owes_pongs: AtomicBool::new(false),
            holds_ping: AtomicBool::new(false),
            end: Mutex::default(),
            has_ended: AtomicBool::new(false),
            has_refused: AtomicBool::new(false),
            pump: Mutex::default(),
            waiters: Arc::default(),
        }
    }

    /// Whether the frames have begun; nothing can be transferred after a close.
    #[inline]
    pub(super) fn may_transfer(&self) -> Result<bool, Error> {
        if self.is_open.load(Ordering::Acquire) {
            return Ok(true);
        }
        match &*self.phase.lock() {
            Phase::New => Err(Error::os(
                Errno::EINVAL,
                "The WebSocket handshake has not been made",
            )),
            Phase::Shaking(_) => Ok(false),
            Phase::Open => Ok(true),
            Phase::Closed => Err(Error::os(Errno::EINVAL, "The WebSocket is closed")),
        }
    }

    /// Looks at the phase, or changes it.
    pub(super) fn with_phase<T>(&self, look: impl FnOnce(&mut Phase) -> T) -> T {
        look(&mut self.phase.lock())
    }

    /// The handshake is over: frames may go. None if it was given up.
    pub(super) fn open(&self) -> Option<Handshake> {
        let mut phase = self.phase.lock();
        if !matches!(*phase, Phase::Shaking(_)) {
            return None;
        }
        let before = core::mem::replace(&mut *phase, Phase::Open);
        self.is_open.store(true, Ordering::Release);
        drop(phase);
        self.waiters.wake();
        match before {
            Phase::Shaking(handshake) => Some(handshake),
            _ => None,
        }
    }

    /// The end as a reader meets it.
    pub(super) fn end(&self) -> Option<Result<Transfer, Error>> {
        if !self.has_ended.load(Ordering::Acquire) {
            return None;
        }
        match &*self.end.lock() {
            End::NotYet => None,
            End::Eof => Some(Ok(Transfer::Done(0))),
            End::Failed(error, errno) => Some(Err(Error::object(Some(error.clone()), *errno))),
        }
    }

    /// Remembers why nothing works any more, and returns a copy; the first reason stays (R-WS-32).
    pub(super) fn fail(&self, error: Error) -> Error {
        let errno = error.errno();
        let host = error.into_object(&origin!(c"qio_channel_websock"));
        let mut end = self.end.lock();
        if let (End::NotYet | End::Eof, Some(host)) = (&*end, host) {
            *end = End::Failed(host, errno);
            self.has_ended.store(true, Ordering::Release);
        }
        let copy = match &*end {
            End::Failed(error, errno) => Error::object(Some(error.clone()), *errno),
            _ => unknown(),
        };
        drop(end);
        self.waiters.wake();
        copy
    }

    /// Remembers that the peer has sent all that it will.
    pub(super) fn note_eof(&self) {
        let mut end = self.end.lock();
        if matches!(*end, End::NotYet) {
            *end = End::Eof;
            self.has_ended.store(true, Ordering::Release);
        }
        drop(end);
        self.waiters.wake();
    }

    /// Ends the stream with a close frame: one attempt to send it, then the transport is shut down
    /// (R-WS-19, R-WS-25).
    pub(super) fn refuse(&self, master: &Channel, event: Event) -> Error {
        let (status, reason, error) = match event {
            Event::Violation(Refusal { status, reason }) => {
                let text = format!("The WebSocket peer broke the protocol: {reason}");
                (status, reason, text)
            }
            _ => {
                let text = "The WebSocket peer has closed the connection".to_owned();
                (1000, "peer requested close", text)
            }
        };
        if let Some(Err(error)) = self.end() {
            return error;
        }
        let error = self.fail(Error::new(error));
        if self.has_refused.swap(true, Ordering::AcqRel) {
            return error;
        }
        if let Some(mut output) = self.output.try_lock() {
            let header = output.close(status, reason);
            trace::qio_channel_websock_encode(self.id, CLOSE, header, 2 + reason.len());
            let _ = self.flush(master, &mut output);
        }
        // The peer is refused either way.
        let _: Result<(), Error> = control::shutdown(master, BOTH);
        error
    }

    /// Ends what runs in the background.
    pub(super) fn stop(&self) {
        let pump = self.pump.lock().take();
        if let Some(source) = pump {
            source.destroy();
        }
    }

    /// Gives everything up, a handshake without its callback (R-WS-6, R-WS-47).
    pub(super) fn close(&self, master: &Channel) {
        let mut phase = self.phase.lock();
        let before = core::mem::replace(&mut *phase, Phase::Closed);
        self.is_open.store(false, Ordering::Release);
        drop(phase);
        match before {
            Phase::Shaking(handshake) => handshake.cancel(),
            Phase::Open => self.say_goodbye(master),
            Phase::New | Phase::Closed => {}
        }
        self.stop();
        if let Some(mut input) = self.input.try_lock() {
            *input = Input::default();
        }
        if let Some(mut output) = self.output.try_lock() {
            *output = Output::default();
        }
        self.queued.store(0, Ordering::Release);
        while self.take_pong().is_some() {}
        self.holds_ping.store(false, Ordering::Release);
        let mut end = self.end.lock();
        let ended = core::mem::take(&mut *end);
        self.has_ended.store(false, Ordering::Release);
        drop(end);
        drop(ended);
        self.waiters.wake();
    }

    /// Tells the peer that the channel is closed, if that can be done without waiting: one attempt,
    /// behind what is queued (RFC 6455 section 7.1.2).
    fn say_goodbye(&self, master: &Channel) {
        if self.has_ended.load(Ordering::Acquire) || !wait::is_ready(master, OUT) {
            return;
        }
        if let Some(mut output) = self.output.try_lock() {
            let header = output.close(1000, "");
            trace::qio_channel_websock_encode(self.id, CLOSE, header, 2);
            let _ = send(master, &[IoVec::from_mut(output.pending())]);
        }
    }

    /// What the channel is ready for (R-WS-41, R-WS-42).
    pub(super) fn ready(&self) -> u32 {
        if !self.is_open.load(Ordering::Acquire) {
            match &*self.phase.lock() {
                Phase::New | Phase::Shaking(_) => return 0,
                Phase::Closed => return IN | OUT,
                Phase::Open => {}
            }
        }
        let mut bits = match &*self.end.lock() {
            End::NotYet => 0,
            End::Eof => IN | HUP,
            // Also who waits only for the end of the connection is told (W9).
            End::Failed(..) => IN | OUT | ERR | HUP,
        };
        if self.has_input() {
            bits |= IN;
        }
        if self.queued.load(Ordering::Acquire) < output::LIMIT {
            bits |= OUT;
        }
        bits
    }

    /// What the channel needs from its master to become ready for `condition`.
    pub(super) fn needs(&self, condition: u32) -> u32 {
        if !self.is_open.load(Ordering::Acquire) || self.has_ended.load(Ordering::Acquire) {
            return 0;
        }
        let mut needs = condition & (HUP | ERR);
        if condition & IN != 0 {
            needs |= IN;
        }
        // Also the answer to a ping that was met only just now.
        if self.has_output() {
            needs |= OUT;
        }
        needs
    }
}
