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

struct Waiting {
    gatomicrefcount count;
    GMainContext *context; /* NULL without a descriptor for one */
    int is_over;           /* by atomic access */
};

Waiting *waiting_new(void)
{
    Waiting *waiting = g_new(Waiting, 1);

    *waiting = (Waiting) { .context = take() };
    g_atomic_ref_count_init(&waiting->count);
    return waiting;
}

Waiting *waiting_ref(Waiting *waiting)
{
    g_atomic_ref_count_inc(&waiting->count);
    return waiting;
}

void waiting_unref(Waiting *waiting)
{
    if (g_atomic_ref_count_dec(&waiting->count)) {
        if (waiting->context) {
            give_back(waiting->context);
        }
        g_free(waiting);
    }
}

/*
 * A source's ready time would not do: GLib looks where the source is attached without a lock, and one that is being attached
 * meanwhile gets the time without its context being woken.
 */
void waiting_stop(Waiting *waiting)
{
    g_atomic_int_set(&waiting->is_over, true);
    if (waiting->context) {
        g_main_context_wakeup(waiting->context);
    }
}

bool waiting_run(Waiting *waiting, GSource *source, bool blocks, const bool *is_ready)
{
    if (waiting->context) {
        g_source_attach(source, waiting->context);
        do {
            g_main_context_iteration(waiting->context, blocks);
        } while (blocks && !*is_ready && !g_atomic_int_get(&waiting->is_over));
    } else if (blocks) {
        g_usleep(REST);
    }
    g_source_destroy(source);
    g_source_unref(source);
    return waiting->context != NULL;
}
