/*
 * Sequences of operations on objects, properties and the composition tree, also from inside accessors and release hooks
 * and with values that are not of the property's kind, against nodes with names and values.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "objects-values.h"

/* Hooks and choices --------------------------------------------------------------- */

static void is_released(Object *obj, const char *name, void *opaque)
{
    Property *p = opaque;

    g_assert_cmpstr(name, ==, p->name);
    g_assert_true(obj == p->owner->obj);
    g_assert_cmpint(p->released++, ==, 0);
    if (p->releasing) {
        /* The name is still taken, and to remove it once more does nothing. */
        g_assert_nonnull(object_property_find(obj, name));
        object_property_del(obj, name);
        act();
    } else if (hooks++ < 4 && node_count < NODES) {
        /* The object is about to go. Others begin and end meanwhile. */
        Node *node = &nodes[node_count];
        Object *other = object_new(TYPE_FUZZ_THING);

        g_assert_true(object_property_set_str(other, "label", "short", &error_abort));
        node->in_making = node->alive = false;
        object_unref(other);
        g_assert_cmpint(node->finalized, ==, 1);
    }
}

static const char *any_name(void)
{
    static const char *const names[] = { "a", "b", "c", "item[*]", "label", "type", "number", "", "a/b", "[*]", "x y",
        "\xff\xfe", "item[1]" };

    return take_of(input, names);
}

static const char *any_child_name(void)
{
    static const char *const names[] = { "a", "b", "c", "kid-1", "item[*]", "label" };

    return take_of(input, names);
}

/* A value as a word; sometimes any bytes. */
static char *any_text(void)
{
    static const char *const texts[] = { "", "0", "12", "-5", "0x1f", "010", "9223372036854775807", "9223372036854775808",
        "-9223372036854775808", "99999999999999999999", "12abc", "on", "off", "yes", "n", "TRUE", "red", "green", "Blue",
        "blue ", "bad", "!nested", "?nested", "-refused", "/nowhere", "1-3", "0x" };
    uint32_t which = take_number(input, 0, G_N_ELEMENTS(texts) + 3);
    char *text;

    if (which < G_N_ELEMENTS(texts)) {
        return g_strdup(texts[which]);
    }
    text = take_text(input, 12, NULL);
    return text;
}

static Node *any_node(void)
{
    int first = take_byte(input);

    for (int i = 0; i < node_count; i++) {
        Node *node = &nodes[(first + i) % node_count];

        if (node->alive && node->references > 0) {
            return node;
        }
    }
    return NULL;
}

/* One of its properties, or a name that it perhaps doesn't have. */
static Property *any_property(Node *node, const char **name)
{
    uint8_t which = take_byte(input);
    Property *p = which & 0x80 ? NULL : &node->properties[which % node->count];

    *name = p ? p->name : any_name();
    p = property_of(node, *name);
    return p && p->releasing ? NULL : p;
}

/* Names and owners ---------------------------------------------------------------------- */

static void property_added(Node *node)
{
    static const Kind kinds[] = { TEXT, SWITCH, NUMBER };
    static const char *const types[] = { "string", "bool", NULL, "int" };
    const char *wanted = any_name();
    uint8_t options = take_byte(input);
    char name[24];
    Kind kind = kinds[options % 3];
    ObjectProperty *made;
    Error *err = NULL;
    Property *p;

    if (node->count >= PROPERTIES) {
        return;
    }
    if (!free_name(node, wanted, name, sizeof(name))) {
        made = object_property_try_add(node->obj, wanted, "string", value_get, value_set, is_released, NULL, &err);
        succeeds_if(false, made != NULL, &err);
        return;
    }
    p = property_new(node, name, kind, types[kind]);
    p->can_get = !(options & 4);
    p->can_set = !(options & 8);
    made = object_property_try_add(node->obj, wanted, p->type, p->can_get ? value_get : NULL,
                                   p->can_set ? value_set : NULL, is_released, p, &error_abort);
    g_assert_cmpstr(made->name, ==, name);
    g_assert_cmpstr(made->type, ==, p->type);
}

static void link_allowed(const Object *obj, const char *name, Object *target, Error **errp)
{
}

static void link_added(Node *node)
{
    static const char *const types[] = { TYPE_FUZZ_THING, TYPE_FUZZ_OTHER, TYPE_OBJECT };
    const char *wanted = any_name();
    const char *type = take_of(input, types);
    char name[24];
    Property *p;

    if (node->count >= PROPERTIES || !free_name(node, wanted, name, sizeof(name))) {
        return;
    }
    p = property_new(node, name, LINK, type);
    p->can_set = take_bool(input);
    object_property_add_link(node->obj, wanted, type, &p->slot, p->can_set ? link_allowed : NULL, OBJ_PROP_LINK_STRONG);
}

static void link_set(Node *node, Property *p, const char *name)
{
    Node *target = any_node();
    bool by_path = take_bool(input);
    g_autofree char *path = target ? path_of(target) : NULL;
    Error *err = NULL;
    bool ok = p && p->can_set && p->kind == LINK;

    if (!target || (by_path && !path)) {
        return;
    }
    ok = ok && object_dynamic_cast(target->obj, p->type);
    if (ok) {
        p->target = target;
    }
    if (by_path && !(p && p->kind != LINK)) {
        succeeds_if(ok, object_property_set_str(node->obj, name, path, &err), &err);
    } else if (!(p && (p->kind == TEXT || p->kind == CHILD))) {
        succeeds_if(ok, object_property_set_link(node->obj, name, target->obj, &err), &err);
    }
}

static void link_followed(Node *node, Property *p, const char *name)
{
    Error *err = NULL;
    Object *found = object_property_get_link(node->obj, name, &err);
    bool leads = p && p->kind >= LINK;

    error_free(err);
    g_assert_true(object_resolve_path_component(node->obj, name) == (leads && p->target ? p->target->obj : NULL));
    /* By a path: of a child that is not below the root there is none. */
    if (leads && p->kind == LINK && p->target) {
        g_autofree char *path = path_of(p->target);

        g_assert_true(!path || found == p->target->obj);
    }
}

static void property_removed(Node *node, Property *p)
{
    if (!p || p->of_class) {
        return;
    }
    if (p->kind == CHILD) {
        p->target->parent = NULL;
        p->there = false;
        object_property_del(node->obj, p->name);
        return;
    }
    p->releasing = true;
    object_property_del(node->obj, p->name);
    p->there = p->releasing = false;
    g_assert_cmpint(p->released, ==, p->kind != LINK);
    if (p->kind == LINK) {
        g_assert_null(p->slot);
        p->target = NULL;
    }
}

static void child_added(Node *node)
{
    const char *wanted = any_child_name();
    Node *child = any_node();
    Error *err = NULL;
    char name[24];
    ObjectProperty *made;
    Property *p;

    if (!child || child->parent || child == &nodes[0] || is_below(node, child) || node->count >= PROPERTIES) {
        return;
    }
    if (!free_name(node, wanted, name, sizeof(name))) {
        made = object_property_try_add_child(node->obj, wanted, child->obj, &err);
        succeeds_if(false, made != NULL, &err);
        return;
    }
    made = object_property_try_add_child(node->obj, wanted, child->obj, &error_abort);
    g_assert_cmpstr(made->name, ==, name);
    p = property_new(node, name, CHILD, child->other ? "child<" TYPE_FUZZ_OTHER ">" : "child<" TYPE_FUZZ_THING ">");
    p->can_set = false;
    p->target = child;
    child->parent = node;
}

static void unparent(Node *node)
{
    if (node == &nodes[0]) {
        return;
    }
    if (node->parent) {
        as_child(node)->there = false;
        node->parent = NULL;
    }
    object_unparent(node->obj);
}

static void made_with_properties(Node *parent)
{
    static const char *const types[] = { TYPE_FUZZ_THING, TYPE_FUZZ_OTHER, TYPE_FUZZ_ABSTRACT, "fuzz-nothing" };
    static const char *const names[] = { "label", "lit", "colour", "number", "label" };
    const char *type = take_of(input, types);
    const char *id = any_child_name();
    const char *name = take_of(input, names);
    g_autofree char *text = any_text();
    Node *node = node_count < NODES ? &nodes[node_count] : NULL;
    int before = node_count, number_there;
    char child_name[24];
    Error *err = NULL;
    Object *obj;
    int64_t number;
    bool lit;

    if (!node || parent->count >= PROPERTIES || g_str_has_suffix(id, "[*]") || text[0] == '!') {
        return;
    }
    obj = object_new_with_props(type, parent->obj, id, &err, name, text, NULL);
    number_there = node_count - before;
    if (type == types[2] || type == types[3]) {
        succeeds_if(false, obj != NULL, &err);
        g_assert_cmpint(number_there, ==, 0);
        return;
    }
    g_assert_cmpint(number_there, ==, 1);
    bool ok = type == types[0] && free_name(parent, id, child_name, sizeof(child_name));
    if (g_str_equal(name, "label")) {
        ok = ok && !g_str_equal(text, "bad") && text[0] != '-';
    } else if (g_str_equal(name, "lit")) {
        ok = ok && switch_of(text, &lit);
    } else if (g_str_equal(name, "colour")) {
        ok = ok && colour_of(text) >= 0;
    } else {
        ok = ok && number_of(text, &number);
    }
    succeeds_if(ok, obj != NULL, &err);
    node->in_making = false;
    if (!ok) {
        node->alive = false;
        g_assert_cmpint(node->finalized, ==, 1);
        return;
    }
    Property *p = property_new(parent, id, CHILD, "child<" TYPE_FUZZ_THING ">");

    p->can_set = false;
    p->target = node;
    node->parent = parent;
    g_assert_true(obj == node->obj);
}

static int child_counted(Object *child, void *opaque)
{
    Node *node = ((Thing *)child)->node;

    g_assert_true(node->alive);
    ++*(int *)opaque;
    return 0;
}

static void seen_from_outside(Node *node)
{
    g_autofree char *expected = path_of(node);
    g_autofree char *path = object_get_canonical_path(node->obj);
    bool ambiguous;
    int children = 0, counted = 0;

    g_assert_cmpstr(path, ==, expected);
    if (path) {
        g_assert_true(object_resolve_path(path, &ambiguous) == node->obj);
        g_assert_false(ambiguous);
    }
    g_assert_cmpstr(object_get_canonical_path_component(node->obj), ==,
                    node->parent ? as_child(node)->name : node == &nodes[0] ? "fuzz" : NULL);
    for (int i = 0; i < node->count; i++) {
        Property *p = &node->properties[i];

        if (p->there) {
            children += p->kind == CHILD;
            g_assert_cmpstr(object_property_find(node->obj, p->name)->name, ==, p->name);
            if (p->kind != LINK) {
                g_assert_cmpstr(object_property_get_type(node->obj, p->name, &error_abort), ==, p->type);
            }
        } else if (!property_of(node, p->name)) {
            g_assert_null(object_property_find(node->obj, p->name));
        }
    }
    object_child_foreach(node->obj, child_counted, &counted);
    g_assert_cmpint(counted, ==, children);
#ifndef QIO_HAS_PREPARE_DELETE
    if (!node->other) {
        g_assert_true(user_creatable_can_be_deleted(USER_CREATABLE(node->obj)));
    }
#endif
}

/* Operations ---------------------------------------------------------------------------- */

static void act_on(Node *node)
{
    uint32_t operation = take_number(input, 0, 15);
    const char *name = NULL;
    Property *p;

    if (operation == 0) {
        if (node->references > 1 || (node->in_call == 0 && node != &nodes[0])) {
            node->references--;
            object_unref(node->obj);
        }
        return;
    }
    node->in_call++;
    p = operation < 8 ? any_property(node, &name) : NULL;
    /* While it is removed it is as good as gone. */
    bool there = p || operation >= 8 || !property_of(node, name);
    switch (there ? operation : 15) {
    case 1:
    case 2: {
        g_autofree char *text = any_text();
        write_text(node, p, name, text, operation == 1);
        break;
    }
    case 3:
        write_scalar(node, p, name);
        break;
    case 4:
        read_text(node, p, name);
        read_word(node, p, name);
        break;
    case 5:
        read_scalar(node, p, name);
        break;
    case 6:
        if (take_bool(input)) {
            link_set(node, p, name);
        } else {
            link_followed(node, p, name);
        }
        break;
    case 7:
        property_removed(node, p);
        break;
    case 8:
    case 9:
        property_added(node);
        break;
    case 10:
        link_added(node);
        break;
    case 11:
        child_added(node);
        break;
    case 12:
        unparent(node);
        break;
    case 13:
        made_with_properties(node);
        break;
    case 14:
        if (node->references < MOST_REFERENCES) {
            node->references++;
            object_ref(node->obj);
        }
        break;
    case 15:
        seen_from_outside(node);
        break;
    }
    node->in_call--;
}

/* The next operation, also from inside what the last one has called. */
static void act(void)
{
    Node *node;

    if (depth >= DEEPEST || input_left(input) == 0 || operations++ >= OPERATIONS) {
        return;
    }
    depth++;
    if (take_number(input, 0, 5) == 0) {
        if (node_count < NODES) {
            node = &nodes[node_count];
            object_new(take_bool(input) ? TYPE_FUZZ_THING : TYPE_FUZZ_OTHER);
            node->in_making = false;
            node->references = 1;
        }
    } else if ((node = any_node())) {
        act_on(node);
    }
    depth--;
}

/* Between two operations no call of the library is under way. */
static void check(void)
{
    bool changes;

    do {
        changes = false;
        for (int i = 0; i < node_count; i++) {
            changes |= ends(&nodes[i]);
        }
    } while (changes);
    for (int i = 0; i < node_count; i++) {
        Node *node = &nodes[i];

        g_assert_cmpint(node->finalized, ==, !node->alive);
        if (node->alive) {
            g_assert_cmpuint(node->obj->ref, ==, node->references + (node->parent ? 1 : 0) + links_to(node) + (i == 0));
            if (i > 0) {
                g_assert_true(node->obj->parent == (node->parent ? node->parent->obj : NULL));
            }
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool is_ready;
    Input in = input_of(data, size);

    if (!is_ready) {
        is_ready = true;
        types_register();
    }
    input = &in;
    depth = operations = hooks = node_count = 0;
    object_property_add_child(object_get_objects_root(), "fuzz", object_new(TYPE_FUZZ_THING));
    nodes[0].in_making = false;
    nodes[0].references = 1;
    while (input_left(&in) && operations < OPERATIONS) {
        act();
        check();
    }
    operations = OPERATIONS;
    /* Links may go round in circles. */
    for (int i = 0; i < node_count; i++) {
        for (int k = 0; k < nodes[i].count; k++) {
            Property *p = &nodes[i].properties[k];

            if (nodes[i].alive && p->there && p->kind == LINK && p->target) {
                p->there = false;
                p->target = NULL;
                object_property_del(nodes[i].obj, p->name);
                check();
            }
        }
    }
    object_unparent(nodes[0].obj);
    for (int i = node_count; i-- > 0;) {
        while (nodes[i].references) {
            nodes[i].references--;
            object_unref(nodes[i].obj);
        }
    }
    /* The first one's parent is no node. */
    check();
    for (int i = 0; i < node_count; i++) {
        g_assert_cmpint(nodes[i].finalized, ==, 1);
        for (int k = 0; k < nodes[i].count; k++) {
            g_free(nodes[i].properties[k].text);
            nodes[i].properties[k].text = NULL;
        }
    }
    return 0;
}
