/*
 * Rows L1, L5, L6, L7, L9 and L16 of docs/spec/properties.md where they need several threads. The others
 * are in test-properties-listener.c and test-properties-listener-accept.c.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/resource.h>
#include "listener-clients.h"
#include "rounds.h"

/* Numbers that one thread waits for and another one changes. */
static GMutex flags_lock;
static GCond flags_changed;

static void set_flag(int *flag, int value)
{
    g_mutex_lock(&flags_lock);
    g_atomic_int_set(flag, value);
    g_cond_broadcast(&flags_changed);
    g_mutex_unlock(&flags_lock);
}

static void raise_flag(int *flag)
{
    g_mutex_lock(&flags_lock);
    g_atomic_int_inc(flag);
    g_cond_broadcast(&flags_changed);
    g_mutex_unlock(&flags_lock);
}

static void wait_for(int *flag, int goal)
{
    g_mutex_lock(&flags_lock);
    while (g_atomic_int_get(flag) < goal) {
        g_cond_wait(&flags_changed, &flags_lock);
    }
    g_mutex_unlock(&flags_lock);
}

/*
 * The program's own accept4 and poll stand before the C library's: they tell what another thread is
 * doing.
 */
static int accepts;
/* Valgrind accepts a client before it finds that its number is too high, and closes it. */
static int accept_is_at_limit;
static int watched_socket = -1;
static int blocks;

int accept4(int fd, struct sockaddr *name, socklen_t *len, int flags)
{
    static int (*real)(int, struct sockaddr *, socklen_t *, int);

    if (!real) {
        real = dlsym(RTLD_NEXT, "accept4");
    }
    raise_flag(&accepts);
    if (g_atomic_int_get(&accept_is_at_limit)) {
        errno = EMFILE;
        return -1;
    }
    return real(fd, name, len, flags);
}

/* Sets "blocks" when somebody is about to block for the watched socket. */
int poll(struct pollfd *fds, nfds_t count, int limit)
{
    static int (*real)(struct pollfd *, nfds_t, int);
    int watched = g_atomic_int_get(&watched_socket);
    nfds_t n;

    if (!real) {
        real = dlsym(RTLD_NEXT, "poll");
    }
    for (n = 0; n < count && limit != 0; n++) {
        if (watched >= 0 && fds[n].fd == watched) {
            set_flag(&blocks, 1);
        }
    }
    return real(fds, count, limit);
}

/* Counts are smaller under valgrind; what is checked is not. */
static int rounds(int many)
{
    return is_slow() ? many / 20 : many;
}

/* L1 in wait_client: it rests at the descriptor limit, and goes on when there are some. */
static struct rlimit lifted;

static gpointer thread_lifts_limit(gpointer opaque)
{
    wait_for(&accepts, 3);
    g_atomic_int_set(&accept_is_at_limit, 0);
    g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &lifted), ==, 0);
    return NULL;
}

static void test_l1_wait(void)
{
    QIONetListener *listener = listener_with(1);
    QIOChannelSocket *client;
    struct rlimit limit;
    GThread *thread;
    gint64 begin;
    int fd = connect_to(listener, 0), next;

    g_atomic_int_set(&accepts, 0);
    getrlimit(RLIMIT_NOFILE, &lifted);
    thread = g_thread_new("limit", thread_lifts_limit, NULL);
    limit = lifted;
    next = dup(0);
    close(next);
    limit.rlim_cur = next;
    g_atomic_int_set(&accept_is_at_limit, is_slow());
    begin = g_get_monotonic_time();
    g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &limit), ==, 0);
    client = qio_net_listener_wait_client(listener);
    g_assert_nonnull(client);
    g_thread_join(thread);
    g_assert_cmpint(accepts, <=, 3 + 100 * (g_get_monotonic_time() - begin) / G_USEC_PER_SEC);
    unref_last(client);
    close(fd);
    unref_last(listener);
}

/* L5, L7: the callback's data is of its own registration, and hasn't ended. */
typedef struct Data {
    QIONetListenerClientFunc func;
    GMainContext *context;
    int ended;
    int registered;
} Data;

static int served;
static int stop;
static GMutex graveyard_lock;
static GPtrArray *graveyard;

static void check_data(Data *data, QIONetListenerClientFunc func)
{
    g_assert_true(data->func == func);
    g_assert_cmpint(g_atomic_int_get(&data->ended), ==, 0);
    g_assert_true(g_source_get_context(g_main_current_source()) == data->context);
    /* Some time for others to make a mistake. */
    g_thread_yield();
    g_assert_cmpint(g_atomic_int_get(&data->ended), ==, 0);
    raise_flag(&served);
}

static void client_of_one(QIONetListener *listener, QIOChannelSocket *sioc, gpointer opaque)
{
    check_data(opaque, client_of_one);
}

static void client_of_other(QIONetListener *listener, QIOChannelSocket *sioc, gpointer opaque)
{
    check_data(opaque, client_of_other);
}

static void notify_ends(gpointer opaque)
{
    Data *data = opaque;

    g_assert_cmpint(g_atomic_int_add(&data->ended, 1), ==, 0);
    /* It is freed at the end only, so that a mistake is seen and not a crash. */
    g_mutex_lock(&graveyard_lock);
    g_ptr_array_add(graveyard, data);
    g_mutex_unlock(&graveyard_lock);
}

static gpointer thread_iterates(gpointer opaque)
{
    GMainContext *context = opaque;

    while (!g_atomic_int_get(&stop)) {
        g_main_context_iteration(context, TRUE);
    }
    return NULL;
}

/* Connects until told to stop; the listener may be gone by then. */
static gpointer thread_connects(gpointer opaque)
{
    struct sockaddr_un *name = opaque;

    while (!g_atomic_int_get(&stop)) {
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        if (connect(fd, (struct sockaddr *)name, sizeof(*name)) < 0) {
            g_assert_true(g_atomic_int_get(&stop));
        }
        close(fd);
    }
    return NULL;
}

static void test_l5(void)
{
    QIONetListener *listener = listener_with(2);
    GMainContext *contexts[] = { g_main_context_new(), g_main_context_new() };
    struct sockaddr_un names[2] = { { 0 } };
    socklen_t len = sizeof(names[0]);
    GThread *threads[4];
    int n, many = rounds(4000);

    graveyard = g_ptr_array_new_with_free_func(g_free);
    g_atomic_int_set(&stop, 0);
    g_atomic_int_set(&served, 0);
    for (n = 0; n < 2; n++) {
        getsockname(socket_of(listener, n)->fd, (struct sockaddr *)&names[n], &len);
        len = sizeof(names[0]);
        threads[n] = g_thread_new("loop", thread_iterates, contexts[n]);
        threads[2 + n] = g_thread_new("clients", thread_connects, &names[n]);
    }
    for (n = 0; n < many; n++) {
        Data *data = g_new0(Data, 1);

        data->func = n % 2 ? client_of_one : client_of_other;
        data->context = contexts[n / 2 % 2];
        qio_net_listener_set_client_func_full(listener, data->func, data, notify_ends,
                                              data->context);
        if (n % 100 == 0) {
            wait_for(&served, g_atomic_int_get(&served) + 1);
        }
    }
    /* No callback after this one, which may be running still; its data then ends with it. */
    qio_net_listener_set_client_func(listener, NULL, NULL, NULL);
    g_atomic_int_set(&stop, 1);
    for (n = 0; n < 2; n++) {
        g_main_context_wakeup(contexts[n]);
        g_thread_join(threads[n]);
    }
    qio_net_listener_disconnect(listener);
    for (n = 0; n < 2; n++) {
        g_thread_join(threads[2 + n]);
        g_main_context_unref(contexts[n]);
    }
    g_assert_cmpuint(graveyard->len, ==, many);
    g_ptr_array_free(graveyard, TRUE);
    unref_last(listener);
}

/*
 * L7: while another thread is inside the callback, its data doesn't end; the notify runs there when
 * the callback returns.
 */
static int inside, may_leave;
static GThread *notify_thread;

static void client_dwells(QIONetListener *listener, QIOChannelSocket *sioc, gpointer opaque)
{
    int *notified = opaque;

    set_flag(&inside, 1);
    wait_for(&may_leave, 1);
    g_assert_cmpint(g_atomic_int_get(notified), ==, 0);
}

static void notify_notes_thread(gpointer opaque)
{
    notify_thread = g_thread_self();
    raise_flag(opaque);
}

static void test_l7(void)
{
    QIONetListener *listener = listener_with(1);
    GMainContext *context = g_main_context_new();
    GThread *thread;
    int notified = 0, first = connect_to(listener, 0), second;

    g_atomic_int_set(&stop, 0);
    g_atomic_int_set(&inside, 0);
    g_atomic_int_set(&may_leave, 0);
    qio_net_listener_set_client_func_full(listener, client_dwells, &notified, notify_notes_thread,
                                          context);
    thread = g_thread_new("loop", thread_iterates, context);
    wait_for(&inside, 1);
    qio_net_listener_set_client_func(listener, NULL, NULL, NULL);
    g_assert_cmpint(g_atomic_int_get(&notified), ==, 0);
    g_atomic_int_set(&accepts, 0);
    second = connect_to(listener, 0);
    set_flag(&may_leave, 1);
    wait_for(&notified, 1);
    g_assert_true(notify_thread == thread);
    g_atomic_int_set(&stop, 1);
    g_main_context_wakeup(context);
    g_thread_join(thread);
    g_assert_cmpint(accepts, ==, 0);
    g_assert_true(is_readable(socket_of(listener, 0)->fd));
    close(first);
    close(second);
    unref_last(listener);
    g_main_context_unref(context);
}

/* L9: a waiting thread comes back when another one disconnects. */
static gpointer thread_disconnects(gpointer opaque)
{
    wait_for(&blocks, 1);
    qio_net_listener_disconnect(opaque);
    return NULL;
}

static void test_l9(void)
{
    int way, many = rounds(200), n;

    for (way = 0; way < 2; way++) {
        for (n = 0; n < many; n++) {
            QIONetListener *listener = listener_with(2);
            Clients clients = { .keep = false };
            int fd = socket_of(listener, 1)->fd;
            GThread *thread;

            /* Once it blocks, or whenever. */
            g_atomic_int_set(&blocks, way);
            g_atomic_int_set(&watched_socket, fd);
            qio_net_listener_set_client_func(listener, client_noted, &clients, NULL);
            thread = g_thread_new("disconnect", thread_disconnects, listener);
            g_assert_null(qio_net_listener_wait_client(listener));
            g_assert_cmpint(g_atomic_int_get(&blocks), ==, 1);
            g_thread_join(thread);
            g_atomic_int_set(&watched_socket, -1);
            g_assert_cmpint(fcntl(fd, F_GETFD), ==, -1);
            g_assert_false(qio_net_listener_is_connected(listener));
            /* The callback is registered, and nothing is watched. */
            g_assert_cmpuint(OBJECT(listener)->ref, ==, 1);
            open_unix(listener);
            fd = connect_to(listener, 2);
            run_until_calls(&clients, 1, NULL);
            close(fd);
            qio_net_listener_disconnect(listener);
            unref_last(listener);
        }
    }
}

/* Without a descriptor to be woken by, it still comes back. */
static void test_l9_without_descriptors(void)
{
    QIONetListener *listener = listener_with(1);
    struct rlimit limit;
    GThread *thread;
    int next;

    g_atomic_int_set(&blocks, 0);
    g_atomic_int_set(&watched_socket, socket_of(listener, 0)->fd);
    thread = g_thread_new("disconnect", thread_disconnects, listener);
    getrlimit(RLIMIT_NOFILE, &lifted);
    limit = lifted;
    next = dup(0);
    close(next);
    limit.rlim_cur = next;
    g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &limit), ==, 0);
    g_assert_null(qio_net_listener_wait_client(listener));
    g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &lifted), ==, 0);
    g_thread_join(thread);
    g_atomic_int_set(&watched_socket, -1);
    unref_last(listener);
}

/*
 * L16: another thread drops the last reference on the context of a registration, while this one makes
 * and removes watches. GLib tells of a reference on a dying context, which ends the test.
 */
static GMainContext *doomed;
static int drops_are_over;

static gpointer thread_drops(gpointer opaque)
{
    int looks = 0;

    while (!g_atomic_int_get(&drops_are_over)) {
        GMainContext *context = g_atomic_pointer_get(&doomed);

        if (context) {
            g_main_context_unref(context);
            g_atomic_pointer_set(&doomed, NULL);
        } else if (++looks % 1000 == 0) {
            g_thread_yield();
        }
    }
    return NULL;
}

/* A context whose end takes some time, before it comes to the listener's sources. */
static GMainContext *slowly_ending_context(void)
{
    GMainContext *context = g_main_context_new();
    int n;

    for (n = 0; n < 3000; n++) {
        GSource *source = g_timeout_source_new_seconds(1000);

        g_source_set_priority(source, G_PRIORITY_HIGH);
        g_source_attach(source, context);
        g_source_unref(source);
    }
    return context;
}

static void test_l16(void)
{
    GMainContext *other = g_main_context_new();
    GThread *thread = g_thread_new("drop", thread_drops, NULL);
    int n, many = rounds(1500);

    g_atomic_int_set(&drops_are_over, 0);
    for (n = 0; n < many; n++) {
        QIONetListener *listener = listener_with(2);
        GMainContext *context = slowly_ending_context();
        Clients clients = { .keep = false };
        volatile int pause;

        qio_net_listener_set_client_func_full(listener, client_noted, &clients, notify_noted,
                                              context);
        g_atomic_pointer_set(&doomed, context);
        for (pause = n / 5 % 16 * 20; pause > 0; pause--) {
            /* The one or the other is first. */
        }
        switch (n % 5) {
        case 0:
            qio_net_listener_disconnect(listener);
            break;
        case 1:
            qio_net_listener_set_client_func_full(listener, client_noted, &clients, notify_noted,
                                                  other);
            break;
        case 2:
            qio_net_listener_set_client_func(listener, NULL, NULL, NULL);
            break;
        case 3:
            open_unix(listener);
            break;
        default:
            close(connect_to(listener, 1));
            object_unref(OBJECT(qio_net_listener_wait_client(listener)));
            break;
        }
        while (g_atomic_pointer_get(&doomed)) {
            g_thread_yield();
        }
        qio_net_listener_set_client_func(listener, NULL, NULL, NULL);
        g_assert_cmpuint(OBJECT(socket_of(listener, 0))->ref, ==, 1);
        unref_last(listener);
        g_assert_cmpint(clients.notified, ==, n % 5 == 1 ? 2 : 1);
        g_assert_cmpint(clients.calls, ==, 0);
    }
    g_atomic_int_set(&drops_are_over, 1);
    g_thread_join(thread);
    g_main_context_unref(other);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    module_call_init(MODULE_INIT_QOM);
    g_test_add_func("/qio/properties/L1/wait", test_l1_wait);
    g_test_add_func("/qio/properties/L5", test_l5);
    g_test_add_func("/qio/properties/L7/threads", test_l7);
    g_test_add_func("/qio/properties/L9/threads", test_l9);
    g_test_add_func("/qio/properties/L9/without-descriptors", test_l9_without_descriptors);
    g_test_add_func("/qio/properties/L16", test_l16);
    return g_test_run();
}
