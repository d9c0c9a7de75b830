/*
 * io/channel.h: features, names, mode, position, end - with classes of the program's own.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "rounds.h"
#include "scripted-channel.h"

#include <malloc.h>

static void test_features(void)
{
    QIOChannel *ioc = scripted_new(1, 0);
    int feature;

    for (feature = 0; feature < 40; feature++) {
        g_assert_false(qio_channel_has_feature(ioc, feature));
    }
    qio_channel_set_feature(ioc, QIO_CHANNEL_FEATURE_SHUTDOWN);
    qio_channel_set_feature(ioc, QIO_CHANNEL_FEATURE_LISTEN);
    qio_channel_set_feature(ioc, QIO_CHANNEL_FEATURE_SHUTDOWN);
    g_assert_cmphex(ioc->features, ==, 0x6);
    g_assert_true(qio_channel_has_feature(ioc, QIO_CHANNEL_FEATURE_SHUTDOWN));
    g_assert_true(qio_channel_has_feature(ioc, QIO_CHANNEL_FEATURE_LISTEN));
    g_assert_false(qio_channel_has_feature(ioc, QIO_CHANNEL_FEATURE_FD_PASS));

    /* Bits survive closing, R-CHAN-17. */
    g_assert_cmpint(qio_channel_close(ioc, &error_abort), ==, 0);
    g_assert_cmphex(ioc->features, ==, 0x6);

    /* A number that no bit has is no feature. */
    qio_channel_set_feature(ioc, 32);
    qio_channel_set_feature(ioc, (QIOChannelFeature)-1);
    g_assert_cmphex(ioc->features, ==, 0x6);
    object_unref(OBJECT(ioc));
}

/* The field is what counts, R-CHAN-10. */
static void test_features_field(void)
{
    QIOChannel *ioc = scripted_new(0);

    ioc->features = 1 << QIO_CHANNEL_FEATURE_WRITE_ZERO_COPY;
    g_assert_true(qio_channel_has_feature(ioc, QIO_CHANNEL_FEATURE_WRITE_ZERO_COPY));
    object_unref(OBJECT(ioc));
}

static gpointer sets_bits(gpointer data)
{
    QIOChannel *ioc = data;
    int i;

    for (i = 0; i < 16; i++) {
        qio_channel_set_feature(ioc, 2 * i);
    }
    return NULL;
}

/* Threads that set features don't lose each other's, R-CHAN-17, W-22. */
static void test_features_threads(void)
{
    int rounds = has_few_rounds() ? 50 : 200, round, i;

    for (round = 0; round < rounds; round++) {
        QIOChannel *ioc = scripted_new(0);
        GThread *thread = g_thread_new("features", sets_bits, ioc);

        for (i = 0; i < 16; i++) {
            qio_channel_set_feature(ioc, 2 * i + 1);
        }
        g_thread_join(thread);
        g_assert_cmphex(ioc->features, ==, 0xffffffff);
        object_unref(OBJECT(ioc));
    }
}

/* R-CHAN-18 */
static void test_name(void)
{
    QIOChannel *ioc = scripted_new(0);
    char name[] = "first";
    GSource *source;

    g_assert_null(ioc->name);
    source = qio_channel_create_watch(ioc, G_IO_IN);
    g_assert_null(g_source_get_name(source));
    g_source_unref(source);

    qio_channel_set_name(ioc, name);
    name[0] = 'F';
    g_assert_cmpstr(ioc->name, ==, "first");
    source = qio_channel_create_watch(ioc, G_IO_IN);
    qio_channel_set_name(ioc, "second");
    g_assert_cmpstr(ioc->name, ==, "second");
    g_assert_cmpstr(g_source_get_name(source), ==, "first");
    g_source_unref(source);

    qio_channel_set_name(ioc, NULL);
    g_assert_null(ioc->name);
    qio_channel_set_name(ioc, NULL);
    qio_channel_set_name(ioc, "freed with the channel");
    object_unref(OBJECT(ioc));
}

static gpointer renames(gpointer data)
{
    int rounds = has_few_rounds() ? 2000 : 200000, i;

    for (i = 0; i < rounds; i++) {
        qio_channel_set_name(data, i % 2 ? "first" : "second");
    }
    return NULL;
}

/* Another thread names the channel while watches are made, R-CHAN-11. */
static void test_name_threads(void)
{
    QIOChannel *ioc = scripted_new(0);
    GThread *threads[2];
    int rounds = has_few_rounds() ? 2000 : 200000, i;

    qio_channel_set_name(ioc, "first");
    for (i = 0; i < 2; i++) {
        threads[i] = g_thread_new("renames", renames, ioc);
    }
    for (i = 0; i < rounds; i++) {
        GSource *source = qio_channel_create_watch(ioc, G_IO_IN);
        const char *name = g_source_get_name(source);

        g_assert_true(g_str_equal(name, "first") || g_str_equal(name, "second"));
        g_source_unref(source);
    }
    for (i = 0; i < 2; i++) {
        g_thread_join(threads[i]);
    }
    object_unref(OBJECT(ioc));
}

static void test_abstract(void)
{
    g_assert_nonnull(object_class_by_name(TYPE_QIO_CHANNEL));
    g_assert_true(object_class_is_abstract(object_class_by_name(TYPE_QIO_CHANNEL)));
    g_assert_null(QIO_CHANNEL_CLASS(object_class_by_name(TYPE_QIO_CHANNEL))->io_writev);
}

static void test_set_blocking(void)
{
    QIOChannel *ioc = scripted_new(3, 0, 0, -1);
    Error *err = NULL;

#ifdef QIO_HAS_BOOL_SET_BLOCKING
    g_assert_true(qio_channel_set_blocking(ioc, true, &err));
    g_assert_true(qio_channel_set_blocking(ioc, false, NULL));
    g_assert_false(qio_channel_set_blocking(ioc, false, &err));
#else
    g_assert_cmpint(qio_channel_set_blocking(ioc, true, &err), ==, 0);
    g_assert_cmpint(qio_channel_set_blocking(ioc, false, NULL), ==, 0);
    g_assert_cmpint(qio_channel_set_blocking(ioc, false, &err), ==, -1);
#endif
    g_assert_true(err == scripted(ioc)->error);
    assert_error(err);
    assert_calls(ioc, "set_blocking(, flags 1) set_blocking() set_blocking() ");
    object_unref(OBJECT(ioc));
}

static void test_close(void)
{
    QIOChannel *ioc = scripted_new(2, 0, -1);
    Error *err = NULL;

    g_assert_cmpint(qio_channel_close(ioc, &err), ==, 0);
    g_assert_null(err);
    g_assert_cmpint(qio_channel_close(ioc, &err), ==, -1);
    g_assert_cmpint(errno, ==, EPROTO);
    assert_error(err);
    assert_calls(ioc, "close() close() ");
    g_assert_cmpuint(OBJECT(ioc)->ref, ==, 1);
    object_unref(OBJECT(ioc));
}

static void test_shutdown(void)
{
    QIOChannel *ioc = scripted_new(3, 0, 0, -1);
    QIOChannel *bare = bare_new(0);
    Error *err = NULL;

    g_assert_cmpint(qio_channel_shutdown(ioc, QIO_CHANNEL_SHUTDOWN_READ, &err), ==, 0);
    g_assert_cmpint(qio_channel_shutdown(ioc, QIO_CHANNEL_SHUTDOWN_BOTH, &err), ==, 0);
    g_assert_null(err);
    g_assert_cmpint(qio_channel_shutdown(ioc, QIO_CHANNEL_SHUTDOWN_WRITE, &err), ==, -1);
    assert_error(err);
    assert_calls(ioc, "shutdown(, flags 1) shutdown(, flags 3) shutdown(, flags 2) ");

    g_assert_cmpint(qio_channel_shutdown(bare, QIO_CHANNEL_SHUTDOWN_BOTH, &err), ==, -1);
    assert_error(err);
    g_assert_cmpint(qio_channel_shutdown(bare, QIO_CHANNEL_SHUTDOWN_BOTH, NULL), ==, -1);
    object_unref(OBJECT(ioc));
    object_unref(OBJECT(bare));
}

static void test_delay_and_cork(void)
{
    QIOChannel *ioc = scripted_new(0);
    QIOChannel *bare = bare_new(0);

    qio_channel_set_delay(ioc, true);
    qio_channel_set_delay(ioc, false);
    qio_channel_set_cork(ioc, true);
    qio_channel_set_cork(ioc, false);
    assert_calls(ioc, "set_delay(, flags 1) set_delay() set_cork(, flags 1) set_cork() ");

    qio_channel_set_delay(bare, true);
    qio_channel_set_cork(bare, true);
    assert_calls(bare, "");
    object_unref(OBJECT(ioc));
    object_unref(OBJECT(bare));
}

static void test_seek(void)
{
    QIOChannel *ioc = scripted_new(2, 1234, -1);
    QIOChannel *bare = bare_new(0);
    Error *err = NULL;

    /* SEEKABLE isn't asked for, R-CHAN-34. */
    g_assert_false(ioc->features);
    g_assert_cmpint(qio_channel_io_seek(ioc, 7, SEEK_CUR, &err), ==, 1234);
    g_assert_null(err);
    g_assert_cmpint(qio_channel_io_seek(ioc, 8, SEEK_END, &err), ==, (off_t)-1);
    assert_error(err);
    assert_calls(ioc, "seek(, fds 7, flags 1) seek(, fds 8, flags 2) ");

    g_assert_cmpint(qio_channel_io_seek(bare, 0, SEEK_SET, &err), ==, (off_t)-1);
    assert_error(err);
    g_assert_cmpint(qio_channel_io_seek(bare, 0, SEEK_SET, NULL), ==, (off_t)-1);
    object_unref(OBJECT(ioc));
    object_unref(OBJECT(bare));
}

/* R-111-14: 0 without the feature or without the slot. */
static void test_flush(void)
{
    QIOChannel *ioc = scripted_new(3, 0, 1, -1);
    QIOChannel *bare = bare_new(0);
    Error *err = NULL;

    g_assert_cmpint(qio_channel_flush(ioc, &err), ==, 0);
    g_assert_cmpstr(scripted(ioc)->log->str, ==, "");

    qio_channel_set_feature(ioc, QIO_CHANNEL_FEATURE_WRITE_ZERO_COPY);
    g_assert_cmpint(qio_channel_flush(ioc, &err), ==, 0);
    g_assert_cmpint(qio_channel_flush(ioc, &err), ==, 1);
    g_assert_null(err);
    g_assert_cmpint(qio_channel_flush(ioc, &err), ==, -1);
    assert_error(err);
    assert_calls(ioc, "flush() flush() flush() ");

    qio_channel_set_feature(bare, QIO_CHANNEL_FEATURE_WRITE_ZERO_COPY);
    g_assert_cmpint(qio_channel_flush(bare, &err), ==, 0);
    g_assert_null(err);
    object_unref(OBJECT(ioc));
    object_unref(OBJECT(bare));
}

#ifdef QIO_HAS_PEERPID
static void test_peerpid(void)
{
    QIOChannel *ioc = scripted_new(2, 0, -1);
    QIOChannel *bare = bare_new(0);
    unsigned int pid = 5;
    Error *err = NULL;

    g_assert_cmpint(qio_channel_get_peerpid(ioc, &pid, &err), ==, 0);
    g_assert_cmpuint(pid, ==, 77);
    g_assert_null(err);
    g_assert_cmpint(qio_channel_get_peerpid(ioc, &pid, &err), ==, -1);
    g_assert_cmpuint(pid, ==, (unsigned int)-1);
    assert_error(err);

    pid = 5;
    g_assert_cmpint(qio_channel_get_peerpid(bare, &pid, &err), ==, -1);
    g_assert_cmpuint(pid, ==, 5);
    assert_error(err);
    g_assert_cmpint(qio_channel_get_peerpid(bare, &pid, NULL), ==, -1);
    object_unref(OBJECT(ioc));
    object_unref(OBJECT(bare));
}
#endif

#ifdef QIO_HAS_TWO_AIO_CONTEXTS
static void test_follow_coroutine_ctx(void)
{
    QIOChannel *ioc = scripted_new(0);

    g_assert_false(ioc->follow_coroutine_ctx);
    qio_channel_set_follow_coroutine_ctx(ioc, true);
    g_assert_true(ioc->follow_coroutine_ctx);
    qio_channel_set_follow_coroutine_ctx(ioc, false);
    g_assert_false(ioc->follow_coroutine_ctx);
    object_unref(OBJECT(ioc));
}
#endif

/* Bytes that are allocated; 0 where a memory checker counts. */
static size_t in_use(void)
{
    struct mallinfo2 info = mallinfo2();

    return info.uordblks + info.hblkhd;
}

/* Calls whatever can fail, of a class whose successes leave an error. */
static void succeeds_with_errors(Error **errp)
{
    QIOChannel *ioc = scripted_new(8, 0, 0, 7, 0, 3, 3, 2, 1);
    char bytes[3];
    struct iovec iov = { bytes, sizeof(bytes) };

    scripted(ioc)->errs_always = true;
    qio_channel_set_feature(ioc, QIO_CHANNEL_FEATURE_WRITE_ZERO_COPY);
#ifdef QIO_HAS_BOOL_SET_BLOCKING
    g_assert_true(qio_channel_set_blocking(ioc, true, errp));
#else
    g_assert_cmpint(qio_channel_set_blocking(ioc, true, errp), ==, 0);
#endif
    g_assert_cmpint(qio_channel_shutdown(ioc, QIO_CHANNEL_SHUTDOWN_READ, errp), ==, 0);
    g_assert_cmpint(qio_channel_io_seek(ioc, 7, SEEK_SET, errp), ==, 7);
    g_assert_cmpint(qio_channel_flush(ioc, errp), ==, 0);
    g_assert_cmpint(qio_channel_readv(ioc, &iov, 1, errp), ==, 3);
    g_assert_cmpint(qio_channel_readv_all(ioc, &iov, 1, errp), ==, 0);
    /* In two calls of the class. */
    g_assert_cmpint(qio_channel_writev_all(ioc, &iov, 1, errp), ==, 0);
    assert_calls(ioc, "set_blocking(, flags 1) shutdown(, flags 1) seek(, fds 7) flush() "
                      "readv(3) readv(3) writev(3) writev(1) ");
    object_unref(OBJECT(ioc));
}

/* What a method returns says whether it has failed, R-CHAN-5: an error beside a success is freed. */
static void test_success_with_error(void)
{
    Error *err = NULL;
    size_t before;
    int i;

    succeeds_with_errors(&err);
    g_assert_null(err);
    before = in_use();
    for (i = 0; i < (is_slow() ? 20 : 1000); i++) {
        succeeds_with_errors(NULL);
    }
    /* Not one of those 8,000 is left; a memory checker sees one. */
    g_assert_cmpuint(in_use(), <, before + (64 << 10));
}

static gboolean must_not_run(gpointer data)
{
    g_assert_not_reached();
}

/* A class's own watch ends the wait; nothing else runs meanwhile, R-CHAN-41. */
static void test_wait_foreign(void)
{
    QIOChannel *ioc = scripted_new(0);
    guint idle = g_idle_add_full(G_PRIORITY_HIGH, must_not_run, NULL, NULL);
    int finalized = 0;

    scripted(ioc)->ready = 1;
    scripted(ioc)->finalized = &finalized;
    qio_channel_wait(ioc, G_IO_IN);
    g_assert_cmpint(scripted(ioc)->watches, ==, 1);
    qio_channel_wait(ioc, G_IO_OUT);
    g_assert_cmpint(scripted(ioc)->watches, ==, 2);
    g_source_remove(idle);

    /* The sources are gone, and with them their references. */
    g_assert_cmpuint(OBJECT(ioc)->ref, ==, 1);
    object_unref(OBJECT(ioc));
    g_assert_cmpint(finalized, ==, 1);
}

static gpointer makes_ready(gpointer data)
{
    ScriptedChannel *self = data;
    GSource *source;

    while (!(source = g_atomic_pointer_get(&self->source))) {
        g_thread_yield();
    }
    g_atomic_int_set(&self->ready, 1);
    g_source_set_ready_time(source, 0);
    g_source_unref(source);
    return NULL;
}

/* A wait that begins before the channel is ready. */
static void test_wait_for_thread(void)
{
    QIOChannel *ioc = scripted_new(0);
    GThread *thread;

    scripted(ioc)->keeps_source = true;
    thread = g_thread_new("ready", makes_ready, ioc);
    qio_channel_wait(ioc, G_IO_IN);
    g_assert_cmpint(g_atomic_int_get(&scripted(ioc)->ready), ==, 1);
    g_thread_join(thread);
    g_assert_cmpuint(OBJECT(ioc)->ref, ==, 1);
    object_unref(OBJECT(ioc));
}

static gpointer waits(gpointer data)
{
    qio_channel_wait(data, G_IO_IN);
    return NULL;
}

/* Several threads wait on one channel, R-CHAN-41. */
static void test_wait_threads(void)
{
    QIOChannel *ioc = scripted_new(0);
    GThread *threads[3];
    unsigned int i;

    scripted(ioc)->ready = 1;
    for (i = 0; i < G_N_ELEMENTS(threads); i++) {
        threads[i] = g_thread_new("wait", waits, ioc);
    }
    for (i = 0; i < G_N_ELEMENTS(threads); i++) {
        g_thread_join(threads[i]);
    }
    g_assert_cmpint(scripted(ioc)->watches, ==, 3);
    g_assert_cmpuint(OBJECT(ioc)->ref, ==, 1);
    object_unref(OBJECT(ioc));
}

static void misuse(const char *path, const char *text)
{
    g_test_trap_subprocess(path, 0, 0);
    g_test_trap_assert_failed();
    g_test_trap_assert_stderr(text);
}

static void test_misuse(void)
{
    misuse("/qio/channel/subprocess/null", "*qio_channel_close*ioc*NULL*");
    misuse("/qio/channel/subprocess/no-watch", "*qio_channel_create_watch*io_create_watch*");
    misuse("/qio/channel/subprocess/no-watch-to-add", "*io_create_watch*");
    misuse("/qio/channel/subprocess/no-watch-to-wait", "*io_create_watch*");
    misuse("/qio/channel/subprocess/no-read", "*io_readv*");
    misuse("/qio/channel/subprocess/no-write", "*io_writev*");
    misuse("/qio/channel/subprocess/no-close", "*io_close*");
    misuse("/qio/channel/subprocess/no-set-blocking", "*io_set_blocking*");
#ifdef QIO_HAS_PEERPID
    misuse("/qio/channel/subprocess/no-pid", "*qio_channel_get_peerpid*pid*NULL*");
#endif
#ifdef QIO_HAS_TWO_AIO_CONTEXTS
    misuse("/qio/channel/subprocess/waited-for", "*coroutine*");
#endif
}

static void misuse_null(void)
{
    qio_channel_close(NULL, NULL);
}

static void misuse_no_watch(void)
{
    qio_channel_create_watch(bare_new(0), G_IO_IN);
}

static gboolean never_called(QIOChannel *ioc, GIOCondition condition, gpointer data)
{
    g_assert_not_reached();
}

static void misuse_no_watch_to_add(void)
{
    qio_channel_add_watch(bare_new(0), G_IO_IN, never_called, NULL, NULL);
}

static void misuse_no_watch_to_wait(void)
{
    qio_channel_wait(bare_new(0), G_IO_IN);
}

/* A class that forgot one of the methods that each must have. */
static QIOChannel *lacking(size_t offset)
{
    QIOChannel *ioc = bare_new(0);

    *(void **)((char *)QIO_CHANNEL_GET_CLASS(ioc) + offset) = NULL;
    return ioc;
}

static void misuse_no_read(void)
{
    char byte;

    qio_channel_read(lacking(offsetof(QIOChannelClass, io_readv)), &byte, 1, NULL);
}

static void misuse_no_write(void)
{
    qio_channel_write_all(lacking(offsetof(QIOChannelClass, io_writev)), "x", 1, NULL);
}

static void misuse_no_close(void)
{
    qio_channel_close(lacking(offsetof(QIOChannelClass, io_close)), NULL);
}

static void misuse_no_set_blocking(void)
{
    qio_channel_set_blocking(lacking(offsetof(QIOChannelClass, io_set_blocking)), true, NULL);
}

#ifdef QIO_HAS_PEERPID
static void misuse_no_pid(void)
{
    qio_channel_get_peerpid(scripted_new(1, 0), NULL, NULL);
}
#endif

#ifdef QIO_HAS_TWO_AIO_CONTEXTS
/* R-CHAN-2 */
static void misuse_waited_for(void)
{
    QIOChannel *ioc = scripted_new(0);

    ioc->read_coroutine = (Coroutine *)ioc;
    object_unref(OBJECT(ioc));
}
#endif

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    module_call_init(MODULE_INIT_QOM);
    scripted_register();

    g_test_add_func("/qio/channel/features", test_features);
    g_test_add_func("/qio/channel/features/field", test_features_field);
    g_test_add_func("/qio/channel/features/threads", test_features_threads);
    g_test_add_func("/qio/channel/name", test_name);
    g_test_add_func("/qio/channel/name/threads", test_name_threads);
    g_test_add_func("/qio/channel/abstract", test_abstract);
    g_test_add_func("/qio/channel/set-blocking", test_set_blocking);
    g_test_add_func("/qio/channel/close", test_close);
    g_test_add_func("/qio/channel/shutdown", test_shutdown);
    g_test_add_func("/qio/channel/delay-and-cork", test_delay_and_cork);
    g_test_add_func("/qio/channel/seek", test_seek);
    g_test_add_func("/qio/channel/flush", test_flush);
#ifdef QIO_HAS_PEERPID
    g_test_add_func("/qio/channel/peerpid", test_peerpid);
#endif
#ifdef QIO_HAS_TWO_AIO_CONTEXTS
    g_test_add_func("/qio/channel/follow-coroutine-ctx", test_follow_coroutine_ctx);
#endif
    g_test_add_func("/qio/channel/success-with-error", test_success_with_error);
    g_test_add_func("/qio/channel/wait/foreign", test_wait_foreign);
    g_test_add_func("/qio/channel/wait/for-thread", test_wait_for_thread);
    g_test_add_func("/qio/channel/wait/threads", test_wait_threads);
    g_test_add_func("/qio/channel/misuse", test_misuse);
    g_test_add_func("/qio/channel/subprocess/null", misuse_null);
    g_test_add_func("/qio/channel/subprocess/no-watch", misuse_no_watch);
    g_test_add_func("/qio/channel/subprocess/no-watch-to-add", misuse_no_watch_to_add);
    g_test_add_func("/qio/channel/subprocess/no-watch-to-wait", misuse_no_watch_to_wait);
    g_test_add_func("/qio/channel/subprocess/no-read", misuse_no_read);
    g_test_add_func("/qio/channel/subprocess/no-write", misuse_no_write);
    g_test_add_func("/qio/channel/subprocess/no-close", misuse_no_close);
    g_test_add_func("/qio/channel/subprocess/no-set-blocking", misuse_no_set_blocking);
#ifdef QIO_HAS_PEERPID
    g_test_add_func("/qio/channel/subprocess/no-pid", misuse_no_pid);
#endif
#ifdef QIO_HAS_TWO_AIO_CONTEXTS
    g_test_add_func("/qio/channel/subprocess/waited-for", misuse_waited_for);
#endif
    return g_test_run();
}
