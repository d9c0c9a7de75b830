/*
 * The types of the object model's target, and the model: nodes with the properties and the owners that they have to have.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef FUZZ_OBJECTS_H
#define FUZZ_OBJECTS_H

#include "sequence.h"
#include "qom/object.h"
#include "qom/object_interfaces.h"
#include "qapi/qapi-builtin-visit.h"

enum { NODES = 24, PROPERTIES = 16 };

typedef enum Kind { TEXT, SWITCH, COLOUR, NUMBER, LINK, CHILD } Kind;

struct Node;

typedef struct Property {
    bool there;
    bool of_class;
    bool can_get;
    bool can_set;
    bool releasing;
    Kind kind;
    char name[24];
    const char *type;
    int version;          /* how often it was written */
    char *text;
    bool lit;
    int colour;
    int64_t number;
    Object *slot;         /* of a link */
    struct Node *target;  /* of a link or child */
    struct Node *owner;
    int released;
} Property;

typedef struct Node {
    Object *obj;
    bool other;           /* of the type without properties of its own */
    bool alive;
    bool in_making;
    int references;       /* the program's */
    int in_call;
    int finalized;
    struct Node *parent;
    Property properties[PROPERTIES];
    int count;
} Node;

#define TYPE_FUZZ_THING "fuzz-thing"
#define TYPE_FUZZ_OTHER "fuzz-other"
#define TYPE_FUZZ_ABSTRACT "fuzz-abstract"

typedef struct Thing {
    Object parent;
    Node *node;
} Thing;

static Node nodes[NODES];
static int node_count;

static const char *const colours[] = { "red", "green", "blue" };
static const QEnumLookup colour_lookup = { .array = colours, .size = G_N_ELEMENTS(colours) };

static void act(void);

static Property *class_property(Object *obj, int index)
{
    return &((Thing *)obj)->node->properties[index];
}

/* A value on its way in or out: some of them have the program do something else meanwhile. */

static void text_set(Property *p, const char *value, Error **errp)
{
    if (g_str_equal(value, "bad")) {
        error_setg(errp, "bad");
        return;
    }
    p->version++;
    g_free(p->text);
    p->text = g_strdup(value);
    if (value[0] == '!') {
        act();
    }
}

static char *text_get(Property *p)
{
    char *text = g_strdup(p->text);

    if (text && text[0] == '?') {
        act();
    }
    return text;
}

static char *label_get(Object *obj, Error **errp)
{
    return text_get(class_property(obj, 1));
}

static void label_set(Object *obj, const char *value, Error **errp)
{
    text_set(class_property(obj, 1), value, errp);
}

static bool lit_get(Object *obj, Error **errp)
{
    return class_property(obj, 2)->lit;
}

static void lit_set(Object *obj, bool value, Error **errp)
{
    class_property(obj, 2)->lit = value;
    class_property(obj, 2)->version++;
}

static int colour_get(Object *obj, Error **errp)
{
    return class_property(obj, 3)->colour;
}

static void colour_set(Object *obj, int value, Error **errp)
{
    class_property(obj, 3)->colour = value;
    class_property(obj, 3)->version++;
}

static void value_get(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    Property *p = opaque ? opaque : class_property(obj, 4);
    char *text;

    switch (p->kind) {
    case TEXT:
        text = text_get(p);
        text = text ? text : g_strdup("");
        visit_type_str(v, name, &text, errp);
        g_free(text);
        break;
    case SWITCH:
        visit_type_bool(v, name, &p->lit, errp);
        break;
    default:
        visit_type_int64(v, name, &p->number, errp);
        break;
    }
}

static void value_set(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    Property *p = opaque ? opaque : class_property(obj, 4);
    char *text = NULL;
    int64_t number;
    bool lit;

    switch (p->kind) {
    case TEXT:
        if (visit_type_str(v, name, &text, errp)) {
            text_set(p, text, errp);
            g_free(text);
        }
        break;
    case SWITCH:
        if (visit_type_bool(v, name, &lit, errp)) {
            p->lit = lit;
            p->version++;
        }
        break;
    default:
        if (visit_type_int64(v, name, &number, errp)) {
            p->number = number;
            p->version++;
        }
        break;
    }
}

/* Types ------------------------------------------------------------------------ */

static Property *property_new(Node *node, const char *name, Kind kind, const char *type)
{
    Property *p = &node->properties[node->count++];

    g_free(p->text);
    *p = (Property) { .there = true, .can_get = true, .can_set = true, .kind = kind, .type = type, .owner = node };
    g_strlcpy(p->name, name, sizeof(p->name));
    return p;
}

static void node_init(Object *obj)
{
    Node *node = &nodes[node_count++];
    Property *p;

    g_assert_cmpint(node_count, <=, NODES);
    *node = (Node) { .obj = obj, .alive = true, .in_making = true };
    ((Thing *)obj)->node = node;
    node->other = object_dynamic_cast(obj, TYPE_FUZZ_OTHER) != NULL;
    p = property_new(node, "type", TEXT, "string");
    p->can_set = false;
    p->text = g_strdup(object_get_typename(obj));
    if (!node->other) {
        property_new(node, "label", TEXT, "string");
        property_new(node, "lit", SWITCH, "bool");
        property_new(node, "colour", COLOUR, "Colour");
        property_new(node, "number", NUMBER, "int");
    }
    for (int i = 0; i < node->count; i++) {
        node->properties[i].of_class = true;
    }
}

static void node_finalize(Object *obj)
{
    Node *node = ((Thing *)obj)->node;

    g_assert_cmpint(node->finalized++, ==, 0);
    g_assert_cmpint(node->references, ==, 0);
    g_assert_null(obj->parent);
}

static void thing_complete(UserCreatable *uc, Error **errp)
{
    Node *node = ((Thing *)uc)->node;
    Property *label = &node->properties[1];

    g_assert_nonnull(OBJECT(uc)->parent);
    if (label->text && label->text[0] == '-') {
        error_setg(errp, "refuses");
    }
}

#ifdef QIO_HAS_CONST_TYPE_INFO
static void thing_class_init(ObjectClass *klass, const void *data)
#else
static void thing_class_init(ObjectClass *klass, void *data)
#endif
{
    UserCreatableClass *uc = USER_CREATABLE_CLASS(klass);

    uc->complete = thing_complete;
    object_class_property_add_str(klass, "label", label_get, label_set);
    object_class_property_add_bool(klass, "lit", lit_get, lit_set);
    object_class_property_add_enum(klass, "colour", "Colour", &colour_lookup, colour_get, colour_set);
    object_class_property_add(klass, "number", "int", value_get, value_set, NULL, NULL);
}

static void types_register(void)
{
#ifdef QIO_HAS_CONST_TYPE_INFO
    static const InterfaceInfo interfaces[] = { { TYPE_USER_CREATABLE }, { } };
#else
    static InterfaceInfo interfaces[] = { { TYPE_USER_CREATABLE }, { } };
#endif
    static const TypeInfo types[] = {
        { .name = TYPE_FUZZ_THING, .parent = TYPE_OBJECT, .instance_size = sizeof(Thing), .instance_init = node_init,
          .instance_finalize = node_finalize, .class_init = thing_class_init, .interfaces = interfaces },
        { .name = TYPE_FUZZ_OTHER, .parent = TYPE_OBJECT, .instance_size = sizeof(Thing), .instance_init = node_init,
          .instance_finalize = node_finalize },
        { .name = TYPE_FUZZ_ABSTRACT, .parent = TYPE_OBJECT, .instance_size = sizeof(Thing), .abstract = true },
    };

    module_call_init(MODULE_INIT_QOM);
    type_register_static_array(types, G_N_ELEMENTS(types));
}

#endif
