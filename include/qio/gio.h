/*
 * GIO over channels and channels over GIO: tasks and GTasks, GIOStreams, asynchronous results.
 *
 * In the library libqio-gio, module qio-gio of pkg-config, so that libqio itself needs no libgio.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef QIO_GIO_H
#define QIO_GIO_H

#ifndef QEMU_OSDEP_H
#error "include qemu/osdep.h before any other header"
#include "qemu/osdep.h" /* so that the compiler says only this */
#endif

#include <gio/gio.h>

#include "io/channel.h"
#include "io/task.h"

G_BEGIN_DECLS

/**
 * QIOGioStream:
 *
 * A GIOStream whose bytes travel over a channel. Its two streams are pollable (GPollableInputStream,
 * GPollableOutputStream).
 */
#define QIO_TYPE_GIO_STREAM (qio_gio_stream_get_type())
G_DECLARE_FINAL_TYPE(QIOGioStream, qio_gio_stream, QIO, GIO_STREAM, GIOStream)

/**
 * qio_gio_stream_new:
 * @ioc: (transfer none): a connected channel, for TLS and WebSocket with the handshake behind it; the stream holds a
 *     reference, and makes it non-blocking
 * @errp: (nullable): as in qapi/error.h
 *
 * Makes a GIOStream of a channel, for whatever takes one: a connection of D-Bus, of a SoupServer, a base of GIO's TLS.
 *
 * A blocking call of the streams waits for the channel, and returns G_IO_ERROR_CANCELLED as soon as its cancellable is
 * cancelled. An asynchronous one waits in the context that is the thread's default where it is called. The channel must not
 * be made blocking again.
 *
 * Closing the output stream alone tells the peer that no more comes: a TLS channel says so with close_notify (in profiles
 * that have qio_channel_tls_bye()), as soon as the peer has read enough for it, a WebSocket first sends the last bytes that
 * it has taken, then writing is shut down if the channel has QIO_CHANNEL_FEATURE_SHUTDOWN. Closing the input stream alone does nothing to the channel. Closing the stream says
 * close_notify as well if that goes out at once, closes the channel, and ends whatever waits with G_IO_ERROR_CLOSED. As
 * any GIOStream, it is closed when the last reference is gone.
 *
 * Errors are of the domain G_IO_ERROR, with the channel's text: G_IO_ERROR_WOULD_BLOCK, _CANCELLED, _CLOSED, and
 * otherwise the code of the call's errno where the channel left one, G_IO_ERROR_FAILED where not.
 *
 * Threads: any; the stream then has one reader and one writer at a time, as the channel has. Blocks: no.
 * Returns: (transfer full): the stream, to g_object_unref(); NULL with @errp set if the channel can't be made non-blocking
 */
GIOStream *qio_gio_stream_new(QIOChannel *ioc, Error **errp);

/**
 * qio_gio_stream_get_channel:
 * @stream: (transfer none): the stream
 *
 * Threads: any. Blocks: no.
 * Returns: (transfer none): its channel, which stays until @stream is finalized
 */
QIOChannel *qio_gio_stream_get_channel(QIOGioStream *stream);

#define TYPE_QIO_CHANNEL_GIO "qio-channel-gio"
OBJECT_DECLARE_SIMPLE_TYPE(QIOChannelGio, QIO_CHANNEL_GIO)

/**
 * qio_channel_gio_new:
 * @stream: (transfer none): an open stream; the channel holds a reference
 *
 * Makes a channel of a GIOStream: of GIO's sockets, TLS connections, subprocesses or converters. It is blocking at first,
 * as channels are.
 *
 * Non-blocking it can be if both of the stream's ends are pollable; otherwise qio_channel_set_blocking() fails and
 * says so. Watches follow the pollable ends. One for an end that isn't pollable is always ready, as one of a regular
 * file is, and the transfer then blocks.
 *
 * Descriptors don't pass, there are no flags, and nothing is seekable. qio_channel_shutdown() shuts down the socket of a
 * GSocketConnection. Of other streams it cancels the transfers and closes the output; one that writes in another thread
 * does so when it leaves the stream, so that an error of the close is lost. qio_channel_close() closes the stream.
 *
 * The channel has no handlers of an AioContext, so that no coroutine waits for it by qio_channel_yield().
 *
 * Threads: any; later one reader and one writer at a time. Blocks: no.
 * Returns: (transfer full): the channel; object_unref() it
 */
QIOChannelGio *qio_channel_gio_new(GIOStream *stream);

/**
 * qio_channel_gio_get_stream:
 * @ioc: (transfer none): the channel
 *
 * Threads: any. Blocks: no.
 * Returns: (transfer none): its stream, which stays until @ioc is finalized
 */
GIOStream *qio_channel_gio_get_stream(QIOChannelGio *ioc);

/**
 * qio_task_new_for_gtask:
 * @source: (transfer none) (nullable): the object the task is about; the task holds a reference
 * @gtask: (transfer full): the GTask to return when the task completes
 * @result_destroy: (nullable): frees a result that nobody propagates from @gtask
 *
 * Makes a task whose completion returns @gtask: a function in GIO's way, with a callback and a finish function, has its
 * work done by a QIOTask. Run in the context of the other it needs no hop: qio_task_run_in_thread(task, worker, opaque,
 * destroy, g_task_get_context(gtask)). With qio_task_run_in_thread_full() the GTask's cancellable reaches the worker.
 *
 * It has qio_task_return_to_gtask() for a callback and qio_task_release_gtask() to free that one's data. The worker's
 * result goes to @gtask, whatever destroy function it was set with.
 *
 * Threads: any. Blocks: no.
 * Returns: (transfer full): the task, never NULL, as from qio_task_new()
 */
QIOTask *qio_task_new_for_gtask(Object *source, GTask *gtask, GDestroyNotify result_destroy);

/**
 * qio_task_return_to_gtask:
 * @task: (transfer none): a task that completes
 * @gtask: (transfer none): the GTask to return
 *
 * A QIOTaskFunc for functions that make their task themselves: qio_channel_socket_connect_async(ioc, address,
 * qio_task_return_to_gtask, gtask, qio_task_release_gtask, context).
 *
 * The task's error becomes that of @gtask, of the domain G_IO_ERROR: with the code G_IO_ERROR_CANCELLED or
 * G_IO_ERROR_TIMED_OUT if that is its outcome (qio_task_get_outcome() of qio/ext.h), else G_IO_ERROR_FAILED. A result is what
 * g_task_propagate_pointer() gives, and no longer the task's. Without either g_task_propagate_boolean() gives TRUE. The
 * callback of @gtask is called in its own context, by the rules of g_task_return_pointer().
 *
 * Threads: the task's. Blocks: no.
 */
void qio_task_return_to_gtask(QIOTask *task, gpointer gtask);

/**
 * qio_task_release_gtask:
 * @gtask: (transfer full): a GTask that qio_task_return_to_gtask() was to return
 *
 * The GDestroyNotify beside it. If the task went without completing, as when a TLS channel is closed in its handshake, the
 * GTask returns G_IO_ERROR_CANCELLED, so that whoever waits for it is called.
 *
 * Threads: any. Blocks: no.
 */
void qio_task_release_gtask(gpointer gtask);

/**
 * QIOTaskResult:
 *
 * What a task came to, as a GAsyncResult. It outlives the task.
 */
#define QIO_TYPE_TASK_RESULT (qio_task_result_get_type())
G_DECLARE_FINAL_TYPE(QIOTaskResult, qio_task_result, QIO, TASK_RESULT, GObject)

/**
 * qio_task_to_async_result:
 * @task: (transfer none): a task that completes, in its callback
 * @source_object: (transfer none) (nullable): what g_async_result_get_source_object() gives
 * @user_data: (nullable): what g_async_result_get_user_data() gives
 * @result_destroy: (nullable): frees the task's result if nobody propagates it
 *
 * Moves error and result of a task to an object that a GAsyncReadyCallback takes.
 *
 * Threads: the task's. Blocks: no.
 * Returns: (transfer full): the result of the operation; g_object_unref() it
 */
GAsyncResult *qio_task_to_async_result(QIOTask *task, GObject *source_object, gpointer user_data,
                                       GDestroyNotify result_destroy);

/**
 * qio_task_result_propagate:
 * @result: (transfer none): what qio_task_to_async_result() has made
 * @pointer: (out) (optional) (nullable): where the task's result goes, which is the caller's then; NULL leaves it
 * @error: (nullable): where the error goes, as qio_task_return_to_gtask() makes it
 *
 * What a finish function does. It takes what there is: a second call has no result, and an error that was left out is
 * gone.
 *
 * Threads: any, one at a time. Blocks: no.
 * Returns: whether the task succeeded
 */
gboolean qio_task_result_propagate(QIOTaskResult *result, gpointer *pointer, GError **error);

/**
 * qio_task_complete_from_async:
 * @source_object: (transfer none) (nullable): what the operation was started on
 * @result: (transfer none): what it came to
 * @task: (transfer full): the task to complete
 *
 * A GAsyncReadyCallback that completes a QIOTask: g_socket_client_connect_async(client, address, cancellable,
 * qio_task_complete_from_async, task). The task's result is @result, a GAsyncResult that the task's callback passes to the
 * operation's finish function, and qio_task_get_result_pointer() gives. The task is freed.
 *
 * Threads: that of the operation's callback, where the task's callback runs. Blocks: no.
 */
void qio_task_complete_from_async(GObject *source_object, GAsyncResult *result, gpointer task);

G_END_DECLS

#endif /* QIO_GIO_H */
