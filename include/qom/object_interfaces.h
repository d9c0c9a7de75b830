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
 * @can_be_deleted: (nullable): tells whether the object can be deleted (not in
 *     the qemu-11.1 profile)
 * @prepare_delete: (nullable): undoes what stands against deletion, or returns
 *     false with @errp, as in qapi/error.h, set (qemu-11.1 profile)
 *
 * The class struct of the interface. The methods are set by the @class_init of
 * the type that implements it.
 */
struct UserCreatableClass {
    InterfaceClass parent_class;

    void (*complete)(UserCreatable *uc, Error **errp);
#ifdef QIO_HAS_PREPARE_DELETE
    bool (*prepare_delete)(UserCreatable *uc, Error **errp);
#else
    bool (*can_be_deleted)(UserCreatable *uc);
#endif
};

/**
 * user_creatable_complete:
 * @uc: an object that implements the interface
 * @errp: (nullable): as in qapi/error.h
 *
 * Calls @complete.
 *
 * Threads: as qom/object-property.h; Blocks: as @complete does.
 * Returns: true, or false with @errp set
 */
bool user_creatable_complete(UserCreatable *uc, Error **errp);

#ifdef QIO_HAS_PREPARE_DELETE
/**
 * user_creatable_prepare_delete:
 * @uc: an object that implements the interface
 * @errp: (nullable): as in qapi/error.h
 *
 * Calls @prepare_delete; whoever deletes objects does so before
 * object_unparent(), and leaves it if this fails.
 *
 * Threads: as qom/object-property.h; Blocks: as @prepare_delete does.
 * Returns: true, also without @prepare_delete, or false with @errp set
 * Since: qemu-11.1 profile, provisionally.
 */
bool user_creatable_prepare_delete(UserCreatable *uc, Error **errp);
#else
/**
 * user_creatable_can_be_deleted:
 * @uc: an object that implements the interface
 *
 * Threads: as qom/object-property.h; Blocks: as @can_be_deleted does.
 * Returns: what @can_be_deleted says; true without it
 */
bool user_creatable_can_be_deleted(UserCreatable *uc);
#endif

G_END_DECLS

#endif
