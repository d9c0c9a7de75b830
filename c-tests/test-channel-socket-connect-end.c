/*
 * qio/connect.h: how connecting ends otherwise: by a deadline, cancelled, with its context, short of descriptors.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "connecting.h"
#include "descriptor-limit.h"
#include "mistakes.h"
#include "rounds.h"

#include "qio/stats.h"

static char *port;
static int server;

static void iterate_until_tried(Call *call)
{
    while (tried->len == 0) {
        g_main_context_iteration(call->context, TRUE);
    }
}

static char *failure(const char *host, const char *what)
{
    return g_strdup_printf("Failed to connect to '%s:%s': %s", host, port, what);
}

/* R-CONN-10, R-CONN-15: all of it has a deadline; the error names who hadn't answered. */
static void test_timeout(void)
{
    QIOConnectOptions options = { .size = sizeof(options), .timeout_ms = 20, .attempt_delay_ms = 10 };
    BlackHole first = black_hole("127.0.0.2", port), second = black_hole("127.0.0.3", port);
    g_autofree char *none = failure("127.0.0.2", "Connection timed out");
    g_autofree char *one = g_strdup_printf("%s (tried 127.0.0.2:%s: no answer)", none, port);
    SocketAddress addr = inet_address("127.0.0.2", port);
    Call call;
    bool was_tried;

    /* On a slow machine it may be over before it begins. */
    do {
        call_begin(&call, NULL, &addr, &options);
        call_wait(&call);
        was_tried = tried->len > 0;
        g_assert_cmpint(call.outcome, ==, QIO_TASK_TIMED_OUT);
        assert_error(&call.err, was_tried ? one : none);
        g_assert_cmpint(call.ioc->fd, ==, -1);
        call_clear(&call);
        options.timeout_ms *= 2;
    } while (!was_tried);
    addr = inet_address("race.test", port);
    do {
        set_look_ups((LookUp) { { "::ffff:127.0.0.2" } }, (LookUp) { { "127.0.0.9" } });
        call_begin(&call, NULL, &addr, &options);
        call_wait(&call);
        was_tried = tried->len > 0;
        g_assert_cmpint(call.outcome, ==, QIO_TASK_TIMED_OUT);
        g_assert_true(g_str_has_prefix(error_get_pretty(call.err), "Failed to connect to 'race.test:"));
        /* However late the second was, the error tells of the first. */
        if (was_tried) {
            assert_error_has(&call.err, "': Connection timed out (tried ", ": no answer");
        }
        await_answers(2);
        call_clear(&call);
        options.timeout_ms *= 2;
    } while (!was_tried);
    close_hole(&first);
    close_hole(&second);
}

/* R-CONN-10: it holds for look-ups, too; the threads go on, and what they find is freed. */
static void test_look_up_timeout(void)
{
    QIOConnectOptions options = { .size = sizeof(options), .timeout_ms = 10 };
    g_autofree char *text = failure("race.test", "Connection timed out (tried IPv6 look-up: no answer;"
                                    " IPv4 look-up: no answer)");
    Call call;

    set_look_ups((LookUp) { { "::1" }, .waits = true }, (LookUp) { { "127.0.0.1" }, .waits = true });
    call_fails(&call, "race.test", port, &options, text);
    release_look_ups();
    await_answers(2);
    assert_tried("");
}

static QIOStats stats_now(void)
{
    QIOStats stats = { .size = sizeof(stats) };

    qio_stats(&stats);
    return stats;
}

/* R-CONN-10, R-CONN-15: one that takes too long has failed, and the next is tried at once. R-CONN-13: what is counted. */
static void test_attempt_timeout(void)
{
    QIOConnectOptions options = { .size = sizeof(options), .attempt_timeout_ms = 5, .attempt_delay_ms = 2000 };
    BlackHole first = black_hole("127.0.0.2", port), second = black_hole("127.0.0.3", port);
    g_autofree char *all = g_strdup_printf("Failed to connect to 'race.test:%s': Connection timed out"
                                           " (tried 127.0.0.2:%s: Connection timed out;"
                                           " 127.0.0.3:%s: Connection timed out)", port, port, port);
    QIOStats before = stats_now(), after;
    Call call;

    set_look_ups((LookUp) { { NULL } }, (LookUp) { { "127.0.0.2", "127.0.0.3" } });
    call_fails(&call, "race.test", port, &options, all);
    after = stats_now();
    g_assert_cmpuint(after.failures - before.failures, ==, 2);
    g_assert_cmpuint(after.failures_by_errno[ETIMEDOUT] - before.failures_by_errno[ETIMEDOUT], ==, 2);
    /* A look-up for each family. */
    g_assert_cmpuint(after.tasks_submitted - before.tasks_submitted, ==, 2);
    /* A deadline of its own ends an attempt, and not the whole. */
    g_assert_cmpint(call.outcome, ==, QIO_TASK_COMPLETED);
    assert_tried("127.0.0.2 127.0.0.3 ");
    close_hole(&first);
    close_hole(&second);
}

/* R-CONN-9, R-CONN-10, R-CONN-15 */
static void test_cancel(void)
{
    BlackHole hole = black_hole("127.0.0.2", port);
    SocketAddress addr = inet_address("127.0.0.2", port);
    g_autofree char *early = failure("127.0.0.2", "Operation canceled");
    g_autofree char *late = g_strdup_printf("%s (tried 127.0.0.2:%s: no answer)", early, port);
    Call call;

    /* Before anything was done. */
    call_begin(&call, NULL, &addr, NULL);
    g_assert_true(qio_channel_socket_connect_cancel(call.ioc));
    g_assert_cmpint(call.calls, ==, 0);
    call_wait(&call);
    assert_tried("");
    assert_error(&call.err, early);
    g_assert_cmpint(call.outcome, ==, QIO_TASK_CANCELLED);
    g_assert_false(qio_channel_socket_connect_cancel(call.ioc));
    call_clear(&call);

    /* In the middle; twice is once. */
    call_begin(&call, NULL, &addr, NULL);
    iterate_until_tried(&call);
    g_assert_true(qio_channel_socket_connect_cancel(call.ioc));
    g_assert_true(qio_channel_socket_connect_cancel(call.ioc));
    call_wait(&call);
    assert_error(&call.err, late);
    g_assert_cmpint(call.ioc->fd, ==, -1);

    /* The channel can be connected anew. */
    addr.u.inet.host = (char *)"127.0.0.1";
    call.calls = call.destroyed = 0;
    qio_channel_socket_connect_full_async(call.ioc, &addr, NULL, call_back, &call, call_ends, NULL);
    call_wait(&call);
    g_assert_null(call.err);
    g_assert_false(qio_channel_socket_connect_cancel(call.ioc));
    g_assert_cmpint(call.ioc->fd, >=, 0);
    call_clear(&call);
    close_hole(&hole);
}

static gpointer cancel(gpointer opaque)
{
    g_assert_true(qio_channel_socket_connect_cancel(opaque));
    return NULL;
}

/* R-CONN-9 */
static void test_cancel_from_a_thread(void)
{
    BlackHole hole = black_hole("127.0.0.2", port);
    SocketAddress addr = inet_address("127.0.0.2", port);
    g_autofree char *text = g_strdup_printf("Failed to connect to '127.0.0.2:%s': Operation canceled"
                                            " (tried 127.0.0.2:%s: no answer)", port, port);
    GThread *thread;
    Call call;

    call_begin(&call, NULL, &addr, NULL);
    iterate_until_tried(&call);
    thread = g_thread_new("cancel", cancel, call.ioc);
    call_wait(&call);
    g_thread_join(thread);
    assert_error(&call.err, text);
    call_clear(&call);
    close_hole(&hole);
}

/* R-CONN-12: nobody is called back where nobody iterates any more, and nothing stays. */
static void test_context_goes(void)
{
    BlackHole hole = black_hole("127.0.0.2", port);
    SocketAddress addr = inet_address("127.0.0.2", port);
    GMainContext *context = g_main_context_new();
    Call call;

    call_begin(&call, context, &addr, NULL);
    iterate_until_tried(&call);
    g_main_context_unref(context);
    g_assert_cmpint(call.calls, ==, 0);
    g_assert_cmpint(call.destroyed, ==, 1);
    g_assert_false(qio_channel_socket_connect_cancel(call.ioc));
    call_clear(&call);

    /* Also while a look-up is under way, which keeps the context until it is answered. */
    set_look_ups((LookUp) { { "::1" }, .waits = true }, (LookUp) { { "127.0.0.1" }, .waits = true });
    addr.u.inet.host = (char *)"race.test";
    context = g_main_context_new();
    call_begin(&call, context, &addr, NULL);
    g_main_context_unref(context);
    release_look_ups();
    while (qatomic_read(&call.destroyed) == 0) {
        g_usleep(1000);
    }
    g_assert_cmpint(call.calls, ==, 0);
    await_answers(2);
    /* The thread that has told it may not have let go of the channel yet. */
    while (qatomic_read(&OBJECT(call.ioc)->ref) > 1) {
        g_usleep(1000);
    }
    call_clear(&call);
    close_hole(&hole);
}

/* The last reference on the channel goes in the callback. */
static void unref_in_callback(QIOTask *task, gpointer opaque)
{
    object_unref(qio_task_get_source(task));
    *(bool *)opaque = true;
}

static void test_unref_in_callback(void)
{
    SocketAddress addr = inet_address("127.0.0.1", port);
    QIOChannelSocket *ioc = qio_channel_socket_new();
    bool called = false;

    qio_channel_socket_connect_full_async(ioc, &addr, NULL, unref_in_callback, &called, NULL, NULL);
    while (!called) {
        g_main_context_iteration(NULL, TRUE);
    }
}

/* A UNIX socket whose queue is full: the host's connect waits in its thread, and the deadline holds. */
static void test_unix_timeout(void)
{
    QIOConnectOptions options = { .size = sizeof(options), .timeout_ms = 20 };
    char *path = make_socket_path();
    g_autofree char *text = g_strdup_printf("Failed to connect to '%s': Connection timed out", path);
    SocketAddress addr = unix_address(path);
    struct sockaddr_un name = { .sun_family = AF_UNIX };
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    Call call;

    g_strlcpy(name.sun_path, path, sizeof(name.sun_path));
    g_assert_cmpint(bind(listener, (struct sockaddr *)&name, sizeof(name)), ==, 0);
    g_assert_cmpint(listen(listener, 0), ==, 0);
    g_assert_cmpint(connect(client, (struct sockaddr *)&name, sizeof(name)), ==, 0);
    call_begin(&call, NULL, &addr, &options);
    call_wait(&call);
    assert_error(&call.err, text);
    call_clear(&call);
    /* What the host makes then is closed: the test ends with as many descriptors as it began with. */
    close(accept(listener, NULL, NULL));
    close(accept(listener, NULL, NULL));
    close(client);
    close(listener);
    remove_socket_path(path);
}

/* Makes room in the server's queue. */
static void take_clients(void)
{
    int fd;

    while ((fd = accept4(server, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
        close(fd);
    }
    g_assert_cmpint(errno, ==, EAGAIN);
}

/* Lets what was left in the context go. */
static void settle(void)
{
    while (g_main_context_iteration(NULL, FALSE)) {
    }
}

static void test_no_descriptor(void)
{
    SocketAddress addr = inet_address("127.0.0.1", port);
    Limit limit;
    Call call;

    /* The context's own is there. */
    call_begin(&call, NULL, &addr, NULL);
    call_wait(&call);
    call_clear(&call);
    limit_begin(&limit);
    call_begin(&call, NULL, &addr, NULL);
    call_wait(&call);
    limit_end(&limit);
    assert_error_has(&call.err, "Failed to create a socket: ", strerror(EMFILE));
    call_clear(&call);
}

/* One descriptor for two: an address waits for the one that is under way, and isn't given up for it. */
static void test_one_descriptor(void)
{
    QIOConnectOptions options = { .size = sizeof(options), .attempt_timeout_ms = 300, .attempt_delay_ms = 10 };
    BlackHole hole = black_hole("127.0.0.2", port);
    g_autoptr(SocketAddress) remote = NULL;
    SocketAddress addr = inet_address("race.test", port);
    Limit limit;
    Call call;

    set_look_ups((LookUp) { { NULL } }, (LookUp) { { "127.0.0.2", "127.0.0.1" } });
    call_begin(&call, NULL, &addr, &options);
    await_answers(2);
    limit_begin(&limit);
    limit_free(&limit, 1);
    call_wait(&call);
    g_assert_null(call.err);
    assert_tried("127.0.0.2 127.0.0.1 ");
    remote = qio_channel_socket_get_remote_address(call.ioc, &error_abort);
    g_assert_cmpstr(remote->u.inet.host, ==, "127.0.0.1");
    /* The winner has it; when that is closed it is free again. */
    g_assert_cmpint(open("/dev/null", O_RDONLY | O_CLOEXEC), ==, -1);
    call_clear(&call);
    limit.fds[limit.nfds++] = open("/dev/null", O_RDONLY | O_CLOEXEC);
    limit_end(&limit);
    close_hole(&hole);
    settle();
}

/* A cancellation that races the end of a connect, in two threads. */
typedef struct Race {
    QIOChannelSocket *ioc;
    int begin;
    bool cancelled;
} Race;

static gpointer cancel_now(gpointer opaque)
{
    Race *race = opaque;

    while (!qatomic_read(&race->begin)) {
    }
    race->cancelled = qio_channel_socket_connect_cancel(race->ioc);
    return NULL;
}

/* R-CONN-9: who was told that a connect is cancelled finds it so, and who wasn't finds it connected. */
static void test_cancel_races_the_end(void)
{
    SocketAddress addr = inet_address("127.0.0.1", port);
    int rounds = has_few_rounds() ? 20 : 500;

    for (int i = 0; i < rounds; i++) {
        Race race = { 0 };
        GThread *thread;
        Call call;

        call_begin(&call, NULL, &addr, NULL);
        race.ioc = call.ioc;
        thread = g_thread_new("cancel", cancel_now, &race);
        for (int turns = i % 4; turns > 0 && call.destroyed == 0; turns--) {
            g_main_context_iteration(NULL, FALSE);
        }
        qatomic_set(&race.begin, 1);
        call_wait(&call);
        g_thread_join(thread);
        if (race.cancelled) {
            assert_error_has(&call.err, "Failed to connect to ", strerror(ECANCELED));
            g_assert_cmpint(call.outcome, ==, QIO_TASK_CANCELLED);
            g_assert_cmpint(call.ioc->fd, ==, -1);
        } else {
            g_assert_null(call.err);
            g_assert_cmpint(call.ioc->fd, >=, 0);
        }
        call_clear(&call);
        settle();
        take_clients();
    }
}

/* R-CONN-12: the same, where the context goes: whatever comes first, what the program gave is freed once. */
static void test_cancel_races_the_context(void)
{
    BlackHole hole = black_hole("127.0.0.2", port);
    SocketAddress addr = inet_address("127.0.0.2", port);
    int rounds = has_few_rounds() ? 20 : 500;

    for (int i = 0; i < rounds; i++) {
        GMainContext *context = g_main_context_new();
        Race race = { 0 };
        GThread *thread;
        Call call;

        call_begin(&call, context, &addr, NULL);
        iterate_until_tried(&call);
        race.ioc = call.ioc;
        thread = g_thread_new("cancel", cancel_now, &race);
        qatomic_set(&race.begin, 1);
        g_main_context_unref(context);
        g_thread_join(thread);
        g_assert_cmpint(call.calls, ==, 0);
        g_assert_cmpint(call.destroyed, ==, 1);
        call_clear(&call);
    }
    close_hole(&hole);
}

/* What a program does wrong ends it with one line. */
static void connect_without_callback(void)
{
    SocketAddress addr = inet_address("127.0.0.1", port);

    qio_channel_socket_connect_full_async(qio_channel_socket_new(), &addr, NULL, NULL, NULL, NULL, NULL);
}

static void connect_with(QIOConnectOptions options)
{
    SocketAddress addr = inet_address("127.0.0.1", port);

    qio_channel_socket_connect_full_async(qio_channel_socket_new(), &addr, &options, call_back, NULL, NULL, NULL);
}

/* R-CONN-3 */
static void connect_without_size(void)
{
    connect_with((QIOConnectOptions) { .timeout_ms = 1 });
}

/* R-CONN-3 */
static void connect_to_unknown_family(void)
{
    connect_with((QIOConnectOptions) { .size = sizeof(QIOConnectOptions), .first_family = 5 });
}

static void connect_nowhere(void)
{
    qio_channel_socket_connect_full_async(qio_channel_socket_new(), NULL, NULL, call_back, NULL, NULL, NULL);
}

static void cancel_nothing(void)
{
    qio_channel_socket_connect_cancel(NULL);
}

static const Mistake mistakes[] = {
    { "callback", connect_without_callback, "*connect_full_async: callback is NULL*" },
    { "size", connect_without_size, "*connect_full_async: options->size is 0*" },
    { "family", connect_to_unknown_family, "*connect_full_async: options->first_family is 5*" },
    { "address", connect_nowhere, "*connect_full_async: the address is NULL*" },
    { "cancel", cancel_nothing, "*connect_cancel: *NULL*" },
};

/* R-CONN-3: a program that was compiled with fewer members, or none. */
static void test_smaller_options(void)
{
    QIOConnectOptions options = { .size = sizeof(options.size), .first_family = 5 };
    SocketAddress addr = inet_address("127.0.0.1", port);
    Call call;

    call_begin(&call, NULL, &addr, &options);
    call_wait(&call);
    g_assert_null(call.err);
    call_clear(&call);
    /* Or with more. */
    struct {
        QIOConnectOptions known;
        uint32_t unknown[2];
    } more = { .known = { .size = sizeof(more) }, .unknown = { 7, 7 } };
    call_begin(&call, NULL, &addr, &more.known);
    call_wait(&call);
    g_assert_null(call.err);
    call_clear(&call);
}

int main(int argc, char **argv)
{
    int status;

    socket_tests_init(&argc, &argv);
    server = bound("127.0.0.1", "0", 64);
    port = port_of(server);
    g_assert_cmpint(fcntl(server, F_SETFL, O_NONBLOCK), ==, 0);
    TEST("/qio/connect/timeout", test_timeout);
    TEST("/qio/connect/look-up-timeout", test_look_up_timeout);
    TEST("/qio/connect/attempt-timeout", test_attempt_timeout);
    TEST("/qio/connect/cancel", test_cancel);
    TEST("/qio/connect/cancel-from-a-thread", test_cancel_from_a_thread);
    TEST("/qio/connect/context-goes", test_context_goes);
    TEST("/qio/connect/unref-in-callback", test_unref_in_callback);
    TEST("/qio/connect/unix-timeout", test_unix_timeout);
    TEST("/qio/connect/no-descriptor", test_no_descriptor);
    TEST("/qio/connect/one-descriptor", test_one_descriptor);
    TEST("/qio/connect/cancel-races-the-end", test_cancel_races_the_end);
    TEST("/qio/connect/cancel-races-the-context", test_cancel_races_the_context);
    TEST("/qio/connect/smaller-options", test_smaller_options);
    ADD_MISTAKES("/qio/connect/mistakes", mistakes);
    status = g_test_run();
    close(server);
    g_free(port);
    if (tried) {
        g_string_free(tried, TRUE);
    }
    return status;
}
