//! Module initialisers: recorded by constructors, run by the program.
//!
//! Works before `main` and in any order of constructors: the state is a constant-initialised
//! static, and allocation is the C library's (R-MOD-1).

use core::ffi::{c_uint, c_void};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use platform::os::abort::misuse;
use platform::os::loader;

/// How many kinds `module_init_type` has.
const KINDS: usize = 8;

/// The kind that registers QOM types, in every profile.
pub(crate) const QOM: c_uint = 3;

/// An initialiser.
pub(crate) type InitFunction = unsafe extern "C" fn();

/// How far one kind is.
enum Stage {
    /// Not called yet; what was recorded, in order.
    Recording(Vec<InitFunction>),
    /// The thread that runs the functions.
    Running(libc::pthread_t),
    Done,
}

type Stages = [Stage; KINDS];

static STAGES: Mutex<Stages> = Mutex::new([const { Stage::Recording(Vec::new()) }; KINDS]);
static FINISHED: Condvar = Condvar::new();

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

/// Records `f` to be run by the first [`call`] of its kind. Recorded later it never runs.
///
/// # Safety
/// `f` may be called once, in any thread.
pub(crate) unsafe fn register(f: InitFunction, kind: c_uint) {
    let index = index(kind, "register_module_init");
    if let Stage::Recording(functions) = &mut stages()[index] {
        functions.push(f);
    }
}

/// Runs the functions recorded for `kind`, once.
///
/// A thread that calls while another one runs them waits, so that what they register is there for
/// both. A call from one of the functions returns at once.
pub(crate) fn call(kind: c_uint) {
    let index = index(kind, "module_call_init");
    // SAFETY: has no precondition.
    let this_thread = unsafe { libc::pthread_self() };
    let mut stages = stages();
    let mut functions = loop {
        match &mut stages[index] {
            Stage::Recording(functions) => break std::mem::take(functions),
            Stage::Running(thread) if *thread != this_thread => {}
            Stage::Running(_) | Stage::Done => return,
        }
        stages = FINISHED
            .wait(stages)
            .unwrap_or_else(PoisonError::into_inner);
    };
    stages[index] = Stage::Running(this_thread);
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
    self::stages()[index] = Stage::Done;
    FINISHED.notify_all();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(f: extern "C" fn(), kind: c_uint) {
        // SAFETY: a safe function.
        unsafe { register(f, kind) };
    }
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::sync::mpsc;

    // Each test has a kind of its own: the state is the process's.
    const MIGRATION: c_uint = 0;
    const BLOCK: c_uint = 1;
    const OPTS: c_uint = 2;

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
}
