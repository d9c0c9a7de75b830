/*
 * The variadic function of qemu/osdep.h, which stable Rust can't define (R-HDR-9).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"

int qemu_open_old(const char *name, int flags, ...)
{
    mode_t mode = 0;
    int fd;

    /* Without one of these there is no third argument to be read; O_TMPFILE is several bits. */
    if ((flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE) {
        va_list ap;

        va_start(ap, flags);
        mode = va_arg(ap, mode_t);
        va_end(ap);
    }
    do {
        fd = open(name, flags | O_CLOEXEC, mode);
    } while (fd == -1 && errno == EINTR);
    return fd;
}
