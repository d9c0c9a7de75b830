/*
 * Tasks that can be cancelled, with a name, a deadline, a priority, and groups with a bound on workers.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef QIO_EXT_H
#define QIO_EXT_H

#ifndef QEMU_OSDEP_H
#error "include qemu/osdep.h before any other header"
#include "qemu/osdep.h" /* so that the compiler says only this */
#endif
#include "io/task.h"

/* GIO's GCancellable; for those who use one, gio/gio.h has the rest. */
struct _GCancellable;

/**
 * QIOTaskGroup:
 *
 * Tasks of which only so many have worker functions that run at the same time. Others don't wait because of that.
 */
typedef struct QIOTaskGroup QIOTaskGroup;

/**
 * QIOTaskOutcome:
 * @QIO_TASK_PENDING: not decided yet, or the task is driven by hand
 * @QIO_TASK_COMPLETED: its worker function has run to its end; the task has what that has set, an error perhaps
 * @QIO_TASK_CANCELLED: it was cancelled, and has an error that says so and no result
 * @QIO_TASK_TIMED_OUT: its deadline has passed, and it has an error that says so and no result
 *
 * How a task has ended.
 */
typedef enum QIOTaskOutcome {
    QIO_TASK_PENDING = 0,
    QIO_TASK_COMPLETED = 1,
    QIO_TASK_CANCELLED = 2,
    QIO_TASK_TIMED_OUT = 3
} QIOTaskOutcome;

/**
 * QIOTaskFlags:
 * @QIO_TASK_NO_FLAGS: none
 * @QIO_TASK_RETURN_ON_CANCEL: a task that is cancelled, or late, while its worker function runs has its callback called
 *     at once rather than when the function has returned. What the function comes to is freed
 */
typedef enum QIOTaskFlags {
    QIO_TASK_NO_FLAGS = 0,
    QIO_TASK_RETURN_ON_CANCEL = 1
} QIOTaskFlags;

/**
 * QIOTaskOptions:
 * @size: set by the caller: sizeof(QIOTaskOptions) as it was compiled
 * @name: (nullable): what error messages, dumps (40 bytes of it), traces and timelines call the task; it is copied
 * @cancellable: (nullable): cancels the task when it is cancelled; the task holds a reference
 * @group: (nullable): the task's worker function waits for a place in the group; the task holds a reference
 * @deadline: when the worker function has to have returned, in microseconds, in the time of g_get_monotonic_time(); 0 for
 *     any time
 * @priority: of the callback among the sources of its context, as a GSource has it, and of the task among those that wait
 *     for a place in @group: lower numbers first. 0 is G_PRIORITY_DEFAULT, as with GTask; qio_task_run_in_thread() has
 *     G_PRIORITY_DEFAULT_IDLE
 * @flags: of QIOTaskFlags
 *
 * The terms that a task runs on.
 *
 * Later versions of the library add members at the end. What a program that was compiled with fewer doesn't know is 0;
 * one that was compiled with more may set what the library doesn't know to 0 only.
 */
typedef struct QIOTaskOptions {
    size_t size;
    const char *name;
    struct _GCancellable *cancellable;
    QIOTaskGroup *group;
    int64_t deadline;
    int32_t priority;
    uint32_t flags;
} QIOTaskOptions;

G_BEGIN_DECLS

/**
 * qio_task_run_in_thread_full:
 * @task: (transfer full): the task; not completed by hand, and not given to a thread before
 * @worker: (scope async): the function that blocks
 * @opaque: (closure) (nullable): data for @worker
 * @destroy: (destroy) (nullable): frees @opaque; called once, when the task is freed, also for NULL
 * @context: (transfer none) (nullable): where the callback runs; NULL is the global default context
 * @options: (nullable): the terms, which are copied; NULL for a priority of 0 and nothing else.
 *     QIOTaskOptions options = { .size = sizeof(options), .cancellable = cancellable }
 *
 * As qio_task_run_in_thread(), for a task that may end otherwise than by its worker function's return. Whatever comes
 * first decides how it ends, and its callback is called once: qio_task_get_outcome() tells it how.
 *
 * Cancelled, or its deadline over, before a thread has come for it: the worker function never runs, and the callback gets
 * the error. That is at once if the task waits for a place in its group, or qio_task_cancel() was called.
 *
 * While the worker function runs: it can ask qio_task_is_cancelled(). The callback gets the error, with
 * QIO_TASK_RETURN_ON_CANCEL at once, otherwise when the function has returned. The function's result and error are freed
 * with the task, in the thread of @context. @task is valid in the callback and for the worker function until each returns.
 *
 * When the worker function has returned: a deadline is met. Cancelled before the callback is called, the task still ends
 * as cancelled: who cancels in the thread of @context is called back with nothing else.
 *
 * With QIO_TASK_RETURN_ON_CANCEL the destroy functions run when the worker function has returned, and @context lives until
 * then; a wait by qio_task_wait_thread() ends with the callback.
 *
 * A task of a full group has no thread, and is in nobody's way. A worker function that waits for another task of its
 * group takes the place that this may need. A forked child doesn't get places of its parent's groups: it is not bound by them.
 *
 * Misuse that ends the process: @task or @worker is NULL, @task was given to a thread before, @options has a size too
 * small for itself, flags that don't exist, a negative deadline, or members set that this version doesn't know; a
 * @cancellable in a process that has not loaded libgio-2.0.so.0, which the library doesn't depend on.
 *
 * Threads: any. Blocks: no. Context: as qio_task_run_in_thread(). Callbacks of one context and priority run in the order
 * in which their tasks ended.
 */
void qio_task_run_in_thread_full(QIOTask *task, QIOTaskWorker worker, gpointer opaque, GDestroyNotify destroy,
                                 GMainContext *context, const QIOTaskOptions *options);

/**
 * qio_task_cancel:
 * @task: (transfer none): a task that was given to qio_task_run_in_thread_full(); other tasks don't change. It must be
 *     alive: in the thread of its context until its callback has returned, elsewhere with a reference
 *
 * Cancels a task. What the program doesn't see coming is nothing: no function of it is called in here.
 *
 * Threads: any, also a callback, a destroy function, or the worker function itself. Blocks: no.
 * Returns: whether the task ends as cancelled because of this call. If not, it was cancelled or late before, its callback
 *     is being or was called, it was not started yet, or it can't be cancelled.
 */
bool qio_task_cancel(QIOTask *task);

/**
 * qio_task_is_cancelled:
 * @task: (transfer none): a task
 *
 * Tells a worker function whether to stop: the task was cancelled, its GCancellable was, or its deadline has passed.
 *
 * Threads: any, mostly the worker function's, and in a forked child of tasks of the parent's. Blocks: no.
 * Returns: whether nobody waits for what the worker function comes to.
 */
bool qio_task_is_cancelled(QIOTask *task);

/**
 * qio_task_get_outcome:
 * @task: (transfer none): a task
 *
 * Tells how a task has ended, in its callback or later. Without qio_task_run_in_thread_full() a threaded task has
 * always completed there. That of qio_channel_socket_connect_full_async() may have been cancelled or late, too. In a forked
 * child it is what was decided before the fork.
 *
 * Threads: any. Blocks: no.
 * Returns: the outcome.
 */
QIOTaskOutcome qio_task_get_outcome(QIOTask *task);

/**
 * qio_task_get_name:
 * @task: (transfer none): a task
 *
 * Threads: any. Blocks: no.
 * Returns: (transfer none) (nullable): the name of its QIOTaskOptions, valid as long as @task.
 */
const char *qio_task_get_name(QIOTask *task);

/**
 * qio_task_ref:
 * @task: (transfer none): a task
 *
 * Takes a reference, so that the pointer stays valid for other threads: to cancel the task, and to ask for its outcome,
 * name and source. The task ends as it would without; its source object, its cancellable and its group stay until the last
 * reference is gone.
 *
 * Threads: any. Blocks: no.
 * Returns: (transfer full): @task.
 */
QIOTask *qio_task_ref(QIOTask *task);

/**
 * qio_task_unref:
 * @task: (transfer full): a reference of qio_task_ref(), not the one that qio_task_new() gives
 *
 * Drops a reference. The last one drops the source object here.
 *
 * Threads: any. Blocks: no.
 */
void qio_task_unref(QIOTask *task);

/**
 * qio_task_group_new:
 * @max_workers: how many worker functions of the group's tasks run at the same time; not 0
 *
 * Makes a group. The places of its tasks are given by priority, among equals in the order of
 * qio_task_run_in_thread_full(). A task keeps its place until its worker function has returned, also if it was cancelled.
 *
 * Threads: any. Blocks: no.
 * Returns: (transfer full): the group.
 */
QIOTaskGroup *qio_task_group_new(unsigned int max_workers);

/**
 * qio_task_group_ref:
 * @group: (transfer none): a group
 *
 * Threads: any. Blocks: no.
 * Returns: (transfer full): @group, with a reference more.
 */
QIOTaskGroup *qio_task_group_ref(QIOTaskGroup *group);

/**
 * qio_task_group_unref:
 * @group: (transfer full) (nullable): a group
 *
 * Drops a reference. Tasks of the group have their own: what was started is done.
 *
 * Threads: any. Blocks: no.
 */
void qio_task_group_unref(QIOTaskGroup *group);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(QIOTaskGroup, qio_task_group_unref)

G_END_DECLS

#endif /* QIO_EXT_H */
