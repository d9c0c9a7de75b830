//! The descriptors of a context, at most one registration each, and which of them are ready.
//!
//! They are in the kernel's set (epoll), but for those that it doesn't take: they are polled one by one.
//! An entry of the set may outlive its handlers. Who waits, reads, and waits again makes no system
//! call for that: handlers that are set again find the entry there, and what fires for nobody is
//! taken out. That is for descriptors of channels only, which nobody closes unseen.

use core::ffi::{c_int, c_void};
use core::mem;
use std::collections::VecDeque;

use platform::glib::condition::{IN, OUT};

use abi::layout::IOHandler;
use platform::glib::{FdTag, Source};
use platform::os::epoll::{Epoll, Event};
use platform::os::errno::Errno;
use platform::os::event::EventFd;
use platform::os::incarnation::{self, Incarnation};
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

/// Numbers come from the lowest, so a chunk is full before the next is begun.
const CHUNK: usize = 64;

/// The registrations of a context.
#[derive(Default)]
pub(super) struct Handlers {
    /// By descriptor.
    slots: Vec<Option<Box<[Slot; CHUNK]>>>,
    /// Those that are polled one by one.
    polled: Vec<c_int>,
    /// What the last poll found, and what has not run yet.
    ready: VecDeque<(c_int, u64)>,
    /// Counts changes of registrations.
    changes: u64,
}

/// What is known about a descriptor.
struct Slot {
    read: IOHandler,
    write: IOHandler,
    opaque: *mut c_void,
    /// The change that set the handlers.
    set_by: u64,
    /// A poll found it ready to read, and no handler has been run for that.
    readable: bool,
    /// The same for writing.
    writable: bool,
    /// The events of its entry in the kernel's set; 0 if it has none.
    armed: u32,
    /// The change that made the entry what it is, or took it out.
    armed_by: u64,
    /// What the number was when the entry was made.
    incarnation: Option<Incarnation>,
    /// Its place in GLib's poll, if the kernel's set doesn't take it.
    polled: Option<Option<FdTag>>,
}

// SAFETY: the data is the program's, which knows which threads poll the context.
unsafe impl Send for Slot {}

/// Where the readiness of descriptors comes from.
pub(super) struct Sources<'a> {
    /// The kernel's set. None if there was no descriptor for one.
    pub(super) set: Option<&'a Epoll>,
    /// What wakes who waits for the set.
    pub(super) notifier: Option<&'a EventFd>,
    /// Has GLib poll what is in no set.
    pub(super) source: &'a Source,
}

/// What an entry of the kernel's set is known by there: the number and the lower half of the change.
fn key(fd: c_int, change: u64) -> u64 {
    u64::from(fd.cast_unsigned()) << 32 | change & u64::from(u32::MAX)
}

/// The notifier's key. Descriptors are not negative.
const NOTIFIER: u64 = u64::MAX;

fn descriptor(key: u64) -> c_int {
    // The upper half of 64 bits has 32.
    u32::try_from(key >> 32).map_or(-1, u32::cast_signed)
}

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

impl Slot {
    /// What to poll for; 0 without handlers.
    fn events(&self) -> u32 {
        let read = if self.read.is_some() { IN } else { 0 };
        let write = if self.write.is_some() { OUT } else { 0 };
        read | write
    }

    /// Whether the entry is certainly of the file that the number stands for now.
    fn is_entry_valid(&self, fd: c_int) -> bool {
        self.armed != 0 && self.incarnation.is_some() && self.incarnation == incarnation::of(fd)
    }

    /// Has the entry in the set look for `events`. Fails if the set doesn't take the descriptor.
    fn arm(&mut self, set: &Epoll, fd: c_int, events: u32, change: u64) -> Result<(), Errno> {
        self.incarnation = incarnation::of(fd);
        let key = key(fd, change);
        let was_armed = mem::take(&mut self.armed) != 0;
        self.armed_by = change;
        // The number may stand for another file than before, or for the same after another's time.
        let result = if was_armed {
            or_if(set.modify(fd, events, key), libc::ENOENT, || {
                set.add(fd, events, key)
            })
        } else {
            or_if(set.add(fd, events, key), libc::EEXIST, || {
                set.modify(fd, events, key)
            })
        };
        result?;
        self.armed = events;
        Ok(())
    }

    /// Takes the entry out of the set. False if it can't be found by its number any more.
    fn disarm(&mut self, set: &Epoll, fd: c_int, change: u64) -> bool {
        self.armed = 0;
        self.armed_by = change;
        set.remove(fd).is_ok()
    }
}

/// The result, or what `other` has in place of the failure `code`.
fn or_if(
    result: Result<(), Errno>,
    code: c_int,
    other: impl FnOnce() -> Result<(), Errno>,
) -> Result<(), Errno> {
    result.or_else(|errno| {
        if errno.code() == code {
            other()
        } else {
            Err(errno)
        }
    })
}

impl Handlers {
    fn slot(&mut self, fd: c_int) -> Option<&mut Slot> {
        let at = usize::try_from(fd).ok()?;
        self.slots
            .get_mut(at / CHUNK)?
            .as_mut()?
            .get_mut(at % CHUNK)
    }

    fn slot_ref(&self, fd: c_int) -> Option<&Slot> {
        let at = usize::try_from(fd).ok()?;
        self.slots.get(at / CHUNK)?.as_ref()?.get(at % CHUNK)
    }

    /// Makes room for a descriptor, which is not negative.
    fn make_slot(&mut self, fd: c_int) {
        let chunk = usize::try_from(fd).unwrap_or(0) / CHUNK;
        if self.slots.len() <= chunk {
            self.slots.resize_with(chunk + 1, || None);
        }
        if let Some(place @ None) = self.slots.get_mut(chunk) {
            *place = Some(Box::new([const { Slot::EMPTY }; CHUNK]));
        }
    }

    /// Counts a change, and returns its number.
    fn change(&mut self) -> u64 {
        self.changes += 1;
        self.changes
    }

    /// The number of the latest change.
    pub(super) fn changes(&self) -> u64 {
        self.changes
    }

    /// Replaces, adds or removes (both handlers None) the registration of `fd`. True if a poll that
    /// is under way has to begin anew to know of it.
    ///
    /// # Safety
    /// `from.source` is the one source of this table.
    pub(super) unsafe fn set(
        &mut self,
        from: &Sources<'_>,
        fd: c_int,
        (read, write, opaque): (IOHandler, IOHandler, *mut c_void),
    ) -> bool {
        // A negative number never gets ready.
        if fd < 0 {
            return false;
        }
        let is_removal = read.is_none() && write.is_none();
        if !is_removal {
            self.make_slot(fd);
        }
        let change = self.change();
        let Some(slot) = self.slot(fd) else {
            return false;
        };
        let (had_handlers, is_same) = (slot.events() != 0, slot.opaque == opaque);
        (slot.read, slot.write, slot.set_by) = (read, write, change);
        (slot.readable, slot.writable) = (false, false);
        if is_removal {
            if let Some(tag) = slot.polled.take() {
                // SAFETY: of this source, by the contract.
                unsafe { remove(from.source, tag) };
                self.polled.retain(|&other| other != fd);
                return true;
            }
            if slot.armed != 0
                && let Some(set) = from.set
                && !(had_handlers && slot.is_entry_valid(fd))
            {
                // Failing is no matter: what then still fires is seen to be nobody's.
                let _ = slot.disarm(set, fd, change);
            }
            return false;
        }
        slot.opaque = opaque;
        let events = slot.events();
        if is_same && slot.is_entry_valid(fd) && slot.armed & events == events {
            return false;
        }
        let is_taken = from
            .set
            .is_some_and(|set| slot.arm(set, fd, events, change).is_ok());
        match (is_taken, &slot.polled) {
            (true, None) => false,
            (true, Some(_)) => {
                if let Some(tag) = slot.polled.take() {
                    // SAFETY: as above.
                    unsafe { remove(from.source, tag) };
                }
                self.polled.retain(|&other| other != fd);
                true
            }
            (false, Some(tag)) => {
                if let Some(tag) = tag {
                    // SAFETY: as above.
                    unsafe { from.source.modify_fd(tag, events) };
                }
                true
            }
            (false, None) => {
                slot.polled = Some(from.source.add_fd(fd, events));
                self.polled.push(fd);
                true
            }
        }
    }

    /// Whether something is to be polled beside the kernel's set.
    pub(super) fn has_polled(&self) -> bool {
        !self.polled.is_empty()
    }

    /// Adds what is to be polled beside the kernel's set.
    pub(super) fn add_polled(&self, entries: &mut Vec<Entry>) {
        entries.extend(self.polled.iter().map(|&fd| {
            let events = self.slot_ref(fd).map_or(0, Slot::events);
            Entry::new(fd, events)
        }));
    }

    /// Nothing is ready, until a poll is told.
    pub(super) fn begin_marking(&mut self) {
        // What an outer poll found, and has not run, is found anew.
        while let Some((fd, _)) = self.ready.pop_front() {
            if let Some(slot) = self.slot(fd) {
                (slot.readable, slot.writable) = (false, false);
            }
        }
    }

    /// Marks what the poll of single descriptors found.
    pub(super) fn mark_polled(&mut self, entries: &[Entry]) {
        for entry in entries.iter().filter(|entry| entry.is_ready()) {
            let fd = entry.fd();
            if let Some(slot) = self.slot(fd)
                && slot.polled.is_some()
            {
                let called = slot.mark(entry.revents());
                let set_by = slot.set_by;
                if called {
                    self.ready.push_back((fd, set_by));
                }
            }
        }
    }

    /// Marks what the kernel's set had ready in a wait that began after the change `begun`. True if
    /// the notifier was.
    ///
    /// What is ready and nobody's goes out of the set.
    ///
    /// # Safety
    /// As for [`Handlers::set`].
    pub(super) unsafe fn mark(
        &mut self,
        from: &Sources<'_>,
        set: &Epoll,
        events: &[Event],
        begun: u64,
    ) -> bool {
        let (mut is_notified, mut has_strays) = (false, false);
        for event in events {
            let found = event.data();
            if found == NOTIFIER {
                is_notified = true;
                continue;
            }
            let fd = descriptor(found);
            let change = self.changes + 1;
            let Some(slot) = self.slot(fd) else {
                has_strays = true;
                continue;
            };
            if slot.armed == 0 || key(fd, slot.armed_by) != found {
                // Either it was changed meanwhile, or the number stands for another file now.
                has_strays |= slot.armed_by <= begun;
                continue;
            }
            if slot.mark(event.events()) {
                let set_by = slot.set_by;
                self.ready.push_back((fd, set_by));
                continue;
            }
            let wanted = slot.events();
            if wanted == 0 {
                has_strays |= !slot.disarm(set, fd, change);
            } else {
                // An entry that was there already can be changed; it is closed if not.
                has_strays |= slot.arm(set, fd, wanted, change).is_err();
            }
            self.changes = change;
        }
        if has_strays && set.renew().is_ok() {
            // SAFETY: as promised.
            unsafe { self.fill(from) };
        }
        is_notified
    }

    /// Puts the notifier and everything that has handlers into the set, which is empty.
    ///
    /// # Safety
    /// As for [`Handlers::set`].
    pub(super) unsafe fn fill(&mut self, from: &Sources<'_>) {
        if let (Some(set), Some(notifier)) = (from.set, from.notifier) {
            // Without memory for it GLib's loop is woken by other means.
            let _ = set.add(notifier.fd(), IN, NOTIFIER);
        }
        for at in 0..self.slots.len() * CHUNK {
            let Ok(fd) = c_int::try_from(at) else { return };
            let change = self.changes + 1;
            let Some(slot) = self.slot(fd) else { continue };
            (slot.armed, slot.armed_by) = (0, change);
            let events = slot.events();
            if events == 0 || slot.polled.is_some() {
                continue;
            }
            let set = from.set;
            if set.is_none_or(|set| slot.arm(set, fd, events, change).is_err()) {
                slot.polled = Some(from.source.add_fd(fd, events));
                self.polled.push(fd);
            }
            self.changes = change;
        }
    }

    /// The next handler that is to be run; reading goes before writing.
    pub(super) fn next_ready(&mut self) -> Option<Ready> {
        loop {
            let (fd, set_by) = *self.ready.front()?;
            let next = self.slot(fd).filter(|slot| slot.set_by == set_by);
            if let Some(ready) = next.and_then(Slot::take_ready) {
                return Some(ready);
            }
            self.ready.pop_front();
        }
    }
}

impl Slot {
    const EMPTY: Self = Self {
        read: None,
        write: None,
        opaque: core::ptr::null_mut(),
        set_by: 0,
        readable: false,
        writable: false,
        armed: 0,
        armed_by: 0,
        incarnation: None,
        polled: None,
    };

    /// Notes what a poll found. False if it calls for no handler that is set.
    fn mark(&mut self, revents: u32) -> bool {
        let (readable, writable) = called_for(revents);
        self.readable = readable && self.read.is_some();
        self.writable = writable && self.write.is_some();
        self.readable || self.writable
    }

    /// The handler to be run next.
    fn take_ready(&mut self) -> Option<Ready> {
        let read = mem::take(&mut self.readable).then_some(self.read);
        let handler = read.flatten().or_else(|| {
            let write = mem::take(&mut self.writable).then_some(self.write);
            write.flatten()
        });
        handler.map(|handler| Ready {
            handler,
            opaque: self.opaque,
        })
    }
}

/// Takes a descriptor out of GLib's poll.
///
/// # Safety
/// The tag is of this source.
unsafe fn remove(source: &Source, tag: Option<FdTag>) {
    if let Some(tag) = tag {
        // SAFETY: as promised.
        unsafe { source.remove_fd(tag) };
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

    #[test]
    fn a_key_tells_its_descriptor() {
        for fd in [0, 1, 65_535, c_int::MAX] {
            for change in [0, 7, u64::MAX] {
                assert_eq!(descriptor(key(fd, change)), fd);
                assert_ne!(key(fd, change), NOTIFIER);
            }
        }
    }
}
