/*
 * qio/debug.h: a dump of channels and of the coroutines that wait for them (R-DUMP-8, R-DUMP-9).
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "coroutine-channels.h"
#include "websock-client.h"
#include "io/channel-buffer.h"
#include "io/channel-command.h"
#include "io/channel-file.h"
#include "io/channel-null.h"

#include "dump.h"
#include "rounds.h"

#include <pthread.h>
#include <sys/syscall.h>

/* R-DUMP-8 */
static void test_socket(void)
{
    Pair pair = tcp_pair("127.0.0.1");
    QIOChannel *ioc = QIO_CHANNEL(pair.server);
    g_autofree char *ends = NULL;
    struct sockaddr_in local, peer;
    socklen_t len = sizeof(local);
    char bytes[8] = "";

    g_assert_cmpint(getsockname(pair.server->fd, (void *)&local, &len), ==, 0);
    g_assert_cmpint(getpeername(pair.server->fd, (void *)&peer, &len), ==, 0);
    ends = g_strdup_printf(" fd=%d local=127.0.0.1:%d peer=127.0.0.1:%d unread=0 unsent=", pair.server->fd,
                           ntohs(local.sin_port), ntohs(peer.sin_port));
    assert_dumped("channel", ioc, " class=qio-channel-socket ");
    assert_dumped("channel", ioc, " in=0 out=0 ");
    assert_dumped("channel", ioc, ends);
    qio_channel_set_name(ioc, "the \"server\"");
    assert_dumped("channel", ioc, " name=\"the \\\"server\\\"\" ");
    qio_channel_set_name(ioc, NULL);
    g_assert_cmpint(qio_channel_write_all(ioc, "12345", 5, &error_abort), ==, 0);
    g_assert_cmpint(qio_channel_write_all(QIO_CHANNEL(pair.client), "123", 3, &error_abort), ==, 0);
    /* Not read yet. */
    qio_channel_wait(ioc, G_IO_IN);
    assert_dumped("channel", ioc, " unread=3 ");
    g_assert_cmpint(qio_channel_read(ioc, bytes, sizeof(bytes), &error_abort), ==, 3);
    assert_dumped("channel", ioc, " in=3 out=5 ");
    g_assert_cmpint(qio_channel_close(ioc, &error_abort), ==, 0);
    {
        g_autofree char *line = dump_line("channel", ioc);

        g_assert_null(strstr(line, " fd="));
    }
    pair_end(&pair);
    assert_not_dumped("channel", ioc);
}

/* R-DUMP-8 */
static void test_unix_socket(void)
{
    Pair pair = unix_pair();

    assert_dumped("channel", pair.client, " local=unix: peer=unix: ");
    pair_end(&pair);
}

/* R-DUMP-8: those without a socket. */
static void test_classes(void)
{
    const char *const argv[] = { "/bin/sh", "-c", "exec cat", NULL };
    int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    g_autofree char *number = g_strdup_printf(" fd=%d\n", fd);
    QIOChannel *file = QIO_CHANNEL(qio_channel_file_new_fd(fd));
    QIOChannel *buffer = QIO_CHANNEL(qio_channel_buffer_new(16));
    QIOChannel *null = QIO_CHANNEL(qio_channel_null_new());
    QIOChannel *command = QIO_CHANNEL(qio_channel_command_new_spawn(argv, O_RDWR, &error_abort));
    g_autofree char *text = NULL;

    g_assert_cmpint(qio_channel_write_all(buffer, "1234", 4, &error_abort), ==, 0);
    assert_dumped("channel", buffer, " class=qio-channel-buffer ");
    assert_dumped("channel", buffer, " in=0 out=4");
    assert_dumped("channel", file, " class=qio-channel-file ");
    text = dump_text();
    g_assert_nonnull(strstr(text, number));
    assert_dumped("channel", null, " class=qio-channel-null ");
    assert_dumped("channel", command, " class=qio-channel-command ");
    assert_dumped("channel", command, " read-fd=");
    assert_dumped("channel", command, " write-fd=");
    object_unref(OBJECT(command));
    object_unref(OBJECT(null));
    object_unref(OBJECT(buffer));
    object_unref(OBJECT(file));
}

/* R-DUMP-8 */
static void test_websock(void)
{
    Web web;
    g_autofree char *over = NULL;

    web_start(&web);
    over = g_strdup_printf(" master=%p handshake=receives for=", web.master);
    assert_dumped("channel", web.ioc, " class=qio-channel-websock ");
    assert_dumped("channel", web.ioc, over);
    assert_dumped("channel", web.master, " read-watches=1");
    web_send(&web, REQUEST, strlen(REQUEST));
    web_await(&web);
    assert_dumped("channel", web.ioc, " handshake=complete for=");
    web_end(&web);

    web_start(&web);
    web_send(&web, "nonsense\r\n\r\n", 12);
    web_await(&web);
    assert_dumped("channel", web.ioc, " handshake=failed for=");
    web_end(&web);
}

/* R-DUMP-7 */
static void test_many(void)
{
    const int count = 65600;
    g_autofree QIOChannelNull **many = g_new(QIOChannelNull *, count);
    g_autofree char *text = NULL;
    unsigned listed = 0, not_listed = 0;

    if (is_slow()) {
        g_test_skip("65,600 channels, under valgrind");
        return;
    }
    for (int i = 0; i < count; i++) {
        many[i] = qio_channel_null_new();
    }
    text = dump_text();
    assert_whole(text);
    g_assert_cmpint(sscanf(g_strrstr(text, "\nlibqio: tasks="), "\nlibqio: tasks=0 listeners=0 channels=%u"
                           " coroutines=0 not-listed=%u\n", &listed, &not_listed), ==, 2);
    g_assert_cmpuint(listed, ==, 65535);
    g_assert_cmpuint(not_listed, ==, count - 65535);
    for (int i = 0; i < count; i++) {
        object_unref(OBJECT(many[i]));
    }
    g_clear_pointer(&text, g_free);
    text = dump_text();
    g_assert_true(g_str_has_suffix(text, "\nlibqio: tasks=0 listeners=0 channels=0 coroutines=0\n"));
}

static gboolean watch_called(QIOChannel *ioc, GIOCondition condition, gpointer opaque)
{
    return G_SOURCE_REMOVE;
}

/* R-DUMP-9 */
static void test_watches(void)
{
    Pair pair = nonblocking_pair();
    QIOChannel *ioc = QIO_CHANNEL(pair.client);
    guint first = qio_channel_add_watch(ioc, G_IO_IN, watch_called, NULL, NULL);
    guint second = qio_channel_add_watch(ioc, G_IO_IN | G_IO_OUT, watch_called, NULL, NULL);
    g_autofree char *line = NULL;

    assert_dumped("channel", ioc, " read-watches=2 write-watches=1");
    g_source_remove(second);
    assert_dumped("channel", ioc, " read-watches=1");
    g_source_remove(first);
    line = dump_line("channel", ioc);
    g_assert_null(strstr(line, "-watches="));
    pair_end(&pair);
}

static void *thread_waits(void *opaque)
{
    QIOChannel *ioc = opaque;

    qio_channel_wait(ioc, G_IO_IN);
    return NULL;
}

/* R-DUMP-9 */
static void test_waiting_thread(void)
{
    Pair pair = unix_pair();
    pthread_t thread;
    bool waits = false;

    g_assert_cmpint(pthread_create(&thread, NULL, thread_waits, pair.client), ==, 0);
    while (!waits) {
        g_autofree char *line = dump_line("channel", pair.client);

        waits = strstr(line, " read-thread=");
        g_usleep(1000);
    }
    poke(pair.server);
    g_assert_cmpint(pthread_join(thread, NULL), ==, 0);
    {
        g_autofree char *line = dump_line("channel", pair.client);

        g_assert_null(strstr(line, "-thread="));
    }
    pair_end(&pair);
}

/* R-DUMP-9 */
static void test_coroutine(void)
{
    Pair pair = nonblocking_pair();
    QIOChannel *ioc = QIO_CHANNEL(pair.client);
    g_autofree char *words = NULL;
    Waiter waiter;
    Coroutine *co;

    waiter_start(&waiter, ioc, G_IO_IN, 1);
    co = waiter.co;
    words = g_strdup_printf(" read-coroutine=%p", co);
    assert_dumped("channel", ioc, words);
#ifndef HOST_IMPORTED
    assert_dumped("coroutine", co, " state=waits entry=test-debug-dump-channels+0x");
#endif
    poke(pair.server);
    loop_until(&waiter.ended);
    assert_unwaited(ioc);
    assert_not_dumped("coroutine", co);
    {
        g_autofree char *line = dump_line("channel", ioc);

        g_assert_null(strstr(line, "-coroutine="));
    }
    pair_end(&pair);
}

#ifndef HOST_IMPORTED
static void coroutine_fn dumps_itself(void *opaque)
{
    assert_dumped("coroutine", qemu_coroutine_self(), " state=runs ");
    *(bool *)opaque = true;
}

/* R-DUMP-9 */
static void test_running_coroutine(void)
{
    bool done = false;

    qemu_coroutine_enter(qemu_coroutine_create(dumps_itself, &done));
    g_assert_true(done);
}
#endif

int main(int argc, char **argv)
{
    coroutine_tests_init(&argc, &argv);
    g_test_add_func("/debug-dump/channels/many", test_many);
    g_test_add_func("/debug-dump/channels/socket", test_socket);
    g_test_add_func("/debug-dump/channels/unix-socket", test_unix_socket);
    g_test_add_func("/debug-dump/channels/classes", test_classes);
    g_test_add_func("/debug-dump/channels/websock", test_websock);
    g_test_add_func("/debug-dump/channels/watches", test_watches);
    g_test_add_func("/debug-dump/channels/waiting-thread", test_waiting_thread);
    g_test_add_func("/debug-dump/channels/coroutine", test_coroutine);
#ifndef HOST_IMPORTED
    g_test_add_func("/debug-dump/coroutines/running", test_running_coroutine);
#endif
    return g_test_run();
}
