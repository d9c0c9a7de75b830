/*
 * io/channel.h: transfers at a position that go on until everything is done.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "scripted-channel.h"

#include "io/channel-file.h"
#include "io/channel-null.h"

static QIOChannel *file_of(const char *text, int flags)
{
    g_autofree char *path = NULL;
    int fd = g_file_open_tmp("qio-XXXXXX", &path, NULL);
    int own;

    g_assert_cmpint(write(fd, text, strlen(text)), ==, strlen(text));
    own = open(path, flags);
    g_assert_cmpint(own, >=, 0);
    close(fd);
    unlink(path);
    return QIO_CHANNEL(qio_channel_file_new_fd(own));
}

static off_t position(QIOChannel *ioc)
{
    return qio_channel_io_seek(ioc, 0, SEEK_CUR, &error_abort);
}

/* R-111-6, R-111-7, R-90-2 */
static void test_file(void)
{
    QIOChannel *ioc = file_of("0123456789", O_RDWR);
    char bytes[8] = "";
    struct iovec iov[3] = { { bytes, 2 }, { NULL, 0 }, { bytes + 2, 2 } };
    Error *err = NULL;

    g_assert_cmpint(qio_channel_pread_all(ioc, bytes, 4, 3, &error_abort), ==, 0);
    g_assert_cmpmem(bytes, 4, "3456", 4);
    g_assert_cmpint(qio_channel_preadv_all(ioc, iov, 3, 6, &error_abort), ==, 0);
    g_assert_cmpmem(bytes, 4, "6789", 4);
    g_assert_cmpint(qio_channel_preadv_all_eof(ioc, iov, 3, 0, &error_abort), ==, 1);
    g_assert_cmpmem(bytes, 4, "0123", 4);

    /* The end at once, and in between: what came is there. */
    g_assert_cmpint(qio_channel_preadv_all_eof(ioc, iov, 3, 10, &err), ==, 0);
    g_assert_cmpint(qio_channel_pread_all_eof(ioc, bytes, 4, 99, &err), ==, 0);
    g_assert_null(err);
    memset(bytes, '.', 8);
    g_assert_cmpint(qio_channel_pread_all_eof(ioc, bytes, 8, 6, &err), ==, -1);
    assert_error(err);
    g_assert_cmpmem(bytes, 8, "6789....", 8);
    g_assert_cmpint(qio_channel_pread_all(ioc, bytes, 4, 10, &err), ==, -1);
    assert_error(err);
    g_assert_cmpint(qio_channel_preadv_all(ioc, iov, 3, 8, NULL), ==, -1);

    /* Behind the end a gap of zeros. */
    g_assert_cmpint(qio_channel_pwrite_all(ioc, "xyz", 3, 12, &error_abort), ==, 0);
    memcpy(bytes, "abcd", 4);
    g_assert_cmpint(qio_channel_pwritev_all(ioc, iov, 3, 1, &error_abort), ==, 0);
    g_assert_cmpint(iov[0].iov_len, ==, 2);
    g_assert_cmpint(position(ioc), ==, 0);
    g_assert_cmpint(qio_channel_pread_all(ioc, bytes, 8, 7, &error_abort), ==, 0);
    g_assert_cmpmem(bytes, 8, "789\0\0xyz", 8);
    object_unref(OBJECT(ioc));
}

/* R-111-9, R-111-10, W-111-3 */
static void test_refused(void)
{
    QIOChannel *null = QIO_CHANNEL(qio_channel_null_new());
    QIOChannel *file = file_of("0123", O_RDONLY);
    struct iovec nothing[2] = { { NULL, 0 }, { NULL, 0 } };
    char byte = 0;
    Error *err = NULL;
    int fds[2];
    QIOChannel *reader;

    g_assert_cmpint(pipe(fds), ==, 0);
    close(fds[1]);
    reader = QIO_CHANNEL(qio_channel_file_new_fd(fds[0]));
    g_assert_cmpint(qio_channel_preadv_all_eof(reader, NULL, 0, -5, &error_abort), ==, 1);
    g_assert_cmpint(qio_channel_preadv_all(null, nothing, 2, 0, &error_abort), ==, 0);
    g_assert_cmpint(qio_channel_pwritev_all(null, nothing, 2, INT64_MAX, &error_abort), ==, 0);
    g_assert_cmpint(qio_channel_pwrite_all(file, &byte, 0, 0, &error_abort), ==, 0);

    g_assert_cmpint(qio_channel_pread_all_eof(reader, &byte, 1, 0, &err), ==, -1);
    assert_errno_error(err, EINVAL);
    g_assert_cmpint(qio_channel_pwrite_all(null, &byte, 1, 0, &err), ==, -1);
    assert_error(err);
    g_assert_cmpint(qio_channel_pread_all(file, &byte, 1, -1, &err), ==, -1);
    assert_errno_error(err, EINVAL);
    g_assert_cmpint(qio_channel_pread_all(file, &byte, 1, INT64_MAX, &err), ==, -1);
    assert_errno_error(err, EINVAL);
    g_assert_cmpint(qio_channel_pwrite_all(file, &byte, 1, 0, &err), ==, -1);
    assert_errno_error(err, EBADF);
    g_assert_cmpint(qio_channel_pwrite_all(file, &byte, 1, 0, NULL), ==, -1);
    object_unref(OBJECT(reader));
    object_unref(OBJECT(null));
    object_unref(OBJECT(file));
}

/* Short transfers go on where they ended, in the middle of an element if need be. */
static void test_short(void)
{
    QIOChannel *ioc = scripted_new(6, 3, 2, 0, 1, 4, 0);
    static char memory[8];
    struct iovec iov[3] = { { memory, 2 }, { NULL, 0 }, { memory + 2, 3 } };
    Error *err = NULL;

    qio_channel_set_feature(ioc, QIO_CHANNEL_FEATURE_SEEKABLE);
    g_assert_cmpint(qio_channel_preadv_all_eof(ioc, iov, 3, 10, &error_abort), ==, 1);
    g_assert_cmpint(qio_channel_preadv_all_eof(ioc, iov, 3, 10, &err), ==, 0);
    g_assert_cmpint(qio_channel_pwritev_all(ioc, iov, 3, 20, &error_abort), ==, 0);
    /* Once more it would be for ever, W-111-2. */
    g_assert_cmpint(qio_channel_pwritev_all(ioc, iov, 3, 30, &err), ==, -1);
    assert_error(err);
    assert_calls(ioc, "preadv(2 3, flags 10) preadv(2, flags 13) preadv(2 3, flags 10) "
                 "pwritev(2 3, flags 20) pwritev(1 3, flags 21) pwritev(2 3, flags 30) ");
    object_unref(OBJECT(ioc));
}

/* W-111-1 */
static void test_many_elements(void)
{
    QIOChannel *ioc = file_of("", O_RDWR);
    enum { N = 1500 };
    static char out[N], in[N];
    struct iovec from[N], to[N];
    int i;

    for (i = 0; i < N; i++) {
        out[i] = i % 251;
        from[i] = (struct iovec) { &out[i], 1 };
        to[i] = (struct iovec) { &in[i], 1 };
    }
    g_assert_cmpint(qio_channel_pwritev_all(ioc, from, N, 7, &error_abort), ==, 0);
    g_assert_cmpint(qio_channel_preadv_all(ioc, to, N, 7, &error_abort), ==, 0);
    g_assert_cmpmem(in, N, out, N);
    object_unref(OBJECT(ioc));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    module_call_init(MODULE_INIT_QOM);
    scripted_register();

    g_test_add_func("/qio/channel-positional/file", test_file);
    g_test_add_func("/qio/channel-positional/refused", test_refused);
    g_test_add_func("/qio/channel-positional/short", test_short);
    g_test_add_func("/qio/channel-positional/many-elements", test_many_elements);
    return g_test_run();
}
