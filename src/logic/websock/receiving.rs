//! What comes from the master: payload for the reader, and what must be answered on the way.

use std::sync::Arc;

use super::input::{Event, Input};
use super::state::State;
use crate::object::channel::Channel;
use crate::object::channel_class::Transfer;
use crate::object::descriptors::Incoming;
use host::error::Error;
use platform::os::iov::{self, Cursor, IoVec};
use platform::sync::atomic::Ordering;

/// One read from the transport.
pub(super) fn receive(master: &Channel, space: &mut [u8]) -> Result<Transfer, Error> {
    master.io_readv(&[IoVec::from_mut(space)], Incoming::NONE, 0)
}

impl State {
    /// Reads payload: as much as is there, else what the master has next (R-WS-30).
    pub(super) fn read(
        self: &Arc<Self>,
        master: &Channel,
        iov: &[IoVec<'_>],
    ) -> Result<Transfer, Error> {
        if !self.may_transfer()? {
            return Ok(Transfer::WouldBlock);
        }
        let wanted = iov::total(iov);
        if wanted == 0 {
            return Ok(Transfer::Done(0));
        }
        let (mut target, mut got) = (Cursor::new(iov), 0);
        let mut input = self.input.lock();
        let result = loop {
            match input.next_event(true, self.id) {
                Event::Payload => {
                    got += input.take(&mut target, wanted - got, self.id);
                    if got == wanted {
                        break Ok(Transfer::Done(got));
                    }
                }
                Event::Ping(payload) => self.answer(master, payload),
                // What came before the end is delivered first (R-WS-32).
                _ if got > 0 => break Ok(Transfer::Done(got)),
                // Not with the lock.
                event @ (Event::Close | Event::Violation(_)) => {
                    drop(input);
                    return Err(self.refuse(master, event));
                }
                Event::Nothing | Event::HeldPing => {
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
        let leaves_some = !input.is_empty();
        drop(input);
        if leaves_some {
            // Who watches the master doesn't see what has come from there already.
            self.waiters.wake();
        }
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
                self.note_eof();
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

    /// The next event for a reader, pings answered.
    fn next_event(self: &Arc<Self>, master: &Channel, input: &mut Input) -> Event {
        loop {
            match input.next_event(true, self.id) {
                Event::Ping(payload) => self.answer(master, payload),
                other => return other,
            }
        }
    }

    /// Answers a ping. Of too many the earlier ones go out first, if the master has room.
    fn answer(self: &Arc<Self>, master: &Channel, payload: Vec<u8>) {
        if self.pongs.lock().is_full() {
            self.send_queued(master);
        }
        self.owe_pong(payload);
    }

    /// Whether a reader would see something; not if another thread is reading just now.
    pub(super) fn has_input(&self) -> bool {
        let event = self.look().or_else(|| {
            // The other thread wakes the waiters when it is done.
            self.input_missed.swap(true, Ordering::AcqRel);
            self.look()
        });
        if event.is_some() && self.input_missed.swap(false, Ordering::AcqRel) {
            self.waiters.wake();
        }
        let holds_ping = event == Some(Event::HeldPing);
        self.holds_ping.store(holds_ping, Ordering::Release);
        event.is_some_and(|event| event != Event::Nothing) && !holds_ping
    }

    /// The next event, if no other thread is reading. Pings are taken as long as their pongs can be
    /// remembered: nothing is sent here.
    fn look(&self) -> Option<Event> {
        let mut input = self.input.try_lock()?;
        loop {
            let has_room = !self.pongs.lock().is_full();
            match input.next_event(has_room, self.id) {
                Event::Ping(payload) => self.owe_pong(payload),
                other => return Some(other),
            }
        }
    }

    /// Moves on without waiting, once the master is ready for something. A Close frame and what is
    /// not allowed are met here, so that no reader is needed to answer them.
    pub(super) fn step(self: &Arc<Self>, master: &Channel, may_read: bool) {
        if (may_read || self.holds_ping.swap(false, Ordering::AcqRel))
            && self.is_open.load(Ordering::Acquire)
            && let Some(mut input) = self.input.try_lock()
        {
            let mut event = self.next_event(master, &mut input);
            if may_read && event == Event::Nothing && self.end().is_none() {
                let _ = self.fill(master, &mut input);
                event = self.next_event(master, &mut input);
            }
            drop(input);
            if matches!(event, Event::Close | Event::Violation(_)) {
                drop(self.refuse(master, event));
            }
            self.waiters.wake();
        }
        self.send_queued(master);
    }
}
