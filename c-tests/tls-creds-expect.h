/*
 * Whether credentials can be made, for tests.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef TLS_CREDS_EXPECT_H
#define TLS_CREDS_EXPECT_H

#include "tls-pair.h"

#ifdef QIO_HAS_NUMBERED_CERTIFICATES
#define IS_NUMBERED true
#else
#define IS_NUMBERED false
#endif

/* Whether credentials of these properties can be made; if not, the error has all the words. */
static G_GNUC_UNUSED void expect_creds(const char *const *words, const char *type, const char *endpoint,
                         const char *dir, const char *property, const char *value)
{
    Object *root = object_get_objects_root();
    Error *err = NULL;
    Object *creds = object_new_with_props(type, root, "creds", words ? &err : &error_abort,
                                          "endpoint", endpoint,
                                          dir ? "dir" : "verify-peer", dir ? dir : "yes",
                                          property ? property : "priority",
                                          property ? value : "NORMAL", NULL);

    if (!words) {
        g_assert_nonnull(creds);
        object_unparent(creds);
        return;
    }
    g_assert_null(creds);
    g_assert_nonnull(err);
    for (; *words; words++) {
        if (!strstr(error_get_pretty(err), *words)) {
            g_error("'%s' isn't in '%s'", *words, error_get_pretty(err));
        }
    }
    error_free(err);
    g_assert_null(object_resolve_path_component(root, "creds"));
}

#define WORDS(...) ((const char *const[]) { __VA_ARGS__, NULL })
#define expect_x509(words, endpoint, dir) \
    expect_creds((words), TYPE_QCRYPTO_TLS_CREDS_X509, (endpoint), (dir), NULL, NULL)

/* A directory that a server and a client can use. */
static G_GNUC_UNUSED char *good_dir(void)
{
    char *dir = tls_dir_new();

    tls_dir_put_certs(dir, "ca-cert.pem", ca, NULL);
    tls_dir_put_identity(dir, "server", server, NULL);
    tls_dir_put_identity(dir, "client", client, NULL);
    return dir;
}

#endif
