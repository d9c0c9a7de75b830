//! `qemu/module.h`: the constructors of modules.

use core::ffi::c_uint;

use crate::module;
use platform::os::abort::misuse;

/// `register_module_init` of `qemu/module.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn register_module_init(f: Option<module::InitFunction>, kind: c_uint) {
    match f {
        // SAFETY: what the header asks of the function.
        Some(f) => unsafe { module::register(f, kind) },
        None => misuse("register_module_init", format_args!("@fn is NULL")),
    }
}
