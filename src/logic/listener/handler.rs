//! The handler of one listening socket in an event loop context (R-LSN-19).

use std::sync::{Arc, Weak};

use super::server::Server;
use super::watch::Watch;
use crate::logic::aio;
use crate::logic::limits::limiter::Resume;
use crate::object::Ref;
use crate::object::listener::Listener;
use abi::layout::QIONetListener;
use host::aio::{Context, Handlers, Places};
use host::aio_callback::Callback;
use platform::os::event::TimerFd;
use platform::os::poll::{self, Entry};
use platform::sync::Mutex;

/// How long to rest, in milliseconds, where there is no timer to wait for: 100 attempts a second
/// are the most (L1).
const WITHOUT_TIMER: i32 = 10;

/// A socket that is watched in an event loop context.
pub struct HandlerWatch {
    server: Server,
    /// The listener lives while it is watched, and during each call (R-LSN-15).
    listener: Ref<QIONetListener>,
    /// The socket's index in the listener.
    index: usize,
    context: Context,
    /// Made in time: when it is needed there may be no descriptor for it.
    timer: Option<TimerFd>,
    this: Weak<Self>,
    on_client: Callback,
    on_time: Callback,
    phase: Mutex<Phase>,
}

/// Which handlers are set. They are changed under the lock, which the host doesn't call back under.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// The socket's.
    Watching,
    /// The timer's (L1).
    Suspended,
    Ended,
}

/// A callback that doesn't keep the watch.
fn calling(this: &Weak<HandlerWatch>, function: fn(&HandlerWatch)) -> Callback {
    let this = Weak::clone(this);
    Callback::new(move || {
        if let Some(this) = this.upgrade() {
            function(&this);
        }
    })
}

impl HandlerWatch {
    /// Watches a socket of `listener`, by its index.
    pub fn start(listener: &Listener, index: usize, server: Server, context: Context) -> Arc<Self> {
        let this = Arc::new_cyclic(|this| Self {
            server,
            listener: listener.to_ref(),
            index,
            context,
            timer: TimerFd::create().ok(),
            this: Weak::clone(this),
            on_client: calling(this, Self::dispatch),
            on_time: calling(this, Self::resume),
            phase: Mutex::new(Phase::Watching),
        });
        let phase = this.phase.lock();
        this.set(this.on_client.on_read());
        drop(phase);
        this
    }

    /// Removes the handlers.
    pub fn end(&self) {
        let mut phase = self.phase.lock();
        match core::mem::replace(&mut *phase, Phase::Ended) {
            Phase::Watching => self.set(Handlers::NONE),
            Phase::Suspended => self.set_on_timer(Handlers::NONE),
            Phase::Ended => {}
        }
        drop(phase);
    }

    /// Sets the socket's handler to read, and no other (R-LSN-19).
    fn set(&self, handlers: Handlers) {
        let places = Places {
            read: Some(self.context),
            write: None,
        };
        let channel = self.server.channel().upcast();
        aio::set_handlers(channel, places, handlers, "QIONetListener");
    }

    fn set_on_timer(&self, handlers: Handlers) {
        if let Some(timer) = &self.timer {
            self.context.set_handlers(timer.fd(), handlers);
        }
    }

    /// The socket is ready, or has an error. A loop that the callback nests may get here again,
    /// which is what this kind of watch is for.
    fn dispatch(&self) {
        let mut entry = [Entry::to_read(self.server.channel().fd())];
        let polled = poll::wait(&mut entry, 0);
        let [entry] = entry;
        if polled.is_ok() && entry.is_ready() {
            self.serve(&self.listener, Some(entry.revents()));
        }
    }

    /// The pause is over.
    fn resume(&self) {
        let mut phase = self.phase.lock();
        let was_suspended = *phase == Phase::Suspended;
        if was_suspended {
            *phase = Phase::Watching;
            self.set_on_timer(Handlers::NONE);
            if let Some(timer) = &self.timer {
                timer.reset();
            }
            self.set(self.on_client.on_read());
        }
        drop(phase);
        if was_suspended {
            self.server.trace_resume(&self.listener);
        }
    }
}

impl Resume for HandlerWatch {
    /// The context does it, at its next iteration.
    fn resume(&self) {
        let phase = self.phase.lock();
        if *phase == Phase::Suspended
            && let Some(timer) = &self.timer
        {
            timer.set(0);
        }
        drop(phase);
    }
}

impl Watch for HandlerWatch {
    fn server(&self) -> &Server {
        &self.server
    }

    fn index(&self) -> usize {
        self.index
    }

    fn resuming(&self) -> Weak<dyn Resume> {
        let weak: Weak<Self> = Weak::clone(&self.this);
        weak
    }

    fn suspend(&self, listener: &Listener, milliseconds: Option<u32>) {
        let Some(timer) = &self.timer else {
            poll::rest(WITHOUT_TIMER);
            self.server.trace_resume(listener);
            return;
        };
        let mut phase = self.phase.lock();
        if *phase == Phase::Watching {
            *phase = Phase::Suspended;
            self.set(Handlers::NONE);
            if let Some(milliseconds) = milliseconds {
                timer.set(milliseconds);
            }
            self.set_on_timer(self.on_time.on_read());
        }
        drop(phase);
    }
}
