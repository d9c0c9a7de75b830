/*
 * qemu/osdep.h and what it pulls: macros, and the functions on descriptors and files.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include <dlfcn.h>
#include <glib/gstdio.h>
#include <sys/syscall.h>

#if !defined(CONFIG_LINUX) || !defined(CONFIG_POSIX) || !defined(CONFIG_IOVEC) || \
    !defined(CONFIG_AF_VSOCK) || !defined(CONFIG_QOM_CAST_DEBUG) || \
    !defined(HAVE_IPPROTO_MPTCP)
#error "a configuration macro is missing"
#endif
#if defined(CONFIG_DARWIN) || defined(_WIN32)
#error "a configuration macro is wrong"
#endif
#ifdef QIO_ABI_QEMU_10_2
#if !defined(HAVE_TCP_KEEPCNT) || !defined(HAVE_TCP_KEEPIDLE) || !defined(HAVE_TCP_KEEPINTVL)
#error "a keep-alive macro is missing"
#endif
#elif defined(HAVE_TCP_KEEPCNT) || defined(HAVE_TCP_KEEPIDLE) || defined(HAVE_TCP_KEEPINTVL)
#error "a keep-alive macro is wrong"
#endif

/* At file scope. */
QEMU_BUILD_BUG_ON(sizeof(int) != 4);
QEMU_BUILD_BUG_MSG(O_BINARY != 0, "O_BINARY is not 0");
static const int numbers[MAX_CONST(3, 4)] = { 1, 2, 3, 4 };
static const char copied[ARRAY_SIZE(numbers) + MIN_CONST(1, 2) + QEMU_BUILD_BUG_ON_ZERO(0)];
static const char rounded[ROUND_UP(13, 8)];

typedef struct Packed {
    char c;
    uint64_t value;
} QEMU_PACKED Packed;

typedef struct Aligned {
    char c;
    char QEMU_ALIGNED(32) aligned;
} Aligned;

static int evaluations;

static int counted(int value)
{
    evaluations++;
    return value;
}

static void test_tokens(void)
{
    int glue(var, 1) = 7;
#define NUMBER 12
    int glue(var, NUMBER) = 8;

    g_assert_cmpint(var1 + var12, ==, 15);
    g_assert_cmpstr(stringify(NUMBER), ==, "12");
    g_assert_true(likely(var1 == 7));
    g_assert_false(unlikely(var1 == 8));
#ifndef QIO_ABI_SERIES_7_2
    {
        /* It would be an error if both had the same name. */
        int MAKE_IDENTIFIER(name) G_GNUC_UNUSED, MAKE_IDENTIFIER(name) G_GNUC_UNUSED;
    }
#endif
}

static void test_structs(void)
{
    Packed packed = { 0 };
    Aligned aligned;

    g_assert_cmpuint(sizeof(Packed), ==, 9);
    g_assert_cmpuint(sizeof(Aligned), ==, 64);
    g_assert_cmpuint(sizeof_field(Packed, value), ==, 8);
    g_assert_true(container_of(&packed.c, Packed, c) == &packed);
    g_assert_true(container_of(&aligned.aligned, Aligned, aligned) == &aligned);
    g_assert_cmpuint(ARRAY_SIZE(numbers), ==, 4);
    g_assert_cmpuint(sizeof(copied), ==, 5);
    g_assert_cmpuint(sizeof(rounded), ==, 16);
}

static void test_choices(void)
{
    const uint8_t small = 3;

    evaluations = 0;
    g_assert_cmpint(MIN(counted(2), counted(1)), ==, 1);
    g_assert_cmpint(MAX(counted(2), counted(1)), ==, 2);
    g_assert_cmpint(MIN_NON_ZERO(counted(2), counted(1)), ==, 1);
    g_assert_cmpint(evaluations, ==, 6);

    g_assert_cmpint(MIN(MAX(1, 5), MIN(MAX(2, 7), 9)), ==, 5);
    g_assert_cmpint(MIN(small, 300), ==, 3);
    g_assert_cmpint(MAX(small, 300), ==, 300);
    g_assert_cmpint(MIN(-1, small), ==, -1);
    g_assert_cmpuint(MAX(UINT64_MAX, 1), ==, UINT64_MAX);

    g_assert_cmpint(MIN_NON_ZERO(0, 0), ==, 0);
    g_assert_cmpint(MIN_NON_ZERO(0, 4), ==, 4);
    g_assert_cmpint(MIN_NON_ZERO(4, 0), ==, 4);
    g_assert_cmpint(MIN_NON_ZERO(4, 5), ==, 4);
}

static void test_rounding(void)
{
    uint64_t large = UINT64_C(0x100000001);

    g_assert_cmpuint(ROUND_UP(large, 4096), ==, UINT64_C(0x100001000));
    g_assert_cmpuint(ROUND_DOWN(large, 4096), ==, UINT64_C(0x100000000));
    g_assert_cmpint(ROUND_UP(4096, 4096), ==, 4096);
    g_assert_cmpint(ROUND_UP(0, 4096), ==, 0);
    g_assert_cmpint(QEMU_ALIGN_UP(10, 3), ==, 12);
    g_assert_cmpint(QEMU_ALIGN_UP(9, 3), ==, 9);
    g_assert_cmpint(QEMU_ALIGN_DOWN(10, 3), ==, 9);
    g_assert_true(QEMU_IS_ALIGNED(9, 3));
    g_assert_false(QEMU_IS_ALIGNED(10, 3));
    g_assert_cmpint(DIV_ROUND_UP(10, 3), ==, 4);
    g_assert_cmpint(DIV_ROUND_UP(9, 3), ==, 3);
    g_assert_cmpint(DIV_ROUND_UP(0, 3), ==, 0);
}

static int interruptions;

/* Fails with EINTR as often as told, then returns 5. */
static int interrupted(void)
{
    if (interruptions > 0) {
        interruptions--;
        errno = EINTR;
        return -1;
    }
    return 5;
}

static int fails(void)
{
    evaluations++;
    errno = EBADF;
    return -1;
}

static void test_interruptions(void)
{
    int value = 0;

    evaluations = 0;
    interruptions = 3;
#ifdef QIO_ABI_SERIES_7_2
    TFR(value = interrupted());
    g_assert_cmpint(value, ==, 5);
    TFR(value = fails());
#else
    value = RETRY_ON_EINTR(interrupted());
    g_assert_cmpint(value, ==, 5);
    value = RETRY_ON_EINTR(fails());
#endif
    g_assert_cmpint(interruptions, ==, 0);
    g_assert_cmpint(value, ==, -1);
    g_assert_cmpint(evaluations, ==, 1);
}

static int falls_through(int value)
{
    switch (value) {
    case 1:
        value = 10;
        QEMU_FALLTHROUGH;
    case 10:
        return value + 1;
    default:
        return 0;
    }
}

static QEMU_ALWAYS_INLINE int always_inlined(void)
{
    return 3;
}

static coroutine_fn void in_a_coroutine(void)
{
}

#ifndef QIO_ABI_SERIES_7_2
static int guarded TSA_GUARDED_BY(lock);

static void coroutine_mixed_fn anywhere(void) TSA_NO_TSA;

static void coroutine_mixed_fn anywhere(void)
{
    guarded++;
}

static void no_coroutine_fn TSA_REQUIRES(lock) outside(void)
{
    guarded++;
}
#endif

static void test_compiler(void)
{
    g_assert_cmpint(falls_through(1), ==, 11);
    g_assert_cmpint(always_inlined(), ==, 3);
    in_a_coroutine();
#ifndef QIO_ABI_SERIES_7_2
    {
        const volatile int unchanging = 4;
        typeof_strip_qual(unchanging) copy = unchanging;

        copy++;
        g_assert_cmpint(copy, ==, 5);
        anywhere();
        outside();
        g_assert_cmpint(guarded, ==, 2);
    }
#endif
#ifdef QIO_ABI_QEMU_10_2
    {
        char QEMU_UNINITIALIZED scratch[16];

        scratch[0] = 'x';
        g_assert_cmpint(scratch[0], ==, 'x');
    }
#endif
}

/* One name of each system header, and of GLib's. */
static void test_system(void)
{
    static const gpointer seen[] = {
        strtol, printf, memcpy, strcasecmp, close, time, isdigit, open, getopt, stat,
        gettimeofday, sigaction, readv, waitpid, getpwuid, mmap, socket, inet_pton, getaddrinfo,
        g_main_context_new, g_unix_open_pipe,
    };
    jmp_buf buf;
    struct sockaddr_un un;
    struct in_addr in;

    g_assert_cmpuint(ARRAY_SIZE(seen), >, 0);
    g_assert_cmpuint(sizeof(buf) + sizeof(un) + sizeof(in), >, 0);
    g_assert_cmpint(TCP_NODELAY, >, 0);
    g_assert_cmpint(IPPROTO_MPTCP, ==, 262);
    g_assert_cmpint(O_LARGEFILE | O_BINARY, >=, 0);
    g_assert_cmpuint(major(makedev(3, 4)), ==, 3);
    g_assert_cmpint(INT_MAX, >, 0);
    g_assert_cmpstr(PRIu32, ==, "u");
    g_assert_cmpuint(sizeof(off_t), ==, 8);
}

static void test_memdup(void)
{
    g_autofree char *copy = g_memdup2("abc", 4);

    g_assert_cmpstr(copy, ==, "abc");
    g_assert_null(g_memdup2(NULL, 4));
    g_assert_null(g_memdup2("abc", 0));
}

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

static void test_cloexec(void)
{
    int fd = open("/dev/null", O_RDWR);

    g_assert_false(is_cloexec(fd));
    qemu_set_cloexec(fd);
    g_assert_true(is_cloexec(fd));
    qemu_set_cloexec(fd);
    g_assert_true(is_cloexec(fd));
#ifdef QIO_ABI_QEMU_10_2
    qemu_clear_cloexec(fd);
    g_assert_false(is_cloexec(fd));
    qemu_clear_cloexec(fd);
    g_assert_false(is_cloexec(fd));
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

static gpointer thread_id(gpointer data)
{
    return GINT_TO_POINTER(qemu_get_thread_id());
}

static void test_thread_id(void)
{
    int other = GPOINTER_TO_INT(g_thread_join(g_thread_new("id", thread_id, NULL)));

    g_assert_cmpint(qemu_get_thread_id(), ==, syscall(SYS_gettid));
    g_assert_cmpint(qemu_get_thread_id(), ==, getpid());
    g_assert_cmpint(other, !=, getpid());
}

#ifdef QIO_ABI_SERIES_7_2
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

static void set_cloexec_of_nothing(void)
{
    qemu_set_cloexec(-1);
}

#ifdef QIO_ABI_QEMU_10_2
static void clear_cloexec_of_nothing(void)
{
    qemu_clear_cloexec(-1);
}
#endif

typedef struct Mistake {
    const char *name;
    void (*make)(void);
    const char *stderr_pattern;
} Mistake;

static const Mistake mistakes[] = {
    { "open", open_creating, "*qemu_open: @flags contains O_CREAT*" },
    { "create", create_creating, "*qemu_create: @flags contains O_CREAT*" },
    { "set-cloexec", set_cloexec_of_nothing, "*qemu_set_cloexec: @fd -1: *" },
#ifdef QIO_ABI_QEMU_10_2
    { "clear-cloexec", clear_cloexec_of_nothing, "*qemu_clear_cloexec: @fd -1: *" },
#endif
};

static void test_mistake(gconstpointer data)
{
    const Mistake *mistake = data;

    if (g_test_subprocess()) {
        mistake->make();
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_failed();
    g_test_trap_assert_stderr(mistake->stderr_pattern);
}

static void add_with_place(const char *path, void (*test)(Place *, gconstpointer))
{
    g_test_add(path, Place, NULL, place_set_up, test, place_tear_down);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/qio/osdep/tokens", test_tokens);
    g_test_add_func("/qio/osdep/structs", test_structs);
    g_test_add_func("/qio/osdep/choices", test_choices);
    g_test_add_func("/qio/osdep/rounding", test_rounding);
    g_test_add_func("/qio/osdep/interruptions", test_interruptions);
    g_test_add_func("/qio/osdep/compiler", test_compiler);
    g_test_add_func("/qio/osdep/system", test_system);
    g_test_add_func("/qio/osdep/memdup", test_memdup);
    add_with_place("/qio/osdep/create", test_create);
    add_with_place("/qio/osdep/create-fails", test_create_fails);
    add_with_place("/qio/osdep/open", test_open);
    add_with_place("/qio/osdep/open-old", test_open_old);
    add_with_place("/qio/osdep/open-old-unnamed", test_open_old_unnamed);
    add_with_place("/qio/osdep/unlink", test_unlink);
    g_test_add_func("/qio/osdep/close", test_close);
    g_test_add_func("/qio/osdep/dup", test_dup);
    g_test_add_func("/qio/osdep/cloexec", test_cloexec);
    g_test_add_func("/qio/osdep/write-full", test_write_full);
    g_test_add_func("/qio/osdep/write-full-fails", test_write_full_fails);
    g_test_add_func("/qio/osdep/thread-id", test_thread_id);
#ifdef QIO_ABI_SERIES_7_2
    g_test_add_func("/qio/osdep/closesocket", test_closesocket);
#endif
    for (size_t i = 0; i < ARRAY_SIZE(mistakes); i++) {
        g_autofree char *path = g_strdup_printf("/qio/osdep/mistake/%s", mistakes[i].name);

        g_test_add_data_func(path, &mistakes[i], test_mistake);
    }
    return g_test_run();
}
