/*
 * Threads that use the same tasks, listener and channels at once, for ThreadSanitizer (scripts/check tsan). Its own
 * data is shared by atomic variables and pthread locks only, which ThreadSanitizer knows.
 *
 * usage: stress tasks|listener|socket|tls|websock
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "../listener-sockets.h"
#include "../tls-channels.h"
#include "io/channel-websock.h"
#include "io/task.h"

#include <pthread.h>

enum { SUBMITTERS = 8, LOOPS = 3, ROUNDS = 150, BYTES = 200000 };

/* A context and the thread that iterates it. */
typedef struct Loop {
    GMainContext *context;
    pthread_t thread;
    int ends;
} Loop;

static void *loop_run(void *opaque)
{
    Loop *loop = opaque;

    while (!__atomic_load_n(&loop->ends, __ATOMIC_ACQUIRE)) {
        g_main_context_iteration(loop->context, true);
    }
    return NULL;
}

static void loop_start(Loop *loop)
{
    loop->context = g_main_context_new();
    loop->ends = 0;
    pthread_create(&loop->thread, NULL, loop_run, loop);
}

static void loop_end(Loop *loop)
{
    __atomic_store_n(&loop->ends, 1, __ATOMIC_RELEASE);
    g_main_context_wakeup(loop->context);
    pthread_join(loop->thread, NULL);
    g_main_context_unref(loop->context);
}

static Loop loops[LOOPS];
static int worked, called, destroyed;

static void count(int *counter)
{
    __atomic_add_fetch(counter, 1, __ATOMIC_ACQ_REL);
}

static int seen(int *counter)
{
    return __atomic_load_n(counter, __ATOMIC_ACQUIRE);
}

static void works(QIOTask *task, gpointer opaque)
{
    count(&worked);
}

static void is_called(QIOTask *task, gpointer opaque)
{
    count(&called);
}

static void is_destroyed(gpointer opaque)
{
    count(&destroyed);
}

static void *submits(void *opaque)
{
    for (int i = 0; i < ROUNDS; i++) {
        Object *source = object_new(TYPE_CONTAINER);
        QIOTask *task = qio_task_new(source, is_called, NULL, is_destroyed);

        if (i % 3 == 0) {
            qio_task_run_in_thread(task, works, NULL, NULL, loops[i / 3 % LOOPS].context);
        } else if (i % 3 == 1) {
            GMainContext *own = g_main_context_new();

            qio_task_run_in_thread(task, works, NULL, NULL, own);
            qio_task_wait_thread(task);
            g_main_context_unref(own);
        } else {
            /* Nobody will ever iterate it. */
            GMainContext *dropped = g_main_context_new();

            qio_task_run_in_thread(task, works, NULL, NULL, dropped);
            g_main_context_unref(dropped);
        }
        object_unref(source);
    }
    return NULL;
}

static void stress_tasks(void)
{
    pthread_t threads[SUBMITTERS];

    for (int i = 0; i < LOOPS; i++) {
        loop_start(&loops[i]);
    }
    for (int i = 0; i < SUBMITTERS; i++) {
        pthread_create(&threads[i], NULL, submits, NULL);
    }
    for (int i = 0; i < SUBMITTERS; i++) {
        pthread_join(threads[i], NULL);
    }
    /* Those of dropped contexts work, and are called by nobody or somebody. */
    while (seen(&worked) < SUBMITTERS * ROUNDS || seen(&called) < SUBMITTERS * ROUNDS * 2 / 3) {
        usleep(1000);
    }
    for (int i = 0; i < LOOPS; i++) {
        loop_end(&loops[i]);
    }
}

static int clients;

static void client_arrives(QIONetListener *listener, QIOChannelSocket *client, gpointer opaque)
{
    count(&clients);
}

static void *registers(void *opaque)
{
    QIONetListener *listener = opaque;

    for (int i = 0; i < 2 * ROUNDS; i++) {
        qio_net_listener_set_client_func_full(listener, i % 3 ? client_arrives : NULL, NULL, NULL,
                                              loops[i % LOOPS].context);
        usleep(200);
    }
    qio_net_listener_set_client_func_full(listener, client_arrives, NULL, NULL, loops[0].context);
    return NULL;
}

static void stress_listener(void)
{
    SocketAddress any = inet_address("127.0.0.1", "0");
    QIONetListener *listener = qio_net_listener_new();
    g_autoptr(SocketAddress) address = NULL;
    struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    pthread_t thread;

    qio_net_listener_open_sync(listener, &any, 128, &error_abort);
    address = qio_channel_socket_get_local_address(socket_of(listener, 0), &error_abort);
    in.sin_port = htons(atoi(address->u.inet.port));
    for (int i = 0; i < LOOPS; i++) {
        loop_start(&loops[i]);
    }
    pthread_create(&thread, NULL, registers, listener);
    for (int i = 0; i < ROUNDS; i++) {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        g_assert_cmpint(connect(fd, (struct sockaddr *)&in, sizeof(in)), ==, 0);
        close(fd);
    }
    pthread_join(thread, NULL);
    while (seen(&clients) < ROUNDS) {
        usleep(1000);
    }
    qio_net_listener_disconnect(listener);
    for (int i = 0; i < LOOPS; i++) {
        loop_end(&loops[i]);
    }
    object_unref(OBJECT(listener));
}

/* One end, of which one thread reads and another writes. */
typedef struct End {
    QIOChannel *ioc;
} End;

static void *reads(void *opaque)
{
    End *end = opaque;
    char bytes[4096];

    while (qio_channel_read(end->ioc, bytes, sizeof(bytes), NULL) > 0) {
    }
    return NULL;
}

static void *writes(void *opaque)
{
    End *end = opaque;
    char bytes[1000] = "";

    for (int i = 0; i < BYTES / 1000; i++) {
        if (qio_channel_write_all(end->ioc, bytes, sizeof(bytes), NULL)) {
            break;
        }
    }
    return NULL;
}

/* A reader and a writer of each end, and a third thread that ends it below them. */
static void stress_ends(QIOChannel *first, QIOChannel *second)
{
    End ends[2] = { { first }, { second } };
    pthread_t threads[4];

    for (int i = 0; i < 2; i++) {
        pthread_create(&threads[i], NULL, reads, &ends[i]);
        pthread_create(&threads[2 + i], NULL, writes, &ends[i]);
    }
    usleep(20000);
    qio_channel_shutdown(first, QIO_CHANNEL_SHUTDOWN_BOTH, NULL);
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
    }
}

static void stress_socket(void)
{
    for (int i = 0; i < 10; i++) {
        Pair pair = unix_pair();

        stress_ends(QIO_CHANNEL(pair.client), QIO_CHANNEL(pair.server));
        pair_end(&pair);
    }
}

static void stress_tls(void)
{
    for (int end = 0; end < 2; end++) {
        psk_of[end] = psk_creds(end, PSK_KEY);
    }
    for (int i = 0; i < 10; i++) {
        Tls tls = { 0 };

        tls_open(&tls);
        tls_set_blocking(&tls, true);
        stress_ends(QIO_CHANNEL(tls.ends[CLIENT]), QIO_CHANNEL(tls.ends[SERVER]));
        tls_end(&tls);
    }
    for (int end = 0; end < 2; end++) {
        psk_creds_end(&psk_of[end]);
    }
}

static void notes(QIOTask *task, gpointer done)
{
    g_assert_false(qio_task_propagate_error(task, NULL));
    *(bool *)done = true;
}

/* The other end takes and sends bytes that are no frames once the opening handshake is over. */
static void stress_websock(void)
{
    static const char request[] =
        "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Protocol: binary\r\n\r\n";

    for (int i = 0; i < 10; i++) {
        Pair pair = unix_pair();
        QIOChannelWebsock *ioc = qio_channel_websock_new_server(QIO_CHANNEL(pair.server));
        bool is_open = false;

        set_blocking(pair.server, false);
        qio_channel_websock_handshake(ioc, notes, &is_open, NULL);
        qio_channel_write_all(QIO_CHANNEL(pair.client), request, strlen(request), &error_abort);
        while (!is_open) {
            g_main_context_iteration(NULL, true);
        }
        qio_channel_set_blocking(QIO_CHANNEL(ioc), true, &error_abort);
        stress_ends(QIO_CHANNEL(ioc), QIO_CHANNEL(pair.client));
        object_unref(OBJECT(ioc));
        pair_end(&pair);
    }
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } all[] = {
        { "tasks", stress_tasks }, { "listener", stress_listener }, { "socket", stress_socket },
        { "tls", stress_tls }, { "websock", stress_websock },
    };

    module_call_init(MODULE_INIT_QOM);
    qcrypto_init(&error_abort);
    for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
        if (argc == 2 && !strcmp(argv[1], all[i].name)) {
            all[i].run();
            return 0;
        }
    }
    fprintf(stderr, "usage: stress tasks|listener|socket|tls|websock\n");
    return 2;
}
