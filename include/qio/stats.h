/*
 * Counts of what io/ does.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef QIO_STATS_H
#define QIO_STATS_H

#ifndef QEMU_OSDEP_H
#error "include qemu/osdep.h before any other header"
#include "qemu/osdep.h" /* so that the compiler says only this */
#endif

/* Places for errno values: Linux's, up to the last one. */
#define QIO_STATS_ERRNOS 134

/**
 * QIOStats:
 * @size: set by the caller: sizeof(QIOStats) as it was compiled; afterwards how many bytes the library knows of these
 * @tasks_submitted: tasks that were given to worker threads, by the program or by io/ itself; the sum of the
 *     next four
 * @tasks_queued: those that wait for a worker thread now
 * @tasks_running: those whose worker functions run now
 * @tasks_finished: those that wait for their main contexts to be iterated now
 * @tasks_completed: those whose callbacks are or were called, or never will be since their main context is gone
 * @task_longest_wait_ns: the longest time that a task has waited for its worker function to begin, in nanoseconds, give
 *     or take a tick of the kernel (1 to 10 ms)
 * @worker_threads: worker threads now, idle ones included
 * @worker_wakeups: how often an idle worker thread was woken
 * @context_wakeups: how often a main context was woken that waited, to deliver tasks
 * @accepts: clients that were accepted, by listeners and by qio_channel_socket_accept()
 * @failures: connects, listens, datagram sockets, accepts, and reads and writes of sockets, files and commands that
 *     failed; the sum of @failures_by_errno. That nothing is there yet (EAGAIN) is no failure
 * @failures_by_errno: the same by errno, as the host has left it where that connects, listens or makes datagram sockets;
 *     in place 0 those without
 * @clients_refused: clients that were closed as soon as they were accepted, since their peer has as many as the
 *     listener's limits allow (qio/limits.h); they don't count in @accepts
 * @accepts_limited: how often a listening socket was left alone because of such limits: for a moment, or until a client
 *     goes
 * @handshakes_timed_out: TLS and WebSocket handshakes that have reached their deadlines
 * @idle_timed_out: connections that were shut down since they were idle for too long
 *
 * What has no "now" is counted from the start of the process, or the fork() that made it.
 *
 * Later versions of the library add members at the end. A program that was compiled with fewer gets those that it
 * knows; one that was compiled with more finds zeros in what the library doesn't know, and how far it knows in @size.
 */
typedef struct QIOStats {
    size_t size;
    uint64_t tasks_submitted;
    uint64_t tasks_queued;
    uint64_t tasks_running;
    uint64_t tasks_finished;
    uint64_t tasks_completed;
    uint64_t task_longest_wait_ns;
    uint64_t worker_threads;
    uint64_t worker_wakeups;
    uint64_t context_wakeups;
    uint64_t accepts;
    uint64_t failures;
    uint64_t failures_by_errno[QIO_STATS_ERRNOS];
    uint64_t clients_refused;
    uint64_t accepts_limited;
    uint64_t handshakes_timed_out;
    uint64_t idle_timed_out;
} QIOStats;

G_BEGIN_DECLS

/**
 * qio_stats:
 * @stats: (inout) (transfer none): where to, with its size set: QIOStats stats = { .size = sizeof(stats) }
 *
 * Tells what io/ has done so far and what it is doing. Nothing has to be switched on.
 *
 * It takes no lock and no memory: it may be called in a signal handler, in any callback, and in a forked
 * child, which counts from zero. Each number is right, but others go on while it is read: a task may be counted as
 * queued that has begun meanwhile, and is never counted twice or not at all.
 *
 * Threads: any, also several at once. Blocks: no.
 */
void qio_stats(QIOStats *stats);

G_END_DECLS

#endif /* QIO_STATS_H */
