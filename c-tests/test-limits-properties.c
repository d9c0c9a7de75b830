/*
 * qio/limits.h: limits and deadlines as properties of objects (R-LIMIT-17 of docs/spec/limits.md).
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "io/channel-null.h"
#include "io/channel-socket.h"
#include "io/channel-websock.h"
#include "io/net-listener.h"
#include "qapi/error.h"
#include "qemu/module.h"
#include "qio/limits.h"
#include "qom/object.h"

static uint64_t get(void *object, const char *name)
{
    return object_property_get_uint(OBJECT(object), name, &error_abort);
}

static void set(void *object, const char *name, uint64_t value)
{
    object_property_set_uint(OBJECT(object), name, value, &error_abort);
}

/* Setting it fails, and says so. */
static void set_fails(void *object, const char *name, uint64_t value, const char *part)
{
    Error *err = NULL;

    g_assert_false(object_property_set_uint(OBJECT(object), name, value, &err));
    g_assert_nonnull(strstr(error_get_pretty(err), part));
    error_free(err);
}

static void test_listener(void)
{
    static const char *const names[] = {
        "max-clients", "max-clients-per-peer", "peer-ipv4-prefix", "peer-ipv6-prefix", "accept-rate", "accept-burst",
        "handshake-timeout-ms", "idle-timeout-ms",
    };
    QIONetListener *listener = qio_net_listener_new();
    QIOLimits limits = { .size = sizeof(limits), .max_clients = 7, .accept_rate = 8 };
    const uint32_t *values = &limits.max_clients;

    /* What the function sets is read, the rest is 0. */
    qio_net_listener_set_limits(listener, &limits);
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_assert_cmpuint(get(listener, names[i]), ==, values[i]);
    }
    /* Each one changes its own member alone. */
    qio_net_listener_set_limits(listener, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        set(listener, names[i], 20 + i);
        qio_net_listener_get_limits(listener, &limits);
        for (size_t other = 0; other < G_N_ELEMENTS(names); other++) {
            g_assert_cmpuint(values[other], ==, other <= i ? 20 + other : 0);
        }
    }
    set(listener, "max-clients", UINT32_MAX);
    set(listener, "peer-ipv4-prefix", 32);
    set(listener, "peer-ipv6-prefix", 128);
    set_fails(listener, "peer-ipv4-prefix", 33, "Property 'peer-ipv4-prefix' takes 0 to 32, not 33");
    set_fails(listener, "peer-ipv6-prefix", 129, "Property 'peer-ipv6-prefix' takes 0 to 128, not 129");
    set_fails(listener, "max-clients", (uint64_t)UINT32_MAX + 1, "max-clients");
    qio_net_listener_get_limits(listener, &limits);
    g_assert_cmpuint(limits.max_clients, ==, UINT32_MAX);
    g_assert_cmpuint(limits.peer_ipv4_prefix, ==, 32);
    object_unref(OBJECT(listener));
}

typedef struct Setter {
    QIONetListener *listener;
    const char *name;
} Setter;

/* What this thread has set is there until it sets the next, whatever the others set. */
static gpointer set_often(gpointer opaque)
{
    Setter *setter = opaque;

    for (uint64_t value = 1; value <= 300; value++) {
        set(setter->listener, setter->name, value);
        g_assert_cmpuint(get(setter->listener, setter->name), ==, value);
    }
    return NULL;
}

static void test_threads(void)
{
    QIONetListener *listener = qio_net_listener_new();
    Setter setters[] = {
        { listener, "max-clients" }, { listener, "accept-rate" }, { listener, "handshake-timeout-ms" },
        { listener, "idle-timeout-ms" },
    };
    GThread *threads[G_N_ELEMENTS(setters)];

    for (size_t i = 0; i < G_N_ELEMENTS(setters); i++) {
        threads[i] = g_thread_new("setter", set_often, &setters[i]);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(setters); i++) {
        g_thread_join(threads[i]);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(setters); i++) {
        g_assert_cmpuint(get(listener, setters[i].name), ==, 300);
    }
    object_unref(OBJECT(listener));
}

static void test_handshake(void)
{
    QIOChannelNull *null = qio_channel_null_new();
    QIOChannelWebsock *websock = qio_channel_websock_new_server(QIO_CHANNEL(null));

    g_assert_cmpuint(get(websock, "handshake-timeout-ms"), ==, 0);
    g_assert_cmpint(qio_channel_set_handshake_timeout(QIO_CHANNEL(websock), 1500, &error_abort), ==, 0);
    g_assert_cmpuint(get(websock, "handshake-timeout-ms"), ==, 1500);
    set(websock, "handshake-timeout-ms", 2500);
    g_assert_cmpuint(get(websock, "handshake-timeout-ms"), ==, 2500);
    set_fails(null, "handshake-timeout-ms", 1, "handshake-timeout-ms");
    object_unref(OBJECT(websock));
    object_unref(OBJECT(null));
}

static void test_idle(void)
{
    QIOChannelSocket *socket = qio_channel_socket_new(), *connected;
    Error *err = NULL;
    int fds[2];
    char byte;

    set_fails(socket, "idle-timeout-ms", 1, "connected");
    object_unref(OBJECT(socket));
    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
    connected = qio_channel_socket_new_fd(fds[0], &error_abort);
    /* A time that a function's caller can't ask for. */
    object_property_get_uint(OBJECT(connected), "idle-timeout-ms", &err);
    g_assert_nonnull(err);
    error_free(err);
    set(connected, "idle-timeout-ms", 1);
    /* Comes back when the time is over. */
    g_assert_cmpint(qio_channel_read(QIO_CHANNEL(connected), &byte, 1, NULL), ==, -1);
    object_unref(OBJECT(connected));
    close(fds[1]);
}

/* A user who lists them is told what they are. */
static void test_descriptions(void)
{
    QIONetListener *listener = qio_net_listener_new();
    ObjectProperty *property = object_property_find(OBJECT(listener), "accept-burst");

    g_assert_nonnull(property);
    g_assert_cmpstr(property->type, ==, "uint32");
    g_assert_nonnull(strstr(property->description, "after a quiet time"));
    object_unref(OBJECT(listener));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    module_call_init(MODULE_INIT_QOM);
    g_test_add_func("/limits/properties/listener", test_listener);
    g_test_add_func("/limits/properties/threads", test_threads);
    g_test_add_func("/limits/properties/handshake", test_handshake);
    g_test_add_func("/limits/properties/idle", test_idle);
    g_test_add_func("/limits/properties/descriptions", test_descriptions);
    return g_test_run();
}
