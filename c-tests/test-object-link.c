/*
 * qom/object.h: links
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"

#include "property-types.h"

static void check_friend(const Object *obj, const char *name, Object *val,
                         Error **errp)
{
    if (val && g_str_equal(THING(val)->label, "foe")) {
        error_setg(errp, "%s is no friend", THING(val)->label);
    }
}

/* R-QOM-23: what is written is found and checked; strong ones have a reference. */
static void test_link(gconstpointer strong)
{
    ObjectPropertyLinkFlags flags = strong ? OBJ_PROP_LINK_STRONG : 0;
    Object *objects = object_get_objects_root();
    Object *obj = thing_new("x");
    Object *one = child_new(objects, "one");
    Object *foe = child_new(objects, "foe");
    Object *apart = thing_new("apart");
    Error *err = NULL;
    char *text;

    object_property_add_link(obj, "friend", TYPE_THING, &THING(obj)->friend,
                             check_friend, flags);
    g_assert_cmpstr(object_property_get_type(obj, "friend", &error_abort), ==,
                    "link<test-thing>");
    text = object_property_get_str(obj, "friend", &error_abort);
    g_assert_cmpstr(text, ==, "");
    g_free(text);
    g_assert_null(object_property_get_link(obj, "friend", &error_abort));

    g_assert_true(object_property_set_str(obj, "friend", "/objects/one",
                                          &error_abort));
    g_assert_true(THING(obj)->friend == one);
    g_assert_cmpuint(one->ref, ==, strong ? 2 : 1);
    text = object_property_get_str(obj, "friend", &error_abort);
    g_assert_cmpstr(text, ==, "/objects/one");
    g_free(text);
    g_assert_true(object_property_get_link(obj, "friend", &error_abort) == one);
    g_assert_true(object_resolve_path_component(obj, "friend") == one);

    g_assert_false(object_property_parse(obj, "friend", "foe", &err));
    error_is(&err, "foe is no friend");
    g_assert_false(object_property_set_link(obj, "friend", foe, &err));
    error_is(&err, "foe is no friend");
    g_assert_false(object_property_parse(obj, "friend", "/objects/no", &err));
    error_is(&err, "Device '/objects/no' not found");
    g_assert_false(object_property_parse(obj, "friend", "/objects", &err));
    error_is(&err, "Invalid parameter type for 'friend', expected: test-thing");
    g_assert_true(THING(obj)->friend == one);

    /* It need not be in the tree. */
    g_assert_true(object_property_set_link(obj, "friend", apart, &error_abort));
    g_assert_true(object_property_get_link(obj, "friend", &error_abort) == apart);
    g_assert_cmpuint(one->ref, ==, 1);
    g_assert_cmpuint(apart->ref, ==, strong ? 2 : 1);
    g_assert_true(object_property_set_str(obj, "friend", "", &error_abort));
    g_assert_null(THING(obj)->friend);
    g_assert_cmpuint(apart->ref, ==, 1);
    g_assert_true(object_property_set_link(obj, "friend", apart, &error_abort));
    g_assert_true(object_property_set_link(obj, "friend", NULL, &error_abort));
    g_assert_null(THING(obj)->friend);

    g_assert_true(object_property_set_link(obj, "friend", apart, &error_abort));
    object_unref(obj);
    trail_is("finalize(x)");
    g_assert_cmpuint(apart->ref, ==, 1);
    object_unref(apart);
    object_unparent(one);
    object_unparent(foe);
    g_string_truncate(trail, 0);
}

/* R-QOM-23: without a check it can't be written. */
static void test_link_fixed(void)
{
    Object *obj = thing_new("x");
    Object *apart = thing_new("apart");
    Error *err = NULL;

    THING(obj)->friend = object_ref(apart);
    object_property_add_link(obj, "friend", TYPE_THING, &THING(obj)->friend,
                             NULL, OBJ_PROP_LINK_STRONG);
    g_assert_true(object_property_get_link(obj, "friend", &error_abort) == apart);
    g_assert_false(object_property_set_link(obj, "friend", NULL, &err));
    error_is(&err, "Property 'test-told-thing.friend' is not writable");
    g_assert_false(object_property_set_str(obj, "friend", "", &err));
    error_is(&err, "Property 'test-told-thing.friend' is not writable");
    object_unref(apart);
    trail_is("");
    /* The link had the last reference. */
    object_property_del(obj, "friend");
    trail_is("finalize(apart)");
    g_assert_null(THING(obj)->friend);
    object_unref(obj);
    trail_is("finalize(x)");
}

static void check_takes(const Object *obj, const char *name, Object *val,
                        Error **errp)
{
    object_unparent(val);
}

/* Then there is nothing to set, nor a reference to be kept. */
static void check_removes(const Object *obj, const char *name, Object *val,
                          Error **errp)
{
    object_property_del((Object *)obj, "friend");
}

static void test_link_check_removes(void)
{
    Object *obj = thing_new("x");
    Object *apart = thing_new("apart");
    Error *err = NULL;

    object_property_add_link(obj, "friend", TYPE_THING, &THING(obj)->friend,
                             check_removes, OBJ_PROP_LINK_STRONG);
    g_assert_false(object_property_set_link(obj, "friend", apart, &err));
    error_is(&err, "Property 'test-told-thing.friend' not found");
    g_assert_null(THING(obj)->friend);
    g_assert_cmpuint(apart->ref, ==, 1);
    object_unref(apart);
    trail_is("finalize(apart)");
    object_unref(obj);
    trail_is("finalize(x)");
}

static void test_link_check_takes(void)
{
    Object *obj = thing_new("x");

    child_new(object_get_objects_root(), "one");
    object_property_add_link(obj, "friend", TYPE_THING, &THING(obj)->friend,
                             check_takes, OBJ_PROP_LINK_STRONG);
    g_assert_true(object_property_set_str(obj, "friend", "one", &error_abort));
    trail_is("unparent(one)");
    g_assert_cmpuint(THING(obj)->friend->ref, ==, 1);
    object_unref(obj);
    trail_is("finalize(one) finalize(x)");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    property_types_init();

    g_test_add_data_func("/qio/link/weak", NULL, test_link);
    g_test_add_data_func("/qio/link/strong", "", test_link);
    g_test_add_func("/qio/link/fixed", test_link_fixed);
    g_test_add_func("/qio/link/check-takes", test_link_check_takes);
    g_test_add_func("/qio/link/check-removes", test_link_check_removes);
    return g_test_run();
}
