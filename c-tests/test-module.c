/*
 * qemu/module.h: initialisers, recorded by constructors and run by the program.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "qemu/osdep.h"

#include <pthread.h>
#include <sys/resource.h>

#include "qom/object.h"

/* The digits of what ran. */
static int runs;

static void one(void)
{
    runs = runs * 10 + 1;
}

static void two(void)
{
    runs = runs * 10 + 2;
    /* Of its own kind: has no effect. */
    module_call_init(MODULE_INIT_BLOCK);
}

static void three(void)
{
    runs = runs * 10 + 3;
}

static void four(void)
{
    runs = runs * 10 + 4;
}

static void never(void)
{
    g_assert_not_reached();
}

/* With a semicolon and without. */
block_init(one);
module_init(two, MODULE_INIT_BLOCK)

opts_init(three)
trace_init(four);

module_obj("none");
module_dep("none");
module_arch("none");
module_opts("none");
module_kconfig(NONE);

/* R-MOD-1: what constructors have recorded runs once, and nothing that comes later. */
static void test_constructors(void)
{
    g_assert_cmpint(runs, ==, 0);
    module_call_init(MODULE_INIT_BLOCK);
    g_assert_true(runs == 12 || runs == 21);
    runs = 0;
    register_module_init(never, MODULE_INIT_BLOCK);
    module_call_init(MODULE_INIT_BLOCK);
    g_assert_cmpint(runs, ==, 0);

    module_call_init(MODULE_INIT_TRACE);
    g_assert_cmpint(runs, ==, 4);
    module_call_init(MODULE_INIT_OPTS);
    g_assert_cmpint(runs, ==, 43);
    runs = 0;
}

/* R-MOD-1 */
static void test_order(void)
{
    runs = 0;
    register_module_init(one, MODULE_INIT_LIBQOS);
    register_module_init(two, MODULE_INIT_LIBQOS);
    register_module_init(one, MODULE_INIT_LIBQOS);
    module_call_init(MODULE_INIT_LIBQOS);
    g_assert_cmpint(runs, ==, 121);
}

static const TypeInfo late_type = {
    .name = "test-module-type",
    .parent = TYPE_OBJECT,
    .instance_size = sizeof(Object),
};

static void register_late_type(void)
{
    type_register_static(&late_type);
}

type_init(register_late_type)

#ifdef QIO_HAS_EARLY_ROOT_TYPES
static int own_runs;

static void count_own(void)
{
    own_runs++;
}

type_init(count_own)

static ObjectClass *early_object, *early_interface;
static int early_runs;

/* Whichever of the library's constructors have run. */
static void __attribute__((constructor)) look_early(void)
{
    early_object = object_class_by_name(TYPE_OBJECT);
    early_interface = object_class_by_name(TYPE_INTERFACE);
    early_runs = own_runs;
#ifdef HOST_IMPORTED
    /* The embedded host registers what a look-up asks for (R-MOD-3). */
    g_assert_null(object_class_by_name("qio-channel"));
    g_assert_null(object_class_by_name("container"));
#endif
}

/* Before anything has called for the types (R-111-29). */
static void test_root_types(void)
{
    g_assert_nonnull(early_object);
    g_assert_nonnull(early_interface);
    g_assert_cmpstr(object_class_get_name(early_object), ==, TYPE_OBJECT);
    g_assert_cmpstr(object_class_get_name(early_interface), ==, TYPE_INTERFACE);
    g_assert_true(object_class_is_abstract(early_object));
    g_assert_true(object_class_is_abstract(early_interface));
    g_assert_null(object_class_get_parent(early_object));
    g_assert_nonnull(object_class_dynamic_cast(early_object, TYPE_OBJECT));
    g_assert_null(object_class_dynamic_cast(early_object, TYPE_INTERFACE));
    g_assert_cmpint(early_runs, ==, 0);
    g_assert_true(object_class_by_name(TYPE_OBJECT) == early_object);
    g_assert_cmpint(own_runs, ==, 0);

    module_call_init(MODULE_INIT_QOM);
    g_assert_cmpint(own_runs, ==, 1);
    g_assert_true(object_class_by_name(TYPE_OBJECT) == early_object);
    g_assert_true(object_class_by_name(TYPE_INTERFACE) == early_interface);
    g_assert_true(object_class_get_parent(object_class_by_name("container")) == early_object);
}
#endif

/* R-MOD-2: one call for the types of the library and of the program. */
static void test_types(void)
{
    module_call_init(MODULE_INIT_QOM);
    g_assert_nonnull(object_class_by_name(TYPE_OBJECT));
    g_assert_nonnull(object_class_by_name("test-module-type"));
    module_call_init(MODULE_INIT_QOM);
}

static pthread_barrier_t inside;
static int finished;

static void slow(void)
{
    pthread_barrier_wait(&inside);
    sched_yield();
    g_atomic_int_set(&finished, 1);
}

static void *call_slow(void *opaque)
{
    module_call_init(MODULE_INIT_FUZZ_TARGET);
    g_assert_cmpint(g_atomic_int_get(&finished), ==, 1);
    return NULL;
}

/* Who comes second finds all done when the call returns. */
static void test_two_threads(void)
{
    pthread_t thread;

    pthread_barrier_init(&inside, NULL, 2);
    register_module_init(slow, MODULE_INIT_FUZZ_TARGET);
    pthread_create(&thread, NULL, call_slow, NULL);
    pthread_barrier_wait(&inside);
    call_slow(NULL);
    pthread_join(thread, NULL);
    pthread_barrier_destroy(&inside);
}

static void fail_null(void)
{
    register_module_init(NULL, MODULE_INIT_QOM);
}

static void fail_kind(void)
{
    register_module_init(never, MODULE_INIT_MAX);
}

static void fail_call_kind(void)
{
    module_call_init(MODULE_INIT_MAX);
}

static void aborts(void (*run)(void), const char *message)
{
    if (g_test_subprocess()) {
        struct rlimit no_core = { 0, 0 };

        setrlimit(RLIMIT_CORE, &no_core);
        run();
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_failed();
    g_test_trap_assert_stderr(message);
}

/* Nothing else sees the numbers: not the linker, and no size (R-111-3). */
#ifdef QIO_HAS_MODULE_INIT_TARGET_INFO
#define NO_KIND "9"
QEMU_BUILD_BUG_ON(MODULE_INIT_TARGET_INFO != 3 || MODULE_INIT_QOM != 4);
#else
#define NO_KIND "8"
QEMU_BUILD_BUG_ON(MODULE_INIT_QOM != 3);
#endif

static void test_null(void)
{
    aborts(fail_null, "*register_module_init: @fn is NULL\n");
}

/* R-111-3, R-111-4: how many kinds there are. */
static void test_kind(void)
{
    aborts(fail_kind, "*register_module_init: " NO_KIND " is no module_init_type\n");
}

static void test_call_kind(void)
{
    aborts(fail_call_kind, "*module_call_init: " NO_KIND " is no module_init_type\n");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

#ifdef QIO_HAS_EARLY_ROOT_TYPES
    g_test_add_func("/qio/module/root-types", test_root_types);
#endif
    g_test_add_func("/qio/module/types", test_types);
    g_test_add_func("/qio/module/constructors", test_constructors);
    g_test_add_func("/qio/module/order", test_order);
    g_test_add_func("/qio/module/two-threads", test_two_threads);
    g_test_add_func("/qio/module/misuse/null", test_null);
    g_test_add_func("/qio/module/misuse/kind", test_kind);
    g_test_add_func("/qio/module/misuse/call-kind", test_call_kind);

    return g_test_run();
}
