//! What goes to the master: frames of the writer, answers to pings, and what is queued of both.

use std::sync::Arc;

use super::direct;
use super::frame::{BINARY, PONG};
use super::output::{self, Output};
use super::state::State;
use crate::logic::watch::{self, OUT};
use crate::object::channel::Channel;
use crate::object::channel_class::Transfer;
use crate::object::descriptors::Outgoing;
use crate::object::watch::Watcher;
use crate::trace;
use host::error::Error;
use platform::glib::MainContext;
use platform::os::errno::Errno;
use platform::os::iov::{self, Cursor, IoVec};
use platform::sync::atomic::Ordering;

/// One write to the transport.
pub(super) fn send(master: &Channel, iov: &[IoVec<'_>]) -> Result<Transfer, Error> {
    master.io_writev(iov, Outgoing::NONE, 0)
}

impl State {
    /// Sends frames (R-WS-34, R-WS-35).
    pub(super) fn write(
        self: &Arc<Self>,
        master: &Channel,
        iov: &[IoVec<'_>],
    ) -> Result<Transfer, Error> {
        if !self.may_transfer()? {
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
        let result = self.accept(master, &mut output, iov, offered);
        self.note_queued(&output);
        drop(output);
        self.after_output(master);
        match result? {
            0 if offered > 0 => Ok(Transfer::WouldBlock),
            accepted => Ok(Transfer::Done(accepted)),
        }
    }

    /// Sends what is offered, or queues it; how much of it.
    fn accept(
        &self,
        master: &Channel,
        output: &mut Output,
        iov: &[IoVec<'_>],
        offered: usize,
    ) -> Result<usize, Error> {
        let is_first =
            offered > 0 && output.queued() == 0 && !self.owes_pongs.load(Ordering::Acquire);
        let mut accepted = 0;
        if is_first && iov.len() <= direct::ELEMENTS_MAX {
            let transfer = |frames: &[IoVec<'_>]| match send(master, frames) {
                Ok(Transfer::Done(bytes)) => Ok(bytes),
                Ok(Transfer::WouldBlock) => Ok(0),
                Err(error) => Err(self.fail(error)),
            };
            // Descriptors know nothing of what they didn't take.
            let remembers = master.polled().is_none();
            let mut source = Cursor::new(iov);
            accepted = direct::send(&mut source, offered, remembers, output, self.id, transfer)?;
            // The master may have room for the rest: then it must not wait for the main loop.
            if output.queued() > 0 {
                self.flush(master, output)?;
                return Ok(accepted);
            }
            if accepted == offered || (accepted > 0 && !remembers) {
                return Ok(accepted);
            }
        }
        // Also the frame that a transport has encrypted but not taken: the same bytes, and nothing
        // before them (R-TLS-40).
        let before = output.queued();
        let mut source = Cursor::new(iov);
        source.advance(accepted);
        let queued = output.data(&mut source, offered - accepted);
        if queued > 0 {
            let header = output.queued() - before - queued;
            trace::qio_channel_websock_encode(self.id, BINARY, header, queued);
        }
        self.flush(master, output)?;
        Ok(accepted + queued)
    }

    /// Puts a pong on its way (R-WS-26).
    pub(super) fn owe_pong(&self, payload: Vec<u8>) {
        self.pongs.lock().owe(payload);
        self.owes_pongs.swap(true, Ordering::AcqRel);
    }

    pub(super) fn take_pong(&self) -> Option<Vec<u8>> {
        if !self.owes_pongs.load(Ordering::Acquire) {
            return None;
        }
        let mut pongs = self.pongs.lock();
        let payload = pongs.pay();
        if pongs.is_empty() {
            self.owes_pongs.store(false, Ordering::Release);
        }
        drop(pongs);
        payload
    }

    pub(super) fn has_output(&self) -> bool {
        // Changed, not only loaded: who owes a pong while another one has the output relies on
        // that one to look again after it.
        self.owes_pongs.fetch_or(false, Ordering::AcqRel) || self.queued.load(Ordering::Acquire) > 0
    }

    /// Sends as much as the master takes. The errors of the master are remembered.
    pub(super) fn flush(&self, master: &Channel, output: &mut Output) -> Result<(), Error> {
        let result = loop {
            while output.has_room_for_pong()
                && let Some(payload) = self.take_pong()
            {
                let header = output.pong(&payload);
                trace::qio_channel_websock_encode(self.id, PONG, header, payload.len());
            }
            if output.queued() == 0 {
                break Ok(());
            }
            match send(master, &[IoVec::from_mut(output.pending())]) {
                Ok(Transfer::Done(bytes)) if bytes > 0 => output.sent(bytes),
                Ok(_) => break Ok(()),
                Err(error) => {
                    output.clear();
                    break Err(self.fail(error));
                }
            }
        };
        self.note_queued(output);
        result
    }

    /// Tells those without the lock how much is queued; who waits for room is woken.
    fn note_queued(&self, output: &Output) {
        let queued = output.queued();
        let before = self.queued.swap(queued, Ordering::AcqRel);
        if before >= output::LIMIT && queued < output::LIMIT {
            self.waiters.wake();
        }
    }

    /// Sends what is queued, unless somebody else is just about it.
    pub(super) fn send_queued(self: &Arc<Self>, master: &Channel) {
        while self.has_output() {
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

    /// Who had the output has let it go.
    fn after_output(self: &Arc<Self>, master: &Channel) {
        if self.queued.load(Ordering::Acquire) > 0 {
            self.arm_pump(master);
        } else if self.has_output() {
            self.send_queued(master);
        }
    }

    /// Has the rest sent in the background, from the default context (R-WS-37, R-WS-38).
    ///
    /// The source doesn't keep the channel alive (R-WS-39).
    fn arm_pump(self: &Arc<Self>, master: &Channel) {
        if self.queued.load(Ordering::Acquire) == 0 {
            return;
        }
        if self.pump.lock().is_some() {
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
        // The source may run at once, and then takes itself out.
        let mut pump = self.pump.lock();
        if pump.is_none() {
            source.attach(&MainContext::global_default());
            *pump = Some(source);
        }
        drop(pump);
    }
}
