/*
 * qio/gio.h: D-Bus between two programs that have a channel to each other and no bus.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "gio-streams.h"

static const char introspection[] =
    "<node>"
    "  <interface name='org.example.Echo'>"
    "    <method name='Say'><arg type='s' direction='in'/><arg type='s' direction='out'/></method>"
    "    <signal name='Said'><arg type='s'/></signal>"
    "  </interface>"
    "</node>";

/* Says what it is told, and tells everybody. */
static void say(GDBusConnection *connection, const char *sender, const char *path, const char *interface,
                const char *method, GVariant *parameters, GDBusMethodInvocation *invocation, gpointer opaque)
{
    g_assert_cmpstr(method, ==, "Say");
    g_dbus_connection_emit_signal(connection, NULL, path, interface, "Said", parameters, NULL);
    g_dbus_method_invocation_return_value(invocation, parameters);
}

static void note_signal(GDBusConnection *connection, const char *sender, const char *path, const char *interface,
                        const char *signal, GVariant *parameters, gpointer opaque)
{
    g_variant_get(parameters, "(s)", opaque);
}

static void call_say(GDBusConnection *connection, const char *text, GAsyncResult **result)
{
    *result = NULL;
    g_dbus_connection_call(connection, NULL, "/echo", "org.example.Echo", "Say", g_variant_new("(s)", text),
                           G_VARIANT_TYPE("(s)"), G_DBUS_CALL_FLAGS_NONE, -1, NULL, keep_result, result);
}

static void expect_said(GDBusConnection *connection, const char *text, GAsyncResult **result)
{
    GVariant *answer;
    const char *said;

    await(result);
    answer = succeed(g_dbus_connection_call_finish(connection, *result, &error));
    g_variant_get(answer, "(&s)", &said);
    g_assert_cmpstr(said, ==, text);
    g_variant_unref(answer);
    g_clear_object(result);
}

static GDBusConnection *connected(GAsyncResult **result)
{
    GDBusConnection *connection;

    await(result);
    connection = succeed(g_dbus_connection_new_finish(*result, &error));
    g_clear_object(result);
    return connection;
}

static void note_closed(GDBusConnection *connection, gboolean remote_peer_vanished, GError *error, gpointer opaque)
{
    *(bool *)opaque = true;
}

static void test_methods(void)
{
    const GDBusInterfaceVTable methods = { .method_call = say };
    g_autoptr(GDBusNodeInfo) node = succeed(g_dbus_node_info_new_for_xml(introspection, &error));
    g_autofree char *guid = g_dbus_generate_guid();
    g_autofree char *signalled = NULL;
    g_autofree char *long_text = g_strnfill(1 << 20, 'x');
    GAsyncResult *client_result = NULL, *server_result = NULL, *results[20];
    GDBusConnection *client, *server;
    Pair pair = tcp_pair("127.0.0.1");
    GIOStream *near = qio_gio_stream_new(QIO_CHANNEL(pair.client), &error_abort);
    GIOStream *far = qio_gio_stream_new(QIO_CHANNEL(pair.server), &error_abort);
    bool is_closed = false;
    guint subscription;
    size_t i;

    g_dbus_connection_new(far, guid, G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_SERVER
                          | G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_ALLOW_ANONYMOUS, NULL, NULL, keep_result,
                          &server_result);
    g_dbus_connection_new(near, NULL, G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT, NULL, NULL, keep_result,
                          &client_result);
    server = connected(&server_result);
    client = connected(&client_result);
    g_object_unref(near);
    g_object_unref(far);
    g_assert_cmpuint(succeed(g_dbus_connection_register_object(server, "/echo", node->interfaces[0], &methods, NULL, NULL,
                                                               &error)), !=, 0);
    subscription = g_dbus_connection_signal_subscribe(client, NULL, "org.example.Echo", "Said", "/echo", NULL,
                                                      G_DBUS_SIGNAL_FLAGS_NONE, note_signal, &signalled, NULL);
    call_say(client, "hello", &results[0]);
    expect_said(client, "hello", &results[0]);
    while (!signalled) {
        g_main_context_iteration(NULL, TRUE);
    }
    g_assert_cmpstr(signalled, ==, "hello");

    /* Long ones, and many in flight. */
    g_clear_pointer(&signalled, g_free);
    call_say(client, long_text, &results[0]);
    expect_said(client, long_text, &results[0]);
    while (!signalled) {
        g_main_context_iteration(NULL, TRUE);
    }
    g_clear_pointer(&signalled, g_free);
    g_dbus_connection_signal_unsubscribe(client, subscription);
    for (i = 0; i < G_N_ELEMENTS(results); i++) {
        call_say(client, "again", &results[i]);
    }
    for (i = 0; i < G_N_ELEMENTS(results); i++) {
        expect_said(client, "again", &results[i]);
    }

    g_signal_connect(server, "closed", G_CALLBACK(note_closed), &is_closed);
    g_dbus_connection_close(client, NULL, keep_result, &client_result);
    await(&client_result);
    g_assert_true(succeed(g_dbus_connection_close_finish(client, client_result, &error)));
    g_clear_object(&client_result);
    while (!is_closed) {
        g_main_context_iteration(NULL, TRUE);
    }
    g_object_unref(client);
    g_object_unref(server);
    /* Its thread lets go of them. */
    while (OBJECT(pair.client)->ref > 1 || OBJECT(pair.server)->ref > 1) {
        g_main_context_iteration(NULL, FALSE);
        g_usleep(1000);
    }
    pair_end(&pair);
}

int main(int argc, char **argv)
{
    socket_tests_init(&argc, &argv);
    g_test_add_func("/qio/gio/dbus/methods", test_methods);
    return g_test_run();
}
