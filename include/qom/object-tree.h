/*
 * The composition tree: a part of qom/object.h
 *
 * An object owns its children, which are properties of it, of type "child<T>".
 * The names from the root to an object, with slashes before them, are its path;
 * the root's is "/".
 *
 * Threads: as qom/object-property.h; Blocks: no, but for what the hooks do.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef QOM_OBJECT_TREE_H
#define QOM_OBJECT_TREE_H

#ifndef QEMU_OSDEP_H
#error "include qemu/osdep.h before any other header"
#include "qemu/osdep.h" /* so that the compiler says only this */
#endif

#include "qom/object.h"

G_BEGIN_DECLS

/**
 * object_property_try_add_child:
 * @obj: any object
 * @name: a name, as for object_property_add()
 * @child: an object without parent, and not above @obj
 * @errp: (nullable): as in qapi/error.h
 *
 * Makes @child a child of @obj, which takes a reference. Fails if the name is
 * taken.
 *
 * Returns: (transfer none) (nullable): the property, or NULL with @errp set
 */
ObjectProperty *object_property_try_add_child(Object *obj, const char *name,
                                              Object *child, Error **errp);

/**
 * object_property_add_child:
 *
 * The same as object_property_try_add_child(), but a taken name aborts.
 *
 * Returns: (transfer none): the property
 */
ObjectProperty *object_property_add_child(Object *obj, const char *name,
                                          Object *child);

/**
 * object_unparent:
 * @obj: any object
 *
 * Takes an object from its parent; nothing if it has none. The @unparent of its
 * class is called while it is a child still. Then it is one no more, and the
 * parent's reference is dropped, which may release the object. Does nothing if
 * called by that hook.
 */
void object_unparent(Object *obj);

/**
 * object_get_root:
 *
 * Types have to be known: see module_call_init().
 *
 * Returns: (transfer none): the root of the tree, which stays
 */
Object *object_get_root(void);

/**
 * object_get_objects_root:
 *
 * Returns: (transfer none): "/objects", where the objects of users are
 */
Object *object_get_objects_root(void);

/**
 * object_get_internal_root:
 *
 * Returns: (transfer none): the root of another tree, whose objects have no path
 */
Object *object_get_internal_root(void);

#ifndef QIO_HAS_ROOT_CONTAINERS
/**
 * container_get:
 * @root: any object
 * @path: a path that begins with a slash
 *
 * Makes the containers on the path that are not there.
 *
 * Returns: (transfer none): the object at that path from @root
 * Since: only before the qemu-10.0 profile.
 */
Object *container_get(Object *root, const char *path);
#else
/**
 * object_get_container:
 * @name: "chardevs", "objects", "backend", from qemu-10.2.0 on "audiodevs", or
 *     what has been added to the root; another name aborts
 *
 * Returns: (transfer none): the root's child of that name
 * Since: profile qemu-10.0.
 */
Object *object_get_container(const char *name);

/**
 * object_property_add_new_container:
 * @obj: any object
 * @name: a name, as for object_property_add(); a taken one aborts
 *
 * Adds a new container as a child.
 *
 * Returns: (transfer none): the container
 * Since: profile qemu-10.0.
 */
Object *object_property_add_new_container(Object *obj, const char *name);
#endif

/**
 * object_get_canonical_path_component:
 * @obj: any object
 *
 * Returns: (transfer none) (nullable): its name as a child, as long as it is
 *     one; NULL without parent
 */
const char *object_get_canonical_path_component(const Object *obj);

/**
 * object_get_canonical_path:
 * @obj: any object
 *
 * Returns: (transfer full) (nullable): its path; NULL if it is not below the
 *     root. Free with g_free()
 */
char *object_get_canonical_path(const Object *obj);

/**
 * object_resolve_path:
 * @path: a path. One that does not begin with a slash is the end of one: that
 *     of "/objects/tls0" may be "tls0"
 * @ambiguous: (out) (optional): whether there are several such objects
 *
 * Links, too, are parts of paths, but not of the beginning that is left out.
 *
 * Returns: (transfer none) (nullable): the one object; NULL if there are none
 *     or several
 */
Object *object_resolve_path(const char *path, bool *ambiguous);

/**
 * object_resolve_path_type:
 * @path: a path, as for object_resolve_path(); empty for all
 * @type_name: the name of a type or interface
 * @ambiguous: (out) (optional): whether there are several such objects
 *
 * As object_resolve_path(), where objects of other types don't count.
 *
 * Returns: (transfer none) (nullable): the one object; NULL if there are none
 *     or several
 */
Object *object_resolve_path_type(const char *path, const char *type_name,
                                 bool *ambiguous);

#ifdef QIO_HAS_RESOLVE_AND_TYPECHECK
/**
 * object_resolve_and_typecheck:
 * @path: a path, as for object_resolve_path()
 * @name: what the path is called, for the error
 * @type: the name of a type or interface
 * @errp: (nullable): as in qapi/error.h
 *
 * Finds an object, which must be of the type.
 *
 * Returns: (transfer none) (nullable): the object; NULL with @errp set, of the
 *     class ERROR_CLASS_DEVICE_NOT_FOUND if there is none
 * Since: qemu-11.1 profile, provisionally.
 */
Object *object_resolve_and_typecheck(const char *path, const char *name,
                                     const char *type, Error **errp);
#endif

#ifdef QIO_HAS_UNAMBIGUOUS_TYPE
/**
 * object_resolve_type_unambiguous:
 * @type_name: the name of a type or interface
 * @errp: (nullable): as in qapi/error.h
 *
 * Finds the only object of a type.
 *
 * Returns: (transfer none) (nullable): the object; NULL with @errp set if there
 *     are none or several
 * Since: qemu-9.0 profile.
 */
Object *object_resolve_type_unambiguous(const char *type_name, Error **errp);
#endif

/**
 * object_resolve_path_component:
 * @parent: any object
 * @part: the name of a child or a link
 *
 * Returns: (transfer none) (nullable): where it leads; NULL if there is no such
 *     property, or no object
 */
Object *object_resolve_path_component(Object *parent, const char *part);

/**
 * object_child_foreach:
 * @obj: any object
 * @fn: (scope call): called with each child and @opaque; may take children from
 *     @obj, which are then left out, and add some, which are too
 * @opaque: (nullable) (closure fn): for @fn
 *
 * Calls @fn for the children, in no order, until it returns something other
 * than 0.
 *
 * Returns: what @fn returned last, 0 without children
 */
int object_child_foreach(Object *obj, int (*fn)(Object *child, void *opaque),
                         void *opaque);

G_END_DECLS

#endif
