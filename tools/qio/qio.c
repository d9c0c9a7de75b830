/*
 * qio: connects, serves and probes by hand, over the channels of libqio.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qio.h"
#include "qemu/module.h"

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *what;
} commands[] = {
    { "cat", command_cat, "connect, send standard input, print what comes back" },
    { "serve", command_serve, "listen, and run a command for each client" },
    { "probe", command_probe, "connect, and tell what answers" },
};

static void print_help(FILE *to)
{
    fputs("usage: qio COMMAND [OPTION...] ADDRESS\n\n", to);
    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++) {
        fprintf(to, "  qio %-6s %s\n", commands[i].name, commands[i].what);
    }
    fputs("\nAn ADDRESS is HOST:PORT, tcp:HOST:PORT, unix:PATH, unix:@NAME, vsock:CID:PORT or\n"
          "fd:NUMBER.\n"
          "`qio COMMAND --help` tells a command's options; the manual page has examples.\n", to);
}

void usage_error(const char *format, ...)
{
    va_list args;

    fputs("qio: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputs("; see qio --help\n", stderr);
    exit(EXIT_USAGE);
}

void parse_options(GOptionContext *context, int *argc, char ***argv)
{
    g_autoptr(GError) err = NULL;

    if (!g_option_context_parse(context, argc, argv, &err)) {
        usage_error("%s", err->message);
    }
    g_option_context_free(context);
}

SocketAddress *address_or_exit(const char *text)
{
    Error *err = NULL;
    SocketAddress *address = socket_parse(text, &err);

    if (!address) {
        usage_error("%s", error_get_pretty(err));
    }
    if (address->type == SOCKET_ADDRESS_TYPE_UNIX && address->u.q_unix.path[0] == '@') {
        UnixSocketAddress *name = &address->u.q_unix;

        memmove(name->path, name->path + 1, strlen(name->path));
        name->has_abstract = name->abstract = true;
    }
    return address;
}

const char *address_host(const SocketAddress *address)
{
    return address->type == SOCKET_ADDRESS_TYPE_INET ? address->u.inet.host : NULL;
}

char *address_text(const SocketAddress *address)
{
    switch (address->type) {
    case SOCKET_ADDRESS_TYPE_INET:
        return g_strdup_printf(strchr(address->u.inet.host, ':') ? "tcp:[%s]:%s" : "tcp:%s:%s",
                               address->u.inet.host, address->u.inet.port);
    case SOCKET_ADDRESS_TYPE_UNIX:
        if (address->u.q_unix.has_abstract && address->u.q_unix.abstract) {
            return g_strdup_printf("unix:@%s", address->u.q_unix.path);
        }
        return *address->u.q_unix.path ? g_strdup_printf("unix:%s", address->u.q_unix.path) : g_strdup("unnamed");
    case SOCKET_ADDRESS_TYPE_VSOCK:
        return g_strdup_printf("vsock:%s:%s", address->u.vsock.cid, address->u.vsock.port);
    default:
        return g_strdup_printf("fd:%s", address->u.fd.str);
    }
}

char *printable(const char *text)
{
    GString *safe = g_string_new(NULL);

    while (*text) {
        gunichar c = g_utf8_get_char_validated(text, -1);
        bool is_char = c < (gunichar)-2;

        if (is_char && !g_unichar_iscntrl(c)) {
            g_string_append_unichar(safe, c);
        } else {
            g_string_append_printf(safe, "\\x%02x", is_char ? c : (unsigned char)*text);
        }
        text = is_char ? g_utf8_next_char(text) : text + 1;
    }
    return g_string_free(safe, FALSE);
}

void complain(const char *text)
{
    g_autofree char *safe = printable(text);

    fprintf(stderr, "qio: %s\n", safe);
}

char *json_string(const char *text)
{
    GString *json = g_string_new("\"");

    for (; *text; text++) {
        unsigned char c = *text;

        if (c == '"' || c == '\\') {
            g_string_append_printf(json, "\\%c", c);
        } else if (c < 0x20) {
            g_string_append_printf(json, "\\u%04x", c);
        } else {
            g_string_append_c(json, c);
        }
    }
    g_string_append_c(json, '"');
    if (!g_utf8_validate(json->str, json->len, NULL)) {
        char *valid = g_utf8_make_valid(json->str, json->len);

        g_string_free(json, TRUE);
        return valid;
    }
    return g_string_free(json, FALSE);
}

/* So that none of them becomes a socket, which would then be written to or read from: using them fails. */
static void occupy_standard_streams(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) < 0) {
            open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
        }
    }
}

/* What was printed has to have arrived. */
static int finish(int status)
{
    if (fflush(stdout) == 0 && !ferror(stdout)) {
        return status;
    }
    complain("standard output takes no more");
    return status ? status : 1;
}

int main(int argc, char **argv)
{
    occupy_standard_streams();
    if (argc < 2) {
        print_help(stderr);
        return EXIT_USAGE;
    }
    if (g_str_equal(argv[1], "--help") || g_str_equal(argv[1], "-h")) {
        print_help(stdout);
        return finish(0);
    }
    if (g_str_equal(argv[1], "--version")) {
        puts("qio " QIO_TOOL_VERSION);
        return finish(0);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++) {
        if (g_str_equal(argv[1], commands[i].name)) {
            /* A peer that is gone is an error of a write, also on standard output. */
            signal(SIGPIPE, SIG_IGN);
            module_call_init(MODULE_INIT_QOM);
            argv[1] = g_strdup_printf("qio %s", argv[1]);
            g_set_prgname(argv[1]);
            return finish(commands[i].run(argc - 1, argv + 1));
        }
    }
    usage_error("there is no command %s", argv[1]);
}
