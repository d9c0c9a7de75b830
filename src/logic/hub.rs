//! The hub of a main context: one descriptor in its poll for those of many watches.
//!
//! GLib gives all descriptors of a context to the kernel in each iteration. Where watches are many their
//! descriptors are in the hub's set instead (epoll), and the hub, which GLib asks first, tells each
//! watch what was found of its own. Watches stay sources of their own: GLib dispatches them, in the order of
//! their priorities.
//!
//! Only descriptors of channels come here: of those it is known when they are closed, of which epoll says
//! nothing. A watch whose descriptor was closed goes back to GLib's poll, which does.

use core::num::NonZero;
use std::collections::HashMap;
use std::sync::Arc;

use smallvec::SmallVec;

use platform::glib::condition::{ERR, HUP, IN, NVAL};
use platform::glib::{Callback, Eye, Hooks, MainContext, PollFd, Resting, SourceOf, Turn};
use platform::os::epoll::{Epoll, Event};
use platform::os::incarnation::{self, Incarnation};
use platform::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use platform::sync::fork::{self, PerProcess};
use platform::sync::{Mutex, MutexGuard};

/// What is told unasked.
const ALWAYS: u16 = bits(ERR | HUP);

/// The hubs of this process, by the address of their context.
static HUBS: PerProcess<Mutex<HashMap<usize, Arc<Hub>>>> = PerProcess::new();

/// What is common to the watches of a context.
pub(super) struct Hub {
    set: Epoll,
    state: Mutex<State>,
}

struct State {
    entries: HashMap<i32, Entry>,
    /// Those that were told something in the last look.
    told: Vec<Arc<Member>>,
    /// Their descriptors were closed; to be told in the next look.
    closed: Vec<Arc<Member>>,
    /// Counts changes of the set; each is the mark of one entry.
    changes: u32,
    /// How many channels' descriptors had been closed when that was last looked at.
    ends: u32,
    /// Which process the set was made by.
    process: u32,
    /// Room for what a look finds.
    events: Vec<Event>,
}

/// A descriptor in the set. There may be ten thousands, nearly all with one member.
#[derive(Default)]
struct Entry {
    members: SmallVec<[Arc<Member>; 1]>,
    /// What it is looked at for; None if it isn't in the set.
    armed: Option<NonZero<u32>>,
    mark: u32,
}

/// A watch's part in the hub.
pub(super) struct Member {
    fd: i32,
    /// `POLL*`, which have 16 bits.
    events: u16,
    incarnation: Incarnation,
    eye: Arc<Eye>,
    /// What the last look has found.
    revents: AtomicU16,
    /// The watch's callback is being called.
    is_called: AtomicBool,
    /// It was ready while it was called, in a loop nested in there, which must not find it again.
    is_parked: AtomicBool,
    /// The descriptor was closed: the watch has to look for itself.
    is_out: AtomicBool,
}

impl Member {
    /// What was found in this iteration.
    pub(super) fn revents(&self) -> u32 {
        self.revents.load(Ordering::Relaxed).into()
    }

    /// Has GLib ask the watch, which will find this.
    fn tell(&self, turn: &Turn<'_>, revents: u16) {
        self.revents.store(revents, Ordering::Relaxed);
        self.eye.set_asked(turn, true);
    }

    /// Whether the hub has given it up.
    pub(super) fn is_out(&self) -> bool {
        self.is_out.load(Ordering::Relaxed)
    }
}

impl Entry {
    /// What is to be looked for; None if nobody is to be told.
    fn wanted(&self) -> Option<NonZero<u32>> {
        let active = |member: &&Arc<Member>| !member.is_parked.load(Ordering::Relaxed);
        let active = self.members.iter().filter(active);
        NonZero::new(active.fold(0, |all, member| all | u32::from(member.events)))
    }
}

/// Events as poll has them.
const fn bits(events: u32) -> u16 {
    (events & 0xffff) as u16
}

/// What an entry of the set is known by.
fn key(fd: i32, mark: u32) -> u64 {
    u64::from(fd.cast_unsigned()) << 32 | u64::from(mark)
}

impl State {
    /// Has the set look for what the entry's members want. False if it doesn't take the descriptor.
    fn arm(&mut self, set: &Epoll, fd: i32) -> bool {
        // The parent's set is the parent's.
        if self.process != fork::generation() {
            return false;
        }
        let Some(entry) = self.entries.get_mut(&fd) else {
            return true;
        };
        let wanted = entry.wanted();
        if wanted == entry.armed {
            return true;
        }
        self.changes = self.changes.wrapping_add(1);
        let was_armed = entry.armed.take().is_some();
        entry.mark = self.changes;
        let Some(events) = wanted else {
            // It may be closed by now.
            let _ = set.remove(fd);
            return true;
        };
        let key = key(fd, entry.mark);
        let result = if was_armed {
            set.modify(fd, events.get(), key)
                .or_else(|_| set.add(fd, events.get(), key))
        } else {
            set.add(fd, events.get(), key)
                .or_else(|_| set.modify(fd, events.get(), key))
        };
        entry.armed = result.is_ok().then_some(events);
        result.is_ok()
    }

    /// Puts everything into a set that is empty.
    fn arm_all(&mut self, set: &Epoll) {
        let fds: Vec<i32> = self.entries.keys().copied().collect();
        for fd in fds {
            if let Some(entry) = self.entries.get_mut(&fd) {
                entry.armed = None;
            }
            if !self.arm(set, fd) {
                self.give_up(set, fd, |_| true);
            }
        }
    }

    /// Takes members of an entry out, who are told to look for themselves.
    fn give_up(&mut self, set: &Epoll, fd: i32, is_meant: impl Fn(&Member) -> bool) {
        let Some(entry) = self.entries.get_mut(&fd) else {
            return;
        };
        entry.members.retain(|member| {
            let is_meant = is_meant(member);
            if is_meant {
                member.is_out.store(true, Ordering::Relaxed);
                self.closed.push(Arc::clone(member));
            }
            !is_meant
        });
        self.arm_or_forget(set, fd);
    }

    fn arm_or_forget(&mut self, set: &Epoll, fd: i32) {
        self.arm(set, fd);
        if self
            .entries
            .get(&fd)
            .is_some_and(|entry| entry.members.is_empty())
        {
            self.entries.remove(&fd);
        }
    }

    /// Looks whether descriptors of members have been closed since.
    fn find_closed(&mut self, set: &Epoll) {
        let ends = incarnation::ends();
        if core::mem::replace(&mut self.ends, ends) == ends {
            return;
        }
        let is_closed = |member: &Member| incarnation::of(member.fd) != Some(member.incarnation);
        let any_closed = |entry: &Entry| entry.members.iter().any(|member| is_closed(member));
        let closed: Vec<i32> = self
            .entries
            .iter()
            .filter(|(_, entry)| any_closed(entry))
            .map(|(fd, _)| *fd)
            .collect();
        for fd in closed {
            self.give_up(set, fd, is_closed);
        }
    }

    /// Tells the members of an entry what was found; those that are being called are parked, and those
    /// that were ended go.
    fn tell(&mut self, set: &Epoll, turn: &Turn<'_>, fd: i32, found: u32) {
        let Some(entry) = self.entries.get_mut(&fd) else {
            return;
        };
        let mut has_changed = false;
        entry.members.retain(|member| {
            let stays = !member.eye.is_destroyed();
            has_changed |= !stays;
            stays
        });
        for member in &entry.members {
            let bits = bits(found) & (member.events | ALWAYS);
            if bits == 0 || member.is_parked.load(Ordering::Relaxed) {
                continue;
            }
            if member.is_called.load(Ordering::Relaxed) && !member.eye.can_recurse() {
                member.is_parked.store(true, Ordering::Relaxed);
                has_changed = true;
            } else {
                member.tell(turn, bits);
                self.told.push(Arc::clone(member));
            }
        }
        if has_changed {
            self.arm_or_forget(set, fd);
        }
    }
}

impl Hub {
    /// The hub of a context, made on first use. None without a descriptor for it.
    pub(super) fn of(context: &MainContext) -> Option<Arc<Self>> {
        let key = context.as_ptr().addr();
        let mut hubs = HUBS.get().lock();
        if let Some(hub) = hubs.get(&key) {
            return Some(Arc::clone(hub));
        }
        let hub = Arc::new(Self {
            set: Epoll::create().ok()?,
            state: Mutex::new(State {
                entries: HashMap::new(),
                told: Vec::new(),
                closed: Vec::new(),
                changes: 0,
                ends: incarnation::ends(),
                process: fork::generation(),
                events: Vec::new(),
            }),
        });
        hubs.insert(key, Arc::clone(&hub));
        drop(hubs);
        let source = SourceOf::new(HubSource {
            polled: [PollFd::new(hub.set.fd(), IN)],
            hub: Arc::clone(&hub),
            context: key,
            process: fork::generation(),
        });
        source.set_name(c"QIOChannel watches");
        // Its members are asked after it, whatever their priority. It is never dispatched.
        source.set_priority(i32::MIN);
        source.attach(context);
        Some(hub)
    }

    /// The lock, once the set is this process's own: one that was forked shares it with its parent.
    fn lock(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock();
        if state.process != fork::generation() && self.set.renew().is_ok() {
            state.process = fork::generation();
            state.arm_all(&self.set);
        }
        state
    }

    /// Takes a watch in. None if the set doesn't take its descriptor, or it is no channel's.
    pub(super) fn join(&self, fd: i32, events: u32, eye: Arc<Eye>) -> Option<Arc<Member>> {
        let member = Arc::new(Member {
            fd,
            events: bits(events),
            incarnation: incarnation::of(fd)?,
            eye,
            revents: AtomicU16::new(0),
            is_called: AtomicBool::new(false),
            is_parked: AtomicBool::new(false),
            is_out: AtomicBool::new(false),
        });
        let mut state = self.lock();
        // The number may have been another file's.
        state.find_closed(&self.set);
        let entry = state.entries.entry(fd).or_default();
        entry.members.push(Arc::clone(&member));
        let is_taken = state.arm(&self.set, fd);
        if !is_taken {
            state.remove(&self.set, &member);
        }
        drop(state);
        is_taken.then_some(member)
    }

    /// The watch goes.
    pub(super) fn leave(&self, member: &Arc<Member>) {
        self.lock().remove(&self.set, member);
    }

    /// The watch's callback is called by `call`.
    pub(super) fn calling<T>(&self, member: &Member, call: impl FnOnce() -> T) -> T {
        let was_called = member.is_called.swap(true, Ordering::Relaxed);
        let result = call();
        member.is_called.store(was_called, Ordering::Relaxed);
        if !was_called && member.is_parked.swap(false, Ordering::Relaxed) {
            self.lock().arm(&self.set, member.fd);
        }
        result
    }

    /// Before a poll; whether it must not wait.
    fn prepare(&self) -> bool {
        let mut state = self.lock();
        state.find_closed(&self.set);
        !state.closed.is_empty()
    }

    /// After a poll: tells the members what is ready.
    fn look(&self, turn: &Turn<'_>, is_ready: bool) {
        self.lock().look(&self.set, turn, is_ready);
    }
}

impl State {
    fn look(&mut self, set: &Epoll, turn: &Turn<'_>, is_ready: bool) {
        for member in self.told.drain(..) {
            member.revents.store(0, Ordering::Relaxed);
            member.eye.set_asked(turn, false);
        }
        for member in self.closed.drain(..) {
            member.tell(turn, bits(NVAL));
        }
        if !is_ready {
            return;
        }
        let mut events = core::mem::take(&mut self.events);
        events.resize(self.entries.len().max(1), Event::NONE);
        let found = set.wait(&mut events, 0).unwrap_or(0);
        let mut has_strays = false;
        for event in events.iter().take(found) {
            let fd = (event.data() >> 32) as u32;
            let fd = fd.cast_signed();
            let is_known = self
                .entries
                .get(&fd)
                .is_some_and(|entry| entry.armed.is_some() && key(fd, entry.mark) == event.data());
            if is_known {
                self.tell(set, turn, fd, event.events());
            } else {
                has_strays = true;
            }
        }
        self.events = events;
        // Of a file that lives on under another number, and can't be taken out by this one.
        if has_strays && set.renew().is_ok() {
            self.arm_all(set);
        }
    }

    fn remove(&mut self, set: &Epoll, member: &Arc<Member>) {
        self.told.retain(|other| !Arc::ptr_eq(other, member));
        self.closed.retain(|other| !Arc::ptr_eq(other, member));
        if let Some(entry) = self.entries.get_mut(&member.fd) {
            entry.members.retain(|other| !Arc::ptr_eq(other, member));
            self.arm_or_forget(set, member.fd);
        }
    }
}

/// The hub's source in its context.
struct HubSource {
    polled: [PollFd; 1],
    hub: Arc<Hub>,
    context: usize,
    process: u32,
}

impl Hooks for HubSource {
    type Func = ();

    fn poll_fds(&self) -> &[PollFd] {
        &self.polled
    }

    fn resting(&self) -> Resting {
        let limit = if self.hub.prepare() { 0 } else { -1 };
        Resting { mask: 0, limit }
    }

    fn check_in(&self, turn: &Turn<'_>) -> bool {
        self.hub.look(turn, self.polled[0].revents() != 0);
        false
    }

    fn dispatch(&self, _callback: Callback<'_, ()>) -> bool {
        true
    }
}

impl Drop for HubSource {
    fn drop(&mut self) {
        if self.process != fork::generation() {
            return;
        }
        let mut hubs = HUBS.get().lock();
        let is_this = |hub: &Arc<Hub>| Arc::ptr_eq(hub, &self.hub);
        let gone = if hubs.get(&self.context).is_some_and(is_this) {
            hubs.remove(&self.context)
        } else {
            None
        };
        drop(hubs);
        drop(gone);
    }
}
