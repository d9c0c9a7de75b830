/*
 * crypto/tlssession.h: calls that come to nothing, and what is left of them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"

#include "tls-pair.h"

/* Transfers of nothing are mistakes, which cost nothing more than an error. */
static void test_nothing(void)
{
    Pair pair;
    Error *err = NULL;
    char byte;

    pair_established(&pair);
    send_all(&pair.client, "hello", 5);
    g_assert_cmpint(tls_end_receive(&pair.server, &byte, 0, &err), ==, TLS_FAILED);
    error_free_or_abort(&err);
    expect_received(&pair.server, "hello");
    g_assert_cmpint(tls_end_receive(&pair.server, &byte, 0, &err), ==, TLS_FAILED);
    error_free_or_abort(&err);
    g_assert_cmpint(tls_end_receive(&pair.server, &byte, 1, &error_abort), ==, TLS_BLOCK);
    send_all(&pair.client, "world", 5);
    expect_received(&pair.server, "world");
    pair_clear(&pair);
}

#ifndef QIO_HAS_SESSION_ERRP
/* A transport whose every other call meets a signal first. */
typedef struct Alarmed {
    int fd;
    bool calm;
} Alarmed;

static ssize_t alarmed_write(const char *buf, size_t len, void *opaque)
{
    Alarmed *alarmed = opaque;

    alarmed->calm = !alarmed->calm;
    if (alarmed->calm) {
        errno = EINTR;
        return -1;
    }
    return send(alarmed->fd, buf, MIN(len, 3000), MSG_NOSIGNAL);
}

static ssize_t alarmed_read(char *buf, size_t len, void *opaque)
{
    Alarmed *alarmed = opaque;

    alarmed->calm = !alarmed->calm;
    if (alarmed->calm) {
        errno = EINTR;
        return -1;
    }
    return recv(alarmed->fd, buf, MIN(len, 3000), 0);
}
#endif

/* A signal is told of, and nothing is lost or comes twice (R-CRY-7). */
static void test_interrupted(void)
{
#ifdef QIO_HAS_SESSION_ERRP
    g_test_skip("this profile's transports can't tell of signals");
#else
    static guint8 buf[RECORD_MAX];
    Pair pair;
    Alarmed alarmed = { 0 };
    unsigned int signals = 0;
    ssize_t done;

    pair_init(&pair, NULL, NULL, "qemu.org", NULL);
    alarmed.fd = pair.client.fd;
    qcrypto_tls_session_set_callbacks(pair.client.session, alarmed_write, alarmed_read, &alarmed);
    tls_handshake(&pair.client, &pair.server, &error_abort);

    fill(buf, 0, 10000);
    do {
        done = qcrypto_tls_session_write(pair.client.session, (char *)buf, 10000);
    } while (done < 0 && errno == EINTR && ++signals);
    g_assert_cmpint(done, ==, 10000);
    g_assert_cmpuint(signals, >=, 2);
    memset(buf, 0, sizeof(buf));
    g_assert_cmpint(tls_end_receive(&pair.server, buf, sizeof(buf), &error_abort), ==, 10000);
    expect_bytes(buf, 0, 10000);
    g_assert_cmpint(tls_end_receive(&pair.server, buf, sizeof(buf), &error_abort), ==, TLS_BLOCK);

    signals = 0;
    fill(buf, 7, 10000);
    send_all(&pair.server, buf, 10000);
    memset(buf, 0, sizeof(buf));
    do {
        done = qcrypto_tls_session_read(pair.client.session, (char *)buf, sizeof(buf));
    } while (done < 0 && errno == EINTR && ++signals);
    g_assert_cmpint(done, ==, 10000);
    g_assert_cmpuint(signals, >=, 2);
    expect_bytes(buf, 7, 10000);
    pair_clear(&pair);
#endif
}

/* R-TLS-88: whatever is left to say or to hear. */
static void test_free(void)
{
    Pair pair;
    unsigned int calls;
    char buf[100];

    pair_established(&pair);
    send_all(&pair.server, "hello", 5);
    g_assert_cmpint(tls_end_receive(&pair.client, buf, 2, &error_abort), ==, 2);
    pair.client.write_most = 1;
    pair.client.then_blocks = true;
    g_assert_cmpint(tls_end_send(&pair.client, buf, sizeof(buf), &error_abort), ==, TLS_BLOCK);
    pair.client.write_most = 0;
    pair.client.write_blocks = false;
    calls = pair.client.reads + pair.client.writes;
    g_clear_pointer(&pair.client.session, qcrypto_tls_session_free);
    g_assert_cmpuint(pair.client.reads + pair.client.writes, ==, calls);
    pair_clear(&pair);
}

int main(int argc, char **argv)
{
    int result;

    g_test_init(&argc, &argv, NULL);
    module_call_init(MODULE_INIT_QOM);
    tls_people_init();

    g_test_add_func("/qio/tls-session/nothing", test_nothing);
    g_test_add_func("/qio/tls-session/interrupted", test_interrupted);
    g_test_add_func("/qio/tls-session/free", test_free);
    result = g_test_run();
    tls_certs_free();
    return result;
}
