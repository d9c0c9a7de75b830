/*
 * GLib, with what the oldest supported GLib lacks.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef GLIB_COMPAT_H
#define GLIB_COMPAT_H

#include <glib.h>
#include <glib-unix.h>
#ifdef QIO_HAS_AUTOFD
#include <errno.h>
#include <glib/gstdio.h>
#endif
#include <string.h>

#ifndef G_NORETURN
#define G_NORETURN __attribute__((noreturn))
#endif

/*
 * g_memdup2 is GLib's own from 2.68 on, but a program that limits itself to an older API, with
 * GLIB_VERSION_MAX_ALLOWED, would be warned of it.
 */
#if !GLIB_CHECK_VERSION(2, 68, 0) || \
    (defined(GLIB_VERSION_MAX_ALLOWED) && \
     GLIB_VERSION_MAX_ALLOWED < G_ENCODE_VERSION(2, 68))
static inline gpointer g_memdup2_compat(gconstpointer mem, gsize byte_size)
{
    gpointer copy;

    if (mem == NULL || byte_size == 0) {
        return NULL;
    }
    copy = g_malloc(byte_size);
    memcpy(copy, mem, byte_size);
    return copy;
}
#define g_memdup2(mem, byte_size) g_memdup2_compat(mem, byte_size)
#endif

#ifdef QIO_HAS_AUTOFD
/* GLib's own from 2.76 on; for the same programs as above. */
#if !GLIB_CHECK_VERSION(2, 76, 0) || \
    (defined(GLIB_VERSION_MAX_ALLOWED) && \
     GLIB_VERSION_MAX_ALLOWED < G_ENCODE_VERSION(2, 76))
static inline gboolean g_clear_fd_compat(int *fd_ptr, GError **error)
{
    int fd = *fd_ptr;

    *fd_ptr = -1;
    return fd < 0 || g_close(fd, error);
}
#define g_clear_fd(fd_ptr, error) g_clear_fd_compat(fd_ptr, error)

/* What runs where the variable ends; whoever looks at errno next asks for somebody else's. */
static inline void g_autofd_compat(int *fd_ptr)
{
    int saved_errno = errno;

    g_clear_fd_compat(fd_ptr, NULL);
    errno = saved_errno;
}
#undef g_autofd
#define g_autofd __attribute__((cleanup(g_autofd_compat)))
#endif
#endif

#endif
