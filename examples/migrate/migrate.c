/*
 * What live migration does, in miniature: a file goes from a source to a destination over several
 * streams at once.
 *
 * The destination listens with a QIONetListener. The source opens the streams with asynchronous
 * connects; each connect, and later each transfer, is a QIOTask: its blocking part runs on a worker
 * thread, its callback on the thread that runs the main loop. The program prints, as it happens,
 * which thread does what.
 *
 *     cc *.c -o migrate $(pkg-config --cflags --libs qio gnutls)
 *     ./migrate --streams 4 --size 1G --tls --websocket
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "migrate.h"

#include "crypto/tlscredsx509.h"
#include "qemu/module.h"
#include "qemu/sockets.h"
#include "qom/object_interfaces.h"

static bool show_progress;

void say(Migration *m, const char *fmt, ...)
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

static void stop_listening(Migration *m)
{
    qio_net_listener_disconnect(m->listener);
    if (m->websock_listener) {
        qio_net_listener_disconnect(m->websock_listener);
    }
}

static void quit_if_idle(Migration *m)
{
    if (m->running == 0) {
        g_main_loop_quit(m->loop);
    }
}

void fail(Migration *m, Error *err)
{
    guint i;

    if (m->err) {
        error_free(err);
        quit_if_idle(m);
        return;
    }
    m->err = err;
    stop_listening(m);
    for (i = 0; i < m->streams->len; i++) {
        Stream *stream = g_ptr_array_index(m->streams, i);

        qio_channel_shutdown(QIO_CHANNEL(stream->sioc), QIO_CHANNEL_SHUTDOWN_BOTH, NULL);
    }
    quit_if_idle(m);
}

bool task_succeeded(Migration *m, QIOTask *task)
{
    Error *err = NULL;

    m->running--;
    if (qio_task_propagate_error(task, &err)) {
        fail(m, err);
    } else if (m->err) {
        quit_if_idle(m);
    }
    return m->err == NULL;
}

static void client_arrived(QIONetListener *listener, QIOChannelSocket *sioc, gpointer opaque)
{
    Migration *m = opaque;
    Stream *stream;

    if (m->accepted == m->streams_wanted) {
        return; /* without a reference of ours the connection is closed */
    }
    object_ref(OBJECT(sioc));
    stream = stream_add(m, sioc, false, listener == m->websock_listener, -1);
    m->accepted++;
    say(m, "accepted a connection, %d of %d", m->accepted, m->streams_wanted);
    stream_accept(stream);
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
        error_setg(errp, "--size expects a number of bytes, with K, M or G, not '%s'", text);
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

/* Both ends' credentials: objects below /objects, which hold the only references. */
static bool make_credentials(Migration *m, Error **errp)
{
    g_autofree char *dir = certificates_make(errp);
    Object *creds;

    if (!dir) {
        return false;
    }
    creds = object_new_with_props(TYPE_QCRYPTO_TLS_CREDS_X509, object_get_objects_root(), "tls-source",
                                  errp, "endpoint", "client", "dir", dir, NULL);
    m->source_creds = (QCryptoTLSCreds *)creds;
    if (creds) {
        creds = object_new_with_props(TYPE_QCRYPTO_TLS_CREDS_X509, object_get_objects_root(),
                                      "tls-destination", errp, "endpoint", "server", "dir", dir, NULL);
        m->destination_creds = (QCryptoTLSCreds *)creds;
    }
    certificates_remove(dir); /* they are loaded */
    if (!creds) {
        return false;
    }
    m->allowed = qauthz_list_new("tls-allowed", QAUTHZ_LIST_POLICY_DENY, errp);
    return m->allowed && qauthz_list_append_rule(m->allowed, "CN=" SOURCE_NAME,
                                                 QAUTHZ_LIST_POLICY_ALLOW,
                                                 QAUTHZ_LIST_FORMAT_EXACT, errp) >= 0;
}

/* Takes @obj out of /objects, which ends it. */
static void drop(void *obj)
{
    if (obj) {
        object_unparent(obj);
    }
}

/* (transfer full): a listener at @where, and in @bound the address that it got; NULL + @errp. */
static QIONetListener *listen_at(Migration *m, const char *name, const char *where,
                                 SocketAddress **bound, Error **errp)
{
    g_autoptr(SocketAddress) address = socket_parse(where, errp);
    QIONetListener *listener;

    if (!address) {
        return NULL;
    }
    listener = qio_net_listener_new();
    qio_net_listener_set_name(listener, name);
    if (qio_net_listener_open_sync(listener, address, m->streams_wanted, errp) == 0) {
        /* The port may have been chosen by the system. */
#ifdef QIO_HAS_LISTENER_SOURCE
        *bound = qio_net_listener_get_local_address(listener, 0, errp);
#else
        *bound = qio_channel_socket_get_local_address(listener->sioc[0], errp);
#endif
    }
    if (!*bound) {
        object_unref(OBJECT(listener));
        return NULL;
    }
    qio_net_listener_set_client_func(listener, client_arrived, m, NULL);
    return listener;
}

static bool start(Migration *m, const char *where, bool websocket, Error **errp)
{
    g_autoptr(SocketAddress) address = NULL;
    g_autoptr(SocketAddress) websock_address = NULL;
    int i;

    m->listener = listen_at(m, "migrate-destination", where, &address, errp);
    if (m->listener && websocket) {
        m->websock_listener = listen_at(m, "migrate-websocket", "tcp:127.0.0.1:0", &websock_address,
                                        errp);
    }
    if (!m->listener || (websocket && !m->websock_listener)) {
        return false;
    }
    m->begin = g_get_monotonic_time();
    for (i = 0; i < m->streams_wanted; i++) {
        bool over_websock = websocket && i == 0;
        Stream *stream = stream_add(m, qio_channel_socket_new(), true, over_websock, i);

        stream_connect(stream, over_websock ? websock_address : address);
    }
    return true;
}

static bool report(Migration *m)
{
    double seconds = (m->end - m->begin) * 1e-6;
    bool same = g_str_equal(m->checksums[0], m->checksums[1]);

    printf("%s%jd bytes over %d stream%s in %.3f s, %.1f MB/s\n", show_progress ? "\r\033[K" : "",
           (intmax_t)m->size, m->streams_wanted, m->streams_wanted == 1 ? "" : "s", seconds, m->size / 1e6 / MAX(seconds, 1e-6));
    printf("source       SHA-256 %s\ndestination  SHA-256 %s\n%s\n", m->checksums[0],
           m->checksums[1], same ? "OK: the checksums are equal" : "FAILED: the checksums differ");
    return same;
}

int main(int argc, char **argv)
{
    Migration m = { .source_fd = -1, .destination_fd = -1, .streams_wanted = 4 };
    g_autofree char *address = NULL, *size = NULL, *file = NULL, *output = NULL;
    gboolean tls = FALSE, websocket = FALSE;
    g_autoptr(GError) gerr = NULL;
    GOptionEntry entries[] = {
        { "streams", 0, 0, G_OPTION_ARG_INT, &m.streams_wanted, "How many (default 4)", "N" },
        { "address", 0, 0, G_OPTION_ARG_STRING, &address,
          "Where the destination listens: tcp:HOST:PORT or unix:PATH (default tcp:127.0.0.1:0)",
          "ADDRESS" },
        { "tls", 0, 0, G_OPTION_ARG_NONE, &tls,
          "Encrypt all streams, with certificates made on the spot", NULL },
        { "websocket", 0, 0, G_OPTION_ARG_NONE, &websocket,
          "Send stream 0 over a WebSocket (to tcp:127.0.0.1)", NULL },
        { "size", 0, 0, G_OPTION_ARG_STRING, &size, "Send a made-up file of so many bytes "
          "(default 1G)", "N[K|M|G]" },
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
        error_setg(&m.err, "--streams expects a number from 1 to %d, not %d", MAX_STREAMS,
                   m.streams_wanted);
    } else if (file && size) {
        error_setg(&m.err, "--file and --size exclude each other");
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
    m.streams = g_ptr_array_new_with_free_func(stream_free);

    if (open_files(&m, file, size ? size : "1G", output, &m.err)
        && (!tls || make_credentials(&m, &m.err))
        && start(&m, address ? address : "tcp:127.0.0.1:0", websocket, &m.err)) {
        if (show_progress) {
            m.progress_timer = g_timeout_add(100, draw_progress, &m);
        }
        g_main_loop_run(m.loop);
        ok = !m.err && report(&m);
    }

    if (m.listener) {
        stop_listening(&m);
        object_unref(OBJECT(m.listener));
    }
    if (m.websock_listener) {
        object_unref(OBJECT(m.websock_listener));
    }
    g_ptr_array_free(m.streams, TRUE);
    drop(m.source_creds);
    drop(m.destination_creds);
    drop(m.allowed);
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
