/*
 * qio/debug.h: a dump of tasks (R-DUMP-1 to R-DUMP-6).
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "io/channel-file.h"
#include "io/channel-null.h"
#include "io/task.h"
#include "qio/ext.h"
#include "qapi/error.h"
#include "qom/object.h"

#include "dump.h"
#include "rounds.h"
#include "task-log.h"

#include <pthread.h>
#include <semaphore.h>
#include <sys/syscall.h>
#include <sys/wait.h>

typedef struct Held {
    sem_t running;
    sem_t go_on;
    pid_t thread;
    int calls;
} Held;

static void held_init(Held *held)
{
    sem_init(&held->running, 0, 0);
    sem_init(&held->go_on, 0, 0);
    held->thread = 0;
    held->calls = 0;
}

static void wait_for(sem_t *semaphore)
{
    while (sem_wait(semaphore)) {
        g_assert_cmpint(errno, ==, EINTR);
    }
}

static void worker_is_held(QIOTask *task, gpointer opaque)
{
    Held *held = opaque;

    held->thread = syscall(SYS_gettid);
    sem_post(&held->running);
    wait_for(&held->go_on);
}

static void func_counts(QIOTask *task, gpointer opaque)
{
    Held *held = opaque;

    held->calls++;
}

static void func_dumps(QIOTask *task, gpointer opaque)
{
    Held *held = opaque;
    g_autofree char *words = g_strdup_printf(" thread=%ld ", syscall(SYS_gettid));

    assert_dumped("task", task, " state=delivering ");
    assert_dumped("task", task, words);
    held->calls++;
}

/* Until the task is in this state; nothing tells of it. */
static void await_state(QIOTask *task, const char *state)
{
    for (;;) {
        g_autofree char *line = dump_line("task", task);

        g_assert_nonnull(line);
        if (strstr(line, state)) {
            return;
        }
        g_usleep(1000);
    }
}

/* R-DUMP-1, R-DUMP-5 */
static void test_states(void)
{
    Object *source = OBJECT(qio_channel_null_new());
    GMainContext *context = g_main_context_new();
    g_autofree char *place = g_strdup_printf(" source=%p context=%p", source, context);
    g_autofree char *thread = NULL;
    QIOTask *task;
    Held held;

    held_init(&held);
    task = qio_task_new(source, func_dumps, &held, NULL);
    assert_dumped("task", task, " state=manual ");
    assert_dumped("task", task, " func=test-debug-dump+0x");
    qio_task_run_in_thread(task, worker_is_held, &held, NULL, context);
    wait_for(&held.running);
    assert_dumped("task", task, " state=running ");
    thread = g_strdup_printf(" thread=%d worker=test-debug-dump+0x", held.thread);
    assert_dumped("task", task, thread);
    assert_dumped("task", task, place);
    sem_post(&held.go_on);
    await_state(task, " state=finished ");
    while (!held.calls) {
        g_main_context_iteration(context, true);
    }
    assert_not_dumped("task", task);
    g_main_context_unref(context);
    object_unref(source);
}

/* R-DUMP-5 */
static void test_names(void)
{
    /* It may be called with anything. */
    QIOTask *task = qio_task_new(NULL, (QIOTaskFunc)(void (*)(void))g_direct_equal, NULL, NULL);

    assert_dumped("task", task, " func=g_direct_equal source=(nil)");
    complete_and_free(task);
}

/* R-DUMP-1, R-DUMP-5, R-EXT-17: a task that has a name is shown by it, as much of it as there is room for; one
 * without pays for none. */
static void test_terms(void)
{
    QIOTaskGroup *group = qio_task_group_new(1);
    QIOTaskOptions options = {
        .size = sizeof(options), .name = "sum of the \"ledgers\" of all years so far, once more", .group = group,
    };
    QIOTask *tasks[4];
    Held held;

    held_init(&held);
    for (size_t i = 0; i < G_N_ELEMENTS(tasks); i++) {
        tasks[i] = qio_task_new(NULL, func_counts, &held, NULL);
    }
    qio_task_run_in_thread_full(tasks[0], worker_is_held, &held, NULL, NULL, &options);
    wait_for(&held.running);
    assert_dumped("task", tasks[0], "s name=\"sum of the \\\"ledgers\\\" of all years so far\" age=");
    assert_dumped("task", tasks[0], " state=running ");
    options.name = "J\303\244hrlich\n";
    qio_task_run_in_thread_full(tasks[1], worker_is_held, &held, NULL, NULL, &options);
    assert_dumped("task", tasks[1], " state=queued for=");
    assert_dumped("task", tasks[1], "s name=\"J\\xc3\\xa4hrlich\\x0a\" age=");
    options.name = NULL;
    qio_task_run_in_thread_full(tasks[2], worker_is_held, &held, NULL, NULL, &options);
    qio_task_run_in_thread_full(tasks[3], worker_is_held, &held, NULL, NULL, NULL);
    for (size_t i = 2; i < G_N_ELEMENTS(tasks); i++) {
        g_autofree char *line = dump_line("task", tasks[i]);

        g_assert_nonnull(line);
        g_assert_null(strstr(line, " name="));
    }
    for (size_t i = 0; i < G_N_ELEMENTS(tasks); i++) {
        sem_post(&held.go_on);
    }
    while (held.calls < (int)G_N_ELEMENTS(tasks)) {
        g_main_context_iteration(NULL, true);
    }
    qio_task_group_unref(group);
}

/* R-DUMP-5 */
static void test_default_context(void)
{
    Held held;
    QIOTask *task;

    held_init(&held);
    task = qio_task_new(NULL, func_counts, &held, NULL);
    qio_task_run_in_thread(task, worker_is_held, &held, NULL, NULL);
    assert_dumped("task", task, " (default)");
    sem_post(&held.go_on);
    while (!held.calls) {
        g_main_context_iteration(NULL, true);
    }
}

static int log_of_handler = -1;
static sig_atomic_t dumps;

static void handler_dumps(int signal)
{
    int before = errno;

    errno = 12345;
    if (ftruncate(log_of_handler, 0) || lseek(log_of_handler, 0, SEEK_SET) || qio_debug_dump(log_of_handler) || errno != 12345) {
        abort();
    }
    dumps++;
    errno = before;
}

/* R-DUMP-1, R-DUMP-2, R-DUMP-4: where it interrupts the allocator, the loader, the making and the freeing of
 * objects. */
static void test_signal_handler(void)
{
    struct sigaction action = { .sa_handler = handler_dumps, .sa_flags = SA_RESTART };
    struct itimerval often = { { 0, 300 }, { 0, 300 } };
    struct itimerval never = { { 0, 0 }, { 0, 0 } };
    g_autofree char *text = NULL;
    Held held;

    held_init(&held);
    log_of_handler = memfd_create("dump", MFD_CLOEXEC);
    g_assert_cmpint(sigaction(SIGALRM, &action, NULL), ==, 0);
    dumps = 0;
    g_assert_cmpint(setitimer(ITIMER_REAL, &often, NULL), ==, 0);
    while (dumps < (is_slow() ? 50 : 200)) {
        void *memory = malloc(100 + dumps);
        complete_and_free(qio_task_new(NULL, func_counts, &held, NULL));
        object_unref(OBJECT(qio_channel_null_new()));
        free(memory);
    }
    g_assert_cmpint(setitimer(ITIMER_REAL, &never, NULL), ==, 0);
    /* For good: one may still be on its way. */
    action.sa_handler = SIG_IGN;
    g_assert_cmpint(sigaction(SIGALRM, &action, NULL), ==, 0);
    g_assert_cmpint(ftruncate(log_of_handler, 0), ==, 0);
    g_assert_cmpint(lseek(log_of_handler, 0, SEEK_SET), ==, 0);
    g_assert_cmpint(qio_debug_dump(log_of_handler), ==, 0);
    text = memory_text(log_of_handler);
    assert_whole(text);
    close(log_of_handler);
}

enum { THREADS = 4 };
static gint stop;

static void *make_and_free(void *opaque)
{
    Held held;
    int made = 0;

    held_init(&held);
    while (!g_atomic_int_get(&stop)) {
        QIOTask *task = qio_task_new(NULL, func_counts, &held, NULL);
        QIOChannel *ioc = QIO_CHANNEL(qio_channel_file_new_fd(-1));

        qio_channel_set_name(ioc, made % 2 ? "odd" : "even");
        complete_and_free(task);
        object_unref(OBJECT(ioc));
        made++;
    }
    return NULL;
}

/* R-DUMP-1, R-DUMP-3 */
static void test_threads(void)
{
    pthread_t threads[THREADS];

    g_atomic_int_set(&stop, 0);
    for (int i = 0; i < THREADS; i++) {
        g_assert_cmpint(pthread_create(&threads[i], NULL, make_and_free, NULL), ==, 0);
    }
    for (int i = 0; i < (is_slow() ? 50 : 200); i++) {
        g_autofree char *text = dump_text();

        assert_whole(text);
    }
    g_atomic_int_set(&stop, 1);
    for (int i = 0; i < THREADS; i++) {
        g_assert_cmpint(pthread_join(threads[i], NULL), ==, 0);
    }
}

/* R-DUMP-4: descriptors that take nothing: a full pipe and a full socket block nothing, none raises SIGPIPE. */
static void test_descriptors(void)
{
    int ends[2];
    char bytes[4096] = { 0 };
    g_autofree char *text = NULL;

    g_assert_cmpint(qio_debug_dump(-1), ==, -1);
    g_assert_cmpint(errno, ==, EBADF);

    g_assert_cmpint(pipe(ends), ==, 0);
    fcntl(ends[1], F_SETFL, O_NONBLOCK);
    while (write(ends[1], bytes, sizeof(bytes)) > 0) {
    }
    fcntl(ends[1], F_SETFL, 0);
    g_assert_cmpint(qio_debug_dump(ends[1]), ==, -1);
    g_assert_cmpint(errno, ==, EAGAIN);
    g_assert_cmpint(fcntl(ends[1], F_GETFL) & O_NONBLOCK, ==, 0);
    close(ends[0]);
    g_assert_cmpint(qio_debug_dump(ends[1]), ==, -1);
    g_assert_cmpint(errno, ==, EPIPE);
    close(ends[1]);

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), ==, 0);
    g_assert_cmpint(qio_debug_dump(ends[1]), ==, 0);
    g_assert_cmpint(recv(ends[0], bytes, sizeof(bytes) - 1, 0), >, 0);
    g_assert_true(g_str_has_prefix(bytes, "libqio: process="));
    while (send(ends[1], bytes, sizeof(bytes), MSG_DONTWAIT) > 0) {
    }
    g_assert_cmpint(qio_debug_dump(ends[1]), ==, -1);
    g_assert_cmpint(errno, ==, EAGAIN);
    close(ends[0]);
    g_assert_cmpint(qio_debug_dump(ends[1]), ==, -1);
    g_assert_cmpint(errno, ==, EPIPE);
    close(ends[1]);
}

/* R-DUMP-2, R-DUMP-6: a child has its parent's tasks, which will never be delivered there, and goes on with its own. */
static void test_fork(void)
{
    Held held;
    QIOTask *task;
    pid_t child;
    int status;

    held_init(&held);
    task = qio_task_new(NULL, func_counts, &held, NULL);
    qio_task_run_in_thread(task, worker_is_held, &held, NULL, NULL);
    wait_for(&held.running);
    child = fork();
    if (child == 0) {
        QIOTask *own = qio_task_new(NULL, func_counts, &held, NULL);
        g_autofree char *text = dump_text();
        g_autofree char *line = dump_line_in(text, "task", task);
        g_autofree char *process = g_strdup_printf("libqio: process=%d ", getpid());

        assert_whole(text);
        g_assert_true(g_str_has_prefix(text, process));
        g_assert_nonnull(strstr(line, " (of the parent process)"));
        assert_dumped("task", own, " state=manual ");
        complete_and_free(own);
        g_clear_pointer(&text, g_free);
        g_clear_pointer(&line, g_free);
        g_clear_pointer(&process, g_free);
        _exit(0);
    }
    g_assert_cmpint(waitpid(child, &status, 0), ==, child);
    g_assert_cmpint(status, ==, 0);
    sem_post(&held.go_on);
    while (!held.calls) {
        g_main_context_iteration(NULL, true);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    module_call_init(MODULE_INIT_QOM);
    probe_register();
    g_test_add_func("/debug-dump/tasks/states", test_states);
    g_test_add_func("/debug-dump/tasks/names", test_names);
    g_test_add_func("/debug-dump/tasks/terms", test_terms);
    g_test_add_func("/debug-dump/tasks/default-context", test_default_context);
    g_test_add_func("/debug-dump/signal-handler", test_signal_handler);
    g_test_add_func("/debug-dump/threads", test_threads);
    g_test_add_func("/debug-dump/descriptors", test_descriptors);
    g_test_add_func("/debug-dump/fork", test_fork);
    return g_test_run();
}
