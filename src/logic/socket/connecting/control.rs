//! How connections in the making are cancelled: by the channel that they are for, from any thread.
//!
//! Here is all that other threads see of one. Sockets and sources stay with the context that iterates them, and may go
//! with it at any time.

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use super::Operation;
use crate::object::socket::Socket;
use platform::glib::{Callback, Hooks, MainContext, SourceOf, WeakContext};
use platform::sync::Mutex;
use platform::sync::fork::PerProcess;

/// What has been decided.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Phase {
    UnderWay,
    Cancelled,
    Over,
}

/// A connection in the making, as other threads see it.
pub(super) struct Control {
    phase: Mutex<Phase>,
    context: Arc<WeakContext>,
    operation: Weak<Operation>,
    /// The channel's address: the operation keeps the channel.
    channel: usize,
}

/// By their channels. A forked child has none of its parent's.
static UNDER_WAY: PerProcess<Mutex<HashMap<usize, Vec<Arc<Control>>>>> = PerProcess::new();

impl Control {
    /// Of an operation that begins, and lets it be found.
    pub(super) fn begin(
        socket: &Socket,
        context: &MainContext,
        operation: &Weak<Operation>,
    ) -> Arc<Self> {
        let control = Arc::new(Self {
            phase: Mutex::new(Phase::UnderWay),
            context: WeakContext::for_context(context),
            operation: Weak::clone(operation),
            channel: socket.as_ptr().addr(),
        });
        let mut all = UNDER_WAY.get().lock();
        all.entry(control.channel)
            .or_default()
            .push(Arc::clone(&control));
        drop(all);
        control
    }

    /// Whether somebody has cancelled it.
    pub(super) fn is_cancelled(&self) -> bool {
        *self.phase.lock() == Phase::Cancelled
    }

    /// It can't be cancelled from now on. False if it was before.
    pub(super) fn end(self: &Arc<Self>) -> bool {
        let mut phase = self.phase.lock();
        let before = core::mem::replace(&mut *phase, Phase::Over);
        drop(phase);
        let mut all = UNDER_WAY.get().lock();
        let gone = all.get_mut(&self.channel).map(|controls| {
            controls.retain(|control| !Arc::ptr_eq(control, self));
            controls.is_empty()
        });
        let entry = gone
            .filter(|is_last| *is_last)
            .and_then(|_| all.remove(&self.channel));
        drop(all);
        drop(entry);
        before != Phase::Cancelled
    }

    /// Cancels it, unless it is over.
    fn cancel(&self) -> bool {
        let mut phase = self.phase.lock();
        let before = *phase;
        if before == Phase::UnderWay {
            *phase = Phase::Cancelled;
        }
        drop(phase);
        if before == Phase::UnderWay {
            // The operation itself is not touched here: it could end on this thread, with a context that goes.
            let source = SourceOf::new(Wake(Weak::clone(&self.operation)));
            source.set_ready_time(0);
            self.context.hand_over(source);
        }
        before != Phase::Over
    }
}

/// Cancels what is under way to connect `socket`. True if anything was, and its callback is told so.
pub fn cancel(socket: &Socket) -> bool {
    trace::qio_channel_socket_connect_cancel(socket.into());
    let all = UNDER_WAY.get().lock();
    let found = all
        .get(&socket.as_ptr().addr())
        .cloned()
        .unwrap_or_default();
    drop(all);
    // All of them, also behind one that is told.
    let told = found.iter().filter(|control| control.cancel()).count();
    told != 0
}

/// A source that has an operation look at what has changed, once.
struct Wake(Weak<Operation>);

impl Hooks for Wake {
    type Func = ();

    fn dispatch(&self, _: Callback<'_, ()>) -> bool {
        if let Some(operation) = self.0.upgrade() {
            operation.turn();
        }
        false
    }
}
