/*
 * io/channel.h: qio_channel_wait() on descriptors.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "scripted-channel.h"
#include "io/channel-file.h"
#include "io/channel-util.h"
#include "faults.h"
#include "rounds.h"

#include <sys/socket.h>

typedef struct Fixture {
    QIOChannel *ioc;
    int other;
    /* What the other thread does, when somebody waits; and that it is about to do it. */
    void (*act)(struct Fixture *f);
    int acted;
    uint32_t references;
} Fixture;

static gpointer acts_during_wait(gpointer data)
{
    Fixture *f = data;

    await_polls(1);
    f->references = g_atomic_int_get((int *)&OBJECT(f->ioc)->ref);
    g_atomic_int_set(&f->acted, 1);
    f->act(f);
    return NULL;
}

/* Waits, while another thread acts. */
static void wait_while(Fixture *f, GIOCondition condition, void (*act)(Fixture *f))
{
    GThread *thread;

    f->act = act;
    f->acted = 0;
    polls = 0;
    thread = g_thread_new("act", acts_during_wait, f);
    qio_channel_wait(f->ioc, condition);
    g_assert_cmpint(g_atomic_int_get(&f->acted), ==, 1);
    g_thread_join(thread);
    g_assert_cmpuint(OBJECT(f->ioc)->ref, ==, 1);
}

/* The channel is the end to read from, or to write to, and other the other one. */
static void pipe_begin(Fixture *f, bool reader)
{
    int fds[2];

    g_assert_cmpint(pipe2(fds, O_CLOEXEC | O_NONBLOCK), ==, 0);
    *f = (Fixture) { .other = fds[reader] };
    f->ioc = qio_channel_new_fd(fds[!reader], &error_abort);
}

static void fixture_end(Fixture *f)
{
    object_unref(OBJECT(f->ioc));
    if (f->other != -1) {
        close(f->other);
    }
}

static void writes(Fixture *f)
{
    g_assert_cmpint(write(f->other, "x", 1), ==, 1);
}

static void closes(Fixture *f)
{
    close(f->other);
    f->other = -1;
}

static void drains(Fixture *f)
{
    char bytes[4096];

    while (read(f->other, bytes, sizeof(bytes)) > 0) {
        continue;
    }
}

static void test_in(void)
{
    Fixture f;

    pipe_begin(&f, true);
    wait_while(&f, G_IO_IN, writes);
    /* The waiting thread held a reference of its own, R-CHAN-41. */
    g_assert_cmpuint(f.references, ==, 2);
    /* It is ready already. */
    qio_channel_wait(f.ioc, G_IO_IN);
    qio_channel_wait(f.ioc, G_IO_IN | G_IO_HUP);
    fixture_end(&f);
}

static void fill(QIOChannel *ioc)
{
    char bytes[4096] = "";

    while (qio_channel_write(ioc, bytes, sizeof(bytes), &error_abort) > 0) {
        continue;
    }
}

static void test_out(void)
{
    Fixture f;

    pipe_begin(&f, false);
    qio_channel_wait(f.ioc, G_IO_OUT);
    fill(f.ioc);
    wait_while(&f, G_IO_OUT, drains);
    fixture_end(&f);
}

/* The end of a pipe raises HUP alone, and ends the wait for data; likewise ERR, W-8. */
static void test_end(void)
{
    Fixture f;
    char byte = 0;

    pipe_begin(&f, true);
    wait_while(&f, G_IO_IN, closes);
    g_assert_cmpint(qio_channel_read(f.ioc, &byte, 1, &error_abort), ==, 0);
    qio_channel_wait(f.ioc, G_IO_HUP);
    fixture_end(&f);

    pipe_begin(&f, false);
    fill(f.ioc);
    wait_while(&f, G_IO_OUT, closes);
    g_assert_cmpint(qio_channel_write(f.ioc, &byte, 1, NULL), ==, -1);
    g_assert_cmpint(errno, ==, EPIPE);
    qio_channel_wait(f.ioc, G_IO_ERR);
    fixture_end(&f);
}

/* The reading call that waits gets the end, and doesn't spin. */
static void test_end_of_read_all(void)
{
    Fixture f;
    GThread *thread;
    char bytes[2];
    Error *err = NULL;

    pipe_begin(&f, true);
    writes(&f);
    f.act = closes;
    polls = 0;
    thread = g_thread_new("act", acts_during_wait, &f);
    g_assert_cmpint(qio_channel_read_all_eof(f.ioc, bytes, 2, &err), ==, -1);
    assert_error(err);
    g_thread_join(thread);
    g_assert_cmpint(polls, ==, 1);
    fixture_end(&f);
}

static void writes_and_closes(Fixture *f)
{
    writes(f);
    /* Whoever wakes now has not waited for the hang-up. */
    g_thread_yield();
    g_atomic_int_set(&f->acted, 2);
    closes(f);
}

/* Data is no hang-up, R-WATCH-9. */
static void test_hangup_only(void)
{
    Fixture f;
    GThread *thread;

    pipe_begin(&f, true);
    f.act = writes_and_closes;
    polls = 0;
    thread = g_thread_new("act", acts_during_wait, &f);
    qio_channel_wait(f.ioc, G_IO_HUP);
    g_assert_cmpint(g_atomic_int_get(&f.acted), ==, 2);
    g_thread_join(thread);
    fixture_end(&f);
}

/* The number becomes the end to write to of a pipe that nobody reads. */
static void raises_error(Fixture *f)
{
    int fds[2];

    await_polls(4);
    g_assert_cmpint(pipe2(fds, O_CLOEXEC), ==, 0);
    close(fds[0]);
    g_atomic_int_set(&f->acted, 2);
    g_assert_cmpint(dup2(fds[1], QIO_CHANNEL_FILE(f->ioc)->fd), >=, 0);
    close(fds[1]);
}

/* Who waits for an error is not woken by a hang-up, W-8. */
static void test_error_only(void)
{
    Fixture f;
    GThread *thread;

    pipe_begin(&f, true);
    closes(&f);
    f.act = raises_error;
    polls = 0;
    thread = g_thread_new("act", acts_during_wait, &f);
    qio_channel_wait(f.ioc, G_IO_ERR);
    g_assert_cmpint(g_atomic_int_get(&f.acted), ==, 2);
    g_thread_join(thread);
    fixture_end(&f);
}

/* Unread notifications of a zero-copy socket raise ERR, which is no readiness, W-8. */
static void test_zero_copy(void)
{
    Fixture f;

    pipe_begin(&f, true);
    writes(&f);
    polls = 0;
    poll_will_say(POLLERR, 3);
    qio_channel_wait(f.ioc, G_IO_IN);
    g_assert_cmpint(polls, ==, 1);

    qio_channel_set_feature(f.ioc, QIO_CHANNEL_FEATURE_WRITE_ZERO_COPY);
    polls = 0;
    poll_will_say(POLLERR, 3);
    qio_channel_wait(f.ioc, G_IO_IN);
    g_assert_cmpint(polls, ==, 4);

    /* The end is an end there too, and the flush waits for ERR itself. */
    polls = 0;
    poll_will_say(POLLERR | POLLHUP, 3);
    qio_channel_wait(f.ioc, G_IO_IN);
    qio_channel_wait(f.ioc, G_IO_ERR);
    g_assert_cmpint(polls, ==, 2);
    poll_will_say(0, 0);
    fixture_end(&f);
}

/* Signals don't end a wait; what makes waiting impossible does. */
static void test_poll_fails(void)
{
    Fixture f;

    pipe_begin(&f, true);
    writes(&f);
    fault_set("poll", EINTR, 3);
    qio_channel_wait(f.ioc, G_IO_IN);
    g_assert_cmpint(fault_hits, ==, 3);
    fault_set("poll", EINVAL, 0);
    qio_channel_wait(f.ioc, G_IO_IN);
    g_assert_cmpint(fault_hits, ==, 1);
    fault_clear();
    fixture_end(&f);
}

/* A descriptor that isn't open keeps nobody waiting: the transfer fails. */
static void test_not_open(void)
{
    Fixture f;
    int fd;

    pipe_begin(&f, true);
    fd = QIO_CHANNEL_FILE(f.ioc)->fd;
    QIO_CHANNEL_FILE(f.ioc)->fd = 1000000;
    qio_channel_wait(f.ioc, G_IO_IN);
    qio_channel_wait(f.ioc, G_IO_HUP);
    QIO_CHANNEL_FILE(f.ioc)->fd = fd;
    g_assert_cmpint(qio_channel_close(f.ioc, &error_abort), ==, 0);
    qio_channel_wait(f.ioc, G_IO_IN);
    qio_channel_wait(f.ioc, G_IO_OUT);
    fixture_end(&f);
}

static void shuts_down(Fixture *f)
{
    g_assert_cmpint(qio_channel_shutdown(f->ioc, QIO_CHANNEL_SHUTDOWN_BOTH, &error_abort), ==, 0);
}

static void test_socket(void)
{
    Fixture f;
    int fds[2];

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds), ==, 0);
    f = (Fixture) { .other = fds[1], .ioc = qio_channel_new_fd(fds[0], &error_abort) };
    qio_channel_wait(f.ioc, G_IO_OUT);
    qio_channel_wait(f.ioc, G_IO_OUT | G_IO_IN);
    wait_while(&f, G_IO_HUP, shuts_down);
    qio_channel_wait(f.ioc, G_IO_IN);
    fixture_end(&f);
}

typedef struct Waiter {
    QIOChannel *ioc;
    GIOCondition condition;
} Waiter;

static gpointer waits(gpointer data)
{
    Waiter *waiter = data;

    qio_channel_wait(waiter->ioc, waiter->condition);
    return NULL;
}

/* Two threads wait on one channel, each for its direction, R-CHAN-11. */
static void test_threads(void)
{
    int fds[2];
    QIOChannel *ioc;
    Waiter readers[2], hangup;
    GThread *threads[3];

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds), ==, 0);
    ioc = qio_channel_new_fd(fds[0], &error_abort);
    readers[0] = readers[1] = (Waiter) { ioc, G_IO_IN };
    hangup = (Waiter) { ioc, G_IO_HUP };
    polls = 0;
    threads[0] = g_thread_new("in", waits, &readers[0]);
    threads[1] = g_thread_new("in", waits, &readers[1]);
    threads[2] = g_thread_new("hup", waits, &hangup);
    await_polls(3);
    g_assert_cmpint(write(fds[1], "x", 1), ==, 1);
    g_thread_join(threads[0]);
    g_thread_join(threads[1]);
    g_assert_cmpint(shutdown(fds[1], SHUT_RDWR), ==, 0);
    g_thread_join(threads[2]);
    g_assert_cmpuint(OBJECT(ioc)->ref, ==, 1);
    object_unref(OBJECT(ioc));
    close(fds[1]);
}

static int stop_waiting;

static QIOChannel *one_end(int *other)
{
    int fds[2];

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
    *other = fds[1];
    return qio_channel_new_fd(fds[0], &error_abort);
}

static gpointer waits_to_write(gpointer opaque)
{
    while (!g_atomic_int_get(&stop_waiting)) {
        qio_channel_wait(opaque, G_IO_OUT);
    }
    return NULL;
}

/* A child that is forked while other threads are inside waits on sockets of its own. */
static void test_forked_child(void)
{
    enum { THREADS = 3 };
    /* At the end of each child valgrind looks for leaks. */
    int children = is_slow() ? 12 : 60;
    QIOChannel *ioc[THREADS];
    GThread *threads[THREADS];
    int other[THREADS];

    for (int i = 0; i < THREADS; i++) {
        ioc[i] = one_end(&other[i]);
        threads[i] = g_thread_new("waits", waits_to_write, ioc[i]);
    }
    for (int i = 0; i < children; i++) {
        pid_t child = fork();
        int status;

        g_assert_cmpint(child, >=, 0);
        if (child == 0) {
            QIOChannel *own;
            int fd;

            /* Ends what would hang. */
            alarm(30);
            own = one_end(&fd);
            qio_channel_wait(own, G_IO_OUT);
            qio_channel_shutdown(own, QIO_CHANNEL_SHUTDOWN_WRITE, NULL);
            object_unref(OBJECT(own));
            _exit(0);
        }
        g_assert_cmpint(waitpid(child, &status, 0), ==, child);
        g_assert_cmpint(status, ==, 0);
    }
    g_atomic_int_set(&stop_waiting, 1);
    for (int i = 0; i < THREADS; i++) {
        g_thread_join(threads[i]);
        object_unref(OBJECT(ioc[i]));
        close(other[i]);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    module_call_init(MODULE_INIT_QOM);
    signal(SIGPIPE, SIG_IGN);

    g_test_add_func("/qio/channel/wait/in", test_in);
    g_test_add_func("/qio/channel/wait/out", test_out);
    g_test_add_func("/qio/channel/wait/end", test_end);
    g_test_add_func("/qio/channel/wait/end-of-read-all", test_end_of_read_all);
    g_test_add_func("/qio/channel/wait/hangup-only", test_hangup_only);
    g_test_add_func("/qio/channel/wait/error-only", test_error_only);
    g_test_add_func("/qio/channel/wait/zero-copy", test_zero_copy);
    g_test_add_func("/qio/channel/wait/poll-fails", test_poll_fails);
    g_test_add_func("/qio/channel/wait/not-open", test_not_open);
    g_test_add_func("/qio/channel/wait/socket", test_socket);
    g_test_add_func("/qio/channel/wait/threads-on-descriptor", test_threads);
    g_test_add_func("/qio/channel/wait/forked-child", test_forked_child);
    return g_test_run();
}
