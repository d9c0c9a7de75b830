//! Types by name. Types are added and never removed, so looking one up takes no lock.

use core::ffi::CStr;
use core::ptr;
use core::sync::atomic::{AtomicPtr, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::types::TypeImpl;

/// A power of two; programs register some tens to a few thousand types.
const BUCKETS: usize = 1024;

/// Every type that a name leads to.
pub static TYPES: TypeTable = TypeTable::new();

/// A hash table that only grows.
pub struct TypeTable {
    /// The newest node of each bucket; stored with release under the lock of `all`.
    heads: [AtomicPtr<Node>; BUCKETS],
    /// All types in the order of their registration. The lock also serialises insertion.
    all: Mutex<Vec<&'static TypeImpl>>,
}

struct Node {
    hash: u64,
    ty: &'static TypeImpl,
    /// The node that was the newest of the bucket before.
    next: *const Node,
}

impl TypeTable {
    const fn new() -> Self {
        Self {
            heads: [const { AtomicPtr::new(ptr::null_mut()) }; BUCKETS],
            all: Mutex::new(Vec::new()),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<&'static TypeImpl>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn head(&self, hash: u64) -> &AtomicPtr<Node> {
        &self.heads[usize::try_from(hash % BUCKETS as u64).unwrap_or(0)]
    }

    /// The type of that name.
    pub fn find(&self, name: &CStr) -> Option<&'static TypeImpl> {
        self.find_hashed(name, hash(name.to_bytes()))
    }

    fn find_hashed(&self, name: &CStr, hash: u64) -> Option<&'static TypeImpl> {
        let mut node: *const Node = self.head(hash).load(Ordering::Acquire);
        // SAFETY: nodes are complete before the store that the load above has seen, and immutable
        // and alive from then on.
        while let Some(found) = unsafe { node.as_ref() } {
            if found.hash == hash && *found.ty.name == *name {
                return Some(found.ty);
            }
            node = found.next;
        }
        None
    }

    /// Adds a type; gives it back if its name is taken.
    pub fn insert(&self, ty: Box<TypeImpl>) -> Result<&'static TypeImpl, Box<TypeImpl>> {
        let hash = hash(ty.name.to_bytes());
        let mut all = self.lock();
        if self.find_hashed(&ty.name, hash).is_some() {
            return Err(ty);
        }
        let ty: &'static TypeImpl = Box::leak(ty);
        let head = self.head(hash);
        let next = head.load(Ordering::Relaxed);
        head.store(
            Box::leak(Box::new(Node { hash, ty, next })),
            Ordering::Release,
        );
        all.push(ty);
        drop(all);
        Ok(ty)
    }

    /// All types there are now, oldest first.
    pub fn all(&self) -> Vec<&'static TypeImpl> {
        self.lock().clone()
    }
}

/// Eight bytes a step: every object that is made hashes a name.
fn hash(bytes: &[u8]) -> u64 {
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    let mix = |hash: u64, word: u64| {
        let mixed = (hash ^ word).wrapping_mul(ODD);
        mixed ^ (mixed >> 32)
    };
    let mut hash = 0;
    let mut rest = bytes;
    while let Some((word, after)) = rest.split_first_chunk() {
        hash = mix(hash, u64::from_le_bytes(*word));
        rest = after;
    }
    // The last eight bytes, some of them again, cost less than the last few one by one.
    let last = match bytes.last_chunk() {
        Some(word) => u64::from_le_bytes(*word),
        None => rest
            .iter()
            .fold(0, |word, &byte| (word << 8) | u64::from(byte)),
    };
    mix(hash, last)
}

#[cfg(test)]
mod tests {
    use super::super::types::Parent;
    use super::*;
    use std::ffi::CString;
    use std::sync::Arc;

    fn named(name: &str) -> Box<TypeImpl> {
        let name = CString::new(name).unwrap();
        Box::new(TypeImpl::new(name, Parent::Root))
    }

    #[test]
    fn finds_what_was_inserted_and_nothing_else() {
        let table = TypeTable::new();
        for i in 0..5000 {
            assert!(table.insert(named(&format!("type-{i}"))).is_ok());
        }
        for i in 0..5000 {
            let name = CString::new(format!("type-{i}")).unwrap();
            assert_eq!(table.find(&name).unwrap().name, name);
        }
        assert!(table.find(c"type-").is_none());
        assert!(table.find(c"type-5000").is_none());
        assert!(table.find(c"").is_none());
    }

    #[test]
    fn a_name_is_taken_once() {
        let table = TypeTable::new();
        let first = table.insert(named("twice")).ok().unwrap();
        assert!(table.insert(named("twice")).is_err());
        assert!(ptr::eq(table.find(c"twice").unwrap(), first));
        assert_eq!(table.all().len(), 1);
    }

    #[test]
    fn lists_in_order_of_registration() {
        let table = TypeTable::new();
        for name in ["zz", "mm", "aa"] {
            assert!(table.insert(named(name)).is_ok());
        }
        let names: Vec<_> = table.all().iter().map(|ty| ty.name.clone()).collect();
        assert_eq!(
            names,
            [c"zz".to_owned(), c"mm".to_owned(), c"aa".to_owned()]
        );
    }

    #[test]
    fn readers_and_writers_may_race() {
        let table = Arc::new(TypeTable::new());
        let writers: Vec<_> = (0..2)
            .map(|w| {
                let table = Arc::clone(&table);
                std::thread::spawn(move || {
                    for i in 0..2000 {
                        assert!(table.insert(named(&format!("race-{w}-{i}"))).is_ok());
                    }
                })
            })
            .collect();
        for w in 0..2 {
            for i in 0..2000 {
                let name = CString::new(format!("race-{w}-{i}")).unwrap();
                while table.find(&name).is_none() {
                    std::thread::yield_now();
                }
            }
        }
        writers.into_iter().for_each(|w| w.join().unwrap());
        assert_eq!(table.all().len(), 4000);
    }
}
