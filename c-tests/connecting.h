/*
 * What the tests of qio/connect.h have in common: names with addresses, addresses that answer or don't, and a look at
 * which are tried.
 *
 * All of them are this machine's: 127.0.0.0/8, ::1, and IPv4 addresses inside IPv6 ones where two IPv6 addresses are
 * needed.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef QIO_TEST_CONNECTING_H
#define QIO_TEST_CONNECTING_H

#include "socket-channels.h"
#include "qio/connect.h"
#include "qio/ext.h"
#include <dlfcn.h>
#include <netdb.h>

/* A look-up of one family, as the program's own getaddrinfo answers it. */
typedef struct LookUp {
    const char *addresses[4];
    /* Without addresses: what getaddrinfo returns. */
    int code;
    /* It is not answered until release_look_ups(). */
    bool waits;
} LookUp;

/* A name whose look-ups are chosen: "race.test". */
static struct {
    GMutex lock;
    GCond changed;
    LookUp v6, v4;
    bool released;
    int asked, answered;
} names;

static inline int chosen_answer(const LookUp *look_up, const char *service, struct addrinfo **result);

/* The program's own stands before the C library's. */
int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **result)
{
    static int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    const LookUp *look_up;
    int code;

    if (!real) {
        real = dlsym(RTLD_NEXT, "getaddrinfo");
    }
    if (g_strcmp0(node, "race.test") != 0 || (hints->ai_flags & AI_NUMERICHOST)) {
        return real(node, service, hints, result);
    }
    look_up = hints->ai_family == AF_INET6 ? &names.v6 : &names.v4;
    g_mutex_lock(&names.lock);
    names.asked++;
    while (look_up->waits && !names.released) {
        g_cond_wait(&names.changed, &names.lock);
    }
    g_mutex_unlock(&names.lock);
    code = chosen_answer(look_up, service, result);
    g_mutex_lock(&names.lock);
    names.answered++;
    g_cond_broadcast(&names.changed);
    g_mutex_unlock(&names.lock);
    return code;
}

static inline int chosen_answer(const LookUp *look_up, const char *service, struct addrinfo **result)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV };

    if (!look_up->addresses[0]) {
        return look_up->code ?: EAI_NONAME;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(look_up->addresses) && look_up->addresses[i]; i++) {
        g_assert_cmpint(getaddrinfo(look_up->addresses[i], service, &hints, result), ==, 0);
        result = &(*result)->ai_next;
    }
    return 0;
}

/* What look-ups of "race.test" find from now on. */
static inline void set_look_ups(LookUp v6, LookUp v4)
{
    names.v6 = v6;
    names.v4 = v4;
    names.released = false;
    names.asked = names.answered = 0;
}

/* Lets those go on that wait. */
static inline void release_look_ups(void)
{
    g_mutex_lock(&names.lock);
    names.released = true;
    g_cond_broadcast(&names.changed);
    g_mutex_unlock(&names.lock);
}

/* Until so many have been answered. */
static inline void await_answers(int count)
{
    g_mutex_lock(&names.lock);
    while (names.answered < count) {
        g_cond_wait(&names.changed, &names.lock);
    }
    g_mutex_unlock(&names.lock);
}

/* The addresses that were tried, with a blank behind each. */
static GString *tried;

/* The program's own stands before the C library's. */
int connect(int fd, const struct sockaddr *name, socklen_t size)
{
    static int (*real)(int, const struct sockaddr *, socklen_t);
    char host[INET6_ADDRSTRLEN] = "";
    int type = 0;
    socklen_t len = sizeof(type);

    if (!real) {
        real = dlsym(RTLD_NEXT, "connect");
    }
    getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len);
    /* The library's attempts, and not the tests' own. */
    if (tried && type == SOCK_STREAM && (fcntl(fd, F_GETFL) & O_NONBLOCK)) {
        const void *address = name->sa_family == AF_INET6
            ? (const void *)&((const struct sockaddr_in6 *)name)->sin6_addr
            : (const void *)&((const struct sockaddr_in *)name)->sin_addr;

        if (name->sa_family == AF_INET6 || name->sa_family == AF_INET) {
            inet_ntop(name->sa_family, address, host, sizeof(host));
            g_string_append_printf(tried, "%s ", host);
        }
    }
    return real(fd, name, size);
}

static inline void assert_tried(const char *expected)
{
    g_assert_cmpstr(tried->str, ==, expected);
}

/* A socket with a name, which listens for so many clients, or not at all if that is negative. */
static inline int bound(const char *host, const char *port, int backlog)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST };
    struct addrinfo *name;
    int fd;

    g_assert_cmpint(getaddrinfo(host, port, &hints, &name), ==, 0);
    fd = socket(name->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    g_assert_cmpint(fd, >=, 0);
    g_assert_cmpint(bind(fd, name->ai_addr, name->ai_addrlen), ==, 0);
    if (backlog >= 0) {
        g_assert_cmpint(listen(fd, backlog), ==, 0);
    }
    freeaddrinfo(name);
    return fd;
}

/* An address that doesn't answer: its queue is full, so that the kernel drops what comes. */
typedef struct BlackHole {
    int listener;
    int client;
} BlackHole;

static inline BlackHole black_hole(const char *host, const char *port)
{
    BlackHole hole = { .listener = bound(host, port, 0) };
    struct sockaddr_storage name;
    socklen_t len = sizeof(name);

    g_assert_cmpint(getsockname(hole.listener, (struct sockaddr *)&name, &len), ==, 0);
    hole.client = socket(name.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    g_assert_cmpint(connect(hole.client, (struct sockaddr *)&name, len), ==, 0);
    return hole;
}

static inline void close_hole(BlackHole *hole)
{
    close(hole->client);
    close(hole->listener);
}

/* A connect and what became of it. */
typedef struct Call {
    QIOChannelSocket *ioc;
    GMainContext *context;
    Error *err;
    QIOTaskOutcome outcome;
    bool returned;
    int calls, destroyed;
} Call;

static inline void call_back(QIOTask *task, gpointer opaque)
{
    Call *call = opaque;

    g_assert_true(call->returned);
    g_assert_cmpint(call->destroyed, ==, 0);
    g_assert_true(qio_task_get_source(task) == OBJECT(call->ioc));
    call->calls++;
    call->outcome = qio_task_get_outcome(task);
    qio_task_propagate_error(task, &call->err);
}

static inline void call_ends(gpointer opaque)
{
    ((Call *)opaque)->destroyed++;
}

/* Begins to connect a new channel. */
static inline void call_begin(Call *call, GMainContext *context, SocketAddress *addr, const QIOConnectOptions *options)
{
    if (tried) {
        g_string_truncate(tried, 0);
    } else {
        tried = g_string_new(NULL);
    }
    *call = (Call) { .ioc = qio_channel_socket_new(), .context = context };
    qio_channel_socket_connect_full_async(call->ioc, addr, options, call_back, call, call_ends, context);
    call->returned = true;
    g_assert_cmpint(call->calls, ==, 0);
}

/* Iterates until the callback has run. */
static inline void call_wait(Call *call)
{
    while (call->destroyed == 0) {
        g_main_context_iteration(call->context, TRUE);
    }
    g_assert_cmpint(call->calls, ==, 1);
    g_assert_cmpint(call->destroyed, ==, 1);
    if (!call->err) {
        g_assert_cmpint(call->outcome, ==, QIO_TASK_COMPLETED);
    }
}

static inline void call_clear(Call *call)
{
    g_assert_cmpuint(OBJECT(call->ioc)->ref, ==, 1);
    object_unref(OBJECT(call->ioc));
    error_free(call->err);
}

/* Connects "race.test" at that port, and expects the channel to be open. */
static inline void call_connects(Call *call, const char *port, const QIOConnectOptions *options)
{
    SocketAddress addr = inet_address("race.test", port);

    call_begin(call, NULL, &addr, options);
    call_wait(call);
    if (call->err) {
        g_error("%s", error_get_pretty(call->err));
    }
    g_assert_cmpint(call->ioc->fd, >=, 0);
}

/* The same, where it fails with exactly this. */
static inline void call_fails(Call *call, const char *host, const char *port, const QIOConnectOptions *options,
                              const char *text)
{
    SocketAddress addr = inet_address(host, port);

    call_begin(call, NULL, &addr, options);
    call_wait(call);
    assert_error(&call->err, text);
    g_assert_cmpint(call->ioc->fd, ==, -1);
    call_clear(call);
}

#endif
