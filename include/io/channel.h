/*
 * A channel, the base of all that bytes can be read from or written to.
 *
 * Generated from src/layout/channel.rs and src/capi/channel.rs.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifndef QIO_CHANNEL_H
#define QIO_CHANNEL_H

#include "qom/object.h"
#include "qemu/coroutine.h"
#include "block/aio.h"

#define TYPE_QIO_CHANNEL "qio-channel"
OBJECT_DECLARE_TYPE(QIOChannel, QIOChannelClass, QIO_CHANNEL)

/** Result of a transfer that would have to wait (R-CHAN-3). */
#define QIO_CHANNEL_ERR_BLOCK -2

/** Send from the caller's memory, which must stay untouched until the next flush. */
#define QIO_CHANNEL_WRITE_FLAG_ZERO_COPY 1

#if (defined(QIO_ABI_QEMU_10_0) || defined(QIO_ABI_QEMU_10_0_13) || defined(QIO_ABI_QEMU_10_2))
/** Look at the data without consuming it. */
#define QIO_CHANNEL_READ_FLAG_MSG_PEEK 1
#endif

#if (defined(QIO_ABI_QEMU_10_0) || defined(QIO_ABI_QEMU_10_0_13) || defined(QIO_ABI_QEMU_10_2))
/** Let an unclean end of a TLS stream read as end of file. */
#define QIO_CHANNEL_READ_FLAG_RELAXED_EOF 2
#endif

#if defined(QIO_ABI_QEMU_10_2)
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
#if (defined(QIO_ABI_QEMU_10_0) || defined(QIO_ABI_QEMU_10_0_13) || defined(QIO_ABI_QEMU_10_2))
    /** `QIO_CHANNEL_READ_FLAG_MSG_PEEK` works. */
    QIO_CHANNEL_FEATURE_READ_MSG_PEEK = 4,
#endif
#if (defined(QIO_ABI_QEMU_10_0) || defined(QIO_ABI_QEMU_10_0_13) || defined(QIO_ABI_QEMU_10_2))
    /** Positional reads and writes work. */
    QIO_CHANNEL_FEATURE_SEEKABLE = 5,
#endif
#if defined(QIO_ABI_QEMU_10_2)
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

#if (defined(QIO_ABI_QEMU_7_2) || defined(QIO_ABI_QEMU_7_2_22))
/** A channel. The fields are the library's; programs read `name` (and `ctx` in 7.2). */
struct QIOChannel {
    /** The parent. */
    Object parent;
    /** Bits `1 << QIO_CHANNEL_FEATURE_*`; changed by atomic OR only. */
    unsigned int features;
    /** Label of watches and traces, GLib memory or NULL. */
    char *name;
    /** The context that coroutine waits use, NULL for the main loop; private but for reading. */
    AioContext *ctx;
    /** The coroutine that waits to read; private. */
    Coroutine *read_coroutine;
    /** The coroutine that waits to write; private. */
    Coroutine *write_coroutine;
};
#endif

#if (defined(QIO_ABI_QEMU_10_0) || defined(QIO_ABI_QEMU_10_0_13) || defined(QIO_ABI_QEMU_10_2))
/** A channel. The fields are the library's; programs read `name`. */
struct QIOChannel {
    /** The parent. */
    Object parent;
    /** Bits `1 << QIO_CHANNEL_FEATURE_*`; changed by atomic OR only. */
    unsigned int features;
    /** Label of watches and traces, GLib memory or NULL. */
    char *name;
    /** The context that `read_coroutine` waits in; private. */
    AioContext *read_ctx;
    /** The coroutine that waits to read; private, exchanged atomically. */
    Coroutine *read_coroutine;
    /** The context that `write_coroutine` waits in; private. */
    AioContext *write_ctx;
    /** The coroutine that waits to write; private, exchanged atomically. */
    Coroutine *write_coroutine;
    /** Coroutines wait in their own context; set by `qio_channel_set_follow_coroutine_ctx`. */
    bool follow_coroutine_ctx;
};
#endif

#if (defined(QIO_ABI_QEMU_7_2) || defined(QIO_ABI_QEMU_7_2_22))
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
    /** Receives; mandatory. As `qio_channel_readv_full`. */
    ssize_t (*io_readv)(QIOChannel *ioc,
                        const struct iovec *iov,
                        size_t niov,
                        int **fds,
                        size_t *nfds,
                        Error **errp);
    /** Closes; mandatory. */
    int (*io_close)(QIOChannel *ioc, Error **errp);
    /** Makes an unattached source (transfer full); mandatory. */
    GSource *(*io_create_watch)(QIOChannel *ioc, GIOCondition condition);
    /** Switches the blocking mode; mandatory. Returns 0 or -1. */
    int (*io_set_blocking)(QIOChannel *ioc, bool enabled, Error **errp);
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
    /** Sets both handlers in `ctx`; nullable. */
    void (*io_set_aio_fd_handler)(QIOChannel *ioc,
                                  AioContext *ctx,
                                  IOHandler *io_read,
                                  IOHandler *io_write,
                                  void *opaque);
    /** Waits for zero-copy sends; nullable. */
    int (*io_flush)(QIOChannel *ioc, Error **errp);
};
#endif

#if (defined(QIO_ABI_QEMU_10_0) || defined(QIO_ABI_QEMU_10_0_13) || defined(QIO_ABI_QEMU_10_2))
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
    /** Receives; mandatory. As `qio_channel_readv_full`. */
    ssize_t (*io_readv)(QIOChannel *ioc,
                        const struct iovec *iov,
                        size_t niov,
                        int **fds,
                        size_t *nfds,
                        int flags,
                        Error **errp);
    /** Closes; mandatory. */
    int (*io_close)(QIOChannel *ioc, Error **errp);
    /** Makes an unattached source (transfer full); mandatory. */
    GSource *(*io_create_watch)(QIOChannel *ioc, GIOCondition condition);
    /** Switches the blocking mode; mandatory. Returns 0 or -1. */
    int (*io_set_blocking)(QIOChannel *ioc, bool enabled, Error **errp);
    /** Writes at `offset` bytes; nullable. */
    ssize_t (*io_pwritev)(QIOChannel *ioc,
                          const struct iovec *iov,
                          size_t niov,
                          off_t offset,
                          Error **errp);
    /** Reads at `offset` bytes; nullable. */
    ssize_t (*io_preadv)(QIOChannel *ioc,
                         const struct iovec *iov,
                         size_t niov,
                         off_t offset,
                         Error **errp);
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
    /** Sets handlers; a NULL context leaves that direction alone; nullable. */
    void (*io_set_aio_fd_handler)(QIOChannel *ioc,
                                  AioContext *read_ctx,
                                  IOHandler *io_read,
                                  AioContext *write_ctx,
                                  IOHandler *io_write,
                                  void *opaque);
    /** Waits for zero-copy sends; nullable. */
    int (*io_flush)(QIOChannel *ioc, Error **errp);
    /** Tells the process at the other end; nullable. */
    int (*io_peerpid)(QIOChannel *ioc, unsigned int *pid, Error **errp);
};
#endif

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
 * Names the channel, for whoever debugs. Watches that are made afterwards have the same name.
 *
 * Threads: any, one at a time. Blocks: no.
 */
void qio_channel_set_name(QIOChannel *ioc,
                          const char *name);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* QIO_CHANNEL_H */
