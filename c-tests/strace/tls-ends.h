/*
 * Both ends of a TLS connection, by channels or by hand.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef TLS_ENDS_H
#define TLS_ENDS_H

#include "tls-by-hand.h"
#include "../peers/credentials.h"

#include <glib/gstdio.h>

/* Of the client and of the server, for those made from now on. */
static QCryptoTLSCreds *creds_of[2];
static char *creds_dir;

/* One end of a connection: a channel, or a session. */
typedef struct Secure {
    int fd;
    QIOChannel *ioc;
    QCryptoTLSSession *session;
    bool ready;
} Secure;

static inline void shaken(QIOTask *task, gpointer opaque)
{
    g_assert_false(qio_task_propagate_error(task, &error_abort));
    *(bool *)opaque = true;
}

static inline void begin(Secure *end, bool is_server, bool by_library)
{
    QIOChannelSocket *below;
    QIOChannelTLS *ioc;

    if (!by_library) {
        end->session = hand_session(creds_of[is_server], is_server, &end->fd);
        return;
    }
    below = qio_channel_socket_new_fd(end->fd, &error_abort);
    ioc = is_server
        ? qio_channel_tls_new_server(QIO_CHANNEL(below), creds_of[1], NULL, &error_abort)
        : qio_channel_tls_new_client(QIO_CHANNEL(below), creds_of[0], NULL, &error_abort);
    object_unref(OBJECT(below));
    end->ioc = QIO_CHANNEL(ioc);
    qio_channel_tls_handshake(ioc, shaken, &end->ready, NULL, NULL);
}

/* Two ends that are ready for data; ends[1] is the server's. */
static inline void connect_ends(Secure *ends, bool by_library, bool blocking)
{
    int sv[2], i;

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv), ==, 0);
    for (i = 0; i < 2; i++) {
        ends[i] = (Secure) { .fd = sv[i] };
        no_wait(sv[i]);
        begin(&ends[i], i, by_library);
    }
    while (!ends[0].ready || !ends[1].ready) {
        for (i = 0; i < 2; i++) {
            if (!by_library && !ends[i].ready) {
                ends[i].ready = hand_shake(ends[i].session);
            }
        }
        if (by_library) {
            g_main_context_iteration(NULL, true);
        }
    }
    for (i = 0; i < 2 && blocking; i++) {
        g_assert_cmpint(fcntl(sv[i], F_SETFL, O_RDWR), ==, 0);
    }
}

static inline void disconnect_ends(Secure *ends)
{
    int i;

    for (i = 0; i < 2; i++) {
        if (ends[i].ioc) {
            g_assert_cmpint(qio_channel_close(ends[i].ioc, &error_abort), ==, 0);
            object_unref(OBJECT(ends[i].ioc));
        } else {
            qcrypto_tls_session_free(ends[i].session);
            close(ends[i].fd);
        }
    }
}

static inline void put(Secure *end, const char *bytes, size_t length)
{
    if (end->ioc) {
        g_assert_cmpint(qio_channel_write_all(end->ioc, bytes, length, &error_abort), ==, 0);
    } else {
        hand_encrypt_all(end->session, end->fd, bytes, length);
    }
}

/* False at the end of the data. */
static inline bool get(Secure *end, char *bytes, size_t length)
{
    if (end->ioc) {
        int result = qio_channel_read_all_eof(end->ioc, bytes, length, &error_abort);

        g_assert_cmpint(result, >=, 0);
        return result;
    }
    return hand_decrypt_all(end->session, end->fd, bytes, length);
}

static inline void creds_begin(void)
{
    g_autofree char *keys = NULL;
    int i;

    creds_dir = g_dir_make_tmp("qio-XXXXXX", NULL);
    keys = g_build_filename(creds_dir, "keys.psk", NULL);
    g_assert_true(g_file_set_contents(keys, "qemu:6c69627320616e64206b657973206f6e\n", -1, NULL));
    for (i = 0; i < 2; i++) {
        creds_of[i] = credentials_new("psk", creds_dir, i, false);
    }
}

static inline void creds_finish(void)
{
    g_autofree char *keys = g_build_filename(creds_dir, "keys.psk", NULL);
    int i;

    for (i = 0; i < 2; i++) {
        credentials_end(creds_of[i]);
    }
    g_unlink(keys);
    g_rmdir(creds_dir);
    g_free(creds_dir);
}

#endif
