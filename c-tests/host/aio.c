/*
 * Event loop contexts (R-LOOP-3, R-LOOP-5 to 7): a GLib source, which any thread may also poll by
 * itself.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/aio.h"
#include "qemu/main-loop.h"
#include <poll.h>
#include <sys/eventfd.h>

#define UNASKED (POLLHUP | POLLERR | POLLNVAL)
#define READ (POLLIN | UNASKED)
#define WRITE (POLLOUT | UNASKED)

typedef struct Handler {
    int fd;
    /* Never used twice in a context. */
    uint64_t id;
    IOHandler *io_read, *io_write;
    void *opaque;
    /* What a poll found that no handler has been called for. */
    bool readable, writable;
    gpointer tag;
} Handler;

struct AioContext {
    GSource source;
    /* For all below. */
    GMutex lock;
    GPtrArray *handlers;
    uint64_t last_id;
    GQueue queue;
    bool notified;
    /* How many threads wait with descriptors that may be outdated. */
    int polls;
    int bell;
};

struct QEMUBH {
    AioContext *ctx;
    QEMUBHFunc *cb;
    void *opaque;
    bool scheduled, queued;
    int references;
};

static void ring(AioContext *ctx)
{
    uint64_t one = 1;
    ssize_t written = write(ctx->bell, &one, sizeof(one));

    (void)written;
}

/* Handlers */

static short events_of(const Handler *handler)
{
    return (handler->io_read ? READ : 0) | (handler->io_write ? WRITE : 0);
}

static void handler_remove(AioContext *ctx, int fd)
{
    for (guint i = 0; i < ctx->handlers->len; i++) {
        Handler *handler = ctx->handlers->pdata[i];

        if (handler->fd == fd) {
            if (handler->tag) {
                g_source_remove_unix_fd(&ctx->source, handler->tag);
            }
            /* The ids stay in order. */
            g_free(g_ptr_array_remove_index(ctx->handlers, i));
            return;
        }
    }
}

static void set_handlers(AioContext *ctx, int fd, IOHandler *io_read, IOHandler *io_write,
                         void *opaque)
{
    g_mutex_lock(&ctx->lock);
    handler_remove(ctx, fd);
    if (io_read || io_write) {
        Handler *handler = g_new0(Handler, 1);

        *handler = (Handler) {
            .fd = fd, .id = ++ctx->last_id,
            .io_read = io_read, .io_write = io_write, .opaque = opaque,
        };
        if (!g_source_is_destroyed(&ctx->source)) {
            handler->tag = g_source_add_unix_fd(&ctx->source, fd, events_of(handler));
        }
        g_ptr_array_add(ctx->handlers, handler);
    }
    if (ctx->polls) {
        ring(ctx);
    }
    g_mutex_unlock(&ctx->lock);
}

#ifdef QIO_HAS_AIO_IS_EXTERNAL
void aio_set_fd_handler(AioContext *ctx, int fd, bool is_external, IOHandler *io_read,
                        IOHandler *io_write, AioPollFn *io_poll, IOHandler *io_poll_ready,
                        void *opaque)
{
    set_handlers(ctx, fd, io_read, io_write, opaque);
}
#else
void aio_set_fd_handler(AioContext *ctx, int fd, IOHandler *io_read, IOHandler *io_write,
                        AioPollFn *io_poll, IOHandler *io_poll_ready, void *opaque)
{
    set_handlers(ctx, fd, io_read, io_write, opaque);
}
#endif

/* Calls one handler that is due; false if none is. */
static bool run_handler(AioContext *ctx)
{
    IOHandler *due = NULL;
    void *opaque = NULL;

    g_mutex_lock(&ctx->lock);
    for (guint i = 0; i < ctx->handlers->len && !due; i++) {
        Handler *handler = ctx->handlers->pdata[i];

        if (handler->readable) {
            handler->readable = false;
            due = handler->io_read;
        }
        if (!due && handler->writable) {
            handler->writable = false;
            due = handler->io_write;
        }
        opaque = handler->opaque;
    }
    g_mutex_unlock(&ctx->lock);
    if (due) {
        due(opaque);
    }
    return due;
}

/* Bottom halves */

static void bh_unref(QEMUBH *bh)
{
    if (g_atomic_int_dec_and_test(&bh->references)) {
        g_source_unref(&bh->ctx->source);
        g_free(bh);
    }
}

static QEMUBH *bh_new(AioContext *ctx, QEMUBHFunc *cb, void *opaque)
{
    QEMUBH *bh = g_new0(QEMUBH, 1);

    *bh = (QEMUBH) { .ctx = ctx, .cb = cb, .opaque = opaque, .references = 1 };
    g_source_ref(&ctx->source);
    return bh;
}

void qemu_bh_schedule(QEMUBH *bh)
{
    AioContext *ctx = bh->ctx;

    g_mutex_lock(&ctx->lock);
    bh->scheduled = true;
    if (!bh->queued) {
        bh->queued = true;
        g_atomic_int_inc(&bh->references);
        g_queue_push_tail(&ctx->queue, bh);
    }
    ring(ctx);
    g_mutex_unlock(&ctx->lock);
}

void qemu_bh_cancel(QEMUBH *bh)
{
    g_mutex_lock(&bh->ctx->lock);
    bh->scheduled = false;
    g_mutex_unlock(&bh->ctx->lock);
}

void qemu_bh_delete(QEMUBH *bh)
{
    qemu_bh_cancel(bh);
    bh_unref(bh);
}

void aio_bh_schedule_oneshot_full(AioContext *ctx, QEMUBHFunc *cb, void *opaque, const char *name)
{
    QEMUBH *bh = bh_new(ctx, cb, opaque);

    qemu_bh_schedule(bh);
    bh_unref(bh);
}

#ifndef QIO_HAS_BH_GUARD
QEMUBH *aio_bh_new_full(AioContext *ctx, QEMUBHFunc *cb, void *opaque, const char *name)
{
    return bh_new(ctx, cb, opaque);
}

QEMUBH *qemu_bh_new_full(QEMUBHFunc *cb, void *opaque, const char *name)
{
    return bh_new(qemu_get_aio_context(), cb, opaque);
}
#else
QEMUBH *aio_bh_new_full(AioContext *ctx, QEMUBHFunc *cb, void *opaque, const char *name,
                        MemReentrancyGuard *guard)
{
    return bh_new(ctx, cb, opaque);
}

QEMUBH *qemu_bh_new_full(QEMUBHFunc *cb, void *opaque, const char *name, MemReentrancyGuard *guard)
{
    return bh_new(qemu_get_aio_context(), cb, opaque);
}
#endif

/* Runs those that are queued now, whatever they queue. */
static bool run_bottom_halves(AioContext *ctx)
{
    bool progress = false;
    guint count;

    g_mutex_lock(&ctx->lock);
    for (count = ctx->queue.length; count > 0; count--) {
        QEMUBH *bh = g_queue_pop_head(&ctx->queue);
        bool runs;

        if (!bh) {
            break;
        }
        runs = bh->scheduled;
        bh->scheduled = bh->queued = false;
        g_mutex_unlock(&ctx->lock);
        if (runs) {
            progress = true;
            bh->cb(bh->opaque);
        }
        bh_unref(bh);
        g_mutex_lock(&ctx->lock);
    }
    g_mutex_unlock(&ctx->lock);
    return progress;
}

/* Polling */

/* Waits if @blocking, and notes what is ready. True if somebody wants the poll to return. */
static bool poll_once(AioContext *ctx, bool blocking)
{
    g_autofree struct pollfd *fds = NULL;
    g_autofree uint64_t *ids = NULL;
    bool notified, found;
    guint count;

    g_mutex_lock(&ctx->lock);
    count = ctx->handlers->len;
    fds = g_new0(struct pollfd, count + 1);
    ids = g_new0(uint64_t, count + 1);
    for (guint i = 0; i < count; i++) {
        Handler *handler = ctx->handlers->pdata[i];

        fds[i] = (struct pollfd) { .fd = handler->fd, .events = events_of(handler) };
        ids[i] = handler->id;
    }
    fds[count] = (struct pollfd) { .fd = ctx->bell, .events = POLLIN };
    blocking = blocking && !ctx->notified && g_queue_is_empty(&ctx->queue);
    ctx->polls++;
    g_mutex_unlock(&ctx->lock);

    do {
        found = poll(fds, count + 1, blocking ? -1 : 0) > 0;
    } while (!found && blocking);

    g_mutex_lock(&ctx->lock);
    ctx->polls--;
    if (found && fds[count].revents) {
        uint64_t rung;
        ssize_t got = read(ctx->bell, &rung, sizeof(rung));

        (void)got;
    }
    for (guint i = 0, j = 0; i < ctx->handlers->len; i++) {
        Handler *handler = ctx->handlers->pdata[i];

        while (j < count && ids[j] < handler->id) {
            j++;
        }
        if (j < count && ids[j] == handler->id) {
            handler->readable = fds[j].revents & READ;
            handler->writable = fds[j].revents & WRITE;
        }
    }
    notified = ctx->notified;
    ctx->notified = false;
    g_mutex_unlock(&ctx->lock);
    return notified;
}

bool aio_poll(AioContext *ctx, bool blocking)
{
    bool progress, notified;

    g_source_ref(&ctx->source);
    progress = run_bottom_halves(ctx);
    do {
        notified = poll_once(ctx, blocking && !progress);
        while (run_handler(ctx)) {
            progress = true;
        }
        progress |= run_bottom_halves(ctx);
    } while (!progress && blocking && !notified);
    g_source_unref(&ctx->source);
    return progress;
}

void aio_notify(AioContext *ctx)
{
    g_mutex_lock(&ctx->lock);
    ctx->notified = true;
    g_mutex_unlock(&ctx->lock);
    ring(ctx);
}

/* The source */

static gboolean source_prepare(GSource *source, gint *timeout)
{
    AioContext *ctx = (AioContext *)source;
    bool ready;

    *timeout = -1;
    g_mutex_lock(&ctx->lock);
    ready = !g_queue_is_empty(&ctx->queue);
    g_mutex_unlock(&ctx->lock);
    return ready;
}

static gboolean source_check(GSource *source)
{
    AioContext *ctx = (AioContext *)source;
    struct pollfd bell = { .fd = ctx->bell, .events = POLLIN };
    gint timeout;
    bool ready = source_prepare(source, &timeout) || poll(&bell, 1, 0) > 0;

    g_mutex_lock(&ctx->lock);
    for (guint i = 0; i < ctx->handlers->len && !ready; i++) {
        Handler *handler = ctx->handlers->pdata[i];

        ready = handler->tag &&
                g_source_query_unix_fd(source, handler->tag) & (GIOCondition)events_of(handler);
    }
    g_mutex_unlock(&ctx->lock);
    return ready;
}

static gboolean source_dispatch(GSource *source, GSourceFunc callback, gpointer data)
{
    aio_poll((AioContext *)source, false);
    return G_SOURCE_CONTINUE;
}

static void source_finalize(GSource *source)
{
    AioContext *ctx = (AioContext *)source;

    for (guint i = 0; i < ctx->handlers->len; i++) {
        g_free(ctx->handlers->pdata[i]);
    }
    g_ptr_array_free(ctx->handlers, true);
    close(ctx->bell);
    g_mutex_clear(&ctx->lock);
}

static GSourceFuncs source_funcs = {
    .prepare = source_prepare,
    .check = source_check,
    .dispatch = source_dispatch,
    .finalize = source_finalize,
};

AioContext *aio_context_new(Error **errp)
{
    int bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    AioContext *ctx;

    if (bell < 0) {
        error_setg_errno(errp, errno, "No descriptor for an event loop");
        return NULL;
    }
    ctx = (AioContext *)g_source_new(&source_funcs, sizeof(AioContext));
    g_mutex_init(&ctx->lock);
    ctx->handlers = g_ptr_array_new();
    g_queue_init(&ctx->queue);
    ctx->bell = bell;
    g_source_set_can_recurse(&ctx->source, true);
    g_source_add_unix_fd(&ctx->source, bell, G_IO_IN);
    return ctx;
}

void aio_context_ref(AioContext *ctx)
{
    g_source_ref(&ctx->source);
}

void aio_context_unref(AioContext *ctx)
{
    g_source_unref(&ctx->source);
}

GSource *aio_get_g_source(AioContext *ctx)
{
    return g_source_ref(&ctx->source);
}

/* The thread's context */

static __thread AioContext *current;

/* A coroutine that has moved must not remember where its old thread had this. */
AioContext *qemu_get_current_aio_context(void)
{
    return current;
}

void qemu_set_current_aio_context(AioContext *ctx)
{
    assert(!current);
    current = ctx;
}
