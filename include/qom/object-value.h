/*
 * Values of properties, and objects made of them: a part of qom/object.h
 *
 * Setters fail if there is no property of that name, if it can't be written
 * ("Property 'TYPE.NAME' not found", "... is not writable"), if the value is of
 * another kind, or if the property's own function fails; getters likewise.
 *
 * Threads: as qom/object-property.h; Blocks: no, but for what the hooks do.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef QOM_OBJECT_VALUE_H
#define QOM_OBJECT_VALUE_H

#ifndef QEMU_OSDEP_H
#error "include qemu/osdep.h before any other header"
#include "qemu/osdep.h" /* so that the compiler says only this */
#endif

#include "qom/object.h"

G_BEGIN_DECLS

/**
 * object_property_set:
 * @obj: any object
 * @name: the name of a property
 * @v: has the value: the visitor of an ObjectPropertyAccessor
 * @errp: (nullable): as in qapi/error.h
 *
 * Writes a property, for one that stands for another.
 *
 * Returns: true, or false with @errp set
 */
bool object_property_set(Object *obj, const char *name, Visitor *v,
                         Error **errp);

/**
 * object_property_get:
 * @obj: any object
 * @name: the name of a property
 * @v: wants the value: the visitor of an ObjectPropertyAccessor
 * @errp: (nullable): as in qapi/error.h
 *
 * Reads a property, for one that stands for another.
 *
 * Returns: true, or false with @errp set
 */
bool object_property_get(Object *obj, const char *name, Visitor *v,
                         Error **errp);

/**
 * object_property_parse:
 * @obj: any object
 * @name: the name of a property
 * @string: the value as a word
 * @errp: (nullable): as in qapi/error.h
 *
 * Writes a property of any kind. Booleans are "on", "yes", "true", "y" or "off",
 * "no", "false", "n"; numbers are written as in C, sizes perhaps with one of
 * B, K, M, G, T, P and E after them; enums are the names of their values.
 *
 * Returns: true, or false with @errp set
 */
bool object_property_parse(Object *obj, const char *name, const char *string,
                           Error **errp);

/**
 * object_property_print:
 * @obj: any object
 * @name: the name of a property
 * @human: whether texts and names are put in quotes
 * @errp: (nullable): as in qapi/error.h
 *
 * Returns: (transfer full) (nullable): the value in words, or NULL with @errp
 *     set; free with g_free()
 */
char *object_property_print(Object *obj, const char *name, bool human,
                            Error **errp);

/**
 * object_property_set_str:
 * @obj: any object
 * @name: the name of a property that is a text, an enum, a link or a child
 * @value: the value
 * @errp: (nullable): as in qapi/error.h
 *
 * Returns: true, or false with @errp set
 */
bool object_property_set_str(Object *obj, const char *name, const char *value,
                             Error **errp);

/**
 * object_property_get_str:
 * @obj: any object
 * @name: the name of a property that is a text, an enum, a link or a child
 * @errp: (nullable): as in qapi/error.h
 *
 * Returns: (transfer full) (nullable): the value, or NULL with @errp set; free
 *     with g_free()
 */
char *object_property_get_str(Object *obj, const char *name, Error **errp);

/**
 * object_property_set_bool:
 * @obj: any object
 * @name: the name of a boolean property
 * @value: the value
 * @errp: (nullable): as in qapi/error.h
 *
 * Returns: true, or false with @errp set
 */
bool object_property_set_bool(Object *obj, const char *name, bool value,
                              Error **errp);

/**
 * object_property_get_bool:
 * @obj: any object
 * @name: the name of a boolean property
 * @errp: (nullable): as in qapi/error.h
 *
 * Returns: the value, or false with @errp set
 */
bool object_property_get_bool(Object *obj, const char *name, Error **errp);

/**
 * object_property_set_int:
 * @obj: any object
 * @name: the name of a property that is an integer
 * @value: the value
 * @errp: (nullable): as in qapi/error.h
 *
 * Returns: true, or false with @errp set
 */
bool object_property_set_int(Object *obj, const char *name, int64_t value,
                             Error **errp);

/**
 * object_property_get_int:
 * @obj: any object
 * @name: the name of a property that is an integer
 * @errp: (nullable): as in qapi/error.h
 *
 * Returns: the value, or -1 with @errp set
 */
int64_t object_property_get_int(Object *obj, const char *name, Error **errp);

/**
 * object_property_set_uint:
 * @obj: any object
 * @name: the name of a property that is an integer
 * @value: the value
 * @errp: (nullable): as in qapi/error.h
 *
 * Returns: true, or false with @errp set
 */
bool object_property_set_uint(Object *obj, const char *name, uint64_t value,
                              Error **errp);

/**
 * object_property_get_uint:
 * @obj: any object
 * @name: the name of a property that is an integer
 * @errp: (nullable): as in qapi/error.h
 *
 * Returns: the value, or 0 with @errp set
 */
uint64_t object_property_get_uint(Object *obj, const char *name, Error **errp);

/**
 * object_property_get_enum:
 * @obj: any object
 * @name: the name of a property
 * @type: the name of the enum that it has to be of
 * @errp: (nullable): as in qapi/error.h
 *
 * Returns: the value, or -1 with @errp set
 */
int object_property_get_enum(Object *obj, const char *name, const char *type,
                             Error **errp);

/**
 * object_property_set_link:
 * @obj: any object
 * @name: the name of a link
 * @value: (nullable): where it is to lead; need not be in the composition tree
 * @errp: (nullable): as in qapi/error.h
 *
 * Returns: true, or false with @errp set
 */
bool object_property_set_link(Object *obj, const char *name, Object *value,
                              Error **errp);

/**
 * object_property_get_link:
 * @obj: any object
 * @name: the name of a link or a child
 * @errp: (nullable): as in qapi/error.h
 *
 * Returns: (transfer none) (nullable): where it leads: NULL if nowhere, and
 *     with @errp set
 */
Object *object_property_get_link(Object *obj, const char *name, Error **errp);

/**
 * object_set_props:
 * @obj: any object
 * @errp: (nullable): as in qapi/error.h
 * @...: names and values as for object_property_parse(), by turns, then NULL
 *
 * Writes properties in that order, up to the first that fails.
 *
 * Returns: true, or false with @errp set
 */
bool object_set_props(Object *obj, Error **errp, ...) G_GNUC_NULL_TERMINATED;

/**
 * object_set_propv:
 *
 * The same as object_set_props(), with a va_list.
 *
 * Returns: true, or false with @errp set
 */
#ifdef QIO_HAS_PROPV_ERRP_LAST
bool object_set_propv(Object *obj, va_list vargs, Error **errp);
#else
bool object_set_propv(Object *obj, Error **errp, va_list vargs);
#endif

/**
 * object_new_with_props:
 * @type_name: the name of a type
 * @parent: an object, which will own the new one
 * @id: the name as its child
 * @errp: (nullable): as in qapi/error.h
 * @...: names and values as for object_property_parse(), by turns, then NULL
 *
 * Makes an object, writes the properties, adds it to @parent and, if it
 * implements TYPE_USER_CREATABLE, completes it. Fails if the type is unknown or
 * abstract, if @id is taken, or if any of this does; then nothing is left of it.
 * Differs: in the qemu-11.1 profile also if @id is not a letter followed by
 * letters, digits, "-", "." and "_".
 *
 * Returns: (transfer none) (nullable): the object, whose only reference is that
 *     of @parent: object_unparent() releases it; or NULL with @errp set
 */
Object *object_new_with_props(const char *type_name, Object *parent,
                              const char *id, Error **errp, ...)
                              G_GNUC_NULL_TERMINATED;

/**
 * object_new_with_propv:
 *
 * The same as object_new_with_props(), with a va_list.
 *
 * Returns: (transfer none) (nullable): the object, or NULL with @errp set
 */
#ifdef QIO_HAS_PROPV_ERRP_LAST
Object *object_new_with_propv(const char *type_name, Object *parent,
                              const char *id, va_list vargs, Error **errp);
#else
Object *object_new_with_propv(const char *type_name, Object *parent,
                              const char *id, Error **errp, va_list vargs);
#endif

#ifdef QIO_HAS_PARENTLESS_OBJECTS
/**
 * object_new_with_props_parentless:
 * @type_name: the name of a type
 * @errp: (nullable): as in qapi/error.h
 * @...: names and values as for object_property_parse(), by turns, then NULL
 *
 * As object_new_with_props(), but the object gets no parent and so no name.
 *
 * Returns: (transfer full) (nullable): the object, or NULL with @errp set
 * Since: qemu-11.1 profile, provisionally.
 */
Object *object_new_with_props_parentless(const char *type_name, Error **errp, ...)
    G_GNUC_NULL_TERMINATED;

/**
 * object_new_with_propv_parentless:
 *
 * The same as object_new_with_props_parentless(), with a va_list.
 *
 * Returns: (transfer full) (nullable): the object, or NULL with @errp set
 * Since: qemu-11.1 profile, provisionally.
 */
Object *object_new_with_propv_parentless(const char *type_name, va_list vargs, Error **errp);
#endif

G_END_DECLS

#endif
