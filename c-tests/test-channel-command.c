/*
 * io/channel-command.h. test-properties-command.c has children that don't end.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "children.h"

#include <sys/resource.h>

static QIOChannelCommand *command(QIOChannel *ioc)
{
    return QIO_CHANNEL_COMMAND(ioc);
}

/* Everything that the child says. */
static char *output_of(QIOChannel *ioc)
{
    GString *text = g_string_new(NULL);
    char bytes[100];
    ssize_t length;

    while ((length = qio_channel_read(ioc, bytes, sizeof(bytes), &error_abort)) > 0) {
        g_string_append_len(text, bytes, length);
    }
    g_assert_cmpint(length, ==, 0);
    return g_string_free(text, false);
}

#define assert_output(script, flags, expected) do { \
    QIOChannel *ioc_ = command_spawn(script, flags); \
    g_autofree char *text_ = output_of(ioc_); \
    g_assert_cmpstr(text_, ==, expected); \
    close_and_unref(ioc_); \
} while (0)

static void assert_pipe_end(int fd)
{
    g_assert_cmpint(fcntl(fd, F_GETFD) & FD_CLOEXEC, ==, FD_CLOEXEC);
    g_assert_cmpint(fcntl(fd, F_GETFL) & O_NONBLOCK, ==, 0);
}

static void test_read_write(void)
{
    QIOChannel *ioc = cat_spawn(O_RDWR);
    char bytes[16];
    struct iovec in[2] = { { bytes, 2 }, { bytes + 2, 6 } };
    struct iovec out[3] = { { (char *)"one", 3 }, { NULL, 0 }, { (char *)"three", 5 } };
    Error *err = NULL;

    g_assert_cmpstr(object_get_typename(OBJECT(ioc)), ==, TYPE_QIO_CHANNEL_COMMAND);
    g_assert_cmpuint(OBJECT(ioc)->ref, ==, 1);
    g_assert_cmphex(ioc->features, ==, 0);
    g_assert_cmpint(pid_of(ioc), >, 0);
    assert_pipe_end(command(ioc)->readfd);
    assert_pipe_end(command(ioc)->writefd);

    g_assert_cmpint(qio_channel_writev(ioc, out, 3, &err), ==, 8);
    g_assert_cmpint(qio_channel_readv_all(ioc, in, 2, &err), ==, 0);
    g_assert_cmpmem(bytes, 8, "onethree", 8);
    g_assert_cmpint(qio_channel_writev(ioc, NULL, 0, &err), ==, 0);
    g_assert_cmpint(qio_channel_read(ioc, NULL, 0, &err), ==, 0);
    g_assert_null(err);
    close_and_unref(ioc);
}

static void test_read_only(void)
{
    QIOChannel *ioc = command_spawn("cat; echo end", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    Error *err = NULL;
    g_autofree char *text = NULL;

    g_assert_cmpint(command(ioc)->writefd, ==, -1);
    assert_pipe_end(command(ioc)->readfd);
    errno = 0;
    g_assert_cmpint(qio_channel_write(ioc, "x", 1, &err), ==, -1);
    g_assert_cmpint(errno, ==, EBADF);
    g_assert_nonnull(strstr(error_get_pretty(err), "write"));
    assert_errno_error(err, EBADF);
    /* Its input is empty. */
    text = output_of(ioc);
    g_assert_cmpstr(text, ==, "end\n");
    g_assert_cmpint(qio_channel_read(ioc, text, 1, &err), ==, 0);
    close_and_unref(ioc);
}

static void test_write_only(void)
{
    g_autofree char *path = NULL, *script = NULL, *text = NULL;
    int fd = g_file_open_tmp(NULL, &path, NULL);
    QIOChannel *ioc;
    Error *err = NULL;
    char byte;

    close(fd);
    script = g_strdup_printf("exec 3>&1; readlink /proc/$$/fd/3 > %s; cat >> %s", path, path);
    ioc = command_spawn(script, O_WRONLY);
    g_assert_cmpint(command(ioc)->readfd, ==, -1);
    assert_pipe_end(command(ioc)->writefd);
    errno = 0;
    g_assert_cmpint(qio_channel_read(ioc, &byte, 1, &err), ==, -1);
    g_assert_cmpint(errno, ==, EBADF);
    g_assert_nonnull(strstr(error_get_pretty(err), "read"));
    assert_errno_error(err, EBADF);
    g_assert_cmpint(qio_channel_write_all(ioc, "text\n", 5, &error_abort), ==, 0);
    /* It gets the end, and is waited for. */
    close_and_unref(ioc);
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_assert_cmpstr(text, ==, "/dev/null\ntext\n");
    g_assert_cmpint(unlink(path), ==, 0);
}

/* R-CHAN-91 */
static void test_inherited(void)
{
    g_autofree char *directory = g_get_current_dir();
    g_autofree char *there = g_strconcat(directory, "\n", NULL);
    g_autofree char *script = NULL;
    int fd = open("/dev/null", O_RDWR);

    g_setenv("QIO_TEST_VALUE", "inherited", true);
    assert_output("echo $QIO_TEST_VALUE", O_RDONLY, "inherited\n");
    assert_output("pwd -P", O_RDONLY, there);
    /* Other descriptors are not. */
    g_assert_cmpint(fcntl(fd, F_GETFD), ==, 0);
    script = g_strdup_printf("[ -e /proc/$$/fd/%d ] || echo closed", fd);
    assert_output(script, O_RDONLY, "closed\n");
    close(fd);
    assert_output("[ /proc/$$/fd/2 -ef /proc/$PPID/fd/2 ] && echo same", O_RDONLY, "same\n");
}

static void test_arguments(void)
{
    const char *const argv[] = { "/bin/echo", "two  words", "", "*", NULL };
    QIOChannel *ioc;
    g_autofree char *text = NULL;

    ioc = QIO_CHANNEL(qio_channel_command_new_spawn(argv, O_RDONLY, &error_abort));
    text = output_of(ioc);
    g_assert_cmpstr(text, ==, "two  words  *\n");
    close_and_unref(ioc);
}

static void test_cannot_spawn(void)
{
    static const struct {
        const char *program;
        int error;
    } cases[] = {
        { "/nowhere/program", ENOENT },
        /* It isn't looked for along the PATH. */
        { "cat", ENOENT },
        { "/dev/null", EACCES },
        { "/", EACCES },
        { "", ENOENT },
    };
    unsigned int i;

    for (i = 0; i < G_N_ELEMENTS(cases); i++) {
        const char *const argv[] = { cases[i].program, NULL };
        Error *err = NULL;
        g_autoptr(GError) error = NULL;

        g_assert_null(qio_channel_command_new_spawn(argv, O_RDWR, &err));
        g_assert_nonnull(err);
        g_assert_nonnull(strstr(error_get_pretty(err), strerror(cases[i].error)));
        /* As GLib says it. */
        g_assert_false(g_spawn_async(NULL, (char **)argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL,
                                     NULL, NULL, &error));
        g_assert_cmpstr(error_get_pretty(err), ==, error->message);
        error_free(err);
        g_assert_null(qio_channel_command_new_spawn(argv, O_RDONLY, NULL));
    }
    assert_no_children();
}

/* Without a child, R-CHAN-9. */
static void test_object_new(void)
{
    QIOChannel *ioc = QIO_CHANNEL(object_new(TYPE_QIO_CHANNEL_COMMAND));
    Error *err = NULL;
    char byte;

    g_assert_cmpint(command(ioc)->readfd, ==, -1);
    g_assert_cmpint(command(ioc)->writefd, ==, -1);
    g_assert_cmpint(pid_of(ioc), ==, 0);
    g_assert_cmpint(qio_channel_read(ioc, &byte, 1, &err), ==, -1);
    assert_errno_error(err, EBADF);
    g_assert_cmpint(qio_channel_writev(ioc, NULL, 0, &err), ==, -1);
    assert_errno_error(err, EBADF);
    g_assert_cmpint(SET_BLOCKING(ioc, false, &err), ==, 0);
    qio_channel_wait(ioc, G_IO_IN);
    qio_channel_wait(ioc, G_IO_OUT | G_IO_HUP);
    waitpids = 0;
    g_assert_cmpint(qio_channel_close(ioc, &err), ==, 0);
    g_assert_null(err);
    object_unref(OBJECT(ioc));
    g_assert_cmpint(waitpids, ==, 0);
}

/* R-CHAN-93 */
static void test_set_blocking(void)
{
    QIOChannel *ioc = cat_spawn(O_RDWR);
    int readfd = command(ioc)->readfd, writefd = command(ioc)->writefd;
    Error *err = NULL;

    g_assert_cmpint(SET_BLOCKING(ioc, false, &err), ==, 0);
    g_assert_cmpint(fcntl(readfd, F_GETFL) & O_NONBLOCK, ==, O_NONBLOCK);
    g_assert_cmpint(fcntl(writefd, F_GETFL) & O_NONBLOCK, ==, O_NONBLOCK);
    g_assert_cmpint(SET_BLOCKING(ioc, true, NULL), ==, 0);
    g_assert_cmpint(fcntl(readfd, F_GETFL) & O_NONBLOCK, ==, 0);
    g_assert_cmpint(fcntl(writefd, F_GETFL) & O_NONBLOCK, ==, 0);
    g_assert_null(err);

    /* The write side first. */
    command(ioc)->readfd = 1000000;
    g_assert_cmpint(SET_BLOCKING(ioc, false, &err), ==, -1);
    g_assert_cmpint(errno, ==, EBADF);
    assert_errno_error(err, EBADF);
    g_assert_cmpint(fcntl(writefd, F_GETFL) & O_NONBLOCK, ==, O_NONBLOCK);
    command(ioc)->readfd = readfd;
    command(ioc)->writefd = 1000000;
    g_assert_cmpint(SET_BLOCKING(ioc, false, &err), ==, -1);
    assert_errno_error(err, EBADF);
    g_assert_cmpint(fcntl(readfd, F_GETFL) & O_NONBLOCK, ==, 0);
    command(ioc)->writefd = writefd;
    close_and_unref(ioc);
}

static void test_would_block(void)
{
    QIOChannel *ioc = command_spawn("exec sleep 1000", O_RDWR);
    g_autofree char *bytes = g_malloc0(1 << 20);
    ssize_t written;
    Error *err = NULL;
    pid_t pid;

    g_assert_cmpint(SET_BLOCKING(ioc, false, &error_abort), ==, 0);
    errno = 0;
    g_assert_cmpint(qio_channel_read(ioc, bytes, 1, &err), ==, QIO_CHANNEL_ERR_BLOCK);
    g_assert_cmpint(errno, ==, EAGAIN);
    /* It doesn't read: what the pipe holds goes, and no more. */
    written = qio_channel_write(ioc, bytes, 1 << 20, &err);
    g_assert_cmpint(written, >, 0);
    g_assert_cmpint(written, <, 1 << 20);
    errno = 0;
    g_assert_cmpint(qio_channel_write(ioc, bytes, 1 << 20, &err), ==, QIO_CHANNEL_ERR_BLOCK);
    g_assert_cmpint(errno, ==, EAGAIN);
    g_assert_null(err);
    pid = pid_of(ioc);
    object_unref(OBJECT(ioc));
    await_gone(pid);
    assert_no_children();
}

static void test_broken_pipe(void)
{
    QIOChannel *ioc = command_spawn("exec <&-; echo closed; exec sleep 1000", O_RDWR);
    char bytes[8];
    Error *err = NULL;
    pid_t pid;

    g_assert_cmpint(qio_channel_read_all(ioc, bytes, 7, &error_abort), ==, 0);
    errno = 0;
    g_assert_cmpint(qio_channel_write(ioc, "x", 1, &err), ==, -1);
    g_assert_cmpint(errno, ==, EPIPE);
    assert_errno_error(err, EPIPE);
    g_assert_cmpint(qio_channel_write_all(ioc, "x", 1, NULL), ==, -1);
    g_assert_cmpint(errno, ==, EPIPE);
    pid = pid_of(ioc);
    object_unref(OBJECT(ioc));
    await_gone(pid);
    assert_no_children();
}

/* Signals don't end anything, R-CHAN-13. */
static void test_interrupted(void)
{
    QIOChannel *ioc = cat_spawn(O_RDWR);
    char bytes[4];
    pid_t pid;

    fault_set("writev", EINTR, 3);
    g_assert_cmpint(qio_channel_write(ioc, "text", 4, &error_abort), ==, 4);
    g_assert_cmpint(fault_hits, ==, 3);
    fault_set("readv", EINTR, 3);
    g_assert_cmpint(qio_channel_read_all(ioc, bytes, 4, &error_abort), ==, 0);
    g_assert_cmpint(fault_hits, ==, 3);
    fault_set("waitpid", EINTR, 3);
    close_and_unref(ioc);
    g_assert_cmpint(fault_hits, ==, 3);

    ioc = cat_spawn(O_RDWR);
    fault_set("poll", EINTR, 3);
    close_and_unref(ioc);
    ioc = cat_spawn(O_RDWR);
    pid = pid_of(ioc);
    fault_set("waitpid", EINTR, 3);
    object_unref(OBJECT(ioc));
    g_assert_cmpint(fault_hits, ==, 3);
    fault_clear();
    await_gone(pid);
    assert_no_children();
}

/* R-CHAN-94 */
static void test_close(void)
{
    static const char *const scripts[] = { "exit 0", "exit 3", "kill -KILL $$", "exec cat" };
    Error *err = NULL;
    unsigned int i;

    for (i = 0; i < G_N_ELEMENTS(scripts); i++) {
        QIOChannel *ioc = command_spawn(scripts[i], O_RDWR);
        int readfd = command(ioc)->readfd, writefd = command(ioc)->writefd;

        if (i < 3) {
            await_end(pid_of(ioc));
        }
        kills = 0;
        g_assert_cmpint(qio_channel_close(ioc, &err), ==, 0);
        g_assert_null(err);
        g_assert_cmpint(command(ioc)->readfd, ==, -1);
        g_assert_cmpint(command(ioc)->writefd, ==, -1);
        g_assert_cmpint(pid_of(ioc), ==, 0);
        g_assert_false(fd_is_open(readfd));
        g_assert_false(fd_is_open(writefd));
        g_assert_cmpint(qio_channel_read(ioc, (char *)&i, 1, &err), ==, -1);
        assert_errno_error(err, EBADF);
        close_and_unref(ioc);
        g_assert_cmpint(kills, ==, 0);
    }
}

static void test_close_failure(void)
{
    QIOChannel *ioc = cat_spawn(O_RDWR);
    g_autofree char *number = NULL;
    Error *err = NULL;
    pid_t pid;

    /* The pipes are gone and the child is reaped all the same; close is not tried again. */
    fault_set("close", EIO, 1);
    errno = 0;
    g_assert_cmpint(qio_channel_close(ioc, &err), ==, -1);
    g_assert_cmpint(errno, ==, EIO);
    assert_errno_error(err, EIO);
    g_assert_cmpint(fault_hits, ==, 1);
    fault_clear();
    g_assert_cmpint(command(ioc)->readfd, ==, -1);
    g_assert_cmpint(command(ioc)->writefd, ==, -1);
    assert_no_children();
    close_and_unref(ioc);

    /* Somebody else has reaped the child. */
    ioc = cat_spawn(O_RDWR);
    pid = pid_of(ioc);
    number = g_strdup_printf("%d", pid);
    g_assert_cmpint(kill(pid, SIGKILL), ==, 0);
    g_assert_cmpint(waitpid(pid, NULL, 0), ==, pid);
    errno = 0;
    g_assert_cmpint(qio_channel_close(ioc, &err), ==, -1);
    g_assert_cmpint(errno, ==, ECHILD);
    g_assert_nonnull(strstr(error_get_pretty(err), number));
    assert_errno_error(err, ECHILD);
    g_assert_cmpint(command(ioc)->readfd, ==, -1);
    g_assert_cmpint(pid_of(ioc), ==, 0);
    close_and_unref(ioc);
}

/* R-CHAN-95 */
static void test_finalize(void)
{
    QIOChannel *ioc;
    pid_t pid;

    /* One that has ended gets no signal. */
    ioc = command_spawn("exit 1", O_RDWR);
    await_end(pid_of(ioc));
    kills = 0;
    errno = EXDEV;
    object_unref(OBJECT(ioc));
    g_assert_cmpint(errno, ==, EXDEV);
    g_assert_cmpint(kills, ==, 0);
    assert_no_children();

    ioc = command_spawn("trap 'exit 0' TERM; echo; while :; do :; done", O_RDONLY);
    g_assert_cmpint(qio_channel_read_all(ioc, (char *)&pid, 1, &error_abort), ==, 0);
    pid = pid_of(ioc);
    object_unref(OBJECT(ioc));
    await_gone(pid);

    /* Nor one that somebody else reaped: the number may be another's. */
    ioc = cat_spawn(O_RDWR);
    g_assert_cmpint(kill(pid_of(ioc), SIGKILL), ==, 0);
    g_assert_cmpint(waitpid(pid_of(ioc), NULL, 0), ==, pid_of(ioc));
    kills = 0;
    object_unref(OBJECT(ioc));
    g_assert_cmpint(kills, ==, 0);
    assert_no_children();
}

/* Kernels without pidfd_open, or no descriptor left for it. */
static void test_no_pidfd(void)
{
    QIOChannel *ioc;
    pid_t pid;

    fault_set("pidfd_open", ENOSYS, 0);
    ioc = command_spawn("read line; exec sleep 0.02", O_WRONLY);
    g_assert_cmpint(qio_channel_close(ioc, &error_abort), ==, 0);
    g_assert_cmpint(fault_hits, ==, 1);
    object_unref(OBJECT(ioc));
    ioc = obstinate_spawn();
    pid = pid_of(ioc);
    object_unref(OBJECT(ioc));
    await_gone(pid);
    fault_clear();
    assert_no_children();
}

/* The program owns the fields as well, R-CHAN-10. */
static void test_fields(void)
{
    QIOChannel *ioc = cat_spawn(O_RDWR);
    int readfd = command(ioc)->readfd;
    Error *err = NULL;
    char bytes[4];

    g_assert_cmpint(qio_channel_write(ioc, "text", 4, &error_abort), ==, 4);
    command(ioc)->readfd = -1;
    g_assert_cmpint(qio_channel_read(ioc, bytes, 4, &err), ==, -1);
    assert_errno_error(err, EBADF);
    command(ioc)->readfd = readfd;
    g_assert_cmpint(qio_channel_read_all(ioc, bytes, 4, &err), ==, 0);

    /* Who looks after the child itself stores 0. */
    g_assert_cmpint(kill(pid_of(ioc), SIGKILL), ==, 0);
    g_assert_cmpint(waitpid(pid_of(ioc), NULL, 0), ==, pid_of(ioc));
    command(ioc)->pid = 0;
    g_assert_cmpint(qio_channel_close(ioc, &err), ==, 0);
    g_assert_null(err);
    object_unref(OBJECT(ioc));
}

static void test_unsupported(void)
{
    QIOChannel *ioc = cat_spawn(O_RDWR);
    struct iovec iov = { (char *)"x", 1 };
    int fd = 0;
    Error *err = NULL;

    g_assert_cmpint(qio_channel_writev_full(ioc, &iov, 1, &fd, 1, 0, &err), ==, -1);
    assert_errno_error(err, EINVAL);
    g_assert_cmpint(qio_channel_shutdown(ioc, QIO_CHANNEL_SHUTDOWN_BOTH, &err), ==, -1);
    assert_error(err);
    g_assert_cmpint(qio_channel_io_seek(ioc, 0, SEEK_SET, &err), ==, -1);
    assert_error(err);
    g_assert_cmpint(qio_channel_flush(ioc, &err), ==, 0);
#ifdef QIO_HAS_POSITIONAL_IO
    g_assert_cmpint(qio_channel_pwrite(ioc, (char *)"x", 1, 0, &err), ==, -1);
    assert_error(err);
    g_assert_cmpint(qio_channel_readv_full(ioc, &iov, 1, NULL, NULL,
                                           QIO_CHANNEL_READ_FLAG_MSG_PEEK, &err), ==, -1);
    assert_errno_error(err, EINVAL);
#endif
    close_and_unref(ioc);
}

static gboolean notes(QIOChannel *ioc, GIOCondition condition, gpointer data)
{
    *(GIOCondition *)data = condition;
    return true;
}

/* The pair watch on both pipes, R-CHAN-96. */
static void test_watch(void)
{
    QIOChannel *ioc = cat_spawn(O_RDWR);
    GIOCondition found = 0;
    char bytes[4];
    guint id;

    id = qio_channel_add_watch(ioc, G_IO_IN, notes, &found, NULL);
    g_assert_cmpuint(OBJECT(ioc)->ref, ==, 2);
    g_assert_false(g_main_context_iteration(NULL, false));
    g_assert_cmpint(qio_channel_write(ioc, "text", 4, &error_abort), ==, 4);
    while (!found) {
        g_main_context_iteration(NULL, true);
    }
    g_assert_cmphex(found, ==, G_IO_IN);
    g_assert_true(g_source_remove(id));
    g_assert_cmpint(qio_channel_read_all(ioc, bytes, 4, &error_abort), ==, 0);

    found = 0;
    id = qio_channel_add_watch(ioc, G_IO_IN | G_IO_OUT, notes, &found, NULL);
    g_assert_true(g_main_context_iteration(NULL, false));
    g_assert_cmphex(found, ==, G_IO_OUT);
    g_assert_true(g_source_remove(id));

    found = 0;
    id = qio_channel_add_watch(ioc, G_IO_HUP, notes, &found, NULL);
    g_assert_false(g_main_context_iteration(NULL, false));
    g_assert_cmpint(kill(pid_of(ioc), SIGKILL), ==, 0);
    while (!found) {
        g_main_context_iteration(NULL, true);
    }
    g_assert_cmphex(found, ==, G_IO_HUP);
    g_assert_true(g_source_remove(id));
    close_and_unref(ioc);
}

/* C8: no descriptor is needed to wait. */
static void test_wait(void)
{
    QIOChannel *ioc = cat_spawn(O_RDWR);
    struct rlimit before, low;
    char bytes[4];

    g_assert_cmpint(getrlimit(RLIMIT_NOFILE, &before), ==, 0);
    low = before;
    low.rlim_cur = 3;
    g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &low), ==, 0);
    qio_channel_wait(ioc, G_IO_OUT);
    g_assert_cmpint(qio_channel_write(ioc, "text", 4, &error_abort), ==, 4);
    qio_channel_wait(ioc, G_IO_IN);
    g_assert_cmpint(qio_channel_read_all(ioc, bytes, 4, &error_abort), ==, 0);
    qio_channel_wait(ioc, G_IO_IN | G_IO_OUT);
    g_assert_cmpint(kill(pid_of(ioc), SIGKILL), ==, 0);
    /* A child that ends without a word, W-8. */
    qio_channel_wait(ioc, G_IO_IN);
    qio_channel_wait(ioc, G_IO_HUP);
    qio_channel_wait(ioc, G_IO_OUT);
    g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &before), ==, 0);
    g_assert_cmpint(qio_channel_read(ioc, bytes, 4, &error_abort), ==, 0);
    close_and_unref(ioc);

    /* One side only. */
    ioc = cat_spawn(O_WRONLY);
    qio_channel_wait(ioc, G_IO_IN);
    qio_channel_wait(ioc, G_IO_OUT);
    qio_channel_wait(ioc, G_IO_IN | G_IO_OUT);
    close_and_unref(ioc);
}

static void test_misuse(void)
{
    g_test_trap_subprocess("/qio/channel-command/subprocess/null", 0, 0);
    g_test_trap_assert_failed();
    g_test_trap_assert_stderr("*qio_channel_command_new_spawn*argv*NULL*");
    g_test_trap_subprocess("/qio/channel-command/subprocess/empty", 0, 0);
    g_test_trap_assert_failed();
    g_test_trap_assert_stderr("*qio_channel_command_new_spawn*argv*empty*");
}

static void misuse_null(void)
{
    qio_channel_command_new_spawn(NULL, O_RDWR, NULL);
}

static void misuse_empty(void)
{
    const char *const argv[] = { NULL };

    qio_channel_command_new_spawn(argv, O_RDWR, NULL);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    module_call_init(MODULE_INIT_QOM);
    signal(SIGPIPE, SIG_IGN);

    TEST("/qio/channel-command/read-write", test_read_write);
    TEST("/qio/channel-command/read-only", test_read_only);
    TEST("/qio/channel-command/write-only", test_write_only);
    TEST("/qio/channel-command/inherited", test_inherited);
    TEST("/qio/channel-command/arguments", test_arguments);
    TEST("/qio/channel-command/cannot-spawn", test_cannot_spawn);
    TEST("/qio/channel-command/object-new", test_object_new);
    TEST("/qio/channel-command/set-blocking", test_set_blocking);
    TEST("/qio/channel-command/would-block", test_would_block);
    TEST("/qio/channel-command/broken-pipe", test_broken_pipe);
    TEST("/qio/channel-command/interrupted", test_interrupted);
    TEST("/qio/channel-command/close", test_close);
    TEST("/qio/channel-command/close/failure", test_close_failure);
    TEST("/qio/channel-command/finalize", test_finalize);
    TEST("/qio/channel-command/no-pidfd", test_no_pidfd);
    TEST("/qio/channel-command/fields", test_fields);
    TEST("/qio/channel-command/unsupported", test_unsupported);
    g_test_add_func("/qio/channel-command/watch", test_watch);
    TEST("/qio/channel-command/wait", test_wait);
    g_test_add_func("/qio/channel-command/misuse", test_misuse);
    g_test_add_func("/qio/channel-command/subprocess/null", misuse_null);
    g_test_add_func("/qio/channel-command/subprocess/empty", misuse_empty);
    return g_test_run();
}
