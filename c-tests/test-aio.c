/*
 * block/aio.h: handlers and bottom halves, by aio_poll and by GLib's loop.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "qemu/aio-wait.h"
#ifdef QIO_HAS_MEM_REENTRANCY_HEADER
#include "qemu/mem-reentrancy.h"
#endif
#include "qapi/error.h"
#include <poll.h>
#include <sys/socket.h>

typedef struct Ends {
    AioContext *ctx;
    int fd[2];
    int reads, writes;
    bool removes;
} Ends;

static void set_handlers(AioContext *ctx, int fd, IOHandler *rd, IOHandler *wr, void *opaque)
{
#ifdef QIO_HAS_AIO_IS_EXTERNAL
    aio_set_fd_handler(ctx, fd, false, rd, wr, NULL, NULL, opaque);
#else
    aio_set_fd_handler(ctx, fd, rd, wr, NULL, NULL, opaque);
#endif
}

static void ends_open(Ends *ends)
{
    memset(ends, 0, sizeof(*ends));
    ends->ctx = aio_context_new(&error_abort);
    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends->fd), ==, 0);
}

static void ends_close(Ends *ends)
{
    set_handlers(ends->ctx, ends->fd[0], NULL, NULL, NULL);
    close(ends->fd[0]);
    close(ends->fd[1]);
    aio_context_unref(ends->ctx);
}

static void counts_read(void *opaque)
{
    Ends *ends = opaque;

    ends->reads++;
    if (ends->removes) {
        set_handlers(ends->ctx, ends->fd[0], NULL, NULL, NULL);
    }
}

static void counts_write(void *opaque)
{
    Ends *ends = opaque;

    g_assert_true(ends->reads > 0 || !ends->removes);
    ends->writes++;
}

static void test_handlers(void)
{
    Ends ends;

    ends_open(&ends);
    g_assert_false(aio_poll(ends.ctx, false));
    set_handlers(ends.ctx, ends.fd[0], counts_read, NULL, &ends);
    g_assert_false(aio_poll(ends.ctx, false));
    g_assert_cmpint(write(ends.fd[1], "x", 1), ==, 1);
    /* As long as it is ready. */
    g_assert_true(aio_poll(ends.ctx, true));
    g_assert_true(aio_poll(ends.ctx, true));
    g_assert_cmpint(ends.reads, ==, 2);
    /* In place of the other. */
    set_handlers(ends.ctx, ends.fd[0], NULL, counts_write, &ends);
    g_assert_true(aio_poll(ends.ctx, true));
    g_assert_cmpint(ends.reads, ==, 2);
    g_assert_cmpint(ends.writes, ==, 1);
    set_handlers(ends.ctx, ends.fd[0], counts_read, counts_write, &ends);
    g_assert_true(aio_poll(ends.ctx, true));
    g_assert_cmpint(ends.reads, ==, 3);
    g_assert_cmpint(ends.writes, ==, 2);
    set_handlers(ends.ctx, ends.fd[0], NULL, NULL, NULL);
    set_handlers(ends.ctx, ends.fd[0], NULL, NULL, NULL);
    g_assert_false(aio_poll(ends.ctx, false));
    ends_close(&ends);
}

static void test_removed_by_the_first(void)
{
    Ends ends;

    ends_open(&ends);
    ends.removes = true;
    g_assert_cmpint(write(ends.fd[1], "x", 1), ==, 1);
    set_handlers(ends.ctx, ends.fd[0], counts_read, counts_write, &ends);
    g_assert_true(aio_poll(ends.ctx, true));
    g_assert_false(aio_poll(ends.ctx, false));
    g_assert_cmpint(ends.reads, ==, 1);
    g_assert_cmpint(ends.writes, ==, 0);
    ends_close(&ends);
}

static void test_hang_up(void)
{
    Ends ends;

    ends_open(&ends);
    set_handlers(ends.ctx, ends.fd[0], counts_read, NULL, &ends);
    shutdown(ends.fd[1], SHUT_RDWR);
    g_assert_true(aio_poll(ends.ctx, true));
    g_assert_cmpint(ends.reads, ==, 1);
    ends_close(&ends);
}

/* A UNIX socket that is hung up, and never writable again: its peer reads nothing any more. */
static void ends_open_full_and_hung_up(Ends *ends, int who)
{
    char bytes[4096] = "";
    struct pollfd polled;

    ends_open(ends);
    while (write(ends->fd[0], bytes, sizeof(bytes)) > 0) {
        continue;
    }
    g_assert_cmpint(shutdown(ends->fd[who], SHUT_RDWR), ==, 0);
    polled = (struct pollfd) { ends->fd[0], POLLIN | POLLOUT, 0 };
    g_assert_cmpint(poll(&polled, 1, 0), ==, 1);
    g_assert_cmpint(polled.revents & (POLLHUP | POLLOUT), ==, POLLHUP);
}

/* A hang-up is the business of either handler, whoever hung up: a poll that finds nothing else would
 * find it again and again. */
static void test_hang_up_of_the_full(void)
{
    for (int who = 0; who < 2; who++) {
        Ends ends;

        ends_open_full_and_hung_up(&ends, who);
        set_handlers(ends.ctx, ends.fd[0], NULL, counts_write, &ends);
        g_assert_true(aio_poll(ends.ctx, true));
        g_assert_cmpint(ends.writes, ==, 1);
        set_handlers(ends.ctx, ends.fd[0], counts_read, NULL, &ends);
        g_assert_true(aio_poll(ends.ctx, true));
        g_assert_cmpint(ends.reads, ==, 1);
        set_handlers(ends.ctx, ends.fd[0], counts_read, counts_write, &ends);
        g_assert_true(aio_poll(ends.ctx, true));
        g_assert_cmpint(ends.reads, ==, 2);
        g_assert_cmpint(ends.writes, ==, 2);
        ends_close(&ends);
    }
}

/* The same by GLib's loop: each turn that finds something runs something. */
static void test_hang_up_by_the_source(void)
{
    GMainContext *context = g_main_context_new();
    Ends ends;
    GSource *source;

    ends_open_full_and_hung_up(&ends, 1);
    source = aio_get_g_source(ends.ctx);
    g_source_attach(source, context);
    set_handlers(ends.ctx, ends.fd[0], NULL, counts_write, &ends);
    for (int i = 0; ends.writes < 3; i++) {
        g_assert_cmpint(i, <=, ends.writes + 1);
        g_main_context_iteration(context, true);
    }
    g_source_destroy(source);
    g_source_unref(source);
    ends_close(&ends);
    g_main_context_unref(context);
}

/* A number that isn't open calls for the handlers as well: what they try fails. */
static void test_not_open(void)
{
    Ends ends;

    ends_open(&ends);
    close(ends.fd[0]);
    set_handlers(ends.ctx, ends.fd[0], NULL, counts_write, &ends);
    g_assert_true(aio_poll(ends.ctx, true));
    set_handlers(ends.ctx, ends.fd[0], counts_read, NULL, &ends);
    g_assert_true(aio_poll(ends.ctx, true));
    g_assert_cmpint(ends.reads, ==, 1);
    g_assert_cmpint(ends.writes, ==, 1);
    set_handlers(ends.ctx, ends.fd[0], NULL, NULL, NULL);
    close(ends.fd[1]);
    aio_context_unref(ends.ctx);
}

static gpointer sets_handler(gpointer data)
{
    Ends *ends = data;

    set_handlers(ends->ctx, ends->fd[0], NULL, counts_write, ends);
    return NULL;
}

/* Would hang if a poll that is under way didn't notice. */
static void test_from_another_thread(void)
{
    for (int i = 0; i < 200; i++) {
        Ends ends;
        GThread *thread;

        ends_open(&ends);
        thread = g_thread_new("sets", sets_handler, &ends);
        g_assert_true(aio_poll(ends.ctx, true));
        g_thread_join(thread);
        g_assert_cmpint(ends.writes, ==, 1);
        ends_close(&ends);
    }
}

static gpointer notifies(gpointer data)
{
    aio_notify(data);
    return NULL;
}

/* R-LOOP-10 */
static void test_notify(void)
{
    AioContext *ctx = aio_context_new(&error_abort);

    for (int i = 0; i < 200; i++) {
        GThread *thread = g_thread_new("notifies", notifies, ctx);

        g_assert_false(aio_poll(ctx, true));
        g_thread_join(thread);
        aio_poll(ctx, false);
    }
    aio_context_unref(ctx);
}

/* R-LOOP-10 */
static void test_reference(void)
{
    AioContext *ctx = aio_context_new(&error_abort);

    aio_context_ref(ctx);
    aio_context_unref(ctx);
    /* It still works. */
    aio_notify(ctx);
    g_assert_false(aio_poll(ctx, true));
    aio_context_unref(ctx);
}

typedef struct Half {
    AioContext *ctx;
    QEMUBH *bh;
    int calls, again;
    bool deletes;
} Half;

static void runs(void *opaque)
{
    Half *half = opaque;

    half->calls++;
    if (half->again > 0) {
        half->again--;
        qemu_bh_schedule(half->bh);
    }
    if (half->deletes) {
        qemu_bh_delete(half->bh);
    }
}

static void test_bottom_half(void)
{
    Half half = { .ctx = aio_context_new(&error_abort) };

    half.bh = aio_bh_new(half.ctx, runs, &half);
    g_assert_false(aio_poll(half.ctx, false));
    qemu_bh_schedule(half.bh);
    qemu_bh_schedule(half.bh);
    g_assert_cmpint(half.calls, ==, 0);
    g_assert_true(aio_poll(half.ctx, true));
    g_assert_false(aio_poll(half.ctx, false));
    g_assert_cmpint(half.calls, ==, 1);

    qemu_bh_schedule(half.bh);
    qemu_bh_cancel(half.bh);
    g_assert_false(aio_poll(half.ctx, false));
    qemu_bh_schedule(half.bh);
    qemu_bh_cancel(half.bh);
    qemu_bh_schedule(half.bh);
    while (aio_poll(half.ctx, false)) {
    }
    g_assert_cmpint(half.calls, ==, 2);

    half.again = 3;
    qemu_bh_schedule(half.bh);
    while (aio_poll(half.ctx, false)) {
    }
    g_assert_cmpint(half.calls, ==, 6);

    half.deletes = true;
    qemu_bh_schedule(half.bh);
    g_assert_true(aio_poll(half.ctx, true));
    g_assert_cmpint(half.calls, ==, 7);

    half.bh = aio_bh_new(half.ctx, runs, &half);
    qemu_bh_schedule(half.bh);
    qemu_bh_delete(half.bh);
    g_assert_false(aio_poll(half.ctx, false));
    g_assert_cmpint(half.calls, ==, 7);

    half.deletes = false;
    aio_bh_schedule_oneshot(half.ctx, runs, &half);
    aio_bh_schedule_oneshot(half.ctx, runs, &half);
    while (aio_poll(half.ctx, false)) {
    }
    g_assert_cmpint(half.calls, ==, 9);
    aio_context_unref(half.ctx);
}

#ifdef QIO_HAS_MEM_REENTRANCY_HEADER
/* It is the program's: nothing waits for it, and nothing changes it. */
static void test_guard(void)
{
    Half half = { .ctx = aio_context_new(&error_abort) };
    MemReentrancyGuard guards[] = { { .engaged_in_io = false }, { .engaged_in_io = true } };
    int i;

    for (i = 0; i < 2; i++) {
        half.bh = aio_bh_new_full(half.ctx, runs, &half, "runs", &guards[i]);
        qemu_bh_schedule(half.bh);
        g_assert_true(aio_poll(half.ctx, true));
        g_assert_cmpint(half.calls, ==, i + 1);
        g_assert_true(guards[i].engaged_in_io == (i == 1));
        qemu_bh_delete(half.bh);
        aio_poll(half.ctx, false);
    }
    aio_context_unref(half.ctx);
}
#endif

static void polls_until_two(void *opaque)
{
    Half *half = opaque;

    half->calls++;
    while (half->calls < 2) {
        aio_poll(half->ctx, true);
    }
}

/* What is behind it in the queue runs in a poll that a bottom half nests. */
static void test_nested(void)
{
    Half half = { .ctx = aio_context_new(&error_abort) };

    aio_bh_schedule_oneshot(half.ctx, polls_until_two, &half);
    aio_bh_schedule_oneshot(half.ctx, runs, &half);
    g_assert_true(aio_poll(half.ctx, true));
    g_assert_cmpint(half.calls, ==, 2);
    aio_context_unref(half.ctx);
}

static gpointer schedules(gpointer data)
{
    Half *half = data;

    aio_bh_schedule_oneshot(half->ctx, runs, half);
    return NULL;
}

/* R-LOOP-10: one source, with which GLib runs it. */
static void test_source(void)
{
    GMainContext *context = g_main_context_new();
    Ends ends;
    Half half = { 0 };
    GSource *source, *same;

    ends_open(&ends);
    half.ctx = ends.ctx;
    set_handlers(ends.ctx, ends.fd[0], counts_read, NULL, &ends);
    source = aio_get_g_source(ends.ctx);
    same = aio_get_g_source(ends.ctx);
    g_assert_true(source == same);
    g_source_unref(same);
    g_source_attach(source, context);
    g_assert_false(g_main_context_iteration(context, FALSE));

    for (int i = 0; i < 200; i++) {
        GThread *thread = g_thread_new("schedules", schedules, &half);

        while (half.calls <= i) {
            g_main_context_iteration(context, TRUE);
        }
        g_thread_join(thread);
    }
    g_assert_cmpint(ends.reads, ==, 0);
    ends.removes = true;
    g_assert_cmpint(write(ends.fd[1], "x", 1), ==, 1);
    while (ends.reads == 0) {
        g_main_context_iteration(context, TRUE);
    }
    while (g_main_context_iteration(context, FALSE)) {
    }
    g_assert_cmpint(ends.reads, ==, 1);

    g_source_destroy(source);
    g_source_unref(source);
    g_main_context_unref(context);
    /* Without the source it still polls. */
    set_handlers(ends.ctx, ends.fd[0], NULL, counts_write, &ends);
    g_assert_true(aio_poll(ends.ctx, true));
    ends_close(&ends);
}

static gpointer sets_current(gpointer data)
{
    g_assert_null(qemu_get_current_aio_context());
    g_assert_false(in_aio_context_home_thread(data));
    qemu_set_current_aio_context(data);
    g_assert_true(qemu_get_current_aio_context() == data);
    g_assert_true(in_aio_context_home_thread(data));
    g_assert_false(qemu_in_main_thread());
    return NULL;
}

static void main_current(void *opaque)
{
    g_assert_true(qemu_get_current_aio_context() == qemu_get_aio_context());
    ++*(int *)opaque;
}

static void test_main(void)
{
    AioContext *ctx = aio_context_new(&error_abort);
    AioContext *iohandler = iohandler_get_aio_context();
    GSource *source;
    int calls = 0, fd[2];
    QEMUBH *bh;

    g_assert_null(qemu_get_aio_context());
    g_assert_null(qemu_get_current_aio_context());
    g_assert_cmpint(qemu_init_main_loop(&error_abort), ==, 0);
    g_assert_nonnull(qemu_get_aio_context());
    g_assert_true(qemu_get_current_aio_context() == qemu_get_aio_context());
    g_assert_true(iohandler_get_aio_context() == iohandler);
    g_assert_true(iohandler != qemu_get_aio_context());
    source = iohandler_get_g_source();
    g_assert_true(g_source_get_context(source) == g_main_context_default());
    g_source_unref(source);
    g_thread_join(g_thread_new("current", sets_current, ctx));

    bh = qemu_bh_new(main_current, &calls);
    qemu_bh_schedule(bh);
    while (calls == 0) {
        main_loop_wait(false);
    }
    qemu_bh_delete(bh);

    g_assert_cmpint(pipe(fd), ==, 0);
    qemu_set_fd_handler(fd[1], NULL, main_current, &calls);
    /* Not by those who poll the main context only. */
    g_assert_false(aio_poll(qemu_get_aio_context(), false));
    while (calls == 1) {
        main_loop_wait(false);
    }
    qemu_set_fd_handler(fd[1], NULL, NULL, NULL);
    calls = 0;
    main_loop_wait(true);
    g_assert_cmpint(calls, ==, 0);
    close(fd[0]);
    close(fd[1]);
    aio_context_unref(ctx);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/qio/aio/main", test_main);
    g_test_add_func("/qio/aio/handlers", test_handlers);
    g_test_add_func("/qio/aio/removed-by-the-first", test_removed_by_the_first);
    g_test_add_func("/qio/aio/hang-up", test_hang_up);
    g_test_add_func("/qio/aio/hang-up/full", test_hang_up_of_the_full);
    g_test_add_func("/qio/aio/hang-up/source", test_hang_up_by_the_source);
    g_test_add_func("/qio/aio/not-open", test_not_open);
    g_test_add_func("/qio/aio/from-another-thread", test_from_another_thread);
    g_test_add_func("/qio/aio/notify", test_notify);
    g_test_add_func("/qio/aio/reference", test_reference);
    g_test_add_func("/qio/aio/bottom-half", test_bottom_half);
#ifdef QIO_HAS_MEM_REENTRANCY_HEADER
    g_test_add_func("/qio/aio/guard", test_guard);
#endif
    g_test_add_func("/qio/aio/nested", test_nested);
    g_test_add_func("/qio/aio/source", test_source);
    return g_test_run();
}
