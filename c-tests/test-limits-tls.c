/*
 * qio/limits.h: the deadline of a TLS handshake (R-LIMIT of docs/spec/limits.md). That of a WebSocket is in
 * test-limits-deadlines.c.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tls-channels.h"
#include <dlfcn.h>
#include <sys/prctl.h>
#include "io/channel-file.h"
#include "qio/limits.h"
#include "qio/stats.h"
#include "qio/trace.h"

#define HOUR_MS 3600000

static uint64_t timed_out(void)
{
    QIOStats stats = { .size = sizeof(stats) };

    qio_stats(&stats);
    return stats.handshakes_timed_out;
}

static void run_until_destroyed(Shake *shake, GMainContext *context)
{
    while (!shake->destroyed) {
        g_main_context_iteration(context, true);
    }
    g_assert_cmpint(shake->called, ==, 1);
}

/* R-LIMIT-13, R-LIMIT-16: the client says nothing; each end has a deadline of its own, in the handshake's context. */
static void test_silent_peer(void)
{
    GMainContext *contexts[2] = { NULL, g_main_context_new() };
    int end, n;

    for (end = CLIENT; end <= SERVER; end++) {
        for (n = 0; n < 2; n++) {
            uint64_t before = timed_out();
            Tls tls;
            ssize_t got;
            char byte;

            tls_make(&tls);
            g_assert_cmpint(qio_channel_set_handshake_timeout(QIO_CHANNEL(tls.ends[end]), 30, &error_abort), ==, 0);
            shake_start(&tls.shakes[end], tls.ends[end], contexts[n]);
            run_until_destroyed(&tls.shakes[end], contexts[n]);
            g_assert_cmpstr(tls.shakes[end].error, ==, "The TLS handshake timed out");
            g_assert_cmpuint(timed_out() - before, ==, 1);
            /* The connection is shut down; what the client has sent is still there. */
            do {
                got = recv(QIO_CHANNEL_SOCKET(tls.below[!end])->fd, &byte, 1, 0);
            } while (got > 0);
            g_assert_cmpint(got, ==, 0);
            tls_end(&tls);
        }
    }
    g_main_context_unref(contexts[1]);
}

/* The first step of a handshake is held up until it may go on. */
static int steps_made, goes_on;

static void hold_step(void *ioc, int status)
{
    g_atomic_int_inc(&steps_made);
    while (!g_atomic_int_get(&goes_on)) {
        g_usleep(1000);
    }
}

static gpointer begin_handshake(gpointer opaque)
{
    Tls *tls = opaque;

    shake_start(&tls->shakes[CLIENT], tls->ends[CLIENT], NULL);
    return NULL;
}

/* The context meets the deadline while another thread makes a step, and nothing but that ends the wait behind it. */
static void test_during_step(void)
{
    const QIOTraceSink held[] = { { "qio_channel_tls_handshake_pending", "pi", (void (*)(void))hold_step }, { 0 } };
    const QIOTraceSink none[] = { { "qio_channel_tls_handshake_pending", "pi", NULL }, { 0 } };
    uint64_t before = timed_out();
    GThread *thread;
    int fds[2];
    Tls tls;

    /* No sockets, as far as the library knows, which are shut down. */
    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds), ==, 0);
    tls_make_over(&tls, QIO_CHANNEL(qio_channel_file_new_fd(fds[0])), QIO_CHANNEL(qio_channel_file_new_fd(fds[1])));
    g_assert_cmpint(qio_channel_set_handshake_timeout(QIO_CHANNEL(tls.ends[CLIENT]), 1, &error_abort), ==, 0);
    g_assert_cmpuint(qio_trace_register(held), ==, 1);
    thread = g_thread_new("begins", begin_handshake, &tls);
    while (timed_out() == before || !g_atomic_int_get(&steps_made)) {
        g_usleep(1000);
    }
    /* What the deadline leaves for the context is there soon. */
    g_usleep(20000);
    tls_run();
    g_assert_cmpint(tls.shakes[CLIENT].called, ==, 0);
    g_atomic_int_set(&goes_on, 1);
    run_until_destroyed(&tls.shakes[CLIENT], NULL);
    g_thread_join(thread);
    g_assert_cmpstr(tls.shakes[CLIENT].error, ==, "The TLS handshake timed out");
    g_assert_cmpuint(timed_out() - before, ==, 1);
    g_assert_cmpuint(qio_trace_register(none), ==, 1);
    tls_run();
    tls_end(&tls);
}

/* A handshake over a blocking socket, which waits in its call, ends as well. */
static void test_blocking(void)
{
    Tls tls;

    tls_make(&tls);
    qio_channel_set_blocking(tls.below[SERVER], true, NULL);
    g_assert_cmpint(qio_channel_set_handshake_timeout(QIO_CHANNEL(tls.ends[SERVER]), 30, &error_abort), ==, 0);
    shake_start(&tls.shakes[SERVER], tls.ends[SERVER], NULL);
    g_assert_cmpint(tls.shakes[SERVER].destroyed, ==, 1);
    g_assert_cmpint(tls.shakes[SERVER].called, ==, 1);
    g_assert_cmpstr(tls.shakes[SERVER].error, ==, "The TLS handshake timed out");
    /* What the deadline has left for the context finds nothing to do. */
    tls_run();
    tls_end(&tls);
}

/* A handshake that is over in time has no deadline any more. */
static void test_in_time(void)
{
    uint64_t before = timed_out();
    int end, n;

    for (n = 0; n < 2; n++) {
        Tls tls;

        tls_make(&tls);
        for (end = CLIENT; end <= SERVER; end++) {
            g_assert_cmpint(qio_channel_set_handshake_timeout(QIO_CHANNEL(tls.ends[end]), n ? 0 : HOUR_MS, &error_abort), ==, 0);
        }
        tls_connect(&tls);
        tls_end(&tls);
    }
    g_assert_cmpuint(timed_out(), ==, before);
}

/* A close ends the deadline, too: nobody is called. */
static void test_close(void)
{
    uint64_t before = timed_out();
    Tls tls;

    tls_make(&tls);
    g_assert_cmpint(qio_channel_set_handshake_timeout(QIO_CHANNEL(tls.ends[SERVER]), HOUR_MS, &error_abort), ==, 0);
    shake_start(&tls.shakes[SERVER], tls.ends[SERVER], NULL);
    tls_run();
    g_assert_cmpint(qio_channel_close(QIO_CHANNEL(tls.ends[SERVER]), &error_abort), ==, 0);
    g_assert_cmpint(tls.shakes[SERVER].called, ==, 0);
    g_assert_cmpint(tls.shakes[SERVER].destroyed, ==, 1);
    tls_end(&tls);
    g_assert_cmpuint(timed_out(), ==, before);
}

/* The thread of all deadlines rests behind what it has begun in a context until the program lets go of that. */
static int rests, lets_go;

/* Stands before GLib's. */
guint g_source_attach(GSource *source, GMainContext *context)
{
    static guint (*real)(GSource *, GMainContext *);
    char name[16] = "";
    guint id;

    if (!real) {
        real = (guint (*)(GSource *, GMainContext *))dlsym(RTLD_NEXT, "g_source_attach");
    }
    id = real(source, context);
    prctl(PR_GET_NAME, name);
    if (g_atomic_int_get(&rests) && !strcmp(name, "io-deadlines")) {
        /* Not for ever, as the program may wait for it. */
        for (int ms = 0; ms < 5000 && !g_atomic_int_get(&lets_go); ms++) {
            g_usleep(1000);
        }
        g_usleep(50000);
        g_atomic_int_set(&rests, 0);
    }
    return id;
}

static void note_thread(gpointer opaque)
{
    g_atomic_pointer_set((GThread **)opaque, g_thread_self());
}

static gboolean never_called(gpointer opaque)
{
    g_assert_not_reached();
}

/* R-LIMIT-11: the program drops its context in its own thread while the deadline's is still about it. */
static void test_context_dropped(void)
{
    GMainContext *context = g_main_context_new();
    GSource *source = g_timeout_source_new_seconds(3600);
    GThread *ended_on = NULL;
    Tls tls;

    g_source_set_callback(source, never_called, &ended_on, note_thread);
    tls_make(&tls);
    g_assert_cmpint(qio_channel_set_handshake_timeout(QIO_CHANNEL(tls.ends[SERVER]), 30, &error_abort), ==, 0);
    g_atomic_int_set(&rests, 1);
    shake_start(&tls.shakes[SERVER], tls.ends[SERVER], context);
    run_until_destroyed(&tls.shakes[SERVER], context);
    g_assert_cmpstr(tls.shakes[SERVER].error, ==, "The TLS handshake timed out");
    g_source_attach(source, context);
    g_source_unref(source);
    g_atomic_int_set(&lets_go, 1);
    g_main_context_unref(context);
    while (!g_atomic_pointer_get(&ended_on)) {
        g_thread_yield();
    }
    g_assert_true(ended_on == g_thread_self());
    while (g_atomic_int_get(&rests)) {
        g_thread_yield();
    }
    tls_end(&tls);
}

/* Other channels have no handshake. */
static void test_no_handshake(void)
{
    Error *err = NULL;
    Tls tls;

    tls_make(&tls);
    g_assert_cmpint(qio_channel_set_handshake_timeout(tls.below[SERVER], 1, &err), ==, -1);
    g_assert_cmpstr(error_get_pretty(err), ==, "The channel has no handshake: only TLS and WebSocket channels have one");
    error_free(err);
    tls_end(&tls);
}

int main(int argc, char **argv)
{
    tls_tests_init(&argc, &argv);
    g_test_add_func("/qio/limits/tls/silent-peer", test_silent_peer);
    g_test_add_func("/qio/limits/tls/during-step", test_during_step);
    g_test_add_func("/qio/limits/tls/blocking", test_blocking);
    g_test_add_func("/qio/limits/tls/in-time", test_in_time);
    g_test_add_func("/qio/limits/tls/close", test_close);
    g_test_add_func("/qio/limits/tls/context-dropped", test_context_dropped);
    g_test_add_func("/qio/limits/tls/no-handshake", test_no_handshake);
    return tls_tests_run();
}
