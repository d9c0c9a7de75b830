/*
 * crypto/tlssession.h and crypto/tlscredsx509.h: of the certificates that a peer shows and of those
 * in the authorities' file only those of the path count (RFC 5280 6.1), at the handshake as well as
 * in the check of the own ones.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"

#include "rounds.h"
#include "tls-creds-expect.h"

#include <gnutls/abstract.h>

#define SHOWN_MAX 4

/* What an end shows, leaf first, and whom the other one trusts. */
typedef struct Heap {
    TlsCert *shown[SHOWN_MAX];
    TlsCert *trusted[SHOWN_MAX];
    /* if set, has revoked the leaf, which servers know */
    TlsCert *revoker;
} Heap;

static void put_list(const char *dir, const char *name, TlsCert *const *list)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (size_t i = 0; i < SHOWN_MAX && list[i]; i++) {
        tls_append_cert(text, list[i]);
    }
    tls_dir_put(dir, name, text->str);
}

static void put_identity(const char *dir, const char *role, TlsCert *const *list)
{
    g_autofree char *cert_name = g_strdup_printf("%s-cert.pem", role);
    g_autofree char *key_name = g_strdup_printf("%s-key.pem", role);

    put_list(dir, cert_name, list);
    tls_dir_put_key(dir, key_name, list[0]);
}

/* The end that shows: GnuTLS alone, which sends what it is given, in that order. */
typedef struct Shower {
    gnutls_session_t session;
    gnutls_certificate_credentials_t creds;
} Shower;

static void shower_init(Shower *self, int fd, TlsCert *const *shown, bool is_server,
                        const char *priority)
{
    gnutls_pcert_st list[SHOWN_MAX];
    gnutls_privkey_t key;
    int count = 0;

    tls_check(gnutls_certificate_allocate_credentials(&self->creds));
    for (; count < SHOWN_MAX && shown[count]; count++) {
        tls_check(gnutls_pcert_import_x509(&list[count], shown[count]->crt, 0));
    }
    tls_check(gnutls_privkey_init(&key));
    tls_check(gnutls_privkey_import_x509(key, shown[0]->key, GNUTLS_PRIVKEY_IMPORT_COPY));
    tls_check(gnutls_certificate_set_key(self->creds, NULL, 0, list, count, key));
    tls_check(gnutls_init(&self->session,
                          (is_server ? GNUTLS_SERVER : GNUTLS_CLIENT) | GNUTLS_FORCE_CLIENT_CERT));
    tls_check(gnutls_priority_set_direct(self->session, priority, NULL));
    tls_check(gnutls_credentials_set(self->session, GNUTLS_CRD_CERTIFICATE, self->creds));
    gnutls_transport_set_int(self->session, fd);
}

static void shower_clear(Shower *self)
{
    gnutls_deinit(self->session);
    gnutls_certificate_free_credentials(self->creds);
}

/* The outcome of the check, NULL if it is good. */
static char *checked(const Heap *heap, bool by_server, const char *priority)
{
    char *dir = tls_dir_new();
    const char *role = by_server ? "server" : "client";
    bool shower_done = false, checker_done = false;
    char *text = NULL;
    Object *creds;
    TlsEnd checker;
    Shower shower;
    Error *err = NULL;
    int fds[2];

    put_list(dir, "ca-cert.pem", heap->trusted);
    if (heap->revoker) {
        tls_dir_put_revoked(dir, "ca-crl.pem", heap->revoker, heap->shown[0], NULL);
    }
    tls_dir_put_identity(dir, role, by_server ? server : client, NULL);
    creds = tls_creds_new(TYPE_QCRYPTO_TLS_CREDS_X509, role, "endpoint", role, "dir", dir,
                          "sanity-check", "no", "priority", priority, NULL);
    tls_pair(fds);
    tls_end_init(&checker, fds[0], creds, by_server ? NULL : "qemu.org", NULL,
                 by_server ? QCRYPTO_TLS_CREDS_ENDPOINT_SERVER : QCRYPTO_TLS_CREDS_ENDPOINT_CLIENT);
    shower_init(&shower, fds[1], heap->shown, !by_server, priority);
    while (!shower_done || !checker_done) {
        shower_done = shower_done || gnutls_handshake(shower.session) == 0;
        checker_done = checker_done || tls_end_handshake(&checker, &error_abort);
    }
    if (qcrypto_tls_session_check_credentials(checker.session, &err) < 0) {
        text = g_strdup(error_get_pretty(err));
        error_free(err);
    }
    object_unparent(creds);
    tls_end_clear(&checker);
    shower_clear(&shower);
    close(fds[1]);
    tls_dir_free(dir);
    return text;
}

/*
 * Both ends say the same of the other, NULL if it is good, by TLS 1.2 and 1.3. Under valgrind one end by either, and the
 * other way round with the next heap.
 */
static void expect(const Heap *heap, const char *refused, int line)
{
    static int heaps;

    heaps++;
    for (int by_server = 0; by_server < 2; by_server++) {
        for (int is_old = 0; is_old < 2; is_old++) {
            if (is_slow() && (heaps + by_server + is_old) % 2) {
                continue;
            }

            g_autofree char *text = checked(heap, by_server,
                                            is_old ? "NORMAL:-VERS-TLS1.3" : "NORMAL");

            if (g_strcmp0(text, refused) != 0) {
                g_error("line %d: '%s', not '%s'", line, text ? text : "good",
                        refused ? refused : "good");
            }
        }
    }
}

#define expect_heap(refused, ...) expect(&(Heap) { __VA_ARGS__ }, (refused), __LINE__)

/* The own certificates are good, or the error has the words. */
static void expect_sane(const Heap *heap, const char *const *words)
{
    static const char *const roles[] = { "server", "client" };

    for (size_t i = 0; i < G_N_ELEMENTS(roles); i++) {
        char *dir = tls_dir_new();

        put_list(dir, "ca-cert.pem", heap->trusted);
        put_identity(dir, roles[i], heap->shown);
        expect_x509(words, roles[i], dir);
        tls_dir_free(dir);
    }
}

#define expect_sane_heap(words, ...) expect_sane(&(Heap) { __VA_ARGS__ }, (words))

#define UNTRUSTED "The certificate is not trusted"
#define UNKNOWN "The certificate hasn't got a known issuer"
#define EXPIRED .begins = -48, .ends = -24

/* A root that has been signed by an older one, too, which has expired since. */
static void test_cross_signed(void)
{
    TlsCert *old_root = tls_cert(.name = "old root", .is_ca = true, EXPIRED);
    TlsCert *root = tls_cert(.name = "root", .is_ca = true);
    TlsCert *cross = tls_cert(.name = "root", .issuer = old_root, .is_ca = true, .key_of = root,
                              EXPIRED);
    TlsCert *level1 = tls_cert(.name = "level1", .issuer = root, .is_ca = true);
    TlsCert *leaf = tls_cert(.name = "qemu.org", .issuer = level1);
    TlsCert *direct = tls_cert(.name = "qemu.org", .issuer = root);

    expect_heap(NULL, .shown = { leaf, level1, cross }, .trusted = { root });
    expect_heap(NULL, .shown = { leaf, level1, cross, old_root }, .trusted = { root });
    expect_heap(NULL, .shown = { leaf, level1, cross }, .trusted = { old_root, root });
    expect_heap(NULL, .shown = { leaf, level1, cross }, .trusted = { root, old_root });
    expect_heap(NULL, .shown = { direct, cross }, .trusted = { root });
    expect_heap(NULL, .shown = { leaf, level1, root }, .trusted = { root });
    /* The path that is left is no good. */
    expect_heap(UNTRUSTED, .shown = { leaf, level1, cross }, .trusted = { old_root });
    expect_heap(UNKNOWN, .shown = { leaf, level1, cross }, .trusted = { ca });

    expect_sane_heap(NULL, .shown = { leaf, level1, cross }, .trusted = { root });
    expect_sane_heap(NULL, .shown = { leaf, level1, cross, old_root }, .trusted = { root });
    expect_sane_heap(NULL, .shown = { direct, cross }, .trusted = { root });
    expect_sane_heap(WORDS("-cert.pem"), .shown = { leaf, level1, cross }, .trusted = { old_root });
}

/* The same, where the older one is still good: there are two paths. */
static void test_two_paths(void)
{
    TlsCert *old_root = tls_cert(.name = "old root", .is_ca = true);
    TlsCert *root = tls_cert(.name = "root", .is_ca = true);
    TlsCert *cross = tls_cert(.name = "root", .issuer = old_root, .is_ca = true, .key_of = root);
    TlsCert *expired = tls_cert(.name = "root", .is_ca = true, .key_of = root, EXPIRED);
    TlsCert *leaf = tls_cert(.name = "qemu.org", .issuer = root);

    expect_heap(NULL, .shown = { leaf, cross }, .trusted = { root });
    expect_heap(NULL, .shown = { leaf, cross }, .trusted = { old_root });
    expect_heap(NULL, .shown = { leaf, cross }, .trusted = { root, old_root });
    /* A trusted copy that has expired doesn't bar the other way. */
    expect_heap(NULL, .shown = { leaf, cross }, .trusted = { expired, old_root });
    expect_heap(NULL, .shown = { leaf, cross }, .trusted = { old_root, expired });
    expect_sane_heap(NULL, .shown = { leaf, cross }, .trusted = { old_root });
}

/* An authority's file that has the expired one too, in any order. */
static void check_renewed(bool same_key, bool no_key_ids, int begins, int ends)
{
    TlsCert *root = tls_cert(.name = "root", .is_ca = true, .no_key_ids = no_key_ids);
    TlsCert *bad = tls_cert(.name = "root", .is_ca = true, .no_key_ids = no_key_ids,
                            .key_of = same_key ? root : NULL, .begins = begins, .ends = ends);
    TlsCert *leaf = tls_cert(.name = "qemu.org", .issuer = root, .no_key_ids = no_key_ids);
    TlsCert *level1 = tls_cert(.name = "level1", .issuer = root, .is_ca = true,
                               .no_key_ids = no_key_ids);
    TlsCert *deep = tls_cert(.name = "qemu.org", .issuer = level1, .no_key_ids = no_key_ids);

    expect_heap(NULL, .shown = { leaf }, .trusted = { bad, root });
    expect_heap(NULL, .shown = { leaf }, .trusted = { root, bad });
    expect_heap(NULL, .shown = { deep, level1 }, .trusted = { bad, root });
    expect_heap(NULL, .shown = { deep, level1 }, .trusted = { root, bad });
    expect_heap(NULL, .shown = { leaf, bad }, .trusted = { root });
    expect_heap(NULL, .shown = { leaf, root }, .trusted = { bad, root });

    expect_sane_heap(NULL, .shown = { leaf }, .trusted = { bad, root });
    expect_sane_heap(NULL, .shown = { leaf }, .trusted = { root, bad });
    expect_sane_heap(NULL, .shown = { deep, level1 }, .trusted = { bad, root });
    expect_sane_heap(NULL, .shown = { deep }, .trusted = { bad, level1, root });
}

static void test_renewed(void)
{
    static const int hours[][2] = { { -48, -24 }, { 24, 48 }, { -1, 24 }, { -2, 48 } };

    for (int no_key_ids = 0; no_key_ids < 2; no_key_ids++) {
        for (int same_key = 0; same_key < 2; same_key++) {
            for (int i = 0; i < 4; i++) {
                /* Each of them once at least. */
                if (!has_few_rounds() || i == 2 * no_key_ids + same_key) {
                    check_renewed(same_key, no_key_ids, hours[i][0], hours[i][1]);
                }
            }
        }
    }
}

/* An authority in between that has been renewed: the peer shows both. */
static void test_renewed_between(void)
{
    TlsCert *level1 = tls_cert(.name = "level1", .issuer = ca, .is_ca = true);
    TlsCert *expired = tls_cert(.name = "level1", .issuer = ca, .is_ca = true, .key_of = level1,
                                EXPIRED);
    TlsCert *leaf = tls_cert(.name = "qemu.org", .issuer = level1);

    expect_heap(NULL, .shown = { leaf, level1, expired }, .trusted = { ca });
    expect_heap(NULL, .shown = { leaf, expired }, .trusted = { ca, level1 });
    expect_heap(NULL, .shown = { leaf, expired }, .trusted = { level1 });
    expect_heap(UNTRUSTED, .shown = { leaf, expired }, .trusted = { ca });
}

/* Trying one authority after the other doesn't forget what they have revoked. */
static void test_revoked(void)
{
    TlsCert *root = tls_cert(.name = "root", .is_ca = true, .no_key_ids = true);
    TlsCert *namesake = tls_cert(.name = "root", .is_ca = true, .no_key_ids = true);
    TlsCert *leaf = tls_cert(.name = "qemu", .issuer = root, .no_key_ids = true);
    const Heap heaps[] = {
        { .shown = { leaf }, .trusted = { root, namesake }, .revoker = root },
        { .shown = { leaf }, .trusted = { namesake, root }, .revoker = root },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(heaps); i++) {
        g_autofree char *text = checked(&heaps[i], true, "NORMAL");

        g_assert_nonnull(text);
    }
}

/* What belongs to no path is passed over. */
static void test_unrelated(void)
{
    TlsCert *other = tls_cert(.name = "other", .is_ca = true, EXPIRED);
    TlsCert *level1 = tls_cert(.name = "level1", .issuer = ca, .is_ca = true);
    TlsCert *leaf = tls_cert(.name = "qemu.org", .issuer = level1);

    expect_heap(NULL, .shown = { leaf, level1, other }, .trusted = { ca });
    expect_heap(NULL, .shown = { leaf, level1, ca, other }, .trusted = { ca });
    expect_heap(NULL, .shown = { leaf, level1 }, .trusted = { other, ca });
    expect_heap(NULL, .shown = { leaf, other, level1 }, .trusted = { ca });
}

/* What the path needs is looked at as ever. */
static void test_refused(void)
{
    TlsCert *expired_root = tls_cert(.name = "root", .is_ca = true, EXPIRED);
    TlsCert *other_root = tls_cert(.name = "root", .is_ca = true);
    TlsCert *expired = tls_cert(.name = "qemu.org", .issuer = ca, EXPIRED);
    TlsCert *leaf = tls_cert(.name = "qemu.org", .issuer = expired_root);
    TlsCert *no_ca = tls_cert(.name = "nobody", .issuer = ca);
    TlsCert *of_no_ca = tls_cert(.name = "qemu.org", .issuer = no_ca);

    expect_heap(UNTRUSTED, .shown = { leaf }, .trusted = { expired_root });
    expect_heap(UNTRUSTED, .shown = { leaf }, .trusted = { expired_root, other_root });
    expect_heap(UNTRUSTED, .shown = { expired }, .trusted = { ca });
    expect_heap(UNTRUSTED, .shown = { of_no_ca, no_ca }, .trusted = { ca });
    expect_sane_heap(WORDS("ca-cert.pem"), .shown = { leaf }, .trusted = { expired_root });
    expect_sane_heap(WORDS("ca-cert.pem"), .shown = { leaf },
                     .trusted = { expired_root, other_root });
}

int main(int argc, char **argv)
{
    int result;

    g_test_init(&argc, &argv, NULL);
    module_call_init(MODULE_INIT_QOM);
    tls_people_init();
    g_test_add_func("/qio/tls-session/paths/cross-signed", test_cross_signed);
    g_test_add_func("/qio/tls-session/paths/two-paths", test_two_paths);
    g_test_add_func("/qio/tls-session/paths/renewed", test_renewed);
    g_test_add_func("/qio/tls-session/paths/renewed-between", test_renewed_between);
    g_test_add_func("/qio/tls-session/paths/revoked", test_revoked);
    g_test_add_func("/qio/tls-session/paths/unrelated", test_unrelated);
    g_test_add_func("/qio/tls-session/paths/refused", test_refused);
    result = g_test_run();
    tls_certs_free();
    return result;
}
