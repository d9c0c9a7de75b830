//! `qemu/module.h`, where the functions are documented.

use core::ffi::c_uint;

use crate::module;

/// `module_call_init` of `qemu/module.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn module_call_init(kind: c_uint) {
    module::call(kind);
}
