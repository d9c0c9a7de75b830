//! What was accepted from the writer and has not gone out yet.

use crate::frame::{self, BINARY, CLOSE, PONG};
use platform::os::iov::Cursor;

/// Bytes that are accepted before the writer must wait (R-WS-17).
pub const LIMIT: usize = 8192;
/// Payload of a frame that fills a TLS record together with its header. Over a master that must be
/// offered the same again, one such frame may wait if nothing else does (R-WS-17).
pub const RECORD: usize = 16384 - 4;

/// Frames in the order they go out.
#[derive(Default)]
pub struct Output {
    bytes: Vec<u8>,
    /// How many of them have gone out.
    start: usize,
}

impl Output {
    /// Bytes that wait.
    pub fn queued(&self) -> usize {
        self.bytes.len() - self.start
    }

    /// The bytes that wait.
    pub fn pending(&mut self) -> &mut [u8] {
        &mut self.bytes[self.start..]
    }

    /// So many have gone out.
    pub fn sent(&mut self, bytes: usize) {
        self.start = self.bytes.len().min(self.start + bytes);
        if self.start == self.bytes.len() {
            self.bytes.clear();
            self.start = 0;
        }
    }

    /// Gives up what waits: it can't go out.
    pub fn clear(&mut self) {
        self.sent(self.queued());
    }

    /// Queues the end of a frame whose beginning went out right away. Nothing is queued before it.
    pub fn rest(&mut self, source: &mut Cursor<'_, '_>, length: usize) {
        source.append_to(&mut self.bytes, length);
    }

    /// Begins a frame; the size of its header.
    fn begin(&mut self, opcode: u8, payload: usize) -> usize {
        self.bytes.drain(..self.start);
        self.start = 0;
        let mut space = [0; 10];
        let header = frame::header(&mut space, opcode, payload);
        self.bytes.extend_from_slice(header);
        header.len()
    }

    /// Queues one frame of what the writer offers; how much of it was accepted. `largest` is what a
    /// frame may have that nothing waits before.
    pub fn data(&mut self, source: &mut Cursor<'_, '_>, offered: usize, largest: usize) -> usize {
        let most = if self.queued() == 0 { largest } else { LIMIT };
        let accepted = offered.min(most.saturating_sub(self.queued()));
        if accepted > 0 {
            self.begin(BINARY, accepted);
            source.append_to(&mut self.bytes, accepted);
        }
        accepted
    }

    /// Whether a pong may be queued: what waits is bounded (R-WS-26).
    pub fn has_room_for_pong(&self) -> bool {
        self.queued() < LIMIT
    }

    /// Queues a pong; the header's size.
    pub fn pong(&mut self, payload: &[u8]) -> usize {
        let header = self.begin(PONG, payload.len());
        self.bytes.extend(payload);
        header
    }

    /// Announces the end; the header's size.
    pub fn close(&mut self, status: u16, reason: &str) -> usize {
        let header = self.begin(CLOSE, 2 + reason.len());
        self.bytes.extend(status.to_be_bytes());
        self.bytes.extend(reason.as_bytes());
        header
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use platform::os::iov::IoVec;

    #[test]
    fn pongs_go_out_in_their_order() {
        let mut output = Output::default();
        output.pong(b"one");
        output.pong(b"two");
        assert_eq!(output.pending(), b"\x8a\x03one\x8a\x03two");
        output.sent(4);
        output.pong(b"");
        assert_eq!(output.pending(), b"e\x8a\x03two\x8a\0");
    }

    #[test]
    fn pongs_are_bounded() {
        let mut output = Output::default();
        while output.has_room_for_pong() {
            output.pong(&[0; 125]);
        }
        assert!((LIMIT..LIMIT + 127).contains(&output.queued()));
    }

    #[test]
    fn no_more_is_accepted_than_has_room() {
        let mut output = Output::default();
        let bytes = vec![7; 10000];
        let iov = [IoVec::from_slice(&bytes)];
        assert_eq!(output.data(&mut Cursor::new(&iov), 10000, LIMIT), LIMIT);
        assert_eq!(&output.pending()[..5], [0x82, 126, 0x20, 0, 7]);
        assert_eq!(output.data(&mut Cursor::new(&iov), 10000, LIMIT), 0);
        output.sent(104);
        assert_eq!(output.data(&mut Cursor::new(&iov), 10000, LIMIT), 100);
    }

    #[test]
    fn a_record_is_accepted_only_if_nothing_waits() {
        let mut output = Output::default();
        let bytes = vec![7; 20000];
        let iov = [IoVec::from_slice(&bytes)];
        assert_eq!(output.data(&mut Cursor::new(&iov), 20000, RECORD), RECORD);
        assert_eq!(output.queued(), 16384);
        output.sent(16384 - 100);
        let accepted = output.data(&mut Cursor::new(&iov), 20000, RECORD);
        assert_eq!(accepted, LIMIT - 100);
    }
}
