/*
 * qom/object_interfaces.h, and the functions of qom/object.h that make objects of properties
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"

#include "property-types.h"

static void path_is(Object *obj, const char *expected)
{
    g_autofree char *path = object_get_canonical_path(obj);

    g_assert_cmpstr(path, ==, expected);
}

#define TYPE_MADE "test-made"

static void made_complete(UserCreatable *uc, Error **errp)
{
    Thing *thing = THING(uc);

    note("complete(%s)", thing->label ?: "");
    g_assert_nonnull(thing->parent.parent);
    if (!thing->label) {
        error_setg(errp, "it has no label");
    }
}

#ifdef QIO_HAS_PREPARE_DELETE
static bool made_prepare_delete(UserCreatable *uc, Error **errp)
{
    if (THING(uc)->lit) {
        error_setg(errp, "it is lit");
        return false;
    }
    return true;
}

/* Whether an object may be deleted; that it says why not. */
static bool may_be_deleted(UserCreatable *uc)
{
    Error *err = NULL;
    bool may = user_creatable_prepare_delete(uc, &err);

    g_assert_true(may == (err == NULL));
    g_assert_true(user_creatable_prepare_delete(uc, NULL) == may);
    error_free(err);
    return may;
}
#else
static bool made_can_be_deleted(UserCreatable *uc)
{
    return !THING(uc)->lit;
}

#define may_be_deleted user_creatable_can_be_deleted
#endif

static void made_class_init(ObjectClass *klass, ClassData *data)
{
    UserCreatableClass *ucc = USER_CREATABLE_CLASS(klass);

    ucc->complete = made_complete;
#ifdef QIO_HAS_PREPARE_DELETE
    ucc->prepare_delete = made_prepare_delete;
#else
    ucc->can_be_deleted = made_can_be_deleted;
#endif
}

#ifdef QIO_HAS_PROPV_ERRP_LAST
#define VARGS_AND_ERRP(vargs, errp) vargs, errp
#else
#define VARGS_AND_ERRP(vargs, errp) errp, vargs
#endif

static Object *new_with_list(const char *type, Object *parent, const char *id,
                             Error **errp, ...)
{
    va_list ap;
    Object *obj;

    va_start(ap, errp);
    obj = object_new_with_propv(type, parent, id, VARGS_AND_ERRP(ap, errp));
    va_end(ap);
    return obj;
}

static bool set_list(Object *obj, Error **errp, ...)
{
    va_list ap;
    bool ok;

    va_start(ap, errp);
    ok = object_set_propv(obj, VARGS_AND_ERRP(ap, errp));
    va_end(ap);
    return ok;
}

/* R-QOM-22, R-111-24: with the class's hooks for completion and deletion. */
static void test_new_with_props(void)
{
    Object *objects = object_get_objects_root();
    Error *err = NULL;
    Object *obj;

    obj = object_new_with_props(TYPE_MADE, objects, "made", &error_abort,
                                "label", "one", "lit", "yes",
                                "colour", "blue", "label", "two", NULL);
    trail_is("complete(two)");
    g_assert_cmpuint(obj->ref, ==, 1);
    g_assert_true(obj->parent == objects);
    path_is(obj, "/objects/made");
    g_assert_true(THING(obj)->lit);
    g_assert_cmpint(THING(obj)->colour, ==, COLOUR_BLUE);
    g_assert_false(may_be_deleted(USER_CREATABLE(obj)));

    /* The name is taken. */
    g_assert_null(object_new_with_props(TYPE_MADE, objects, "made", &err,
                                        "label", "three", NULL));
    error_is(&err, "attempt to add duplicate property 'made' to object "
                   "(type 'container')");
    trail_is("finalize(three)");

    g_assert_true(object_set_props(obj, &error_abort, NULL));
    g_assert_true(object_set_props(obj, &error_abort, "lit", "off",
                                   "colour", "red", NULL));
    g_assert_true(may_be_deleted(USER_CREATABLE(obj)));
    g_assert_false(object_set_props(obj, &err, "colour", "green",
                                    "lit", "perhaps", "label", "four", NULL));
    error_is(&err, "Parameter 'lit' expects 'on' or 'off'");
    g_assert_cmpint(THING(obj)->colour, ==, COLOUR_GREEN);
    g_assert_cmpstr(THING(obj)->label, ==, "two");
    g_assert_true(set_list(obj, &error_abort, "label", "five", NULL));
    object_unparent(obj);
    trail_is("finalize(five)");

    obj = new_with_list(TYPE_MADE, objects, "made", &error_abort,
                        "label", "six", NULL);
    trail_is("complete(six)");
    object_unparent(obj);
    trail_is("finalize(six)");
}

static void test_new_with_props_fails(void)
{
    Object *objects = object_get_objects_root();
    Error *err = NULL;

    g_assert_null(object_new_with_props("test-unknown", objects, "x", &err, NULL));
    error_is(&err, "invalid object type: test-unknown");
    g_assert_null(object_new_with_props("object", objects, "x", &err, NULL));
    error_is(&err, "object type 'object' is abstract");
    g_assert_null(object_new_with_props(TYPE_MADE, objects, "x", &err,
                                        "label", "bad", NULL));
    error_is(&err, "label 'bad' is bad");
    trail_is("finalize()");
    g_assert_null(object_new_with_props(TYPE_MADE, objects, "x", &err,
                                        "no", "1", NULL));
    error_is(&err, "Property 'test-made.no' not found");
    trail_is("finalize()");
    g_assert_null(object_new_with_props(TYPE_MADE, objects, "x", &err, NULL));
    error_is(&err, "it has no label");
    trail_is("complete() finalize()");
    g_assert_null(object_new_with_props(TYPE_MADE, objects, "x", NULL, NULL));
    trail_is("complete() finalize()");
    g_assert_null(object_resolve_path("/objects/x", NULL));
}

/* Completion that takes the object away again. */
static void made_and_gone(UserCreatable *uc, Error **errp)
{
    object_unparent(OBJECT(uc));
}

static void fleeting_class_init(ObjectClass *klass, ClassData *data)
{
    USER_CREATABLE_CLASS(klass)->complete = made_and_gone;
}

static void test_new_with_props_gone(void)
{
    static const TypeInfo info = {
        .name = "test-fleeting",
        .parent = TYPE_MADE,
        .class_init = fleeting_class_init,
    };
    Error *err = NULL;

    type_register_static(&info);
    g_assert_null(object_new_with_props("test-fleeting", object_get_objects_root(),
                                        "x", &err, NULL));
    error_is(&err, "object 'x' is gone");
    trail_is("finalize()");
}

static void test_not_user_creatable(void)
{
    Object *obj = object_new_with_props(TYPE_THING, object_get_objects_root(),
                                        "thing", &error_abort, NULL);

    g_assert_cmpuint(obj->ref, ==, 1);
    g_assert_null(object_dynamic_cast(obj, TYPE_USER_CREATABLE));
    object_unparent(obj);
    trail_is("finalize()");
}

#define TYPE_BARE "test-bare"

/* R-QOM-22: without hooks. */
static void test_user_creatable_bare(void)
{
    Object *obj = object_new_with_props(TYPE_BARE, object_get_objects_root(),
                                        "bare", &error_abort, NULL);

    g_assert_nonnull(object_dynamic_cast(obj, TYPE_USER_CREATABLE));
    g_assert_true(user_creatable_complete(USER_CREATABLE(obj), &error_abort));
    g_assert_true(may_be_deleted(USER_CREATABLE(obj)));
    g_assert_null(USER_CREATABLE_GET_CLASS(obj)->complete);
    object_unparent(obj);
    trail_is("finalize()");
}

static void test_misuse_no_id(void)
{
    if (aborts("*object_new_with_props*@id is NULL*")) {
        object_new_with_props(TYPE_THING, object_get_objects_root(), NULL, NULL,
                              NULL);
    }
}

#ifdef QIO_HAS_ID_RULES
static void test_ids(void)
{
    static const char *const bad[] = { "1bad", "", "a b", "_x", "a/b", "\303\244", "-a" };
    static const char *const good[] = { "a", "Z9", "a-b.c_d" };
    Object *objects = object_get_objects_root();
    size_t i;

    for (i = 0; i < ARRAY_SIZE(bad); i++) {
        Error *err = NULL;

        /* Looked at before the type. */
        g_assert_null(object_new_with_props("test-unknown", objects, bad[i], &err, NULL));
        g_assert_cmpstr(error_get_pretty(err), ==, "Parameter 'id' expects an identifier");
        error_free(err);
    }
    for (i = 0; i < ARRAY_SIZE(good); i++) {
        Object *obj = object_new_with_props(TYPE_BARE, objects, good[i], &error_abort, NULL);
        Error *err = NULL;

        g_assert_cmpuint(obj->ref, ==, 1);
        g_assert_null(object_new_with_props(TYPE_BARE, objects, good[i], &err, NULL));
        g_assert_nonnull(err);
        error_free(err);
        object_unparent(obj);
    }
    g_string_truncate(trail, 0);
}
#endif

#ifdef QIO_HAS_PARENTLESS_OBJECTS
static Object *parentless_with_list(const char *type, Error **errp, ...)
{
    va_list ap;
    Object *obj;

    va_start(ap, errp);
    obj = object_new_with_propv_parentless(type, ap, errp);
    va_end(ap);
    return obj;
}

static void test_parentless(void)
{
    Object *obj = object_new_with_props_parentless(TYPE_THING, &error_abort, "label", "l", NULL);
    Error *err = NULL;

    g_assert_cmpuint(obj->ref, ==, 1);
    g_assert_null(obj->parent);
    g_assert_cmpstr(THING(obj)->label, ==, "l");
    object_unref(obj);

    obj = parentless_with_list(TYPE_THING, &error_abort, "label", "m", NULL);
    g_assert_cmpstr(THING(obj)->label, ==, "m");
    object_unref(obj);

    g_assert_null(object_new_with_props_parentless("test-unknown", &err, NULL));
    g_assert_nonnull(err);
    error_free(err);
    g_assert_null(object_new_with_props_parentless(TYPE_THING, NULL, "no such", "x", NULL));
    g_string_truncate(trail, 0);
}
#endif

#ifdef QIO_HAS_RESOLVE_AND_TYPECHECK
/* R-111-27 */
static void test_typecheck(void)
{
    Object *objects = object_get_objects_root();
    Object *obj = object_new_with_props(TYPE_BARE, objects, "one", &error_abort, NULL);
    Error *err = NULL;

    g_assert_true(object_resolve_and_typecheck("/objects/one", "n", TYPE_BARE, &error_abort) == obj);
    g_assert_true(object_resolve_and_typecheck("one", "n", TYPE_OBJECT, &error_abort) == obj);
    g_assert_null(object_resolve_and_typecheck("one", "the one", TYPE_THING "x", &err));
    g_assert_cmpstr(error_get_pretty(err), ==,
                    "Invalid parameter type for 'the one', expected: " TYPE_THING "x");
    error_free(err);
    err = NULL;
    g_assert_null(object_resolve_and_typecheck("/objects/two", "n", TYPE_BARE, &err));
    g_assert_cmpstr(error_get_pretty(err), ==, "Device '/objects/two' not found");
    g_assert_cmpint(error_get_class(err), ==, ERROR_CLASS_DEVICE_NOT_FOUND);
    error_free(err);
    object_unparent(obj);
    g_assert_null(object_resolve_and_typecheck("one", "n", TYPE_BARE, NULL));
    g_string_truncate(trail, 0);
}
#endif

int main(int argc, char **argv)
{
    static InterfaceInfo user_creatable[] = { { TYPE_USER_CREATABLE }, { NULL } };
    TypeInfo infos[] = {
        {
            .name = TYPE_MADE,
            .parent = TYPE_THING,
            .class_init = made_class_init,
            .interfaces = user_creatable,
        }, {
            .name = TYPE_BARE,
            .parent = TYPE_THING,
            .interfaces = user_creatable,
        },
    };

    g_test_init(&argc, &argv, NULL);
    property_types_init();
    type_register_static_array(infos, ARRAY_SIZE(infos));

#ifdef QIO_HAS_ID_RULES
    g_test_add_func("/qio/user-creatable/ids", test_ids);
#endif
#ifdef QIO_HAS_PARENTLESS_OBJECTS
    g_test_add_func("/qio/user-creatable/parentless", test_parentless);
#endif
#ifdef QIO_HAS_RESOLVE_AND_TYPECHECK
    g_test_add_func("/qio/user-creatable/typecheck", test_typecheck);
#endif
    g_test_add_func("/qio/user-creatable/new-with-props", test_new_with_props);
    g_test_add_func("/qio/user-creatable/new-with-props/fails", test_new_with_props_fails);
    g_test_add_func("/qio/user-creatable/new-with-props/gone", test_new_with_props_gone);
    g_test_add_func("/qio/user-creatable/not-user-creatable", test_not_user_creatable);
    g_test_add_func("/qio/user-creatable/bare", test_user_creatable_bare);
    g_test_add_func("/qio/user-creatable/misuse/no-id", test_misuse_no_id);
    return g_test_run();
}
