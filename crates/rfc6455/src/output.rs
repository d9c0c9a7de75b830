//! What was accepted from the writer and has not gone out yet.

use crate::Role;
use crate::frame::{self, BINARY, CLOSE, PONG};
use crate::mask::{self, Keys};
use platform::os::iov::Cursor;

/// Bytes that are accepted before the writer must wait (R-WS-17).
pub const LIMIT: usize = 8192;
/// Payload of a server's frame that fills a TLS record together with its header. Over a master that must be
/// offered the same again, one such frame may wait if nothing else does (R-WS-17).
pub const RECORD: usize = 16384 - 4;

/// Frames in the order they go out.
#[derive(Default)]
pub struct Output {
    bytes: Vec<u8>,
    /// How many of them have gone out.
    start: usize,
    /// Of a client's frames.
    keys: Option<Box<Keys>>,
}

/// The kernel has no random bytes for a masking key. Nothing was queued.
pub type NoKey = getrandom::Error;

impl Output {
    /// What goes out from an endpoint in this role.
    pub fn new(role: Role) -> Self {
        Self {
            keys: (role == Role::Client).then(Box::default),
            ..Self::default()
        }
    }

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

    /// Whether payloads are masked: then they have to be queued.
    pub fn masks(&self) -> bool {
        self.keys.is_some()
    }

    /// Payload of a frame that fills a TLS record together with its header.
    pub fn record(&self) -> usize {
        RECORD
            - if self.masks() {
                size_of::<[u8; 4]>()
            } else {
                0
            }
    }

    /// Queues a frame whose payload, of that size, the function appends; the header's size.
    fn frame(
        &mut self,
        opcode: u8,
        size: usize,
        append: impl FnOnce(&mut Vec<u8>),
    ) -> Result<usize, NoKey> {
        let key = self.keys.as_mut().map(|keys| keys.fresh()).transpose()?;
        self.bytes.drain(..self.start);
        self.start = 0;
        let begin = self.bytes.len();
        let mut space = [0; 10];
        let header = frame::header(&mut space, opcode, size);
        if let Some(key) = key {
            header[1] |= 0x80;
            self.bytes.extend_from_slice(header);
            self.bytes.extend_from_slice(&key);
        } else {
            self.bytes.extend_from_slice(header);
        }
        let payload = self.bytes.len();
        append(&mut self.bytes);
        if let Some(key) = key {
            mask::apply(&mut self.bytes[payload..], key);
        }
        Ok(payload - begin)
    }

    /// Queues one frame of what the writer offers; how much of it was accepted. `largest` is what a
    /// frame may have that nothing waits before.
    pub fn data(
        &mut self,
        source: &mut Cursor<'_, '_>,
        offered: usize,
        largest: usize,
    ) -> Result<usize, NoKey> {
        let most = if self.queued() == 0 { largest } else { LIMIT };
        let accepted = offered.min(most.saturating_sub(self.queued()));
        if accepted > 0 {
            self.frame(BINARY, accepted, |bytes| source.append_to(bytes, accepted))?;
        }
        Ok(accepted)
    }

    /// Whether a pong may be queued: what waits is bounded (R-WS-26).
    pub fn has_room_for_pong(&self) -> bool {
        self.queued() < LIMIT
    }

    /// Queues a pong; the header's size.
    pub fn pong(&mut self, payload: &[u8]) -> Result<usize, NoKey> {
        self.frame(PONG, payload.len(), |bytes| bytes.extend(payload))
    }

    /// Announces the end; the header's size.
    pub fn close(&mut self, status: u16, reason: &str) -> Result<usize, NoKey> {
        self.frame(CLOSE, 2 + reason.len(), |bytes| {
            bytes.extend(status.to_be_bytes());
            bytes.extend(reason.as_bytes());
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use platform::os::iov::IoVec;

    #[test]
    fn pongs_go_out_in_their_order() {
        let mut output = Output::default();
        output.pong(b"one").unwrap();
        output.pong(b"two").unwrap();
        assert_eq!(output.pending(), b"\x8a\x03one\x8a\x03two");
        output.sent(4);
        output.pong(b"").unwrap();
        assert_eq!(output.pending(), b"e\x8a\x03two\x8a\0");
    }

    #[test]
    fn pongs_are_bounded() {
        let mut output = Output::default();
        while output.has_room_for_pong() {
            output.pong(&[0; 125]).unwrap();
        }
        assert!((LIMIT..LIMIT + 127).contains(&output.queued()));
    }

    #[test]
    fn no_more_is_accepted_than_has_room() {
        let mut output = Output::default();
        let bytes = vec![7; 10000];
        let iov = [IoVec::from_slice(&bytes)];
        assert_eq!(
            output.data(&mut Cursor::new(&iov), 10000, LIMIT).unwrap(),
            LIMIT
        );
        assert_eq!(&output.pending()[..5], [0x82, 126, 0x20, 0, 7]);
        assert_eq!(
            output.data(&mut Cursor::new(&iov), 10000, LIMIT).unwrap(),
            0
        );
        output.sent(104);
        assert_eq!(
            output.data(&mut Cursor::new(&iov), 10000, LIMIT).unwrap(),
            100
        );
    }

    #[test]
    fn a_record_is_accepted_only_if_nothing_waits() {
        let mut output = Output::default();
        let bytes = vec![7; 20000];
        let iov = [IoVec::from_slice(&bytes)];
        assert_eq!(
            output.data(&mut Cursor::new(&iov), 20000, RECORD).unwrap(),
            RECORD
        );
        assert_eq!(output.queued(), 16384);
        output.sent(16384 - 100);
        let accepted = output.data(&mut Cursor::new(&iov), 20000, RECORD).unwrap();
        assert_eq!(accepted, LIMIT - 100);
    }

    /// Takes a client's frame from the queue: its opcode and payload.
    fn unmasked(output: &mut Output) -> (u8, Vec<u8>) {
        let mut bytes = output.pending().to_vec();
        assert!(bytes[1] & 0x80 != 0);
        let header = frame::MessageState::default().parse(Role::Server, &bytes, &());
        let header = header.unwrap().unwrap();
        // A Close frame is known before its length is.
        let length = if header.opcode == CLOSE {
            6
        } else {
            header.length
        };
        let key = [
            bytes[length - 4],
            bytes[length - 3],
            bytes[length - 2],
            bytes[length - 1],
        ];
        let mut payload = bytes.split_off(length);
        mask::apply(&mut payload, key);
        output.clear();
        (header.opcode, payload)
    }

    #[test]
    fn a_client_masks_all_frames() {
        let mut output = Output::new(Role::Client);
        // Miri takes its time for each byte.
        let large = if cfg!(miri) { 300 } else { LIMIT };
        for size in [1, 5, 125, 126, large] {
            let bytes: Vec<u8> = (0..size).map(|i| u8::try_from(i % 251).unwrap()).collect();
            let iov = [IoVec::from_slice(&bytes)];
            let accepted = output.data(&mut Cursor::new(&iov), size, LIMIT).unwrap();
            assert_eq!(accepted, size);
            assert_eq!(unmasked(&mut output), (BINARY, bytes));
        }
        assert_eq!(output.pong(b"ping").unwrap(), 6);
        assert_eq!(unmasked(&mut output), (PONG, b"ping".to_vec()));
        assert_eq!(output.close(1000, "end").unwrap(), 6);
        assert_eq!(unmasked(&mut output), (CLOSE, b"\x03\xe8end".to_vec()));
        if cfg!(miri) {
            return;
        }
        let bytes = vec![7; 20000];
        let iov = [IoVec::from_slice(&bytes)];
        let record = output.record();
        output.data(&mut Cursor::new(&iov), 20000, record).unwrap();
        assert_eq!(output.queued(), 16384);
    }
}
