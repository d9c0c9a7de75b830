/*
 * The store with libuv: uv_read_start(), and uv_try_write() for the answers.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "store.h"
#include <uv.h>

typedef struct Client {
    uv_tcp_t tcp;
    size_t used;
    char *buf;
} Client;

static void client_closed(uv_handle_t *handle)
{
    Client *client = (Client *)handle;

    g_free(client->buf);
    g_free(client);
    if (store_client_left()) {
        uv_stop(uv_default_loop());
    }
}

static bool send_answer(void *client, const char *text, size_t length)
{
    uv_buf_t buf = uv_buf_init((char *)text, length);

    return uv_try_write((uv_stream_t *)&((Client *)client)->tcp, &buf, 1) == (int)length;
}

static void give_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    Client *client = (Client *)handle;

    *buf = uv_buf_init(client->buf + client->used, LINE_MAX_BYTES - client->used);
}

static void bytes_arrived(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    Client *client = (Client *)stream;

    if (n == 0) {
        return;
    }
    n = n < 0 ? -1 : store_serve(client->buf, client->used + n, send_answer, client);
    client->used = n;
    if (n < 0) {
        uv_close((uv_handle_t *)stream, client_closed);
    }
}

static void client_arrived(uv_stream_t *server, int status)
{
    Client *client = g_new0(Client, 1);

    client->buf = g_malloc(LINE_MAX_BYTES);
    uv_tcp_init(uv_default_loop(), &client->tcp);
    if (status == 0 && uv_accept(server, (uv_stream_t *)&client->tcp) == 0) {
        uv_read_start((uv_stream_t *)&client->tcp, give_room, bytes_arrived);
    } else {
        uv_close((uv_handle_t *)&client->tcp, client_closed);
    }
}

int main(int argc, char **argv)
{
    uv_tcp_t server;
    struct sockaddr_in name;
    int length = sizeof(name);

    store_begin(argc, argv);
    uv_tcp_init(uv_default_loop(), &server);
    uv_ip4_addr("127.0.0.1", 0, &name);
    if (uv_tcp_bind(&server, (struct sockaddr *)&name, 0) != 0
        || uv_listen((uv_stream_t *)&server, BACKLOG, client_arrived) != 0
        || uv_tcp_getsockname(&server, (struct sockaddr *)&name, &length) != 0) {
        fprintf(stderr, "kv-uv: can't listen\n");
        return 1;
    }
    store_greet(ntohs(name.sin_port));
    uv_run(uv_default_loop(), UV_RUN_DEFAULT);
    return 0;
}
