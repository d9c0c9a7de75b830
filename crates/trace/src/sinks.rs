//! Who is told of an event.

use core::ffi::{CStr, c_char, c_void};
use core::ptr::{self, NonNull};
use core::sync::atomic::{AtomicPtr, Ordering};

use super::events::{EVENTS, Number};
use super::listeners::{self, SINK};

/// By the number of the event; NULL while nobody listens.
static SINKS: [AtomicPtr<c_void>; EVENTS.len()] =
    [const { AtomicPtr::new(ptr::null_mut()) }; EVENTS.len()];

/// The sink of an event.
pub(super) fn sink(event: Number) -> Option<NonNull<c_void>> {
    // What the function works with was written before it was registered, perhaps by another thread.
    NonNull::new(SINKS[event as usize].load(Ordering::Acquire))
}

/// A function of C for one event, `struct QIOTraceSink` of `qio/trace.h`.
#[repr(C)]
#[derive(Debug)]
pub struct Sink {
    /// The name of the event; NULL ends a list of sinks.
    pub event: *const c_char,
    /// The kinds of its arguments.
    pub kinds: *const c_char,
    /// The function; NULL to be told no longer.
    pub function: Option<unsafe extern "C" fn()>,
}

/// From now on the functions of a list are called for their events. Returns how many of them are: an
/// event that the profile hasn't got, or has with other arguments, is left out.
///
/// # Safety
/// The list ends with an event of NULL. Each function takes the arguments of its kinds, in any
/// thread, for the rest of the process.
pub unsafe fn register(sinks: *const Sink) -> usize {
    let (mut row, mut registered, mut expected) = (sinks, 0, 0);
    loop {
        // SAFETY: the list goes on, since the row before was not its last.
        let sink = unsafe { ptr::read(row) };
        let Sink {
            event,
            kinds,
            function,
        } = sink;
        if event.is_null() {
            return registered;
        }
        // SAFETY: both are C strings by the caller's contract.
        let (event, kinds) = unsafe { (CStr::from_ptr(event), CStr::from_ptr(kinds)) };
        if let Some(number) = find(event, expected) {
            let known = &EVENTS[number];
            if known.known && known.kinds == kinds.to_bytes() {
                let function = function.map_or(ptr::null_mut(), |f| f as *mut c_void);
                SINKS[number].store(function, Ordering::Release);
                listeners::set(number, SINK, !function.is_null());
                registered += 1;
            }
            expected = number + 1;
        }
        // SAFETY: as above.
        row = unsafe { row.add(1) };
    }
}

/// The number of an event. Lists are mostly in the order of the table: looks at `first` before all.
fn find(event: &CStr, first: usize) -> Option<usize> {
    let is_it = |&number: &usize| EVENTS[number].name.as_bytes() == event.to_bytes();
    (first..EVENTS.len())
        .chain(0..first.min(EVENTS.len()))
        .find(is_it)
}

#[cfg(test)]
mod tests {
    use core::ffi::c_int;
    use std::sync::Mutex;

    use super::*;
    use crate::{self as trace, Id};

    /// Sinks are the process's.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    static SEEN: Mutex<Vec<(usize, c_int)>> = Mutex::new(Vec::new());

    unsafe extern "C" fn opened(ioc: *mut c_void, fd: c_int) {
        SEEN.lock().unwrap().push((ioc.addr(), fd));
    }

    fn row(event: *const c_char, kinds: &'static CStr, there: bool) -> Sink {
        // SAFETY: the function is only called with the arguments that it has, `pi`.
        let function = unsafe {
            core::mem::transmute::<unsafe extern "C" fn(*mut c_void, c_int), unsafe extern "C" fn()>(
                opened,
            )
        };
        Sink {
            event,
            kinds: kinds.as_ptr(),
            function: there.then_some(function),
        }
    }

    fn register_one(event: &'static CStr, kinds: &'static CStr, there: bool) -> usize {
        let list = [
            row(event.as_ptr(), kinds, there),
            row(ptr::null(), c"", false),
        ];
        // SAFETY: a list that ends, a function that stays.
        unsafe { register(list.as_ptr()) }
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn a_sink_is_called_until_it_is_taken_away() {
        let _one = ONE_AT_A_TIME.lock();
        let fire = |fd| {
            let id = Id::from(ptr::without_provenance::<u8>(0x1000));
            trace::qio_channel_file_new_fd(id, fd);
        };
        fire(1);
        assert_eq!(register_one(c"qio_channel_file_new_fd", c"pi", true), 1);
        fire(2);
        assert_eq!(register_one(c"qio_channel_file_new_fd", c"pi", false), 1);
        fire(3);
        // Other tests open files, too.
        SEEN.lock().unwrap().retain(|(ioc, _)| *ioc == 0x1000);
        assert_eq!(*SEEN.lock().unwrap(), [(0x1000, 2)]);
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn other_arguments_and_unknown_events_are_left_out() {
        let _one = ONE_AT_A_TIME.lock();
        assert_eq!(register_one(c"qio_channel_file_new_fd", c"pp", true), 0);
        assert_eq!(register_one(c"qio_no_such_event", c"pi", true), 0);
    }
}
