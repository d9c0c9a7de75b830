/*
 * Types that several schemas use
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef QAPI_TYPES_COMMON_H
#define QAPI_TYPES_COMMON_H

#ifndef QEMU_OSDEP_H
#error "include qemu/osdep.h before any other header"
#include "qemu/osdep.h" /* so that the compiler says only this */
#endif

#include "qapi/qapi-builtin-types.h"

#ifndef QIO_HAS_FD_SOCKET_ADDRESS
G_BEGIN_DECLS

/**
 * String:
 * @str: text in GLib memory
 *
 * A text in a struct of its own: the number of a descriptor, or its name in the
 * monitor.
 *
 * Since: qemu-7.2 profile. Differs: named FdSocketAddress from qemu-9.0 on.
 */
typedef struct String String;
struct String {
    char *str;
};

/**
 * qapi_free_String:
 * @obj: (transfer full) (nullable): a text
 *
 * Frees a struct and its text.
 *
 * Threads: any; Blocks: no.
 */
void qapi_free_String(String *obj);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(String, qapi_free_String)

G_END_DECLS
#endif

#endif
