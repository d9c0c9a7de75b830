/*
 * Properties of objects: a part of qom/object.h
 *
 * A property is a name with functions that read and write a value. It belongs
 * to an object, or to a class and all instances of it and of its descendants.
 * A name is there once for an object and its classes. All have "type", the name
 * of the type.
 *
 * Threads: one at a time for all objects and classes that are connected by
 * properties, in the functions here and in the other parts; object_unref() may
 * finalize an object with its properties in any thread. Blocks: no, but for what
 * the hooks do.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef QOM_OBJECT_PROPERTY_H
#define QOM_OBJECT_PROPERTY_H

#ifndef QEMU_OSDEP_H
#error "include qemu/osdep.h before any other header"
#include "qemu/osdep.h" /* so that the compiler says only this */
#endif

#include "qom/object.h"

G_BEGIN_DECLS

/**
 * ObjectPropertyAccessor:
 * @obj: the object
 * @v: shows or takes the value: call a visit_type_*() of
 *     qapi/qapi-builtin-visit.h with it, once. Not to be kept
 * @name: the property's name
 * @opaque: as given when the property was added
 * @errp: (nullable): as in qapi/error.h
 *
 * Reads a property, that is shows its value to @v, or writes it, that is takes
 * the value from @v. May add and remove properties and objects, this one too.
 */
typedef void (ObjectPropertyAccessor)(Object *obj, Visitor *v,
                                      const char *name, void *opaque,
                                      Error **errp);

/**
 * ObjectPropertyResolve:
 * @obj: the object
 * @opaque: as given when the property was added
 * @part: the property's name, as a part of a path
 *
 * The @resolve member of a property.
 *
 * Returns: (transfer none) (nullable): the object that the path goes on with
 */
typedef Object *(ObjectPropertyResolve)(Object *obj, void *opaque,
                                        const char *part);

/**
 * ObjectPropertyRelease:
 * @obj: the object
 * @name: the property's name, which is still taken
 * @opaque: as given when the property was added
 *
 * Called once, when a property is removed or its object is finalized.
 */
typedef void (ObjectPropertyRelease)(Object *obj, const char *name,
                                     void *opaque);

/**
 * ObjectPropertyInit:
 * @obj: a new object, before the first @instance_init
 * @prop: a property of its class
 *
 * The @init member of a class's property: gives @obj the default.
 */
typedef void (ObjectPropertyInit)(Object *obj, ObjectProperty *prop);

/**
 * ObjectProperty:
 *
 * A property of an object or of a class. Its strings are its own. @resolve may
 * be set when the property has just been added, and of a class's property
 * @init and @defval too, by the @class_init; the rest is read-only.
 */
struct ObjectProperty {
    char *name;
    char *type;
    /* NULL if there is none */
    char *description;
    /* NULL if the value can't be read */
    ObjectPropertyAccessor *get;
    /* NULL if the value can't be written */
    ObjectPropertyAccessor *set;
    ObjectPropertyResolve *resolve;
    ObjectPropertyRelease *release;
    ObjectPropertyInit *init;
    void *opaque;
    /* for @init */
    QObject *defval;
};

/**
 * ObjectPropertyIterator:
 *
 * Private.
 */
typedef struct ObjectPropertyIterator {
    ObjectClass *nextclass;
    GHashTableIter iter;
} ObjectPropertyIterator;

/**
 * ObjectPropertyLinkFlags:
 * @OBJ_PROP_LINK_STRONG: the link owns a reference on the object it leads to
 */
typedef enum ObjectPropertyLinkFlags {
    OBJ_PROP_LINK_STRONG = 0x1,
} ObjectPropertyLinkFlags;

/**
 * ObjectPropertyFlags:
 * @OBJ_PROP_FLAG_READ: can be read
 * @OBJ_PROP_FLAG_WRITE: can be written
 * @OBJ_PROP_FLAG_READWRITE: both
 */
typedef enum ObjectPropertyFlags {
    OBJ_PROP_FLAG_READ = 1 << 0,
    OBJ_PROP_FLAG_WRITE = 1 << 1,
    OBJ_PROP_FLAG_READWRITE = OBJ_PROP_FLAG_READ | OBJ_PROP_FLAG_WRITE,
} ObjectPropertyFlags;

/**
 * object_property_try_add:
 * @obj: any object
 * @name: a name. One that ends in "[*]" gets the least number there, from 0 on,
 *     that makes it a free one
 * @type: the kind of value, in words
 * @get: (nullable): reads the value; NULL if that can't be done
 * @set: (nullable): writes the value; NULL if that can't be done
 * @release: (nullable): called when the property goes
 * @opaque: (nullable): for @get, @set and @release
 * @errp: (nullable): as in qapi/error.h
 *
 * Adds a property to an object. Fails if there is one of that name; then
 * @release is not called.
 *
 * Returns: (transfer none) (nullable): the property, or NULL with @errp set
 */
ObjectProperty *object_property_try_add(Object *obj, const char *name,
                                        const char *type,
                                        ObjectPropertyAccessor *get,
                                        ObjectPropertyAccessor *set,
                                        ObjectPropertyRelease *release,
                                        void *opaque, Error **errp);

/**
 * object_property_add:
 *
 * The same as object_property_try_add(), but a taken name aborts.
 *
 * Returns: (transfer none): the property
 */
ObjectProperty *object_property_add(Object *obj, const char *name,
                                    const char *type,
                                    ObjectPropertyAccessor *get,
                                    ObjectPropertyAccessor *set,
                                    ObjectPropertyRelease *release,
                                    void *opaque);

/**
 * object_class_property_add:
 * @klass: any class; from its @class_init, as a rule
 * @name: a name; one that the class or an ancestor has aborts
 * @type: the kind of value, in words
 * @get: (nullable): reads the value; NULL if that can't be done
 * @set: (nullable): writes the value; NULL if that can't be done
 * @release: (nullable): not called, as classes stay
 * @opaque: (nullable): for @get and @set
 *
 * Adds a property to a class.
 *
 * Returns: (transfer none): the property
 */
ObjectProperty *object_class_property_add(ObjectClass *klass, const char *name,
                                          const char *type,
                                          ObjectPropertyAccessor *get,
                                          ObjectPropertyAccessor *set,
                                          ObjectPropertyRelease *release,
                                          void *opaque);

/**
 * object_property_add_str:
 * @obj: any object
 * @name: a name, as for object_property_add()
 * @get: (nullable): returns the value in GLib memory, which is then freed; NULL
 *     for an empty one
 * @set: (nullable): gets the value, which is valid during the call
 *
 * Adds a property that is a text, of type "string". A taken name aborts.
 *
 * Returns: (transfer none): the property
 */
ObjectProperty *object_property_add_str(Object *obj, const char *name,
                                        char *(*get)(Object *, Error **),
                                        void (*set)(Object *, const char *,
                                                    Error **));

/**
 * object_class_property_add_str:
 *
 * The same as object_property_add_str(), for a class.
 *
 * Returns: (transfer none): the property
 */
ObjectProperty *object_class_property_add_str(ObjectClass *klass,
                                              const char *name,
                                              char *(*get)(Object *, Error **),
                                              void (*set)(Object *,
                                                          const char *,
                                                          Error **));

/**
 * object_property_add_bool:
 * @obj: any object
 * @name: a name, as for object_property_add()
 * @get: (nullable): returns the value
 * @set: (nullable): gets the value
 *
 * Adds a property of type "bool". A taken name aborts.
 *
 * Returns: (transfer none): the property
 */
ObjectProperty *object_property_add_bool(Object *obj, const char *name,
                                         bool (*get)(Object *, Error **),
                                         void (*set)(Object *, bool, Error **));

/**
 * object_class_property_add_bool:
 *
 * The same as object_property_add_bool(), for a class.
 *
 * Returns: (transfer none): the property
 */
ObjectProperty *object_class_property_add_bool(ObjectClass *klass,
                                               const char *name,
                                               bool (*get)(Object *, Error **),
                                               void (*set)(Object *, bool,
                                                           Error **));

/**
 * object_property_add_enum:
 * @obj: any object
 * @name: a name, as for object_property_add()
 * @type: the name of the enum, which is the property's type
 * @lookup: the names of its values; has to stay
 * @get: (nullable): returns the value; one that the enum does not have aborts
 * @set: (nullable): gets the value
 *
 * Adds a property that is a value of an enum. A taken name aborts.
 *
 * Returns: (transfer none): the property
 */
ObjectProperty *object_property_add_enum(Object *obj, const char *name,
                                         const char *type,
                                         const QEnumLookup *lookup,
                                         int (*get)(Object *, Error **),
                                         void (*set)(Object *, int, Error **));

/**
 * object_class_property_add_enum:
 *
 * The same as object_property_add_enum(), for a class.
 *
 * Returns: (transfer none): the property
 */
ObjectProperty *object_class_property_add_enum(ObjectClass *klass,
                                               const char *name,
                                               const char *type,
                                               const QEnumLookup *lookup,
                                               int (*get)(Object *, Error **),
                                               void (*set)(Object *, int,
                                                           Error **));

/**
 * object_property_add_link:
 * @obj: any object
 * @name: a name, as for object_property_add()
 * @type: the name of the type that objects must have for the link
 * @targetp: where the link is kept, NULL for none; has to stay as long as the
 *     property
 * @check: (nullable): called before the link changes, and may set the error to
 *     refuse; must not remove the property. NULL if the link can't be written
 * @flags: OBJ_PROP_LINK_STRONG or 0
 *
 * Adds a property that leads to another object, of type "link<TYPE>". Its value
 * is the object's path, empty for none. A taken name aborts.
 *
 * With OBJ_PROP_LINK_STRONG, *@targetp owns a reference; when the property goes,
 * the reference is dropped and *@targetp set to NULL.
 *
 * Returns: (transfer none): the property
 */
ObjectProperty *object_property_add_link(Object *obj, const char *name,
                                         const char *type, Object **targetp,
                                         void (*check)(const Object *obj,
                                                       const char *name,
                                                       Object *val,
                                                       Error **errp),
                                         ObjectPropertyLinkFlags flags);

/**
 * object_property_del:
 * @obj: any object
 * @name: the name of a property of its own; another one aborts
 *
 * Removes a property. Its @release is called before, the name being taken still;
 * of a child, see object_unparent(). Does nothing if called by that hook.
 */
void object_property_del(Object *obj, const char *name);

/**
 * object_property_find:
 * @obj: any object
 * @name: a name
 *
 * Returns: (transfer none) (nullable): the property of the object or its class;
 *     NULL if there is none
 */
ObjectProperty *object_property_find(Object *obj, const char *name);

/**
 * object_property_find_err:
 * @obj: any object
 * @name: a name
 * @errp: (nullable): as in qapi/error.h
 *
 * Returns: (transfer none) (nullable): the property of the object or its class,
 *     or NULL with @errp set
 */
ObjectProperty *object_property_find_err(Object *obj, const char *name,
                                         Error **errp);

/**
 * object_class_property_find:
 * @klass: any class
 * @name: a name
 *
 * Returns: (transfer none) (nullable): the property of the class or an ancestor
 */
ObjectProperty *object_class_property_find(ObjectClass *klass,
                                           const char *name);

/**
 * object_property_get_type:
 * @obj: any object
 * @name: the name of a property
 * @errp: (nullable): as in qapi/error.h
 *
 * Returns: (transfer none) (nullable): the kind of value, as long as the
 *     property is there; or NULL with @errp set
 */
const char *object_property_get_type(Object *obj, const char *name,
                                     Error **errp);

/**
 * object_property_set_description:
 * @obj: any object
 * @name: the name of a property; one that is not there aborts
 * @description: (nullable): what it is for
 *
 * Describes a property, in its @description.
 */
void object_property_set_description(Object *obj, const char *name,
                                     const char *description);

/**
 * object_class_property_set_description:
 *
 * The same as object_property_set_description(), for a class.
 */
void object_class_property_set_description(ObjectClass *klass,
                                           const char *name,
                                           const char *description);

G_END_DECLS

#endif
