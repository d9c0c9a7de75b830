//! Futures of channels: their readiness in a context, and transfers that wait for it.

use std::fmt;
use std::future::Future;
use std::io::ErrorKind;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{self, Poll, Waker};

use crate::channel::Channel;
use crate::context::Context;
use crate::error::{Error, Result};
use io::logic::watch;
use io::object::watch::{WatchSource, Watcher};
use platform::glib::condition::{IN, OUT};

/// What a channel is to be ready for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Interest {
    /// Bytes can be read, or the end is reached.
    Readable,
    /// Bytes can be written.
    Writable,
}

impl Channel {
    /// A future that completes in `context` when the channel is ready. Dropping it ends the watch.
    ///
    /// ```
    /// # fn main() -> qio::Result<()> {
    /// use std::io::Write;
    /// use qio::{Context, Interest, SocketChannel};
    /// let (mut one, other) = SocketChannel::pair()?;
    /// let context = Context::new()?;
    /// one.write_all(b"x")?;
    /// context.block_on(other.ready(&context, Interest::Readable))?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn ready<'c>(&'c self, context: &'c Context, interest: Interest) -> Ready<'c> {
        Ready {
            channel: self,
            context,
            interest,
            watch: None,
        }
    }

    /// The channel with futures for its transfers, which wait in `context`. Its blocking mode is off from now on.
    ///
    /// ```
    /// # fn main() -> qio::Result<()> {
    /// use qio::{Context, SocketChannel};
    /// let (one, other) = SocketChannel::pair()?;
    /// let context = Context::new()?;
    /// let received = context.block_on(async {
    ///     one.on(&context)?.write_all(b"hello").await?;
    ///     let mut bytes = [0; 5];
    ///     other.on(&context)?.read_exact(&mut bytes).await?;
    ///     Ok::<_, qio::Error>(bytes)
    /// })?;
    /// assert_eq!(&received, b"hello");
    /// # Ok(())
    /// # }
    /// ```
    pub fn on<'c>(&'c self, context: &'c Context) -> Result<On<'c>> {
        self.set_blocking(false)?;
        Ok(On {
            channel: self,
            context,
        })
    }
}

/// What a watch and its future have in common.
#[derive(Default)]
struct Slot {
    has_fired: bool,
    waker: Option<Waker>,
}

/// A watch that is attached.
struct Attached {
    source: WatchSource,
    slot: Arc<Mutex<Slot>>,
}

/// The future of [`Channel::ready`].
#[must_use = "futures do nothing unless awaited"]
pub struct Ready<'c> {
    channel: &'c Channel,
    context: &'c Context,
    interest: Interest,
    watch: Option<Attached>,
}

impl Ready<'_> {
    fn attach(&self, waker: &Waker) -> Result<Attached> {
        let condition = match self.interest {
            Interest::Readable => IN,
            Interest::Writable => OUT,
        };
        let Some(source) = watch::create(&self.channel.0, condition) else {
            let message = "The channel below can't be watched";
            return Err(Error::new(ErrorKind::Unsupported, message));
        };
        let slot = Arc::new(Mutex::new(Slot {
            has_fired: false,
            waker: Some(waker.clone()),
        }));
        let own = Arc::clone(&slot);
        let fire = move |_| {
            let mut slot = own.lock().unwrap_or_else(PoisonError::into_inner);
            slot.has_fired = true;
            let waker = slot.waker.take();
            drop(slot);
            if let Some(waker) = waker {
                waker.wake();
            }
            false
        };
        Watcher::native(Box::new(fire)).set_on(&source);
        source.attach(&self.context.0);
        Ok(Attached { source, slot })
    }
}

impl Future for Ready<'_> {
    type Output = Result<()>;

    fn poll(mut self: Pin<&mut Self>, about: &mut task::Context<'_>) -> Poll<Result<()>> {
        let Some(watch) = &self.watch else {
            return match self.attach(about.waker()) {
                Ok(watch) => {
                    self.watch = Some(watch);
                    Poll::Pending
                }
                Err(error) => Poll::Ready(Err(error)),
            };
        };
        let waker = about.waker().clone();
        let mut slot = watch.slot.lock().unwrap_or_else(PoisonError::into_inner);
        let former = if slot.has_fired {
            slot.waker.take()
        } else {
            slot.waker.replace(waker)
        };
        let has_fired = slot.has_fired;
        drop(slot);
        drop(former);
        if has_fired {
            return Poll::Ready(Ok(()));
        }
        Poll::Pending
    }
}

impl Drop for Ready<'_> {
    fn drop(&mut self) {
        if let Some(watch) = &self.watch {
            watch.source.destroy();
        }
    }
}

impl fmt::Debug for Ready<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ready")
            .field("interest", &self.interest)
            .finish_non_exhaustive()
    }
}

/// A channel whose transfers are futures that wait in a context ([`Channel::on`]).
///
/// One that reads and one that writes may be awaited at once. Dropping a future of [`On::read`] or
/// [`On::write`] loses nothing; one of [`On::read_exact`] or [`On::write_all`] may have transferred a part. Over TLS
/// the next write has to begin with the bytes of one that was dropped while it waited: they are encrypted already, and
/// go out in place of its own.
#[derive(Clone, Copy, Debug)]
pub struct On<'c> {
    channel: &'c Channel,
    context: &'c Context,
}

impl On<'_> {
    /// Reads what there is, as soon as there is something; 0 is the end.
    pub async fn read(&self, bytes: &mut [u8]) -> Result<usize> {
        loop {
            match self.channel.read_once(bytes) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                outcome => return outcome,
            }
            self.wait_for(Interest::Readable).await?;
        }
    }

    /// Fills the bytes; an earlier end is an error.
    pub async fn read_exact(&self, bytes: &mut [u8]) -> Result<()> {
        let mut filled = 0;
        while let Some(rest) = bytes.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.read(rest).await? {
                0 => {
                    let message = "The data ended before all that was requested had been read";
                    return Err(Error::new(ErrorKind::UnexpectedEof, message));
                }
                read => filled += read,
            }
        }
        Ok(())
    }

    /// Writes what fits, as soon as something does.
    pub async fn write(&self, bytes: &[u8]) -> Result<usize> {
        loop {
            match self.channel.write_once(bytes) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                outcome => return outcome,
            }
            self.wait_for(Interest::Writable).await?;
        }
    }

    /// Writes all bytes.
    pub async fn write_all(&self, bytes: &[u8]) -> Result<()> {
        let mut written = 0;
        while let Some(rest) = bytes.get(written..).filter(|rest| !rest.is_empty()) {
            match self.write(rest).await? {
                0 => {
                    let message = "The channel accepts no more data";
                    return Err(Error::new(ErrorKind::WriteZero, message));
                }
                more => written += more,
            }
        }
        Ok(())
    }

    async fn wait_for(&self, interest: Interest) -> Result<()> {
        self.channel.ready(self.context, interest).await
    }
}
