/*
 * Objects that tell who may do something
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef AUTHZ_BASE_H
#define AUTHZ_BASE_H

#ifndef QEMU_OSDEP_H
#error "include qemu/osdep.h before any other header"
#include "qemu/osdep.h" /* so that the compiler says only this */
#endif

#include "qapi/error.h"
#include "qom/object.h"

G_BEGIN_DECLS

#define TYPE_QAUTHZ "authz"

OBJECT_DECLARE_TYPE(QAuthZ, QAuthZClass, QAUTHZ)

/**
 * QAuthZ:
 *
 * The instance struct of all such objects; the type is abstract.
 */
struct QAuthZ {
    Object parent_obj;
};

/**
 * QAuthZClass:
 * @is_allowed: tells whether @identity may; sets @errp, as in qapi/error.h, if
 *     it can't tell
 *
 * The method is set by the @class_init of each type.
 */
struct QAuthZClass {
    ObjectClass parent_class;

    bool (*is_allowed)(QAuthZ *authz, const char *identity, Error **errp);
};

/**
 * qauthz_is_allowed:
 * @authz: an authorization object
 * @identity: the user that wants to
 * @errp: (nullable): as in qapi/error.h
 *
 * Asks an object. A denial is no error.
 *
 * Threads: any, if no other thread changes @authz; Blocks: as @is_allowed does.
 * Returns: whether @identity may; false with @errp set if that can't be told
 */
bool qauthz_is_allowed(QAuthZ *authz, const char *identity, Error **errp);

/**
 * qauthz_is_allowed_by_id:
 * @authzid: the name of an authorization object in object_get_objects_root()
 * @identity: the user that wants to
 * @errp: (nullable): as in qapi/error.h
 *
 * Asks the object of that name. Fails if there is none, or if it is of another
 * type.
 *
 * Threads: any, if no other thread changes the objects there; Blocks: as @is_allowed
 * does.
 * Returns: whether @identity may; false with @errp set if that can't be told
 */
bool qauthz_is_allowed_by_id(const char *authzid, const char *identity,
                             Error **errp);

G_END_DECLS

#endif
