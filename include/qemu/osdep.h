/*
 * The first header of every C file: the system, GLib, and macros that all code uses.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef QEMU_OSDEP_H
#define QEMU_OSDEP_H

#ifdef NDEBUG
#error "assertions are part of the behaviour: do not define NDEBUG"
#endif
#ifdef G_DISABLE_ASSERT
#error "assertions are part of the behaviour: do not define G_DISABLE_ASSERT"
#endif

/* Too late for any header that was included before this one. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#ifndef _FILE_OFFSET_BITS
#define _FILE_OFFSET_BITS 64
#endif

#include "config-host.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <inttypes.h>
#include <limits.h>
#include <unistd.h>
#include <time.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <assert.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <pwd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <arpa/inet.h>
#include <netdb.h>
#include <sys/un.h>
#include <sys/sysmacros.h>
#ifndef QIO_HAS_RETRY_ON_EINTR
#include <sys/ioctl.h>
#endif

#include "glib-compat.h"
#include "qemu/compiler.h"
#include "qemu/typedefs.h"

#ifndef O_BINARY
#define O_BINARY 0
#endif
#ifndef O_LARGEFILE
#define O_LARGEFILE 0
#endif
/* Systems without a limit don't name one. */
#ifndef PATH_MAX
#define PATH_MAX 4096
#endif
#ifndef IOV_MAX
#define IOV_MAX 1024
#endif
#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

/**
 * MIN:
 * MAX:
 *
 * The smaller and the larger of two numbers, in their common type. Each argument is evaluated
 * once; MIN_CONST and MAX_CONST evaluate more often and may stand in constant expressions.
 */
#undef MIN
#undef MAX
#define MIN(a, b) \
    QIO_CHOOSE(a, <, b, QIO_UNIQUE_NAME(qio_a_), QIO_UNIQUE_NAME(qio_b_))
#define MAX(a, b) \
    QIO_CHOOSE(a, >, b, QIO_UNIQUE_NAME(qio_a_), QIO_UNIQUE_NAME(qio_b_))
#define QIO_CHOOSE(a, op, b, var_a, var_b) \
    __extension__ ({ \
        __typeof__(1 ? (a) : (b)) var_a = (a); \
        __typeof__(1 ? (a) : (b)) var_b = (b); \
        var_a op var_b ? var_a : var_b; \
    })
#define MIN_CONST(a, b) ((a) < (b) ? (a) : (b))
#define MAX_CONST(a, b) ((a) > (b) ? (a) : (b))

/**
 * MIN_NON_ZERO:
 *
 * The smaller of two numbers, where 0 stands for "no limit": 0 only if both are. Each argument
 * is evaluated once.
 */
#define MIN_NON_ZERO(a, b) \
    QIO_CHOOSE_NON_ZERO(a, b, QIO_UNIQUE_NAME(qio_a_), QIO_UNIQUE_NAME(qio_b_))
#define QIO_CHOOSE_NON_ZERO(a, b, var_a, var_b) \
    __extension__ ({ \
        __typeof__(1 ? (a) : (b)) var_a = (a); \
        __typeof__(1 ? (a) : (b)) var_b = (b); \
        var_a == 0 || (var_b != 0 && var_b < var_a) ? var_b : var_a; \
    })

/**
 * QEMU_ALIGN_DOWN:
 * QEMU_ALIGN_UP:
 * @n: a number, not negative
 * @m: a positive number
 *
 * The nearest multiple of @m that is not above, not below @n. ROUND_DOWN and ROUND_UP are the
 * same. The arguments may be evaluated more than once.
 */
#define QEMU_ALIGN_DOWN(n, m) ((n) / (m) * (m))
#define QEMU_ALIGN_UP(n, m) QEMU_ALIGN_DOWN((n) + ((m) - 1), m)
#define QEMU_IS_ALIGNED(n, m) ((n) % (m) == 0)
#define ROUND_DOWN(n, d) QEMU_ALIGN_DOWN(n, d)
#define ROUND_UP(n, d) QEMU_ALIGN_UP(n, d)
#define DIV_ROUND_UP(n, d) (((n) + ((d) - 1)) / (d))

/**
 * ARRAY_SIZE:
 * @x: an array
 *
 * The number of its elements. A pointer doesn't compile.
 */
#ifdef __cplusplus
#define QIO_IS_POINTER(x) __is_same(__typeof__(x), __typeof__(&(x)[0]))
#else
#define QIO_IS_POINTER(x) \
    __builtin_types_compatible_p(__typeof__(x), __typeof__(&(x)[0]))
#endif
#define ARRAY_SIZE(x) \
    (sizeof(x) / sizeof((x)[0]) + QEMU_BUILD_BUG_ON_ZERO(QIO_IS_POINTER(x)))

#ifndef QIO_HAS_RETRY_ON_EINTR
/* Evaluates @expr again while it is -1 and errno is EINTR; a statement. */
#define TFR(expr) do {} while ((expr) == -1 && errno == EINTR)
#define closesocket(s) close(s)
#define ioctlsocket(s, r, v) ioctl(s, r, v)
#else
/* Evaluates @expr again while it is -1 and errno is EINTR; yields the last value. */
#define RETRY_ON_EINTR(expr) \
    QIO_RETRY_ON_EINTR(expr, QIO_UNIQUE_NAME(qio_value_))
#define QIO_RETRY_ON_EINTR(expr, var) \
    __extension__ ({ \
        typeof_strip_qual(expr) var; \
        do { \
            var = (expr); \
        } while (var == -1 && errno == EINTR); \
        var; \
    })
#endif

G_BEGIN_DECLS

/**
 * qemu_open_old:
 * @name: (transfer none): path
 * @flags: as for open(2); O_CLOEXEC is added
 * @...: with O_CREAT or O_TMPFILE: the mode, as mode_t
 *
 * Opens a file, reporting by errno only.
 *
 * Threads: any; Blocks: as open(2).
 * Returns: the descriptor, or -1 with errno set.
 */
int qemu_open_old(const char *name, int flags, ...);

/**
 * qemu_open:
 * @name: (transfer none): path
 * @flags: as for open(2), without O_CREAT (asserted); O_CLOEXEC is added
 * @errp: (nullable): as in qapi/error.h
 *
 * Opens a file that exists.
 *
 * Threads: any; Blocks: as open(2).
 * Returns: the descriptor, or -1 with @errp and errno set.
 */
int qemu_open(const char *name, int flags, Error **errp);

/**
 * qemu_create:
 * @name: (transfer none): path
 * @flags: as for open(2), without O_CREAT (asserted); O_CREAT and O_CLOEXEC are added
 * @mode: permissions of a new file, reduced by the umask
 * @errp: (nullable): as in qapi/error.h
 *
 * Opens a file, creating it if it does not exist. O_EXCL refuses one that does.
 *
 * Threads: any; Blocks: as open(2).
 * Returns: the descriptor, or -1 with @errp and errno set.
 */
int qemu_create(const char *name, int flags, mode_t mode, Error **errp);

/**
 * qemu_close:
 * @fd: a descriptor
 *
 * Closes it, as close(2).
 *
 * Threads: any; Blocks: as close(2).
 * Returns: 0, or -1 with errno set.
 */
int qemu_close(int fd);

/**
 * qemu_unlink:
 * @name: (transfer none): path
 *
 * Removes it, as unlink(2).
 *
 * Threads: any; Blocks: as unlink(2).
 * Returns: 0, or -1 with errno set.
 */
int qemu_unlink(const char *name);

/**
 * qemu_dup:
 * @fd: a descriptor
 *
 * Duplicates it; the duplicate is close-on-exec.
 *
 * Threads: any; Blocks: no.
 * Returns: the duplicate, or -1 with errno set.
 */
int qemu_dup(int fd);

/**
 * qemu_write_full:
 * @fd: a descriptor
 * @buf: (array length=count): what to write
 * @count: its length in bytes
 *
 * Writes all of it, continuing after partial writes and EINTR.
 *
 * Threads: any; Blocks: as write(2).
 * Returns: the bytes written; fewer than @count after a failure, with errno set.
 */
ssize_t qemu_write_full(int fd, const void *buf, size_t count);

/**
 * qemu_set_cloexec:
 * @fd: a descriptor; an invalid one aborts
 *
 * Makes it close-on-exec.
 *
 * Threads: any; Blocks: no.
 */
void qemu_set_cloexec(int fd);

#ifdef QIO_HAS_CLEAR_CLOEXEC
/**
 * qemu_clear_cloexec:
 * @fd: a descriptor; an invalid one aborts
 *
 * Makes it survive exec.
 *
 * Threads: any; Blocks: no.
 * Since: qemu-10.2.0 profile.
 */
void qemu_clear_cloexec(int fd);

/**
 * qemu_set_blocking:
 * @fd: a descriptor
 * @block: whether operations on it may block
 * @errp: (nullable): as in qapi/error.h
 *
 * Makes it blocking or non-blocking.
 *
 * Threads: any; Blocks: no.
 * Returns: true, or false with @errp set.
 * Since: qemu-10.2.0 profile.
 */
bool qemu_set_blocking(int fd, bool block, Error **errp);
#endif

#ifdef QIO_HAS_FCNTL_ADDFL
/**
 * qemu_fcntl_addfl:
 * @fd: a descriptor
 * @flag: O_* bits, as for fcntl(2) with F_SETFL
 *
 * Adds them to what it has.
 *
 * Threads: any; Blocks: no.
 * Returns: 0 or -errno.
 * Since: qemu-11.1 profile, provisionally.
 */
int qemu_fcntl_addfl(int fd, int flag);
#endif

/**
 * qemu_get_thread_id:
 *
 * The kernel's number of the calling thread, as gettid(2).
 *
 * Threads: any; Blocks: no.
 */
int qemu_get_thread_id(void);

G_END_DECLS

#endif
