//! The stacks of coroutines: a pool, out of a few large mappings.
//!
//! A process has some 65,000 mappings, and a stack with a guard of its own takes two. Here many
//! stacks lie in one mapping, each above a guard that, from Linux 6.13 on, isn't a mapping.
//!
//! The stacks used last are kept as they are, so that a server whose clients come and go makes no
//! system calls for them but the one that gives back what a deep stack has taken. Mappings without a
//! used stack are unmapped, except for the last of them.

use core::ptr;
use std::collections::{BTreeMap, BTreeSet};

use corosensei::stack::valgrind::ValgrindStackRegistration;
use corosensei::stack::{Stack, StackPointer};
use platform::os::errno::Errno;
use platform::os::mapping::Mapping;
use platform::sync::Mutex;
use platform::sync::fork::PerProcess;

/// Bytes of a stack, without the guard (R-COR-2).
const STACK_SIZE: usize = 1 << 20;
/// Bytes below each that end the process: more than a page, for frames that begin with a gap.
const GUARD_SIZE: usize = 1 << 16;
/// Bytes from the guard of one stack to that of the next.
const SLOT_SIZE: usize = GUARD_SIZE + STACK_SIZE;

/// How many unused stacks keep the memory of their last `WARM_SIZE` bytes.
const WARM_MAX: usize = 64;
const WARM_SIZE: usize = 1 << 16;

/// How many stacks are mapped at once: as many as there are, within these bounds.
const ARENA_MIN: usize = 4;
const ARENA_MAX: usize = 64;

static POOL: PerProcess<Mutex<Pool>> = PerProcess::new();

/// Where a slot starts.
type Address = usize;

/// The stacks that no coroutine uses.
#[derive(Default)]
struct Pool {
    /// All mappings, by their start.
    arenas: BTreeMap<Address, Arena>,
    /// Those with an unused slot.
    with_room: BTreeSet<Address>,
    /// The slots used last.
    warm: Vec<Address>,
    /// How many slots are in use, or warm.
    taken: usize,
    /// How many slots there are.
    mapped: usize,
}

/// A mapping of several slots.
struct Arena {
    mapping: Mapping,
    /// Slots from here on were never used, and have no guard.
    fresh: usize,
    /// Slots before that which aren't used, by number.
    unused: Vec<usize>,
}

impl Arena {
    fn new(slots: usize) -> Result<Self, Errno> {
        Ok(Self {
            mapping: Mapping::new(slots * SLOT_SIZE)?,
            fresh: 0,
            unused: Vec::new(),
        })
    }

    fn start(&self) -> Address {
        self.mapping.start().as_ptr().expose_provenance()
    }

    fn slots(&self) -> usize {
        self.mapping.len() / SLOT_SIZE
    }

    fn has_room(&self) -> bool {
        !self.unused.is_empty() || self.fresh < self.slots()
    }

    fn is_unused(&self) -> bool {
        self.unused.len() == self.fresh
    }

    /// Unmaps it, unless the kernel refuses.
    fn unmap(self) -> Option<Self> {
        let Self {
            mapping,
            fresh,
            unused,
        } = self;
        let mapping = mapping.unmap().err()?;
        Some(Self {
            mapping,
            fresh,
            unused,
        })
    }

    /// Takes a slot, if there is one, and if it can be guarded.
    fn take(&mut self) -> Result<Option<Address>, Errno> {
        let slot = if let Some(slot) = self.unused.pop() {
            slot
        } else if self.fresh < self.slots() {
            self.mapping.guard(self.fresh * SLOT_SIZE, GUARD_SIZE)?;
            self.fresh += 1;
            self.fresh - 1
        } else {
            return Ok(None);
        };
        Ok(Some(self.start() + slot * SLOT_SIZE))
    }
}

impl Pool {
    fn take(&mut self) -> Result<Address, Errno> {
        if let Some(slot) = self.warm.pop() {
            return Ok(slot);
        }
        loop {
            let start = match self.with_room.first() {
                Some(start) => *start,
                None => self.grow()?,
            };
            let Some(arena) = self.arenas.get_mut(&start) else {
                self.with_room.remove(&start);
                continue;
            };
            let taken = arena.take()?;
            if !arena.has_room() {
                self.with_room.remove(&start);
            }
            if let Some(slot) = taken {
                self.taken += 1;
                return Ok(slot);
            }
        }
    }

    /// Maps more slots, fewer where there is no room for many.
    fn grow(&mut self) -> Result<Address, Errno> {
        let wanted = self.mapped.clamp(ARENA_MIN, ARENA_MAX);
        let arena = Arena::new(wanted).or_else(|_| Arena::new(1))?;
        Ok(self.keep(arena))
    }

    /// Has a mapping with unused slots; returns its start.
    fn keep(&mut self, arena: Arena) -> Address {
        let start = arena.start();
        self.mapped += arena.slots();
        self.with_room.insert(start);
        self.arenas.insert(start, arena);
        start
    }

    /// The mapping that the slot lies in. None for one of the parent process.
    fn arena_of(&mut self, slot: Address) -> Option<&mut Arena> {
        let (_, arena) = self.arenas.range_mut(..=slot).next_back()?;
        (slot < arena.start() + arena.mapping.len()).then_some(arena)
    }

    /// Takes a slot back, and returns what is to be unmapped.
    fn put(&mut self, slot: Address) -> Option<Arena> {
        let keeps_warm = self.warm.len() < WARM_MAX;
        let arena = self.arena_of(slot)?;
        let offset = slot - arena.start();
        let kept = if keeps_warm { WARM_SIZE } else { 0 };
        // SAFETY: the stack's coroutine has ended.
        unsafe {
            arena
                .mapping
                .discard(offset + GUARD_SIZE, STACK_SIZE - kept)
        };
        if keeps_warm {
            self.warm.push(slot);
            return None;
        }
        arena.unused.push(offset / SLOT_SIZE);
        let (start, is_unused) = (arena.start(), arena.is_unused());
        self.taken -= 1;
        self.with_room.insert(start);
        if !is_unused || self.with_room.len() == 1 {
            return None;
        }
        self.with_room.remove(&start);
        let unused = self.arenas.remove(&start)?;
        self.mapped -= unused.slots();
        Some(unused)
    }
}

/// A stack of a coroutine.
pub(crate) struct PooledStack {
    slot: Address,
    /// Taken back before the slot is.
    valgrind: Option<ValgrindStackRegistration>,
}

/// No stack could be made.
#[derive(Debug)]
pub(crate) struct NoStack {
    /// Why.
    pub(crate) errno: Errno,
    /// How many there are.
    pub(crate) existing: usize,
}

impl PooledStack {
    /// A stack that nothing else uses.
    pub(crate) fn take() -> Result<Self, NoStack> {
        let mut pool = POOL.get().lock();
        let taken = pool.take();
        let existing = pool.taken - pool.warm.len();
        drop(pool);
        let slot = taken.map_err(|errno| NoStack { errno, existing })?;
        let stack = ptr::with_exposed_provenance_mut(slot + GUARD_SIZE);
        let valgrind = Some(ValgrindStackRegistration::new(stack, STACK_SIZE));
        Ok(Self { slot, valgrind })
    }
}

impl Drop for PooledStack {
    fn drop(&mut self) {
        self.valgrind = None;
        let unused = POOL.get().lock().put(self.slot);
        if let Some(kept) = unused.and_then(Arena::unmap) {
            POOL.get().lock().keep(kept);
        }
    }
}

// SAFETY: the memory between the two is this stack's alone until it is dropped, readable and
// writable above the guard, which catches what runs over; both are multiples of a page.
unsafe impl Stack for PooledStack {
    fn base(&self) -> StackPointer {
        StackPointer::MIN.saturating_add(self.slot + SLOT_SIZE - 1)
    }

    fn limit(&self) -> StackPointer {
        StackPointer::MIN.saturating_add(self.slot - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use platform::os::mapping::page_size;

    /// A pool of the test's own.
    fn take(pool: &mut Pool, count: usize) -> Vec<Address> {
        (0..count).map(|_| pool.take().unwrap()).collect()
    }

    fn mappings() -> usize {
        std::fs::read_to_string("/proc/self/maps")
            .unwrap()
            .lines()
            .count()
    }

    fn write(slot: Address, offset: usize, byte: u8) {
        let place = ptr::with_exposed_provenance_mut::<u8>(slot + GUARD_SIZE + offset);
        // SAFETY: inside a stack of the test's.
        unsafe { place.write(byte) };
    }

    fn read(slot: Address, offset: usize) -> u8 {
        let place = ptr::with_exposed_provenance::<u8>(slot + GUARD_SIZE + offset);
        // SAFETY: inside a stack of the test's.
        unsafe { place.read() }
    }

    #[test]
    fn sizes_are_whole_pages() {
        for size in [STACK_SIZE, GUARD_SIZE, WARM_SIZE] {
            assert_eq!(size % page_size(), 0);
        }
    }

    #[test]
    fn stacks_lie_apart_and_can_be_used_to_their_ends() {
        let mut pool = Pool::default();
        let mut slots = take(&mut pool, 3 * ARENA_MAX);
        for slot in &slots {
            write(*slot, 0, 1);
            write(*slot, STACK_SIZE - 1, 1);
        }
        slots.sort_unstable();
        assert!(slots.windows(2).all(|two| two[1] - two[0] >= SLOT_SIZE));
        let stack = PooledStack::take().unwrap();
        assert_eq!(stack.base().get() - stack.limit().get(), SLOT_SIZE);
        assert_eq!(stack.limit().get(), stack.slot);
    }

    #[test]
    fn the_guard_is_out_of_reach() {
        let mut pool = Pool::default();
        let (a, _b) = platform::os::socket::pair(libc::AF_UNIX, libc::SOCK_STREAM, 0).unwrap();
        for slot in take(&mut pool, 5) {
            for offset in [0, GUARD_SIZE - 1] {
                let byte = ptr::with_exposed_provenance::<core::ffi::c_void>(slot + offset);
                // SAFETY: the kernel checks the address.
                let sent = unsafe { libc::send(a.as_raw(), byte, 1, 0) };
                let errno = platform::os::errno::last().code();
                assert_eq!((sent, errno), (-1, libc::EFAULT));
            }
        }
    }

    #[test]
    fn the_stack_used_last_is_used_next_and_gives_back_its_depth() {
        let mut pool = Pool::default();
        let slots = take(&mut pool, 2);
        write(slots[1], 0, 1);
        write(slots[1], STACK_SIZE - 1, 1);
        assert!(pool.put(slots[0]).is_none());
        assert!(pool.put(slots[1]).is_none());
        assert_eq!(pool.take(), Ok(slots[1]));
        assert_eq!((read(slots[1], 0), read(slots[1], STACK_SIZE - 1)), (0, 1));
    }

    #[test]
    fn what_nothing_uses_is_unmapped() {
        let mut pool = Pool::default();
        let slots = take(&mut pool, 10 * ARENA_MAX);
        assert!(pool.mapped >= slots.len());
        assert_eq!(pool.taken, slots.len());
        write(slots[0], STACK_SIZE - 1, 1);
        for slot in slots.iter().rev() {
            drop(pool.put(*slot));
        }
        assert_eq!((pool.warm.len(), pool.taken), (WARM_MAX, WARM_MAX));
        assert!(pool.mapped <= 4 * ARENA_MAX, "{}", pool.mapped);
        // A slot that wasn't kept warm has no memory any more.
        assert!(!pool.warm.contains(&slots[0]));
        assert!(pool.take().is_ok());
    }

    #[test]
    fn many_stacks_take_few_mappings() {
        let probe = Mapping::new(4 * page_size()).unwrap();
        let before = mappings();
        probe.guard(page_size(), page_size()).unwrap();
        let takes_mappings = mappings() > before;
        let mut pool = Pool::default();
        let before = mappings();
        let slots = take(&mut pool, 500);
        let more = mappings().saturating_sub(before);
        // Other tests map as well.
        let expected = if takes_mappings {
            2 * slots.len() + 100
        } else {
            200
        };
        assert!(more < expected, "{more} more mappings");
    }

    #[test]
    fn a_slot_of_another_process_is_left_alone() {
        let mut parent = Pool::default();
        let slot = parent.take().unwrap();
        let mut pool = Pool::default();
        assert!(pool.put(slot).is_none());
        let own = pool.take().unwrap();
        assert_ne!(own, slot);
        assert!(pool.put(slot).is_none());
        assert_eq!((pool.warm.len(), pool.taken), (0, 1));
    }
}
