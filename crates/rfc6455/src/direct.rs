//! Frames that go out without being queued first: headers and the writer's memory in one transfer.

use crate::Observer;
use crate::frame::{self, BINARY};
use crate::output::{LIMIT, Output, RECORD};
use platform::os::iov::{Cursor, IoVec};

/// Elements of a writer's vector that are sent so; of more, the bytes are queued.
pub const ELEMENTS_MAX: usize = 32;
/// Frames in one transfer, each of which may cut an element in two.
const FRAMES: usize = 16;
/// The header of the largest frames.
const HEADER: usize = 4;

/// Sends what the cursor stands before, as much as the transport takes. A frame is accepted when its
/// first byte has gone out; the rest of it is queued (R-WS-17). Returns the accepted payload.
///
/// `one_by_one`: no frame is offered before the one before it has gone out, because the transport
/// may have to be offered the same again (R-TLS-40). Such a frame fills a TLS record.
pub fn send<E>(
    source: &mut Cursor<'_, '_>,
    offered: usize,
    one_by_one: bool,
    output: &mut Output,
    observer: &impl Observer,
    mut transfer: impl FnMut(&[IoVec<'_>]) -> Result<usize, E>,
) -> Result<usize, E> {
    if offered <= LIMIT && source.elements() <= 2 {
        return batch::<1, 4, E>(source, offered, LIMIT, output, observer, &mut transfer);
    }
    let mut accepted = 0;
    while accepted < offered && output.queued() == 0 {
        let left = offered - accepted;
        let (wanted, largest, send) = if one_by_one {
            (
                left.min(RECORD),
                RECORD,
                batch::<1, { ELEMENTS_MAX + 2 }, E> as Batch<_, _, E>,
            )
        } else {
            let send = batch::<FRAMES, { ELEMENTS_MAX + 2 * FRAMES }, E>;
            (left.min(FRAMES * LIMIT), LIMIT, send as Batch<_, _, E>)
        };
        let taken = send(source, wanted, largest, output, observer, &mut transfer)?;
        accepted += taken;
        if taken < wanted {
            break;
        }
    }
    Ok(accepted)
}

type Batch<O, T, E> =
    fn(&mut Cursor<'_, '_>, usize, usize, &mut Output, &O, &mut T) -> Result<usize, E>;

/// One transfer of up to `FRAMES` frames with at most `largest` bytes each, in `ELEMENTS` pieces of memory.
fn batch<const FRAMES: usize, const ELEMENTS: usize, E>(
    source: &mut Cursor<'_, '_>,
    wanted: usize,
    largest: usize,
    output: &mut Output,
    observer: &impl Observer,
    transfer: &mut impl FnMut(&[IoVec<'_>]) -> Result<usize, E>,
) -> Result<usize, E> {
    let mut headers = [[0; 10]; FRAMES];
    let mut elements = [IoVec::EMPTY; ELEMENTS];
    let (mut used, mut planned, mut total) = (0, 0, 0);
    for space in &mut headers {
        let payload = largest.min(wanted - planned);
        if payload == 0 {
            break;
        }
        let header = frame::header(space, BINARY, payload);
        total += header.len() + payload;
        elements[used] = IoVec::from_slice(header);
        used += 1;
        let mut left = payload;
        while let Some(piece) = source.piece(left) {
            left -= piece.len();
            elements[used] = piece;
            used += 1;
            if left == 0 {
                break;
            }
        }
        planned += payload;
    }
    let elements = &elements[..used];
    let sent = transfer(elements)?;
    // All frames but the last are of one size.
    let begun = sent.min(total).div_ceil(largest + HEADER);
    for at in 0..begun {
        let payload = largest.min(planned - at * largest);
        let length = frame::header(&mut [0; 10], BINARY, payload).len();
        observer.encoded(BINARY, length, payload);
    }
    if sent >= total {
        return Ok(planned);
    }
    let end = total.min(begun * (largest + HEADER));
    let mut rest = Cursor::new(elements);
    rest.advance(sent);
    output.rest(&mut rest, end - sent);
    Ok(planned.min(begun * largest))
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: usize = LIMIT + HEADER;

    /// Byte `i` of what is written.
    fn byte(i: usize) -> u8 {
        u8::try_from(i % 251).unwrap()
    }

    /// What arrives if the transport takes at most `first` bytes, then everything.
    fn sent(payload: usize, cuts: &[usize], first: usize, one_by_one: bool) -> (usize, Vec<u8>) {
        let mut memory: Vec<Vec<u8>> = Vec::new();
        let mut at = 0;
        for end in cuts.iter().copied().chain([payload]) {
            memory.push((at..end).map(byte).collect());
            at = end;
        }
        let iov: Vec<_> = memory.iter().map(|m| IoVec::from_slice(m)).collect();
        let (mut output, mut wire, mut calls) = (Output::default(), Vec::new(), 0);
        let accepted = send(
            &mut Cursor::new(&iov),
            payload,
            one_by_one,
            &mut output,
            &(),
            |elements| {
                calls += 1;
                let total: usize = elements.iter().map(IoVec::len).sum();
                let most = if calls == 1 { total.min(first) } else { 0 };
                Cursor::new(elements).append_to(&mut wire, most);
                Ok::<_, ()>(most)
            },
        )
        .unwrap();
        let largest = if one_by_one { RECORD } else { LIMIT };
        assert!(output.queued() <= largest + HEADER);
        wire.extend_from_slice(output.pending());
        (accepted, wire)
    }

    /// The payload of whole frames.
    fn payload(mut wire: &[u8]) -> Vec<u8> {
        let mut payload = Vec::new();
        while let [0x82, short, rest @ ..] = wire {
            let (length, rest) = match (*short, rest) {
                (126, [a, b, rest @ ..]) => (usize::from(u16::from_be_bytes([*a, *b])), rest),
                (short, rest) => (usize::from(short), rest),
            };
            payload.extend_from_slice(&rest[..length]);
            wire = &rest[length..];
        }
        assert!(wire.is_empty());
        payload
    }

    #[test]
    fn whatever_is_accepted_arrives_in_whole_frames() {
        let all = [
            (64, vec![]),
            (100, vec![1, 2, 3, 50]),
            (LIMIT, vec![10]),
            (3 * LIMIT + 5, vec![7, LIMIT, LIMIT + 1, 20000]),
        ];
        // Miri takes its time for each byte.
        let count = if cfg!(miri) { 2 } else { all.len() };
        for (size, cuts) in all.into_iter().take(count) {
            for first in [
                1,
                2,
                3,
                5,
                60,
                WHOLE - 1,
                WHOLE,
                WHOLE + 1,
                2 * WHOLE + 9,
                99999,
            ] {
                for one_by_one in [false, true] {
                    let (accepted, wire) = sent(size, &cuts, first, one_by_one);
                    assert!(accepted > 0 && accepted <= size);
                    let expected: Vec<u8> = (0..accepted).map(byte).collect();
                    assert_eq!(payload(&wire), expected, "{size} {first} {one_by_one}");
                }
            }
        }
    }

    #[test]
    fn one_by_one_frames_fill_tls_records() {
        let bytes = vec![7; 40000];
        let iov = [IoVec::from_slice(&bytes)];
        let (mut output, mut offered) = (Output::default(), Vec::new());
        let accepted = send(
            &mut Cursor::new(&iov),
            bytes.len(),
            true,
            &mut output,
            &(),
            |elements| {
                offered.push(elements.iter().map(IoVec::len).sum());
                Ok::<_, ()>(offered[offered.len() - 1])
            },
        );
        assert_eq!(accepted.unwrap(), bytes.len());
        assert_eq!(offered, [16384, 16384, 40000 - 2 * RECORD + HEADER]);
    }

    #[test]
    fn nothing_is_accepted_if_nothing_goes_out() {
        let (accepted, wire) = sent(100, &[], 0, false);
        assert_eq!((accepted, wire.len()), (0, 0));
    }
}
