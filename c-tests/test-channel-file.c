/*
 * io/channel-file.h: every function and every method but the transfers, which are in
 * test-channel-file-transfer.c.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "scripted-channel.h"
#include "faults.h"
#include "file-channels.h"
#include "interruptions.h"

#include <sys/stat.h>

static char *dir;

static void test_new_fd(void)
{
    QIOChannel *ioc = file_new("");
    QIOChannel *reader, *writer;
    int fd = fd_of(ioc);

    g_assert_cmpstr(object_get_typename(OBJECT(ioc)), ==, TYPE_QIO_CHANNEL_FILE);
    g_assert_cmpuint(OBJECT(ioc)->ref, ==, 1);
#ifndef QIO_HAS_POSITIONAL_IO
    g_assert_cmphex(ioc->features, ==, 0);
#else
    g_assert_cmphex(ioc->features, ==, 1 << QIO_CHANNEL_FEATURE_SEEKABLE);
#endif
    /* It owns the descriptor. */
    object_unref(OBJECT(ioc));
    g_assert_false(fd_is_open(fd));

    pipe_new(&reader, &writer);
    g_assert_cmphex(reader->features, ==, 0);
    g_assert_cmphex(writer->features, ==, 0);
    object_unref(OBJECT(reader));
    object_unref(OBJECT(writer));
}

/* Any number will do, R-CHAN-83; what is done with it fails, R-CHAN-9. */
static void test_new_fd_not_open(void)
{
    static const int numbers[] = { -1, -7, 1000000 };
    unsigned int i;

    for (i = 0; i < G_N_ELEMENTS(numbers); i++) {
        QIOChannel *ioc = QIO_CHANNEL(qio_channel_file_new_fd(numbers[i]));
        Error *err = NULL;
        char byte;

        g_assert_cmpint(fd_of(ioc), ==, numbers[i]);
        g_assert_cmphex(ioc->features, ==, 0);
        g_assert_cmpint(qio_channel_read(ioc, &byte, 1, &err), ==, -1);
        g_assert_cmpint(errno, ==, EBADF);
        assert_errno_error(err, EBADF);
        g_assert_cmpint(qio_channel_write_all(ioc, "x", 1, &err), ==, -1);
        assert_errno_error(err, EBADF);
        g_assert_cmpint(qio_channel_io_seek(ioc, 0, SEEK_SET, &err), ==, -1);
        assert_errno_error(err, EBADF);
        g_assert_cmpint(SET_BLOCKING(ioc, true, &err), ==, -1);
        assert_errno_error(err, EBADF);
        /* A transfer would not wait. */
        qio_channel_wait(ioc, G_IO_IN);
        qio_channel_wait(ioc, G_IO_OUT | G_IO_HUP);
        g_assert_cmpint(qio_channel_close(ioc, &err), ==, -1);
        g_assert_cmpint(errno, ==, EBADF);
        assert_errno_error(err, EBADF);
        object_unref(OBJECT(ioc));
    }
}

static void test_object_new(void)
{
    QIOChannel *ioc = QIO_CHANNEL(object_new(TYPE_QIO_CHANNEL_FILE));

    g_assert_cmpint(fd_of(ioc), ==, -1);
    object_unref(OBJECT(ioc));
}

#ifdef QIO_HAS_FILE_NEW_DUPFD
/* R-90-2 */
static void test_new_dupfd(void)
{
    QIOChannel *ioc = file_new("text"), *copy;
    Error *err = NULL;
    char bytes[4];

    copy = QIO_CHANNEL(qio_channel_file_new_dupfd(fd_of(ioc), &err));
    g_assert_nonnull(copy);
    g_assert_null(err);
    g_assert_cmpint(fd_of(copy), !=, fd_of(ioc));
    g_assert_cmpint(fcntl(fd_of(copy), F_GETFD) & FD_CLOEXEC, ==, FD_CLOEXEC);
    g_assert_true(qio_channel_has_feature(copy, QIO_CHANNEL_FEATURE_SEEKABLE));
    g_assert_cmpint(qio_channel_read_all(copy, bytes, 4, &error_abort), ==, 0);
    g_assert_cmpmem(bytes, 4, "text", 4);
    object_unref(OBJECT(copy));
    g_assert_true(fd_is_open(fd_of(ioc)));
    object_unref(OBJECT(ioc));

    errno = 0;
    g_assert_null(qio_channel_file_new_dupfd(1234567, &err));
    g_assert_cmpint(errno, ==, EBADF);
    g_assert_nonnull(strstr(error_get_pretty(err), "1234567"));
    assert_errno_error(err, EBADF);
    g_assert_null(qio_channel_file_new_dupfd(-1, NULL));
}
#endif

/* R-CHAN-106, R-CHAN-6: the error has the path, and the system's reason. */
static void test_new_path(void)
{
    g_autofree char *path = g_build_filename(dir, "new", NULL);
    QIOChannel *ioc;
    Error *err = NULL;
    struct stat status;
    mode_t mask;
    char bytes[8];

    errno = 0;
    g_assert_null(qio_channel_file_new_path(path, O_RDONLY, 0, &err));
    g_assert_cmpint(errno, ==, ENOENT);
    g_assert_nonnull(strstr(error_get_pretty(err), path));
    assert_errno_error(err, ENOENT);
    g_assert_null(qio_channel_file_new_path(path, O_RDONLY, 0, NULL));

    mask = umask(022);
    ioc = QIO_CHANNEL(qio_channel_file_new_path(path, O_RDWR | O_CREAT | O_TRUNC, 0664, &err));
    umask(mask);
    g_assert_nonnull(ioc);
    g_assert_null(err);
    g_assert_cmpint(fstat(fd_of(ioc), &status), ==, 0);
    g_assert_cmphex(status.st_mode & 0777, ==, 0644);
    g_assert_cmpint(fcntl(fd_of(ioc), F_GETFD) & FD_CLOEXEC, ==, FD_CLOEXEC);
#ifdef QIO_HAS_POSITIONAL_IO
    g_assert_true(qio_channel_has_feature(ioc, QIO_CHANNEL_FEATURE_SEEKABLE));
#endif
    g_assert_cmpint(qio_channel_write_all(ioc, "contents", 8, &error_abort), ==, 0);
    object_unref(OBJECT(ioc));

    /* The mode matters to new files only. */
    ioc = QIO_CHANNEL(qio_channel_file_new_path(path, O_RDONLY, 07777, &error_abort));
    g_assert_cmpint(qio_channel_read_all(ioc, bytes, 8, &error_abort), ==, 0);
    g_assert_cmpmem(bytes, 8, "contents", 8);
    g_assert_cmpint(qio_channel_write(ioc, "x", 1, &err), ==, -1);
    g_assert_cmpint(errno, ==, EBADF);
    assert_errno_error(err, EBADF);
    object_unref(OBJECT(ioc));

    g_assert_null(qio_channel_file_new_path(path, O_RDWR | O_CREAT | O_EXCL, 0600, &err));
    assert_errno_error(err, EEXIST);
    g_assert_cmpint(unlink(path), ==, 0);
}

/* The error says what can't be done, and is of the generic class. */
static void assert_told(Error *err, const char *what)
{
    g_assert_nonnull(strstr(error_get_pretty(err), what));
    g_assert_cmpint(error_get_class(err), ==, ERROR_CLASS_GENERIC_ERROR);
}

/* What a file channel can't do; R-CHAN-106, R-CHAN-6: the error says so. */
static void test_unsupported(void)
{
    QIOChannel *ioc = file_new("text");
    struct iovec iov = { (char *)"x", 1 };
    int fd = 0;
    Error *err = NULL;

    g_assert_cmpint(qio_channel_writev_full(ioc, &iov, 1, &fd, 1, 0, &err), ==, -1);
    assert_told(err, "descriptors");
    assert_errno_error(err, EINVAL);
    g_assert_cmpint(qio_channel_writev_full(ioc, &iov, 1, NULL, 0,
                                            QIO_CHANNEL_WRITE_FLAG_ZERO_COPY, &err), ==, -1);
    assert_told(err, "zero copy");
    assert_errno_error(err, EINVAL);
    g_assert_cmpint(qio_channel_shutdown(ioc, QIO_CHANNEL_SHUTDOWN_BOTH, &err), ==, -1);
    assert_told(err, "shut down");
    assert_error(err);
    g_assert_cmpint(qio_channel_flush(ioc, &err), ==, 0);
    qio_channel_set_delay(ioc, true);
    qio_channel_set_cork(ioc, true);
#ifdef QIO_HAS_PEERPID
    {
        unsigned int pid = 5;

        g_assert_cmpint(qio_channel_get_peerpid(ioc, &pid, &err), ==, -1);
        assert_told(err, "process");
        assert_error(err);
        g_assert_cmpuint(pid, ==, 5);
        g_assert_cmpint(qio_channel_readv_full(ioc, &iov, 1, NULL, NULL,
                                               QIO_CHANNEL_READ_FLAG_MSG_PEEK, &err), ==, -1);
        assert_told(err, "peek");
        assert_errno_error(err, EINVAL);
    }
    /* Unknown flags are ignored, R-CHAN-16. */
    {
        char bytes[4];
        struct iovec in = { bytes, 4 };

        g_assert_cmpint(qio_channel_readv_full(ioc, &in, 1, NULL, NULL,
                                               ~QIO_CHANNEL_READ_FLAG_MSG_PEEK, &err), ==, 4);
    }
#endif
    g_assert_cmpint(qio_channel_writev_full(ioc, &iov, 1, NULL, 0,
                                            ~QIO_CHANNEL_WRITE_FLAG_ZERO_COPY, &err), ==, 1);
    g_assert_null(err);
    object_unref(OBJECT(ioc));
}

/* R-CHAN-88 */
static void test_seek(void)
{
    QIOChannel *ioc = file_new("0123456789"), *reader, *writer;
    Error *err = NULL;
    char byte;

    g_assert_cmpint(qio_channel_io_seek(ioc, 3, SEEK_SET, &err), ==, 3);
    g_assert_cmpint(qio_channel_read(ioc, &byte, 1, &err), ==, 1);
    g_assert_cmpint(byte, ==, '3');
    g_assert_cmpint(qio_channel_io_seek(ioc, 2, SEEK_CUR, &err), ==, 6);
    g_assert_cmpint(qio_channel_io_seek(ioc, -1, SEEK_END, &err), ==, 9);
    g_assert_cmpint(qio_channel_read(ioc, &byte, 1, &err), ==, 1);
    g_assert_cmpint(byte, ==, '9');
    g_assert_null(err);

    errno = 0;
    g_assert_cmpint(qio_channel_io_seek(ioc, -4321, SEEK_SET, &err), ==, -1);
    g_assert_cmpint(errno, ==, EINVAL);
    g_assert_nonnull(strstr(error_get_pretty(err), "-4321"));
    assert_errno_error(err, EINVAL);
    object_unref(OBJECT(ioc));

    pipe_new(&reader, &writer);
    g_assert_cmpint(qio_channel_io_seek(reader, 0, SEEK_CUR, &err), ==, -1);
    assert_errno_error(err, ESPIPE);
    object_unref(OBJECT(reader));
    object_unref(OBJECT(writer));
}

/* R-CHAN-89 */
static void test_set_blocking(void)
{
    QIOChannel *reader, *writer;

    pipe_new(&reader, &writer);
    g_assert_cmpint(SET_BLOCKING(reader, false, &error_abort), ==, 0);
    g_assert_cmpint(fcntl(fd_of(reader), F_GETFL) & O_NONBLOCK, ==, O_NONBLOCK);
    g_assert_cmpint(SET_BLOCKING(reader, true, NULL), ==, 0);
    g_assert_cmpint(fcntl(fd_of(reader), F_GETFL) & O_NONBLOCK, ==, 0);
    object_unref(OBJECT(reader));
    object_unref(OBJECT(writer));
}

/* R-CHAN-90 */
static void test_close(void)
{
    QIOChannel *ioc = file_new("");
    int fd = fd_of(ioc);
    Error *err = NULL;

    g_assert_cmpint(qio_channel_close(ioc, &err), ==, 0);
    g_assert_null(err);
    g_assert_cmpint(fd_of(ioc), ==, -1);
    g_assert_false(fd_is_open(fd));
    errno = 0;
    g_assert_cmpint(qio_channel_close(ioc, &err), ==, -1);
    g_assert_cmpint(errno, ==, EBADF);
    assert_errno_error(err, EBADF);
    g_assert_cmpint(qio_channel_close(ioc, NULL), ==, -1);
    object_unref(OBJECT(ioc));
}

/* A close that fails has closed: nobody closes the number again, W-24. */
static void test_close_failure(void)
{
    QIOChannel *ioc = file_new("");
    int fd = fd_of(ioc), other;
    Error *err = NULL;

    fault_set("close", EIO, 0);
    g_assert_cmpint(qio_channel_close(ioc, &err), ==, -1);
    g_assert_cmpint(errno, ==, EIO);
    assert_errno_error(err, EIO);
    fault_clear();
    g_assert_cmpint(fd_of(ioc), ==, -1);

    /* Somebody else has the number now. */
    other = dup2(0, fd);
    object_unref(OBJECT(ioc));
    g_assert_true(fd_is_open(other));
    close(other);
}

/* Whoever takes the descriptor stores -1, R-CHAN-10. */
static void test_field(void)
{
    QIOChannel *ioc = file_new("01234567");
    int fd = fd_of(ioc);
    Error *err = NULL;
    char byte;

    QIO_CHANNEL_FILE(ioc)->fd = -1;
    g_assert_cmpint(qio_channel_read(ioc, &byte, 1, &err), ==, -1);
    assert_errno_error(err, EBADF);
    QIO_CHANNEL_FILE(ioc)->fd = fd;
    g_assert_cmpint(qio_channel_read(ioc, &byte, 1, &err), ==, 1);
    QIO_CHANNEL_FILE(ioc)->fd = -1;
    object_unref(OBJECT(ioc));
    g_assert_true(fd_is_open(fd));
    close(fd);
}

/* A class's watch is the fd watch on its descriptor, R-CHAN-56. */
static gboolean counts(QIOChannel *ioc, GIOCondition condition, gpointer data)
{
    g_assert_cmphex(condition, ==, G_IO_IN);
    (*(int *)data)++;
    return false;
}

/* N7: a signal doesn't end the wait for the other end of a FIFO. */
static void test_interrupted(void)
{
    g_autofree char *path = g_build_filename(dir, "fifo", NULL);
    Interruptions how;
    QIOChannelFile *ioc;

    interruptions_start(&how, path);
    ioc = qio_channel_file_new_path(path, O_RDONLY, 0, &error_abort);
    g_assert_nonnull(ioc);
    interruptions_end(&how);
    object_unref(OBJECT(ioc));
}

static void test_watch(void)
{
    QIOChannel *reader, *writer;
    int calls = 0;

    pipe_new(&reader, &writer);
    qio_channel_add_watch(reader, G_IO_IN, counts, &calls, NULL);
    g_main_context_iteration(NULL, false);
    g_assert_cmpint(calls, ==, 0);
    g_assert_cmpint(qio_channel_write(writer, "x", 1, &error_abort), ==, 1);
    g_main_context_iteration(NULL, false);
    g_assert_cmpint(calls, ==, 1);
    g_assert_cmpuint(OBJECT(reader)->ref, ==, 1);
    object_unref(OBJECT(reader));
    object_unref(OBJECT(writer));
}

static void test_misuse(void)
{
    g_test_trap_subprocess("/qio/channel-file/subprocess/path", 0, 0);
    g_test_trap_assert_failed();
    g_test_trap_assert_stderr("*qio_channel_file_new_path*path*NULL*");
}

static void misuse_path(void)
{
    qio_channel_file_new_path(NULL, O_RDONLY, 0, NULL);
}

int main(int argc, char **argv)
{
    int result;

    g_test_init(&argc, &argv, NULL);
    module_call_init(MODULE_INIT_QOM);
    dir = g_dir_make_tmp("qio-XXXXXX", NULL);

    g_test_add_func("/qio/channel-file/new-fd", test_new_fd);
    g_test_add_func("/qio/channel-file/new-fd/not-open", test_new_fd_not_open);
    g_test_add_func("/qio/channel-file/object-new", test_object_new);
    g_test_add_func("/qio/channel-file/new-path", test_new_path);
    g_test_add_func("/qio/channel-file/unsupported", test_unsupported);
    g_test_add_func("/qio/channel-file/seek", test_seek);
    g_test_add_func("/qio/channel-file/set-blocking", test_set_blocking);
    g_test_add_func("/qio/channel-file/close", test_close);
    g_test_add_func("/qio/channel-file/close/failure", test_close_failure);
    g_test_add_func("/qio/channel-file/field", test_field);
#ifdef QIO_HAS_FILE_NEW_DUPFD
    g_test_add_func("/qio/channel-file/new-dupfd", test_new_dupfd);
#endif
    g_test_add_func("/qio/channel-file/interrupted", test_interrupted);
    g_test_add_func("/qio/channel-file/watch", test_watch);
    g_test_add_func("/qio/channel-file/misuse", test_misuse);
    g_test_add_func("/qio/channel-file/subprocess/path", misuse_path);

    result = g_test_run();
    rmdir(dir);
    g_free(dir);
    return result;
}
