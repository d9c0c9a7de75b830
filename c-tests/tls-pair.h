/*
 * A client and a server with certificates of one authority, for tests.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef TLS_PAIR_H
#define TLS_PAIR_H

#include "crypto/tlscredsx509.h"

#include "tls-certificates.h"
#include "tls-session.h"

/* Who everybody is, unless a test wants somebody else. */
static TlsCert *ca;
static TlsCert *server;
static TlsCert *client;

static inline void tls_people_init(void)
{
    ca = tls_cert(.name = "ca", .is_ca = true);
    server = tls_cert(.name = "qemu.org", .issuer = ca);
    client = tls_cert(.name = "qemu", .issuer = ca);
}

/* Two ends with their credentials. */
typedef struct Pair {
    char *server_dir;
    char *client_dir;
    Object *server_creds;
    Object *client_creds;
    TlsEnd server;
    TlsEnd client;
} Pair;

static G_GNUC_UNUSED Object *x509_creds(const char *endpoint, const char *dir)
{
    return tls_creds_new(TYPE_QCRYPTO_TLS_CREDS_X509, endpoint, "endpoint", endpoint, "dir", dir,
                         "verify-peer", "yes", "sanity-check", "no", "priority", "NORMAL", NULL);
}

static G_GNUC_UNUSED void connect_pair(Pair *pair, const char *hostname, const char *aclname)
{
    int fds[2];

    tls_pair(fds);
    tls_end_init(&pair->server, fds[0], pair->server_creds, NULL, aclname,
                 QCRYPTO_TLS_CREDS_ENDPOINT_SERVER);
    tls_end_init(&pair->client, fds[1], pair->client_creds, hostname, NULL,
                 QCRYPTO_TLS_CREDS_ENDPOINT_CLIENT);
}

/* Ends with certificates; NULL stands for the usual one. */
static G_GNUC_UNUSED void pair_init(Pair *pair, TlsCert *server_cert, TlsCert *client_cert, const char *hostname,
                      const char *aclname)
{
    *pair = (Pair) { .server_dir = tls_dir_new(), .client_dir = tls_dir_new() };
    tls_dir_put_certs(pair->server_dir, "ca-cert.pem", ca, NULL);
    tls_dir_put_certs(pair->client_dir, "ca-cert.pem", ca, NULL);
    tls_dir_put_identity(pair->server_dir, "server", server_cert ? server_cert : server, NULL);
    tls_dir_put_identity(pair->client_dir, "client", client_cert ? client_cert : client, NULL);
    pair->server_creds = x509_creds("server", pair->server_dir);
    pair->client_creds = x509_creds("client", pair->client_dir);
    connect_pair(pair, hostname, aclname);
}

/* The credentials go first: the sessions keep them. */
static G_GNUC_UNUSED void pair_clear(Pair *pair)
{
    object_unparent(pair->server_creds);
    object_unparent(pair->client_creds);
    tls_end_clear(&pair->server);
    tls_end_clear(&pair->client);
    tls_dir_free(pair->server_dir);
    tls_dir_free(pair->client_dir);
}

static G_GNUC_UNUSED void pair_established(Pair *pair)
{
    pair_init(pair, NULL, NULL, "qemu.org", NULL);
    tls_handshake(&pair->client, &pair->server, &error_abort);
}

/* Data -------------------------------------------------------------------------------------- */

#define RECORD_MAX 16384

/* Bytes that tell where they belong. */
static G_GNUC_UNUSED guint8 byte_at(size_t position)
{
    return position * 31 + (position >> 8) * 7 + (position >> 16);
}

static G_GNUC_UNUSED void fill(guint8 *buf, size_t position, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        buf[i] = byte_at(position + i);
    }
}

static G_GNUC_UNUSED void expect_bytes(const guint8 *buf, size_t position, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (buf[i] != byte_at(position + i)) {
            g_error("byte %zu is wrong", position + i);
        }
    }
}

static G_GNUC_UNUSED void send_all(TlsEnd *end, const void *buf, size_t len)
{
    for (size_t done = 0; done < len; ) {
        ssize_t n = tls_end_send(end, (const char *)buf + done, len - done, &error_abort);

        g_assert_cmpint(n, >, 0);
        done += n;
    }
}

static G_GNUC_UNUSED void expect_received(TlsEnd *end, const char *wanted)
{
    char buf[64];
    ssize_t n = tls_end_receive(end, buf, sizeof(buf), &error_abort);

    g_assert_cmpmem(buf, n, wanted, strlen(wanted));
}

#endif
