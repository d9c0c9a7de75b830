/*
 * Lists of plain values
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef QAPI_BUILTIN_TYPES_H
#define QAPI_BUILTIN_TYPES_H

#ifndef QEMU_OSDEP_H
#error "include qemu/osdep.h before any other header"
#include "qemu/osdep.h" /* so that the compiler says only this */
#endif

#include "qapi/util.h"

G_BEGIN_DECLS

/**
 * strList:
 * @next: (nullable): the rest of the list
 * @value: (nullable): text in GLib memory
 *
 * A list of texts; NULL is the empty one.
 */
typedef struct strList strList;
struct strList {
    strList *next;
    char *value;
};

/**
 * qapi_free_strList:
 * @obj: (transfer full) (nullable): a list
 *
 * Frees a list and its texts.
 *
 * Threads: any; Blocks: no.
 */
void qapi_free_strList(strList *obj);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(strList, qapi_free_strList)

G_END_DECLS

#endif
