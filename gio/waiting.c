/*
 * Calls that block until a source is dispatched.
 *
 * They take a main context, and GLib ends the process where there is no descriptor for one. So one is made with the first
 * stream or channel, and a few are kept. Whoever finds none rests for a moment instead.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "waiting.h"

#include <sys/eventfd.h>
#include <unistd.h>

/* How many are kept while nobody waits. */
#define KEPT 4
/* How long to rest, in microseconds. */
#define REST 5000

static GMutex lock;
static GMainContext *kept[KEPT];
static unsigned int nkept;
/* Whose they are: those of a forked child's parent wake both. */
static pid_t owner;

static bool has_descriptor(void)
{
    int fd = eventfd(0, EFD_CLOEXEC);

    if (fd < 0) {
        return false;
    }
    close(fd);
    return true;
}

/* NULL if there is no descriptor for it. */
static GMainContext *make(void)
{
    return has_descriptor() ? g_main_context_new() : NULL;
}

static GMainContext *take(void)
{
    GMainContext *context, *of_parent[KEPT];
    unsigned int i, nof_parent = 0;

    g_mutex_lock(&lock);
    if (owner != getpid()) {
        nof_parent = nkept;
        memcpy(of_parent, kept, nkept * sizeof(*kept));
        nkept = 0;
        owner = getpid();
    }
    context = nkept ? kept[--nkept] : NULL;
    g_mutex_unlock(&lock);
    for (i = 0; i < nof_parent; i++) {
        g_main_context_unref(of_parent[i]);
    }
    return context ? context : make();
}

static void give_back(GMainContext *context)
{
    g_mutex_lock(&lock);
    if (nkept < KEPT) {
        kept[nkept++] = g_steal_pointer(&context);
    }
    g_mutex_unlock(&lock);
    if (context) {
        g_main_context_unref(context);
    }
}

void waiting_prepare(void)
{
    GMainContext *context = take();

    if (context) {
        give_back(context);
    }
}

bool waiting_prepare_cancellable(GCancellable *cancellable)
{
    return has_descriptor() && g_cancellable_get_fd(cancellable) >= 0;
}

bool waiting_run(GSource **sources, size_t nsources, bool blocks, const bool *over)
{
    GMainContext *context = take();
    size_t i;

    for (i = 0; context && i < nsources; i++) {
        g_source_attach(sources[i], context);
    }
    do {
        if (context) {
            g_main_context_iteration(context, blocks);
        } else if (blocks) {
            g_usleep(REST);
        }
    } while (context && blocks && !*over);
    for (i = 0; i < nsources; i++) {
        g_source_destroy(sources[i]);
        g_source_unref(sources[i]);
    }
    if (context) {
        give_back(context);
    }
    return context != NULL;
}
