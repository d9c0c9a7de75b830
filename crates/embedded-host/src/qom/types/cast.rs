//! Is-a questions, and the caches that answer most of them.

use core::ffi::{CStr, c_char};
use core::sync::atomic::{AtomicPtr, Ordering};

use crate::qom::types::TypeImpl;
use crate::qom::types::class::{self, Class};
use crate::qom::types::table::TYPES;

/// Whether instances of `class` are of the named type, by descent or as an interface (R-QOM-12).
pub(crate) fn is_a(class: Class, name: &CStr) -> bool {
    let ty = class.ty();
    *ty.name == *name
        || TYPES
            .find(name)
            .is_some_and(|target| implements(class, target))
}

fn implements(class: Class, target: &TypeImpl) -> bool {
    class.ty().is_a(target) || class::interfaces(class).any(|i| i.ty().is_a(target))
}

/// `class` seen as a class of the named type: itself, or the struct of its one interface of that
/// type (R-QOM-12).
pub(crate) fn class_as(class: Class, name: &CStr) -> Option<Class> {
    if *class.name() == *name {
        return Some(class);
    }
    let target = TYPES.find(name)?;
    // Only interface types have matches here, since only those are ancestors of interfaces.
    let mut matches = class::interfaces(class).filter(|i| i.ty().is_a(target));
    match (matches.next(), matches.next()) {
        (Some(interface), None) => Some(interface),
        (Some(_), Some(_)) => None,
        (None, _) => class.ty().is_a(target).then_some(class),
    }
}

/// Four names that a class was found to match, by address (R-QOM-13).
///
/// Any thread reads and writes it at any time. Every entry is by itself a name that did match, so
/// that races can only lose entries.
pub(crate) struct CastCache([AtomicPtr<c_char>; 4]);

impl CastCache {
    /// The names that instances of `class` were cast to.
    pub(crate) fn of_objects(class: Class) -> &'static Self {
        // SAFETY: classes live for ever; the field is an array of four pointers, which only this
        // type accesses, and atomics have the layout of what they hold.
        unsafe { &*(&raw const (*class.as_ptr()).object_cast_cache).cast::<Self>() }
    }

    /// The names that `class` was cast to without becoming another struct.
    pub(crate) fn of_classes(class: Class) -> &'static Self {
        // SAFETY: as above.
        unsafe { &*(&raw const (*class.as_ptr()).class_cast_cache).cast::<Self>() }
    }

    /// Whether this very string was found to match. It must not be NULL, as free entries are.
    #[inline]
    pub(crate) fn contains(&self, name: *const c_char) -> bool {
        let is_it = |entry: &AtomicPtr<c_char>| core::ptr::eq(entry.load(Ordering::Relaxed), name);
        self.0.iter().any(is_it)
    }

    /// Adds a name, in the place of the oldest.
    pub(crate) fn remember(&self, name: *const c_char) {
        for (older, newer) in self.0.iter().zip(&self.0[1..]) {
            older.store(newer.load(Ordering::Relaxed), Ordering::Relaxed);
        }
        let [.., newest] = &self.0;
        newest.store(name.cast_mut(), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::ptr;

    #[test]
    fn the_oldest_of_four_is_forgotten() {
        let cache = CastCache([const { AtomicPtr::new(ptr::null_mut()) }; 4]);
        let names = [c"a", c"b", c"c", c"d", c"e"].map(CStr::as_ptr);
        assert!(!cache.contains(names[0]));
        for name in &names[..4] {
            cache.remember(*name);
        }
        assert!(names[..4].iter().all(|name| cache.contains(*name)));
        cache.remember(names[4]);
        assert!(!cache.contains(names[0]));
        assert!(names[1..].iter().all(|name| cache.contains(*name)));
    }
}
