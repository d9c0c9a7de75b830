/*
 * Trace events as lines of text: QIO_TRACE, QIO_TRACE_FILE, and qio/trace.h (R-TRACE-7 to R-TRACE-9).
 *
 * The program starts itself again, with the environment of each test and the name of what to do.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "io/channel-file.h"
#include "io/task.h"
#include "qapi/error.h"
#include "qio/trace.h"
#include "qom/object.h"

#include <pthread.h>
#include <sys/wait.h>

static const char *self;

/* What the program does when started again ------------------------------------------ */

/* One event: qio_channel_file_new_fd. */
static void take_fd(void)
{
    object_unref(OBJECT(qio_channel_file_new_fd(-1)));
}

static void open_null(void)
{
    object_unref(OBJECT(qio_channel_file_new_path("/dev/null", O_WRONLY, 0600, &error_abort)));
}

static void ended(QIOTask *task, gpointer opaque)
{
    *(bool *)opaque = true;
}

static void worker(QIOTask *task, gpointer opaque)
{
    take_fd();
}

static void do_task(void)
{
    Object *source = OBJECT(qio_channel_file_new_fd(-1));
    bool done = false;
    QIOTask *task = qio_task_new(source, ended, &done, NULL);

    qio_task_run_in_thread(task, worker, NULL, NULL, NULL);
    while (!done) {
        g_main_context_iteration(NULL, true);
    }
    object_unref(source);
}

static void do_both(void)
{
    take_fd();
    open_null();
}

enum { THREADS = 4, EVENTS = 3000 };

static void *many(void *opaque)
{
    pthread_setname_np(pthread_self(), opaque);
    for (int i = 0; i < EVENTS; i++) {
        take_fd();
    }
    return NULL;
}

static void do_threads(void)
{
    pthread_t threads[THREADS];
    static char names[THREADS][16];

    for (int i = 0; i < THREADS; i++) {
        g_snprintf(names[i], sizeof(names[i]), "many %d", i);
        g_assert_cmpint(pthread_create(&threads[i], NULL, many, names[i]), ==, 0);
    }
    for (int i = 0; i < THREADS; i++) {
        g_assert_cmpint(pthread_join(threads[i], NULL), ==, 0);
    }
}

static void *one(void *opaque)
{
    take_fd();
    return NULL;
}

/* More threads, one after the other, than rings that could be kept. */
static void do_short_threads(void)
{
    for (int i = 0; i < 500; i++) {
        pthread_t thread;

        g_assert_cmpint(pthread_create(&thread, NULL, one, NULL), ==, 0);
        g_assert_cmpint(pthread_join(thread, NULL), ==, 0);
    }
}

static void at_exit(void)
{
    open_null();
}

__attribute__((destructor)) static void at_the_end(void)
{
    if (g_strcmp0(g_getenv("TRACE_TEST_DO"), "exit") == 0) {
        take_fd();
    }
}

static void do_exit(void)
{
    atexit(at_exit);
    take_fd();
}

static void do_flush(void)
{
    take_fd();
    qio_trace_flush();
    _exit(0);
}

/* The writer comes by itself: nobody flushes, and the program doesn't end. */
static void do_wait(void)
{
    struct stat st = { .st_size = 0 };

    take_fd();
    while (st.st_size == 0) {
        g_usleep(1000);
        g_assert_cmpint(stat(g_getenv("QIO_TRACE_FILE"), &st), ==, 0);
    }
    _exit(0);
}

static void do_fork(void)
{
    int status;
    pid_t child;

    take_fd();
    child = fork();
    g_assert_cmpint(child, >=, 0);
    if (child == 0) {
        open_null();
        exit(0);
    }
    g_assert_cmpint(waitpid(child, &status, 0), ==, child);
    g_assert_cmpint(status, ==, 0);
    take_fd();
}

/* What a failure's errno was is not that of a trace: writing fails with ENOSPC, in this very thread. */
static void do_errno(void)
{
    for (int i = 0; i < EVENTS; i++) {
        QIOChannelFile *file;

        errno = EXDEV;
        file = qio_channel_file_new_fd(-1);
        g_assert_cmpint(errno, !=, ENOSPC);
        object_unref(OBJECT(file));
    }
}

static void do_calls(void)
{
    const char *file = g_getenv("TRACE_TEST_FILE");
    Error *err = NULL;

    do_both();
    g_assert_true(qio_trace_set_file(file, &error_abort));
    do_both();
    g_assert_true(qio_trace_enable("qio_channel_file_*", &error_abort));
    do_both();
    g_assert_true(qio_trace_disable("*_fd", &error_abort));
    do_both();

    g_assert_false(qio_trace_enable("*,qio_nothing,x\ny", &err));
    g_assert_cmpstr(error_get_pretty(err), ==, "No trace event matches 'qio_nothing', 'x\\ny'");
    error_free(err);
    err = NULL;
    g_assert_false(qio_trace_disable("*,", &err));
    g_assert_cmpstr(error_get_pretty(err), ==, "No trace event matches ''");
    error_free(err);
    err = NULL;
    g_assert_false(qio_trace_set_file("/no/such/file", &err));
    g_assert_cmpstr(error_get_pretty(err), ==,
                    "Unable to write the trace to /no/such/file: No such file or directory");
    error_free(err);
    g_assert_false(qio_trace_enable("nothing", NULL));
    do_both();

    /* What waits goes to where it belongs. */
    g_assert_true(qio_trace_set_file(NULL, &error_abort));
    open_null();
    g_assert_true(qio_trace_disable("*", &error_abort));
    do_both();
}

/* The disk is full; then it is another one. */
static void do_full(void)
{
    do_threads();
    qio_trace_flush();
    g_assert_true(qio_trace_set_file(g_getenv("TRACE_TEST_FILE"), &error_abort));
    take_fd();
}

/* A daemon closes what it doesn't know, and gets the numbers for files of its own. */
static void do_close_all(void)
{
    int own;

    for (int fd = 3; fd < 100; fd++) {
        close(fd);
    }
    own = open(g_getenv("TRACE_TEST_FILE"), O_WRONLY | O_CREAT, 0600);
    for (int fd = 3; fd < 20; fd++) {
        if (fd != own) {
            dup2(own, fd);
        }
    }
    take_fd();
}

static const struct {
    const char *name;
    void (*function)(void);
} works[] = {
    { "task", do_task }, { "both", do_both }, { "threads", do_threads }, { "short-threads", do_short_threads },
    { "exit", do_exit }, { "flush", do_flush }, { "wait", do_wait }, { "fork", do_fork }, { "errno", do_errno },
    { "calls", do_calls }, { "full", do_full }, { "close-all", do_close_all },
};

/* The tests ------------------------------------------------------------------------- */

typedef struct Trace {
    char *file; /* QIO_TRACE_FILE */
    char *other; /* TRACE_TEST_FILE */
    char *err; /* what came on standard error */
} Trace;

static char *new_name(void)
{
    char *name = g_strdup("/tmp/qio-trace-XXXXXX");
    int fd = g_mkstemp(name);

    g_assert_cmpint(fd, >=, 0);
    close(fd);
    return name;
}

/* Runs a work of the list; @file NULL: without QIO_TRACE_FILE. */
static Trace run(const char *work, const char *patterns, const char *file)
{
    Trace trace = { .file = g_strdup(file), .other = new_name() };
    char *argv[] = { (char *)self, NULL };
    char **env = g_get_environ();
    g_autoptr(GError) error = NULL;
    int status;

    env = g_environ_setenv(env, "TRACE_TEST_DO", work, true);
    env = g_environ_setenv(env, "TRACE_TEST_FILE", trace.other, true);
    env = g_environ_unsetenv(env, "QIO_TRACE");
    env = g_environ_unsetenv(env, "QIO_TRACE_FILE");
    if (patterns) {
        env = g_environ_setenv(env, "QIO_TRACE", patterns, true);
    }
    if (file) {
        env = g_environ_setenv(env, "QIO_TRACE_FILE", file, true);
    }
    g_assert_true(g_spawn_sync(NULL, argv, env, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, &trace.err, &status, &error));
    g_strfreev(env);
    if (status != 0) {
        g_test_message("%s: status %d: %s", work, status, trace.err);
    }
    g_assert_cmpint(status, ==, 0);
    return trace;
}

static Trace run_to_file(const char *work, const char *patterns)
{
    g_autofree char *name = new_name();

    return run(work, patterns, name);
}

static void end(Trace *trace)
{
    if (trace->file && !g_str_has_prefix(trace->file, "/dev/") && !g_str_has_prefix(trace->file, "/no/")) {
        g_assert_cmpint(unlink(trace->file), ==, 0);
    }
    g_assert_cmpint(unlink(trace->other), ==, 0);
    g_free(trace->file);
    g_free(trace->other);
    g_free(trace->err);
}

static char *contents(const char *file)
{
    char *text;

    g_assert_true(g_file_get_contents(file, &text, NULL, NULL));
    return text;
}

/* Holds each line to what a line is, and the lines to the order of time; the names of the events. */
static char *names_in(const char *text)
{
    g_autoptr(GRegex) regex = g_regex_new("^(\\d+\\.\\d{9}) (\\d+) \\[(.*)\\] (qio_\\w+)((?: \\w+=(?:0x[0-9a-f]+|"
                                          "\\(nil\\)|-?\\d+|\\(null\\)|\"[^\"]*\"))+)$", 0, 0, NULL);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    GString *names = g_string_new("");
    g_autofree char *before = g_strdup("");

    g_assert_nonnull(regex);
    for (char **line = lines; *line && (**line || line[1]); line++) {
        g_autoptr(GMatchInfo) match = NULL;

        if (!g_regex_match(regex, *line, 0, &match)) {
            g_error("not a line: %s", *line);
        }
        char *time = g_match_info_fetch(match, 1);
        g_autofree char *name = g_match_info_fetch(match, 4);

        g_assert_true(strlen(before) < strlen(time) || strcmp(before, time) <= 0);
        g_free(before);
        before = time;
        g_string_append_printf(names, "%s ", name + strlen("qio_"));
    }
    return g_string_free(names, false);
}

static void check_names(const char *text, const char *expected)
{
    g_autofree char *names = names_in(text);

    g_assert_cmpstr(names, ==, expected);
}

static void check_file(const char *file, const char *expected)
{
    g_autofree char *text = contents(file);

    check_names(text, expected);
}

static int count(const char *text, const char *what)
{
    int found = 0;

    while ((text = strstr(text, what))) {
        found++;
        text += strlen(what);
    }
    return found;
}

static int lines_in(const char *file)
{
    g_autofree char *text = contents(file);

    g_free(names_in(text));
    return count(text, "\n");
}

#define FD "channel_file_new_fd "
#define PATH "channel_file_new_path "

/* R-TRACE-5, R-TRACE-7 */
static void test_task(void)
{
    Trace trace = run_to_file("task", "*,-qio_task_thread_submit");
    g_autofree char *text = contents(trace.file);
    g_autofree char *names = names_in(text);
    g_autofree char *argument = g_strdup_printf("qio_task_thread_start task=0x");
    g_autofree char *delivered = NULL;
    g_auto(GStrv) others = NULL;

    g_assert_cmpstr(trace.err, ==, "");
    /* What the threads do at once comes in any order. */
    g_assert_true(g_str_has_prefix(names, FD "task_new task_thread_start task_thread_run " FD "task_thread_exit "));
    g_assert_true(g_str_has_suffix(names, "task_complete ") || g_str_has_suffix(names, "source_attach "));
    /* The worker's last event may come in between, or after the end of the program. */
    others = g_strsplit(names, "task_thread_source_attach ", -1);
    delivered = g_strjoinv("", others);
    g_assert_cmpint(g_strv_length(others), <=, 2);
    g_assert_nonnull(strstr(delivered, "task_thread_result task_callback task_complete "));
    g_assert_nonnull(strstr(text, argument));
    g_assert_nonnull(strstr(text, "opaque=(nil)\n"));
    g_assert_nonnull(strstr(text, "[io-task-worker] qio_task_thread_run task=0x"));
    g_assert_nonnull(strstr(text, "fd=-1\n"));
    end(&trace);
}

/* R-TRACE-7, R-TRACE-8 */
static void test_standard_error(void)
{
    Trace trace = run("both", "qio_channel_*", NULL);

    check_names(trace.err, FD PATH);
    g_assert_nonnull(strstr(trace.err, " path=\"/dev/null\" flags="));
    end(&trace);
    trace = run("both", NULL, NULL);
    g_assert_cmpstr(trace.err, ==, "");
    end(&trace);
}

/* R-TRACE-7 */
static void test_patterns(void)
{
    static const struct {
        const char *patterns, *expected;
    } cases[] = {
        { "*", FD PATH },
        { "*,-qio_channel_*", "" },
        { "qio_channel_file_*,-*_fd", PATH },
        { "-*_fd,qio_channel_file_*", FD PATH },
        { "qio_channel_file_new_fd, qio_task_*", FD },
        { "qio_channel_file_new_??", FD },
        { "-*", "" },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        Trace trace = run_to_file("both", cases[i].patterns);

        check_file(trace.file, cases[i].expected);
        g_assert_cmpstr(trace.err, ==, "");
        end(&trace);
    }
}

/* R-TRACE-9 */
static void test_wrong_patterns(void)
{
    Trace trace = run_to_file("both", "qio_*,qio_nothing,-*_fd,");

    check_file(trace.file, PATH);
    g_assert_cmpstr(trace.err, ==, "libqio: QIO_TRACE: No trace event matches 'qio_nothing', ''\n");
    end(&trace);
    trace = run("both", "", NULL);
    g_assert_cmpstr(trace.err, ==, "libqio: QIO_TRACE: No trace event matches ''\n");
    end(&trace);
}

/* R-TRACE-9 */
static void test_unwritable(void)
{
    Trace trace = run("both", "*", "/no/such/file");

    g_assert_cmpstr(trace.err, ==, "libqio: QIO_TRACE_FILE: Unable to write the trace to /no/such/file: "
                    "No such file or directory\n");
    end(&trace);
}

/* R-TRACE-9 */
static void test_full(void)
{
    Trace trace = run("full", "*", "/dev/full");

    g_assert_cmpstr(trace.err, ==, "libqio: tracing stops: its file can't be written: No space left on device\n");
    check_file(trace.other, FD);
    end(&trace);
    trace = run("errno", "*", "/dev/full");
    g_assert_cmpstr(trace.err, ==, "libqio: tracing stops: its file can't be written: No space left on device\n");
    end(&trace);
}

/* R-TRACE-9 */
static void test_closed(void)
{
    Trace trace = run_to_file("close-all", "*");

    g_assert_cmpstr(trace.err, ==, "libqio: tracing stops: its file can't be written: Bad file descriptor\n");
    g_assert_cmpint(lines_in(trace.other), ==, 0);
    end(&trace);
}

/* R-TRACE-8 */
static void test_threads(void)
{
    Trace trace = run_to_file("threads", "*");
    g_autofree char *text = contents(trace.file);

    g_assert_cmpint(lines_in(trace.file), ==, THREADS * EVENTS);
    for (int i = 0; i < THREADS; i++) {
        g_autofree char *name = g_strdup_printf(" [many %d] qio_channel_file_new_fd ", i);

        g_assert_cmpint(count(text, name), ==, EVENTS);
    }
    end(&trace);
    trace = run_to_file("short-threads", "*");
    g_assert_cmpint(lines_in(trace.file), ==, 500);
    end(&trace);
}

/* R-TRACE-8 */
static void test_exit(void)
{
    Trace trace = run_to_file("exit", "*");

    check_file(trace.file, FD PATH FD);
    end(&trace);
    trace = run_to_file("flush", "*");
    check_file(trace.file, FD);
    end(&trace);
    trace = run_to_file("wait", "*");
    check_file(trace.file, FD);
    end(&trace);
}

/* R-TRACE-8: each line once, by the process whose it is. */
static void test_fork(void)
{
    Trace trace = run_to_file("fork", "*");
    g_autofree char *text = contents(trace.file);

    g_assert_cmpint(count(text, "\n"), ==, 3);
    g_assert_cmpint(count(text, "qio_channel_file_new_fd"), ==, 2);
    g_assert_cmpint(count(text, "qio_channel_file_new_path"), ==, 1);
    end(&trace);
}

/* R-TRACE-8 */
static void test_append(void)
{
    Trace first = run_to_file("both", "*"), second = run("both", "*", first.file);

    check_file(first.file, FD PATH FD PATH);
    g_free(second.file);
    second.file = NULL;
    end(&second);
    end(&first);
}

/* R-TRACE-7, R-TRACE-8, R-TRACE-9 */
static void test_calls(void)
{
    Trace trace = run("calls", NULL, NULL);

    check_file(trace.other, FD PATH PATH PATH);
    check_names(trace.err, PATH);
    end(&trace);
}

int main(int argc, char **argv)
{
    const char *work = g_getenv("TRACE_TEST_DO");

    self = argv[0];
    module_call_init(MODULE_INIT_QOM);
    for (size_t i = 0; work && i < G_N_ELEMENTS(works); i++) {
        if (strcmp(work, works[i].name) == 0) {
            works[i].function();
            return 0;
        }
    }
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/qio/trace-lines/task", test_task);
    g_test_add_func("/qio/trace-lines/standard-error", test_standard_error);
    g_test_add_func("/qio/trace-lines/patterns", test_patterns);
    g_test_add_func("/qio/trace-lines/wrong-patterns", test_wrong_patterns);
    g_test_add_func("/qio/trace-lines/unwritable", test_unwritable);
    g_test_add_func("/qio/trace-lines/full", test_full);
    g_test_add_func("/qio/trace-lines/closed", test_closed);
    g_test_add_func("/qio/trace-lines/threads", test_threads);
    g_test_add_func("/qio/trace-lines/exit", test_exit);
    g_test_add_func("/qio/trace-lines/fork", test_fork);
    g_test_add_func("/qio/trace-lines/append", test_append);
    g_test_add_func("/qio/trace-lines/calls", test_calls);
    return g_test_run();
}
