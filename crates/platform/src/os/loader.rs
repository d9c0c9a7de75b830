//! What the dynamic loader knows: whether a symbol is defined, which object an address is in.

use core::ffi::{CStr, c_void};

/// Whether an object behind this one in the loader's search order defines `symbol`.
///
/// True for a function of this library means that it was preloaded, or linked, in front of another
/// implementation.
pub fn is_defined_behind(symbol: &CStr) -> bool {
    // SAFETY: a C string. The answer is only compared with NULL.
    !unsafe { libc::dlsym(libc::RTLD_NEXT, symbol.as_ptr()) }.is_null()
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
}
