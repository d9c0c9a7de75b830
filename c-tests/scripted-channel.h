/*
 * Channel classes of the program's own, as others than the library may have them.
 *
 * A scripted channel does what the test wrote down: each call of io_readv or io_writev takes the
 * next result. It logs how it was called. Its watches poll no descriptor. A bare channel has
 * nothing but what it must transfer with.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SCRIPTED_CHANNEL_H
#define SCRIPTED_CHANNEL_H

#include "qemu/osdep.h"
#include "io/channel.h"
#include "qapi/error.h"

#define TYPE_SCRIPTED_CHANNEL "test-scripted-channel"
#define TYPE_BARE_CHANNEL "test-bare-channel"

#define STEPS_MAX 16

typedef struct ScriptedSource ScriptedSource;

typedef struct ScriptedChannel {
    QIOChannel parent;

    /* What io_readv and io_writev return, in this order; then they abort. */
    ssize_t steps[STEPS_MAX];
    unsigned int nsteps;
    unsigned int calls;
    /* Successes leave an error too, as a careless class may. */
    bool errs_always;
    /* Failures leave none, as another careless class may. */
    bool is_silent;
    /* Descriptors that a read brings along: duplicates, by step. */
    int fds[STEPS_MAX];
    /* Ready for what it is watched for; watches made so far; the last of them, if it is kept. */
    int ready;
    int watches;
    bool keeps_source;
    GSource *source;

    /* How the slots were called: "writev(3 5)" with the lengths of the elements. */
    GString *log;
    const struct iovec *iov;
    int **fdsp;
    size_t *nfdsp;
    bool has_slot;
    Error *error;
    GByteArray *written;
    int *finalized;
} ScriptedChannel;

struct ScriptedSource {
    GSource parent;
    ScriptedChannel *channel;
    GIOCondition condition;
};

static inline ScriptedChannel *scripted(QIOChannel *ioc)
{
    return (ScriptedChannel *)ioc;
}

static inline gboolean scripted_source_prepare(GSource *source, gint *timeout)
{
    *timeout = -1;
    return g_atomic_int_get(&((ScriptedSource *)source)->channel->ready);
}

static inline gboolean scripted_source_check(GSource *source)
{
    return g_atomic_int_get(&((ScriptedSource *)source)->channel->ready);
}

static inline gboolean scripted_source_dispatch(GSource *source, GSourceFunc callback, gpointer data)
{
    ScriptedSource *self = (ScriptedSource *)source;
    QIOChannelFunc func = (QIOChannelFunc)(void (*)(void))callback;

    return func(&self->channel->parent, self->condition, data);
}

static inline void scripted_source_finalize(GSource *source)
{
    object_unref(OBJECT(((ScriptedSource *)source)->channel));
}

static inline GSource *scripted_create_watch(QIOChannel *ioc, GIOCondition condition)
{
    static GSourceFuncs funcs = {
        .prepare = scripted_source_prepare,
        .check = scripted_source_check,
        .dispatch = scripted_source_dispatch,
        .finalize = scripted_source_finalize,
    };
    GSource *source = g_source_new(&funcs, sizeof(ScriptedSource));
    ScriptedSource *self = (ScriptedSource *)source;

    self->channel = scripted(ioc);
    self->condition = condition;
    object_ref(OBJECT(ioc));
    if (self->channel->keeps_source) {
        g_atomic_pointer_set(&self->channel->source, g_source_ref(source));
    }
    g_atomic_int_inc(&self->channel->watches);
    return source;
}

static inline void scripted_note(ScriptedChannel *self, const char *slot, const struct iovec *iov,
                          size_t niov, size_t nfds, int flags, Error **errp)
{
    size_t i;

    g_string_append_printf(self->log, "%s(", slot);
    for (i = 0; i < niov && i < 8; i++) {
        g_string_append_printf(self->log, "%s%zu", i ? " " : "", iov[i].iov_len);
    }
    if (niov > 8) {
        g_string_append_printf(self->log, " ...%zu", niov);
    }
    if (nfds) {
        g_string_append_printf(self->log, ", fds %zu", nfds);
    }
    if (flags) {
        g_string_append_printf(self->log, ", flags %d", flags);
    }
    g_string_append(self->log, ") ");
    self->iov = iov;
    self->has_slot = errp && !*errp;
    self->error = NULL;
}

static inline ssize_t scripted_step(ScriptedChannel *self, Error **errp)
{
    ssize_t step;

    g_assert_cmpuint(self->calls, <, self->nsteps);
    step = self->steps[self->calls++];
    if (step < 0 && self->is_silent) {
        errno = EPROTO;
    } else if (step == -1) {
        error_setg(errp, "scripted failure");
        self->error = errp ? *errp : NULL;
        errno = EPROTO;
    } else if (self->errs_always) {
        error_setg(errp, "scripted warning");
    } else if (step == QIO_CHANNEL_ERR_BLOCK) {
        errno = EAGAIN;
    }
    return step;
}

static inline ssize_t scripted_writev(QIOChannel *ioc, const struct iovec *iov, size_t niov, int *fds,
                               size_t nfds, int flags, Error **errp)
{
    ScriptedChannel *self = scripted(ioc);
    ssize_t step, left;
    size_t i;

    scripted_note(self, "writev", iov, niov, nfds, flags, errp);
    left = step = scripted_step(self, errp);
    for (i = 0; i < niov && left > 0; i++) {
        size_t part = MIN((size_t)left, iov[i].iov_len);

        g_byte_array_append(self->written, iov[i].iov_base, part);
        left -= part;
    }
    return step;
}

/* Fills in the bytes 'a', 'b', ... over all reads. */
static inline ssize_t scripted_read(QIOChannel *ioc, const struct iovec *iov, size_t niov, int **fds,
                             size_t *nfds, int flags, Error **errp)
{
    ScriptedChannel *self = scripted(ioc);
    ssize_t step, left;
    size_t i, j;

    scripted_note(self, "readv", iov, niov, fds && nfds ? 1 : 0, flags, errp);
    self->fdsp = fds;
    self->nfdsp = nfds;
    left = step = scripted_step(self, errp);
    for (i = 0; i < niov && left > 0; i++) {
        for (j = 0; j < iov[i].iov_len && left > 0; j++, left--) {
            ((char *)iov[i].iov_base)[j] = 'a' + self->written->len % 26;
            g_byte_array_append(self->written, (const guint8 *)"", 1);
        }
    }
    if (step >= 0 && fds && nfds) {
        int fd = self->fds[self->calls - 1];

        *fds = fd > 0 ? g_new(int, 1) : NULL;
        *nfds = fd > 0 ? 1 : 0;
        if (fd > 0) {
            **fds = dup(fd);
        }
    }
    return step;
}

#ifndef QIO_HAS_READV_FLAGS
static inline ssize_t scripted_readv(QIOChannel *ioc, const struct iovec *iov, size_t niov, int **fds,
                              size_t *nfds, Error **errp)
{
    return scripted_read(ioc, iov, niov, fds, nfds, 0, errp);
}
#else
static inline ssize_t scripted_readv(QIOChannel *ioc, const struct iovec *iov, size_t niov, int **fds,
                              size_t *nfds, int flags, Error **errp)
{
    return scripted_read(ioc, iov, niov, fds, nfds, flags, errp);
}

static inline ssize_t scripted_pwritev(QIOChannel *ioc, const struct iovec *iov, size_t niov, off_t offset,
                                Error **errp)
{
    scripted_note(scripted(ioc), "pwritev", iov, niov, 0, (int)offset, errp);
    return scripted_step(scripted(ioc), errp);
}

static inline ssize_t scripted_preadv(QIOChannel *ioc, const struct iovec *iov, size_t niov, off_t offset,
                               Error **errp)
{
    scripted_note(scripted(ioc), "preadv", iov, niov, 0, (int)offset, errp);
    return scripted_step(scripted(ioc), errp);
}

static inline int scripted_peerpid(QIOChannel *ioc, unsigned int *pid, Error **errp)
{
    scripted_note(scripted(ioc), "peerpid", NULL, 0, 0, 0, errp);
    *pid = 77;
    return scripted_step(scripted(ioc), errp);
}
#endif

static inline int scripted_close(QIOChannel *ioc, Error **errp)
{
    scripted_note(scripted(ioc), "close", NULL, 0, 0, 0, errp);
    return scripted_step(scripted(ioc), errp);
}

static inline int scripted_set_blocking(QIOChannel *ioc, bool enabled, Error **errp)
{
    scripted_note(scripted(ioc), "set_blocking", NULL, 0, 0, enabled, errp);
    return scripted_step(scripted(ioc), errp);
}

static inline int scripted_shutdown(QIOChannel *ioc, QIOChannelShutdown how, Error **errp)
{
    scripted_note(scripted(ioc), "shutdown", NULL, 0, 0, how, errp);
    return scripted_step(scripted(ioc), errp);
}

static inline void scripted_set_cork(QIOChannel *ioc, bool enabled)
{
    scripted_note(scripted(ioc), "set_cork", NULL, 0, 0, enabled, NULL);
}

static inline void scripted_set_delay(QIOChannel *ioc, bool enabled)
{
    scripted_note(scripted(ioc), "set_delay", NULL, 0, 0, enabled, NULL);
}

static inline off_t scripted_seek(QIOChannel *ioc, off_t offset, int whence, Error **errp)
{
    scripted_note(scripted(ioc), "seek", NULL, 0, (size_t)offset, whence, errp);
    return scripted_step(scripted(ioc), errp);
}

static inline int scripted_flush(QIOChannel *ioc, Error **errp)
{
    scripted_note(scripted(ioc), "flush", NULL, 0, 0, 0, errp);
    return scripted_step(scripted(ioc), errp);
}

static inline void scripted_init(Object *obj)
{
    ScriptedChannel *self = (ScriptedChannel *)obj;

    self->log = g_string_new(NULL);
    self->written = g_byte_array_new();
}

static inline void scripted_finalize(Object *obj)
{
    ScriptedChannel *self = (ScriptedChannel *)obj;

    g_string_free(self->log, TRUE);
    g_byte_array_unref(self->written);
    if (self->finalized) {
        g_atomic_int_inc(self->finalized);
    }
}

static inline void bare_class_init(ObjectClass *klass, QIO_QOM_CONST void *data)
{
    QIOChannelClass *ioc_klass = QIO_CHANNEL_CLASS(klass);

    ioc_klass->io_writev = scripted_writev;
    ioc_klass->io_readv = scripted_readv;
    ioc_klass->io_close = scripted_close;
    ioc_klass->io_set_blocking = scripted_set_blocking;
}

static inline void scripted_class_init(ObjectClass *klass, QIO_QOM_CONST void *data)
{
    QIOChannelClass *ioc_klass = QIO_CHANNEL_CLASS(klass);

    bare_class_init(klass, data);
    ioc_klass->io_create_watch = scripted_create_watch;
    ioc_klass->io_shutdown = scripted_shutdown;
    ioc_klass->io_set_cork = scripted_set_cork;
    ioc_klass->io_set_delay = scripted_set_delay;
    ioc_klass->io_seek = scripted_seek;
    ioc_klass->io_flush = scripted_flush;
#ifdef QIO_HAS_POSITIONAL_IO
    ioc_klass->io_pwritev = scripted_pwritev;
    ioc_klass->io_preadv = scripted_preadv;
#endif
#ifdef QIO_HAS_PEERPID
    ioc_klass->io_peerpid = scripted_peerpid;
#endif
}

/* Call it once, after the library's types were registered. */
static inline void scripted_register(void)
{
    static const TypeInfo infos[] = {
        {
            .name = TYPE_SCRIPTED_CHANNEL,
            .parent = TYPE_QIO_CHANNEL,
            .instance_size = sizeof(ScriptedChannel),
            .instance_init = scripted_init,
            .instance_finalize = scripted_finalize,
            .class_init = scripted_class_init,
        },
        {
            .name = TYPE_BARE_CHANNEL,
            .parent = TYPE_QIO_CHANNEL,
            .instance_size = sizeof(ScriptedChannel),
            .instance_init = scripted_init,
            .instance_finalize = scripted_finalize,
            .class_init = bare_class_init,
        },
    };

    type_register_static(&infos[0]);
    type_register_static(&infos[1]);
    /* The first of a program's own class makes the context in which such are waited for. */
    object_unref(object_new(TYPE_BARE_CHANNEL));
}

/* A scripted channel with its results: scripted_new(2, 5, -2) returns 5, then would block. */
static inline QIOChannel *scripted_new_of(const char *type, unsigned int nsteps, va_list steps)
{
    ScriptedChannel *self = (ScriptedChannel *)object_new(type);
    unsigned int i;

    g_assert_cmpuint(nsteps, <=, STEPS_MAX);
    for (i = 0; i < nsteps; i++) {
        self->steps[i] = va_arg(steps, int);
    }
    self->nsteps = nsteps;
    return &self->parent;
}

static inline QIOChannel *scripted_new(unsigned int nsteps, ...)
{
    QIOChannel *ioc;
    va_list steps;

    va_start(steps, nsteps);
    ioc = scripted_new_of(TYPE_SCRIPTED_CHANNEL, nsteps, steps);
    va_end(steps);
    return ioc;
}

static inline QIOChannel *bare_new(unsigned int nsteps, ...)
{
    QIOChannel *ioc;
    va_list steps;

    va_start(steps, nsteps);
    ioc = scripted_new_of(TYPE_BARE_CHANNEL, nsteps, steps);
    va_end(steps);
    return ioc;
}

/* What was called since the last time, and whether all of the script was. */
#define assert_calls(ioc, expected) do { \
    g_assert_cmpstr(scripted(ioc)->log->str, ==, expected); \
    g_assert_cmpuint(scripted(ioc)->calls, ==, scripted(ioc)->nsteps); \
    g_string_truncate(scripted(ioc)->log, 0); \
} while (0)

/* An error that the library made: it is there, has one line and no final period. */
#define assert_error(err) do { \
    g_assert_nonnull(err); \
    g_assert_cmpuint(strlen(error_get_pretty(err)), >, 0); \
    g_assert_null(strchr(error_get_pretty(err), '\n')); \
    g_assert_false(g_str_has_suffix(error_get_pretty(err), ".")); \
    error_free(err); \
    err = NULL; \
} while (0)

/* ... with the text of an errno at its end. */
#define assert_errno_error(err, code) do { \
    g_autofree char *suffix_ = g_strdup_printf(": %s", strerror(code)); \
    g_assert_nonnull(err); \
    g_assert_true(g_str_has_suffix(error_get_pretty(err), suffix_)); \
    assert_error(err); \
} while (0)

static inline bool fd_is_open(int fd)
{
    return fcntl(fd, F_GETFD) != -1;
}

#endif
