/*
 * Descriptors and files (R-SOCK-3, R-SOCK-4).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"

#include <sys/syscall.h>

int qemu_open_old(const char *name, int flags, ...)
{
    mode_t mode = 0;
    va_list ap;

    if (flags & (O_CREAT | __O_TMPFILE)) {
        va_start(ap, flags);
        mode = va_arg(ap, int);
        va_end(ap);
    }
    return open(name, flags | O_CLOEXEC, mode);
}

int qemu_open(const char *name, int flags, Error **errp)
{
    int fd;

    assert(!(flags & O_CREAT));
    fd = open(name, flags | O_CLOEXEC);
    if (fd < 0) {
        error_setg_file_open(errp, errno, name);
    }
    return fd;
}

int qemu_create(const char *name, int flags, mode_t mode, Error **errp)
{
    int fd;

    assert(!(flags & O_CREAT));
    fd = open(name, flags | O_CREAT | O_CLOEXEC, mode);
    if (fd < 0) {
        error_setg_errno(errp, errno, "Could not create '%s'", name);
    }
    return fd;
}

int qemu_close(int fd)
{
    return close(fd);
}

int qemu_unlink(const char *name)
{
    return unlink(name);
}

int qemu_dup(int fd)
{
    return fcntl(fd, F_DUPFD_CLOEXEC, 0);
}

ssize_t qemu_write_full(int fd, const void *buf, size_t count)
{
    size_t done = 0;

    while (done < count) {
        ssize_t n = write(fd, (const char *)buf + done, count - done);

        if (n < 0 && errno != EINTR) {
            break;
        }
        done += n > 0 ? n : 0;
    }
    return done;
}

static void flag_set(int fd, int get, int set, int flag, bool on)
{
    int flags = fcntl(fd, get);

    assert(flags >= 0);
    flags = fcntl(fd, set, on ? flags | flag : flags & ~flag);
    assert(flags >= 0);
}

void qemu_set_cloexec(int fd)
{
    flag_set(fd, F_GETFD, F_SETFD, FD_CLOEXEC, true);
}

#ifdef QIO_HAS_FCNTL_ADDFL
int qemu_fcntl_addfl(int fd, int flag)
{
    int flags = fcntl(fd, F_GETFL);

    return flags < 0 || fcntl(fd, F_SETFL, flags | flag) < 0 ? -errno : 0;
}
#endif

#ifdef QIO_HAS_CLEAR_CLOEXEC
void qemu_clear_cloexec(int fd)
{
    flag_set(fd, F_GETFD, F_SETFD, FD_CLOEXEC, false);
}

bool qemu_set_blocking(int fd, bool block, Error **errp)
{
    if (!g_unix_set_fd_nonblocking(fd, !block, NULL)) {
        error_setg_errno(errp, errno, "Can't set file descriptor %d %s", fd,
                         block ? "blocking" : "non-blocking");
        return false;
    }
    return true;
}
#endif

int qemu_get_thread_id(void)
{
    return syscall(SYS_gettid);
}
