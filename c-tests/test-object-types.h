/*
 * The types that the tests of qom/object.h share.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef TEST_OBJECT_TYPES_H
#define TEST_OBJECT_TYPES_H

#include "qom/object.h"

#ifdef QIO_HAS_CONST_TYPE_INFO
typedef const void ClassData;
#else
typedef void ClassData;
#endif

#ifdef QIO_HAS_POST_INIT_ROOT_FIRST
#define POST_INIT_IS_ROOT_FIRST 1
#else
#define POST_INIT_IS_ROOT_FIRST 0
#endif

/* What hooks did, in order. */
static GString *trail;

static void note(const char *what)
{
    g_string_append_printf(trail, "%s%s", trail->len ? " " : "", what);
}

static inline void trail_is(const char *expected)
{
    g_assert_cmpstr(trail->str, ==, expected);
    g_string_truncate(trail, 0);
}

/* Forgets what earlier tests left. */
static inline void trail_begins(void)
{
    g_string_truncate(trail, 0);
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

/* Begins a test program: all types that are recorded become known. */
static inline void test_object_init(int *argc, char ***argv)
{
    g_test_init(argc, argv, NULL);
    trail = g_string_new(NULL);
    module_call_init(MODULE_INIT_QOM);
}

#endif
