/*
 * A QIOTask that returns a GTask.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "error.h"

/* On a GTask: how to free a result, and that it was returned. */
static G_DEFINE_QUARK(qio-gtask-result-destroy, result_destroy)
static G_DEFINE_QUARK(qio-gtask-returned, returned)

QIOTask *qio_task_new_for_gtask(Object *source, GTask *gtask, GDestroyNotify result_destroy)
{
    g_return_val_if_fail(G_IS_TASK(gtask), NULL);
    g_object_set_qdata(G_OBJECT(gtask), result_destroy_quark(), (gpointer)result_destroy);
    return qio_task_new(source, qio_task_return_to_gtask, gtask, qio_task_release_gtask);
}

void qio_task_return_to_gtask(QIOTask *task, gpointer gtask)
{
    gpointer result;
    Error *err = NULL;

    g_return_if_fail(task != NULL && G_IS_TASK(gtask));
    result = qio_task_get_result_pointer(task);
    g_object_set_qdata(gtask, returned_quark(), gtask);
    if (qio_task_propagate_error(task, &err)) {
        GError *error = NULL;

        error_to_gerror(err, code_of_task(task), &error);
        g_task_return_error(gtask, error);
    } else if (result) {
        /* The same pointer again takes it from the task. */
        qio_task_set_result_pointer(task, result, NULL);
        g_task_return_pointer(gtask, result,
                              (GDestroyNotify)g_object_get_qdata(gtask, result_destroy_quark()));
    } else {
        g_task_return_boolean(gtask, TRUE);
    }
}

void qio_task_release_gtask(gpointer gtask)
{
    g_return_if_fail(G_IS_TASK(gtask));
    if (!g_object_get_qdata(gtask, returned_quark())) {
        g_task_return_new_error(gtask, G_IO_ERROR, G_IO_ERROR_CANCELLED, "The task ended without completing");
    }
    g_object_unref(gtask);
}

void qio_task_complete_from_async(GObject *source_object, GAsyncResult *result, gpointer opaque)
{
    QIOTask *task = opaque;

    g_return_if_fail(task != NULL && G_IS_ASYNC_RESULT(result));
    qio_task_set_result_pointer(task, g_object_ref(result), g_object_unref);
    qio_task_complete(task);
#ifdef QIO_HAS_TASK_FREE
    qio_task_free(task);
#endif
}
