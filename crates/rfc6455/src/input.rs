//! What has come in and was not read yet: at most `CAPACITY` bytes, as they came (W8).
//!
//! Payload is unmasked when it is read, on its way to the reader.

use crate::frame::{BINARY, CLOSE, MessageState, PING, Refusal};
use crate::{Observer, Role, mask};
use platform::os::iov::{Cursor, Writable};

/// Bytes that are held.
const CAPACITY: usize = 64 << 10;

/// What stands for the status of a Close frame that has none (RFC 6455, section 7.1.5).
const NO_STATUS: u16 = 1005;

/// The bytes, and the frame they are in.
#[derive(Default)]
pub struct Input {
    role: Role,
    /// Empty, or of full length.
    raw: Vec<u8>,
    /// The part of it that is in use.
    start: usize,
    end: usize,
    message: MessageState,
    /// Payload of the frame that is still to come.
    remaining: u64,
    /// Its mask, turned so that the first byte is the next one's (R-WS-22).
    mask: [u8; 4],
}

/// What comes next in the stream.
#[derive(PartialEq, Eq, Debug)]
pub enum Event {
    /// Payload for the reader.
    Payload,
    /// Not enough to tell.
    Nothing,
    /// A ping, which has been taken.
    Ping(Vec<u8>),
    /// A ping, which was to stay.
    HeldPing,
    /// A Close frame with this status, `NO_STATUS` where none has come with it. It stays.
    Close(u16),
    /// What isn't allowed. It stays.
    Violation(Refusal),
}

impl Input {
    /// What comes to an endpoint in this role.
    pub fn new(role: Role) -> Self {
        Self {
            role,
            ..Self::default()
        }
    }

    /// Begins with what came behind the request or the response (R-WS-8).
    pub fn begin(&mut self, bytes: &[u8]) {
        let space = self.space();
        space[..bytes.len()].copy_from_slice(bytes);
        self.filled(bytes.len());
    }

    /// Room for more.
    pub fn space(&mut self) -> &mut [u8] {
        if self.raw.is_empty() {
            // Zeroed by the allocator: a build without optimisation would write byte after byte.
            self.raw = vec![0; CAPACITY];
        }
        if self.start > 0 {
            self.raw.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        &mut self.raw[self.end..]
    }

    /// So many bytes of the room were filled.
    pub fn filled(&mut self, bytes: usize) {
        self.end = self.raw.len().min(self.end + bytes);
    }

    /// Whether a frame has begun that isn't there as a whole.
    pub fn is_inside_frame(&self) -> bool {
        self.remaining > 0 || self.start < self.end
    }

    /// Goes on to the next event; pongs and empty frames vanish. A ping is taken if `takes_ping` (R-WS-21, R-WS-27).
    #[inline]
    pub fn next_event(&mut self, takes_ping: bool, observer: &impl Observer) -> Event {
        if self.start == self.end {
            return Event::Nothing;
        }
        if self.remaining > 0 {
            return Event::Payload;
        }
        self.next_frame(takes_ping, observer)
    }

    /// As `next_event`, where a frame begins.
    fn next_frame(&mut self, takes_ping: bool, observer: &impl Observer) -> Event {
        loop {
            let bytes = &mut self.raw[self.start..self.end];
            let header = match self.message.parse(self.role, bytes, observer) {
                Ok(Some(header)) if header.opcode == CLOSE => {
                    return Event::Close(close_status(bytes));
                }
                Ok(Some(header)) => header,
                Ok(None) => return Event::Nothing,
                Err(refusal) => return Event::Violation(refusal),
            };
            if header.opcode == BINARY {
                self.message.advance(&header);
                self.start += header.length;
                self.remaining = header.payload;
                self.mask = header.mask;
                if self.remaining == 0 {
                    continue;
                }
                return if self.start == self.end {
                    Event::Nothing
                } else {
                    Event::Payload
                };
            }
            // A control frame is at most 125 bytes long, and waited for (R-WS-24).
            let length = usize::try_from(header.payload).unwrap_or(usize::MAX);
            let Some(payload) = bytes[header.length..].get_mut(..length) else {
                return Event::Nothing;
            };
            if header.opcode == PING && !takes_ping {
                return Event::HeldPing;
            }
            self.start += header.length + length;
            if header.opcode == PING {
                mask::apply(payload, header.mask);
                return Event::Ping(payload.to_vec());
            }
        }
    }

    /// Whether there is nothing that a reader might want.
    pub fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// Moves payload to the reader; how much there was room for.
    #[inline]
    pub fn take(
        &mut self,
        target: &mut Cursor<'_, '_, Writable>,
        most: usize,
        observer: &impl Observer,
    ) -> usize {
        let remaining = usize::try_from(self.remaining).unwrap_or(usize::MAX);
        let length = (self.end - self.start).min(remaining).min(most);
        let payload = &self.raw[self.start..self.start + length];
        let taken = target.put_masked(payload, self.mask);
        self.start += taken;
        self.remaining -= taken as u64;
        self.mask.rotate_left(taken % 4);
        observer.payload(BINARY, remaining - taken);
        taken
    }
}

/// The status that a Close frame carries, as far as it is there: the rest is not waited for.
fn close_status(frame: &[u8]) -> u16 {
    const MASKED: u8 = 0x80;
    match *frame {
        [_, short, m0, m1, _, _, a, b, ..] if short & MASKED != 0 && short & !MASKED >= 2 => {
            u16::from_be_bytes([a ^ m0, b ^ m1])
        }
        [_, short, a, b, ..] if short & MASKED == 0 && short >= 2 => u16::from_be_bytes([a, b]),
        _ => NO_STATUS,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use platform::os::iov::IoVec;

    fn read(input: &mut Input, most: usize) -> Vec<u8> {
        let mut bytes = vec![0; most];
        let iov = [IoVec::from_mut(&mut bytes)];
        let taken = input.take(&mut Cursor::new(&iov), most, &());
        bytes.truncate(taken);
        bytes
    }

    #[test]
    fn pieces_of_any_size_make_the_same_payload() {
        let plain: Vec<u8> = (0..200).collect();
        let mut masked = plain.clone();
        mask::apply(&mut masked, [7, 8, 9, 10]);
        let mut frame = vec![0x82, 0xfe, 0, 200, 7, 8, 9, 10];
        frame.extend(masked);
        // Miri takes its time for each byte.
        let (chunks, mosts) = if cfg!(miri) { (18, 7) } else { (1, 1) };
        for chunk in (1..20).step_by(chunks) {
            for most in (1..9).step_by(mosts) {
                let mut input = Input::default();
                let mut got = Vec::new();
                for piece in frame.chunks(chunk) {
                    input.begin(piece);
                    while input.next_event(true, &()) == Event::Payload {
                        got.extend(read(&mut input, most));
                    }
                }
                assert_eq!(got, plain);
                assert!(!input.is_inside_frame());
            }
        }
    }

    #[test]
    fn a_ping_between_fragments_is_taken_out_exactly() {
        let mut input = Input::default();
        input.begin(&[
            0x02,
            0x81,
            0,
            0,
            0,
            0,
            b'a',
            0x89,
            0x82,
            1,
            1,
            1,
            1,
            b'h' ^ 1,
            b'i' ^ 1,
        ]);
        input.begin(&[0x80, 0x81, 0, 0, 0, 0, b'b', 0x8a, 0x80, 0, 0, 0, 0, 0x88]);
        assert_eq!(input.next_event(true, &()), Event::Payload);
        assert_eq!(read(&mut input, 9), b"a");
        assert_eq!(input.next_event(false, &()), Event::HeldPing);
        assert_eq!(input.next_event(true, &()), Event::Ping(b"hi".to_vec()));
        assert_eq!(input.next_event(true, &()), Event::Payload);
        assert_eq!(read(&mut input, 9), b"b");
        assert_eq!(input.next_event(true, &()), Event::Nothing);
        assert!(input.is_inside_frame());
        input.begin(&[0, 0, 0, 0, 0]);
        assert_eq!(input.next_event(true, &()), Event::Close(NO_STATUS));
        assert_eq!(input.next_event(true, &()), Event::Close(NO_STATUS));
    }

    #[test]
    fn a_close_frame_tells_its_status_as_far_as_it_is_there() {
        let close = [0x88, 0x83, 1, 2, 3, 4, 0x03 ^ 1, 0xe9 ^ 2, b'!' ^ 3];
        for (bytes, status) in [(6, NO_STATUS), (7, NO_STATUS), (8, 1001), (9, 1001)] {
            let mut input = Input::default();
            input.begin(&close[..bytes]);
            assert_eq!(input.next_event(true, &()), Event::Close(status), "{bytes}");
        }
    }
}
