/*
 * Rows D1 to D6 of docs/spec/properties.md.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "children.h"
#include "io/channel-file.h"
#include "io/channel-socket.h"

#include <sys/stat.h>

/* The child is still saving what it was given when the bound has passed; nothing gets lost. */
static void test_d1_close(void)
{
    g_autofree char *dir = g_dir_make_tmp(NULL, NULL);
    g_autofree char *pipe = g_build_filename(dir, "go-on", NULL);
    g_autofree char *file = g_build_filename(dir, "saved", NULL);
    g_autofree char *script = NULL, *text = NULL;
    Error *err = NULL;
    QIOChannel *ioc;
    pid_t pid;
    int fd;

    g_assert_cmpint(mkfifo(pipe, 0600), ==, 0);
    script = g_strdup_printf("cat > %s; read line < %s; echo $line >> %s", file, pipe, file);
    ioc = command_spawn(script, O_WRONLY);
    pid = pid_of(ioc);
    g_assert_cmpint(qio_channel_write_all(ioc, "state\n", 6, &error_abort), ==, 0);
    kills = 0;
    g_assert_cmpint(qio_channel_close(ioc, &err), ==, 0);
    g_assert_null(err);
    g_assert_cmpint(pid_of(ioc), ==, 0);
    g_assert_cmpint(child_state(pid), !=, 0);
    g_assert_cmpint(child_state(pid), !=, 'Z');
    object_unref(OBJECT(ioc));
    g_assert_cmpint(kills, ==, 0);

    fd = open(pipe, O_WRONLY);
    g_assert_cmpint(write(fd, "end\n", 4), ==, 4);
    close(fd);
    await_gone(pid);
    assert_no_children();
    g_assert_true(g_file_get_contents(file, &text, NULL, NULL));
    g_assert_cmpstr(text, ==, "state\nend\n");
    unlink(pipe);
    unlink(file);
    rmdir(dir);
}

/* Without a thread to wait for it, a main loop sees to the child. */
static void test_d1_no_thread(void)
{
    QIOChannel *ioc = obstinate_spawn();
    pid_t pid = pid_of(ioc);

    fault_set("pthread_create", EAGAIN, 0);
    g_assert_cmpint(qio_channel_close(ioc, &error_abort), ==, 0);
    g_assert_cmpint(fault_hits, ==, 1);
    object_unref(OBJECT(ioc));
    while (fault_hits < 2) {
        g_main_context_iteration(NULL, true);
    }
    g_assert_cmpint(kill(pid, SIGKILL), ==, 0);
    await_end(pid);
    while (child_state(pid)) {
        g_main_context_iteration(NULL, true);
    }
    fault_clear();
    g_assert_false(g_main_context_iteration(NULL, false));
    assert_no_children();
}

static void test_d1_finalize(void)
{
    char ready[sizeof("ready")];
    QIOChannel *ioc;
    pid_t pid;

    /* SIGTERM will do. */
    ioc = command_spawn("echo ready; exec sleep 1000", O_RDWR);
    /* Before it has said so it may end for want of a reader. */
    g_assert_cmpint(qio_channel_read_all(ioc, ready, sizeof(ready), &error_abort), ==, 0);
    pid = pid_of(ioc);
    kills = 0;
    object_unref(OBJECT(ioc));
    g_assert_cmpint(kills, >=, 1);
    await_gone(pid);

    /* SIGTERM won't do. */
    ioc = obstinate_spawn();
    pid = pid_of(ioc);
    kills = 0;
    object_unref(OBJECT(ioc));
    g_assert_cmpint(kills, ==, 2);
    await_gone(pid);

    /* It can't even look at SIGTERM. */
    ioc = cat_spawn(O_RDWR);
    pid = pid_of(ioc);
    g_assert_cmpint(kill(pid, SIGSTOP), ==, 0);
    while (child_state(pid) != 'T') {
        g_usleep(1000);
    }
    object_unref(OBJECT(ioc));
    await_gone(pid);
    assert_no_children();
}

/* After any end of the wait nobody asks for the number again. */
static void test_d2(void)
{
    QIOChannel *ioc = cat_spawn(O_RDWR);
    pid_t pid = pid_of(ioc);
    Error *err = NULL;

    /* Reaped. */
    g_assert_cmpint(qio_channel_close(ioc, &error_abort), ==, 0);
    g_assert_cmpint(pid_of(ioc), ==, 0);
    waitpids = kills = 0;
    g_assert_cmpint(qio_channel_close(ioc, &error_abort), ==, 0);
    object_unref(OBJECT(ioc));
    g_assert_cmpint(waitpids, ==, 0);
    g_assert_cmpint(kills, ==, 0);

    /* Not ours to reap. */
    ioc = cat_spawn(O_RDWR);
    pid = pid_of(ioc);
    g_assert_cmpint(kill(pid, SIGKILL), ==, 0);
    g_assert_cmpint(waitpid(pid, NULL, 0), ==, pid);
    g_assert_cmpint(qio_channel_close(ioc, &err), ==, -1);
    assert_errno_error(err, ECHILD);
    waitpids = kills = 0;
    object_unref(OBJECT(ioc));
    g_assert_cmpint(waitpids, ==, 0);
    g_assert_cmpint(kills, ==, 0);

    /* Handed over. */
    ioc = obstinate_spawn();
    pid = pid_of(ioc);
    g_assert_cmpint(qio_channel_close(ioc, &error_abort), ==, 0);
    g_assert_cmpint(pid_of(ioc), ==, 0);
    kills = 0;
    object_unref(OBJECT(ioc));
    g_assert_cmpint(kills, ==, 0);
    g_assert_cmpint(child_state(pid), !=, 0);
    g_assert_cmpint(kill(pid, SIGKILL), ==, 0);
    await_gone(pid);
    assert_no_children();
}

static void test_d3(void)
{
    QIOChannel *ioc = cat_spawn(O_RDWR), *file;
    int fd = open("/dev/null", O_RDWR);
    Error *err = NULL;

    g_assert_cmpint(qio_channel_close(ioc, &err), ==, 0);
    waitpids = 0;
    fault_set("close", EIO, 0);
    g_assert_cmpint(qio_channel_close(ioc, &err), ==, 0);
    g_assert_cmpint(fault_hits, ==, 0);
    g_assert_cmpint(waitpids, ==, 0);
    fault_clear();
    g_assert_null(err);
    object_unref(OBJECT(ioc));

    file = QIO_CHANNEL(qio_channel_file_new_fd(fd));
    g_assert_cmpint(qio_channel_close(file, &err), ==, 0);
    g_assert_cmpint(qio_channel_close(file, &err), ==, -1);
    g_assert_cmpint(errno, ==, EBADF);
    assert_errno_error(err, EBADF);
    object_unref(OBJECT(file));
}

/* Runs @function in a forked child, which says by its exit status whether all was as it should be. */
static void run_forked(int (*function)(void))
{
    pid_t pid = fork();
    int status;

    if (pid == 0) {
        _exit(function());
    }
    g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
    g_assert_true(WIFEXITED(status));
    /* The line of the check that failed. */
    g_assert_cmpint(WEXITSTATUS(status), ==, 0);
}

#define CHECK(condition) do { \
    if (!(condition)) { \
        return __LINE__ % 255 + 1; \
    } \
} while (0)

/* Which of the descriptors 0 to 2 are closed, as bits. */
static int closed_numbers;

static int starts_without_standard_numbers(void)
{
    static const char *const nowhere[] = { "/nowhere/program", NULL };
    Error *err = NULL;
    char bytes[4];
    QIOChannel *ioc;
    int i;

    for (i = 0; i < 3; i++) {
        if (closed_numbers & 1 << i) {
            close(i);
        }
    }
    ioc = command_spawn("read line; echo $line; exec cat", O_RDWR);
    CHECK(QIO_CHANNEL_COMMAND(ioc)->readfd > 2);
    CHECK(QIO_CHANNEL_COMMAND(ioc)->writefd > 2);
    CHECK(qio_channel_write_all(ioc, "one\n", 4, NULL) == 0);
    CHECK(qio_channel_read_all(ioc, bytes, 4, NULL) == 0);
    CHECK(memcmp(bytes, "one\n", 4) == 0);
    CHECK(qio_channel_close(ioc, NULL) == 0);
    object_unref(OBJECT(ioc));

    ioc = command_spawn("cat; echo end", O_RDONLY);
    CHECK(QIO_CHANNEL_COMMAND(ioc)->readfd > 2);
    CHECK(qio_channel_read_all(ioc, bytes, 4, NULL) == 0);
    CHECK(memcmp(bytes, "end\n", 4) == 0);
    CHECK(qio_channel_close(ioc, NULL) == 0);
    object_unref(OBJECT(ioc));

    ioc = command_spawn("read line && [ $line = go ] && kill -TERM $PPID", O_WRONLY);
    CHECK(QIO_CHANNEL_COMMAND(ioc)->writefd > 2);
    signal(SIGTERM, SIG_IGN);
    CHECK(qio_channel_write_all(ioc, "go\n", 3, NULL) == 0);
    CHECK(qio_channel_close(ioc, NULL) == 0);
    object_unref(OBJECT(ioc));

    /* What can't be started is told of. */
    CHECK(!qio_channel_command_new_spawn(nowhere, O_RDWR, &err));
    CHECK(strstr(error_get_pretty(err), strerror(ENOENT)));
    error_free(err);

    /* The numbers are as free as they were. */
    for (i = 0; i < 3; i++) {
        CHECK(fd_is_open(i) == !(closed_numbers & 1 << i));
    }
    return 0;
}

static void test_d4(void)
{
    for (closed_numbers = 0; closed_numbers < 8; closed_numbers++) {
        run_forked(starts_without_standard_numbers);
    }
}

/* Writes to what nobody reads from, with SIGPIPE as it is by default. */
static int writes_without_reader(QIOChannel *ioc)
{
    struct sigaction before, after;
    sigset_t blocked, pending;

    signal(SIGPIPE, SIG_DFL);
    sigaction(SIGPIPE, NULL, &before);
    errno = 0;
    CHECK(qio_channel_write(ioc, "x", 1, NULL) == -1);
    CHECK(errno == EPIPE);
    CHECK(qio_channel_write_all(ioc, "x", 1, NULL) == -1);
    CHECK(errno == EPIPE);
    sigaction(SIGPIPE, NULL, &after);
    CHECK(before.sa_handler == after.sa_handler);
    sigprocmask(SIG_SETMASK, NULL, &blocked);
    CHECK(!sigismember(&blocked, SIGPIPE));
    sigpending(&pending);
    CHECK(!sigismember(&pending, SIGPIPE));
    object_unref(OBJECT(ioc));
    return 0;
}

static int writes_to_an_ended_child(void)
{
    QIOChannel *ioc = command_spawn("exit 0", O_WRONLY);

    await_end(pid_of(ioc));
    return writes_without_reader(ioc);
}

static int writes_to_a_broken_pipe(void)
{
    int ends[2];

    CHECK(pipe(ends) == 0);
    close(ends[0]);
    return writes_without_reader(QIO_CHANNEL(qio_channel_file_new_fd(ends[1])));
}

/* A file channel takes any descriptor. */
static int writes_to_a_broken_socket(void)
{
    int ends[2];

    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    close(ends[0]);
    return writes_without_reader(QIO_CHANNEL(qio_channel_file_new_fd(ends[1])));
}

static int writes_to_a_broken_socket_channel(void)
{
    int ends[2];

    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    close(ends[0]);
    return writes_without_reader(QIO_CHANNEL(qio_channel_socket_new_fd(ends[1], &error_abort)));
}

static void test_d5(void)
{
    run_forked(writes_to_an_ended_child);
    run_forked(writes_to_a_broken_pipe);
    run_forked(writes_to_a_broken_socket);
    run_forked(writes_to_a_broken_socket_channel);
}

static int closes(const char *script)
{
    QIOChannel *ioc = command_spawn(script, O_RDWR);
    pid_t pid = pid_of(ioc);
    Error *err = NULL;

    if (strstr(script, "exit")) {
        while (child_state(pid)) {
            g_usleep(1000);
        }
    }
    CHECK(qio_channel_close(ioc, &err) == 0);
    CHECK(!err);
    CHECK(pid_of(ioc) == 0);
    /* The kernel may take a moment to forget it; a zombie would stay. */
    while (child_state(pid)) {
        g_usleep(1000);
    }
    object_unref(OBJECT(ioc));

    /* Without a close the child is ended. */
    ioc = cat_spawn(O_RDWR);
    pid = pid_of(ioc);
    object_unref(OBJECT(ioc));
    while (child_state(pid)) {
        g_usleep(1000);
    }
    return 0;
}

static int closes_with_sigchld_ignored(void)
{
    int result;

    signal(SIGCHLD, SIG_IGN);
    result = closes("exit 3");
    return result ? result : closes("exec cat");
}

static int closes_without_zombies(void)
{
    struct sigaction action = { .sa_handler = SIG_DFL, .sa_flags = SA_NOCLDWAIT };
    int result;

    sigaction(SIGCHLD, &action, NULL);
    result = closes("exit 3");
    return result ? result : closes("exec cat");
}

static void test_d6(void)
{
    run_forked(closes_with_sigchld_ignored);
    run_forked(closes_without_zombies);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    module_call_init(MODULE_INIT_QOM);
    signal(SIGPIPE, SIG_IGN);

    TEST("/qio/properties/D1/close", test_d1_close);
    /* The main context keeps a descriptor. */
    g_test_add_func("/qio/properties/D1/no-thread", test_d1_no_thread);
    TEST("/qio/properties/D1/finalize", test_d1_finalize);
    TEST("/qio/properties/D2", test_d2);
    TEST("/qio/properties/D3", test_d3);
    TEST("/qio/properties/D4", test_d4);
    TEST("/qio/properties/D5", test_d5);
    TEST("/qio/properties/D6", test_d6);
    return g_test_run();
}
