/*
 * What the tests of qio/gio.h have in common.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef GIO_STREAMS_H
#define GIO_STREAMS_H

#include "socket-channels.h"
#include "qapi/error.h"
#include "qio/gio.h"

/* The result of a call that is given &error and doesn't fail. */
#define succeed(call) ({ \
    GError *error = NULL; \
    __auto_type result_of_call = (call); \
    g_assert_no_error(error); \
    result_of_call; \
})

/* A call that GLib warns of, and that does nothing. */
#define expect_critical(name, call) do { \
    g_test_expect_message(NULL, G_LOG_LEVEL_CRITICAL, name "*"); \
    call; \
    g_test_assert_expected_messages(); \
} while (0)

#define expect_error(errorp, code) do { \
    g_assert_error(*(errorp), G_IO_ERROR, code); \
    g_clear_error(errorp); \
} while (0)

/* A GAsyncReadyCallback: keeps the result where @opaque points. */
static inline void keep_result(GObject *source, GAsyncResult *result, gpointer opaque)
{
    GAsyncResult **kept = opaque;

    g_assert_null(*kept);
    *kept = g_object_ref(result);
}

static inline void await(GAsyncResult **result)
{
    while (!*result) {
        g_main_context_iteration(NULL, TRUE);
    }
}

/* What tls_dir_put_identity() has written for @role. */
static inline GTlsCertificate *certificate_of(const char *dir, const char *role)
{
    g_autofree char *cert = g_strdup_printf("%s/%s-cert.pem", dir, role);
    g_autofree char *key = g_strdup_printf("%s/%s-key.pem", dir, role);

    return succeed(g_tls_certificate_new_from_files(cert, key, &error));
}

/* Bytes that tell where they belong. */
static inline char *patterned(size_t size, unsigned int seed)
{
    char *bytes = g_malloc(size);
    size_t i;

    for (i = 0; i < size; i++) {
        bytes[i] = (i * 31 + (i >> 8) * 7 + (i >> 16) + seed) & 255;
    }
    return bytes;
}

/* Half of what exchange() does. */
typedef struct Passage {
    GInputStream *input;
    GOutputStream *output;
    char *sent, *received;
    size_t size;
    GAsyncResult *written, *read;
} Passage;

static inline void passage_begin(Passage *passage, GIOStream *from, GIOStream *to, size_t size, unsigned int seed)
{
    *passage = (Passage) {
        .input = g_io_stream_get_input_stream(to),
        .output = g_io_stream_get_output_stream(from),
        .sent = patterned(size, seed),
        .received = g_malloc0(size),
        .size = size,
    };
    g_output_stream_write_all_async(passage->output, passage->sent, size, G_PRIORITY_DEFAULT, NULL, keep_result,
                                    &passage->written);
    g_input_stream_read_all_async(passage->input, passage->received, size, G_PRIORITY_DEFAULT, NULL, keep_result,
                                  &passage->read);
}

static inline void passage_end(Passage *passage)
{
    gsize count;

    await(&passage->written);
    await(&passage->read);
    g_assert_true(succeed(g_output_stream_write_all_finish(passage->output, passage->written, &count, &error)));
    g_assert_cmpuint(count, ==, passage->size);
    g_assert_true(succeed(g_input_stream_read_all_finish(passage->input, passage->read, &count, &error)));
    g_assert_cmpmem(passage->received, count, passage->sent, passage->size);
    g_free(passage->sent);
    g_free(passage->received);
    g_object_unref(passage->written);
    g_object_unref(passage->read);
}

/* @size bytes each way at once. */
static inline void exchange(GIOStream *near, GIOStream *far, size_t size)
{
    Passage out, in;

    passage_begin(&out, near, far, size, 1);
    passage_begin(&in, far, near, size, 2);
    passage_end(&out);
    passage_end(&in);
}

#endif
