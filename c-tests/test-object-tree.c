/*
 * qom/object.h: the composition tree
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
#ifndef QIO_HAS_ROOT_CONTAINERS
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
#ifdef QIO_HAS_AUDIODEVS_CONTAINER
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

#ifdef QIO_HAS_UNAMBIGUOUS_TYPE
static void test_unambiguous(void)
{
    Object *one, *two;
    Error *err = NULL;

    g_assert_null(object_resolve_type_unambiguous(TYPE_THING, &err));
    g_assert_nonnull(strstr(error_get_pretty(err), TYPE_THING));
    error_free(err);
    g_assert_null(object_resolve_type_unambiguous(TYPE_THING, NULL));
    one = child_new(object_get_objects_root(), "one");
    g_assert_true(object_resolve_type_unambiguous(TYPE_THING, &error_abort) == one);
    two = child_new(object_get_objects_root(), "two");
    err = NULL;
    g_assert_null(object_resolve_type_unambiguous(TYPE_THING, &err));
    g_assert_nonnull(strstr(error_get_pretty(err), TYPE_THING));
    error_free(err);
    object_unparent(one);
    g_assert_true(object_resolve_type_unambiguous(TYPE_THING, &error_abort) == two);
    object_unparent(two);
    g_string_truncate(trail, 0);
}
#endif

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
#ifndef QIO_HAS_ROOT_CONTAINERS
    if (aborts("*container_get*'relative'*")) {
        container_get(object_get_root(), "relative");
    }
#else
    if (aborts("*object_get_container*there is no container 'none'*")) {
        object_get_container("none");
    }
#endif
}

static void test_misuse_freed_child(void)
{
    if (aborts("*was finalized with 0 references and parent*")) {
        object_unref(child_new(object_get_objects_root(), "c"));
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    property_types_init();

    g_test_add_func("/qio/tree/roots", test_roots);
    g_test_add_func("/qio/tree/containers", test_containers);
    g_test_add_func("/qio/tree/child", test_child);
    g_test_add_func("/qio/tree/parent-goes", test_parent_goes);
    g_test_add_func("/qio/tree/foreach", test_foreach);
    g_test_add_func("/qio/tree/paths", test_paths);
    g_test_add_func("/qio/tree/resolve", test_resolve);
#ifdef QIO_HAS_UNAMBIGUOUS_TYPE
    g_test_add_func("/qio/tree/unambiguous", test_unambiguous);
#endif
    g_test_add_func("/qio/tree/unparent-takes-parent", test_unparent_takes_parent);
    g_test_add_func("/qio/tree/release-unparents", test_release_unparents);
    g_test_add_func("/qio/tree/misuse/child-twice", test_misuse_child_twice);
    g_test_add_func("/qio/tree/misuse/child-above", test_misuse_child_above);
    g_test_add_func("/qio/tree/misuse/child-taken", test_misuse_child_taken);
    g_test_add_func("/qio/tree/misuse/container", test_misuse_container);
    g_test_add_func("/qio/tree/misuse/freed-child", test_misuse_freed_child);
    return g_test_run();
}
