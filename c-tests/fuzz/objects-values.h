/*
 * Values of properties in the object model's target: written and read in all ways, with those that are not of the kind.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef FUZZ_OBJECTS_VALUES_H
#define FUZZ_OBJECTS_VALUES_H

#include "objects-model.h"

/* Writing and reading ----------------------------------------------------------------- */

static bool number_of(const char *text, int64_t *number)
{
    char *end;

    errno = 0;
    *number = strtoll(text, &end, 0);
    return errno == 0 && end != text && *end == 0;
}

static bool switch_of(const char *text, bool *lit)
{
    static const char *const yes[] = { "on", "yes", "true", "y" };
    static const char *const no[] = { "off", "no", "false", "n" };

    for (int i = 0; i < 4; i++) {
        if (g_str_equal(text, yes[i]) || g_str_equal(text, no[i])) {
            *lit = g_str_equal(text, yes[i]);
            return true;
        }
    }
    return false;
}

static int colour_of(const char *text)
{
    for (int i = 0; i < 3; i++) {
        if (g_str_equal(text, colours[i])) {
            return i;
        }
    }
    return -1;
}

/* Writes by a word (as any kind) or by a text. */
static void write_text(Node *node, Property *p, const char *name, const char *text, bool as_word)
{
    Error *err = NULL;
    int version = p ? p->version : 0;
    int64_t number = 0;
    bool lit = false, ok = false;

    if (p && p->can_set) {
        switch (p->kind) {
        case TEXT:
            ok = !g_str_equal(text, "bad");
            break;
        case SWITCH:
            ok = as_word && switch_of(text, &lit);
            break;
        case NUMBER:
            ok = as_word && number_of(text, &number);
            break;
        case COLOUR:
            ok = colour_of(text) >= 0;
            break;
        case LINK: /* empty; any other word is no path of an object here */
            ok = text[0] == 0;
            break;
        default:
            break;
        }
    }
    if (p && p->kind == LINK && ok) {
        p->target = NULL;
    }
    if (as_word) {
        succeeds_if(ok, object_property_parse(node->obj, name, text, &err), &err);
    } else {
        succeeds_if(ok, object_property_set_str(node->obj, name, text, &err), &err);
    }
    if (!ok || p->version != version + 1) {
        g_assert_true(!p || ok || p->version == version);
        return;
    }
    g_assert_true(p->kind != TEXT || g_str_equal(p->text, text));
    g_assert_true(p->kind != SWITCH || p->lit == lit);
    g_assert_true(p->kind != NUMBER || p->number == number);
    g_assert_true(p->kind != COLOUR || p->colour == colour_of(text));
}

static void write_scalar(Node *node, Property *p, const char *name)
{
    Error *err = NULL;
    uint64_t number = 0;
    bool ok, lit;

    switch (take_number(input, 0, 2)) {
    case 0:
        lit = take_bool(input);
        ok = p && p->can_set && p->kind == SWITCH;
        succeeds_if(ok, object_property_set_bool(node->obj, name, lit, &err), &err);
        g_assert_true(!ok || p->lit == lit);
        break;
    case 1:
        take_bytes(input, &number, take_number(input, 0, 8));
        ok = p && p->can_set && p->kind == NUMBER;
        succeeds_if(ok, object_property_set_int(node->obj, name, (int64_t)number, &err), &err);
        g_assert_true(!ok || p->number == (int64_t)number);
        break;
    default:
        take_bytes(input, &number, take_number(input, 0, 8));
        ok = p && p->can_set && p->kind == NUMBER && number <= INT64_MAX;
        succeeds_if(ok, object_property_set_uint(node->obj, name, number, &err), &err);
        g_assert_true(!ok || p->number == (int64_t)number);
        break;
    }
}

static void read_text(Node *node, Property *p, const char *name)
{
    Error *err = NULL;
    bool ok = p && p->can_get && p->kind != SWITCH && p->kind != NUMBER;
    g_autofree char *expected = NULL;
    char *text;

    if (ok && p->kind == TEXT) {
        expected = g_strdup(p->text ? p->text : "");
    } else if (ok && p->kind == COLOUR) {
        expected = g_strdup(colours[p->colour]);
    } else if (ok) {
        expected = p->target ? path_of(p->target) : NULL;
        expected = expected ? expected : g_strdup("");
    }
    text = object_property_get_str(node->obj, name, &err);
    succeeds_if(ok, text != NULL, &err);
    if (ok) {
        g_assert_cmpstr(text, ==, expected);
    }
    g_free(text);
}

static void read_scalar(Node *node, Property *p, const char *name)
{
    Error *err = NULL;
    bool ok, lit;
    int64_t number;

    switch (take_number(input, 0, 3)) {
    case 0:
        ok = p && p->can_get && p->kind == SWITCH;
        lit = object_property_get_bool(node->obj, name, &err);
        g_assert_true(ok == (err == NULL));
        g_assert_true(lit == (ok && p->lit));
        break;
    case 1:
        ok = p && p->can_get && p->kind == NUMBER;
        number = object_property_get_int(node->obj, name, &err);
        g_assert_true(ok == (err == NULL));
        g_assert_true(number == (ok ? p->number : -1));
        break;
    case 2:
        ok = p && p->can_get && p->kind == NUMBER && p->number >= 0;
        number = object_property_get_uint(node->obj, name, &err);
        g_assert_true(ok == (err == NULL));
        g_assert_true(number == (ok ? p->number : 0));
        break;
    default:
        ok = p && p->can_get && p->kind == COLOUR;
        number = object_property_get_enum(node->obj, name, take_bool(input) ? "Colour" : "Shade", &err);
        g_assert_true(ok || err);
        g_assert_true(number == (err ? -1 : p->colour));
        break;
    }
    error_free(err);
}

static void read_word(Node *node, Property *p, const char *name)
{
    Error *err = NULL;
    bool ok = p && p->can_get;
    g_autofree char *text = NULL;
    g_autofree char *expected = NULL;

    if (ok && p->kind == TEXT) {
        expected = g_strdup(p->text ? p->text : "");
    } else if (ok && p->kind == NUMBER) {
        expected = g_strdup_printf("%" PRId64, p->number);
    } else if (ok && p->kind == SWITCH) {
        expected = g_strdup(p->lit ? "true" : "false");
    }
    text = object_property_print(node->obj, name, false, &err);
    succeeds_if(ok, text != NULL, &err);
    if (expected) {
        g_assert_cmpstr(text, ==, expected);
    }
}

#endif
