/*
 * io/channel.h: a program's own class that fails without an error. The caller gets one all the same,
 * since nobody asks whether it is there before reporting it (R-CHAN-5).
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "io/channel-websock.h"
#include "scripted-channel.h"

/* Fails with each number that is a failure: any below 0, but for that of would-block in transfers. */
static const int failures[] = { -1, -3, -EPIPE };

static QIOChannel *silent_new(int failure)
{
    QIOChannel *ioc = scripted_new(1, failure);

    scripted(ioc)->is_silent = true;
    qio_channel_set_feature(ioc, QIO_CHANNEL_FEATURE_WRITE_ZERO_COPY);
#ifdef QIO_HAS_POSITIONAL_IO
    qio_channel_set_feature(ioc, QIO_CHANNEL_FEATURE_SEEKABLE);
#endif
    return ioc;
}

#define EXPECT_WITH(ioc, err, method) do { \
    g_assert_cmpint(errno, ==, EPROTO); \
    g_assert_nonnull(err); \
    g_assert_nonnull(strstr(error_get_pretty(err), method)); \
    /* errno is what the method left, but nobody knows whether it is the reason. */ \
    g_assert_null(strstr(error_get_pretty(err), strerror(EPROTO))); \
    assert_error(err); \
    object_unref(OBJECT(ioc)); \
} while (0)

/* A call with @ioc and @errp that fails in @method, and returns @result. */
#define EXPECT(call, result, method) do { \
    for (size_t i_ = 0; i_ < G_N_ELEMENTS(failures); i_++) { \
        Error *err_ = NULL, **errp = &err_; \
        QIOChannel *ioc = silent_new(failures[i_]); \
        \
        errno = 0; \
        g_assert_cmpint(call, ==, result); \
        EXPECT_WITH(ioc, err_, method); \
        /* Nobody wants it. */ \
        ioc = silent_new(failures[i_]); \
        errp = NULL; \
        errno = 0; \
        g_assert_cmpint(call, ==, result); \
        g_assert_cmpint(errno, ==, EPROTO); \
        object_unref(OBJECT(ioc)); \
    } \
} while (0)

#ifdef QIO_HAS_READV_FLAGS
#define NO_FLAGS , 0
#else
#define NO_FLAGS
#endif
#ifdef QIO_HAS_TLS_BYE
#define NO_FLAGS_TO_ALL_EOF , 0
#else
#define NO_FLAGS_TO_ALL_EOF
#endif

static char bytes[3];
static struct iovec iov = { bytes, sizeof(bytes) };

static void test_reads(void)
{
    EXPECT(qio_channel_read(ioc, bytes, 3, errp), -1, "io_readv");
    EXPECT(qio_channel_readv(ioc, &iov, 1, errp), -1, "io_readv");
    EXPECT(qio_channel_readv_full(ioc, &iov, 1, NULL, NULL NO_FLAGS, errp), -1, "io_readv");
    EXPECT(qio_channel_read_all(ioc, bytes, 3, errp), -1, "io_readv");
    EXPECT(qio_channel_read_all_eof(ioc, bytes, 3, errp), -1, "io_readv");
    EXPECT(qio_channel_readv_all(ioc, &iov, 1, errp), -1, "io_readv");
    EXPECT(qio_channel_readv_all_eof(ioc, &iov, 1, errp), -1, "io_readv");
    EXPECT(qio_channel_readv_full_all(ioc, &iov, 1, NULL, NULL, errp), -1, "io_readv");
    EXPECT(qio_channel_readv_full_all_eof(ioc, &iov, 1, NULL, NULL NO_FLAGS_TO_ALL_EOF, errp), -1, "io_readv");
}

static void test_writes(void)
{
    EXPECT(qio_channel_write(ioc, bytes, 3, errp), -1, "io_writev");
    EXPECT(qio_channel_writev(ioc, &iov, 1, errp), -1, "io_writev");
    EXPECT(qio_channel_writev_full(ioc, &iov, 1, NULL, 0, 0, errp), -1, "io_writev");
    EXPECT(qio_channel_write_all(ioc, bytes, 3, errp), -1, "io_writev");
    EXPECT(qio_channel_writev_all(ioc, &iov, 1, errp), -1, "io_writev");
    EXPECT(qio_channel_writev_full_all(ioc, &iov, 1, NULL, 0, 0, errp), -1, "io_writev");
}

/* Behind a part that went well. */
static void test_later(void)
{
    QIOChannel *ioc = scripted_new(2, 2, -1);
    Error *err = NULL;

    scripted(ioc)->is_silent = true;
    g_assert_cmpint(qio_channel_write_all(ioc, bytes, 3, &err), ==, -1);
    EXPECT_WITH(ioc, err, "io_writev");
    ioc = scripted_new(2, 2, -1);
    scripted(ioc)->is_silent = true;
    g_assert_cmpint(qio_channel_read_all(ioc, bytes, 3, &err), ==, -1);
    EXPECT_WITH(ioc, err, "io_readv");
}

#ifdef QIO_HAS_POSITIONAL_IO
static void test_positioned(void)
{
    EXPECT(qio_channel_pread(ioc, bytes, 3, 0, errp), -1, "io_preadv");
    EXPECT(qio_channel_preadv(ioc, &iov, 1, 0, errp), -1, "io_preadv");
    EXPECT(qio_channel_pwrite(ioc, bytes, 3, 0, errp), -1, "io_pwritev");
    EXPECT(qio_channel_pwritev(ioc, &iov, 1, 0, errp), -1, "io_pwritev");
}
#endif

static void test_others(void)
{
#ifdef QIO_HAS_BOOL_SET_BLOCKING
    EXPECT(qio_channel_set_blocking(ioc, false, errp), false, "io_set_blocking");
#else
    EXPECT(qio_channel_set_blocking(ioc, false, errp), -1, "io_set_blocking");
#endif
    EXPECT(qio_channel_close(ioc, errp), -1, "io_close");
    EXPECT(qio_channel_shutdown(ioc, QIO_CHANNEL_SHUTDOWN_BOTH, errp), -1, "io_shutdown");
    EXPECT(qio_channel_io_seek(ioc, 0, SEEK_SET, errp), -1, "io_seek");
    EXPECT(qio_channel_flush(ioc, errp), -1, "io_flush");
#ifdef QIO_HAS_PEERPID
    {
        unsigned int pid;

        EXPECT(qio_channel_get_peerpid(ioc, &pid, errp), -1, "io_peerpid");
    }
#endif
}

/* A class of the library's that asks such a one passes the error on. */
static void test_below(void)
{
    QIOChannel *below = silent_new(-1);
    QIOChannel *ioc = QIO_CHANNEL(qio_channel_websock_new_server(below));
    Error *err = NULL;

    g_assert_cmpint(qio_channel_shutdown(ioc, QIO_CHANNEL_SHUTDOWN_BOTH, &err), ==, -1);
    g_assert_nonnull(strstr(error_get_pretty(err), "io_shutdown"));
    assert_error(err);
    scripted(below)->calls = 0;
    g_assert_cmpint(qio_channel_close(ioc, &err), ==, -1);
    g_assert_nonnull(strstr(error_get_pretty(err), "io_close"));
    assert_error(err);
    object_unref(OBJECT(ioc));
    object_unref(OBJECT(below));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    module_call_init(MODULE_INIT_QOM);
    scripted_register();
    g_test_add_func("/qio/channel/silent/reads", test_reads);
    g_test_add_func("/qio/channel/silent/writes", test_writes);
    g_test_add_func("/qio/channel/silent/later", test_later);
#ifdef QIO_HAS_POSITIONAL_IO
    g_test_add_func("/qio/channel/silent/positioned", test_positioned);
#endif
    g_test_add_func("/qio/channel/silent/others", test_others);
    g_test_add_func("/qio/channel/silent/below", test_below);
    return g_test_run();
}
