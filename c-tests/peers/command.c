/*
 * Command channels with real programs behind them: cat and socat.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "../socket-channels.h"
#include "io/channel-command.h"

#include <poll.h>
#include <sys/wait.h>

#ifdef QIO_HAS_BOOL_SET_BLOCKING
#define SET_BLOCKING(ioc, enabled, errp) (qio_channel_set_blocking(ioc, enabled, errp) ? 0 : -1)
#else
#define SET_BLOCKING qio_channel_set_blocking
#endif

/* Not a multiple of any buffer. */
enum { MEGABYTES = 8 * 1024 * 1024 + 12345 };

/* Where a program is that must be there. */
static const char *program(const char *name)
{
    g_autofree char *path = g_find_program_in_path(name);

    if (!path) {
        g_error("%s is missing: scripts/setup check installs it", name);
    }
    return g_intern_string(path);
}

static QIOChannel *run(const char *name, const char *first, const char *second, int flags)
{
    const char *const argv[] = { program(name), first, second, NULL };
    QIOChannelCommand *command = qio_channel_command_new_spawn(argv, flags, &error_abort);

    g_assert_nonnull(command);
    return QIO_CHANNEL(command);
}

/* Until all children are reaped, by whom closing left them to if they took their time. */
static void await_no_children(void)
{
    siginfo_t info;

    while (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0) {
        g_usleep(1000);
    }
    g_assert_cmpint(errno, ==, ECHILD);
}

/* Ends a channel whose child ends by itself. */
static void close_and_unref(QIOChannel *ioc)
{
    g_assert_cmpint(qio_channel_close(ioc, &error_abort), ==, 0);
    object_unref(OBJECT(ioc));
    await_no_children();
}

static void kill_child(QIOChannel *ioc)
{
    g_assert_cmpint(kill(QIO_CHANNEL_COMMAND(ioc)->pid, SIGKILL), ==, 0);
}

/* The byte at a place of all that is sent; no two pieces are alike. */
static inline char byte_at(size_t place)
{
    return (place * 2654435761u) >> 13;
}

static gpointer sends(gpointer data)
{
    QIOChannel *ioc = data;
    g_autofree char *bytes = g_malloc(MEGABYTES);
    size_t i, done;

    for (i = 0; i < MEGABYTES; i++) {
        bytes[i] = byte_at(i);
    }
    /* In pieces of all sizes. */
    for (i = 0, done = 0; done < MEGABYTES; i++) {
        size_t length = MIN((size_t)1 << i % 21, MEGABYTES - done);

        g_assert_cmpint(qio_channel_write_all(ioc, bytes + done, length, &error_abort), ==, 0);
        done += length;
    }
    return NULL;
}

static void receives(QIOChannel *ioc)
{
    g_autofree char *bytes = g_malloc(MEGABYTES);
    size_t i;

    g_assert_cmpint(qio_channel_read_all(ioc, bytes, MEGABYTES, &error_abort), ==, 0);
    for (i = 0; i < MEGABYTES; i++) {
        if (bytes[i] != byte_at(i)) {
            g_error("byte %zu is wrong", i);
        }
    }
}

static gpointer receives_in_thread(gpointer data)
{
    receives(data);
    return NULL;
}

static void assert_end(QIOChannel *ioc)
{
    char byte;

    g_assert_cmpint(qio_channel_read(ioc, &byte, 1, &error_abort), ==, 0);
}

/* Both ways at once: what the child echoes comes back while more is sent. */
static void echo(QIOChannel *ioc, bool blocking)
{
    GThread *sender;

    g_assert_cmpint(SET_BLOCKING(ioc, blocking, &error_abort), ==, 0);
    sender = g_thread_new("sender", sends, ioc);
    receives(ioc);
    g_thread_join(sender);
    close_and_unref(ioc);
}

static void test_cat(gconstpointer blocking)
{
    echo(run("cat", NULL, NULL, O_RDWR), GPOINTER_TO_INT(blocking));
}

static void test_socat_exec(gconstpointer blocking)
{
    echo(run("socat", "STDIO", "EXEC:cat", O_RDWR), GPOINTER_TO_INT(blocking));
}

static void test_socat_system(void)
{
    g_autofree char *address = g_strdup_printf("SYSTEM:%s | %s", program("cat"), program("cat"));

    echo(run("socat", "STDIO", address, O_RDWR), true);
}

/* The child has what it got on disk when the channel is closed: closing is its end of input. */
static void test_cat_to_file(void)
{
    g_autofree char *directory = g_dir_make_tmp("qio-XXXXXX", &(GError *) { NULL });
    g_autofree char *path = g_build_filename(directory, "file", NULL);
    g_autofree char *script = g_strdup_printf("exec cat > '%s'", path);
    g_autofree char *contents = NULL;
    QIOChannel *ioc = run("sh", "-c", script, O_WRONLY);
    size_t length, i;

    sends(ioc);
    close_and_unref(ioc);
    g_assert_true(g_file_get_contents(path, &contents, &length, NULL));
    g_assert_cmpuint(length, ==, MEGABYTES);
    for (i = 0; i < length; i++) {
        if (contents[i] != byte_at(i)) {
            g_error("byte %zu is wrong", i);
        }
    }

    ioc = run("cat", path, NULL, O_RDONLY);
    receives(ioc);
    assert_end(ioc);
    close_and_unref(ioc);
    unlink(path);
    g_assert_cmpint(rmdir(directory), ==, 0);
}

/* A socket channel at the other end of a child that only passes on. */
typedef struct Bridge {
    QIOChannel *command;
    QIOChannel *socket;
} Bridge;

static Bridge bridge(SocketAddress *addr, const char *(*target)(QIOChannelSocket *server))
{
    auto_socket server = listen_on(addr);
    g_autofree char *argument = (char *)target(server);
    Bridge bridge = { .command = run("socat", "STDIO", argument, O_RDWR) };

    bridge.socket = QIO_CHANNEL(qio_channel_socket_accept(server, &error_abort));
    g_assert_nonnull(bridge.socket);
    return bridge;
}

static const char *unix_target(QIOChannelSocket *server)
{
    g_autoptr(SocketAddress) addr = qio_channel_socket_get_local_address(server, &error_abort);

    return g_strdup_printf("UNIX-CONNECT:%s", addr->u.q_unix.path);
}

static const char *tcp_target(QIOChannelSocket *server)
{
    g_autoptr(SocketAddress) addr = qio_channel_socket_get_local_address(server, &error_abort);

    return g_strdup_printf("TCP:127.0.0.1:%s", addr->u.inet.port);
}

static Bridge tcp_bridge(void)
{
    SocketAddress addr = inet_address("127.0.0.1", "0");

    return bridge(&addr, tcp_target);
}

/* Four transfers at once; then one side ends, and the other sees it. */
static void both_ways(Bridge bridge, bool socket_ends)
{
    GThread *threads[3] = {
        g_thread_new("to command", sends, bridge.command),
        g_thread_new("to socket", sends, bridge.socket),
        g_thread_new("from command", receives_in_thread, bridge.command),
    };
    int i;

    receives(bridge.socket);
    for (i = 0; i < 3; i++) {
        g_thread_join(threads[i]);
    }
    if (socket_ends) {
        qio_channel_shutdown(bridge.socket, QIO_CHANNEL_SHUTDOWN_WRITE, &error_abort);
        assert_end(bridge.command);
        close_and_unref(bridge.command);
        assert_end(bridge.socket);
    } else {
        close_and_unref(bridge.command);
        assert_end(bridge.socket);
    }
    object_unref(OBJECT(bridge.socket));
}

static void test_socat_unix(gconstpointer socket_ends)
{
    char *path = make_socket_path();
    SocketAddress addr = unix_address(path);

    both_ways(bridge(&addr, unix_target), GPOINTER_TO_INT(socket_ends));
    remove_socket_path(path);
}

static void test_socat_tcp(gconstpointer socket_ends)
{
    both_ways(tcp_bridge(), GPOINTER_TO_INT(socket_ends));
}

/* socat listens, and this process connects to it. */
static void test_socat_listens(void)
{
    char *path = make_socket_path();
    g_autofree char *argument = g_strdup_printf("UNIX-LISTEN:%s", path);
    QIOChannelSocket *client = qio_channel_socket_new();
    SocketAddress addr = unix_address(path);
    Bridge bridge = { run("socat", "STDIO", argument, O_RDWR), QIO_CHANNEL(client) };

    /* Nothing tells that it is ready but that connecting succeeds. */
    while (qio_channel_socket_connect_sync(client, &addr, NULL) < 0) {
        siginfo_t info = { .si_pid = 0 };

        g_assert_cmpint(waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT), ==, 0);
        g_assert_cmpint(info.si_pid, ==, 0);
        g_usleep(1000);
    }
    both_ways(bridge, true);
    remove_socket_path(path);
}

static gpointer writes_until_broken(gpointer data)
{
    static char bytes[65536];
    Error *err = NULL;

    while (qio_channel_write_all(data, bytes, sizeof(bytes), &err) == 0) {
    }
    return err;
}

/* The child is killed while a thread waits for it to read. */
static void test_killed_reader(gconstpointer blocking)
{
    QIOChannel *ioc = run("sh", "-c", "echo ready; exec sleep 1000", O_RDWR);
    g_autoptr(GThread) writer = NULL;
    struct pollfd full = { .fd = QIO_CHANNEL_COMMAND(ioc)->writefd, .events = POLLOUT };
    char bytes[6];
    Error *err;

    g_assert_cmpint(qio_channel_read_all(ioc, bytes, 6, &error_abort), ==, 0);
    g_assert_cmpint(SET_BLOCKING(ioc, GPOINTER_TO_INT(blocking), &error_abort), ==, 0);
    writer = g_thread_new("writer", writes_until_broken, ioc);
    while (poll(&full, 1, 0) != 0) {
        g_usleep(1000);
    }
    kill_child(ioc);
    err = g_thread_join(g_steal_pointer(&writer));
    assert_error_has(&err, g_strerror(EPIPE), NULL);
    assert_end(ioc);
    close_and_unref(ioc);
}

/* A reader waits for a child that is killed. */
static void test_killed_writer(gconstpointer blocking)
{
    QIOChannel *ioc = run("cat", NULL, NULL, O_RDWR);
    char bytes[4];
    Error *err = NULL;

    g_assert_cmpint(SET_BLOCKING(ioc, GPOINTER_TO_INT(blocking), &error_abort), ==, 0);
    g_assert_cmpint(qio_channel_write_all(ioc, "abc", 3, &error_abort), ==, 0);
    qio_channel_wait(ioc, G_IO_IN);
    kill_child(ioc);
    g_assert_cmpint(qio_channel_read_all(ioc, bytes, 4, &err), ==, -1);
    assert_error_has(&err, "ended before", NULL);
    g_assert_cmpint(qio_channel_read_all_eof(ioc, bytes, 4, &error_abort), ==, 0);
    close_and_unref(ioc);
}

/* What the bridge had under way when it died is lost; both ends hear of it. */
static void test_killed_bridge(void)
{
    Bridge bridge = tcp_bridge();
    GThread *writer = g_thread_new("writer", writes_until_broken, bridge.command);
    char bytes[1000];
    Error *err;
    ssize_t length;

    g_assert_cmpint(qio_channel_read_all(bridge.socket, bytes, sizeof(bytes), &error_abort), ==, 0);
    kill_child(bridge.command);
    err = g_thread_join(writer);
    assert_error_has(&err, g_strerror(EPIPE), NULL);
    do {
        length = qio_channel_read(bridge.socket, bytes, sizeof(bytes), &error_abort);
    } while (length > 0);
    g_assert_cmpint(length, ==, 0);
    assert_end(bridge.command);
    close_and_unref(bridge.command);
    object_unref(OBJECT(bridge.socket));
}

/* A child that fails by itself: its status is nobody's. */
static void test_failing(void)
{
    QIOChannel *ioc = run("socat", "STDIO", "UNIX-CONNECT:/nonexistent/socket,ignoreeof", O_RDWR);

    assert_end(ioc);
    close_and_unref(ioc);
}

static void assert_not_run(const char *path)
{
    const char *const argv[] = { path, NULL };
    int before = open_files();
    Error *err = NULL;

    g_assert_null(qio_channel_command_new_spawn(argv, O_RDWR, &err));
    assert_error_has(&err, path, NULL);
    await_no_children();
    g_assert_cmpint(open_files(), ==, before);
}

static void test_not_executable(void)
{
    g_autofree char *directory = g_dir_make_tmp("qio-XXXXXX", &(GError *) { NULL });
    g_autofree char *path = g_build_filename(directory, "cat", NULL);
    g_autofree char *contents = NULL;
    gsize length;

    g_assert_true(g_file_get_contents(program("cat"), &contents, &length, NULL));
    assert_not_run(path);
    g_assert_true(g_file_set_contents(path, contents, length, NULL));
    g_assert_cmpint(chmod(path, 0600), ==, 0);
    assert_not_run(path);
    assert_not_run(directory);
    /* The same file runs as soon as it may. */
    g_assert_cmpint(chmod(path, 0700), ==, 0);
    echo(QIO_CHANNEL(qio_channel_command_new_spawn((const char *const[]) { path, NULL }, O_RDWR,
                                                   &error_abort)), true);
    unlink(path);
    g_assert_cmpint(rmdir(directory), ==, 0);
}

int main(int argc, char **argv)
{
    void *yes = GINT_TO_POINTER(true), *no = GINT_TO_POINTER(false);

    socket_tests_init(&argc, &argv);
    /* The pipe of a child that is gone. */
    signal(SIGPIPE, SIG_IGN);
    program("socat");
    g_test_add_data_func("/qio/peers/command/cat/blocking", yes, test_cat);
    g_test_add_data_func("/qio/peers/command/cat/non-blocking", no, test_cat);
    g_test_add_func("/qio/peers/command/cat/file", test_cat_to_file);
    g_test_add_data_func("/qio/peers/command/socat/exec/blocking", yes, test_socat_exec);
    g_test_add_data_func("/qio/peers/command/socat/exec/non-blocking", no, test_socat_exec);
    g_test_add_func("/qio/peers/command/socat/system", test_socat_system);
    g_test_add_data_func("/qio/peers/command/socat/unix/socket-ends", yes, test_socat_unix);
    g_test_add_data_func("/qio/peers/command/socat/unix/command-ends", no, test_socat_unix);
    g_test_add_data_func("/qio/peers/command/socat/tcp/socket-ends", yes, test_socat_tcp);
    g_test_add_data_func("/qio/peers/command/socat/tcp/command-ends", no, test_socat_tcp);
    g_test_add_func("/qio/peers/command/socat/listens", test_socat_listens);
    g_test_add_data_func("/qio/peers/command/killed/reader/blocking", yes, test_killed_reader);
    g_test_add_data_func("/qio/peers/command/killed/reader/non-blocking", no, test_killed_reader);
    g_test_add_data_func("/qio/peers/command/killed/writer/blocking", yes, test_killed_writer);
    g_test_add_data_func("/qio/peers/command/killed/writer/non-blocking", no, test_killed_writer);
    g_test_add_func("/qio/peers/command/killed/bridge", test_killed_bridge);
    g_test_add_func("/qio/peers/command/failing", test_failing);
    g_test_add_func("/qio/peers/command/not-executable", test_not_executable);
    return g_test_run();
}
