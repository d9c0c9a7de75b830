/*
 * Each of these does what a program does.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "../listener-sockets.h"
#include "io/channel-command.h"
#include "io/channel-file.h"
#include "io/dns-resolver.h"
#include "qio/connect.h"
#include "steps.h"

static bool connect_accept_transfer_close(void)
{
    SocketAddress any = inet_address("127.0.0.1", "0");
    QIOChannelSocket *server = qio_channel_socket_new(), *client = qio_channel_socket_new();
    QIOChannelSocket *accepted = NULL;
    SocketAddress *address = NULL;
    bool all = false;

    if (SUCCEEDS(qio_channel_socket_listen_sync(server, &any, 5, &err) == 0) &&
        SUCCEEDS((address = qio_channel_socket_get_local_address(server, &err)) != NULL) &&
        SUCCEEDS(qio_channel_socket_connect_sync(client, address, &err) == 0)) {
        /* A connection that is gone before it is accepted leaves nothing to wait for. */
        accepted = qio_channel_socket_accept(server, NULL);
    }
    if (accepted) {
        all = passes(QIO_CHANNEL(client), QIO_CHANNEL(accepted), 1000);
        all &= passes(QIO_CHANNEL(accepted), QIO_CHANNEL(client), 1000);
        all &= SUCCEEDS(qio_channel_shutdown(QIO_CHANNEL(client), QIO_CHANNEL_SHUTDOWN_BOTH, &err) == 0);
        all &= closes(accepted);
        all &= closes(client);
        unref(accepted);
    }
    qapi_free_SocketAddress(address);
    unref(client);
    unref(server);
    return all;
}

static bool connect_async(void)
{
    SocketAddress any = inet_address("127.0.0.1", "0");
    QIOChannelSocket *server = qio_channel_socket_new(), *client = qio_channel_socket_new();
    SocketAddress *address = NULL;
    Done done = { 0 };

    if (SUCCEEDS(qio_channel_socket_listen_sync(server, &any, 5, &err) == 0) &&
        SUCCEEDS((address = qio_channel_socket_get_local_address(server, &err)) != NULL)) {
        qio_channel_socket_connect_async(client, address, task_is_done, &done, NULL, NULL);
        await(&done.done);
    }
    qapi_free_SocketAddress(address);
    unref(client);
    unref(server);
    return done.succeeded;
}

/* A name: look-ups, and more than one address. Nobody listens at an IPv6 one. */
static bool connect_full(void)
{
    SocketAddress any = inet_address("127.0.0.1", "0");
    QIOConnectOptions options = { .size = sizeof(options), .attempt_delay_ms = 10 };
    QIOChannelSocket *server = qio_channel_socket_new(), *client = qio_channel_socket_new();
    SocketAddress *address = NULL;
    Done done = { 0 };

    if (SUCCEEDS(qio_channel_socket_listen_sync(server, &any, 5, &err) == 0) &&
        SUCCEEDS((address = qio_channel_socket_get_local_address(server, &err)) != NULL)) {
        g_free(address->u.inet.host);
        address->u.inet.host = g_strdup("localhost");
        qio_channel_socket_connect_full_async(client, address, &options, task_is_done, &done, NULL, NULL);
        await(&done.done);
    }
    qapi_free_SocketAddress(address);
    unref(client);
    unref(server);
    return done.succeeded;
}

static void client_arrives(QIONetListener *listener, QIOChannelSocket *client, gpointer opaque)
{
    Done *done = opaque;

    g_atomic_int_set(&done->done, 1);
}

/* The client is there when the faults have ended, whatever they were. */
static bool listener_accepts(void)
{
    SocketAddress any = inet_address("127.0.0.1", "0");
    QIONetListener *listener = qio_net_listener_new();
    bool opened = SUCCEEDS(qio_net_listener_open_sync(listener, &any, 5, &err) == 0);
    SocketAddress *address = NULL;
    Done done = { 0 };

    if (opened) {
        qio_net_listener_set_client_func(listener, client_arrives, &done, NULL);
        opened = SUCCEEDS((address = qio_channel_socket_get_local_address(socket_of(listener, 0), &err)) != NULL);
    }
    if (opened) {
        struct sockaddr_in in = {
            .sin_family = AF_INET,
            .sin_port = htons(atoi(address->u.inet.port)),
            .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
        };
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        g_assert_cmpint(connect(fd, (struct sockaddr *)&in, sizeof(in)), ==, 0);
        while (!done.done) {
            guint timer = g_timeout_add(100, faults_end, NULL);

            /* A connection that could not be made a channel is closed; another one comes. */
            while (!done.done && fault_is_armed()) {
                g_main_context_iteration(NULL, true);
            }
            if (g_main_context_find_source_by_id(NULL, timer)) {
                g_source_remove(timer);
            }
            if (!done.done) {
                close(fd);
                fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
                g_assert_cmpint(connect(fd, (struct sockaddr *)&in, sizeof(in)), ==, 0);
                await(&done.done);
            }
        }
        close(fd);
    }
    qapi_free_SocketAddress(address);
    qio_net_listener_disconnect(listener);
    unref(listener);
    return opened;
}

/* Bytes with a descriptor: it arrives once with its bytes, or not. */
static bool descriptors(void)
{
    Pair pair;
    char byte = 'x', got = 0;
    struct iovec out = { &byte, 1 }, in = { &got, 1 };
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC), *fds = NULL;
    size_t nfds = 0;
    bool all = makes_pair(&pair);

    if (!all) {
        close(fd);
        return false;
    }
    all = SUCCEEDS(qio_channel_writev_full_all(QIO_CHANNEL(pair.client), &out, 1, &fd, 1, 0, &err) == 0) &&
               SUCCEEDS(qio_channel_readv_full_all(QIO_CHANNEL(pair.server), &in, 1, &fds, &nfds, &err) == 0);

    g_assert_cmpuint(nfds, ==, all);
    for (size_t i = 0; i < nfds; i++) {
        close(fds[i]);
    }
    g_free(fds);
    close(fd);
    pair_end(&pair);
    return all;
}

static bool command(void)
{
    static const char *const argv[] = { "/bin/cat", NULL };
    QIOChannelCommand *ioc;
    bool all;

    if (!SUCCEEDS((ioc = qio_channel_command_new_spawn(argv, O_RDWR, &err)) != NULL)) {
        return false;
    }
    all = passes(QIO_CHANNEL(ioc), QIO_CHANNEL(ioc), 100);
    all &= closes(ioc);
    unref(ioc);
    return all;
}

static bool file(void)
{
    g_autofree char *path = g_strdup_printf("/tmp/qio-faults-%d", getpid());
    QIOChannelFile *ioc;
    char bytes[4];
    bool all = SUCCEEDS((ioc = qio_channel_file_new_path(path, O_RDWR | O_CREAT | O_TRUNC, 0600, &err)) != NULL);

    if (ioc) {
        QIOChannel *base = QIO_CHANNEL(ioc);

        all = SUCCEEDS(qio_channel_write_all(base, "file", 4, &err) == 0);
        all = all && SUCCEEDS(qio_channel_io_seek(base, 0, SEEK_SET, &err) == 0);
        all = all && SUCCEEDS(qio_channel_read_all(base, bytes, 4, &err) == 0);
        /* That it would block is no error. */
        all = all && SUCCEEDS(qio_channel_pwrite(base, bytes, 4, 4, &err) != -1);
        all = all && SUCCEEDS(qio_channel_pread(base, bytes, 4, 2, &err) != -1);
        all &= closes(ioc);
        unref(ioc);
    }
    unlink(path);
    return all;
}

static bool dns(void)
{
    SocketAddress address = inet_address("localhost", "80");
    QIODNSResolver *resolver = qio_dns_resolver_get_instance();
    SocketAddress **found = NULL;
    size_t count = 0;
    Done done = { 0 };
    bool all = SUCCEEDS(qio_dns_resolver_lookup_sync(resolver, &address, &count, &found, &err) == 0);

    for (size_t i = 0; i < count; i++) {
        qapi_free_SocketAddress(found[i]);
    }
    g_free(found);
    qio_dns_resolver_lookup_async(resolver, &address, task_is_done, &done, NULL);
    await(&done.done);
    return all && done.succeeded;
}

static void worker_returns(QIOTask *task, gpointer opaque)
{
}

/* Finished tasks are delivered, and those that are waited for. */
static bool task(void)
{
    Done done[2] = { { 0 }, { 0 } };
    QIOTask *waited;
    Object *source = object_new("container");

    qio_task_run_in_thread(qio_task_new(source, task_is_done, &done[0], NULL), worker_returns, NULL, NULL, NULL);
    waited = qio_task_new(source, task_is_done, &done[1], NULL);
    qio_task_run_in_thread(waited, worker_returns, NULL, NULL, NULL);
    qio_task_wait_thread(waited);
    await(&done[0].done);
    await(&done[1].done);
    object_unref(source);
    return true;
}

typedef struct Talk {
    QIOChannel *ioc;
    int done;
    bool succeeded;
} Talk;

static void coroutine_fn listens(void *opaque)
{
    Talk *talk = opaque;
    char bytes[5];

    talk->succeeded = SUCCEEDS(qio_channel_read_all(talk->ioc, bytes, 5, &err) == 0);
    g_atomic_int_set(&talk->done, 1);
}

/* A coroutine waits, the main loop wakes it. */
static bool coroutine(void)
{
    Pair pair;
    Talk talk = { NULL };
    bool all;

    if (!makes_pair(&pair)) {
        return false;
    }
    talk.ioc = QIO_CHANNEL(pair.server);
    all = SUCCEEDS(qio_channel_set_blocking(talk.ioc, false, &err) == 0);
    if (all) {
        qemu_coroutine_enter(qemu_coroutine_create(listens, &talk));
        g_assert_cmpint(send(pair.client->fd, "hello", 5, MSG_NOSIGNAL), ==, 5);
        await(&talk.done);
        all = talk.succeeded;
    }
    pair_end(&pair);
    return all;
}

static gboolean watch_fires(QIOChannel *ioc, GIOCondition condition, gpointer opaque)
{
    g_atomic_int_set((int *)opaque, 1);
    return G_SOURCE_REMOVE;
}

/* A crowd of watches, which the hub of a context looks at, and a wait. */
static bool watches(void)
{
    enum { CROWD = 40 };
    Pair pairs[CROWD];
    guint tags[CROWD];
    int fired = 0, i;

    for (i = 0; i < CROWD && makes_pair(&pairs[i]); i++) {
        tags[i] = qio_channel_add_watch(QIO_CHANNEL(pairs[i].server), G_IO_IN, watch_fires, &fired, NULL);
    }
    if (i > 0) {
        g_assert_cmpint(send(pairs[i - 1].client->fd, "x", 1, MSG_NOSIGNAL), ==, 1);
        qio_channel_wait(QIO_CHANNEL(pairs[i - 1].server), G_IO_IN);
        await(&fired);
    }
    for (int end = i, k = 0; k < end; k++) {
        if (k < end - 1) {
            g_source_remove(tags[k]);
        }
        pair_end(&pairs[k]);
    }
    return i == CROWD;
}

static bool unix_path(void)
{
    char *path = make_socket_path();
    SocketAddress address = unix_address(path);
    QIOChannelSocket *server = qio_channel_socket_new(), *client = qio_channel_socket_new();
    bool all = SUCCEEDS(qio_channel_socket_listen_sync(server, &address, 5, &err) == 0) &&
               SUCCEEDS(qio_channel_socket_connect_sync(client, &address, &err) == 0);

    if (all) {
        all &= closes(client);
        all &= closes(server);
    }
    unref(client);
    unref(server);
    remove_socket_path(path);
    return all;
}

static int files_in(const char *path)
{
    GDir *dir = g_dir_open(path, 0, NULL);
    int count = 0;

    while (g_dir_read_name(dir)) {
        count++;
    }
    g_dir_close(dir);
    return count;
}

/* Where sockets get names of the library's. */
static char *temporary;

/* What can't be told from somebody else's file stays where it is, as what can't be unlinked. */
static bool may_leave_a_file(void)
{
    return fault_has_struck("getsockname") || fault_has_struck("fstat") || fault_has_struck("statx") ||
           fault_has_struck("unlink");
}

/* A socket without a name gets one, and leaves nothing there. */
static bool unix_unnamed(void)
{
    SocketAddress none = { .type = SOCKET_ADDRESS_TYPE_UNIX }, *address = NULL;
    QIOChannelSocket *server = qio_channel_socket_new(), *client = qio_channel_socket_new();
    int files = files_in(temporary);
    bool all = SUCCEEDS(qio_channel_socket_listen_sync(server, &none, 5, &err) == 0) &&
               SUCCEEDS((address = qio_channel_socket_get_local_address(server, &err)) != NULL) &&
               SUCCEEDS(qio_channel_socket_connect_sync(client, address, &err) == 0);

    if (all) {
        all &= closes(client);
        all &= closes(server);
    }
    qapi_free_SocketAddress(address);
    unref(client);
    unref(server);
    if (!may_leave_a_file()) {
        g_assert_cmpint(files_in(temporary), ==, files);
    }
    return all;
}

static void coroutine_fn yields(void *opaque)
{
    qemu_coroutine_yield();
}

/* So many at once that their stacks are given back when they end. */
static bool crowd_of_coroutines(void)
{
    enum { CROWD = 300 };
    static Coroutine *crowd[CROWD];

    for (int turn = 0; turn < 2; turn++) {
        for (int i = 0; i < CROWD; i++) {
            crowd[i] = turn ? crowd[i] : qemu_coroutine_create(yields, NULL);
            qemu_coroutine_enter(crowd[i]);
        }
    }
    return true;
}

static void is_readable(void *opaque)
{
    *(int *)opaque = 1;
}

/* A thread polls until something has come. */
static bool aio_context(void)
{
    Error *err = NULL;
    AioContext *context = aio_context_new(&err);
    gint64 faults_end = g_get_monotonic_time() + 100000;
    int sv[2], has_come = 0;

    if (!told(context != NULL, &err)) {
        return false;
    }
    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv), ==, 0);
    aio_set_fd_handler(context, sv[0], is_readable, NULL, NULL, NULL, &has_come);
    g_assert_cmpint(send(sv[1], "x", 1, MSG_NOSIGNAL), ==, 1);
    while (!has_come) {
        aio_poll(context, true);
        if (g_get_monotonic_time() > faults_end) {
            fault_disarm();
        }
    }
    aio_set_fd_handler(context, sv[0], NULL, NULL, NULL, NULL, NULL);
    close(sv[0]);
    close(sv[1]);
    aio_context_unref(context);
    return true;
}

const Scenario scenarios[] = {
    { "connect-accept-transfer-close", connect_accept_transfer_close },
    { "connect-async", connect_async },
    { "connect-full", connect_full },
    { "listener", listener_accepts },
    { "descriptors", descriptors },
    { "tls", tls },
    { "websock", websock },
    { "websock-client", websock_client },
    { "command", command },
    { "file", file },
    { "dns", dns },
    { "task", task },
    { "coroutine", coroutine },
    { "crowd-of-coroutines", crowd_of_coroutines },
    { "watches", watches },
    { "unix", unix_path },
    { "unix-unnamed", unix_unnamed },
    { "aio-context", aio_context },
};
const size_t scenarios_count = ARRAY_SIZE(scenarios);

void scenarios_prepare(void)
{
    temporary = g_dir_make_tmp("qio-faults-XXXXXX", NULL);
    g_assert_nonnull(temporary);
    g_setenv("TMPDIR", temporary, true);
    module_call_init(MODULE_INIT_QOM);
    g_assert_cmpint(qcrypto_init(&error_abort), ==, 0);
    /* GLib's own descriptor is made with the first context. */
    g_main_context_default();
    layers_prepare();
}

void scenarios_end(void)
{
    GDir *dir = g_dir_open(temporary, 0, NULL);
    const char *name;

    /* What could not be unlinked. */
    while ((name = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename(temporary, name, NULL);

        unlink(path);
    }
    g_dir_close(dir);
    g_assert_cmpint(rmdir(temporary), ==, 0);
    g_free(temporary);
    layers_end();
}
