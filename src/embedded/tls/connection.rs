//! One GnuTLS session that a reader and a writer use at the same time.
//!
//! # The turn
//!
//! A TLS 1.3 session changes its keys while it runs: a reader that meets the peer's new key, or is
//! asked for one, writes to what the writer looks at, and the other way round. GnuTLS doesn't
//! order that (R-TLS-87). So whoever is inside GnuTLS has the [`Turn`]. All else in [`State`] belongs
//! to whoever has it, too.
//!
//! # The transport
//!
//! It isn't enough to give the turn away while GnuTLS calls the transport: with a new key coming up
//! on the other side meanwhile, GnuTLS 3.7 loses what it was about, and fails to decrypt or crashes.
//! So once the handshake is complete GnuTLS never waits for the transport. What it writes is kept
//! until it is done, at most a record and a message about keys; what it lacks is read then, as much
//! as it has asked for and no more; and only that is done without the turn. A reader that waits for
//! the peer doesn't stop the writer, nor the other way round.
//!
//! Output that doesn't fit stays here and goes first next time. GnuTLS could go on with a record
//! itself, but not if the reader is asked for a new key meanwhile: it would then encrypt the caller's
//! bytes a second time.

use core::cell::UnsafeCell;
use core::ffi::c_void;
use core::mem;

use libc::ssize_t;

use super::callbacks::{Callbacks, Stop};
use super::gnutls::{Code, Direction, Handle, Received};
use crate::host::error::Error;
use crate::os::errno::Errno;
use crate::os::iov::{Cursor, IoVec};
use crate::sync::Turn;

/// Why a call has come to nothing.
#[derive(Debug)]
pub enum Failure {
    /// The transport isn't ready.
    Block,
    /// A signal came.
    Interrupted,
    /// The transport has ended, but not the session.
    Premature,
    /// Something else, as GnuTLS has it.
    Failed(Reason),
}

/// What is known of a failure.
#[derive(Debug)]
pub struct Reason {
    /// GnuTLS's view.
    pub code: Code,
    /// What the transport has to say.
    pub transport: Option<Error>,
}

impl From<Code> for Reason {
    fn from(code: Code) -> Self {
        Self {
            code,
            transport: None,
        }
    }
}

/// How far a handshake is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Progress {
    /// It is done.
    Complete,
    /// It waits.
    Waiting(Direction),
}

/// How a session has ended for its reader.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// The peer said so.
    Closed,
    /// Only the transport did.
    Premature,
}

/// What belongs to whoever has the turn.
struct State {
    callbacks: Callbacks,
    is_complete: bool,
    /// Reads don't get beyond it (R-TLS-82).
    end: Option<End>,
    /// Ciphertext for a complete session, at the beginning of memory that is kept.
    input: Vec<u8>,
    filled: usize,
    /// Bytes of it that GnuTLS has taken.
    taken: usize,
    /// Bytes that GnuTLS lacked in the call that is under way.
    lacks: usize,
    /// The transport has ended.
    has_ended: bool,
    /// Why the transport has failed. A callback that starts forgets what an earlier one said.
    read_error: Option<Error>,
    write_error: Option<Error>,
    /// Ciphertext that the transport didn't take, of a complete session.
    output: Vec<u8>,
    /// The bytes of the caller's that are part of it, about which the caller hasn't heard.
    accepted: usize,
    has_said_bye: bool,
}

impl State {
    /// Why a call has failed that reads and writes: what reading has to say comes before what
    /// writing has (R-TLS-65).
    fn reason(&mut self, code: Code) -> Reason {
        let written = self.write_error.take();
        Reason {
            code,
            transport: self.read_error.take().or(written),
        }
    }
}

/// What the transport functions of GnuTLS get.
struct Shared {
    handle: Handle,
    turn: Turn,
    state: UnsafeCell<State>,
}

/// A session with its transport.
pub struct Connection(Box<Shared>);

// SAFETY: whoever touches the handle or the state has the turn.
unsafe impl Send for Connection {}
// SAFETY: as above.
unsafe impl Sync for Connection {}

/// The turn, with which comes everything. It must not outlive a call of GnuTLS that gives the turn
/// away: two could see the state at once.
struct Having<'a>(&'a Shared);

impl Drop for Having<'_> {
    fn drop(&mut self) {
        // SAFETY: this value has stood for the turn.
        unsafe { self.0.turn.give_back() };
    }
}

impl<'a> Having<'a> {
    /// Looks at the state, between calls of GnuTLS.
    fn state<R>(&self, look: impl FnOnce(&mut State) -> R) -> R {
        // SAFETY: this thread has the turn, and `look` neither gives it away nor comes here again:
        // it is one of the short closures below.
        look(unsafe { &mut *self.0.state.get() })
    }

    /// Lets the others have the turn while the transport is at work.
    fn without<R>(&self, work: impl FnOnce() -> R) -> R {
        // SAFETY: this thread has it.
        unsafe { self.0.turn.give_back() };
        let result = work();
        self.0.turn.take();
        result
    }

    fn handle(&self) -> &'a Handle {
        &self.0.handle
    }

    /// Reads for GnuTLS.
    fn pull(&self, room: IoVec<'_>) -> Result<usize, Errno> {
        if !self.state(|state| state.is_complete) {
            return self.read(room).map_err(|stop| self.reading_stopped(stop));
        }
        self.state(|state| {
            let waiting = &state.input[state.taken..state.filled];
            if waiting.is_empty() && !state.has_ended {
                state.lacks = room.len();
                return Err(Errno::EAGAIN);
            }
            let bytes = Cursor::new(&[room]).put(waiting);
            state.taken += bytes;
            Ok(bytes)
        })
    }

    fn read(&self, room: IoVec<'_>) -> Result<usize, Stop> {
        let (callbacks, forgotten) = self.state(|state| (state.callbacks, state.read_error.take()));
        drop(forgotten);
        self.without(|| callbacks.read(room))
    }

    fn reading_stopped(&self, stop: Stop) -> Errno {
        match stop {
            Stop::Block => Errno::EAGAIN,
            Stop::Interrupted => Errno::EINTR,
            Stop::Failed(error) => {
                self.state(|state| state.read_error = error);
                Errno::EIO
            }
        }
    }

    /// Reads what GnuTLS lacks.
    fn fill(&self, lacks: usize) -> Result<(), Failure> {
        let mut input = self.state(|state| {
            (state.filled, state.taken) = (0, 0);
            mem::take(&mut state.input)
        });
        if input.len() < lacks {
            input.resize(lacks, 0);
        }
        let result = self.read(IoVec::from_mut(&mut input[..lacks]));
        self.state(|state| {
            state.has_ended = matches!(result, Ok(0));
            state.filled = lacks.min(*result.as_ref().unwrap_or(&0));
            state.input = input;
        });
        match result {
            Ok(_) => Ok(()),
            Err(Stop::Block) => Err(Failure::Block),
            Err(Stop::Interrupted) => Err(Failure::Interrupted),
            Err(Stop::Failed(transport)) => Err(Failure::Failed(Reason {
                code: Code::PULL_ERROR,
                transport,
            })),
        }
    }

    /// Writes for GnuTLS.
    fn push(&self, data: IoVec<'_>) -> Result<usize, Errno> {
        if !self.state(|state| state.is_complete) {
            return self.write(data).map_err(|stop| self.writing_stopped(stop));
        }
        let iov = [data];
        self.state(|state| Cursor::new(&iov).append_to(&mut state.output, data.len()));
        Ok(data.len())
    }

    fn write(&self, data: IoVec<'_>) -> Result<usize, Stop> {
        let (callbacks, forgotten) =
            self.state(|state| (state.callbacks, state.write_error.take()));
        drop(forgotten);
        self.without(|| callbacks.write(data))
    }

    fn writing_stopped(&self, stop: Stop) -> Errno {
        match stop {
            Stop::Block => Errno::EAGAIN,
            Stop::Interrupted => Errno::EINTR,
            Stop::Failed(error) => {
                self.state(|state| state.write_error = error);
                Errno::EIO
            }
        }
    }

    /// Writes what was kept. Afterwards nothing is kept, or else it fails.
    fn flush(&self) -> Result<(), Failure> {
        let mut output = self.state(|state| mem::take(&mut state.output));
        let mut written = 0;
        let mut result = Ok(());
        while written < output.len() {
            match self.write(IoVec::from_mut(&mut output[written..])) {
                Ok(bytes @ 1..) => written += bytes,
                Ok(0) | Err(Stop::Block) => {
                    result = Err(Failure::Block);
                    break;
                }
                Err(Stop::Interrupted) => {
                    result = Err(Failure::Interrupted);
                    break;
                }
                Err(Stop::Failed(transport)) => {
                    let code = Code::PUSH_ERROR;
                    result = Err(Failure::Failed(Reason { code, transport }));
                    break;
                }
            }
        }
        output.drain(..written.min(output.len()));
        self.state(|state| {
            // What the reader's calls have added meanwhile.
            output.append(&mut state.output);
            state.output = output;
        });
        result
    }
}

impl Connection {
    /// A connection without a transport.
    pub fn new(handle: Handle) -> Self {
        let shared = Box::new(Shared {
            handle,
            turn: Turn::new(),
            state: UnsafeCell::new(State {
                callbacks: Callbacks::NONE,
                is_complete: false,
                end: None,
                input: Vec::new(),
                filled: 0,
                taken: 0,
                lacks: 0,
                has_ended: false,
                read_error: None,
                write_error: None,
                output: Vec::new(),
                accepted: 0,
                has_said_bye: false,
            }),
        });
        let opaque = (&raw const *shared).cast_mut().cast::<c_void>();
        // SAFETY: the functions take what `opaque` points to, which lives in its box as long as the
        // handle in it.
        unsafe { shared.handle.set_transport(push, pull, opaque) };
        Self(shared)
    }

    fn having_the_turn<R>(&self, call: impl FnOnce(&Having<'_>) -> R) -> R {
        self.0.turn.take();
        call(&Having(&self.0))
    }

    /// Sets the transport.
    pub fn set_callbacks(&self, callbacks: Callbacks) {
        self.having_the_turn(|having| having.state(|state| state.callbacks = callbacks));
    }

    /// Goes on with the handshake.
    pub fn handshake(&self) -> Result<Progress, Reason> {
        self.having_the_turn(|having| {
            if having.state(|state| state.is_complete) {
                return Ok(Progress::Complete);
            }
            match having.handle().handshake() {
                Ok(()) => {
                    having.state(|state| state.is_complete = true);
                    Ok(Progress::Complete)
                }
                Err(Code::AGAIN | Code::INTERRUPTED) => {
                    Ok(Progress::Waiting(having.handle().direction()))
                }
                Err(code) => Err(having.state(|state| state.reason(code))),
            }
        })
    }

    /// How far the handshake is.
    pub fn progress(&self) -> Progress {
        self.having_the_turn(|having| {
            if having.state(|state| state.is_complete) {
                Progress::Complete
            } else {
                Progress::Waiting(having.handle().direction())
            }
        })
    }

    /// Encrypts and writes what one record holds.
    ///
    /// When this blocks the bytes are encrypted all the same: the next call writes them and returns
    /// their number, whatever it is offered (R-TLS-40).
    pub fn write(&self, data: IoVec<'_>) -> Result<usize, Failure> {
        self.having_the_turn(|having| {
            having.flush()?;
            let accepted = having.state(|state| mem::take(&mut state.accepted));
            if accepted > 0 {
                return Ok(accepted);
            }
            match having.handle().send(data) {
                Ok(bytes) => {
                    let flushed = having.flush();
                    if let Err(Failure::Block | Failure::Interrupted) = flushed {
                        having.state(|state| state.accepted = bytes);
                    }
                    flushed.map(|()| bytes)
                }
                Err(code) => Err(Failure::Failed(Reason::from(code))),
            }
        })
    }

    /// Reads what a record has; 0 is the end.
    pub fn read(&self, room: IoVec<'_>) -> Result<usize, Failure> {
        self.having_the_turn(|having| {
            match having.state(|state| state.end) {
                Some(End::Closed) => return Ok(0),
                Some(End::Premature) => return Err(Failure::Premature),
                None => {}
            }
            loop {
                having.state(|state| state.lacks = 0);
                let (end, result) = match having.handle().receive(room) {
                    Ok(Received::Bytes(bytes)) => return Ok(bytes),
                    Ok(Received::End) => (End::Closed, Ok(0)),
                    Err(Code::PREMATURE_TERMINATION) => (End::Premature, Err(Failure::Premature)),
                    Err(Code::AGAIN) => {
                        match having.state(|state| state.lacks) {
                            // What came was for the session itself, a ticket or a key (R-CRY-7).
                            0 => {}
                            lacks => having.fill(lacks)?,
                        }
                        continue;
                    }
                    Err(code) => return Err(Failure::Failed(Reason::from(code))),
                };
                having.state(|state| state.end = Some(end));
                return result;
            }
        })
    }

    /// Decrypted bytes that nobody has read yet. Any thread may ask.
    pub fn pending(&self) -> usize {
        self.having_the_turn(|having| having.handle().pending())
    }

    /// Tells the peer that nothing more will be written, once.
    pub fn bye(&self) -> Result<Progress, Reason> {
        self.having_the_turn(|having| {
            if !having.state(|state| state.is_complete) {
                return Ok(Progress::Complete);
            }
            match having.flush() {
                Ok(()) => {}
                Err(Failure::Failed(reason)) => return Err(reason),
                Err(_) => return Ok(Progress::Waiting(Direction::Sending)),
            }
            if !having.state(|state| state.has_said_bye) {
                match having.handle().bye() {
                    Ok(()) => having.state(|state| state.has_said_bye = true),
                    Err(code) => return Err(having.state(|state| state.reason(code))),
                }
            }
            match having.flush() {
                Ok(()) => Ok(Progress::Complete),
                Err(Failure::Failed(reason)) => Err(reason),
                Err(_) => Ok(Progress::Waiting(Direction::Sending)),
            }
        })
    }

    /// Asks GnuTLS something that doesn't need the transport.
    pub fn ask<R>(&self, question: impl FnOnce(&Handle) -> R) -> R {
        self.having_the_turn(|having| question(having.handle()))
    }
}

/// What GnuTLS gets for a transport call that was made while the calling thread has the turn.
///
/// # Safety
/// `opaque` is the `Shared` of a connection whose turn the calling thread has.
unsafe fn transport(
    opaque: *mut c_void,
    call: impl FnOnce(&Having<'_>) -> Result<usize, Errno>,
) -> ssize_t {
    // SAFETY: the connection lives as long as its handle, by which this was called.
    let shared = unsafe { &*opaque.cast::<Shared>() };
    // The turn isn't given back at the end: GnuTLS goes on.
    let having = mem::ManuallyDrop::new(Having(shared));
    call(&having).map_or_else(
        |errno| {
            having.handle().set_transport_errno(errno);
            -1
        },
        |bytes| ssize_t::try_from(bytes).unwrap_or(ssize_t::MAX),
    )
}

unsafe extern "C" fn pull(opaque: *mut c_void, data: *mut c_void, len: usize) -> ssize_t {
    // SAFETY: GnuTLS gives memory that is writable for the call.
    let room = unsafe { IoVec::from_raw(data, len) };
    // SAFETY: GnuTLS runs in `having_the_turn` only.
    unsafe { transport(opaque, |having| having.pull(room)) }
}

unsafe extern "C" fn push(opaque: *mut c_void, data: *const c_void, len: usize) -> ssize_t {
    // SAFETY: GnuTLS gives memory that is readable for the call, and it is only read.
    let data = unsafe { IoVec::from_raw(data.cast_mut(), len) };
    // SAFETY: as in `pull`.
    unsafe { transport(opaque, |having| having.push(data)) }
}
