/*
 * Sending, on a worker thread, and receiving, on one or in a coroutine.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "migrate.h"

/* Before each chunk on a stream, in network byte order. Length 0 ends the stream. */
typedef struct ChunkHeader {
    uint64_t offset;
    uint32_t length;
    uint32_t stream;
} ChunkHeader;

/* The source */

static bool read_chunk(Stream *stream, uint8_t *buf, size_t length, off_t offset, Error **errp)
{
    while (length > 0) {
        ssize_t n = pread(stream->migration->source_fd, buf, length, offset);

        if (n <= 0) {
            error_setg_errno(errp, n < 0 ? errno : 0, "Could not read the file at offset %jd%s",
                             (intmax_t)offset, n == 0 ? ": it became shorter" : "");
            return false;
        }
        buf += n;
        offset += n;
        length -= n;
    }
    return true;
}

static void send_worker(QIOTask *task, gpointer opaque)
{
    Stream *stream = opaque;
    Migration *m = stream->migration;
    g_autofree uint8_t *buf = g_malloc(CHUNK);
    Error *err = NULL;
    off_t offset;

    say(m, stream->end, "%s: sending", stream->name);
    for (offset = (off_t)stream->number * CHUNK; !err; offset += (off_t)m->streams_wanted * CHUNK) {
        size_t length = offset < m->size ? MIN(m->size - offset, CHUNK) : 0;
        ChunkHeader header = { GUINT64_TO_BE(offset), htonl(length), htonl(stream->number) };
        struct iovec iov[2] = { { &header, sizeof(header) }, { buf, length } };

        if (read_chunk(stream, buf, length, offset, &err)) {
            qio_channel_writev_all(stream->ioc, iov, 2, &err);
        }
        if (length == 0) {
            break;
        }
    }
    qio_task_set_error(task, err);
}

static bool write_chunk(Stream *stream, const uint8_t *buf, size_t length, off_t offset, Error **errp)
{
    while (length > 0) {
        ssize_t n = pwrite(stream->migration->destination_fd, buf, length, offset);

        if (n < 0) {
            error_setg_errno(errp, errno, "Could not write at offset %jd", (intmax_t)offset);
            return false;
        }
        buf += n;
        offset += n;
        length -= n;
    }
    return true;
}

/* In a coroutine others run while there is nothing; a thread sleeps. */
static bool read_fully(Stream *stream, void *buf, size_t size, Error **errp)
{
    char *at = buf;

    while (size > 0) {
        ssize_t n = qio_channel_read(stream->ioc, at, size, errp);

        if (n == QIO_CHANNEL_ERR_BLOCK) {
            stream->yields++;
            stream->waits++;
            qio_channel_yield(stream->ioc, G_IO_IN);
            continue;
        }
        if (n <= 0) {
            if (n == 0) {
                error_setg(errp, "%s: the source has left", stream->name);
            }
            return false;
        }
        at += n;
        size -= n;
    }
    return true;
}

static bool receive(Stream *stream, Error **errp)
{
    Migration *m = stream->migration;
    g_autofree uint8_t *buf = g_malloc(CHUNK);

    for (;;) {
        ChunkHeader header;
        uint64_t offset;
        uint32_t length;

        if (!read_fully(stream, &header, sizeof(header), errp)) {
            return false;
        }
        offset = GUINT64_FROM_BE(header.offset);
        length = ntohl(header.length);
        if (stream->number < 0) {
            g_autofree char *connection = g_strdup(stream->name);

            stream->number = ntohl(header.stream);
            snprintf(stream->name, sizeof(stream->name), "stream %d", stream->number);
            say(m, stream->end, "%s: receiving, from %s", stream->name, connection);
        }
        if (length == 0) {
            return true;
        }
        if (length > CHUNK || offset > (uint64_t)m->size || length > m->size - offset) {
            error_setg(errp, "%s: a chunk of %u bytes at %" PRIu64 " is not part of the file",
                       stream->name, length, offset);
            return false;
        }
        if (!read_fully(stream, buf, length, errp) || !write_chunk(stream, buf, length, offset, errp)) {
            return false;
        }
        g_atomic_int_inc(&m->chunks_received);
        if (qemu_in_coroutine()) {
            /* A source that is quick enough would never make it yield. */
            stream->yields++;
            coroutine_let_others_run();
        }
    }
}

/* The end, on the main loop */

static void transfer_ended(Stream *stream, Error *err)
{
    Migration *m = stream->migration;

    if (!succeeded(m, err)) {
        return;
    }
    if (stream->sends) {
        say(m, stream->end, "%s: sent", stream->name);
    } else if (m->in_coroutines) {
        say(m, stream->end, "%s: received; yielded %d times, %d of them to wait for bytes", stream->name,
            stream->yields, stream->waits);
    } else {
        say(m, stream->end, "%s: received", stream->name);
    }
    if (m->running == 0 && m->accepted == m->streams_wanted) {
        m->end = g_get_monotonic_time();
        files_sum(m);
    }
}

static void transfer_done(QIOTask *task, gpointer opaque)
{
    Error *err = NULL;

    qio_task_propagate_error(task, &err);
    transfer_ended(opaque, err);
}

static void receive_worker(QIOTask *task, gpointer opaque)
{
    Error *err = NULL;

    receive(opaque, &err);
    qio_task_set_error(task, err);
}

static void coroutine_fn receive_coroutine(void *opaque)
{
    Error *err = NULL;

    receive(opaque, &err);
    transfer_ended(opaque, err);
}

/* The beginning */

static void start_sending(Stream *stream)
{
    Migration *m = stream->migration;

    work_start(work_new(m, stream->end, transfer_done, stream, "send %s", stream->name), stream->ioc,
               send_worker, m->in_main_loop);
}

/*
 * A source that blocks the main loop keeps it from whatever the destination has to do there before it
 * receives: so all of the destination goes first.
 */
static void send_in_main_loop(Migration *m)
{
    guint i;

    if (m->receiving < m->streams_wanted) {
        return;
    }
    for (i = 0; i < m->streams->len; i++) {
        Stream *stream = g_ptr_array_index(m->streams, i);

        if (stream->sends && stream->ready) {
            stream->ready = false;
            start_sending(stream);
        }
    }
}

void transfer_start(Stream *stream)
{
    Migration *m = stream->migration;

    stream->ready = true;
    if (!stream->sends) {
        m->receiving++;
        if (m->in_coroutines) {
            coroutine_start(stream, receive_coroutine);
        } else {
            work_start(work_new(m, stream->end, transfer_done, stream, "receive from %s", stream->name),
                       stream->ioc, receive_worker, false);
        }
    } else if (!m->in_main_loop) {
        start_sending(stream);
    }
    if (m->in_main_loop) {
        send_in_main_loop(m);
    }
}
