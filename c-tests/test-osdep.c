/*
 * qemu/osdep.h and what it pulls: macros, and the functions that need no file. The others are in
 * test-osdep-files.c.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include <sys/syscall.h>

#if !defined(CONFIG_LINUX) || !defined(CONFIG_POSIX) || !defined(CONFIG_IOVEC) || \
    !defined(CONFIG_AF_VSOCK) || !defined(CONFIG_QOM_CAST_DEBUG) || \
    !defined(HAVE_IPPROTO_MPTCP)
#error "a configuration macro is missing"
#endif
#if defined(CONFIG_DARWIN) || defined(_WIN32)
#error "a configuration macro is wrong"
#endif
#ifdef QIO_HAS_KEEP_ALIVE_TUNING
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
#ifdef QIO_HAS_COMPILER_HELPERS
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
#ifndef QIO_HAS_RETRY_ON_EINTR
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

#ifdef QIO_HAS_COMPILER_HELPERS
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
#ifdef QIO_HAS_COMPILER_HELPERS
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
#ifdef QIO_HAS_UNINITIALIZED_MARK
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
    g_assert_cmpint(PATH_MAX, >=, 4096);
    g_assert_cmpint(IOV_MAX, >=, 1024);
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

#ifdef QIO_HAS_AUTOFD
static bool is_open(int fd)
{
    return fcntl(fd, F_GETFD) != -1;
}

static int make_fd(void)
{
    int fd = g_open("/dev/null", O_RDONLY | O_CLOEXEC, 0);

    g_assert_true(is_open(fd));
    return fd;
}

static void test_clear_fd(void)
{
    g_autoptr(GError) error = NULL;
    int fd = make_fd();
    int copy = fd;

    g_assert_true(g_clear_fd(&fd, &error));
    g_assert_no_error(error);
    g_assert_cmpint(fd, ==, -1);
    g_assert_false(is_open(copy));
    /* What is cleared already. */
    g_assert_true(g_clear_fd(&fd, &error));
    g_assert_no_error(error);
    g_assert_cmpint(fd, ==, -1);
    g_assert_true(g_clear_fd(&fd, NULL));
}

/* Closed at the end, with errno as it was; not what was taken out before. */
static void test_autofd(void)
{
    int closed, kept;

    {
        g_autofd int fd = make_fd();
        g_autofd int stolen = make_fd();
        g_autofd int none G_GNUC_UNUSED = -1;

        closed = fd;
        kept = stolen;
        stolen = -1;
        errno = EPIPE;
    }
    g_assert_cmpint(errno, ==, EPIPE);
    g_assert_false(is_open(closed));
    g_assert_true(is_open(kept));
    g_assert_true(g_clear_fd(&kept, NULL));
}
#endif

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
#ifdef QIO_HAS_AUTOFD
    g_test_add_func("/qio/osdep/clear-fd", test_clear_fd);
    g_test_add_func("/qio/osdep/autofd", test_autofd);
#endif
    g_test_add_func("/qio/osdep/thread-id", test_thread_id);
    return g_test_run();
}
