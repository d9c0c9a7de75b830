/*
 * How a WebSocket server answers the head of a request: written from docs/spec/tls-websock.md (R-WS-8 to R-WS-14), RFC
 * 9110 and RFC 9112, for whole heads that are in memory.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef FUZZ_WEBSOCK_REQUEST_H
#define FUZZ_WEBSOCK_REQUEST_H

#include "input.h"

#define HEAD_MAX 16384
#define LINES_MAX 100

typedef struct Answer {
    /* 101, 400, 404, 414, 431; 0 if there is none. Where the specification leaves two, the other. */
    int status, other_status;
    /* Of the head, which are the bytes before the first frame. */
    size_t head_size;
    bool has_protocol;
    char key[24 + 1];
} Answer;

typedef struct Fields {
    int hosts, keys, versions;
    /* Several lines are one list; NULL without any. */
    GString *connection, *upgrade, *protocol;
    GString *key, *version;
} Fields;

static inline const char *find(const char *text, size_t size, const char *what)
{
    return size ? memmem(text, size, what, strlen(what)) : NULL;
}

static inline bool is_token(uint8_t c)
{
    return g_ascii_isalnum(c) || (c && strchr("!#$%&'*+-.^_`|~", c));
}

/* A blank or something visible; also what isn't ASCII (RFC 9110 section 5.5). */
static inline bool is_field_char(uint8_t c)
{
    return c == '\t' || (c >= ' ' && c != 0x7f);
}

static inline void fields_add(GString **list, const char *value, size_t size)
{
    if (*list) {
        g_string_append(*list, ", ");
    } else {
        *list = g_string_new(NULL);
    }
    g_string_append_len(*list, value, size);
}

static inline bool fields_list_has(const GString *list, const char *wanted, bool ignores_case)
{
    const char *at = list->str, *end = list->str + list->len;

    while (true) {
        const char *comma = memchr(at, ',', end - at), *last = comma ? comma : end;

        while (at < last && (*at == ' ' || *at == '\t')) {
            at++;
        }
        while (at < last && (last[-1] == ' ' || last[-1] == '\t')) {
            last--;
        }
        if ((size_t)(last - at) == strlen(wanted) &&
            (ignores_case ? g_ascii_strncasecmp(at, wanted, last - at) : memcmp(at, wanted, last - at)) == 0) {
            return true;
        }
        if (!comma) {
            return false;
        }
        at = comma + 1;
    }
}

/* One line; false if it is no field. */
static inline bool fields_line(Fields *fields, const char *line, size_t size)
{
    const char *colon = memchr(line, ':', size), *value, *end = line + size;
    size_t name;

    if (!colon || colon == line) {
        return false;
    }
    name = colon - line;
    for (size_t i = 0; i < name; i++) {
        if (!is_token(line[i])) {
            return false;
        }
    }
    for (value = colon + 1; value < end && (*value == ' ' || *value == '\t'); value++) {
    }
    while (end > value && (end[-1] == ' ' || end[-1] == '\t')) {
        end--;
    }
    for (const char *c = value; c < end; c++) {
        if (!is_field_char(*c)) {
            return false;
        }
    }
    size = end - value;
#define IS(what) (name == strlen(what) && g_ascii_strncasecmp(line, what, name) == 0)
    if (IS("connection")) {
        fields_add(&fields->connection, value, size);
    } else if (IS("upgrade")) {
        fields_add(&fields->upgrade, value, size);
    } else if (IS("sec-websocket-protocol")) {
        fields_add(&fields->protocol, value, size);
    } else if (IS("sec-websocket-key")) {
        fields->keys++;
        fields_add(&fields->key, value, size);
    } else if (IS("sec-websocket-version")) {
        fields->versions++;
        fields_add(&fields->version, value, size);
    } else if (IS("host")) {
        fields->hosts++;
    }
#undef IS
    return true;
}

static inline void fields_free(Fields *fields)
{
    GString *lists[] = { fields->connection, fields->upgrade, fields->protocol, fields->key, fields->version };

    for (size_t i = 0; i < G_N_ELEMENTS(lists); i++) {
        if (lists[i]) {
            g_string_free(lists[i], TRUE);
        }
    }
}

/* 0 if the target is `/` in one of its forms. */
static inline void judge_target(Answer *answer, const char *target, size_t size)
{
    static const char *const schemes[] = { "http://", "https://", "ws://", "wss://" };
    size_t authority = 0, path;

    answer->status = answer->other_status = 400;
    for (size_t i = 0; i < size; i++) {
        if ((uint8_t)target[i] < ' ' || target[i] == 0x7f || target[i] == '#') {
            return;
        }
    }
    if (size == 0 || target[0] != '/') {
        for (size_t i = 0; i < G_N_ELEMENTS(schemes); i++) {
            if (size > strlen(schemes[i]) && g_ascii_strncasecmp(target, schemes[i], strlen(schemes[i])) == 0) {
                authority = strlen(schemes[i]);
            }
        }
        /* What no form has isn't found, or isn't understood. */
        answer->status = 404;
        if (!authority) {
            return;
        }
        for (path = authority; path < size && target[path] != '/' && target[path] != '?'; path++) {
        }
        if (path == authority) {
            /* No authority: whatever the answer is. */
            answer->status = 404;
            answer->other_status = 400;
            return;
        }
        target += path;
        size -= path;
    }
    if (size > 1 && target[0] == '/' && target[1] != '?') {
        answer->status = answer->other_status = 404;
        return;
    }
    answer->status = answer->other_status = 0;
}

static inline void judge_request_line(Answer *answer, const char *line, size_t size)
{
    const char *target, *version, *end = line + size;

    answer->status = answer->other_status = 400;
    target = memchr(line, ' ', size);
    if (!target || target - line != 3 || memcmp(line, "GET", 3)) {
        return;
    }
    target++;
    version = memchr(target, ' ', end - target);
    if (!version) {
        return;
    }
    judge_target(answer, target, version - target);
    version++;
    if (!answer->status && (end - version != 8 || memcmp(version, "HTTP/1.1", 8))) {
        answer->status = answer->other_status = 400;
    }
}

static inline void judge_fields(Answer *answer, Fields *fields, const char *at, const char *end)
{
    bool is_malformed = false;
    int lines = 0;

    /* The empty line at the end, which has CR LF, is left. */
    while (end - at > 2) {
        const char *newline = memchr(at, '\n', end - at);
        size_t size = newline - at;

        if (size && newline[-1] == '\r') {
            size--;
        }
        lines++;
        is_malformed |= !fields_line(fields, at, size);
        at = newline + 1;
    }
    answer->status = answer->other_status = 400;
    if (lines > LINES_MAX) {
        answer->status = 431;
        answer->other_status = is_malformed ? 400 : 431;
        return;
    }
    if (is_malformed || fields->versions != 1 || fields->keys != 1 || fields->hosts != 1 || !fields->connection ||
        !fields->upgrade || (fields->protocol && !fields_list_has(fields->protocol, "binary", false)) ||
        strcmp(fields->version->str, "13") || fields->version->len != 2 || fields->key->len != 24 ||
        !fields_list_has(fields->connection, "upgrade", true) || !fields_list_has(fields->upgrade, "websocket", true)) {
        return;
    }
    answer->status = answer->other_status = 101;
    answer->has_protocol = fields->protocol != NULL;
    memcpy(answer->key, fields->key->str, 24);
}

/* The answer to all that a client has sent, before its end. */
static inline Answer judge(const char *bytes, size_t size)
{
    const char *empty_line = find(bytes, MIN(size, HEAD_MAX), "\r\n\r\n"), *end, *line_end;
    Answer answer = { 0 };
    Fields fields = { 0 };

    if (!empty_line) {
        if (size >= HEAD_MAX) {
            bool has_line = find(bytes, HEAD_MAX, "\r\n") != NULL, is_behind_empty = memcmp(bytes, "\r\nGET ", 6) == 0;

            answer.status = memcmp(bytes, "GET ", 4) == 0 && !has_line ? 414 : 431;
            answer.other_status = is_behind_empty && !find(bytes + 2, HEAD_MAX - 2, "\r\n") ? 414 : answer.status;
        }
        return answer;
    }
    end = empty_line + 4;
    answer.head_size = end - bytes;
    if (bytes[0] == '\r') {
        bytes += bytes[1] == '\n' ? 2 : 0;
    }
    line_end = find(bytes, end - bytes, "\r\n");
    if (!line_end || end - line_end <= 4) {
        answer.status = answer.other_status = 400;
        return answer;
    }
    judge_request_line(&answer, bytes, line_end - bytes);
    if (!answer.status) {
        judge_fields(&answer, &fields, line_end + 2, end);
    }
    fields_free(&fields);
    return answer;
}

#endif
