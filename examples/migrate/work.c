/*
 * Tasks and coroutines with numbers, so that the line of a worker can be told to belong to that of a
 * callback.
 *
 * A QIOTask is what it always is; around its two functions there is one that remembers the number.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "migrate.h"

#include "qemu/aio.h"

struct Work {
    int number;
    QIOTaskWorker worker; /* NULL for a task that the library makes and runs itself */
    QIOTaskFunc done;
    gpointer opaque;
    QIOTask *task;        /* for the main loop to run; otherwise it is the library's */
};

/* The task whose worker or callback this thread runs, or 0. */
static __thread int running;

void work_running(Migration *m, char *text, size_t size)
{
    if (qemu_in_coroutine()) {
        gpointer number = g_hash_table_lookup(m->coroutines, qemu_coroutine_self());

        snprintf(text, size, "coroutine %d", GPOINTER_TO_INT(number));
    } else if (running) {
        snprintf(text, size, "task %d", running);
    } else {
        snprintf(text, size, "-");
    }
}

/* Tasks */

Work *work_new(Migration *m, const char *end, QIOTaskFunc done, gpointer opaque, const char *fmt, ...)
{
    Work *work = g_new0(Work, 1);
    g_autofree char *what = NULL;
    va_list args;

    va_start(args, fmt);
    what = g_strdup_vprintf(fmt, args);
    va_end(args);
    *work = (Work) { .number = ++m->tasks, .done = done, .opaque = opaque };
    m->running++;
    say(m, end, "begins task %d: %s", work->number, what);
    return work;
}

static void work_worker(QIOTask *task, gpointer opaque)
{
    Work *work = opaque;

    running = work->number;
    work->worker(task, work->opaque);
    running = 0;
}

void work_done(QIOTask *task, gpointer opaque)
{
    Work *work = opaque;

    running = work->number;
    work->done(task, work->opaque);
    running = 0;
}

/* What qio_task_run_in_thread() does, without the thread. */
static gboolean work_run_here(gpointer opaque)
{
    Work *work = opaque;
    QIOTask *task = work->task;

    work_worker(task, work);
    qio_task_complete(task);
#ifdef QIO_HAS_TASK_FREE
    qio_task_free(task);
#endif
    return G_SOURCE_REMOVE;
}

void work_start(Work *work, QIOChannel *ioc, QIOTaskWorker worker, bool in_main_loop)
{
    /* The task keeps the channel alive, and frees @work. */
    QIOTask *task = qio_task_new(OBJECT(ioc), work_done, work, g_free);

    work->worker = worker;
    if (in_main_loop) {
        work->task = task;
        g_idle_add(work_run_here, work);
    } else {
        qio_task_run_in_thread(task, work_worker, work, NULL, NULL);
    }
}

/* Coroutines */

void coroutine_start(Stream *stream, CoroutineEntry *entry)
{
    Migration *m = stream->migration;
    Coroutine *co = qemu_coroutine_create(entry, stream);
    int number = ++m->coroutines_made;

    /* A later one may have the address of one that has ended. */
    g_hash_table_insert(m->coroutines, co, GINT_TO_POINTER(number));
    m->running++;
    say(m, stream->end, "begins coroutine %d: receive from %s", number, stream->name);
    qemu_coroutine_enter(co);
}

void coroutine_fn coroutine_let_others_run(void)
{
    aio_co_schedule(qemu_get_current_aio_context(), qemu_coroutine_self());
    qemu_coroutine_yield();
}
