/*
 * The functions of qom/object.h that take names and values in a variable list,
 * which stable Rust can't define (R-HDR-9).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "qom/object.h"

/* src/capi/object_interfaces.rs */
Object *qio_internal_object_new_with_props(const char *type_name, Object *parent,
                                           const char *id, Error **errp,
                                           const char *const *props,
                                           size_t count);
Object *qio_internal_object_new_parentless(const char *type_name, Error **errp,
                                           const char *const *props, size_t count);
bool qio_internal_object_set_props(Object *obj, Error **errp,
                                   const char *const *props, size_t count);

#ifdef QIO_HAS_PROPV_ERRP_LAST
#define VARGS_AND_ERRP(vargs, errp) vargs, errp
#else
#define VARGS_AND_ERRP(vargs, errp) errp, vargs
#endif

/* Names and values by turns. */
static GPtrArray *collect(va_list vargs)
{
    GPtrArray *props = g_ptr_array_new();
    char *name;

    while ((name = va_arg(vargs, char *)) != NULL) {
        g_ptr_array_add(props, name);
        g_ptr_array_add(props, va_arg(vargs, char *));
    }
    return props;
}

Object *object_new_with_propv(const char *type_name, Object *parent,
                              const char *id,
                              VARGS_AND_ERRP(va_list vargs, Error **errp))
{
    g_autoptr(GPtrArray) props = collect(vargs);

    return qio_internal_object_new_with_props(
        type_name, parent, id, errp, (const char *const *)props->pdata,
        props->len / 2);
}

Object *object_new_with_props(const char *type_name, Object *parent,
                              const char *id, Error **errp, ...)
{
    va_list vargs;
    Object *obj;

    va_start(vargs, errp);
    obj = object_new_with_propv(type_name, parent, id, VARGS_AND_ERRP(vargs, errp));
    va_end(vargs);
    return obj;
}

#ifdef QIO_HAS_PARENTLESS_OBJECTS
Object *object_new_with_propv_parentless(const char *type_name, va_list vargs, Error **errp)
{
    g_autoptr(GPtrArray) props = collect(vargs);

    return qio_internal_object_new_parentless(
        type_name, errp, (const char *const *)props->pdata, props->len / 2);
}

Object *object_new_with_props_parentless(const char *type_name, Error **errp, ...)
{
    va_list vargs;
    Object *obj;

    va_start(vargs, errp);
    obj = object_new_with_propv_parentless(type_name, vargs, errp);
    va_end(vargs);
    return obj;
}
#endif

bool object_set_propv(Object *obj, VARGS_AND_ERRP(va_list vargs, Error **errp))
{
    g_autoptr(GPtrArray) props = collect(vargs);

    return qio_internal_object_set_props(
        obj, errp, (const char *const *)props->pdata, props->len / 2);
}

bool object_set_props(Object *obj, Error **errp, ...)
{
    va_list vargs;
    bool ok;

    va_start(vargs, errp);
    ok = object_set_propv(obj, VARGS_AND_ERRP(vargs, errp));
    va_end(vargs);
    return ok;
}
