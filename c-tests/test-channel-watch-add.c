/*
 * io/channel.h: watches added to a context.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "scripted-channel.h"
#include "io/channel-file.h"
#include "watch-seen.h"

/* R-CHAN-55 */
static void test_add_watch(void)
{
    int fds[2], ended = 0;
    QIOChannel *ioc;
    Seen seen = { .stay = true };
    guint id;

    g_assert_cmpint(pipe2(fds, O_CLOEXEC), ==, 0);
    ioc = QIO_CHANNEL(qio_channel_file_new_fd(fds[0]));
    qio_channel_set_name(ioc, "watched");
    seen.ioc = ioc;

    id = qio_channel_add_watch(ioc, G_IO_IN, sees, &seen, ends);
    g_assert_cmpuint(id, >, 0);
    g_assert_cmpstr(g_source_get_name(g_main_context_find_source_by_id(NULL, id)), ==, "watched");
    g_assert_cmpuint(OBJECT(ioc)->ref, ==, 2);
    g_main_context_iteration(NULL, false);
    g_assert_cmpint(seen.calls, ==, 0);
    g_assert_cmpint(write(fds[1], "x", 1), ==, 1);
    g_main_context_iteration(NULL, false);
    g_assert_cmpint(seen.calls, ==, 1);
    g_assert_cmpint(seen.ended, ==, ended);
    g_assert_true(g_source_remove(id));
    g_assert_cmpint(seen.ended, ==, 1);
    g_assert_cmpuint(OBJECT(ioc)->ref, ==, 1);

    /* No notify; the callback ends the watch. */
    seen.stay = false;
    id = qio_channel_add_watch(ioc, G_IO_IN, sees, &seen, NULL);
    g_main_context_iteration(NULL, false);
    g_assert_cmpint(seen.calls, ==, 2);
    g_assert_null(g_main_context_find_source_by_id(NULL, id));
    g_assert_cmpuint(OBJECT(ioc)->ref, ==, 1);
    object_unref(OBJECT(ioc));
    close(fds[1]);
}

static void test_add_watch_full(void)
{
    GMainContext *context = g_main_context_new();
    QIOChannel *ioc = scripted_new(0);
    Seen seen = { .ioc = ioc, .stay = true };
    guint id, global;

    scripted(ioc)->ready = 1;
    id = qio_channel_add_watch_full(ioc, G_IO_OUT, sees, &seen, ends, context);
    g_main_context_iteration(NULL, false);
    g_assert_cmpint(seen.calls, ==, 0);
    g_main_context_iteration(context, false);
    g_assert_cmpint(seen.calls, ==, 1);
    g_assert_cmphex(seen.condition, ==, G_IO_OUT);

    global = qio_channel_add_watch_full(ioc, G_IO_OUT, sees, &seen, NULL, NULL);
    g_assert_nonnull(g_main_context_find_source_by_id(NULL, global));
    g_main_context_iteration(NULL, false);
    g_assert_cmpint(seen.calls, ==, 2);
    g_assert_true(g_source_remove(global));

    g_source_destroy(g_main_context_find_source_by_id(context, id));
    g_assert_cmpint(seen.ended, ==, 1);
    g_assert_cmpuint(OBJECT(ioc)->ref, ==, 1);
    object_unref(OBJECT(ioc));
    g_main_context_unref(context);
}

static void test_add_watch_source(void)
{
    GMainContext *context = g_main_context_new();
    QIOChannel *ioc = scripted_new(0);
    Seen seen = { .ioc = ioc, .stay = false };
    GSource *source;

    scripted(ioc)->ready = 1;
    source = qio_channel_add_watch_source(ioc, G_IO_IN, sees, &seen, ends, context);
    g_assert_true(g_source_get_context(source) == context);
    g_assert_cmpuint(source->ref_count, ==, 2);
    g_main_context_iteration(context, false);
    g_assert_cmpint(seen.calls, ==, 1);
    g_assert_cmpint(seen.ended, ==, 1);

    /* It has ended, and is still there. */
    g_assert_true(g_source_is_destroyed(source));
    g_assert_cmpuint(source->ref_count, ==, 1);
    g_assert_cmpuint(OBJECT(ioc)->ref, ==, 2);
    g_source_unref(source);
    g_assert_cmpuint(OBJECT(ioc)->ref, ==, 1);

    source = qio_channel_add_watch_source(ioc, G_IO_IN, sees, &seen, NULL, NULL);
    g_assert_true(g_source_get_context(source) == g_main_context_default());
    g_source_destroy(source);
    g_source_unref(source);
    object_unref(OBJECT(ioc));
    g_main_context_unref(context);
}

/* Sources that fire and vanish in another thread before their id is returned, W-11. */
static gpointer runs_context(gpointer data)
{
    g_main_loop_run(data);
    return NULL;
}

static gboolean counts(QIOChannel *ioc, GIOCondition condition, gpointer data)
{
    g_atomic_int_inc((int *)data);
    return false;
}

static void test_add_watch_race(void)
{
    GMainContext *context = g_main_context_new();
    GMainLoop *loop = g_main_loop_new(context, false);
    GThread *thread = g_thread_new("loop", runs_context, loop);
    QIOChannel *ioc = scripted_new(0);
    int calls = 0, i;

    scripted(ioc)->ready = 1;
    for (i = 0; i < 2000; i++) {
        GSource *source = qio_channel_add_watch_source(ioc, G_IO_IN, counts, &calls, NULL, context);

        g_assert_nonnull(source);
        g_source_unref(source);
        g_assert_cmpuint(qio_channel_add_watch_full(ioc, G_IO_IN, counts, &calls, NULL, context),
                         >, 0);
    }
    while (g_atomic_int_get(&calls) < 4000) {
        g_thread_yield();
    }
    g_main_loop_quit(loop);
    g_thread_join(thread);
    g_main_loop_unref(loop);
    g_main_context_unref(context);
    g_assert_cmpuint(OBJECT(ioc)->ref, ==, 1);
    object_unref(OBJECT(ioc));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    module_call_init(MODULE_INIT_QOM);
    scripted_register();

    g_test_add_func("/qio/channel-watch/add", test_add_watch);
    g_test_add_func("/qio/channel-watch/add/full", test_add_watch_full);
    g_test_add_func("/qio/channel-watch/add/source", test_add_watch_source);
    g_test_add_func("/qio/channel-watch/add/race", test_add_watch_race);
    return g_test_run();
}
