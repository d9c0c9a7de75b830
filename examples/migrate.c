/*
 * What live migration does, in miniature: a file goes from a source to a destination over several
 * streams at once.
 *
 * The destination listens with a QIONetListener. The source opens the streams with asynchronous
 * connects; each connect, and later each transfer, is a QIOTask: its blocking part runs on a worker
 * thread, its callback on the thread that runs the main loop. The program prints, as it happens,
 * which thread does what.
 *
 *     cc migrate.c -o migrate $(pkg-config --cflags --libs qio)
 *     ./migrate --streams 4 --size 1G
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "qemu/module.h"
#include "qemu/sockets.h"
#include "qapi/error.h"
#include "io/channel-socket.h"
#include "io/net-listener.h"
#include "io/task.h"

enum { CHUNK = 1024 * 1024, MAX_STREAMS = 64 };

/* Before each chunk on a stream, in network byte order. Length 0 ends the stream. */
typedef struct ChunkHeader {
    uint64_t offset;
    uint32_t length;
    uint32_t stream;
} ChunkHeader;

typedef struct Migration Migration;

/* One end of one stream. */
typedef struct Stream {
    Migration *migration;
    QIOChannelSocket *sioc;
    bool sends;
    int number; /* -1 until the receiving end has read the first header */
} Stream;

struct Migration {
    GMainLoop *loop;
    GThread *main_thread;
    QIONetListener *listener;
    GPtrArray *streams;

    int streams_wanted;
    int source_fd;
    int destination_fd;
    off_t size;
    gint64 begin;          /* microseconds */
    gint64 end;
    int accepted;
    int running;           /* tasks that have not completed */
    gint chunks_received;  /* atomic: workers add, the progress bar reads */
    guint progress_timer;
    char *checksums[2];
    Error *err;            /* the first failure */
};

static bool show_progress;

/* What happens, and where: all callbacks show the main loop's thread. */
static void G_GNUC_PRINTF(2, 3) say(Migration *m, const char *fmt, ...)
{
    g_autofree char *text = NULL;
    va_list args;

    va_start(args, fmt);
    text = g_strdup_vprintf(fmt, args);
    va_end(args);
    printf("%s[%s thread %d] %s\n", show_progress ? "\r\033[K" : "",
           g_thread_self() == m->main_thread ? "main loop" : "worker   ", qemu_get_thread_id(), text);
    fflush(stdout);
}

static void stream_free(gpointer opaque)
{
    Stream *stream = opaque;

    object_unref(OBJECT(stream->sioc));
    g_free(stream);
}

static Stream *stream_add(Migration *m, QIOChannelSocket *sioc, bool sends, int number)
{
    Stream *stream = g_new0(Stream, 1);

    *stream = (Stream) { m, sioc, sends, number };
    g_ptr_array_add(m->streams, stream);
    return stream;
}

/* Keeps the first failure and makes every worker return soon. */
static void fail(Migration *m, Error *err)
{
    guint i;

    if (m->err) {
        error_free(err);
        return;
    }
    m->err = err;
    qio_net_listener_disconnect(m->listener);
    for (i = 0; i < m->streams->len; i++) {
        Stream *stream = g_ptr_array_index(m->streams, i);

        qio_channel_shutdown(QIO_CHANNEL(stream->sioc), QIO_CHANNEL_SHUTDOWN_BOTH, NULL);
    }
    if (m->running == 0) {
        g_main_loop_quit(m->loop);
    }
}

static void run_task(Migration *m, QIOChannelSocket *sioc, QIOTaskFunc func, QIOTaskWorker worker,
                     gpointer opaque)
{
    QIOTask *task = qio_task_new(OBJECT(sioc), func, opaque, NULL);

    m->running++;
    qio_task_run_in_thread(task, worker, opaque, NULL, NULL);
}

/* A task has completed: takes its error, and ends the loop with the last one after a failure. */
static bool task_succeeded(Migration *m, QIOTask *task)
{
    Error *err = NULL;

    m->running--;
    if (qio_task_propagate_error(task, &err)) {
        fail(m, err);
    } else if (m->err && m->running == 0) {
        g_main_loop_quit(m->loop);
    }
    return m->err == NULL;
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
    QIOChannel *ioc = QIO_CHANNEL(stream->sioc);
    g_autofree uint8_t *buf = g_malloc(CHUNK);
    Error *err = NULL;
    off_t offset;

    say(m, "stream %d: sending", stream->number);
    for (offset = (off_t)stream->number * CHUNK; !err; offset += (off_t)m->streams_wanted * CHUNK) {
        size_t length = offset < m->size ? MIN(m->size - offset, CHUNK) : 0;
        ChunkHeader header = { GUINT64_TO_BE(offset), htonl(length), htonl(stream->number) };
        struct iovec iov[2] = { { &header, sizeof(header) }, { buf, length } };

        if (read_chunk(stream, buf, length, offset, &err)) {
            qio_channel_writev_all(ioc, iov, 2, &err);
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
    QIOChannel *ioc = QIO_CHANNEL(stream->sioc);
    g_autofree uint8_t *buf = g_malloc(CHUNK);
    Error *err = NULL;

    while (!err) {
        ChunkHeader header;
        uint64_t offset;
        uint32_t length;

        if (qio_channel_read_all(ioc, (char *)&header, sizeof(header), &err) < 0) {
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
        if (qio_channel_read_all(ioc, (char *)buf, length, &err) == 0
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

static void connected(QIOTask *task, gpointer opaque)
{
    Stream *stream = opaque;
    Migration *m = stream->migration;

    if (!task_succeeded(m, task)) {
        return;
    }
    say(m, "stream %d: connected", stream->number);
    run_task(m, stream->sioc, transfer_done, send_worker, stream);
}

static void client_arrived(QIONetListener *listener, QIOChannelSocket *sioc, gpointer opaque)
{
    Migration *m = opaque;
    Stream *stream;

    if (m->accepted == m->streams_wanted) {
        return; /* without a reference of ours the connection is closed */
    }
    object_ref(OBJECT(sioc));
    stream = stream_add(m, sioc, false, -1);
    m->accepted++;
    say(m, "accepted a connection, %d of %d", m->accepted, m->streams_wanted);
    run_task(m, sioc, transfer_done, receive_worker, stream);
}

static gboolean draw_progress(gpointer opaque)
{
    Migration *m = opaque;
    double total = MAX(1, DIV_ROUND_UP(m->size, CHUNK));
    double part = g_atomic_int_get(&m->chunks_received) / total;
    int width = 40, filled = part * width, i;
    char bar[64];

    for (i = 0; i < width; i++) {
        bar[i] = i < filled ? '#' : '.';
    }
    bar[width] = 0;
    printf("\r\033[K[%s] %3d %%", bar, (int)(part * 100));
    fflush(stdout);
    return m->end ? G_SOURCE_REMOVE : G_SOURCE_CONTINUE;
}

/* Set-up */

static int make_file(off_t size, Error **errp)
{
    g_autofree char *path = NULL;
    g_autoptr(GError) gerr = NULL;
    int fd = g_file_open_tmp("migrate-XXXXXX", &path, &gerr);
    g_autofree uint32_t *buf = g_malloc(CHUNK);
    uint32_t state = 2463534242u;
    off_t done;

    if (fd < 0) {
        error_setg(errp, "Could not make a temporary file: %s", gerr->message);
        return -1;
    }
    /* Without a name nothing is left behind, whatever happens. */
    unlink(path);
    for (done = 0; done < size; done += CHUNK) {
        size_t length = MIN(size - done, CHUNK), i;

        for (i = 0; i < CHUNK / sizeof(*buf); i++) {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            buf[i] = state;
        }
        if (qemu_write_full(fd, buf, length) != (ssize_t)length) {
            error_setg_errno(errp, errno, "Could not write a temporary file of %jd bytes in %s",
                             (intmax_t)size, g_get_tmp_dir());
            close(fd);
            return -1;
        }
    }
    return fd;
}

static bool parse_size(const char *text, off_t *size, Error **errp)
{
    char *end;
    guint64 n, unit = 1;

    errno = 0;
    n = g_ascii_strtoull(text, &end, 10);
    switch (*end) {
    case 'G': unit *= 1024; /* fall through */
    case 'M': unit *= 1024; /* fall through */
    case 'K': unit *= 1024; end++;
    }
    if (errno || end == text || *end || !g_ascii_isdigit(*text) || n > INT64_MAX / unit) {
        error_setg(errp, "Parameter 'size' expects a number of bytes, with K, M or G: '%s'", text);
        return false;
    }
    *size = n * unit;
    return true;
}

static bool open_files(Migration *m, const char *file, const char *size, const char *output,
                       Error **errp)
{
    struct stat st;

    if (file) {
        m->source_fd = qemu_open(file, O_RDONLY, errp);
    } else if (parse_size(size, &m->size, errp)) {
        m->source_fd = make_file(m->size, errp);
    }
    if (m->source_fd < 0) {
        return false;
    }
    if (fstat(m->source_fd, &st) < 0 || !S_ISREG(st.st_mode)) {
        error_setg(errp, "'%s' is not a regular file", file);
        return false;
    }
    m->size = st.st_size;
    m->destination_fd = output ? qemu_create(output, O_RDWR | O_EXCL, 0644, errp) : make_file(0, errp);
    return m->destination_fd >= 0;
}

static bool start(Migration *m, const char *address, Error **errp)
{
    g_autoptr(SocketAddress) where = socket_parse(address, errp);
    g_autoptr(SocketAddress) bound = NULL;
    int i;

    if (!where || qio_net_listener_open_sync(m->listener, where, m->streams_wanted, errp) < 0) {
        return false;
    }
    /* The port may have been chosen by the system. */
#if defined(QIO_ABI_QEMU_10_2)
    bound = qio_net_listener_get_local_address(m->listener, 0, errp);
#else
    bound = qio_channel_socket_get_local_address(m->listener->sioc[0], errp);
#endif
    if (!bound) {
        return false;
    }
    qio_net_listener_set_client_func(m->listener, client_arrived, m, NULL);
    m->begin = g_get_monotonic_time();
    for (i = 0; i < m->streams_wanted; i++) {
        Stream *stream = stream_add(m, qio_channel_socket_new(), true, i);

        m->running++;
        qio_channel_socket_connect_async(stream->sioc, bound, connected, stream, NULL, NULL);
    }
    return true;
}

static bool report(Migration *m)
{
    double seconds = (m->end - m->begin) * 1e-6;
    bool same = g_str_equal(m->checksums[0], m->checksums[1]);

    printf("%s%jd bytes over %d streams in %.3f s, %.1f MB/s\n", show_progress ? "\r\033[K" : "",
           (intmax_t)m->size, m->streams_wanted, seconds, m->size / 1e6 / MAX(seconds, 1e-6));
    printf("source       SHA-256 %s\ndestination  SHA-256 %s\n%s\n", m->checksums[0],
           m->checksums[1], same ? "OK: the checksums are equal" : "FAILED: the checksums differ");
    return same;
}

int main(int argc, char **argv)
{
    Migration m = { .source_fd = -1, .destination_fd = -1, .streams_wanted = 4 };
    g_autofree char *address = NULL, *size = NULL, *file = NULL, *output = NULL;
    g_autoptr(GError) gerr = NULL;
    GOptionEntry entries[] = {
        { "streams", 0, 0, G_OPTION_ARG_INT, &m.streams_wanted, "How many (default 4)", "N" },
        { "address", 0, 0, G_OPTION_ARG_STRING, &address,
          "Where the destination listens: tcp:HOST:PORT or unix:PATH (default tcp:127.0.0.1:0)",
          "ADDRESS" },
        { "size", 0, 0, G_OPTION_ARG_STRING, &size, "Send a made-up file of so many bytes "
          "(default 256M)", "N[K|M|G]" },
        { "file", 0, 0, G_OPTION_ARG_FILENAME, &file, "Send this file", "PATH" },
        { "output", 0, 0, G_OPTION_ARG_FILENAME, &output, "Keep what arrives in this new file",
          "PATH" },
        G_OPTION_ENTRY_NULL
    };
    g_autoptr(GOptionContext) options = g_option_context_new("- send a file over several streams");
    bool ok = false;

    g_option_context_add_main_entries(options, entries, NULL);
    if (!g_option_context_parse(options, &argc, &argv, &gerr)) {
        error_setg(&m.err, "%s", gerr->message);
    } else if (argc > 1) {
        error_setg(&m.err, "Unexpected argument '%s'", argv[1]);
    } else if (m.streams_wanted < 1 || m.streams_wanted > MAX_STREAMS) {
        error_setg(&m.err, "Parameter 'streams' expects a number from 1 to %d: %d", MAX_STREAMS,
                   m.streams_wanted);
    } else if (file && size) {
        error_setg(&m.err, "'file' and 'size' exclude each other");
    }
    if (m.err) {
        error_report_err(m.err);
        return 1;
    }

    signal(SIGPIPE, SIG_IGN);
    module_call_init(MODULE_INIT_QOM);
    show_progress = isatty(STDOUT_FILENO);
    m.main_thread = g_thread_self();
    m.loop = g_main_loop_new(NULL, FALSE);
    m.listener = qio_net_listener_new();
    m.streams = g_ptr_array_new_with_free_func(stream_free);
    qio_net_listener_set_name(m.listener, "migrate-destination");

    if (open_files(&m, file, size ? size : "256M", output, &m.err)
        && start(&m, address ? address : "tcp:127.0.0.1:0", &m.err)) {
        if (show_progress) {
            m.progress_timer = g_timeout_add(100, draw_progress, &m);
        }
        g_main_loop_run(m.loop);
        ok = !m.err && report(&m);
    }

    qio_net_listener_disconnect(m.listener);
    object_unref(OBJECT(m.listener));
    g_ptr_array_free(m.streams, TRUE);
    g_main_loop_unref(m.loop);
    if (m.source_fd >= 0) {
        close(m.source_fd);
    }
    if (m.destination_fd >= 0) {
        close(m.destination_fd);
        if (output && !ok) {
            unlink(output);
        }
    }
    g_free(m.checksums[0]);
    g_free(m.checksums[1]);
    if (m.err) {
        printf("%s", show_progress ? "\r\033[K" : "");
        fflush(stdout);
        error_report_err(m.err);
    }
    return ok ? 0 : 1;
}
