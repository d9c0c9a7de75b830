//! `CoMutex` of `qemu/coroutine-core.h`.

use core::ffi::c_uint;

use super::{AioContext, CoWaitRecord, Coroutine};

/// A lock of coroutines. All zero is unlocked.
#[repr(C)]
pub struct CoMutex {
    /// Not 0 if somebody has it.
    pub locked: c_uint,
    /// Unused.
    pub ctx: *mut AioContext,
    /// The last that waits.
    pub from_push: *mut CoWaitRecord,
    /// The first that waits.
    pub to_pop: *mut CoWaitRecord,
    /// Unused.
    pub handoff: c_uint,
    /// Unused.
    pub sequence: c_uint,
    /// Who has it.
    pub holder: *mut Coroutine,
}

assert_layout!(CoMutex, size = 48, { locked @ 0, ctx @ 8, from_push @ 16, to_pop @ 24, handoff @ 32, sequence @ 36, holder @ 40 });
