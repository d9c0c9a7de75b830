/*
 * An object with properties of every kind, and one that tells what becomes of it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PROPERTY_TYPES_H
#define PROPERTY_TYPES_H

#include "qom/object.h"
#include "qom/object_interfaces.h"
#include "qapi/error.h"

/* What hooks did, in order. */
static GString *trail;

static void note(const char *format, ...) G_GNUC_PRINTF(1, 2);
static void note(const char *format, ...)
{
    va_list ap;

    if (trail->len) {
        g_string_append_c(trail, ' ');
    }
    va_start(ap, format);
    g_string_append_vprintf(trail, format, ap);
    va_end(ap);
}

static inline void trail_is(const char *expected)
{
    g_assert_cmpstr(trail->str, ==, expected);
    g_string_truncate(trail, 0);
}

/* Ends with the error that has just happened. */
static inline void error_is(Error **errp, const char *expected)
{
    g_assert_nonnull(*errp);
    g_assert_cmpstr(error_get_pretty(*errp), ==, expected);
    error_free(*errp);
    *errp = NULL;
}

#ifdef QIO_HAS_CONST_TYPE_INFO
typedef const void ClassData;
#else
typedef void ClassData;
#endif

typedef enum Colour {
    COLOUR_RED,
    COLOUR_GREEN,
    COLOUR_BLUE,
    COLOUR__MAX,
} Colour;

static const char *const colours[] = { "red", "green", "blue" };
G_GNUC_UNUSED static const QEnumLookup Colour_lookup = {
    .array = colours,
    .size = COLOUR__MAX,
};

#define TYPE_THING "test-thing"

typedef struct Thing {
    Object parent;
    char *label;
    bool lit;
    int colour;
    Object *friend;
} Thing;

DECLARE_INSTANCE_CHECKER(Thing, THING, TYPE_THING)

static char *thing_get_label(Object *obj, Error **errp)
{
    return g_strdup(THING(obj)->label);
}

static void thing_set_label(Object *obj, const char *value, Error **errp)
{
    if (g_str_equal(value, "bad")) {
        error_setg(errp, "label '%s' is bad", value);
        return;
    }
    g_free(THING(obj)->label);
    THING(obj)->label = g_strdup(value);
}

static bool thing_get_lit(Object *obj, Error **errp)
{
    return THING(obj)->lit;
}

static void thing_set_lit(Object *obj, bool value, Error **errp)
{
    THING(obj)->lit = value;
}

static int thing_get_colour(Object *obj, Error **errp)
{
    return THING(obj)->colour;
}

static void thing_set_colour(Object *obj, int value, Error **errp)
{
    THING(obj)->colour = value;
}

static void thing_class_init(ObjectClass *klass, ClassData *data)
{
    object_class_property_add_str(klass, "label", thing_get_label,
                                  thing_set_label);
    object_class_property_add_bool(klass, "lit", thing_get_lit, thing_set_lit);
    object_class_property_add_enum(klass, "colour", "Colour", &Colour_lookup,
                                   thing_get_colour, thing_set_colour);
}

static void thing_finalize(Object *obj)
{
    note("finalize(%s)", THING(obj)->label ?: "");
    g_free(THING(obj)->label);
}

static void thing_unparent(Object *obj)
{
    g_autofree char *path = object_get_canonical_path(obj);

    g_assert_nonnull(obj->parent);
    g_assert_nonnull(object_get_canonical_path_component(obj));
    note("unparent(%s)", THING(obj)->label ?: "");
}

#define TYPE_TOLD_THING "test-told-thing"

static void told_thing_class_init(ObjectClass *klass, ClassData *data)
{
    klass->unparent = thing_unparent;
}

static const TypeInfo things[] = {
    {
        .name = TYPE_THING,
        .parent = TYPE_OBJECT,
        .instance_size = sizeof(Thing),
        .instance_finalize = thing_finalize,
        .class_init = thing_class_init,
    }, {
        .name = TYPE_TOLD_THING,
        .parent = TYPE_THING,
        .class_init = told_thing_class_init,
    },
};

static inline Object *thing_new(const char *label)
{
    Object *obj = object_new(TYPE_TOLD_THING);

    THING(obj)->label = g_strdup(label);
    return obj;
}

/* A thing that is a child of @parent, which alone owns it. */
static inline Object *child_new(Object *parent, const char *name)
{
    Object *child = thing_new(name);

    object_property_add_child(parent, name, child);
    object_unref(child);
    return child;
}

static inline void property_types_init(void)
{
    trail = g_string_new("");
    module_call_init(MODULE_INIT_QOM);
    type_register_static_array(things, ARRAY_SIZE(things));
}

/* Runs the rest of the test in a child, which has to abort and say so. */
static inline bool aborts(const char *saying)
{
    if (g_test_subprocess()) {
        return true;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_failed();
    g_test_trap_assert_stderr(saying);
    return false;
}

#endif
