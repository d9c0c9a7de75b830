/*
 * Addresses as text (socket_parse, inet_parse, socket_uri) and as the kernel has them (socket_sockaddr_to_address),
 * against a reader of docs/spec/host-layer.md: R-SOCK-18, R-SOCK-22 to R-SOCK-25.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "input.h"
#include "qemu/sockets.h"
#include "qapi/clone-visitor.h"
#include "qapi/qapi-visit-sockets.h"

#include <arpa/inet.h>
#include <linux/vm_sockets.h>
#include <sys/un.h>

#ifdef QIO_HAS_ADDRESS_OPTION_PAIRS
#error "the model has the older syntax"
#endif

static const char *const parts[] = {
    "tcp:", "unix:", "fd:", "vsock:", "udp:", "[::1]", "[", "]", ":", ",", "80", "65535", "65536", "0x10", "http", "to=",
    "ipv4", "ipv6", "keep-alive", "mptcp", "=on", "=off", "numeric", "=", "host", "fe80::1%eth0", "-1", " ", "\t", "00",
    "/run/x", "localhost:", "[h]:1", ",to=90", ",ipv4=off", "0", "+", ",,", "a", "9", "1234567890123456789012345678901234",
    "\xff",
};

/* What a text says of an internet address. */
typedef struct Inet {
    char *host, *port;
    int to, flags[4];
} Inet;

static const char *const flags[] = { "ipv4", "ipv6", "keep-alive", "mptcp" };

static bool port_is_good(const char *port)
{
    size_t digits = strspn(port, "0123456789");

    if (!*port || *port == '+' || *port == '-' || strpbrk(port, " \t\n\v\f\r")) {
        return false;
    }
    if (!port[digits]) {
        port += strspn(port, "0");
        return strlen(port) <= 5 && atoi(port) <= 65535;
    }
    return !(port[0] == '0' && (port[1] == 'x' || port[1] == 'X') &&
             port[2 + strspn(port + 2, "0123456789abcdefABCDEF")] == 0);
}

static bool read_address(Inet *inet, const char *text, size_t size)
{
    const char *end = text + size, *host = text, *host_end, *port;

    if (size && *text == '[') {
        host++;
        host_end = memchr(host, ']', end - host);
        if (!host_end || host_end == host || host_end + 1 == end || host_end[1] != ':') {
            return false;
        }
        port = host_end + 2;
    } else {
        host_end = memchr(text, ':', size);
        if (!host_end) {
            return false;
        }
        port = host_end + 1;
    }
    if (memchr(port, ':', end - port) || host_end - host > 64 || end - port > 32) {
        return false;
    }
    inet->host = g_strndup(host, host_end - host);
    inet->port = g_strndup(port, end - port);
    return port_is_good(inet->port);
}

/* A flag: 1 for on, 0 for off, -1 if it isn't there, -2 if it is wrong. */
static int read_flag(char **words, const char *name)
{
    for (; *words; words++) {
        const char *rest = *words + strlen(name);

        if (!g_str_has_prefix(*words, name)) {
            continue;
        }
        /* Two commas behind it. */
        if (words[1] && !*words[1] && words[2]) {
            return -2;
        }
        return !*rest || strcmp(rest, "=on") == 0 ? 1 : strcmp(rest, "=off") == 0 ? 0 : -2;
    }
    return -1;
}

static bool read_inet(Inet *inet, const char *text)
{
    size_t size = strcspn(text, ",");
    g_auto(GStrv) words = g_strsplit(text[size] ? text + size + 1 : "", ",", -1);
    bool is_good;

    *inet = (Inet) { .to = -1 };
    is_good = read_address(inet, text, size);
    for (size_t i = 0; i < G_N_ELEMENTS(flags); i++) {
        inet->flags[i] = read_flag(words, flags[i]);
        is_good &= inet->flags[i] != -2;
    }
    for (char **word = words; *word; word++) {
        if (g_str_has_prefix(*word, "to=")) {
            const char *number = *word + 3;

            if (!*number || number[strspn(number, "0123456789")] || !port_is_good(number)) {
                return false;
            }
            inet->to = atoi(number + strspn(number, "0") - (number[strspn(number, "0")] ? 0 : 1));
            break;
        }
    }
    return is_good;
}

static void inet_clear(Inet *inet)
{
    g_free(inet->host);
    g_free(inet->port);
}

static void compare_inet(const InetSocketAddress *found, const Inet *wanted, const char *text)
{
    const bool has[] = { found->has_ipv4, found->has_ipv6, found->has_keep_alive, found->has_mptcp };
    const bool is[] = { found->ipv4, found->ipv6, found->keep_alive, found->mptcp };

    require(g_strcmp0(found->host, wanted->host) == 0, "'%s' has the host '%s'", text, found->host);
    require(g_strcmp0(found->port, wanted->port) == 0, "'%s' has the port '%s'", text, found->port);
    require(!found->has_numeric, "'%s' says something of numbers", text);
    require(found->has_to == (wanted->to >= 0) && (wanted->to < 0 || found->to == wanted->to), "'%s' ends at %u", text,
            found->to);
    for (size_t i = 0; i < G_N_ELEMENTS(flags); i++) {
        require(has[i] == (wanted->flags[i] >= 0) && is[i] == (wanted->flags[i] == 1), "'%s' has %s: %d, %d", text,
                flags[i], has[i], is[i]);
    }
}

/* A word with a letter that isn't hexadecimal is no beginning of an address, but another kind. */
static bool names_another_kind(const char *text)
{
    size_t word = 0;
    bool is_word = false;

    for (; g_ascii_isalnum(text[word]); word++) {
        is_word |= !g_ascii_isxdigit(text[word]);
    }
    return is_word && text[word] == ':' && text[word + 1] == '[';
}

/* The text of @addr is @wanted; where the model can read it, so can the library. */
static void check_uri(SocketAddress *addr, const char *wanted, bool is_read_back)
{
    g_autofree char *text = socket_uri(addr), *again = NULL;
    g_autoptr(SocketAddress) found = NULL;
    Error *err = NULL;

    require(strcmp(text, wanted) == 0, "the text is '%s' instead of '%s'", text, wanted);
    found = socket_parse(text, &err);
    require_error_if(!found, err);
    if (is_read_back) {
        require(found && found->type == addr->type, "'%s' isn't read back", text);
        again = socket_uri(found);
        require(strcmp(text, again) == 0, "'%s' is read back as '%s'", text, again);
        if (addr->type == SOCKET_ADDRESS_TYPE_INET) {
            require(g_strcmp0(found->u.inet.host, addr->u.inet.host) == 0 &&
                    g_strcmp0(found->u.inet.port, addr->u.inet.port) == 0, "'%s' is read back as another one", text);
        }
    }
}

static char *inet_text(const char *host, const char *port)
{
    return g_strdup_printf(strchr(host, ':') || *host == '[' ? "tcp:[%s]:%s" : "tcp:%s:%s", host, port);
}

static char *some_text(Input *input)
{
    GString *text = g_string_new(NULL);

    for (int i = take_number(input, 0, 9); i; i--) {
        uint8_t what = take_byte(input);

        if (what < 230) {
            g_string_append(text, parts[what % G_N_ELEMENTS(parts)]);
        } else {
            g_autofree char *some = take_text(input, 70, NULL);

            g_string_append(text, some);
        }
    }
    return g_string_free(text, FALSE);
}

static void parse_inet(Input *input)
{
    g_autofree char *text = some_text(input);
    InetSocketAddress found;
    Error *err = NULL;
    Inet wanted;
    bool is_good = read_inet(&wanted, text);
    int ret;

    memset(&found, 0xaa, sizeof(found));
    ret = inet_parse(&found, text, &err);
    require(ret == (is_good ? 0 : -1), "'%s' is %s", text, is_good ? "refused" : "read");
    require_error_if(ret < 0, err);
    if (is_good) {
        compare_inet(&found, &wanted, text);
    }
    g_free(found.host);
    g_free(found.port);
    inet_clear(&wanted);
}

static void parse_any(Input *input)
{
    g_autofree char *text = some_text(input), *uri = NULL;
    Error *err = NULL;
    g_autoptr(SocketAddress) found = socket_parse(text, &err);
    g_auto(GStrv) numbers = NULL;
    bool is_good;

    require_error_if(!found, err);
    if (g_str_has_prefix(text, "unix:") || g_str_has_prefix(text, "fd:")) {
        const char *rest = strchr(text, ':') + 1;

        is_good = *rest;
        if (found) {
            bool is_unix = *text == 'u';

            require(found->type == (is_unix ? SOCKET_ADDRESS_TYPE_UNIX : SOCKET_ADDRESS_TYPE_FD) &&
                    strcmp(is_unix ? found->u.q_unix.path : found->u.fd.str, rest) == 0, "'%s' is something else", text);
            uri = g_strdup(text);
        }
    } else if (g_str_has_prefix(text, "vsock:")) {
        numbers = g_strsplit(text, ":", -1);
        is_good = g_strv_length(numbers) == 3 && *numbers[1] && *numbers[2] && strlen(numbers[1]) <= 32 &&
                  strlen(numbers[2]) <= 32;
        if (found && is_good) {
            require(found->type == SOCKET_ADDRESS_TYPE_VSOCK && strcmp(found->u.vsock.cid, numbers[1]) == 0 &&
                    strcmp(found->u.vsock.port, numbers[2]) == 0, "'%s' is something else", text);
            uri = g_strdup(text);
        }
    } else {
        bool has_kind = g_str_has_prefix(text, "tcp:");
        Inet wanted;

        is_good = read_inet(&wanted, text + (has_kind ? 4 : 0)) && (has_kind || !names_another_kind(text));
        if (found && is_good) {
            require(found->type == SOCKET_ADDRESS_TYPE_INET, "'%s' is something else", text);
            compare_inet(&found->u.inet, &wanted, text);
            uri = inet_text(wanted.host, wanted.port);
        }
        inet_clear(&wanted);
    }
    require((found != NULL) == is_good, "'%s' is %s", text, is_good ? "refused" : "read");
    if (found) {
        g_autoptr(SocketAddress) copy = QAPI_CLONE(SocketAddress, found);

        check_uri(copy, uri, true);
    }
}

/* An address that a program makes. */
static void print(Input *input)
{
    SocketAddress addr = { .type = take_number(input, 0, SOCKET_ADDRESS_TYPE__MAX - 1) };
    g_autofree char *first = some_text(input), *second = some_text(input), *wanted = NULL;

    switch (addr.type) {
    case SOCKET_ADDRESS_TYPE_INET:
        addr.u.inet.host = first;
        addr.u.inet.port = second;
        wanted = inet_text(first, second);
        check_uri(&addr, wanted, !strpbrk(first, "[],") && strlen(first) <= 64 && strlen(second) <= 32 &&
                  !strpbrk(second, ":,") && port_is_good(second));
        break;
    case SOCKET_ADDRESS_TYPE_UNIX:
        addr.u.q_unix.path = first;
        wanted = g_strconcat("unix:", first, NULL);
        check_uri(&addr, wanted, *first);
        break;
    case SOCKET_ADDRESS_TYPE_FD:
        addr.u.fd.str = first;
        wanted = g_strconcat("fd:", first, NULL);
        check_uri(&addr, wanted, *first);
        break;
    default:
        addr.u.vsock.cid = first;
        addr.u.vsock.port = second;
        wanted = g_strconcat("vsock:", first, ":", second, NULL);
        check_uri(&addr, wanted, *first && *second && strlen(first) <= 32 && strlen(second) <= 32 &&
                  !strchr(first, ':') && !strchr(second, ':'));
    }
}

static void check_unix_name(const SocketAddress *found, const struct sockaddr_un *un, socklen_t length)
{
    size_t there = length - offsetof(struct sockaddr_un, sun_path);
    bool is_abstract = there && un->sun_path[0] == 0;
    g_autofree char *path = g_strndup(un->sun_path + is_abstract, there - is_abstract);

    require(found->type == SOCKET_ADDRESS_TYPE_UNIX && strcmp(found->u.q_unix.path, path) == 0, "the path is '%s'",
            found->u.q_unix.path);
    require(found->u.q_unix.has_abstract == is_abstract && found->u.q_unix.abstract == is_abstract &&
            found->u.q_unix.has_tight == is_abstract, "the path '%s' is %sabstract", path, is_abstract ? "not " : "");
    require(!is_abstract || found->u.q_unix.tight == (length < sizeof(*un)), "tight is %d", found->u.q_unix.tight);
}

/* An address of the kernel's. */
static void from_kernel(Input *input)
{
    static const int families[] = { AF_INET, AF_INET6, AF_UNIX, AF_UNIX, AF_VSOCK, AF_PACKET, AF_UNSPEC };
    struct sockaddr_storage storage;
    struct sockaddr_in *in = (struct sockaddr_in *)&storage;
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&storage;
    struct sockaddr_vm *vm = (struct sockaddr_vm *)&storage;
    g_autoptr(SocketAddress) found = NULL;
    g_autofree char *uri = NULL;
    socklen_t length = sizeof(storage);
    char text[INET6_ADDRSTRLEN];
    Error *err = NULL;

    take_bytes(input, &storage, sizeof(storage));
    storage.ss_family = take_of(input, families);
    switch (storage.ss_family) {
    case AF_INET:
        length = sizeof(*in);
        break;
    case AF_INET6:
        length = sizeof(*in6);
        break;
    case AF_UNIX:
        length = take_number(input, offsetof(struct sockaddr_un, sun_path), sizeof(struct sockaddr_un));
    }
    found = socket_sockaddr_to_address(&storage, length, &err);
    require_error_if(!found, err);
    require(found || storage.ss_family == AF_PACKET || storage.ss_family == AF_UNSPEC || storage.ss_family == AF_INET6,
            "family %d is refused", storage.ss_family);
    if (!found) {
        return;
    }
    switch (storage.ss_family) {
    case AF_INET:
    case AF_INET6: {
        bool is_four = storage.ss_family == AF_INET;

        inet_ntop(storage.ss_family, is_four ? (void *)&in->sin_addr : (void *)&in6->sin6_addr, text, sizeof(text));
        require(found->type == SOCKET_ADDRESS_TYPE_INET && g_str_has_prefix(found->u.inet.host, text) &&
                (!found->u.inet.host[strlen(text)] || (!is_four && found->u.inet.host[strlen(text)] == '%')),
                "'%s' is '%s'", text, found->u.inet.host);
        require(atoi(found->u.inet.port) == ntohs(is_four ? in->sin_port : in6->sin6_port), "the port is %s",
                found->u.inet.port);
        require(found->u.inet.has_ipv4 == is_four && found->u.inet.ipv4 == is_four &&
                found->u.inet.has_ipv6 == !is_four && found->u.inet.ipv6 == !is_four, "the family of '%s'", text);
        /* A host as text is one that is read. */
        uri = inet_text(found->u.inet.host, found->u.inet.port);
        check_uri(found, uri, true);
        break;
    }
    case AF_UNIX:
        check_unix_name(found, (struct sockaddr_un *)&storage, length);
        break;
    case AF_VSOCK:
        require(found->type == SOCKET_ADDRESS_TYPE_VSOCK && strtoul(found->u.vsock.cid, NULL, 10) == vm->svm_cid &&
                strtoul(found->u.vsock.port, NULL, 10) == vm->svm_port, "a vsock address of %s, %s", found->u.vsock.cid,
                found->u.vsock.port);
        break;
    default:
        mismatch("family %d has an address", storage.ss_family);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Input input = input_of(data, size);

    switch (take_byte(&input) % 8) {
    case 0 ... 1:
        parse_inet(&input);
        break;
    case 2 ... 4:
        parse_any(&input);
        break;
    case 5 ... 6:
        print(&input);
        break;
    default:
        from_kernel(&input);
    }
    return 0;
}
