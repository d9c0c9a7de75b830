/*
 * Another implementation of io/, as far as program.c needs one: tasks in threads.
 *
 * It registers types as all do, in a constructor, and does no more with them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "io/channel.h"
#include "io/task.h"
#include "qapi/error.h"
#include "qom/object.h"

/* For the reference in qio-profile.h. */
const char QIO_ABI_SYMBOL;

struct QIOTask {
    Object *source;
    QIOTaskFunc func;
    gpointer opaque;
    GDestroyNotify destroy;
    Error *err;
    QIOTaskWorker worker;
    gpointer worker_opaque;
    GDestroyNotify worker_destroy;
    GMainContext *context;
    GThread *thread;
};

QIOTask *qio_task_new(Object *source, QIOTaskFunc func, gpointer opaque, GDestroyNotify destroy)
{
    QIOTask *task = g_new0(QIOTask, 1);

    task->source = object_ref(source);
    task->func = func;
    task->opaque = opaque;
    task->destroy = destroy;
    return task;
}

static gboolean deliver(gpointer data)
{
    QIOTask *task = data;

    g_thread_join(task->thread);
    task->func(task, task->opaque);
    if (task->destroy) {
        task->destroy(task->opaque);
    }
    if (task->worker_destroy) {
        task->worker_destroy(task->worker_opaque);
    }
    error_free(task->err);
    object_unref(task->source);
    if (task->context) {
        g_main_context_unref(task->context);
    }
    g_free(task);
    return G_SOURCE_REMOVE;
}

static gpointer run(gpointer data)
{
    QIOTask *task = data;
    GSource *idle = g_idle_source_new();

    task->worker(task, task->worker_opaque);
    g_source_set_callback(idle, deliver, task, NULL);
    g_source_attach(idle, task->context);
    g_source_unref(idle);
    return NULL;
}

void qio_task_run_in_thread(QIOTask *task, QIOTaskWorker worker, gpointer opaque,
                            GDestroyNotify destroy, GMainContext *context)
{
    task->worker = worker;
    task->worker_opaque = opaque;
    task->worker_destroy = destroy;
    task->context = context ? g_main_context_ref(context) : NULL;
    task->thread = g_thread_new("task", run, task);
}

void qio_task_set_error(QIOTask *task, Error *err)
{
    error_propagate(&task->err, err);
}

bool qio_task_propagate_error(QIOTask *task, Error **errp)
{
    if (!task->err) {
        return false;
    }
    error_propagate(errp, task->err);
    task->err = NULL;
    return true;
}

static const TypeInfo channel_type = {
    .name = TYPE_QIO_CHANNEL,
    .parent = TYPE_OBJECT,
    .instance_size = sizeof(QIOChannel),
    .abstract = true,
    .class_size = sizeof(QIOChannelClass),
};

static void register_types(void)
{
    type_register_static(&channel_type);
}

type_init(register_types)
