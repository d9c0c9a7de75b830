/*
 * qemu/module.h: a program that uses a type before module_call_init(MODULE_INIT_QOM), or without it.
 * Each case runs in a process of its own.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "qemu/osdep.h"

#include <pthread.h>

#include "io/net-listener.h"
#include "qapi/error.h"
#include "qemu/module.h"
#include "qom/object.h"
#include "qom/object_interfaces.h"

enum { THREADS = 8 };

static int own_runs, later_runs;

static const TypeInfo own_type = {
    .name = "test-own",
    .parent = TYPE_OBJECT,
    .instance_size = sizeof(Object),
};

static const TypeInfo later_type = {
    .name = "test-later",
    .parent = "test-own",
    .instance_size = sizeof(Object),
};

/* Slow, and looks a type up itself. */
static void register_own(void)
{
    own_runs++;
    g_usleep(20000);
    type_register_static(&own_type);
    /* Linked statically, this comes before "object" is there. */
    g_assert_null(object_class_by_name("test-missing"));
}

type_init(register_own)

static void register_later(void)
{
    later_runs++;
    type_register_static(&later_type);
}

static void use(const char *name)
{
    Object *obj = object_new(name);

    g_assert_cmpstr(object_get_typename(obj), ==, name);
    object_unref(obj);
}

static void use_library(void)
{
    QIONetListener *listener = qio_net_listener_new();

    g_assert_false(qio_net_listener_is_connected(listener));
    object_unref(OBJECT(listener));
    use("test-own");
    g_assert_cmpint(own_runs, ==, 1);
}

static void use_tree(void)
{
    g_assert_cmpint(own_runs, ==, 0);
    g_assert_nonnull(object_get_objects_root());
    g_assert_cmpint(own_runs, ==, 1);
}

static void use_props(void)
{
    Object *obj = object_new_with_props("test-own", object_get_objects_root(), "a", &error_abort, NULL);

    object_unparent(obj);
}

static void use_class(void)
{
    g_assert_nonnull(object_class_by_name("test-own"));
    g_assert_null(object_class_by_name("test-missing"));
}

static void use_list(void)
{
    GSList *list = object_class_get_list("test-own", true);

    g_assert_cmpuint(g_slist_length(list), ==, 1);
    g_slist_free(list);
}

static void use_in_place(void)
{
    Object obj;

    object_initialize(&obj, sizeof(obj), "test-own");
    object_unref(&obj);
}

/* The type was registered without an initialiser; its parent wasn't. */
static void use_registered(void)
{
    type_register_static(&later_type);
    use("test-later");
    g_assert_cmpint(own_runs, ==, 1);
}

static void call_afterwards(void)
{
    use("test-own");
    module_call_init(MODULE_INIT_QOM);
    module_call_init(MODULE_INIT_QOM);
    use("test-own");
    g_assert_cmpint(own_runs, ==, 1);
}

/* As by a constructor that comes after one that uses a type. */
static void record_later(void)
{
    use("test-own");
    register_module_init(register_later, MODULE_INIT_QOM);
    use("test-later");
    module_call_init(MODULE_INIT_QOM);
    g_assert_cmpint(own_runs, ==, 1);
    g_assert_cmpint(later_runs, ==, 1);
}

static void record_before_the_call(void)
{
    use("test-own");
    register_module_init(register_later, MODULE_INIT_QOM);
    module_call_init(MODULE_INIT_QOM);
    g_assert_cmpint(later_runs, ==, 1);
    use("test-later");
}

/* R-HOST-17 */
static void record_after_the_call(void)
{
    module_call_init(MODULE_INIT_QOM);
    register_module_init(register_later, MODULE_INIT_QOM);
    g_assert_null(object_class_by_name("test-later"));
    g_assert_cmpint(later_runs, ==, 0);
}

static pthread_barrier_t start;

static void *use_in_thread(void *opaque)
{
    pthread_barrier_wait(&start);
    if (opaque) {
        module_call_init(MODULE_INIT_QOM);
    }
    /* Nothing of the composition tree, which is for one thread at a time (R-QOM-24). */
    use("test-own");
    return NULL;
}

/* All find all, whoever of them runs the initialisers. */
static void in_threads(void *call)
{
    pthread_t threads[THREADS];
    int i;

    pthread_barrier_init(&start, NULL, THREADS);
    for (i = 0; i < THREADS; i++) {
        g_assert_cmpint(pthread_create(&threads[i], NULL, use_in_thread, i % 2 ? call : NULL), ==, 0);
    }
    for (i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    pthread_barrier_destroy(&start);
    g_assert_cmpint(own_runs, ==, 1);
}

static void use_in_threads(void)
{
    in_threads(NULL);
}

static void call_in_threads(void)
{
    in_threads(&start);
}

static void test_alone(gconstpointer run)
{
    if (g_test_subprocess()) {
        ((void (*)(void))run)();
        return;
    }
    g_test_trap_subprocess(NULL, 0, G_TEST_SUBPROCESS_INHERIT_STDERR);
    g_test_trap_assert_passed();
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } cases[] = {
        { "library", use_library },
        { "tree", use_tree },
        { "props", use_props },
        { "class", use_class },
        { "list", use_list },
        { "in-place", use_in_place },
        { "registered", use_registered },
        { "threads", use_in_threads },
        { "then-call", call_afterwards },
        { "then-record", record_later },
        { "record-then-call", record_before_the_call },
        { "call-then-record", record_after_the_call },
        { "call-in-threads", call_in_threads },
    };
    size_t i;

    g_test_init(&argc, &argv, NULL);
    for (i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *path = g_strconcat("/qio/module/first-use/", cases[i].name, NULL);

        g_test_add_data_func(path, (gconstpointer)cases[i].run, test_alone);
    }
    return g_test_run();
}
