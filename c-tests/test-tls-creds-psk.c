/*
 * crypto/tlscredspsk.h: the file of keys, which is read once and means the same to both ends.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include <sys/resource.h>

#include "crypto/tlscredspsk.h"

#include "tls-creds-expect.h"

static Object *psk_creds(const char *endpoint, const char *dir, const char *priority)
{
    return tls_creds_new(TYPE_QCRYPTO_TLS_CREDS_PSK, endpoint, "endpoint", endpoint, "dir", dir,
                         "priority", priority, NULL);
}

/* Ends that have loaded their keys and made nothing of them yet. */
static void load(Pair *pair, const char *server_keys, const char *client_keys,
                 const char *priority)
{
    *pair = (Pair) { .server_dir = tls_dir_new(), .client_dir = tls_dir_new() };
    tls_dir_put(pair->server_dir, "keys.psk", server_keys);
    tls_dir_put(pair->client_dir, "keys.psk", client_keys);
    pair->server_creds = psk_creds("server", pair->server_dir, priority);
    pair->client_creds = psk_creds("client", pair->client_dir, priority);
}

static bool meet(Pair *pair)
{
    Error *err = NULL;

    connect_pair(pair, NULL, NULL);
    if (tls_handshake(&pair->client, &pair->server, &err)) {
        send_all(&pair->client, "hello", 5);
        expect_received(&pair->server, "hello");
        return true;
    }
    error_free_or_abort(&err);
    return false;
}

static const char *const priorities[] = { "NORMAL", "NORMAL:-VERS-TLS1.3" };

static void expect_meeting(bool wanted, const char *server_keys, const char *client_keys)
{
    for (size_t i = 0; i < G_N_ELEMENTS(priorities); i++) {
        Pair pair;

        load(&pair, server_keys, client_keys, priorities[i]);
        g_assert_cmpint(meet(&pair), ==, wanted);
        pair_clear(&pair);
    }
}

#define KEY "009d5638c40fde0c"

/* R-TLS-73: either end reads each form. */
static void test_forms(void)
{
    static const char *const forms[] = {
        "qemu:" KEY "\n",
        "qemu:" KEY,
        "qemu:" KEY "\r\n",
        "qemu:" KEY "  \t\n",
        "qemu:" KEY " \r\n",
        "qemu:009D5638C40FDE0C\n",
        "# who may\n\n\r\n  \nother:11\nqemu:" KEY "\n",
        "#qemu:1111\n# abc\nqemu:" KEY "\n",
        "qemu:" KEY "\nqemu:1111\n",
        /* as psktool(1) writes names that are no plain text */
        "#71656d75:" KEY "\n",
    };

    for (size_t i = 0; i < G_N_ELEMENTS(forms); i++) {
        expect_meeting(true, forms[i], "qemu:" KEY "\n");
        expect_meeting(true, "qemu:" KEY "\n", forms[i]);
    }
}

/* R-TLS-73: neither takes the other one for somebody else. */
static void test_strangers(void)
{
    expect_meeting(false, "other:" KEY "\n", "qemu:" KEY "\n");
    expect_meeting(false, "qemu:1111\n", "qemu:" KEY "\n");
    expect_meeting(false, "qemu:1111\nqemu:" KEY "\n", "qemu:" KEY "\n");
    expect_meeting(false, "# nobody\n", "qemu:" KEY "\n");
    expect_meeting(false, "qem:" KEY "\nqemu2:" KEY "\n", "qemu:" KEY "\n");
}

/* R-TLS-73: a line that is no key is one that somebody will miss. */
static void test_unusable(void)
{
    static const char *const texts[] = {
        "other:11\nqemu\n", "other:11\nqemu:\n", "\nqemu:012\n", "\nqemu:0g\n", "#\nqemu: 01\n",
    };

    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        char *dir = tls_dir_new();

        tls_dir_put(dir, "keys.psk", texts[i]);
        expect_creds(WORDS("keys.psk", "line 2"), TYPE_QCRYPTO_TLS_CREDS_PSK, "server", dir, NULL,
                     NULL);
        expect_creds(WORDS("keys.psk", "line 2"), TYPE_QCRYPTO_TLS_CREDS_PSK, "client", dir,
                     "username", "other");
        tls_dir_free(dir);
    }
}

/* R-TLS-73: what nobody sees in an editor makes no key that only one end looks for in vain: neither end begins with
 * such a file. */
static void test_invisible(void)
{
    static const struct {
        const char *text, *line, *named;
    } cases[] = {
        { "\xef\xbb\xbfqemu:" KEY "\n", "line 1", "byte order mark" },
        { "\xef\xbb\xbf# who may\nqemu:" KEY "\n", "line 1", "byte order mark" },
        { "qemu:" KEY "\n\xef\xbb\xbfother:11\n", "line 2", "byte order mark" },
        { "# who may\n qemu:" KEY "\n", "line 2", "blank" },
        { "\tqemu:" KEY "\n", "line 1", "blank" },
        { "qemu :" KEY "\n", "line 1", "blank" },
        { "qemu:" KEY "\n other:11\n", "line 2", "blank" },
        { "qemu:" KEY "\n\x7fother:11\n", "line 2", "control character" },
        { "qemu:" KEY "\n  # who else may\n", "line 2", "NAME:KEY" },
        { "qemu:" KEY "\n:11\n", "line 2", "NAME:KEY" },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        char *dir = tls_dir_new();

        tls_dir_put(dir, "keys.psk", cases[i].text);
        expect_creds(WORDS("keys.psk", cases[i].line, cases[i].named), TYPE_QCRYPTO_TLS_CREDS_PSK,
                     "server", dir, NULL, NULL);
        expect_creds(WORDS("keys.psk", cases[i].line, cases[i].named), TYPE_QCRYPTO_TLS_CREDS_PSK,
                     "client", dir, NULL, NULL);
        tls_dir_free(dir);
    }
    /* Inside a name, or as psktool(1) writes it, each is what it is. */
    expect_meeting(true, "q e\xef\xbb\xbf:11\n#2071:11\nqemu:" KEY "\n", "qemu:" KEY "\n");
}

/* R-TLS-73: what becomes of the file and its directory later doesn't matter, nor where the process is. */
static void test_once(void)
{
    g_autofree char *cwd = g_get_current_dir();

    for (size_t i = 0; i < G_N_ELEMENTS(priorities); i++) {
        Pair pair = { .server_dir = tls_dir_new(), .client_dir = tls_dir_new() };
        int round;

        tls_dir_put(pair.server_dir, "keys.psk", "qemu:" KEY "\n");
        tls_dir_put(pair.client_dir, "keys.psk", "qemu:" KEY "\n");
        /* By a name that means something here only. */
        g_assert_cmpint(chdir(pair.server_dir), ==, 0);
        pair.server_creds = psk_creds("server", ".", priorities[i]);
        pair.client_creds = psk_creds("client", pair.client_dir, priorities[i]);
        g_assert_cmpint(chdir("/"), ==, 0);
        g_assert_true(meet(&pair));

        tls_dir_put(pair.server_dir, "keys.psk", "qemu:1111\n");
        tls_dir_put(pair.client_dir, "keys.psk", "qemu:2222\n");
        for (round = 0; round < 2; round++) {
            tls_end_clear(&pair.server);
            tls_end_clear(&pair.client);
            g_assert_true(meet(&pair));
            if (round == 0) {
                tls_dir_remove(pair.server_dir, "keys.psk");
                tls_dir_remove(pair.client_dir, "keys.psk");
            }
        }
        pair_clear(&pair);
        g_assert_cmpint(chdir(cwd), ==, 0);
    }
}

/* The first descriptor that is free. */
static int next_fd(void)
{
    int fd = dup(0);

    close(fd);
    return fd;
}

/* R-TLS-73: a handshake opens nothing: it can be made by a process that may not, or can't. */
static void test_without_files(void)
{
    struct rlimit usual, none;
    Pair pair;

    load(&pair, "qemu:" KEY "\n", "qemu:" KEY "\n", "NORMAL");
    connect_pair(&pair, NULL, NULL);
    g_assert_cmpint(getrlimit(RLIMIT_NOFILE, &usual), ==, 0);
    none = (struct rlimit) { .rlim_cur = next_fd(), .rlim_max = usual.rlim_max };
    g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &none), ==, 0);
    g_assert_true(tls_handshake(&pair.client, &pair.server, &error_abort));
    g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &usual), ==, 0);
    pair_clear(&pair);
}

/* The key of a TLS 1.3 handshake is bound to SHA-256: a cipher with another hash can't have one. */
static void test_ciphers(void)
{
    static const struct {
        const char *priority;
        int bytes;
    } cases[] = {
        { "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-128-GCM", 16 },
        { "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+CHACHA20-POLY1305", 32 },
        { "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-256-GCM", 0 },
        { "NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+AES-256-GCM", 32 },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        Pair pair;

        load(&pair, "qemu:" KEY "\n", "qemu:" KEY "\n", cases[i].priority);
        g_assert_cmpint(meet(&pair), ==, cases[i].bytes != 0);
        if (cases[i].bytes) {
            g_assert_cmpint(qcrypto_tls_session_get_key_size(pair.client.session, &error_abort),
                            ==, cases[i].bytes);
        }
        pair_clear(&pair);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    module_call_init(MODULE_INIT_QOM);
    g_test_add_func("/qio/tls-creds/psk/forms", test_forms);
    g_test_add_func("/qio/tls-creds/psk/strangers", test_strangers);
    g_test_add_func("/qio/tls-creds/psk/unusable", test_unusable);
    g_test_add_func("/qio/tls-creds/psk/invisible", test_invisible);
    g_test_add_func("/qio/tls-creds/psk/once", test_once);
    g_test_add_func("/qio/tls-creds/psk/without-files", test_without_files);
    g_test_add_func("/qio/tls-creds/psk/ciphers", test_ciphers);
    return g_test_run();
}
