/*
 * Calls that block until a source is dispatched, inside libqio-gio.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef GIO_WAITING_H
#define GIO_WAITING_H

#include "qemu/osdep.h"

#include <gio/gio.h>

/* Has what a wait takes there, while there is a descriptor for it. */
void waiting_prepare(void);

/* The same for waits of GIO's that end with @cancellable; true if it is to be released by g_cancellable_release_fd(). */
bool waiting_prepare_cancellable(GCancellable *cancellable);

/* A wait, which a thread runs and others may stop. */
typedef struct Waiting Waiting;

Waiting *waiting_new(void);
Waiting *waiting_ref(Waiting *waiting);
void waiting_unref(Waiting *waiting);

/* Ends the wait. From any thread, also before it runs and after it is over. */
void waiting_stop(Waiting *waiting);

/*
 * Dispatches @source, which it takes over, and nothing else: until that has set *@is_ready or the wait is stopped, or, if it may
 * not block, once. False, after a moment if it may block, where there is no descriptor: whoever waits tries, and comes back.
 */
bool waiting_run(Waiting *waiting, GSource *source, bool blocks, const bool *is_ready);

#endif
