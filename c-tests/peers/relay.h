/*
 * Passes standard input to a channel, and what comes from it to standard output or back.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef RELAY_H
#define RELAY_H

#include "io/channel.h"

#include <glib-unix.h>

/* Bytes that are read ahead of what was written. */
enum { RELAY_AHEAD = 1 << 20 };

typedef struct Relay {
    QIOChannel *ioc;
    bool echoes;
    /* There may be more to write than what is pending. */
    bool input_open;
    /* Nothing more will be read. */
    bool ended;
    size_t received;
    /* Nothing more will be written: called once, if all was. */
    void (*done)(QIOChannel *ioc);
    /* In the main loop: what is to be written, and the sources. */
    GByteArray *pending;
    guint reading, writing, input;
} Relay;

static inline void relay_write_output(const char *bytes, size_t length)
{
    while (length) {
        ssize_t done = write(STDOUT_FILENO, bytes, length);

        g_assert_cmpint(done, >, 0);
        bytes += done;
        length -= done;
    }
}

/* What reading has come to. */
static inline void relay_received(Relay *relay, ssize_t length, Error *err)
{
    if (length > 0) {
        relay->received += length;
        return;
    }
    relay->ended = true;
    if (length == 0) {
        fprintf(stderr, "end %zu\n", relay->received);
        return;
    }
    fprintf(stderr, "failed %zu %s\n", relay->received, error_get_pretty(err));
    error_free(err);
}

static inline void relay_not_written(Relay *relay, Error *err)
{
    fprintf(stderr, "not-written %s\n", error_get_pretty(err));
    error_free(err);
    relay->done = NULL;
}

static inline void relay_write(Relay *relay, const char *bytes, size_t length)
{
    Error *err = NULL;

    if (relay->done && qio_channel_write_all(relay->ioc, bytes, length, &err) < 0) {
        relay_not_written(relay, err);
    }
}

static inline gpointer relay_input_thread(gpointer data)
{
    Relay *relay = data;
    char bytes[65536];
    ssize_t length;

    while ((length = read(STDIN_FILENO, bytes, sizeof(bytes))) > 0) {
        relay_write(relay, bytes, length);
    }
    if (relay->done) {
        relay->done(relay->ioc);
    }
    return NULL;
}

/* One thread for each direction. */
static inline void relay_in_threads(Relay *relay)
{
    char bytes[65536];
    GThread *thread = NULL;

    if (!relay->echoes) {
        thread = g_thread_new("input", relay_input_thread, relay);
    }
    while (!relay->ended) {
        Error *err = NULL;
        ssize_t length = qio_channel_read(relay->ioc, bytes, sizeof(bytes), &err);

        relay_received(relay, length, err);
        if (length > 0 && relay->echoes) {
            relay_write(relay, bytes, length);
        } else if (length > 0) {
            relay_write_output(bytes, length);
        }
    }
    if (thread) {
        /* Whoever reads it ends our input, for which the thread may wait. */
        close(STDOUT_FILENO);
        g_thread_join(thread);
    } else if (relay->done) {
        relay->done(relay->ioc);
    }
}

static gboolean relay_can_write(QIOChannel *ioc, GIOCondition condition, gpointer opaque);
static gboolean relay_has_input(gint fd, GIOCondition condition, gpointer opaque);

/* Watches for what there is to do next. */
static inline void relay_update(Relay *relay)
{
    size_t pending = relay->pending->len;

    if (pending && !relay->writing) {
        relay->writing = qio_channel_add_watch(relay->ioc, G_IO_OUT, relay_can_write, relay, NULL);
    }
    if (!pending && !relay->input_open && relay->done) {
        relay->done(relay->ioc);
        relay->done = NULL;
    }
    if (!relay->echoes && relay->input_open && !relay->input && pending < RELAY_AHEAD) {
        relay->input = g_unix_fd_add(STDIN_FILENO, G_IO_IN | G_IO_HUP, relay_has_input, relay);
    }
}

static inline gboolean relay_can_write(QIOChannel *ioc, GIOCondition condition, gpointer opaque)
{
    Relay *relay = opaque;
    Error *err = NULL;
    ssize_t length = qio_channel_write(ioc, (char *)relay->pending->data, relay->pending->len, &err);

    if (length == -1) {
        relay_not_written(relay, err);
        length = relay->pending->len;
    }
    if (length > 0) {
        g_byte_array_remove_range(relay->pending, 0, length);
    }
    if (relay->pending->len) {
        return G_SOURCE_CONTINUE;
    }
    relay->writing = 0;
    relay_update(relay);
    return G_SOURCE_REMOVE;
}

static inline gboolean relay_has_input(gint fd, GIOCondition condition, gpointer opaque)
{
    Relay *relay = opaque;
    uint8_t bytes[65536];
    ssize_t length = read(fd, bytes, sizeof(bytes));

    relay->input = 0;
    relay->input_open = length > 0;
    if (length > 0 && relay->done) {
        g_byte_array_append(relay->pending, bytes, length);
    }
    relay_update(relay);
    return G_SOURCE_REMOVE;
}

static inline gboolean relay_can_read(QIOChannel *ioc, GIOCondition condition, gpointer opaque)
{
    Relay *relay = opaque;
    char bytes[65536];
    Error *err = NULL;
    ssize_t length = qio_channel_read(ioc, bytes, sizeof(bytes), &err);

    if (length == QIO_CHANNEL_ERR_BLOCK) {
        return G_SOURCE_CONTINUE;
    }
    relay_received(relay, length, err);
    if (relay->ended) {
        relay->reading = 0;
        relay->input_open &= !relay->echoes;
    } else if (relay->echoes) {
        g_byte_array_append(relay->pending, (uint8_t *)bytes, length);
    } else {
        relay_write_output(bytes, length);
    }
    relay_update(relay);
    return relay->ended ? G_SOURCE_REMOVE : G_SOURCE_CONTINUE;
}

static inline void relay_in_main_loop(Relay *relay)
{
    guint *sources[] = { &relay->reading, &relay->writing, &relay->input };
    size_t i;

    relay->pending = g_byte_array_new();
    relay->reading = qio_channel_add_watch(relay->ioc, G_IO_IN, relay_can_read, relay, NULL);
    relay_update(relay);
    while (!relay->ended || (relay->echoes && relay->pending->len)) {
        g_main_context_iteration(NULL, true);
    }
    for (i = 0; i < G_N_ELEMENTS(sources); i++) {
        if (*sources[i]) {
            g_source_remove(*sources[i]);
        }
    }
    g_byte_array_unref(relay->pending);
}

/* Until the peer ends. @done may say so to the peer when nothing more will be written. */
static inline void relay(QIOChannel *ioc, bool echoes, bool in_main_loop,
                         void (*done)(QIOChannel *ioc))
{
    Relay relay = { .ioc = ioc, .echoes = echoes, .input_open = true, .done = done };

    if (in_main_loop) {
        relay_in_main_loop(&relay);
    } else {
        relay_in_threads(&relay);
    }
}

#endif
