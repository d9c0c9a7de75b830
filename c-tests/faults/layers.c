/*
 * Scenarios of channels over channels: TLS and WebSocket.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "steps.h"
#include "io/channel-websock.h"
#include "qio/websock-client.h"

bool tls(void)
{
    Pair pair;
    QIOChannel *below[2];
    QIOChannelTLS *ends[2] = { NULL, NULL };
    Done done[2] = { { 0 }, { 0 } };
    bool all = makes_pair(&pair);
    int i;

    if (!all) {
        return false;
    }
    below[CLIENT] = QIO_CHANNEL(pair.client);
    below[SERVER] = QIO_CHANNEL(pair.server);
    for (i = 0; i < 2 && all; i++) {
        all = SUCCEEDS(qio_channel_set_blocking(below[i], false, &err) == 0);
    }
    if (all) {
        for (i = 0; i < 2; i++) {
            ends[i] = tls_over(below[i], i);
            qio_channel_tls_handshake(ends[i], task_is_done, &done[i], NULL, NULL);
        }
        for (i = 0; i < 2; i++) {
            int other = !i;

            /* An end whose peer has failed hears of it by the end of the connection. */
            while (!done[i].done && !done[other].done) {
                g_main_context_iteration(NULL, true);
            }
            if (done[other].done && !done[other].succeeded) {
                qio_channel_shutdown(below[other], QIO_CHANNEL_SHUTDOWN_BOTH, NULL);
                shutdown(pair.client->fd, SHUT_RDWR);
            }
            await(&done[i].done);
        }
        all = done[CLIENT].succeeded && done[SERVER].succeeded;
    }
    if (all) {
        all = passes(QIO_CHANNEL(ends[CLIENT]), QIO_CHANNEL(ends[SERVER]), 20000);
    }
    for (i = 0; i < 2; i++) {
        if (ends[i]) {
            all &= closes(ends[i]);
            unref(ends[i]);
        }
    }
    pair_end(&pair);
    return all;
}

bool websock(void)
{
    static const char request[] =
        "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Protocol: binary\r\n\r\n";
    static const unsigned char frame[] = { 0x82, 0x83, 0, 0, 0, 0, 'a', 'b', 'c' };
    int sv[2];
    QIOChannelSocket *master;
    QIOChannelWebsock *ioc;
    Done done = { 0 };
    char bytes[3];
    bool all;

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv), ==, 0);
    if (!SUCCEEDS((master = qio_channel_socket_new_fd(sv[0], &err)) != NULL)) {
        close(sv[0]);
        close(sv[1]);
        return false;
    }
    all = SUCCEEDS(qio_channel_set_blocking(QIO_CHANNEL(master), false, &err) == 0);
    ioc = qio_channel_websock_new_server(QIO_CHANNEL(master));
    if (all) {
        qio_channel_websock_handshake(ioc, task_is_done, &done, NULL);
        g_assert_cmpint(send(sv[1], request, strlen(request), MSG_NOSIGNAL), ==, strlen(request));
        await(&done.done);
        all = done.succeeded;
    }
    if (all && send(sv[1], frame, sizeof(frame), MSG_NOSIGNAL) == sizeof(frame)) {
        all = SUCCEEDS(qio_channel_read_all(QIO_CHANNEL(ioc), bytes, 3, &err) == 0);
        all = all && !memcmp(bytes, "abc", 3);
        all = all && SUCCEEDS(qio_channel_write_all(QIO_CHANNEL(ioc), "back", 4, &err) == 0);
        all &= closes(ioc);
    }
    unref(ioc);
    unref(master);
    close(sv[1]);
    return all;
}

/* As passes(); what the sender has taken and could not send goes out while the main loop runs (R-WS-37). */
static bool crosses(QIOChannelWebsock *from, QIOChannelWebsock *to)
{
    char sent[1000], received[1000] = "";
    size_t count = 0;
    guint timer;

    memset(sent, 'x', sizeof(sent));
    if (!SUCCEEDS(qio_channel_write_all(QIO_CHANNEL(from), sent, sizeof(sent), &err) == 0)) {
        return false;
    }
    timer = g_timeout_add(100, faults_end, NULL);
    while (count < sizeof(sent)) {
        ssize_t got = 0;

        if (!SUCCEEDS((got = qio_channel_read(QIO_CHANNEL(to), received + count, sizeof(sent) - count, &err)) != -1) ||
            got == 0) {
            break;
        }
        count += got > 0 ? got : 0;
        g_main_context_iteration(NULL, got < 0);
    }
    if (g_main_context_find_source_by_id(NULL, timer)) {
        g_source_remove(timer);
    }
    g_assert_true(count < sizeof(sent) || !memcmp(sent, received, sizeof(sent)));
    return count == sizeof(sent);
}

/* Both ends of the library: a client, whose keys are random, and a server. */
bool websock_client(void)
{
    static const QIOWebsockRequest request = { .size = sizeof(request), .host = "localhost" };
    Pair pair;
    QIOChannelWebsock *ends[2] = { NULL, NULL };
    Done done[2] = { { 0 }, { 0 } };
    bool all = makes_pair(&pair);

    if (!all) {
        return false;
    }
    all = SUCCEEDS(qio_channel_set_blocking(QIO_CHANNEL(pair.client), false, &err) == 0) &&
          SUCCEEDS(qio_channel_set_blocking(QIO_CHANNEL(pair.server), false, &err) == 0) &&
          SUCCEEDS((ends[CLIENT] = qio_channel_websock_new_client(QIO_CHANNEL(pair.client), &request, &err)) != NULL);
    if (all) {
        ends[SERVER] = qio_channel_websock_new_server(QIO_CHANNEL(pair.server));
        for (int i = 0; i < 2; i++) {
            qio_channel_websock_handshake(ends[i], task_is_done, &done[i], NULL);
        }
        for (int i = 0; i < 2; i++) {
            while (!done[CLIENT].done && !done[SERVER].done) {
                g_main_context_iteration(NULL, true);
            }
            /* An end whose peer has failed hears of it by the end of the connection. */
            if (done[!i].done && !done[!i].succeeded) {
                shutdown(pair.client->fd, SHUT_RDWR);
            }
            await(&done[i].done);
        }
        all = done[CLIENT].succeeded && done[SERVER].succeeded;
        all = all && crosses(ends[CLIENT], ends[SERVER]);
        all = all && crosses(ends[SERVER], ends[CLIENT]);
    }
    for (int i = 0; i < 2; i++) {
        if (ends[i]) {
            all &= closes(ends[i]);
            unref(ends[i]);
        }
    }
    pair_end(&pair);
    return all;
}

void layers_prepare(void)
{
    for (int end = 0; end < 2; end++) {
        psk_of[end] = psk_creds(end, PSK_KEY);
    }
}

void layers_end(void)
{
    for (int end = 0; end < 2; end++) {
        psk_creds_end(&psk_of[end]);
    }
}
