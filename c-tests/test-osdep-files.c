/*
 * qemu/osdep.h: the functions on descriptors and files.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include <dlfcn.h>
#include <glib/gstdio.h>
#include "interruptions.h"
#include "mistakes.h"

/* A fresh directory, and a path in it where nothing is. */
typedef struct Place {
    char *dir;
    char *path;
} Place;

static void place_set_up(Place *place, gconstpointer data)
{
    g_autoptr(GError) err = NULL;

    place->dir = g_dir_make_tmp("qio-osdep-XXXXXX", &err);
    g_assert_no_error(err);
    place->path = g_build_filename(place->dir, "file", NULL);
}

static void place_tear_down(Place *place, gconstpointer data)
{
    g_unlink(place->path);
    g_assert_cmpint(g_rmdir(place->dir), ==, 0);
    g_free(place->path);
    g_free(place->dir);
}

static bool is_cloexec(int fd)
{
    int flags = fcntl(fd, F_GETFD);

    g_assert_cmpint(flags, !=, -1);
    return flags & FD_CLOEXEC;
}

static void test_create(Place *place, gconstpointer data)
{
    struct stat st;
    mode_t mask = umask(0);
    int fd = qemu_create(place->path, O_RDWR, 0640, &error_abort);

    umask(mask);
    g_assert_cmpint(fd, >=, 0);
    g_assert_true(is_cloexec(fd));
    g_assert_cmpint(fstat(fd, &st), ==, 0);
    g_assert_cmpint(st.st_mode & 07777, ==, 0640);
    g_assert_cmpint(qemu_write_full(fd, "abc", 3), ==, 3);
    g_assert_cmpint(qemu_close(fd), ==, 0);

    /* One that exists is opened, unless that is refused. */
    fd = qemu_create(place->path, O_RDWR, 0640, &error_abort);
    g_assert_cmpint(fstat(fd, &st), ==, 0);
    g_assert_cmpint(st.st_size, ==, 3);
    g_assert_cmpint(qemu_close(fd), ==, 0);
}

static void test_create_fails(Place *place, gconstpointer data)
{
    Error *err = NULL;
    g_autofree char *expected = NULL;
    int fd = qemu_create(place->path, O_RDWR, 0600, &error_abort);

    g_assert_cmpint(qemu_close(fd), ==, 0);
    errno = 0;
    g_assert_cmpint(qemu_create(place->path, O_RDWR | O_EXCL, 0600, &err), ==, -1);
    g_assert_cmpint(errno, ==, EEXIST);
    expected = g_strdup_printf("Could not create '%s': %s", place->path, strerror(EEXIST));
    g_assert_cmpstr(error_get_pretty(err), ==, expected);
    error_free(err);

    errno = 0;
    g_assert_cmpint(qemu_create(place->path, O_RDWR | O_EXCL, 0600, NULL), ==, -1);
    g_assert_cmpint(errno, ==, EEXIST);
}

static void test_open(Place *place, gconstpointer data)
{
    Error *err = NULL;
    g_autofree char *expected = NULL;
    int fd;

    errno = 0;
    g_assert_cmpint(qemu_open(place->path, O_RDONLY, &err), ==, -1);
    g_assert_cmpint(errno, ==, ENOENT);
    expected = g_strdup_printf("Could not open '%s': %s", place->path, strerror(ENOENT));
    g_assert_cmpstr(error_get_pretty(err), ==, expected);
    error_free(err);

    errno = 0;
    g_assert_cmpint(qemu_open(place->path, O_RDONLY, NULL), ==, -1);
    g_assert_cmpint(errno, ==, ENOENT);

    g_assert_true(g_file_set_contents(place->path, "x", 1, NULL));
    fd = qemu_open(place->path, O_RDWR, &error_abort);
    g_assert_cmpint(fd, >=, 0);
    g_assert_true(is_cloexec(fd));
    g_assert_cmpint(fcntl(fd, F_GETFL) & O_ACCMODE, ==, O_RDWR);
    g_assert_cmpint(qemu_close(fd), ==, 0);
}

static void test_open_old(Place *place, gconstpointer data)
{
    struct stat st;
    mode_t mask;
    int fd;

    errno = 0;
    g_assert_cmpint(qemu_open_old(place->path, O_RDONLY), ==, -1);
    g_assert_cmpint(errno, ==, ENOENT);

    mask = umask(0);
    fd = qemu_open_old(place->path, O_RDWR | O_CREAT, 0604);
    umask(mask);
    g_assert_cmpint(fd, >=, 0);
    g_assert_true(is_cloexec(fd));
    g_assert_cmpint(fstat(fd, &st), ==, 0);
    g_assert_cmpint(st.st_mode & 07777, ==, 0604);
    g_assert_cmpint(qemu_close(fd), ==, 0);

    fd = qemu_open_old(place->path, O_RDONLY);
    g_assert_cmpint(fd, >=, 0);
    g_assert_true(is_cloexec(fd));
    g_assert_cmpint(qemu_close(fd), ==, 0);
}

/* A file without a name takes a mode too. */
static void test_open_old_unnamed(Place *place, gconstpointer data)
{
    struct stat st;
    mode_t mask = umask(0);
    int fd = qemu_open_old(place->dir, O_RDWR | O_TMPFILE, 0604);

    umask(mask);
    if (fd == -1) {
        g_test_skip("the file system has no O_TMPFILE");
        return;
    }
    g_assert_cmpint(fstat(fd, &st), ==, 0);
    g_assert_cmpint(st.st_mode & 07777, ==, 0604);
    g_assert_cmpint(qemu_close(fd), ==, 0);
}

/* N7: a signal doesn't end the wait for the other end of a FIFO. */
static void test_interrupted(Place *place, gconstpointer data)
{
    Interruptions how;
    int fd;

    interruptions_start(&how, place->path);
    fd = qemu_open(place->path, O_RDONLY, &error_abort);
    g_assert_cmpint(fd, >=, 0);
    interruptions_end(&how);
    close(fd);

    interruptions_start(&how, place->path);
    fd = qemu_open_old(place->path, O_RDONLY);
    g_assert_cmpint(fd, >=, 0);
    interruptions_end(&how);
    close(fd);
}

static void test_unlink(Place *place, gconstpointer data)
{
    g_assert_true(g_file_set_contents(place->path, "x", 1, NULL));
    g_assert_cmpint(qemu_unlink(place->path), ==, 0);
    errno = 0;
    g_assert_cmpint(qemu_unlink(place->path), ==, -1);
    g_assert_cmpint(errno, ==, ENOENT);
}

static void test_close(void)
{
    int fd = open("/dev/null", O_RDWR);

    g_assert_cmpint(qemu_close(fd), ==, 0);
    errno = 0;
    g_assert_cmpint(qemu_close(fd), ==, -1);
    g_assert_cmpint(errno, ==, EBADF);
}

static void test_dup(void)
{
    int fd = open("/dev/null", O_RDWR);
    int copy = qemu_dup(fd);

    g_assert_cmpint(copy, >=, 0);
    g_assert_cmpint(copy, !=, fd);
    g_assert_false(is_cloexec(fd));
    g_assert_true(is_cloexec(copy));
    g_assert_cmpint(close(copy), ==, 0);
    g_assert_cmpint(close(fd), ==, 0);
    errno = 0;
    g_assert_cmpint(qemu_dup(fd), ==, -1);
    g_assert_cmpint(errno, ==, EBADF);
}

/* R-SOCK-30 */
static void test_cloexec(void)
{
    int fd = open("/dev/null", O_RDWR);

    g_assert_false(is_cloexec(fd));
    qemu_set_cloexec(fd);
    g_assert_true(is_cloexec(fd));
    qemu_set_cloexec(fd);
    g_assert_true(is_cloexec(fd));
#ifdef QIO_HAS_CLEAR_CLOEXEC
    qemu_clear_cloexec(fd);
    g_assert_false(is_cloexec(fd));
    qemu_clear_cloexec(fd);
    g_assert_false(is_cloexec(fd));
#endif
#ifdef QIO_HAS_FCNTL_ADDFL
    g_assert_cmpint(qemu_fcntl_addfl(fd, O_APPEND), ==, 0);
    g_assert_cmpint(qemu_fcntl_addfl(fd, O_NONBLOCK), ==, 0);
    g_assert_cmpint(fcntl(fd, F_GETFL) & (O_APPEND | O_NONBLOCK), ==, O_APPEND | O_NONBLOCK);
    g_assert_cmpint(qemu_fcntl_addfl(-1, O_APPEND), ==, -EBADF);
#endif
    g_assert_cmpint(close(fd), ==, 0);
}

/* While fault_fd is a descriptor, write() to it fails with EINTR every other time and else writes
 * at most 3 bytes. */
static int fault_fd = -1;
static int fault_calls;

ssize_t write(int fd, const void *buf, size_t count)
{
    static ssize_t (*real)(int, const void *, size_t);

    if (!real) {
        real = dlsym(RTLD_NEXT, "write");
    }
    if (fd == fault_fd) {
        if (fault_calls++ % 2 == 0) {
            errno = EINTR;
            return -1;
        }
        count = MIN(count, 3);
    }
    return real(fd, buf, count);
}

static void test_write_full(void)
{
    char got[16] = "";
    int fds[2];

    g_assert_true(g_unix_open_pipe(fds, FD_CLOEXEC, NULL));
    fault_fd = fds[1];
    fault_calls = 0;
    g_assert_cmpint(qemu_write_full(fds[1], "0123456789", 10), ==, 10);
    fault_fd = -1;
    g_assert_cmpint(fault_calls, ==, 8);
    g_assert_cmpint(read(fds[0], got, sizeof(got)), ==, 10);
    g_assert_cmpstr(got, ==, "0123456789");

    g_assert_cmpint(qemu_write_full(fds[1], NULL, 0), ==, 0);
    close(fds[0]);
    close(fds[1]);
}

/* A failure after a part tells how much the part was. */
static void test_write_full_fails(void)
{
    static const char block[1024 * 1024];
    int fds[2], size;

    g_assert_true(g_unix_open_pipe(fds, FD_CLOEXEC, NULL));
    size = fcntl(fds[1], F_GETPIPE_SZ);
    g_assert_cmpint(size, <, sizeof(block));
    g_assert_true(g_unix_set_fd_nonblocking(fds[1], TRUE, NULL));
    errno = 0;
    g_assert_cmpint(qemu_write_full(fds[1], block, sizeof(block)), ==, size);
    g_assert_cmpint(errno, ==, EAGAIN);
    close(fds[0]);
    close(fds[1]);
    errno = 0;
    g_assert_cmpint(qemu_write_full(fds[1], block, 1), ==, 0);
    g_assert_cmpint(errno, ==, EBADF);
}

#ifndef QIO_HAS_RETRY_ON_EINTR
static void test_closesocket(void)
{
    int fd = socket(AF_UNIX, SOCK_STREAM, 0), waiting = -1;

    g_assert_cmpint(ioctlsocket(fd, FIONREAD, &waiting), ==, 0);
    g_assert_cmpint(waiting, ==, 0);
    g_assert_cmpint(closesocket(fd), ==, 0);
}
#endif

static void open_creating(void)
{
    qemu_open("/dev/null", O_RDWR | O_CREAT, NULL);
}

static void create_creating(void)
{
    qemu_create("/dev/null", O_RDWR | O_CREAT, 0600, NULL);
}

/* R-SOCK-30 */
static void set_cloexec_of_nothing(void)
{
    qemu_set_cloexec(-1);
}

#ifdef QIO_HAS_CLEAR_CLOEXEC
/* R-SOCK-30 */
static void clear_cloexec_of_nothing(void)
{
    qemu_clear_cloexec(-1);
}
#endif

static const Mistake mistakes[] = {
    { "open", open_creating, "*qemu_open: @flags contains O_CREAT*" },
    { "create", create_creating, "*qemu_create: @flags contains O_CREAT*" },
    { "set-cloexec", set_cloexec_of_nothing, "*qemu_set_cloexec: @fd -1: *" },
#ifdef QIO_HAS_CLEAR_CLOEXEC
    { "clear-cloexec", clear_cloexec_of_nothing, "*qemu_clear_cloexec: @fd -1: *" },
#endif
};

static void add_with_place(const char *path, void (*test)(Place *, gconstpointer))
{
    g_test_add(path, Place, NULL, place_set_up, test, place_tear_down);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    add_with_place("/qio/osdep/create", test_create);
    add_with_place("/qio/osdep/create-fails", test_create_fails);
    add_with_place("/qio/osdep/open", test_open);
    add_with_place("/qio/osdep/open-old", test_open_old);
    add_with_place("/qio/osdep/open-old-unnamed", test_open_old_unnamed);
    add_with_place("/qio/osdep/interrupted", test_interrupted);
    add_with_place("/qio/osdep/unlink", test_unlink);
    g_test_add_func("/qio/osdep/close", test_close);
    g_test_add_func("/qio/osdep/dup", test_dup);
    g_test_add_func("/qio/osdep/cloexec", test_cloexec);
    g_test_add_func("/qio/osdep/write-full", test_write_full);
    g_test_add_func("/qio/osdep/write-full-fails", test_write_full_fails);
#ifndef QIO_HAS_RETRY_ON_EINTR
    g_test_add_func("/qio/osdep/closesocket", test_closesocket);
#endif
    ADD_MISTAKES("/qio/osdep/mistake", mistakes);
    return g_test_run();
}
