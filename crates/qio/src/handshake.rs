//! Handshakes of channels that lie over others.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{self, Poll, Waker};

use crate::channel::Channel;
use crate::context::Context;
use crate::error::{Error, Result};
use abi::error::ErrorObject;
use io::logic::control;
use io::logic::task::Task;
use io::object::task::Completion;
use std::ops::Deref;

/// What the handshake's callback and its future have in common.
#[derive(Default)]
struct Slot {
    outcome: Option<Result<()>>,
    waker: Option<Waker>,
}

fn lock(slot: &Mutex<Slot>) -> MutexGuard<'_, Slot> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How far it is.
enum Stage {
    New,
    Begun(Arc<Mutex<Slot>>),
    Over,
}

/// How a kind of channels begins its handshake in a context.
pub(crate) type Begin<C> = fn(&C, Completion, &Context);

/// The handshake of a channel over another one: a future of the channel that is open then.
///
/// Dropped before it is over, it closes the channel and the one below.
#[must_use = "nothing is sent unless it is awaited or waited for"]
pub struct Handshake<C: Deref<Target = Channel>> {
    channel: Option<C>,
    begin: Begin<C>,
    context: Option<Context>,
    /// None if the kind's handshakes take place in the global context.
    waits_in: Option<fn() -> Result<Context>>,
    stage: Stage,
}

// Nothing is pinned.
impl<C: Deref<Target = Channel>> Unpin for Handshake<C> {}

impl<C: Deref<Target = Channel>> Handshake<C> {
    pub(crate) fn new(
        channel: C,
        begin: Begin<C>,
        waits_in: Option<fn() -> Result<Context>>,
    ) -> Self {
        Self {
            channel: Some(channel),
            begin,
            context: None,
            waits_in,
            stage: Stage::New,
        }
    }

    #[cfg(feature = "tls")]
    pub(crate) fn channel(&self) -> Option<&C> {
        self.channel.as_ref()
    }

    #[cfg(feature = "tls")]
    pub(crate) fn set_context(&mut self, context: &Context) {
        self.context = Some(context.clone());
    }

    /// Makes the handshake on this thread.
    pub fn wait(mut self) -> Result<C> {
        let context = match (&self.context, self.waits_in) {
            (Some(context), _) => context.clone(),
            (None, Some(own)) => own()?,
            (None, None) => Context::global(),
        };
        self.context = Some(context.clone());
        context.block_on(self)
    }

    fn start(&mut self, waker: &Waker) -> Arc<Mutex<Slot>> {
        let slot = Arc::new(Mutex::new(Slot {
            outcome: None,
            waker: Some(waker.clone()),
        }));
        let own = Arc::clone(&slot);
        let completion = Completion::native(move |task: &Task| {
            let outcome = match task.take_error() {
                None => Ok(()),
                Some(error) => Err(Error::new(std::io::ErrorKind::Other, error.text())),
            };
            let mut slot = lock(&own);
            slot.outcome = Some(outcome);
            let waker = slot.waker.take();
            drop(slot);
            if let Some(waker) = waker {
                waker.wake();
            }
        });
        let context = self.context.get_or_insert_with(Context::global);
        if let Some(channel) = &self.channel {
            (self.begin)(channel, completion, context);
        }
        slot
    }
}

impl<C: Deref<Target = Channel>> Future for Handshake<C> {
    type Output = Result<C>;

    fn poll(mut self: Pin<&mut Self>, about: &mut task::Context<'_>) -> Poll<Result<C>> {
        if let Stage::New = self.stage {
            let slot = self.start(about.waker());
            self.stage = Stage::Begun(slot);
        }
        let Stage::Begun(shared) = &self.stage else {
            let message = "A handshake was polled after it was over";
            return Poll::Ready(Err(Error::new(std::io::ErrorKind::Other, message)));
        };
        let waker = about.waker().clone();
        let mut slot = lock(shared);
        let outcome = slot.outcome.take();
        let former = match outcome {
            None => slot.waker.replace(waker),
            Some(_) => slot.waker.take(),
        };
        drop(slot);
        drop(former);
        let Some(outcome) = outcome else {
            return Poll::Pending;
        };
        self.stage = Stage::Over;
        match (outcome, self.channel.take()) {
            (Ok(()), Some(channel)) => Poll::Ready(Ok(channel)),
            (Ok(()), None) => Poll::Pending,
            (Err(error), _) => Poll::Ready(Err(error)),
        }
    }
}

impl<C: Deref<Target = Channel>> Drop for Handshake<C> {
    fn drop(&mut self) {
        // What is outstanding has references on the channel, which closing takes back.
        if let (Stage::Begun(_), Some(channel)) = (&self.stage, &self.channel) {
            let _: std::result::Result<(), host::error::Error> = control::close(&channel.0);
        }
    }
}

impl<C: Deref<Target = Channel>> fmt::Debug for Handshake<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stage = match self.stage {
            Stage::New => "new",
            Stage::Begun(_) => "begun",
            Stage::Over => "over",
        };
        f.debug_struct("Handshake")
            .field("stage", &stage)
            .finish_non_exhaustive()
    }
}
