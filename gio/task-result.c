/*
 * What a QIOTask came to, as a GAsyncResult.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "error.h"

struct _QIOTaskResult {
    GObject parent;
    GObject *source_object;
    gpointer user_data;
    bool failed;
    Error *err;
    GIOErrorEnum code; /* of the error */
    gpointer pointer;
    GDestroyNotify destroy;
};

static void async_result_init(GAsyncResultIface *iface);

G_DEFINE_TYPE_WITH_CODE(QIOTaskResult, qio_task_result, G_TYPE_OBJECT,
                        G_IMPLEMENT_INTERFACE(G_TYPE_ASYNC_RESULT, async_result_init))

static gpointer get_user_data(GAsyncResult *result)
{
    return QIO_TASK_RESULT(result)->user_data;
}

static GObject *get_source_object(GAsyncResult *result)
{
    QIOTaskResult *self = QIO_TASK_RESULT(result);

    return self->source_object ? g_object_ref(self->source_object) : NULL;
}

static gboolean is_tagged(GAsyncResult *result, gpointer tag)
{
    return tag == qio_task_to_async_result;
}

static void async_result_init(GAsyncResultIface *iface)
{
    iface->get_user_data = get_user_data;
    iface->get_source_object = get_source_object;
    iface->is_tagged = is_tagged;
}

static void qio_task_result_init(QIOTaskResult *self)
{
}

static void finalize(GObject *object)
{
    QIOTaskResult *self = QIO_TASK_RESULT(object);

    error_free(self->err);
    if (self->pointer && self->destroy) {
        self->destroy(self->pointer);
    }
    g_clear_object(&self->source_object);
    G_OBJECT_CLASS(qio_task_result_parent_class)->finalize(object);
}

static void qio_task_result_class_init(QIOTaskResultClass *klass)
{
    G_OBJECT_CLASS(klass)->finalize = finalize;
}

GAsyncResult *qio_task_to_async_result(QIOTask *task, GObject *source_object, gpointer user_data,
                                       GDestroyNotify result_destroy)
{
    QIOTaskResult *self;

    g_return_val_if_fail(task != NULL, NULL);
    self = g_object_new(QIO_TYPE_TASK_RESULT, NULL);
    g_set_object(&self->source_object, source_object);
    self->user_data = user_data;
    self->code = code_of_task(task);
    self->failed = qio_task_propagate_error(task, &self->err);
    self->pointer = qio_task_get_result_pointer(task);
    self->destroy = result_destroy;
    /* The same pointer again takes it from the task. */
    qio_task_set_result_pointer(task, self->pointer, NULL);
    return G_ASYNC_RESULT(self);
}

gboolean qio_task_result_propagate(QIOTaskResult *self, gpointer *pointer, GError **error)
{
    g_return_val_if_fail(QIO_IS_TASK_RESULT(self), FALSE);
    if (self->failed) {
        if (self->err) {
            error_to_gerror(g_steal_pointer(&self->err), self->code, error);
        } else {
            g_set_error_literal(error, G_IO_ERROR, self->code, "The error was taken before");
        }
        return FALSE;
    }
    if (pointer) {
        *pointer = g_steal_pointer(&self->pointer);
    }
    return TRUE;
}
