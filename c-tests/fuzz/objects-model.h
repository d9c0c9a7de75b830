/*
 * What the nodes of the object model's target have to be like.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef FUZZ_OBJECTS_MODEL_H
#define FUZZ_OBJECTS_MODEL_H

#include "objects.h"

enum { DEEPEST = 3, OPERATIONS = 128, MOST_REFERENCES = 3 };

static Input *input;
static int depth, operations, hooks;

/* The model -------------------------------------------------------------------- */

static Property *property_of(Node *node, const char *name)
{
    for (int i = 0; i < node->count; i++) {
        if (node->properties[i].there && g_str_equal(node->properties[i].name, name)) {
            return &node->properties[i];
        }
    }
    return NULL;
}

static int links_to(Node *node)
{
    int count = 0;

    for (int i = 0; i < node_count; i++) {
        for (int k = 0; k < nodes[i].count && nodes[i].alive; k++) {
            Property *p = &nodes[i].properties[k];

            count += p->there && p->kind == LINK && p->target == node;
        }
    }
    return count;
}

/* Nobody has the node any more: what it had goes with it, and perhaps others do. */
static bool ends(Node *node)
{
    if (!node->alive || node->in_making || node->references || node->parent || links_to(node)) {
        return false;
    }
    node->alive = false;
    for (int i = 0; i < node->count; i++) {
        Property *p = &node->properties[i];

        if (p->there) {
            g_assert_cmpint(p->released, ==, !p->of_class && p->kind < LINK);
            if (p->kind == CHILD) {
                p->target->parent = NULL;
            }
        }
        p->there = false;
    }
    return true;
}

static bool is_below(Node *node, Node *above)
{
    while (node && node != above) {
        node = node->parent;
    }
    return node != NULL;
}

static Property *as_child(Node *node)
{
    for (int i = 0; i < node->parent->count; i++) {
        Property *p = &node->parent->properties[i];

        if (p->there && p->kind == CHILD && p->target == node) {
            return p;
        }
    }
    g_assert_not_reached();
}

/* The path in GLib memory; NULL where there is none. */
static char *path_of(Node *node)
{
    GString *path = g_string_new(NULL);

    for (; node != &nodes[0]; node = node->parent) {
        if (!node->parent) {
            g_string_free(path, TRUE);
            return NULL;
        }
        g_string_prepend(path, as_child(node)->name);
        g_string_prepend_c(path, '/');
    }
    g_string_prepend(path, "/objects/fuzz");
    return g_string_free(path, FALSE);
}

/* The name that a new property gets; false if there is one already. */
static bool free_name(Node *node, const char *wanted, char *name, size_t size)
{
    if (!g_str_has_suffix(wanted, "[*]")) {
        g_strlcpy(name, wanted, size);
        return !property_of(node, name);
    }
    for (int i = 0;; i++) {
        snprintf(name, size, "%.*s[%d]", (int)strlen(wanted) - 3, wanted, i);
        if (!property_of(node, name)) {
            return true;
        }
    }
}

static void succeeds_if(bool expected, bool result, Error **errp)
{
    g_assert_true(result == (*errp == NULL));
    g_assert_true(result == expected);
    error_free(*errp);
    *errp = NULL;
}

#endif
