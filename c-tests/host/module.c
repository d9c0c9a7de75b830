/*
 * Module initialisers (R-MOD-1).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "qemu/module.h"

#include <pthread.h>

/* Constructors of other objects come here before ours: all of it is ready without one. */
typedef void Initializer(void);

typedef struct Kind {
    GPtrArray *functions;
    bool called;
} Kind;

static Kind kinds[MODULE_INIT_MAX];
static pthread_mutex_t kinds_lock = PTHREAD_MUTEX_INITIALIZER;

/* Held while initialisers run, so that whoever calls meanwhile returns when they have run. */
static pthread_mutex_t running = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;

void register_module_init(void (*fn)(void), module_init_type type)
{
    assert(fn != NULL && type < MODULE_INIT_MAX);

    pthread_mutex_lock(&kinds_lock);
    if (!kinds[type].called) {
        if (kinds[type].functions == NULL) {
            kinds[type].functions = g_ptr_array_new();
        }
        g_ptr_array_add(kinds[type].functions, fn);
    }
    pthread_mutex_unlock(&kinds_lock);
}

void module_call_init(module_init_type type)
{
    GPtrArray *functions;

    assert(type < MODULE_INIT_MAX);

    pthread_mutex_lock(&running);
    pthread_mutex_lock(&kinds_lock);
    functions = g_steal_pointer(&kinds[type].functions);
    kinds[type].called = true;
    pthread_mutex_unlock(&kinds_lock);

    if (functions != NULL) {
        for (guint i = 0; i < functions->len; i++) {
            ((Initializer *)g_ptr_array_index(functions, i))();
        }
        g_ptr_array_free(functions, TRUE);
    }
    pthread_mutex_unlock(&running);
}
