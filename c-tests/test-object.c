/*
 * qom/object.h: types, the life of objects, casts, and the macros that define
 * types.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "qemu/osdep.h"

#include <pthread.h>

#include "rounds.h"
#include "test-object-types.h"

/* How many threads compete. */
#define RACERS 8

/*
 * Types
 */

/* R-QOM-14 */
static void test_builtin(void)
{
    g_assert_true(object_class_is_abstract(object_class_by_name("object")));
    g_assert_true(object_class_is_abstract(object_class_by_name("interface")));
    g_assert_false(object_class_is_abstract(object_class_by_name("container")));
    g_assert_null(object_class_get_parent(object_class_by_name("object")));
    g_assert_null(object_class_get_parent(object_class_by_name("interface")));

    g_autoptr(Object) container = object_new("container");
    g_assert_cmpstr(object_get_typename(container), ==, "container");
    g_assert_true(object_dynamic_cast(container, "object") == container);
    g_assert_null(object_dynamic_cast(container, "interface"));
}

static void test_info_is_copied(void)
{
    char *name = g_strdup("test-copied");
    char *wanted = g_strdup(name);
    char *parent = g_strdup(TYPE_PET);
    InterfaceInfo *interfaces = g_new0(InterfaceInfo, 2);
    TypeInfo *info = g_new0(TypeInfo, 1);
    char *interface = g_strdup(TYPE_MEAT_FED);
    Object *obj;

    interfaces[0].type = interface;
    info->name = name;
    info->parent = parent;
    info->interfaces = interfaces;
    g_assert_nonnull(type_register_static(info));

    memset(name, 'x', strlen(name));
    memset(parent, 'x', strlen(parent));
    memset(interface, 'x', strlen(interface));
    memset(info, 0xff, sizeof(*info));
    g_free(name);
    g_free(parent);
    g_free(interface);
    g_free(interfaces);
    g_free(info);

    obj = object_new(wanted);
    g_assert_cmpstr(object_get_typename(obj), ==, wanted);
    g_assert_nonnull(object_dynamic_cast(obj, TYPE_PET));
    g_assert_nonnull(object_dynamic_cast(obj, TYPE_MEAT_FED));
    object_unref(obj);
    g_free(wanted);
}

static void test_register_array(void)
{
    TypeInfo infos[3] = {
        { .name = "test-array-0", .parent = TYPE_CAT },
        { .name = "test-array-1", .parent = "test-array-2" },
        { .name = "test-array-2", .parent = "test-array-0" },
    };
    Object *obj;

    type_register_static_array(infos, 3);
    obj = object_new("test-array-1");
    g_assert_nonnull(object_dynamic_cast(obj, "test-array-0"));
    object_unref(obj);

    type_register_static_array(NULL, 0);
}

#ifdef QIO_HAS_TYPE_REGISTER
#ifdef QIO_HAS_TYPE_NAME_RULES
#define ANY_NAME "test-any"
#else
#define ANY_NAME "test:any"
#endif

static void test_type_register(void)
{
    TypeInfo info = { .name = ANY_NAME, .parent = TYPE_PET };
    Object *obj;

    g_assert_nonnull(type_register(&info));
    obj = object_new(ANY_NAME);
    g_assert_cmpstr(object_get_typename(obj), ==, ANY_NAME);
    object_unref(obj);
}
#endif

static void test_many_types(void)
{
    int i;

    for (i = 0; i < 3000; i++) {
        g_autofree char *name = g_strdup_printf("test-many-%d", i);
        g_autofree char *parent = g_strdup_printf("test-many-%d", i - i % 10);
        TypeInfo info = {
            .name = name,
            .parent = i % 10 ? parent : TYPE_PET,
        };

        type_register_static(&info);
    }
    for (i = 0; i < 3000; i++) {
        g_autofree char *name = g_strdup_printf("test-many-%d", i);
        g_autoptr(Object) obj = object_new(name);

        g_assert_cmpstr(object_get_typename(obj), ==, name);
    }
    g_assert_null(object_class_by_name("test-many-3000"));
}

static void test_sizes(void)
{
    TypeInfo infos[] = {
        { .name = "test-no-size", .parent = TYPE_INTERFACE },
        { .name = "test-own-abstract", .parent = TYPE_PET, .abstract = true },
        { .name = "test-below-abstract", .parent = "test-own-abstract" },
    };

    type_register_static_array(infos, ARRAY_SIZE(infos));
    g_assert_true(
        object_class_is_abstract(object_class_by_name("test-no-size")));
    g_assert_true(
        object_class_is_abstract(object_class_by_name("test-own-abstract")));
    g_assert_false(
        object_class_is_abstract(object_class_by_name("test-below-abstract")));
}

/*
 * Objects
 */

/* R-TYPE-3 */
static void test_life(void)
{
    Object *obj;

    trail_begins();
    obj = object_new(TYPE_DOG);
    trail_is(POST_INIT_IS_ROOT_FIRST
             ? "animal-init dog-init animal-post dog-post"
             : "animal-init dog-init dog-post animal-post");
    g_assert_cmpint(obj->ref, ==, 1);
    g_assert_null(obj->parent);
    g_assert_nonnull(obj->free);
    g_assert_true(obj->class == object_get_class(obj));
    g_assert_true(object_get_class(obj) == object_class_by_name(TYPE_DOG));
    g_assert_cmpstr(object_get_typename(obj), ==, TYPE_DOG);

    g_assert_true(object_ref(obj) == obj);
    g_assert_cmpint(obj->ref, ==, 2);
    object_unref(obj);
    g_assert_cmpint(obj->ref, ==, 1);
    trail_is("");
    object_unref(obj);
    trail_is("dog-finalize animal-finalize");

    g_assert_null(object_ref(NULL));
    object_unref(NULL);
}

static void test_zeroed(void)
{
    int i;

    /* animal_init() looks. */
    for (i = 0; i < 100; i++) {
        object_unref(object_new(TYPE_ANIMAL));
    }
}

static void test_new_with_class(void)
{
    Object *obj = object_new_with_class(object_class_by_name(TYPE_CAT));

    g_assert_cmpstr(object_get_typename(obj), ==, TYPE_CAT);
    object_unref(obj);
}

static void test_initialize(void)
{
    struct {
        Dog dog;
        char beyond;
    } memory;

    memset(&memory, 0xff, sizeof(memory));
    object_initialize(&memory, sizeof(memory), TYPE_DOG);
    g_assert_false(memory.dog.wags);
    g_assert_cmpint(memory.beyond, ==, (char)0xff);
    g_assert_null(OBJECT(&memory)->free);
    g_assert_true(DOG(&memory) == &memory.dog);
    trail_begins();
    object_unref(&memory);
    trail_is("dog-finalize animal-finalize");
    g_assert_cmpint(OBJECT(&memory)->ref, ==, 0);
}

#define TYPE_ALIGNED "test-aligned"

struct Aligned {
    Object parent;
    char data[64] __attribute__((aligned(256)));
};

OBJECT_DECLARE_SIMPLE_TYPE(Aligned, ALIGNED)

static void test_aligned(void)
{
    Object *objs[20];
    int i;

    type_register_static(&(TypeInfo) {
        .name = TYPE_ALIGNED,
        .parent = TYPE_OBJECT,
        .instance_size = sizeof(Aligned),
        .instance_align = __alignof__(Aligned),
    });
    for (i = 0; i < 20; i++) {
        objs[i] = object_new(TYPE_ALIGNED);
        g_assert_cmpuint((uintptr_t)objs[i] % 256, ==, 0);
        g_assert_cmpint(ALIGNED(objs[i])->data[63], ==, 0);
        memset(ALIGNED(objs[i])->data, 0xff, 64);
    }
    for (i = 0; i < 20; i++) {
        object_unref(objs[i]);
    }

#ifdef QIO_HAS_INSTANCE_ALIGN_INHERITANCE
    /* The alignment is inherited. */
    type_register_static(&(TypeInfo) {
        .name = "test-aligned-below", .parent = TYPE_ALIGNED,
    });
    for (i = 0; i < 20; i++) {
        objs[i] = object_new("test-aligned-below");
        g_assert_cmpuint((uintptr_t)objs[i] % 256, ==, 0);
    }
    for (i = 0; i < 20; i++) {
        object_unref(objs[i]);
    }
#endif
}

static int counted_finalized;

static void counted_finalize(Object *obj)
{
    g_atomic_int_inc(&counted_finalized);
}

static void *count_up_and_down(void *opaque)
{
    int rounds = has_few_rounds() ? 2000 : 50000, i;

    for (i = 0; i < rounds; i++) {
        object_ref(opaque);
        object_unref(opaque);
    }
    object_unref(opaque);
    return NULL;
}

/* R-TYPE-3: whoever drops the last reference. */
static void test_ref_race(void)
{
    pthread_t threads[RACERS];
    Object *obj;
    int i;

    type_register_static(&(TypeInfo) {
        .name = "test-counted",
        .parent = TYPE_OBJECT,
        .instance_size = sizeof(Object),
        .instance_finalize = counted_finalize,
    });
    obj = object_new("test-counted");
    for (i = 0; i < RACERS; i++) {
        pthread_create(&threads[i], NULL, count_up_and_down, object_ref(obj));
    }
    object_unref(obj);
    for (i = 0; i < RACERS; i++) {
        pthread_join(threads[i], NULL);
    }
    g_assert_cmpint(counted_finalized, ==, 1);
}

/*
 * Casts
 */

/* R-HOST-10 */
static void test_cast(void)
{
    g_autoptr(Object) dog = object_new(TYPE_DOG);
    const Object *constant = dog;
    char name[] = TYPE_ANIMAL;

    g_assert_true((Object *)ANIMAL(dog) == dog);
    g_assert_true((Object *)ANIMAL(constant) == dog);
    g_assert_true((Object *)DOG(dog) == dog);
    g_assert_null(DOG(NULL));
    g_assert_null(OBJECT(NULL));
    g_assert_null(ANIMAL_CLASS(NULL));
    g_assert_true(object_dynamic_cast(dog, TYPE_OBJECT) == dog);
    g_assert_true(object_dynamic_cast(dog, name) == dog);
    g_assert_null(object_dynamic_cast(dog, TYPE_CAT));
    g_assert_null(object_dynamic_cast(dog, "test-unknown"));
    g_assert_null(object_dynamic_cast(NULL, TYPE_DOG));

    g_autoptr(Animal) animal = ANIMAL(object_new(TYPE_ANIMAL));
    g_assert_null(object_dynamic_cast(OBJECT(animal), TYPE_DOG));
}

static void test_class_cast(void)
{
    ObjectClass *dog = object_class_by_name(TYPE_DOG);

    g_assert_true(object_class_dynamic_cast(dog, TYPE_DOG) == dog);
    g_assert_true(object_class_dynamic_cast(dog, TYPE_ANIMAL) == dog);
    g_assert_true(object_class_dynamic_cast(dog, TYPE_OBJECT) == dog);
    g_assert_null(object_class_dynamic_cast(dog, TYPE_CAT));
    g_assert_null(object_class_dynamic_cast(dog, TYPE_FED));
    g_assert_null(object_class_dynamic_cast(dog, "test-unknown"));
    g_assert_null(object_class_dynamic_cast(NULL, TYPE_DOG));
    g_assert_true((ObjectClass *)ANIMAL_CLASS(dog) == dog);
}

/* More names than a cache has room for, from several threads. */
static void *cast_around(void *opaque)
{
    static const char *const same[] = {
        "test-line-0", "test-line-1", "test-line-2",
        "test-line-3", "test-line-4", "test-line-5",
    };
    Object *obj = opaque;
    ObjectClass *klass = object_get_class(obj);
    size_t rounds = has_few_rounds() ? 2000 : 60000, i;

    for (i = 0; i < rounds; i++) {
        const char *name = same[i % ARRAY_SIZE(same)];

        g_assert_true(object_dynamic_cast_assert(obj, name, __FILE__, __LINE__,
                                                 __func__) == obj);
        g_assert_true(object_class_dynamic_cast_assert(klass, name, __FILE__,
                                                       __LINE__, __func__) ==
                      klass);
        g_assert_true((ObjectClass *)FED_CLASS(klass) != klass);
    }
    return NULL;
}

static void test_cast_race(void)
{
    pthread_t threads[RACERS];
    Object *obj;
    int i;

    for (i = 0; i < 6; i++) {
        g_autofree char *name = g_strdup_printf("test-line-%d", i);
        g_autofree char *parent = g_strdup_printf("test-line-%d", i - 1);

        type_register_static(&(TypeInfo) {
            .name = name, .parent = i ? parent : TYPE_PET,
        });
    }
    obj = object_new("test-line-5");
    for (i = 0; i < RACERS; i++) {
        pthread_create(&threads[i], NULL, cast_around, obj);
    }
    for (i = 0; i < RACERS; i++) {
        pthread_join(threads[i], NULL);
    }
    object_unref(obj);
}

/*
 * Macros that define types
 */

#define TYPE_DEFINED "test-defined"
#define TYPE_DEFINED_BELOW "test-defined-below"
#define TYPE_DEFINED_ABSTRACT "test-defined-abstract"

struct Defined {
    Object parent;
    int value;
};

struct DefinedClass {
    ObjectClass parent_class;
    int value;
};

OBJECT_DECLARE_TYPE(Defined, DefinedClass, DEFINED)
OBJECT_DEFINE_TYPE(Defined, defined, DEFINED, OBJECT)

static void defined_init(Object *obj)
{
    DEFINED(obj)->value = DEFINED_GET_CLASS(obj)->value;
}

static void defined_finalize(Object *obj)
{
    note("defined-finalize");
}

static void defined_class_init(ObjectClass *klass, ClassData *data)
{
    DEFINED_CLASS(klass)->value = 7;
}

typedef struct DefinedBelow {
    Defined parent;
} DefinedBelow;

typedef DefinedClass DefinedBelowClass;

OBJECT_DEFINE_TYPE_WITH_INTERFACES(DefinedBelow, defined_below, DEFINED_BELOW,
                                   DEFINED, { TYPE_FED }, { NULL })

static void defined_below_init(Object *obj)
{
    DEFINED(obj)->value++;
}

static void defined_below_finalize(Object *obj)
{
    note("below-finalize");
}

static void defined_below_class_init(ObjectClass *klass, ClassData *data)
{
    FED_CLASS(klass)->feed = purr;
}

typedef DefinedBelow DefinedAbstract;
typedef DefinedClass DefinedAbstractClass;

OBJECT_DEFINE_ABSTRACT_TYPE(DefinedAbstract, defined_abstract,
                            DEFINED_ABSTRACT, DEFINED);

static void defined_abstract_init(Object *obj)
{
}

static void defined_abstract_finalize(Object *obj)
{
}

static void defined_abstract_class_init(ObjectClass *klass, ClassData *data)
{
}

#ifdef QIO_HAS_SIMPLE_TYPE_MACROS
#define TYPE_SIMPLE "test-simple"
#define TYPE_SIMPLE_FED "test-simple-fed"

typedef Defined Simple;

OBJECT_DEFINE_SIMPLE_TYPE(Simple, simple, SIMPLE, DEFINED)

static void simple_init(Object *obj)
{
}

static void simple_finalize(Object *obj)
{
}

static void simple_class_init(ObjectClass *klass, ClassData *data)
{
}

OBJECT_DEFINE_SIMPLE_TYPE_WITH_INTERFACES(Simple, simple_fed, SIMPLE_FED,
                                          SIMPLE, { TYPE_FED }, { NULL })

static void simple_fed_init(Object *obj)
{
}

static void simple_fed_finalize(Object *obj)
{
}

static void simple_fed_class_init(ObjectClass *klass, ClassData *data)
{
}

static void test_define_simple(void)
{
    Object *obj = object_new(TYPE_SIMPLE_FED);

    g_assert_cmpint(DEFINED(obj)->value, ==, 7);
    g_assert_nonnull(FED(obj));
    trail_begins();
    object_unref(obj);
    trail_is("defined-finalize");
}
#endif

static void test_define(void)
{
    Object *obj = object_new(TYPE_DEFINED_BELOW);

    g_assert_cmpint(DEFINED(obj)->value, ==, 8);
    g_assert_cmpstr(FED_GET_CLASS(obj)->feed(), ==, "purr");
    trail_begins();
    object_unref(obj);
    trail_is("below-finalize defined-finalize");
    g_assert_true(
        object_class_is_abstract(object_class_by_name(TYPE_DEFINED_ABSTRACT)));
}

int main(int argc, char **argv)
{
    test_object_init(&argc, &argv);

    g_test_add_func("/qio/object/type/builtin", test_builtin);
    g_test_add_func("/qio/object/type/info-is-copied", test_info_is_copied);
    g_test_add_func("/qio/object/type/array", test_register_array);
#ifdef QIO_HAS_TYPE_REGISTER
    g_test_add_func("/qio/object/type/type-register", test_type_register);
#endif
    g_test_add_func("/qio/object/type/many", test_many_types);
    g_test_add_func("/qio/object/type/sizes", test_sizes);
    g_test_add_func("/qio/object/life/hooks", test_life);
    g_test_add_func("/qio/object/life/zeroed", test_zeroed);
    g_test_add_func("/qio/object/life/new-with-class", test_new_with_class);
    g_test_add_func("/qio/object/life/initialize", test_initialize);
    g_test_add_func("/qio/object/life/aligned", test_aligned);
    g_test_add_func("/qio/object/life/ref-race", test_ref_race);
    g_test_add_func("/qio/object/cast/object", test_cast);
    g_test_add_func("/qio/object/cast/class", test_class_cast);
    g_test_add_func("/qio/object/cast/race", test_cast_race);
    g_test_add_func("/qio/object/define/class", test_define);
#ifdef QIO_HAS_SIMPLE_TYPE_MACROS
    g_test_add_func("/qio/object/define/simple", test_define_simple);
#endif

    return g_test_run();
}
