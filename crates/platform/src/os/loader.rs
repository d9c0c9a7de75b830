//! What the dynamic loader knows: whether a symbol is defined, which object an address is in.

use core::ffi::{CStr, c_void};
use core::ptr::NonNull;

/// Whether an object behind this one in the loader's search order defines `symbol`.
///
/// True for a function of this library means that it was preloaded, or linked, in front of another
/// implementation.
pub fn is_defined_behind(symbol: &CStr) -> bool {
    // SAFETY: a C string. The answer is only compared with NULL.
    !unsafe { libc::dlsym(libc::RTLD_NEXT, symbol.as_ptr()) }.is_null()
}

/// The function of that name, if a library of that name has it and is loaded already, however it was.
pub(crate) fn function_of(library: &CStr, symbol: &CStr) -> Option<NonNull<c_void>> {
    // SAFETY: C strings. What is loaded is found, and nothing is loaded.
    let handle = unsafe { libc::dlopen(library.as_ptr(), libc::RTLD_LAZY | libc::RTLD_NOLOAD) };
    // A program may also have it in itself.
    let place = if handle.is_null() {
        libc::RTLD_DEFAULT
    } else {
        handle
    };
    // The handle stays: the library may not go while its function is known here.
    // SAFETY: a live handle, or the program's.
    NonNull::new(unsafe { libc::dlsym(place, symbol.as_ptr()) })
}

/// Whether `address` is in the object file that this code is in.
pub fn is_in_this_object(address: *const c_void) -> bool {
    let here = is_in_this_object as fn(*const c_void) -> bool;
    let base = base_of(here as *const c_void);
    base.is_some() && base == base_of(address)
}

/// Where the object file with `address` begins.
fn base_of(address: *const c_void) -> Option<*mut c_void> {
    let mut info = core::mem::MaybeUninit::<libc::Dl_info>::uninit();
    // SAFETY: any address may be asked for; the result goes to a struct of the right type.
    let found = unsafe { libc::dladdr(address, info.as_mut_ptr()) };
    // SAFETY: filled in, as the result says.
    (found != 0).then(|| unsafe { info.assume_init() }.dli_fbase)
}

/// Tells what is at `address`: the symbol that begins there, or else the object file and the place in it,
/// as `addr2line` takes it. Nothing is told of an address that is in no object.
pub fn describe(address: usize, tell: impl FnOnce(&[u8])) {
    let mut info = core::mem::MaybeUninit::<libc::Dl_info>::uninit();
    let place = core::ptr::without_provenance(address);
    // SAFETY: any address may be asked for; the result goes to a struct of the right type.
    if unsafe { libc::dladdr(place, info.as_mut_ptr()) } == 0 {
        return;
    }
    // SAFETY: filled in, as the result says.
    let info = unsafe { info.assume_init() };
    if !info.dli_sname.is_null() && info.dli_saddr.addr() == address {
        // SAFETY: a C string that lives as long as the object file is loaded.
        tell(unsafe { CStr::from_ptr(info.dli_sname) }.to_bytes());
    } else if !info.dli_fname.is_null() {
        // SAFETY: as above.
        let path = unsafe { CStr::from_ptr(info.dli_fname) }.to_bytes();
        let file = path.rsplit(|&byte| byte == b'/').next().unwrap_or(path);
        let offset = address.wrapping_sub(info.dli_fbase.addr());
        tell(format!("{}+{offset:#x}", String::from_utf8_lossy(file)).as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn functions_of_the_c_library_are_behind_and_elsewhere() {
        assert!(is_defined_behind(c"getenv"));
        assert!(!is_defined_behind(c"no_such_function"));
        assert!(!is_in_this_object(libc::getenv as *const c_void));
        assert!(!is_in_this_object(core::ptr::null()));
        let own = functions_of_the_c_library_are_behind_and_elsewhere as fn();
        assert!(is_in_this_object(own as *const c_void));
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn functions_are_described_by_their_names_or_places() {
        let described = |address: *const c_void| {
            let mut found = None;
            describe(address.addr(), |text| {
                found = Some(String::from_utf8_lossy(text).into_owned());
            });
            found
        };
        let symbol = described(libc::getenv as *const c_void);
        assert!(symbol.is_some_and(|name| name.contains("getenv")));
        let own = functions_are_described_by_their_names_or_places as fn();
        assert!(described(own as *const c_void).is_some_and(|name| name.contains("+0x")));
        assert_eq!(described(core::ptr::null()), None);
    }
}
