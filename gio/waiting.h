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

/*
 * Dispatches the sources, which it takes over, and nothing else: until one has set *@over, or, if it may not block, once.
 * False, after a moment if it may block, where there is no descriptor: whoever waits tries, and comes back.
 */
bool waiting_run(GSource **sources, size_t nsources, bool blocks, const bool *over);

#endif
