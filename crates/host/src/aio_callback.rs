//! Functions of the library as handlers of descriptors.

use core::ffi::c_void;
use core::ptr;
use std::sync::Arc;

use super::aio::Handlers;
use platform::sync::Mutex;

type Function = Arc<dyn Fn() + Send + Sync>;

/// A function that handlers call as long as this exists.
///
/// The host knows a number only: a handler that it calls late, after another thread removed it,
/// finds nothing.
pub struct Callback {
    key: usize,
}

struct Table {
    /// In the order of their keys.
    functions: Vec<(usize, Function)>,
    last_key: usize,
}

static TABLE: Mutex<Table> = Mutex::new(Table {
    functions: Vec::new(),
    last_key: 0,
});

impl Table {
    fn place(&self, key: usize) -> Option<usize> {
        self.functions
            .binary_search_by_key(&key, |&(key, _)| key)
            .ok()
    }
}

impl Callback {
    /// Makes `function` callable. No lock is held while it is called.
    pub fn new(function: impl Fn() + Send + Sync + 'static) -> Self {
        let mut table = TABLE.lock();
        table.last_key += 1;
        let key = table.last_key;
        table.functions.push((key, Arc::new(function)));
        drop(table);
        Self { key }
    }

    /// Handlers that call it when there is something to read.
    pub fn on_read(&self) -> Handlers {
        let opaque = ptr::without_provenance_mut(self.key);
        // SAFETY: the function takes any number.
        unsafe { Handlers::new(Some(call), None, opaque) }
    }
}

impl Drop for Callback {
    fn drop(&mut self) {
        // What goes with the function may be anything, so not under the lock.
        let mut table = TABLE.lock();
        let place = table.place(self.key);
        let function = place.map(|place| table.functions.remove(place));
        drop(table);
        drop(function);
    }
}

unsafe extern "C" fn call(opaque: *mut c_void) {
    let table = TABLE.lock();
    let place = table.place(opaque.addr());
    let function = place.and_then(|place| table.functions.get(place)).cloned();
    drop(table);
    if let Some((_, function)) = function {
        function();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn a_late_handler_finds_nothing() {
        let calls = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&calls);
        let callback = Callback::new(move || {
            counter.fetch_add(1, Ordering::Relaxed);
        });
        let (read, write, opaque) = callback.on_read().into_c();
        assert!(write.is_none());
        let read = read.unwrap();
        // SAFETY: the handler takes this number.
        unsafe { read(opaque) };
        assert_eq!(calls.load(Ordering::Relaxed), 1);
        drop(callback);
        // SAFETY: as above.
        unsafe { read(opaque) };
        assert_eq!(calls.load(Ordering::Relaxed), 1);
        assert_eq!(Arc::strong_count(&calls), 1);
    }
}
