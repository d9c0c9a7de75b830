/*
 * A program as somebody outside of the source tree writes it. It needs the headers, the library
 * and the constructors in it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qom/object.h"
#include "io/task.h"

static void task_ended(QIOTask *task, gpointer opaque)
{
    Error *err = NULL;

    if (qio_task_propagate_error(task, &err)) {
        printf("%s\n", error_get_pretty(err));
        error_free(err);
    }
    g_main_loop_quit(opaque);
}

static void worker(QIOTask *task, gpointer opaque)
{
    Error *err = NULL;

    error_setg(&err, "linked and running");
    qio_task_set_error(task, err);
}

int main(void)
{
    GMainLoop *loop = g_main_loop_new(NULL, FALSE);
    Object *source;

    module_call_init(MODULE_INIT_QOM);
    source = object_new("container");
    qio_task_run_in_thread(qio_task_new(source, task_ended, loop, NULL),
                           worker, NULL, NULL, NULL);
    g_main_loop_run(loop);
    object_unref(source);
    g_main_loop_unref(loop);
    return 0;
}
