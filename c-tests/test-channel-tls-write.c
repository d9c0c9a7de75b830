/*
 * io/channel-tls.h: writing, both directions at once, saying goodbye; mistakes of the program.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "rounds.h"
#include "tls-peer.h"
#include "tls-wire.h"
#include "mistakes.h"

#include <pthread.h>

#define RECORD 16384

/* Bytes by which one sees where they come from. */
static char *pattern(size_t size)
{
    char *bytes = g_malloc(size);
    size_t i;

    for (i = 0; i < size; i++) {
        bytes[i] = i * 2654435761u >> 13;
    }
    return bytes;
}

/* The other end reads exactly these bytes, and then nothing. */
static void expect_arrived(Tls *tls, const char *bytes, size_t size)
{
    g_autofree char *got = g_malloc(size + 1);
    size_t have = 0;
    ssize_t n;

    while ((n = tls_read(tls, SERVER, got + have, size + 1 - have, &error_abort)) > 0) {
        have += n;
    }
    g_assert_cmpint(n, ==, QIO_CHANNEL_ERR_BLOCK);
    g_assert_cmpmem(got, have, bytes, size);
}

static ssize_t put(Tls *tls, const struct iovec *iov, size_t niov, Error **errp)
{
    return qio_channel_writev(QIO_CHANNEL(tls->ends[CLIENT]), iov, niov, errp);
}

static void test_vector(void)
{
    struct iovec iov[] = {
        { .iov_base = NULL, .iov_len = 0 },
        { .iov_base = (char *)"one ", .iov_len = 4 },
        { .iov_base = NULL, .iov_len = 0 },
        { .iov_base = (char *)"record", .iov_len = 6 },
        { .iov_base = NULL, .iov_len = 0 },
    };
    Wire *wires[2];
    Tls tls;
    int writes;

    wire_pair(wires);
    tls_open_over(&tls, &wires[0]->parent, &wires[1]->parent);
    writes = wires[0]->writes;
    g_assert_cmpint(put(&tls, iov, 1, &error_abort), ==, 0);
    g_assert_cmpint(put(&tls, NULL, 0, &error_abort), ==, 0);
    g_assert_cmpint(tls_write(&tls, CLIENT, "", 0, &error_abort), ==, 0);
    g_assert_cmpint(wires[0]->writes, ==, writes);
    g_assert_cmpint(put(&tls, iov, 5, &error_abort), ==, 10);
    g_assert_cmpint(wires[0]->writes, ==, writes + 1);
    expect_arrived(&tls, "one record", 10);
    tls_end(&tls);
}

/* R-TLS-38, R-TLS-42: how many records it takes. */
static void test_records(void)
{
    g_autofree char *bytes = pattern(1 << 20);
    struct iovec iov[250];
    Wire *wires[2];
    Tls tls;
    int writes, i;

    wire_pair(wires);
    tls_open_over(&tls, &wires[0]->parent, &wires[1]->parent);
    for (i = 0; i < 250; i++) {
        iov[i] = (struct iovec) { .iov_base = bytes + 40 * i, .iov_len = 40 };
    }
    writes = wires[0]->writes;
    g_assert_cmpint(put(&tls, iov, 250, &error_abort), ==, 10000);
    g_assert_cmpint(wires[0]->writes, ==, writes + 1);
    expect_arrived(&tls, bytes, 10000);

    for (i = 0; i < 250; i++) {
        iov[i] = (struct iovec) { .iov_base = bytes + 4194 * i, .iov_len = 4194 };
    }
    writes = wires[0]->writes;
    g_assert_cmpint(put(&tls, iov, 250, &error_abort), ==, 250 * 4194);
    g_assert_cmpint(wires[0]->writes, ==, writes + 64);
    expect_arrived(&tls, bytes, 250 * 4194);

    /* A large element isn't copied, and goes record by record. */
    iov[0] = (struct iovec) { .iov_base = bytes, .iov_len = 1 << 20 };
    writes = wires[0]->writes;
    g_assert_cmpint(put(&tls, iov, 1, &error_abort), ==, RECORD);
    g_assert_cmpint(wires[0]->writes, ==, writes + 1);
    expect_arrived(&tls, bytes, RECORD);
    /* Behind a small one. */
    iov[0] = (struct iovec) { .iov_base = bytes, .iov_len = 64 };
    iov[1] = (struct iovec) { .iov_base = bytes + 64, .iov_len = (1 << 20) - 64 };
    g_assert_cmpint(put(&tls, iov, 2, &error_abort), ==, 2 * RECORD);
    expect_arrived(&tls, bytes, 2 * RECORD);
    tls_end(&tls);
}

/* R-TLS-40: the session has taken more than is offered the second time. */
static void check_shortened(const struct iovec *iov, size_t niov, const char *bytes)
{
    Wire *wires[2];
    Tls tls;
    int writes;

    wire_pair(wires);
    tls_open_over(&tls, &wires[0]->parent, &wires[1]->parent);
    wires[0]->capacity = 100;
    g_assert_cmpint(put(&tls, iov, niov, &error_abort), ==, QIO_CHANNEL_ERR_BLOCK);
    g_assert_cmpint(put(&tls, iov, niov, &error_abort), ==, QIO_CHANNEL_ERR_BLOCK);
    wires[0]->capacity = SIZE_MAX;
    g_assert_cmpint(tls_write(&tls, CLIENT, bytes, 10, &error_abort), ==, 10);
    writes = wires[0]->writes;
    g_assert_cmpint(tls_write(&tls, CLIENT, "", 0, &error_abort), ==, 0);
    g_assert_cmpint(tls_write(&tls, CLIENT, bytes + 10, 3000, &error_abort), ==, 3000);
    g_assert_cmpint(tls_write(&tls, CLIENT, bytes + 3010, 1990, &error_abort), ==, 1990);
    g_assert_cmpint(wires[0]->writes, ==, writes);
    g_assert_cmpint(tls_write(&tls, CLIENT, bytes + 5000, 1000, &error_abort), ==, 1000);
    g_assert_cmpint(wires[0]->writes, ==, writes + 1);
    expect_arrived(&tls, bytes, 6000);
    tls_end(&tls);
}

static void test_shortened(void)
{
    g_autofree char *bytes = pattern(6000);
    struct iovec one = { .iov_base = bytes, .iov_len = 5000 };
    struct iovec three[] = {
        { .iov_base = bytes, .iov_len = 7 },
        { .iov_base = bytes + 7, .iov_len = 93 },
        { .iov_base = bytes + 100, .iov_len = 4900 },
    };

    check_shortened(&one, 1, bytes);
    check_shortened(three, 3, bytes);
}

/* Elements of any size, offered again in any other cut, over a wire that is full most of the time. */
static void test_any_cut(void)
{
    const size_t size = is_slow() ? 100000 : 400000;
    g_autofree char *bytes = pattern(size);
    g_autoptr(GByteArray) got = g_byte_array_new();
    size_t done = 0;
    Wire *wires[2];
    Tls tls;

    wire_pair(wires);
    tls_open_over(&tls, &wires[0]->parent, &wires[1]->parent);
    while (got->len < size) {
        struct iovec iov[8];
        size_t niov = g_test_rand_int_range(1, 9), at = done, offered = 0, i;
        char buffer[3000];
        ssize_t n;

        wires[0]->capacity = g_test_rand_int_range(1, 30000);
        for (i = 0; i < niov; i++) {
            size_t len = MIN(size - at, (size_t)g_test_rand_int_range(0, i % 3 ? 9000 : 40));

            iov[i] = (struct iovec) { .iov_base = bytes + at, .iov_len = len };
            at += len;
            offered += len;
        }
        n = put(&tls, iov, niov, &error_abort);
        if (n >= 0) {
            g_assert_cmpuint(n, <=, offered);
            done += n;
        }
        n = tls_read(&tls, SERVER, buffer, sizeof(buffer), &error_abort);
        if (n > 0) {
            g_byte_array_append(got, (guint8 *)buffer, n);
        }
    }
    g_assert_cmpuint(done, ==, size);
    g_assert_cmpmem(got->data, got->len, bytes, size);
    tls_end(&tls);
}

/* R-TLS-64 */
static void test_broken(void)
{
    Wire *wires[2];
    Error *err = NULL;
    Tls tls;

    wire_pair(wires);
    tls_open_over(&tls, &wires[0]->parent, &wires[1]->parent);
    wires[0]->broken = true;
    g_assert_cmpint(tls_write(&tls, CLIENT, "x", 1, &err), ==, -1);
#ifndef QIO_HAS_SESSION_ERRP
    g_assert_cmpstr(error_get_pretty(err), ==, "Cannot write to TLS channel: Input/output error");
#else
    g_assert_cmpstr(error_get_pretty(err), ==, "the wire is broken");
#endif
    error_free(err);
    g_assert_cmpint(tls_write(&tls, CLIENT, "x", 1, NULL), ==, -1);
    tls_end(&tls);
}

/* Half of QEMU's own test: 250 elements through all of the vector calls, with and without waiting. */
typedef struct Passing {
    QIOChannel *ioc;
    char *bytes;
} Passing;

enum { ELEMENTS = 250, ELEMENT = 4194 };

static void passing_elements(Passing *self, struct iovec *iov)
{
    int i;

    for (i = 0; i < ELEMENTS; i++) {
        iov[i] = (struct iovec) { .iov_base = self->bytes + i * ELEMENT, .iov_len = ELEMENT };
    }
}

static void *send_all(void *opaque)
{
    Passing *self = opaque;
    struct iovec iov[ELEMENTS];

    passing_elements(self, iov);
    g_assert_cmpint(qio_channel_writev_all(self->ioc, iov, ELEMENTS, &error_abort), ==, 0);
    return NULL;
}

static void *receive_all(void *opaque)
{
    Passing *self = opaque;
    struct iovec iov[ELEMENTS];

    passing_elements(self, iov);
    g_assert_cmpint(qio_channel_readv_all(self->ioc, iov, ELEMENTS, &error_abort), ==, 0);
    return NULL;
}

/* Both ends send and receive at once, with four threads. */
static void check_all(Tls *tls)
{
    const size_t size = ELEMENTS * ELEMENT;
    g_autofree char *bytes = pattern(size);
    Passing sent[2], received[2];
    pthread_t threads[4];
    int i;

    for (i = 0; i < 2; i++) {
        sent[i] = (Passing) { QIO_CHANNEL(tls->ends[i]), bytes };
        received[i] = (Passing) { QIO_CHANNEL(tls->ends[i]), g_malloc0(size) };
        g_assert_cmpint(pthread_create(&threads[2 * i], NULL, send_all, &sent[i]), ==, 0);
        g_assert_cmpint(pthread_create(&threads[2 * i + 1], NULL, receive_all, &received[i]), ==,
                        0);
    }
    for (i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
    }
    for (i = 0; i < 2; i++) {
        g_assert_true(memcmp(received[i].bytes, bytes, size) == 0);
        g_free(received[i].bytes);
    }
}

/* R-TLS-61 */
static void test_all(void)
{
    Tls tls;

    tls_open(&tls);
    check_all(&tls);
    tls_set_blocking(&tls, true);
    check_all(&tls);
    tls_end(&tls);
}

#ifdef QIO_HAS_TLS_BYE
static void expect_end(Tls *tls, int end)
{
    char byte;

    g_assert_cmpint(tls_read(tls, end, &byte, 1, &error_abort), ==, 0);
}

/* R-111-16: done at once, it has no reference any more. */
static void test_bye(void)
{
    Wire *wires[2];
    Tls tls;

    wire_pair(wires);
    tls_make_over(&tls, &wires[0]->parent, &wires[1]->parent);
    /* There is nothing to end yet. */
    qio_channel_tls_bye(tls.ends[CLIENT], &error_abort);
    g_assert_cmpint(wires[1]->in->len, ==, 0);
    tls_connect(&tls);
    qio_channel_tls_bye(tls.ends[CLIENT], &error_abort);
    g_assert_cmpuint(tls.ends[CLIENT]->bye_ioc_tag, ==, 0);
    g_assert_cmpint(OBJECT(tls.ends[CLIENT])->ref, ==, 1);
    expect_end(&tls, SERVER);
    qio_channel_tls_bye(tls.ends[CLIENT], &error_abort);
    g_assert_cmpint(wires[1]->in->len, ==, 0);
    expect_end(&tls, SERVER);
    /* The other direction is as it was. */
    g_assert_cmpint(tls_write(&tls, SERVER, "still", 5, &error_abort), ==, 5);
    {
        char text[5];

        g_assert_cmpint(tls_read(&tls, CLIENT, text, 5, &error_abort), ==, 5);
    }
    tls_end(&tls);
}

static void test_bye_fails(void)
{
    Wire *wires[2];
    Error *err = NULL;
    Tls tls;

    wire_pair(wires);
    tls_open_over(&tls, &wires[0]->parent, &wires[1]->parent);
    wires[0]->broken = true;
    qio_channel_tls_bye(tls.ends[CLIENT], &err);
    g_assert_nonnull(err);
    g_assert_true(g_str_has_prefix(error_get_pretty(err), "TLS termination failed: "));
    error_free(err);
    g_assert_cmpint(OBJECT(tls.ends[CLIENT])->ref, ==, 1);
    tls_end(&tls);
}

/* Fills the way to the server; how many bytes went there. */
static size_t fill(Tls *tls)
{
    g_autofree char *bytes = g_malloc0(RECORD);
    size_t sent = 0;
    ssize_t n;

    while ((n = tls_write(tls, CLIENT, bytes, RECORD, &error_abort)) > 0) {
        sent += n;
    }
    g_assert_cmpint(n, ==, QIO_CHANNEL_ERR_BLOCK);
    return sent;
}

static void test_bye_waits(void)
{
    size_t left;
    char bytes[512];
    Tls tls;

    tls_open(&tls);
    /* The record that blocked is on its way, too. */
    left = fill(&tls) + RECORD;
    qio_channel_tls_bye(tls.ends[CLIENT], &error_abort);
    g_assert_cmpuint(tls.ends[CLIENT]->bye_ioc_tag, !=, 0);
    qio_channel_tls_bye(tls.ends[CLIENT], &error_abort);
    /* It lives on until it is done. */
    object_unref(OBJECT(tls.ends[CLIENT]));
    tls.ends[CLIENT] = NULL;
    while (OBJECT(tls.below[CLIENT])->ref > 1 || left) {
        ssize_t n = tls_read(&tls, SERVER, bytes, sizeof(bytes), &error_abort);

        if (n > 0) {
            left -= n;
        }
        tls_run();
    }
    expect_end(&tls, SERVER);
    tls_end(&tls);
}

static void test_bye_is_closed(void)
{
    Tls tls;

    tls_open(&tls);
    fill(&tls);
    qio_channel_tls_bye(tls.ends[CLIENT], &error_abort);
    g_assert_cmpint(OBJECT(tls.ends[CLIENT])->ref, >, 1);
    g_assert_cmpint(qio_channel_close(QIO_CHANNEL(tls.ends[CLIENT]), &error_abort), ==, 0);
    g_assert_cmpuint(tls.ends[CLIENT]->bye_ioc_tag, ==, 0);
    g_assert_cmpint(OBJECT(tls.ends[CLIENT])->ref, ==, 1);
    tls_end(&tls);
    g_assert_false(g_main_context_pending(NULL));
}
#endif

/* R-TLS-1: what may not be NULL. */
static void mistake_server_over_nothing(void)
{
    qio_channel_tls_new_server(NULL, psk_of[SERVER].creds, NULL, NULL);
}

/* R-TLS-1 */
static void mistake_client_over_nothing(void)
{
    qio_channel_tls_new_client(NULL, psk_of[CLIENT].creds, NULL, NULL);
}

/* R-TLS-1 */
static void mistake_server_without_creds(void)
{
    qio_channel_tls_new_server(QIO_CHANNEL(object_new(TYPE_WIRE)), NULL, NULL, NULL);
}

/* R-TLS-1 */
static void mistake_client_without_creds(void)
{
    qio_channel_tls_new_client(QIO_CHANNEL(object_new(TYPE_WIRE)), NULL, NULL, NULL);
}

/* R-TLS-12 */
static void mistake_handshake_without_func(void)
{
    qio_channel_tls_handshake(tls_over(QIO_CHANNEL(object_new(TYPE_WIRE)), CLIENT), NULL, NULL, NULL, NULL);
}

static const Mistake mistakes[] = {
    { "server-null-master", mistake_server_over_nothing, "*qio_channel_tls_new_server: master is NULL*" },
    { "client-null-master", mistake_client_over_nothing, "*qio_channel_tls_new_client: master is NULL*" },
    { "server-null-creds", mistake_server_without_creds, "*qio_channel_tls_new_server: creds is NULL*" },
    { "client-null-creds", mistake_client_without_creds, "*qio_channel_tls_new_client: creds is NULL*" },
    { "handshake-null-func", mistake_handshake_without_func, "*qio_channel_tls_handshake: func is NULL*" },
};

int main(int argc, char **argv)
{
    tls_tests_init(&argc, &argv);
    wire_register();
    g_test_add_func("/qio/channel/tls/write/vector", test_vector);
    g_test_add_func("/qio/channel/tls/write/records", test_records);
    g_test_add_func("/qio/channel/tls/write/shortened", test_shortened);
    g_test_add_func("/qio/channel/tls/write/any-cut", test_any_cut);
    g_test_add_func("/qio/channel/tls/write/broken", test_broken);
    g_test_add_func("/qio/channel/tls/all", test_all);
#ifdef QIO_HAS_TLS_BYE
    g_test_add_func("/qio/channel/tls/bye", test_bye);
    g_test_add_func("/qio/channel/tls/bye/fails", test_bye_fails);
    g_test_add_func("/qio/channel/tls/bye/waits", test_bye_waits);
    g_test_add_func("/qio/channel/tls/bye/closed", test_bye_is_closed);
#endif
    ADD_MISTAKES("/qio/channel/tls/mistake", mistakes);
    return tls_tests_run();
}
