/*
 * Hot paths, each as often as is asked for, to be counted: scripts/counts runs this under valgrind and
 * strace with two lengths, and the difference is what one turn costs. Nothing here depends on time.
 *
 * usage: hot PATH TIMES
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "block/aio.h"
#include "io/channel-buffer.h"
#include "io/channel-socket.h"
#include "io/channel-util.h"
#include "io/net-listener.h"
#include "io/task.h"
#include "qapi/error.h"
#include "qemu/coroutine.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "layers.h"
#include <sched.h>
#include <semaphore.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

enum { IDLE = 200 };

static int times;
static QIOChannel *ends[2];

static QIOChannel *channel_of(int fd)
{
    return QIO_CHANNEL(qio_channel_socket_new_fd(fd, &error_abort));
}

static void ends_open(bool blocking)
{
    int fds[2], i;

    g_assert(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
    for (i = 0; i < 2; i++) {
        ends[i] = channel_of(fds[i]);
        qio_channel_set_blocking(ends[i], blocking, &error_abort);
    }
}

/* 64 bytes there, in two elements. */
static void run_pair(void)
{
    char bytes[64] = "";
    struct iovec iov[2] = { { bytes, 32 }, { bytes + 32, 32 } };

    ends_open(true);
    while (times-- > 0) {
        qio_channel_writev_all(ends[0], iov, 2, &error_abort);
        qio_channel_readv_all(ends[1], iov, 2, &error_abort);
    }
}

static void run_single(void)
{
    char bytes[64] = "";

    ends_open(true);
    while (times-- > 0) {
        qio_channel_write(ends[0], bytes, sizeof(bytes), &error_abort);
        qio_channel_read(ends[1], bytes, sizeof(bytes), &error_abort);
    }
}

/* With which layers, of the paths that have several. */
static bool tls, websock;

static void run_wait(void)
{
    Layers layers;

    layers_open(&layers, tls, websock);
    while (times-- > 0) {
        qio_channel_wait(layers.server, G_IO_OUT);
    }
    layers_close(&layers, tls);
}

static void coroutine_fn reads(void *opaque)
{
    Layers *layers = opaque;
    char byte;

    for (;;) {
        while (qio_channel_read(layers->server, &byte, 1, &error_abort) == QIO_CHANNEL_ERR_BLOCK) {
            qio_channel_yield(layers->server, G_IO_IN);
        }
        times--;
    }
}

/* A byte for a coroutine that waits, by the main loop. */
static void run_yield(void)
{
    Layers layers;

    qemu_init_main_loop(&error_abort);
    layers_open(&layers, tls, websock);
    qemu_coroutine_enter(qemu_coroutine_create(reads, &layers));
    while (times > 0) {
        layers_send_byte(&layers);
        main_loop_wait(false);
    }
}

/* The same without the wait: what is left of run_yield() is that. */
static void run_read(void)
{
    Layers layers;
    char byte;

    qemu_init_main_loop(&error_abort);
    layers_open(&layers, tls, websock);
    while (times-- > 0) {
        layers_send_byte(&layers);
        g_assert(qio_channel_read(layers.server, &byte, 1, &error_abort) == 1);
        g_assert(qio_channel_read(layers.server, &byte, 1, &error_abort) == QIO_CHANNEL_ERR_BLOCK);
    }
    layers_close(&layers, tls);
}

static void coroutine_fn ends_at_once(void *opaque)
{
}

static void run_coroutine(void)
{
    while (times-- > 0) {
        qemu_coroutine_enter(qemu_coroutine_create(ends_at_once, NULL));
    }
}

static void handles(void *opaque)
{
    eventfd_t count;

    eventfd_read(GPOINTER_TO_INT(opaque), &count);
}

static void set_handler(AioContext *ctx, int fd, IOHandler *read)
{
#ifdef QIO_HAS_AIO_IS_EXTERNAL
    aio_set_fd_handler(ctx, fd, false, read, NULL, NULL, NULL, GINT_TO_POINTER(fd));
#else
    aio_set_fd_handler(ctx, fd, read, NULL, NULL, NULL, GINT_TO_POINTER(fd));
#endif
}

/* One event of one descriptor among many. */
static void run_handler(void)
{
    AioContext *ctx = aio_context_new(&error_abort);
    int i, fd = -1;

    for (i = 0; i < IDLE; i++) {
        fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
        set_handler(ctx, fd, handles);
    }
    while (times-- > 0) {
        eventfd_write(fd, 1);
        aio_poll(ctx, true);
    }
}

static gboolean sees(QIOChannel *ioc, GIOCondition condition, gpointer opaque)
{
    return G_SOURCE_CONTINUE;
}

/* A watch that comes and goes. */
static void run_watch_add(void)
{
    ends_open(true);
    while (times-- > 0) {
        g_source_remove(qio_channel_add_watch(ends[0], G_IO_IN, sees, NULL, NULL));
    }
}

static gboolean takes(QIOChannel *ioc, GIOCondition condition, gpointer opaque)
{
    char byte;

    qio_channel_read(ioc, &byte, 1, &error_abort);
    return G_SOURCE_CONTINUE;
}

static void watch_among(int idle)
{
    int i;

    for (i = 0; i < idle; i++) {
        ends_open(true);
        qio_channel_add_watch(ends[0], G_IO_IN, sees, NULL, NULL);
    }
    ends_open(true);
    qio_channel_add_watch(ends[1], G_IO_IN, takes, NULL, NULL);
    while (times-- > 0) {
        qio_channel_write(ends[0], "x", 1, &error_abort);
        g_main_context_iteration(NULL, TRUE);
    }
}

static void run_watch(void)
{
    watch_among(0);
}

static void run_watch_among(void)
{
    watch_among(IDLE);
}

static void client_arrived(QIONetListener *listener, QIOChannelSocket *sioc, gpointer opaque)
{
    times--;
}

static void run_accept(void)
{
    QIONetListener *listener = qio_net_listener_new();
    SocketAddress where = { .type = SOCKET_ADDRESS_TYPE_INET, .u.inet = { (char *)"127.0.0.1", (char *)"0" } };
    struct sockaddr_storage name;
    socklen_t length = sizeof(name);

    g_assert(qio_net_listener_open_sync(listener, &where, 8, &error_abort) == 0);
    g_assert(getsockname(listener->sioc[0]->fd, (struct sockaddr *)&name, &length) == 0);
    qio_net_listener_set_client_func(listener, client_arrived, NULL, NULL);
    while (times > 0) {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), left = times;

        g_assert(connect(fd, (struct sockaddr *)&name, length) == 0);
        while (times == left) {
            g_main_context_iteration(NULL, TRUE);
        }
        close(fd);
    }
}

static void task_ended(QIOTask *task, gpointer opaque)
{
}

/* Without a worker. */
static void run_task(void)
{
    Object *source = OBJECT(qio_channel_buffer_new(16));

    while (times-- > 0) {
        QIOTask *task = qio_task_new(source, task_ended, NULL, NULL);

        qio_task_set_result_pointer(task, source, NULL);
        qio_task_complete(task);
#ifdef QIO_HAS_TASK_FREE
        qio_task_free(task);
#endif
    }
    object_unref(source);
}

static sem_t context_polls;

static void waits_for_poll(QIOTask *task, gpointer opaque)
{
    while (sem_wait(&context_polls)) {
    }
}

static gint let_worker_end(GPollFD *fds, guint count, gint timeout)
{
    if (timeout) {
        sem_post(&context_polls);
    }
    return g_poll(fds, count, timeout);
}

static void threaded_task_ended(QIOTask *task, gpointer opaque)
{
    times--;
}

/*
 * To a worker and back. How many instructions that takes depends on who runs when, so there is an order: the worker
 * sleeps, gets the task, and ends when the context polls. One core, where no worker looks out for the next task.
 */
static void run_task_thread(void)
{
    const struct timespec until_worker_sleeps = { 0, 2000 * 1000 };
    cpu_set_t one;

    CPU_ZERO(&one);
    CPU_SET(sched_getcpu(), &one);
    g_assert(sched_setaffinity(0, sizeof(one), &one) == 0);
    g_assert(sem_init(&context_polls, 0, 0) == 0);
    g_main_context_set_poll_func(NULL, let_worker_end);
    while (times > 0) {
        int left = times;

        qio_task_run_in_thread(qio_task_new(NULL, threaded_task_ended, NULL, NULL), waits_for_poll, NULL, NULL, NULL);
        while (times == left) {
            g_main_context_iteration(NULL, TRUE);
        }
        nanosleep(&until_worker_sleeps, NULL);
    }
}

static void run_object(void)
{
    while (times-- > 0) {
        object_unref(OBJECT(qio_channel_buffer_new(16)));
    }
}

static const struct {
    const char *name;
    void (*run)(void);
    bool tls;
    bool websock;
} paths[] = {
    { "pair", run_pair }, { "single", run_single },
    { "wait", run_wait }, { "wait-tls", run_wait, true }, { "wait-websock", run_wait, false, true },
    { "yield", run_yield }, { "yield-tls", run_yield, true }, { "yield-websock", run_yield, false, true },
    { "read", run_read }, { "read-tls", run_read, true }, { "read-websock", run_read, false, true },
    { "coroutine", run_coroutine }, { "handler", run_handler }, { "watch-add", run_watch_add },
    { "watch", run_watch }, { "watch-among", run_watch_among }, { "accept", run_accept },
    { "task", run_task }, { "task-thread", run_task_thread },
    { "object", run_object },
};

int main(int argc, char **argv)
{
    size_t i;

    module_call_init(MODULE_INIT_QOM);
    times = argc == 3 ? atoi(argv[2]) : 0;
    for (i = 0; i < G_N_ELEMENTS(paths); i++) {
        if (argc == 1) {
            printf("%s\n", paths[i].name);
        } else if (strcmp(argv[1], paths[i].name) == 0) {
            tls = paths[i].tls;
            websock = paths[i].websock;
            paths[i].run();
            return 0;
        }
    }
    return argc == 1 ? 0 : 2;
}
