/*
 * The store of examples/kv for servers that know nothing of libqio: the same lines, the same answers, the
 * same memory per client.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef BENCH_STORE_H
#define BENCH_STORE_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <arpa/inet.h>
#include <errno.h>
#include <glib.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 4096, BACKLOG = 128 };

static GHashTable *values;
static int clients_left = -1;

/* --clients N, as the examples have it. */
static inline void store_begin(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "--clients") == 0) {
        clients_left = atoi(argv[2]);
    }
    signal(SIGPIPE, SIG_IGN);
    values = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
}

/* Whether that was the last one. */
static inline bool store_client_left(void)
{
    return clients_left > 0 && --clients_left == 0;
}

static inline void store_greet(int port)
{
    printf("listening at tcp:127.0.0.1:%d\n", port);
    fflush(stdout);
}

static inline char *store_answer(const char *line)
{
    g_auto(GStrv) words = g_strsplit(line, " ", 3);
    guint n = g_strv_length(words);

    if (n == 2 && g_str_equal(words[0], "get")) {
        const char *value = g_hash_table_lookup(values, words[1]);

        return g_strconcat(value ? value : "none", "\n", NULL);
    }
    if (n == 3 && g_str_equal(words[0], "set")) {
        g_hash_table_insert(values, g_strdup(words[1]), g_strdup(words[2]));
        return g_strdup("ok\n");
    }
    return g_strdup("error: get KEY, or set KEY VALUE\n");
}

/* Sends an answer; false ends the client. */
typedef bool StoreSend(void *client, const char *text, size_t length);

/* Answers the whole lines in the first @used bytes; returns how many are left, -1 to end the client. */
static inline ssize_t store_serve(char *buf, size_t used, StoreSend *send, void *client)
{
    char *line = buf, *end;

    while ((end = memchr(line, '\n', buf + used - line))) {
        g_autofree char *text = NULL;

        *end = 0;
        text = store_answer(line);
        if (!send(client, text, strlen(text))) {
            return -1;
        }
        line = end + 1;
    }
    used -= line - buf;
    memmove(buf, line, used);
    return used < LINE_MAX_BYTES ? (ssize_t)used : -1;
}

/* A client of a server that calls the system itself. */
typedef struct StoreClient {
    int fd;
    size_t used;
    char *buf;
} StoreClient;

static inline StoreClient *store_client_new(int fd)
{
    StoreClient *client = g_new0(StoreClient, 1);

    client->fd = fd;
    client->buf = g_malloc(LINE_MAX_BYTES);
    return client;
}

static inline bool store_send(void *client, const char *text, size_t length)
{
    return send(((StoreClient *)client)->fd, text, length, 0) == (ssize_t)length;
}

/* Answers what has come, without waiting for more; false when the client has left. */
static inline bool store_receive(StoreClient *client)
{
    ssize_t n = recv(client->fd, client->buf + client->used, LINE_MAX_BYTES - client->used, 0);

    if (n < 0 && errno == EAGAIN) {
        return true;
    }
    n = n <= 0 ? -1 : store_serve(client->buf, client->used + n, store_send, client);
    client->used = n;
    return n >= 0;
}

#endif
