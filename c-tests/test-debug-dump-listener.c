/*
 * qio/debug.h: a dump of listeners (R-DUMP-10).
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "io/net-listener.h"
#include "qapi/error.h"
#include "qom/object.h"
#include "listener-clients.h"
#include "descriptor-limit.h"

#include "dump.h"

#include <pthread.h>

/* R-DUMP-10 */
static void test_states(void)
{
    QIONetListener *listener = qio_net_listener_new();
    Clients clients = { 0 };
    GMainContext *context = g_main_context_new();
    g_autofree char *place = g_strdup_printf(" context=%p ", context);
    int fd;

    assert_dumped("listener", listener, " state=closed ");
    qio_net_listener_set_name(listener, "front door");
    assert_dumped("listener", listener, " name=\"front door\" ");
    open_inet(listener);
    assert_dumped("listener", listener, " state=no-callback ");
    assert_dumped("listener", listener, " sockets=1 fd=");
    assert_dumped("listener", listener, " local=127.0.0.1:");
    qio_net_listener_set_client_func_full(listener, client_noted, &clients, notify_noted, context);
    assert_dumped("listener", listener, " state=watching ");
    assert_dumped("listener", listener, " func=test-debug-dump-listener+0x");
    assert_dumped("listener", listener, place);
    fd = connect_to(listener, 0);
    run_until_calls(&clients, 1, context);
    assert_dumped("listener", listener, " accepted=1 failed=0 ");
    qio_net_listener_set_client_func(listener, client_noted, &clients, NULL);
    assert_dumped("listener", listener, " context=default ");
    qio_net_listener_disconnect(listener);
    assert_dumped("listener", listener, " state=closed ");
    close(fd);
    object_unref(OBJECT(listener));
    assert_not_dumped("listener", listener);
    g_main_context_unref(context);
}

/* R-DUMP-10 */
static void test_backoff(void)
{
    QIONetListener *listener;
    Clients clients = { 0 };
    Limit limit;
    int fd;

    if (g_getenv("QIO_TEST_SLOW")) {
        g_test_skip("valgrind has a descriptor limit of its own");
        return;
    }
    listener = listener_with(1);
    fd = connect_to(listener, 0);
    qio_net_listener_set_client_func(listener, client_noted, &clients, notify_noted);
    limit_begin(&limit);
    for (;;) {
        g_autofree char *line = dump_line("listener", listener);

        if (strstr(line, " state=backing-off for=0.")) {
            g_assert_nonnull(strstr(line, " errno=EMFILE "));
            break;
        }
        g_main_context_iteration(NULL, false);
    }
    limit_end(&limit);
    run_until_calls(&clients, 1, NULL);
    assert_dumped("listener", listener, " state=watching ");
    assert_dumped("listener", listener, " accepted=1 ");
    close(fd);
    qio_net_listener_disconnect(listener);
    object_unref(OBJECT(listener));
}

static void *thread_waits(void *opaque)
{
    return qio_net_listener_wait_client(opaque);
}

/* R-DUMP-10 */
static void test_waiting_thread(void)
{
    QIONetListener *listener = listener_with(1);
    pthread_t thread;
    void *client;
    bool waits = false;
    int fd;

    g_assert_cmpint(pthread_create(&thread, NULL, thread_waits, listener), ==, 0);
    while (!waits) {
        g_autofree char *line = dump_line("listener", listener);

        waits = strstr(line, " state=waited-for ");
        g_usleep(1000);
    }
    fd = connect_to(listener, 0);
    g_assert_cmpint(pthread_join(thread, &client), ==, 0);
    g_assert_nonnull(client);
    assert_dumped("listener", listener, " state=no-callback ");
    assert_dumped("listener", listener, " accepted=1 ");
    object_unref(OBJECT(client));
    close(fd);
    object_unref(OBJECT(listener));
}

int main(int argc, char **argv)
{
    module_call_init(MODULE_INIT_QOM);
    g_test_init(&argc, &argv, NULL);
    /* While there is a descriptor for it. */
    g_free(dump_text());
    g_test_add_func("/debug-dump/listeners/states", test_states);
    g_test_add_func("/debug-dump/listeners/backoff", test_backoff);
    g_test_add_func("/debug-dump/listeners/waiting-thread", test_waiting_thread);
    return g_test_run();
}
