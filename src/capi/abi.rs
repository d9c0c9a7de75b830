//! The symbol by which a program finds out, when it is linked, that it was compiled for another
//! ABI profile (R-HDR-3). `config-host.h` refers to it, and so do the assertions that
//! `scripts/abi-profile` writes for programs which bring the host.

use core::ffi::c_char;

/// The library has the ABI `qemu-7.2`.
#[cfg(profile = "qemu-7.2")]
#[unsafe(no_mangle)]
pub static qio_abi_qemu_7_2: c_char = 0;

/// The library has the ABI `qemu-7.2.22`.
#[cfg(profile = "qemu-7.2.22")]
#[unsafe(no_mangle)]
pub static qio_abi_qemu_7_2_22: c_char = 0;

/// The library has the ABI `qemu-10.0`.
#[cfg(profile = "qemu-10.0")]
#[unsafe(no_mangle)]
pub static qio_abi_qemu_10_0: c_char = 0;

/// The library has the ABI `qemu-10.0.13`.
#[cfg(profile = "qemu-10.0.13")]
#[unsafe(no_mangle)]
pub static qio_abi_qemu_10_0_13: c_char = 0;

/// The library has the ABI `qemu-10.2`.
#[cfg(profile = "qemu-10.2")]
#[unsafe(no_mangle)]
pub static qio_abi_qemu_10_2: c_char = 0;
