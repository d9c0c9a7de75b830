//! An event on its way to the picture: its number and its arguments, as bytes.

use crate::argument::Value;
use crate::events::{EVENTS, Number};
use platform::journal::{self, Record};

/// Where a text that isn't there has its length.
const NO_TEXT: u32 = u32::MAX;

/// Adds the record of an event.
pub(crate) fn add(event: Number, values: &[&dyn Value]) {
    journal::add_record(|bytes| {
        bytes.push(event as u8);
        values.iter().for_each(|value| value.pack(bytes));
    });
}

/// Appends a number.
pub(crate) fn pack_number(bytes: &mut Vec<u8>, number: u64) {
    bytes.extend(number.to_ne_bytes());
}

/// Appends a text, or that there is none.
pub(crate) fn pack_text(bytes: &mut Vec<u8>, text: Option<&[u8]>) {
    let length = text.map(|text| u32::try_from(text.len()).unwrap_or(0));
    bytes.extend(length.unwrap_or(NO_TEXT).to_ne_bytes());
    bytes.extend_from_slice(text.unwrap_or_default());
}

/// As many arguments as an event has at most.
const MOST: usize = 8;

/// An event that has fired.
pub(super) struct Fired<'a> {
    pub name: &'static str,
    pub time: u64,
    pub thread: u32,
    pub thread_name: &'a [u8],
    numbers: [u64; MOST],
    texts: [Option<&'a [u8]>; MOST],
}

impl<'a> Fired<'a> {
    /// What a record says; None if it isn't one of these.
    pub(super) fn of(record: &Record<'a>) -> Option<Self> {
        let (&number, mut rest) = record.bytes.split_first()?;
        let event = EVENTS.get(usize::from(number))?;
        let mut fired = Self {
            name: event.name,
            time: record.time,
            thread: record.thread,
            thread_name: record.name,
            numbers: [0; MOST],
            texts: [None; MOST],
        };
        let arguments = fired.numbers.iter_mut().zip(&mut fired.texts);
        for (kind, (number, text)) in event.kinds.iter().zip(arguments) {
            if *kind != b's' {
                let (bytes, after) = rest.split_first_chunk()?;
                *number = u64::from_ne_bytes(*bytes);
                rest = after;
                continue;
            }
            let (bytes, after) = rest.split_first_chunk()?;
            rest = after;
            let length = u32::from_ne_bytes(*bytes);
            if length != NO_TEXT {
                let (bytes, after) = rest.split_at_checked(usize::try_from(length).ok()?)?;
                *text = Some(bytes);
                rest = after;
            }
        }
        Some(fired)
    }

    /// Argument `index`, a number or an address.
    pub(super) fn number(&self, index: usize) -> u64 {
        self.numbers[index]
    }

    /// Argument `index`, an int.
    pub(super) fn int(&self, index: usize) -> i64 {
        self.numbers[index].cast_signed()
    }

    /// Argument `index`, a text.
    pub(super) fn text(&self, index: usize) -> Option<String> {
        self.texts[index].map(|text| String::from_utf8_lossy(text).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_event_has_more_arguments_than_fit() {
        assert!(EVENTS.iter().all(|event| event.kinds.len() <= MOST));
        assert!(EVENTS.len() <= 256);
    }

    #[test]
    fn what_was_packed_comes_out() {
        let mut bytes = vec![Number::qio_channel_file_new_path as u8];
        pack_number(&mut bytes, 0x1234);
        pack_text(&mut bytes, Some(b"/tmp/x"));
        (-3..0_i64).for_each(|int| pack_number(&mut bytes, int.cast_unsigned()));
        let record = |bytes| Record {
            time: 5,
            thread: 6,
            name: b"t",
            bytes,
        };
        let fired = Fired::of(&record(&bytes)).unwrap();
        assert_eq!(fired.name, "qio_channel_file_new_path");
        assert_eq!(
            (fired.time, fired.thread, fired.thread_name),
            (5, 6, &b"t"[..])
        );
        assert_eq!((fired.number(0), fired.int(4)), (0x1234, -1));
        assert_eq!(fired.text(1).unwrap(), "/tmp/x");
        assert!(Fired::of(&record(&bytes[..bytes.len() - 1])).is_none());
        let mut bytes = vec![Number::qio_channel_tls_new_client as u8];
        (0..3).for_each(|id| pack_number(&mut bytes, id));
        pack_text(&mut bytes, None);
        assert_eq!(Fired::of(&record(&bytes)).unwrap().text(3), None);
    }
}
