/*
 * Wires: channels in memory that a test can cut, clog and count. They don't block; a single thread
 * uses them.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef TLS_WIRE_H
#define TLS_WIRE_H

#include "qemu/osdep.h"
#include "io/channel.h"
#include "qapi/error.h"

#define TYPE_WIRE "test-wire"

typedef struct Wire {
    QIOChannel parent;
    struct Wire *peer;
    /* What has arrived and wasn't read. */
    GByteArray *in;
    /* Bytes on the way to the peer before writes would block. */
    size_t capacity;
    /* Bytes on the way to the peer before the wire breaks. */
    size_t fuse;
    /* Bytes that one read gets at most. */
    size_t portion;
    /* Behind what has arrived is the end, or an error. */
    bool ended;
    bool broken;
    int reads;
    int writes;
    /* Reads that would have blocked. */
    int starved;
    GString *log;
} Wire;

typedef struct WireSource {
    GSource parent;
    Wire *wire;
    GIOCondition condition;
} WireSource;

static inline Wire *wire_of(QIOChannel *ioc)
{
    return (Wire *)ioc;
}

static inline GIOCondition wire_ready(Wire *wire)
{
    GIOCondition ready = 0;

    if (wire->in->len || wire->ended || wire->broken) {
        ready |= G_IO_IN;
    }
    if (wire->broken || !wire->peer || wire->peer->in->len < wire->capacity) {
        ready |= G_IO_OUT;
    }
    return ready;
}

static inline gboolean wire_prepare(GSource *source, gint *timeout)
{
    WireSource *self = (WireSource *)source;

    *timeout = -1;
    return (wire_ready(self->wire) & self->condition) != 0;
}

static inline gboolean wire_check(GSource *source)
{
    WireSource *self = (WireSource *)source;

    return (wire_ready(self->wire) & self->condition) != 0;
}

static inline gboolean wire_dispatch(GSource *source, GSourceFunc callback, gpointer data)
{
    WireSource *self = (WireSource *)source;
    QIOChannelFunc func = (QIOChannelFunc)(void (*)(void))callback;

    return func(&self->wire->parent, wire_ready(self->wire) & self->condition, data);
}

static inline void wire_source_finalize(GSource *source)
{
    object_unref(OBJECT(((WireSource *)source)->wire));
}

static inline GSource *wire_create_watch(QIOChannel *ioc, GIOCondition condition)
{
    static GSourceFuncs funcs = {
        .prepare = wire_prepare,
        .check = wire_check,
        .dispatch = wire_dispatch,
        .finalize = wire_source_finalize,
    };
    GSource *source = g_source_new(&funcs, sizeof(WireSource));

    ((WireSource *)source)->wire = wire_of(ioc);
    ((WireSource *)source)->condition = condition;
    object_ref(OBJECT(ioc));
    return source;
}

static inline ssize_t wire_read(QIOChannel *ioc, const struct iovec *iov, size_t niov, Error **errp)
{
    Wire *wire = wire_of(ioc);
    size_t size;

    wire->reads++;
    g_assert_cmpuint(niov, ==, 1);
    if (!wire->in->len) {
        if (wire->broken) {
            error_setg(errp, "the wire is broken");
            return -1;
        }
        wire->starved += !wire->ended;
        return wire->ended ? 0 : QIO_CHANNEL_ERR_BLOCK;
    }
    size = MIN(MIN(iov->iov_len, wire->in->len), wire->portion);
    memcpy(iov->iov_base, wire->in->data, size);
    g_byte_array_remove_range(wire->in, 0, size);
    return size;
}

#ifndef QIO_HAS_READV_FLAGS
static inline ssize_t wire_readv(QIOChannel *ioc, const struct iovec *iov, size_t niov, int **fds,
                                 size_t *nfds, Error **errp)
{
    return wire_read(ioc, iov, niov, errp);
}
#else
static inline ssize_t wire_readv(QIOChannel *ioc, const struct iovec *iov, size_t niov, int **fds,
                                 size_t *nfds, int flags, Error **errp)
{
    return wire_read(ioc, iov, niov, errp);
}
#endif

static inline ssize_t wire_writev(QIOChannel *ioc, const struct iovec *iov, size_t niov, int *fds,
                                  size_t nfds, int flags, Error **errp)
{
    Wire *wire = wire_of(ioc);
    size_t room, size;

    wire->writes++;
    g_assert_cmpuint(niov, ==, 1);
    wire->broken |= wire->peer && wire->peer->in->len >= wire->fuse;
    if (wire->broken || !wire->peer) {
        error_setg(errp, "the wire is broken");
        return -1;
    }
    room = wire->capacity > wire->peer->in->len ? wire->capacity - wire->peer->in->len : 0;
    if (room == 0) {
        return QIO_CHANNEL_ERR_BLOCK;
    }
    size = MIN(room, iov->iov_len);
    g_byte_array_append(wire->peer->in, iov->iov_base, size);
    return size;
}

static inline int wire_close(QIOChannel *ioc, Error **errp)
{
    Wire *wire = wire_of(ioc);

    g_string_append(wire->log, "close ");
    if (wire->peer) {
        wire->peer->ended = true;
        wire->peer->peer = NULL;
        wire->peer = NULL;
    }
    wire->broken = true;
    return 0;
}

static inline int wire_shutdown(QIOChannel *ioc, QIOChannelShutdown how, Error **errp)
{
    g_string_append_printf(wire_of(ioc)->log, "shutdown(%d) ", how);
    if (how == QIO_CHANNEL_SHUTDOWN_WRITE) {
        error_setg(errp, "the wire has one direction");
        return -1;
    }
    wire_of(ioc)->ended = true;
    return 0;
}

static inline int wire_set_blocking(QIOChannel *ioc, bool enabled, Error **errp)
{
    g_string_append_printf(wire_of(ioc)->log, "set_blocking(%d) ", enabled);
    if (enabled) {
        error_setg(errp, "the wire does not block");
        return -1;
    }
    return 0;
}

static inline void wire_set_cork(QIOChannel *ioc, bool enabled)
{
    g_string_append_printf(wire_of(ioc)->log, "set_cork(%d) ", enabled);
}

static inline void wire_set_delay(QIOChannel *ioc, bool enabled)
{
    g_string_append_printf(wire_of(ioc)->log, "set_delay(%d) ", enabled);
}

static inline void wire_init(Object *obj)
{
    Wire *self = (Wire *)obj;

    self->in = g_byte_array_new();
    self->log = g_string_new(NULL);
    self->capacity = SIZE_MAX;
    self->fuse = SIZE_MAX;
    self->portion = SIZE_MAX;
}

static inline void wire_finalize(Object *obj)
{
    Wire *self = (Wire *)obj;

    if (self->peer) {
        self->peer->peer = NULL;
        self->peer->ended = true;
    }
    g_byte_array_unref(self->in);
    g_string_free(self->log, true);
}

static inline void wire_class_init(ObjectClass *klass, QIO_QOM_CONST void *data)
{
    QIOChannelClass *ioc_klass = QIO_CHANNEL_CLASS(klass);

    ioc_klass->io_readv = wire_readv;
    ioc_klass->io_writev = wire_writev;
    ioc_klass->io_create_watch = wire_create_watch;
    ioc_klass->io_close = wire_close;
    ioc_klass->io_shutdown = wire_shutdown;
    ioc_klass->io_set_blocking = wire_set_blocking;
    ioc_klass->io_set_cork = wire_set_cork;
    ioc_klass->io_set_delay = wire_set_delay;
}

/* Call it once, after the library's types were registered. */
static inline void wire_register(void)
{
    static const TypeInfo info = {
        .name = TYPE_WIRE,
        .parent = TYPE_QIO_CHANNEL,
        .instance_size = sizeof(Wire),
        .instance_init = wire_init,
        .instance_finalize = wire_finalize,
        .class_init = wire_class_init,
    };

    type_register_static(&info);
}

/* The two ends of a wire. */
static inline void wire_pair(Wire *ends[2])
{
    int i;

    for (i = 0; i < 2; i++) {
        ends[i] = (Wire *)object_new(TYPE_WIRE);
        qio_channel_set_feature(&ends[i]->parent, QIO_CHANNEL_FEATURE_SHUTDOWN);
    }
    ends[0]->peer = ends[1];
    ends[1]->peer = ends[0];
}

/* What was called since the last time. */
static inline void wire_expect(Wire *wire, const char *calls)
{
    g_assert_cmpstr(wire->log->str, ==, calls);
    g_string_truncate(wire->log, 0);
}

#endif
