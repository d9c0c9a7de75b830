/*
 * A QOM type whose instances tell when they are finalised.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PROBE_OBJECT_H
#define PROBE_OBJECT_H

#include "qemu/osdep.h"
#include "qom/object.h"

#define TYPE_PROBE "probe-object"

typedef struct Probe {
    Object parent;
    int *finalized; /* incremented by finalize, if not NULL */
} Probe;

static void probe_finalize(Object *obj)
{
    Probe *probe = (Probe *)obj;

    if (probe->finalized) {
        g_atomic_int_inc(probe->finalized);
    }
}

static void probe_register(void)
{
    static const TypeInfo info = {
        .name = TYPE_PROBE,
        .parent = TYPE_OBJECT,
        .instance_size = sizeof(Probe),
        .instance_finalize = probe_finalize,
    };

    module_call_init(MODULE_INIT_QOM);
    type_register_static(&info);
}

static inline Object *probe_new(int *finalized)
{
    Object *obj = object_new(TYPE_PROBE);

    ((Probe *)obj)->finalized = finalized;
    return obj;
}

#endif
