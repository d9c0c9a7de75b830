/*
 * Strings and numbers.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef QEMU_CUTILS_H
#define QEMU_CUTILS_H

#ifndef QEMU_OSDEP_H
#error "include qemu/osdep.h before any other header"
#include "qemu/osdep.h" /* so that the compiler says only this */
#endif

G_BEGIN_DECLS

/**
 * pstrcpy:
 * @buf: (out) (array length=buf_size): where to copy to
 * @buf_size: its size in bytes; nothing is done if it isn't above 0
 * @str: (transfer none): a string
 *
 * Copies a string, cut to what fits. The copy always ends with a NUL; the rest of the buffer is
 * left as it is.
 *
 * Threads: any; Blocks: no.
 */
void pstrcpy(char *buf, int buf_size, const char *str);

/**
 * strstart:
 * @str: (transfer none): a string
 * @val: (transfer none): a prefix
 * @ptr: (out) (optional): where to store what follows the prefix, a part of @str; left alone
 *   without a match
 *
 * Threads: any; Blocks: no.
 * Returns: 1 if @str begins with @val, else 0.
 */
int strstart(const char *str, const char *val, const char **ptr);

/**
 * qemu_strtoi:
 * @nptr: (nullable): text: white space, a sign and digits
 * @endptr: (out) (optional): where to store the first character that isn't part of the number;
 *   without it there must be none
 * @base: as for strtol(3): 2 to 36, or 0 to go by the prefix 0x or 0
 * @result: (out): the number; one that is too large or too small becomes the nearest int, and no
 *   number becomes 0
 *
 * Reads a number. errno is ERANGE afterwards if it doesn't fit, EINVAL if @base is wrong, else 0.
 *
 * Threads: any; Blocks: no.
 * Returns: 0, -ERANGE if the number doesn't fit, or -EINVAL if there is none, @base is wrong, or
 * more follows it and @endptr is NULL.
 */
int qemu_strtoi(const char *nptr, const char **endptr, int base, int *result);

G_END_DECLS

#endif
