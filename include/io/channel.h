/*
 * A channel, the base of all that bytes can be read from or written to.
 *
 * Generated from crates/abi/src/layout/channel.rs and src/capi/channel.rs and src/capi/channel_coroutine.rs and src/capi/channel_transfer.rs and src/capi/channel_bytes.rs and src/capi/channel_positional.rs.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifndef QIO_CHANNEL_H
#define QIO_CHANNEL_H

#ifndef QEMU_OSDEP_H
#error "include qemu/osdep.h before any other header"
#include "qemu/osdep.h" /* so that the compiler says only this */
#endif

#include "qom/object.h"
#include "qemu/coroutine.h"
#include "qemu/aio.h"

#define TYPE_QIO_CHANNEL "qio-channel"
OBJECT_DECLARE_TYPE(QIOChannel, QIOChannelClass, QIO_CHANNEL)

/* What buffers of bytes are made of. */
#if defined(QIO_HAS_VOID_BUFFERS)
#define QIO_BYTE void
#else
#define QIO_BYTE char
#endif

/** Result of a transfer that would have to wait. */
#define QIO_CHANNEL_ERR_BLOCK -2

/** Send from the caller's memory, which must stay untouched until the next flush. */
#define QIO_CHANNEL_WRITE_FLAG_ZERO_COPY 1

#if defined(QIO_HAS_READV_FLAGS)
/** Look at the data without consuming it. */
#define QIO_CHANNEL_READ_FLAG_MSG_PEEK 1
#endif

#if defined(QIO_HAS_TLS_BYE)
/** Let an unclean end of a TLS stream read as end of file. */
#define QIO_CHANNEL_READ_FLAG_RELAXED_EOF 2
#endif

#if defined(QIO_HAS_FD_PRESERVE_BLOCKING)
/** Leave O_NONBLOCK of received descriptors as the sender had it. */
#define QIO_CHANNEL_READ_FLAG_FD_PRESERVE_BLOCKING 4
#endif

/** What a channel can do; the value is the bit number in `QIOChannel.features`. */
typedef enum QIOChannelFeature {
    /** Descriptors can be sent and received. */
    QIO_CHANNEL_FEATURE_FD_PASS = 0,
    /** `qio_channel_shutdown` works. */
    QIO_CHANNEL_FEATURE_SHUTDOWN = 1,
    /** The channel is a listening socket. */
    QIO_CHANNEL_FEATURE_LISTEN = 2,
    /** `QIO_CHANNEL_WRITE_FLAG_ZERO_COPY` works. */
    QIO_CHANNEL_FEATURE_WRITE_ZERO_COPY = 3,
#if defined(QIO_HAS_READV_FLAGS)
    /** `QIO_CHANNEL_READ_FLAG_MSG_PEEK` works. */
    QIO_CHANNEL_FEATURE_READ_MSG_PEEK = 4,
#endif
#if defined(QIO_HAS_POSITIONAL_IO)
    /** Positional reads and writes work. */
    QIO_CHANNEL_FEATURE_SEEKABLE = 5,
#endif
#if defined(QIO_HAS_CONCURRENT_IO)
    /** One reader and one writer thread may use the channel at once. */
    QIO_CHANNEL_FEATURE_CONCURRENT_IO = 6,
#endif
} QIOChannelFeature;

/** Which directions `qio_channel_shutdown` ends. */
typedef enum QIOChannelShutdown {
    /** Reads return end of file. */
    QIO_CHANNEL_SHUTDOWN_READ = 1,
    /** Writes fail, the peer sees end of file. */
    QIO_CHANNEL_SHUTDOWN_WRITE = 2,
    /** Both. */
    QIO_CHANNEL_SHUTDOWN_BOTH = 3,
} QIOChannelShutdown;

/** A channel. The fields are the library's; programs read `name`, and `ctx` where it is. */
struct QIOChannel {
    /** The parent. */
    Object parent;
    /** Bits `1 << QIO_CHANNEL_FEATURE_*`; changed by atomic OR only. */
    unsigned int features;
    /** Label of watches and traces, GLib memory or NULL. */
    char *name;
#if !defined(QIO_HAS_TWO_AIO_CONTEXTS)
    /** The context that coroutine waits use, NULL for the main loop; private but for reading. */
    AioContext *ctx;
#endif
#if defined(QIO_HAS_TWO_AIO_CONTEXTS)
    /** The context that `read_coroutine` waits in; private. */
    AioContext *read_ctx;
#endif
    /** The coroutine that waits to read; private, changed atomically. */
    Coroutine *read_coroutine;
#if defined(QIO_HAS_TWO_AIO_CONTEXTS)
    /** The context that `write_coroutine` waits in; private. */
    AioContext *write_ctx;
#endif
    /** The coroutine that waits to write; private, changed atomically. */
    Coroutine *write_coroutine;
#if defined(QIO_HAS_TWO_AIO_CONTEXTS)
    /** Coroutines wait in their own context; set by `qio_channel_set_follow_coroutine_ctx`. */
    bool follow_coroutine_ctx;
#endif
};

/** A watch callback: the channel is ready for `condition`. Returns FALSE to end the watch. */
typedef gboolean (*QIOChannelFunc)(QIOChannel *ioc,
                                   GIOCondition condition,
                                   gpointer data);

/** The methods of a channel class. Filled in `class_init`, read-only afterwards. */
struct QIOChannelClass {
    /** The parent. */
    ObjectClass parent;
    /** Sends; mandatory. As `qio_channel_writev_full`. */
    ssize_t (*io_writev)(QIOChannel *ioc,
                         const struct iovec *iov,
                         size_t niov,
                         int *fds,
                         size_t nfds,
                         int flags,
                         Error **errp);
#if !defined(QIO_HAS_READV_FLAGS)
    /** Receives; mandatory. As `qio_channel_readv_full`. */
    ssize_t (*io_readv)(QIOChannel *ioc,
                        const struct iovec *iov,
                        size_t niov,
                        int **fds,
                        size_t *nfds,
                        Error **errp);
#endif
#if defined(QIO_HAS_READV_FLAGS)
    /** Receives; mandatory. As `qio_channel_readv_full`. */
    ssize_t (*io_readv)(QIOChannel *ioc,
                        const struct iovec *iov,
                        size_t niov,
                        int **fds,
                        size_t *nfds,
                        int flags,
                        Error **errp);
#endif
    /** Closes; mandatory. */
    int (*io_close)(QIOChannel *ioc, Error **errp);
    /** Makes an unattached source (transfer full); mandatory. */
    GSource *(*io_create_watch)(QIOChannel *ioc, GIOCondition condition);
    /** Switches the blocking mode; mandatory. Returns 0 or -1. */
    int (*io_set_blocking)(QIOChannel *ioc, bool enabled, Error **errp);
#if defined(QIO_HAS_POSITIONAL_IO)
    /** Writes at `offset` bytes; nullable. */
    ssize_t (*io_pwritev)(QIOChannel *ioc,
                          const struct iovec *iov,
                          size_t niov,
                          off_t offset,
                          Error **errp);
#endif
#if defined(QIO_HAS_POSITIONAL_IO)
    /** Reads at `offset` bytes; nullable. */
    ssize_t (*io_preadv)(QIOChannel *ioc,
                         const struct iovec *iov,
                         size_t niov,
                         off_t offset,
                         Error **errp);
#endif
    /** Ends one or both directions; nullable, called from any thread. */
    int (*io_shutdown)(QIOChannel *ioc,
                       QIOChannelShutdown how,
                       Error **errp);
    /** Holds small writes back; nullable. */
    void (*io_set_cork)(QIOChannel *ioc, bool enabled);
    /** Lets the system gather small writes; nullable. */
    void (*io_set_delay)(QIOChannel *ioc, bool enabled);
    /** Moves the position; nullable. */
    off_t (*io_seek)(QIOChannel *ioc,
                     off_t offset,
                     int whence,
                     Error **errp);
#if !defined(QIO_HAS_TWO_AIO_CONTEXTS)
    /** Sets both handlers in `ctx`; nullable. */
    void (*io_set_aio_fd_handler)(QIOChannel *ioc,
                                  AioContext *ctx,
                                  IOHandler *io_read,
                                  IOHandler *io_write,
                                  void *opaque);
#endif
#if defined(QIO_HAS_TWO_AIO_CONTEXTS)
    /** Sets handlers; a NULL context leaves that direction alone; nullable. */
    void (*io_set_aio_fd_handler)(QIOChannel *ioc,
                                  AioContext *read_ctx,
                                  IOHandler *io_read,
                                  AioContext *write_ctx,
                                  IOHandler *io_write,
                                  void *opaque);
#endif
    /** Waits for zero-copy sends; nullable. */
    int (*io_flush)(QIOChannel *ioc, Error **errp);
#if defined(QIO_HAS_PEERPID)
    /** Tells the process at the other end; nullable. */
    int (*io_peerpid)(QIOChannel *ioc, unsigned int *pid, Error **errp);
#endif
};

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * qio_channel_has_feature:
 * @ioc: (transfer none): the channel
 * @feature: what to ask for
 *
 * Tells whether the channel can do something. Features come with the kind of channel and with
 * what it is connected to, and stay when it is closed.
 *
 * Threads: any. Blocks: no.
 * Returns: true if it can.
 */
bool qio_channel_has_feature(QIOChannel *ioc,
                             QIOChannelFeature feature);

/**
 * qio_channel_set_feature:
 * @ioc: (transfer none): the channel
 * @feature: what the channel can do from now on
 *
 * Adds a feature, for those who write channels. None can be taken away.
 *
 * Threads: any, also while others ask. Blocks: no.
 */
void qio_channel_set_feature(QIOChannel *ioc, QIOChannelFeature feature);

/**
 * qio_channel_set_name:
 * @ioc: (transfer none): the channel
 * @name: (transfer none) (nullable): a label, which is copied; NULL for none
 *
 * Names the channel, for debugging. Watches that are made afterwards have the same name.
 *
 * Threads: any, also while watches are made; not while the program reads the field. Blocks: no.
 */
void qio_channel_set_name(QIOChannel *ioc,
                          const char *name);

#if !defined(QIO_HAS_BOOL_SET_BLOCKING)
/**
 * qio_channel_set_blocking:
 * @ioc: (transfer none): the channel
 * @enabled: true if transfers shall wait until they can move at least a byte
 * @errp: (nullable): as in qapi/error.h
 *
 * Makes transfers wait, or return QIO_CHANNEL_ERR_BLOCK instead. For a descriptor this is
 * O_NONBLOCK, which everybody sees who shares it. The calls that go on until all is done wait in
 * either mode.
 *
 * Threads: any. Blocks: no.
 * Returns: 0, or -1 with @errp set. Differs: true on success, false with @errp set from the qemu-10.2.0
 * profile on.
 */
int qio_channel_set_blocking(QIOChannel *ioc,
                             bool enabled,
                             Error **errp);
#endif

#if defined(QIO_HAS_BOOL_SET_BLOCKING)
/**
 * qio_channel_set_blocking:
 * @ioc: (transfer none): the channel
 * @enabled: true if transfers shall wait until they can move at least a byte
 * @errp: (nullable): as in qapi/error.h
 *
 * As in the other profiles, but for what it returns.
 *
 * Threads: any. Blocks: no.
 * Returns: true, or false with @errp set. Differs: 0 or -1 in the other profiles.
 */
bool qio_channel_set_blocking(QIOChannel *ioc,
                              bool enabled,
                              Error **errp);
#endif

/**
 * qio_channel_close:
 * @ioc: (transfer none): the channel
 * @errp: (nullable): as in qapi/error.h
 *
 * Closes what the channel holds open. The object lives on, until its last reference goes, and
 * further transfers fail. Watches aren't removed and threads that wait aren't woken: use
 * qio_channel_shutdown() and remove the watches before. What closing twice comes to depends on the
 * kind of channel.
 *
 * Threads: any, while no other thread uses @ioc. Blocks: as long as the system does.
 * Returns: 0, or -1 with @errp set; a descriptor is gone in either case.
 */
int qio_channel_close(QIOChannel *ioc,
                      Error **errp);

/**
 * qio_channel_shutdown:
 * @ioc: (transfer none): the channel
 * @how: which directions
 * @errp: (nullable): as in qapi/error.h
 *
 * Ends one direction or both, without closing: reads return the end, writes fail, and threads
 * inside of either, or waiting, go on. Channels with QIO_CHANNEL_FEATURE_SHUTDOWN can do it.
 *
 * Threads: any, also while others transfer. Blocks: no.
 * Returns: 0, or -1 with @errp set.
 */
int qio_channel_shutdown(QIOChannel *ioc,
                         QIOChannelShutdown how,
                         Error **errp);

/**
 * qio_channel_set_delay:
 * @ioc: (transfer none): the channel
 * @enabled: true if the system may gather small writes; false sends each at once
 *
 * Controls Nagle's algorithm, where there is such a thing; otherwise does nothing.
 *
 * Threads: any. Blocks: no.
 */
void qio_channel_set_delay(QIOChannel *ioc,
                           bool enabled);

/**
 * qio_channel_set_cork:
 * @ioc: (transfer none): the channel
 * @enabled: true to hold small writes back; false sends what was held back
 *
 * Gathers writes into full packets, where there is such a thing; otherwise does nothing.
 *
 * Threads: any. Blocks: no.
 */
void qio_channel_set_cork(QIOChannel *ioc,
                          bool enabled);

/**
 * qio_channel_io_seek:
 * @ioc: (transfer none): the channel
 * @offset: where to, in bytes
 * @whence: SEEK_SET, SEEK_CUR or SEEK_END: from where to count
 * @errp: (nullable): as in qapi/error.h
 *
 * Moves the position of the next transfer. Whether the channel has QIO_CHANNEL_FEATURE_SEEKABLE
 * doesn't matter here.
 *
 * Threads: any, while no other thread transfers. Blocks: no.
 * Returns: the new position in bytes from the start, or -1 with @errp set.
 */
off_t qio_channel_io_seek(QIOChannel *ioc,
                          off_t offset,
                          int whence,
                          Error **errp);

/**
 * qio_channel_flush:
 * @ioc: (transfer none): the channel
 * @errp: (nullable): as in qapi/error.h
 *
 * Waits until the memory of all zero-copy writes is free for use again. Does nothing on a channel
 * without QIO_CHANNEL_FEATURE_WRITE_ZERO_COPY.
 *
 * Threads: the one that writes. Blocks: yes, until the system is done with the data.
 * Returns: 0; 1 if the system copied all of the data nevertheless; -1 with @errp set.
 */
int qio_channel_flush(QIOChannel *ioc,
                      Error **errp);

#if defined(QIO_HAS_PEERPID)
/**
 * qio_channel_get_peerpid:
 * @ioc: (transfer none): the channel
 * @pid: (out): the process at the other end; (unsigned)-1 if it could not be found out, untouched
 *   if the kind of channel knows no such thing
 * @errp: (nullable): as in qapi/error.h
 *
 * Tells which process is at the other end: the one that connected or listened, which may have
 * handed its end to another one since.
 *
 * Threads: any. Blocks: no.
 * Returns: 0, or -1 with @errp set.
 * Since: qemu-9.1 profile.
 */
int qio_channel_get_peerpid(QIOChannel *ioc,
                            unsigned int *pid,
                            Error **errp);
#endif

/**
 * qio_channel_wait:
 * @ioc: (transfer none): the channel; referenced meanwhile
 * @condition: what to wait for
 *
 * Blocks the calling thread until a watch for @condition would call back. On a descriptor also its
 * end counts for IN and OUT, and that it has been closed, since a transfer would not wait any more.
 * Nothing of the program runs meanwhile, except what the source of a class of the program's own
 * does; another thread may run that which waits for a channel of such a class at the same time.
 * Waiting needs no descriptor, whatever the class; on a socket or a file it needs no memory.
 *
 * Threads: any, also several on one channel. Blocks: yes. A shutdown of the channel ends it.
 */
void qio_channel_wait(QIOChannel *ioc,
                      GIOCondition condition);

/**
 * qio_channel_create_watch:
 * @ioc: (transfer none): the channel; the source holds a reference until it is finalised
 * @condition: what to wait for
 *
 * Makes a source that calls back when the channel is ready. The callback is a QIOChannelFunc, cast
 * to GSourceFunc for g_source_set_callback(). The source has the channel's name. Descriptors are
 * watched as qio_channel_create_fd_watch() says.
 *
 * Threads: any. Blocks: no.
 * Context: the callback runs wherever the caller attaches the source.
 * Returns: (transfer full): the source, not attached, at default priority.
 */
GSource *qio_channel_create_watch(QIOChannel *ioc,
                                  GIOCondition condition);

/**
 * qio_channel_add_watch:
 * @ioc: (transfer none): the channel; referenced as long as the watch lasts
 * @condition: what to wait for
 * @func: (scope notified): called when the channel is ready; returns FALSE to end the watch
 * @user_data: (closure) (nullable): data for @func
 * @notify: (destroy) (nullable): ends @user_data, when the watch ends
 *
 * Calls back whenever the channel is ready, from the global default context.
 *
 * Threads: any. Blocks: no.
 * Context: @func runs in the thread that iterates the global default context; @notify in the thread
 * that ends the watch.
 * Returns: the id of the source, for g_source_remove().
 */
guint qio_channel_add_watch(QIOChannel *ioc,
                            GIOCondition condition,
                            QIOChannelFunc func,
                            gpointer user_data,
                            GDestroyNotify notify);

/**
 * qio_channel_add_watch_full:
 * @ioc: (transfer none): the channel; referenced as long as the watch lasts
 * @condition: what to wait for
 * @func: (scope notified): called when the channel is ready; returns FALSE to end the watch
 * @user_data: (closure) (nullable): data for @func
 * @notify: (destroy) (nullable): ends @user_data, when the watch ends
 * @context: (transfer none) (nullable): where the watch runs; NULL is the global default context
 *
 * Calls back whenever the channel is ready, from @context.
 *
 * Threads: any. Blocks: no.
 * Context: @func runs in the thread that iterates @context; @notify in the thread that ends the
 * watch.
 * Returns: the id of the source in @context.
 */
guint qio_channel_add_watch_full(QIOChannel *ioc,
                                 GIOCondition condition,
                                 QIOChannelFunc func,
                                 gpointer user_data,
                                 GDestroyNotify notify,
                                 GMainContext *context);

/**
 * qio_channel_add_watch_source:
 * @ioc: (transfer none): the channel; referenced as long as the watch lasts
 * @condition: what to wait for
 * @func: (scope notified): called when the channel is ready; returns FALSE to end the watch
 * @user_data: (closure) (nullable): data for @func
 * @notify: (destroy) (nullable): ends @user_data, when the watch ends
 * @context: (transfer none) (nullable): where the watch runs; NULL is the global default context
 *
 * As qio_channel_add_watch_full(), for those who want the source and not its id.
 *
 * Threads: any. Blocks: no.
 * Context: @func runs in the thread that iterates @context; @notify in the thread that ends the
 * watch.
 * Returns: (transfer full): the source, attached to @context, which keeps it until it is destroyed.
 */
GSource *qio_channel_add_watch_source(QIOChannel *ioc,
                                      GIOCondition condition,
                                      QIOChannelFunc func,
                                      gpointer user_data,
                                      GDestroyNotify notify,
                                      GMainContext *context);

/**
 * qio_channel_yield:
 * @ioc: (transfer none): the channel
 * @condition: G_IO_IN or G_IO_OUT
 *
 * Suspends the calling coroutine until @ioc is ready, its end and errors included, or until
 * something else makes the coroutine go on: qio_channel_wake_read(), or qemu_coroutine_enter(). So
 * nothing is certain afterwards, and the caller tries again. One coroutine may wait to read and
 * another to write.
 *
 * Threads: any, in a coroutine; the class of @ioc must have the method io_set_aio_fd_handler.
 * Blocks: no.
 * Context: the coroutine goes on in its own AioContext. The descriptor is watched in that of the
 * main loop (iohandler_get_aio_context()), so that is where the coroutine should be, unless
 * qio_channel_set_follow_coroutine_ctx() was called. Differs: before qemu-8.2, the context of
 * qio_channel_attach_aio_context() if there is one. Before qemu_init_main_loop() nobody polls any of
 * these, and the coroutine does not go on.
 */
void qio_channel_yield(QIOChannel *ioc,
                       GIOCondition condition);

#if defined(QIO_HAS_WAIT_COND)
/**
 * qio_channel_wait_cond:
 * @ioc: (transfer none): the channel
 * @condition: what to wait for; in a coroutine G_IO_IN or G_IO_OUT
 *
 * In a coroutine, qio_channel_yield(); elsewhere, qio_channel_wait().
 *
 * Threads: any. Blocks: yes, outside of coroutines.
 * Since: qemu-10.2.0 profile.
 */
void qio_channel_wait_cond(QIOChannel *ioc, GIOCondition condition);
#endif

#if defined(QIO_HAS_WAKE_READ)
/**
 * qio_channel_wake_read:
 * @ioc: (transfer none): the channel
 *
 * Makes the coroutine go on that waits to read in qio_channel_yield(), as if there were something
 * to read. Does nothing if none waits, also for one that waits later.
 *
 * Threads: any. Blocks: no; but in the context of the coroutine that is entered before this
 * returns.
 * Since: qemu-8.0.1 profile.
 */
void qio_channel_wake_read(QIOChannel *ioc);
#endif

#if defined(QIO_HAS_TWO_AIO_CONTEXTS)
/**
 * qio_channel_set_follow_coroutine_ctx:
 * @ioc: (transfer none): the channel
 * @enabled: whether coroutines wait in their own AioContext; initially they don't
 *
 * Tells where a coroutine waits that uses @ioc while it isn't ready: in the coroutine's own
 * context, or else in the main loop. It counts from the next wait on, for @ioc itself and not for
 * channels that @ioc sits on.
 *
 * Threads: any, one at a time. Blocks: no.
 * Since: qemu-8.2 profile.
 */
void qio_channel_set_follow_coroutine_ctx(QIOChannel *ioc,
                                          bool enabled);
#endif

#if !defined(QIO_HAS_TWO_AIO_CONTEXTS)
/**
 * qio_channel_attach_aio_context:
 * @ioc: (transfer none): the channel, for which no coroutine waits
 * @ctx: (transfer none) (nullable): where coroutines wait from now on, as long as the channel is
 *   attached; NULL is the main loop
 *
 * Moves a channel to another AioContext.
 *
 * Threads: the one of @ctx. Blocks: no.
 * Since: only before the qemu-8.2 profile.
 */
void qio_channel_attach_aio_context(QIOChannel *ioc,
                                    AioContext *ctx);
#endif

#if !defined(QIO_HAS_TWO_AIO_CONTEXTS)
/**
 * qio_channel_detach_aio_context:
 * @ioc: (transfer none): the channel
 *
 * Takes a channel out of its AioContext, and its handlers. Coroutines that wait stay suspended:
 * the caller enters them, perhaps in another context, and they try again.
 *
 * Threads: the one of the context that the channel is attached to. Blocks: no.
 * Since: only before the qemu-8.2 profile.
 */
void qio_channel_detach_aio_context(QIOChannel *ioc);
#endif

#if defined(QIO_HAS_TWO_AIO_CONTEXTS)
/**
 * qio_channel_set_aio_fd_handler:
 * @ioc: (transfer none): the channel, which lives as long as handlers are set
 * @read_ctx: (transfer none) (nullable): where @io_read runs; NULL leaves reading alone
 * @io_read: (nullable): called when @ioc is readable; NULL removes the handler in @read_ctx
 * @write_ctx: (transfer none) (nullable): where @io_write runs; NULL leaves writing alone
 * @io_write: (nullable): called when @ioc is writable; NULL removes the handler in @write_ctx
 * @opaque: (closure) (nullable): data for both
 *
 * Calls back from event loop contexts whenever @ioc is ready, its end and errors included. What is
 * watched are its descriptors as they are now, so the handlers must go before they are closed. If
 * one descriptor serves both directions, both handlers that are in the same context must be set in
 * one call: each call replaces what that context had for the descriptor. Coroutines that wait for
 * @ioc use the same handlers.
 *
 * Threads: any; who removes handlers in the thread of their context can be sure that they don't run
 * afterwards. Blocks: no. The class of @ioc must have the method.
 * Context: the handlers run in the threads that poll their contexts.
 * Differs: before the qemu-8.2 profile there is one context, in which both are set.
 */
void qio_channel_set_aio_fd_handler(QIOChannel *ioc,
                                    AioContext *read_ctx,
                                    IOHandler *io_read,
                                    AioContext *write_ctx,
                                    IOHandler *io_write,
                                    void *opaque);
#endif

#if !defined(QIO_HAS_TWO_AIO_CONTEXTS)
/**
 * qio_channel_set_aio_fd_handler:
 * @ioc: (transfer none): the channel, which lives as long as handlers are set
 * @ctx: (transfer none): where the handlers run
 * @io_read: (nullable): called when @ioc is readable; NULL removes the handler
 * @io_write: (nullable): called when @ioc is writable; NULL removes the handler
 * @opaque: (closure) (nullable): data for both
 *
 * As in the other profiles, but for the one context.
 *
 * Threads: any; who removes handlers in the thread of @ctx can be sure that they don't run
 * afterwards. Blocks: no. The class of @ioc must have the method.
 * Context: the handlers run in the thread that polls @ctx.
 * Differs: the other profiles have a context for each direction.
 */
void qio_channel_set_aio_fd_handler(QIOChannel *ioc,
                                    AioContext *ctx,
                                    IOHandler *io_read,
                                    IOHandler *io_write,
                                    void *opaque);
#endif

#if defined(QIO_HAS_READV_FLAGS)
/**
 * qio_channel_readv_full:
 * @ioc: (transfer none): the channel
 * @iov: (array length=niov): the memory to fill; pieces may be empty, the array is not changed
 * @niov: the number of pieces, may be 0
 * @fds: (out) (optional) (transfer full) (array length=nfds): the descriptors that came, to be closed,
 *   in an array to be freed with g_free(); NULL if none came
 * @nfds: (out) (optional): their number
 * @flags: QIO_CHANNEL_READ_FLAG_* bits; unknown ones are ignored
 * @errp: (nullable): as in qapi/error.h
 *
 * Reads what there is, at least a byte if there is not the end, with the descriptors that came along.
 * They are close-on-exec and in blocking mode. If one of @fds and @nfds is given, the channel must
 * have QIO_CHANNEL_FEATURE_FD_PASS; if not both are, descriptors are discarded. On failure they
 * are untouched, or NULL and 0.
 *
 * QIO_CHANNEL_READ_FLAG_MSG_PEEK leaves what was read in the channel, if that has
 * QIO_CHANNEL_FEATURE_READ_MSG_PEEK.
 *
 * Threads: one reader at a time. Blocks: as the blocking mode says.
 * Returns: the number of bytes, 0 at the end of the data; -1 with @errp set; QIO_CHANNEL_ERR_BLOCK,
 * with errno EAGAIN and @errp untouched, if it would have to wait.
 * Differs: without @flags before the qemu-8.0.1 profile.
 */
ssize_t qio_channel_readv_full(QIOChannel *ioc,
                               const struct iovec *iov,
                               size_t niov,
                               int **fds,
                               size_t *nfds,
                               int flags,
                               Error **errp);
#endif

#if !defined(QIO_HAS_READV_FLAGS)
/**
 * qio_channel_readv_full:
 * @ioc: (transfer none): the channel
 * @iov: (array length=niov): the memory to fill; pieces may be empty, the array is not changed
 * @niov: the number of pieces, may be 0
 * @fds: (out) (optional) (transfer full) (array length=nfds): the descriptors that came, to be closed,
 *   in an array to be freed with g_free(); NULL if none came
 * @nfds: (out) (optional): their number
 * @errp: (nullable): as in qapi/error.h
 *
 * Reads what there is, at least a byte if there is not the end, with the descriptors that came along.
 * They are close-on-exec and in blocking mode. If one of @fds and @nfds is given, the channel must
 * have QIO_CHANNEL_FEATURE_FD_PASS; if not both are, descriptors are discarded. On failure they
 * are untouched, or NULL and 0.
 *
 * Threads: one reader at a time. Blocks: as the blocking mode says.
 * Returns: the number of bytes, 0 at the end of the data; -1 with @errp set; QIO_CHANNEL_ERR_BLOCK,
 * with errno EAGAIN and @errp untouched, if it would have to wait.
 * Differs: with flags before @errp in the later profiles.
 */
ssize_t qio_channel_readv_full(QIOChannel *ioc,
                               const struct iovec *iov,
                               size_t niov,
                               int **fds,
                               size_t *nfds,
                               Error **errp);
#endif

/**
 * qio_channel_writev_full:
 * @ioc: (transfer none): the channel
 * @iov: (array length=niov): the memory to write; pieces may be empty, the array is not changed
 * @niov: the number of pieces, may be 0
 * @fds: (nullable) (array length=nfds): descriptors to send, which stay the caller's
 * @nfds: their number, at most 16 on a socket
 * @flags: QIO_CHANNEL_WRITE_FLAG_* bits; unknown ones are ignored
 * @errp: (nullable): as in qapi/error.h
 *
 * Writes what fits, at least a byte, and the descriptors along with it. @fds and @nfds need
 * QIO_CHANNEL_FEATURE_FD_PASS, also an array of none.
 *
 * QIO_CHANNEL_WRITE_FLAG_ZERO_COPY needs QIO_CHANNEL_FEATURE_WRITE_ZERO_COPY and goes without
 * descriptors; the memory must then stay as it is until qio_channel_flush().
 *
 * Threads: one writer at a time. Blocks: as the blocking mode says.
 * Returns: the number of bytes; -1 with @errp set; QIO_CHANNEL_ERR_BLOCK, with errno EAGAIN and
 * @errp untouched, if it would have to wait.
 */
ssize_t qio_channel_writev_full(QIOChannel *ioc,
                                const struct iovec *iov,
                                size_t niov,
                                int *fds,
                                size_t nfds,
                                int flags,
                                Error **errp);

/**
 * qio_channel_readv:
 * @ioc: (transfer none): the channel
 * @iov: (array length=niov): the memory to fill; pieces may be empty, the array is not changed
 * @niov: the number of pieces, may be 0
 * @errp: (nullable): as in qapi/error.h
 *
 * Reads what there is, at least a byte if there is not the end.
 *
 * Threads: one reader at a time. Blocks: as the blocking mode says.
 * Returns: the number of bytes, 0 at the end of the data; -1 with @errp set; QIO_CHANNEL_ERR_BLOCK,
 * with errno EAGAIN and @errp untouched, if it would have to wait.
 */
ssize_t qio_channel_readv(QIOChannel *ioc,
                          const struct iovec *iov,
                          size_t niov,
                          Error **errp);

/**
 * qio_channel_writev:
 * @ioc: (transfer none): the channel
 * @iov: (array length=niov): the memory to write; pieces may be empty, the array is not changed
 * @niov: the number of pieces, may be 0
 * @errp: (nullable): as in qapi/error.h
 *
 * Writes what fits, at least a byte.
 *
 * Threads: one writer at a time. Blocks: as the blocking mode says.
 * Returns: the number of bytes; -1 with @errp set; QIO_CHANNEL_ERR_BLOCK, with errno EAGAIN and
 * @errp untouched, if it would have to wait.
 */
ssize_t qio_channel_writev(QIOChannel *ioc,
                           const struct iovec *iov,
                           size_t niov,
                           Error **errp);

#if defined(QIO_HAS_TLS_BYE)
/**
 * qio_channel_readv_full_all_eof:
 * @ioc: (transfer none): the channel
 * @iov: (array length=niov): the memory to fill; pieces may be empty, the array is not changed
 * @niov: the number of pieces, may be 0
 * @fds: (out) (optional) (transfer full) (array length=nfds): the descriptors that came, to be closed,
 *   in an array to be freed with g_free(); NULL if none came
 * @nfds: (out) (optional): their number
 * @flags: QIO_CHANNEL_READ_FLAG_* bits for each read; peeking makes no sense here
 * @errp: (nullable): as in qapi/error.h
 *
 * Reads until everything has come, however many reads and waits that takes. Descriptors are taken
 * from the first read that succeeds; later ones discard them. If a failure follows, they are
 * closed, and @fds and @nfds are NULL and 0. Descriptors without a byte are not the end. A request
 * of 0 bytes with @fds reads once, and finds descriptors or the end.
 *
 * Threads: one reader at a time. Blocks: yes, in either blocking mode.
 * Returns: 1 if everything came; 0 if the data ended before any byte, @errp being untouched; -1 with
 * @errp set, also if the data ended in between.
 * Differs: without @flags before the qemu-10.0 profile.
 */
int qio_channel_readv_full_all_eof(QIOChannel *ioc,
                                   const struct iovec *iov,
                                   size_t niov,
                                   int **fds,
                                   size_t *nfds,
                                   int flags,
                                   Error **errp);
#endif

#if !defined(QIO_HAS_TLS_BYE)
/**
 * qio_channel_readv_full_all_eof:
 * @ioc: (transfer none): the channel
 * @iov: (array length=niov): the memory to fill; pieces may be empty, the array is not changed
 * @niov: the number of pieces, may be 0
 * @fds: (out) (optional) (transfer full) (array length=nfds): the descriptors that came, to be closed,
 *   in an array to be freed with g_free(); NULL if none came
 * @nfds: (out) (optional): their number
 * @errp: (nullable): as in qapi/error.h
 *
 * Reads until everything has come, however many reads and waits that takes. Descriptors are taken
 * from the first read that succeeds; later ones discard them. If a failure follows, they are
 * closed, and @fds and @nfds are NULL and 0. Descriptors without a byte are not the end. A request
 * of 0 bytes with @fds reads once, and finds descriptors or the end.
 *
 * Threads: one reader at a time. Blocks: yes, in either blocking mode.
 * Returns: 1 if everything came; 0 if the data ended before any byte, @errp being untouched; -1 with
 * @errp set, also if the data ended in between.
 * Differs: with flags before @errp in the later profiles.
 */
int qio_channel_readv_full_all_eof(QIOChannel *ioc,
                                   const struct iovec *iov,
                                   size_t niov,
                                   int **fds,
                                   size_t *nfds,
                                   Error **errp);
#endif

/**
 * qio_channel_readv_full_all:
 * @ioc: (transfer none): the channel
 * @iov: (array length=niov): the memory to fill; pieces may be empty, the array is not changed
 * @niov: the number of pieces, may be 0
 * @fds: (out) (optional) (transfer full) (array length=nfds): the descriptors that came, to be closed,
 *   in an array to be freed with g_free(); NULL if none came
 * @nfds: (out) (optional): their number
 * @errp: (nullable): as in qapi/error.h
 *
 * As qio_channel_readv_full_all_eof() without flags, but any end before everything has come is a
 * failure.
 *
 * Threads: one reader at a time. Blocks: yes, in either blocking mode.
 * Returns: 0 if everything came, or -1 with @errp set.
 */
int qio_channel_readv_full_all(QIOChannel *ioc,
                               const struct iovec *iov,
                               size_t niov,
                               int **fds,
                               size_t *nfds,
                               Error **errp);

/**
 * qio_channel_writev_full_all:
 * @ioc: (transfer none): the channel
 * @iov: (array length=niov): the memory to write; pieces may be empty, the array is not changed
 * @niov: the number of pieces, may be 0
 * @fds: (nullable) (array length=nfds): descriptors to send, which stay the caller's
 * @nfds: their number, at most 16 on a socket
 * @flags: QIO_CHANNEL_WRITE_FLAG_* bits for each write
 * @errp: (nullable): as in qapi/error.h
 *
 * Writes until everything is written, however many writes and waits that takes. Descriptors go with
 * the first write that succeeds. A request of 0 bytes sends nothing, not even descriptors. After a
 * failure it is unknown how much was written.
 *
 * Threads: one writer at a time. Blocks: yes, in either blocking mode.
 * Returns: 0 if everything was written, or -1 with @errp set.
 */
int qio_channel_writev_full_all(QIOChannel *ioc,
                                const struct iovec *iov,
                                size_t niov,
                                int *fds,
                                size_t nfds,
                                int flags,
                                Error **errp);

/**
 * qio_channel_readv_all_eof:
 * @ioc: (transfer none): the channel
 * @iov: (array length=niov): the memory to fill; pieces may be empty, the array is not changed
 * @niov: the number of pieces, may be 0
 * @errp: (nullable): as in qapi/error.h
 *
 * Reads until everything has come, however many reads and waits that takes.
 *
 * Threads: one reader at a time. Blocks: yes, in either blocking mode.
 * Returns: 1 if everything came; 0 if the data ended before any byte, @errp being untouched; -1 with
 * @errp set, also if the data ended in between.
 */
int qio_channel_readv_all_eof(QIOChannel *ioc,
                              const struct iovec *iov,
                              size_t niov,
                              Error **errp);

/**
 * qio_channel_readv_all:
 * @ioc: (transfer none): the channel
 * @iov: (array length=niov): the memory to fill; pieces may be empty, the array is not changed
 * @niov: the number of pieces, may be 0
 * @errp: (nullable): as in qapi/error.h
 *
 * As qio_channel_readv_all_eof(), but any end before everything has come is a failure.
 *
 * Threads: one reader at a time. Blocks: yes, in either blocking mode.
 * Returns: 0 if everything came, or -1 with @errp set.
 */
int qio_channel_readv_all(QIOChannel *ioc,
                          const struct iovec *iov,
                          size_t niov,
                          Error **errp);

/**
 * qio_channel_writev_all:
 * @ioc: (transfer none): the channel
 * @iov: (array length=niov): the memory to write; pieces may be empty, the array is not changed
 * @niov: the number of pieces, may be 0
 * @errp: (nullable): as in qapi/error.h
 *
 * Writes until everything is written, however many writes and waits that takes.
 *
 * Threads: one writer at a time. Blocks: yes, in either blocking mode.
 * Returns: 0 if everything was written, or -1 with @errp set.
 */
int qio_channel_writev_all(QIOChannel *ioc,
                           const struct iovec *iov,
                           size_t niov,
                           Error **errp);

#if defined(QIO_HAS_POSITIONAL_IO)
/**
 * qio_channel_pwritev:
 * @ioc: (transfer none): the channel
 * @iov: (array length=niov): the memory to write; pieces may be empty, the array is not changed
 * @niov: the number of pieces, may be 0
 * @offset: where, in bytes from the start
 * @errp: (nullable): as in qapi/error.h
 *
 * Writes what fits at @offset, leaving the channel's own position alone. The channel must have
 * QIO_CHANNEL_FEATURE_SEEKABLE. A file channel goes on until everything is done, the file ends or
 * a call fails.
 *
 * Threads: any, several at once. Blocks: as the blocking mode says.
 * Returns: the number of bytes; -1 with @errp set; QIO_CHANNEL_ERR_BLOCK, with errno EAGAIN and
 * @errp untouched, if it would have to wait.
 * Since: qemu-9.0 profile.
 */
ssize_t qio_channel_pwritev(QIOChannel *ioc,
                            const struct iovec *iov,
                            size_t niov,
                            off_t offset,
                            Error **errp);
#endif

#if defined(QIO_HAS_POSITIONAL_IO)
/**
 * qio_channel_preadv:
 * @ioc: (transfer none): the channel
 * @iov: (array length=niov): the memory to fill; pieces may be empty, the array is not changed
 * @niov: the number of pieces, may be 0
 * @offset: where, in bytes from the start
 * @errp: (nullable): as in qapi/error.h
 *
 * Reads what there is at @offset, leaving the channel's own position alone. The channel must have
 * QIO_CHANNEL_FEATURE_SEEKABLE. A file channel goes on until everything is done, the file ends or
 * a call fails.
 *
 * Threads: any, several at once. Blocks: as the blocking mode says.
 * Returns: the number of bytes, 0 at the end of the data; -1 with @errp set; QIO_CHANNEL_ERR_BLOCK,
 * with errno EAGAIN and @errp untouched, if it would have to wait.
 * Since: qemu-9.0 profile.
 */
ssize_t qio_channel_preadv(QIOChannel *ioc,
                           const struct iovec *iov,
                           size_t niov,
                           off_t offset,
                           Error **errp);
#endif

/**
 * qio_channel_read:
 * @ioc: (transfer none): the channel
 * @buf: (array length=buflen): the memory to fill
 * @buflen: its size in bytes, may be 0
 * @errp: (nullable): as in qapi/error.h
 *
 * Reads what there is, at least a byte if there is not the end.
 *
 * Threads: one reader at a time. Blocks: as the blocking mode says.
 * Returns: the number of bytes, 0 at the end of the data; -1 with @errp set; QIO_CHANNEL_ERR_BLOCK,
 * with errno EAGAIN and @errp untouched, if it would have to wait.
 * Differs: @buf is void * from the qemu-10.2.0 profile on, char * before.
 */
ssize_t qio_channel_read(QIOChannel *ioc,
                         QIO_BYTE *buf,
                         size_t buflen,
                         Error **errp);

/**
 * qio_channel_write:
 * @ioc: (transfer none): the channel
 * @buf: (array length=buflen): the memory to write
 * @buflen: its size in bytes, may be 0
 * @errp: (nullable): as in qapi/error.h
 *
 * Writes what fits, at least a byte.
 *
 * Threads: one writer at a time. Blocks: as the blocking mode says.
 * Returns: the number of bytes; -1 with @errp set; QIO_CHANNEL_ERR_BLOCK, with errno EAGAIN and
 * @errp untouched, if it would have to wait.
 * Differs: @buf is void * from the qemu-10.2.0 profile on, char * before.
 */
ssize_t qio_channel_write(QIOChannel *ioc,
                          const QIO_BYTE *buf,
                          size_t buflen,
                          Error **errp);

/**
 * qio_channel_read_all_eof:
 * @ioc: (transfer none): the channel
 * @buf: (array length=buflen): the memory to fill
 * @buflen: its size in bytes, may be 0
 * @errp: (nullable): as in qapi/error.h
 *
 * Reads until @buf is full, however many reads and waits that takes.
 *
 * Threads: one reader at a time. Blocks: yes, in either blocking mode.
 * Returns: 1 if @buf is full; 0 if the data ended before any byte, @errp being untouched; -1 with
 * @errp set, also if the data ended in between.
 * Differs: @buf is void * from the qemu-10.2.0 profile on, char * before.
 */
int qio_channel_read_all_eof(QIOChannel *ioc,
                             QIO_BYTE *buf,
                             size_t buflen,
                             Error **errp);

/**
 * qio_channel_read_all:
 * @ioc: (transfer none): the channel
 * @buf: (array length=buflen): the memory to fill
 * @buflen: its size in bytes, may be 0
 * @errp: (nullable): as in qapi/error.h
 *
 * As qio_channel_read_all_eof(), but any end before @buf is full is a failure.
 *
 * Threads: one reader at a time. Blocks: yes, in either blocking mode.
 * Returns: 0 if @buf is full, or -1 with @errp set.
 * Differs: @buf is void * from the qemu-10.2.0 profile on, char * before.
 */
int qio_channel_read_all(QIOChannel *ioc,
                         QIO_BYTE *buf,
                         size_t buflen,
                         Error **errp);

/**
 * qio_channel_write_all:
 * @ioc: (transfer none): the channel
 * @buf: (array length=buflen): the memory to write
 * @buflen: its size in bytes, may be 0
 * @errp: (nullable): as in qapi/error.h
 *
 * Writes all of @buf, however many writes and waits that takes.
 *
 * Threads: one writer at a time. Blocks: yes, in either blocking mode.
 * Returns: 0 if everything was written, or -1 with @errp set.
 * Differs: @buf is void * from the qemu-10.2.0 profile on, char * before.
 */
int qio_channel_write_all(QIOChannel *ioc,
                          const QIO_BYTE *buf,
                          size_t buflen,
                          Error **errp);

#if defined(QIO_HAS_POSITIONAL_IO)
/**
 * qio_channel_pwrite:
 * @ioc: (transfer none): the channel
 * @buf: (array length=buflen): the memory to write
 * @buflen: its size in bytes, may be 0
 * @offset: where, in bytes from the start
 * @errp: (nullable): as in qapi/error.h
 *
 * Writes @buf at @offset: qio_channel_pwritev() with one piece of memory.
 *
 * Threads: any, several at once. Blocks: as the blocking mode says.
 * Returns: the number of bytes; -1 with @errp set; QIO_CHANNEL_ERR_BLOCK, with errno EAGAIN and
 * @errp untouched, if it would have to wait.
 * Since: qemu-9.0 profile.
 * Differs: @buf is void * from the qemu-10.2.0 profile on, char * before.
 */
ssize_t qio_channel_pwrite(QIOChannel *ioc,
                           QIO_BYTE *buf,
                           size_t buflen,
                           off_t offset,
                           Error **errp);
#endif

#if defined(QIO_HAS_POSITIONAL_IO)
/**
 * qio_channel_pread:
 * @ioc: (transfer none): the channel
 * @buf: (array length=buflen): the memory to fill
 * @buflen: its size in bytes, may be 0
 * @offset: where, in bytes from the start
 * @errp: (nullable): as in qapi/error.h
 *
 * Reads into @buf from @offset: qio_channel_preadv() with one piece of memory.
 *
 * Threads: any, several at once. Blocks: as the blocking mode says.
 * Returns: the number of bytes, 0 at the end of the data; -1 with @errp set; QIO_CHANNEL_ERR_BLOCK,
 * with errno EAGAIN and @errp untouched, if it would have to wait.
 * Since: qemu-9.0 profile.
 * Differs: @buf is void * from the qemu-10.2.0 profile on, char * before.
 */
ssize_t qio_channel_pread(QIOChannel *ioc,
                          QIO_BYTE *buf,
                          size_t buflen,
                          off_t offset,
                          Error **errp);
#endif

#if defined(QIO_HAS_POSITIONAL_ALL)
/**
 * qio_channel_pwritev_all:
 * @ioc: (transfer none): the channel
 * @iov: (array length=niov): the memory to write; pieces may be empty, the array is not changed
 * @niov: the number of pieces, may be 0
 * @offset: where, in bytes from the start
 * @errp: (nullable): as in qapi/error.h
 *
 * Writes everything from @offset on, leaving the channel's own position alone. The channel must have
 * QIO_CHANNEL_FEATURE_SEEKABLE, unless there is nothing to write.
 *
 * Threads: any, several at once. Blocks: yes, in either blocking mode.
 * Returns: 0 if everything was written; -1 with @errp set, also if something had been written before.
 * Since: qemu-11.1 profile, provisionally.
 */
int qio_channel_pwritev_all(QIOChannel *ioc,
                            const struct iovec *iov,
                            size_t niov,
                            off_t offset,
                            Error **errp);
#endif

#if defined(QIO_HAS_POSITIONAL_ALL)
/**
 * qio_channel_preadv_all_eof:
 * @ioc: (transfer none): the channel
 * @iov: (array length=niov): the memory to fill; pieces may be empty, the array is not changed
 * @niov: the number of pieces, may be 0
 * @offset: where, in bytes from the start
 * @errp: (nullable): as in qapi/error.h
 *
 * Reads from @offset until everything has come, leaving the channel's own position alone. The channel
 * must have QIO_CHANNEL_FEATURE_SEEKABLE, unless there is nothing to read.
 *
 * Threads: any, several at once. Blocks: yes, in either blocking mode.
 * Returns: 1 if everything came; 0 if the data ended before any byte, @errp being untouched; -1 with
 * @errp set, also if the data ended in between: what had come is in the memory.
 * Since: qemu-11.1 profile, provisionally.
 */
int qio_channel_preadv_all_eof(QIOChannel *ioc,
                               const struct iovec *iov,
                               size_t niov,
                               off_t offset,
                               Error **errp);
#endif

#if defined(QIO_HAS_POSITIONAL_ALL)
/**
 * qio_channel_preadv_all:
 * @ioc: (transfer none): the channel
 * @iov: (array length=niov): the memory to fill; pieces may be empty, the array is not changed
 * @niov: the number of pieces, may be 0
 * @offset: where, in bytes from the start
 * @errp: (nullable): as in qapi/error.h
 *
 * As qio_channel_preadv_all_eof(), but any end before everything has come is a failure.
 *
 * Threads: any, several at once. Blocks: yes, in either blocking mode.
 * Returns: 0 if everything came, or -1 with @errp set.
 * Since: qemu-11.1 profile, provisionally.
 */
int qio_channel_preadv_all(QIOChannel *ioc,
                           const struct iovec *iov,
                           size_t niov,
                           off_t offset,
                           Error **errp);
#endif

#if defined(QIO_HAS_POSITIONAL_ALL)
/**
 * qio_channel_pwrite_all:
 * @ioc: (transfer none): the channel
 * @buf: (array length=buflen): the memory to write
 * @buflen: its size in bytes, may be 0
 * @offset: where, in bytes from the start
 * @errp: (nullable): as in qapi/error.h
 *
 * Writes all of @buf from @offset on: qio_channel_pwritev_all() with one piece of memory.
 *
 * Threads: any, several at once. Blocks: yes, in either blocking mode.
 * Returns: 0 if everything was written; -1 with @errp set, also if something had been written before.
 * Since: qemu-11.1 profile, provisionally.
 */
int qio_channel_pwrite_all(QIOChannel *ioc,
                           const QIO_BYTE *buf,
                           size_t buflen,
                           off_t offset,
                           Error **errp);
#endif

#if defined(QIO_HAS_POSITIONAL_ALL)
/**
 * qio_channel_pread_all_eof:
 * @ioc: (transfer none): the channel
 * @buf: (array length=buflen): the memory to fill
 * @buflen: its size in bytes, may be 0
 * @offset: where, in bytes from the start
 * @errp: (nullable): as in qapi/error.h
 *
 * Fills @buf from @offset: qio_channel_preadv_all_eof() with one piece of memory.
 *
 * Threads: any, several at once. Blocks: yes, in either blocking mode.
 * Returns: 1 if @buf is full; 0 if the data ended before any byte, @errp being untouched; -1 with @errp
 * set, also if the data ended in between.
 * Since: qemu-11.1 profile, provisionally.
 */
int qio_channel_pread_all_eof(QIOChannel *ioc,
                              QIO_BYTE *buf,
                              size_t buflen,
                              off_t offset,
                              Error **errp);
#endif

#if defined(QIO_HAS_POSITIONAL_ALL)
/**
 * qio_channel_pread_all:
 * @ioc: (transfer none): the channel
 * @buf: (array length=buflen): the memory to fill
 * @buflen: its size in bytes, may be 0
 * @offset: where, in bytes from the start
 * @errp: (nullable): as in qapi/error.h
 *
 * As qio_channel_pread_all_eof(), but any end before everything has come is a failure.
 *
 * Threads: any, several at once. Blocks: yes, in either blocking mode.
 * Returns: 0 if everything came, or -1 with @errp set.
 * Since: qemu-11.1 profile, provisionally.
 */
int qio_channel_pread_all(QIOChannel *ioc,
                          QIO_BYTE *buf,
                          size_t buflen,
                          off_t offset,
                          Error **errp);
#endif

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* QIO_CHANNEL_H */
