/*
 * How the TLS channel uses the host's sessions. The linker sends these calls here first (--wrap).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "../tls-channels.h"

/* The calls so far, in order. */
static GString *calls;

/* __real_NAME is the host's own, __wrap_NAME what everybody calls. */
#define WRAP(type, name, parameters, arguments) \
    type __real_qcrypto_tls_session_##name parameters; \
    type __wrap_qcrypto_tls_session_##name parameters; \
    type __wrap_qcrypto_tls_session_##name parameters \
    { \
        g_string_append(calls, #name " "); \
        return __real_qcrypto_tls_session_##name arguments; \
    }

WRAP(int, check_credentials, (QCryptoTLSSession *sess, Error **errp), (sess, errp))

/* What the session says that the channel can't know. */
static bool refuses;
/* How often a session went on with its handshake. */
static int handshakes;

int __real_qcrypto_tls_session_handshake(QCryptoTLSSession *sess, Error **errp);
int __wrap_qcrypto_tls_session_handshake(QCryptoTLSSession *sess, Error **errp);
int __wrap_qcrypto_tls_session_handshake(QCryptoTLSSession *sess, Error **errp)
{
    handshakes++;
    if (!g_str_has_suffix(calls->str, "handshake ")) {
        g_string_append(calls, "handshake ");
    }
    if (refuses) {
        error_setg(errp, "the session's own words");
        return -5;
    }
    return __real_qcrypto_tls_session_handshake(sess, errp);
}

QCryptoTLSSession *__real_qcrypto_tls_session_new(QCryptoTLSCreds *creds, const char *hostname,
                                                  const char *aclname,
                                                  QCryptoTLSCredsEndpoint endpoint, Error **errp);
QCryptoTLSSession *__wrap_qcrypto_tls_session_new(QCryptoTLSCreds *creds, const char *hostname,
                                                  const char *aclname,
                                                  QCryptoTLSCredsEndpoint endpoint, Error **errp);
QCryptoTLSSession *__wrap_qcrypto_tls_session_new(QCryptoTLSCreds *creds, const char *hostname,
                                                  const char *aclname,
                                                  QCryptoTLSCredsEndpoint endpoint, Error **errp)
{
    g_string_append_printf(calls, "new(%s, %s, %d) ", hostname ? hostname : "-",
                           aclname ? aclname : "-", endpoint);
    return __real_qcrypto_tls_session_new(creds, hostname, aclname, endpoint, errp);
}

void __real_qcrypto_tls_session_free(QCryptoTLSSession *sess);
void __wrap_qcrypto_tls_session_free(QCryptoTLSSession *sess);
void __wrap_qcrypto_tls_session_free(QCryptoTLSSession *sess)
{
    g_string_append(calls, "free ");
    __real_qcrypto_tls_session_free(sess);
}

/* Whom the session's callbacks are told. */
static void *transport;

void __real_qcrypto_tls_session_set_callbacks(QCryptoTLSSession *sess,
                                              QCryptoTLSSessionWriteFunc writeFunc,
                                              QCryptoTLSSessionReadFunc readFunc, void *opaque);
void __wrap_qcrypto_tls_session_set_callbacks(QCryptoTLSSession *sess,
                                              QCryptoTLSSessionWriteFunc writeFunc,
                                              QCryptoTLSSessionReadFunc readFunc, void *opaque);
void __wrap_qcrypto_tls_session_set_callbacks(QCryptoTLSSession *sess,
                                              QCryptoTLSSessionWriteFunc writeFunc,
                                              QCryptoTLSSessionReadFunc readFunc, void *opaque)
{
    transport = opaque;
    __real_qcrypto_tls_session_set_callbacks(sess, writeFunc, readFunc, opaque);
}

#ifdef QIO_HAS_CONCURRENT_IO
void __real_qcrypto_tls_session_require_thread_safety(QCryptoTLSSession *sess);
void __wrap_qcrypto_tls_session_require_thread_safety(QCryptoTLSSession *sess);
void __wrap_qcrypto_tls_session_require_thread_safety(QCryptoTLSSession *sess)
{
    g_string_append(calls, "require_thread_safety ");
    __real_qcrypto_tls_session_require_thread_safety(sess);
}
#endif

static void expect_calls(const char *expected)
{
    g_assert_cmpstr(calls->str, ==, expected);
    g_string_truncate(calls, 0);
}

/* R-TLS-4 */
static void test_new(void)
{
    Pair pair = unix_pair();
    QIOChannelTLS *ioc;

    ioc = qio_channel_tls_new_client(QIO_CHANNEL(pair.client), psk_of[CLIENT].creds, "name",
                                     &error_abort);
    expect_calls("new(name, -, 0) ");
    g_assert_true(transport == ioc);
    object_unref(OBJECT(ioc));
    expect_calls("free ");
    ioc = qio_channel_tls_new_server(QIO_CHANNEL(pair.server), psk_of[SERVER].creds, "list",
                                     &error_abort);
    expect_calls("new(-, list, 1) ");
    object_unref(OBJECT(ioc));
    expect_calls("free ");
    pair_end(&pair);
}

/* R-TLS-18 */
static void test_check(void)
{
    Tls tls;
    size_t checks = 0;
    char *at;

    tls_make(&tls);
    g_string_truncate(calls, 0);
    tls_connect(&tls);
    for (at = calls->str; (at = strstr(at, "check_credentials")) != NULL; at++) {
        checks++;
    }
    g_assert_cmpuint(checks, ==, 2);
    tls_end(&tls);
    g_string_truncate(calls, 0);
}

/* R-TLS-16, R-TLS-17: any negative value is a failure, whose error is passed on as it is. */
static void test_refusal(void)
{
    Tls tls;

    tls_make(&tls);
    g_string_truncate(calls, 0);
    refuses = true;
    shake_start(&tls.shakes[CLIENT], tls.ends[CLIENT], NULL);
    refuses = false;
    g_assert_cmpint(tls.shakes[CLIENT].destroyed, ==, 1);
    g_assert_cmpstr(tls.shakes[CLIENT].error, ==, "the session's own words");
    expect_calls("handshake ");
    tls_end(&tls);
    g_string_truncate(calls, 0);
}

/*
 * A client that has sent its greeting has to receive first. Until something comes nobody asks the session:
 * 1 is "send" where the result is the status, and says nothing of the direction elsewhere (R-91-3), and who takes
 * it for "send" turns and turns, as there is room to send.
 */
static void test_client_receives_first(void)
{
    Tls tls;
    int i;

    tls_make(&tls);
    handshakes = 0;
    shake_start(&tls.shakes[CLIENT], tls.ends[CLIENT], NULL);
    g_assert_cmpint(handshakes, ==, 1);
    for (i = 0; i < 100; i++) {
        g_main_context_iteration(NULL, false);
    }
    g_assert_cmpint(handshakes, ==, 1);
    g_assert_cmpint(tls.shakes[CLIENT].destroyed, ==, 0);
    shake_start(&tls.shakes[SERVER], tls.ends[SERVER], NULL);
    while (!tls.shakes[CLIENT].destroyed || !tls.shakes[SERVER].destroyed) {
        g_main_context_iteration(NULL, true);
    }
    g_assert_null(tls.shakes[CLIENT].error);
    tls_end(&tls);
    g_string_truncate(calls, 0);
}

#ifdef QIO_HAS_CONCURRENT_IO
/* R-TLS-21, R-101-2 */
static void test_thread_safety(void)
{
    Tls tls;

    tls_make(&tls);
    g_string_truncate(calls, 0);
    qio_channel_set_feature(QIO_CHANNEL(tls.ends[CLIENT]), QIO_CHANNEL_FEATURE_CONCURRENT_IO);
    shake_start(&tls.shakes[CLIENT], tls.ends[CLIENT], NULL);
    expect_calls("require_thread_safety handshake ");
    shake_start(&tls.shakes[SERVER], tls.ends[SERVER], NULL);
    while (!tls.shakes[CLIENT].destroyed || !tls.shakes[SERVER].destroyed) {
        g_main_context_iteration(NULL, true);
    }
    g_assert_null(strstr(calls->str, "require_thread_safety"));
    tls_end(&tls);
    g_string_truncate(calls, 0);
}
#endif

int main(int argc, char **argv)
{
    int result;

    calls = g_string_new(NULL);
    tls_tests_init(&argc, &argv);
    g_test_add_func("/qio/host/tls/new", test_new);
    g_test_add_func("/qio/host/tls/check", test_check);
    g_test_add_func("/qio/host/tls/refusal", test_refusal);
    g_test_add_func("/qio/host/tls/client-receives-first", test_client_receives_first);
#ifdef QIO_HAS_CONCURRENT_IO
    g_test_add_func("/qio/host/tls/thread-safety", test_thread_safety);
#endif
    result = tls_tests_run();
    g_string_free(calls, true);
    return result;
}
