//! Connecting on a main context, without a thread that waits for the peer: `qio_channel_socket_connect_full_async`.
//!
//! - [`eyeballs`] decides which address is tried when; it knows neither sockets nor clocks.
//! - [`attempt`] is one socket that connects, [`look_up`] what runs on worker threads.
//! - [`control`] is what other threads see: they can cancel.
//! - [`failures`] makes one error of all that has failed.
//!
//! An [`Operation`] belongs to the source that is its timer, and so to its context: it ends with either. All that it does,
//! it does in the thread that iterates the context.

mod attempt;
mod control;
pub mod eyeballs;
mod failures;
mod look_up;
pub mod options;

use std::sync::{Arc, Weak};

pub use control::cancel;

use super::Provenance;
use super::establish::{check_closed, give};
use crate::logic::statistics;
use crate::logic::task::Task;
use crate::object::Ref;
use crate::object::socket::Socket;
use crate::object::task::Completion;
use abi::address::{Address, View};
use abi::layout;
use abi::origin;
use attempt::{Attempt, Begun, NotBegun, settle};
use control::Control;
use eyeballs::{Family, Number, Race, Settings, Step};
use failures::Failures;
use host::error::Error;
use host::socket::AddressRef;
use look_up::Plan;
use platform::glib::{Callback, Hooks, MainContext, SourceOf, monotonic_time};
use platform::os::errno::Errno;
use platform::os::fd::Descriptor;
use platform::os::resolve::{ResolveError, Resolved};
use platform::os::socket_name::SocketName;
use platform::sync::Mutex;
use platform::sync::ending::Cause;

/// A connection in the making.
struct Operation {
    myself: Weak<Self>,
    address: Arc<Address>,
    control: Arc<Control>,
    timer: SourceOf<Timer>,
    inner: Mutex<Option<Inner>>,
    /// Last: it outlives everything else.
    socket: Ref<layout::QIOChannelSocket>,
}

/// What an operation consists of until it is over. Never locked while the program is called.
struct Inner {
    task: Arc<Task>,
    race: Race<Resolved>,
    attempts: Vec<Attempt>,
    failures: Failures,
    /// It has come to an end, and nobody has been told.
    outcome: Option<Result<Descriptor, Error>>,
    /// It was ended before its end.
    cause: Option<Cause>,
}

/// Connects a closed channel, and calls back in `context` (R-CONN-1).
pub fn start(
    socket: &Socket,
    address: AddressRef<'_>,
    settings: Settings,
    completion: Completion,
    context: &MainContext,
) {
    trace::qio_channel_socket_connect_full(socket.into(), address.into());
    let task = Task::new(Some(socket.to_ref().into_object()), completion);
    let address = Arc::new(address.deep_copy());
    let plan = check_closed(socket).and_then(|()| Plan::of(&address));
    let awaited = plan.as_ref().map_or(&[][..], Plan::awaits);
    let mut inner = Inner {
        task,
        race: Race::new(settings, monotonic_time(), awaited),
        attempts: Vec::new(),
        failures: Failures::default(),
        outcome: None,
        cause: None,
    };
    let work = match plan {
        Ok(Plan::Known(family, addresses)) => {
            inner.race.answered(family, monotonic_time(), addresses);
            None
        }
        Ok(Plan::Work(work)) => Some(work),
        Err(error) => {
            inner.outcome = Some(Err(error));
            None
        }
    };
    let operation = Arc::new_cyclic(|myself| Operation {
        myself: Weak::clone(myself),
        address: Arc::clone(&address),
        control: Control::begin(socket, context, myself),
        timer: SourceOf::new(Timer(Weak::clone(myself))),
        inner: Mutex::new(Some(inner)),
        socket: socket.to_ref(),
    });
    let timer = operation.timer.clone();
    timer.set_name(c"QIOChannelSocket connect timer");
    timer.set_ready_time(0);
    // It is the source's from here on.
    timer.keep(Arc::clone(&operation));
    timer.attach(context);
    if let Some(work) = work {
        work.begin(&operation.myself, &address, context);
    }
}

impl Operation {
    /// The timer has come, or somebody has changed something: does what there is to be done.
    fn turn(self: &Arc<Self>) {
        let mut inner = self.inner.lock();
        let is_over = inner.as_mut().is_some_and(|inner| self.advance(inner));
        let over = if is_over { inner.take() } else { None };
        drop(inner);
        if let Some(over) = over {
            self.end(over);
        }
    }

    /// Whether it is over.
    fn advance(&self, inner: &mut Inner) -> bool {
        if inner.outcome.is_some() || self.control.is_cancelled() {
            return true;
        }
        loop {
            let now = monotonic_time();
            match inner.race.next(now) {
                Step::Start(number, resolved) => self.begin(inner, number, resolved),
                Step::GiveUp(number) => {
                    if let Some(attempt) = inner.take_attempt(number) {
                        self.attempt_failed(inner, &attempt, Errno::new(libc::ETIMEDOUT));
                        drop(attempt.end());
                    }
                }
                Step::Wait(until) => {
                    self.timer.set_ready_time(until.unwrap_or(-1));
                    return false;
                }
                Step::Exhausted => {
                    let failures = core::mem::take(&mut inner.failures);
                    inner.outcome = Some(Err(failures.into_error(self.address.view())));
                }
                Step::TimedOut => {
                    inner.outcome = Some(Err(self.ended(inner, Cause::TimedOut)));
                }
            }
            if inner.outcome.is_some() {
                return true;
            }
        }
    }

    /// Tries an address.
    fn begin(&self, inner: &mut Inner, number: Number, resolved: Resolved) {
        // Only internet addresses are looked up. Without a context nothing is dispatched, this included.
        let (View::Inet(inet), Some(context)) = (self.address.view(), self.timer.context()) else {
            return inner.race.failed(number);
        };
        match Attempt::begin(&self.myself, &context, inet, (number, &resolved)) {
            Ok(Begun::Waits(attempt)) => {
                let ioc = (&*self.socket).into();
                trace::qio_channel_socket_connect_attempt(ioc, attempt.fd(), Some(&attempt.name));
                inner.attempts.push(attempt);
            }
            Ok(Begun::Connected(descriptor)) => inner.outcome = Some(Ok(descriptor)),
            Err(NotBegun { error, is_shortage }) => {
                let failed = if is_shortage {
                    inner.race.held_back(number, resolved)
                } else {
                    inner.race.failed(number);
                    Some(resolved)
                };
                if let Some(resolved) = failed {
                    self.address_failed(inner, &resolved.name, error);
                }
            }
        }
    }

    /// The socket of an attempt is ready.
    fn ready(self: &Arc<Self>, number: Number) {
        let mut inner = self.inner.lock();
        if let Some(inner) = inner.as_mut()
            && let Some(attempt) = inner.take_attempt(number)
        {
            match attempt.outcome() {
                Ok(()) => inner.outcome = Some(Ok(attempt.end())),
                Err(errno) => {
                    inner.race.failed(number);
                    self.attempt_failed(inner, &attempt, errno);
                    drop(attempt.end());
                }
            }
        }
        drop(inner);
        self.turn();
    }

    fn attempt_failed(&self, inner: &mut Inner, attempt: &Attempt, errno: Errno) {
        let text = match self.address.view() {
            View::Inet(inet) => attempt::failed_to_connect(inet),
            _ => String::new(),
        };
        self.address_failed(inner, &attempt.name, Error::os(errno, text));
    }

    /// Tells, counts and notes that there is no connection to one address (R-CONN-13).
    fn address_failed(&self, inner: &mut Inner, name: &SocketName, error: Error) {
        let (ioc, errno) = ((&*self.socket).into(), error.errno());
        trace::qio_channel_socket_connect_attempt_fail(ioc, Some(name), errno.code());
        statistics::failed(errno);
        inner.failures.attempt(name, error);
    }

    /// A look-up has ended.
    fn answered(self: &Arc<Self>, family: Family, found: Result<Vec<Resolved>, ResolveError>) {
        let mut inner = self.inner.lock();
        if let Some(inner) = inner.as_mut() {
            let addresses = found.unwrap_or_else(|reason| {
                inner.failures.look_up(family, reason);
                Vec::new()
            });
            inner.race.answered(family, monotonic_time(), addresses);
        }
        drop(inner);
        self.turn();
    }

    /// The host has connected, or not.
    fn connected(self: &Arc<Self>, result: Result<Descriptor, Error>) {
        if let Some(inner) = self.inner.lock().as_mut() {
            inner.outcome = Some(result.inspect_err(|error| statistics::failed(error.errno())));
        }
        self.turn();
    }

    /// The error of what was ended before its end.
    fn ended(&self, inner: &mut Inner, cause: Cause) -> Error {
        inner.cause = Some(cause);
        let errno = Errno::new(match cause {
            Cause::Cancelled => libc::ECANCELED,
            Cause::TimedOut => libc::ETIMEDOUT,
        });
        let failures = core::mem::take(&mut inner.failures);
        failures.ended(errno, self.address.view(), &inner.race, &inner.attempts)
    }

    /// It is over: opens the channel if it may be, and calls the program (R-CONN-2, R-CONN-7).
    fn end(&self, mut inner: Inner) {
        // Until here it can be cancelled.
        if !self.control.end() {
            inner.outcome = Some(Err(self.ended(&mut inner, Cause::Cancelled)));
        }
        self.timer.destroy();
        // The losers, before the program runs: it may be short of descriptors.
        inner
            .attempts
            .drain(..)
            .for_each(|attempt| drop(attempt.end()));
        let Inner {
            task,
            outcome,
            cause,
            ..
        } = inner;
        let result = outcome
            .unwrap_or_else(|| Err(Error::new("The connection was given up")))
            .and_then(settle)
            .inspect_err(|_| trace::qio_channel_socket_connect_fail((&*self.socket).into()))
            .and_then(|descriptor| {
                let fd = descriptor.as_raw();
                trace::qio_channel_socket_connect_complete((&*self.socket).into(), fd);
                give(&self.socket, descriptor, Provenance::Connected)
            });
        if let Err(error) = result
            && let Some(error) =
                error.into_object(&origin!(c"qio_channel_socket_connect_full_async"))
        {
            task.set_error(error);
        }
        task.set_ended(cause);
        task.complete();
        task.release();
    }
}

impl Drop for Operation {
    fn drop(&mut self) {
        self.control.end();
        // Its context has gone first: nobody is called back. The attempts' sources are the context's to end.
        let inner = self.inner.lock().take();
        if let Some(inner) = inner {
            trace::qio_channel_socket_connect_fail((&*self.socket).into());
            inner.task.release();
        }
    }
}

impl Inner {
    fn take_attempt(&mut self, number: Number) -> Option<Attempt> {
        let at = self
            .attempts
            .iter()
            .position(|attempt| attempt.number == number)?;
        Some(self.attempts.swap_remove(at))
    }
}

/// The source of an operation: the time to look at it again.
struct Timer(Weak<Operation>);

impl Hooks for Timer {
    type Func = ();
    const PREPARES: bool = false;

    fn dispatch(&self, _: Callback<'_, ()>) -> bool {
        if let Some(operation) = self.0.upgrade() {
            operation.turn();
        }
        // Who ends the operation ends this source.
        true
    }
}
