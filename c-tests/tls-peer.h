/*
 * A TLS client made with GnuTLS alone, on the other end of a socket: it can do what channels don't.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef TLS_PEER_H
#define TLS_PEER_H

#include "tls-channels.h"

#include <gnutls/gnutls.h>
#include <pthread.h>

typedef struct Peer {
    QIOChannelSocket *master;
    QIOChannelTLS *ioc;
    Shake shake;
    int fd;
    gnutls_session_t session;
    gnutls_psk_client_credentials_t creds;
} Peer;

/* A client that hasn't said anything, and a channel for a server that has not begun. */
static inline void peer_make(Peer *peer, const char *priority)
{
    gnutls_datum_t key = { .data = (unsigned char *)PSK_KEY, .size = strlen(PSK_KEY) };
    int sv[2];

    *peer = (Peer) { 0 };
    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv), ==, 0);
    peer->fd = sv[1];
    peer->master = qio_channel_socket_new_fd(sv[0], &error_abort);
    set_blocking(peer->master, false);
    peer->ioc = tls_over(QIO_CHANNEL(peer->master), SERVER);

    g_assert_cmpint(gnutls_psk_allocate_client_credentials(&peer->creds), ==, 0);
    g_assert_cmpint(gnutls_psk_set_client_credentials(peer->creds, "qemu", &key,
                                                      GNUTLS_PSK_KEY_HEX), ==, 0);
    g_assert_cmpint(gnutls_init(&peer->session, GNUTLS_CLIENT), ==, 0);
    g_assert_cmpint(gnutls_priority_set_direct(peer->session, priority, NULL), ==, 0);
    g_assert_cmpint(gnutls_credentials_set(peer->session, GNUTLS_CRD_PSK, peer->creds), ==, 0);
    gnutls_transport_set_int(peer->session, peer->fd);
}

static inline void *peer_shake(void *opaque)
{
    Peer *peer = opaque;
    int ret;

    do {
        ret = gnutls_handshake(peer->session);
    } while (ret < 0 && !gnutls_error_is_fatal(ret));
    g_assert_cmpint(ret, ==, 0);
    return NULL;
}

/* The handshake; the peer blocks, the channel doesn't. */
static inline void peer_connect(Peer *peer)
{
    pthread_t thread;

    g_assert_cmpint(pthread_create(&thread, NULL, peer_shake, peer), ==, 0);
    shake_start(&peer->shake, peer->ioc, NULL);
    while (!peer->shake.destroyed) {
        g_main_context_iteration(NULL, true);
    }
    pthread_join(thread, NULL);
    g_assert_cmpstr(peer->shake.error, ==, NULL);
}

static inline void peer_open_with(Peer *peer, const char *priority)
{
    peer_make(peer, priority);
    peer_connect(peer);
}

static inline void peer_open(Peer *peer)
{
    peer_open_with(peer, "NORMAL:+ECDHE-PSK:+DHE-PSK:+PSK");
}

static inline void peer_send(Peer *peer, const void *bytes, size_t size)
{
    g_assert_cmpint(gnutls_record_send(peer->session, bytes, size), ==, size);
}

/* The peer says that it is done. */
static inline void peer_bye(Peer *peer)
{
    g_assert_cmpint(gnutls_bye(peer->session, GNUTLS_SHUT_WR), ==, 0);
}

/* The peer is gone without a word. */
static inline void peer_cut(Peer *peer)
{
    close(peer->fd);
    peer->fd = -1;
}

static inline void peer_end(Peer *peer)
{
    gnutls_deinit(peer->session);
    gnutls_psk_free_client_credentials(peer->creds);
    if (peer->fd >= 0) {
        close(peer->fd);
    }
    g_free(peer->shake.error);
    g_assert_cmpint(OBJECT(peer->ioc)->ref, ==, 1);
    object_unref(OBJECT(peer->ioc));
    g_assert_cmpint(OBJECT(peer->master)->ref, ==, 1);
    object_unref(OBJECT(peer->master));
}

#endif
