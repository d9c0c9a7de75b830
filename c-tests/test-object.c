/*
 * qom/object.h and qemu/module.h: types, classes, interfaces, the life of
 * objects, and what happens to programs that misuse them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "qemu/osdep.h"

#include <pthread.h>
#include <sys/resource.h>

#include "qom/object.h"

#if defined(QIO_ABI_QEMU_7_2) || defined(QIO_ABI_QEMU_7_2_22)
#define SERIES_7_2 1
#else
#define SERIES_7_2 0
#endif

#if defined(QIO_ABI_QEMU_10_2)
typedef const void ClassData;
#define POST_INIT_IS_ROOT_FIRST 1
#else
typedef void ClassData;
#define POST_INIT_IS_ROOT_FIRST 0
#endif

/* What hooks did, in order. */
static GString *trail;

static void note(const char *what)
{
    g_string_append_printf(trail, "%s%s", trail->len ? " " : "", what);
}

static void trail_is(const char *expected)
{
    g_assert_cmpstr(trail->str, ==, expected);
    g_string_truncate(trail, 0);
}

/* Forgets what earlier tests left. */
static void trail_begins(void)
{
    g_string_truncate(trail, 0);
}

/* A type name that no other call returns. */
static char *fresh(const char *stem)
{
    static int count;

    return g_strdup_printf("%s-%d", stem, g_atomic_int_add(&count, 1));
}

/*
 * An animal has a voice; a dog is an animal that barks.
 */

#define TYPE_ANIMAL "test-animal"
#define TYPE_DOG "test-dog"

struct Animal {
    Object parent;
    int legs;
    char rest[100];
};

struct AnimalClass {
    ObjectClass parent_class;
    const char *(*voice)(void);
    const char *(*name)(void);
};

OBJECT_DECLARE_TYPE(Animal, AnimalClass, ANIMAL)

struct Dog {
    Animal parent;
    bool wags;
};

OBJECT_DECLARE_SIMPLE_TYPE(Dog, DOG)

static const char *no_voice(void)
{
    return "";
}

static const char *some_name(void)
{
    return "animal";
}

static const char *bark(void)
{
    return "woof";
}

static void animal_class_init(ObjectClass *klass, ClassData *data)
{
    g_assert_cmpstr(data, ==, "animal data");
    ANIMAL_CLASS(klass)->voice = no_voice;
    ANIMAL_CLASS(klass)->name = some_name;
}

static void animal_init(Object *obj)
{
    Animal *animal = ANIMAL(obj);
    size_t i;

    note("animal-init");
    g_assert_cmpint(animal->legs, ==, 0);
    for (i = 0; i < sizeof(animal->rest); i++) {
        g_assert_cmpint(animal->rest[i], ==, 0);
    }
    g_assert_cmpint(obj->ref, ==, 1);
    animal->legs = 4;
}

static void animal_post_init(Object *obj)
{
    note("animal-post");
}

static void animal_finalize(Object *obj)
{
    note("animal-finalize");
    g_assert_cmpint(obj->ref, ==, 0);
    /* Whoever gets this memory next must find zeros. */
    memset(ANIMAL(obj)->rest, 0xff, sizeof(ANIMAL(obj)->rest));
}

static void dog_class_init(ObjectClass *klass, ClassData *data)
{
    g_assert_null(data);
    g_assert_true(ANIMAL_CLASS(klass)->voice == no_voice);
    ANIMAL_CLASS(klass)->voice = bark;
}

static void dog_init(Object *obj)
{
    note("dog-init");
    g_assert_cmpint(ANIMAL(obj)->legs, ==, 4);
}

static void dog_post_init(Object *obj)
{
    note("dog-post");
}

static void dog_finalize(Object *obj)
{
    note("dog-finalize");
}

static char animal_data[] = "animal data";

static const TypeInfo animals[] = {
    {
        /* Before its parent: the order does not matter. */
        .name = TYPE_DOG,
        .parent = TYPE_ANIMAL,
        .instance_size = sizeof(Dog),
        .instance_init = dog_init,
        .instance_post_init = dog_post_init,
        .instance_finalize = dog_finalize,
        .class_init = dog_class_init,
    }, {
        .name = TYPE_ANIMAL,
        .parent = TYPE_OBJECT,
        .instance_size = sizeof(Animal),
        .instance_init = animal_init,
        .instance_post_init = animal_post_init,
        .instance_finalize = animal_finalize,
        .class_size = sizeof(AnimalClass),
        .class_init = animal_class_init,
        .class_data = animal_data,
    },
};

DEFINE_TYPES(animals)

/*
 * Interfaces: something that can be fed; something that can be fed meat.
 */

#define TYPE_FED "test-fed"
#define TYPE_MEAT_FED "test-meat-fed"
#define TYPE_PET "test-pet"
#define TYPE_CAT "test-cat"

typedef struct Fed Fed;

typedef struct FedClass {
    InterfaceClass parent_class;
    const char *(*feed)(void);
    const char *(*starve)(void);
} FedClass;

DECLARE_CLASS_CHECKERS(FedClass, FED, TYPE_FED)
#define FED(obj) INTERFACE_CHECK(Fed, (obj), TYPE_FED)

static const char *munch(void)
{
    return "munch";
}

static const char *purr(void)
{
    return "purr";
}

static const char *hunger(void)
{
    return "hunger";
}

static void fed_class_init(ObjectClass *klass, ClassData *data)
{
    FED_CLASS(klass)->starve = hunger;
}

static void pet_class_init(ObjectClass *klass, ClassData *data)
{
    FED_CLASS(klass)->feed = munch;
}

static void cat_class_init(ObjectClass *klass, ClassData *data)
{
    g_assert_true(FED_CLASS(klass)->feed == munch);
    FED_CLASS(klass)->feed = purr;
}

static InterfaceInfo fed_interfaces[] = { { TYPE_FED }, { NULL } };

static const TypeInfo pets[] = {
    {
        .name = TYPE_FED,
        .parent = TYPE_INTERFACE,
        .class_size = sizeof(FedClass),
        .class_init = fed_class_init,
    }, {
        .name = TYPE_MEAT_FED,
        .parent = TYPE_FED,
    }, {
        .name = TYPE_PET,
        .parent = TYPE_OBJECT,
        .instance_size = sizeof(Object),
        .class_init = pet_class_init,
        .interfaces = fed_interfaces,
    }, {
        .name = TYPE_CAT,
        .parent = TYPE_PET,
        .class_init = cat_class_init,
        /* Again, without effect. */
        .interfaces = fed_interfaces,
    },
};

DEFINE_TYPES(pets)

/* A type that nobody registered may be looked up all the same. */
static bool before_main_types_are_unknown;

/*
 * Types
 */

static void test_unknown_before_call(void)
{
    g_assert_true(before_main_types_are_unknown);
    g_assert_nonnull(object_class_by_name(TYPE_ANIMAL));
}

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
    char *name = fresh("test-copied");
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

#if SERIES_7_2
static void test_type_register(void)
{
    TypeInfo info = { .name = "test:7.2", .parent = TYPE_PET };
    Object *obj;

    g_assert_nonnull(type_register(&info));
    obj = object_new("test:7.2");
    g_assert_cmpstr(object_get_typename(obj), ==, "test:7.2");
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
 * Classes
 */

static void test_class_inherits(void)
{
    ObjectClass *animal = object_class_by_name(TYPE_ANIMAL);
    ObjectClass *dog = object_class_by_name(TYPE_DOG);

    g_assert_true(animal != dog);
    g_assert_true(object_class_by_name(TYPE_DOG) == dog);
    g_assert_true(object_class_get_parent(dog) == animal);
    g_assert_true(object_class_get_parent(animal) ==
                  object_class_by_name(TYPE_OBJECT));
    g_assert_cmpstr(object_class_get_name(dog), ==, TYPE_DOG);
    g_assert_cmpstr(ANIMAL_CLASS(animal)->voice(), ==, "");
    g_assert_cmpstr(ANIMAL_CLASS(dog)->voice(), ==, "woof");
    g_assert_cmpstr(ANIMAL_CLASS(dog)->name(), ==, "animal");
    g_assert_null(object_class_by_name("test-unknown"));
}

static void base_root(ObjectClass *klass, ClassData *data)
{
    note("root");
    note(data);
    note(object_class_get_name(klass));
}

static void base_middle(ObjectClass *klass, ClassData *data)
{
    note("middle");
    note(data);
}

static void base_leaf(ObjectClass *klass, ClassData *data)
{
    g_assert_not_reached();
}

static void own_init(ObjectClass *klass, ClassData *data)
{
    note("own");
    note(data);
}

static void test_base_init(void)
{
    static char one[] = "1", two[] = "2", three[] = "3";
    TypeInfo infos[] = {
        {
            .name = "test-base-root",
            .parent = TYPE_PET,
            .class_base_init = base_root,
            .class_data = one,
        }, {
            .name = "test-base-middle",
            .parent = "test-base-root",
            .class_base_init = base_middle,
            .class_data = two,
        }, {
            .name = "test-base-leaf",
            .parent = "test-base-middle",
            .class_base_init = base_leaf,
            .class_init = own_init,
            .class_data = three,
        },
    };

    trail_begins();
    type_register_static_array(infos, ARRAY_SIZE(infos));
    object_class_by_name("test-base-middle");
    trail_is("root 2 test-base-middle");
    object_class_by_name("test-base-leaf");
    trail_is("middle 3 root 3 test-base-leaf own 3");
}

static ObjectClass *seen_class;

static void reentrant_class_init(ObjectClass *klass, ClassData *data)
{
    Object *obj;

    note("first");
    /* Its own class is the unfinished one. */
    g_assert_true(object_class_by_name("test-reentrant") == klass);
    g_assert_nonnull(object_class_dynamic_cast(klass, TYPE_PET));
    g_assert_true(object_class_get_parent(klass) ==
                  object_class_by_name(TYPE_PET));
    /* The other class needs this one. */
    obj = object_new("test-reentrant-other");
    object_unref(obj);
    obj = object_new("test-reentrant");
    g_assert_true(object_get_class(obj) == klass);
    object_unref(obj);
    seen_class = klass;
}

static void reentrant_other_class_init(ObjectClass *klass, ClassData *data)
{
    note("other");
    g_assert_nonnull(object_class_by_name("test-reentrant"));
}

static void test_reentrant(void)
{
    TypeInfo infos[] = {
        {
            .name = "test-reentrant",
            .parent = TYPE_PET,
            .class_init = reentrant_class_init,
        }, {
            .name = "test-reentrant-other",
            .parent = TYPE_PET,
            .class_init = reentrant_other_class_init,
        },
    };
    Object *obj;

    trail_begins();
    type_register_static_array(infos, ARRAY_SIZE(infos));
    obj = object_new("test-reentrant");
    g_assert_true(object_get_class(obj) == seen_class);
    object_unref(obj);
    trail_is("first other");
}

static void parent_class_init(ObjectClass *klass, ClassData *data)
{
    Object *child = object_new("test-early-child");

    note("parent");
    g_assert_true(object_class_get_parent(object_get_class(child)) == klass);
    object_unref(child);
}

static void early_child_class_init(ObjectClass *klass, ClassData *data)
{
    note("child");
}

static void test_parent_makes_child(void)
{
    TypeInfo infos[] = {
        {
            .name = "test-early-parent",
            .parent = TYPE_PET,
            .class_init = parent_class_init,
        }, {
            .name = "test-early-child",
            .parent = "test-early-parent",
            .class_init = early_child_class_init,
        },
    };

    trail_begins();
    type_register_static_array(infos, ARRAY_SIZE(infos));
    /* The parent's class is made first, and makes the child's. */
    object_class_by_name("test-early-child");
    trail_is("child parent");
}

#define RACERS 8
#define ROUNDS 200

typedef struct Race {
    pthread_barrier_t start;
    char *names[ROUNDS];
    ObjectClass *classes[RACERS][ROUNDS];
} Race;

typedef struct Racer {
    Race *race;
    int number;
} Racer;

typedef struct SlowClass {
    ObjectClass parent_class;
    int made;
    int finished;
} SlowClass;

static void slow_class_init(ObjectClass *klass, ClassData *data)
{
    SlowClass *slow = (SlowClass *)klass;

    g_atomic_int_inc((int *)data);
    slow->made++;
    sched_yield();
    slow->finished = slow->made;
}

static void *race_for_classes(void *opaque)
{
    Racer *racer = opaque;
    Race *race = racer->race;
    int i;

    for (i = 0; i < ROUNDS; i++) {
        Object *obj;
        SlowClass *klass;

        pthread_barrier_wait(&race->start);
        obj = object_new(race->names[i]);
        klass = (SlowClass *)object_get_class(obj);
        g_assert_cmpint(klass->finished, ==, 1);
        race->classes[racer->number][i] = object_get_class(obj);
        object_unref(obj);
    }
    return NULL;
}

static void test_class_race(void)
{
    Race race = { 0 };
    Racer racers[RACERS];
    pthread_t threads[RACERS];
    int made[ROUNDS] = { 0 };
    int i, round;

    for (round = 0; round < ROUNDS; round++) {
        race.names[round] = fresh("test-race");
        type_register_static(&(TypeInfo) {
            .name = race.names[round],
            .parent = TYPE_PET,
            .class_size = sizeof(SlowClass),
            .class_init = slow_class_init,
            .class_data = &made[round],
        });
    }
    pthread_barrier_init(&race.start, NULL, RACERS);
    for (i = 0; i < RACERS; i++) {
        racers[i] = (Racer) { &race, i };
        pthread_create(&threads[i], NULL, race_for_classes, &racers[i]);
    }
    for (i = 0; i < RACERS; i++) {
        pthread_join(threads[i], NULL);
    }
    for (round = 0; round < ROUNDS; round++) {
        g_assert_cmpint(made[round], ==, 1);
        for (i = 1; i < RACERS; i++) {
            g_assert_true(race.classes[i][round] == race.classes[0][round]);
        }
        g_free(race.names[round]);
    }
    pthread_barrier_destroy(&race.start);
}

static void visit(ObjectClass *klass, void *opaque)
{
    GPtrArray *names = opaque;

    g_ptr_array_add(names, (char *)object_class_get_name(klass));
}

static char *visited(const char *kind, bool include_abstract)
{
    GPtrArray *names = g_ptr_array_new();
    char *joined;

    object_class_foreach(visit, kind, include_abstract, names);
    g_ptr_array_add(names, NULL);
    joined = g_strjoinv(" ", (char **)names->pdata);
    g_ptr_array_free(names, TRUE);
    return joined;
}

static void test_foreach(void)
{
    g_autofree char *concrete = NULL;
    g_autofree char *all = NULL;
    g_autofree char *everything = NULL;

    type_register_static(&(TypeInfo) {
        .name = "test-listed", .parent = TYPE_DOG, .abstract = true,
    });
    concrete = visited(TYPE_ANIMAL, false);
    g_assert_cmpstr(concrete, ==, TYPE_DOG " " TYPE_ANIMAL);
    all = visited(TYPE_ANIMAL, true);
    g_assert_cmpstr(all, ==, TYPE_DOG " " TYPE_ANIMAL " test-listed");
    everything = visited(NULL, true);
    g_assert_nonnull(strstr(everything, "object interface container"));
    g_assert_nonnull(strstr(everything, TYPE_FED " " TYPE_MEAT_FED));
}

static void test_list(void)
{
    GSList *list = object_class_get_list(TYPE_MEAT_FED, true);

    /* The interface itself is the first; it is abstract. */
    g_assert_true(list->data == object_class_by_name(TYPE_MEAT_FED));
    g_slist_free(list);

    list = object_class_get_list(TYPE_ANIMAL, false);
    g_assert_cmpuint(g_slist_length(list), ==, 2);
    g_assert_true(list->data == object_class_by_name(TYPE_DOG));
    g_assert_true(list->next->data == object_class_by_name(TYPE_ANIMAL));
    g_slist_free(list);

    g_assert_null(object_class_get_list("test-unknown", true));
}

/*
 * Interfaces
 */

static void test_interface(void)
{
    ObjectClass *pet = object_class_by_name(TYPE_PET);
    ObjectClass *fed = object_class_by_name(TYPE_FED);
    g_autoptr(Object) obj = object_new(TYPE_PET);
    FedClass *of_pet = FED_GET_CLASS(obj);

    g_assert_true((Object *)FED(obj) == obj);
    g_assert_true((ObjectClass *)of_pet != pet);
    g_assert_true((ObjectClass *)of_pet != fed);
    g_assert_true(FED_CLASS(pet) == of_pet);
    g_assert_true(object_class_dynamic_cast(pet, TYPE_FED) ==
                  OBJECT_CLASS(of_pet));
    g_assert_true((ObjectClass *)INTERFACE_CLASS(fed) == fed);
    g_assert_true((ObjectClass *)INTERFACE_CLASS(of_pet) ==
                  OBJECT_CLASS(of_pet));

    g_assert_cmpstr(of_pet->feed(), ==, "munch");
    g_assert_cmpstr(of_pet->starve(), ==, "hunger");
    g_assert_null(((FedClass *)fed)->feed);

    g_assert_cmpstr(object_class_get_name(OBJECT_CLASS(of_pet)), ==,
                    TYPE_PET "::" TYPE_FED);
    g_assert_true(object_class_get_parent(OBJECT_CLASS(of_pet)) == fed);
    g_assert_true(object_class_is_abstract(OBJECT_CLASS(of_pet)));
    g_assert_null(object_class_by_name(TYPE_PET "::" TYPE_FED));
    g_assert_true(of_pet->parent_class.interface_type == fed->type);
#if SERIES_7_2
    g_assert_true(of_pet->parent_class.concrete_class == pet);
#endif

    g_assert_null(object_dynamic_cast(obj, TYPE_MEAT_FED));
    g_assert_null(object_class_dynamic_cast(pet, TYPE_MEAT_FED));
    g_assert_true(object_class_dynamic_cast(fed, TYPE_INTERFACE) == fed);
    g_assert_null(object_class_dynamic_cast(fed, TYPE_OBJECT));
}

static void test_interface_inherited(void)
{
    g_autoptr(Object) pet = object_new(TYPE_PET);
    g_autoptr(Object) cat = object_new(TYPE_CAT);
    FedClass *of_pet = FED_GET_CLASS(pet);
    FedClass *of_cat = FED_GET_CLASS(cat);

    g_assert_true(of_cat != of_pet);
    g_assert_cmpstr(of_pet->feed(), ==, "munch");
    g_assert_cmpstr(of_cat->feed(), ==, "purr");
    g_assert_cmpstr(of_cat->starve(), ==, "hunger");
    g_assert_true(object_class_get_parent(OBJECT_CLASS(of_cat)) ==
                  OBJECT_CLASS(of_pet));
    g_assert_cmpstr(object_class_get_name(OBJECT_CLASS(of_cat)), ==,
                    TYPE_CAT "::" TYPE_FED);
    g_assert_true(of_cat->parent_class.interface_type ==
                  object_class_by_name(TYPE_FED)->type);
    /* Naming it again has added nothing. */
    g_assert_cmpuint(g_slist_length(object_get_class(cat)->interfaces), ==, 1);
}

static void test_interface_below(void)
{
    InterfaceInfo interfaces[] = { { TYPE_MEAT_FED }, { TYPE_FED }, { NULL } };
    ObjectClass *klass;

    type_register_static(&(TypeInfo) {
        .name = "test-carnivore",
        .parent = TYPE_ANIMAL,
        .interfaces = interfaces,
    });
    klass = object_class_by_name("test-carnivore");
    /* The one below stands for both. */
    g_assert_cmpuint(g_slist_length(klass->interfaces), ==, 1);
    g_assert_true(object_class_dynamic_cast(klass, TYPE_FED) ==
                  object_class_dynamic_cast(klass, TYPE_MEAT_FED));
    g_assert_cmpstr(
        object_class_get_name(object_class_dynamic_cast(klass, TYPE_FED)), ==,
        "test-carnivore::" TYPE_MEAT_FED);
}

static void test_interface_ambiguous(void)
{
    InterfaceInfo interfaces[] = { { TYPE_FED }, { TYPE_MEAT_FED }, { NULL } };
    ObjectClass *klass;

    type_register_static(&(TypeInfo) {
        .name = "test-ambiguous",
        .parent = TYPE_ANIMAL,
        .interfaces = interfaces,
    });
    klass = object_class_by_name("test-ambiguous");
    g_assert_cmpuint(g_slist_length(klass->interfaces), ==, 2);
    g_assert_null(object_class_dynamic_cast(klass, TYPE_FED));
    g_assert_nonnull(object_class_dynamic_cast(klass, TYPE_MEAT_FED));

    g_autoptr(Object) obj = object_new_with_class(klass);
    g_assert_true(object_dynamic_cast(obj, TYPE_FED) == obj);
    object_class_dynamic_cast(klass, TYPE_ANIMAL);
    g_assert_true(object_class_dynamic_cast(klass, TYPE_ANIMAL) == klass);
}

/*
 * Objects
 */

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

#if !SERIES_7_2
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
    int i;

    for (i = 0; i < 50000; i++) {
        object_ref(opaque);
        object_unref(opaque);
    }
    object_unref(opaque);
    return NULL;
}

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
    size_t i;

    for (i = 0; i < 60000; i++) {
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

#if !SERIES_7_2
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

/*
 * Modules
 */

static int module_runs;

static void block_module(void)
{
    module_runs = module_runs * 10 + 1;
}

static void second_block_module(void)
{
    module_runs = module_runs * 10 + 2;
    /* Of its own kind: has no effect. */
    module_call_init(MODULE_INIT_BLOCK);
}

static void late_module(void)
{
    g_assert_not_reached();
}

block_init(block_module);

module_init(second_block_module, MODULE_INIT_BLOCK)

module_obj("none");

static void test_module(void)
{
    g_assert_cmpint(module_runs, ==, 0);
    module_call_init(MODULE_INIT_BLOCK);
    g_assert_true(module_runs == 12 || module_runs == 21);
    module_runs = 0;
    register_module_init(late_module, MODULE_INIT_BLOCK);
    module_call_init(MODULE_INIT_BLOCK);
    module_call_init(MODULE_INIT_QOM);
    g_assert_cmpint(module_runs, ==, 0);
}

static void test_module_order(void)
{
    register_module_init(block_module, MODULE_INIT_LIBQOS);
    register_module_init(second_block_module, MODULE_INIT_LIBQOS);
    register_module_init(block_module, MODULE_INIT_LIBQOS);
    module_call_init(MODULE_INIT_LIBQOS);
    g_assert_cmpint(module_runs, ==, 121);
    module_runs = 0;
}

/*
 * Misuse: each case runs in a process of its own, which must not survive.
 */

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

#if !SERIES_7_2
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

static void fail_module_null(void)
{
    register_module_init(NULL, MODULE_INIT_QOM);
}

static void fail_module_kind(void)
{
    register_module_init(late_module, MODULE_INIT_MAX);
}

static void fail_module_call_kind(void)
{
    module_call_init(MODULE_INIT_MAX);
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
      "*type_register_static: info->name must not be NULL\n" },
    { "no-parent", fail_no_parent,
      "*type_register_static: info->parent must not be NULL\n" },
    { "register-null", fail_register_null,
      "*type_register_static: info must not be NULL\n" },
    { "register-array-null", fail_register_array_null,
      "*type_register_static_array: infos must not be NULL\n" },
#if !SERIES_7_2
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
      "*test-object: *'test-faced'*'test-missing'*\n" },
    { "no-interface", fail_no_interface,
      "*'test-faced'*'" TYPE_CAT "'*no interface\n" },
    { "interface-size", fail_interface_size,
      "*'test-face'*interface*instance_size\n" },
    { "interface-hook", fail_interface_hook,
      "*'test-face'*interface*instance hooks\n" },
    { "new-unknown", fail_new_unknown,
      SERIES_7_2 ? "*object_new: unknown type 'test-missing'\n"
                 : "*test-object: unknown type 'test-missing'\n*exit*",
      !SERIES_7_2 },
    { "new-null", fail_new_null, "*object_new: typename must not be NULL\n" },
    { "new-abstract", fail_new_abstract,
      "*object_new: type 'object' is abstract\n" },
    { "new-interface", fail_new_interface,
      "*object_new: type '" TYPE_FED "' is abstract\n" },
    { "new-with-class-null", fail_new_with_class_null,
      "*object_new_with_class: klass must not be NULL\n" },
    { "new-with-class-abstract", fail_new_with_class_abstract,
      "*object_new_with_class: type 'object' is abstract\n" },
    { "initialize-null", fail_initialize_null,
      "*object_initialize: obj must not be NULL\n" },
    { "initialize-no-name", fail_initialize_no_name,
      "*object_initialize: typename must not be NULL\n" },
    { "initialize-small", fail_initialize_small,
      "*object_initialize: size * is too small for '" TYPE_DOG "'*\n" },
    { "initialize-abstract", fail_initialize_abstract,
      "*object_initialize: type 'object' is abstract\n" },
    { "initialize-unknown", fail_initialize_unknown,
      SERIES_7_2 ? "*object_initialize: unknown type 'test-missing'\n"
                 : "*test-object: unknown type 'test-missing'\n*exit*",
      !SERIES_7_2 },
    { "ref-limit", fail_ref_limit, "*one before\nobject_ref: *\n" },
    { "unref-none", fail_unref_none, "*first\nobject_unref: *\n" },
    { "revive", fail_revive,
      "*object_unref: *'test-phoenix'*finalized with 1 references*\n" },
    { "get-class-null", fail_get_class_null,
      "*object_get_class: obj must not be NULL\n" },
    { "get-typename-null", fail_get_typename_null,
      "*object_get_typename: obj must not be NULL\n" },
    { "cast", fail_cast,
      "*some.c:7:some_function: Object 0x* is not an instance of type "
      TYPE_DOG "\n" },
    { "cast-after-hit", fail_cast_after_hit,
      "*1\n*test-object.c:*:DOG: Object 0x* is not an instance of type "
      TYPE_DOG "\n" },
    { "cast-null-name", fail_cast_null_name,
      "*object_dynamic_cast_assert: typename must not be NULL\n" },
    { "dynamic-cast-null-name", fail_dynamic_cast_null_name,
      "*object_dynamic_cast: typename must not be NULL\n" },
    { "class-cast", fail_class_cast,
      "*some.c:7:some_function: Object 0x* is not an instance of type "
      TYPE_DOG "\n" },
    { "class-cast-null-name", fail_class_cast_null_name,
      "*object_class_dynamic_cast_assert: typename must not be NULL\n" },
    { "class-dynamic-cast-null-name", fail_class_dynamic_cast_null_name,
      "*object_class_dynamic_cast: typename must not be NULL\n" },
    { "get-parent-null", fail_get_parent_null,
      "*object_class_get_parent: klass must not be NULL\n" },
    { "get-name-null", fail_get_name_null,
      "*object_class_get_name: klass must not be NULL\n" },
    { "is-abstract-null", fail_is_abstract_null,
      "*object_class_is_abstract: klass must not be NULL\n" },
    { "by-name-null", fail_by_name_null,
      "*object_class_by_name: typename must not be NULL\n" },
    { "foreach-null", fail_foreach_null,
      "*object_class_foreach: fn must not be NULL\n" },
    { "module-null", fail_module_null,
      "*register_module_init: fn must not be NULL\n" },
    { "module-kind", fail_module_kind,
      "*register_module_init: 8 is no module_init_type\n" },
    { "module-call-kind", fail_module_call_kind,
      "*module_call_init: 8 is no module_init_type\n" },
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

    g_test_init(&argc, &argv, NULL);
    trail = g_string_new(NULL);

    before_main_types_are_unknown = !object_class_by_name(TYPE_OBJECT) &&
                                    !object_class_by_name(TYPE_ANIMAL) &&
                                    !object_class_get_list(NULL, true);
    module_call_init(MODULE_INIT_QOM);

    g_test_add_func("/qio/object/type/unknown-before-call",
                    test_unknown_before_call);
    g_test_add_func("/qio/object/type/builtin", test_builtin);
    g_test_add_func("/qio/object/type/info-is-copied", test_info_is_copied);
    g_test_add_func("/qio/object/type/array", test_register_array);
#if SERIES_7_2
    g_test_add_func("/qio/object/type/type-register", test_type_register);
#endif
    g_test_add_func("/qio/object/type/many", test_many_types);
    g_test_add_func("/qio/object/type/sizes", test_sizes);
    g_test_add_func("/qio/object/class/inherits", test_class_inherits);
    g_test_add_func("/qio/object/class/base-init", test_base_init);
    g_test_add_func("/qio/object/class/reentrant", test_reentrant);
    g_test_add_func("/qio/object/class/parent-makes-child",
                    test_parent_makes_child);
    g_test_add_func("/qio/object/class/race", test_class_race);
    g_test_add_func("/qio/object/class/foreach", test_foreach);
    g_test_add_func("/qio/object/class/list", test_list);
    g_test_add_func("/qio/object/interface/own", test_interface);
    g_test_add_func("/qio/object/interface/inherited",
                    test_interface_inherited);
    g_test_add_func("/qio/object/interface/below", test_interface_below);
    g_test_add_func("/qio/object/interface/ambiguous",
                    test_interface_ambiguous);
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
#if !SERIES_7_2
    g_test_add_func("/qio/object/define/simple", test_define_simple);
#endif
    g_test_add_func("/qio/object/module/once", test_module);
    g_test_add_func("/qio/object/module/order", test_module_order);

    for (i = 0; i < ARRAY_SIZE(misuses); i++) {
        g_autofree char *path =
            g_strdup_printf("/qio/object/misuse/%s", misuses[i].name);

        g_test_add_data_func(path, &misuses[i], test_misuse);
    }
    return g_test_run();
}
