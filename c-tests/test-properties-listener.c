/*
 * Rows L1 to L7, L9 to L13 and T1 of docs/spec/properties.md, at least one test each. Those that
 * need several threads are in test-properties-listener-threads.c.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/resource.h>
#include "io/dns-resolver.h"
#include "listener-clients.h"

/*
 * The program's own accept4 and poll stand before the C library's.
 */
static int accepts;
/* Valgrind accepts a client before it finds that its number is too high, and closes it. */
static bool accept_is_at_limit;
/* The client of this socket goes as soon as a poll has shown it. */
static int stolen_socket = -1;
static int thefts;

int accept4(int fd, struct sockaddr *name, socklen_t *len, int flags)
{
    static int (*real)(int, struct sockaddr *, socklen_t *, int);

    if (!real) {
        real = dlsym(RTLD_NEXT, "accept4");
    }
    g_atomic_int_inc(&accepts);
    if (accept_is_at_limit) {
        errno = EMFILE;
        return -1;
    }
    return real(fd, name, len, flags);
}

int poll(struct pollfd *fds, nfds_t count, int limit)
{
    static int (*real)(struct pollfd *, nfds_t, int);
    int ready;
    nfds_t n;

    if (!real) {
        real = dlsym(RTLD_NEXT, "poll");
    }
    ready = real(fds, count, limit);
    for (n = 0; n < count && ready > 0; n++) {
        if (fds[n].fd >= 0 && fds[n].fd == stolen_socket && fds[n].revents) {
            stolen_socket = -1;
            close(accept(fds[n].fd, NULL, NULL));
            thefts++;
        }
    }
    return ready;
}

/* Under valgrind, which the test setup announces, time says nothing. */
static gboolean is_slow(void)
{
    return g_getenv("QIO_TEST_SLOW") != NULL;
}

/* Descriptors ---------------------------------------------------------------- */

static int open_descriptors(void)
{
    GDir *dir = g_dir_open("/proc/self/fd", 0, NULL);
    int count = 0;

    while (g_dir_read_name(dir)) {
        count++;
    }
    g_dir_close(dir);
    return count;
}

static void set_descriptor_limit(rlim_t limit)
{
    struct rlimit now;

    g_assert_cmpint(getrlimit(RLIMIT_NOFILE, &now), ==, 0);
    now.rlim_cur = MIN(limit, now.rlim_max);
    g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &now), ==, 0);
}

static rlim_t descriptor_limit(void)
{
    struct rlimit now;

    g_assert_cmpint(getrlimit(RLIMIT_NOFILE, &now), ==, 0);
    return now.rlim_cur;
}

/* From now on there are no more descriptors. Returns the limit so far. */
static rlim_t exhaust_descriptors(void)
{
    rlim_t limit = descriptor_limit();
    int next = dup(0);

    g_assert_cmpint(next, >, 0);
    close(next);
    set_descriptor_limit(next);
    accept_is_at_limit = is_slow();
    return limit;
}

static void restore_descriptors(rlim_t limit)
{
    set_descriptor_limit(limit);
    accept_is_at_limit = false;
}

/* Processor time of the process, in microseconds. */
static gint64 cpu_time(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (gint64)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * G_USEC_PER_SEC +
           usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
}

/* L1 ------------------------------------------------------------------------- */

static gboolean count_tick(gpointer opaque)
{
    (*(int *)opaque)++;
    return G_SOURCE_CONTINUE;
}

static void worker_does_nothing(QIOTask *task, gpointer opaque)
{
}

static void func_counts(QIOTask *task, gpointer opaque)
{
    (*(int *)opaque)++;
}

/* At the descriptor limit the loop rests, serves others, and goes on by itself. */
static void test_l1(void)
{
    QIONetListener *listener = listener_with(2);
    Clients clients = { .keep = false };
    int fds[] = { connect_to(listener, 0), connect_to(listener, 1) };
    int ticks = 0, completions = 0, passed, done;
    gint64 begin, cpu, elapsed;
    guint timer;
    rlim_t limit;

    qio_net_listener_set_client_func(listener, client_noted, &clients, NULL);
    /* Worker and wake-up descriptor exist before there are none. */
    qio_task_run_in_thread(qio_task_new(NULL, func_counts, &completions, NULL),
                           worker_does_nothing, NULL, NULL, NULL);
    passed = open_descriptors();
    limit = exhaust_descriptors();
    accepts = 0;
    timer = g_timeout_add(10, count_tick, &ticks);
    begin = g_get_monotonic_time();
    cpu = cpu_time();
    while (ticks < 60 || completions < 1) {
        g_main_context_iteration(NULL, TRUE);
    }
    elapsed = g_get_monotonic_time() - begin;
    cpu = cpu_time() - cpu;
    done = accepts;
    restore_descriptors(limit);
    g_assert_cmpint(clients.calls, ==, 0);
    g_assert_cmpint(done, >=, 2);
    g_assert_cmpint(done, <=, 2 + 100 * elapsed / G_USEC_PER_SEC);
    if (!is_slow()) {
        g_assert_cmpint(cpu, <, elapsed / 4);
    }
    /* The reference on the listener is still there, and nobody is lost. */
    g_assert_cmpuint(OBJECT(listener)->ref, ==, 3);
    run_until_calls(&clients, 2, NULL);
    g_assert_cmpint(open_descriptors(), ==, passed);
    g_source_remove(timer);
    close(fds[0]);
    close(fds[1]);
    qio_net_listener_disconnect(listener);
    unref_last(listener);
}

/* Unregistering, disconnecting and unreferencing work while it rests, and leave nothing behind. */
static void test_l1_teardown(void)
{
    int way;

    for (way = 0; way < 3; way++) {
        QIONetListener *listener = listener_with(1);
        Clients clients = { .keep = false };
        int fd = connect_to(listener, 0);
        int ticks = 0;
        guint timer;
        rlim_t limit;

        qio_net_listener_set_client_func(listener, client_noted, &clients, notify_noted);
        limit = exhaust_descriptors();
        accepts = 0;
        while (accepts < 2) {
            g_main_context_iteration(NULL, TRUE);
        }
        restore_descriptors(limit);
        switch (way) {
        case 0:
            qio_net_listener_set_client_func(listener, NULL, NULL, NULL);
            break;
        case 1:
            qio_net_listener_disconnect(listener);
            break;
        case 2: /* what is watched is watched again, at once */
            qio_net_listener_set_client_func(listener, other_client_noted, &clients, NULL);
            clients.notified = 0;
            run_until_calls(&clients, 1, NULL);
            qio_net_listener_disconnect(listener);
            clients.calls = 0;
            break;
        }
        accepts = 0;
        timer = g_timeout_add(10, count_tick, &ticks);
        while (ticks < 15) {
            g_main_context_iteration(NULL, TRUE);
        }
        g_source_remove(timer);
        g_assert_cmpint(accepts, ==, 0);
        g_assert_cmpint(clients.calls, ==, 0);
        unref_last(listener);
        close(fd);
    }
}

/* L2 ------------------------------------------------------------------------- */

/* Another source of the loop, which takes the client first. */
typedef struct Thief {
    GSource source;
    gpointer tag;
    int fd;
    int taken;
} Thief;

static gboolean thief_dispatch(GSource *source, GSourceFunc callback, gpointer opaque)
{
    Thief *thief = (Thief *)source;
    int fd = accept(thief->fd, NULL, NULL);

    g_assert_cmpint(fd, >=, 0);
    close(fd);
    thief->taken++;
    return G_SOURCE_CONTINUE;
}

static GSourceFuncs thief_funcs = { .dispatch = thief_dispatch };

/* A listener with a blocking socket of the program's. */
static QIONetListener *listener_with_given_socket(char **path)
{
    QIONetListener *listener = qio_net_listener_new();
    QIOChannelSocket *sioc = qio_channel_socket_new_fd(raw_unix_listener(path), &error_abort);

    qio_net_listener_add(listener, sioc);
    object_unref(OBJECT(sioc));
    return listener;
}

static void stolen_from_loop(QIONetListener *listener)
{
    GMainContext *context = g_main_context_new();
    Clients clients = { .keep = false };
    int fd = socket_of(listener, 0)->fd;
    int flags = fcntl(fd, F_GETFL);
    Thief *thief = (Thief *)g_source_new(&thief_funcs, sizeof(Thief));
    int client;

    thief->fd = fd;
    thief->tag = g_source_add_unix_fd(&thief->source, fd, G_IO_IN);
    g_source_set_priority(&thief->source, G_PRIORITY_DEFAULT);
    /* Attached first, it is dispatched first, in the same round. */
    g_source_attach(&thief->source, context);
    qio_net_listener_set_client_func_full(listener, client_noted, &clients, NULL, context);
    client = connect_to(listener, 0);
    while (thief->taken == 0) {
        g_main_context_iteration(context, TRUE);
    }
    run_all(context);
    g_assert_cmpint(clients.calls, ==, 0);
    g_source_destroy(&thief->source);
    g_source_unref(&thief->source);
    close(client);

    /* The watch is still there. */
    client = connect_to(listener, 0);
    run_until_calls(&clients, 1, context);
    close(client);
    g_assert_cmpint(fcntl(fd, F_GETFL), ==, flags);
    qio_net_listener_disconnect(listener);
    unref_last(listener);
    g_main_context_unref(context);
}

static void test_l2(void)
{
    g_autofree char *path = NULL;

    stolen_from_loop(listener_with(1));
    stolen_from_loop(listener_with_given_socket(&path));
    unlink(path);
}

/* Stolen between the poll and the accept of wait_client. */
static void stolen_from_wait(QIONetListener *listener)
{
    int fd = socket_of(listener, 0)->fd;
    int flags = fcntl(fd, F_GETFL);
    int first = connect_to(listener, 0), second = connect_to(listener, 0);
    QIOChannelSocket *client;

    thefts = 0;
    stolen_socket = fd;
    client = qio_net_listener_wait_client(listener);
    g_assert_nonnull(client);
    g_assert_cmpint(thefts, ==, 1);
    g_assert_cmpint(fcntl(client->fd, F_GETFL) & O_NONBLOCK, ==, 0);
    g_assert_cmpint(fcntl(fd, F_GETFL), ==, flags);
    unref_last(client);
    close(first);
    close(second);
    unref_last(listener);
}

static void test_l2_wait(void)
{
    g_autofree char *path = NULL;

    stolen_from_wait(listener_with(1));
    stolen_from_wait(listener_with_given_socket(&path));
    unlink(path);
}

/* L3 ------------------------------------------------------------------------- */

/* A destroy notify that calls everything. */
typedef struct Caller {
    QIONetListener *listener;
    Clients *later;
    int notified;
} Caller;

static void notify_calls(gpointer opaque)
{
    Caller *caller = opaque;
    QIONetListener *listener = caller->listener;
    QIOChannelSocket *sioc = qio_channel_socket_new();

    caller->notified++;
    qio_net_listener_is_connected(listener);
    qio_net_listener_set_name(listener, "name");
    qio_net_listener_add(listener, sioc);
    object_unref(OBJECT(sioc));
    qio_net_listener_set_client_func(listener, client_noted, caller->later, notify_noted);
    qio_net_listener_disconnect(listener);
    g_assert_null(qio_net_listener_wait_client(listener));
    open_unix(listener);
    qio_net_listener_disconnect(listener);
}

static void test_l3(void)
{
    QIONetListener *listener = listener_with(1);
    Clients later = { .keep = false }, last = { .keep = false };
    Caller caller = { .listener = listener, .later = &later };
    int client;

    qio_net_listener_set_client_func(listener, client_noted, &caller, notify_calls);
    qio_net_listener_set_client_func(listener, client_noted, &last, notify_noted);
    g_assert_cmpint(caller.notified, ==, 1);
    /* What the notify registered was replaced too. */
    g_assert_cmpint(later.notified, ==, 1);
    g_assert_cmpint(last.notified, ==, 0);
    open_unix(listener);
    client = connect_to(listener, socket_count(listener) - 1);
    run_until_calls(&last, 1, NULL);
    g_assert_cmpint(later.calls, ==, 0);
    close(client);
    qio_net_listener_disconnect(listener);
    unref_last(listener);
}

/* The end of the listener is no exception. */
static void test_l3_end(void)
{
    QIONetListener *listener = listener_with(1);
    Clients later = { .keep = false };
    Caller caller = { .listener = listener, .later = &later };

    qio_net_listener_set_client_func(listener, NULL, &caller, notify_calls);
    unref_last(listener);
    g_assert_cmpint(caller.notified, ==, 1);
    g_assert_cmpint(later.notified, ==, 1);
}

/* Nor is dropping the last own reference. */
static void notify_unrefs(gpointer opaque)
{
    object_unref(OBJECT(opaque));
}

static void test_l3_unref(void)
{
    QIONetListener *listener = listener_with(1);
    Clients last = { .keep = false };

    object_ref(OBJECT(listener));
    qio_net_listener_set_client_func(listener, client_noted, listener, notify_unrefs);
    qio_net_listener_set_client_func(listener, NULL, &last, notify_noted);
    unref_last(listener);
    g_assert_cmpint(last.notified, ==, 1);
}

/* L4 ------------------------------------------------------------------------- */

static void test_l4(void)
{
    QIONetListener *listener = listener_with(3);
    Clients clients = { .keep = false };
    QIOChannelSocket *client;
    int fds[3], n;

    for (n = 0; n < 3; n++) {
        fds[n] = connect_to(listener, n);
    }
    accepts = 0;
    client = qio_net_listener_wait_client(listener);
    g_assert_cmpint(accepts, ==, 1);
    unref_last(client);
    client = qio_net_listener_wait_client(listener);
    g_assert_cmpint(accepts, ==, 2);
    unref_last(client);
    /* The third one is for the callback. */
    qio_net_listener_set_client_func(listener, client_noted, &clients, NULL);
    run_until_calls(&clients, 1, NULL);
    for (n = 0; n < 3; n++) {
        close(fds[n]);
    }
    qio_net_listener_disconnect(listener);
    unref_last(listener);
}

/* L6 ------------------------------------------------------------------------- */

static void test_l6(void)
{
    QIONetListener *listener = listener_with(1);
    GMainContext *context = g_main_context_new();
    Clients clients = { .keep = false };
    QIOChannelSocket *waited;
    int fds[3];

    qio_net_listener_set_client_func_full(listener, client_noted, &clients, NULL, context);
    open_unix(listener);
    fds[0] = connect_to(listener, 0);
    waited = qio_net_listener_wait_client(listener);
    unref_last(waited);
    fds[1] = connect_to(listener, 0);
    fds[2] = connect_to(listener, 1);
    run_all(NULL);
    g_assert_cmpint(clients.calls, ==, 0);
    run_until_calls(&clients, 1, context);
    g_assert_true(clients.context == context);
    run_until_calls(&clients, 2, context);
    g_assert_true(clients.context == context);
    close(fds[0]);
    close(fds[1]);
    close(fds[2]);
    qio_net_listener_disconnect(listener);
    unref_last(listener);
    g_main_context_unref(context);
}

/* L7 ------------------------------------------------------------------------- */

/* Other sockets are ready when the callback replaces itself, or ends its own data. */
static void client_replaces(QIONetListener *listener, QIOChannelSocket *sioc, gpointer opaque)
{
    Clients *clients = opaque;

    client_noted(listener, sioc, clients);
    qio_net_listener_set_client_func(listener, other_client_noted, clients + 1, notify_noted);
    g_assert_cmpint(clients->notified, ==, 1);
}

static void test_l7(void)
{
    QIONetListener *listener = listener_with(3);
    Clients clients[2] = { { .keep = false }, { .keep = false } };
    int fds[6], n;

    for (n = 0; n < 6; n++) {
        fds[n] = connect_to(listener, n % 3);
    }
    qio_net_listener_set_client_func(listener, client_replaces, &clients[0], notify_noted);
    run_until_calls(&clients[1], 5, NULL);
    g_assert_cmpint(clients[0].calls, ==, 1);
    g_assert_cmpint(clients[0].notified, ==, 1);
    g_assert_cmpint(clients[1].notified, ==, 0);
    for (n = 0; n < 6; n++) {
        close(fds[n]);
    }
    qio_net_listener_disconnect(listener);
    unref_last(listener);
    g_assert_cmpint(clients[1].notified, ==, 1);
}

/* L9 with nothing open; the rest is in the other file. */
static void test_l9(void)
{
    QIONetListener *listener = qio_net_listener_new();

    g_assert_null(qio_net_listener_wait_client(listener));
    open_unix(listener);
    qio_net_listener_disconnect(listener);
    g_assert_null(qio_net_listener_wait_client(listener));
    unref_last(listener);
}

/* L10 ------------------------------------------------------------------------ */

static void test_l10(void)
{
    QIONetListener *listener = QIO_NET_LISTENER(object_new(TYPE_QIO_NET_LISTENER));
    Clients clients = { .keep = false };
    QIOChannelSocket *client;
    int fd;

    g_assert_null(qio_net_listener_wait_client(listener));
    qio_net_listener_set_name(listener, "name");
    open_unix(listener);
    qio_net_listener_set_client_func(listener, client_noted, &clients, notify_noted);
    fd = connect_to(listener, 0);
    client = qio_net_listener_wait_client(listener);
    unref_last(client);
    close(fd);
    fd = connect_to(listener, 0);
    run_until_calls(&clients, 1, NULL);
    close(fd);
    qio_net_listener_disconnect(listener);
    unref_last(listener);
    g_assert_cmpint(clients.notified, ==, 1);
    /* One that nothing happens to. */
    unref_last(object_new(TYPE_QIO_NET_LISTENER));
}

/* L11 ------------------------------------------------------------------------ */

/* Every order of these, with clients pending and a reference held to the end. */
static void tear_down(QIONetListener *listener, Clients *clients, GMainContext **context, char step)
{
    switch (step) {
    case 'u':
        qio_net_listener_set_client_func(listener, NULL, NULL, NULL);
        break;
    case 'd':
        qio_net_listener_disconnect(listener);
        break;
    case 'c':
        g_main_context_unref(*context);
        *context = NULL;
        break;
    case 'r':
        object_unref(OBJECT(listener));
        break;
    }
    if (*context) {
        run_all(*context);
    }
}

static void permute(char *steps, unsigned from)
{
    unsigned n;

    if (from == strlen(steps)) {
        QIONetListener *listener = listener_with(2);
        GMainContext *context = g_main_context_new();
        Clients clients = { .keep = false };
        int a = connect_to(listener, 0), b = connect_to(listener, 1);

        object_ref(OBJECT(listener));
        qio_net_listener_set_client_func_full(listener, client_noted, &clients, notify_noted,
                                              context);
        for (n = 0; n < from; n++) {
            tear_down(listener, &clients, &context, steps[n]);
        }
        unref_last(listener);
        g_assert_cmpint(clients.notified, ==, 1);
        close(a);
        close(b);
        return;
    }
    for (n = from; n < strlen(steps); n++) {
        char step = steps[from];

        steps[from] = steps[n];
        steps[n] = step;
        permute(steps, from + 1);
        steps[n] = steps[from];
        steps[from] = step;
    }
}

static void test_l11(void)
{
    char steps[] = "udcr", again[] = "ddcr";

    permute(steps, 0);
    permute(again, 0);
}

/* L12 ------------------------------------------------------------------------ */

typedef struct Crowd {
    Clients clients; /* first */
    GPtrArray *channels;
} Crowd;

static void client_stays(QIONetListener *listener, QIOChannelSocket *sioc, gpointer opaque)
{
    Crowd *crowd = opaque;

    client_noted(listener, sioc, opaque);
    object_ref(OBJECT(sioc));
    g_ptr_array_add(crowd->channels, sioc);
}

static void test_l12(void)
{
    rlim_t limit = descriptor_limit();
    int before = open_descriptors();
    QIONetListener *listener = listener_with(2);
    Crowd crowd = { .channels = g_ptr_array_new_with_free_func(object_unref) };
    int count, n;
    int *fds;

    set_descriptor_limit(2100);
    count = descriptor_limit() >= 2100 ? 1000 : (int)(descriptor_limit() - 100) / 2;
    fds = g_new(int, count);
    qio_net_listener_set_client_func(listener, client_stays, &crowd, notify_noted);
    for (n = 0; n < count; n++) {
        fds[n] = connect_to(listener, n % 2);
        if (n % 50 == 49) {
            run_until_calls(&crowd.clients, n + 1, NULL);
        }
    }
    run_until_calls(&crowd.clients, count, NULL);
    g_assert_cmpuint(crowd.channels->len, ==, count);
    qio_net_listener_disconnect(listener);
    unref_last(listener);
    g_assert_cmpint(crowd.clients.notified, ==, 1);
    g_ptr_array_free(crowd.channels, TRUE);
    run_all(NULL);
    g_assert_cmpint(crowd.clients.calls, ==, count);
    for (n = 0; n < count; n++) {
        g_assert_true(peer_closes(fds[n]));
        close(fds[n]);
    }
    g_free(fds);
    g_assert_cmpint(open_descriptors(), ==, before);
    set_descriptor_limit(limit);
}

/* L13 ------------------------------------------------------------------------ */

static void client_unregisters(QIONetListener *listener, QIOChannelSocket *sioc, gpointer opaque)
{
    client_noted(listener, sioc, opaque);
    qio_net_listener_set_client_func(listener, NULL, NULL, NULL);
}

static void client_is_third(QIONetListener *listener, QIOChannelSocket *sioc, gpointer opaque)
{
    Clients *clients = opaque;

    client_noted(listener, sioc, clients);
    if (clients->calls == 3) {
        qio_net_listener_set_client_func(listener, NULL, NULL, NULL);
    }
}

static void limited(QIONetListenerClientFunc func, int expected)
{
    QIONetListener *listener = listener_with(3);
    Clients clients = { .keep = false };
    int fds[12], n, waiting = 0;

    for (n = 0; n < 12; n++) {
        fds[n] = connect_to(listener, n % 3);
    }
    accepts = 0;
    qio_net_listener_set_client_func(listener, func, &clients, notify_noted);
    run_until_calls(&clients, expected, NULL);
    run_all(NULL);
    g_assert_cmpint(clients.calls, ==, expected);
    g_assert_cmpint(accepts, ==, expected);
    for (n = 0; n < 3; n++) {
        waiting += drain_backlog(socket_of(listener, n)->fd);
    }
    g_assert_cmpint(waiting, ==, 12 - expected);
    for (n = 0; n < 12; n++) {
        close(fds[n]);
    }
    unref_last(listener);
}

static void test_l13(void)
{
    limited(client_unregisters, 1);
    limited(client_is_third, 3);
}

/* T1 ------------------------------------------------------------------------- */

static void func_counts_lookup(QIOTask *task, gpointer opaque)
{
    SocketAddress **addrs;
    size_t naddrs, n;

    qio_dns_resolver_lookup_result(qio_dns_resolver_get_instance(), task, &naddrs, &addrs);
    g_assert_cmpuint(naddrs, ==, 1);
    for (n = 0; n < naddrs; n++) {
        qapi_free_SocketAddress(addrs[n]);
    }
    g_free(addrs);
    (*(int *)opaque)++;
}

static void test_t1(void)
{
    QIODNSResolver *resolver = qio_dns_resolver_get_instance();
    unsigned refs = OBJECT(resolver)->ref;
    SocketAddress *addr = inet_address("127.0.0.1", "1");
    int calls = 0, n;

    for (n = 0; n < 50; n++) {
        qio_dns_resolver_lookup_async(resolver, addr, func_counts_lookup, &calls, NULL);
        if (n % 2) {
            /* Two in flight. */
            qio_dns_resolver_lookup_async(resolver, addr, func_counts_lookup, &calls, NULL);
        }
        while (calls < n + 1 + (n + 1) / 2) {
            g_main_context_iteration(NULL, TRUE);
        }
        g_assert_cmpuint(OBJECT(resolver)->ref, ==, refs);
    }
    qapi_free_SocketAddress(addr);
    g_assert_true(qio_dns_resolver_get_instance() == resolver);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    module_call_init(MODULE_INIT_QOM);
    g_test_add_func("/qio/properties/L1", test_l1);
    g_test_add_func("/qio/properties/L1/teardown", test_l1_teardown);
    g_test_add_func("/qio/properties/L2", test_l2);
    g_test_add_func("/qio/properties/L2/wait", test_l2_wait);
    g_test_add_func("/qio/properties/L3", test_l3);
    g_test_add_func("/qio/properties/L3/end", test_l3_end);
    g_test_add_func("/qio/properties/L3/unref", test_l3_unref);
    g_test_add_func("/qio/properties/L4", test_l4);
    g_test_add_func("/qio/properties/L6", test_l6);
    g_test_add_func("/qio/properties/L7", test_l7);
    g_test_add_func("/qio/properties/L9", test_l9);
    g_test_add_func("/qio/properties/L10", test_l10);
    g_test_add_func("/qio/properties/L11", test_l11);
    g_test_add_func("/qio/properties/L12", test_l12);
    g_test_add_func("/qio/properties/L13", test_l13);
    g_test_add_func("/qio/properties/T1", test_t1);
    return g_test_run();
}
