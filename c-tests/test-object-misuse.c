/*
 * qom/object.h: what happens to programs that misuse it. Each case runs in a
 * process of its own, which must not survive.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "qemu/osdep.h"

#include <sys/resource.h>

#include "test-object-types.h"

#ifdef QIO_HAS_UNKNOWN_TYPE_EXIT
#define UNKNOWN_TYPE_EXITS 1
#else
#define UNKNOWN_TYPE_EXITS 0
#endif

static void fail_duplicate(void)
{
    type_register_static(&animals[0]);
}

static void fail_no_name(void)
{
    type_register_static(&(TypeInfo) { .parent = TYPE_OBJECT });
}

static void fail_no_parent(void)
{
    type_register_static(&(TypeInfo) { .name = "test-orphan" });
}

static void fail_register_null(void)
{
    type_register_static(NULL);
}

static void fail_register_array_null(void)
{
    type_register_static_array(NULL, 1);
}

#ifdef QIO_HAS_TYPE_NAME_RULES
static void fail_name_short(void)
{
    type_register_static(&(TypeInfo) { .name = "x", .parent = TYPE_OBJECT });
}

static void fail_name_colon(void)
{
    type_register_static(&(TypeInfo) { .name = "a:b", .parent = TYPE_OBJECT });
}

static void fail_name_zero(void)
{
    type_register_static(&(TypeInfo) { .name = "0ab", .parent = TYPE_OBJECT });
}
#endif

static void fail_unknown_parent(void)
{
    type_register_static(&(TypeInfo) {
        .name = "test-child", .parent = "test-missing",
    });
    /* Registering is no failure. */
    fprintf(stderr, "registered\n");
    object_class_by_name("test-child");
}

static void fail_own_ancestor(void)
{
    type_register_static(&(TypeInfo) {
        .name = "test-hen", .parent = "test-egg",
    });
    type_register_static(&(TypeInfo) {
        .name = "test-egg", .parent = "test-hen",
    });
    object_class_by_name("test-egg");
}

static void fail_small_class(void)
{
    type_register_static(&(TypeInfo) {
        .name = "test-small", .parent = TYPE_ANIMAL,
        .class_size = sizeof(ObjectClass),
    });
    object_new("test-small");
}

static void fail_small_instance(void)
{
    type_register_static(&(TypeInfo) {
        .name = "test-small", .parent = TYPE_ANIMAL,
        .instance_size = sizeof(Object),
    });
    object_new("test-small");
}

static void fail_odd_align(void)
{
    type_register_static(&(TypeInfo) {
        .name = "test-odd", .parent = TYPE_ANIMAL, .instance_align = 24,
    });
    object_new("test-odd");
}

static void fail_unknown_interface(void)
{
    static InterfaceInfo interfaces[] = { { "test-missing" }, { NULL } };

    type_register_static(&(TypeInfo) {
        .name = "test-faced", .parent = TYPE_ANIMAL, .interfaces = interfaces,
    });
    object_class_by_name("test-faced");
}

static void fail_no_interface(void)
{
    static InterfaceInfo interfaces[] = { { TYPE_CAT }, { NULL } };

    type_register_static(&(TypeInfo) {
        .name = "test-faced", .parent = TYPE_ANIMAL, .interfaces = interfaces,
    });
    object_class_by_name("test-faced");
}

static void fail_interface_size(void)
{
    type_register_static(&(TypeInfo) {
        .name = "test-face", .parent = TYPE_FED,
        .instance_size = sizeof(Object),
    });
    object_class_by_name("test-face");
}

static void fail_interface_hook(void)
{
    type_register_static(&(TypeInfo) {
        .name = "test-face", .parent = TYPE_FED, .instance_init = animal_init,
    });
    object_class_by_name("test-face");
}

static void fail_new_unknown(void)
{
    object_new("test-missing");
}

static void fail_new_null(void)
{
    object_new(NULL);
}

static void fail_new_abstract(void)
{
    object_new(TYPE_OBJECT);
}

static void fail_new_interface(void)
{
    object_new(TYPE_FED);
}

static void fail_new_with_class_null(void)
{
    object_new_with_class(NULL);
}

static void fail_new_with_class_abstract(void)
{
    object_new_with_class(object_class_by_name(TYPE_OBJECT));
}

static Dog memory;

static void fail_initialize_null(void)
{
    object_initialize(NULL, sizeof(memory), TYPE_DOG);
}

static void fail_initialize_no_name(void)
{
    object_initialize(&memory, sizeof(memory), NULL);
}

static void fail_initialize_small(void)
{
    object_initialize(&memory, sizeof(memory) - 1, TYPE_DOG);
}

static void fail_initialize_abstract(void)
{
    object_initialize(&memory, sizeof(memory), TYPE_OBJECT);
}

static void fail_initialize_unknown(void)
{
    object_initialize(&memory, sizeof(memory), "test-missing");
}

static void fail_ref_limit(void)
{
    Object *obj = object_new(TYPE_PET);

    obj->ref = INT32_MAX - 1;
    object_ref(obj);
    fprintf(stderr, "one before\n");
    object_ref(obj);
}

static void fail_unref_none(void)
{
    object_initialize(&memory, sizeof(memory), TYPE_DOG);
    object_unref(&memory);
    fprintf(stderr, "first\n");
    object_unref(&memory);
}

static void reviving_finalize(Object *obj)
{
    object_ref(obj);
}

static void fail_revive(void)
{
    type_register_static(&(TypeInfo) {
        .name = "test-phoenix", .parent = TYPE_PET,
        .instance_finalize = reviving_finalize,
    });
    object_unref(object_new("test-phoenix"));
}

static void fail_get_class_null(void)
{
    object_get_class(NULL);
}

static void fail_get_typename_null(void)
{
    object_get_typename(NULL);
}

static void fail_cast(void)
{
    object_dynamic_cast_assert(object_new(TYPE_ANIMAL), TYPE_DOG, "some.c", 7,
                               "some_function");
}

static void fail_cast_after_hit(void)
{
    Object *dog = object_new(TYPE_DOG);
    Object *animal = object_new(TYPE_ANIMAL);

    fprintf(stderr, "%d\n", DOG(dog) && DOG(dog));
    DOG(animal);
}

static void fail_cast_null_name(void)
{
    object_dynamic_cast_assert(object_new(TYPE_ANIMAL), NULL, "f", 1, "f");
}

static void fail_dynamic_cast_null_name(void)
{
    object_dynamic_cast(object_new(TYPE_ANIMAL), NULL);
}

static void fail_class_cast(void)
{
    object_class_dynamic_cast_assert(object_class_by_name(TYPE_ANIMAL),
                                     TYPE_DOG, "some.c", 7, "some_function");
}

static void fail_class_cast_null_name(void)
{
    object_class_dynamic_cast_assert(object_class_by_name(TYPE_ANIMAL), NULL,
                                     "f", 1, "f");
}

static void fail_class_dynamic_cast_null_name(void)
{
    object_class_dynamic_cast(object_class_by_name(TYPE_ANIMAL), NULL);
}

static void fail_get_parent_null(void)
{
    object_class_get_parent(NULL);
}

static void fail_get_name_null(void)
{
    object_class_get_name(NULL);
}

static void fail_is_abstract_null(void)
{
    object_class_is_abstract(NULL);
}

static void fail_by_name_null(void)
{
    object_class_by_name(NULL);
}

static void fail_foreach_null(void)
{
    object_class_foreach(NULL, NULL, true, NULL);
}

typedef struct Misuse {
    const char *name;
    void (*run)(void);
    const char *message;
    bool exits;
} Misuse;

static const Misuse misuses[] = {
    { "duplicate", fail_duplicate,
      "*Registering `" TYPE_DOG "' which already exists\n" },
    { "no-name", fail_no_name,
      "*type_register_static: @info->name is NULL\n" },
    { "no-parent", fail_no_parent,
      "*type_register_static: @info->parent is NULL\n" },
    { "register-null", fail_register_null,
      "*type_register_static: @info is NULL\n" },
    { "register-array-null", fail_register_array_null,
      "*type_register_static_array: @infos is NULL\n" },
#ifdef QIO_HAS_TYPE_NAME_RULES
    { "name-short", fail_name_short, "*`x'*name\n" },
    { "name-colon", fail_name_colon, "*`a:b'*name\n" },
    { "name-zero", fail_name_zero, "*`0ab'*name\n" },
#endif
    { "unknown-parent", fail_unknown_parent,
      "*registered\n*'test-child'*'test-missing'*\n" },
    { "own-ancestor", fail_own_ancestor, "*'test-*' is its own ancestor\n" },
    { "small-class", fail_small_class, "*'test-small'*class_size*\n" },
    { "small-instance", fail_small_instance,
      "*'test-small'*instance_size*\n" },
    { "odd-align", fail_odd_align, "*'test-odd'*instance_align*\n" },
    { "unknown-interface", fail_unknown_interface,
      "*test-object-misuse: *'test-faced'*'test-missing'*\n" },
    { "no-interface", fail_no_interface,
      "*'test-faced'*'" TYPE_CAT "'*no interface\n" },
    { "interface-size", fail_interface_size,
      "*'test-face'*interface*instance_size\n" },
    { "interface-hook", fail_interface_hook,
      "*'test-face'*interface*instance hooks\n" },
    { "new-unknown", fail_new_unknown,
      UNKNOWN_TYPE_EXITS ? "*test-object-misuse: unknown type 'test-missing'\n*exit*"
                         : "*object_new: unknown type 'test-missing'\n",
      UNKNOWN_TYPE_EXITS },
    { "new-null", fail_new_null, "*object_new: @type_name is NULL\n" },
    { "new-abstract", fail_new_abstract,
      "*object_new: type 'object' is abstract\n" },
    { "new-interface", fail_new_interface,
      "*object_new: type '" TYPE_FED "' is abstract\n" },
    { "new-with-class-null", fail_new_with_class_null,
      "*object_new_with_class: @klass is NULL\n" },
    { "new-with-class-abstract", fail_new_with_class_abstract,
      "*object_new_with_class: type 'object' is abstract\n" },
    { "initialize-null", fail_initialize_null,
      "*object_initialize: @obj is NULL\n" },
    { "initialize-no-name", fail_initialize_no_name,
      "*object_initialize: @type_name is NULL\n" },
    { "initialize-small", fail_initialize_small,
      "*object_initialize: size * is too small for '" TYPE_DOG "'*\n" },
    { "initialize-abstract", fail_initialize_abstract,
      "*object_initialize: type 'object' is abstract\n" },
    { "initialize-unknown", fail_initialize_unknown,
      UNKNOWN_TYPE_EXITS ? "*test-object-misuse: unknown type 'test-missing'\n*exit*"
                         : "*object_initialize: unknown type 'test-missing'\n",
      UNKNOWN_TYPE_EXITS },
    { "ref-limit", fail_ref_limit, "*one before\nobject_ref: *\n" },
    { "unref-none", fail_unref_none, "*first\nobject_unref: *\n" },
    { "revive", fail_revive,
      "*object_unref: *'test-phoenix'*finalized with 1 references*\n" },
    { "get-class-null", fail_get_class_null,
      "*object_get_class: @obj is NULL\n" },
    { "get-typename-null", fail_get_typename_null,
      "*object_get_typename: @obj is NULL\n" },
    { "cast", fail_cast,
      "*some.c:7:some_function: Object 0x* is not an instance of type "
      TYPE_DOG "\n" },
    { "cast-after-hit", fail_cast_after_hit,
      "*1\n*test-object-types.h:*:DOG: Object 0x* is not an instance of type "
      TYPE_DOG "\n" },
    { "cast-null-name", fail_cast_null_name,
      "*object_dynamic_cast_assert: @type_name is NULL\n" },
    { "dynamic-cast-null-name", fail_dynamic_cast_null_name,
      "*object_dynamic_cast: @type_name is NULL\n" },
    { "class-cast", fail_class_cast,
      "*some.c:7:some_function: Object 0x* is not an instance of type "
      TYPE_DOG "\n" },
    { "class-cast-null-name", fail_class_cast_null_name,
      "*object_class_dynamic_cast_assert: @type_name is NULL\n" },
    { "class-dynamic-cast-null-name", fail_class_dynamic_cast_null_name,
      "*object_class_dynamic_cast: @type_name is NULL\n" },
    { "get-parent-null", fail_get_parent_null,
      "*object_class_get_parent: @klass is NULL\n" },
    { "get-name-null", fail_get_name_null,
      "*object_class_get_name: @klass is NULL\n" },
    { "is-abstract-null", fail_is_abstract_null,
      "*object_class_is_abstract: @klass is NULL\n" },
    { "by-name-null", fail_by_name_null,
      "*object_class_by_name: @type_name is NULL\n" },
    { "foreach-null", fail_foreach_null,
      "*object_class_foreach: @fn is NULL\n" },
};

static void say_exit(void)
{
    fprintf(stderr, "exit handlers run\n");
}

static void test_misuse(const void *opaque)
{
    const Misuse *misuse = opaque;

    if (g_test_subprocess()) {
        struct rlimit no_core = { 0, 0 };

        setrlimit(RLIMIT_CORE, &no_core);
        atexit(say_exit);
        misuse->run();
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_failed();
    g_test_trap_assert_stderr(misuse->message);
    if (!misuse->exits) {
        g_test_trap_assert_stderr_unmatched("*exit handlers run*");
    }
}

int main(int argc, char **argv)
{
    size_t i;

    test_object_init(&argc, &argv);

    for (i = 0; i < ARRAY_SIZE(misuses); i++) {
        g_autofree char *path =
            g_strdup_printf("/qio/object/misuse/%s", misuses[i].name);

        g_test_add_data_func(path, &misuses[i], test_misuse);
    }
    return g_test_run();
}
