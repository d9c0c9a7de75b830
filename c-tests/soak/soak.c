/*
 * A server of plain connections, TLS and WebSockets that echoes what it reads, each client in a coroutine and some
 * messages by way of a task, and a process of clients. Each second a line tells what the server takes.
 *
 * usage: soak CONNECTIONS SECONDS
 *
 * A first third is warm-up: then all clients go, and what is left is compared with what is left at the end. Lines:
 *   limit N                     fewer connections, by the limit of descriptors
 *   at SECONDS CONNECTIONS CLIENTS MESSAGES RSS-KIB HEAP-BYTES DESCRIPTORS THREADS
 *   empty SECONDS 0 ...         the same, when all clients have gone
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "soak.h"
#include "../listener-sockets.h"
#include "../live-threads.h"
#include "../open-files.h"

#include <glib-unix.h>
#include <malloc.h>
#include <sys/resource.h>
#include <sys/wait.h>

/* What the process needs beside its connections. */
enum { OTHER_DESCRIPTORS = 200 };

typedef struct Client {
    QIOChannelSocket *socket;
    int kind;
} Client;

static int connections;
static long clients, messages;
static gint64 began;

static void returns(QIOTask *task, gpointer opaque)
{
    g_atomic_int_inc((int *)opaque);
}

/* In another thread, as a slow part of a server would be. */
static void coroutine_fn works(void)
{
    Wait wait = WAIT;
    int worked = 0;
    Object *source = object_new(TYPE_CONTAINER);

    qio_task_run_in_thread(qio_task_new(source, wait_ends_with, &wait, NULL), returns, &worked, NULL, NULL);
    wait_for(&wait);
    g_assert_cmpint(worked, ==, 1);
    object_unref(source);
}

static bool coroutine_fn greets(Client *client, QIOChannel **ioc)
{
    Wait wait = WAIT;

    *ioc = QIO_CHANNEL(client->socket);
    if (client->kind == OVER_TLS) {
        QIOChannelTLS *tls = tls_over(*ioc, SERVER);

        *ioc = QIO_CHANNEL(tls);
        qio_channel_tls_handshake(tls, wait_ends_with, &wait, NULL, NULL);
        return wait_for(&wait);
    }
    if (client->kind == WEBSOCKET) {
        QIOChannelWebsock *websock = qio_channel_websock_new_server(*ioc);

        *ioc = QIO_CHANNEL(websock);
        qio_channel_websock_handshake(websock, wait_ends_with, &wait, NULL);
        return wait_for(&wait);
    }
    return true;
}

static void coroutine_fn serve(void *opaque)
{
    Client *client = opaque;
    QIOChannel *ioc;
    char bytes[4096];

    connections++;
    clients++;
    no_delay_no_wait(QIO_CHANNEL(client->socket));
    if (greets(client, &ioc)) {
        for (;;) {
            ssize_t got = qio_channel_read(ioc, bytes, sizeof(bytes), NULL);

            if (got == QIO_CHANNEL_ERR_BLOCK) {
                qio_channel_yield(ioc, G_IO_IN);
                continue;
            }
            if (got <= 0) {
                break;
            }
            if (++messages % 16 == 0) {
                works();
            }
            if (qio_channel_write_all(ioc, bytes, got, NULL)) {
                break;
            }
        }
        qio_channel_close(ioc, NULL);
    }
    if (ioc != QIO_CHANNEL(client->socket)) {
        object_unref(OBJECT(ioc));
    }
    object_unref(OBJECT(client->socket));
    g_free(client);
    connections--;
}

static void client_arrives(QIONetListener *listener, QIOChannelSocket *socket, gpointer kind)
{
    Client *client = g_new(Client, 1);

    *client = (Client) { .socket = socket, .kind = GPOINTER_TO_INT(kind) };
    object_ref(OBJECT(socket));
    qemu_coroutine_enter(qemu_coroutine_create(serve, client));
}

static long resident(void)
{
    g_autofree char *text = NULL;
    long size, pages;

    g_assert_true(g_file_get_contents("/proc/self/statm", &text, NULL, NULL));
    g_assert_cmpint(sscanf(text, "%ld %ld", &size, &pages), ==, 2);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static void tell(const char *what)
{
    printf("%s %.1f %d %ld %ld %ld %zu %d %d\n", what, (g_get_monotonic_time() - began) / 1e6, connections, clients,
           messages, resident(), mallinfo2().uordblks, open_files(), live_threads());
    fflush(stdout);
}

static gboolean tick(gpointer opaque)
{
    tell("at");
    return G_SOURCE_CONTINUE;
}

static gboolean over(gpointer flag)
{
    *(bool *)flag = true;
    return G_SOURCE_REMOVE;
}

static void run_for(double seconds)
{
    bool is_over = false;

    g_timeout_add(seconds * 1000, over, &is_over);
    while (!is_over) {
        main_loop_wait(false);
    }
}

/* The crowd goes, and the server notices. */
static void empty(int orders, int answers)
{
    char answer = 0;

    g_assert_cmpint(write(orders, "d", 1), ==, 1);
    for (;;) {
        ssize_t got = read(answers, &answer, 1);

        if (got == 1) {
            break;
        }
        if (got == 0) {
            g_error("the crowd has ended before its time");
        }
        main_loop_wait(false);
    }
    while (connections) {
        main_loop_wait(false);
    }
    run_for(1);
    tell("empty");
}

static int allowed(int wanted)
{
    struct rlimit limit;

    g_assert_cmpint(getrlimit(RLIMIT_NOFILE, &limit), ==, 0);
    limit.rlim_cur = limit.rlim_max;
    g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &limit), ==, 0);
    if (limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur < (rlim_t)wanted + OTHER_DESCRIPTORS) {
        wanted = (int)limit.rlim_cur - OTHER_DESCRIPTORS;
        g_assert_cmpint(wanted, >, 0);
        printf("limit %d\n", wanted);
    }
    return wanted;
}

int main(int argc, char **argv)
{
    SocketAddress any = inet_address("0.0.0.0", "0");
    QIONetListener *listeners[KINDS];
    const char *ports[KINDS];
    int orders[2], answers[2], wanted;
    double seconds;
    pid_t crowd;

    if (argc != 3 || (wanted = atoi(argv[1])) <= 0 || (seconds = g_ascii_strtod(argv[2], NULL)) <= 0) {
        fprintf(stderr, "usage: soak CONNECTIONS SECONDS\n");
        return 2;
    }
    wanted = allowed(wanted);
    module_call_init(MODULE_INIT_QOM);
    qcrypto_init(&error_abort);
    for (int end = 0; end < 2; end++) {
        psk_of[end] = psk_creds(end, PSK_KEY);
    }
    for (int i = 0; i < KINDS; i++) {
        g_autoptr(SocketAddress) address = NULL;

        listeners[i] = qio_net_listener_new();
        qio_net_listener_open_sync(listeners[i], &any, 4096, &error_abort);
        address = qio_channel_socket_get_local_address(socket_of(listeners[i], 0), &error_abort);
        ports[i] = g_strdup(address->u.inet.port);
    }
    g_assert_cmpint(pipe2(orders, O_CLOEXEC), ==, 0);
    g_assert_cmpint(pipe2(answers, O_CLOEXEC), ==, 0);
    fflush(stdout);
    crowd = fork();
    if (crowd == 0) {
        close(orders[1]);
        for (int i = 0; i < KINDS; i++) {
            close(socket_of(listeners[i], 0)->fd);
        }
        qemu_init_main_loop(&error_abort);
        crowd_run(wanted, ports, psk_of[CLIENT], orders[0], answers[1]);
    }
    close(orders[0]);
    close(answers[1]);
    g_unix_set_fd_nonblocking(answers[0], true, NULL);
    qemu_init_main_loop(&error_abort);
    began = g_get_monotonic_time();
    for (int i = 0; i < KINDS; i++) {
        qio_net_listener_set_client_func(listeners[i], client_arrives, GINT_TO_POINTER(i), NULL);
    }
    g_timeout_add_seconds(1, tick, NULL);
    for (int i = 0; i < 2; i++) {
        g_assert_cmpint(write(orders[1], "r", 1), ==, 1);
        run_for(i ? seconds * 2 / 3 : seconds / 3);
        empty(orders[1], answers[0]);
    }
    g_assert_cmpint(write(orders[1], "q", 1), ==, 1);
    g_assert_cmpint(waitpid(crowd, NULL, 0), ==, crowd);
    for (int i = 0; i < KINDS; i++) {
        qio_net_listener_disconnect(listeners[i]);
        object_unref(OBJECT(listeners[i]));
    }
    for (int end = 0; end < 2; end++) {
        psk_creds_end(&psk_of[end]);
    }
    return 0;
}
