//! What a session remembers between the calls of its reader and its writer.

use core::ptr;

use super::callbacks::Callbacks;
use super::gnutls::Code;
use crate::error::Error;
use platform::os::iov::IoVecMut;

/// Bytes that a handshake may read: the largest message that GnuTLS promises to take has 128 KiB.
const HANDSHAKE_BYTES: usize = 144 << 10;
/// Records that a handshake may read. Those of 64 bytes, than which no peer may ask for smaller ones,
/// hold that message.
const HANDSHAKE_RECORDS: usize = 2560;

/// How a session has ended for its reader (R-TLS-82).
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// By close_notify.
    Closed,
    /// The transport has ended without a close_notify.
    Premature,
    /// By user_canceled, after which nothing can be written.
    Canceled,
    /// For another reason, which every read reports.
    Failed(Code),
}

/// What is known of a failure.
#[derive(Debug)]
pub(crate) struct Reason {
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

/// Why a call has come to nothing.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The transport isn't ready.
    Block,
    /// EINTR of the transport.
    Interrupted,
    /// The transport has ended without a close_notify.
    Premature,
    /// Something else, as GnuTLS has it.
    Failed(Reason),
}

/// The record that is being read: its first bytes, which have been read outside of GnuTLS.
#[derive(Default)]
pub(super) struct Incoming {
    pub(super) header: [u8; Self::HEADER],
    /// How many of them are there.
    pub(super) have: usize,
    /// How many of them GnuTLS has.
    given: usize,
    /// Bytes of the rest that GnuTLS has yet to read.
    pub(super) body: usize,
    /// There is nothing more to read, so GnuTLS can be asked.
    pub(super) has_ended: bool,
}

impl Incoming {
    /// Bytes of a header, for which GnuTLS asks first.
    pub(super) const HEADER: usize = 5;

    /// Whether a reader may go into GnuTLS.
    pub(super) fn is_there(&self) -> bool {
        self.have == self.header.len() || self.body > 0 || self.has_ended
    }

    /// Gives GnuTLS what there is of the header; None if it wants something else.
    pub(super) fn give(&mut self, room: IoVecMut<'_>) -> Option<usize> {
        let left = self.header.get(self.given..self.have)?;
        if left.is_empty() || self.have < self.header.len() {
            return None;
        }
        let count = left.len().min(room.len());
        // SAFETY: GnuTLS's room is writable and elsewhere.
        unsafe { ptr::copy_nonoverlapping(left.as_ptr(), room.base().cast::<u8>(), count) };
        self.given += count;
        if self.given == self.header.len() {
            let [.., high, low] = self.header;
            self.body = usize::from(u16::from_be_bytes([high, low]));
            (self.have, self.given) = (0, 0);
        }
        Some(count)
    }
}

/// What the lock of a session guards.
pub(super) struct State {
    pub(super) callbacks: Callbacks,
    pub(super) is_complete: bool,
    pub(super) incoming: Incoming,
    /// Bytes and records that the handshake may yet read.
    pub(super) bytes_left: usize,
    pub(super) records_left: usize,
    /// How the transport has stopped the read that is under way. GnuTLS forgets about signals once
    /// it has a part of a record.
    pub(super) read_stop: Option<Failure>,
    /// A reader is inside GnuTLS, without the lock.
    pub(super) reader_is_inside: bool,
    /// Why the transport has failed. A callback that starts forgets what an earlier one said.
    pub(super) read_error: Option<Error>,
    pub(super) write_error: Option<Error>,
    /// The lock isn't given up for the transport meanwhile: what is written is kept.
    pub(super) keeps_lock: bool,
    /// Ciphertext that the transport didn't take, of a complete session.
    pub(super) output: Vec<u8>,
    /// A signal stopped the transport, and not that it wasn't ready.
    pub(super) is_interrupted: bool,
    pub(super) end: Option<End>,
    /// How many of the writer's bytes are in what is kept and were not reported as written yet.
    pub(super) accepted: usize,
    /// The reader has met a message for the session itself, which may ask for a new key.
    pub(super) key_may_be_due: bool,
    /// Records since the last key.
    pub(super) records: u64,
    /// 0 if keys are good for ever.
    pub(super) records_per_key: u64,
    pub(super) has_sent_close_notify: bool,
    /// Records of the peer since the last one that had data.
    pub(super) without_data: u32,
}

impl State {
    /// That of a session without a transport.
    pub(super) fn new() -> Self {
        Self {
            callbacks: Callbacks::NONE,
            is_complete: false,
            incoming: Incoming::default(),
            bytes_left: HANDSHAKE_BYTES,
            records_left: HANDSHAKE_RECORDS,
            read_stop: None,
            reader_is_inside: false,
            read_error: None,
            write_error: None,
            keeps_lock: false,
            output: Vec::new(),
            is_interrupted: false,
            end: None,
            accepted: 0,
            key_may_be_due: false,
            records: 0,
            records_per_key: 0,
            has_sent_close_notify: false,
            without_data: 0,
        }
    }

    /// Why a call has failed that reads and writes: what reading has to say comes before what
    /// writing has (R-TLS-65).
    pub(super) fn reason(&mut self, code: Code) -> Reason {
        let written = self.write_error.take();
        Reason {
            code,
            transport: self.read_error.take().or(written),
        }
    }
}
