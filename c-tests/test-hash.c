/*
 * crypto/hash.h
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"

#include "crypto/hash.h"
#include "qapi/error.h"

#ifndef QIO_HAS_HASH_ALGO
#define SHA1 QCRYPTO_HASH_ALG_SHA1
#define SHA256 QCRYPTO_HASH_ALG_SHA256
#define END QCRYPTO_HASH_ALG__MAX
#else
#define SHA1 QCRYPTO_HASH_ALGO_SHA1
#define SHA256 QCRYPTO_HASH_ALGO_SHA256
#define END QCRYPTO_HASH_ALGO__MAX
#endif

QEMU_BUILD_BUG_ON(SHA1 != 1);
#ifdef QIO_HAS_HASH_ALGO_ALIAS
QEMU_BUILD_BUG_ON(QCRYPTO_HASH_ALGO_SHA1 != (QCryptoHashAlgo)1);
#endif

/* R-HASH-1: SHA-1, and no other. */
static void test_supports(void)
{
    int alg;

    for (alg = 0; alg <= END; alg++) {
        g_assert_cmpint(qcrypto_hash_supports(alg), ==, alg == SHA1);
    }
}

/* R-HASH-1 */
static void test_base64(void)
{
    static const struct {
        const char *text, *hash;
    } cases[] = {
        { "", "2jmj7l5rSw0yVb/vlWAYkK/YBwk=" },
        { "abc", "qZk+NkcGgWq6PiVxeFDCbJzQ2J0=" },
        { "dGhlIHNhbXBsZSBub25jZQ==258EAFA5-E914-47DA-95CA-C5AB0DC85B11",
          "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" },
    };
    size_t i;

    for (i = 0; i < ARRAY_SIZE(cases); i++) {
        g_autofree char *hash = NULL;

        g_assert_cmpint(qcrypto_hash_base64(SHA1, cases[i].text,
                                            strlen(cases[i].text), &hash,
                                            &error_abort), ==, 0);
        g_assert_cmpstr(hash, ==, cases[i].hash);
    }
}

static void test_no_bytes(void)
{
    g_autofree char *hash = NULL;

    g_assert_cmpint(qcrypto_hash_base64(SHA1, NULL, 0, &hash, &error_abort), ==, 0);
    g_assert_cmpstr(hash, ==, "2jmj7l5rSw0yVb/vlWAYkK/YBwk=");
}

/* R-HASH-1 */
static void test_unsupported(void)
{
    char *hash = NULL;
    Error *err = NULL;

    g_assert_cmpint(qcrypto_hash_base64(SHA256, "abc", 3, &hash, &err), ==, -1);
    g_assert_cmpstr(error_get_pretty(err), ==, "Hash algorithm sha256 is not supported");
    error_free_or_abort(&err);
    g_assert_null(hash);
    g_assert_cmpint(qcrypto_hash_base64(END, "abc", 3, &hash, NULL), ==, -1);
    g_assert_null(hash);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/qio/hash/supports", test_supports);
    g_test_add_func("/qio/hash/base64", test_base64);
    g_test_add_func("/qio/hash/no-bytes", test_no_bytes);
    g_test_add_func("/qio/hash/unsupported", test_unsupported);
    return g_test_run();
}
