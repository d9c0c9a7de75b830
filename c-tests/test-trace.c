/*
 * qio/trace.h: functions of the program that are called for the trace events of io/ (R-TRACE-6).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "io/channel-file.h"
#include "io/task.h"
#include "qapi/error.h"
#include "qio/trace.h"
#include "qom/object.h"

#define SINK(event, kinds, function) { event, kinds, (void (*)(void))(function) }
#define END { NULL, NULL, NULL }

static GString *seen;

static void file_opened(void *ioc, const char *path, int flags, int mode, int fd)
{
    g_assert_nonnull(ioc);
    g_assert_cmpint(fd, >=, 0);
    g_string_append_printf(seen, "open %s %o %o;", path, flags & O_ACCMODE, mode);
}

static void file_taken(void *ioc, int fd)
{
    g_assert_nonnull(ioc);
    g_string_append_printf(seen, "fd %d;", fd);
}

static void task_made(void *task, void *source, void *func, void *opaque)
{
    g_assert_nonnull(task);
    g_string_append_printf(seen, "new %d %d %d;", source != NULL, func != NULL, opaque == seen);
}

static void task_done(void *task)
{
    g_assert_nonnull(task);
    g_string_append(seen, "complete;");
}

static const QIOTraceSink all[] = {
    /* Not in the order of the table. */
    SINK("qio_channel_file_new_path", "psiii", file_opened),
    SINK("qio_task_complete", "p", task_done),
    SINK("qio_task_new", "pppp", task_made),
    SINK("qio_channel_file_new_fd", "pi", file_taken),
    END
};

static const QIOTraceSink none[] = {
    SINK("qio_channel_file_new_path", "psiii", NULL),
    SINK("qio_task_complete", "p", NULL),
    SINK("qio_task_new", "pppp", NULL),
    SINK("qio_channel_file_new_fd", "pi", NULL),
    END
};

static void check_seen(const char *expected)
{
    g_assert_cmpstr(seen->str, ==, expected);
    g_string_truncate(seen, 0);
}

static void work(void)
{
    QIOChannelFile *file = qio_channel_file_new_path("/dev/null", O_WRONLY, 0600, &error_abort);

    object_unref(OBJECT(file));
    object_unref(OBJECT(qio_channel_file_new_fd(dup(0))));
}

static void ended(QIOTask *task, gpointer opaque)
{
    g_string_append(opaque, "callback;");
}

/* R-TRACE-6 */
static void test_functions_are_called(void)
{
    int next = dup(0);
    char *expected = g_strdup_printf("open /dev/null 1 600;fd %d;", next);

    close(next);
    seen = g_string_new(NULL);
    work();
    check_seen("");
    g_assert_cmpuint(qio_trace_register(all), ==, 4);
    work();
    check_seen(expected);

    /* Completing is told after the callback. */
    QIOTask *task = qio_task_new(NULL, ended, seen, NULL);
    qio_task_complete(task);
#if defined(QIO_HAS_TASK_FREE)
    qio_task_free(task);
#endif
    check_seen("new 0 1 1;callback;complete;");

    g_assert_cmpuint(qio_trace_register(none), ==, 4);
    work();
    check_seen("");
    g_string_free(seen, TRUE);
    g_free(expected);
}

/* R-TRACE-6 */
static void test_what_does_not_fit_is_left_out(void)
{
    const QIOTraceSink sinks[] = {
        SINK("qio_channel_file_new_fd", "pp", file_taken),
        SINK("qio_channel_file_new_fd", "p", file_taken),
        SINK("qio_channel_file_new_fd", "pii", file_taken),
        SINK("qio_channel_file_new_fd", "", file_taken),
        SINK("qio_channel_file_new", "pi", file_taken),
        SINK("", "", file_taken),
        END
    };
    const QIOTraceSink nothing[] = { END };

    g_assert_cmpuint(qio_trace_register(sinks), ==, 0);
    g_assert_cmpuint(qio_trace_register(nothing), ==, 0);
    g_assert_cmpuint(qio_trace_register(NULL), ==, 0);
    seen = g_string_new(NULL);
    work();
    check_seen("");
    g_string_free(seen, TRUE);
}

/* R-TRACE-6 */
static void test_events_of_the_profile(void)
{
    const QIOTraceSink listener[] = { SINK("qio_net_listener_callback", "ppp", NULL), END };
    const QIOTraceSink listener_with_aio[] = { SINK("qio_net_listener_callback", "pppp", NULL), END };
    const QIOTraceSink cancel[] = { SINK("qio_channel_tls_handshake_cancel", "p", NULL), END };
    const QIOTraceSink bye[] = { SINK("qio_channel_tls_bye_start", "p", NULL), END };
    size_t has_lock = 0, has_source = 0, has_cancel = 0, has_bye = 0;

#if defined(QIO_HAS_LISTENER_SOURCE)
    has_source = 1;
#elif defined(QIO_HAS_LISTENER_LOCK)
    has_lock = 1;
#endif
#if defined(QIO_HAS_TLS_CANCEL_TRACE)
    has_cancel = 1;
#endif
#if defined(QIO_HAS_TLS_BYE)
    has_bye = 1;
#endif
    g_assert_cmpuint(qio_trace_register(listener), ==, has_lock);
    g_assert_cmpuint(qio_trace_register(listener_with_aio), ==, has_source);
    g_assert_cmpuint(qio_trace_register(cancel), ==, has_cancel);
    g_assert_cmpuint(qio_trace_register(bye), ==, has_bye);
}

int main(int argc, char **argv)
{
    module_call_init(MODULE_INIT_QOM);
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/qio/trace/called", test_functions_are_called);
    g_test_add_func("/qio/trace/left-out", test_what_does_not_fit_is_left_out);
    g_test_add_func("/qio/trace/profile", test_events_of_the_profile);
    return g_test_run();
}
