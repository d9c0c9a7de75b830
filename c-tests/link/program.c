/*
 * A program with the hosted library in it: says which of the library's types it has, and runs a task.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "qom/object.h"
#include "io/task.h"

/* Of another Rust library, if there is one. */
__attribute__((weak)) size_t other_length(void);

static void print_name(ObjectClass *klass, void *opaque)
{
    const char *name = object_class_get_name(klass);

    if (g_str_has_prefix(name, "qio-")) {
        printf("%s\n", name);
    }
}

#ifndef WITHOUT_LIBRARY
static void worker(QIOTask *task, gpointer opaque)
{
    qio_task_set_result_pointer(task, opaque, NULL);
}

static void task_ended(QIOTask *task, gpointer opaque)
{
    printf("%s\n", (char *)qio_task_get_result_pointer(task));
    g_main_loop_quit(opaque);
}

static void run_task(Object *source)
{
    GMainLoop *loop = g_main_loop_new(NULL, FALSE);
    char *text = g_strdup("the task has run");

    qio_task_run_in_thread(qio_task_new(source, task_ended, loop, NULL),
                           worker, text, g_free, NULL);
    g_main_loop_run(loop);
    g_main_loop_unref(loop);
}
#else
static void run_task(Object *source)
{
}
#endif

int main(void)
{
    Object *source;

    /* Constructors only record what module_call_init() is to run (R-HOST-16). */
    object_class_foreach(print_name, NULL, true, NULL);
    printf("none so far\n");
    module_call_init(MODULE_INIT_QOM);
    object_class_foreach(print_name, NULL, true, NULL);
    source = object_new("container");
    run_task(source);
    object_unref(source);
    if (other_length != NULL) {
        printf("the other library says %zu\n", other_length());
    }
    return 0;
}
