//! What comes from the master: payload for the reader, and what must be answered on the way.
//!
//! The input has a lock, which a read on a blocking master holds for as long as it takes; a thread
//! that must not wait only tries it.

use std::sync::Arc;

use super::sending::Sender;
use super::stream::Stream;
use super::transport;
use crate::object::channel::Channel;
use crate::object::channel_class::Transfer;
use host::error::Error;
use platform::os::iov::{self, Cursor, IoVecMut};
use platform::sync::Mutex;
use platform::sync::atomic::{AtomicBool, Ordering};
use rfc6455::Role;
use rfc6455::input::{Event, Input};

/// The receiving side of a channel.
pub(super) struct Receiver {
    stream: Arc<Stream>,
    sender: Arc<Sender>,
    input: Mutex<Input>,
    /// A thread wanted to look at `input` and could not.
    missed: AtomicBool,
    /// A ping waits in `input` until some pongs have gone out.
    holds_ping: AtomicBool,
}

/// Why there is no payload.
pub(super) enum Stop {
    Failed(Error),
    /// A Close frame, or what isn't allowed.
    Ends(Event),
}

impl Receiver {
    /// Of a new channel.
    pub(super) fn new(stream: Arc<Stream>, sender: Arc<Sender>) -> Self {
        Self {
            stream,
            sender,
            input: Mutex::default(),
            missed: AtomicBool::new(false),
            holds_ping: AtomicBool::new(false),
        }
    }

    /// Says which end of the connection this is, before anything has come.
    pub(super) fn set_role(&self, role: Role) {
        *self.input.lock() = Input::new(role);
    }

    /// Begins with what came behind the request or the response (R-WS-8).
    pub(super) fn begin(&self, bytes: &[u8]) {
        self.input.lock().begin(bytes);
    }

    /// Reads payload: as much as is there, else what the master has next (R-WS-30, R-WS-21, R-WS-29).
    pub(super) fn read(&self, master: &Channel, iov: &[IoVecMut<'_>]) -> Result<Transfer, Stop> {
        let (traced, wanted) = (&self.stream.traced, iov::total(iov));
        if wanted == 0 {
            return Ok(Transfer::Done(0));
        }
        let (mut target, mut got) = (Cursor::new(iov), 0);
        let mut input = self.input.lock();
        let result = loop {
            match input.next_event(true, traced) {
                Event::Payload => {
                    got += input.take(&mut target, wanted - got, traced);
                    if got == wanted {
                        break Ok(Transfer::Done(got));
                    }
                }
                Event::Ping(payload) => self.sender.answer(master, payload),
                // What came before the end is delivered first (R-WS-32).
                _ if got > 0 => break Ok(Transfer::Done(got)),
                // Not with the lock.
                event @ (Event::Close(_) | Event::Violation(_)) => return Err(Stop::Ends(event)),
                Event::Nothing | Event::HeldPing => {
                    if let Some(end) = self.stream.end() {
                        break end;
                    }
                    self.sender.send_queued(master);
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
            // A watch on the master doesn't see what has come from there already.
            self.stream.wake();
        }
        // What the master has no room for follows in the background (R-WS-33).
        self.sender.send_queued(master);
        result.map_err(Stop::Failed)
    }

    /// Takes from the master what there is room for. 0 is the end, which has been noted.
    fn fill(&self, master: &Channel, input: &mut Input) -> Result<Transfer, Error> {
        match transport::receive(master, input.space()) {
            Ok(Transfer::Done(0)) if input.is_inside_frame() => Err(self.stream.fail(Error::new(
                "The connection has ended inside a WebSocket frame",
            ))),
            Ok(Transfer::Done(0)) => {
                self.stream.set_eof();
                Ok(Transfer::Done(0))
            }
            Ok(Transfer::Done(bytes)) => {
                input.filled(bytes);
                Ok(Transfer::Done(bytes))
            }
            Ok(Transfer::WouldBlock) => Ok(Transfer::WouldBlock),
            Err(error) => Err(self.stream.fail(error)),
        }
    }

    /// The next event for a reader, pings answered.
    fn next_event(&self, master: &Channel, input: &mut Input) -> Event {
        loop {
            match input.next_event(true, &self.stream.traced) {
                Event::Ping(payload) => self.sender.answer(master, payload),
                other => return other,
            }
        }
    }

    /// Whether a reader would see something; not if another thread is reading just now.
    pub(super) fn has_input(&self) -> bool {
        let event = self.look().or_else(|| {
            // The other thread wakes the waiters when it is done.
            self.missed.swap(true, Ordering::AcqRel);
            self.look()
        });
        if event.is_some() && self.missed.swap(false, Ordering::AcqRel) {
            self.stream.wake();
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
            let takes_ping = !self.sender.owes_all_pongs();
            match input.next_event(takes_ping, &self.stream.traced) {
                Event::Ping(payload) => self.sender.owe_pong(payload),
                other => return Some(other),
            }
        }
    }

    /// Whether a ping waits until some pongs have gone out.
    pub(super) fn holds_ping(&self) -> bool {
        self.holds_ping.load(Ordering::Acquire)
    }

    /// Moves on without waiting. A Close frame and what is not allowed are met here, so that no reader
    /// is needed for them; they are returned.
    pub(super) fn step(&self, master: &Channel, may_read: bool) -> Option<Event> {
        if !may_read && !self.holds_ping.swap(false, Ordering::AcqRel) {
            return None;
        }
        let mut input = self.input.try_lock()?;
        let mut event = self.next_event(master, &mut input);
        if may_read && event == Event::Nothing && !self.stream.has_ended() {
            let _ = self.fill(master, &mut input);
            event = self.next_event(master, &mut input);
        }
        drop(input);
        self.stream.wake();
        matches!(event, Event::Close(_) | Event::Violation(_)).then_some(event)
    }

    /// Takes from the master what will not be read, unless another thread is reading.
    pub(super) fn discard(&self, master: &Channel) {
        if let Some(input) = self.input.try_lock() {
            transport::discard_input(master);
            drop(input);
        }
    }

    /// Gives up what has not been read.
    pub(super) fn clear(&self) {
        if let Some(mut input) = self.input.try_lock() {
            *input = Input::default();
        }
        self.holds_ping.store(false, Ordering::Release);
    }
}
