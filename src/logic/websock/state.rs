//! The state of a channel: its phase, its two directions, and their end.

use std::ffi::{CStr, CString};
use std::sync::{Arc, OnceLock};

use super::phase::{Kind, PendingHandshake, Phase, PhaseCell};
use super::receiving::{Receiver, Stop};
use super::sending::Sender;
use super::stream::{End, Stream};
use crate::logic::limits::deadline::Timeout;
use crate::object::channel::Channel;
use crate::object::channel_class::Transfer;
use host::error::Error;
use platform::glib::condition::{ERR, HUP, IN, OUT};
use platform::os::iov::{IoVec, IoVecMut};
use platform::sync::atomic::{AtomicU16, Ordering};
use rfc6455::Role;
use rfc6455::client::Request;
use rfc6455::frame::Refusal;
use rfc6455::input::Event;

/// The state of a channel.
pub(super) struct State {
    pub(super) phase: PhaseCell,
    pub(super) stream: Arc<Stream>,
    pub(super) receiver: Receiver,
    sender: Arc<Sender>,
    /// Of the opening handshake.
    pub(super) timeout: Timeout,
    /// What a client's end asks for.
    client: OnceLock<Request>,
    /// The subprotocol that the server has chosen.
    protocol: OnceLock<CString>,
    /// The status of the peer's Close frame; 0 while none has come.
    peer_status: AtomicU16,
}

impl State {
    /// Of a new channel.
    pub(super) fn new(id: trace::Id) -> Self {
        let stream = Arc::new(Stream::new(id));
        let sender = Arc::new(Sender::new(Arc::clone(&stream)));
        Self {
            phase: PhaseCell::default(),
            receiver: Receiver::new(Arc::clone(&stream), Arc::clone(&sender)),
            stream,
            sender,
            timeout: Timeout::default(),
            client: OnceLock::new(),
            protocol: OnceLock::new(),
            peer_status: AtomicU16::new(0),
        }
    }

    /// Makes a new channel a client's end.
    pub(super) fn set_client(&self, request: Request) {
        self.receiver.set_role(Role::Client);
        self.sender.set_role(Role::Client);
        // There is none: the channel is new.
        let _ = self.client.set(request);
    }

    /// What a client's end asks for; None for a server's.
    pub(super) fn client(&self) -> Option<&Request> {
        self.client.get()
    }

    /// The server has chosen a subprotocol.
    pub(super) fn set_protocol(&self, protocol: Option<String>) {
        if let Some(protocol) = protocol.and_then(|name| CString::new(name).ok()) {
            // There is one handshake.
            let _ = self.protocol.set(protocol);
        }
    }

    /// The subprotocol that the server has chosen.
    pub(super) fn protocol(&self) -> Option<&CStr> {
        self.protocol.get().map(CString::as_c_str)
    }

    /// The status with which the peer has closed the stream; 0 if it has not.
    pub(super) fn peer_status(&self) -> u16 {
        self.peer_status.load(Ordering::Relaxed)
    }

    /// The channel, in traces.
    pub(super) fn id(&self) -> trace::Id {
        self.stream.traced.0
    }

    /// The handshake is over: frames may go. None if it was cancelled.
    pub(super) fn open(&self) -> Option<PendingHandshake> {
        let handshake = self.phase.open()?;
        self.stream.wake();
        Some(handshake)
    }

    /// A direction of the master was shut down: a handshake under way can't succeed any more, and
    /// whatever waits for it is told, even if the default context stands (C9).
    pub(super) fn set_shut(&self) {
        if matches!(self.phase.kind(), Kind::Opening) {
            drop(self.stream.fail(Error::new(
                "The WebSocket was shut down before the end of its opening handshake",
            )));
        }
    }

    /// A transfer before the first frame, which waits unless the stream has ended.
    fn transfer_early(&self) -> Result<Transfer, Error> {
        self.stream.end().unwrap_or(Ok(Transfer::WouldBlock))
    }

    /// Reads payload.
    pub(super) fn read(&self, master: &Channel, iov: &[IoVecMut<'_>]) -> Result<Transfer, Error> {
        if !self.phase.may_transfer()? {
            return self.transfer_early();
        }
        self.receiver.read(master, iov).map_err(|stop| match stop {
            Stop::Failed(error) => error,
            Stop::Ends(event) => self.end_with(master, &event),
        })
    }

    /// Sends frames.
    pub(super) fn write(&self, master: &Channel, iov: &[IoVec<'_>]) -> Result<Transfer, Error> {
        if !self.phase.may_transfer()? {
            return self.transfer_early();
        }
        self.sender.write(master, iov)
    }

    /// Sends what writes have left over; false while the master has no room for all of it.
    pub(super) fn flush(&self, master: &Channel) -> Result<bool, Error> {
        if !self.sender.has_output() {
            return Ok(true);
        }
        let is_sent = self.sender.flush(master);
        match self.stream.end() {
            // It was given up.
            Some(Err(error)) => Err(error),
            _ => Ok(is_sent),
        }
    }

    /// Moves on without waiting, once the master is ready for something.
    pub(super) fn step(&self, master: &Channel, may_read: bool) {
        if self.phase.is_open()
            && let Some(event) = self.receiver.step(master, may_read)
        {
            drop(self.end_with(master, &event));
        }
        self.sender.send_queued(master);
    }

    /// Ends the stream with a Close frame, which always carries a status: clients take one without for
    /// an abnormal end (R-WS-19, R-WS-25).
    fn end_with(&self, master: &Channel, event: &Event) -> Error {
        let (status, reason, error) = match event {
            Event::Violation(Refusal { status, reason }) => {
                let text = format!("The WebSocket peer broke the protocol: {reason}");
                (*status, *reason, text)
            }
            other => {
                if let Event::Close(status) = other {
                    self.peer_status.store(*status, Ordering::Relaxed);
                }
                let text = "The WebSocket peer has closed the connection".to_owned();
                (1000, "peer requested close", text)
            }
        };
        if let Some(Err(error)) = self.stream.end() {
            return error;
        }
        let error = self.stream.fail(Error::new(error));
        self.sender.close_with(master, status, reason);
        error
    }

    /// Stops what runs in the background.
    pub(super) fn stop(&self) {
        self.sender.stop();
    }

    /// Gives everything up, a handshake without its callback (R-WS-6, R-WS-47).
    pub(super) fn close(&self, master: &Channel) {
        match self.phase.close() {
            Phase::Connecting(handshake) => handshake.cancel(),
            Phase::Open => {
                self.sender.send_last_close(master);
                self.receiver.discard(master);
            }
            Phase::New | Phase::Closed => {}
        }
        self.stop();
        self.receiver.clear();
        self.sender.clear();
        self.stream.forget_end();
    }

    /// What the channel is ready for (R-WS-41, R-WS-42).
    pub(super) fn ready(&self) -> u32 {
        match self.phase.kind() {
            Kind::New => return 0,
            Kind::Opening if !self.stream.has_ended() => return 0,
            Kind::Opening | Kind::Open => {}
            Kind::Closed => return IN | OUT,
        }
        let mut bits = self.stream.with_end(|end| match end {
            End::NotYet => 0,
            End::Eof => IN | HUP,
            // A watch that waits only for the end of the connection is told, too (W9).
            End::Failed(..) => IN | OUT | ERR | HUP,
        });
        if self.receiver.has_input() {
            bits |= IN;
        }
        if self.sender.has_room() {
            bits |= OUT;
        }
        bits
    }

    /// Whether a step has something to do without the master: a ping waits for pongs to go out.
    pub(super) fn needs_step(&self) -> bool {
        self.receiver.holds_ping()
    }

    /// What the channel needs from its master to become ready for `condition`.
    pub(super) fn needs(&self, condition: u32) -> u32 {
        if !self.phase.is_open() || self.stream.has_ended() {
            return 0;
        }
        let mut needs = condition & (HUP | ERR);
        if condition & IN != 0 {
            needs |= IN;
        }
        // Also the answer to a ping that was met only just now.
        if self.sender.has_output() {
            needs |= OUT;
        }
        needs
    }
}
