/*
 * The life of objects (R-QOM-8 to R-QOM-11, R-QOM-14).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "qemu/atomic.h"
#include "qemu/error-report.h"
#include "type.h"

static TypeImpl *type_for_object(const char *type_name)
{
    TypeImpl *type;

    assert(type_name != NULL);
    type = type_by_name(type_name);
#ifndef QIO_HAS_UNKNOWN_TYPE_EXIT
    assert(type != NULL);
#else
    if (type == NULL) {
        error_report("unknown type '%s'", type_name);
        exit(1);
    }
#endif
    return type;
}

/* From the root down to @type. */
static void init_run(Object *obj, const TypeImpl *type)
{
    if (type->parent != NULL) {
        init_run(obj, type->parent);
    }
    if (type->info.instance_init != NULL) {
        type->info.instance_init(obj);
    }
}

static void post_init_run(Object *obj, const TypeImpl *type)
{
#ifdef QIO_HAS_POST_INIT_ROOT_FIRST
    if (type->parent != NULL) {
        post_init_run(obj, type->parent);
    }
#endif
    if (type->info.instance_post_init != NULL) {
        type->info.instance_post_init(obj);
    }
#ifndef QIO_HAS_POST_INIT_ROOT_FIRST
    if (type->parent != NULL) {
        post_init_run(obj, type->parent);
    }
#endif
}

static void object_begin(Object *obj, TypeImpl *type, ObjectFree *free_memory)
{
    memset(obj, 0, type->instance_size);
    obj->class = type->class;
    obj->free = free_memory;
    obj->properties = g_hash_table_new(g_str_hash, g_str_equal);
    obj->ref = 1;
    init_run(obj, type);
    post_init_run(obj, type);
}

Object *object_new_with_class(ObjectClass *klass)
{
    TypeImpl *type = klass->type;
    void *memory = NULL;

    assert(!type_is_abstract(type));
    if (type->instance_align <= __alignof__(max_align_t)) {
        memory = g_malloc(type->instance_size);
        object_begin(memory, type, g_free);
    } else {
        if (posix_memalign(&memory, type->instance_align, type->instance_size) != 0) {
            abort();
        }
        object_begin(memory, type, free);
    }
    return memory;
}

Object *object_new(const char *type_name)
{
    return object_new_with_class(type_class(type_for_object(type_name)));
}

void object_initialize(void *obj, size_t size, const char *type_name)
{
    TypeImpl *type = type_for_object(type_name);

    type_class(type);
    assert(obj != NULL && !type_is_abstract(type) && size >= type->instance_size);
    object_begin(obj, type, NULL);
}

Object *object_ref(void *opaque)
{
    Object *obj = opaque;

    if (obj != NULL) {
        uint32_t before = qatomic_fetch_inc(&obj->ref);

        assert(before < INT_MAX);
    }
    return obj;
}

static void object_finalize(Object *obj)
{
    TypeImpl *type;

    g_hash_table_destroy(g_steal_pointer(&obj->properties));
    for (type = obj->class->type; type != NULL; type = type->parent) {
        if (type->info.instance_finalize != NULL) {
            type->info.instance_finalize(obj);
        }
    }
    assert(qatomic_read(&obj->ref) == 0 && obj->parent == NULL);
    if (obj->free != NULL) {
        obj->free(obj);
    }
}

void object_unref(void *opaque)
{
    Object *obj = opaque;
    uint32_t before;

    if (obj == NULL) {
        return;
    }
    before = qatomic_fetch_dec(&obj->ref);
    assert(before > 0);
    if (before == 1) {
        object_finalize(obj);
    }
}

ObjectClass *object_get_class(Object *obj)
{
    return obj->class;
}

const char *object_get_typename(const Object *obj)
{
    return obj->class->type->info.name;
}
