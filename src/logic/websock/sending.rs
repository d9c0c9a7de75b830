//! What goes to the master: frames of the writer, pongs, the Close frame, and what is queued of them.
//!
//! The output has a lock, which a write on a blocking master holds for as long as it takes. A thread
//! that must not wait only tries it, having left what it wants to be sent where the thread with the
//! lock looks before and after.

use std::sync::Arc;

use super::stream::Stream;
use super::transport::{self, send};
use crate::logic::control;
use crate::logic::watch;
use crate::object::channel::Channel;
use crate::object::channel_class::Transfer;
use crate::object::watch::{WatchSource, Watcher};
use abi::layout::QIOChannelShutdown;
use host::error::Error;
use platform::glib::MainContext;
use platform::glib::condition::OUT;
use platform::os::errno::Errno;
use platform::os::iov::{self, Cursor, IoVec};
use platform::os::poll;
use platform::sync::Mutex;
use platform::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use rfc6455::direct;
use rfc6455::frame::{BINARY, CLOSE, PONG};
use rfc6455::output::{self, NoKey, Output};
use rfc6455::pongs::Pongs;
use rfc6455::{Observer, Role};

/// Milliseconds after which a thread that has the output, and may wait with it, is taken to do so.
const PATIENCE: u32 = 10;

/// What has become of the Close frame. There is one at most (R-WS-25).
#[derive(Default)]
enum CloseFrame {
    #[default]
    None,
    /// It is to be queued.
    Owed { status: u16, reason: &'static str },
    /// Nothing is sent behind it. When it has gone out, the transport is shut down.
    Queued,
    /// It has gone out, or can't.
    Done,
}

/// The sending side of a channel.
pub(super) struct Sender {
    stream: Arc<Stream>,
    /// Who leaves the end of the connection to the server (RFC 6455 section 7.1.1).
    is_client: AtomicBool,
    output: Mutex<Output>,
    /// Bytes in `output`, readable without the lock.
    queued: AtomicUsize,
    pongs: Mutex<Pongs>,
    close: Mutex<CloseFrame>,
    /// Whether `close` is something, readable without the lock.
    is_closing: AtomicBool,
    /// Whether there are pongs or a Close frame to be queued.
    owes: AtomicBool,
    /// Sends what is queued when the master has room.
    pump: Mutex<Option<WatchSource>>,
}

impl Sender {
    /// Of a new channel.
    pub(super) fn new(stream: Arc<Stream>) -> Self {
        Self {
            stream,
            is_client: AtomicBool::new(false),
            output: Mutex::default(),
            queued: AtomicUsize::new(0),
            pongs: Mutex::default(),
            close: Mutex::default(),
            is_closing: AtomicBool::new(false),
            owes: AtomicBool::new(false),
            pump: Mutex::default(),
        }
    }

    /// Says which end of the connection this is, before anything goes out.
    pub(super) fn set_role(&self, role: Role) {
        *self.output.lock() = Output::new(role);
        self.is_client
            .store(role == Role::Client, Ordering::Release);
    }

    /// Sends frames (R-WS-34, R-WS-35).
    pub(super) fn write(
        self: &Arc<Self>,
        master: &Channel,
        iov: &[IoVec<'_>],
    ) -> Result<Transfer, Error> {
        self.stream.check_writable()?;
        let offered = iov::total(iov);
        let mut output = self.output.lock();
        let result = self.accept(master, &mut output, iov, offered);
        self.set_queued(&output);
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
        self.check_open()?;
        // Descriptors know nothing of what they didn't take.
        let remembers = master.polled().is_none();
        let mut accepted = 0;
        if self.owes.load(Ordering::Acquire) || output.queued() > 0 {
            self.stream.check_writable()?;
        } else if offered > 0 && iov.len() <= direct::ELEMENTS_MAX && !output.masks() {
            let transfer = |frames: &[IoVec<'_>]| match send(master, frames) {
                Ok(Transfer::Done(bytes)) => Ok(bytes),
                Ok(Transfer::WouldBlock) => Ok(0),
                Err(error) => Err(self.stream.fail(error)),
            };
            let (mut source, traced) = (Cursor::new(iov), &self.stream.traced);
            accepted = direct::send(&mut source, offered, remembers, output, traced, transfer)?;
            // The master may have room for the rest: then it must not wait for the main loop.
            if output.queued() > 0 {
                self.drain(master, output)?;
                return Ok(accepted);
            }
            if accepted == offered || (accepted > 0 && !remembers) {
                return Ok(accepted);
            }
        }
        // Also the frame that a transport has encrypted but not taken: the same bytes, and nothing
        // before them (R-TLS-40).
        let mut source = Cursor::new(iov);
        source.advance(accepted);
        let largest = if remembers {
            output.record()
        } else {
            output::LIMIT
        };
        loop {
            let before = output.queued();
            let queued = output
                .data(&mut source, offered - accepted, largest)
                .map_err(|error| self.fail_for_key(error))?;
            if queued > 0 {
                let header = output.queued() - before - queued;
                self.stream.traced.encoded(BINARY, header, queued);
            }
            self.drain(master, output)?;
            accepted += queued;
            // What is masked goes this way as long as the master takes it.
            if !output.masks()
                || output.queued() > 0
                || accepted == offered
                || self.is_closing.load(Ordering::Acquire)
            {
                return Ok(accepted);
            }
        }
    }

    /// Nothing goes behind a Close frame, which another thread may have sent while this one waited for the output.
    fn check_open(&self) -> Result<(), Error> {
        if !self.is_closing.load(Ordering::Acquire) {
            return Ok(());
        }
        self.stream.check_writable()?;
        Err(Error::os(Errno::EINVAL, "The WebSocket is closed"))
    }

    /// Ends the stream for lack of a masking key.
    fn fail_for_key(&self, error: NoKey) -> Error {
        let errno = error.raw_os_error().map_or(Errno::EINVAL, Errno::new);
        self.stream.fail(Error::os(
            errno,
            "There is no random masking key for a WebSocket frame",
        ))
    }

    /// Whether a writer has room for more.
    pub(super) fn has_room(&self) -> bool {
        self.queued.load(Ordering::Acquire) < output::LIMIT
    }

    /// Whether there is something to send.
    pub(super) fn has_output(&self) -> bool {
        // Changed, not only loaded: a thread that owes something while another one has the output
        // relies on that one to look again after it.
        self.owes.fetch_or(false, Ordering::AcqRel) || self.queued.load(Ordering::Acquire) > 0
    }

    /// Whether no more pongs can be owed without forgetting one.
    pub(super) fn owes_all_pongs(&self) -> bool {
        self.owes.load(Ordering::Acquire) && self.pongs.lock().is_full()
    }

    /// Puts a pong on its way (R-WS-26).
    pub(super) fn owe_pong(&self, payload: Vec<u8>) {
        self.pongs.lock().owe(payload);
        self.owes.swap(true, Ordering::AcqRel);
    }

    /// Answers a ping. Of too many the earlier pongs go out first, if the master has room.
    pub(super) fn answer(self: &Arc<Self>, master: &Channel, payload: Vec<u8>) {
        if self.owes_all_pongs() {
            self.send_queued(master);
        }
        self.owe_pong(payload);
    }

    /// Puts the Close frame on its way. False if there was one already.
    fn owe_close(&self, status: u16, reason: &'static str) -> bool {
        let mut close = self.close.lock();
        let is_first = matches!(*close, CloseFrame::None);
        if is_first {
            *close = CloseFrame::Owed { status, reason };
        }
        drop(close);
        self.is_closing.store(true, Ordering::Release);
        self.owes.swap(true, Ordering::AcqRel);
        is_first
    }

    /// Ends the stream with a Close frame behind what is queued, in the background if the master has
    /// no room now; then the transport is shut down (R-WS-19, R-WS-25).
    pub(super) fn close_with(
        self: &Arc<Self>,
        master: &Channel,
        status: u16,
        reason: &'static str,
    ) {
        if !self.owe_close(status, reason) {
            return;
        }
        if self.is_stuck(master) {
            // The end lets it go on.
            *self.close.lock() = CloseFrame::Done;
            self.end_transport(master);
            return;
        }
        self.send_queued(master);
    }

    /// Whether a thread has the output and waits for a peer that takes no more. One that doesn't wait
    /// lets go of it at once, and sends what is owed.
    fn is_stuck(&self, master: &Channel) -> bool {
        if !transport::may_wait(master) {
            return false;
        }
        for _ in 0..PATIENCE {
            if self.output.try_lock().is_some() || transport::has_room(master) {
                return false;
            }
            poll::rest(1);
        }
        true
    }

    /// Tells the peer that the channel is being closed, if that can be done without waiting: one
    /// attempt, behind what is queued (RFC 6455 section 7.1.2).
    pub(super) fn send_last_close(&self, master: &Channel) {
        if !self.stream.has_ended() {
            self.owe_close(1000, "");
        }
        let is_under_way =
            |close: &CloseFrame| matches!(close, CloseFrame::Owed { .. } | CloseFrame::Queued);
        if !is_under_way(&self.close.lock()) || !transport::has_room(master) {
            return;
        }
        if let Some(mut output) = self.output.try_lock() {
            // A frame that lacks its key isn't sent.
            let _ = self.queue_owed(&mut output);
            let _ = send(master, &[IoVec::from_slice(output.pending())]);
        }
    }

    /// Queues the pongs that there is room for, and behind all of them the Close frame.
    fn queue_owed(&self, output: &mut Output) -> Result<(), NoKey> {
        if !self.owes.load(Ordering::Acquire) {
            return Ok(());
        }
        let mut close = self.close.lock();
        let mut pongs = self.pongs.lock();
        let may_send = matches!(*close, CloseFrame::None | CloseFrame::Owed { .. });
        while may_send
            && output.has_room_for_pong()
            && let Some(payload) = pongs.pay()
        {
            let header = output.pong(&payload)?;
            self.stream.traced.encoded(PONG, header, payload.len());
        }
        if let CloseFrame::Owed { status, reason } = *close {
            let header = output.close(status, reason)?;
            self.stream.traced.encoded(CLOSE, header, 2 + reason.len());
            *close = CloseFrame::Queued;
            // Before another thread can take it for sent.
            self.set_queued(output);
        }
        if !matches!(*close, CloseFrame::None) {
            *pongs = Pongs::default();
        }
        if pongs.is_empty() {
            self.owes.store(false, Ordering::Release);
        }
        drop(pongs);
        drop(close);
        Ok(())
    }

    /// Sends as much as the master takes. The errors of the master are remembered.
    fn drain(&self, master: &Channel, output: &mut Output) -> Result<(), Error> {
        let result = loop {
            if let Err(error) = self.queue_owed(output) {
                output.clear();
                break Err(self.fail_for_key(error));
            }
            if output.queued() == 0 {
                break Ok(());
            }
            match send(master, &[IoVec::from_slice(output.pending())]) {
                Ok(Transfer::Done(bytes)) if bytes > 0 => output.sent(bytes),
                Ok(_) => break Ok(()),
                Err(error) => {
                    output.clear();
                    break Err(self.stream.fail(error));
                }
            }
        };
        self.set_queued(output);
        result
    }

    /// When the Close frame has gone out, the server ends the connection (RFC 6455 section 7.1.1); a client
    /// leaves that to it. Not with the output (R-WSC-7).
    fn finish_close(&self, master: &Channel) {
        if !self.is_closing.load(Ordering::Acquire) {
            return;
        }
        let mut close = self.close.lock();
        let is_over =
            matches!(*close, CloseFrame::Queued) && self.queued.load(Ordering::Acquire) == 0;
        if is_over {
            *close = CloseFrame::Done;
        }
        drop(close);
        if is_over && !self.is_client.load(Ordering::Acquire) {
            self.end_transport(master);
        }
    }

    /// Ends the connection. Nothing is read any more.
    fn end_transport(&self, master: &Channel) {
        transport::discard_input(master);
        // The peer may be gone already.
        let _: Result<(), Error> =
            control::shutdown(master, QIOChannelShutdown::QIO_CHANNEL_SHUTDOWN_BOTH as u32);
    }

    /// Tells those without the lock how much is queued; a writer that waits for room is woken.
    fn set_queued(&self, output: &Output) {
        let queued = output.queued();
        let before = self.queued.swap(queued, Ordering::AcqRel);
        if before >= output::LIMIT && queued < output::LIMIT {
            self.stream.wake();
        }
    }

    /// Sends what is queued, unless another thread is just about it.
    pub(super) fn send_queued(self: &Arc<Self>, master: &Channel) {
        while self.has_output() {
            let Some(mut output) = self.output.try_lock() else {
                return;
            };
            let result = self.drain(master, &mut output);
            drop(output);
            self.finish_close(master);
            if result.is_err() || self.queued.load(Ordering::Acquire) > 0 {
                break;
            }
        }
        self.arm_pump(master);
    }

    /// The same for a writer: waits for whoever has the output, so that it is the master that has no room if something is
    /// left.
    pub(super) fn flush(self: &Arc<Self>, master: &Channel) -> bool {
        let mut output = self.output.lock();
        // A failure is the stream's.
        let _ = self.drain(master, &mut output);
        let is_sent = output.queued() == 0;
        drop(output);
        self.after_output(master);
        is_sent
    }

    /// The output was let go.
    fn after_output(self: &Arc<Self>, master: &Channel) {
        self.finish_close(master);
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
        let (sender, to) = (Arc::downgrade(self), master.to_ref());
        let run = move |_| {
            let Some(sender) = sender.upgrade() else {
                return false;
            };
            sender.send_queued(&to);
            let mut pump = sender.pump.lock();
            let stays = sender.queued.load(Ordering::Acquire) > 0;
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

    /// Stops what runs in the background.
    pub(super) fn stop(&self) {
        let pump = self.pump.lock().take();
        if let Some(source) = pump {
            source.destroy();
        }
    }

    /// Gives up what waits.
    pub(super) fn clear(&self) {
        if let Some(mut output) = self.output.try_lock() {
            *output = Output::default();
        }
        self.queued.store(0, Ordering::Release);
        *self.pongs.lock() = Pongs::default();
        *self.close.lock() = CloseFrame::Done;
        self.owes.store(false, Ordering::Release);
    }
}
