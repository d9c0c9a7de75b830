/*
 * The model of the target for tasks: what each of them holds, and what may be done to it by the one who has it.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef FUZZ_TASKS_H
#define FUZZ_TASKS_H

#include "sequence.h"
#include "../task-log.h"

enum { RECORDS = 32, TOKENS = 128, CONTEXTS = 24, SLOTS = 3, SCRIPT = 4, DEEPEST = 3, OPERATIONS = 96 };

/* A result, or what stands for one. */
typedef struct Token {
    int destroyed;
    int expected;
} Token;

/* A main context, for as long as the program has it. */
typedef struct Context {
    GMainContext *context; /* NULL: the default one */
    int held;              /* the program's references */
} Context;

typedef enum Stage { MANUAL, THREADED, CANCELLED, OVER } Stage;

typedef struct Record {
    QIOTask *task;
    Stage stage;
    Context *context;      /* where it ends, once it was given to a thread */
    int made;              /* all that is told here of a new one is there */
    bool foreign;          /* a worker has started it */
    bool has_data_destroy;
    bool has_worker_destroy;
    bool in_func;
    bool completing;
    bool waiting;
    bool gated;
    bool gate_open;
    int worker_runs;
    int worker_ended;
    int calls;
    int data_destroyed;
    int worker_destroyed;
    Object *source;
    bool source_ours;      /* the program has a reference of its own */
    int finalized;
    Error *error;          /* what the task holds */
    Token *result;
    GDestroyNotify result_destroy;
    uint8_t worker_script[SCRIPT];
    uint8_t func_script[SCRIPT];
    uint8_t child_script;
} Record;

static GThread *main_thread;
static Input *input;
static int operations;
static int depth;
static Record records[RECORDS];
static int record_count;
static Token tokens[TOKENS];
static int token_count;
static Context contexts[CONTEXTS];
static int context_count;
static Context *slots[SLOTS]; /* slot 0: the default context */
static Context *pushed;
static GMutex gate_lock;
static GCond gate_cond;

static int seen(int *counter)
{
    return g_atomic_int_get(counter);
}

static void act(void);

/* Results ------------------------------------------------------------------ */

static void token_destroyed(gpointer opaque)
{
    /* The first one stands for a result of NULL. */
    g_atomic_int_inc(&(opaque ? (Token *)opaque : &tokens[0])->destroyed);
}

static Token *token_new(void)
{
    int i = g_atomic_int_add(&token_count, 1);

    return i < TOKENS ? &tokens[i] : NULL;
}

static void token_lost(Record *r)
{
    if (r->result_destroy) {
        g_atomic_int_inc(&(r->result ? r->result : &tokens[0])->expected);
    }
}

static void result_set(Record *r, Token *result, GDestroyNotify destroy)
{
    if (result != r->result) {
        token_lost(r);
    }
    r->result = result;
    r->result_destroy = destroy;
    qio_task_set_result_pointer(r->task, result, destroy);
    if (result) {
        g_assert_cmpint(seen(&result->destroyed), ==, seen(&result->expected));
    }
}

/* What the one who has a task at the moment may do to it ---------------------- */

static void touch(Record *r, uint8_t how)
{
    Error *err = NULL;
    Error *kept = NULL;
    Token *token;

    switch (how % 11) {
    case 0:
        qio_task_set_error(r->task, NULL);
        break;
    case 1:
        error_setg(&err, "error %u", how);
        if (!r->error) {
            r->error = err;
        }
        qio_task_set_error(r->task, err);
        break;
    case 2:
        g_assert_true(qio_task_propagate_error(r->task, NULL) == (r->error != NULL));
        r->error = NULL;
        break;
    case 3:
        g_assert_true(qio_task_propagate_error(r->task, &err) == (r->error != NULL));
        g_assert_true(err == r->error);
        error_free(err);
        r->error = NULL;
        break;
    case 4:
        error_setg(&err, "there before");
        kept = err;
        g_assert_true(qio_task_propagate_error(r->task, &err) == (r->error != NULL));
        g_assert_true(err == kept);
        g_assert_cmpstr(error_get_pretty(err), ==, "there before");
        error_free(err);
        r->error = NULL;
        break;
    case 5:
    case 6:
        token = token_new();
        if (token) {
            result_set(r, token, how % 11 == 5 ? token_destroyed : NULL);
        }
        break;
    case 7:
        result_set(r, r->result, r->result_destroy ? NULL : token_destroyed);
        break;
    case 8:
        result_set(r, NULL, how & 16 ? token_destroyed : NULL);
        break;
    default:
        break;
    }
    g_assert_true(qio_task_get_result_pointer(r->task) == r->result);
    g_assert_true(qio_task_get_source(r->task) == r->source);
}

#endif
