/*
 * qom/object.h: properties
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"

#include "property-types.h"

QEMU_BUILD_BUG_ON(OBJ_PROP_LINK_STRONG != 1);
QEMU_BUILD_BUG_ON(OBJ_PROP_FLAG_READ != 1);
QEMU_BUILD_BUG_ON(OBJ_PROP_FLAG_WRITE != 2);
QEMU_BUILD_BUG_ON(OBJ_PROP_FLAG_READWRITE != 3);

static void test_no_table(void)
{
    Object *obj = thing_new("x");

    g_assert_null(obj->properties);
    g_assert_true(object_property_set_bool(obj, "lit", true, &error_abort));
    g_assert_null(obj->properties);
    object_unref(obj);
    trail_is("finalize(x)");
}

static void test_type(void)
{
    g_autofree char *text = NULL;
    Object *obj = thing_new("x");
    Error *err = NULL;

    text = object_property_get_str(obj, "type", &error_abort);
    g_assert_cmpstr(text, ==, TYPE_TOLD_THING);
    g_assert_false(object_property_set_str(obj, "type", "y", &err));
    error_is(&err, "Property 'test-told-thing.type' is not writable");
    g_assert_cmpstr(object_property_get_type(obj, "type", &error_abort), ==,
                    "string");
    object_unref(obj);
    trail_is("finalize(x)");
}

/* R-QOM-18 */
static void test_str(void)
{
    Object *obj = thing_new("x");
    Error *err = NULL;
    char *text;

    g_assert_true(object_property_set_str(obj, "label", "one", &error_abort));
    text = object_property_get_str(obj, "label", &error_abort);
    g_assert_cmpstr(text, ==, "one");
    g_free(text);
    g_assert_true(object_property_parse(obj, "label", "on", &error_abort));
    text = object_property_print(obj, "label", false, &error_abort);
    g_assert_cmpstr(text, ==, "on");
    g_free(text);
    text = object_property_print(obj, "label", true, &error_abort);
    g_assert_cmpstr(text, ==, "\"on\"");
    g_free(text);

    g_assert_false(object_property_set_str(obj, "label", "bad", &err));
    error_is(&err, "label 'bad' is bad");
    g_assert_false(object_property_set_str(obj, "label", "bad", NULL));
    g_assert_false(object_property_set_bool(obj, "label", true, &err));
    error_is(&err, "Invalid parameter type for 'label', expected: string");
    g_assert_cmpstr(THING(obj)->label, ==, "on");

    /* NULL reads as an empty text. */
    g_free(THING(obj)->label);
    THING(obj)->label = NULL;
    text = object_property_get_str(obj, "label", &error_abort);
    g_assert_cmpstr(text, ==, "");
    g_free(text);
    object_unref(obj);
    trail_is("finalize()");
}

/* R-QOM-18 */
static void test_bool(void)
{
    static const char *const yes[] = { "on", "yes", "true", "y" };
    static const char *const no[] = { "off", "no", "false", "n" };
    Object *obj = thing_new("x");
    Error *err = NULL;
    char *text;
    size_t i;

    g_assert_false(object_property_get_bool(obj, "lit", &error_abort));
    g_assert_true(object_property_set_bool(obj, "lit", true, &error_abort));
    g_assert_true(object_property_get_bool(obj, "lit", &error_abort));
    for (i = 0; i < ARRAY_SIZE(no); i++) {
        g_assert_true(object_property_parse(obj, "lit", no[i], &error_abort));
        g_assert_false(THING(obj)->lit);
        g_assert_true(object_property_parse(obj, "lit", yes[i], &error_abort));
        g_assert_true(THING(obj)->lit);
    }
    g_assert_false(object_property_parse(obj, "lit", "1", &err));
    error_is(&err, "Parameter 'lit' expects 'on' or 'off'");
    g_assert_false(object_property_set_str(obj, "lit", "on", &err));
    error_is(&err, "Invalid parameter type for 'lit', expected: boolean");
    text = object_property_print(obj, "lit", false, &error_abort);
    g_assert_cmpstr(text, ==, "true");
    g_free(text);
    g_assert_null(object_property_get_str(obj, "lit", &err));
    error_is(&err, "Invalid parameter type for 'lit', expected: string");
    g_assert_cmpint(object_property_get_int(obj, "lit", &err), ==, -1);
    error_free_or_abort(&err);
    object_unref(obj);
    trail_is("finalize(x)");
}

static void report_enum(void)
{
    Object *obj = thing_new("x");
    Error *err = NULL;

    g_assert_false(object_property_parse(obj, "colour", "pink", &err));
    error_report_err(err);
    object_unref(obj);
}

/* Those who read the message read what would have been right. */
static void test_enum_hint(void)
{
    if (g_test_subprocess()) {
        report_enum();
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_passed();
    g_test_trap_assert_stderr("*does not accept value 'pink'\nAccepted values: 'red', 'green', 'blue'\n");
}

/* R-QOM-18 */
static void test_enum(void)
{
    Object *obj = thing_new("x");
    Error *err = NULL;
    char *text;

    g_assert_true(object_property_parse(obj, "colour", "blue", &error_abort));
    g_assert_cmpint(THING(obj)->colour, ==, COLOUR_BLUE);
    g_assert_true(object_property_set_str(obj, "colour", "green", &error_abort));
    g_assert_cmpint(THING(obj)->colour, ==, COLOUR_GREEN);
    g_assert_cmpint(object_property_get_enum(obj, "colour", "Colour", &error_abort),
                    ==, COLOUR_GREEN);
    text = object_property_get_str(obj, "colour", &error_abort);
    g_assert_cmpstr(text, ==, "green");
    g_free(text);
    g_assert_false(object_property_parse(obj, "colour", "pink", &err));
    error_is(&err, "Parameter 'colour' does not accept value 'pink'");
    g_assert_cmpint(object_property_get_enum(obj, "colour", "Shade", &err), ==, -1);
    error_free_or_abort(&err);
    g_assert_cmpint(object_property_get_enum(obj, "label", "string", &err), ==, -1);
    error_free_or_abort(&err);
    g_assert_cmpstr(object_property_get_type(obj, "colour", &error_abort), ==,
                    "Colour");
    object_unref(obj);
    trail_is("finalize(x)");
}

static void test_missing(void)
{
    Object *obj = thing_new("x");
    Error *err = NULL;

    g_assert_false(object_property_set_str(obj, "no", "x", &err));
    error_is(&err, "Property 'test-told-thing.no' not found");
    g_assert_false(object_property_parse(obj, "no", "x", &err));
    error_free_or_abort(&err);
    g_assert_null(object_property_get_str(obj, "no", &err));
    error_is(&err, "Property 'test-told-thing.no' not found");
    g_assert_false(object_property_get_bool(obj, "no", &err));
    error_free_or_abort(&err);
    g_assert_cmpint(object_property_get_uint(obj, "no", &err), ==, 0);
    error_free_or_abort(&err);
    g_assert_null(object_property_get_link(obj, "no", &err));
    error_free_or_abort(&err);
    g_assert_null(object_property_get_type(obj, "no", &err));
    error_free_or_abort(&err);
    g_assert_null(object_property_find(obj, "no"));
    g_assert_null(object_property_find_err(obj, "no", &err));
    error_is(&err, "Property 'test-told-thing.no' not found");
    g_assert_null(object_class_property_find(object_get_class(obj), "no"));
    object_unref(obj);
    trail_is("finalize(x)");
}

static void test_half(void)
{
    Object *obj = thing_new("x");
    Error *err = NULL;

    object_property_add_str(obj, "in", NULL, thing_set_label);
    object_property_add_bool(obj, "out", thing_get_lit, NULL);
    g_assert_null(object_property_get_str(obj, "in", &err));
    error_is(&err, "Property 'test-told-thing.in' is not readable");
    g_assert_false(object_property_set_bool(obj, "out", true, &err));
    error_is(&err, "Property 'test-told-thing.out' is not writable");
    g_assert_true(object_property_set_str(obj, "in", "z", &error_abort));
    object_unref(obj);
    trail_is("finalize(z)");
}

/* R-QOM-26: found by object and class; descriptions. */
static void test_lookup(void)
{
    Object *obj = thing_new("x");
    ObjectClass *klass = object_get_class(obj);
    ObjectProperty *prop = object_property_find(obj, "label");
    Error *err = NULL;

    g_assert_cmpstr(prop->name, ==, "label");
    g_assert_cmpstr(prop->type, ==, "string");
    g_assert_null(prop->description);
    g_assert_true(object_class_property_find(klass, "label") == prop);
    g_assert_true(object_class_property_find(object_class_by_name(TYPE_THING),
                                             "label") == prop);
    g_assert_null(object_class_property_find(object_class_by_name("object"),
                                             "label"));

    g_assert_null(object_property_try_add(obj, "label", "int", NULL, NULL, NULL,
                                          NULL, &err));
    error_is(&err, "attempt to add duplicate property 'label' to object "
                   "(type 'test-told-thing')");
    prop = object_property_add_bool(obj, "own", thing_get_lit, NULL);
    g_assert_true(object_property_find(obj, "own") == prop);
    g_assert_null(object_class_property_find(klass, "own"));
    g_assert_null(object_property_try_add(obj, "own", "int", NULL, NULL, NULL,
                                          NULL, &err));
    error_free_or_abort(&err);

    object_property_set_description(obj, "own", "mine");
    g_assert_cmpstr(prop->description, ==, "mine");
    object_property_set_description(obj, "own", "yours");
    g_assert_cmpstr(prop->description, ==, "yours");
    object_property_set_description(obj, "own", NULL);
    g_assert_null(prop->description);
    object_class_property_set_description(klass, "lit", "whether it is on");
    g_assert_cmpstr(object_property_find(obj, "lit")->description, ==,
                    "whether it is on");

    object_property_del(obj, "own");
    g_assert_null(object_property_find(obj, "own"));
    object_unref(obj);
    trail_is("finalize(x)");
}

static void test_numbered(void)
{
    Object *obj = thing_new("x");
    int i;

    for (i = 0; i < 3; i++) {
        g_autofree char *name = g_strdup_printf("port[%d]", i);
        ObjectProperty *prop =
            object_property_add_bool(obj, "port[*]", thing_get_lit, NULL);

        g_assert_cmpstr(prop->name, ==, name);
    }
    object_property_del(obj, "port[1]");
    g_assert_cmpstr(object_property_add_bool(obj, "port[*]", thing_get_lit,
                                             NULL)->name, ==, "port[1]");
    object_unref(obj);
    trail_is("finalize(x)");
}

/* A getter that fails. */
static char *get_nothing(Object *obj, Error **errp)
{
    error_setg(errp, "nothing there");
    return NULL;
}

static int get_no_colour(Object *obj, Error **errp)
{
    error_setg(errp, "colourless");
    return -1;
}

static void test_getter_fails(void)
{
    Object *obj = thing_new("x");
    Error *err = NULL;

    object_property_add_str(obj, "nothing", get_nothing, NULL);
    object_property_add_enum(obj, "no-colour", "Colour", &Colour_lookup,
                             get_no_colour, NULL);
    g_assert_null(object_property_get_str(obj, "nothing", &err));
    error_is(&err, "nothing there");
    g_assert_null(object_property_get_str(obj, "nothing", NULL));
    g_assert_null(object_property_print(obj, "nothing", true, &err));
    error_free_or_abort(&err);
    g_assert_cmpint(object_property_get_enum(obj, "no-colour", "Colour", &err),
                    ==, -1);
    error_is(&err, "colourless");
    object_unref(obj);
    trail_is("finalize(x)");
}

/*
 * Defaults, and objects of several threads
 */

#define TYPE_DEFAULTED "test-defaulted"

static void init_label(Object *obj, ObjectProperty *prop)
{
    g_assert_cmpstr(prop->name, ==, "given");
    g_assert_null(obj->properties);
    THING(obj)->label = g_strdup("default");
}

static void defaulted_class_init(ObjectClass *klass, ClassData *data)
{
    object_class_property_add_str(klass, "given", thing_get_label, NULL)->init =
        init_label;
}

static void defaulted_init(Object *obj)
{
    note("init(%s)", THING(obj)->label);
}

static void test_default(void)
{
    static const TypeInfo infos[] = {
        {
            .name = TYPE_DEFAULTED,
            .parent = TYPE_THING,
            .instance_init = defaulted_init,
            .class_init = defaulted_class_init,
        }, {
            .name = "test-defaulted-child",
            .parent = TYPE_DEFAULTED,
        },
    };

    type_register_static_array(infos, ARRAY_SIZE(infos));
    object_unref(object_new(TYPE_DEFAULTED));
    trail_is("init(default) finalize(default)");
    object_unref(object_new("test-defaulted-child"));
    trail_is("init(default) finalize(default)");
}

static void *make_and_end(void *opaque)
{
    int i;

    for (i = 0; i < 300; i++) {
        Object *obj = object_new("container");
        Object *child = object_new("container");

        object_property_add_str(obj, "s", get_nothing, NULL);
        object_property_add_child(obj, "c", child);
        object_unref(child);
        object_unref(obj);
    }
    return NULL;
}

/* Each thread with objects of its own. */
static void test_threads(void)
{
    GThread *threads[4];
    size_t i;

    for (i = 0; i < ARRAY_SIZE(threads); i++) {
        threads[i] = g_thread_new("maker", make_and_end, NULL);
    }
    for (i = 0; i < ARRAY_SIZE(threads); i++) {
        g_thread_join(threads[i]);
    }
}

/*
 * Mistakes
 */

static void test_misuse_duplicate(void)
{
    if (aborts("*attempt to add duplicate property 'label' to object*")) {
        object_property_add_bool(thing_new("x"), "label", thing_get_lit, NULL);
    }
}

static void test_misuse_class_duplicate(void)
{
    if (aborts("*object_class_property_add*label*")) {
        object_class_property_add_bool(object_class_by_name(TYPE_TOLD_THING),
                                       "label", thing_get_lit, NULL);
    }
}

static void test_misuse_delete(void)
{
    if (aborts("*object_property_del*test-told-thing.no*")) {
        object_property_del(thing_new("x"), "no");
    }
}

static void test_misuse_delete_class(void)
{
    if (aborts("*object_property_del*test-told-thing.lit*")) {
        object_property_del(thing_new("x"), "lit");
    }
}

/* R-QOM-26 */
static void test_misuse_describe(void)
{
    if (aborts("*Property 'test-told-thing.no' not found*")) {
        object_property_set_description(thing_new("x"), "no", "x");
    }
}

static void test_misuse_abort(void)
{
    if (aborts("*Unexpected error in thing_set_label() at *label 'bad' is bad*")) {
        object_property_set_str(thing_new("x"), "label", "bad", &error_abort);
    }
}

static void test_misuse_enum(void)
{
    if (aborts("*the enum has no value 7*")) {
        Object *obj = thing_new("x");

        THING(obj)->colour = 7;
        object_property_get_str(obj, "colour", NULL);
    }
}

static void test_misuse_null(void)
{
    if (aborts("*object_property_set_str*@value is NULL*")) {
        object_property_set_str(thing_new("x"), "label", NULL, NULL);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    property_types_init();

    g_test_add_func("/qio/property/no-table", test_no_table);
    g_test_add_func("/qio/property/type", test_type);
    g_test_add_func("/qio/property/str", test_str);
    g_test_add_func("/qio/property/bool", test_bool);
    g_test_add_func("/qio/property/enum", test_enum);
    g_test_add_func("/qio/property/enum-hint", test_enum_hint);
    g_test_add_func("/qio/property/missing", test_missing);
    g_test_add_func("/qio/property/half", test_half);
    g_test_add_func("/qio/property/lookup", test_lookup);
    g_test_add_func("/qio/property/numbered", test_numbered);
    g_test_add_func("/qio/property/getter-fails", test_getter_fails);
    g_test_add_func("/qio/property/default", test_default);
    g_test_add_func("/qio/property/threads", test_threads);
    g_test_add_func("/qio/property/misuse/duplicate", test_misuse_duplicate);
    g_test_add_func("/qio/property/misuse/class-duplicate",
                    test_misuse_class_duplicate);
    g_test_add_func("/qio/property/misuse/delete", test_misuse_delete);
    g_test_add_func("/qio/property/misuse/delete-class", test_misuse_delete_class);
    g_test_add_func("/qio/property/misuse/describe", test_misuse_describe);
    g_test_add_func("/qio/property/misuse/abort", test_misuse_abort);
    g_test_add_func("/qio/property/misuse/enum", test_misuse_enum);
    g_test_add_func("/qio/property/misuse/null", test_misuse_null);
    return g_test_run();
}
