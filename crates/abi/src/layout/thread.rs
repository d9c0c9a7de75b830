//! Locks and threads of `qemu/thread.h`, as normal builds of the host have them (no mutex
//! debugging, which would add members).

/// The bytes of the system's mutex, which are all that the architectures differ in here
/// (`abi/architectures.toml`).
const MUTEX: usize = if cfg!(target_arch = "aarch64") {
    48
} else {
    40
};

/// A plain mutex. Only its own functions touch the members.
#[repr(C)]
pub struct QemuMutex {
    /// The system's mutex.
    pub lock: libc::pthread_mutex_t,
    /// Set by init, cleared by destroy, asserted by the rest.
    pub initialized: bool,
}

assert_layout!(QemuMutex, size = MUTEX + 8, { lock @ 0, initialized @ MUTEX });

/// A recursive mutex.
#[repr(C)]
pub struct QemuRecMutex {
    /// The mutex, made recursive.
    pub m: QemuMutex,
}

assert_layout!(QemuRecMutex, size = MUTEX + 8, { m @ 0 });

/// A condition variable.
#[repr(C)]
pub struct QemuCond {
    /// The system's condition variable.
    pub cond: libc::pthread_cond_t,
    /// Set by init, cleared by destroy, asserted by the rest.
    pub initialized: bool,
}

assert_layout!(QemuCond, size = 56, { cond @ 0, initialized @ 48 });

/// A thread's handle.
#[repr(C)]
pub struct QemuThread {
    /// The system's handle.
    pub thread: libc::pthread_t,
}

assert_layout!(QemuThread, size = 8, { thread @ 0 });
