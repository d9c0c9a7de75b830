/*
 * What the parts of the object model know of a type.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef HOST_TYPE_H
#define HOST_TYPE_H

#include "qom/object.h"

typedef struct TypeImpl TypeImpl;

struct TypeImpl {
    /* As registered. Its strings and its array are the type's own. */
    TypeInfo info;

    /* The rest is written once, with the class lock held, before @class_is_ready. */
    TypeImpl *parent;
    size_t class_size;
    size_t instance_size;
    size_t instance_align;
    ObjectClass *class;
    /* Atomic: whether threads without the class lock may use @class. */
    int class_is_ready;
};

/* NULL if there is no such type. */
TypeImpl *type_by_name(const char *name);

/* All types in the order of their registration; the array is the caller's. */
GPtrArray *types_registered(void);

/* The type's class, made now if it has to be. */
ObjectClass *type_class(TypeImpl *type);

bool type_is_abstract(const TypeImpl *type);

/* Whether @type is @ancestor or below it. Both have their classes. */
bool type_descends(const TypeImpl *type, const TypeImpl *ancestor);

/* An array that ends with a NULL name, deeply. */
InterfaceInfo *interfaces_copy(const InterfaceInfo *interfaces);

#endif
