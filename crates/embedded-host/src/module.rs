//! Module initialisers: recorded by constructors, run by the program, or by the first use of a type.
//!
//! Works before `main` and in any order of constructors: the state is a constant-initialised
//! static, and allocation is the C library's (R-MOD-1).

use core::ffi::{c_uint, c_void};
use core::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use abi::profile;
use platform::os::abort::misuse;
use platform::os::loader;

/// How many kinds `module_init_type` has.
const KINDS: usize = if profile::TARGETS_ARE_A_MODULE_KIND {
    9
} else {
    8
};

/// The kind that registers QOM types.
pub(crate) const QOM: c_uint = if profile::TARGETS_ARE_A_MODULE_KIND {
    4
} else {
    3
};

/// An initialiser.
pub(crate) type InitFunction = unsafe extern "C" fn();

/// How far one kind is.
enum Stage {
    /// Not called yet; what was recorded and has not run, in order.
    Recording(Vec<InitFunction>),
    Running {
        /// The thread that runs the functions.
        thread: libc::pthread_t,
        /// What is recorded meanwhile, unless the program has made its call.
        later: Option<Vec<InitFunction>>,
    },
    /// The program has made its call.
    Done,
}

type Stages = [Stage; KINDS];

static STAGES: Mutex<Stages> = Mutex::new([const { Stage::Recording(Vec::new()) }; KINDS]);
static FINISHED: Condvar = Condvar::new();

/// Whether functions of a kind wait to be run, or are running. Changed under the lock.
static PENDING: [AtomicBool; KINDS] = [const { AtomicBool::new(false) }; KINDS];

fn stages() -> MutexGuard<'static, Stages> {
    STAGES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The index of `kind`.
fn index(kind: c_uint, function: &str) -> usize {
    match usize::try_from(kind) {
        Ok(index) if index < KINDS => index,
        _ => misuse(function, format_args!("{kind} is no module_init_type")),
    }
}

/// Records `f` to be run by the first [`call`] of its kind, or a [`run_pending`] before it. Recorded
/// later it never runs.
///
/// # Safety
/// `f` may be called once, in any thread.
pub(crate) unsafe fn register(f: InitFunction, kind: c_uint) {
    let index = index(kind, "register_module_init");
    match &mut stages()[index] {
        Stage::Recording(functions)
        | Stage::Running {
            later: Some(functions),
            ..
        } => {
            functions.push(f);
            PENDING[index].store(true, Ordering::Release);
        }
        Stage::Running { later: None, .. } | Stage::Done => {}
    }
}

/// Runs the functions recorded for `kind`, once.
///
/// A thread that calls while another one runs them waits, so that what they register is there for
/// both. A call from one of the functions returns at once.
pub(crate) fn call(kind: c_uint) {
    run(index(kind, "module_call_init"), true);
}

/// Runs the functions that have been recorded for `kind`, if the program hasn't; those that are
/// recorded afterwards can still run. Otherwise as [`call`].
#[inline]
pub(crate) fn run_pending(kind: c_uint) {
    let index = index(kind, "module_call_init");
    if PENDING[index].load(Ordering::Acquire) {
        run(index, false);
    }
}

/// `is_call` says that the program has called: nothing is recorded any more.
#[cold]
fn run(index: usize, is_call: bool) {
    // SAFETY: has no precondition.
    let this_thread = unsafe { libc::pthread_self() };
    let mut stages = stages();
    let mut functions = loop {
        match &mut stages[index] {
            Stage::Recording(functions) => break std::mem::take(functions),
            Stage::Running { thread, .. } if *thread != this_thread => {}
            Stage::Running { .. } | Stage::Done => return,
        }
        stages = FINISHED
            .wait(stages)
            .unwrap_or_else(PoisonError::into_inner);
    };
    stages[index] = Stage::Running {
        thread: this_thread,
        later: (!is_call).then(Vec::new),
    };
    drop(stages);
    // In front of another host, whose constructors have run first and recorded with this one,
    // libqio's types have to be there before the other's of the same names.
    if loader::is_defined_behind(c"register_module_init") {
        functions.sort_by_key(|&f| !loader::is_in_this_object(f as *const c_void));
    }
    for f in functions {
        // SAFETY: who recorded it said that it may run now, once, without arguments.
        unsafe { f() };
    }
    finish(index);
}

/// The functions have run.
fn finish(index: usize) {
    let mut stages = stages();
    let stage = match std::mem::replace(&mut stages[index], Stage::Done) {
        Stage::Running {
            later: Some(later), ..
        } => Stage::Recording(later),
        Stage::Recording(functions) => Stage::Recording(functions),
        Stage::Running { later: None, .. } | Stage::Done => Stage::Done,
    };
    let is_pending = matches!(&stage, Stage::Recording(functions) if !functions.is_empty());
    PENDING[index].store(is_pending, Ordering::Release);
    stages[index] = stage;
    drop(stages);
    FINISHED.notify_all();
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicU32;
    use std::sync::mpsc;

    fn record(f: extern "C" fn(), kind: c_uint) {
        // SAFETY: a safe function.
        unsafe { register(f, kind) };
    }

    // Each test has a kind of its own: the state is the process's.
    const MIGRATION: c_uint = 0;
    const BLOCK: c_uint = 1;
    const OPTS: c_uint = 2;
    const TRACE: c_uint = 4;
    const XEN_BACKEND: c_uint = 5;

    #[test]
    fn runs_in_order_and_once() {
        static LOG: AtomicU32 = AtomicU32::new(0);
        extern "C" fn one() {
            LOG.store(LOG.load(Ordering::SeqCst) * 10 + 1, Ordering::SeqCst);
        }
        extern "C" fn two() {
            LOG.store(LOG.load(Ordering::SeqCst) * 10 + 2, Ordering::SeqCst);
        }
        record(one, BLOCK);
        record(two, BLOCK);
        record(one, BLOCK);
        call(BLOCK);
        assert_eq!(LOG.load(Ordering::SeqCst), 121);
        record(two, BLOCK);
        call(BLOCK);
        assert_eq!(LOG.load(Ordering::SeqCst), 121);
    }

    #[test]
    fn recording_or_calling_from_a_function_does_nothing() {
        static RUNS: AtomicU32 = AtomicU32::new(0);
        extern "C" fn counts() {
            RUNS.fetch_add(1, Ordering::SeqCst);
            record(counts, OPTS);
            call(OPTS);
        }
        record(counts, OPTS);
        call(OPTS);
        call(OPTS);
        assert_eq!(RUNS.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn a_second_thread_waits_for_the_first() {
        static GATE: Mutex<Option<mpsc::Receiver<()>>> = Mutex::new(None);
        static STARTED: Mutex<Option<mpsc::Sender<()>>> = Mutex::new(None);
        static DONE: AtomicU32 = AtomicU32::new(0);
        extern "C" fn slow() {
            let started = STARTED.lock().unwrap().take().unwrap();
            let gate = GATE.lock().unwrap().take().unwrap();
            started.send(()).unwrap();
            gate.recv().unwrap();
            DONE.store(1, Ordering::SeqCst);
        }
        let (open, gate) = mpsc::channel();
        let (started, has_started) = mpsc::channel();
        *GATE.lock().unwrap() = Some(gate);
        *STARTED.lock().unwrap() = Some(started);
        record(slow, MIGRATION);
        let first = std::thread::spawn(|| call(MIGRATION));
        has_started.recv().unwrap();
        let second = std::thread::spawn(|| {
            call(MIGRATION);
            DONE.load(Ordering::SeqCst)
        });
        open.send(()).unwrap();
        first.join().unwrap();
        assert_eq!(second.join().unwrap(), 1);
    }

    #[test]
    fn what_is_pending_runs_once_and_recording_goes_on() {
        static LOG: AtomicU32 = AtomicU32::new(0);
        extern "C" fn one() {
            LOG.store(LOG.load(Ordering::SeqCst) * 10 + 1, Ordering::SeqCst);
            // Re-enters, and records: for later.
            run_pending(TRACE);
            record(two, TRACE);
        }
        extern "C" fn two() {
            LOG.store(LOG.load(Ordering::SeqCst) * 10 + 2, Ordering::SeqCst);
        }
        run_pending(TRACE);
        record(one, TRACE);
        run_pending(TRACE);
        assert_eq!(LOG.load(Ordering::SeqCst), 1);
        run_pending(TRACE);
        assert_eq!(LOG.load(Ordering::SeqCst), 12);
        run_pending(TRACE);
        record(two, TRACE);
        call(TRACE);
        assert_eq!(LOG.load(Ordering::SeqCst), 122);
        record(two, TRACE);
        run_pending(TRACE);
        call(TRACE);
        assert_eq!(LOG.load(Ordering::SeqCst), 122);
    }

    #[test]
    fn a_second_thread_waits_for_what_was_pending() {
        static STARTED: AtomicU32 = AtomicU32::new(0);
        static DONE: AtomicU32 = AtomicU32::new(0);
        extern "C" fn slow() {
            STARTED.store(1, Ordering::SeqCst);
            std::thread::sleep(std::time::Duration::from_millis(50));
            DONE.store(1, Ordering::SeqCst);
        }
        record(slow, XEN_BACKEND);
        let first = std::thread::spawn(|| run_pending(XEN_BACKEND));
        while STARTED.load(Ordering::SeqCst) == 0 {
            std::thread::yield_now();
        }
        run_pending(XEN_BACKEND);
        assert_eq!(DONE.load(Ordering::SeqCst), 1);
        first.join().unwrap();
    }
}
