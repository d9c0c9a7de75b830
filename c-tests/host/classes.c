/*
 * Classes: how they come into being, and what can be asked of them (R-QOM-3 to R-QOM-5, R-QOM-7).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "qemu/atomic.h"
#include "qemu/error-report.h"
#include "type.h"

#include <pthread.h>

/*
 * Held while a class is made. Recursive, since a hook may need further classes, and even its own
 * unfinished one.
 */
static pthread_mutex_t class_lock = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;

bool type_is_abstract(const TypeImpl *type)
{
    return type->info.abstract || type->instance_size == 0;
}

bool type_descends(const TypeImpl *type, const TypeImpl *ancestor)
{
    while (type != NULL && type != ancestor) {
        type = type->parent;
    }
    return type != NULL;
}

static bool type_is_interface(const TypeImpl *type)
{
    return type_descends(type, type_by_name(TYPE_INTERFACE));
}

static void parent_resolve(TypeImpl *type)
{
    if (type->parent == NULL && type->info.parent != NULL) {
        type->parent = type_by_name(type->info.parent);
        if (type->parent == NULL) {
            fprintf(stderr, "Type '%s' has the parent '%s', which is missing\n",
                    type->info.name, type->info.parent);
            abort();
        }
    }
}

/* The parent has its class, so its sizes are known. */
static void sizes_resolve(TypeImpl *type)
{
    const TypeImpl *parent = type->parent;

    type->class_size = type->info.class_size;
    type->instance_size = type->info.instance_size;
    type->instance_align = type->info.instance_align;
    if (parent == NULL) {
        if (type->class_size == 0) {
            type->class_size = sizeof(ObjectClass);
        }
        return;
    }
    if (type->class_size == 0) {
        type->class_size = parent->class_size;
    }
    if (type->instance_size == 0) {
        type->instance_size = parent->instance_size;
    }
#ifdef QIO_HAS_INSTANCE_ALIGN_INHERITANCE
    if (type->instance_align == 0) {
        type->instance_align = parent->instance_align;
    }
#endif
    assert(parent->class_size <= type->class_size);
    assert(parent->instance_size <= type->instance_size);
}

static ObjectClass *class_begin(TypeImpl *type)
{
    ObjectClass *klass = g_malloc0(type->class_size);

    if (type->parent != NULL) {
        memcpy(klass, type->parent->class, type->parent->class_size);
    }
    klass->type = type;
    klass->interfaces = NULL;
    klass->properties = g_hash_table_new(g_str_hash, g_str_equal);
    return klass;
}

static void class_hooks_run(TypeImpl *type)
{
    const TypeImpl *ancestor;

    for (ancestor = type->parent; ancestor != NULL; ancestor = ancestor->parent) {
        if (ancestor->info.class_base_init != NULL) {
            ancestor->info.class_base_init(type->class, type->info.class_data);
        }
    }
    if (type->info.class_init != NULL) {
        type->info.class_init(type->class, type->info.class_data);
    }
}

/* @parent is @interface, or the class that the parent of @type has of it. */
static void interface_add(TypeImpl *type, TypeImpl *interface, TypeImpl *parent)
{
    TypeImpl *private = g_new0(TypeImpl, 1);
    InterfaceClass *klass;

    private->info.name = g_strdup_printf("%s::%s", type->info.name, interface->info.name);
    private->info.parent = g_strdup(parent->info.name);
    private->info.abstract = true;
    private->parent = parent;
    sizes_resolve(private);
    private->class = class_begin(private);
    class_hooks_run(private);

    klass = (InterfaceClass *)private->class;
    klass->interface_type = interface;
#ifdef QIO_HAS_INTERFACE_CONCRETE_CLASS
    klass->concrete_class = type->class;
#endif
    qatomic_store_release(&private->class_is_ready, 1);
    type->class->interfaces = g_slist_append(type->class->interfaces, klass);
}

static bool interface_is_covered(const TypeImpl *type, const TypeImpl *interface)
{
    for (GSList *i = type->class->interfaces; i != NULL; i = i->next) {
        if (type_descends(((ObjectClass *)i->data)->type, interface)) {
            return true;
        }
    }
    return false;
}

static void interfaces_make(TypeImpl *type)
{
    const InterfaceInfo *info;

    for (GSList *i = type->parent->class->interfaces; i != NULL; i = i->next) {
        InterfaceClass *inherited = i->data;

        interface_add(type, inherited->interface_type, inherited->parent_class.type);
    }
    for (info = type->info.interfaces; info != NULL && info->type != NULL; info++) {
        TypeImpl *interface = type_by_name(info->type);

        if (interface == NULL) {
            error_report("type '%s' implements the interface '%s', which is missing",
                         type->info.name, info->type);
            abort();
        }
        type_class(interface);
        assert(type_is_interface(interface));
        if (!interface_is_covered(type, interface)) {
            interface_add(type, interface, interface);
        }
    }
}

static void class_make(TypeImpl *type)
{
    parent_resolve(type);
    if (type->parent != NULL) {
        type_class(type->parent);
        if (type->class != NULL) {
            /* A hook of the parent has needed us. */
            return;
        }
    }
    sizes_resolve(type);
    type->class = class_begin(type);
    if (type->parent != NULL) {
        interfaces_make(type);
    }
    if (type_is_interface(type)) {
        assert(type->instance_size == 0 && type->info.instance_init == NULL &&
               type->info.instance_post_init == NULL && type->info.instance_finalize == NULL);
    }
    class_hooks_run(type);
    qatomic_store_release(&type->class_is_ready, 1);
}

ObjectClass *type_class(TypeImpl *type)
{
    if (!qatomic_load_acquire(&type->class_is_ready)) {
        pthread_mutex_lock(&class_lock);
        if (type->class == NULL) {
            class_make(type);
        }
        pthread_mutex_unlock(&class_lock);
    }
    return type->class;
}

ObjectClass *object_class_by_name(const char *type_name)
{
    TypeImpl *type = type_by_name(type_name);

    return type != NULL ? type_class(type) : NULL;
}

ObjectClass *object_class_get_parent(ObjectClass *klass)
{
    return klass->type->parent != NULL ? klass->type->parent->class : NULL;
}

const char *object_class_get_name(ObjectClass *klass)
{
    return klass->type->info.name;
}

bool object_class_is_abstract(ObjectClass *klass)
{
    return type_is_abstract(klass->type);
}

void object_class_foreach(void (*fn)(ObjectClass *klass, void *opaque),
                          const char *implements_type, bool include_abstract, void *opaque)
{
    g_autoptr(GPtrArray) types = types_registered();

    for (guint i = 0; i < types->len; i++) {
        ObjectClass *klass = type_class(g_ptr_array_index(types, i));

        if ((include_abstract || !type_is_abstract(klass->type)) &&
            (implements_type == NULL || object_class_dynamic_cast(klass, implements_type))) {
            fn(klass, opaque);
        }
    }
}

static void list_add(ObjectClass *klass, void *opaque)
{
    GSList **list = opaque;

    *list = g_slist_append(*list, klass);
}

GSList *object_class_get_list(const char *implements_type, bool include_abstract)
{
    GSList *list = NULL;

    object_class_foreach(list_add, implements_type, include_abstract, &list);
    return list;
}
