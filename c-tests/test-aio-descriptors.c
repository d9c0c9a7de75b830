/*
 * What the descriptors of an AioContext may be and become: files, duplicates, numbers that are used
 * again, a forked child's. Each by aio_poll() and by GLib's loop.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "qemu/aio-wait.h"
#include "qapi/error.h"
#include "qemu/coroutine.h"
#include "io/channel-socket.h"
#include "descriptor-limit.h"
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

typedef struct Loop {
    AioContext *ctx;
    GMainContext *main; /* NULL: aio_poll() is called. */
} Loop;

typedef struct Handled {
    Loop *loop;
    int fd, reads, writes;
    bool drains;
} Handled;

static void set_handlers(Loop *loop, int fd, IOHandler *rd, IOHandler *wr, void *opaque)
{
#ifdef QIO_HAS_AIO_IS_EXTERNAL
    aio_set_fd_handler(loop->ctx, fd, false, rd, wr, NULL, NULL, opaque);
#else
    aio_set_fd_handler(loop->ctx, fd, rd, wr, NULL, NULL, opaque);
#endif
}

static void loop_begin(Loop *loop, gconstpointer by_glib)
{
    GSource *source;

    loop->ctx = aio_context_new(&error_abort);
    loop->main = NULL;
    if (by_glib) {
        loop->main = g_main_context_new();
        source = aio_get_g_source(loop->ctx);
        g_source_attach(source, loop->main);
        g_source_unref(source);
    }
}

static void loop_end(Loop *loop)
{
    if (loop->main) {
        g_main_context_unref(loop->main);
    }
    aio_context_unref(loop->ctx);
}

static bool turn(Loop *loop, bool blocking)
{
    return loop->main ? g_main_context_iteration(loop->main, blocking) : aio_poll(loop->ctx, blocking);
}

/* Nothing is left to do. A loop that turns and turns would not get there. */
static void assert_rests(Loop *loop)
{
    int turns = 0;

    while (turn(loop, false)) {
        g_assert_cmpint(turns++, <, 5);
    }
}

static void on_read(void *opaque)
{
    Handled *handled = opaque;
    uint64_t count;

    handled->reads++;
    if (handled->drains) {
        g_assert_cmpint(read(handled->fd, &count, sizeof(count)), >, 0);
    }
}

static void on_write(void *opaque)
{
    Handled *handled = opaque;

    handled->writes++;
}

static int event_new(void)
{
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

    g_assert_cmpint(fd, !=, -1);
    return fd;
}

static void event_raise(int fd)
{
    uint64_t one = 1;

    g_assert_cmpint(write(fd, &one, sizeof(one)), ==, sizeof(one));
}

static void test_regular_file(gconstpointer by_glib)
{
    g_autofree char *name = g_strdup("/tmp/test-aio-XXXXXX");
    Loop loop;
    Handled file = { &loop, .fd = g_mkstemp(name) };
    Handled event = { &loop, .fd = event_new(), .drains = true };

    g_assert_cmpint(file.fd, !=, -1);
    unlink(name);
    loop_begin(&loop, by_glib);
    set_handlers(&loop, event.fd, on_read, NULL, &event);
    set_handlers(&loop, file.fd, on_read, NULL, &file);
    g_assert_true(turn(&loop, true));
    g_assert_true(turn(&loop, true));
    g_assert_cmpint(file.reads, ==, 2);
    set_handlers(&loop, file.fd, on_read, on_write, &file);
    event_raise(event.fd);
    while (event.reads == 0 || file.writes == 0) {
        g_assert_true(turn(&loop, true));
    }
    g_assert_cmpint(file.reads, >, 2);
    set_handlers(&loop, file.fd, NULL, on_write, &file);
    file.reads = 0;
    g_assert_true(turn(&loop, true));
    g_assert_cmpint(file.reads, ==, 0);
    set_handlers(&loop, file.fd, NULL, NULL, NULL);
    assert_rests(&loop);
    g_assert_cmpint(event.reads, ==, 1);
    /* The number of a file, used again for what isn't one. */
    g_assert_cmpint(dup2(event.fd, file.fd), ==, file.fd);
    set_handlers(&loop, file.fd, on_read, NULL, &file);
    assert_rests(&loop);
    g_assert_cmpint(file.reads, ==, 0);
    set_handlers(&loop, file.fd, NULL, NULL, NULL);
    set_handlers(&loop, event.fd, NULL, NULL, NULL);
    close(file.fd);
    close(event.fd);
    loop_end(&loop);
}

/* The same function and data for the next file of that number. */
static void test_number_used_again(gconstpointer by_glib)
{
    Loop loop;
    Handled handled = { &loop, .fd = event_new(), .drains = true };
    int i, number = handled.fd;

    loop_begin(&loop, by_glib);
    for (i = 1; i <= 3; i++) {
        set_handlers(&loop, number, on_read, NULL, &handled);
        event_raise(number);
        while (handled.reads < i) {
            g_assert_true(turn(&loop, true));
        }
        set_handlers(&loop, number, NULL, NULL, NULL);
        close(number);
        g_assert_cmpint(event_new(), ==, number);
    }
    /* Without a word to the loop. */
    set_handlers(&loop, number, on_read, NULL, &handled);
    close(number);
    g_assert_cmpint(event_new(), ==, number);
    set_handlers(&loop, number, on_read, NULL, &handled);
    event_raise(number);
    while (handled.reads < i) {
        g_assert_true(turn(&loop, true));
    }
    set_handlers(&loop, number, NULL, NULL, NULL);
    close(number);
    loop_end(&loop);
}

static void reopens(void *opaque)
{
    Handled *handled = opaque;
    int next;

    handled->reads++;
    set_handlers(handled->loop, handled->fd, NULL, NULL, NULL);
    close(handled->fd);
    next = event_new();
    g_assert_cmpint(next, ==, handled->fd);
    set_handlers(handled->loop, next, handled->reads < 4 ? reopens : on_read, NULL, handled);
    event_raise(next);
}

static void test_number_used_again_inside(gconstpointer by_glib)
{
    Loop loop;
    Handled handled = { &loop, .fd = event_new() };

    loop_begin(&loop, by_glib);
    set_handlers(&loop, handled.fd, reopens, NULL, &handled);
    event_raise(handled.fd);
    while (handled.reads < 5) {
        g_assert_true(turn(&loop, true));
    }
    set_handlers(&loop, handled.fd, NULL, NULL, NULL);
    close(handled.fd);
    loop_end(&loop);
}

/* The file lives on under another number, where the kernel still knows of the first. */
static void test_duplicate(gconstpointer by_glib)
{
    Loop loop;
    Handled handled = { &loop, .fd = event_new() };
    Handled other = { &loop, .fd = event_new(), .drains = true };
    int duplicate = dup(handled.fd), again;

    loop_begin(&loop, by_glib);
    set_handlers(&loop, handled.fd, on_read, NULL, &handled);
    set_handlers(&loop, other.fd, on_read, NULL, &other);
    set_handlers(&loop, duplicate, NULL, on_write, &handled);
    g_assert_true(turn(&loop, true));
    g_assert_cmpint(handled.reads, ==, 0);
    g_assert_cmpint(handled.writes, ==, 1);
    set_handlers(&loop, duplicate, NULL, NULL, NULL);

    /* Closed before it was removed: that is too late for the kernel. */
    close(handled.fd);
    set_handlers(&loop, handled.fd, NULL, NULL, NULL);
    event_raise(duplicate);
    assert_rests(&loop);
    g_assert_cmpint(handled.reads, ==, 0);
    event_raise(other.fd);
    g_assert_true(turn(&loop, true));
    g_assert_cmpint(other.reads, ==, 1);
    set_handlers(&loop, duplicate, on_read, NULL, &handled);
    g_assert_true(turn(&loop, true));
    g_assert_cmpint(handled.reads, ==, 1);
    set_handlers(&loop, duplicate, NULL, NULL, NULL);

    /* The number is another file's when what it was gets ready. */
    again = dup(other.fd);
    g_assert_cmpint(again, ==, handled.fd);
    set_handlers(&loop, duplicate, on_read, NULL, &handled);
    g_assert_cmpint(dup2(duplicate, again), ==, again);
    set_handlers(&loop, again, on_read, NULL, &handled);
    g_assert_cmpint(dup2(other.fd, again), ==, again);
    set_handlers(&loop, duplicate, NULL, NULL, NULL);
    set_handlers(&loop, again, on_read, NULL, &other);
    assert_rests(&loop);
    g_assert_cmpint(handled.reads, ==, 1);
    set_handlers(&loop, other.fd, NULL, NULL, NULL);
    event_raise(other.fd);
    g_assert_true(turn(&loop, true));
    g_assert_cmpint(other.reads, ==, 2);
    assert_rests(&loop);
    set_handlers(&loop, again, NULL, NULL, NULL);
    close(again);
    close(duplicate);
    close(other.fd);
    loop_end(&loop);
}

static void child_of_fork(Loop *loop, Handled *handled, int mine)
{
    Handled own = { loop, .fd = mine };

    /* It has the parent's handlers, and what it does with them is its own business. */
    event_raise(handled->fd);
    g_assert_true(turn(loop, true));
    g_assert_cmpint(handled->reads, ==, 1);
    set_handlers(loop, handled->fd, NULL, NULL, NULL);
    set_handlers(loop, mine, NULL, on_write, &own);
    g_assert_true(turn(loop, true));
    g_assert_cmpint(own.writes, ==, 1);
    set_handlers(loop, mine, NULL, NULL, NULL);
    aio_notify(loop->ctx);
    turn(loop, true);
    assert_rests(loop);
}

static void test_fork(gconstpointer by_glib)
{
    Loop loop;
    Handled handled = { &loop, .fd = event_new(), .drains = true };
    int mine = event_new(), status;
    pid_t child;

    loop_begin(&loop, by_glib);
    set_handlers(&loop, handled.fd, on_read, NULL, &handled);
    assert_rests(&loop);
    child = fork();
    if (child == 0) {
        child_of_fork(&loop, &handled, mine);
        set_handlers(&loop, mine, NULL, NULL, NULL);
        loop_end(&loop);
        _exit(0);
    }
    g_assert_cmpint(waitpid(child, &status, 0), ==, child);
    g_assert_cmpint(status, ==, 0);
    assert_rests(&loop);
    g_assert_cmpint(handled.reads, ==, 0);
    event_raise(handled.fd);
    g_assert_true(turn(&loop, true));
    g_assert_cmpint(handled.reads, ==, 1);
    assert_rests(&loop);
    set_handlers(&loop, handled.fd, NULL, NULL, NULL);
    close(handled.fd);
    close(mine);
    loop_end(&loop);
}

static void polls_inside(void *opaque)
{
    Handled *handled = opaque;

    on_read(opaque);
    turn(handled->loop, false);
}

/* What a nested poll has run is not run by the outer one, which had found it too (R-LOOP-9). */
static void test_nested(gconstpointer by_glib)
{
    Loop loop;
    Handled handled[3];
    int i;

    loop_begin(&loop, by_glib);
    for (i = 0; i < 3; i++) {
        handled[i] = (Handled) { &loop, .fd = event_new(), .drains = true };
        set_handlers(&loop, handled[i].fd, polls_inside, NULL, &handled[i]);
        event_raise(handled[i].fd);
    }
    g_assert_true(turn(&loop, true));
    for (i = 0; i < 3; i++) {
        g_assert_cmpint(handled[i].reads, ==, 1);
        set_handlers(&loop, handled[i].fd, NULL, NULL, NULL);
        close(handled[i].fd);
    }
    assert_rests(&loop);
    loop_end(&loop);
}

/* More than the kernel tells at once. */
static void test_many(gconstpointer by_glib)
{
    enum { COUNT = 700 };
    static Handled handled[COUNT];
    Loop loop;
    int i, turns, done;

    loop_begin(&loop, by_glib);
    for (i = 0; i < COUNT; i++) {
        handled[i] = (Handled) { &loop, .fd = event_new(), .drains = true };
        set_handlers(&loop, handled[i].fd, on_read, NULL, &handled[i]);
        event_raise(handled[i].fd);
    }
    for (turns = 0, done = 0; done < COUNT; turns++) {
        g_assert_cmpint(turns, <, COUNT);
        g_assert_true(turn(&loop, true));
        for (i = done = 0; i < COUNT; i++) {
            done += handled[i].reads;
        }
    }
    assert_rests(&loop);
    for (i = 0; i < COUNT; i++) {
        g_assert_cmpint(handled[i].reads, ==, 1);
        set_handlers(&loop, handled[i].fd, NULL, NULL, NULL);
        close(handled[i].fd);
    }
    loop_end(&loop);
}

static gpointer sets_handler(gpointer data)
{
    Handled *handled = data;

    set_handlers(handled->loop, handled->fd, NULL, on_write, handled);
    return NULL;
}

/* Would hang if a loop that sleeps didn't notice. */
static void test_from_another_thread(gconstpointer by_glib)
{
    int i, fd;

    for (i = 0; i < 100; i++) {
        g_autofree char *name = g_strdup("/tmp/test-aio-XXXXXX");
        bool is_file = i % 2;
        Loop loop;
        Handled handled = { &loop };
        GThread *thread;

        fd = is_file ? g_mkstemp(name) : event_new();
        g_assert_cmpint(fd, !=, -1);
        if (is_file) {
            unlink(name);
        }
        handled.fd = fd;
        loop_begin(&loop, by_glib);
        thread = g_thread_new("sets", sets_handler, &handled);
        while (handled.writes == 0) {
            turn(&loop, true);
        }
        g_thread_join(thread);
        set_handlers(&loop, fd, NULL, NULL, NULL);
        close(fd);
        loop_end(&loop);
    }
}

static void test_negative_number(gconstpointer by_glib)
{
    Loop loop;
    Handled handled = { &loop, .fd = -1 };

    loop_begin(&loop, by_glib);
    set_handlers(&loop, -1, on_read, on_write, &handled);
    assert_rests(&loop);
    set_handlers(&loop, -1, NULL, NULL, NULL);
    g_assert_cmpint(handled.reads + handled.writes, ==, 0);
    loop_end(&loop);
}

/* Handlers take no descriptor of their own. */
static void test_limit(gconstpointer by_glib)
{
    Loop loop;
    Handled handled = { &loop, .fd = event_new(), .drains = true };
    Limit limit;

    loop_begin(&loop, by_glib);
    limit_begin(&limit);
    set_handlers(&loop, handled.fd, on_read, NULL, &handled);
    event_raise(handled.fd);
    g_assert_true(turn(&loop, true));
    set_handlers(&loop, handled.fd, NULL, NULL, NULL);
    limit_end(&limit);
    g_assert_cmpint(handled.reads, ==, 1);
    close(handled.fd);
    loop_end(&loop);
}

/* The main loop's context, made when there was no descriptor, or one. */
static void made_at_the_limit(int free_descriptors)
{
    Loop loop = { NULL, g_main_context_default() };
    Handled handled = { &loop, .fd = event_new(), .drains = true };
    Handled other = { &loop, .fd = event_new() };
    GSource *source;
    Limit limit;

    limit_begin(&limit);
    limit_free(&limit, free_descriptors);
    loop.ctx = iohandler_get_aio_context();
    limit_restore(&limit);
    source = aio_get_g_source(loop.ctx);
    g_source_attach(source, loop.main);
    g_source_unref(source);
    set_handlers(&loop, handled.fd, on_read, NULL, &handled);
    set_handlers(&loop, other.fd, on_read, NULL, &other);
    assert_rests(&loop);
    event_raise(handled.fd);
    while (handled.reads == 0) {
        turn(&loop, true);
    }
    assert_rests(&loop);
    event_raise(handled.fd);
    g_assert_true(aio_poll(loop.ctx, true));
    g_assert_cmpint(handled.reads, ==, 2);
    g_assert_cmpint(other.reads, ==, 0);
    set_handlers(&loop, handled.fd, NULL, on_write, &handled);
    while (handled.writes == 0) {
        turn(&loop, true);
    }
    set_handlers(&loop, handled.fd, NULL, NULL, NULL);
    set_handlers(&loop, other.fd, NULL, NULL, NULL);
    assert_rests(&loop);
}

static void test_made_at_the_limit(gconstpointer free_descriptors)
{
    if (!g_test_subprocess()) {
        g_test_trap_subprocess(NULL, 0, G_TEST_SUBPROCESS_INHERIT_STDERR);
        g_test_trap_assert_passed();
        return;
    }
    made_at_the_limit(GPOINTER_TO_INT(free_descriptors));
}

typedef struct Waits {
    QIOChannel *ioc;
    int rounds;
} Waits;

static void coroutine_fn read_waits(void *opaque)
{
    Waits *waits = opaque;
    char byte;

    while (waits->rounds > 0) {
        while (qio_channel_read(waits->ioc, &byte, 1, &error_abort) == QIO_CHANNEL_ERR_BLOCK) {
            qio_channel_yield(waits->ioc, G_IO_IN);
        }
        waits->rounds--;
    }
}

static QIOChannel *channel_new(int fd)
{
    QIOChannelSocket *sioc = qio_channel_socket_new_fd(fd, &error_abort);

    qio_channel_set_blocking(QIO_CHANNEL(sioc), false, &error_abort);
    return QIO_CHANNEL(sioc);
}

static void channel_waits(Waits *waits, int peer, int rounds)
{
    waits->rounds = rounds;
    qemu_coroutine_enter(qemu_coroutine_create(read_waits, waits));
    while (waits->rounds > 0) {
        g_assert_cmpint(send(peer, "x", 1, 0), ==, 1);
        main_loop_wait(false);
    }
}

/* A coroutine that has gone on leaves nothing behind that the loop would turn for, nor that would be
 * mistaken for the next channel's. */
static void test_channels(void)
{
    Loop loop = { NULL, g_main_context_default() };
    int i, fds[2], keeps = -1;

    qemu_init_main_loop(&error_abort);
    for (i = 0; i < 20; i++) {
        Waits waits;

        g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
        waits.ioc = channel_new(fds[0]);
        channel_waits(&waits, fds[1], 3);
        /* For nobody. */
        g_assert_cmpint(send(fds[1], "x", 1, 0), ==, 1);
        assert_rests(&loop);
        channel_waits(&waits, fds[1], 2);
        if (i % 3 == 1) {
            /* The file lives on. */
            if (keeps != -1) {
                close(keeps);
            }
            keeps = dup(fds[0]);
        }
        object_unref(OBJECT(waits.ioc));
        send(fds[1], "x", 1, MSG_NOSIGNAL);
        assert_rests(&loop);
        close(fds[1]);
    }
    close(keeps);
}

static void add(const char *path, GTestDataFunc func)
{
    g_autofree char *by_poll = g_strdup_printf("/qio/aio/descriptors/%s/poll", path);
    g_autofree char *by_glib = g_strdup_printf("/qio/aio/descriptors/%s/source", path);

    g_test_add_data_func(by_poll, GINT_TO_POINTER(false), func);
    g_test_add_data_func(by_glib, GINT_TO_POINTER(true), func);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    add("regular-file", test_regular_file);
    add("number-used-again", test_number_used_again);
    add("number-used-again/inside", test_number_used_again_inside);
    add("duplicate", test_duplicate);
    add("fork", test_fork);
    add("nested", test_nested);
    add("many", test_many);
    add("from-another-thread", test_from_another_thread);
    add("negative-number", test_negative_number);
    add("limit", test_limit);
    g_test_add_data_func("/qio/aio/descriptors/made-at-the-limit/none", GINT_TO_POINTER(0),
                         test_made_at_the_limit);
    g_test_add_data_func("/qio/aio/descriptors/made-at-the-limit/one", GINT_TO_POINTER(1),
                         test_made_at_the_limit);
    g_test_add_func("/qio/aio/descriptors/channels", test_channels);
    return g_test_run();
}
