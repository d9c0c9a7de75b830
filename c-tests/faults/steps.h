/*
 * What scenarios are made of. Each call is held to what it promises: 0 or a channel and no error, or -1 or NULL and an
 * error.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef STEPS_H
#define STEPS_H

#include "../tls-channels.h"
#include "../coroutine-channels.h"
#include "injection.h"
#include "scenarios.h"

/* A call that has succeeded or not, and the error that tells why not. */
static inline bool told(bool succeeded, Error **err)
{
    g_assert_true(succeeded == (*err == NULL));
    if (*err) {
        g_assert_cmpstr(error_get_pretty(*err), !=, "");
        error_free(*err);
        *err = NULL;
    }
    return succeeded;
}

#define SUCCEEDS(call) ({ Error *err = NULL; bool succeeded = (call); told(succeeded, &err); })

static inline gboolean faults_end(gpointer opaque)
{
    fault_disarm();
    return G_SOURCE_REMOVE;
}

/* Until it is so. What waits for better times sees them after a moment. */
static inline void await(const int *flag)
{
    guint timer = g_timeout_add(100, faults_end, NULL);

    while (!g_atomic_int_get(flag)) {
        g_main_context_iteration(NULL, true);
    }
    if (fault_is_armed()) {
        g_source_remove(timer);
    } else if (g_main_context_find_source_by_id(NULL, timer)) {
        g_source_remove(timer);
    }
}

typedef struct Done {
    int done;
    bool succeeded;
} Done;

static inline void task_is_done(QIOTask *task, gpointer opaque)
{
    Done *done = opaque;
    Error *err = NULL;

    done->succeeded = !qio_task_propagate_error(task, &err);
    told(done->succeeded, &err);
    g_assert_cmpint(done->done, ==, 0);
    g_atomic_int_set(&done->done, 1);
}

static inline void unref(void *object)
{
    object_unref(OBJECT(object));
}

/* Two connected sockets, unless a channel can't be made of one. */
static inline bool makes_pair(Pair *pair)
{
    QIOChannelSocket **ends[] = { &pair->client, &pair->server };
    int sv[2];
    bool all = true;

    *pair = (Pair) { NULL, NULL };
    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv), ==, 0);
    for (int i = 0; i < 2; i++) {
        if (!SUCCEEDS((*ends[i] = qio_channel_socket_new_fd(sv[i], &err)) != NULL)) {
            /* It is still the caller's. */
            close(sv[i]);
            all = false;
        }
    }
    if (!all) {
        pair_end(pair);
    }
    return all;
}

/* So many bytes, all of them or an error. */
static inline bool passes(QIOChannel *from, QIOChannel *to, size_t size)
{
    g_autofree char *sent = g_malloc(size), *received = g_malloc0(size);

    memset(sent, 'x', size);
    if (!SUCCEEDS(qio_channel_write_all(from, sent, size, &err) == 0)) {
        return false;
    }
    if (!SUCCEEDS(qio_channel_read_all(to, received, size, &err) == 0)) {
        return false;
    }
    g_assert_cmpmem(sent, size, received, size);
    return true;
}

static inline bool closes(void *ioc)
{
    return SUCCEEDS(qio_channel_close(QIO_CHANNEL(ioc), &err) == 0);
}

/* Scenarios with files of their own. */
bool tls(void);
bool websock(void);
bool websock_client(void);

/* What these need, as scenarios_prepare(). */
void layers_prepare(void);
void layers_end(void);

#endif
