/*
 * Checked casts (R-QOM-12, R-QOM-13).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "qemu/atomic.h"
#include "type.h"

/* How many interfaces of @klass are of the type @interface; @found is the last of them. */
static int interfaces_matching(ObjectClass *klass, const TypeImpl *interface, ObjectClass **found)
{
    int count = 0;

    for (GSList *i = klass->interfaces; i != NULL; i = i->next) {
        ObjectClass *candidate = i->data;

        if (type_descends(candidate->type, interface)) {
            *found = candidate;
            count++;
        }
    }
    return count;
}

ObjectClass *object_class_dynamic_cast(ObjectClass *klass, const char *type_name)
{
    TypeImpl *wanted;
    ObjectClass *found = NULL;
    int matches;

    assert(type_name != NULL);
    if (klass == NULL || strcmp(klass->type->info.name, type_name) == 0) {
        return klass;
    }
    wanted = type_by_name(type_name);
    if (wanted == NULL) {
        return NULL;
    }
    matches = interfaces_matching(klass, wanted, &found);
    if (matches > 0) {
        return matches == 1 ? found : NULL;
    }
    return type_descends(klass->type, wanted) ? klass : NULL;
}

Object *object_dynamic_cast(Object *obj, const char *type_name)
{
    TypeImpl *wanted;
    ObjectClass *found;

    assert(type_name != NULL);
    if (obj == NULL || object_class_dynamic_cast(obj->class, type_name) != NULL) {
        return obj;
    }
    /* No single class to show, but it implements the interface. */
    wanted = type_by_name(type_name);
    return wanted != NULL && interfaces_matching(obj->class, wanted, &found) > 0 ? obj : NULL;
}

/* Names that have matched, by address: R-HOST-5 says that they stay. */
static bool cache_has(const char **cache, const char *type_name)
{
    for (int i = 0; i < OBJECT_CLASS_CAST_CACHE; i++) {
        if (qatomic_read(&cache[i]) == type_name) {
            return true;
        }
    }
    return false;
}

/* The oldest goes. Threads that do this together may lose or double a name, no more. */
static void cache_add(const char **cache, const char *type_name)
{
    for (int i = 1; i < OBJECT_CLASS_CAST_CACHE; i++) {
        qatomic_set(&cache[i - 1], qatomic_read(&cache[i]));
    }
    qatomic_set(&cache[OBJECT_CLASS_CAST_CACHE - 1], type_name);
}

G_NORETURN static void cast_fails(const void *address, const char *type_name,
                                  const char *file, int line, const char *func)
{
    fprintf(stderr, "%s:%d:%s: Object %p is not an instance of type %s\n",
            file, line, func, address, type_name);
    abort();
}

Object *object_dynamic_cast_assert(Object *obj, const char *type_name,
                                   const char *file, int line, const char *func)
{
    assert(type_name != NULL);
    if (obj == NULL || cache_has(obj->class->object_cast_cache, type_name)) {
        return obj;
    }
    if (object_dynamic_cast(obj, type_name) == NULL) {
        cast_fails(obj, type_name, file, line, func);
    }
    cache_add(obj->class->object_cast_cache, type_name);
    return obj;
}

ObjectClass *object_class_dynamic_cast_assert(ObjectClass *klass, const char *type_name,
                                              const char *file, int line, const char *func)
{
    ObjectClass *found;

    assert(type_name != NULL);
    if (klass == NULL || cache_has(klass->class_cast_cache, type_name)) {
        return klass;
    }
    found = object_class_dynamic_cast(klass, type_name);
    if (found == NULL) {
        cast_fails(klass, type_name, file, line, func);
    }
    if (found == klass) {
        cache_add(klass->class_cast_cache, type_name);
    }
    return found;
}
