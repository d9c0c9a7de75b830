/*
 * The TLS that answers: version, certificates, and why they are or aren't accepted.
 *
 * A TLS channel tells none of it, so that this is a session of GnuTLS's own, over the socket's channel.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "probe.h"
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

/* Errors of GnuTLS as ours. */
#define check(call, what)                                                        \
    do {                                                                         \
        int ret_ = (call);                                                       \
        if (ret_ < 0) {                                                          \
            error_setg(errp, "%s: %s", what, gnutls_strerror(ret_));             \
            return false;                                                        \
        }                                                                        \
    } while (0)

/* NULL if there is none. What has a NUL inside is not to pass for what stands before that. */
static char *text_of(gnutls_datum_t *datum)
{
    GString *text;

    if (!datum->data) {
        return NULL;
    }
    text = g_string_new(NULL);
    for (unsigned int i = 0; i < datum->size; i++) {
        if (datum->data[i]) {
            g_string_append_c(text, datum->data[i]);
        } else {
            g_string_append(text, "\\x00");
        }
    }
    gnutls_free(datum->data);
    return g_string_free(text, FALSE);
}

static char *date_of(time_t seconds)
{
    g_autoptr(GDateTime) date = g_date_time_new_from_unix_utc(seconds);

    return date ? g_date_time_format(date, "%Y-%m-%d %H:%M:%S UTC") : g_strdup("?");
}

/* A name or address that a certificate is for; NULL behind the last one. */
static char *name_of(gnutls_x509_crt_t crt, unsigned int i)
{
    gnutls_datum_t name = { 0 };
    char text[INET6_ADDRSTRLEN] = "?";
    size_t size = 0;
    int kind = gnutls_x509_crt_get_subject_alt_name(crt, i, NULL, &size, NULL);

    /* It may be of any length. */
    if (kind == GNUTLS_E_SHORT_MEMORY_BUFFER) {
        name.data = gnutls_calloc(1, size + 1);
        kind = name.data ? gnutls_x509_crt_get_subject_alt_name(crt, i, name.data, &size, NULL) : kind;
        name.size = size;
    }
    if (kind >= 0 && kind != GNUTLS_SAN_IPADDRESS) {
        return text_of(&name);
    }
    if (kind >= 0 && (size == 4 || size == 16)) {
        inet_ntop(size == 4 ? AF_INET : AF_INET6, name.data, text, sizeof(text));
    }
    gnutls_free(name.data);
    return kind < 0 ? NULL : g_strdup(text);
}

/* All of them. */
static char *names_of(gnutls_x509_crt_t crt)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    char *name;

    while ((name = name_of(crt, names->len))) {
        g_ptr_array_add(names, name);
    }
    if (!names->len) {
        return g_strdup("no names");
    }
    g_ptr_array_add(names, NULL);
    return g_strjoinv(", ", (char **)names->pdata);
}

static void add_certificate(Probe *probe, const gnutls_datum_t *der)
{
    gnutls_x509_crt_t crt;
    gnutls_datum_t subject = { 0 }, issuer = { 0 };
    Certificate *certificate = g_new0(Certificate, 1);

    gnutls_x509_crt_init(&crt);
    if (gnutls_x509_crt_import(crt, der, GNUTLS_X509_FMT_DER) < 0) {
        *certificate = (Certificate) {
            .subject = g_strdup("unreadable"), .issuer = g_strdup("?"), .names = g_strdup("?"),
            .from = g_strdup("?"), .until = g_strdup("?"),
        };
    } else {
        gnutls_x509_crt_get_dn3(crt, &subject, 0);
        gnutls_x509_crt_get_issuer_dn3(crt, &issuer, 0);
        *certificate = (Certificate) {
            .subject = text_of(&subject), .issuer = text_of(&issuer), .names = names_of(crt),
            .from = date_of(gnutls_x509_crt_get_activation_time(crt)),
            .until = date_of(gnutls_x509_crt_get_expiration_time(crt)),
        };
    }
    gnutls_x509_crt_deinit(crt);
    g_ptr_array_add(probe->certificates, certificate);
}

static void judge(Probe *probe, gnutls_session_t session, const char *name)
{
    unsigned int status = 0;
    gnutls_datum_t text = { 0 };
    int ret = gnutls_certificate_verify_peers3(session, name, &status);

    if (ret < 0) {
        probe->judgement = g_strdup_printf("no: %s", gnutls_strerror(ret));
        return;
    }
    probe->is_accepted = status == 0;
    gnutls_certificate_verification_status_print(status, GNUTLS_CRT_X509, &text, 0);
    probe->judgement = text_of(&text);
}

/* What there is to say about an open session. */
static void describe(Probe *probe, gnutls_session_t session)
{
    unsigned int count = 0;
    const gnutls_datum_t *chain = gnutls_certificate_get_peers(session, &count);
    char *cipher = gnutls_session_get_desc(session);

    probe->version = g_strdup(gnutls_protocol_get_name(gnutls_protocol_get_version(session)));
    probe->cipher = g_strdup(cipher);
    gnutls_free(cipher);
    for (unsigned int i = 0; i < count; i++) {
        add_certificate(probe, &chain[i]);
    }
    judge(probe, session, probe->layers.tls_name ? probe->layers.tls_name : address_host(probe->where));
}

/*
 * With TLS 1.3 the client's handshake is over before the server has judged the client's certificate, or that there is none
 * (RFC 8446, 4.4.2.4). Who refuses sends an alert or, as servers of libqio do, closes without a word; who has no objection says
 * something, or waits for us. So we listen for as long as the handshake took, and a second more.
 */
static void hear_refusal(Probe *probe, gnutls_session_t session, QIOChannelSocket *sioc)
{
    int64_t begin = g_get_monotonic_time(), end = begin + probe->tls.milliseconds * 1000 + G_USEC_PER_SEC, left;
    GPollFD pollfd = { .fd = sioc->fd, .events = G_IO_IN };
    char byte;
    int ret = GNUTLS_E_AGAIN;

    if (probe->deadline) {
        /* What is found is to be shown before the time is over. */
        end = MIN(end, begin + (probe->deadline - begin) / 2);
    }
    qio_channel_set_blocking(QIO_CHANNEL(sioc), false, NULL);
    while ((ret == GNUTLS_E_AGAIN || ret == GNUTLS_E_INTERRUPTED) && (left = end - g_get_monotonic_time()) > 0) {
        g_poll(&pollfd, 1, left / 1000 + 1);
        ret = gnutls_record_recv(session, &byte, 1);
    }
    if (ret == GNUTLS_E_FATAL_ALERT_RECEIVED) {
        probe->refusal = g_strdup(gnutls_alert_get_name(gnutls_alert_get(session)));
    } else if (ret < 0 && gnutls_error_is_fatal(ret)) {
        probe->refusal = g_strdup("it has closed without a word");
    }
}

static bool own_certificate(const Layers *layers, gnutls_certificate_credentials_t creds, Error **errp)
{
    g_autofree char *authorities = authorities_file(layers);

    /* Where any certificate will do it is told all the same whether these accept it. */
    if (!layers->insecure || g_file_test(authorities, G_FILE_TEST_EXISTS)) {
        check(gnutls_certificate_set_x509_trust_file(creds, authorities, GNUTLS_X509_FMT_PEM), authorities);
    }
    if (layers->tls_dir) {
        g_autofree char *cert = g_build_filename(layers->tls_dir, "client-cert.pem", NULL);
        g_autofree char *key = g_build_filename(layers->tls_dir, "client-key.pem", NULL);

        if (g_file_test(cert, G_FILE_TEST_EXISTS)) {
            check(gnutls_certificate_set_x509_key_file(creds, cert, key, GNUTLS_X509_FMT_PEM), cert);
        }
    }
    return true;
}

/* To a peer that has gone: what it said before tells more than that, and is read next. */
static ssize_t push(gnutls_transport_ptr_t ioc, const void *bytes, size_t size)
{
    ssize_t n = qio_channel_write(ioc, bytes, size, NULL);

    if (n == QIO_CHANNEL_ERR_BLOCK) {
        errno = EAGAIN;
        return n;
    }
    return n < 0 ? (ssize_t)size : n;
}

static ssize_t pull(gnutls_transport_ptr_t ioc, void *bytes, size_t size)
{
    ssize_t n = qio_channel_read(ioc, bytes, size, NULL);

    if (n == QIO_CHANNEL_ERR_BLOCK) {
        errno = EAGAIN;
    }
    return n;
}

static bool handshake(Probe *probe, gnutls_session_t session, gnutls_certificate_credentials_t creds,
                      QIOChannelSocket *sioc, Error **errp)
{
    const char *name = probe->layers.tls_name ? probe->layers.tls_name : address_host(probe->where);
    int ret;

    if (!own_certificate(&probe->layers, creds, errp)) {
        return false;
    }
    check(gnutls_set_default_priority(session), "priorities");
    check(gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, creds), "credentials");
    if (name && !g_hostname_is_ip_address(name)) {
        check(gnutls_server_name_set(session, GNUTLS_NAME_DNS, name, strlen(name)), name);
    }
    gnutls_transport_set_ptr(session, sioc);
    gnutls_transport_set_push_function(session, push);
    gnutls_transport_set_pull_function(session, pull);
    do {
        ret = gnutls_handshake(session);
    } while (ret < 0 && !gnutls_error_is_fatal(ret));
    check(ret, "handshake");
    return true;
}

void probe_tls(Probe *probe, QIOChannelSocket *sioc)
{
    int64_t begin = g_get_monotonic_time();
    gnutls_certificate_credentials_t creds;
    gnutls_session_t session;
    Error *err = NULL;
    bool is_open;

    gnutls_certificate_allocate_credentials(&creds);
    gnutls_init(&session, GNUTLS_CLIENT);
    is_open = handshake(probe, session, creds, sioc, &err);
    probe->wants_ours = gnutls_certificate_client_get_request_status(session) == 1;
    probe->has_ours = gnutls_certificate_get_ours(session);
    if (is_open) {
        probe_succeeded(&probe->tls, begin);
        describe(probe, session);
        if (probe->wants_ours && gnutls_protocol_get_version(session) >= GNUTLS_TLS1_3) {
            hear_refusal(probe, session, sioc);
        }
        gnutls_bye(session, GNUTLS_SHUT_WR);
    } else {
        probe_failed(&probe->tls, begin, err);
    }
    gnutls_deinit(session);
    gnutls_certificate_free_credentials(creds);
}
