/*
 * io/channel-websock.h: making channels, ending handshakes, and what goes on to the master.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "websock-frames.h"
#include "scripted-channel.h"
#include "watch-seen.h"

/* R-82-6, R-91-6: the follow flag is the master's. */
static void test_new(void)
{
    Pair pair = unix_pair();
    QIOChannel *master = QIO_CHANNEL(pair.server);
    QIOChannelWebsock *ioc;

#ifdef QIO_HAS_TWO_AIO_CONTEXTS
    master->follow_coroutine_ctx = true;
#endif
    ioc = qio_channel_websock_new_server(master);
    g_assert_cmpint(OBJECT(ioc)->ref, ==, 1);
    g_assert_cmpint(OBJECT(master)->ref, ==, 2);
    g_assert_true(ioc->master == master);
    g_assert_true(object_dynamic_cast(OBJECT(ioc), TYPE_QIO_CHANNEL_WEBSOCK) == OBJECT(ioc));
    g_assert_cmpint(QIO_CHANNEL(ioc)->features, ==, FEATURE(SHUTDOWN));
#ifdef QIO_HAS_TWO_AIO_CONTEXTS
    g_assert_true(QIO_CHANNEL(ioc)->follow_coroutine_ctx);
#endif
    object_unref(OBJECT(ioc));
    g_assert_cmpint(OBJECT(master)->ref, ==, 1);
    pair_end(&pair);
}

/* A type of the program's own, with fields behind the public struct. */
typedef struct Derived {
    QIOChannelWebsock parent;
    uint64_t mine[4];
} Derived;

static void test_derived(void)
{
    static const TypeInfo info = {
        .name = "test-derived-websock",
        .parent = TYPE_QIO_CHANNEL_WEBSOCK,
        .instance_size = sizeof(Derived),
    };
    Derived *derived;
    Error *err = NULL;
    char byte;

    type_register_static(&info);
    derived = (Derived *)object_new("test-derived-websock");
    for (int i = 0; i < 4; i++) {
        g_assert_cmpint(derived->mine[i], ==, 0);
        derived->mine[i] = UINT64_MAX;
    }
    /* Without a master nothing works, and nothing breaks. */
    g_assert_cmpint(qio_channel_read(QIO_CHANNEL(derived), &byte, 1, &err), ==, -1);
    assert_error(err);
    g_assert_cmpint(qio_channel_close(QIO_CHANNEL(derived), &err), ==, -1);
    assert_error(err);
    object_unref(OBJECT(derived));
}

static void test_before_handshake(void)
{
    Pair pair = unix_pair();
    QIOChannel *ioc = QIO_CHANNEL(qio_channel_websock_new_server(QIO_CHANNEL(pair.server)));
    Seen seen = { .ioc = ioc, .stay = true };
    Error *err = NULL;
    char byte;
    guint tag;

    g_assert_cmpint(qio_channel_read(ioc, &byte, 1, &err), ==, -1);
    assert_error(err);
    g_assert_cmpint(qio_channel_write(ioc, "x", 1, &err), ==, -1);
    assert_error(err);
    /* R-WS-44. */
    tag = qio_channel_add_watch(ioc, G_IO_IN | G_IO_HUP | G_IO_ERR, sees, &seen, ends);
    g_assert_cmpint(qio_channel_write(QIO_CHANNEL(pair.client), "x", 1, &error_abort), ==, 1);
    web_run();
    g_assert_cmpint(seen.calls, ==, 0);
    g_source_remove(tag);
    object_unref(OBJECT(ioc));
    pair_end(&pair);
}

static void test_forwards(void)
{
    QIOChannel *master = scripted_new(7, 0, 0, -1, 0, -1, 0, -1);
    QIOChannel *ioc = QIO_CHANNEL(qio_channel_websock_new_server(master));
    Error *err = NULL;

    g_assert_cmpint(ioc->features, ==, 0);
    qio_channel_set_feature(ioc, QIO_CHANNEL_FEATURE_SHUTDOWN);
    qio_channel_set_cork(ioc, true);
    qio_channel_set_delay(ioc, false);
    g_assert_true(strstr(scripted(master)->log->str, "set_cork") != NULL);
    g_assert_true(strstr(scripted(master)->log->str, "set_delay") != NULL);
    g_string_truncate(scripted(master)->log, 0);
    g_assert_cmpint(qio_channel_shutdown(ioc, QIO_CHANNEL_SHUTDOWN_WRITE, &error_abort), ==, 0);
#ifdef QIO_HAS_BOOL_SET_BLOCKING
    g_assert_true(qio_channel_set_blocking(ioc, true, &error_abort));
    g_assert_false(qio_channel_set_blocking(ioc, false, &err));
#else
    g_assert_cmpint(qio_channel_set_blocking(ioc, true, &error_abort), ==, 0);
    g_assert_cmpint(qio_channel_set_blocking(ioc, false, &err), ==, -1);
#endif
    assert_error(err);
    g_assert_cmpint(qio_channel_shutdown(ioc, QIO_CHANNEL_SHUTDOWN_READ, &error_abort), ==, 0);
    g_assert_cmpint(qio_channel_shutdown(ioc, QIO_CHANNEL_SHUTDOWN_BOTH, &err), ==, -1);
    assert_error(err);
    /* R-WS-47: the master's result; R-WS-48: again. */
    g_assert_cmpint(qio_channel_close(ioc, &error_abort), ==, 0);
    g_assert_cmpint(qio_channel_close(ioc, &err), ==, -1);
    assert_error(err);
    assert_calls(master, "shutdown(, flags 2) set_blocking(, flags 1) set_blocking() "
                 "shutdown(, flags 1) shutdown(, flags 3) close() close() ");
    object_unref(OBJECT(ioc));
    object_unref(OBJECT(master));
}

#ifdef QIO_HAS_WEBSOCK_HS_IO_TAG
#define assert_tag(web, set) \
    g_assert_true(!QIO_CHANNEL_WEBSOCK((web)->ioc)->hs_io_tag == !(set))
#else
#define assert_tag(web, set) ((void)0)
#endif

static void test_close_during_handshake(void)
{
    /* While the request is waited for, in its middle, and before the response has gone out. */
    for (size_t size = 0; size <= strlen(REQUEST); size += strlen(REQUEST) / 2) {
        Web web;

        web_start(&web);
        assert_tag(&web, true);
        g_assert_cmpint(OBJECT(web.ioc)->ref, ==, 3);
        web_send(&web, REQUEST, size);
        g_main_context_iteration(NULL, false);
        g_assert_cmpint(qio_channel_close(web.ioc, &error_abort), ==, 0);
        assert_tag(&web, false);
        g_assert_cmpint(web.destroyed, ==, 1);
        g_assert_cmpint(OBJECT(web.ioc)->ref, ==, 1);
        web_run();
        g_assert_cmpint(web.called, ==, 0);
        g_assert_cmpint(qio_channel_close(web.ioc, &error_abort), ==, 0);
        web_end(&web);
        g_assert_cmpint(web.destroyed, ==, 1);
    }
}

/* The task keeps the channel until the peer has left or was answered; then all is released. */
static void test_unref_during_handshake(void)
{
    for (int way = 0; way < 3; way++) {
        Web web;

        web_start(&web);
        object_unref(OBJECT(web.ioc));
        web.ioc = NULL;
        web_run();
        g_assert_cmpint(web.called, ==, 0);
        g_assert_cmpint(OBJECT(web.master)->ref, >, 1);
        if (way == 0) {
            web_send(&web, REQUEST, strlen(REQUEST));
        } else if (way == 1) {
            shutdown(web.client, SHUT_WR);
        } else {
            qio_channel_shutdown(QIO_CHANNEL(web.master), QIO_CHANNEL_SHUTDOWN_BOTH, &error_abort);
        }
        web_await(&web);
        g_assert_true(!web.error == (way == 0));
        web_end(&web);
        g_assert_cmpint(web.destroyed, ==, 1);
    }
}

/* What the callback does to the channel. */
typedef struct Ending {
    Web web;
    bool closes, watches;
    guint tag;
} Ending;

static void ends_channel(QIOTask *task, gpointer opaque)
{
    Ending *ending = opaque;

    ending->web.called++;
    assert_tag(&ending->web, false);
    g_assert_true(qio_task_get_source(task) == OBJECT(ending->web.ioc));
    if (ending->closes) {
        g_assert_cmpint(qio_channel_close(ending->web.ioc, &error_abort), ==, 0);
    }
    object_unref(OBJECT(ending->web.ioc));
    ending->web.ioc = NULL;
}

/* R-TLS-20, R-WS-7: the callback may close the channel, and drop it; R-WS-50: no lock is held then. */
static void test_end_in_callback(void)
{
    for (int i = 0; i < 4; i++) {
        Pair pair = unix_pair();
        Ending ending = { .closes = i & 1, .web.client = -1 };

        qio_channel_set_blocking(QIO_CHANNEL(pair.server), false, &error_abort);
        ending.web.ioc = QIO_CHANNEL(qio_channel_websock_new_server(QIO_CHANNEL(pair.server)));
        qio_channel_websock_handshake(QIO_CHANNEL_WEBSOCK(ending.web.ioc), ends_channel, &ending, NULL);
        qio_channel_write_all(QIO_CHANNEL(pair.client), i & 2 ? "BAD\r\n\r\n" : REQUEST,
                              i & 2 ? 7 : strlen(REQUEST), &error_abort);
        while (!ending.web.called) {
            g_main_context_iteration(NULL, true);
        }
        web_run();
        g_assert_cmpint(ending.web.called, ==, 1);
        g_assert_cmpint(OBJECT(pair.server)->ref, ==, 1);
        pair_end(&pair);
    }
}

static void test_handshake_after_close(void)
{
    Pair pair = unix_pair();
    Web web = { .client = -1 };

    web.ioc = QIO_CHANNEL(qio_channel_websock_new_server(QIO_CHANNEL(pair.server)));
    g_assert_cmpint(qio_channel_close(web.ioc, &error_abort), ==, 0);
    qio_channel_websock_handshake(QIO_CHANNEL_WEBSOCK(web.ioc), web_called, &web, web_destroyed);
    g_assert_cmpint(web.destroyed, ==, 1);
    web_run();
    g_assert_cmpint(web.called, ==, 0);
    object_unref(OBJECT(web.ioc));
    pair_end(&pair);
}

/* A blocking master needs no main loop but for the handshake. */
static void test_blocking(void)
{
    g_autofree uint8_t *payload = patterned(20000);
    g_autoptr(GByteArray) frames = g_byte_array_new(), got = NULL;
    GString *wire;
    Web web;

    web_open(&web);
    qio_channel_set_blocking(web.ioc, true, &error_abort);
    append_frame(frames, 0x02, payload, 10000);
    append_frame(frames, 0x89, "", 0);
    append_frame(frames, 0x80, payload + 10000, 10000);
    web_send_array(&web, frames);
    web_expect(&web, payload, 20000);
    web_expect_sent(&web, "\x8a\0", 2);
    g_assert_cmpint(qio_channel_write_all(web.ioc, (char *)payload, 20000, &error_abort), ==, 0);
    wire = web_receive(&web);
    got = unframe(wire);
    g_assert_cmpmem(got->data, got->len, payload, 20000);
    g_string_free(wire, true);
    web_end(&web);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    module_call_init(MODULE_INIT_QOM);
    scripted_register();
    g_test_add_func("/qio/channel-websock/new", test_new);
    g_test_add_func("/qio/channel-websock/derived", test_derived);
    g_test_add_func("/qio/channel-websock/before-handshake", test_before_handshake);
    g_test_add_func("/qio/channel-websock/forwards", test_forwards);
    g_test_add_func("/qio/channel-websock/handshake/close", test_close_during_handshake);
    g_test_add_func("/qio/channel-websock/handshake/unref", test_unref_during_handshake);
    g_test_add_func("/qio/channel-websock/handshake/end-in-callback", test_end_in_callback);
    g_test_add_func("/qio/channel-websock/handshake/after-close", test_handshake_after_close);
    g_test_add_func("/qio/channel-websock/blocking", test_blocking);
    return g_test_run();
}
