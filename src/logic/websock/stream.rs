//! What both directions of a channel share: whether the stream has ended, and the waiters.

use std::sync::Arc;

use super::traced::Traced;
use crate::object::channel_class::Transfer;
use abi::origin;
use host::error::{Error, HostError};
use platform::glib::waiters::Waiters;
use platform::os::errno::Errno;
use platform::sync::Mutex;
use platform::sync::atomic::{AtomicBool, Ordering};

/// How the stream has ended.
#[derive(Default)]
pub(super) enum End {
    #[default]
    NotYet,
    Eof,
    Failed(HostError, Errno),
}

/// The stream of a channel.
pub(super) struct Stream {
    /// The channel, in traces.
    pub(super) traced: Traced,
    end: Mutex<End>,
    /// Whether `end` is something, readable without the lock.
    has_ended: AtomicBool,
    /// Watches and threads, to be woken.
    pub(super) waiters: Arc<Waiters>,
}

impl Stream {
    /// Of a new channel.
    pub(super) fn new(id: trace::Id) -> Self {
        Self {
            traced: Traced(id),
            end: Mutex::default(),
            has_ended: AtomicBool::new(false),
            waiters: Arc::default(),
        }
    }

    /// Wakes the waiters: something is different now.
    pub(super) fn wake(&self) {
        self.waiters.wake();
    }

    /// Whether nothing more comes.
    pub(super) fn has_ended(&self) -> bool {
        self.has_ended.load(Ordering::Acquire)
    }

    /// Looks at the end.
    pub(super) fn with_end<T>(&self, look: impl FnOnce(&End) -> T) -> T {
        look(&self.end.lock())
    }

    /// The end as a reader meets it.
    pub(super) fn end(&self) -> Option<Result<Transfer, Error>> {
        if !self.has_ended() {
            return None;
        }
        self.with_end(|end| match end {
            End::NotYet => None,
            End::Eof => Some(Ok(Transfer::Done(0))),
            End::Failed(error, errno) => Some(Err(Error::object(Some(error.clone()), *errno))),
        })
    }

    /// The end as a writer meets it.
    pub(super) fn check_writable(&self) -> Result<(), Error> {
        match self.end() {
            None => Ok(()),
            Some(Err(error)) => Err(error),
            Some(Ok(_)) => Err(Error::os(
                Errno::new(libc::EPIPE),
                "The WebSocket peer is gone",
            )),
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
            _ => Error::new("The WebSocket's master failed without an error"),
        };
        drop(end);
        self.wake();
        copy
    }

    /// The peer has sent all that it will.
    pub(super) fn set_eof(&self) {
        let mut end = self.end.lock();
        if matches!(*end, End::NotYet) {
            *end = End::Eof;
            self.has_ended.store(true, Ordering::Release);
        }
        drop(end);
        self.wake();
    }

    /// Forgets the end: the channel is closed.
    pub(super) fn forget_end(&self) {
        let mut end = self.end.lock();
        let ended = core::mem::take(&mut *end);
        self.has_ended.store(false, Ordering::Release);
        drop(end);
        drop(ended);
        self.wake();
    }
}
