/*
 * The blocking parts of a migration, which run on worker threads, and their callbacks, which run on
 * the main loop's.
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

static void run_task(Migration *m, QIOChannel *ioc, QIOTaskFunc func, QIOTaskWorker worker,
                     gpointer opaque)
{
    QIOTask *task = qio_task_new(OBJECT(ioc), func, opaque, NULL);

    m->running++;
    qio_task_run_in_thread(task, worker, opaque, NULL, NULL);
}

/* Checksums */

typedef struct Summing {
    Migration *migration;
    int fd;
    char **checksum;
} Summing;

static void checksum_worker(QIOTask *task, gpointer opaque)
{
    Summing *summing = opaque;
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
    g_autofree uint8_t *buf = g_malloc(CHUNK);
    off_t offset = 0;
    ssize_t n;

    while ((n = pread(summing->fd, buf, CHUNK, offset)) > 0) {
        g_checksum_update(sum, buf, n);
        offset += n;
    }
    if (n < 0) {
        Error *err = NULL;

        error_setg_errno(&err, errno, "Could not read back at offset %jd", (intmax_t)offset);
        qio_task_set_error(task, err);
        return;
    }
    *summing->checksum = g_strdup(g_checksum_get_string(sum));
    say(summing->migration, "checksum of the %s done",
        summing->fd == summing->migration->source_fd ? "source" : "destination");
}

static void checksum_done(QIOTask *task, gpointer opaque)
{
    Summing *summing = opaque;
    Migration *m = summing->migration;

    g_free(summing);
    if (task_succeeded(m, task) && m->running == 0) {
        g_main_loop_quit(m->loop);
    }
}

static void start_checksums(Migration *m)
{
    int fds[2] = { m->source_fd, m->destination_fd }, i;

    for (i = 0; i < 2; i++) {
        Summing *summing = g_new0(Summing, 1);

        *summing = (Summing) { m, fds[i], &m->checksums[i] };
        run_task(m, NULL, checksum_done, checksum_worker, summing);
    }
}

/* Transfers: the blocking parts, on worker threads */

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

    say(m, "stream %d: sending", stream->number);
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

static void receive_worker(QIOTask *task, gpointer opaque)
{
    Stream *stream = opaque;
    Migration *m = stream->migration;
    g_autofree uint8_t *buf = g_malloc(CHUNK);
    Error *err = NULL;

    while (!err) {
        ChunkHeader header;
        uint64_t offset;
        uint32_t length;

        if (qio_channel_read_all(stream->ioc, (char *)&header, sizeof(header), &err) < 0) {
            break;
        }
        offset = GUINT64_FROM_BE(header.offset);
        length = ntohl(header.length);
        if (stream->number < 0) {
            stream->number = ntohl(header.stream);
            say(m, "stream %d: receiving", stream->number);
        }
        if (length == 0) {
            break;
        }
        if (length > CHUNK || offset > (uint64_t)m->size || length > m->size - offset) {
            error_setg(&err, "Stream %d: chunk of %u bytes at %" PRIu64 " is not part of the file",
                       stream->number, length, offset);
            break;
        }
        if (qio_channel_read_all(stream->ioc, (char *)buf, length, &err) == 0
            && write_chunk(stream, buf, length, offset, &err)) {
            g_atomic_int_inc(&m->chunks_received);
        }
    }
    qio_task_set_error(task, err);
}

/* Transfers: the callbacks, on the main loop's thread */

static void transfer_done(QIOTask *task, gpointer opaque)
{
    Stream *stream = opaque;
    Migration *m = stream->migration;

    if (!task_succeeded(m, task)) {
        return;
    }
    say(m, "stream %d: %s", stream->number, stream->sends ? "sent" : "received");
    if (m->running == 0 && m->accepted == m->streams_wanted) {
        m->end = g_get_monotonic_time();
        start_checksums(m);
    }
}

void transfer_start(Stream *stream)
{
    run_task(stream->migration, stream->ioc, transfer_done,
             stream->sends ? send_worker : receive_worker, stream);
}
