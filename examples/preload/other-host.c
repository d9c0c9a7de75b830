/*
 * Another host, as far as program.c and other-io.c need one: types and objects, errors and module
 * initialisers. No classes: nobody here calls a method.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qom/object.h"

struct TypeImpl {
    TypeInfo info;
};

struct Error {
    char *msg;
};

static GHashTable *types;
static GSList *initialisers;

void register_module_init(void (*fn)(void), module_init_type type)
{
    if (type == MODULE_INIT_QOM) {
        initialisers = g_slist_append(initialisers, fn);
    }
}

void module_call_init(module_init_type type)
{
    while (type == MODULE_INIT_QOM && initialisers) {
        void (*fn)(void) = initialisers->data;

        initialisers = g_slist_delete_link(initialisers, initialisers);
        fn();
    }
}

Type type_register_static(const TypeInfo *info)
{
    Type type = g_new0(struct TypeImpl, 1);

    if (!types) {
        types = g_hash_table_new(g_str_hash, g_str_equal);
    }
    if (g_hash_table_contains(types, info->name)) {
        fprintf(stderr, "Registering `%s' which already exists\n", info->name);
        abort();
    }
    type->info = *info;
    g_hash_table_insert(types, (gpointer)info->name, type);
    return type;
}

Object *object_new(const char *typename)
{
    Type type = g_hash_table_lookup(types, typename);
    Object *obj;

    if (!type || type->info.abstract) {
        fprintf(stderr, "no type %s\n", typename);
        abort();
    }
    obj = g_malloc0(type->info.instance_size);
    obj->free = g_free;
    obj->ref = 1;
    return obj;
}

Object *object_ref(void *objptr)
{
    Object *obj = objptr;

    if (obj) {
        __atomic_fetch_add(&obj->ref, 1, __ATOMIC_SEQ_CST);
    }
    return obj;
}

void object_unref(void *objptr)
{
    Object *obj = objptr;

    if (obj && __atomic_sub_fetch(&obj->ref, 1, __ATOMIC_SEQ_CST) == 0) {
        obj->free(obj);
    }
}

void error_setg_internal(Error **errp, const char *src, int line, const char *func,
                         const char *fmt, ...)
{
    va_list args;

    (void)src;
    (void)line;
    (void)func;
    if (errp) {
        va_start(args, fmt);
        *errp = g_new0(Error, 1);
        (*errp)->msg = g_strdup_vprintf(fmt, args);
        va_end(args);
    }
}

const char *error_get_pretty(const Error *err)
{
    return err->msg;
}

void error_free(Error *err)
{
    if (err) {
        g_free(err->msg);
        g_free(err);
    }
}

void error_propagate(Error **dst_errp, Error *local_err)
{
    if (dst_errp && !*dst_errp) {
        *dst_errp = local_err;
    } else {
        error_free(local_err);
    }
}

static const TypeInfo container_type = {
    .name = "container",
    .parent = TYPE_OBJECT,
    .instance_size = sizeof(Object),
};

static void register_types(void)
{
    type_register_static(&container_type);
}

type_init(register_types)
