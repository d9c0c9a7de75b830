/*
 * qio cat: standard input to a server, and what comes back to standard output.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qio.h"
#include "io/channel-file.h"
#include <glib-unix.h>

typedef struct Cat {
    GMainLoop *loop;
    Relay *relay;
    gboolean json, progress;
    int quit;
    int64_t begin;
    uint64_t sent, received;
    int stdout_flags;
    guint ticks;
    int status;
} Cat;

static char *amount(uint64_t bytes)
{
    return g_format_size_full(bytes, G_FORMAT_SIZE_IEC_UNITS);
}

static gboolean tick(gpointer opaque)
{
    Cat *cat = opaque;
    const Relayed *relayed = relay_progress(cat->relay);
    double seconds = (g_get_monotonic_time() - cat->begin) / 1e6;
    g_autofree char *sent = amount(relayed->sent), *received = amount(relayed->received);
    g_autofree char *rate = amount((relayed->sent + relayed->received) / MAX(seconds, 1e-3));

    fprintf(stderr, "\r%s sent, %s received, %s/s \033[K", sent, received, rate);
    return G_SOURCE_CONTINUE;
}

/* Of what others use, too, nothing is left changed. */
static void restore_stdout(const Cat *cat)
{
    if (cat->stdout_flags >= 0) {
        fcntl(STDOUT_FILENO, F_SETFL, cat->stdout_flags);
    }
}

static void over(Relayed *relayed, gpointer opaque)
{
    Cat *cat = opaque;

    if (cat->ticks) {
        tick(cat);
        g_source_remove(cat->ticks);
        fputs("\n", stderr);
    }
    restore_stdout(cat);
    if (relayed->err) {
        complain(error_get_pretty(relayed->err));
        cat->status = 1;
    }
    if (cat->json) {
        fprintf(stderr, "{\"sent\": %" PRIu64 ", \"received\": %" PRIu64 ", \"seconds\": %.3f}\n", relayed->sent,
                relayed->received, (g_get_monotonic_time() - cat->begin) / 1e6);
    }
    cat->relay = NULL;
    g_main_loop_quit(cat->loop);
}

static QIOChannel *standard(int fd)
{
    return QIO_CHANNEL(qio_channel_file_new_fd(fd));
}

static gboolean stopped(gpointer opaque)
{
    Cat *cat = opaque;

    cat->status = 1;
    if (cat->relay) {
        relay_stop(cat->relay);
    } else {
        g_main_loop_quit(cat->loop);
    }
    return G_SOURCE_REMOVE;
}

static void connected(QIOChannel *ioc, Error *err, gpointer opaque)
{
    Cat *cat = opaque;
    QIOChannel *in, *out;
    struct stat what;

    if (!ioc) {
        complain(error_get_pretty(err));
        error_free(err);
        cat->status = 1;
        g_main_loop_quit(cat->loop);
        return;
    }
    /* One that reads slowly must not stop what goes the other way. */
    if (fstat(STDOUT_FILENO, &what) == 0 && (S_ISFIFO(what.st_mode) || S_ISSOCK(what.st_mode))) {
        cat->stdout_flags = fcntl(STDOUT_FILENO, F_GETFL);
        fcntl(STDOUT_FILENO, F_SETFL, cat->stdout_flags | O_NONBLOCK);
    }
    in = standard(STDIN_FILENO);
    out = standard(STDOUT_FILENO);
    cat->begin = g_get_monotonic_time();
    cat->relay = relay_start(in, out, ioc, false, cat->quit, over, cat);
    if (cat->progress || (isatty(STDERR_FILENO) && !isatty(STDIN_FILENO) && !isatty(STDOUT_FILENO))) {
        cat->ticks = g_timeout_add(500, tick, cat);
    }
    object_unref(OBJECT(in));
    object_unref(OBJECT(out));
    object_unref(OBJECT(ioc));
}

int command_cat(int argc, char **argv)
{
    Layers layers = { 0 };
    Cat cat = { .quit = -1, .stdout_flags = -1 };
    const GOptionEntry entries[] = {
        { "quit", 'q', 0, G_OPTION_ARG_INT, &cat.quit,
          "After the end of input: end so long after it. A WebSocket can't tell that its input has ended: there it is 1 "
          "unless given; else the server's end is waited for", "SECONDS" },
        { "progress", 'p', 0, G_OPTION_ARG_NONE, &cat.progress, "Tell how far it is, also where nobody looks", NULL },
        { "json", 0, 0, G_OPTION_ARG_NONE, &cat.json, "At the end, how much went through, on standard error", NULL },
        { NULL },
    };
    GOptionContext *context = g_option_context_new("ADDRESS");
    SocketAddress *address;

    g_option_context_set_summary(context, "Connects, sends standard input, and prints what comes back.");
    layers_add_options(&layers, context, true);
    g_option_context_add_main_entries(context, entries, NULL);
    parse_options(context, &argc, &argv);
    if (argc != 2) {
        usage_error("cat wants one address");
    }
    layers_check(&layers, true);
    if (cat.quit < -1) {
        usage_error("--quit %d is negative", cat.quit);
    }
    if (cat.quit < 0 && layers.websocket) {
        cat.quit = 1;
    }
    address = address_or_exit(argv[1]);
    cat.loop = g_main_loop_new(NULL, FALSE);
    g_unix_signal_add(SIGINT, stopped, &cat);
    g_unix_signal_add(SIGTERM, stopped, &cat);
    layers_connect(&layers, address, connected, &cat);
    g_main_loop_run(cat.loop);
    qapi_free_SocketAddress(address);
    return cat.status;
}
