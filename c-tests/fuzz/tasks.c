/*
 * Sequences of task operations from the main thread, from callbacks and destroy notifies and from workers, against a
 * model that knows of each task who has to be called, where, and what it holds.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tasks.h"

/* What the library calls ----------------------------------------------------- */

static void released_in_order(Record *r)
{
    if (r->source) {
        g_assert_cmpint(seen(&r->finalized), ==, 0);
    }
    /* One that is freed while its worker has it lets go of the callback's data at once. */
    if (r->result && r->result_destroy && r->stage != CANCELLED) {
        g_assert_cmpint(seen(&r->result->destroyed), ==, seen(&r->result->expected));
    }
}

static void data_is_destroyed(gpointer opaque)
{
    Record *r = opaque;

    g_assert_cmpint(g_atomic_int_add(&r->data_destroyed, 1), ==, 0);
    if (r->has_worker_destroy && r->stage != CANCELLED) {
        g_assert_cmpint(seen(&r->worker_destroyed), ==, 1);
    }
    released_in_order(r);
    if (g_thread_self() == main_thread && (r->func_script[0] & 7) == 7) {
        act();
    }
}

static void worker_data_is_destroyed(gpointer opaque)
{
    Record *r = opaque;

    g_assert_cmpint(g_atomic_int_add(&r->worker_destroyed, 1), ==, 0);
    g_assert_cmpint(seen(&r->worker_ended), ==, 1);
    if (r->stage != CANCELLED) {
        g_assert_cmpint(seen(&r->data_destroyed), ==, 0);
    }
    released_in_order(r);
    if (g_thread_self() == main_thread && (r->func_script[1] & 7) == 7) {
        act();
    }
}

static void is_called(QIOTask *task, gpointer opaque)
{
    Record *r = opaque;

    g_assert_true(g_thread_self() == main_thread);
    g_assert_true(task == r->task);
    g_assert_false(r->in_func);
    if (r->stage == MANUAL) {
        g_assert_true(r->completing);
    } else {
        g_assert_cmpint(r->stage, ==, THREADED);
        g_assert_cmpint(r->calls, ==, 0);
        g_assert_cmpint(seen(&r->worker_ended), ==, 1);
        if (!r->waiting) {
            GMainContext *context = r->context->context ? r->context->context : g_main_context_default();

            g_assert_cmpint(r->context->held, >, 0);
            g_assert_true(g_source_get_context(g_main_current_source()) == context);
        }
    }
    g_assert_cmpint(seen(&r->data_destroyed), ==, 0);
    g_assert_cmpint(seen(&r->worker_destroyed), ==, 0);
    r->calls++;
    r->in_func = true;
    for (int i = 0; i < SCRIPT; i++) {
        touch(r, r->func_script[i]);
    }
    act();
    touch(r, 9);
    r->in_func = false;
}

static Record *record_new(const uint8_t *options, Object *source);

static void works(QIOTask *task, gpointer opaque)
{
    Record *r = opaque;

    g_assert_true(g_thread_self() != main_thread);
    g_assert_true(task == r->task);
    g_assert_cmpint(r->worker_runs++, ==, 0);
    g_mutex_lock(&gate_lock);
    while (r->gated && !r->gate_open) {
        g_cond_wait(&gate_cond, &gate_lock);
    }
    g_mutex_unlock(&gate_lock);
    for (int i = 0; i < SCRIPT; i++) {
        touch(r, r->worker_script[i]);
    }
    /* Any thread may start a task, also about what its own is about. */
    if (r->child_script & 1) {
        const uint8_t options[2 + 2 * SCRIPT] = { r->child_script | 4, 0, r->child_script };
        Record *child = record_new(options, r->source);

        if (child) {
            child->has_worker_destroy = true;
            child->stage = THREADED;
            child->context = &contexts[0];
            qio_task_run_in_thread(child->task, works, child, worker_data_is_destroyed, NULL);
        }
    }
    g_atomic_int_inc(&r->worker_ended);
}

/* Operations ----------------------------------------------------------------- */

static Record *record_new(const uint8_t *options, Object *source)
{
    int i = g_atomic_int_add(&record_count, 1);
    bool own_source = options[0] & 1 && !source;
    Record *r;

    if (i >= RECORDS) {
        return NULL;
    }
    r = &records[i];
    r->foreign = source || g_thread_self() != main_thread;
    r->has_data_destroy = options[0] & 2;
    r->child_script = r->foreign ? 0 : options[1];
    memcpy(r->worker_script, options + 2, SCRIPT);
    memcpy(r->func_script, options + 2 + SCRIPT, SCRIPT);
    r->source = own_source ? probe_new(&r->finalized) : source;
    r->task = qio_task_new(r->source, is_called, r, r->has_data_destroy ? data_is_destroyed : NULL);
    if (own_source) {
        if (options[0] & 4) {
            object_unref(r->source);
        } else {
            r->source_ours = true;
        }
    }
    g_atomic_int_set(&r->made, 1);
    return r;
}

/* Whether the main thread may use it; a worker may be about to make it its own. */
static bool is_ours(Record *r)
{
    return seen(&r->made) && !r->foreign;
}

static int records_now(void)
{
    return MIN(seen(&record_count), RECORDS);
}

/* One of the tasks that the main thread may use as it likes. */
static Record *any_of(Stage stage)
{
    int first = take_byte(input);
    int count = records_now();

    for (int i = 0; i < count; i++) {
        Record *r = &records[(first + i) % count];

        if (is_ours(r) && r->stage == stage && !r->in_func && !r->completing && !r->waiting && (stage == MANUAL || r->calls == 0)) {
            return r;
        }
    }
    return NULL;
}

static void open_gate(Record *r)
{
    g_mutex_lock(&gate_lock);
    r->gate_open = true;
    g_cond_broadcast(&gate_cond);
    g_mutex_unlock(&gate_lock);
}

static Context *any_context(void)
{
    return slots[take_number(input, 0, SLOTS - 1)];
}

static void iterate(Context *context, bool may_block)
{
    if (context->context) {
        /* A callback may drop what the program holds otherwise. */
        g_main_context_ref(context->context);
        context->held++;
    }
    g_main_context_iteration(context->context, may_block);
    if (context->context) {
        context->held--;
        g_main_context_unref(context->context);
    }
}

static void context_new(int slot)
{
    if (!slots[slot] && context_count < CONTEXTS) {
        slots[slot] = &contexts[context_count++];
        *slots[slot] = (Context) { .context = g_main_context_new(), .held = 1 };
    }
}

static void context_pop(void)
{
    Context *context = pushed;

    if (context) {
        pushed = NULL;
        g_main_context_pop_thread_default(context->context);
        context->held--;
    }
}

static void context_drop(int slot)
{
    Context *context = slots[slot];

    if (slot > 0 && context && context != pushed) {
        slots[slot] = NULL;
        context->held--;
        g_main_context_unref(context->context);
    }
}

static void free_task(Record *r)
{
#if !COMPLETE_FREES
    qio_task_free(r->task);
#endif
}

/* A task that the program has driven by hand is gone. */
static void is_over(Record *r)
{
    r->stage = OVER;
    g_assert_cmpint(seen(&r->data_destroyed), ==, r->has_data_destroy);
}

static void complete(Record *r)
{
    r->completing = true;
    qio_task_complete(r->task);
    if (COMPLETE_FREES) {
        is_over(r);
    }
    r->completing = false;
}

static void run(Record *r)
{
    Context *context = any_context();
    uint8_t options = take_byte(input);

    if (!context) {
        context = &contexts[0];
    }
    r->context = context;
    r->gated = options & 1;
    r->has_worker_destroy = options & 2;
    r->stage = THREADED;
    qio_task_run_in_thread(r->task, works, r, r->has_worker_destroy ? worker_data_is_destroyed : NULL, context->context);
}

/* The next operation, also from inside what the last one has called. */
static void act(void)
{
    uint8_t options[2 + 2 * SCRIPT];
    Record *r;
    Context *context;
    int slot;

    if (depth >= DEEPEST || input_left(input) == 0 || operations++ >= OPERATIONS) {
        return;
    }
    depth++;
    switch (take_number(input, 0, 14)) {
    case 0:
    case 1:
        take_bytes(input, options, sizeof(options));
        record_new(options, NULL);
        break;
    case 2:
    case 3:
        if ((r = any_of(MANUAL)) && r->calls == 0) {
            run(r);
        }
        break;
    case 4:
        if ((r = any_of(MANUAL))) {
            complete(r);
        }
        break;
    case 5:
        if (!COMPLETE_FREES && (r = any_of(MANUAL))) {
            r->completing = true;
            free_task(r);
            is_over(r);
            r->completing = false;
        }
        break;
    case 6:
        /* Too soon, which is a mistake that is made safe. */
        if (!COMPLETE_FREES && (r = any_of(THREADED)) && r->context->held) {
            r->stage = CANCELLED;
            free_task(r);
        }
        break;
    case 7:
        if ((r = any_of(MANUAL))) {
            touch(r, take_byte(input));
        }
        break;
    case 8:
        if ((context = any_context())) {
            iterate(context, false);
        }
        break;
    case 9:
        if ((r = any_of(THREADED)) && r->context->held) {
            open_gate(r);
            while (r->calls == 0 && r->stage == THREADED && r->context->held) {
                iterate(r->context, true);
            }
        }
        break;
    case 10:
        if ((r = any_of(THREADED)) && r->context->held) {
            open_gate(r);
            r->waiting = true;
            qio_task_wait_thread(r->task);
            r->waiting = false;
            g_assert_cmpint(r->calls, ==, 1);
            r->stage = OVER;
            g_assert_cmpint(seen(&r->data_destroyed), ==, r->has_data_destroy);
            g_assert_cmpint(seen(&r->worker_destroyed), ==, r->has_worker_destroy);
        }
        break;
    case 11:
        slot = take_number(input, 1, SLOTS - 1);
        if (slots[slot]) {
            context_drop(slot);
        } else {
            context_new(slot);
        }
        break;
    case 12:
        slot = take_number(input, 1, SLOTS - 1);
        if (depth > 1) {
            break;
        }
        if (pushed) {
            context_pop();
        } else if (slots[slot]) {
            pushed = slots[slot];
            pushed->held++;
            g_main_context_push_thread_default(pushed->context);
        }
        break;
    case 13:
        if ((r = any_of(THREADED))) {
            open_gate(r);
        }
        break;
    case 14:
        look_inside();
        break;
    }
    depth--;
}

/* Between two operations no call of the library is under way in this thread. */
static void check(void)
{
    int count = records_now();

    for (int i = 0; i < count; i++) {
        Record *r = &records[i];

        if (!is_ours(r)) {
            continue;
        }
        if (r->stage == THREADED && r->calls) {
            r->stage = OVER;
            g_assert_cmpint(r->calls, ==, 1);
            g_assert_cmpint(seen(&r->data_destroyed), ==, r->has_data_destroy);
            g_assert_cmpint(seen(&r->worker_destroyed), ==, r->has_worker_destroy);
        } else if (r->stage == MANUAL || (r->stage == THREADED && r->context->held)) {
            g_assert_cmpint(seen(&r->data_destroyed), ==, 0);
            g_assert_cmpint(seen(&r->worker_destroyed), ==, 0);
        } else if (r->stage == CANCELLED) {
            g_assert_cmpint(r->calls, ==, 0);
            g_assert_cmpint(seen(&r->data_destroyed), ==, r->has_data_destroy);
        }
    }
}

/* The whole run --------------------------------------------------------------- */

static bool all_over(void)
{
    QIOStats stats = stats_now();
    int count = records_now();

    if (stats.tasks_completed != stats.tasks_submitted) {
        return false;
    }
    for (int i = 0; i < count; i++) {
        Record *r = &records[i];

        if (seen(&r->data_destroyed) != r->has_data_destroy || seen(&r->worker_destroyed) != r->has_worker_destroy
            || (r->source && !r->foreign && seen(&r->finalized) != 1)) {
            return false;
        }
    }
    count = MIN(seen(&token_count), TOKENS);
    for (int i = 0; i < count; i++) {
        if (seen(&tokens[i].destroyed) != seen(&tokens[i].expected)) {
            return false;
        }
    }
    return true;
}

static void finish(uint8_t iterated)
{
    operations = OPERATIONS;
    context_pop();
    for (int i = 0; i < records_now(); i++) {
        Record *r = &records[i];

        open_gate(r);
        if (is_ours(r) && r->stage == MANUAL) {
            if (iterated & 1 || COMPLETE_FREES) {
                complete(r);
            }
            if (!COMPLETE_FREES) {
                free_task(r);
                is_over(r);
            }
        }
    }
    for (int i = 0; i < records_now(); i++) {
        Record *r = &records[i];

        while (is_ours(r) && r->stage == THREADED && r->calls == 0 && r->context->held && iterated & 2) {
            iterate(r->context, true);
        }
    }
    check();
    for (int i = 1; i < SLOTS; i++) {
        context_drop(i);
    }
    /* Workers that start tasks have all done so once none is under way. */
    WAIT_UNTIL((iterate(&contexts[0], false), stats_now().tasks_completed == stats_now().tasks_submitted));
    for (int i = 0; i < records_now(); i++) {
        Record *r = &records[i];

        token_lost(r);
        r->result_destroy = NULL;
        if (r->source_ours) {
            object_unref(r->source);
            r->source_ours = false;
        }
    }
    WAIT_UNTIL(all_over());
    for (int i = 0; i < records_now(); i++) {
        g_assert_cmpint(records[i].worker_runs, ==, records[i].context != NULL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Input in = input_of(data, size);
    int descriptors;
    uint8_t iterated;

    if (!main_thread) {
        main_thread = g_thread_self();
        probe_register();
    }
    descriptors = descriptors_before();
    input = &in;
    depth = operations = 0;
    memset(records, 0, sizeof(records));
    memset(tokens, 0, sizeof(tokens));
    record_count = 0;
    token_count = 1;
    contexts[0] = (Context) { .context = NULL, .held = 1 };
    memset(slots, 0, sizeof(slots));
    slots[0] = &contexts[0];
    context_count = 1;
    iterated = take_byte(&in);
    context_new(1);
    while (input_left(&in) && operations < OPERATIONS) {
        act();
        check();
    }
    finish(iterated);
    descriptors_are(descriptors);
    return 0;
}
