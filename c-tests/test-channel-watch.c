/*
 * io/channel-watch.h: what the sources tell, and how long they live. Adding watches is in
 * test-channel-watch-add.c.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "scripted-channel.h"
#include "io/channel-watch.h"
#include "watch-seen.h"

#include <sys/socket.h>

/* A context with one source, and its callback's memory. */
typedef struct Fixture {
    QIOChannel *ioc;
    int finalized;
    int fds[2];
    GMainContext *context;
    Seen seen;
} Fixture;

static void fixture_begin(Fixture *f)
{
    *f = (Fixture) { .context = g_main_context_new() };
    f->ioc = scripted_new(0);
    scripted(f->ioc)->finalized = &f->finalized;
    f->seen.ioc = f->ioc;
    f->seen.stay = true;
}

static void fixture_pipe(Fixture *f)
{
    fixture_begin(f);
    g_assert_cmpint(pipe2(f->fds, O_CLOEXEC | O_NONBLOCK), ==, 0);
}

static void fixture_pair(Fixture *f)
{
    fixture_begin(f);
    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, f->fds),
                    ==, 0);
}

static void fixture_end(Fixture *f)
{
    object_unref(OBJECT(f->ioc));
    g_assert_cmpint(f->finalized, ==, 1);
    g_main_context_unref(f->context);
    if (f->fds[0] > 0) {
        close(f->fds[0]);
    }
    if (f->fds[1] > 0) {
        close(f->fds[1]);
    }
}

static void fixture_attach(Fixture *f, GSource *source)
{
    g_source_set_callback(source, G_SOURCE_FUNC(sees), &f->seen, ends);
    g_source_attach(source, f->context);
}

/* What one round of the context tells; 0 for nothing. */
static GIOCondition fixture_round(Fixture *f)
{
    int calls = f->seen.calls;

    f->seen.condition = 0;
    g_main_context_iteration(f->context, false);
    g_assert_cmpint(f->seen.calls, ==, calls + (f->seen.condition ? 1 : 0));
    return f->seen.condition;
}

/* What a new watch of fds[0] tells at once. */
static GIOCondition tells(Fixture *f, GIOCondition condition)
{
    GSource *source = qio_channel_create_fd_watch(f->ioc, f->fds[0], condition);
    GIOCondition seen;

    fixture_attach(f, source);
    seen = fixture_round(f);
    g_source_destroy(source);
    g_source_unref(source);
    return seen;
}

static GIOCondition tells_pair(Fixture *f, int fdread, int fdwrite, GIOCondition condition)
{
    GSource *source = qio_channel_create_fd_pair_watch(f->ioc, fdread, fdwrite, condition);
    GIOCondition seen;

    fixture_attach(f, source);
    seen = fixture_round(f);
    g_source_destroy(source);
    g_source_unref(source);
    return seen;
}

/* Reads what is there and iterates the context, until it has looked at all descriptors again. */
static gboolean takes_all(QIOChannel *ioc, GIOCondition condition, gpointer data)
{
    Fixture *f = data;
    char bytes[8];

    g_assert_cmpint(condition, ==, G_IO_IN);
    f->seen.calls++;
    while (read(f->fds[0], bytes, sizeof(bytes)) > 0) {
    }
    g_main_context_iteration(f->context, false);
    g_main_context_iteration(f->context, false);
    return G_SOURCE_CONTINUE;
}

/* R-CHAN-56: two watches are found ready together, and the callback of the first takes what both are for. */
static void test_taken_meanwhile(void)
{
    Fixture f;

    fixture_pipe(&f);
    for (int is_pair = 0; is_pair < 2; is_pair++) {
        GSource *sources[2];

        for (int i = 0; i < 2; i++) {
            sources[i] = is_pair ? qio_channel_create_fd_pair_watch(f.ioc, f.fds[0], f.fds[1], G_IO_IN)
                                 : qio_channel_create_fd_watch(f.ioc, f.fds[0], G_IO_IN);
            g_source_set_callback(sources[i], G_SOURCE_FUNC(takes_all), &f, NULL);
            g_source_attach(sources[i], f.context);
        }
        for (int round = 1; round < 4; round++) {
            f.seen.calls = 0;
            g_assert_cmpint(write(f.fds[1], "x", 1), ==, 1);
            g_main_context_iteration(f.context, false);
            g_assert_cmpint(f.seen.calls, ==, 1);
        }
        for (int i = 0; i < 2; i++) {
            g_source_destroy(sources[i]);
            g_source_unref(sources[i]);
        }
    }
    fixture_end(&f);
}

static void life(GSource *(*create)(Fixture *f))
{
    Fixture f;
    GSource *source;

    fixture_pipe(&f);
    source = create(&f);
    g_assert_nonnull(source);
    g_assert_cmpuint(source->ref_count, ==, 1);
    g_assert_cmpuint(OBJECT(f.ioc)->ref, ==, 2);
    g_assert_cmpint(g_source_get_priority(source), ==, G_PRIORITY_DEFAULT);
    g_assert_false(g_source_get_can_recurse(source));
    g_assert_null(g_source_get_name(source));
    g_assert_null(g_source_get_context(source));

    /* The reference ends with the source, not with the watch. */
    fixture_attach(&f, source);
    g_source_destroy(source);
    g_assert_cmpint(f.seen.ended, ==, 1);
    g_assert_cmpuint(OBJECT(f.ioc)->ref, ==, 2);
    g_source_unref(source);
    g_assert_cmpuint(OBJECT(f.ioc)->ref, ==, 1);
    /* The descriptors are the caller's. */
    g_assert_cmpint(fcntl(f.fds[0], F_GETFD), ==, FD_CLOEXEC);
    g_assert_cmpint(fcntl(f.fds[1], F_GETFD), ==, FD_CLOEXEC);

    fixture_end(&f);
}

static GSource *create_fd(Fixture *f)
{
    return qio_channel_create_fd_watch(f->ioc, f->fds[0], G_IO_IN);
}

static GSource *create_socket(Fixture *f)
{
    return qio_channel_create_socket_watch(f->ioc, f->fds[0], G_IO_IN);
}

static GSource *create_fd_pair(Fixture *f)
{
    return qio_channel_create_fd_pair_watch(f->ioc, f->fds[0], f->fds[1], G_IO_IN);
}

/* R-WATCH-1, R-WATCH-2, R-WATCH-10, R-CHAN-8 */
static void test_fd_life(void)
{
    life(create_fd);
}

/* R-WATCH-1, R-WATCH-2, R-WATCH-10; R-WATCH-3: as the one before. */
static void test_socket_life(void)
{
    life(create_socket);
}

/* R-WATCH-1, R-WATCH-2, R-WATCH-10 */
static void test_pair_life(void)
{
    life(create_fd_pair);
}

/* R-WATCH-8: nothing is known before the poll, which may take as long as it likes. */
static void test_polls_only(void)
{
    GSource *(*const create[])(Fixture *) = { create_fd, create_socket, create_fd_pair };

    for (size_t i = 0; i < G_N_ELEMENTS(create); i++) {
        Fixture f;
        GSource *source;
        GPollFD fds[8];
        int priority, timeout = 0;

        fixture_pipe(&f);
        source = create[i](&f);
        fixture_attach(&f, source);
        g_assert_cmpint(write(f.fds[1], "x", 1), ==, 1);
        g_assert_true(g_main_context_acquire(f.context));
        g_assert_false(g_main_context_prepare(f.context, &priority));
        g_assert_cmpint(g_main_context_query(f.context, priority, &timeout, fds, G_N_ELEMENTS(fds)), >, 0);
        g_assert_cmpint(timeout, ==, -1);
        g_main_context_release(f.context);
        g_assert_cmphex(fixture_round(&f), ==, G_IO_IN);
        g_source_destroy(source);
        g_source_unref(source);
        fixture_end(&f);
    }
}

/* The channel's finaliser runs inside the source's, R-WATCH-2. */
static void test_last_reference(void)
{
    int finalized = 0;
    QIOChannel *ioc = scripted_new(0);
    GSource *source = qio_channel_create_fd_watch(ioc, -1, G_IO_IN);

    scripted(ioc)->finalized = &finalized;
    object_unref(OBJECT(ioc));
    g_assert_cmpint(finalized, ==, 0);
    g_source_unref(source);
    g_assert_cmpint(finalized, ==, 1);
}

/* R-WATCH-5, R-WATCH-7, R-CHAN-58 */
static void test_fd_condition(void)
{
    Fixture f;
    GSource *source;

    fixture_pair(&f);
    source = qio_channel_create_fd_watch(f.ioc, f.fds[0], G_IO_IN | G_IO_HUP);
    fixture_attach(&f, source);
    g_assert_cmphex(fixture_round(&f), ==, 0);
    g_assert_cmpint(write(f.fds[1], "x", 1), ==, 1);
    g_assert_cmphex(fixture_round(&f), ==, G_IO_IN);
    /* As long as it is ready. */
    g_assert_cmphex(fixture_round(&f), ==, G_IO_IN);
    /* FALSE ends it. */
    f.seen.stay = false;
    g_assert_cmphex(fixture_round(&f), ==, G_IO_IN);
    g_assert_true(g_source_is_destroyed(source));
    g_assert_cmpint(f.seen.ended, ==, 1);
    g_assert_cmphex(fixture_round(&f), ==, 0);
    g_source_unref(source);

    f.seen.stay = true;
    g_assert_cmphex(tells(&f, G_IO_OUT), ==, G_IO_OUT);
    g_assert_cmphex(tells(&f, G_IO_IN | G_IO_OUT), ==, G_IO_IN | G_IO_OUT);
    g_assert_cmphex(tells(&f, G_IO_HUP), ==, 0);
    g_assert_cmphex(tells(&f, G_IO_ERR), ==, 0);
    g_assert_cmphex(tells(&f, G_IO_PRI), ==, 0);
    g_assert_cmphex(tells(&f, 0), ==, 0);

    close(f.fds[1]);
    f.fds[1] = -1;
    g_assert_cmphex(tells(&f, G_IO_HUP), ==, G_IO_HUP);
    g_assert_cmphex(tells(&f, G_IO_IN | G_IO_HUP), ==, G_IO_IN | G_IO_HUP);
    g_assert_cmphex(tells(&f, G_IO_IN), ==, G_IO_IN);
    /* Errors and urgent data have not come, R-WATCH-9. */
    g_assert_cmphex(tells(&f, G_IO_ERR), ==, 0);
    g_assert_cmphex(tells(&f, G_IO_PRI), ==, 0);
    g_assert_cmphex(tells(&f, 0), ==, 0);
    fixture_end(&f);
}

/* Negative numbers are never ready, what isn't open is: R-WATCH-4. */
static void test_fd_not_open(void)
{
    Fixture f;

    fixture_begin(&f);
    f.fds[0] = -1;
    g_assert_cmphex(tells(&f, G_IO_IN | G_IO_OUT | G_IO_HUP | G_IO_ERR | G_IO_NVAL), ==, 0);
    f.fds[0] = 1000000;
    g_assert_cmphex(tells(&f, G_IO_NVAL), ==, G_IO_NVAL);
    g_assert_cmphex(tells(&f, G_IO_IN | G_IO_NVAL), ==, G_IO_NVAL);
    g_assert_cmphex(tells(&f, G_IO_HUP), ==, 0);
    f.fds[0] = -1;
    fixture_end(&f);
}

/* R-WATCH-4 */
static void test_fd_regular_file(void)
{
    Fixture f;
    FILE *file = tmpfile();

    fixture_begin(&f);
    f.fds[0] = dup(fileno(file));
    fclose(file);
    g_assert_cmphex(tells(&f, G_IO_IN), ==, G_IO_IN);
    g_assert_cmphex(tells(&f, G_IO_IN | G_IO_OUT), ==, G_IO_IN | G_IO_OUT);
    fixture_end(&f);
}

/* An end that nobody asked for wakes whoever waits to transfer, W-WATCH-1. */
static void test_fd_unasked(void)
{
    Fixture f;
    int reader;

    /* A pipe without writer raises HUP alone. */
    fixture_pipe(&f);
    close(f.fds[1]);
    f.fds[1] = -1;
    g_assert_cmphex(tells(&f, G_IO_IN), ==, G_IO_IN);
    g_assert_cmphex(tells(&f, G_IO_IN | G_IO_ERR), ==, G_IO_IN);
    g_assert_cmphex(tells(&f, G_IO_IN | G_IO_HUP), ==, G_IO_HUP);
    g_assert_cmphex(tells(&f, G_IO_ERR), ==, 0);
    g_assert_cmphex(tells(&f, G_IO_PRI), ==, 0);
    fixture_end(&f);

    /* A full pipe without reader raises ERR, whether there is room or not. */
    fixture_pipe(&f);
    reader = f.fds[0];
    f.fds[0] = f.fds[1];
    f.fds[1] = -1;
    close(reader);
    g_assert_cmphex(tells(&f, G_IO_IN), ==, G_IO_IN);
    g_assert_cmphex(tells(&f, G_IO_ERR), ==, G_IO_ERR);
    g_assert_cmphex(tells(&f, G_IO_HUP), ==, 0);
    /* On a zero-copy socket it may be a notification, which is no readiness, W-8. */
    qio_channel_set_feature(f.ioc, QIO_CHANNEL_FEATURE_WRITE_ZERO_COPY);
    g_assert_cmphex(tells(&f, G_IO_IN), ==, 0);
    g_assert_cmphex(tells(&f, G_IO_ERR), ==, G_IO_ERR);
    fixture_end(&f);

    /* What isn't open. */
    fixture_begin(&f);
    f.fds[0] = 1000000;
    g_assert_cmphex(tells(&f, G_IO_IN | G_IO_OUT), ==, G_IO_IN | G_IO_OUT);
    f.fds[0] = -1;
    fixture_end(&f);
}

/* R-WATCH-6, R-CHAN-58 */
static void test_pair_condition(void)
{
    Fixture f;
    int read_end, write_end;

    fixture_pipe(&f);
    read_end = f.fds[0];
    write_end = f.fds[1];
    g_assert_cmphex(tells_pair(&f, read_end, write_end, G_IO_IN), ==, 0);
    g_assert_cmphex(tells_pair(&f, read_end, write_end, G_IO_IN | G_IO_OUT), ==, G_IO_OUT);
    g_assert_cmpint(write(write_end, "x", 1), ==, 1);
    g_assert_cmphex(tells_pair(&f, read_end, write_end, G_IO_IN), ==, G_IO_IN);
    g_assert_cmphex(tells_pair(&f, read_end, write_end, G_IO_OUT), ==, G_IO_OUT);
    /* Both in one call. */
    g_assert_cmphex(tells_pair(&f, read_end, write_end, G_IO_IN | G_IO_OUT),
                    ==, G_IO_IN | G_IO_OUT);
    g_assert_cmphex(tells_pair(&f, read_end, write_end, 0), ==, 0);
    g_assert_cmphex(tells_pair(&f, read_end, write_end, G_IO_PRI), ==, 0);

    /* Each for its own direction only. */
    g_assert_cmphex(tells_pair(&f, write_end, read_end, G_IO_IN | G_IO_OUT), ==, 0);

    /* One side, or none. */
    g_assert_cmphex(tells_pair(&f, read_end, -1, G_IO_IN | G_IO_OUT), ==, G_IO_IN);
    g_assert_cmphex(tells_pair(&f, -1, write_end, G_IO_IN | G_IO_OUT), ==, G_IO_OUT);
    g_assert_cmphex(tells_pair(&f, -1, -1, G_IO_IN | G_IO_OUT | G_IO_HUP | G_IO_NVAL), ==, 0);
    fixture_end(&f);

    /* One descriptor for both. */
    fixture_pair(&f);
    g_assert_cmphex(tells_pair(&f, f.fds[0], f.fds[0], G_IO_IN | G_IO_OUT), ==, G_IO_OUT);
    g_assert_cmpint(write(f.fds[1], "x", 1), ==, 1);
    g_assert_cmphex(tells_pair(&f, f.fds[0], f.fds[0], G_IO_IN | G_IO_OUT),
                    ==, G_IO_IN | G_IO_OUT);
    fixture_end(&f);
}

/* Ends of either side are told if asked for, R-CHAN-57; unasked, to their own direction only. */
static void test_pair_unasked(void)
{
    Fixture f;
    int read_end, write_end;

    fixture_pipe(&f);
    read_end = f.fds[0];
    close(f.fds[1]);
    g_assert_cmpint(pipe2(f.fds, O_CLOEXEC | O_NONBLOCK), ==, 0);
    write_end = f.fds[1];
    close(f.fds[0]);
    f.fds[0] = read_end;

    /* The read end has HUP, the write end ERR. */
    g_assert_cmphex(tells_pair(&f, read_end, write_end, G_IO_HUP), ==, G_IO_HUP);
    g_assert_cmphex(tells_pair(&f, read_end, write_end, G_IO_ERR), ==, G_IO_ERR);
    g_assert_cmphex(tells_pair(&f, read_end, write_end, G_IO_ERR | G_IO_IN), ==, G_IO_ERR);
    g_assert_cmphex(tells_pair(&f, read_end, -1, G_IO_IN), ==, G_IO_IN);
    g_assert_cmphex(tells_pair(&f, read_end, -1, G_IO_OUT), ==, 0);
    g_assert_cmphex(tells_pair(&f, -1, write_end, G_IO_IN), ==, 0);
    g_assert_cmphex(tells_pair(&f, -1, read_end, G_IO_OUT), ==, G_IO_OUT);
    g_assert_cmphex(tells_pair(&f, -1, write_end, G_IO_OUT | G_IO_IN), ==, G_IO_OUT);
    fixture_end(&f);
}

/* A source that nobody gave a callback ends with a warning, W-WATCH-3. */
static void test_no_callback(void)
{
    Fixture f;
    GSource *source;

    fixture_pair(&f);
    source = qio_channel_create_fd_watch(f.ioc, f.fds[0], G_IO_OUT);
    g_source_attach(source, f.context);
    g_test_expect_message("qio", G_LOG_LEVEL_WARNING, "*watch*callback*");
    g_assert_true(g_main_context_iteration(f.context, false));
    g_test_assert_expected_messages();
    g_assert_true(g_source_is_destroyed(source));
    g_source_unref(source);
    fixture_end(&f);
}

/* As a child of another source, with another priority and a name, R-WATCH-9. */
static gboolean parent_runs(gpointer data)
{
    (*(int *)data)++;
    return true;
}

static gboolean parent_dispatch(GSource *source, GSourceFunc callback, gpointer data)
{
    return callback(data);
}

static void test_child_source(void)
{
    static GSourceFuncs funcs = { .dispatch = parent_dispatch };
    Fixture f;
    GSource *parent, *child;
    int runs = 0;

    fixture_pair(&f);
    parent = g_source_new(&funcs, sizeof(GSource));
    g_source_set_callback(parent, parent_runs, &runs, NULL);
    child = qio_channel_create_fd_watch(f.ioc, f.fds[0], G_IO_IN);
    g_source_set_name(child, "child");
    g_source_set_callback(child, G_SOURCE_FUNC(sees), &f.seen, NULL);
    g_source_add_child_source(parent, child);
    g_source_unref(child);
    g_source_set_priority(parent, G_PRIORITY_DEFAULT + 1);
    g_source_attach(parent, f.context);

    g_main_context_iteration(f.context, false);
    g_assert_cmpint(runs, ==, 0);
    g_assert_cmpint(write(f.fds[1], "x", 1), ==, 1);
    g_main_context_iteration(f.context, false);
    g_assert_cmpint(runs, ==, 1);
    g_assert_cmphex(f.seen.condition, ==, G_IO_IN);
    g_source_destroy(parent);
    g_source_unref(parent);
    fixture_end(&f);
}

/* Data before the hang-up: a watch for HUP at a lower priority, R-WATCH-9. */
static void test_priority(void)
{
    Fixture f;
    GSource *data, *hangup;
    Seen hung;

    fixture_pair(&f);
    hung = f.seen;
    g_assert_cmpint(write(f.fds[1], "x", 1), ==, 1);
    close(f.fds[1]);
    f.fds[1] = -1;
    hangup = qio_channel_create_fd_watch(f.ioc, f.fds[0], G_IO_HUP);
    g_source_set_priority(hangup, G_PRIORITY_DEFAULT + 1);
    g_source_set_callback(hangup, G_SOURCE_FUNC(sees), &hung, NULL);
    g_source_attach(hangup, f.context);
    data = qio_channel_create_fd_watch(f.ioc, f.fds[0], G_IO_IN);
    fixture_attach(&f, data);

    f.seen.stay = false;
    g_assert_cmphex(fixture_round(&f), ==, G_IO_IN);
    g_assert_cmpint(hung.calls, ==, 0);
    g_main_context_iteration(f.context, false);
    g_assert_cmpint(hung.calls, ==, 1);
    g_assert_cmphex(hung.condition, ==, G_IO_HUP);
    g_source_destroy(hangup);
    g_source_unref(hangup);
    g_source_unref(data);
    fixture_end(&f);
}

static void misuse(const char *path, const char *text)
{
    g_test_trap_subprocess(path, 0, 0);
    g_test_trap_assert_failed();
    g_test_trap_assert_stderr(text);
}

static void test_misuse(void)
{
    misuse("/qio/channel-watch/subprocess/fd", "*qio_channel_create_fd_watch*ioc*NULL*");
    misuse("/qio/channel-watch/subprocess/socket", "*qio_channel_create_socket_watch*ioc*NULL*");
    misuse("/qio/channel-watch/subprocess/pair", "*qio_channel_create_fd_pair_watch*ioc*NULL*");
    misuse("/qio/channel-watch/subprocess/no-source", "*io_create_watch*NULL*");
}

static void misuse_fd(void)
{
    qio_channel_create_fd_watch(NULL, 0, G_IO_IN);
}

static void misuse_socket(void)
{
    qio_channel_create_socket_watch(NULL, 0, G_IO_IN);
}

static void misuse_pair(void)
{
    qio_channel_create_fd_pair_watch(NULL, 0, 1, G_IO_IN);
}

static GSource *makes_none(QIOChannel *ioc, GIOCondition condition)
{
    return NULL;
}

static void misuse_no_source(void)
{
    QIOChannel *ioc = scripted_new(0);

    QIO_CHANNEL_GET_CLASS(ioc)->io_create_watch = makes_none;
    qio_channel_set_name(ioc, "name");
    g_assert_null(qio_channel_create_watch(ioc, G_IO_IN));
    qio_channel_add_watch(ioc, G_IO_IN, sees, NULL, NULL);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    module_call_init(MODULE_INIT_QOM);
    scripted_register();

    g_test_add_func("/qio/channel-watch/fd/life", test_fd_life);
    g_test_add_func("/qio/channel-watch/fd/condition", test_fd_condition);
    g_test_add_func("/qio/channel-watch/fd/not-open", test_fd_not_open);
    g_test_add_func("/qio/channel-watch/fd/regular-file", test_fd_regular_file);
    g_test_add_func("/qio/channel-watch/fd/unasked", test_fd_unasked);
    g_test_add_func("/qio/channel-watch/socket/life", test_socket_life);
    g_test_add_func("/qio/channel-watch/pair/life", test_pair_life);
    g_test_add_func("/qio/channel-watch/polls-only", test_polls_only);
    g_test_add_func("/qio/channel-watch/pair/condition", test_pair_condition);
    g_test_add_func("/qio/channel-watch/pair/unasked", test_pair_unasked);
    g_test_add_func("/qio/channel-watch/last-reference", test_last_reference);
    g_test_add_func("/qio/channel-watch/no-callback", test_no_callback);
    g_test_add_func("/qio/channel-watch/child-source", test_child_source);
    g_test_add_func("/qio/channel-watch/priority", test_priority);
    g_test_add_func("/qio/channel-watch/taken-meanwhile", test_taken_meanwhile);
    g_test_add_func("/qio/channel-watch/misuse", test_misuse);
    g_test_add_func("/qio/channel-watch/subprocess/fd", misuse_fd);
    g_test_add_func("/qio/channel-watch/subprocess/socket", misuse_socket);
    g_test_add_func("/qio/channel-watch/subprocess/pair", misuse_pair);
    g_test_add_func("/qio/channel-watch/subprocess/no-source", misuse_no_source);
    return g_test_run();
}
