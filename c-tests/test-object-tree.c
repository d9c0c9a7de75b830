/*
 * qom/object.h: the composition tree, links, and objects made of properties
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"

#include "property-types.h"

/* A thing that is a child of @parent, which alone owns it. */
static Object *child_new(Object *parent, const char *name)
{
    Object *child = thing_new(name);

    object_property_add_child(parent, name, child);
    object_unref(child);
    return child;
}

static void path_is(Object *obj, const char *expected)
{
    g_autofree char *path = object_get_canonical_path(obj);

    g_assert_cmpstr(path, ==, expected);
}

static void test_roots(void)
{
    Object *root = object_get_root();

    g_assert_true(object_get_root() == root);
    g_assert_null(root->parent);
    path_is(root, "/");
    g_assert_null(object_get_canonical_path_component(root));
    g_assert_cmpstr(object_get_typename(root), ==, "container");
    g_assert_true(object_get_objects_root()->parent == root);
    path_is(object_get_objects_root(), "/objects");
    g_assert_true(object_resolve_path("/objects", NULL) ==
                  object_get_objects_root());
    g_assert_true(object_resolve_path("/", NULL) == root);
    g_assert_true(object_get_internal_root() != root);
    g_assert_true(object_get_internal_root() == object_get_internal_root());
    path_is(object_get_internal_root(), NULL);
}

static void test_containers(void)
{
#ifdef QIO_ABI_SERIES_7_2
    Object *b = container_get(object_get_root(), "/a/b");

    path_is(b, "/a/b");
    g_assert_cmpstr(object_get_typename(b), ==, "container");
    g_assert_true(container_get(object_get_root(), "/a/b") == b);
    g_assert_true(container_get(b->parent, "/b") == b);
    g_assert_true(container_get(b, "/") == b);
    object_unparent(b->parent);
    g_assert_null(object_resolve_path("/a", NULL));
    g_assert_null(object_resolve_path("/chardevs", NULL));
#else
    Object *mine;

    path_is(object_get_container("chardevs"), "/chardevs");
    path_is(object_get_container("backend"), "/backend");
    g_assert_true(object_get_container("objects") == object_get_objects_root());
#ifdef QIO_ABI_SERIES_10_2
    path_is(object_get_container("audiodevs"), "/audiodevs");
#else
    g_assert_null(object_resolve_path("/audiodevs", NULL));
#endif
    mine = object_property_add_new_container(object_get_root(), "mine");
    g_assert_cmpuint(mine->ref, ==, 1);
    path_is(mine, "/mine");
    g_assert_true(object_get_container("mine") == mine);
    object_unparent(mine);
    g_assert_null(object_resolve_path("/mine", NULL));
#endif
}

static void test_child(void)
{
    Object *parent = thing_new("parent");
    Object *child = thing_new("child");
    Object *other = thing_new("other");
    g_autofree char *text = NULL;
    ObjectProperty *prop;
    Error *err = NULL;

    prop = object_property_add_child(parent, "c", child);
    g_assert_cmpstr(prop->type, ==, "child<test-told-thing>");
    g_assert_true(child->parent == parent);
    g_assert_cmpuint(child->ref, ==, 2);
    g_assert_cmpstr(object_get_canonical_path_component(child), ==, "c");
    path_is(child, NULL);
    g_assert_true(object_resolve_path_component(parent, "c") == child);
    g_assert_null(object_resolve_path_component(parent, "d"));
    g_assert_null(object_resolve_path_component(parent, "label"));
    g_assert_true(object_property_get_link(parent, "c", &error_abort) == child);
    g_assert_false(object_property_set_str(parent, "c", "", &err));
    error_is(&err, "Property 'test-told-thing.c' is not writable");

    g_assert_null(object_property_try_add_child(parent, "c", other, &err));
    error_is(&err, "attempt to add duplicate property 'c' to object "
                   "(type 'test-told-thing')");
    g_assert_null(other->parent);
    g_assert_cmpuint(other->ref, ==, 1);
    object_unref(other);
    trail_is("finalize(other)");

    object_unparent(child);
    trail_is("unparent(child)");
    g_assert_null(child->parent);
    g_assert_cmpuint(child->ref, ==, 1);
    object_unparent(child);
    trail_is("");
    g_assert_null(object_resolve_path_component(parent, "c"));

    /* And once more, elsewhere. */
    object_property_add_child(object_get_objects_root(), "c", child);
    path_is(child, "/objects/c");
    text = object_property_get_str(object_get_objects_root(), "c", &error_abort);
    g_assert_cmpstr(text, ==, "/objects/c");
    object_property_del(object_get_objects_root(), "c");
    trail_is("unparent(child)");
    object_unref(child);
    object_unref(parent);
    trail_is("finalize(child) finalize(parent)");
}

static void test_parent_goes(void)
{
    Object *parent = thing_new("p");
    Object *child = child_new(parent, "c");
    Object *kept = child_new(child, "k");

    child_new(kept, "l");
    object_ref(kept);
    object_unref(parent);
    trail_is("unparent(c) unparent(k) finalize(c) finalize(p)");
    g_assert_null(kept->parent);
    object_unref(kept);
    trail_is("unparent(l) finalize(l) finalize(k)");
}

static int count_child(Object *child, void *opaque)
{
    int *count = opaque;

    ++*count;
    return 0;
}

static int stop_at_child(Object *child, void *opaque)
{
    int *count = opaque;

    return ++*count == 2 ? 7 : 0;
}

/* Takes all children away, at the first. */
static int clear_children(Object *child, void *opaque)
{
    Object *parent = child->parent;
    char name[2];
    int *count = opaque;

    ++*count;
    for (strcpy(name, "a"); name[0] <= 'e'; name[0]++) {
        object_property_del(parent, name);
    }
    child_new(parent, "new");
    /* This one is still there. */
    g_assert_cmpuint(child->ref, ==, 1);
    return 0;
}

static void test_foreach(void)
{
    Object *parent = thing_new("p");
    char name[2];
    int count = 0;

    g_assert_cmpint(object_child_foreach(parent, stop_at_child, &count), ==, 0);
    g_assert_cmpint(count, ==, 0);
    for (strcpy(name, "a"); name[0] <= 'e'; name[0]++) {
        child_new(parent, name);
    }
    object_property_add_str(parent, "no-child", NULL, thing_set_label);
    g_assert_cmpint(object_child_foreach(parent, count_child, &count), ==, 0);
    g_assert_cmpint(count, ==, 5);
    count = 0;
    g_assert_cmpint(object_child_foreach(parent, stop_at_child, &count), ==, 7);
    g_assert_cmpint(count, ==, 2);
    count = 0;
    g_assert_cmpint(object_child_foreach(parent, clear_children, &count), ==, 0);
    g_assert_cmpint(count, ==, 1);
    g_string_truncate(trail, 0);
    object_unref(parent);
    trail_is("unparent(new) finalize(new) finalize(p)");
}

static void test_paths(void)
{
    Object *objects = object_get_objects_root();
    Object *one = child_new(objects, "one");
    Object *two = child_new(objects, "two");
    Object *part = child_new(one, "part");
    Object *same = child_new(two, "part");
    bool ambiguous = true;

    path_is(part, "/objects/one/part");
    g_assert_true(object_resolve_path("/objects/one/part", &ambiguous) == part);
    g_assert_false(ambiguous);
    g_assert_true(object_resolve_path("//objects//one/", NULL) == one);
    g_assert_null(object_resolve_path("/one", &ambiguous));
    g_assert_false(ambiguous);
    g_assert_null(object_resolve_path("/objects/one/part/label", NULL));

    g_assert_true(object_resolve_path("two", &ambiguous) == two);
    g_assert_false(ambiguous);
    g_assert_true(object_resolve_path("one/part", &ambiguous) == part);
    g_assert_null(object_resolve_path("part", &ambiguous));
    g_assert_true(ambiguous);
    g_assert_null(object_resolve_path("part", NULL));
    g_assert_null(object_resolve_path("nothing", &ambiguous));
    g_assert_false(ambiguous);

    g_assert_true(object_resolve_path_type("one", TYPE_THING, NULL) == one);
    g_assert_null(object_resolve_path_type("/objects", TYPE_THING, &ambiguous));
    g_assert_false(ambiguous);
    g_assert_null(object_resolve_path_type("", TYPE_THING, &ambiguous));
    g_assert_true(ambiguous);
    object_unparent(one);
    object_unparent(same);
    g_assert_true(object_resolve_path_type("", TYPE_THING, &ambiguous) == two);
    g_assert_false(ambiguous);
    object_unparent(two);
    g_assert_null(object_resolve_path_type("", TYPE_THING, &ambiguous));
    g_assert_false(ambiguous);
    g_string_truncate(trail, 0);
}

/* A property of the program that is part of paths. */
static Object *resolve_friend(Object *obj, void *opaque, const char *part)
{
    g_assert_cmpstr(part, ==, "friend");
    return THING(obj)->friend;
}

static void test_resolve(void)
{
    Object *one = child_new(object_get_objects_root(), "one");
    Object *apart = thing_new("apart");
    Object *part = child_new(apart, "part");

    object_property_add(one, "friend", "friend", NULL, NULL, NULL, NULL)->resolve =
        resolve_friend;
    g_assert_null(object_resolve_path("/objects/one/friend", NULL));
    THING(one)->friend = apart;
    g_assert_true(object_resolve_path("/objects/one/friend/part", NULL) == part);
    object_unparent(one);
    object_unref(apart);
    g_string_truncate(trail, 0);
}

/*
 * Links
 */

static void check_friend(const Object *obj, const char *name, Object *val,
                         Error **errp)
{
    if (val && g_str_equal(THING(val)->label, "foe")) {
        error_setg(errp, "%s is no friend", THING(val)->label);
    }
}

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

/*
 * Hooks that unparent
 */

#define TYPE_CLINGING "test-clinging"

/* Takes its parent along. */
static void clinging_unparent(Object *obj)
{
    note("unparent(clinging)");
    object_unparent(obj);
    object_unparent(obj->parent);
}

static void clinging_class_init(ObjectClass *klass, ClassData *data)
{
    klass->unparent = clinging_unparent;
}

static void test_unparent_takes_parent(void)
{
    static const TypeInfo info = {
        .name = TYPE_CLINGING,
        .parent = TYPE_THING,
        .class_init = clinging_class_init,
    };
    Object *top = thing_new("top");
    Object *middle = child_new(top, "middle");
    Object *obj;

    type_register_static(&info);
    obj = object_new(TYPE_CLINGING);
    object_property_add_child(middle, "c", obj);
    object_unref(obj);
    object_unparent(obj);
    trail_is("unparent(clinging) unparent(middle) finalize() finalize(middle)");
    object_unref(top);
    trail_is("finalize(top)");
}

/* The parent goes in the release of another of its properties. */
static void release_unparents(Object *obj, const char *name, void *opaque)
{
    note("release(%s)", name);
    object_unparent(obj);
}

static void test_release_unparents(void)
{
    Object *top = thing_new("top");
    Object *obj = child_new(top, "x");

    object_property_add(obj, "p", "t", NULL, NULL, release_unparents, NULL);
    object_property_del(obj, "p");
    trail_is("release(p) unparent(x) finalize(x)");
    object_unref(top);
    trail_is("finalize(top)");
}

/*
 * Objects made of properties
 */

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

static bool made_can_be_deleted(UserCreatable *uc)
{
    return !THING(uc)->lit;
}

static void made_class_init(ObjectClass *klass, ClassData *data)
{
    UserCreatableClass *ucc = USER_CREATABLE_CLASS(klass);

    ucc->complete = made_complete;
    ucc->can_be_deleted = made_can_be_deleted;
}

static Object *new_with_list(const char *type, Object *parent, const char *id,
                             Error **errp, ...)
{
    va_list ap;
    Object *obj;

    va_start(ap, errp);
    obj = object_new_with_propv(type, parent, id, errp, ap);
    va_end(ap);
    return obj;
}

static bool set_list(Object *obj, Error **errp, ...)
{
    va_list ap;
    bool ok;

    va_start(ap, errp);
    ok = object_set_propv(obj, errp, ap);
    va_end(ap);
    return ok;
}

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
    g_assert_false(user_creatable_can_be_deleted(USER_CREATABLE(obj)));

    /* The name is taken. */
    g_assert_null(object_new_with_props(TYPE_MADE, objects, "made", &err,
                                        "label", "three", NULL));
    error_is(&err, "attempt to add duplicate property 'made' to object "
                   "(type 'container')");
    trail_is("finalize(three)");

    g_assert_true(object_set_props(obj, &error_abort, NULL));
    g_assert_true(object_set_props(obj, &error_abort, "lit", "off",
                                   "colour", "red", NULL));
    g_assert_true(user_creatable_can_be_deleted(USER_CREATABLE(obj)));
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

static void test_user_creatable_bare(void)
{
    Object *obj = object_new_with_props(TYPE_BARE, object_get_objects_root(),
                                        "bare", &error_abort, NULL);

    g_assert_nonnull(object_dynamic_cast(obj, TYPE_USER_CREATABLE));
    g_assert_true(user_creatable_complete(USER_CREATABLE(obj), &error_abort));
    g_assert_true(user_creatable_can_be_deleted(USER_CREATABLE(obj)));
    g_assert_null(USER_CREATABLE_GET_CLASS(obj)->complete);
    object_unparent(obj);
    trail_is("finalize()");
}

/*
 * Mistakes
 */

static void test_misuse_child_twice(void)
{
    if (aborts("*object_property_add_child*@child has a parent*")) {
        Object *child = child_new(thing_new("p"), "c");

        object_property_add_child(thing_new("q"), "c", child);
    }
}

static void test_misuse_child_above(void)
{
    if (aborts("*object_property_add_child*@child is above @obj*")) {
        Object *top = thing_new("p");

        object_property_add_child(child_new(top, "c"), "top", top);
    }
}

static void test_misuse_child_taken(void)
{
    if (aborts("*duplicate property 'c'*")) {
        Object *top = thing_new("p");

        child_new(top, "c");
        child_new(top, "c");
    }
}

static void test_misuse_container(void)
{
#ifdef QIO_ABI_SERIES_7_2
    if (aborts("*container_get*'relative'*")) {
        container_get(object_get_root(), "relative");
    }
#else
    if (aborts("*object_get_container*there is no container 'none'*")) {
        object_get_container("none");
    }
#endif
}

static void test_misuse_no_id(void)
{
    if (aborts("*object_new_with_props*@id is NULL*")) {
        object_new_with_props(TYPE_THING, object_get_objects_root(), NULL, NULL,
                              NULL);
    }
}

static void test_misuse_freed_child(void)
{
    if (aborts("*was finalized with 0 references and parent*")) {
        object_unref(child_new(object_get_objects_root(), "c"));
    }
}

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

    g_test_add_func("/qio/tree/roots", test_roots);
    g_test_add_func("/qio/tree/containers", test_containers);
    g_test_add_func("/qio/tree/child", test_child);
    g_test_add_func("/qio/tree/parent-goes", test_parent_goes);
    g_test_add_func("/qio/tree/foreach", test_foreach);
    g_test_add_func("/qio/tree/paths", test_paths);
    g_test_add_func("/qio/tree/resolve", test_resolve);
    g_test_add_data_func("/qio/tree/link/weak", NULL, test_link);
    g_test_add_data_func("/qio/tree/link/strong", "", test_link);
    g_test_add_func("/qio/tree/link/fixed", test_link_fixed);
    g_test_add_func("/qio/tree/unparent-takes-parent", test_unparent_takes_parent);
    g_test_add_func("/qio/tree/release-unparents", test_release_unparents);
    g_test_add_func("/qio/tree/new-with-props", test_new_with_props);
    g_test_add_func("/qio/tree/new-with-props/fails", test_new_with_props_fails);
    g_test_add_func("/qio/tree/not-user-creatable", test_not_user_creatable);
    g_test_add_func("/qio/tree/user-creatable/bare", test_user_creatable_bare);
    g_test_add_func("/qio/tree/misuse/child-twice", test_misuse_child_twice);
    g_test_add_func("/qio/tree/misuse/child-above", test_misuse_child_above);
    g_test_add_func("/qio/tree/misuse/child-taken", test_misuse_child_taken);
    g_test_add_func("/qio/tree/misuse/container", test_misuse_container);
    g_test_add_func("/qio/tree/misuse/no-id", test_misuse_no_id);
    g_test_add_func("/qio/tree/misuse/freed-child", test_misuse_freed_child);
    return g_test_run();
}
