/*
 * Clients that complete what they have begun, stall, reset their connection or disappear.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "soak.h"

#include <glib-unix.h>
#include <sys/socket.h>

enum { COMPLETES, STALLS, RESETS_EARLY, RESETS_LATE, LEAVES_EARLY, LEAVES_LATE };
static const int ways[] = {
    COMPLETES, COMPLETES, COMPLETES, COMPLETES, COMPLETES, COMPLETES, COMPLETES, COMPLETES,
    STALLS, RESETS_EARLY, RESETS_LATE, LEAVES_EARLY, LEAVES_LATE,
};

static int wanted, present, answering = -1;
static const char *const *listening;
static bool is_leaving;

static gboolean time_is_over(gpointer opaque)
{
    wait_ends(opaque);
    return G_SOURCE_REMOVE;
}

static void coroutine_fn rest(int milliseconds)
{
    Wait wait = WAIT;

    g_timeout_add(milliseconds, time_is_over, &wait);
    wait_for(&wait);
}

/* The longer the more there are: the machine has only so much time for all. */
static void coroutine_fn think(void)
{
    rest(g_random_int_range(1, 20 + wanted / 4));
}

static QIOChannelSocket *coroutine_fn connects(int kind)
{
    /* Many addresses, since ports of one are used up soon. */
    g_autofree char *host = g_strdup_printf("127.0.0.%d", g_random_int_range(1, 250));
    SocketAddress address = inet_address(host, listening[kind]);
    QIOChannelSocket *ioc = qio_channel_socket_new();
    Wait wait = WAIT;

    qio_channel_socket_connect_async(ioc, &address, wait_ends_with, &wait, NULL, NULL);
    if (!wait_for(&wait)) {
        object_unref(OBJECT(ioc));
        return NULL;
    }
    no_delay_no_wait(QIO_CHANNEL(ioc));
    return ioc;
}

/* The server's echo, in one frame or as it is. */
static bool coroutine_fn echoes(QIOChannel *ioc, int kind)
{
    unsigned char sent[4200], got[4200];
    size_t size = g_random_int_range(1, 4000), head = 0;

    if (kind == WEBSOCKET) {
        /* Binary, masked with 0: such a mask is one. */
        sent[0] = 0x82;
        if (size < 126) {
            sent[1] = 0x80 | size;
            head = 2;
        } else {
            sent[1] = 0x80 | 126;
            sent[2] = size >> 8;
            sent[3] = size;
            head = 4;
        }
        memset(sent + head, 0, 4);
        head += 4;
    }
    memset(sent + head, 'a' + size % 26, size);
    if (qio_channel_write_all(ioc, (char *)sent, head + size, NULL)) {
        return false;
    }
    /* The echo of a message may come in several frames. */
    for (size_t left = size; left;) {
        size_t part = left;

        if (kind == WEBSOCKET) {
            if (qio_channel_read_all(ioc, (char *)got, 2, NULL)) {
                return false;
            }
            part = got[1];
            if (part == 126) {
                if (qio_channel_read_all(ioc, (char *)got, 2, NULL)) {
                    return false;
                }
                part = got[0] << 8 | got[1];
            }
            g_assert_cmpuint(part, <=, left);
        }
        if (qio_channel_read_all(ioc, (char *)got, part, NULL)) {
            return false;
        }
        g_assert_cmpmem(got, part, sent + head + (size - left), part);
        left -= part;
    }
    return true;
}

static bool coroutine_fn shakes_hands(QIOChannelSocket *socket, QIOChannel **ioc, int kind)
{
    static const char request[] =
        "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Protocol: binary\r\n\r\n";

    *ioc = QIO_CHANNEL(socket);
    if (kind == OVER_TLS) {
        Wait wait = WAIT;
        QIOChannelTLS *tls = tls_over(*ioc, CLIENT);

        *ioc = QIO_CHANNEL(tls);
        qio_channel_tls_handshake(tls, wait_ends_with, &wait, NULL, NULL);
        if (!wait_for(&wait)) {
            g_warning("TLS: %s", wait.why);
            return false;
        }
        return true;
    }
    if (kind == WEBSOCKET) {
        uint32_t last = 0;

        if (qio_channel_write_all(*ioc, request, strlen(request), NULL)) {
            return false;
        }
        while (last != 0x0d0a0d0a) {
            unsigned char byte;

            if (qio_channel_read_all(*ioc, (char *)&byte, 1, NULL)) {
                return false;
            }
            last = last << 8 | byte;
        }
    }
    return true;
}

static void resets(QIOChannelSocket *socket)
{
    struct linger at_once = { .l_onoff = 1 };

    setsockopt(socket->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
}

static void coroutine_fn lives(int kind, int way)
{
    QIOChannelSocket *socket = connects(kind);
    QIOChannel *ioc = NULL;

    if (!socket) {
        rest(50);
        return;
    }
    if (way == STALLS || way == RESETS_EARLY || way == LEAVES_EARLY) {
        /* In the middle of a first message, whatever it means to the server. */
        qio_channel_write_all(QIO_CHANNEL(socket), "\x16\x03\x01", g_random_int_range(1, 4), NULL);
        think();
        for (int i = 0; i < 5 && way == STALLS && !is_leaving; i++) {
            think();
        }
    } else if (shakes_hands(socket, &ioc, kind)) {
        for (int i = g_random_int_range(1, 20); i > 0 && !is_leaving; i--) {
            if (!echoes(ioc, kind)) {
                g_error("a client got no echo");
            }
            think();
        }
        if (way != COMPLETES) {
            char bytes[40000];

            /* More than it will ever read. */
            memset(bytes, 0x82, sizeof(bytes));
            qio_channel_write(ioc, bytes, sizeof(bytes), NULL);
        } else if (kind == OVER_TLS) {
            qio_channel_shutdown(ioc, QIO_CHANNEL_SHUTDOWN_WRITE, NULL);
        }
    } else {
        g_error("a client's handshake has failed, of kind %d", kind);
    }
    if (way == RESETS_EARLY || way == RESETS_LATE) {
        resets(socket);
    }
    if (ioc && ioc != QIO_CHANNEL(socket)) {
        object_unref(OBJECT(ioc));
    }
    object_unref(OBJECT(socket));
}

static void coroutine_fn client(void *opaque)
{
    while (!is_leaving) {
        lives(g_random_int_range(0, KINDS), ways[g_random_int_range(0, ARRAY_SIZE(ways))]);
    }
    if (--present == 0) {
        g_assert_cmpint(write(answering, "z", 1), ==, 1);
    }
}

static void fill(void)
{
    is_leaving = false;
    while (present < wanted) {
        present++;
        qemu_coroutine_enter(qemu_coroutine_create(client, NULL));
    }
}

static gboolean ordered(gint fd, GIOCondition condition, gpointer opaque)
{
    char order = 'q';

    if (read(fd, &order, 1) != 1 || order == 'q') {
        _exit(0);
    }
    if (order == 'd') {
        is_leaving = true;
    } else {
        fill();
    }
    return G_SOURCE_CONTINUE;
}

void crowd_run(int connections, const char *const ports[KINDS], PskCreds psk, int orders, int answers)
{
    wanted = connections;
    listening = ports;
    psk_of[CLIENT] = psk;
    answering = answers;
    g_unix_fd_add(orders, G_IO_IN | G_IO_HUP, ordered, NULL);
    for (;;) {
        main_loop_wait(false);
    }
}
