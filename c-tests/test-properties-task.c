/*
 * Rows T3 to T10 of docs/spec/properties.md, one test each.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "probe-object.h"
#include "rounds.h"
#include "task-counters.h"

/* T3: a source that is always ready doesn't hold completions up for ever, nor reorders them. */
static gboolean always_ready(gpointer opaque)
{
    (*(int *)opaque)++;
    return G_SOURCE_CONTINUE;
}

static GSource *attach_always_ready(int *rounds, GMainContext *context)
{
    GSource *source = g_idle_source_new();

    g_source_set_priority(source, G_PRIORITY_DEFAULT);
    g_source_set_callback(source, always_ready, rounds, NULL);
    g_source_attach(source, context);
    return source;
}

typedef struct Starved {
    GString *order;
    int *rounds;
    int rounds_at_delivery;
    char number;
} Starved;

static void func_notes_rounds(QIOTask *task, gpointer opaque)
{
    Starved *starved = opaque;

    g_string_append_c(starved->order, starved->number);
    starved->rounds_at_delivery = *starved->rounds;
}

static void test_t3(void)
{
    GMainContext *context = g_main_context_new();
    GString *order = g_string_new(NULL);
    int rounds = 0, rounds_before, i;
    gint64 begin = g_get_monotonic_time();
    Starved starved[2];
    GSource *busy;

    /* The first one is armed before the second is started, so the order is known. */
    for (i = 0; i < 2; i++) {
        starved[i] = (Starved) { order, &rounds, 0, 'a' + i };
        qio_task_run_in_thread(qio_task_new(NULL, func_notes_rounds, &starved[i], NULL),
                               worker_returns, NULL, NULL, context);
        while (i == 0 && !g_main_context_pending(context)) {
            g_thread_yield();
        }
    }
    busy = attach_always_ready(&rounds, context);
    rounds_before = rounds;
    while (order->len < 2) {
        g_main_context_iteration(context, TRUE);
    }
    /* Held up for both: so many iterations and so long. Not earlier, or it would jump the queue. */
    g_assert_cmpint(starved[0].rounds_at_delivery - rounds_before, >=, 900);
    g_assert_cmpint(g_get_monotonic_time() - begin, >=, 100 * 1000);
    g_assert_cmpstr(order->str, ==, "ab");
    g_source_destroy(busy);
    g_source_unref(busy);
    g_assert_false(g_main_context_pending(context));
    g_main_context_unref(context);
    g_string_free(order, TRUE);
}

/* T3, what must stay: without starvation, events of default priority that are pending go first. */
static gboolean note_event(gpointer opaque)
{
    g_string_append_c(opaque, 'e');
    return G_SOURCE_REMOVE;
}

static void test_t3_priority(void)
{
    GMainContext *context = g_main_context_new();
    GString *order = g_string_new(NULL);
    int rounds = 0;
    Starved task = { order, &rounds, 0, 't' };
    GSource *event = g_idle_source_new();

    qio_task_run_in_thread(qio_task_new(NULL, func_notes_rounds, &task, NULL),
                           worker_returns, NULL, NULL, context);
    while (!g_main_context_pending(context)) {
        g_thread_yield();
    }
    g_source_set_priority(event, G_PRIORITY_DEFAULT);
    g_source_set_callback(event, note_event, order, NULL);
    g_source_attach(event, context);
    while (order->len < 2) {
        g_main_context_iteration(context, TRUE);
    }
    g_assert_cmpstr(order->str, ==, "et");
    g_source_unref(event);
    g_main_context_unref(context);
    g_string_free(order, TRUE);
}

/* T4: a context that never runs again frees its finished tasks. */
static void func_must_not_run(QIOTask *task, gpointer opaque)
{
    g_assert_not_reached();
}

static void test_t4(void)
{
    enum { N = 3 };
    GMainContext *context = g_main_context_new();
    int task_data = 0, worker_data = 0, results = 0, finalized = 0, i;

    for (i = 0; i < N; i++) {
        Object *source = probe_new(&finalized);
        QIOTask *task = qio_task_new(source, func_must_not_run, &task_data, destroy_counts);

        object_unref(source);
        qio_task_set_result_pointer(task, &results, destroy_counts);
        qio_task_run_in_thread(task, worker_returns, &worker_data, destroy_counts, context);
    }
    while (!g_main_context_pending(context)) {
        g_thread_yield();
    }
    g_main_context_unref(context);
    /* A worker that had not ended yet does the rest. */
    while (g_atomic_int_get(&finalized) < N) {
        g_thread_yield();
    }
    g_assert_cmpint(task_data, ==, N);
    g_assert_cmpint(worker_data, ==, N);
    g_assert_cmpint(results, ==, N);
    g_assert_cmpint(finalized, ==, N);
}

/* T4 while the worker runs: the same when it ends. */
static void test_t4_running(void)
{
    GMainContext *context = g_main_context_new();
    Gate gate = { .open = FALSE };
    int task_data = 0, finalized = 0;
    Object *source = probe_new(&finalized);
    QIOTask *task = qio_task_new(source, func_must_not_run, &task_data, destroy_counts);

    object_unref(source);
    qio_task_run_in_thread(task, worker_waits_at_gate, &gate, NULL, context);
    g_main_context_unref(context);
    g_assert_cmpint(g_atomic_int_get(&finalized), ==, 0);
    gate_open(&gate);
    while (g_atomic_int_get(&finalized) == 0) {
        g_thread_yield();
    }
    g_assert_cmpint(task_data, ==, 1);
}

/* T5: freeing an uncompleted task releases everything and calls nothing. */
#ifdef QIO_HAS_TASK_FREE
static void test_t5(void)
{
    int task_data = 0, results = 0, finalized = 0;
    Object *source = probe_new(&finalized);
    QIOTask *task = qio_task_new(source, func_must_not_run, &task_data, destroy_counts);
    Error *err = NULL;

    object_unref(source);
    qio_task_set_result_pointer(task, &results, destroy_counts);
    error_setg(&err, "nobody asks");
    qio_task_set_error(task, err);
    qio_task_free(task);
    g_assert_cmpint(task_data, ==, 1);
    g_assert_cmpint(results, ==, 1);
    g_assert_cmpint(finalized, ==, 1);
}

/* T5 while the worker runs (W-TASK-4): nothing it uses goes before it has ended. */
static void test_t5_running(void)
{
    GMainContext *context = g_main_context_new();
    Gate gate = { .open = FALSE };
    int task_data = 0, worker_ended = 0, finalized = 0;
    Object *source = probe_new(&finalized);
    QIOTask *task = qio_task_new(source, func_must_not_run, &task_data, destroy_counts);

    object_unref(source);
    qio_task_run_in_thread(task, worker_waits_at_gate, &gate, NULL, context);
    qio_task_free(task);
    g_assert_cmpint(task_data, ==, 1);
    g_assert_cmpint(finalized, ==, 0);
    gate_open(&gate);
    run_until(&finalized, 1, context);
    g_assert_cmpint(task_data, ==, 1);
    g_assert_cmpint(worker_ended, ==, 0);
    g_main_context_unref(context);
}
#endif

/* T6: wait_thread races with the worker's end and the delivery: one callback each time. */
typedef struct Counts {
    int calls;
    int destroyed;
} Counts;

static void func_counts_calls(QIOTask *task, gpointer opaque)
{
    ((Counts *)opaque)->calls++;
}

static void destroy_counts_ends(gpointer opaque)
{
    ((Counts *)opaque)->destroyed++;
}

/* R-TASK-49: the task is freed while its worker still hands it over. */
static void test_t6(void)
{
    int rounds = has_few_rounds() ? 2000 : 100000;
    GMainContext *context = g_main_context_new();
    Counts counts = { 0, 0 };
    int i;

    for (i = 0; i < rounds; i++) {
        QIOTask *task = qio_task_new(NULL, func_counts_calls, &counts, destroy_counts_ends);

        qio_task_run_in_thread(task, worker_returns, NULL, NULL, context);
        if (i % 3 == 1) {
            g_thread_yield();
        }
        qio_task_wait_thread(task);
        g_assert_cmpint(counts.calls, ==, i + 1);
        g_assert_cmpint(counts.destroyed, ==, i + 1);
    }
    g_assert_false(g_main_context_pending(context));
    g_main_context_unref(context);
}

/* T7: callbacks start tasks on the same source, run nested loops, wait for others. */
typedef struct Nest {
    GMainContext *context;
    Object *source;
    int depth;
    int done;
} Nest;

static void func_nests(QIOTask *task, gpointer opaque)
{
    Nest *nest = opaque;

    g_assert_true(qio_task_get_source(task) == nest->source);
    if (nest->depth-- > 0) {
        int done = nest->done;
        QIOTask *waited = qio_task_new(nest->source, func_nests, nest, NULL);

        /* A nested loop that waits for another task of the same context ... */
        qio_task_run_in_thread(qio_task_new(nest->source, func_nests, nest, NULL),
                               worker_returns, NULL, NULL, nest->context);
        while (nest->done == done) {
            g_main_context_iteration(nest->context, TRUE);
        }
        /* ... and a wait. */
        qio_task_run_in_thread(waited, worker_returns, NULL, NULL, nest->context);
        qio_task_wait_thread(waited);
    }
    nest->done++;
}

static void test_t7(void)
{
    Nest nest = { .context = g_main_context_new(), .depth = 6 };

    nest.source = probe_new(NULL);
    qio_task_run_in_thread(qio_task_new(nest.source, func_nests, &nest, NULL),
                           worker_returns, NULL, NULL, nest.context);
    run_until(&nest.done, 13, nest.context);
    g_assert_cmpint(nest.depth, <=, 0);
    g_assert_cmpuint(nest.source->ref, ==, 1);
    g_assert_false(g_main_context_pending(nest.context));
    object_unref(nest.source);
    g_main_context_unref(nest.context);
}

/* T8: destroy functions run with no library lock held: they may use tasks, also this context's. */
typedef struct Reenter {
    GMainContext *context;
    int calls;
    int destroyed;
} Reenter;

static void destroy_reenters(gpointer opaque)
{
    Reenter *reenter = opaque;
    QIOTask *task = qio_task_new(NULL, func_counts, &reenter->calls, NULL);

    reenter->destroyed++;
    qio_task_run_in_thread(task, worker_returns, NULL, NULL, reenter->context);
    qio_task_wait_thread(task);
}

static void test_t8(void)
{
    Reenter reenter = { .context = g_main_context_new() };
    int other = 0;
    QIOTask *task = qio_task_new(NULL, func_counts, &reenter.calls, NULL);

    qio_task_set_result_pointer(task, &reenter, destroy_reenters);
    /* Replacing ends the earlier result at once. */
    qio_task_set_result_pointer(task, &other, destroy_counts);
    g_assert_cmpint(reenter.destroyed, ==, 1);
    qio_task_set_result_pointer(task, &reenter, destroy_reenters);
    g_assert_cmpint(other, ==, 1);
    qio_task_run_in_thread(task, worker_returns, &reenter, destroy_reenters, reenter.context);
    while (reenter.destroyed < 3) {
        g_main_context_iteration(reenter.context, TRUE);
    }
    g_assert_cmpint(reenter.calls, ==, 4);
    g_assert_false(g_main_context_pending(reenter.context));
    g_main_context_unref(reenter.context);
}

/* T8: a second run_in_thread is refused with a message. */
static void test_t8_twice(void)
{
    if (g_test_subprocess()) {
        int calls = 0;
        QIOTask *task = qio_task_new(NULL, func_counts, &calls, NULL);

        qio_task_run_in_thread(task, worker_returns, NULL, NULL, NULL);
        qio_task_run_in_thread(task, worker_returns, NULL, NULL, NULL);
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_failed();
    g_test_trap_assert_stderr("*qio_task_run_in_thread: *to a thread before*");
}

/* T9: workers that wait for each other in a chain all complete. */
typedef struct Link {
    struct Chain *chain;
    int number;
} Link;

typedef struct Chain {
    GMutex lock;
    GCond cond;
    int allowed;
    int calls;
    Link *links;
} Chain;

static void worker_waits_for_next(QIOTask *task, gpointer opaque)
{
    Link *link = opaque;
    Chain *chain = link->chain;

    /* The last one started has to go first. */
    g_mutex_lock(&chain->lock);
    while (chain->allowed != link->number) {
        g_cond_wait(&chain->cond, &chain->lock);
    }
    chain->allowed--;
    g_cond_broadcast(&chain->cond);
    g_mutex_unlock(&chain->lock);
}

static void test_t9(void)
{
    int n = has_few_rounds() ? 200 : 1000;
    Chain chain = { .allowed = n - 1, .links = g_new(Link, n) };
    int i;

    for (i = 0; i < n; i++) {
        chain.links[i] = (Link) { &chain, i };
        qio_task_run_in_thread(qio_task_new(NULL, func_counts, &chain.calls, NULL),
                               worker_waits_for_next, &chain.links[i], NULL, NULL);
    }
    run_until(&chain.calls, n, NULL);
    g_assert_cmpint(chain.allowed, ==, -1);
    g_free(chain.links);
}

/* T10: a child forked after tasks have run, and while some are in flight, runs its own. */
static void test_t10(void)
{
    GMainContext *context = g_main_context_new();
    Gate gate = { .open = FALSE };
    int calls = 0, parents = 0, status, i;
    pid_t child;

    for (i = 0; i < 10; i++) {
        qio_task_run_in_thread(qio_task_new(NULL, func_counts, &calls, NULL),
                               worker_returns, NULL, NULL, context);
    }
    run_until(&calls, 10, context);
    /* One still running and one finished but not delivered: both stay the parent's. */
    qio_task_run_in_thread(qio_task_new(NULL, func_counts, &parents, NULL),
                           worker_waits_at_gate, &gate, NULL, context);
    qio_task_run_in_thread(qio_task_new(NULL, func_counts, &parents, NULL),
                           worker_returns, NULL, NULL, context);
    while (!g_main_context_pending(context)) {
        g_thread_yield();
    }

    child = fork();
    g_assert_cmpint(child, >=, 0);
    if (child == 0) {
        GMainContext *own = g_main_context_new();
        int mine = 0;

        alarm(60);
        for (i = 0; i < 100; i++) {
            qio_task_run_in_thread(qio_task_new(NULL, func_counts, &mine, NULL),
                                   worker_returns, NULL, NULL, i % 2 ? own : context);
        }
        while (mine < 100) {
            g_main_context_iteration(own, FALSE);
            g_main_context_iteration(context, FALSE);
        }
        if (parents == 0) {
            /* No exit: valgrind would blame the child for what the parent's threads own. */
            execl("/bin/true", "true", NULL);
        }
        _exit(1);
    }
    g_assert_cmpint(waitpid(child, &status, 0), ==, child);
    g_assert_true(WIFEXITED(status));
    g_assert_cmpint(WEXITSTATUS(status), ==, 0);

    gate_open(&gate);
    run_until(&parents, 2, context);
    g_main_context_unref(context);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    probe_register();
    g_test_add_func("/qio/properties/T3/starved", test_t3);
    g_test_add_func("/qio/properties/T3/priority", test_t3_priority);
    g_test_add_func("/qio/properties/T4/finished", test_t4);
    g_test_add_func("/qio/properties/T4/running", test_t4_running);
#ifdef QIO_HAS_TASK_FREE
    g_test_add_func("/qio/properties/T5/idle", test_t5);
    g_test_add_func("/qio/properties/T5/running", test_t5_running);
#endif
    g_test_add_func("/qio/properties/T6", test_t6);
    g_test_add_func("/qio/properties/T7", test_t7);
    g_test_add_func("/qio/properties/T8/locks", test_t8);
    g_test_add_func("/qio/properties/T8/twice", test_t8_twice);
    g_test_add_func("/qio/properties/T9", test_t9);
    g_test_add_func("/qio/properties/T10", test_t10);
    return g_test_run();
}
