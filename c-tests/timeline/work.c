/*
 * What timelines are made of: the program does what its argument says.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "io/channel-command.h"
#include "io/channel-file.h"
#include "io/channel-socket.h"
#include "io/net-listener.h"
#include "io/task.h"
#include "qapi/error.h"
#include "qemu/module.h"
#include "qio/connect.h"
#include "qio/ext.h"
#include "qio/trace.h"
#include "qom/object.h"

#include <sys/syscall.h>
#include <sys/wait.h>

static int left;

static void run_until_none_is_left(void)
{
    while (left > 0) {
        g_main_context_iteration(NULL, true);
    }
}

static void static_worker(QIOTask *task, gpointer opaque)
{
    g_usleep(1000);
}

static void static_callback(QIOTask *task, gpointer opaque)
{
    left--;
}

static void start_tasks(int count)
{
    for (int i = 0; i < count; i++) {
        Object *source = OBJECT(qio_channel_file_new_fd(-1));

        left++;
        qio_task_run_in_thread(qio_task_new(source, static_callback, NULL, NULL), static_worker, NULL, NULL, NULL);
        object_unref(source);
    }
}

static void do_tasks(void)
{
    start_tasks(20);
    run_until_none_is_left();
}

static void nesting_callback(QIOTask *task, gpointer opaque)
{
    left--;
    do_tasks();
}

/* The loop runs inside a callback. */
static void do_nested(void)
{
    Object *source = OBJECT(qio_channel_file_new_fd(-1));

    left++;
    qio_task_run_in_thread(qio_task_new(source, nesting_callback, NULL, NULL), static_worker, NULL, NULL, NULL);
    run_until_none_is_left();
    object_unref(source);
}

static void client_arrived(QIONetListener *listener, QIOChannelSocket *client, gpointer data)
{
    left--;
}

static gint go_on;

static void patient_worker(QIOTask *task, gpointer opaque)
{
    while (!g_atomic_int_get(&go_on)) {
        g_usleep(1000);
    }
}

static QIOTask *start_on(const QIOTaskOptions *options, QIOTaskWorker worker)
{
    QIOTask *task = qio_task_new(NULL, static_callback, NULL, NULL);

    left++;
    qio_task_run_in_thread_full(task, worker, NULL, NULL, NULL, options);
    return task;
}

/* Named tasks: one that is done; one that is given up while it runs, and one while it waits for a place. */
static void do_named(void)
{
    QIOTaskGroup *group = qio_task_group_new(1);
    QIOTaskOptions options = { .size = sizeof(options), .name = "small \"sum\"", .group = group };
    QIOTask *running, *waiting;

    start_on(&options, static_worker);
    run_until_none_is_left();
    options.name = "";
    start_on(&options, static_worker);
    run_until_none_is_left();

    options.flags = QIO_TASK_RETURN_ON_CANCEL;
    options.name = "given up";
    running = start_on(&options, patient_worker);
    options.name = "never begun";
    waiting = start_on(&options, patient_worker);
    g_usleep(100 * 1000);
    g_assert_true(qio_task_cancel(waiting));
    g_assert_true(qio_task_cancel(running));
    run_until_none_is_left();
    g_atomic_int_set(&go_on, 1);
    qio_task_group_unref(group);
    do_tasks();
    g_usleep(100 * 1000);
}

/* A listener and a client of it, both of this process. */
static void do_clients(void)
{
    g_autofree char *path = g_strdup_printf("/tmp/qio-timeline-%d", getpid());
    SocketAddress address = { .type = SOCKET_ADDRESS_TYPE_UNIX, .u.q_unix.path = path };
    QIONetListener *listener = qio_net_listener_new();
    QIOChannelSocket *client = qio_channel_socket_new(), *failing = qio_channel_socket_new();

    qio_net_listener_open_sync(listener, &address, 4, &error_abort);
    qio_net_listener_set_client_func(listener, client_arrived, NULL, NULL);
    left = 2;
    qio_channel_socket_connect_async(client, &address, static_callback, NULL, NULL, NULL);
    run_until_none_is_left();
    address.u.q_unix.path = (char *)"/no/such/socket";
    left = 1;
    qio_channel_socket_connect_async(failing, &address, static_callback, NULL, NULL, NULL);
    run_until_none_is_left();
    left = 1;
    qio_channel_socket_connect_full_async(failing, &address, NULL, static_callback, NULL, NULL, NULL);
    run_until_none_is_left();
    object_unref(OBJECT(failing));
    object_unref(OBJECT(client));
    qio_net_listener_set_client_func(listener, NULL, NULL, NULL);
    object_unref(OBJECT(listener));
}

/* What is found by who looks at a child without waiting for it, whatever the machine's load: it runs; it runs, but not the
 * next time; it has ended. */
enum { RUNS = 1, RUNS_ONCE, HAS_ENDED };
static gint found;

/* Overrides that of libc, for the library, too. */
pid_t waitpid(pid_t child, int *status, int options)
{
    if (options & WNOHANG) {
        if (g_atomic_int_get(&found) == RUNS) {
            return 0;
        }
        if (g_atomic_int_compare_and_exchange(&found, RUNS_ONCE, HAS_ENDED)) {
            return 0;
        }
        options &= ~WNOHANG;
    }
    return syscall(SYS_wait4, child, status, options, NULL);
}

static QIOChannel *command(const char *script)
{
    const char *const argv[] = { "/bin/sh", "-c", script, NULL };

    return QIO_CHANNEL(qio_channel_command_new_spawn(argv, O_WRONLY, &error_abort));
}

/* Children of channels that are closed, and of some that aren't: ended by a signal, still there after it, reaped by the program. */
static void do_commands(void)
{
    QIOChannel *ioc = command("read line; exit 3");

    g_atomic_int_set(&found, HAS_ENDED);
    qio_channel_close(ioc, &error_abort);
    object_unref(OBJECT(ioc));
    g_atomic_int_set(&found, RUNS_ONCE);
    object_unref(OBJECT(command("exec sleep 1000")));
    g_atomic_int_set(&found, RUNS);
    object_unref(OBJECT(command("exec sleep 1000")));
    ioc = command("exit 0");
    g_assert_cmpint(waitpid(QIO_CHANNEL_COMMAND(ioc)->pid, NULL, 0), >, 0);
    object_unref(OBJECT(ioc));
}

/* A task whose callback nobody calls: the context isn't iterated. */
static void do_undelivered(void)
{
    start_tasks(1);
    g_usleep(300 * 1000);
}

static void do_fork(void)
{
    pid_t child;

    do_tasks();
    child = fork();
    if (child == 0) {
        g_assert_cmpint(chdir("/"), ==, 0);
        do_tasks();
        exit(0);
    }
    g_assert_cmpint(waitpid(child, NULL, 0), ==, child);
    printf("%d\n", child);
    do_tasks();
}

/* A child of which nothing is traced. */
static void do_silent_fork(void)
{
    pid_t child = fork();

    if (child == 0) {
        exit(0);
    }
    g_assert_cmpint(waitpid(child, NULL, 0), ==, child);
    do_tasks();
}

static void do_flush(void)
{
    do_tasks();
    qio_trace_flush();
    _exit(0);
}

/* Until somebody ends it; tells when it is half way. */
static void do_forever(void)
{
    for (int i = 0;; i++) {
        do_tasks();
        g_usleep(10 * 1000);
        if (i == 20) {
            printf("on\n");
            fflush(stdout);
        }
    }
}

/* Descriptors that the program doesn't know of, closed behind the library's back. */
static void do_close_all(void)
{
    do_tasks();
    qio_trace_flush();
    for (int fd = 3; fd < 20; fd++) {
        struct stat status;

        if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode)) {
            close(fd);
        }
    }
    do_tasks();
}

static const struct {
    const char *name;
    void (*function)(void);
} works[] = {
    { "tasks", do_tasks }, { "named", do_named }, { "nested", do_nested }, { "commands", do_commands }, { "clients", do_clients }, { "undelivered", do_undelivered },
    { "fork", do_fork }, { "silent-fork", do_silent_fork }, { "flush", do_flush }, { "forever", do_forever },
    { "close-all", do_close_all },
};

int main(int argc, char **argv)
{
    module_call_init(MODULE_INIT_QOM);
    for (size_t i = 0; argc == 2 && i < G_N_ELEMENTS(works); i++) {
        if (strcmp(argv[1], works[i].name) == 0) {
            works[i].function();
            return 0;
        }
    }
    return 2;
}
