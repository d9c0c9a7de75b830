/*
 * The register of types (R-QOM-1, R-QOM-2, R-QOM-6).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "type.h"

#include <pthread.h>

static pthread_rwlock_t register_lock = PTHREAD_RWLOCK_INITIALIZER;
static GHashTable *by_name;
static GPtrArray *in_order;

#ifdef QIO_HAS_TYPE_NAME_RULES
static bool name_is_valid(const char *name)
{
    size_t len = strlen(name);

    return len >= 2 && g_ascii_isalnum(name[0]) && name[0] != '0' &&
           strspn(name, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "-_.") == len;
}
#endif

InterfaceInfo *interfaces_copy(const InterfaceInfo *interfaces)
{
    GArray *copy = g_array_new(TRUE, TRUE, sizeof(InterfaceInfo));

    for (; interfaces != NULL && interfaces->type != NULL; interfaces++) {
        InterfaceInfo element = { g_strdup(interfaces->type) };

        g_array_append_val(copy, element);
    }
    return (InterfaceInfo *)(void *)g_array_free(copy, FALSE);
}

static TypeImpl *type_add(const TypeInfo *info)
{
    TypeImpl *type;

    assert(info->name != NULL);
#ifdef QIO_HAS_TYPE_NAME_RULES
    if (!name_is_valid(info->name)) {
        fprintf(stderr, "Registering `%s' with an illegal type name\n", info->name);
        abort();
    }
#endif

    type = g_new0(TypeImpl, 1);
    type->info = *info;
    type->info.name = g_strdup(info->name);
    type->info.parent = g_strdup(info->parent);
    type->info.interfaces = interfaces_copy(info->interfaces);

    pthread_rwlock_wrlock(&register_lock);
    if (by_name == NULL) {
        by_name = g_hash_table_new(g_str_hash, g_str_equal);
        in_order = g_ptr_array_new();
    }
    if (!g_hash_table_insert(by_name, (char *)type->info.name, type)) {
        fprintf(stderr, "Registering `%s' which already exists\n", info->name);
        abort();
    }
    g_ptr_array_add(in_order, type);
    pthread_rwlock_unlock(&register_lock);
    return type;
}

Type type_register_static(const TypeInfo *info)
{
    assert(info != NULL && info->parent != NULL);
    return type_add(info);
}

#ifdef QIO_HAS_TYPE_REGISTER
Type type_register(const TypeInfo *info)
{
    return type_register_static(info);
}
#endif

void type_register_static_array(const TypeInfo *infos, int nr_infos)
{
    for (int i = 0; i < nr_infos; i++) {
        type_register_static(&infos[i]);
    }
}

/* Registered by whoever is first to need them. */
static void register_root_types(void)
{
    static const TypeInfo object = {
        .name = TYPE_OBJECT,
        .instance_size = sizeof(Object),
        .abstract = true,
    };
    static const TypeInfo interface = {
        .name = TYPE_INTERFACE,
        .class_size = sizeof(InterfaceClass),
        .abstract = true,
    };

    type_add(&object);
    type_add(&interface);
}

static pthread_once_t root_types_once = PTHREAD_ONCE_INIT;

TypeImpl *type_by_name(const char *name)
{
    TypeImpl *type;

    assert(name != NULL);
#ifdef QIO_HAS_EARLY_ROOT_TYPES
    pthread_once(&root_types_once, register_root_types);
#endif
    pthread_rwlock_rdlock(&register_lock);
    type = by_name != NULL ? g_hash_table_lookup(by_name, name) : NULL;
    pthread_rwlock_unlock(&register_lock);
    return type;
}

GPtrArray *types_registered(void)
{
    GPtrArray *types = g_ptr_array_new();

    pthread_rwlock_rdlock(&register_lock);
    if (in_order != NULL) {
        g_ptr_array_extend(types, in_order, NULL, NULL);
    }
    pthread_rwlock_unlock(&register_lock);
    return types;
}

/* Here, so that whatever registers a type has these too. */
static void register_builtin_types(void)
{
    static const TypeInfo container = {
        .name = "container",
        .parent = TYPE_OBJECT,
    };

    pthread_once(&root_types_once, register_root_types);
    type_add(&container);
}

type_init(register_builtin_types)
