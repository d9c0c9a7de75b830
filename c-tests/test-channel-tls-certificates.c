/*
 * io/channel-tls.h with certificates: whom the ends accept, and what is told of the others.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tls-channels.h"

/* Who everybody is, unless a test wants somebody else. */
static TlsCert *ca, *server, *client;

/* An end's certificate, the authorities it knows, and what it wants of the other one. */
typedef struct Party {
    TlsCert *cert;
    TlsCert *ca;
    const char *wants;
} Party;

#define NOBODY ((TlsCert *)&server)

static QIOChannelTLS *party(QIOChannel *master, int end, const Party *self)
{
    char *dir = tls_dir_new();
    TlsCert *cert = self->cert ? self->cert : end == SERVER ? server : client;
    QCryptoTLSCreds *creds;
    QIOChannelTLS *ioc;

    tls_dir_put_certs(dir, "ca-cert.pem", self->ca ? self->ca : ca, NULL);
    if (cert != NOBODY) {
        tls_dir_put_identity(dir, end == SERVER ? "server" : "client", cert, NULL);
    }
    creds = tls_creds("x509", dir, end);
    ioc = end == SERVER
        ? qio_channel_tls_new_server(master, creds, self->wants, &error_abort)
        : qio_channel_tls_new_client(master, creds, self->wants, &error_abort);
    /* The sessions keep what they need. */
    tls_creds_end(creds);
    tls_dir_free(dir);
    return ioc;
}

/* Handshakes; both ends are told, and open. */
static void meet(Tls *tls, Party client_party, Party server_party)
{
    Pair pair = unix_pair();

    set_blocking(pair.client, false);
    set_blocking(pair.server, false);
    *tls = (Tls) { .below = { QIO_CHANNEL(pair.client), QIO_CHANNEL(pair.server) } };
    tls->ends[CLIENT] = party(tls->below[CLIENT], CLIENT, &client_party);
    tls->ends[SERVER] = party(tls->below[SERVER], SERVER, &server_party);
    tls_shake(tls);
}

static void test_accepted(void)
{
    g_autofree char *name = NULL;
    Tls tls;

    meet(&tls, (Party) { .wants = "qemu.org" }, (Party) { 0 });
    g_assert_cmpstr(tls.shakes[CLIENT].error, ==, NULL);
    g_assert_cmpstr(tls.shakes[SERVER].error, ==, NULL);
    name = qcrypto_tls_session_get_peer_name(qio_channel_tls_get_session(tls.ends[SERVER]));
    g_assert_cmpstr(name, ==, "C=UK,CN=qemu");
    g_assert_cmpint(qcrypto_tls_session_get_key_size(tls.ends[SERVER]->session, &error_abort), >=,
                    16);
    tls_pass(&tls, CLIENT, "accepted");
    tls_end(&tls);
}

/* The client refuses, and doesn't tell the server. */
static void check_client_refuses(Party client_party, Party server_party, const char *text)
{
    Tls tls;

    meet(&tls, client_party, server_party);
    g_assert_nonnull(tls.shakes[CLIENT].error);
    if (text) {
        g_assert_cmpstr(tls.shakes[CLIENT].error, ==, text);
    }
    g_assert_cmpstr(tls.shakes[SERVER].error, ==, NULL);
    {
        char byte;

        g_assert_cmpint(tls_read(&tls, SERVER, &byte, 1, &error_abort), ==, QIO_CHANNEL_ERR_BLOCK);
        g_assert_cmpint(qio_channel_close(QIO_CHANNEL(tls.ends[CLIENT]), &error_abort), ==, 0);
        expect_failure(tls_read(&tls, SERVER, &byte, 1, &err));
    }
    tls_end(&tls);
}

static void test_client_refuses(void)
{
    TlsCert *other_ca = tls_cert(.name = "other", .is_ca = true);
    TlsCert *self_signed = tls_cert(.name = "qemu.org");
    TlsCert *expired = tls_cert(.name = "qemu.org", .issuer = ca, .begins = -48, .ends = -24);
    TlsCert *future = tls_cert(.name = "qemu.org", .issuer = ca, .begins = 24, .ends = 48);
    Party wants = { .wants = "qemu.org" };

    check_client_refuses((Party) { .wants = "wiki.qemu.org" }, (Party) { 0 },
                         "Certificate does not match the hostname wiki.qemu.org");
    check_client_refuses((Party) { 0 }, (Party) { 0 }, "No hostname for certificate validation");
    check_client_refuses((Party) { .wants = "qemu.org", .ca = other_ca }, (Party) { 0 },
                         "The certificate hasn't got a known issuer");
    check_client_refuses(wants, (Party) { .cert = self_signed },
                         "The certificate hasn't got a known issuer");
    check_client_refuses(wants, (Party) { .cert = expired }, NULL);
    check_client_refuses(wants, (Party) { .cert = future }, NULL);
}

static void check_server_refuses(Party client_party, Party server_party, const char *text)
{
    Tls tls;

    client_party.wants = "qemu.org";
    meet(&tls, client_party, server_party);
    g_assert_cmpstr(tls.shakes[CLIENT].error, ==, NULL);
    g_assert_nonnull(tls.shakes[SERVER].error);
    if (text) {
        g_assert_cmpstr(tls.shakes[SERVER].error, ==, text);
    }
    tls_end(&tls);
}

static void test_server_refuses(void)
{
    TlsCert *other_ca = tls_cert(.name = "other", .is_ca = true);
    TlsCert *false_ca = tls_cert(.name = "ca", .is_ca = true);
    TlsCert *impostor = tls_cert(.name = "qemu", .issuer = false_ca);

    check_server_refuses((Party) { .cert = NOBODY }, (Party) { 0 },
                         "Verify failed: No certificate was found.");
    /* Who isn't asked for what he has shows nothing. */
    check_server_refuses((Party) { 0 }, (Party) { .ca = other_ca },
                         "Verify failed: No certificate was found.");
    check_server_refuses((Party) { .cert = impostor }, (Party) { 0 }, NULL);
    check_server_refuses((Party) { 0 }, (Party) { .wants = "nobody" }, NULL);
}

/* One end has certificates, the other a key: they have no cipher in common. */
static void test_other_kind(void)
{
    Pair pair = unix_pair();
    Tls tls = { .below = { QIO_CHANNEL(pair.client), QIO_CHANNEL(pair.server) } };

    set_blocking(pair.client, false);
    set_blocking(pair.server, false);
    tls.ends[CLIENT] = party(tls.below[CLIENT], CLIENT, &(Party) { .wants = "qemu.org" });
    tls.ends[SERVER] = tls_over(tls.below[SERVER], SERVER);
    shake_start(&tls.shakes[CLIENT], tls.ends[CLIENT], NULL);
    shake_start(&tls.shakes[SERVER], tls.ends[SERVER], NULL);
    while (!tls.shakes[SERVER].destroyed) {
        g_main_context_iteration(NULL, true);
    }
    g_assert_true(g_str_has_prefix(tls.shakes[SERVER].error, "TLS handshake failed: "));
    tls_end_one(&tls, SERVER);
    while (!tls.shakes[CLIENT].destroyed) {
        g_main_context_iteration(NULL, true);
    }
    g_assert_true(g_str_has_prefix(tls.shakes[CLIENT].error, "TLS handshake failed: "));
    tls_end(&tls);
}

int main(int argc, char **argv)
{
    tls_tests_init(&argc, &argv);
    ca = tls_cert(.name = "ca", .is_ca = true);
    server = tls_cert(.name = "qemu.org", .issuer = ca);
    client = tls_cert(.name = "qemu", .issuer = ca);
    g_test_add_func("/qio/channel/tls/certificates/accepted", test_accepted);
    g_test_add_func("/qio/channel/tls/certificates/client-refuses", test_client_refuses);
    g_test_add_func("/qio/channel/tls/certificates/server-refuses", test_server_refuses);
    g_test_add_func("/qio/channel/tls/certificates/other-kind", test_other_kind);
    return tls_tests_run();
}
