/*
 * io/channel.h: transfers, over classes of the program's own: what reaches the class, and what the
 * caller gets.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "scripted-channel.h"

#ifndef QIO_HAS_READV_FLAGS
#define READV_FULL(ioc, iov, niov, fds, nfds, flags, errp) \
    qio_channel_readv_full(ioc, iov, niov, fds, nfds, errp)
#else
#define READV_FULL qio_channel_readv_full
#endif
#ifndef QIO_HAS_TLS_BYE
#define READV_FULL_ALL_EOF(ioc, iov, niov, fds, nfds, flags, errp) \
    qio_channel_readv_full_all_eof(ioc, iov, niov, fds, nfds, errp)
#else
#define READV_FULL_ALL_EOF qio_channel_readv_full_all_eof
#endif

static char memory[4096];

/* Elements of the given lengths, one behind the other in memory; ended by -1. */
static unsigned int elements(struct iovec *iov, ...)
{
    va_list lengths;
    unsigned int n = 0;
    size_t start = 0;
    int length;

    memset(memory, '.', sizeof(memory));
    va_start(lengths, iov);
    while ((length = va_arg(lengths, int)) != -1) {
        iov[n].iov_base = length ? memory + start : NULL;
        iov[n].iov_len = length;
        start += length;
        n++;
    }
    va_end(lengths);
    return n;
}

/* The class gets what the caller gave and an error slot of its own; its result and its error are the
 * caller's, R-CHAN-4, R-CHAN-19, R-CHAN-20. */
static void test_single(void)
{
    QIOChannel *ioc = scripted_new(10, 5, 3, 0, QIO_CHANNEL_ERR_BLOCK, -1, 5, 3, 0,
                                   QIO_CHANNEL_ERR_BLOCK, -1);
    struct iovec iov[3];
    Error *err = NULL;

    elements(iov, 2, 0, 4, -1);
    g_assert_cmpint(READV_FULL(ioc, iov, 3, NULL, NULL, 0x40, &err), ==, 5);
    g_assert_true(scripted(ioc)->iov == iov);
    g_assert_true(scripted(ioc)->has_slot);
    g_assert_cmpint(qio_channel_readv(ioc, iov, 3, NULL), ==, 3);
    g_assert_true(scripted(ioc)->has_slot);
    g_assert_cmpint(qio_channel_readv(ioc, NULL, 0, &err), ==, 0);
    g_assert_cmpint(qio_channel_read(ioc, memory, 9, &err), ==, QIO_CHANNEL_ERR_BLOCK);
    g_assert_cmpint(errno, ==, EAGAIN);
    g_assert_null(err);
    g_assert_cmpint(qio_channel_read(ioc, NULL, 0, &err), ==, -1);
    g_assert_cmpint(errno, ==, EPROTO);
    g_assert_true(err == scripted(ioc)->error);
    assert_error(err);

    g_assert_cmpint(qio_channel_writev_full(ioc, iov, 3, NULL, 0, 0x40, &err), ==, 5);
    g_assert_true(scripted(ioc)->iov == iov);
    g_assert_true(scripted(ioc)->has_slot);
    g_assert_cmpint(qio_channel_writev(ioc, iov, 3, NULL), ==, 3);
    g_assert_cmpint(qio_channel_writev(ioc, NULL, 0, &err), ==, 0);
    g_assert_cmpint(qio_channel_write(ioc, memory, 9, &err), ==, QIO_CHANNEL_ERR_BLOCK);
    g_assert_cmpint(errno, ==, EAGAIN);
    g_assert_null(err);
    g_assert_cmpint(qio_channel_write(ioc, NULL, 0, &err), ==, -1);
    g_assert_cmpint(errno, ==, EPROTO);
    assert_error(err);
#ifndef QIO_HAS_READV_FLAGS
    assert_calls(ioc, "readv(2 0 4) readv(2 0 4) readv() readv(9) readv(0) "
                 "writev(2 0 4, flags 64) writev(2 0 4) writev() writev(9) writev(0) ");
#else
    assert_calls(ioc, "readv(2 0 4, flags 64) readv(2 0 4) readv() readv(9) readv(0) "
                 "writev(2 0 4, flags 64) writev(2 0 4) writev() writev(9) writev(0) ");
#endif
    object_unref(OBJECT(ioc));
}

/* What the channel can't do doesn't reach the class. */
static void test_refused(void)
{
    QIOChannel *ioc = scripted_new(0);
    struct iovec iov = { .iov_base = memory, .iov_len = 4 };
    int fd = 0, *fds = &fd;
    size_t nfds = 7;
    Error *err = NULL;

    g_assert_cmpint(READV_FULL(ioc, &iov, 1, &fds, NULL, 0, &err), ==, -1);
    assert_errno_error(err, EINVAL);
    g_assert_cmpint(READV_FULL(ioc, &iov, 1, NULL, &nfds, 0, &err), ==, -1);
    assert_errno_error(err, EINVAL);
    g_assert_cmpint(READV_FULL(ioc, &iov, 1, &fds, &nfds, 0, NULL), ==, -1);
    g_assert_true(fds == &fd);
    g_assert_cmpuint(nfds, ==, 7);
#ifdef QIO_HAS_READV_FLAGS
    g_assert_cmpint(READV_FULL(ioc, &iov, 1, NULL, NULL, QIO_CHANNEL_READ_FLAG_MSG_PEEK, &err),
                    ==, -1);
    assert_errno_error(err, EINVAL);
#endif

    /* Also an array of none, R-CHAN-20. */
    g_assert_cmpint(qio_channel_writev_full(ioc, &iov, 1, &fd, 0, 0, &err), ==, -1);
    assert_errno_error(err, EINVAL);
    g_assert_cmpint(qio_channel_writev_full(ioc, &iov, 1, NULL, 1, 0, &err), ==, -1);
    assert_errno_error(err, EINVAL);
    g_assert_cmpint(qio_channel_writev_full(ioc, &iov, 1, NULL, 0,
                                            QIO_CHANNEL_WRITE_FLAG_ZERO_COPY, &err), ==, -1);
    assert_errno_error(err, EINVAL);

    qio_channel_set_feature(ioc, QIO_CHANNEL_FEATURE_FD_PASS);
    qio_channel_set_feature(ioc, QIO_CHANNEL_FEATURE_WRITE_ZERO_COPY);
    g_assert_cmpint(qio_channel_writev_full(ioc, &iov, 1, &fd, 1,
                                            QIO_CHANNEL_WRITE_FLAG_ZERO_COPY, &err), ==, -1);
    assert_errno_error(err, EINVAL);
    g_assert_cmpint(qio_channel_writev_full_all(ioc, &iov, 1, &fd, 1,
                                                QIO_CHANNEL_WRITE_FLAG_ZERO_COPY, &err), ==, -1);
    assert_errno_error(err, EINVAL);
    assert_calls(ioc, "");
    object_unref(OBJECT(ioc));
}

/* Several things are wrong: the first check counts, R-CHAN-20. */
static void test_refused_order(void)
{
    QIOChannel *ioc = scripted_new(0);
    struct iovec iov = { .iov_base = memory, .iov_len = 4 };
    Error *plain = NULL, *both = NULL;
    int fd = 0;

    qio_channel_writev_full(ioc, &iov, 1, &fd, 1, 0, &plain);
    qio_channel_writev_full(ioc, &iov, 1, &fd, 1, QIO_CHANNEL_WRITE_FLAG_ZERO_COPY, &both);
    g_assert_cmpstr(error_get_pretty(both), ==, error_get_pretty(plain));
    error_free(both);
    both = NULL;
    qio_channel_set_feature(ioc, QIO_CHANNEL_FEATURE_FD_PASS);
    qio_channel_writev_full(ioc, &iov, 1, &fd, 1, QIO_CHANNEL_WRITE_FLAG_ZERO_COPY, &both);
    g_assert_cmpstr(error_get_pretty(both), !=, error_get_pretty(plain));
    error_free(plain);
    error_free(both);
    object_unref(OBJECT(ioc));
}

static void test_write_all(void)
{
    QIOChannel *ioc = scripted_new(4, 10, 3, 1, 6);
    struct iovec iov[3], before[3];
    Error *err = NULL;

    /* In one call, on the caller's array. */
    elements(iov, 2, 3, 5, -1);
    g_assert_cmpint(qio_channel_writev_all(ioc, iov, 3, &err), ==, 0);
    g_assert_true(scripted(ioc)->iov == iov);
    g_assert_cmpstr(scripted(ioc)->log->str, ==, "writev(2 3 5) ");

    /* Short ones go on, in the middle of an element too, R-CHAN-30; the array stays, R-CHAN-15. */
    memcpy(memory, "0123456789", 10);
    memcpy(before, iov, sizeof(iov));
    g_byte_array_set_size(scripted(ioc)->written, 0);
    g_assert_cmpint(qio_channel_writev_all(ioc, iov, 3, &err), ==, 0);
    g_assert_cmpint(memcmp(before, iov, sizeof(iov)), ==, 0);
    g_assert_cmpmem(scripted(ioc)->written->data, scripted(ioc)->written->len, "0123456789", 10);
    g_assert_null(err);
    assert_calls(ioc, "writev(2 3 5) writev(2 3 5) writev(2 5) writev(1 5) ");
    object_unref(OBJECT(ioc));

    ioc = scripted_new(2, 3, -1);
    g_assert_cmpint(qio_channel_write_all(ioc, "0123", 4, &err), ==, -1);
    g_assert_cmpint(errno, ==, EPROTO);
    assert_error(err);
    assert_calls(ioc, "writev(4) writev(1) ");
    object_unref(OBJECT(ioc));
}

static void test_read_all(void)
{
    QIOChannel *ioc = scripted_new(6, 10, 4, 5, 1, 10, 10);
    struct iovec iov[3];
    Error *err = NULL;

    elements(iov, 2, 3, 5, -1);
    g_assert_cmpint(qio_channel_readv_all(ioc, iov, 3, &err), ==, 0);
    g_assert_true(scripted(ioc)->iov == iov);
    g_assert_cmpmem(memory, 11, "abcdefghij.", 11);
    g_assert_cmpint(qio_channel_readv_all_eof(ioc, iov, 3, &err), ==, 1);
    g_assert_cmpmem(memory, 11, "klmnopqrst.", 11);
    g_assert_cmpint(qio_channel_read_all(ioc, memory, 10, &err), ==, 0);
    g_assert_cmpint(qio_channel_read_all_eof(ioc, memory, 10, &err), ==, 1);
    g_assert_null(err);
    assert_calls(ioc, "readv(2 3 5) readv(2 3 5) readv(1 5) readv(1) readv(10) readv(10) ");
    object_unref(OBJECT(ioc));
}

/* R-CHAN-23 */
static void test_read_all_end(void)
{
    QIOChannel *ioc = scripted_new(2, 0, 0);
    struct iovec iov[2];
    Error *err = NULL;

    elements(iov, 2, 3, -1);
    g_assert_cmpint(qio_channel_readv_all_eof(ioc, iov, 2, &err), ==, 0);
    g_assert_null(err);
    g_assert_cmpint(qio_channel_readv_all(ioc, iov, 2, &err), ==, -1);
    assert_error(err);
    assert_calls(ioc, "readv(2 3) readv(2 3) ");
    object_unref(OBJECT(ioc));

    ioc = scripted_new(6, 1, 0, 4, 0, 4, -1);
    g_assert_cmpint(qio_channel_readv_all_eof(ioc, iov, 2, &err), ==, -1);
    assert_error(err);
    g_assert_cmpint(qio_channel_readv_all(ioc, iov, 2, &err), ==, -1);
    assert_error(err);
    g_assert_cmpint(qio_channel_readv_all_eof(ioc, iov, 2, &err), ==, -1);
    g_assert_cmpint(errno, ==, EPROTO);
    g_assert_cmpstr(error_get_pretty(err), ==, "scripted failure");
    error_free(err);
    assert_calls(ioc, "readv(2 3) readv(1 3) readv(2 3) readv(1) readv(2 3) readv(1) ");
    object_unref(OBJECT(ioc));
}

/* Waiting happens inside the call; the mode stays, R-CHAN-24. */
static void test_all_waits(void)
{
    QIOChannel *ioc = scripted_new(6, QIO_CHANNEL_ERR_BLOCK, 1, QIO_CHANNEL_ERR_BLOCK, 2,
                                   QIO_CHANNEL_ERR_BLOCK, 3);
    Error *err = NULL;

    scripted(ioc)->ready = 1;
    g_assert_cmpint(qio_channel_read_all(ioc, memory, 3, &err), ==, 0);
    g_assert_cmpint(scripted(ioc)->watches, ==, 2);
    g_assert_cmpint(qio_channel_write_all(ioc, "abc", 3, &err), ==, 0);
    g_assert_cmpint(scripted(ioc)->watches, ==, 3);
    g_assert_null(err);
    assert_calls(ioc, "readv(3) readv(3) readv(2) readv(2) writev(3) writev(3) ");
    object_unref(OBJECT(ioc));
}

/* Classes never see empty elements, nor a request without bytes, R-CHAN-25. */
static void test_all_empty_elements(void)
{
    QIOChannel *ioc = scripted_new(6, 5, 4, 1, 5, 2, 3);
    struct iovec iov[6];
    Error *err = NULL;
    unsigned int n = elements(iov, 0, 2, 0, 0, 3, 0, -1);

    g_assert_cmpint(qio_channel_writev_all(ioc, iov, n, &err), ==, 0);
    g_assert_cmpint(qio_channel_writev_all(ioc, iov, n, &err), ==, 0);
    g_assert_cmpint(qio_channel_readv_all(ioc, iov, n, &err), ==, 0);
    g_assert_cmpint(qio_channel_readv_all_eof(ioc, iov, n, &err), ==, 1);
    assert_calls(ioc, "writev(2 3) writev(2 3) writev(1) readv(2 3) readv(2 3) readv(3) ");

    n = elements(iov, 0, 0, -1);
    g_assert_cmpint(qio_channel_writev_all(ioc, iov, n, &err), ==, 0);
    g_assert_cmpint(qio_channel_readv_all(ioc, iov, n, &err), ==, 0);
    g_assert_cmpint(qio_channel_readv_all_eof(ioc, NULL, 0, &err), ==, 1);
    g_assert_cmpint(qio_channel_writev_all(ioc, NULL, 0, &err), ==, 0);
    g_assert_cmpint(qio_channel_read_all(ioc, NULL, 0, &err), ==, 0);
    g_assert_cmpint(qio_channel_read_all_eof(ioc, NULL, 0, &err), ==, 1);
    g_assert_cmpint(qio_channel_write_all(ioc, NULL, 0, &err), ==, 0);
    g_assert_null(err);
    assert_calls(ioc, "");
    object_unref(OBJECT(ioc));
}

/* A foreign class gets all elements, and after a short transfer all that are left, W-3. */
static void test_all_many_elements(void)
{
    QIOChannel *ioc = scripted_new(2, 4001, 1999);
    g_autofree struct iovec *iov = g_new(struct iovec, 3000);
    int i;

    for (i = 0; i < 3000; i++) {
        iov[i].iov_base = memory + i;
        iov[i].iov_len = 2;
    }
    g_assert_cmpint(qio_channel_writev_all(ioc, iov, 3000, &error_abort), ==, 0);
    assert_calls(ioc, "writev(2 2 2 2 2 2 2 2 ...3000) writev(1 2 2 2 2 2 2 2 ...1000) ");
    object_unref(OBJECT(ioc));
}

/* A class that writes nothing doesn't keep the caller for ever, W-4. */
static void test_write_all_no_progress(void)
{
    QIOChannel *ioc = scripted_new(6, 2, 0, 0, 0, 1, 2);
    Error *err = NULL;

    g_assert_cmpint(qio_channel_write_all(ioc, "abc", 3, &err), ==, -1);
    assert_error(err);
    /* Once is no failure. */
    g_assert_cmpint(qio_channel_write_all(ioc, "abc", 3, &err), ==, 0);
    g_assert_null(err);
    assert_calls(ioc, "writev(3) writev(1) writev(1) writev(3) writev(3) writev(2) ");
    object_unref(OBJECT(ioc));
}

/* More bytes than were asked for are not believed. */
static void test_all_too_much(void)
{
    QIOChannel *ioc = scripted_new(4, 9, 1, 9, 4);
    struct iovec iov[2];

    elements(iov, 2, 1, -1);
    g_assert_cmpint(qio_channel_writev_all(ioc, iov, 2, &error_abort), ==, 0);
    g_assert_cmpint(qio_channel_writev_all(ioc, iov, 2, &error_abort), ==, 0);
    elements(iov, 2, 0, -1);
    g_assert_cmpint(qio_channel_writev_all(ioc, iov, 2, &error_abort), ==, 0);
    assert_calls(ioc, "writev(2 1) writev(2 1) writev(1 1) writev(2) ");
    object_unref(OBJECT(ioc));
}

/* Descriptors go with the first write that succeeds, flags with every one, R-CHAN-29. */
static void test_write_all_fds(void)
{
    QIOChannel *ioc = scripted_new(4, QIO_CHANNEL_ERR_BLOCK, 1, 2, 3);
    struct iovec iov[2];
    int fds[2] = { 0, 1 };
    Error *err = NULL;

    qio_channel_set_feature(ioc, QIO_CHANNEL_FEATURE_FD_PASS);
    scripted(ioc)->ready = 1;
    elements(iov, 3, 3, -1);
    g_assert_cmpint(qio_channel_writev_full_all(ioc, iov, 2, fds, 2, 0x40, &err), ==, 0);
    assert_calls(ioc, "writev(3 3, fds 2, flags 64) writev(3 3, fds 2, flags 64) "
                 "writev(2 3, flags 64) writev(3, flags 64) ");

    /* 0 bytes send nothing. */
    g_assert_cmpint(qio_channel_writev_full_all(ioc, NULL, 0, fds, 2, 0, &err), ==, 0);
    g_assert_null(err);
    assert_calls(ioc, "");
    object_unref(OBJECT(ioc));
}

/* Descriptors come with the first read that succeeds, R-CHAN-26. */
static void test_read_all_fds(void)
{
    QIOChannel *ioc = scripted_new(4, QIO_CHANNEL_ERR_BLOCK, 1, 2, 3);
    struct iovec iov[2];
    int *fds = (int *)memory;
    size_t nfds = 9;

    qio_channel_set_feature(ioc, QIO_CHANNEL_FEATURE_FD_PASS);
    scripted(ioc)->ready = 1;
    scripted(ioc)->fds[1] = scripted(ioc)->fds[2] = 2;
    elements(iov, 3, 3, -1);
    g_assert_cmpint(qio_channel_readv_full_all(ioc, iov, 2, &fds, &nfds, &error_abort), ==, 0);
    g_assert_cmpuint(nfds, ==, 1);
    g_assert_true(fd_is_open(fds[0]));
    close(fds[0]);
    g_free(fds);
    assert_calls(ioc, "readv(3 3, fds 1) readv(3 3, fds 1) readv(2 3) readv(3) ");
    g_assert_null(scripted(ioc)->fdsp);
    object_unref(OBJECT(ioc));

    /* None came, and what was in the variables is gone. */
    ioc = scripted_new(1, 6);
    qio_channel_set_feature(ioc, QIO_CHANNEL_FEATURE_FD_PASS);
    fds = (int *)memory;
    nfds = 9;
    g_assert_cmpint(READV_FULL_ALL_EOF(ioc, iov, 2, &fds, &nfds, 0, &error_abort), ==, 1);
    g_assert_null(fds);
    g_assert_cmpuint(nfds, ==, 0);
    object_unref(OBJECT(ioc));
}

/* Descriptors without bytes are not the end; an end after them is early, R-CHAN-27. */
static void test_read_all_fds_first(void)
{
    QIOChannel *ioc = scripted_new(4, 0, 4, 0, 0);
    int *fds = NULL, before = dup(0), after;
    size_t nfds = 0;
    struct iovec iov[1];
    Error *err = NULL;

    close(before);
    qio_channel_set_feature(ioc, QIO_CHANNEL_FEATURE_FD_PASS);
    scripted(ioc)->fds[0] = scripted(ioc)->fds[2] = 2;
    elements(iov, 4, -1);
    g_assert_cmpint(READV_FULL_ALL_EOF(ioc, iov, 1, &fds, &nfds, 0, &err), ==, 1);
    g_assert_cmpuint(nfds, ==, 1);
    close(fds[0]);
    g_free(fds);

    g_assert_cmpint(READV_FULL_ALL_EOF(ioc, iov, 1, &fds, &nfds, 0, &err), ==, -1);
    assert_error(err);
    g_assert_null(fds);
    g_assert_cmpuint(nfds, ==, 0);
    assert_calls(ioc, "readv(4, fds 1) readv(4) readv(4, fds 1) readv(4) ");

    /* All that came were closed: the lowest free number is the same. */
    after = dup(0);
    g_assert_cmpint(after, ==, before);
    close(after);
    object_unref(OBJECT(ioc));
}

/* Whatever fails later closes what came, and errno stays, R-CHAN-27, R-CHAN-5. */
static void test_read_all_fds_failure(void)
{
    QIOChannel *ioc = scripted_new(4, 1, -1, 1, 0);
    int *fds = NULL, before = dup(0), after;
    size_t nfds = 0;
    struct iovec iov[1];
    Error *err = NULL;

    close(before);
    qio_channel_set_feature(ioc, QIO_CHANNEL_FEATURE_FD_PASS);
    scripted(ioc)->fds[0] = scripted(ioc)->fds[2] = 2;
    elements(iov, 4, -1);
    g_assert_cmpint(qio_channel_readv_full_all(ioc, iov, 1, &fds, &nfds, &err), ==, -1);
    g_assert_cmpint(errno, ==, EPROTO);
    assert_error(err);
    g_assert_null(fds);
    g_assert_cmpuint(nfds, ==, 0);
    g_assert_cmpint(qio_channel_readv_full_all(ioc, iov, 1, &fds, &nfds, NULL), ==, -1);
    g_assert_null(fds);
    g_assert_cmpuint(nfds, ==, 0);
    after = dup(0);
    g_assert_cmpint(after, ==, before);
    close(after);
    object_unref(OBJECT(ioc));
}

/* One read without bytes, R-CHAN-28. */
static void test_read_all_fds_only(void)
{
    QIOChannel *ioc = scripted_new(5, QIO_CHANNEL_ERR_BLOCK, 0, 0, 0, -1);
    int *fds = NULL;
    size_t nfds = 0;
    struct iovec empty = { .iov_base = NULL, .iov_len = 0 };
    Error *err = NULL;

    qio_channel_set_feature(ioc, QIO_CHANNEL_FEATURE_FD_PASS);
    scripted(ioc)->ready = 1;
    scripted(ioc)->fds[1] = 2;
    g_assert_cmpint(READV_FULL_ALL_EOF(ioc, &empty, 1, &fds, &nfds, 0, &err), ==, 1);
    g_assert_cmpuint(nfds, ==, 1);
    close(fds[0]);
    g_free(fds);
    g_assert_cmpint(READV_FULL_ALL_EOF(ioc, NULL, 0, &fds, &nfds, 0, &err), ==, 0);
    g_assert_null(fds);
    g_assert_cmpuint(nfds, ==, 0);
    g_assert_null(err);

    /* Without a place for the number none can come. */
    g_assert_cmpint(READV_FULL_ALL_EOF(ioc, NULL, 0, &fds, NULL, 0, &err), ==, 0);
    g_assert_cmpint(READV_FULL_ALL_EOF(ioc, NULL, 0, &fds, &nfds, 0, &err), ==, -1);
    assert_error(err);
    assert_calls(ioc, "readv(, fds 1) readv(, fds 1) readv(, fds 1) readv() readv(, fds 1) ");

    /* Without a place for the array it is a request for nothing. */
    nfds = 9;
    g_assert_cmpint(READV_FULL_ALL_EOF(ioc, NULL, 0, NULL, &nfds, 0, &err), ==, 1);
    g_assert_cmpuint(nfds, ==, 0);
    assert_calls(ioc, "");
    object_unref(OBJECT(ioc));
}

static void test_read_all_fds_refused(void)
{
    QIOChannel *ioc = scripted_new(0);
    struct iovec iov[1];
    int *fds = (int *)memory;
    size_t nfds = 9;
    Error *err = NULL;

    elements(iov, 4, -1);
    g_assert_cmpint(READV_FULL_ALL_EOF(ioc, iov, 1, &fds, &nfds, 0, &err), ==, -1);
    assert_errno_error(err, EINVAL);
    g_assert_null(fds);
    g_assert_cmpuint(nfds, ==, 0);
    object_unref(OBJECT(ioc));
}

#ifdef QIO_HAS_TLS_BYE
/* Flags go to every read, R-CHAN-31. */
static void test_read_all_flags(void)
{
    QIOChannel *ioc = scripted_new(3, 1, 3, 4);
    struct iovec iov[1];

    elements(iov, 4, -1);
    g_assert_cmpint(READV_FULL_ALL_EOF(ioc, iov, 1, NULL, NULL,
                                       QIO_CHANNEL_READ_FLAG_RELAXED_EOF, &error_abort), ==, 1);
    g_assert_cmpint(qio_channel_readv_full_all(ioc, iov, 1, NULL, NULL, &error_abort), ==, 0);
    assert_calls(ioc, "readv(4, flags 2) readv(3, flags 2) readv(4) ");
    object_unref(OBJECT(ioc));
}
#endif

#ifdef QIO_HAS_POSITIONAL_IO
/* R-CHAN-33 */
static void test_positioned(void)
{
    QIOChannel *ioc = scripted_new(8, 3, 0, QIO_CHANNEL_ERR_BLOCK, -1, 3, 2,
                                   QIO_CHANNEL_ERR_BLOCK, -1);
    QIOChannel *bare = bare_new(0);
    struct iovec iov[2];
    Error *err = NULL;
    unsigned int n = elements(iov, 2, 1, -1);

    g_assert_cmpint(qio_channel_preadv(ioc, iov, n, 5, &err), ==, -1);
    assert_errno_error(err, EINVAL);
    g_assert_cmpint(qio_channel_pwritev(ioc, iov, n, 5, &err), ==, -1);
    assert_errno_error(err, EINVAL);
    g_assert_cmpstr(scripted(ioc)->log->str, ==, "");

    qio_channel_set_feature(ioc, QIO_CHANNEL_FEATURE_SEEKABLE);
    g_assert_cmpint(qio_channel_preadv(ioc, iov, n, 5, &err), ==, 3);
    g_assert_true(scripted(ioc)->iov == iov);
    g_assert_true(scripted(ioc)->has_slot);
    g_assert_cmpint(qio_channel_pread(ioc, memory, 4, 6, &err), ==, 0);
    g_assert_cmpint(qio_channel_preadv(ioc, iov, n, 7, &err), ==, QIO_CHANNEL_ERR_BLOCK);
    g_assert_null(err);
    g_assert_cmpint(qio_channel_pread(ioc, memory, 4, 8, &err), ==, -1);
    assert_error(err);
    g_assert_cmpint(qio_channel_pwritev(ioc, iov, n, 5, &err), ==, 3);
    g_assert_cmpint(qio_channel_pwrite(ioc, memory, 4, 6, &err), ==, 2);
    g_assert_cmpint(qio_channel_pwritev(ioc, iov, n, 7, &err), ==, QIO_CHANNEL_ERR_BLOCK);
    g_assert_null(err);
    g_assert_cmpint(qio_channel_pwrite(ioc, memory, 4, 8, &err), ==, -1);
    assert_error(err);
    assert_calls(ioc, "preadv(2 1, flags 5) preadv(4, flags 6) preadv(2 1, flags 7) "
                 "preadv(4, flags 8) pwritev(2 1, flags 5) pwritev(4, flags 6) "
                 "pwritev(2 1, flags 7) pwritev(4, flags 8) ");

    /* No method: no errno at the end, whether positions are said to exist or not. */
    qio_channel_set_feature(bare, QIO_CHANNEL_FEATURE_SEEKABLE);
    errno = EINVAL;
    g_assert_cmpint(qio_channel_preadv(bare, iov, n, 0, &err), ==, -1);
    g_assert_null(strstr(error_get_pretty(err), strerror(EINVAL)));
    assert_error(err);
    g_assert_cmpint(qio_channel_pwritev(bare, iov, n, 0, &err), ==, -1);
    g_assert_null(strstr(error_get_pretty(err), strerror(EINVAL)));
    assert_error(err);
    g_assert_cmpint(qio_channel_pread(bare, memory, 1, 0, NULL), ==, -1);
    g_assert_cmpint(qio_channel_pwrite(bare, memory, 1, 0, NULL), ==, -1);
    object_unref(OBJECT(ioc));
    object_unref(OBJECT(bare));
}
#endif

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    module_call_init(MODULE_INIT_QOM);
    scripted_register();

    g_test_add_func("/qio/channel/single", test_single);
    g_test_add_func("/qio/channel/refused", test_refused);
    g_test_add_func("/qio/channel/refused/order", test_refused_order);
    g_test_add_func("/qio/channel/write-all", test_write_all);
    g_test_add_func("/qio/channel/write-all/no-progress", test_write_all_no_progress);
    g_test_add_func("/qio/channel/write-all/fds", test_write_all_fds);
    g_test_add_func("/qio/channel/read-all", test_read_all);
    g_test_add_func("/qio/channel/read-all/end", test_read_all_end);
    g_test_add_func("/qio/channel/read-all/fds", test_read_all_fds);
    g_test_add_func("/qio/channel/read-all/fds-first", test_read_all_fds_first);
    g_test_add_func("/qio/channel/read-all/fds-failure", test_read_all_fds_failure);
    g_test_add_func("/qio/channel/read-all/fds-only", test_read_all_fds_only);
    g_test_add_func("/qio/channel/read-all/fds-refused", test_read_all_fds_refused);
    g_test_add_func("/qio/channel/all/waits", test_all_waits);
    g_test_add_func("/qio/channel/all/empty-elements", test_all_empty_elements);
    g_test_add_func("/qio/channel/all/many-elements", test_all_many_elements);
    g_test_add_func("/qio/channel/all/too-much", test_all_too_much);
#ifdef QIO_HAS_TLS_BYE
    g_test_add_func("/qio/channel/read-all/flags", test_read_all_flags);
#endif
#ifdef QIO_HAS_POSITIONAL_IO
    g_test_add_func("/qio/channel/positioned", test_positioned);
#endif
    return g_test_run();
}
