/*
 * Strings and numbers (B.3.9, R-BUF-3).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "qemu/cutils.h"

void pstrcpy(char *buf, int buf_size, const char *str)
{
    if (buf_size > 0) {
        size_t len = strnlen(str, buf_size - 1);

        memcpy(buf, str, len);
        buf[len] = '\0';
    }
}

int strstart(const char *str, const char *val, const char **ptr)
{
    if (!g_str_has_prefix(str, val)) {
        return 0;
    }
    if (ptr != NULL) {
        *ptr = str + strlen(val);
    }
    return 1;
}

int qemu_strtoi(const char *nptr, const char **endptr, int base, int *result)
{
    const char *start = nptr != NULL ? nptr : "";
    char *end = (char *)start; /* strtol() leaves it alone if @base is wrong */
    long value;

    errno = 0;
    value = strtol(start, &end, base);
    if (value < INT_MIN || value > INT_MAX) {
        errno = ERANGE;
    }
    *result = CLAMP(value, INT_MIN, INT_MAX);
    if (endptr != NULL) {
        *endptr = nptr != NULL ? end : NULL;
    } else if (*end != '\0') {
        return -EINVAL;
    }
    return end == start ? -EINVAL : -errno;
}
