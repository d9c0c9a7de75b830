//! Types by name. Types are added and never removed.
//!
//! A lock and an ordered map will do: classes answer the casts that programs repeat from their caches
//! ([`super::cast::CastCache`]), so that a look-up is a matter of making an object or of a cast's first
//! use. The map needs no hash, and can stand in a `static` as it is.

use core::ffi::CStr;
use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock};

use super::TypeImpl;

/// Every type that a name leads to.
pub(crate) static TYPES: TypeTable = TypeTable::new();

/// A table that only grows.
pub(crate) struct TypeTable(RwLock<Registered>);

struct Registered {
    by_name: BTreeMap<&'static CStr, &'static TypeImpl>,
    in_order: Vec<&'static TypeImpl>,
}

impl TypeTable {
    const fn new() -> Self {
        Self(RwLock::new(Registered {
            by_name: BTreeMap::new(),
            in_order: Vec::new(),
        }))
    }

    /// The type of that name.
    pub(crate) fn find(&self, name: &CStr) -> Option<&'static TypeImpl> {
        let registered = self.0.read().unwrap_or_else(PoisonError::into_inner);
        registered.by_name.get(name).copied()
    }

    /// Adds a type; gives it back if its name is taken.
    pub(super) fn insert(&self, ty: Box<TypeImpl>) -> Result<&'static TypeImpl, Box<TypeImpl>> {
        let mut registered = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if registered.by_name.contains_key(&*ty.name) {
            return Err(ty);
        }
        let ty: &'static TypeImpl = Box::leak(ty);
        registered.by_name.insert(&ty.name, ty);
        registered.in_order.push(ty);
        drop(registered);
        Ok(ty)
    }

    /// All types there are now, oldest first.
    pub(super) fn all(&self) -> Vec<&'static TypeImpl> {
        let registered = self.0.read().unwrap_or_else(PoisonError::into_inner);
        registered.in_order.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Parent, TypeDescription};
    use super::*;
    use std::ffi::CString;
    use std::sync::Arc;

    fn named(name: &str) -> Box<TypeImpl> {
        let name = CString::new(name).unwrap();
        Box::new(TypeImpl::new(TypeDescription::new(name, Parent::Root)))
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
        assert!(core::ptr::eq(table.find(c"twice").unwrap(), first));
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
