//! The names of functions. The loader must not be asked in a signal handler, so that it is asked when a
//! function is first given.

use core::ffi::{CStr, c_void};

use platform::os::loader;
use platform::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// Functions whose names are kept; of further ones there is the address.
pub(crate) const CAPACITY: usize = 1024;
/// Places that are looked at for one function.
const PROBES: usize = 8;
/// Words of a name.
const WORDS: usize = 7;

/// A function and its name.
pub(crate) struct Entry {
    address: AtomicUsize,
    name: [AtomicU64; WORDS],
}

static ENTRIES: [Entry; CAPACITY] = [const {
    Entry {
        address: AtomicUsize::new(0),
        name: [const { AtomicU64::new(0) }; WORDS],
    }
}; CAPACITY];

/// Where the names are.
pub(crate) const fn place() -> &'static [Entry; CAPACITY] {
    &ENTRIES
}

fn places(address: usize) -> impl Iterator<Item = &'static Entry> {
    let first = address.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 54;
    (0..PROBES).filter_map(move |probe| ENTRIES.get((first + probe) % CAPACITY))
}

/// Has the name of a function ready for later.
#[inline]
pub fn keep(function: *const c_void) {
    let address = function.addr();
    let mut places = places(address);
    let known = places.next();
    if known.is_some_and(|entry| entry.address.load(Ordering::Relaxed) != address) {
        find(function, None);
    }
}

/// Has a text ready as the name of what is known by the text's address.
pub fn keep_text(name: &'static CStr) -> *const c_void {
    let place: *const c_void = name.as_ptr().cast();
    keep_as(place, name);
    place
}

/// Has a name ready for what is known by an address.
pub(crate) fn keep_as(address: *const c_void, name: &'static CStr) {
    find(address, name.to_str().ok());
}

#[cold]
fn find(function: *const c_void, name: Option<&str>) {
    let address = function.addr();
    if address == 0 {
        return;
    }
    for entry in places(address) {
        let taken =
            entry
                .address
                .compare_exchange(0, address, Ordering::Relaxed, Ordering::Relaxed);
        if taken.is_ok() {
            match name {
                Some(name) => store(entry, name.as_bytes()),
                None => loader::describe(address, |text| store(entry, text)),
            }
            return;
        }
        if taken == Err(address) {
            return;
        }
    }
}

/// Stores the name, its first word last: before that there is none.
fn store(entry: &Entry, name: &[u8]) {
    let mut words = name.chunks(8).map(|chunk| {
        let mut bytes = [0; 8];
        for (to, from) in bytes.iter_mut().zip(chunk) {
            *to = *from;
        }
        u64::from_ne_bytes(bytes)
    });
    let first = words.next().unwrap_or(0);
    for (to, word) in entry.name.iter().skip(1).zip(words) {
        to.store(word, Ordering::Relaxed);
    }
    if let Some(to) = entry.name.first() {
        to.store(first, Ordering::Release);
    }
}

/// Lends the name of a function, if it is known.
pub fn with<T>(address: usize, use_name: impl FnOnce(&[u8]) -> T) -> Option<T> {
    let entry = places(address).find(|entry| entry.address.load(Ordering::Relaxed) == address)?;
    let mut bytes = [0; 8 * WORDS];
    for (to, from) in bytes.chunks_mut(8).zip(&entry.name) {
        to.copy_from_slice(&from.load(Ordering::Acquire).to_ne_bytes());
    }
    let name = bytes.split(|&byte| byte == 0).next().unwrap_or_default();
    (address != 0 && !name.is_empty()).then(|| use_name(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_of_libraries_have_names() {
        let function = libc::getpid as *const c_void;
        keep(function);
        keep(function);
        let name = with(function.addr(), |name| {
            String::from_utf8_lossy(name).into_owned()
        });
        assert!(name.as_deref().is_some_and(|name| name.contains("getpid")));
        assert_eq!(with(0x1234, |_| ()), None);
        assert_eq!(with(0, |_| ()), None);
    }

    #[test]
    fn what_the_loader_knows_nothing_of_can_be_named() {
        let place = keep_text(c"a name");
        assert_eq!(
            with(place.addr(), <[u8]>::to_vec).as_deref(),
            Some(&b"a name"[..])
        );
    }
}
