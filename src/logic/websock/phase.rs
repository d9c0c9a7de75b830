//! How far the connection is: from the opening handshake to the close.

use std::sync::Arc;

use crate::logic::limits::deadline::Deadline;
use crate::logic::task::Task;
use crate::object::Ref;
use crate::object::watch::WatchSource;
use abi::layout;
use host::error::Error;
use platform::os::errno::Errno;
use platform::sync::Mutex;
use platform::sync::atomic::{AtomicBool, Ordering};

/// An opening handshake under way.
pub(super) struct PendingHandshake {
    pub(super) task: Arc<Task>,
    pub(super) channel: Ref<layout::QIOChannelWebsock>,
    /// What it waits with.
    pub(super) source: Option<WatchSource>,
    /// By when it has to be over.
    pub(super) deadline: Option<Deadline>,
}

impl PendingHandshake {
    /// Cancels it, without a callback: the destroy notify runs, the references go (R-WS-6).
    pub(super) fn cancel(self) {
        self.channel.set_handshake_tag(0);
        if let Some(source) = self.source {
            source.destroy();
        }
        self.task.release();
    }
}

/// How far the connection is.
#[derive(Default)]
pub(super) enum Phase {
    #[default]
    New,
    Connecting(PendingHandshake),
    Open,
    Closed,
}

/// The phase, for what doesn't look into it.
pub(super) enum Kind {
    /// Before the handshake.
    New,
    /// Before the end of the handshake.
    Opening,
    Open,
    Closed,
}

/// The phase that a channel is in.
#[derive(Default)]
pub(super) struct PhaseCell {
    phase: Mutex<Phase>,
    /// Whether it is `Open`, readable without the lock.
    is_open: AtomicBool,
}

impl PhaseCell {
    /// Whether frames may go.
    #[inline]
    pub(super) fn is_open(&self) -> bool {
        self.is_open.load(Ordering::Acquire)
    }

    /// What kind of phase it is.
    pub(super) fn kind(&self) -> Kind {
        if self.is_open() {
            return Kind::Open;
        }
        self.with(|phase| match phase {
            Phase::New => Kind::New,
            Phase::Connecting(_) => Kind::Opening,
            Phase::Open => Kind::Open,
            Phase::Closed => Kind::Closed,
        })
    }

    /// Looks at the phase, or changes it before the channel is open.
    pub(super) fn with<T>(&self, look: impl FnOnce(&mut Phase) -> T) -> T {
        look(&mut self.phase.lock())
    }

    /// Whether the frames have begun; nothing can be transferred before the handshake, nor after a
    /// close.
    #[inline]
    pub(super) fn may_transfer(&self) -> Result<bool, Error> {
        if self.is_open() {
            return Ok(true);
        }
        self.with(|phase| match phase {
            Phase::New => Err(Error::os(
                Errno::EINVAL,
                "The WebSocket handshake has not been made",
            )),
            Phase::Connecting(_) => Ok(false),
            Phase::Open => Ok(true),
            Phase::Closed => Err(Error::os(Errno::EINVAL, "The WebSocket is closed")),
        })
    }

    /// The handshake is over: frames may go. None if it was cancelled.
    pub(super) fn open(&self) -> Option<PendingHandshake> {
        let mut phase = self.phase.lock();
        if !matches!(*phase, Phase::Connecting(_)) {
            return None;
        }
        let before = core::mem::replace(&mut *phase, Phase::Open);
        self.is_open.store(true, Ordering::Release);
        drop(phase);
        match before {
            Phase::Connecting(handshake) => Some(handshake),
            _ => None,
        }
    }

    /// The channel is closed; what it was before.
    pub(super) fn close(&self) -> Phase {
        let mut phase = self.phase.lock();
        let before = core::mem::replace(&mut *phase, Phase::Closed);
        self.is_open.store(false, Ordering::Release);
        drop(phase);
        before
    }
}
