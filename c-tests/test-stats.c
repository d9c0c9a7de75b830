/*
 * qio/stats.h: R-STATS of docs/spec/task-listener-dns-watch.md.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include <dlfcn.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include "io/channel-command.h"
#include "io/channel-file.h"
#include "io/channel-socket.h"
#include "io/net-listener.h"
#include "qapi/error.h"
#include "qio/stats.h"
#include "qom/object.h"
#include "task-counters.h"

/* The program's own stands before the C library's. */
static int creation_fails;

int pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*start)(void *), void *arg)
{
    static int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

    if (!real) {
        real = dlsym(RTLD_NEXT, "pthread_create");
    }
    return g_atomic_int_get(&creation_fails) ? EAGAIN : real(thread, attr, start, arg);
}

static QIOStats stats_now(void)
{
    QIOStats stats = { .size = sizeof(stats) };

    qio_stats(&stats);
    g_assert_cmpuint(stats.size, ==, sizeof(stats));
    g_assert_cmpuint(stats.tasks_submitted, ==,
                     stats.tasks_queued + stats.tasks_running + stats.tasks_finished + stats.tasks_completed);
    return stats;
}

/* Since @before, @errno_value and nothing else was counted so often. */
static void assert_failures(const QIOStats *before, int errno_value, uint64_t times)
{
    QIOStats now = stats_now();
    int i;

    g_assert_cmpuint(now.failures - before->failures, ==, times);
    for (i = 0; i < QIO_STATS_ERRNOS; i++) {
        g_assert_cmpuint(now.failures_by_errno[i] - before->failures_by_errno[i], ==, i == errno_value ? times : 0);
    }
}

/* R-STATS-2; first, as no worker thread is there yet. */
static void test_queued(void)
{
    QIOStats before = stats_now(), now;
    int calls = 0;
    QIOTask *task;

    g_assert_cmpuint(before.worker_threads, ==, 0);
    g_assert_cmpuint(before.task_longest_wait_ns, ==, 0);
    g_atomic_int_set(&creation_fails, 1);
    task = qio_task_new(NULL, func_counts, &calls, NULL);
    qio_task_run_in_thread(task, worker_returns, NULL, NULL, NULL);
    now = stats_now();
    g_assert_cmpuint(now.tasks_submitted, ==, before.tasks_submitted + 1);
    g_assert_cmpuint(now.tasks_queued, ==, 1);
    g_assert_cmpuint(now.tasks_running, ==, 0);
    g_assert_cmpuint(now.tasks_completed, ==, before.tasks_completed);
    g_usleep(60000);
    /* Runs it in this thread. */
    qio_task_wait_thread(task);
    g_atomic_int_set(&creation_fails, 0);
    g_assert_cmpint(calls, ==, 1);
    now = stats_now();
    g_assert_cmpuint(now.tasks_queued, ==, 0);
    g_assert_cmpuint(now.tasks_completed, ==, before.tasks_completed + 1);
    g_assert_cmpuint(now.worker_threads, ==, 0);
    /* Less than one tick of the slowest kernel is lost at each end. */
    g_assert_cmpuint(now.task_longest_wait_ns, >=, 40000000);
}

/* R-STATS-2, R-STATS-3 */
static void test_running_and_finished(void)
{
    enum { TASKS = 3 };
    Gate gate = { .open = FALSE };
    QIOStats before = stats_now(), now;
    int calls = 0, i;

    for (i = 0; i < TASKS; i++) {
        qio_task_run_in_thread(qio_task_new(NULL, func_counts, &calls, NULL), worker_waits_at_gate, &gate, NULL, NULL);
    }
    while (stats_now().tasks_running < TASKS) {
        g_usleep(1000);
    }
    now = stats_now();
    g_assert_cmpuint(now.tasks_submitted, ==, before.tasks_submitted + TASKS);
    g_assert_cmpuint(now.tasks_running, ==, TASKS);
    g_assert_cmpuint(now.tasks_queued, ==, 0);
    g_assert_cmpuint(now.tasks_finished, ==, 0);
    g_assert_cmpuint(now.worker_threads, ==, TASKS);
    gate_open(&gate);
    while (stats_now().tasks_finished < TASKS) {
        g_usleep(1000);
    }
    g_assert_cmpuint(stats_now().tasks_running, ==, 0);
    g_assert_cmpuint(stats_now().tasks_completed, ==, before.tasks_completed);
    run_until(&calls, TASKS, NULL);
    now = stats_now();
    g_assert_cmpuint(now.tasks_finished, ==, 0);
    g_assert_cmpuint(now.tasks_completed, ==, before.tasks_completed + TASKS);
    g_assert_cmpuint(now.worker_threads, ==, TASKS);
}

static Gate *opened_by_poll;

/* The context is about to poll: whoever finishes a task from here on wakes it. */
static gint poll_opens(GPollFD *fds, guint count, gint timeout)
{
    if (opened_by_poll) {
        gate_open(opened_by_poll);
        opened_by_poll = NULL;
    }
    return g_poll(fds, count, timeout);
}

/* R-STATS-3 */
static void test_wakeups(void)
{
    GMainContext *context = g_main_context_new();
    QIOStats before;
    Gate gate = { .open = FALSE };
    int calls = 0;

    qio_task_run_in_thread(qio_task_new(NULL, func_counts, &calls, NULL), worker_returns, NULL, NULL, context);
    run_until(&calls, 1, context);

    /* The worker waits until the context polls. */
    calls = 0;
    before = stats_now();
    qio_task_run_in_thread(qio_task_new(NULL, func_counts, &calls, NULL), worker_waits_at_gate, &gate, NULL, context);
    opened_by_poll = &gate;
    g_main_context_set_poll_func(context, poll_opens);
    run_until(&calls, 1, context);
    g_assert_cmpuint(stats_now().context_wakeups, ==, before.context_wakeups + 1);

    /* The worker threads fall asleep sooner or later, and there are some. */
    before = stats_now();
    while (stats_now().worker_wakeups == before.worker_wakeups) {
        calls = 0;
        g_usleep(1000);
        qio_task_run_in_thread(qio_task_new(NULL, func_counts, &calls, NULL), worker_returns, NULL, NULL, context);
        run_until(&calls, 1, context);
    }
    g_assert_cmpuint(stats_now().worker_wakeups, <=, before.worker_wakeups + stats_now().tasks_submitted);
    g_main_context_unref(context);
}

/* R-STATS-2: nobody can be called back any more. */
static void test_context_gone(void)
{
    GMainContext *context = g_main_context_new();
    QIOStats before = stats_now();
    int calls = 0;

    qio_task_run_in_thread(qio_task_new(NULL, func_counts, &calls, NULL), worker_returns, NULL, NULL, context);
    while (stats_now().tasks_finished == 0) {
        g_usleep(1000);
    }
    g_main_context_unref(context);
    while (stats_now().tasks_finished != 0) {
        g_usleep(1000);
    }
    g_assert_cmpuint(stats_now().tasks_completed, ==, before.tasks_completed + 1);
    g_assert_cmpint(calls, ==, 0);
}

static void connect_fails(SocketAddress *address, int errno_value)
{
    QIOStats before = stats_now();
    QIOChannelSocket *ioc = qio_channel_socket_new();

    g_assert_cmpint(qio_channel_socket_connect_sync(ioc, address, NULL), ==, -1);
    assert_failures(&before, errno_value, 1);
    object_unref(OBJECT(ioc));
}

/* R-STATS-4 */
static void test_failing_connect(void)
{
    SocketAddress nowhere = { .type = SOCKET_ADDRESS_TYPE_UNIX, .u.q_unix = { .path = (char *)"/nowhere/socket" } };
    SocketAddress closed = { .type = SOCKET_ADDRESS_TYPE_INET };
    struct sockaddr_in name = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t length = sizeof(name);
    char port[8];
    /* Bound, and nobody listens. */
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    g_assert_cmpint(bind(fd, (struct sockaddr *)&name, sizeof(name)), ==, 0);
    g_assert_cmpint(getsockname(fd, (struct sockaddr *)&name, &length), ==, 0);
    g_snprintf(port, sizeof(port), "%d", ntohs(name.sin_port));
    closed.u.inet.host = (char *)"127.0.0.1";
    closed.u.inet.port = port;
    connect_fails(&nowhere, ENOENT);
    connect_fails(&closed, ECONNREFUSED);
    close(fd);
}

/* R-STATS-4 */
static void test_failing_listen(void)
{
    SocketAddress nowhere = { .type = SOCKET_ADDRESS_TYPE_UNIX, .u.q_unix = { .path = (char *)"/nowhere/socket" } };
    QIOStats before = stats_now();
    QIOChannelSocket *ioc = qio_channel_socket_new();

    g_assert_cmpint(qio_channel_socket_listen_sync(ioc, &nowhere, 1, NULL), ==, -1);
    assert_failures(&before, ENOENT, 1);
    object_unref(OBJECT(ioc));
}

/* R-STATS-4 */
static void test_failing_transfers(void)
{
    const char *const argv[] = { "/bin/true", NULL };
    int fds[2], i;
    char byte = 0;
    QIOStats before = stats_now();
    QIOChannel *ioc;

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
    ioc = QIO_CHANNEL(qio_channel_socket_new_fd(fds[0], &error_abort));
    /* Nothing there is no failure. */
    qio_channel_set_blocking(ioc, false, &error_abort);
    g_assert_cmpint(qio_channel_read(ioc, &byte, 1, &error_abort), ==, QIO_CHANNEL_ERR_BLOCK);
    assert_failures(&before, 0, 0);
    close(fds[1]);
    for (i = 0; i < 3; i++) {
        g_assert_cmpint(qio_channel_write(ioc, &byte, 1, NULL), ==, -1);
    }
    assert_failures(&before, EPIPE, 3);
    object_unref(OBJECT(ioc));

    before = stats_now();
    ioc = QIO_CHANNEL(qio_channel_file_new_path("/dev/full", O_WRONLY, 0, &error_abort));
    g_assert_cmpint(qio_channel_write(ioc, &byte, 1, NULL), ==, -1);
    assert_failures(&before, ENOSPC, 1);
    object_unref(OBJECT(ioc));

    before = stats_now();
    ioc = QIO_CHANNEL(qio_channel_command_new_spawn(argv, O_WRONLY, &error_abort));
    while (qio_channel_write(ioc, &byte, 1, NULL) == 1) {
        g_usleep(1000);
    }
    assert_failures(&before, EPIPE, 1);
    qio_channel_close(ioc, &error_abort);
    object_unref(OBJECT(ioc));
}

static void client_counts(QIONetListener *listener, QIOChannelSocket *client, gpointer opaque)
{
    g_atomic_int_inc((int *)opaque);
}

static QIOChannelSocket *connected_to(QIOChannelSocket *listening)
{
    QIOChannelSocket *client = qio_channel_socket_new();
    SocketAddress *address = qio_channel_socket_get_local_address(listening, &error_abort);

    g_assert_cmpint(qio_channel_socket_connect_sync(client, address, &error_abort), ==, 0);
    qapi_free_SocketAddress(address);
    return client;
}

/* R-STATS-5 */
static void test_accepts(void)
{
    SocketAddress any = { .type = SOCKET_ADDRESS_TYPE_INET, .u.inet = { (char *)"127.0.0.1", (char *)"0" } };
    QIOStats before = stats_now();
    QIOChannelSocket *listening = qio_channel_socket_new(), *client, *accepted;
    QIONetListener *listener = qio_net_listener_new();
    int clients = 0;

    g_assert_cmpint(qio_channel_socket_listen_sync(listening, &any, 4, &error_abort), ==, 0);
    qio_channel_set_blocking(QIO_CHANNEL(listening), false, &error_abort);
    g_assert_null(qio_channel_socket_accept(listening, NULL));
    g_assert_cmpuint(stats_now().accepts, ==, before.accepts);
    client = connected_to(listening);
    accepted = qio_channel_socket_accept(listening, &error_abort);
    g_assert_cmpuint(stats_now().accepts, ==, before.accepts + 1);
    object_unref(OBJECT(accepted));
    object_unref(OBJECT(client));

    qio_net_listener_add(listener, listening);
    qio_net_listener_set_client_func(listener, client_counts, &clients, NULL);
    client = connected_to(listening);
    run_until(&clients, 1, NULL);
    g_assert_cmpuint(stats_now().accepts, ==, before.accepts + 2);
    assert_failures(&before, 0, 0);
    object_unref(OBJECT(client));
    object_unref(OBJECT(listener));
    object_unref(OBJECT(listening));
}

enum { THREADS = 24, ROUNDS = 50 };
static int ended;

static gpointer thread_runs(gpointer opaque)
{
    SocketAddress nowhere = { .type = SOCKET_ADDRESS_TYPE_UNIX, .u.q_unix = { .path = (char *)"/nowhere/socket" } };
    GMainContext *context = g_main_context_new();
    int calls = 0, i;

    for (i = 0; i < ROUNDS; i++) {
        QIOChannelSocket *ioc = qio_channel_socket_new();

        qio_channel_socket_connect_sync(ioc, &nowhere, NULL);
        object_unref(OBJECT(ioc));
        qio_task_run_in_thread(qio_task_new(NULL, func_counts, &calls, NULL), worker_returns, NULL, NULL, context);
    }
    run_until(&calls, ROUNDS, context);
    g_main_context_unref(context);
    g_atomic_int_inc(&ended);
    return NULL;
}

/* R-STATS-1, R-STATS-6: more threads than there are places to count in; each look is consistent. */
static void test_threads(void)
{
    QIOStats before = stats_now(), last = before, now;
    GThread *threads[THREADS];
    int i;

    for (i = 0; i < THREADS; i++) {
        threads[i] = g_thread_new("counts", thread_runs, NULL);
    }
    while (g_atomic_int_get(&ended) < THREADS) {
        now = stats_now();
        g_assert_cmpuint(now.tasks_submitted, >=, last.tasks_submitted);
        g_assert_cmpuint(now.tasks_completed, >=, last.tasks_completed);
        g_assert_cmpuint(now.failures, >=, last.failures);
        last = now;
        g_usleep(100);
    }
    for (i = 0; i < THREADS; i++) {
        g_thread_join(threads[i]);
    }
    now = stats_now();
    g_assert_cmpuint(now.tasks_submitted, ==, before.tasks_submitted + THREADS * ROUNDS);
    g_assert_cmpuint(now.tasks_completed, ==, before.tasks_completed + THREADS * ROUNDS);
    g_assert_cmpuint(now.tasks_queued + now.tasks_running + now.tasks_finished, ==, 0);
    assert_failures(&before, ENOENT, THREADS * ROUNDS);
}

/* R-STATS-7 */
static void test_sizes(void)
{
    struct {
        QIOStats stats;
        uint64_t later[4];
    } more;
    QIOStats now = stats_now();
    union {
        QIOStats stats;
        uint64_t words[3];
    } less = { .words = { sizeof(size_t) + 8, 7, 7 } };

    memset(&more, 0xff, sizeof(more));
    more.stats.size = sizeof(more);
    qio_stats(&more.stats);
    g_assert_cmpuint(more.stats.size, ==, sizeof(QIOStats));
    g_assert_cmpuint(more.stats.accepts, ==, now.accepts);
    g_assert_cmpuint(more.stats.failures_by_errno[ENOENT], ==, now.failures_by_errno[ENOENT]);
    g_assert_cmpuint(more.later[0] | more.later[1] | more.later[2] | more.later[3], ==, 0);

    /* Of one member only. */
    qio_stats(&less.stats);
    g_assert_cmpuint(less.words[0], ==, sizeof(size_t) + 8);
    g_assert_cmpuint(less.words[1], ==, now.tasks_submitted);
    g_assert_cmpuint(less.words[2], ==, 7);

    G_STATIC_ASSERT(offsetof(QIOStats, failures_by_errno) == 12 * 8);
    /* What came later stands behind it. */
    G_STATIC_ASSERT(offsetof(QIOStats, clients_refused) == (12 + QIO_STATS_ERRNOS) * 8);
}

static QIOStats in_handler = { .size = sizeof(QIOStats) };

static void handle(int number)
{
    qio_stats(&in_handler);
}

/* R-STATS-6 */
static void test_signal_handler(void)
{
    QIOStats now;

    signal(SIGUSR1, handle);
    raise(SIGUSR1);
    now = stats_now();
    g_assert_cmpmem(&in_handler, sizeof(in_handler), &now, sizeof(now));
    signal(SIGUSR1, SIG_DFL);
}

/* R-STATS-8 */
static void test_fork(void)
{
    QIOStats before = stats_now();
    int calls = 0, status;
    pid_t pid = fork();

    if (pid == 0) {
        QIOStats now = stats_now(), zero = { .size = sizeof(zero) };

        g_assert_cmpmem(&now, sizeof(now), &zero, sizeof(zero));
        qio_task_run_in_thread(qio_task_new(NULL, func_counts, &calls, NULL), worker_returns, NULL, NULL, NULL);
        run_until(&calls, 1, NULL);
        now = stats_now();
        if (now.tasks_submitted == 1 && now.tasks_completed == 1 && now.worker_threads == 1) {
            /* No exit: valgrind would blame the child for what the parent's threads own. */
            execl("/bin/true", "true", NULL);
        }
        _exit(1);
    }
    g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
    g_assert_cmpint(status, ==, 0);
    g_assert_cmpuint(stats_now().tasks_submitted, ==, before.tasks_submitted);
}

/* R-STATS-7 */
static void test_misuse(void)
{
    if (g_test_subprocess()) {
        QIOStats stats = { .size = 0 };

        qio_stats(&stats);
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_failed();
    g_test_trap_assert_stderr("*qio_stats*size*");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    module_call_init(MODULE_INIT_QOM);
    g_test_add_func("/qio/stats/queued", test_queued);
    g_test_add_func("/qio/stats/running", test_running_and_finished);
    g_test_add_func("/qio/stats/wakeups", test_wakeups);
    g_test_add_func("/qio/stats/context-gone", test_context_gone);
    g_test_add_func("/qio/stats/connect", test_failing_connect);
    g_test_add_func("/qio/stats/listen", test_failing_listen);
    g_test_add_func("/qio/stats/transfers", test_failing_transfers);
    g_test_add_func("/qio/stats/accepts", test_accepts);
    g_test_add_func("/qio/stats/threads", test_threads);
    g_test_add_func("/qio/stats/sizes", test_sizes);
    g_test_add_func("/qio/stats/signal-handler", test_signal_handler);
    g_test_add_func("/qio/stats/fork", test_fork);
    g_test_add_func("/qio/stats/misuse", test_misuse);
    return g_test_run();
}
