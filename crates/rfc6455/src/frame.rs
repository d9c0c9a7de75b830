//! Frames: their headers and the rules of their order (RFC 6455 section 5).

use crate::{Observer, Role};

/// The opcode of a continuation frame (RFC 6455 section 11.8).
const CONTINUATION: u8 = 0;
/// The opcode of a binary frame.
pub const BINARY: u8 = 2;
/// The opcode of a Close frame.
pub const CLOSE: u8 = 8;
/// The opcode of a ping.
pub(crate) const PING: u8 = 9;
/// The opcode of a pong.
pub const PONG: u8 = 10;

/// The shortest header of a masked frame: none of those is looked at before (R-WS-18).
const HEADER_MIN: usize = 6;
/// The longest payload of a control frame (RFC 6455 section 5.5).
const CONTROL_MAX: usize = 125;

/// Why a stream is refused, with the status that its Close frame carries.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// Its status code (RFC 6455 section 7.4).
    pub status: u16,
    /// Its text.
    pub reason: &'static str,
}

const fn refused<T>(status: u16, reason: &'static str) -> Result<T, Refusal> {
    Err(Refusal { status, reason })
}

/// The header of a frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Header {
    /// The effective one: a continuation has its message's, which is binary.
    pub opcode: u8,
    /// Whether its message ends with it.
    pub fin: bool,
    /// Bytes of the header.
    pub length: usize,
    /// Bytes behind it.
    pub payload: u64,
    /// The masking key.
    pub mask: [u8; 4],
}

/// How far the message is, between two frames.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct MessageState {
    /// A message has begun and not ended.
    in_message: bool,
    /// Some message has ended.
    after_message: bool,
}

impl MessageState {
    /// Goes on behind a frame.
    pub fn advance(&mut self, header: &Header) {
        if header.opcode == BINARY {
            self.in_message = !header.fin;
            self.after_message |= header.fin;
        }
    }

    /// The header at the beginning of `bytes`; None if it isn't complete. The order of the checks is
    /// R-WS-18's, what is refused and what is tolerated R-WS-20's.
    #[inline]
    pub fn parse(
        &self,
        role: Role,
        bytes: &[u8],
        observer: &impl Observer,
    ) -> Result<Option<Header>, Refusal> {
        let [first, second, rest @ ..] = bytes else {
            return Ok(None);
        };
        let is_masked = second & 0x80 != 0;
        // What a client doesn't mask is refused, and what a server masks, and needs no more bytes for that
        // (RFC 6455 section 5.1).
        if is_masked && role == Role::Server && bytes.len() < HEADER_MIN {
            return Ok(None);
        }
        let (fin, opcode) = (first & 0x80 != 0, first & 0x0f);
        let short = second & 0x7f;
        let split = |opcode| {
            observer.frame_begins(short, first & 0x80, opcode, second & 0x80);
        };
        if opcode == CLOSE {
            split(opcode);
            return Ok(Some(Header {
                opcode,
                fin,
                length: 2,
                payload: 0,
                mask: [0; 4],
            }));
        }
        let opcode = self.effective_opcode(opcode, fin)?;
        split(opcode);
        if first & 0x70 != 0 {
            return refused(1002, "reserved bits are set");
        }
        match (role, is_masked) {
            (Role::Server, false) => return refused(1002, "client frames must be masked"),
            (Role::Client, true) => return refused(1002, "server frames must not be masked"),
            _ => {}
        }
        if opcode >= CLOSE && usize::from(short) > CONTROL_MAX {
            return refused(1002, "control frame is too large");
        }
        let (payload, rest) = match short {
            126 => match rest {
                [a, b, rest @ ..] => (u64::from(u16::from_be_bytes([*a, *b])), rest),
                _ => return Ok(None),
            },
            127 => match rest.split_first_chunk::<8>() {
                Some((long, rest)) => (u64::from_be_bytes(*long), rest),
                None => return Ok(None),
            },
            _ => (u64::from(short), rest),
        };
        if payload >> 63 != 0 {
            return refused(1002, "payload length is out of range");
        }
        let (mask, rest) = match (is_masked, rest.split_first_chunk::<4>()) {
            (false, _) => ([0; 4], rest),
            (true, Some((mask, rest))) => (*mask, rest),
            (true, None) => return Ok(None),
        };
        let length = bytes.len() - rest.len();
        observer.header(length, payload, mask);
        Ok(Some(Header {
            opcode,
            fin,
            length,
            payload,
            mask,
        }))
    }

    /// What a frame of this opcode is, here (R-WS-19, R-WS-23).
    fn effective_opcode(self, opcode: u8, fin: bool) -> Result<u8, Refusal> {
        match opcode {
            CONTINUATION if self.in_message => Ok(BINARY),
            CONTINUATION if self.after_message => refused(1002, "there is nothing to continue"),
            BINARY if self.in_message => refused(1002, "the message before has not ended"),
            BINARY => Ok(BINARY),
            _ if !fin => refused(1008, "only binary messages may be fragmented"),
            PING | PONG => Ok(opcode),
            _ => refused(1003, "only binary frames are supported"),
        }
    }
}

/// Writes the header of a frame that is sent: whole, of minimal length (R-WS-16), without a masking key.
pub fn header(space: &mut [u8; 10], opcode: u8, payload: usize) -> &mut [u8] {
    space[0] = 0x80 | opcode;
    let end = match (u8::try_from(payload), u16::try_from(payload)) {
        (Ok(short), _) if payload <= CONTROL_MAX => {
            space[1] = short;
            2
        }
        (_, Ok(medium)) => {
            space[1] = 126;
            space[2..4].copy_from_slice(&medium.to_be_bytes());
            4
        }
        _ => {
            space[1] = 127;
            space[2..].copy_from_slice(&(payload as u64).to_be_bytes());
            10
        }
    };
    &mut space[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(in_message: bool, after_message: bool) -> MessageState {
        MessageState {
            in_message,
            after_message,
        }
    }

    fn parse(state: MessageState, first: u8, second: u8) -> Result<Option<Header>, Refusal> {
        state.parse(Role::Server, &[first, second, 1, 2, 3, 4], &())
    }

    fn status(state: MessageState, first: u8, second: u8) -> u16 {
        parse(state, first, second).unwrap_err().status
    }

    #[test]
    fn violations_have_their_status() {
        let start = MessageState::default();
        for opcode in [1, 9, 10, 0] {
            assert_eq!(status(start, opcode, 0x80), 1008, "{opcode}");
        }
        for opcode in [0, 1, 3, 4, 5, 6, 7, 11, 12, 13, 14, 15] {
            assert_eq!(status(start, 0x80 | opcode, 0x80), 1003, "{opcode}");
        }
        assert_eq!(status(start, 0x82, 0), 1002);
        for (first, second) in [
            (0x82, 0),
            (0x82, 1),
            (0x89, 0),
            (0x8a, 125),
            (0x82, 126),
            (0x82, 127),
        ] {
            let refused = start
                .parse(Role::Server, &[first, second], &())
                .unwrap_err();
            assert_eq!(refused.status, 1002, "{first} {second}");
        }
        let close = start.parse(Role::Server, &[0x88, 0], &()).unwrap().unwrap();
        assert_eq!(close.opcode, CLOSE);
        for rsv in [0x10, 0x20, 0x40] {
            assert_eq!(status(start, 0x82 | rsv, 0x80), 1002);
        }
        for long in [126, 127] {
            assert_eq!(status(start, 0x89, 0x80 | long), 1002);
        }
        assert_eq!(status(state(false, true), 0x80, 0x80), 1002);
        assert_eq!(status(state(true, false), 0x82, 0x80), 1002);
        let huge = [0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4];
        assert_eq!(
            start.parse(Role::Server, &huge, &()).unwrap_err().status,
            1002
        );
    }

    #[test]
    fn a_header_may_end_anywhere() {
        for payload in [0usize, 125, 126, 65535, 65536] {
            let mut bytes = header(&mut [0; 10], BINARY, payload).to_vec();
            bytes[1] |= 0x80;
            bytes.extend([1, 2, 3, 4]);
            for end in 0..bytes.len() {
                assert_eq!(
                    MessageState::default().parse(Role::Server, &bytes[..end], &()),
                    Ok(None)
                );
            }
            let length = bytes.len();
            bytes.push(0);
            let header = MessageState::default()
                .parse(Role::Server, &bytes, &())
                .unwrap()
                .unwrap();
            assert_eq!((header.length, header.payload), (length, payload as u64));
            assert_eq!(header.mask, [1, 2, 3, 4]);
        }
    }

    #[test]
    fn a_servers_frames_are_not_masked() {
        for payload in [0usize, 125, 126, 65535, 65536] {
            let bytes = header(&mut [0; 10], BINARY, payload).to_vec();
            for end in 0..bytes.len() {
                let part = &bytes[..end];
                assert_eq!(
                    MessageState::default().parse(Role::Client, part, &()),
                    Ok(None)
                );
            }
            let header = MessageState::default().parse(Role::Client, &bytes, &());
            let header = header.unwrap().unwrap();
            assert_eq!(
                (header.length, header.payload),
                (bytes.len(), payload as u64)
            );
            assert_eq!(header.mask, [0; 4]);
        }
        for opcode in [BINARY, PING, PONG] {
            let masked = [0x80 | opcode, 0x80];
            let refused = MessageState::default().parse(Role::Client, &masked, &());
            assert_eq!(refused.unwrap_err().status, 1002);
        }
        let close = MessageState::default().parse(Role::Client, &[0x88, 0], &());
        assert_eq!(close.unwrap().unwrap().opcode, CLOSE);
    }

    #[test]
    fn control_frames_leave_a_message_alone() {
        let mut message = MessageState::default();
        for (first, opcode) in [(0x02, BINARY), (0x89, PING), (0x00, BINARY), (0x80, BINARY)] {
            let header = parse(message, first, 0x80).unwrap().unwrap();
            assert_eq!(header.opcode, opcode);
            message.advance(&header);
        }
        assert_eq!(message, state(false, true));
    }
}
