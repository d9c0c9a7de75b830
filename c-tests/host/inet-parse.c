/*
 * Internet addresses as text (R-SOCK-23 to R-SOCK-26).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "sockets.h"

/*
 * Reads HOST:PORT, :PORT or [HOST]:PORT. The port ends before one of the characters in @ends; what
 * follows is left in @rest. A length of 0 is no limit.
 */
static bool host_and_port_parse(InetSocketAddress *addr, const char *text, const char *ends,
                                size_t host_max, size_t port_max, const char **rest)
{
    bool has_brackets = *text == '[';
    const char *host = has_brackets ? text + 1 : text;
    size_t host_len = strcspn(host, has_brackets ? "]" : ":");
    const char *colon = host + host_len;
    size_t port_len;

    if (has_brackets) {
        if (*colon != ']' || host_len == 0) {
            return false;
        }
        colon++;
    }
    if (*colon != ':' || (host_max != 0 && host_len > host_max)) {
        return false;
    }
    port_len = strcspn(colon + 1, ends);
    if (port_len == 0 || (port_max != 0 && port_len > port_max)) {
        return false;
    }
    addr->host = g_strndup(host, host_len);
    addr->port = g_strndup(colon + 1, port_len);
    *rest = colon + 1 + port_len;
    return true;
}

#ifndef QIO_HAS_ADDRESS_OPTION_PAIRS

#define HOST_MAX 64
#define PORT_MAX 32

static bool option_ends(const char *text)
{
    return *text == '\0' || *text == ',';
}

/* Reads a flag if it is among the @options. */
static bool flag_parse(const char *options, const char *flag, bool *has, bool *value,
                       Error **errp)
{
    g_autofree char *key = g_strdup_printf(",%s", flag);
    const char *end = strstr(options, key);

    if (end == NULL) {
        return true;
    }
    end += strlen(key);
    *has = *value = true;
    if (g_str_has_prefix(end, "=on")) {
        end += strlen("=on");
    } else if (g_str_has_prefix(end, "=off")) {
        end += strlen("=off");
        *value = false;
    }
    if (!option_ends(end) || g_str_has_prefix(end, ",,")) {
        *has = *value = false;
        error_setg(errp, "error parsing '%s' flag '%s'", flag, end);
        return false;
    }
    return true;
}

static bool to_parse(InetSocketAddress *addr, const char *options, Error **errp)
{
    const char *to = strstr(options, ",to=");
    char *end;
    long number;

    if (to == NULL) {
        return true;
    }
    to += strlen(",to=");
    errno = 0;
    number = strtol(to, &end, 10);
    if (end == to || errno != 0 || number < INT_MIN || number > INT_MAX || !option_ends(end)) {
        error_setg(errp, "error parsing to= argument");
        return false;
    }
    addr->has_to = true;
    addr->to = number;
    return true;
}

int inet_parse(InetSocketAddress *addr, const char *str, Error **errp)
{
    const char *options;

    memset(addr, 0, sizeof(*addr));
    if (!host_and_port_parse(addr, str, ",", HOST_MAX, PORT_MAX, &options)) {
        error_setg(errp, "error parsing address '%s'", str);
        return -1;
    }
    if (!to_parse(addr, options, errp) ||
        !flag_parse(options, "ipv4", &addr->has_ipv4, &addr->ipv4, errp) ||
        !flag_parse(options, "ipv6", &addr->has_ipv6, &addr->ipv6, errp) ||
        !flag_parse(options, "keep-alive", &addr->has_keep_alive, &addr->keep_alive, errp) ||
        !flag_parse(options, "mptcp", &addr->has_mptcp, &addr->mptcp, errp)) {
        return -1;
    }
    return 0;
}

#else

/* Takes the text up to a single comma, in which two commas stand for one. */
static char *element_take(const char **text)
{
    GString *element = g_string_new(NULL);
    const char *p = *text;

    for (; *p != '\0'; p++) {
        if (*p == ',') {
            p++;
            if (*p != ',') {
                break;
            }
        }
        g_string_append_c(element, *p);
    }
    *text = p;
    return g_string_free(element, FALSE);
}

static bool number_parse(const char *key, const char *value, uint64_t *number, Error **errp)
{
    char *end;

    errno = 0;
    *number = value != NULL ? g_ascii_strtoull(value, &end, 0) : 0;
    if (value == NULL || end == value || *end != '\0' || errno != 0) {
        error_setg(errp, "Parameter '%s' expects a number", key);
        return false;
    }
    return true;
}

/* @value is NULL if the option came without one. */
static bool option_apply(InetSocketAddress *addr, const char *key, const char *value,
                         Error **errp)
{
    struct {
        const char *key;
        bool *has;
        bool *value;
    } flags[] = {
        { "numeric", &addr->has_numeric, &addr->numeric },
        { "ipv4", &addr->has_ipv4, &addr->ipv4 },
        { "ipv6", &addr->has_ipv6, &addr->ipv6 },
        { "keep-alive", &addr->has_keep_alive, &addr->keep_alive },
        { "mptcp", &addr->has_mptcp, &addr->mptcp },
    };
    struct {
        const char *key;
        bool *has;
        uint32_t *value;
    } numbers[] = {
        { "keep-alive-count", &addr->has_keep_alive_count, &addr->keep_alive_count },
        { "keep-alive-idle", &addr->has_keep_alive_idle, &addr->keep_alive_idle },
        { "keep-alive-interval", &addr->has_keep_alive_interval, &addr->keep_alive_interval },
    };
    uint64_t number;

    for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
        bool is_negated = value == NULL && g_str_has_prefix(key, "no") &&
                          strcmp(key + 2, flags[i].key) == 0;

        if (is_negated || strcmp(key, flags[i].key) == 0) {
            *flags[i].has = true;
            *flags[i].value = !is_negated;
            return value == NULL || qapi_bool_parse(key, value, flags[i].value, errp);
        }
    }
    for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
        if (strcmp(key, numbers[i].key) == 0) {
            if (!number_parse(key, value, &number, errp)) {
                return false;
            }
            *numbers[i].has = true;
            *numbers[i].value = number;
            return true;
        }
    }
    if (strcmp(key, "to") == 0) {
        if (!number_parse(key, value, &number, errp)) {
            return false;
        }
        addr->has_to = true;
        addr->to = number;
        return true;
    }
    if (strcmp(key, "id") == 0 && value != NULL) {
        return true;
    }
    error_setg(errp, "Invalid parameter '%s'", key);
    return false;
}

int inet_parse(InetSocketAddress *addr, const char *str, Error **errp)
{
    const char *text = str;
    g_autofree char *first = element_take(&text);
    const char *host_and_port = first, *rest;

    memset(addr, 0, sizeof(*addr));
    if (g_str_has_prefix(first, "addr=")) {
        host_and_port += strlen("addr=");
    }
    if (!host_and_port_parse(addr, host_and_port, "", 0, 0, &rest)) {
        error_setg(errp, "error parsing address '%s'", host_and_port);
        return -1;
    }
    while (*text != '\0') {
        g_autofree char *option = element_take(&text);
        char *value = strchr(option, '=');

        if (value != NULL) {
            *value++ = '\0';
        }
        if (!option_apply(addr, option, value, errp)) {
            return -1;
        }
    }
    return 0;
}

#endif
