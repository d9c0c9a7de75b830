/*
 * qom/object.h: classes and interfaces.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "qemu/osdep.h"

#include <pthread.h>
#include <sched.h>

#include "test-object-types.h"

/* How many threads compete. */
#define RACERS 8

/*
 * Classes
 */

/* R-QOM-5, R-QOM-14: methods are inherited; no class of an unknown name. */
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

/* R-QOM-5: which hooks a new class has, and with whose data. */
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

/* R-QOM-5 */
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

/* R-QOM-5: made once, whoever comes first. */
static void test_class_race(void)
{
    Race race = { 0 };
    Racer racers[RACERS];
    pthread_t threads[RACERS];
    int made[ROUNDS] = { 0 };
    int i, round;

    for (round = 0; round < ROUNDS; round++) {
        race.names[round] = g_strdup_printf("test-race-%d", round);
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

/* R-QOM-25 */
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

/* R-QOM-25 */
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
#ifdef QIO_HAS_INTERFACE_CONCRETE_CLASS
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

int main(int argc, char **argv)
{
    test_object_init(&argc, &argv);

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

    return g_test_run();
}
