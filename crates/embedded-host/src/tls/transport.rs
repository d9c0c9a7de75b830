//! What GnuTLS reads from and writes to, while a reader and a writer use one session.
//!
//! # The lock
//!
//! A thread that is inside GnuTLS has locked the session, and unlocks it while the transport is at
//! work: a reader that waits for the peer doesn't stop the writer, nor the other way round
//! (R-TLS-87).
//!
//! That alone isn't enough. A writer that changes its key makes GnuTLS copy the reader's state too,
//! and a reader that is inside a record meanwhile comes back to the old copy. So
//!
//! - a reader waits for the five bytes that begin a record outside of GnuTLS, and only then goes in:
//!   it may wait there as long as it likes. Inside it waits at most for the rest of the record;
//! - a writer that may change the key waits until no reader is inside, and then keeps the session
//!   locked.
//!
//! A reader changes only what the reader needs, so it doesn't have to wait for a writer.
//!
//! The system calls are the same as without all this: GnuTLS too asks for five bytes, then for the
//! rest.
//!
//! # Output that didn't fit
//!
//! Once the handshake is complete GnuTLS isn't told that the transport takes no more: what didn't
//! fit is kept here, at most a record and a message about keys, and goes first next time. GnuTLS
//! could go on with a record itself, but not if the reader is asked for a new key meanwhile: it
//! would then encrypt the caller's bytes a second time.
//!
//! A TLS channel remembers a write that blocked as well: it lies over any session, which may want
//! the same bytes again, and has to tell its caller apart what was counted before.
//!
//! # What a peer costs
//!
//! GnuTLS keeps the records of a message until it is complete, whatever length that has (16 MiB), and
//! needs the memory twice to join them. Of an encrypted record without content it keeps 17 KiB, and
//! goes on. No known peer needs either. So a handshake has so many bytes and records,
//! and later there are so many records without data in a row, and no more.

use core::cell::RefCell;
use core::ffi::c_void;
use core::mem;
use core::slice;

use libc::ssize_t;

use super::callbacks::Stop;
use super::gnutls::{Code, Handle};
use super::state::{Failure, Incoming, Reason, State};
use crate::error::Error;
use platform::os::errno::Errno;
use platform::os::iov::{IoVec, IoVecMut};
use platform::sync::Monitor;
use platform::sync::atomic::{AtomicUsize, Ordering};

/// For how many records of the handshake an encrypted one counts.
const ENCRYPTED: usize = 80;
/// The type of a record that has data, or is encrypted and doesn't tell.
const APPLICATION_DATA: u8 = 23;

/// A session with its transport.
pub(super) struct Shared {
    handle: Handle,
    monitor: Monitor,
    state: RefCell<State>,
    /// Decrypted bytes that have not been read. It is changed under the lock; looking needs none, so
    /// asking doesn't cost what the lock does.
    pending: AtomicUsize,
}

// SAFETY: the handle and the state are touched under the lock only.
unsafe impl Send for Shared {}
// SAFETY: as above.
unsafe impl Sync for Shared {}

impl Shared {
    /// A session without a transport.
    pub(super) fn new(handle: Handle) -> Box<Self> {
        let shared = Box::new(Self {
            handle,
            monitor: Monitor::new(),
            state: RefCell::new(State::new()),
            pending: AtomicUsize::new(0),
        });
        let opaque = (&raw const *shared).cast_mut().cast::<c_void>();
        // SAFETY: the functions take what `opaque` points to, which lives in its box as long as the
        // handle in it.
        unsafe { shared.handle.set_transport(push, pull, opaque) };
        shared
    }

    /// Decrypted bytes that have not been read. Any thread may ask.
    #[inline]
    pub(super) fn pending(&self) -> usize {
        self.pending.load(Ordering::Acquire)
    }

    /// Locks the session for the call.
    pub(super) fn locked<R>(&self, call: impl FnOnce(&SessionGuard<'_>) -> R) -> R {
        self.monitor.lock();
        call(&SessionGuard(self))
    }
}

/// The lock of a session, with which comes everything.
pub(super) struct SessionGuard<'a>(&'a Shared);

impl Drop for SessionGuard<'_> {
    fn drop(&mut self) {
        // SAFETY: this thread has locked it, for which this value has stood.
        unsafe { self.0.monitor.unlock() };
    }
}

impl SessionGuard<'_> {
    /// Looks at the state, for a few instructions: nothing in them may come here again.
    pub(super) fn state<R>(&self, look: impl FnOnce(&mut State) -> R) -> R {
        look(&mut self.0.state.borrow_mut())
    }

    /// GnuTLS's session.
    pub(super) fn handle(&self) -> &Handle {
        &self.0.handle
    }

    /// Decrypted bytes that have not been read.
    pub(super) fn pending(&self) -> usize {
        self.0.pending()
    }

    /// Asks GnuTLS for that number, after what may have changed it: it has read.
    pub(super) fn update_pending(&self) {
        let pending = self.handle().pending();
        self.0.pending.store(pending, Ordering::Release);
    }

    /// Gives the lock up while the transport is at work.
    fn unlocked<R>(&self, work: impl FnOnce() -> R) -> R {
        // SAFETY: this thread has locked it.
        unsafe { self.0.monitor.unlock() };
        let result = work();
        self.0.monitor.lock();
        result
    }

    /// Waits until no reader is inside GnuTLS. There it waits for the rest of a record only.
    pub(super) fn wait_for_reader(&self) {
        while self.state(|state| state.reader_is_inside) {
            // SAFETY: this thread has locked it.
            unsafe { self.0.monitor.wait() };
        }
    }

    fn read(&self, room: IoVecMut<'_>) -> Result<usize, Stop> {
        let (callbacks, forgotten) = self.state(|state| (state.callbacks, state.read_error.take()));
        drop(forgotten);
        self.unlocked(|| callbacks.read(room))
    }

    fn write(&self, data: IoVec<'_>) -> Result<usize, Stop> {
        let (callbacks, forgotten) =
            self.state(|state| (state.callbacks, state.write_error.take()));
        drop(forgotten);
        self.unlocked(|| callbacks.write(data))
    }

    /// Reads the first bytes of a record.
    pub(super) fn fetch_header(&self) -> Result<(), Failure> {
        while !self.state(|state| state.incoming.is_there()) {
            let (mut header, have) =
                self.state(|state| (state.incoming.header, state.incoming.have));
            let rest = header.get_mut(have..).unwrap_or_default();
            let count = self
                .read(IoVec::from_mut(rest))
                .map_err(|stop| match stop {
                    Stop::Block => Failure::Block,
                    Stop::Interrupted => Failure::Interrupted,
                    Stop::Failed(transport) => Failure::Failed(Reason {
                        code: Code::PULL_ERROR,
                        transport,
                    }),
                })?;
            self.state(|state| {
                state.incoming.header = header;
                state.incoming.have = (have + count).min(header.len());
                state.incoming.has_ended = count == 0;
            });
        }
        Ok(())
    }

    /// Reads for GnuTLS.
    fn pull(&self, room: IoVecMut<'_>) -> Result<usize, Errno> {
        if self.state(|state| state.is_complete) {
            if let Some(count) = self.state(|state| state.incoming.give(room)) {
                return Ok(count);
            }
            if self.state(|state| state.incoming.has_ended) {
                return Ok(0);
            }
            if self.state(|state| state.incoming.body) == 0 {
                // The next record: that is asked for outside.
                return Err(Errno::EAGAIN);
            }
            self.state(|state| state.reader_is_inside = true);
        }
        let result = self.read(room);
        let result = if self.state(|state| state.is_complete) {
            result
        } else {
            result.and_then(|bytes| self.count(room, bytes))
        };
        self.state(|state| {
            if mem::take(&mut state.reader_is_inside) {
                self.0.monitor.notify_all();
            }
            let stop = match result {
                Ok(count) => {
                    state.incoming.body = state.incoming.body.saturating_sub(count);
                    return Ok(count);
                }
                Err(stop) => stop,
            };
            Err(match stop {
                Stop::Block => {
                    state.read_stop = Some(Failure::Block);
                    Errno::EAGAIN
                }
                Stop::Interrupted => {
                    state.read_stop = Some(Failure::Interrupted);
                    Errno::EINTR
                }
                Stop::Failed(error) => {
                    // Not that GnuTLS would go on after that.
                    state.read_stop = Some(Failure::Block);
                    state.read_error = error;
                    Errno::EIO
                }
            })
        })
    }

    /// Counts what the handshake has read. A body that is as long as a header counts as a record,
    /// which does no harm.
    fn count(&self, room: IoVecMut<'_>, bytes: usize) -> Result<usize, Stop> {
        let record = if room.len() != Incoming::HEADER || bytes == 0 {
            0
        // SAFETY: GnuTLS's room is readable, and the transport has just written to it.
        } else if unsafe { room.base().cast::<u8>().read() } == APPLICATION_DATA {
            ENCRYPTED
        } else {
            1
        };
        let left = self.state(|state| {
            let left = (
                state.bytes_left.checked_sub(bytes),
                state.records_left.checked_sub(record),
            );
            (state.bytes_left, state.records_left) =
                (left.0.unwrap_or_default(), left.1.unwrap_or_default());
            left
        });
        if let (Some(_), Some(_)) = left {
            return Ok(bytes);
        }
        let error = Error::new("The peer's part of the TLS handshake is too long");
        Err(Stop::Failed(Some(error)))
    }

    /// Writes until all is written or the transport stops it: how much, and what has stopped it.
    fn write_all(&self, data: IoVec<'_>) -> (usize, Option<Stop>) {
        let mut written = 0;
        while written < data.len() {
            match self.write(data.skip(written)) {
                Ok(0) => return (written, Some(Stop::Block)),
                Ok(count) => written += count.min(data.len()),
                Err(stop) => return (written, Some(stop)),
            }
        }
        (written, None)
    }

    /// Writes for GnuTLS.
    fn push(&self, data: IoVec<'_>) -> Result<usize, Errno> {
        if !self.state(|state| state.is_complete) {
            return self.write(data).map_err(|stop| match stop {
                Stop::Block => Errno::EAGAIN,
                Stop::Interrupted => Errno::EINTR,
                Stop::Failed(error) => self.cannot_write(error),
            });
        }
        // What is kept already goes first.
        let is_kept = self.state(|state| state.keeps_lock || !state.output.is_empty());
        let (written, stop) = if is_kept {
            (0, None)
        } else {
            self.write_all(data)
        };
        match stop {
            Some(Stop::Failed(error)) => return Err(self.cannot_write(error)),
            Some(Stop::Interrupted) => self.state(|state| state.is_interrupted = true),
            Some(Stop::Block) | None => {}
        }
        let rest = data.skip(written);
        if !rest.is_empty() {
            // SAFETY: GnuTLS's own memory, which doesn't change during the call.
            let rest = unsafe { slice::from_raw_parts(rest.base().cast::<u8>(), rest.len()) };
            self.state(|state| state.output.extend_from_slice(rest));
        }
        Ok(data.len())
    }

    fn cannot_write(&self, error: Option<Error>) -> Errno {
        self.state(|state| state.write_error = error);
        Errno::EIO
    }

    /// Writes what was kept. Afterwards nothing is kept, or else it fails.
    ///
    /// Only the writer writes, so nothing is added meanwhile.
    pub(super) fn flush(&self) -> Result<(), Failure> {
        let mut output = self.state(|state| mem::take(&mut state.output));
        if output.is_empty() {
            return Ok(());
        }
        let (written, stop) = self.write_all(IoVec::from_slice(&output));
        output.drain(..written.min(output.len()));
        self.state(|state| state.output = output);
        match stop {
            None => Ok(()),
            Some(Stop::Block) => Err(Failure::Block),
            Some(Stop::Interrupted) => Err(Failure::Interrupted),
            Some(Stop::Failed(transport)) => Err(Failure::Failed(Reason {
                code: Code::PUSH_ERROR,
                transport,
            })),
        }
    }

    /// Fails if the transport has kept something back, and says why.
    pub(super) fn all_written(&self) -> Result<(), Failure> {
        self.state(|state| {
            let is_interrupted = mem::take(&mut state.is_interrupted);
            match (state.output.is_empty(), is_interrupted) {
                (true, _) => Ok(()),
                (false, true) => Err(Failure::Interrupted),
                (false, false) => Err(Failure::Block),
            }
        })
    }
}

/// What GnuTLS gets for a transport call.
///
/// # Safety
/// `opaque` is the `Shared` of a session that the calling thread has locked.
unsafe fn transport(
    opaque: *mut c_void,
    call: impl FnOnce(&SessionGuard<'_>) -> Result<usize, Errno>,
) -> ssize_t {
    // SAFETY: it lives as long as its handle, by which this was called.
    let shared = unsafe { &*opaque.cast::<Shared>() };
    // It isn't unlocked at the end: GnuTLS goes on.
    let guard = mem::ManuallyDrop::new(SessionGuard(shared));
    call(&guard).map_or_else(
        |errno| {
            guard.handle().set_transport_errno(errno);
            -1
        },
        |bytes| ssize_t::try_from(bytes).unwrap_or(ssize_t::MAX),
    )
}

unsafe extern "C" fn pull(opaque: *mut c_void, data: *mut c_void, len: usize) -> ssize_t {
    // SAFETY: GnuTLS gives memory that is writable for the call.
    let room = unsafe { IoVec::from_raw_mut(data, len) };
    // SAFETY: GnuTLS runs in `locked` only.
    unsafe { transport(opaque, |guard| guard.pull(room)) }
}

unsafe extern "C" fn push(opaque: *mut c_void, data: *const c_void, len: usize) -> ssize_t {
    // SAFETY: GnuTLS gives memory that is readable for the call, and it is only read.
    let data = unsafe { IoVec::from_raw(data, len) };
    // SAFETY: as in `pull`.
    unsafe { transport(opaque, |guard| guard.push(data)) }
}
