/*
 * Objects that users make of a type's name and properties
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef OBJECT_INTERFACES_H
#define OBJECT_INTERFACES_H

#ifndef QEMU_OSDEP_H
#error "include qemu/osdep.h before any other header"
#include "qemu/osdep.h" /* so that the compiler says only this */
#endif

#include "qom/object.h"
#include "qapi/visitor.h"

G_BEGIN_DECLS

#define TYPE_USER_CREATABLE "user-creatable"

/* Any object that implements the interface. */
typedef struct UserCreatable UserCreatable;
typedef struct UserCreatableClass UserCreatableClass;

DECLARE_CLASS_CHECKERS(UserCreatableClass, USER_CREATABLE, TYPE_USER_CREATABLE)
#define USER_CREATABLE(obj)                                                   \
    INTERFACE_CHECK(UserCreatable, (obj), TYPE_USER_CREATABLE)

/**
 * UserCreatableClass:
 * @complete: (nullable): called when the properties are set, with @errp as in
 *     qapi/error.h, to make use of them; by object_new_with_props() for one
 * @can_be_deleted: (nullable): tells whether the object can be deleted
 *
 * The class struct of the interface. The methods are set by the @class_init of
 * the type that implements it.
 */
struct UserCreatableClass {
    InterfaceClass parent_class;

    void (*complete)(UserCreatable *uc, Error **errp);
    bool (*can_be_deleted)(UserCreatable *uc);
};

/**
 * user_creatable_complete:
 * @uc: an object that implements the interface
 * @errp: (nullable): as in qapi/error.h
 *
 * Calls @complete.
 *
 * Threads: as properties; Blocks: as @complete does.
 * Returns: true, or false with @errp set
 */
bool user_creatable_complete(UserCreatable *uc, Error **errp);

/**
 * user_creatable_can_be_deleted:
 * @uc: an object that implements the interface
 *
 * Threads: as properties; Blocks: as @can_be_deleted does.
 * Returns: what @can_be_deleted says; true without it
 */
bool user_creatable_can_be_deleted(UserCreatable *uc);

G_END_DECLS

#endif
