/*
 * TLS channels with keys that both ends know, over a pair of sockets or over wires.
 *
 * Credentials come from the embedded host's objects or from the C host, whichever is there.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef TLS_CHANNELS_H
#define TLS_CHANNELS_H

#include "socket-channels.h"
#include "tls-certificates.h"
#include "io/channel-tls.h"

#ifdef HOST_IMPORTED
#include "host/tls.h"
#else
#include "crypto/init.h"
#endif

#define PSK_KEY "6c69627320616e64206b657973206f6e"

/* The index of an end. */
enum { CLIENT, SERVER };

/* A call that stores to &err fails. */
#define expect_failure(call) do { \
    Error *err = NULL; \
    g_assert_cmpint(call, ==, -1); \
    g_assert_nonnull(err); \
    error_free(err); \
} while (0)

static inline QCryptoTLSCredsEndpoint endpoint_of(int end)
{
    return end == SERVER ? QCRYPTO_TLS_CREDS_ENDPOINT_SERVER : QCRYPTO_TLS_CREDS_ENDPOINT_CLIENT;
}

/* Credentials of @kind, "psk" or "x509", from @dir; tls_creds_end() gives them up. */
static inline QCryptoTLSCreds *tls_creds(const char *kind, const char *dir, int end)
{
#ifdef HOST_IMPORTED
    return host_tls_creds_new(kind, dir, endpoint_of(end), true, &error_abort);
#else
    static int number;
    g_autofree char *type = g_strdup_printf("tls-creds-%s", kind);
    g_autofree char *id = g_strdup_printf("creds%d", number++);
    const char *endpoint = end == SERVER ? "server" : "client";
    /* Only certificates can be looked at, and the tests want bad ones to get through. */
    const char *last = strcmp(kind, "x509") == 0 ? "sanity-check" : NULL;

    return QCRYPTO_TLS_CREDS(tls_creds_new(type, id, "endpoint", endpoint, "dir", dir,
                                           "verify-peer", "yes", last, "no", NULL));
#endif
}

static inline void tls_creds_end(QCryptoTLSCreds *creds)
{
#ifdef HOST_IMPORTED
    object_unref(OBJECT(creds));
#else
    object_unparent(OBJECT(creds));
#endif
}

/* Credentials and the directory that they come from. */
typedef struct PskCreds {
    QCryptoTLSCreds *creds;
    char *dir;
} PskCreds;

static inline PskCreds psk_creds(int end, const char *key)
{
    PskCreds psk = { .dir = tls_dir_new() };
    g_autofree char *text = g_strdup_printf("qemu:%s\n", key);

    tls_dir_put(psk.dir, "keys.psk", text);
    psk.creds = tls_creds("psk", psk.dir, end);
    return psk;
}

static inline void psk_creds_end(PskCreds *psk)
{
    tls_creds_end(psk->creds);
    tls_dir_free(psk->dir);
}

/* What became of a handshake. */
typedef struct Shake {
    QIOChannelTLS *ioc;
    int called;
    int destroyed;
    char *error;
    GThread *thread;
    /* Another one of the same channel is under way. */
    bool is_second;
    /* What the program does in the callback. */
    void (*in_callback)(struct Shake *shake);
} Shake;

static inline void shake_called(QIOTask *task, gpointer opaque)
{
    Shake *shake = opaque;
    Error *err = NULL;

    g_assert_cmpint(shake->called, ==, 0);
    g_assert_cmpint(shake->destroyed, ==, 0);
    g_assert_true(qio_task_get_source(task) == OBJECT(shake->ioc));
#ifdef QIO_HAS_TLS_HS_IOC_TAG
    if (!shake->is_second) {
        g_assert_cmpuint(shake->ioc->hs_ioc_tag, ==, 0);
    }
#endif
    shake->thread = g_thread_self();
    if (qio_task_propagate_error(task, &err)) {
        shake->error = g_strdup(error_get_pretty(err));
        error_free(err);
    }
    if (shake->in_callback) {
        shake->in_callback(shake);
    }
    shake->called++;
}

static inline void shake_destroyed(gpointer opaque)
{
    Shake *shake = opaque;

    shake->destroyed++;
}

static inline void shake_start(Shake *shake, QIOChannelTLS *ioc, GMainContext *context)
{
    shake->ioc = ioc;
    qio_channel_tls_handshake(ioc, shake_called, shake, shake_destroyed, context);
}

/* What the ends of a connection show to each other, while the tests run. */
static PskCreds psk_of[2];

/* Two ends that can be made and connected. */
typedef struct Tls {
    QIOChannel *below[2];
    QIOChannelTLS *ends[2];
    Shake shakes[2];
} Tls;

static inline QIOChannelTLS *tls_over(QIOChannel *below, int end)
{
    QIOChannelTLS *ioc = end == SERVER
        ? qio_channel_tls_new_server(below, psk_of[end].creds, NULL, &error_abort)
        : qio_channel_tls_new_client(below, psk_of[end].creds, NULL, &error_abort);

    g_assert_nonnull(ioc);
    return ioc;
}

/* Ends over these channels, whose references are taken. */
static inline void tls_make_over(Tls *tls, QIOChannel *client, QIOChannel *server)
{
    int i;

    *tls = (Tls) { .below = { client, server } };
    for (i = 0; i < 2; i++) {
        tls->ends[i] = tls_over(tls->below[i], i);
    }
}

/* Ends over sockets that don't block. */
static inline void tls_make(Tls *tls)
{
    Pair pair = unix_pair();

    set_blocking(pair.client, false);
    set_blocking(pair.server, false);
    tls_make_over(tls, QIO_CHANNEL(pair.client), QIO_CHANNEL(pair.server));
}

/* Runs what is ready in the default context. */
static inline void tls_run(void)
{
    while (g_main_context_iteration(NULL, false)) {
    }
}

/* Handshakes at both ends; both are told. */
static inline void tls_shake(Tls *tls)
{
    int i;

    for (i = 0; i < 2; i++) {
        shake_start(&tls->shakes[i], tls->ends[i], NULL);
    }
    while (!tls->shakes[CLIENT].destroyed || !tls->shakes[SERVER].destroyed) {
        g_main_context_iteration(NULL, true);
    }
    for (i = 0; i < 2; i++) {
        g_assert_cmpint(tls->shakes[i].called, ==, 1);
    }
}

static inline void tls_connect(Tls *tls)
{
    tls_shake(tls);
    g_assert_cmpstr(tls->shakes[CLIENT].error, ==, NULL);
    g_assert_cmpstr(tls->shakes[SERVER].error, ==, NULL);
}

static inline void tls_open(Tls *tls)
{
    tls_make(tls);
    tls_connect(tls);
}

static inline void tls_open_over(Tls *tls, QIOChannel *client, QIOChannel *server)
{
    tls_make_over(tls, client, server);
    tls_connect(tls);
}

/* The last references go, and with them everything. */
static inline void tls_end_one(Tls *tls, int end)
{
    if (tls->ends[end]) {
        g_assert_cmpint(OBJECT(tls->ends[end])->ref, ==, 1);
        object_unref(OBJECT(tls->ends[end]));
        tls->ends[end] = NULL;
    }
    if (tls->below[end]) {
        g_assert_cmpint(OBJECT(tls->below[end])->ref, ==, 1);
        object_unref(OBJECT(tls->below[end]));
        tls->below[end] = NULL;
    }
    g_clear_pointer(&tls->shakes[end].error, g_free);
}

static inline void tls_end(Tls *tls)
{
    tls_end_one(tls, CLIENT);
    tls_end_one(tls, SERVER);
}

static inline void tls_set_blocking(Tls *tls, bool enabled)
{
    int i;

    for (i = 0; i < 2; i++) {
        qio_channel_set_blocking(QIO_CHANNEL(tls->ends[i]), enabled, &error_abort);
    }
}

static inline ssize_t tls_read(Tls *tls, int end, void *buf, size_t len, Error **errp)
{
    return qio_channel_read(QIO_CHANNEL(tls->ends[end]), buf, len, errp);
}

static inline ssize_t tls_write(Tls *tls, int end, const void *buf, size_t len, Error **errp)
{
    return qio_channel_write(QIO_CHANNEL(tls->ends[end]), buf, len, errp);
}

/* What is written at an end arrives at the other. */
static inline void tls_pass(Tls *tls, int from, const char *text)
{
    g_autofree char *got = g_malloc0(strlen(text) + 1);

    g_assert_cmpint(tls_write(tls, from, text, strlen(text), &error_abort), ==, strlen(text));
    g_assert_cmpint(qio_channel_read_all(QIO_CHANNEL(tls->ends[!from]), got, strlen(text),
                                         &error_abort), ==, 0);
    g_assert_cmpstr(got, ==, text);
}

static inline void tls_tests_init(int *argc, char ***argv)
{
    socket_tests_init(argc, argv);
#ifndef HOST_IMPORTED
    g_assert_cmpint(qcrypto_init(&error_abort), ==, 0);
#endif
    psk_of[CLIENT] = psk_creds(CLIENT, PSK_KEY);
    psk_of[SERVER] = psk_creds(SERVER, PSK_KEY);
}

static inline int tls_tests_run(void)
{
    int result = g_test_run();

    psk_creds_end(&psk_of[CLIENT]);
    psk_creds_end(&psk_of[SERVER]);
    tls_certs_free();
    return result;
}

#endif
