/*
 * The options that say what stands between a socket and what is transferred.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qio.h"

void layers_add_options(Layers *layers, GOptionContext *context, bool is_client)
{
    const GOptionEntry common[] = {
        { "tls", 0, 0, G_OPTION_ARG_NONE, &layers->tls, "Speak TLS", NULL },
        { "tls-dir", 0, 0, G_OPTION_ARG_FILENAME, &layers->tls_dir,
          "Credentials: ca-cert.pem, client- or server-cert.pem, -key.pem", "DIR" },
        { "websocket", 0, 0, G_OPTION_ARG_NONE, &layers->websocket, "Speak WebSocket, over TLS if that is asked for", NULL },
        { "timeout", 0, 0, G_OPTION_ARG_INT, &layers->timeout,
          "For connecting and handshakes together, 10 unless given; 0 for none", "SECONDS" },
        { NULL },
    };
    const GOptionEntry clients[] = {
        { "tls-name", 0, 0, G_OPTION_ARG_STRING, &layers->tls_name,
          "Whom the certificate has to be for, instead of the address's host", "NAME" },
        { "insecure", 0, 0, G_OPTION_ARG_NONE, &layers->insecure, "Take any certificate", NULL },
        { "path", 0, 0, G_OPTION_ARG_STRING, &layers->path, "Of the WebSocket, `/` unless given", "PATH" },
        { "protocol", 0, 0, G_OPTION_ARG_STRING, &layers->protocol,
          "Of the WebSocket, `binary` unless given; empty for none", "NAME" },
        { "host", 0, 0, G_OPTION_ARG_STRING, &layers->host, "In the WebSocket's Host line", "HOST" },
        { NULL },
    };

    layers->timeout = 10;
    g_option_context_add_main_entries(context, common, NULL);
    if (is_client) {
        g_option_context_add_main_entries(context, clients, NULL);
    }
}

void layers_check(Layers *layers, bool is_client)
{
    if (layers->tls_dir || layers->tls_name || layers->insecure) {
        layers->tls = TRUE;
    }
    if (layers->path || layers->protocol || layers->host) {
        layers->websocket = TRUE;
    }
    if (layers->timeout < 0) {
        usage_error("--timeout %d is negative", layers->timeout);
    }
#ifndef QIO_TOOL_HAS_TLS
    if (layers->tls) {
        usage_error("this qio was built without TLS");
    }
#endif
    if (layers->tls && !is_client && !layers->tls_dir) {
        usage_error("a server's TLS needs --tls-dir");
    }
}
