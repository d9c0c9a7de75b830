/*
 * An operation that reports its end to a callback, and may run in a thread.
 *
 * Generated from src/capi/task.rs.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifndef QIO_TASK_H
#define QIO_TASK_H

#ifndef QEMU_OSDEP_H
#error "include qemu/osdep.h before any other header"
#include "qemu/osdep.h" /* so that the compiler says only this */
#endif

typedef struct QIOTask QIOTask;

/** A task has ended; ask it for its error or result. @task is valid until the function returns. */
typedef void (*QIOTaskFunc)(QIOTask *task, gpointer opaque);

/**
 * Does the blocking work of a task, on a worker thread. It may set and ask for error and result and
 * ask for the source, and nothing else of @task.
 */
typedef void (*QIOTaskWorker)(QIOTask *task, gpointer opaque);

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * qio_task_new:
 * @source: (transfer none) (nullable): the object the task is about; the task holds a reference
 * @func: (scope async) (nullable): called when the task completes; may be NULL only if it never does
 * @opaque: (closure) (nullable): data for @func
 * @destroy: (destroy) (nullable): frees @opaque; called once, when the task is freed, also for NULL
 *
 * Makes a task. It does nothing until qio_task_complete() or qio_task_run_in_thread() is called.
 *
 * Threads: any; one thread at a time uses a task. Blocks: no.
 * Returns: (transfer full): the task, never NULL. qio_task_run_in_thread() takes it over; otherwise
 * it ends with qio_task_complete() (in profiles without the latter) or qio_task_free()
 * (later profiles).
 */
QIOTask *qio_task_new(Object *source,
                      QIOTaskFunc func,
                      gpointer opaque,
                      GDestroyNotify destroy);

/**
 * qio_task_run_in_thread:
 * @task: (transfer full): the task; not completed by hand, and not given to a thread before
 * @worker: (scope async): the function that blocks
 * @opaque: (closure) (nullable): data for @worker
 * @destroy: (destroy) (nullable): frees @opaque; called once, when the task is freed, also for NULL
 * @context: (transfer none) (nullable): where the callback runs; NULL is the global default context
 *
 * Runs @worker on a worker thread, then the task's callback in @context, and frees the task.
 * The callback never runs before this function has returned to a thread that iterates @context.
 * Callbacks of one context run in the order in which their workers ended, at idle priority; one
 * that is held up by sources of default priority for 1,000 iterations and 100 ms runs at theirs.
 * If the program drops @context without iterating it again, the task is freed and the callback
 * doesn't run. A second call for the same task ends the process.
 *
 * Threads: any. Blocks: no. @worker runs with all signals blocked but SIGSEGV, SIGFPE and SIGILL,
 * on a thread named io-task-worker that may be used again for other tasks; what it registers for
 * thread exit runs when that thread leaves, if at all. There is no limit on the number of workers.
 * If no thread can be made, the task waits for a free one.
 * Context: the callback and the destroy functions run in the thread that iterates @context; if
 * @context was dropped, the destroy functions run in the thread that dropped it, or in the worker's if
 * that ended later. A result that the worker replaces ends in the worker's thread.
 */
void qio_task_run_in_thread(QIOTask *task,
                            QIOTaskWorker worker,
                            gpointer opaque,
                            GDestroyNotify destroy,
                            GMainContext *context);

/**
 * qio_task_wait_thread:
 * @task: (transfer full): a task that was given to a thread and not delivered yet
 *
 * Blocks until the worker has returned, then runs the task's callback here, once, instead of in its
 * context, and frees the task. Nothing else is dispatched meanwhile. A task that wasn't given to a
 * thread, or a wait inside the task's own callback, ends the process.
 *
 * Threads: the one that iterates the task's context. Blocks: until the worker has returned.
 */
void qio_task_wait_thread(QIOTask *task);

/**
 * qio_task_complete:
 * @task: the task; (transfer full) in the profiles without qio_task_free(),
 *   (transfer none) in the later ones
 *
 * Calls the task's callback. In the profiles that transfer the task it is freed afterwards. A task
 * without a callback, or one that was given to a thread, ends the process.
 *
 * Threads: any. Context: the callback runs here, before the function returns.
 */
void qio_task_complete(QIOTask *task);

#if defined(QIO_HAS_TASK_FREE)
/**
 * qio_task_free:
 * @task: (transfer full) (nullable): a task that is not, or no longer, running in a thread
 *
 * Frees a task. If it wasn't completed, its callback doesn't run; its destroy functions do, in this
 * order: worker data, callback data, result; then the error and the reference on the source go.
 * Freeing a task whose worker runs is a mistake; it is made safe by postponing what the worker uses.
 *
 * Threads: any. Blocks: no.
 * Since: qemu-10.0.13, but not in qemu-10.1, qemu-10.1.3 and qemu-10.2.0.
 */
void qio_task_free(QIOTask *task);
#endif

/**
 * qio_task_set_error:
 * @task: (transfer none): the task
 * @err: (transfer full) (nullable): the error; NULL changes nothing
 *
 * Makes the task a failed one. The first error is kept, later ones are freed.
 *
 * Threads: any, one at a time; also the worker. Blocks: no.
 */
void qio_task_set_error(QIOTask *task, Error *err);

/**
 * qio_task_propagate_error:
 * @task: (transfer none): the task
 * @errp: (out) (nullable): as in qapi/error.h; NULL frees the error
 *
 * Moves the task's error to @errp, by the rules of error_propagate(). The task has none afterwards.
 *
 * Threads: any, one at a time; also the worker. Blocks: no.
 * Returns: whether there was an error.
 */
bool qio_task_propagate_error(QIOTask *task,
                              Error **errp);

/**
 * qio_task_set_result_pointer:
 * @task: (transfer none): the task
 * @result: (nullable): the result; owned by the task if @destroy is given
 * @destroy: (nullable): frees @result; called once, when the task is freed or another pointer is set
 *
 * Sets the result, replacing the one before. Setting the same pointer again only replaces @destroy.
 *
 * Threads: any, one at a time; also the worker. Blocks: no.
 */
void qio_task_set_result_pointer(QIOTask *task,
                                 gpointer result,
                                 GDestroyNotify destroy);

/**
 * qio_task_get_result_pointer:
 * @task: (transfer none): the task
 *
 * Threads: any, one at a time; also the worker. Blocks: no.
 * Returns: (transfer none) (nullable): the result set last; valid until the task is freed.
 */
gpointer qio_task_get_result_pointer(QIOTask *task);

/**
 * qio_task_get_source:
 * @task: (transfer none): the task
 *
 * Threads: any. Blocks: no.
 * Returns: (transfer none) (nullable): the object given to qio_task_new(); the task keeps it alive.
 */
Object *qio_task_get_source(QIOTask *task);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* QIO_TASK_H */
