//! readv and writev of TLS channels: records through the session, and when EOF is premature.
//!
//! A session moves at most one record at a time. Nothing is allocated for a transfer; a channel that
//! gathers small elements keeps the memory of one record for that.

use super::parts;
use crate::object::channel_class::Transfer;
use crate::object::tls::Tls;
use abi::profile;
use host::error::Error;
use host::tls_session::ReadFailure;
use platform::os::iov::{Cursor, IoVec, IoVecMut};

/// Bytes of a record; sessions take no more at a time (R-TLS-38).
const RECORD: usize = 16384;

/// What a reader finds beside the session.
#[derive(Default)]
pub(super) struct Input {
    /// Met behind bytes that were returned first (R-TLS-35).
    failed: Option<Error>,
    /// The end of file was met, which stays (R-TLS-31).
    has_ended: bool,
    /// The master has ended without a close_notify: an end of file in relaxed mode only.
    premature_eof: bool,
}

/// Reads what there is. `relaxed_eof`: the end of the master is an end of file, close_notify or not
/// (R-TLS-32, R-TLS-29, R-TLS-30, R-TLS-34).
pub fn read(tls: &Tls, iov: &[IoVecMut<'_>], relaxed_eof: bool) -> Result<Transfer, Error> {
    let (state, session) = parts(tls)?;
    let mut cursor = Cursor::new(iov);
    let mut piece = cursor.element();
    if piece.is_empty() {
        return Ok(Transfer::Done(0));
    }
    // Asked each time: another thread may shut the channel down while this one waits.
    let relaxed_eof = || relaxed_eof || tls.is_shut_for_reading();
    let mut input = state.input.lock();
    if let Some(error) = input.failed.take() {
        state.publish_pending(tls, input.has_ended);
        return Err(error);
    }
    input.has_ended |= input.premature_eof && relaxed_eof();
    let mut got = 0;
    let mut pending = false;
    let result = loop {
        if piece.is_empty() || input.has_ended {
            break Ok(Transfer::Done(got));
        }
        tls.begin_read();
        match session.read(piece, relaxed_eof()) {
            Ok(Some(0)) => {
                input.has_ended = true;
                pending = false;
            }
            Ok(Some(bytes)) => {
                let filled = bytes >= piece.len();
                got += bytes.min(piece.len());
                pending = session.has_pending(filled);
                // A reader that has something doesn't wait for more (R-TLS-36); where sessions can't tell
                // whether that would be, one element is enough.
                if !filled || !pending || !profile::TLS_SESSIONS_TELL_PENDING {
                    break Ok(Transfer::Done(got));
                }
                cursor.end_element();
                piece = cursor.element();
            }
            // A record without application data: NewSessionTicket, KeyUpdate.
            Ok(None) if tls.received_without_blocking() => {}
            Ok(None) => {
                pending = false;
                break Ok(if got == 0 {
                    Transfer::WouldBlock
                } else {
                    Transfer::Done(got)
                });
            }
            Err(ReadFailure {
                error,
                premature_eof,
            }) => {
                pending = false;
                if premature_eof || tls.has_met_eof() {
                    input.premature_eof = true;
                    input.has_ended = relaxed_eof();
                }
                if input.has_ended {
                    continue;
                }
                if got == 0 {
                    break Err(error);
                }
                input.failed = Some(error);
                break Ok(Transfer::Done(got));
            }
        }
    };
    // The end and a failure can be read as well (R-TLS-52).
    state.publish_pending(tls, pending || input.has_ended || input.failed.is_some());
    drop(input);
    result
}

/// What a writer has to remember.
///
/// Of a record that blocked, the embedded host's sessions remember the bytes themselves and could do
/// without the caller's; this lies over any session, and those of other hosts want the same bytes
/// again. It also tells apart what was counted to the caller and what the session has taken.
#[derive(Default)]
pub(super) struct Output {
    /// Small elements in one piece, as the session has seen them if it `is_blocked`.
    gathered: Vec<u8>,
    /// The session has encrypted bytes that were not reported as written (R-TLS-40).
    is_blocked: bool,
    /// Bytes that were sent but not offered again yet: the first of the next write are those.
    ahead: usize,
    /// Met behind bytes that were returned first.
    failed: Option<Error>,
}

/// Writes as much as the session takes (R-TLS-39, R-TLS-41).
pub fn write(tls: &Tls, iov: &[IoVec<'_>]) -> Result<Transfer, Error> {
    let (state, session) = parts(tls)?;
    let mut cursor = Cursor::new(iov);
    if cursor.element().is_empty() {
        return Ok(Transfer::Done(0));
    }
    let mut output = state.output.lock();
    if let Some(error) = output.failed.take() {
        return Err(error);
    }
    let mut sent = 0;
    if output.ahead > 0 {
        sent = cursor.advance(output.ahead);
        output.ahead -= sent;
    }
    let result = loop {
        let offered = output.offer(&mut cursor);
        if offered.is_empty() {
            break Ok(Transfer::Done(sent));
        }
        match session.write(offered.piece(&output.gathered)) {
            Ok(Some(bytes)) => {
                let length = offered.len(&output.gathered);
                let bytes = output.accepted(bytes, length);
                let counted = cursor.advance(bytes);
                sent += counted;
                output.ahead = bytes - counted;
                // The common request is one element, and one record.
                if bytes < length || cursor.elements() == 0 {
                    break Ok(Transfer::Done(sent));
                }
            }
            Ok(None) => {
                output.is_blocked = true;
                break Ok(if sent == 0 {
                    Transfer::WouldBlock
                } else {
                    Transfer::Done(sent)
                });
            }
            Err(error) => {
                output.is_blocked = false;
                output.gathered.clear();
                if sent == 0 {
                    break Err(error);
                }
                output.failed = Some(error);
                break Ok(Transfer::Done(sent));
            }
        }
    };
    drop(output);
    result
}

/// What the session gets next.
enum Offer<'a> {
    /// The caller's own memory.
    Piece(IoVec<'a>),
    /// What was gathered.
    Gathered,
}

impl<'a> Offer<'a> {
    fn is_empty(&self) -> bool {
        matches!(self, Self::Piece(piece) if piece.is_empty())
    }

    fn len(&self, gathered: &[u8]) -> usize {
        match self {
            Self::Piece(piece) => piece.len(),
            Self::Gathered => gathered.len(),
        }
    }

    fn piece<'g>(&self, gathered: &'g [u8]) -> IoVec<'g>
    where
        'a: 'g,
    {
        match self {
            Self::Piece(piece) => *piece,
            Self::Gathered => IoVec::from_slice(gathered),
        }
    }
}

impl Output {
    /// The next bytes: those of one element, or several small elements in one record (R-TLS-42).
    fn offer<'a>(&mut self, cursor: &mut Cursor<'_, 'a>) -> Offer<'a> {
        let piece = cursor.element();
        if piece.is_empty() {
            return Offer::Piece(piece);
        }
        // Again what the session has already.
        if self.is_blocked && !self.gathered.is_empty() {
            return Offer::Gathered;
        }
        if piece.len() >= RECORD || cursor.elements() == 1 {
            return Offer::Piece(piece);
        }
        let mut rest = *cursor;
        rest.end_element();
        if rest.is_at_end() {
            return Offer::Piece(piece);
        }
        self.gathered.clear();
        self.gathered.reserve_exact(RECORD);
        let mut source = *cursor;
        source.append_to(&mut self.gathered, RECORD);
        Offer::Gathered
    }

    /// The session has taken bytes. Of those that blocked before it tells the number, however many
    /// were offered again; else it takes no more than it was offered.
    fn accepted(&mut self, bytes: usize, offered: usize) -> usize {
        self.gathered.clear();
        if core::mem::take(&mut self.is_blocked) {
            bytes
        } else {
            bytes.min(offered)
        }
    }
}
