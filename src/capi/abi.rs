//! The symbol by which a program finds out, when it is linked, that it was compiled for another
//! ABI profile (R-HDR-3). `qio-profile.h` refers to it, and so do the assertions that
//! `scripts/abi-profile` writes for programs which bring the host.

use core::ffi::c_char;

/// The library has the ABI that the symbol's name says, `qio_abi_qemu_10_0` for one.
#[unsafe(export_name = env!("QIO_ABI_SYMBOL"))]
pub static ABI_PROFILE: c_char = 0;
