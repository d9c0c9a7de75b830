/*
 * io/channel-command.h: a lot of data through a child, by two threads.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "children.h"

/* A transfer of 1 MiB through an echo by two threads, in either mode, R-CHAN-97. */
#define ELEMENTS 250
#define ELEMENT_SIZE 4194

typedef struct Stream {
    QIOChannel *ioc;
    char *bytes;
    struct iovec *iov;
    size_t niov;
} Stream;

static void stream_init(Stream *stream, QIOChannel *ioc, unsigned int elements, size_t gap)
{
    size_t size = (size_t)ELEMENTS * ELEMENT_SIZE / elements;
    unsigned int i;

    *stream = (Stream) { .ioc = ioc, .bytes = g_malloc0(elements * size) };
    stream->iov = g_new0(struct iovec, 2 * elements);
    for (i = 0; i < elements; i++) {
        stream->iov[stream->niov++] = (struct iovec) { stream->bytes + i * size, size };
        if (gap && i % gap == 0) {
            stream->niov++;
        }
    }
}

static void stream_clear(Stream *stream)
{
    g_free(stream->bytes);
    g_free(stream->iov);
}

static gpointer writes(gpointer data)
{
    Stream *stream = data;

    g_assert_cmpint(qio_channel_writev_all(stream->ioc, stream->iov, stream->niov, &error_abort),
                    ==, 0);
    return NULL;
}

/* R-CHAN-97 */
static void test_stream(gconstpointer data)
{
    const char *how = data;
    unsigned int elements = strchr(how, 'm') ? 3000 : ELEMENTS;
    size_t size = (size_t)ELEMENTS * ELEMENT_SIZE / elements * elements, i;
    int before = open_files();
    QIOChannel *ioc = cat_spawn(O_RDWR);
    Stream in, out;
    GThread *thread;

    stream_init(&out, ioc, elements, strchr(how, 'g') ? 3 : 0);
    stream_init(&in, ioc, elements, strchr(how, 'g') ? 7 : 0);
    for (i = 0; i < size; i++) {
        out.bytes[i] = g_test_rand_int();
    }
    g_assert_cmpint(SET_BLOCKING(ioc, !strchr(how, 'n'), &error_abort), ==, 0);
    thread = g_thread_new("writer", writes, &out);
    g_assert_cmpint(qio_channel_readv_all(ioc, in.iov, in.niov, &error_abort), ==, 0);
    g_thread_join(thread);
    g_assert_cmpint(memcmp(in.bytes, out.bytes, size), ==, 0);
    close_and_unref(ioc);
    stream_clear(&in);
    stream_clear(&out);
    g_assert_cmpint(open_files(), ==, before);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    module_call_init(MODULE_INIT_QOM);
    signal(SIGPIPE, SIG_IGN);

    g_test_add_data_func("/qio/channel-command/stream/blocking", "", test_stream);
    g_test_add_data_func("/qio/channel-command/stream/non-blocking", "n", test_stream);
    g_test_add_data_func("/qio/channel-command/stream/empty-elements", "g", test_stream);
    g_test_add_data_func("/qio/channel-command/stream/many-elements", "mng", test_stream);
    return g_test_run();
}
