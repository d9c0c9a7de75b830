/*
 * A program that is linked to another implementation of io/ than libqio, and says which one serves
 * it. Nothing in here is about libqio: what replaces the other implementation is LD_PRELOAD alone.
 *
 *     $ ./preload-program
 *     worker: a thread of the task
 *     io/: libother.so
 *     host: libother.so
 *     $ LD_PRELOAD=libqio-preload.so ./preload-program
 *     worker: a thread of the task
 *     io/: libqio-preload.so
 *     host: libqio-preload.so
 *
 * docs/preload.md tells what can be replaced in this way, and with which library.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include <dlfcn.h>
#include "io/task.h"
#include "qapi/error.h"
#include "qom/object.h"

/* Prints the file that a function was loaded from (in an executable that is no PIE, the program). */
static void print_file_of(const char *what, void *function)
{
    Dl_info info;
    g_autofree char *name = NULL;

    if (dladdr(function, &info)) {
        name = g_path_get_basename(info.dli_fname);
    }
    printf("%s: %s\n", what, name);
}

static void worker(QIOTask *task, gpointer main_thread)
{
    Error *err = NULL;

    error_setg(&err, "%s", g_thread_self() == main_thread ? "no thread" : "a thread of the task");
    qio_task_set_error(task, err);
}

static void task_ended(QIOTask *task, gpointer loop)
{
    Error *err = NULL;

    if (qio_task_propagate_error(task, &err)) {
        printf("worker: %s\n", error_get_pretty(err));
        error_free(err);
    }
    g_main_loop_quit(loop);
}

int main(void)
{
    GMainLoop *loop = g_main_loop_new(NULL, FALSE);
    Object *source;

    module_call_init(MODULE_INIT_QOM);
    source = object_new("container");
    qio_task_run_in_thread(qio_task_new(source, task_ended, loop, NULL),
                           worker, g_thread_self(), NULL, NULL);
    g_main_loop_run(loop);
    object_unref(source);
    g_main_loop_unref(loop);

    print_file_of("io/", qio_task_new);
    print_file_of("host", object_new);
    return 0;
}
