/*
 * qio probe: what answers at an address, layer by layer.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "probe.h"

/* A line for people, or a member for programs. */
static void G_GNUC_PRINTF(2, 3) print_text(const char *name, const char *format, ...)
{
    g_autofree char *text = NULL, *safe = NULL;
    va_list args;

    va_start(args, format);
    text = g_strdup_vprintf(format, args);
    va_end(args);
    safe = printable(text);
    printf("%-13s %s\n", name, safe);
}

static void print_end(const char *name, const End *end)
{
    if (end->error) {
        print_text(name, "failed: %s", end->error);
    }
}

/* A certificate for servers may have no subject, its names being elsewhere. */
static const char *name_or_none(const char *name)
{
    return name ? name : "no name";
}

static void print_people(const Probe *probe)
{
    print_text("address", "%s", probe->address);
    if (probe->connect.error) {
        print_end("connect", &probe->connect);
        return;
    }
    print_text("connect", "yes, after %.1f ms, from %s to %s", probe->connect.milliseconds, probe->local, probe->remote);
    if (probe->has_credentials) {
        print_text("peer", "process %d, user %u, group %u", (int)probe->credentials.pid,
                   (unsigned)probe->credentials.uid, (unsigned)probe->credentials.gid);
    }
    if (probe->tls.is_tried) {
        print_end("tls", &probe->tls);
        if (!probe->tls.error) {
            print_text("tls", "%s, %s, after %.1f ms", probe->version, probe->cipher, probe->tls.milliseconds);
        }
        for (guint i = 0; i < probe->certificates->len; i++) {
            const Certificate *certificate = g_ptr_array_index(probe->certificates, i);

            print_text(i ? "" : "certificate", "%s", name_or_none(certificate->subject));
            print_text("", "for %s, issued by %s", certificate->names, name_or_none(certificate->issuer));
            print_text("", "from %s until %s", certificate->from, certificate->until);
        }
        if (probe->judgement) {
            print_text("accepted", "%s", probe->is_accepted ? "yes" : probe->judgement);
        }
        if (probe->wants_ours) {
            print_text("asks", "for a certificate of the client: %s%s%s", probe->has_ours ? "sent" : "none sent",
                       probe->refusal ? ", refused: " : probe->tls.error ? "" : ", not refused", probe->refusal ? probe->refusal : "");
        }
    }
    if (probe->websocket.is_tried) {
        print_end("websocket", &probe->websocket);
        if (!probe->websocket.error) {
            print_text("websocket", "yes, protocol %s, after %.1f ms", probe->protocol ? probe->protocol : "none",
                       probe->websocket.milliseconds);
        }
    }
}

static void json_member(const char *name, const char *text)
{
    g_autofree char *json = text ? json_string(text) : g_strdup("null");

    printf("\"%s\": %s", name, json);
}

static void json_end(const char *name, const End *end)
{
    printf(", \"%s\": {\"ok\": %s, ", name, end->error ? "false" : "true");
    json_member("error", end->error);
    printf(", \"milliseconds\": %.1f", end->milliseconds);
}

static void print_json(const Probe *probe)
{
    fputs("{", stdout);
    json_member("address", probe->address);
    json_end("connect", &probe->connect);
    fputs(", ", stdout);
    json_member("local", probe->local);
    fputs(", ", stdout);
    json_member("remote", probe->remote);
    fputs("}", stdout);
    if (probe->has_credentials) {
        printf(", \"peer\": {\"pid\": %d, \"uid\": %u, \"gid\": %u}", (int)probe->credentials.pid,
               (unsigned)probe->credentials.uid, (unsigned)probe->credentials.gid);
    }
    if (probe->tls.is_tried) {
        json_end("tls", &probe->tls);
        fputs(", ", stdout);
        json_member("version", probe->version);
        fputs(", ", stdout);
        json_member("cipher", probe->cipher);
        printf(", \"accepted\": %s, ", probe->is_accepted ? "true" : "false");
        json_member("reason", probe->is_accepted ? NULL : probe->judgement);
        printf(", \"client_certificate\": {\"asked\": %s, \"sent\": %s, ", probe->wants_ours ? "true" : "false",
               probe->has_ours ? "true" : "false");
        json_member("refused", probe->refusal);
        fputs("}", stdout);
        fputs(", \"certificates\": [", stdout);
        for (guint i = 0; i < probe->certificates->len; i++) {
            const Certificate *certificate = g_ptr_array_index(probe->certificates, i);

            fputs(i ? ", {" : "{", stdout);
            json_member("subject", certificate->subject);
            fputs(", ", stdout);
            json_member("issuer", certificate->issuer);
            fputs(", ", stdout);
            json_member("names", certificate->names);
            fputs(", ", stdout);
            json_member("from", certificate->from);
            fputs(", ", stdout);
            json_member("until", certificate->until);
            fputs("}", stdout);
        }
        fputs("]}", stdout);
    }
    if (probe->websocket.is_tried) {
        json_end("websocket", &probe->websocket);
        fputs(", ", stdout);
        json_member("protocol", probe->protocol);
        fputs("}", stdout);
    }
    puts("}");
}

void probe_succeeded(End *end, int64_t begin)
{
    end->is_tried = true;
    end->milliseconds = (g_get_monotonic_time() - begin) / 1e3;
}

void probe_failed(End *end, int64_t begin, Error *err)
{
    probe_succeeded(end, begin);
    end->error = g_strdup(error_get_pretty(err));
    error_free(err);
}

/* A socket's name as text, or NULL; g_free() it. */
static char *name_of(SocketAddress *address)
{
    char *text = address ? address_text(address) : NULL;

    qapi_free_SocketAddress(address);
    return text;
}

/* Connects for one more look; NULL and the reason in @end. */
static QIOChannelSocket *open_socket(Probe *probe, End *end)
{
    QIOChannelSocket *sioc = qio_channel_socket_new();
    int64_t begin = g_get_monotonic_time();
    Error *err = NULL;

    if (qio_channel_socket_connect_sync(sioc, probe->where, &err) < 0) {
        probe_failed(end, begin, err);
        object_unref(OBJECT(sioc));
        return NULL;
    }
    probe_succeeded(end, begin);
    return sioc;
}

typedef struct Websocket {
    Probe *probe;
    GMainLoop *loop;
    int64_t begin;
} Websocket;

static void websocket_ready(QIOChannel *ioc, Error *err, gpointer opaque)
{
    Websocket *websocket = opaque;
    Probe *probe = websocket->probe;

    if (ioc) {
        probe_succeeded(&probe->websocket, websocket->begin);
        probe->protocol = g_strdup(qio_channel_websock_get_protocol(QIO_CHANNEL_WEBSOCK(ioc)));
        qio_channel_close(ioc, NULL);
        object_unref(OBJECT(ioc));
    } else {
        probe_failed(&probe->websocket, websocket->begin, err);
    }
    g_main_loop_quit(websocket->loop);
}

/* What a command shows, in whichever form. */
static void print_probe(const Probe *probe, bool as_json)
{
    (as_json ? print_json : print_people)(probe);
}

/*
 * A worker thread fills a Probe of its own, which is shown layer by layer to the main loop, where the time may run out.
 * What is shown doesn't change any more.
 */
typedef struct Search {
    Probe probe;
    GMutex lock;
    Probe shown; /* under the lock */
    gboolean json;
} Search;

static void search_show(Search *search)
{
    g_mutex_lock(&search->lock);
    search->shown = search->probe;
    g_mutex_unlock(&search->lock);
}

/* Over a connection of its own, whose certificate has been judged already. */
static void probe_websocket(Probe *probe)
{
    Layers layers = probe->layers;
    Websocket websocket = {
        .probe = probe, .loop = g_main_loop_new(NULL, FALSE), .begin = g_get_monotonic_time(),
    };

    layers.insecure = TRUE;
    layers_connect(&layers, probe->where, websocket_ready, &websocket);
    g_main_loop_run(websocket.loop);
    g_main_loop_unref(websocket.loop);
}

/* The layer that hasn't answered. */
static End *missing_layer(Probe *probe)
{
    if (!probe->connect.is_tried) {
        return &probe->connect;
    }
    return probe->layers.tls && !probe->tls.is_tried ? &probe->tls : &probe->websocket;
}

static gboolean ran_out(gpointer opaque)
{
    Search *search = opaque;
    Probe found;
    End *missing;

    g_mutex_lock(&search->lock);
    found = search->shown;
    g_mutex_unlock(&search->lock);
    missing = missing_layer(&found);
    if (missing == &found.tls) {
        /* The worker may be filling it. */
        found.certificates = g_ptr_array_new();
    }
    missing->is_tried = true;
    missing->milliseconds = found.layers.timeout * 1e3;
    missing->error = g_strdup_printf("There was no answer within %d seconds", found.layers.timeout);
    print_probe(&found, search->json);
    fflush(stdout);
    fprintf(stderr, "qio: %s has not answered within %d seconds\n", found.address, found.layers.timeout);
    _exit(1);
}

/* On a worker thread: connecting and the TLS session wait for the peer. */
static void look(QIOTask *task, gpointer opaque)
{
    Search *search = opaque;
    Probe *probe = &search->probe;
    QIOChannelSocket *sioc = open_socket(probe, &probe->connect);

    if (!sioc) {
        return;
    }
    probe->local = name_of(qio_channel_socket_get_local_address(sioc, NULL));
    probe->remote = name_of(qio_channel_socket_get_remote_address(sioc, NULL));
    if (probe->where->type == SOCKET_ADDRESS_TYPE_UNIX) {
        socklen_t size = sizeof(probe->credentials);

        probe->has_credentials = !getsockopt(sioc->fd, SOL_SOCKET, SO_PEERCRED, &probe->credentials, &size);
    }
    search_show(search);
#ifdef QIO_TOOL_HAS_TLS
    if (probe->layers.tls) {
        probe_tls(probe, sioc);
        search_show(search);
    }
#endif
    qio_channel_close(QIO_CHANNEL(sioc), NULL);
    object_unref(OBJECT(sioc));
}

static void looked(QIOTask *task, gpointer opaque)
{
    g_main_loop_quit(opaque);
}

static bool has_failed(const Probe *probe)
{
    return probe->connect.error || probe->tls.error || probe->refusal || probe->websocket.error;
}

int command_probe(int argc, char **argv)
{
    Search search = { .probe.certificates = g_ptr_array_new() };
    Probe *probe = &search.probe;
    const GOptionEntry entries[] = {
        { "json", 0, 0, G_OPTION_ARG_NONE, &search.json, "One JSON object on standard output", NULL },
        { NULL },
    };
    GOptionContext *context = g_option_context_new("ADDRESS");
    QIOTask *task;
    QIOChannel *source;
    GMainLoop *loop;

    g_option_context_set_summary(context, "Connects, and tells what answers: names, UNIX credentials, TLS version and "
                                          "certificates, and why they are or aren't accepted, a WebSocket handshake.");
    layers_add_options(&probe->layers, context, true);
    g_option_context_add_main_entries(context, entries, NULL);
    parse_options(context, &argc, &argv);
    if (argc != 2) {
        usage_error("probe wants one address");
    }
    layers_check(&probe->layers, true);
    probe->where = address_or_exit(argv[1]);
    probe->address = address_text(probe->where);
    search_show(&search);
    if (probe->layers.timeout > 0) {
        probe->deadline = g_get_monotonic_time() + probe->layers.timeout * G_USEC_PER_SEC;
        g_timeout_add_seconds(probe->layers.timeout, ran_out, &search);
    }
    loop = g_main_loop_new(NULL, FALSE);
    source = QIO_CHANNEL(qio_channel_socket_new());
    task = qio_task_new(OBJECT(source), looked, loop, NULL);
    qio_task_run_in_thread(task, look, &search, NULL, NULL);
    g_main_loop_run(loop);
    object_unref(OBJECT(source));
    if (probe->layers.websocket && !has_failed(probe)) {
        probe_websocket(probe);
    }
    print_probe(probe, search.json);
    if (has_failed(probe)) {
        return 1;
    }
    return probe->tls.is_tried && !probe->is_accepted && !probe->layers.insecure ? EXIT_REFUSED : 0;
}
