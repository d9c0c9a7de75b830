//! `qio/stats.h`.

use core::mem::size_of;
use core::ptr;

use crate::logic::statistics::{self, Count, ERRNOS, Tasks};
use platform::check_usage;

/// See `qio/stats.h`, and there for the fields.
#[repr(C)]
pub struct QIOStats {
    size: usize,
    tasks_submitted: u64,
    tasks_queued: u64,
    tasks_running: u64,
    tasks_finished: u64,
    tasks_completed: u64,
    task_longest_wait_ns: u64,
    worker_threads: u64,
    worker_wakeups: u64,
    context_wakeups: u64,
    accepts: u64,
    failures: u64,
    failures_by_errno: [u64; ERRNOS],
    clients_refused: u64,
    accepts_limited: u64,
    handshakes_timed_out: u64,
    idle_timed_out: u64,
}

const _: () = assert!(size_of::<QIOStats>() == 8 * (16 + ERRNOS), "no gaps");

/// See `qio/stats.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_stats(stats: *mut QIOStats) {
    check_usage!(!stats.is_null(), "qio_stats", "stats is NULL");
    // SAFETY: the caller's struct has at least its size in it.
    let size = unsafe { (&raw const (*stats).size).read() };
    check_usage!(
        size >= size_of::<usize>(),
        "qio_stats",
        "stats->size is {size}"
    );
    let known = size.min(size_of::<QIOStats>());
    let found = gather(known);
    let bytes: *mut u8 = stats.cast();
    // SAFETY: both have so many bytes, and the struct has no gaps.
    unsafe { ptr::copy_nonoverlapping((&raw const found).cast(), bytes, known) };
    // SAFETY: the caller's struct has so many bytes more.
    unsafe { bytes.add(known).write_bytes(0, size - known) };
}

fn gather(size: usize) -> QIOStats {
    let Tasks {
        submitted,
        queued,
        running,
        finished,
        completed,
    } = statistics::tasks();
    let failures_by_errno = statistics::failures();
    QIOStats {
        size,
        tasks_submitted: submitted,
        tasks_queued: queued,
        tasks_running: running,
        tasks_finished: finished,
        tasks_completed: completed,
        task_longest_wait_ns: statistics::longest_wait(),
        worker_threads: statistics::workers(),
        worker_wakeups: statistics::total(Count::WorkerWoken),
        context_wakeups: statistics::total(Count::ContextWoken),
        accepts: statistics::total(Count::Accepted),
        failures: failures_by_errno.iter().sum(),
        failures_by_errno,
        clients_refused: statistics::total(Count::ClientRefused),
        accepts_limited: statistics::total(Count::AcceptLimited),
        handshakes_timed_out: statistics::total(Count::HandshakeTimedOut),
        idle_timed_out: statistics::total(Count::IdleTimedOut),
    }
}
