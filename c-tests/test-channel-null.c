/*
 * io/channel-null.h
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "scripted-channel.h"
#include "io/channel-null.h"
/* Their include guards differ, W-29. */
#include "io/channel-file.h"

#ifdef QIO_HAS_BOOL_SET_BLOCKING
#define SET_BLOCKING(ioc, enabled, errp) (qio_channel_set_blocking(ioc, enabled, errp) ? 0 : -1)
#else
#define SET_BLOCKING qio_channel_set_blocking
#endif

static QIOChannel *null_new(void)
{
    return QIO_CHANNEL(qio_channel_null_new());
}

static void test_new(void)
{
    QIOChannel *ioc = null_new();

    g_assert_cmpstr(object_get_typename(OBJECT(ioc)), ==, TYPE_QIO_CHANNEL_NULL);
    g_assert_cmpuint(OBJECT(ioc)->ref, ==, 1);
    g_assert_cmphex(ioc->features, ==, 0);
    g_assert_false(QIO_CHANNEL_NULL(ioc)->closed);
    object_unref(OBJECT(ioc));

    ioc = QIO_CHANNEL(object_new(TYPE_QIO_CHANNEL_NULL));
    g_assert_false(QIO_CHANNEL_NULL(ioc)->closed);
    object_unref(OBJECT(ioc));
}

/* R-CHAN-103 */
static void test_transfer(void)
{
    QIOChannel *ioc = null_new();
    char bytes[16] = "unchanged";
    struct iovec iov[3] = { { bytes, 5 }, { NULL, 0 }, { bytes + 5, 11 } };
    Error *err = NULL;

    g_assert_cmpint(qio_channel_write(ioc, bytes, 16, &err), ==, 16);
    g_assert_cmpint(qio_channel_writev(ioc, iov, 3, &err), ==, 16);
    g_assert_cmpint(qio_channel_writev(ioc, NULL, 0, &err), ==, 0);
    g_assert_cmpint(qio_channel_writev_all(ioc, iov, 3, &err), ==, 0);
    g_assert_cmpint(qio_channel_read(ioc, bytes, 16, &err), ==, 0);
    g_assert_cmpint(qio_channel_readv(ioc, iov, 3, &err), ==, 0);
    g_assert_cmpint(qio_channel_readv(ioc, NULL, 0, &err), ==, 0);
    g_assert_cmpint(qio_channel_readv_all_eof(ioc, iov, 3, &err), ==, 0);
    g_assert_cmpstr(bytes, ==, "unchanged");
    g_assert_null(err);
    g_assert_cmpint(qio_channel_read_all(ioc, bytes, 1, &err), ==, -1);
    assert_error(err);
    object_unref(OBJECT(ioc));
}

/* R-CHAN-103: more than the return type counts is taken in parts. */
static void test_transfer_too_large(void)
{
    QIOChannel *ioc = null_new();
    char byte = 0;
    struct iovec iov[3] = { { &byte, SSIZE_MAX }, { &byte, SSIZE_MAX }, { &byte, 7 } };
    Error *err = NULL;

    g_assert_cmpint(qio_channel_writev(ioc, iov, 3, &err), ==, SSIZE_MAX);
    g_assert_cmpint(qio_channel_writev_all(ioc, iov, 3, &err), ==, 0);
    g_assert_null(err);
    object_unref(OBJECT(ioc));
}

static void test_other_methods(void)
{
    QIOChannel *ioc = null_new();
    Error *err = NULL;

    g_assert_cmpint(SET_BLOCKING(ioc, false, &err), ==, 0);
    g_assert_cmpint(SET_BLOCKING(ioc, true, NULL), ==, 0);
    g_assert_cmpint(qio_channel_io_seek(ioc, 77, SEEK_SET, &err), ==, 0);
    g_assert_cmpint(qio_channel_io_seek(ioc, -77, 1234, NULL), ==, 0);
    g_assert_cmpint(qio_channel_flush(ioc, &err), ==, 0);
    qio_channel_set_cork(ioc, true);
    qio_channel_set_delay(ioc, true);
    g_assert_null(err);
    object_unref(OBJECT(ioc));
}

static void test_unsupported(void)
{
    QIOChannel *ioc = null_new();
    struct iovec iov = { (char *)"x", 1 };
    int fd = 0;
    Error *err = NULL;

    g_assert_cmpint(qio_channel_writev_full(ioc, &iov, 1, &fd, 1, 0, &err), ==, -1);
    assert_errno_error(err, EINVAL);
    g_assert_cmpint(qio_channel_shutdown(ioc, QIO_CHANNEL_SHUTDOWN_BOTH, &err), ==, -1);
    assert_error(err);
#ifdef QIO_HAS_POSITIONAL_IO
    g_assert_cmpint(qio_channel_pwrite(ioc, (char *)"x", 1, 0, &err), ==, -1);
    assert_error(err);
    g_assert_cmpint(qio_channel_readv_full(ioc, &iov, 1, NULL, NULL,
                                           QIO_CHANNEL_READ_FLAG_MSG_PEEK, &err), ==, -1);
    assert_errno_error(err, EINVAL);
#endif
    object_unref(OBJECT(ioc));
}

/* R-CHAN-106: the error says that the channel is closed. */
static void test_close(void)
{
    QIOChannel *ioc = null_new();
    Error *err = NULL;
    char byte;

    g_assert_cmpint(qio_channel_close(ioc, &err), ==, 0);
    g_assert_true(QIO_CHANNEL_NULL(ioc)->closed);
    g_assert_cmpint(qio_channel_close(ioc, &err), ==, 0);
    g_assert_null(err);

    errno = 0;
    g_assert_cmpint(qio_channel_read(ioc, &byte, 1, &err), ==, -1);
    g_assert_cmpint(errno, ==, EINVAL);
    g_assert_nonnull(strstr(error_get_pretty(err), "closed"));
    assert_errno_error(err, EINVAL);
    errno = 0;
    g_assert_cmpint(qio_channel_write(ioc, "x", 1, &err), ==, -1);
    g_assert_cmpint(errno, ==, EINVAL);
    assert_errno_error(err, EINVAL);
    /* Even if there is nothing to transfer, W-5. */
    g_assert_cmpint(qio_channel_writev(ioc, NULL, 0, &err), ==, -1);
    assert_errno_error(err, EINVAL);
    g_assert_cmpint(qio_channel_readv(ioc, NULL, 0, NULL), ==, -1);
    g_assert_cmpint(qio_channel_io_seek(ioc, 1, SEEK_SET, &err), ==, 0);
    g_assert_cmpint(SET_BLOCKING(ioc, false, &err), ==, 0);
    g_assert_null(err);

    /* The field is what counts. */
    QIO_CHANNEL_NULL(ioc)->closed = false;
    g_assert_cmpint(qio_channel_write(ioc, "x", 1, &err), ==, 1);
    object_unref(OBJECT(ioc));
}

static gboolean notes(QIOChannel *ioc, GIOCondition condition, gpointer data)
{
    *(GIOCondition *)data = condition;
    return true;
}

/* R-CHAN-104 */
static void test_watch(void)
{
    static const GIOCondition conditions[] = {
        G_IO_IN, G_IO_OUT, G_IO_IN | G_IO_OUT, G_IO_HUP, G_IO_PRI | G_IO_ERR | G_IO_NVAL, 0,
    };
    QIOChannel *ioc = null_new();
    unsigned int i;

    for (i = 0; i < G_N_ELEMENTS(conditions); i++) {
        GIOCondition found = -1;
        guint id = qio_channel_add_watch(ioc, conditions[i], notes, &found, NULL);

        g_assert_cmpuint(OBJECT(ioc)->ref, ==, 2);
        g_assert_true(g_main_context_iteration(NULL, false));
        g_assert_cmphex(found, ==, conditions[i]);
        found = -1;
        g_assert_true(g_main_context_iteration(NULL, false));
        g_assert_cmphex(found, ==, conditions[i]);
        g_assert_true(g_source_remove(id));
        g_assert_cmpuint(OBJECT(ioc)->ref, ==, 1);
    }
    qio_channel_wait(ioc, G_IO_IN);
    qio_channel_wait(ioc, G_IO_HUP);
    object_unref(OBJECT(ioc));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    module_call_init(MODULE_INIT_QOM);

    g_test_add_func("/qio/channel-null/new", test_new);
    g_test_add_func("/qio/channel-null/transfer", test_transfer);
    g_test_add_func("/qio/channel-null/transfer/too-large", test_transfer_too_large);
    g_test_add_func("/qio/channel-null/other-methods", test_other_methods);
    g_test_add_func("/qio/channel-null/unsupported", test_unsupported);
    g_test_add_func("/qio/channel-null/close", test_close);
    g_test_add_func("/qio/channel-null/watch", test_watch);
    return g_test_run();
}
