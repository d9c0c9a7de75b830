/*
 * Row C8 of docs/spec/properties.md: what a channel does needs no descriptor that it hasn't got.
 * Every function that takes a channel is called at the limit, for every class.
 *
 * This is a program of its own, in which nothing has made GLib's default main context before the
 * first channel: only the channels' own foresight keeps GLib from ending the process.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "coroutine-channels.h"
#include "descriptor-limit.h"
#include "io/channel-buffer.h"
#include "io/channel-command.h"
#include "io/channel-file.h"
#include "io/channel-null.h"
#include "io/channel-util.h"
#include "io/channel-websock.h"
#include "io/net-listener.h"
#include "websock-client.h"
/* Last, as it has an assert_error() of its own. */
#include "scripted-channel.h"

#ifdef QIO_HAS_BOOL_SET_BLOCKING
#define SET_BLOCKING(ioc, enabled) qio_channel_set_blocking(ioc, enabled, &error_abort)
#else
#define SET_BLOCKING(ioc, enabled) \
    g_assert_cmpint(qio_channel_set_blocking(ioc, enabled, &error_abort), ==, 0)
#endif

/* A class over another channel whose watches are sources with a child, as a program's filter may
 * have it. */
#define TYPE_FILTER "test-filter"

typedef struct Filter {
    QIOChannel parent;
    QIOChannel *below;
} Filter;

typedef struct FilterSource {
    GSource parent;
    QIOChannel *ioc;
    GIOCondition ready;
} FilterSource;

static gboolean filter_notes(QIOChannel *ioc, GIOCondition condition, gpointer data)
{
    FilterSource *source = data;

    source->ready |= condition;
    return G_SOURCE_CONTINUE;
}

static gboolean filter_dispatch(GSource *source, GSourceFunc callback, gpointer data)
{
    FilterSource *self = (FilterSource *)source;
    GIOCondition ready = self->ready;
    QIOChannelFunc func = (QIOChannelFunc)(void (*)(void))callback;

    self->ready = 0;
    return ready ? func(self->ioc, ready, data) : G_SOURCE_CONTINUE;
}

static void filter_source_finalize(GSource *source)
{
    object_unref(OBJECT(((FilterSource *)source)->ioc));
}

static GSourceFuncs filter_funcs = {
    .dispatch = filter_dispatch,
    .finalize = filter_source_finalize,
};

static GSource *filter_create_watch(QIOChannel *ioc, GIOCondition condition)
{
    GSource *source = g_source_new(&filter_funcs, sizeof(FilterSource));
    GSource *child = qio_channel_create_watch(((Filter *)ioc)->below, condition);

    ((FilterSource *)source)->ioc = ioc;
    object_ref(OBJECT(ioc));
    g_source_set_callback(child, (GSourceFunc)(void (*)(void))filter_notes, source, NULL);
    g_source_add_child_source(source, child);
    g_source_unref(child);
    return source;
}

static ssize_t filter_writev(QIOChannel *ioc, const struct iovec *iov, size_t niov, int *fds, size_t nfds,
                             int flags, Error **errp)
{
    return qio_channel_writev(((Filter *)ioc)->below, iov, niov, errp);
}

#ifndef QIO_HAS_READV_FLAGS
static ssize_t filter_readv(QIOChannel *ioc, const struct iovec *iov, size_t niov, int **fds, size_t *nfds,
                            Error **errp)
#else
static ssize_t filter_readv(QIOChannel *ioc, const struct iovec *iov, size_t niov, int **fds, size_t *nfds,
                            int flags, Error **errp)
#endif
{
    return qio_channel_readv(((Filter *)ioc)->below, iov, niov, errp);
}

static int filter_close(QIOChannel *ioc, Error **errp)
{
    return qio_channel_close(((Filter *)ioc)->below, errp);
}

static void filter_finalize(Object *obj)
{
    object_unref(OBJECT(((Filter *)obj)->below));
}

static void filter_class_init(ObjectClass *klass, QIO_QOM_CONST void *data)
{
    QIOChannelClass *class = QIO_CHANNEL_CLASS(klass);

    class->io_writev = filter_writev;
    class->io_readv = filter_readv;
    class->io_close = filter_close;
    class->io_create_watch = filter_create_watch;
}

static QIOChannel *filter_new(QIOChannel *below)
{
    static const TypeInfo info = {
        .name = TYPE_FILTER,
        .parent = TYPE_QIO_CHANNEL,
        .instance_size = sizeof(Filter),
        .instance_finalize = filter_finalize,
        .class_init = filter_class_init,
    };
    static bool is_registered;
    Filter *filter;

    if (!is_registered) {
        type_register_static(&info);
        is_registered = true;
    }
    filter = (Filter *)object_new(TYPE_FILTER);
    object_ref(OBJECT(below));
    filter->below = below;
    return QIO_CHANNEL(filter);
}

/* A channel with a peer that echoes, or is a memory. */
typedef struct Case {
    QIOChannel *ioc;
    /* What the peer has; -1 for none. */
    int peer;
    bool seeks;
} Case;

static gpointer answers(gpointer data)
{
    Case *c = data;

    g_usleep(2000);
    g_assert_cmpint(write(c->peer, "answer", 6), ==, 6);
    return NULL;
}

static gboolean stops(QIOChannel *ioc, GIOCondition condition, gpointer data)
{
    ++*(int *)data;
    return G_SOURCE_REMOVE;
}

static void ignores(void *opaque)
{
}

/* All that can be done with a channel, but for closing it. Opening descriptors is no part of it. */
static void use(Case *c)
{
    QIOChannel *ioc = c->ioc;
    GMainContext *context = g_main_context_default();
    struct iovec iov = { (char[8]) { 0 }, 6 };
    g_autofree char *bytes = g_malloc0(8);
    int calls = 0;
    GSource *source;
    Error *err = NULL;

    qio_channel_set_name(ioc, "limit");
    qio_channel_set_delay(ioc, false);
    qio_channel_set_cork(ioc, true);
    qio_channel_set_cork(ioc, false);
    g_assert_false(qio_channel_has_feature(ioc, QIO_CHANNEL_FEATURE_LISTEN));
    g_assert_cmpint(qio_channel_write(ioc, "hello", 5, &error_abort), ==, 5);
    g_assert_cmpint(qio_channel_write_all(ioc, "hello", 5, &error_abort), ==, 0);
    qio_channel_wait(ioc, G_IO_OUT);
    g_assert_cmpint(qio_channel_flush(ioc, &error_abort), >=, 0);
    if (c->seeks) {
        g_assert_cmpint(qio_channel_io_seek(ioc, 0, SEEK_SET, &error_abort), ==, 0);
    } else if (qio_channel_io_seek(ioc, 0, SEEK_SET, &err) < 0) {
        error_free(err);
        err = NULL;
    }
    if (c->peer >= 0) {
        GThread *thread = g_thread_new("answers", answers, c);

        qio_channel_wait(ioc, G_IO_IN);
        g_assert_cmpint(qio_channel_readv(ioc, &iov, 1, &error_abort), ==, 6);
        g_assert_cmpmem(iov.iov_base, 6, "answer", 6);
        g_thread_join(thread);
        /* The same with the wait in it. */
        thread = g_thread_new("answers", answers, c);
        g_assert_cmpint(qio_channel_readv_all(ioc, &iov, 1, &error_abort), ==, 0);
        g_thread_join(thread);
        g_assert_cmpint(write(c->peer, "answer", 6), ==, 6);
        g_assert_cmpint(qio_channel_read_all(ioc, bytes, 6, &error_abort), ==, 0);
        SET_BLOCKING(ioc, true);
        g_assert_cmpint(write(c->peer, "answer", 6), ==, 6);
        g_assert_cmpint(qio_channel_read_all(ioc, bytes, 6, &error_abort), ==, 0);
        SET_BLOCKING(ioc, false);
    } else {
        qio_channel_wait(ioc, G_IO_IN);
        g_assert_cmpint(qio_channel_read(ioc, bytes, 5, &error_abort), >=, 0);
        SET_BLOCKING(ioc, true);
        SET_BLOCKING(ioc, false);
    }
    /* Watches, in the default context and by hand. */
    qio_channel_add_watch(ioc, G_IO_OUT, stops, &calls, NULL);
    source = qio_channel_create_watch(ioc, G_IO_OUT);
    g_source_set_callback(source, (GSourceFunc)(void (*)(void))stops, &calls, NULL);
    g_source_attach(source, context);
    while (calls < 2) {
        g_main_context_iteration(context, true);
    }
    g_source_unref(source);
#ifdef QIO_HAS_PEERPID
    if (QIO_CHANNEL_GET_CLASS(ioc)->io_peerpid) {
        unsigned int pid;

        g_assert_cmpint(qio_channel_get_peerpid(ioc, &pid, &err), <=, 0);
        error_free(err);
        err = NULL;
    }
#endif
    if (QIO_CHANNEL_GET_CLASS(ioc)->io_set_aio_fd_handler) {
        AioContext *aio = iohandler_get_aio_context();

#ifndef QIO_HAS_TWO_AIO_CONTEXTS
        qio_channel_set_aio_fd_handler(ioc, aio, ignores, ignores, ioc);
        qio_channel_set_aio_fd_handler(ioc, aio, NULL, NULL, NULL);
#else
        qio_channel_set_aio_fd_handler(ioc, aio, ignores, aio, ignores, ioc);
        qio_channel_set_aio_fd_handler(ioc, aio, NULL, aio, NULL, NULL);
#endif
    }
}

static void close_and_wait(Case *c)
{
    Error *err = NULL;

    if (qio_channel_shutdown(c->ioc, QIO_CHANNEL_SHUTDOWN_BOTH, &err) < 0) {
        error_free(err);
    } else {
        qio_channel_wait(c->ioc, G_IO_IN);
        qio_channel_wait(c->ioc, G_IO_HUP);
    }
    g_assert_cmpint(qio_channel_close(c->ioc, &error_abort), ==, 0);
    object_unref(OBJECT(c->ioc));
    if (c->peer >= 0) {
        close(c->peer);
    }
}

static void run(Case c)
{
    Limit limit;

    limit_begin(&limit);
    use(&c);
    close_and_wait(&c);
    limit_restore(&limit);
}

static Case socket_case(void)
{
    int fds[2];

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds), ==, 0);
    return (Case) { QIO_CHANNEL(qio_channel_socket_new_fd(fds[0], &error_abort)), fds[1], false };
}

static void test_socket(void)
{
    run(socket_case());
}

static void test_filter(void)
{
    Case c = socket_case();
    QIOChannel *filter = filter_new(c.ioc);
    GThread *thread;
    char bytes[6];
    Limit limit;

    object_unref(OBJECT(c.ioc));
    c.ioc = filter;

    limit_begin(&limit);
    qio_channel_wait(c.ioc, G_IO_OUT);
    thread = g_thread_new("answers", answers, &c);
    qio_channel_wait(c.ioc, G_IO_IN);
    g_thread_join(thread);
    g_assert_cmpint(qio_channel_read_all(c.ioc, bytes, 6, &error_abort), ==, 0);
    thread = g_thread_new("answers", answers, &c);
    g_assert_cmpint(qio_channel_read_all(c.ioc, bytes, 6, &error_abort), ==, 0);
    g_thread_join(thread);
    g_assert_cmpint(qio_channel_write_all(c.ioc, "hello", 5, &error_abort), ==, 0);
    limit_end(&limit);
    g_assert_cmpint(qio_channel_close(c.ioc, &error_abort), ==, 0);
    object_unref(OBJECT(c.ioc));
    close(c.peer);
}

/* Several threads wait for channels of such a class at once. */
static gpointer reads_byte(gpointer data)
{
    char byte;

    g_assert_cmpint(qio_channel_read_all(data, &byte, 1, &error_abort), ==, 0);
    return GINT_TO_POINTER(byte);
}

static void test_filter_threads(void)
{
    Case c[4];
    GThread *threads[4];
    Limit limit;

    for (int i = 0; i < 4; i++) {
        QIOChannel *below;

        c[i] = socket_case();
        below = c[i].ioc;
        c[i].ioc = filter_new(below);
        object_unref(OBJECT(below));
    }
    limit_begin(&limit);
    for (int i = 0; i < 4; i++) {
        threads[i] = g_thread_new("reads", reads_byte, c[i].ioc);
    }
    for (int i = 3; i >= 0; i--) {
        g_assert_cmpint(write(c[i].peer, &"abcd"[i], 1), ==, 1);
        g_assert_cmpint(GPOINTER_TO_INT(g_thread_join(threads[i])), ==, "abcd"[i]);
    }
    limit_end(&limit);
    for (int i = 0; i < 4; i++) {
        object_unref(OBJECT(c[i].ioc));
        close(c[i].peer);
    }
}

static void test_scripted(void)
{
    QIOChannel *ioc = scripted_new(3, (ssize_t)QIO_CHANNEL_ERR_BLOCK, (ssize_t)QIO_CHANNEL_ERR_BLOCK,
                                   (ssize_t)5);
    Limit limit;

    scripted(ioc)->ready = 1;
    limit_begin(&limit);
    qio_channel_wait(ioc, G_IO_IN);
    g_assert_cmpint(qio_channel_write_all(ioc, "hello", 5, &error_abort), ==, 0);
    limit_end(&limit);
    object_unref(OBJECT(ioc));
}

static void test_file(void)
{
    FILE *file = tmpfile();

    run((Case) { QIO_CHANNEL(qio_channel_file_new_fd(dup(fileno(file)))), -1, true });
    fclose(file);
}

static void test_command(void)
{
    const char *const argv[] = { "/bin/cat", NULL };
    QIOChannel *ioc = QIO_CHANNEL(qio_channel_command_new_spawn(argv, O_RDWR, &error_abort));
    char bytes[5];
    Limit limit;

    SET_BLOCKING(ioc, false);
    limit_begin(&limit);
    qio_channel_wait(ioc, G_IO_OUT);
    g_assert_cmpint(qio_channel_write_all(ioc, "hello", 5, &error_abort), ==, 0);
    qio_channel_wait(ioc, G_IO_IN);
    g_assert_cmpint(qio_channel_read_all(ioc, bytes, 5, &error_abort), ==, 0);
    g_assert_cmpint(qio_channel_close(ioc, &error_abort), ==, 0);
    limit_restore(&limit);
    object_unref(OBJECT(ioc));
}

static void test_buffer(void)
{
    run((Case) { QIO_CHANNEL(qio_channel_buffer_new(0)), -1, true });
}

static void test_null(void)
{
    run((Case) { QIO_CHANNEL(qio_channel_null_new()), -1, true });
}

static gpointer sends_frame(gpointer data)
{
    g_usleep(2000);
    web_frame(data, 0x82, "answer", 6);
    return NULL;
}

/* A WebSocket that is used, waited for and closed; what the client has got. */
static GString *websock_at_limit(Web *web, bool closes)
{
    GThread *thread;
    char bytes[6];
    int calls = 0;
    Limit limit;
    GString *got;

    web_open(web);
    limit_begin(&limit);
    qio_channel_wait(web->ioc, G_IO_OUT);
    g_assert_cmpint(qio_channel_write_all(web->ioc, "hello", 5, &error_abort), ==, 0);
    thread = g_thread_new("sends", sends_frame, web);
    qio_channel_wait(web->ioc, G_IO_IN);
    g_assert_cmpint(qio_channel_read(web->ioc, bytes, 6, &error_abort), ==, 6);
    g_thread_join(thread);
    thread = g_thread_new("sends", sends_frame, web);
    g_assert_cmpint(qio_channel_read_all(web->ioc, bytes, 6, &error_abort), ==, 0);
    g_thread_join(thread);
    qio_channel_add_watch(web->ioc, G_IO_IN | G_IO_OUT, stops, &calls, NULL);
    while (!calls) {
        g_main_context_iteration(NULL, true);
    }
    if (closes) {
        g_assert_cmpint(qio_channel_close(web->ioc, &error_abort), ==, 0);
    } else {
        /* A frame that is not allowed: the connection is closed with a Close frame. */
        web_send(web, "\xc2\x80\0\0\0\0", 6);
        qio_channel_wait(web->ioc, G_IO_IN);
        web_expect_failure(web);
        g_assert_cmpint(qio_channel_close(web->ioc, &error_abort), ==, 0);
    }
    got = web_receive(web);
    limit_restore(&limit);
    return got;
}

static void test_websock(void)
{
    for (int closes = 0; closes < 2; closes++) {
        Web web;
        GString *got = websock_at_limit(&web, closes);

        g_assert_cmpmem(got->str, MIN(got->len, 7), "\x82\x05hello", 7);
        /* The Close frame was not left out. */
        g_assert_cmpint(got->len, >=, 9);
        g_assert_cmpint((uint8_t)got->str[7], ==, 0x88);
        g_string_free(got, true);
        web_end(&web);
    }
}

/* A thread waits for a handshake that the main loop makes. */
static gpointer waits_for_input(gpointer data)
{
    Web *web = data;
    char bytes[5];

    qio_channel_wait(web->ioc, G_IO_IN);
    g_assert_cmpint(qio_channel_read_all(web->ioc, bytes, 5, &error_abort), ==, 0);
    return NULL;
}

static void test_websock_handshake(void)
{
    Limit limit;
    GThread *thread;
    Web web;

    web_start(&web);
    limit_begin(&limit);
    thread = g_thread_new("waits", waits_for_input, &web);
    web_send(&web, REQUEST, strlen(REQUEST));
    web_await(&web);
    g_assert_cmpstr(web.error, ==, NULL);
    web_frame(&web, 0x82, "input", 5);
    g_thread_join(thread);
    limit_end(&limit);
    web_end(&web);
}

#define FAILS(call) do { \
    g_assert_true(call); \
    g_assert_nonnull(err); \
    error_free(err); \
    err = NULL; \
} while (0)

/* What opens descriptors fails, with an error; what listens goes on. */
/* It accepts a client before it finds that its number is too high, and closes it. */
static bool under_valgrind(void)
{
    return g_getenv("QIO_TEST_SLOW") != NULL;
}

static void test_opening(void)
{
    g_autoptr(QIOChannelSocket) ioc = qio_channel_socket_new();
    g_autoptr(QIOChannelSocket) server = NULL;
    g_autofree char *name = g_strdup_printf("qio-limit-%d", getpid());
    SocketAddress addr = abstract_address(name, true);
    const char *const argv[] = { "/bin/cat", NULL };
    QIOChannelSocket *client;
    QIONetListener *listener = qio_net_listener_new();
    Error *err = NULL;
    Limit limit;

    if (under_valgrind()) {
        g_test_skip("valgrind has a descriptor limit of its own");
        object_unref(OBJECT(listener));
        return;
    }
    server = listen_on(&addr);
    client = qio_channel_socket_new();
    g_assert_cmpint(qio_channel_socket_connect_sync(client, &addr, &error_abort), ==, 0);
    limit_begin(&limit);
    FAILS(!qio_channel_socket_accept(server, &err));
    FAILS(qio_channel_socket_connect_sync(ioc, &addr, &err) < 0);
    FAILS(qio_channel_socket_listen_sync(ioc, &addr, 1, &err) < 0);
    FAILS(!qio_channel_file_new_path("/dev/null", O_RDONLY, 0, &err));
    FAILS(!qio_channel_command_new_spawn(argv, O_RDWR, &err));
    FAILS(qio_net_listener_open_sync(listener, &addr, 1, &err) < 0);
    qio_net_listener_add(listener, server);
    limit_free(&limit, 1);
    object_unref(OBJECT(qio_net_listener_wait_client(listener)));
    limit_restore(&limit);
    qio_net_listener_disconnect(listener);
    object_unref(OBJECT(listener));
    object_unref(OBJECT(client));
}

/* Coroutines that wait for either direction. The embedded host's context for them is made at the
 * limit too. */
static void test_coroutines(void)
{
    Case c = socket_case();
    Waiter waiter;
    Limit limit;

#ifndef HOST_IMPORTED
    limit_begin(&limit);
    g_assert_nonnull(iohandler_get_aio_context());
    limit_end(&limit);
#endif
    g_assert_cmpint(qemu_init_main_loop(&error_abort), ==, 0);
    limit_begin(&limit);
    waiter_start(&waiter, c.ioc, G_IO_OUT, 1);
    loop_until(&waiter.ended);
    waiter_start(&waiter, c.ioc, G_IO_IN, 1);
    loop_run();
    g_assert_cmpint(waiter.woken, ==, 0);
    g_assert_cmpint(write(c.peer, "answer", 6), ==, 6);
    loop_until(&waiter.ended);
    close_and_wait(&c);
    limit_restore(&limit);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    module_call_init(MODULE_INIT_QOM);
    signal(SIGPIPE, SIG_IGN);
    scripted_register();
#ifdef HOST_IMPORTED
    /* What a program has made before is the program's. */
    iohandler_get_aio_context();
#endif

    g_test_add_func("/qio/properties/C8/limit/socket", test_socket);
    g_test_add_func("/qio/properties/C8/limit/file", test_file);
    g_test_add_func("/qio/properties/C8/limit/command", test_command);
    g_test_add_func("/qio/properties/C8/limit/buffer", test_buffer);
    g_test_add_func("/qio/properties/C8/limit/null", test_null);
    g_test_add_func("/qio/properties/C8/limit/websock", test_websock);
    g_test_add_func("/qio/properties/C8/limit/websock-handshake", test_websock_handshake);
    g_test_add_func("/qio/properties/C8/limit/scripted", test_scripted);
    g_test_add_func("/qio/properties/C8/limit/filter", test_filter);
    g_test_add_func("/qio/properties/C8/limit/filter-threads", test_filter_threads);
    g_test_add_func("/qio/properties/C8/limit/opening", test_opening);
    g_test_add_func("/qio/properties/C8/limit/coroutines", test_coroutines);
    return g_test_run();
}
