//! The descriptors of a context: at most one registration each.

use core::ffi::{c_int, c_void};
use core::mem;

use platform::glib::condition::{IN, OUT};

use abi::layout::IOHandler;
use platform::glib::{FdTag, Source};
use platform::os::poll::Entry;

/// The handlers that a poll's result calls for: reading, writing (R-LOOP-5).
///
/// `poll` reports hang-ups, errors and descriptors that aren't open without being asked, for as long
/// as they last. They are both directions' business: a UNIX socket that was shut down while it was
/// full is hung up and never writable again. A result that calls for no handler would have the loop
/// turn and turn.
fn called_for(revents: u32) -> (bool, bool) {
    let unasked = revents & !(IN | OUT) != 0;
    (unasked || revents & IN != 0, unasked || revents & OUT != 0)
}

/// The registrations of a context.
#[derive(Default)]
pub(super) struct Handlers {
    list: Vec<Registration>,
    last_id: u64,
}

struct Registration {
    fd: c_int,
    /// Distinguishes it from those before it for the same descriptor.
    id: u64,
    read: IOHandler,
    write: IOHandler,
    opaque: *mut c_void,
    /// A poll found it ready to read, and no handler has been run for that.
    readable: bool,
    /// The same for writing.
    writable: bool,
    tag: Option<FdTag>,
}

// SAFETY: the data is the program's, which knows which threads poll the context.
unsafe impl Send for Registration {}

/// A handler to be run.
pub(super) struct Ready {
    handler: unsafe extern "C" fn(*mut c_void),
    opaque: *mut c_void,
}

impl Ready {
    pub(super) fn run(self) {
        // SAFETY: registered for this thread with this data, and not removed when it was looked
        // for (R-LOOP-5).
        unsafe { (self.handler)(self.opaque) }
    }
}

impl Registration {
    /// What to poll for.
    fn events(&self) -> u32 {
        let read = if self.read.is_some() { IN } else { 0 };
        let write = if self.write.is_some() { OUT } else { 0 };
        read | write
    }
}

impl Handlers {
    /// Replaces, adds or removes (both handlers None) the registration of `fd`.
    ///
    /// # Safety
    /// `source` is the one source of this table.
    pub(super) unsafe fn set(
        &mut self,
        source: &Source,
        fd: c_int,
        (read, write, opaque): (IOHandler, IOHandler, *mut c_void),
    ) {
        let old = self.list.iter().position(|entry| entry.fd == fd);
        let old = old.map(|index| self.list.remove(index));
        self.last_id += 1;
        let mut new = Registration {
            fd,
            id: self.last_id,
            read,
            write,
            opaque,
            readable: false,
            writable: false,
            tag: None,
        };
        let (events, old_events) = (new.events(), old.as_ref().map_or(0, Registration::events));
        let tag = old.and_then(|old| old.tag);
        if events == 0 {
            if let Some(tag) = tag {
                // SAFETY: of this source, by the contract.
                unsafe { source.remove_fd(tag) };
            }
            return;
        }
        if let Some(tag) = &tag
            && events != old_events
        {
            // SAFETY: as above.
            unsafe { source.modify_fd(tag, events) };
        }
        new.tag = tag.or_else(|| source.add_fd(fd, events));
        self.list.push(new);
    }

    /// Adds what to poll; returns of which registrations that is.
    pub(super) fn add_entries(&self, entries: &mut Vec<Entry>) -> Vec<u64> {
        let new = |entry: &Registration| Entry::new(entry.fd, entry.events());
        entries.extend(self.list.iter().map(new));
        self.list.iter().map(|entry| entry.id).collect()
    }

    /// Marks the registrations that a poll found ready and that are still there.
    pub(super) fn mark_ready(&mut self, ids: &[u64], entries: &[Entry]) {
        for registration in &mut self.list {
            // New ones are added at the end, so the ids ascend.
            let entry = ids.binary_search(&registration.id).ok();
            if let Some(entry) = entry.and_then(|index| entries.get(index)) {
                (registration.readable, registration.writable) = called_for(entry.revents());
            }
        }
    }

    /// Whether GLib's last poll found a descriptor ready.
    pub(super) fn is_any_ready(&self, source: &Source) -> bool {
        self.list.iter().any(|entry| {
            entry.tag.as_ref().is_some_and(|tag| {
                // SAFETY: the table's tags are of its source.
                unsafe { source.fd_revents(tag) != 0 }
            })
        })
    }

    /// The next handler that is to be run; reading goes before writing.
    pub(super) fn next_ready(&mut self) -> Option<Ready> {
        self.list.iter_mut().find_map(|entry| {
            let read = mem::take(&mut entry.readable).then_some(entry.read);
            let handler = read.flatten().or_else(|| {
                let write = mem::take(&mut entry.writable).then_some(entry.write);
                write.flatten()
            });
            handler.map(|handler| Ready {
                handler,
                opaque: entry.opaque,
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use platform::glib::condition::{ERR, HUP, NVAL};

    #[test]
    fn whatever_poll_reports_calls_for_a_handler_of_either_kind() {
        assert_eq!(called_for(0), (false, false));
        assert_eq!(called_for(IN), (true, false));
        assert_eq!(called_for(OUT), (false, true));
        for unasked in [HUP, ERR, NVAL, IN | HUP] {
            assert_eq!(called_for(unasked), (true, true), "{unasked:#x}");
        }
    }
}
