/*
 * qio/debug.h: a dump of TLS channels (R-DUMP-8).
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "tls-channels.h"

#include "dump.h"

/* R-DUMP-8 */
static void test_handshake(void)
{
    Tls tls;
    g_autofree char *over = NULL;

    tls_make(&tls);
    over = g_strdup_printf(" master=%p", tls.below[SERVER]);
    assert_dumped("channel", tls.ends[SERVER], " class=qio-channel-tls ");
    assert_dumped("channel", tls.ends[SERVER], over);
    shake_start(&tls.shakes[SERVER], tls.ends[SERVER], NULL);
    assert_dumped("channel", tls.ends[SERVER], " handshake=receives for=");
    shake_start(&tls.shakes[CLIENT], tls.ends[CLIENT], NULL);
    while (!tls.shakes[CLIENT].destroyed || !tls.shakes[SERVER].destroyed) {
        g_main_context_iteration(NULL, true);
    }
    assert_dumped("channel", tls.ends[SERVER], " handshake=complete for=");
    assert_dumped("channel", tls.ends[CLIENT], " handshake=complete for=");
    tls_pass(&tls, CLIENT, "seven b");
    assert_dumped("channel", tls.ends[CLIENT], " in=0 out=7 ");
    assert_dumped("channel", tls.ends[SERVER], " in=7 out=0 ");
    tls_end(&tls);
}

/* R-DUMP-8 */
static void test_failure(void)
{
    Tls tls;

    tls_make(&tls);
    shake_start(&tls.shakes[SERVER], tls.ends[SERVER], NULL);
    g_assert_cmpint(qio_channel_write_all(tls.below[CLIENT], "no TLS at all", 13, &error_abort), ==, 0);
    while (!tls.shakes[SERVER].destroyed) {
        g_main_context_iteration(NULL, true);
    }
    g_assert_nonnull(tls.shakes[SERVER].error);
    assert_dumped("channel", tls.ends[SERVER], " handshake=failed for=");
    tls_end(&tls);
}

int main(int argc, char **argv)
{
    tls_tests_init(&argc, &argv);
    g_test_add_func("/debug-dump/tls/handshake", test_handshake);
    g_test_add_func("/debug-dump/tls/failure", test_failure);
    return tls_tests_run();
}
