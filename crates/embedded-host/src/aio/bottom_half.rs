//! Bottom halves: calls that a context makes once.

use core::ffi::c_void;
use core::sync::atomic::{AtomicBool, Ordering};
use std::collections::VecDeque;
use std::sync::Arc;

use super::Context;

/// `QEMUBHFunc`.
pub(crate) type Function = unsafe extern "C" fn(opaque: *mut c_void);

/// A bottom half, as long as the program or a queue has it.
pub(crate) struct BottomHalf {
    context: Context,
    function: Function,
    opaque: *mut c_void,
    /// To be run. This and the next change under the lock of the context.
    is_scheduled: AtomicBool,
    /// In the queue, be it to be run or not.
    is_queued: AtomicBool,
}

// SAFETY: the data is the program's, which knows which thread polls the context.
unsafe impl Send for BottomHalf {}
// SAFETY: as above; the rest is atomic.
unsafe impl Sync for BottomHalf {}

impl BottomHalf {
    /// One that isn't scheduled.
    ///
    /// # Safety
    /// `function` may be called with `opaque`, by the thread that polls the context, whenever it was
    /// scheduled and neither cancelled nor deleted.
    pub(crate) unsafe fn new(
        context: Context,
        function: Function,
        opaque: *mut c_void,
    ) -> Arc<Self> {
        Arc::new(Self {
            context,
            function,
            opaque,
            is_scheduled: AtomicBool::new(false),
            is_queued: AtomicBool::new(false),
        })
    }

    /// Where it runs.
    pub(crate) fn context(&self) -> &Context {
        &self.context
    }

    /// Makes it not run, under the lock of its context.
    pub(super) fn withdraw(&self) {
        self.is_scheduled.store(false, Ordering::Relaxed);
    }

    pub(super) fn run(&self) {
        // SAFETY: the program made it for the thread that polls the context, with this data, and
        // it was neither cancelled nor deleted when it was looked for (R-LOOP-7).
        unsafe { (self.function)(self.opaque) }
    }
}

/// What a context is to run.
#[derive(Default)]
pub(super) struct Queue {
    list: VecDeque<(u64, Arc<BottomHalf>)>,
    /// The number of the next to be added.
    end: u64,
}

impl Queue {
    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// A number beyond those of all that are there.
    pub(super) fn end(&self) -> u64 {
        self.end
    }

    /// Adds one, unless it is to run already.
    pub(super) fn schedule(&mut self, bottom_half: Arc<BottomHalf>) {
        bottom_half.is_scheduled.store(true, Ordering::Relaxed);
        if !bottom_half.is_queued.swap(true, Ordering::Relaxed) {
            self.list.push_back((self.end, bottom_half));
            self.end += 1;
        }
    }

    /// Takes the first, if its number is below `end`; says whether it is to run.
    pub(super) fn next(&mut self, end: u64) -> Option<(Arc<BottomHalf>, bool)> {
        if self.list.front()?.0 >= end {
            return None;
        }
        let (_, bottom_half) = self.list.pop_front()?;
        bottom_half.is_queued.store(false, Ordering::Relaxed);
        let is_scheduled = bottom_half.is_scheduled.swap(false, Ordering::Relaxed);
        Some((bottom_half, is_scheduled))
    }
}
