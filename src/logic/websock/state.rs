//! What reads, writes, watches and the background share.
//!
//! Input and output have a lock each, which a transfer on a blocking master holds for as long as
//! it takes; whoever must not wait only tries them. The other locks are held for a few instructions.

use std::sync::Arc;

use super::frame::Refusal;
use super::handshake::Handshake;
use super::input::{Front, Input};
use super::output::{self, Output};
use crate::glib::{MainContext, Source};
use crate::host::error::{Error, Errp, HostError};
use crate::logic::watch::{ERR, HUP, IN, OUT};
use crate::logic::{control, watch};
use crate::object::channel::Channel;
use crate::object::channel_class::Transfer;
use crate::object::descriptors::{Incoming, Outgoing};
use crate::object::watch::Watcher;
use crate::os::errno::Errno;
use crate::os::iov::{self, Cursor, IoVec};
use crate::sync::Mutex;
use crate::sync::atomic::{AtomicUsize, Ordering};
use crate::{origin, trace};

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
enum End {
    #[default]
    NotYet,
    Eof,
    Failed(HostError, Errno),
}

/// The state of a channel.
#[derive(Default)]
pub(super) struct State {
    pub(super) phase: Mutex<Phase>,
    pub(super) input: Mutex<Input>,
    output: Mutex<Output>,
    /// Bytes in `output`, for those who don't want to wait for its lock.
    queued: AtomicUsize,
    /// The answer to a ping, on its way to `output`.
    pong: Mutex<Option<Vec<u8>>>,
    end: Mutex<End>,
    /// Sends what is queued when the master has room.
    pump: Mutex<Option<Source>>,
}

/// One read from the transport.
pub(super) fn receive(master: &Channel, space: &mut [u8]) -> Result<Transfer, Error> {
    let iov = [IoVec::from_mut(space)];
    let (result, error) = Errp::catch(|errp| {
        master
            .io_readv(&iov, Incoming::NONE, 0, errp)
            .transfer(errp)
    });
    result.map_err(|_| error.unwrap_or_else(unknown))
}

/// One write to the transport.
pub(super) fn send(master: &Channel, bytes: &mut [u8]) -> Result<Transfer, Error> {
    let iov = [IoVec::from_mut(bytes)];
    let (result, error) = Errp::catch(|errp| {
        master
            .io_writev(&iov, Outgoing::NONE, 0, errp)
            .transfer(errp)
    });
    result.map_err(|_| error.unwrap_or_else(unknown))
}

fn unknown() -> Error {
    Error::new("The WebSocket's master failed without an error")
}

impl State {
    /// Whether the frames have begun; nothing can be transferred after a close.
    fn is_open(&self) -> Result<bool, Error> {
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

    /// The end as a reader meets it.
    fn end(&self) -> Option<Result<Transfer, Error>> {
        match &*self.end.lock() {
            End::NotYet => None,
            End::Eof => Some(Ok(Transfer::Done(0))),
            End::Failed(error, errno) => Some(Err(Error::host(Some(error.clone()), *errno))),
        }
    }

    /// Remembers why nothing works any more, and returns a copy; the first reason stays (R-WS-32).
    pub(super) fn fail(&self, error: Error) -> Error {
        let errno = error.errno();
        let host = error.into_host(&origin!(c"qio_channel_websock"));
        let mut end = self.end.lock();
        if let (End::NotYet | End::Eof, Some(host)) = (&*end, host) {
            *end = End::Failed(host, errno);
        }
        match &*end {
            End::Failed(error, errno) => Error::host(Some(error.clone()), *errno),
            _ => unknown(),
        }
    }

    /// Ends the stream with a close frame: one attempt to send it, then the transport is shut down
    /// (R-WS-19, R-WS-25).
    fn refuse(&self, master: &Channel, status: u16, reason: &str, error: Error) -> Error {
        if let Some(Err(error)) = self.end() {
            return error;
        }
        let error = self.fail(error);
        if let Some(mut output) = self.output.try_lock() {
            output.close(status, reason);
            let _ = self.flush(master, &mut output);
        }
        control::shutdown(master, BOTH, Errp::NOWHERE);
        error
    }

    fn refused(&self, master: &Channel, refusal: Refusal) -> Error {
        let Refusal { status, reason } = refusal;
        let error = Error::new(format!("The WebSocket peer broke the protocol: {reason}"));
        self.refuse(master, status, reason, error)
    }

    fn closed_by_peer(&self, master: &Channel) -> Error {
        let error = Error::new("The WebSocket peer has closed the connection");
        self.refuse(master, 1000, "peer requested close", error)
    }

    /// Reads payload: as much as is there, else what the master has next (R-WS-30).
    pub(super) fn read(
        self: &Arc<Self>,
        master: &Channel,
        iov: &[IoVec<'_>],
    ) -> Result<Transfer, Error> {
        if !self.is_open()? {
            return Ok(Transfer::WouldBlock);
        }
        let wanted = iov::total(iov);
        if wanted == 0 {
            return Ok(Transfer::Done(0));
        }
        let (mut target, mut got) = (Cursor::new(iov), 0);
        let mut input = self.input.lock();
        let result = loop {
            match input.front() {
                Front::Data => {
                    got += input.take(&mut target, wanted - got);
                    if got == wanted {
                        break Ok(Transfer::Done(got));
                    }
                }
                Front::Ping(payload) => self.answer(payload),
                // What came before the end is delivered first (R-WS-32).
                _ if got > 0 => break Ok(Transfer::Done(got)),
                Front::Close => break Err(self.closed_by_peer(master)),
                Front::Refused(refusal) => break Err(self.refused(master, refusal)),
                Front::Nothing => {
                    if let Some(end) = self.end() {
                        break end;
                    }
                    self.send_queued(master);
                    match self.fill(master, &mut input) {
                        Ok(Transfer::Done(1..)) => {}
                        other => break other,
                    }
                }
            }
        };
        drop(input);
        self.send_queued(master);
        result
    }

    /// Takes from the master what there is room for. 0 is the end, which has been noted.
    fn fill(&self, master: &Channel, input: &mut Input) -> Result<Transfer, Error> {
        match receive(master, input.space()) {
            Ok(Transfer::Done(0)) if input.is_inside_frame() => Err(self.fail(Error::new(
                "The connection has ended inside a WebSocket frame",
            ))),
            Ok(Transfer::Done(0)) => {
                let mut end = self.end.lock();
                if matches!(*end, End::NotYet) {
                    *end = End::Eof;
                }
                drop(end);
                Ok(Transfer::Done(0))
            }
            Ok(Transfer::Done(bytes)) => {
                input.filled(bytes);
                Ok(Transfer::Done(bytes))
            }
            Ok(Transfer::WouldBlock) => Ok(Transfer::WouldBlock),
            Err(error) => Err(self.fail(error)),
        }
    }

    /// Sends one frame (R-WS-34, R-WS-35).
    pub(super) fn write(
        self: &Arc<Self>,
        master: &Channel,
        iov: &[IoVec<'_>],
        id: trace::Id,
    ) -> Result<Transfer, Error> {
        if !self.is_open()? {
            return Ok(Transfer::WouldBlock);
        }
        match self.end() {
            Some(Err(error)) => return Err(error),
            Some(Ok(_)) => {
                return Err(Error::os(
                    Errno::new(libc::EPIPE),
                    "The WebSocket peer is gone",
                ));
            }
            None => {}
        }
        let offered = iov::total(iov);
        let mut output = self.output.lock();
        let before = output.queued();
        let accepted = output.data(&mut Cursor::new(iov), offered);
        if accepted > 0 {
            let header = output.queued() - before - accepted;
            trace::qio_channel_websock_encode(id, super::frame::BINARY, header, accepted);
        }
        let flushed = self.flush(master, &mut output);
        drop(output);
        self.arm_pump(master);
        flushed?;
        if accepted == 0 && offered > 0 {
            return Ok(Transfer::WouldBlock);
        }
        Ok(Transfer::Done(accepted))
    }

    /// Puts the answer to a ping on its way; one at a time (R-WS-26).
    fn answer(&self, payload: Vec<u8>) {
        self.pong.lock().get_or_insert(payload);
    }

    /// Sends as much as the master takes. The errors of the master are remembered.
    fn flush(&self, master: &Channel, output: &mut Output) -> Result<(), Error> {
        let result = loop {
            let pong = self.pong.lock().take();
            if let Some(payload) = pong {
                output.pong(&payload);
            }
            if output.queued() == 0 {
                break Ok(());
            }
            match send(master, output.pending()) {
                Ok(Transfer::Done(bytes)) if bytes > 0 => output.sent(bytes),
                Ok(_) => break Ok(()),
                Err(error) => {
                    output.sent(usize::MAX / 2);
                    break Err(self.fail(error));
                }
            }
        };
        self.queued.store(output.queued(), Ordering::Release);
        result
    }

    /// Sends what is queued, unless somebody else is just about it.
    pub(super) fn send_queued(self: &Arc<Self>, master: &Channel) {
        while self.pong.lock().is_some() || self.queued.load(Ordering::Acquire) > 0 {
            let Some(mut output) = self.output.try_lock() else {
                return;
            };
            let result = self.flush(master, &mut output);
            drop(output);
            if result.is_err() || self.queued.load(Ordering::Acquire) > 0 {
                break;
            }
        }
        self.arm_pump(master);
    }

    /// Has the rest sent in the background, from the default context (R-WS-37, R-WS-38).
    ///
    /// The source doesn't keep the channel alive (R-WS-39).
    fn arm_pump(self: &Arc<Self>, master: &Channel) {
        if self.queued.load(Ordering::Acquire) == 0 {
            return;
        }
        let mut pump = self.pump.lock();
        if pump.is_some() {
            return;
        }
        let Some(source) = watch::create(master, OUT) else {
            return;
        };
        let (state, to) = (Arc::downgrade(self), master.to_ref());
        let run = move |_| {
            let Some(state) = state.upgrade() else {
                return false;
            };
            state.send_queued(&to);
            let mut pump = state.pump.lock();
            let stays = state.queued.load(Ordering::Acquire) > 0;
            let ended = if stays { None } else { pump.take() };
            drop(pump);
            drop(ended);
            stays
        };
        Watcher::native(Box::new(run)).set_on(&source);
        source.attach(&MainContext::global_default());
        *pump = Some(source);
        drop(pump);
    }

    /// Ends what runs in the background.
    pub(super) fn stop(&self) {
        let pump = self.pump.lock().take();
        if let Some(source) = pump {
            source.destroy();
        }
    }

    /// Gives everything up, a handshake without its callback (R-WS-6, R-WS-47).
    pub(super) fn close(&self) {
        let before = core::mem::replace(&mut *self.phase.lock(), Phase::Closed);
        if let Phase::Shaking(handshake) = before {
            handshake.cancel();
        }
        self.stop();
        if let Some(mut input) = self.input.try_lock() {
            *input = Input::default();
        }
        if let Some(mut output) = self.output.try_lock() {
            *output = Output::default();
        }
        self.queued.store(0, Ordering::Release);
        drop(self.pong.lock().take());
        let end = core::mem::take(&mut *self.end.lock());
        drop(end);
    }

    /// What the channel is ready for (R-WS-41, R-WS-42).
    pub(super) fn ready(&self) -> u32 {
        match &*self.phase.lock() {
            Phase::New | Phase::Shaking(_) => return 0,
            Phase::Closed => return IN | OUT,
            Phase::Open => {}
        }
        let mut bits = match &*self.end.lock() {
            End::NotYet => 0,
            End::Eof => IN | HUP,
            End::Failed(..) => IN | OUT | ERR,
        };
        if let Some(mut input) = self.input.try_lock() {
            bits |= match self.front(&mut input) {
                Front::Nothing => 0,
                _ => IN,
            };
        }
        if self.queued.load(Ordering::Acquire) < output::LIMIT {
            bits |= OUT;
        }
        bits
    }

    /// What a reader would see, pings answered.
    fn front(&self, input: &mut Input) -> Front {
        loop {
            match input.front() {
                Front::Ping(payload) => self.answer(payload),
                other => return other,
            }
        }
    }

    /// What the channel needs from its master to become ready for `condition`.
    pub(super) fn needs(&self, condition: u32) -> u32 {
        if !matches!(*self.phase.lock(), Phase::Open) || !matches!(*self.end.lock(), End::NotYet) {
            return 0;
        }
        let mut needs = condition & (HUP | ERR);
        if condition & IN != 0 {
            needs |= IN;
        }
        if self.queued.load(Ordering::Acquire) > 0 {
            needs |= OUT;
        }
        needs
    }

    /// Moves on without waiting, once the master is ready for something. A close frame and what is
    /// not allowed are met here, so that no reader is needed to answer them.
    pub(super) fn step(self: &Arc<Self>, master: &Channel, may_read: bool) {
        if may_read
            && matches!(*self.phase.lock(), Phase::Open)
            && let Some(mut input) = self.input.try_lock()
        {
            if self.front(&mut input) == Front::Nothing && self.end().is_none() {
                let _ = self.fill(master, &mut input);
            }
            match self.front(&mut input) {
                Front::Close => drop(self.closed_by_peer(master)),
                Front::Refused(refusal) => drop(self.refused(master, refusal)),
                _ => {}
            }
        }
        self.send_queued(master);
    }
}
