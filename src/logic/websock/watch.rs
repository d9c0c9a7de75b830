//! Watches. Each carries a watch on the master, so that it works in any context (R-WS-43).

use std::sync::Arc;

use super::state::State;
use crate::logic::watch;
use crate::object::Ref;
use crate::object::registered::Watched;
use crate::object::watch::{WatchFunc, WatchSource, Watcher};
use crate::object::websock::Websock;
use abi::layout;
use platform::glib::condition::{ERR, HUP, IN};
use platform::glib::waiters::Waiter;
use platform::glib::{Callback, Hooks, Source};
use platform::sync::Mutex;
use platform::sync::atomic::{AtomicU32, Ordering};

/// A source of a WebSocket channel.
struct Watch {
    _watched: Watched,
    condition: u32,
    /// What the master was ready for: HUP and ERR for good, IN until it was read from.
    raised: Arc<AtomicU32>,
    /// The watch on the master, with what it waits for. Only the iterating thread changes it.
    child: Mutex<(u32, Option<WatchSource>)>,
    /// For what happens without the master.
    waiter: Option<Waiter>,
    /// Until the source is finalised.
    channel: Ref<layout::QIOChannelWebsock>,
}

/// A source that is ready when the channel is.
pub(super) fn create(websock: &Websock, condition: u32) -> WatchSource {
    let state = websock.state::<Arc<State>>();
    let waiter = state.map(|state| state.stream.waiters.join());
    let (waiter, wakeup) = waiter.unzip();
    let source = WatchSource::new(Watch {
        _watched: Watched::new(websock.upcast(), condition),
        condition,
        raised: Arc::default(),
        child: Mutex::default(),
        waiter,
        channel: websock.to_ref(),
    });
    if let Some(wakeup) = wakeup {
        source.add_child(&wakeup);
    }
    source
}

impl Watch {
    fn state(&self) -> Option<&Arc<State>> {
        self.channel.state::<Arc<State>>()
    }

    fn end_wait(&self) {
        if let Some(waiter) = &self.waiter {
            waiter.end();
        }
    }

    fn ready(&self) -> u32 {
        let bits = self.state().map_or(0, |state| state.ready());
        (bits | self.raised.load(Ordering::Acquire) & (HUP | ERR)) & self.condition
    }

    /// Whether there is something to do: for the program, or a ping that pongs must make room for.
    fn has_work(&self) -> bool {
        self.ready() != 0 || self.state().is_some_and(|state| state.needs_step())
    }

    /// Has the master watched for what is needed now (R-WATCH-11); whether that has changed.
    fn watch_master(&self, source: &Source) -> bool {
        let (Some(state), Some(master)) = (self.state(), self.channel.master()) else {
            return false;
        };
        let needs = state.needs(self.condition);
        let mut child = self.child.lock();
        if child.0 == needs {
            return false;
        }
        let before = core::mem::take(&mut *child);
        drop(child);
        if let Some(before) = before.1 {
            before.destroy();
        }
        let new = if needs == 0 {
            None
        } else {
            watch::create_part(master, needs)
        };
        if let Some(new) = &new {
            let raised = Arc::clone(&self.raised);
            let note = move |bits| {
                raised.fetch_or(bits & (IN | HUP | ERR), Ordering::AcqRel);
                true
            };
            Watcher::native(Box::new(note)).set_on(new);
            source.add_child(new);
        }
        *self.child.lock() = (needs, new);
        true
    }
}

impl Hooks for Watch {
    type Func = WatchFunc;

    fn prepare_parent(&self, source: &Source) -> bool {
        // What changes from here on wakes; what has changed before is seen.
        if let Some(waiter) = &self.waiter {
            waiter.begin();
        }
        // A new child was not prepared in this iteration, which must not sleep.
        let is_ready = self.has_work() || self.watch_master(source);
        if is_ready {
            self.end_wait();
        }
        is_ready
    }

    fn check(&self) -> bool {
        self.end_wait();
        self.has_work()
    }

    fn dispatch(&self, _callback: Callback<'_, WatchFunc>) -> bool {
        true
    }

    fn dispatch_parent(&self, source: &Source, callback: Callback<'_, WatchFunc>) -> bool {
        // A blocking master is read from only if it is ready for that.
        let readable = self.raised.fetch_and(!IN, Ordering::AcqRel) & IN != 0;
        if (readable || self.ready() == 0)
            && let (Some(state), Some(master)) = (self.state(), self.channel.master())
        {
            state.step(master, readable);
            self.watch_master(source);
        }
        let ready = self.ready();
        if ready == 0 {
            return true;
        }
        watch::dispatch(callback, self.channel.upcast(), ready)
    }
}
