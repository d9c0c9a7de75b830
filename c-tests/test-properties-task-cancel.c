/*
 * Cancelling against completing, against delivery, against a deadline, against the end of the context: whatever comes
 * first, each task ends once, and as was promised.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "io/task.h"
#include "probe-object.h"
#include "qapi/error.h"
#include "qio/ext.h"
#include "rounds.h"
#include "task-counters.h"

/* A task in a race. The counts are those of all of them. */
typedef struct Runner {
    QIOTask *task;
    int pause;                /* what the worker function does, in turns of a loop */
    int promised;             /* how many calls have promised that it ends as cancelled */
    int told[4];              /* how often it was told so, by outcome */
    int results, ended, begun, returned;
    int finalized;
} Runner;

static void loiter(int turns)
{
    volatile int i;

    for (i = 0; i < turns; i++) {
    }
}

static void worker(QIOTask *task, gpointer opaque)
{
    Runner *runner = opaque;

    g_assert_cmpint(g_atomic_int_add(&runner->begun, 1), ==, 0);
    loiter(runner->pause);
    qio_task_is_cancelled(task);
    qio_task_set_result_pointer(task, &runner->results, destroy_counts);
    loiter(runner->pause);
    g_atomic_int_inc(&runner->returned);
}

static void func(QIOTask *task, gpointer opaque)
{
    Runner *runner = opaque;
    QIOTaskOutcome outcome = qio_task_get_outcome(task);
    bool is_given_up = outcome != QIO_TASK_COMPLETED;

    g_assert_cmpint(outcome, !=, QIO_TASK_PENDING);
    g_assert_true(qio_task_propagate_error(task, NULL) == is_given_up);
    g_assert_true((qio_task_get_result_pointer(task) == NULL) == is_given_up);
    g_assert_false(qio_task_cancel(task));
    g_assert_cmpint(qio_task_get_outcome(task), ==, outcome);
    runner->told[outcome]++;
}

/* When it is freed the worker function isn't inside any more. */
static void ended(gpointer opaque)
{
    Runner *runner = opaque;

    g_assert_cmpint(g_atomic_int_get(&runner->begun), ==, g_atomic_int_get(&runner->returned));
    g_atomic_int_inc(&runner->ended);
}

typedef struct Race {
    Runner *runners;
    int count;
    int next;       /* of those that are cancelled, taken by whoever cancels */
    int pause;
} Race;

static gpointer cancel_all(gpointer opaque)
{
    Race *race = opaque;
    int i;

    while ((i = g_atomic_int_add(&race->next, 1)) < 2 * race->count) {
        Runner *runner = &race->runners[i / 2];

        loiter(race->pause);
        if (qio_task_cancel(runner->task)) {
            g_atomic_int_inc(&runner->promised);
            g_assert_cmpint(qio_task_get_outcome(runner->task), ==, QIO_TASK_CANCELLED);
        }
    }
    return NULL;
}

enum { CANCELLERS = 2 };

/* Each is cancelled by two threads, at some moment of its life. `iterates` tells whether its context still is. */
static void race(GRand *rand, bool iterates, int *outcomes)
{
    GMainContext *context = g_main_context_new();
    Race race = { .count = 40, .pause = g_rand_int_range(rand, 0, 2000) };
    QIOTaskGroup *group = qio_task_group_new(g_rand_int_range(rand, 1, 5));
    GThread *cancellers[CANCELLERS];
    int i, j;

    race.runners = g_new0(Runner, race.count);
    for (i = 0; i < race.count; i++) {
        Runner *runner = &race.runners[i];
        Object *source = probe_new(&runner->finalized);

        runner->pause = g_rand_int_range(rand, 0, 3000);
        runner->task = qio_task_ref(qio_task_new(source, func, runner, NULL));
        object_unref(source);
    }
    for (i = 0; i < CANCELLERS; i++) {
        cancellers[i] = g_thread_new("canceller", cancel_all, &race);
    }
    for (i = 0; i < race.count; i++) {
        QIOTaskOptions options = {
            .size = sizeof(options),
            .group = g_rand_boolean(rand) ? group : NULL,
            .flags = g_rand_boolean(rand) ? QIO_TASK_RETURN_ON_CANCEL : QIO_TASK_NO_FLAGS,
            .priority = g_rand_int_range(rand, 0, 2),
        };

        if (g_rand_int_range(rand, 0, 3) == 0) {
            options.deadline = g_get_monotonic_time() + g_rand_int_range(rand, 0, 300);
        }
        qio_task_run_in_thread_full(race.runners[i].task, worker, &race.runners[i], ended, context, &options);
        if (iterates && g_rand_boolean(rand)) {
            g_main_context_iteration(context, FALSE);
        }
    }
    qio_task_group_unref(group);
    if (!iterates) {
        /* Some may have been told by nobody but this. */
        if (g_rand_boolean(rand)) {
            g_main_context_iteration(context, FALSE);
        }
        g_main_context_unref(context);
        context = NULL;
    }
    for (i = 0; i < race.count; i++) {
        while (!g_atomic_int_get(&race.runners[i].ended)) {
            if (!context || !g_main_context_iteration(context, FALSE)) {
                g_thread_yield();
            }
        }
    }
    for (i = 0; i < CANCELLERS; i++) {
        g_thread_join(cancellers[i]);
    }
    for (i = 0; i < race.count; i++) {
        Runner *runner = &race.runners[i];
        QIOTaskOutcome outcome = qio_task_get_outcome(runner->task);
        int told = 0;

        for (j = 0; j < 4; j++) {
            told += runner->told[j];
            outcomes[j] += runner->told[j];
        }
        g_assert_cmpint(runner->promised, <=, 1);
        g_assert_cmpint(runner->ended, ==, 1);
        if (iterates) {
            g_assert_cmpint(told, ==, 1);
        }
        g_assert_cmpint(told, <=, 1);
        if (told) {
            g_assert_cmpint(runner->told[outcome], ==, 1);
        }
        g_assert_cmpint(outcome == QIO_TASK_CANCELLED, ==, runner->promised);
        qio_task_unref(runner->task);
        /* What another thread frees is gone a moment after it says so. */
        while (g_atomic_int_get(&runner->finalized) < 1 || g_atomic_int_get(&runner->results) < runner->begun) {
            g_assert_false(iterates);
            g_thread_yield();
        }
        g_assert_cmpint(runner->results, ==, runner->begun);
    }
    if (context) {
        g_assert_false(g_main_context_pending(context));
        g_main_context_unref(context);
    }
    g_free(race.runners);
}

static void races(bool iterates)
{
    int rounds = has_few_rounds() ? 10 : 200, outcomes[4] = { 0 }, i;
    GRand *rand = g_rand_new_with_seed(g_test_rand_int());

    for (i = 0; i < rounds; i++) {
        race(rand, iterates, outcomes);
    }
    g_test_message("completed %d, cancelled %d, timed out %d", outcomes[QIO_TASK_COMPLETED],
                   outcomes[QIO_TASK_CANCELLED], outcomes[QIO_TASK_TIMED_OUT]);
    g_rand_free(rand);
}

static void test_delivered(void)
{
    races(true);
}

static void test_context_dropped(void)
{
    races(false);
}

/* R-EXT-9, R-EXT-10: waiting for a task that another thread cancels: called back once, here. */
static void test_waited_for(void)
{
    int rounds = has_few_rounds() ? 50 : 2000, i;
    GRand *rand = g_rand_new_with_seed(g_test_rand_int());

    for (i = 0; i < rounds; i++) {
        Runner runner = { .pause = g_rand_int_range(rand, 0, 3000) };
        Race race = { .runners = &runner, .count = 1, .pause = g_rand_int_range(rand, 0, 10000) };
        QIOTaskOptions options = { .size = sizeof(options), .flags = i % 2 };
        GThread *canceller;

        runner.task = qio_task_ref(qio_task_new(NULL, func, &runner, NULL));
        canceller = g_thread_new("canceller", cancel_all, &race);
        qio_task_run_in_thread_full(runner.task, worker, &runner, ended, NULL, &options);
        qio_task_wait_thread(runner.task);
        g_assert_cmpint(runner.told[QIO_TASK_COMPLETED] + runner.told[QIO_TASK_CANCELLED], ==, 1);
        while (!g_atomic_int_get(&runner.ended)) {
            g_main_context_iteration(NULL, FALSE);
        }
        g_thread_join(canceller);
        g_assert_cmpint(runner.told[QIO_TASK_CANCELLED], ==, runner.promised);
        g_assert_cmpint(runner.told[QIO_TASK_COMPLETED] + runner.told[QIO_TASK_CANCELLED], ==, 1);
        qio_task_unref(runner.task);
    }
    g_rand_free(rand);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    probe_register();
    g_test_add_func("/qio/properties/task/cancel/delivered", test_delivered);
    g_test_add_func("/qio/properties/task/cancel/context-dropped", test_context_dropped);
    g_test_add_func("/qio/properties/task/cancel/waited-for", test_waited_for);
    return g_test_run();
}
