//! `qemu/thread.h`: mutexes, which stand in public structs.

use crate::thread::{Mutex, Recursion};
use abi::layout::QemuMutex;

/// Makes a mutex of the memory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qemu_mutex_init(mutex: *mut QemuMutex) {
    const NAME: &str = "qemu_mutex_init";
    // SAFETY: by the header, memory of a mutex that stays for the call.
    let mutex = unsafe { Mutex::at(NAME, mutex) };
    mutex.init(NAME, Recursion::Deadlocks);
}

/// Ends a mutex.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qemu_mutex_destroy(mutex: *mut QemuMutex) {
    const NAME: &str = "qemu_mutex_destroy";
    // SAFETY: by the header, memory of a mutex that stays for the call.
    let mutex = unsafe { Mutex::at(NAME, mutex) };
    mutex.destroy(NAME);
}
