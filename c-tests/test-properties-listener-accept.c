/*
 * Rows L1, L2, L4 and L12 to L15 of docs/spec/properties.md: what a listener accepts, and when.
 * Where L1 needs several threads, it is in test-properties-listener-threads.c.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/resource.h>
#include "listener-clients.h"
#include "rounds.h"

/*
 * The program's own accept4 and poll stand before the C library's.
 */
static int accepts;
/* Valgrind accepts a client before it finds that its number is too high, and closes it. */
static bool accept_is_at_limit;
/* So many accepts find that the client has gone. */
static int aborted_clients;
/* The system can't tell where a socket is. */
static bool addresses_are_unknown;
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
    if (aborted_clients > 0) {
        aborted_clients--;
        errno = ECONNABORTED;
        return -1;
    }
    return real(fd, name, len, flags);
}

int getsockname(int fd, struct sockaddr *name, socklen_t *len)
{
    static int (*real)(int, struct sockaddr *, socklen_t *);

    if (!real) {
        real = (int (*)(int, struct sockaddr *, socklen_t *))dlsym(RTLD_NEXT, "getsockname");
    }
    if (addresses_are_unknown) {
        errno = ENOBUFS;
        return -1;
    }
    return real(fd, name, len);
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

/* L14 ------------------------------------------------------------------------ */

/*
 * 16 aborted clients are followed by the next at once; each further one by a pause: 50 ms, 100, 200
 * and 400 before the 20th.
 */
static void test_l14(void)
{
    QIONetListener *listener = listener_with(1);
    Clients clients = { .keep = false };
    int client = connect_to(listener, 0);
    gint64 begin = g_get_monotonic_time();

    aborted_clients = 20;
    qio_net_listener_set_client_func(listener, client_noted, &clients, NULL);
    run_until_calls(&clients, 1, NULL);
    g_assert_cmpint(g_get_monotonic_time() - begin, >=, 700 * 1000);
    close(client);

    /* A client that comes through makes up for them. */
    client = connect_to(listener, 0);
    aborted_clients = 15;
    accepts = 0;
    run_until_calls(&clients, 2, NULL);
    g_assert_cmpint(accepts, >=, 16);
    g_assert_cmpint(accepts, <=, 17);
    close(client);
    qio_net_listener_set_client_func(listener, NULL, NULL, NULL);
    unref_last(listener);
}

static void test_l14_wait(void)
{
    QIONetListener *listener = listener_with(1);
    int fd = connect_to(listener, 0);
    gint64 begin = g_get_monotonic_time();
    QIOChannelSocket *client;

    aborted_clients = 20;
    client = qio_net_listener_wait_client(listener);
    g_assert_nonnull(client);
    g_assert_cmpint(g_get_monotonic_time() - begin, >=, 700 * 1000);
    unref_last(client);
    close(fd);
    unref_last(listener);
}

/* L15 ------------------------------------------------------------------------ */

static void assert_local_address(QIOChannelSocket *client, QIONetListener *listener)
{
    SocketAddress *here = qio_channel_socket_get_local_address(client, &error_abort);
    SocketAddress *there = qio_channel_socket_get_local_address(socket_of(listener, 0),
                                                                &error_abort);

    g_assert_cmpint(here->type, ==, SOCKET_ADDRESS_TYPE_UNIX);
    g_assert_cmpstr(here->u.q_unix.path, ==, there->u.q_unix.path);
    qapi_free_SocketAddress(here);
    qapi_free_SocketAddress(there);
    g_assert_true(qio_channel_has_feature(QIO_CHANNEL(client), QIO_CHANNEL_FEATURE_FD_PASS));
}

static void test_l15(void)
{
    QIONetListener *listener = listener_with(1);
    Clients clients = { .keep = true };
    int fd = connect_to(listener, 0);
    QIOChannelSocket *client;

    qio_net_listener_set_client_func(listener, client_noted, &clients, NULL);
    addresses_are_unknown = true;
    run_all(NULL);
    addresses_are_unknown = false;
    g_assert_cmpint(clients.calls, ==, 1);
    assert_local_address(clients.last, listener);
    unref_last(clients.last);
    close(fd);
    qio_net_listener_set_client_func(listener, NULL, NULL, NULL);

    fd = connect_to(listener, 0);
    addresses_are_unknown = true;
    client = qio_net_listener_wait_client(listener);
    addresses_are_unknown = false;
    assert_local_address(client, listener);
    unref_last(client);
    close(fd);
    unref_last(listener);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    module_call_init(MODULE_INIT_QOM);
    g_test_add_func("/qio/properties/L1", test_l1);
    g_test_add_func("/qio/properties/L1/teardown", test_l1_teardown);
    g_test_add_func("/qio/properties/L2", test_l2);
    g_test_add_func("/qio/properties/L2/wait", test_l2_wait);
    g_test_add_func("/qio/properties/L4", test_l4);
    g_test_add_func("/qio/properties/L12", test_l12);
    g_test_add_func("/qio/properties/L13", test_l13);
    g_test_add_func("/qio/properties/L14/loop", test_l14);
    g_test_add_func("/qio/properties/L14/wait", test_l14_wait);
    g_test_add_func("/qio/properties/L15", test_l15);
    return g_test_run();
}
