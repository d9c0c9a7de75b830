/*
 * Rows C1, C2, C8, C9, C12 and C13 of docs/spec/properties.md, as far as they are about the core and
 * about files. test-properties-socket.c has the sockets' part.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "scripted-channel.h"
#include "io/channel-file.h"
#include "io/channel-util.h"
#include "faults.h"

#include <sys/resource.h>
#include <sys/socket.h>

#ifdef QIO_HAS_BOOL_SET_BLOCKING
#define SET_BLOCKING(ioc, enabled, errp) (qio_channel_set_blocking(ioc, enabled, errp) ? 0 : -1)
#else
#define SET_BLOCKING qio_channel_set_blocking
#endif

static QIOChannel *file_new(void)
{
    FILE *file = tmpfile();
    int fd = dup(fileno(file));

    fclose(file);
    return QIO_CHANNEL(qio_channel_file_new_fd(fd));
}

static void pipe_new(QIOChannel **reader, QIOChannel **writer)
{
    int fds[2];

    g_assert_cmpint(pipe2(fds, O_CLOEXEC), ==, 0);
    *reader = QIO_CHANNEL(qio_channel_file_new_fd(fds[0]));
    *writer = QIO_CHANNEL(qio_channel_file_new_fd(fds[1]));
}

static int fd_of(QIOChannel *ioc)
{
    return QIO_CHANNEL_FILE(ioc)->fd;
}

/* C1 ---------------------------------------------------------------------------- */

/* Elements of 0 to 4 bytes each, in one piece of memory. */
typedef struct Request {
    QIOChannel *ioc;
    unsigned int niov;
    size_t size;
    char *bytes;
    struct iovec *iov;
} Request;

static void request_init(Request *request, QIOChannel *ioc, unsigned int niov, unsigned int least)
{
    unsigned int i;

    *request = (Request) { .ioc = ioc, .niov = niov };
    request->bytes = g_malloc0(4 * (size_t)niov);
    request->iov = g_new0(struct iovec, niov);
    for (i = 0; i < niov; i++) {
        size_t size = least + i % (5 - least);

        request->iov[i].iov_base = request->bytes + request->size;
        request->iov[i].iov_len = size;
        request->size += size;
    }
    for (i = 0; i < request->size; i++) {
        request->bytes[i] = i * 7 + i / 251;
    }
}

static void request_clear(Request *request)
{
    g_free(request->bytes);
    g_free(request->iov);
}

static gpointer writes_request(gpointer data)
{
    Request *request = data;

    g_assert_cmpint(qio_channel_writev_all(request->ioc, request->iov, request->niov, &error_abort),
                    ==, 0);
    return NULL;
}

static const unsigned int counts[] = { 1024, 1025, 1500, 100000 };

static void test_c1_pipe(void)
{
    unsigned int i, least, mode;

    for (i = 0; i < G_N_ELEMENTS(counts); i++) {
        for (least = 0; least < 2; least++) {
            for (mode = 0; mode < 2; mode++) {
                QIOChannel *reader, *writer;
                Request out, in;
                GThread *thread;

                pipe_new(&reader, &writer);
                g_assert_cmpint(SET_BLOCKING(reader, mode, &error_abort), ==, 0);
                g_assert_cmpint(SET_BLOCKING(writer, mode, &error_abort), ==, 0);
                request_init(&out, writer, counts[i], least);
                request_init(&in, reader, counts[i], least);
                memset(in.bytes, 0, in.size);
                thread = g_thread_new("writer", writes_request, &out);
                g_assert_cmpint(qio_channel_readv_all(reader, in.iov, in.niov, &error_abort),
                                ==, 0);
                g_thread_join(thread);
                g_assert_cmpint(memcmp(in.bytes, out.bytes, in.size), ==, 0);
                request_clear(&in);
                request_clear(&out);
                object_unref(OBJECT(reader));
                object_unref(OBJECT(writer));
            }
        }
    }
}

static void test_c1_file(void)
{
    unsigned int i;

    for (i = 0; i < G_N_ELEMENTS(counts); i++) {
        QIOChannel *ioc = file_new();
        Request out, in;

        request_init(&out, ioc, counts[i], 0);
        request_init(&in, ioc, counts[i], 0);
        memset(in.bytes, 0, in.size);
        writes_request(&out);
        g_assert_cmpint(qio_channel_io_seek(ioc, 0, SEEK_SET, &error_abort), ==, 0);
        g_assert_cmpint(qio_channel_readv_all_eof(ioc, in.iov, in.niov, &error_abort), ==, 1);
        g_assert_cmpint(memcmp(in.bytes, out.bytes, in.size), ==, 0);
        g_assert_cmpint(qio_channel_readv_all_eof(ioc, in.iov, in.niov, &error_abort), ==, 0);
        request_clear(&in);
        request_clear(&out);
        object_unref(OBJECT(ioc));
    }
}

/* The single-shot forms take what they can. */
static void test_c1_single(void)
{
    QIOChannel *reader, *writer;
    Request out, in;

    pipe_new(&reader, &writer);
    request_init(&out, writer, 3000, 1);
    request_init(&in, reader, 3000, 1);
    g_assert_cmpint(qio_channel_writev(writer, out.iov, 3000, &error_abort), >=, 1024);
    g_assert_cmpint(qio_channel_readv(reader, in.iov, 3000, &error_abort), >=, 1024);
    request_clear(&in);
    request_clear(&out);
    object_unref(OBJECT(reader));
    object_unref(OBJECT(writer));
}

/* C2 ---------------------------------------------------------------------------- */

/* Nothing is asked of the system: it would wait, or say that the descriptor isn't open. */
static void test_c2(void)
{
    QIOChannel *channels[3];
    unsigned int i;

    channels[0] = file_new();
    pipe_new(&channels[1], &channels[2]);
    for (i = 0; i < G_N_ELEMENTS(channels); i++) {
        QIOChannel *ioc = channels[i];
        struct iovec empty[2] = { { NULL, 0 }, { (char *)"", 0 } };
        Error *err = NULL;

        g_assert_cmpint(close(fd_of(ioc)), ==, 0);
        g_assert_cmpint(qio_channel_read(ioc, NULL, 0, &err), ==, 0);
        g_assert_cmpint(qio_channel_readv(ioc, empty, 2, &err), ==, 0);
        g_assert_cmpint(qio_channel_readv(ioc, NULL, 0, &err), ==, 0);
        g_assert_cmpint(qio_channel_write(ioc, NULL, 0, &err), ==, 0);
        g_assert_cmpint(qio_channel_writev(ioc, empty, 2, &err), ==, 0);
        g_assert_cmpint(qio_channel_writev(ioc, NULL, 0, &err), ==, 0);
        g_assert_cmpint(qio_channel_read_all(ioc, NULL, 0, &err), ==, 0);
        g_assert_cmpint(qio_channel_readv_all_eof(ioc, empty, 2, &err), ==, 1);
        g_assert_cmpint(qio_channel_writev_all(ioc, empty, 2, &err), ==, 0);
#ifdef QIO_HAS_POSITIONAL_IO
        if (qio_channel_has_feature(ioc, QIO_CHANNEL_FEATURE_SEEKABLE)) {
            g_assert_cmpint(qio_channel_preadv(ioc, empty, 2, 0, &err), ==, 0);
            g_assert_cmpint(qio_channel_pwrite(ioc, NULL, 0, 0, &err), ==, 0);
        }
#endif
        g_assert_null(err);
        QIO_CHANNEL_FILE(ioc)->fd = -1;
        object_unref(OBJECT(ioc));
    }
}

/* C8 ---------------------------------------------------------------------------- */

#ifndef __SANITIZE_ADDRESS__
/* The allocations of this thread. A memory checker puts its own functions in the place of these. */
static __thread int allocations;

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

void *malloc(size_t size)
{
    allocations++;
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    allocations++;
    return __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
    allocations++;
    return __libc_realloc(old, size);
}
#else
static int allocations;
#endif

typedef struct Limit {
    struct rlimit before;
    int fds[64];
    int nfds;
} Limit;

/* Not a descriptor more can be opened. */
static void limit_begin(Limit *limit)
{
    struct rlimit low;
    int fd;

    g_assert_cmpint(getrlimit(RLIMIT_NOFILE, &limit->before), ==, 0);
    low = limit->before;
    low.rlim_cur = 60;
    g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &low), ==, 0);
    limit->nfds = 0;
    while ((fd = dup(0)) != -1) {
        g_assert_cmpint(limit->nfds, <, G_N_ELEMENTS(limit->fds));
        limit->fds[limit->nfds++] = fd;
    }
    g_assert_cmpint(errno, ==, EMFILE);
}

static void limit_end(Limit *limit)
{
    while (limit->nfds) {
        close(limit->fds[--limit->nfds]);
    }
    g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &limit->before), ==, 0);
}

static gpointer writes_during_wait(gpointer data)
{
    await_polls(1);
    g_assert_cmpint(write(*(int *)data, "x", 1), ==, 1);
    return NULL;
}

static void wait_at_limit(QIOChannel *ioc, int other)
{
    GThread *thread;
    Limit limit;
    int before;

    polls = 0;
    thread = g_thread_new("writer", writes_during_wait, &other);
    limit_begin(&limit);
    before = allocations;
    qio_channel_wait(ioc, G_IO_IN);
    g_assert_cmpint(allocations, ==, before);
    g_thread_join(thread);

    /* It is ready; another thread, another direction. */
    before = allocations;
    qio_channel_wait(ioc, G_IO_IN | G_IO_HUP);
    g_assert_cmpint(allocations, ==, before);
    limit_end(&limit);
    object_unref(OBJECT(ioc));
    close(other);
}

static void test_c8(void)
{
    QIOChannel *ioc = file_new();
    Limit limit;
    int fds[2];

    g_assert_cmpint(pipe2(fds, O_CLOEXEC), ==, 0);
    wait_at_limit(qio_channel_new_fd(fds[0], &error_abort), fds[1]);
    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
    wait_at_limit(qio_channel_new_fd(fds[0], &error_abort), fds[1]);

    limit_begin(&limit);
    qio_channel_wait(ioc, G_IO_IN);
    qio_channel_wait(ioc, G_IO_OUT);
    limit_end(&limit);
    object_unref(OBJECT(ioc));
}

static GSource *(*file_create_watch)(QIOChannel *ioc, GIOCondition condition);
static int watches;

static GSource *creates_watch(QIOChannel *ioc, GIOCondition condition)
{
    watches++;
    return file_create_watch(ioc, condition);
}

static void own_file_class_init(ObjectClass *klass, QIO_QOM_CONST void *data)
{
    file_create_watch = QIO_CHANNEL_CLASS(klass)->io_create_watch;
    QIO_CHANNEL_CLASS(klass)->io_create_watch = creates_watch;
}

/* A subclass whose watch is its own waits with that; one that inherits it, without. */
static void test_c8_subclass(void)
{
    static const TypeInfo own = {
        .name = "test-own-watch",
        .parent = TYPE_QIO_CHANNEL_FILE,
        .class_init = own_file_class_init,
    };
    static const TypeInfo inherits = {
        .name = "test-inherited-watch",
        .parent = TYPE_QIO_CHANNEL_FILE,
    };
    QIOChannel *ioc;
    Limit limit;

    type_register_static(&own);
    type_register_static(&inherits);
    ioc = QIO_CHANNEL(object_new("test-own-watch"));
    QIO_CHANNEL_FILE(ioc)->fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    qio_channel_wait(ioc, G_IO_IN);
    g_assert_cmpint(watches, ==, 1);
    object_unref(OBJECT(ioc));

    ioc = QIO_CHANNEL(object_new("test-inherited-watch"));
    QIO_CHANNEL_FILE(ioc)->fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    limit_begin(&limit);
    qio_channel_wait(ioc, G_IO_IN);
    limit_end(&limit);
    object_unref(OBJECT(ioc));
}

/* C9 ---------------------------------------------------------------------------- */

typedef struct Blocked {
    QIOChannel *ioc;
    int result;
} Blocked;

static gpointer reads_all(gpointer data)
{
    Blocked *blocked = data;
    char bytes[16];

    blocked->result = qio_channel_read_all_eof(blocked->ioc, bytes, sizeof(bytes), NULL);
    return NULL;
}

static gpointer writes_all(gpointer data)
{
    Blocked *blocked = data;
    g_autofree char *bytes = g_malloc0(1 << 24);

    blocked->result = qio_channel_write_all(blocked->ioc, bytes, 1 << 24, NULL);
    return NULL;
}

static gpointer waits(gpointer data)
{
    Blocked *blocked = data;

    qio_channel_wait(blocked->ioc, G_IO_IN);
    return NULL;
}

/* Calls that go on until all is done end too, wherever they wait. */
static void test_c9(void)
{
    int fds[2];
    QIOChannel *ioc;
    Blocked reading, writing, waiting;
    GThread *threads[3];

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds), ==, 0);
    ioc = qio_channel_new_fd(fds[0], &error_abort);
    reading = writing = waiting = (Blocked) { .ioc = ioc, .result = 7 };
    polls = 0;
    threads[0] = g_thread_new("reads", reads_all, &reading);
    threads[1] = g_thread_new("writes", writes_all, &writing);
    threads[2] = g_thread_new("waits", waits, &waiting);
    await_polls(3);
    g_assert_cmpint(qio_channel_shutdown(ioc, QIO_CHANNEL_SHUTDOWN_BOTH, &error_abort), ==, 0);
    g_thread_join(threads[0]);
    g_thread_join(threads[1]);
    g_thread_join(threads[2]);
    g_assert_cmpint(reading.result, ==, 0);
    g_assert_cmpint(writing.result, ==, -1);
    object_unref(OBJECT(ioc));
    close(fds[1]);
}

/* C12 --------------------------------------------------------------------------- */

static void test_c12(void)
{
    QIOChannel *ioc = file_new();
    Error *err = NULL;
    int enabled;

    for (enabled = 0; enabled < 2; enabled++) {
        fault_set("fcntl", EPERM, 0);
        errno = 0;
        g_assert_cmpint(SET_BLOCKING(ioc, enabled, &err), ==, -1);
        g_assert_cmpint(errno, ==, EPERM);
        fault_clear();
        assert_errno_error(err, EPERM);

        fault_set("fcntl", EPERM, 0);
        g_assert_cmpint(SET_BLOCKING(ioc, enabled, NULL), ==, -1);
        fault_clear();
        g_assert_cmpint(SET_BLOCKING(ioc, enabled, &err), ==, 0);
        g_assert_null(err);
    }
    object_unref(OBJECT(ioc));
}

/* C13 --------------------------------------------------------------------------- */

static void test_c13(void)
{
    QIOChannel *ioc = file_new(), *reader, *writer;
    char byte = 0;
    Error *err = NULL;
    unsigned int i;

    for (i = 0; i < 2; i++) {
        Error **errp = i ? &err : NULL;

        fault_set("readv", EIO, 0);
        errno = 0;
        g_assert_cmpint(qio_channel_read(ioc, &byte, 1, errp), ==, -1);
        g_assert_cmpint(errno, ==, EIO);
        errno = 0;
        g_clear_pointer(&err, error_free);
        g_assert_cmpint(qio_channel_read_all(ioc, &byte, 1, errp), ==, -1);
        g_assert_cmpint(errno, ==, EIO);
        g_clear_pointer(&err, error_free);

        fault_set("writev", ENOSPC, 0);
        errno = 0;
        g_assert_cmpint(qio_channel_write(ioc, &byte, 1, errp), ==, -1);
        g_assert_cmpint(errno, ==, ENOSPC);
        errno = 0;
        g_clear_pointer(&err, error_free);
        g_assert_cmpint(qio_channel_write_all(ioc, &byte, 1, errp), ==, -1);
        g_assert_cmpint(errno, ==, ENOSPC);
        g_clear_pointer(&err, error_free);
        fault_clear();

        errno = 0;
        g_assert_null(qio_channel_file_new_path("/nonexistent/file", O_RDONLY, 0, errp));
        g_assert_cmpint(errno, ==, ENOENT);
        g_clear_pointer(&err, error_free);

        pipe_new(&reader, &writer);
        g_assert_cmpint(SET_BLOCKING(reader, false, &error_abort), ==, 0);
        errno = 0;
        g_assert_cmpint(qio_channel_read(reader, &byte, 1, errp), ==, QIO_CHANNEL_ERR_BLOCK);
        g_assert_cmpint(errno, ==, EAGAIN);
        g_assert_null(err);
        object_unref(OBJECT(reader));
        object_unref(OBJECT(writer));
    }
    object_unref(OBJECT(ioc));
}

/* The destructor of a channel doesn't touch errno, even if it fails. */
static void test_c13_destructor(void)
{
    QIOChannel *ioc = file_new();
    int fd = fd_of(ioc);

    fault_set("close", EIO, 0);
    errno = ECONNRESET;
    object_unref(OBJECT(ioc));
    g_assert_cmpint(errno, ==, ECONNRESET);
    g_assert_cmpint(fault_hits, ==, 1);
    fault_clear();
    g_assert_false(fd_is_open(fd));
}

/* Closing what came before the failure doesn't either. */
static void test_c13_descriptors(void)
{
    QIOChannel *ioc = scripted_new(2, 1, -1);
    char bytes[4];
    struct iovec iov = { bytes, 4 };
    int *fds;
    size_t nfds;
    Error *err = NULL;

    qio_channel_set_feature(ioc, QIO_CHANNEL_FEATURE_FD_PASS);
    scripted(ioc)->fds[0] = 2;
    fault_set("close", EIO, 0);
    g_assert_cmpint(qio_channel_readv_full_all(ioc, &iov, 1, &fds, &nfds, &err), ==, -1);
    g_assert_cmpint(errno, ==, EPROTO);
    g_assert_cmpint(fault_hits, ==, 1);
    fault_clear();
    assert_error(err);
    object_unref(OBJECT(ioc));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    module_call_init(MODULE_INIT_QOM);
    scripted_register();
    signal(SIGPIPE, SIG_IGN);

    g_test_add_func("/qio/properties/C1/pipe", test_c1_pipe);
    g_test_add_func("/qio/properties/C1/file", test_c1_file);
    g_test_add_func("/qio/properties/C1/single", test_c1_single);
    g_test_add_func("/qio/properties/C2/file", test_c2);
    g_test_add_func("/qio/properties/C8", test_c8);
    g_test_add_func("/qio/properties/C8/subclass", test_c8_subclass);
    g_test_add_func("/qio/properties/C9/all", test_c9);
    g_test_add_func("/qio/properties/C12/file", test_c12);
    g_test_add_func("/qio/properties/C13/file", test_c13);
    g_test_add_func("/qio/properties/C13/destructor", test_c13_destructor);
    g_test_add_func("/qio/properties/C13/descriptors", test_c13_descriptors);
    return g_test_run();
}
