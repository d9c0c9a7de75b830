//! Submitting, parking, waking, and threads that can't be made.

use std::cell::Cell;
use std::sync::Arc;

use super::super::facade::{model, model_of_three, model_without};
use super::*;
use loom::thread;

/// Jobs that count themselves.
struct Counted;

/// What is counted.
#[derive(Default)]
struct Count {
    done: Mutex<usize>,
    changed: Condvar,
}

thread_local! {
    // All threads of a model are one of the system.
    /// How many threads are made before one can't be.
    static THREADS: Cell<usize> = const { Cell::new(0) };
    static LOOKS_OUT: Cell<bool> = const { Cell::new(false) };
}

impl Work for Counted {
    type Job = Arc<Count>;
    type Retries = ();
    type Told = ();

    fn start(workers: &'static Workers<Self>) -> bool {
        let left = THREADS.get();
        if left > 0 {
            THREADS.set(left - 1);
            thread::spawn(|| workers.serve());
        }
        left > 0
    }

    fn run(job: Arc<Count>) {
        *job.done.lock() += 1;
        job.changed.notify_all();
    }

    fn now() -> i64 {
        0
    }

    fn has_cores() -> bool {
        LOOKS_OUT.get()
    }

    fn look_out(is_queued: impl Fn() -> bool) {
        is_queued();
    }

    fn retry_later(_: &'static Workers<Self>, _: &VecDeque<Arc<Count>>, (): &mut ()) {}

    fn tell((): ()) {}

    fn thread_came((): &mut ()) {}

    fn needless((): &mut ()) {}

    fn end((): ()) {}
}

impl Count {
    /// Blocks until so many jobs are done.
    fn wait(&self, count: usize) {
        let mut done = self.done.lock();
        while *done < count {
            done = self.changed.wait(done);
        }
        assert_eq!(*done, count, "each job is done once");
    }
}

/// Workers of a model: their threads live as long as it.
fn workers(threads: usize, looks_out: bool) -> &'static Workers<Counted> {
    THREADS.set(threads);
    LOOKS_OUT.set(looks_out);
    Box::leak(Box::default())
}

/// Lets the threads leave: a model ends when all have.
fn dismiss(workers: &Workers<Counted>) {
    let state = workers.state.lock();
    workers.work.time_out();
    drop(state);
}

/// One job after the other, with one thread.
fn one_after_the_other(looks_out: bool) {
    let workers = workers(1, looks_out);
    let count = Arc::new(Count::default());
    for number in 1..=2 {
        workers.submit(Arc::clone(&count));
        count.wait(number);
    }
    dismiss(workers);
}

#[test]
fn a_parked_worker_is_woken() {
    model(|| one_after_the_other(false));
}

#[test]
fn a_worker_that_looks_out_is_not_missed() {
    model(|| one_after_the_other(true));
}

/// A burst: the first thread calls the second.
#[test]
fn two_jobs_get_two_threads() {
    model_of_three(|| {
        let workers = workers(2, false);
        let count = Arc::new(Count::default());
        workers.submit(Arc::clone(&count));
        workers.submit(Arc::clone(&count));
        count.wait(2);
        dismiss(workers);
    });
}

/// While a second thread is being made that can't be, the first one does the job that it was for, parks,
/// and another is queued.
fn a_start_fails_beside_a_parked_worker() {
    let workers = workers(1, false);
    let count = Arc::new(Count::default());
    workers.submit(Arc::clone(&count));
    let counted = Arc::clone(&count);
    let other = thread::spawn(move || workers.submit(counted));
    workers.submit(Arc::clone(&count));
    count.wait(3);
    other.join().unwrap();
    dismiss(workers);
}

#[test]
fn no_job_is_left_beside_a_parked_worker() {
    model_of_three(|| a_start_fails_beside_a_parked_worker());
}

#[test]
fn without_the_repair_a_job_is_left_beside_a_parked_worker() {
    model_without(
        Repair::ParkedWorkerTakesTheWork,
        "deadlock",
        a_start_fails_beside_a_parked_worker,
    );
}

/// No thread at all: who waits does the job.
#[test]
fn a_thread_that_waits_takes_a_starved_job() {
    model(|| {
        let workers = workers(0, false);
        let count = Arc::new(Count::default());
        let counted = Arc::clone(&count);
        let other = thread::spawn(move || workers.submit(counted));
        let taken = workers.take_if_starved(|job| Arc::ptr_eq(job, &count));
        other.join().unwrap();
        let taken = taken.or_else(|| workers.take_if_starved(|job| Arc::ptr_eq(job, &count)));
        Counted::run(taken.unwrap());
        count.wait(1);
    });
}
