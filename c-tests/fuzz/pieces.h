/*
 * A channel class whose transfers come in the pieces that the input of a fuzz target has: short ones, ones that would
 * block, failures, an end, descriptors. Its watches are always ready.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef FUZZ_PIECES_H
#define FUZZ_PIECES_H

#include "input.h"
#include "io/channel.h"

#define TYPE_PIECES "fuzz-pieces"
#define PIECES_CALLS 4096

/* How one call of a method ended. */
typedef struct PiecesCall {
    ssize_t result;
    /* Bytes and flags that were asked for. */
    size_t asked;
    int flags;
    /* Descriptors were asked for, or sent; those that were given. */
    size_t nfds;
    bool has_fds;
    int fds[2];
} PiecesCall;

typedef enum PiecesFault { NO_FAULT, FLIPPED, DROPPED, DOUBLED, CUT } PiecesFault;

typedef struct Pieces {
    QIOChannel parent;

    /* What is read, and how far it is. */
    GByteArray *in;
    size_t at;
    /* At the end of it reads would block, instead of seeing the end. */
    bool stays_open;
    /* What was written, and who reads it. */
    GByteArray *out;
    struct Pieces *peer;
    /* What happens to the byte at which position on its way here. */
    PiecesFault fault;
    size_t fault_at, arrived;
    uint8_t fault_bits;

    /* How much each call transfers. After its end, all. */
    Input script;
    bool may_fail;
    /* What it was shut down for. */
    int shut;
    bool is_closed;
    unsigned int blocked;

    /* The calls since it was last set to 0. */
    PiecesCall calls[PIECES_CALLS];
    unsigned int ncalls;
} Pieces;

static inline Pieces *pieces(QIOChannel *ioc)
{
    return (Pieces *)ioc;
}

/* How many bytes the next call transfers at most; or what it returns instead, also an end or nothing written (0). */
static inline ssize_t pieces_step(Pieces *self)
{
    uint8_t step = input_left(&self->script) ? take_byte(&self->script) : 253;

    if (self->is_closed) {
        return -1;
    }
    /* Whoever waits gets on in the end. */
    if (step < 24 && self->blocked < 2) {
        self->blocked++;
        return QIO_CHANNEL_ERR_BLOCK;
    }
    self->blocked = 0;
    if (step >= 254 && self->may_fail) {
        return step == 255 ? -1 : 0;
    }
    return step < 160 ? step % 20 + 1 : step < 253 ? (step - 150) * 8 : SSIZE_MAX;
}

static inline ssize_t pieces_end(PiecesCall *call, ssize_t result, Error **errp)
{
    call->result = result;
    if (result == -1) {
        error_setg(errp, "a failure of the input's");
        errno = EIO;
    } else if (result == QIO_CHANNEL_ERR_BLOCK) {
        errno = EAGAIN;
    }
    return result;
}

static inline PiecesCall *pieces_call(Pieces *self, const struct iovec *iov, size_t niov, int flags, Error **errp)
{
    PiecesCall *call;

    require(self->ncalls < PIECES_CALLS, "%d calls, and no end", PIECES_CALLS);
    require(!errp || !*errp, "a method got a slot that has an error");
    call = &self->calls[self->ncalls++];
    *call = (PiecesCall) { .flags = flags };
    for (size_t i = 0; i < niov; i++) {
        call->asked += iov[i].iov_len;
    }
    return call;
}

/* A descriptor of no use. */
static inline int pieces_descriptor(void)
{
    static int null = -1;
    int fd;

    if (null < 0) {
        null = open("/dev/null", O_RDWR | O_CLOEXEC);
    }
    fd = fcntl(null, F_DUPFD_CLOEXEC, 0);
    require(fd >= 0, "no descriptor is left");
    return fd;
}

static inline ssize_t pieces_readv(QIOChannel *ioc, const struct iovec *iov, size_t niov, int **fds, size_t *nfds,
                                   int flags, Error **errp)
{
    Pieces *self = pieces(ioc);
    PiecesCall *call = pieces_call(self, iov, niov, flags, errp);
    ssize_t step = pieces_step(self);
    size_t done = 0;

    call->has_fds = fds != NULL;
    if (step > 0 && call->asked && self->at == self->in->len && self->stays_open) {
        step = QIO_CHANNEL_ERR_BLOCK;
    }
    if (step < 0) {
        return pieces_end(call, step, errp);
    }
    for (size_t i = 0; i < niov; i++) {
        size_t part = MIN(MIN(iov[i].iov_len, step - done), self->in->len - self->at);

        if (part) {
            memcpy(iov[i].iov_base, self->in->data + self->at, part);
        }
        self->at += part;
        done += part;
    }
    if (fds && nfds) {
        call->nfds = input_left(&self->script) ? take_byte(&self->script) % 3 : 0;
        *fds = call->nfds ? g_new(int, call->nfds) : NULL;
        *nfds = call->nfds;
        for (size_t i = 0; i < call->nfds; i++) {
            (*fds)[i] = call->fds[i] = pieces_descriptor();
        }
    }
    return pieces_end(call, done, errp);
}

/* Bytes on their way to be read here. */
static inline void pieces_arrive(Pieces *self, const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++, self->arrived++) {
        uint8_t byte = bytes[i];
        bool is_here = self->arrived == self->fault_at;

        if (self->fault == CUT && self->arrived >= self->fault_at) {
            continue;
        }
        byte ^= is_here && self->fault == FLIPPED ? self->fault_bits : 0;
        if (!is_here || self->fault != DROPPED) {
            g_byte_array_append(self->in, &byte, 1);
        }
        if (is_here && self->fault == DOUBLED) {
            g_byte_array_append(self->in, &byte, 1);
        }
    }
}

static inline ssize_t pieces_writev(QIOChannel *ioc, const struct iovec *iov, size_t niov, int *fds, size_t nfds,
                                    int flags, Error **errp)
{
    Pieces *self = pieces(ioc);
    PiecesCall *call = pieces_call(self, iov, niov, flags, errp);
    ssize_t step = pieces_step(self);
    size_t done = 0;

    call->has_fds = fds != NULL;
    call->nfds = nfds;
    if (step < 0) {
        return pieces_end(call, step, errp);
    }
    for (size_t i = 0; i < niov; i++) {
        size_t part = MIN(iov[i].iov_len, step - done);

        if (self->peer) {
            pieces_arrive(self->peer, iov[i].iov_base, part);
        }
        g_byte_array_append(self->out, iov[i].iov_base, part);
        done += part;
    }
    return pieces_end(call, done, errp);
}

static inline gboolean pieces_ready(GSource *source, gint *timeout)
{
    *timeout = 0;
    return TRUE;
}

typedef struct PiecesSource {
    GSource parent;
    QIOChannel *ioc;
    GIOCondition condition;
} PiecesSource;

static inline gboolean pieces_dispatch(GSource *source, GSourceFunc callback, gpointer data)
{
    PiecesSource *self = (PiecesSource *)source;

    return ((QIOChannelFunc)(void (*)(void))callback)(self->ioc, self->condition, data);
}

static inline void pieces_source_finalize(GSource *source)
{
    object_unref(OBJECT(((PiecesSource *)source)->ioc));
}

static inline GSource *pieces_create_watch(QIOChannel *ioc, GIOCondition condition)
{
    static GSourceFuncs funcs = {
        .prepare = pieces_ready,
        .dispatch = pieces_dispatch,
        .finalize = pieces_source_finalize,
    };
    PiecesSource *self = (PiecesSource *)g_source_new(&funcs, sizeof(PiecesSource));

    object_ref(OBJECT(ioc));
    self->ioc = ioc;
    self->condition = condition;
    return &self->parent;
}

static inline int pieces_close(QIOChannel *ioc, Error **errp)
{
    pieces(ioc)->is_closed = true;
    return 0;
}

static inline int pieces_set_blocking(QIOChannel *ioc, bool enabled, Error **errp)
{
    return 0;
}

static inline int pieces_shutdown(QIOChannel *ioc, QIOChannelShutdown how, Error **errp)
{
    pieces(ioc)->shut |= how;
    return 0;
}

static inline void pieces_init(Object *obj)
{
    Pieces *self = (Pieces *)obj;

    self->in = g_byte_array_new();
    self->out = g_byte_array_new();
}

static inline void pieces_finalize(Object *obj)
{
    Pieces *self = (Pieces *)obj;

    g_byte_array_unref(self->in);
    g_byte_array_unref(self->out);
}

static inline void pieces_class_init(ObjectClass *klass, QIO_QOM_CONST void *data)
{
    QIOChannelClass *ioc_klass = QIO_CHANNEL_CLASS(klass);

    ioc_klass->io_readv = pieces_readv;
    ioc_klass->io_writev = pieces_writev;
    ioc_klass->io_create_watch = pieces_create_watch;
    ioc_klass->io_close = pieces_close;
    ioc_klass->io_set_blocking = pieces_set_blocking;
    ioc_klass->io_shutdown = pieces_shutdown;
}

static inline Pieces *pieces_new(void)
{
    static const TypeInfo info = {
        .name = TYPE_PIECES,
        .parent = TYPE_QIO_CHANNEL,
        .instance_size = sizeof(Pieces),
        .instance_init = pieces_init,
        .instance_finalize = pieces_finalize,
        .class_init = pieces_class_init,
    };
    static bool is_registered;

    if (!is_registered) {
        type_register_static(&info);
        is_registered = true;
    }
    return (Pieces *)object_new(TYPE_PIECES);
}

#endif
