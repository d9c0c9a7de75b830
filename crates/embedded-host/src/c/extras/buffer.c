/*
 * The variadic function of qemu/buffer.h, which stable Rust can't define
 * (R-HDR-9).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "qemu/buffer.h"

void G_GNUC_PRINTF(2, 3) buffer_init(Buffer *buffer, const char *name, ...)
{
    va_list ap;

    memset(buffer, 0, sizeof(*buffer));
    va_start(ap, name);
    buffer->name = g_strdup_vprintf(name, ap);
    va_end(ap);
}
