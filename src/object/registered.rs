//! What the registry knows of a channel, for dumps: the number of its slot stands in the struct, where the
//! ABI has nothing.

use core::mem::offset_of;

use super::channel::Channel;
use super::waiting::Direction;
use abi::layout::QIOChannel;
use platform::sync::atomic::{AtomicU16, Ordering};
use registry::channel::{self, Record};

/// Conditions of a watch: `G_IO_IN` and `G_IO_OUT`.
const IN: u32 = glib_sys::G_IO_IN;
const OUT: u32 = glib_sys::G_IO_OUT;

const PLACE: usize = offset_of!(QIOChannel, features) + size_of::<u32>();
// Between two fields, in every profile.
const _: () = assert!(PLACE + size_of::<u32>() == offset_of!(QIOChannel, name));

impl Channel {
    #[inline]
    fn record_place(&self) -> &AtomicU16 {
        // SAFETY: inside the struct, which lives as long as `self`.
        let place = unsafe { self.as_ptr().byte_add(PLACE) };
        // SAFETY: two aligned bytes that are no field's; all of the library accesses them atomically. They are 0
        // in a new instance.
        unsafe { AtomicU16::from_ptr(place.cast()) }
    }

    /// The channel's record. That of nobody before the channel has one.
    #[inline]
    pub fn record(&self) -> Record {
        Record::new(self.record_place().load(Ordering::Relaxed))
    }

    /// Gives a new instance a record.
    pub fn begin_record(&self) {
        let record = Record::begin(self.as_ptr().cast(), self.class_id());
        self.record_place().store(record.get(), Ordering::Relaxed);
    }

    /// Ends the record of an instance that goes.
    pub fn end_record(&self) {
        self.record().end();
        self.record_place().store(0, Ordering::Relaxed);
    }
}

impl From<Direction> for channel::Direction {
    fn from(direction: Direction) -> Self {
        match direction {
            Direction::Read => Self::Read,
            Direction::Write => Self::Write,
        }
    }
}

/// A watch of a channel, as long as its source is there. It doesn't outlive the source's reference on the
/// channel.
#[derive(Debug)]
pub struct Watched {
    record: Record,
    condition: u32,
}

impl Watched {
    /// There is a watch more.
    pub fn new(channel: &Channel, condition: u32) -> Self {
        let record = channel.record();
        record.add_watch(condition & IN != 0, condition & OUT != 0);
        Self { record, condition }
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.record
            .remove_watch(self.condition & IN != 0, self.condition & OUT != 0);
    }
}
