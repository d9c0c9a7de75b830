/*
 * Watches of io/channel-websock.h, in the default context and in others.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "websock-frames.h"
#include "watch-seen.h"
#include "watch-waiter.h"

/* What a reader leaves in the channel is seen by who watches the transport in another thread. */
static void test_leftover(void)
{
    Waiter waiter;
    char byte;
    Web web;

    web_open(&web);
    for (int i = 0; i < 20; i++) {
        g_autoptr(GByteArray) frames = g_byte_array_new();
        ssize_t got;

        waiter_start(&waiter, web.ioc, G_IO_IN);
        await_asleep(1);
        append_frame(frames, 0x82, "ab", 2);
        web_send_array(&web, frames);
        /* The waiter may have been first to take it from there. */
        do {
            got = qio_channel_read(web.ioc, &byte, 1, &error_abort);
        } while (got == QIO_CHANNEL_ERR_BLOCK);
        g_assert_cmpint(byte, ==, 'a');
        waiter_end(&waiter);
        g_assert_cmpint(waiter.seen, ==, G_IO_IN);
        web_expect(&web, "b", 1);
    }
    web_end(&web);
}

/* R-WS-43: two contexts watch for input; one look is enough for both. */
static void test_two_contexts(void)
{
    Waiter waiters[3];
    Web web;

    web_open(&web);
    for (int round = 0; round < 10; round++) {
        for (int i = 0; i < 3; i++) {
            waiter_start(&waiters[i], web.ioc, G_IO_IN);
        }
        await_asleep(3);
        web_frame(&web, 0x82, "x", 1);
        for (int i = 0; i < 3; i++) {
            waiter_end(&waiters[i]);
        }
        web_expect(&web, "x", 1);
    }
    web_end(&web);
}

/* A watch in another context is made before the handshake has ended. */
static void test_during_handshake(void)
{
    Waiter in, out;
    Web web;

    web_start(&web);
    waiter_start(&in, web.ioc, G_IO_IN);
    waiter_start(&out, web.ioc, G_IO_OUT);
    await_asleep(2);
    web_send(&web, REQUEST, strlen(REQUEST));
    web_run();
    g_assert_cmpint(in.fired, ==, 0);
    web_await(&web);
    g_string_free(web_receive(&web), true);
    waiter_end(&out);
    g_assert_cmpint(out.seen, ==, G_IO_OUT);
    await_asleep(1);
    web_frame(&web, 0x82, "x", 1);
    waiter_end(&in);
    g_assert_cmpint(in.seen, ==, G_IO_IN);
    web_expect(&web, "x", 1);
    web_end(&web);
}

/* A handshake that fails wakes, too (W9). */
static void test_failed_handshake(void)
{
    Waiter waiter;
    Web web;

    web_start(&web);
    waiter_start(&waiter, web.ioc, G_IO_IN);
    await_asleep(1);
    web_send(&web, "GARBAGE\r\n\r\n", 11);
    web_await(&web);
    waiter_end(&waiter);
    web_expect_failure(&web);
    web_end(&web);
}

/* A close in another thread ends the wait (W9), before and after the handshake. */
static void test_close_wakes(void)
{
    for (int opened = 0; opened < 2; opened++) {
        Waiter waiter;
        Web web;

        if (opened) {
            web_open(&web);
        } else {
            web_start(&web);
        }
        waiter_start(&waiter, web.ioc, G_IO_IN);
        await_asleep(1);
        g_assert_cmpint(qio_channel_close(web.ioc, &error_abort), ==, 0);
        waiter_end(&waiter);
        web_expect_failure(&web);
        web_end(&web);
    }
}

/* Blocking-style helpers need nobody to iterate the default context. */
static void *reads_all(void *opaque)
{
    Web *web = opaque;
    GMainContext *context = g_main_context_new();
    char *text = g_malloc0(6001);

    g_main_context_push_thread_default(context);
    g_assert_cmpint(qio_channel_read_all(web->ioc, text, 6000, &error_abort), ==, 0);
    g_main_context_pop_thread_default(context);
    g_main_context_unref(context);
    return text;
}

/* R-WS-43 */
static void test_read_all(void)
{
    g_autofree uint8_t *payload = patterned(6000);
    pthread_t thread;
    void *text;
    Web web;

    web_open(&web);
    g_assert_cmpint(pthread_create(&thread, NULL, reads_all, &web), ==, 0);
    for (size_t at = 0; at < 6000; at += 500) {
        web_frame(&web, 0x89, "", 0);
        web_frame(&web, 0x82, payload + at, 500);
    }
    pthread_join(thread, &text);
    g_assert_cmpmem(text, 6000, payload, 6000);
    g_free(text);
    web_end(&web);
}

/* R-WS-28: control frames and empty ones are answered, and are no input. */
static void test_control_only(void)
{
    Seen seen = { .stay = true };
    guint tag;
    Web web;

    web_open(&web);
    seen.ioc = web.ioc;
    tag = qio_channel_add_watch(web.ioc, G_IO_IN, sees, &seen, ends);
    web_frame(&web, 0x89, "hello", 5);
    web_frame(&web, 0x82, "", 0);
    web_frame(&web, 0x8a, "", 0);
    web_run();
    web_expect_sent(&web, "\x8a\x05hello", 7);
    g_assert_cmpint(seen.calls, ==, 0);
    web_expect_nothing(&web);
    web_frame(&web, 0x82, "x", 1);
    g_main_context_iteration(NULL, false);
    g_main_context_iteration(NULL, false);
    g_assert_cmpint(seen.calls, >, 0);
    g_assert_cmpint(seen.condition, ==, G_IO_IN);
    g_source_remove(tag);
    g_assert_cmpint(seen.ended, ==, 1);
    web_end(&web);
}

/* A ping that the reader has left in the channel is answered by the next watch. */
static void test_ping_left(void)
{
    g_autoptr(GByteArray) frames = g_byte_array_new();
    Seen seen = { .stay = true };
    guint tag;
    Web web;

    web_open(&web);
    append_frame(frames, 0x82, "data", 4);
    append_frame(frames, 0x89, "hello", 5);
    web_send_array(&web, frames);
    seen.ioc = web.ioc;
    {
        char text[4];

        g_assert_cmpint(qio_channel_read(web.ioc, text, 4, &error_abort), ==, 4);
    }
    tag = qio_channel_add_watch(web.ioc, G_IO_IN, sees, &seen, ends);
    web_run();
    g_assert_cmpint(seen.calls, ==, 0);
    web_expect_sent(&web, "\x8a\x05hello", 7);
    g_source_remove(tag);
    web_end(&web);
}

/* Input that is there when the peer hangs up is reported with that. */
static void test_input_and_end(void)
{
    Seen seen = { .stay = true };
    guint tag;
    Web web;

    web_open(&web);
    seen.ioc = web.ioc;
    tag = qio_channel_add_watch(web.ioc, G_IO_IN | G_IO_HUP | G_IO_ERR, sees, &seen, ends);
    web_run();
    g_assert_cmpint(seen.calls, ==, 0);
    web_frame(&web, 0x82, "x", 1);
    close(web.client);
    web.client = -1;
    while (!seen.calls) {
        g_main_context_iteration(NULL, true);
    }
    g_assert_cmpint(seen.condition & G_IO_IN, ==, G_IO_IN);
    web_expect(&web, "x", 1);
    {
        char byte;

        g_assert_cmpint(qio_channel_read(web.ioc, &byte, 1, &error_abort), ==, 0);
    }
    g_main_context_iteration(NULL, false);
    g_assert_cmpint(seen.condition, ==, G_IO_IN | G_IO_HUP);
    g_source_remove(tag);
    web_end(&web);
}

/* R-WS-31: who doesn't read isn't run in circles for a connection that has ended. */
static void test_no_spinning(void)
{
    static const GIOCondition conditions[] = { G_IO_PRI, G_IO_ERR };

    for (size_t i = 0; i < G_N_ELEMENTS(conditions); i++) {
        Seen seen = { .stay = true };
        guint tag;
        int turns;
        char byte;
        Web web;

        web_open(&web);
        seen.ioc = web.ioc;
        tag = qio_channel_add_watch(web.ioc, conditions[i], sees, &seen, ends);
        shutdown(web.client, SHUT_WR);
        g_assert_cmpint(qio_channel_read(web.ioc, &byte, 1, &error_abort), ==, 0);
        for (turns = 0; turns < 10 && g_main_context_iteration(NULL, false); turns++) {
        }
        g_assert_cmpint(turns, <, 10);
        g_assert_cmpint(seen.calls, ==, 0);
        g_source_remove(tag);
        web_end(&web);
    }
}

static gboolean stays(QIOChannel *ioc, GIOCondition condition, gpointer data)
{
    return G_SOURCE_CONTINUE;
}

/* A context may end before its watch, or a watch without a context. */
static void test_context_ends_first(void)
{
    GMainContext *context = g_main_context_new();
    GSource *source, *never;
    Web web;

    web_open(&web);
    source = qio_channel_create_watch(web.ioc, G_IO_IN);
    g_source_set_callback(source, (GSourceFunc)(void (*)(void))stays, NULL, NULL);
    g_source_attach(source, context);
    g_main_context_iteration(context, false);
    never = qio_channel_create_watch(web.ioc, G_IO_IN | G_IO_OUT);
    g_main_context_unref(context);
    g_assert_true(g_source_is_destroyed(source));
    web_frame(&web, 0x82, "xy", 2);
    {
        char byte;

        g_assert_cmpint(qio_channel_read(web.ioc, &byte, 1, &error_abort), ==, 1);
    }
    g_source_unref(source);
    g_source_unref(never);
    web_end(&web);
}

/* Watches come and go in threads while others wake them. */
static void *waits_often(void *opaque)
{
    Web *web = opaque;

    for (int i = 0; i < 300; i++) {
        qio_channel_wait(web->ioc, G_IO_OUT);
        if (i % 3 == 0) {
            qio_channel_wait(web->ioc, G_IO_IN);
        }
    }
    return NULL;
}

static void test_stress(void)
{
    pthread_t threads[3];
    size_t have = 0;
    Web web;

    web_open(&web);
    for (int i = 0; i < 3; i++) {
        g_assert_cmpint(pthread_create(&threads[i], NULL, waits_often, &web), ==, 0);
    }
    for (int i = 0; i < 300; i++) {
        web_frame(&web, 0x82, "abc", 3);
        for (int n = 0; n < 2; n++) {
            char byte;

            have += MAX(qio_channel_read(web.ioc, &byte, 1, &error_abort), 0);
        }
    }
    for (int i = 0; i < 3; i++) {
        pthread_join(threads[i], NULL);
    }
    g_assert_cmpint(have, >, 0);
    web_end(&web);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    module_call_init(MODULE_INIT_QOM);
    g_test_add_func("/qio/channel-websock/watch/leftover", test_leftover);
    g_test_add_func("/qio/channel-websock/watch/two-contexts", test_two_contexts);
    g_test_add_func("/qio/channel-websock/watch/during-handshake", test_during_handshake);
    g_test_add_func("/qio/channel-websock/watch/failed-handshake", test_failed_handshake);
    g_test_add_func("/qio/channel-websock/watch/close-wakes", test_close_wakes);
    g_test_add_func("/qio/channel-websock/watch/read-all", test_read_all);
    g_test_add_func("/qio/channel-websock/watch/control-only", test_control_only);
    g_test_add_func("/qio/channel-websock/watch/ping-left", test_ping_left);
    g_test_add_func("/qio/channel-websock/watch/input-and-end", test_input_and_end);
    g_test_add_func("/qio/channel-websock/watch/no-spinning", test_no_spinning);
    g_test_add_func("/qio/channel-websock/watch/context-ends-first", test_context_ends_first);
    g_test_add_func("/qio/channel-websock/watch/stress", test_stress);
    return g_test_run();
}
