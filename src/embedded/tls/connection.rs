//! One GnuTLS session that a reader and a writer use at the same time.
//!
//! # The turn
//!
//! A TLS 1.3 session changes its keys while it runs: a reader that meets the peer's new key, or is
//! asked for one, writes to what the writer looks at, and the other way round. GnuTLS doesn't
//! order that (R-TLS-87). So whoever is inside GnuTLS has the [`Turn`], and gives it away while the
//! transport is at work: a reader that waits for the peer doesn't stop the writer, nor the other
//! way round. Where GnuTLS calls the transport it is between two steps: a reader then holds on to
//! the keys of the current read epoch only, which no writer changes or frees, and a writer has
//! encrypted its record already.
//!
//! All else in [`State`] belongs to whoever has the turn, too.
//!
//! # Output that didn't fit
//!
//! Once the handshake is complete GnuTLS isn't told that the transport takes no more: what didn't
//! fit is kept here, at most a record and a message about keys, and goes first next time. GnuTLS
//! could go on with a record itself, but not if the reader is asked for a new key meanwhile: it
//! would then encrypt the caller's bytes a second time.

use core::cell::UnsafeCell;
use core::ffi::c_void;
use core::mem;
use core::slice;

use libc::ssize_t;

use super::callbacks::{Callbacks, Stop};
use super::gnutls::{Code, Direction, Handle, Received};
use crate::host::error::Error;
use crate::os::errno::Errno;
use crate::os::iov::IoVec;
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
    /// Whether the transport had nothing for the call that is under way.
    is_dry: bool,
    /// Why the transport has failed. A callback that starts forgets what an earlier one said.
    read_error: Option<Error>,
    write_error: Option<Error>,
    /// Ciphertext that the transport didn't take, of a complete session.
    output: Vec<u8>,
    /// The bytes of the caller's that are part of it, about which the caller hasn't heard.
    accepted: usize,
    /// A signal stopped the transport, and not that it wasn't ready.
    is_interrupted: bool,
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

    /// Reads from the transport for GnuTLS.
    fn pull(&self, room: IoVec<'_>) -> Result<usize, Errno> {
        let (callbacks, forgotten) = self.state(|state| (state.callbacks, state.read_error.take()));
        drop(forgotten);
        match self.without(|| callbacks.read(room)) {
            Ok(bytes) => Ok(bytes),
            Err(stop) => Err(self.state(|state| {
                state.is_dry = true;
                match stop {
                    Stop::Block => Errno::EAGAIN,
                    Stop::Interrupted => Errno::EINTR,
                    Stop::Failed(error) => {
                        state.read_error = error;
                        Errno::EIO
                    }
                }
            })),
        }
    }

    /// Writes to the transport for GnuTLS.
    fn push(&self, data: IoVec<'_>) -> Result<usize, Errno> {
        let (callbacks, keeps_rest, is_behind) =
            self.state(|state| (state.callbacks, state.is_complete, !state.output.is_empty()));
        // What is kept already goes first.
        let result = if is_behind {
            Err(Stop::Block)
        } else {
            self.write(callbacks, data)
        };
        if !keeps_rest {
            return result.map_err(|stop| self.writing_stopped(stop));
        }
        let written = match result {
            Ok(written) => written,
            Err(Stop::Block) => 0,
            Err(Stop::Interrupted) => {
                self.state(|state| state.is_interrupted = true);
                0
            }
            Err(stop) => return Err(self.writing_stopped(stop)),
        };
        let rest = data.skip(written);
        if !rest.is_empty() {
            // SAFETY: GnuTLS's own memory, which nobody changes during the call.
            let rest = unsafe { slice::from_raw_parts(rest.base().cast::<u8>(), rest.len()) };
            self.state(|state| state.output.extend_from_slice(rest));
        }
        Ok(data.len())
    }

    fn write(&self, callbacks: Callbacks, data: IoVec<'_>) -> Result<usize, Stop> {
        drop(self.state(|state| state.write_error.take()));
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

    /// Writes, once, what was kept. Afterwards nothing is kept, or else it fails.
    fn flush(&self) -> Result<(), Failure> {
        let (callbacks, mut output) =
            self.state(|state| (state.callbacks, mem::take(&mut state.output)));
        if output.is_empty() {
            return Ok(());
        }
        let result = self.write(callbacks, IoVec::from_mut(&mut output));
        if let Ok(written) = result {
            output.drain(..written.min(output.len()));
        }
        let is_behind = !output.is_empty();
        self.state(|state| state.output = output);
        match result {
            Ok(_) if is_behind => Err(Failure::Block),
            Ok(_) => Ok(()),
            Err(Stop::Block) => Err(Failure::Block),
            Err(Stop::Interrupted) => Err(Failure::Interrupted),
            Err(Stop::Failed(transport)) => Err(Failure::Failed(Reason {
                code: Code::PUSH_ERROR,
                transport,
            })),
        }
    }

    /// Why the transport has kept something back.
    fn behind(&self) -> Result<(), Failure> {
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
                is_dry: false,
                read_error: None,
                write_error: None,
                output: Vec::new(),
                accepted: 0,
                is_interrupted: false,
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
                Ok(bytes) => having
                    .behind()
                    .inspect_err(|_| having.state(|state| state.accepted = bytes))
                    .map(|()| bytes),
                Err(Code::AGAIN) => Err(Failure::Block),
                Err(Code::INTERRUPTED) => Err(Failure::Interrupted),
                Err(code) => Err(Failure::Failed(Reason {
                    code,
                    transport: having.state(|state| state.write_error.take()),
                })),
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
                having.state(|state| state.is_dry = false);
                let (end, result) = match having.handle().receive(room) {
                    Ok(Received::Bytes(bytes)) => return Ok(bytes),
                    Ok(Received::End) => (End::Closed, Ok(0)),
                    Err(Code::PREMATURE_TERMINATION) => (End::Premature, Err(Failure::Premature)),
                    // What came was for the session itself, a ticket or a key (R-CRY-7), and more
                    // may be there: only the transport can say that nothing is.
                    Err(Code::AGAIN) if !having.state(|state| state.is_dry) => continue,
                    Err(Code::AGAIN) => return Err(Failure::Block),
                    Err(Code::INTERRUPTED) => return Err(Failure::Interrupted),
                    Err(code) => {
                        return Err(Failure::Failed(Reason {
                            code,
                            transport: having.state(|state| state.read_error.take()),
                        }));
                    }
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
                    Err(Code::AGAIN | Code::INTERRUPTED) => {
                        return Ok(Progress::Waiting(having.handle().direction()));
                    }
                    Err(code) => return Err(having.state(|state| state.reason(code))),
                }
            }
            Ok(having
                .behind()
                .map_or(Progress::Waiting(Direction::Sending), |()| {
                    Progress::Complete
                }))
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
