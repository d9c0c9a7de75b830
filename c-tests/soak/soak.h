/*
 * What the server and the crowd of its clients have in common.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SOAK_H
#define SOAK_H

#include "../tls-channels.h"
#include "io/channel-websock.h"
#include "io/net-listener.h"
#include "qemu/coroutine.h"
#include "qemu/main-loop.h"

/* What a client speaks: bytes are echoed over each. */
enum { PLAIN, OVER_TLS, WEBSOCKET, KINDS };

/* A callback for a coroutine that waits. */
typedef struct Wait {
    Coroutine *co;
    bool is_waiting;
    bool is_done;
    bool failed;
    char why[100];
} Wait;

static inline void wait_ends(Wait *wait)
{
    wait->is_done = true;
    if (wait->is_waiting) {
        aio_co_wake(wait->co);
    }
}

static inline void wait_ends_with(QIOTask *task, gpointer opaque)
{
    Wait *wait = opaque;
    Error *err = NULL;

    wait->failed = qio_task_propagate_error(task, &err);
    if (err) {
        g_strlcpy(wait->why, error_get_pretty(err), sizeof(wait->why));
        error_free(err);
    }
    wait_ends(wait);
}

/* Whether it went well. */
static inline bool coroutine_fn wait_for(Wait *wait)
{
    while (!wait->is_done) {
        wait->is_waiting = true;
        qemu_coroutine_yield();
        wait->is_waiting = false;
    }
    return !wait->failed;
}

#define WAIT { .co = qemu_coroutine_self() }

static inline void no_delay_no_wait(QIOChannel *ioc)
{
    qio_channel_set_blocking(ioc, false, NULL);
    qio_channel_set_delay(ioc, false);
}

/* Keeps so many clients, told by bytes of @orders: 'd' to let them all go, 'r' for new ones, 'q' to end. Says 'z'
 * to @answers once all are gone. @psk is what its TLS clients show. */
void crowd_run(int connections, const char *const ports[KINDS], PskCreds psk, int orders, int answers);

#endif
