/*
 * Row L8 of docs/spec/properties.md, and what else is promised of listeners that the main AioContext
 * serves (R-LSN-18 to 20): profile qemu-10.2.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "listener-clients.h"

#ifdef QIO_HAS_LISTENER_SOURCE
#include <dlfcn.h>

/* The program's own stand before the C library's. */
static int accepts;
static int failing_accepts;
static int failure = EMFILE;
static bool addresses_are_unknown;

int accept4(int fd, struct sockaddr *name, socklen_t *len, int flags)
{
    int (*real)(int, struct sockaddr *, socklen_t *, int) = dlsym(RTLD_NEXT, "accept4");

    accepts++;
    if (failing_accepts > 0) {
        failing_accepts--;
        errno = failure;
        return -1;
    }
    return real(fd, name, len, flags);
}

int getsockname(int fd, struct sockaddr *name, socklen_t *len)
{
    int (*real)(int, struct sockaddr *, socklen_t *) =
        (int (*)(int, struct sockaddr *, socklen_t *))dlsym(RTLD_NEXT, "getsockname");

    if (addresses_are_unknown) {
        errno = ENOBUFS;
        return -1;
    }
    return real(fd, name, len);
}

typedef struct Served {
    int calls;
    QIONetListener *listener;
    /* What the callback does beside counting. */
    int polls_until;
    bool unregisters, disconnects, unrefs;
} Served;

static AioContext *main_ctx(void)
{
    return qemu_get_aio_context();
}

static void served(QIONetListener *listener, QIOChannelSocket *sioc, gpointer opaque)
{
    Served *self = opaque;

    g_assert_true(listener == self->listener);
    g_assert_cmpuint(OBJECT(sioc)->ref, ==, 1);
    self->calls++;
    while (self->calls < self->polls_until) {
        aio_poll(main_ctx(), true);
    }
    if (self->unregisters) {
        qio_net_listener_set_client_aio_func(listener, NULL, NULL, NULL);
    }
    if (self->disconnects) {
        qio_net_listener_disconnect(listener);
    }
    if (self->unrefs) {
        object_unref(OBJECT(listener));
    }
}

static void other_served(QIONetListener *listener, QIOChannelSocket *sioc, gpointer opaque)
{
    served(listener, sioc, opaque);
}

static void serve(QIONetListener *listener, Served *self)
{
    self->listener = listener;
    qio_net_listener_set_client_aio_func(listener, served, self, NULL);
}

static void stop_serving(QIONetListener *listener)
{
    qio_net_listener_set_client_aio_func(listener, NULL, NULL, NULL);
}

static void poll_until(Served *self, int calls)
{
    while (self->calls < calls) {
        g_assert_true(aio_poll(main_ctx(), true));
    }
    g_assert_cmpint(self->calls, ==, calls);
}

static void poll_all(void)
{
    while (aio_poll(main_ctx(), false)) {
    }
}

static gboolean never(gpointer opaque)
{
    g_assert_not_reached();
}

/* While nobody iterates GLib's default context. */
static void test_l8(void)
{
    QIONetListener *listener = listener_with(2);
    Served self = { 0 };
    guint id = g_idle_add(never, NULL);
    int fds[4];

    serve(listener, &self);
    g_assert_true(listener->aio_context == main_ctx());
    g_assert_null(listener->context);
    for (int i = 0; i < 4; i++) {
        fds[i] = connect_to(listener, i % 2);
    }
    poll_until(&self, 4);
    for (int i = 0; i < 4; i++) {
        g_assert_true(peer_closes(fds[i]));
        close(fds[i]);
    }
    /* A socket that comes later. */
    open_unix(listener);
    fds[0] = connect_to(listener, 2);
    poll_until(&self, 5);
    close(fds[0]);
    g_source_remove(id);
    stop_serving(listener);
    unref_last(listener);
}

/* The main loop serves the main context too. */
static void test_main_loop(void)
{
    QIONetListener *listener = listener_with(1);
    Served self = { 0 };
    int fd;

    serve(listener, &self);
    fd = connect_to(listener, 0);
    while (self.calls < 1) {
        main_loop_wait(false);
    }
    close(fd);
    qio_net_listener_disconnect(listener);
    unref_last(listener);
}

/* The callback may nest a poll in which the next one is served. */
static void test_nested(void)
{
    QIONetListener *listener = listener_with(1);
    Served self = { .polls_until = 3 };
    int fds[3];

    serve(listener, &self);
    for (int i = 0; i < 3; i++) {
        fds[i] = connect_to(listener, 0);
    }
    poll_until(&self, 3);
    for (int i = 0; i < 3; i++) {
        close(fds[i]);
    }
    qio_net_listener_disconnect(listener);
    unref_last(listener);
}

/* The count of references ------------------------------------------------------- */

#define STEPS "ruda"

/* Does what the letters say: register, unregister, disconnect, add. */
static void step(QIONetListener *listener, Served *self, char what)
{
    switch (what) {
    case 'r':
        serve(listener, self);
        break;
    case 'u':
        stop_serving(listener);
        break;
    case 'd':
        qio_net_listener_disconnect(listener);
        break;
    case 'a':
        open_unix(listener);
        break;
    }
}

/* In whatever order, nothing is left of it when nothing is watched. */
static void test_l8_references(void)
{
    for (int order = 0; order < 1024; order++) {
        QIONetListener *listener = listener_with(order % 2);
        Served self = { 0 };

        for (int i = 0; i < 5; i++) {
            step(listener, &self, STEPS[order >> 2 * i & 3]);
            g_assert_cmpuint(OBJECT(listener)->ref, >=, 1);
        }
        if (order & 1) {
            stop_serving(listener);
        } else {
            qio_net_listener_disconnect(listener);
        }
        unref_last(listener);
    }
    poll_all();
}

/* Watched, it lives without its owner; the callback may end it. */
static void test_l8_ownerless(void)
{
    for (int i = 0; i < 3; i++) {
        QIONetListener *listener = listener_with(2);
        Served self = { .unregisters = i != 1, .disconnects = i != 0 };
        int fd = connect_to(listener, 1);

        serve(listener, &self);
        object_unref(OBJECT(listener));
        poll_until(&self, 1);
        poll_all();
        /* Its socket was closed when it ended. */
        g_assert_true(peer_closes(fd));
        close(fd);
    }
}

static void test_l8_unref_inside(void)
{
    QIONetListener *listener = listener_with(2);
    Served self = { .disconnects = true, .unrefs = true };
    int fds[2] = { connect_to(listener, 0), connect_to(listener, 1) };

    serve(listener, &self);
    while (!self.calls) {
        aio_poll(main_ctx(), true);
    }
    poll_all();
    g_assert_cmpint(self.calls, ==, 1);
    close(fds[0]);
    close(fds[1]);
}

/* What is registered already is left as it is (R-LSN-13). */
static void test_same(void)
{
    QIONetListener *listener = listener_with(1);
    Served self = { 0 };
    unsigned references;
    int fd;

    serve(listener, &self);
    references = OBJECT(listener)->ref;
    serve(listener, &self);
    g_assert_cmpuint(OBJECT(listener)->ref, ==, references);
    qio_net_listener_set_client_aio_func(listener, other_served, &self, NULL);
    g_assert_cmpuint(OBJECT(listener)->ref, ==, references);
    fd = connect_to(listener, 0);
    poll_until(&self, 1);
    close(fd);
    stop_serving(listener);
    unref_last(listener);
}

/* Both kinds -------------------------------------------------------------------- */

static int notified;

static void notes_end(gpointer opaque)
{
    notified++;
}

static void run_glib(GMainContext *context)
{
    while (g_main_context_iteration(context, false)) {
    }
}

/* One takes the place of the other (R-LSN-20). */
static void test_switch(void)
{
    QIONetListener *listener = listener_with(1);
    GMainContext *context = g_main_context_new();
    Served self = { 0 };
    int fds[3];

    serve(listener, &self);
    qio_net_listener_set_client_func_full(listener, served, &self, notes_end, context);
    g_assert_null(listener->aio_context);
    fds[0] = connect_to(listener, 0);
    poll_all();
    g_assert_cmpint(self.calls, ==, 0);
    run_glib(context);
    g_assert_cmpint(self.calls, ==, 1);
    g_assert_cmpint(notified, ==, 0);
    serve(listener, &self);
    g_assert_cmpint(notified, ==, 1);
    fds[1] = connect_to(listener, 0);
    run_glib(context);
    g_assert_cmpint(self.calls, ==, 1);
    poll_until(&self, 2);
    qio_net_listener_set_client_func(listener, NULL, NULL, NULL);
    fds[2] = connect_to(listener, 0);
    poll_all();
    g_assert_cmpint(self.calls, ==, 2);
    for (int i = 0; i < 3; i++) {
        close(fds[i]);
    }
    unref_last(listener);
    g_main_context_unref(context);
}

/* A wait takes its client itself; afterwards the callback is in force again (R-LSN-42). */
static void test_wait(void)
{
    QIONetListener *listener = listener_with(2);
    Served self = { 0 };
    QIOChannelSocket *client;
    int fds[2];

    serve(listener, &self);
    fds[0] = connect_to(listener, 0);
    client = qio_net_listener_wait_client(listener);
    g_assert_cmpint(self.calls, ==, 0);
    unref_last(client);
    fds[1] = connect_to(listener, 1);
    poll_until(&self, 1);
    close(fds[0]);
    close(fds[1]);
    stop_serving(listener);
    unref_last(listener);
}

/* L13: whom the callback doesn't want any more stays in the backlog. */
static void test_l13(void)
{
    QIONetListener *listener = listener_with(2);
    Served self = { .unregisters = true };
    int fds[4];

    serve(listener, &self);
    for (int i = 0; i < 4; i++) {
        fds[i] = connect_to(listener, i % 2);
    }
    poll_until(&self, 1);
    poll_all();
    g_assert_cmpint(self.calls, ==, 1);
    g_assert_cmpint(drain_backlog(socket_of(listener, 0)->fd) +
                    drain_backlog(socket_of(listener, 1)->fd), ==, 3);
    for (int i = 0; i < 4; i++) {
        close(fds[i]);
    }
    unref_last(listener);
}

/* L1: for lack of descriptors it rests, and goes on by itself. */
static void test_l1(void)
{
    QIONetListener *listener = listener_with(1);
    Served self = { 0 };
    int fd = connect_to(listener, 0), rounds = 0;

    serve(listener, &self);
    accepts = 0;
    failing_accepts = 2;
    while (self.calls < 1) {
        aio_poll(main_ctx(), true);
        rounds++;
    }
    /* Only its clock has woken the loop. */
    g_assert_cmpint(accepts, ==, 3);
    g_assert_cmpint(rounds, ==, 5);
    close(fd);
    /* Ended while it rests. */
    failing_accepts = 1;
    fd = connect_to(listener, 0);
    g_assert_true(aio_poll(main_ctx(), true));
    g_assert_cmpint(failing_accepts, ==, 0);
    stop_serving(listener);
    g_assert_false(aio_poll(main_ctx(), false));
    close(fd);
    unref_last(listener);
}

/* L14: clients that only abort don't spin: 16 in a row, then one after each rest. */
static void test_l14(void)
{
    QIONetListener *listener = listener_with(1);
    Served self = { 0 };
    int fd = connect_to(listener, 0), rounds = 0;

    serve(listener, &self);
    failure = ECONNABORTED;
    failing_accepts = 18;
    accepts = 0;
    while (self.calls < 1) {
        aio_poll(main_ctx(), true);
        rounds++;
    }
    failure = EMFILE;
    g_assert_cmpint(accepts, ==, 19);
    g_assert_cmpint(rounds, <=, 16 + 2 * 3);
    close(fd);
    stop_serving(listener);
    unref_last(listener);
}

/* L15: a client whose address nobody tells is handed over with the listener's. */
static void test_l15(void)
{
    QIONetListener *listener = listener_with(1);
    Served self = { 0 };
    int fd = connect_to(listener, 0);

    addresses_are_unknown = true;
    serve(listener, &self);
    poll_until(&self, 1);
    addresses_are_unknown = false;
    close(fd);
    stop_serving(listener);
    unref_last(listener);
}

/* A socket that can never be accepted from is given up. */
static void test_useless(void)
{
    QIONetListener *listener = listener_with(1);
    QIOChannelSocket *sioc;
    Served self = { 0 };
    int sv[2], fd;

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv), ==, 0);
    sioc = qio_channel_socket_new_fd(sv[0], &error_abort);
    qio_net_listener_add(listener, sioc);
    object_unref(OBJECT(sioc));
    serve(listener, &self);
    g_assert_cmpint(write(sv[1], "x", 1), ==, 1);
    poll_all();
    g_assert_cmpint(self.calls, ==, 0);
    fd = connect_to(listener, 0);
    poll_until(&self, 1);
    close(fd);
    close(sv[1]);
    qio_net_listener_disconnect(listener);
    unref_last(listener);
}

/* Another thread takes the registration away while this one polls. */
static gpointer disconnects(gpointer opaque)
{
    qio_net_listener_disconnect(opaque);
    object_unref(OBJECT(opaque));
    return NULL;
}

static void test_ended_elsewhere(void)
{
    for (int i = 0; i < 200; i++) {
        QIONetListener *listener = listener_with(2);
        Served self = { 0 };
        int fds[2] = { connect_to(listener, 0), connect_to(listener, 1) };
        GThread *thread;

        serve(listener, &self);
        thread = g_thread_new("disconnects", disconnects, listener);
        poll_all();
        g_thread_join(thread);
        poll_all();
        g_assert_cmpint(self.calls, <=, 2);
        close(fds[0]);
        close(fds[1]);
    }
}

/* Mistakes */

static void misuse_context(void)
{
    qio_net_listener_set_client_aio_func(listener_with(1), served, NULL, main_ctx());
}

static gpointer registers(gpointer opaque)
{
    qio_net_listener_set_client_aio_func(opaque, served, NULL, NULL);
    return NULL;
}

static void misuse_thread(void)
{
    g_thread_join(g_thread_new("registers", registers, listener_with(1)));
}

static void test_misuse(void)
{
    g_test_trap_subprocess("/qio/properties/L8/subprocess/context", 0, 0);
    g_test_trap_assert_failed();
    g_test_trap_assert_stderr("*qio_net_listener_set_client_aio_func*context*");
    g_test_trap_subprocess("/qio/properties/L8/subprocess/thread", 0, 0);
    g_test_trap_assert_failed();
    g_test_trap_assert_stderr("*qio_net_listener_set_client_aio_func*main thread*");
}

static void add_tests(void)
{
    g_assert_cmpint(qemu_init_main_loop(&error_abort), ==, 0);
    g_test_add_func("/qio/properties/L8/served", test_l8);
    g_test_add_func("/qio/properties/L8/main-loop", test_main_loop);
    g_test_add_func("/qio/properties/L8/nested", test_nested);
    g_test_add_func("/qio/properties/L8/references", test_l8_references);
    g_test_add_func("/qio/properties/L8/ownerless", test_l8_ownerless);
    g_test_add_func("/qio/properties/L8/unref-inside", test_l8_unref_inside);
    g_test_add_func("/qio/properties/L8/same", test_same);
    g_test_add_func("/qio/properties/L8/switch", test_switch);
    g_test_add_func("/qio/properties/L8/wait", test_wait);
    g_test_add_func("/qio/properties/L14/aio", test_l14);
    g_test_add_func("/qio/properties/L15/aio", test_l15);
    g_test_add_func("/qio/properties/L8/useless", test_useless);
    g_test_add_func("/qio/properties/L8/ended-elsewhere", test_ended_elsewhere);
    g_test_add_func("/qio/properties/L8/L13", test_l13);
    g_test_add_func("/qio/properties/L8/L1", test_l1);
    g_test_add_func("/qio/properties/L8/misuse", test_misuse);
    g_test_add_func("/qio/properties/L8/subprocess/context", misuse_context);
    g_test_add_func("/qio/properties/L8/subprocess/thread", misuse_thread);
}
#else
static void test_none(void)
{
    g_test_skip("this profile's listeners have no AioContext");
}

static void add_tests(void)
{
    g_test_add_func("/qio/properties/L8/none", test_none);
}
#endif

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    module_call_init(MODULE_INIT_QOM);
    add_tests();
    return g_test_run();
}
