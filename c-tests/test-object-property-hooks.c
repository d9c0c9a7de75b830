/*
 * qom/object.h: properties whose functions change properties and objects
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"

#include "property-types.h"

/*
 * Release
 */

static void release_noted(Object *obj, const char *name, void *opaque)
{
    note("release(%s,%s)", name, (const char *)opaque);
    /* The name is taken until the hook returns. */
    g_assert_nonnull(object_property_find(obj, name));
    /* Nothing is released twice. */
    object_property_del(obj, name);
}

static void add_noted(Object *obj, const char *name, const char *opaque)
{
    object_property_add(obj, name, "noted", NULL, NULL, release_noted,
                        (void *)opaque);
}

static void test_release(void)
{
    Object *obj = thing_new("x");
    Error *err = NULL;

    add_noted(obj, "a", "1");
    add_noted(obj, "b", "2");
    g_assert_null(object_property_try_add(obj, "a", "t", NULL, NULL,
                                          release_noted, NULL, &err));
    error_free_or_abort(&err);
    trail_is("");
    object_property_del(obj, "a");
    trail_is("release(a,1)");
    g_assert_null(object_property_find(obj, "a"));
    add_noted(obj, "a", "3");
    object_property_del(obj, "b");
    trail_is("release(b,2)");
    object_unref(obj);
    trail_is("release(a,3) finalize(x)");
}

static void release_more(Object *obj, const char *name, void *opaque)
{
    int left = GPOINTER_TO_INT(opaque);

    note("%s", name);
    if (left > 0) {
        object_property_add(obj, left & 1 ? "odd" : "even", "t", NULL, NULL,
                            release_more, GINT_TO_POINTER(left - 1));
    }
}

static void test_release_adds(void)
{
    Object *obj = thing_new("x");

    object_property_add(obj, "first", "t", NULL, NULL, release_more,
                        GINT_TO_POINTER(4));
    object_unref(obj);
    trail_is("first even odd even odd finalize(x)");
}

static void release_others(Object *obj, const char *name, void *opaque)
{
    char other[2] = "a";

    note("%s", name);
    for (other[0] = 'a'; other[0] < 'a' + 10; other[0]++) {
        if (object_property_find(obj, other)) {
            object_property_del(obj, other);
        }
    }
}

static void test_release_removes(void)
{
    Object *obj = thing_new("x");
    char name[2] = "a";
    int seen = 0;
    size_t i;

    for (name[0] = 'a'; name[0] < 'a' + 10; name[0]++) {
        object_property_add(obj, name, "t", NULL, NULL, release_others, NULL);
    }
    object_unref(obj);
    /* Each once, whichever came first. */
    for (i = 0; i < trail->len; i += 2) {
        g_assert_false(seen & 1 << (trail->str[i] - 'a'));
        seen |= 1 << (trail->str[i] - 'a');
        if (seen == 0x3ff) {
            break;
        }
    }
    g_assert_cmphex(seen, ==, 0x3ff);
    g_string_erase(trail, 0, 20);
    trail_is("finalize(x)");
}

/*
 * Accessors that change what they are called for
 */

static void set_and_delete(Object *obj, const char *value, Error **errp)
{
    object_property_del(obj, "fleeting");
    note("set(%s)", value);
}

static char *get_and_delete(Object *obj, Error **errp)
{
    object_property_del(obj, "fleeting");
    return g_strdup("got");
}

static void set_and_add(Object *obj, bool value, Error **errp)
{
    object_property_add_str(obj, "fleeting", NULL, set_and_delete);
}

static void test_accessor_removes(void)
{
    Object *obj = thing_new("x");
    Error *err = NULL;
    char *text;

    object_property_add_str(obj, "fleeting", get_and_delete, set_and_delete);
    g_assert_true(object_property_set_str(obj, "fleeting", "v", &error_abort));
    trail_is("set(v)");
    g_assert_null(object_property_find(obj, "fleeting"));

    object_property_add_str(obj, "fleeting", get_and_delete, set_and_delete);
    text = object_property_get_str(obj, "fleeting", &error_abort);
    g_assert_cmpstr(text, ==, "got");
    g_free(text);
    g_assert_null(object_property_get_str(obj, "fleeting", &err));
    error_free_or_abort(&err);

    object_property_add_bool(obj, "adder", NULL, set_and_add);
    g_assert_true(object_property_set_bool(obj, "adder", true, &error_abort));
    g_assert_nonnull(object_property_find(obj, "fleeting"));
    object_unref(obj);
    trail_is("finalize(x)");
}

static void set_and_unparent(Object *obj, const char *value, Error **errp)
{
    object_unparent(obj);
    note("gone");
}

static void test_setter_unparents(void)
{
    Object *owner = thing_new("owner");
    Object *obj = thing_new("x");

    object_property_add_str(obj, "go", NULL, set_and_unparent);
    object_property_add_child(owner, "x", obj);
    object_unref(obj);
    /* Its only reference goes while it is set. */
    g_assert_true(object_property_set_str(obj, "go", "v", &error_abort));
    trail_is("unparent(x) finalize(x) gone");
    object_unref(owner);
    trail_is("finalize(owner)");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    property_types_init();

    g_test_add_func("/qio/property/release", test_release);
    g_test_add_func("/qio/property/release-adds", test_release_adds);
    g_test_add_func("/qio/property/release-removes", test_release_removes);
    g_test_add_func("/qio/property/accessor-removes", test_accessor_removes);
    g_test_add_func("/qio/property/setter-unparents", test_setter_unparents);
    return g_test_run();
}
