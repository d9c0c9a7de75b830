/*
 * qemu/coroutine.h, and what block/aio.h has for coroutines.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "qemu/aio.h"
#include "qapi/error.h"
#include "qemu/coroutine.h"
#include "qemu/main-loop.h"
#include <dlfcn.h>
#include <sys/mman.h>

static GString *trace;

/* There is no memory for further mappings. The function stands before the C library's. */
static bool no_mappings;

void *faulty_mmap(void *, size_t, int, int, int, off_t) __asm__("mmap");
void *mmap64(void *, size_t, int, int, int, off64_t) __attribute__((alias("mmap")));
void *faulty_mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset)
{
    void *(*next)(void *, size_t, int, int, int, off_t) = dlsym(RTLD_NEXT, "mmap");

    if (no_mappings) {
        errno = ENOMEM;
        return MAP_FAILED;
    }
    return next(address, length, protection, flags, fd, offset);
}

static void coroutine_fn steps(void *opaque)
{
    g_assert_true(qemu_in_coroutine());
    for (int i = 0; i < 3; i++) {
        g_string_append(trace, opaque);
        qemu_coroutine_yield();
    }
    g_string_append_c(trace, '.');
}

/* R-COR-1 */
static void test_enter(void)
{
    Coroutine *co;

    trace = g_string_new(NULL);
    co = qemu_coroutine_create(steps, (void *)"a");
    g_assert_cmpstr(trace->str, ==, "");
    g_assert_false(qemu_coroutine_entered(co));
    g_assert_false(qemu_in_coroutine());
    g_assert_nonnull(qemu_coroutine_self());
    for (int i = 0; i < 4; i++) {
        qemu_coroutine_enter(co);
        g_string_append_c(trace, '-');
    }
    g_assert_cmpstr(trace->str, ==, "a-a-a-.-");
    g_assert_false(qemu_in_coroutine());
    g_string_free(trace, TRUE);
}

static void coroutine_fn enters_another(void *opaque)
{
    Coroutine *self = qemu_coroutine_self();

    for (int i = 0; i < 4; i++) {
        qemu_coroutine_enter(opaque);
        g_assert_true(qemu_coroutine_self() == self);
        g_assert_true(qemu_coroutine_entered(self));
        qemu_coroutine_enter_if_inactive(self);
        g_string_append_c(trace, 'o');
    }
}

/* R-COR-1 */
static void test_nested(void)
{
    Coroutine *inner = qemu_coroutine_create(steps, (void *)"i");

    trace = g_string_new(NULL);
    qemu_coroutine_enter(qemu_coroutine_create(enters_another, inner));
    g_assert_cmpstr(trace->str, ==, "ioioio.o");
    g_string_free(trace, TRUE);
}

static gpointer enters(gpointer data)
{
    qemu_coroutine_enter(data);
    return NULL;
}

static void test_threads(void)
{
    Coroutine *co = qemu_coroutine_create(steps, (void *)"t");

    trace = g_string_new(NULL);
    for (int i = 0; i < 4; i++) {
        g_thread_join(g_thread_new("enters", enters, co));
    }
    g_assert_cmpstr(trace->str, ==, "ttt.");
    g_string_free(trace, TRUE);
}

static void coroutine_fn uses_stack(void *opaque)
{
    volatile char memory[900 * 1024];

    memset((char *)memory, 1, sizeof(memory));
    qemu_coroutine_yield();
    *(int *)opaque += memory[0] + memory[sizeof(memory) - 1];
}

static void test_stack(void)
{
    int sum = 0;
    Coroutine *co[8];

    for (int i = 0; i < 8; i++) {
        co[i] = qemu_coroutine_create(uses_stack, &sum);
        qemu_coroutine_enter(co[i]);
    }
    for (int i = 0; i < 8; i++) {
        qemu_coroutine_enter(co[i]);
    }
    g_assert_cmpint(sum, ==, 16);
}

static void coroutine_fn wakes(void *opaque)
{
    g_string_append_c(trace, 'w');
    aio_co_wake(opaque);
    g_string_append_c(trace, 'W');
}

/* In a coroutine: after it. Elsewhere: at once. */
static size_t mappings(void)
{
    g_autofree char *maps = NULL;
    size_t count = 0;

    g_assert_true(g_file_get_contents("/proc/self/maps", &maps, NULL, NULL));
    for (const char *c = maps; *c; c++) {
        count += *c == '\n';
    }
    return count;
}

/* Whether the kernel can guard memory without a mapping of its own for the guard. */
static bool has_guard_regions(void)
{
    size_t page = sysconf(_SC_PAGESIZE);
    void *memory = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    bool has;

    g_assert_true(memory != MAP_FAILED);
    has = madvise(memory, page, 102 /* MADV_GUARD_INSTALL */) == 0;
    munmap(memory, page);
    return has;
}

static void coroutine_fn yields_once(void *opaque)
{
    qemu_coroutine_yield();
}

/* N8: many coroutines don't take two of the process's mappings each. */
static void test_many(void)
{
    enum { MANY = 2000 };
    g_autofree Coroutine **all = g_new(Coroutine *, MANY);
    size_t before = mappings(), during, more;

    for (int i = 0; i < MANY; i++) {
        all[i] = qemu_coroutine_create(yields_once, NULL);
        qemu_coroutine_enter(all[i]);
    }
    during = mappings();
    /* A tool that watches the program may unmap things of its own meanwhile. */
    more = during > before ? during - before : 0;
    for (int i = 0; i < MANY; i++) {
        qemu_coroutine_enter(all[i]);
    }
    if (has_guard_regions()) {
        g_assert_cmpuint(more, <, MANY / 10);
    } else {
        /* A guard is a mapping, and so is a stack. */
        g_assert_cmpuint(more, <, 2 * MANY + MANY / 10);
    }
    /* What is left of them is bounded. */
    g_assert_cmpuint(mappings(), <, before + 300);
}

static void coroutine_fn recurses(void *opaque)
{
    volatile char frame[4096];

    frame[0] = 1;
    if (frame[0]) {
        recurses(opaque);
    }
    frame[1] = frame[0];
}

/* N8: a stack that runs over doesn't run into another. */
static void test_overflow(void)
{
    if (g_test_subprocess()) {
        Coroutine *below = qemu_coroutine_create(yields_once, NULL);

        qemu_coroutine_enter(qemu_coroutine_create(recurses, below));
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_failed();
}

/* N8: without room for another stack the process ends with a line that says what to look at. */
static void test_no_stack(void)
{
    if (g_test_subprocess()) {
        qemu_coroutine_create(yields_once, NULL);
        no_mappings = true;
        for (;;) {
            qemu_coroutine_create(yields_once, NULL);
        }
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_failed();
    g_test_trap_assert_stderr("*qemu_coroutine_create*coroutines*vm.max_map_count*");
}

static void test_wake(void)
{
    Coroutine *co = qemu_coroutine_create(steps, (void *)"s");

    trace = g_string_new(NULL);
    qemu_coroutine_enter(qemu_coroutine_create(wakes, co));
    g_assert_cmpstr(trace->str, ==, "wWs");
    aio_co_wake(co);
    aio_co_wake(co);
    aio_co_wake(co);
    g_assert_cmpstr(trace->str, ==, "wWsss.");
    g_string_free(trace, TRUE);
}

static gpointer wakes_elsewhere(gpointer data)
{
    aio_co_wake(data);
    return NULL;
}

/* From a thread with another context: by the thread that polls the coroutine's. */
static void test_schedule(void)
{
    Coroutine *co = qemu_coroutine_create(steps, (void *)"m");

    trace = g_string_new(NULL);
    g_assert_cmpint(qemu_init_main_loop(&error_abort), ==, 0);
    aio_co_schedule(qemu_get_aio_context(), co);
    g_assert_cmpstr(trace->str, ==, "");
    g_assert_true(aio_poll(qemu_get_aio_context(), true));
    g_assert_cmpstr(trace->str, ==, "m");
    g_assert_true(qemu_coroutine_get_aio_context(co) == qemu_get_aio_context());
    for (int i = 0; i < 3; i++) {
        gsize before = trace->len;

        g_thread_join(g_thread_new("wakes", wakes_elsewhere, co));
        g_assert_cmpint(trace->len, ==, before);
        while (trace->len == before) {
            main_loop_wait(false);
        }
        g_assert_cmpint(trace->len, ==, before + 1);
    }
    g_assert_cmpstr(trace->str, ==, "mmm.");
    g_string_free(trace, TRUE);
}

/* The context that is given, or the thread's own; then aio_co_enter with another, from this one. */
static void test_enter_for(void)
{
    Coroutine *co = qemu_coroutine_create(steps, (void *)"e");
    AioContext *ctx, *other = aio_context_new(&error_abort);

    trace = g_string_new(NULL);
    g_assert_cmpint(qemu_init_main_loop(&error_abort), ==, 0);
    ctx = qemu_get_aio_context();
    qemu_aio_coroutine_enter(other, co);
    g_assert_cmpstr(trace->str, ==, "e");
    g_assert_true(qemu_coroutine_get_aio_context(co) == other);
    qemu_aio_coroutine_enter(NULL, co);
    g_assert_cmpstr(trace->str, ==, "ee");
    g_assert_true(qemu_coroutine_get_aio_context(co) == ctx);
    aio_co_enter(other, co);
    g_assert_cmpstr(trace->str, ==, "ee");
    g_assert_true(aio_poll(other, true));
    g_assert_cmpstr(trace->str, ==, "eee");
    g_assert_true(qemu_coroutine_get_aio_context(co) == other);
    aio_co_enter(ctx, co);
    g_assert_cmpstr(trace->str, ==, "eee.");
    aio_context_unref(other);
    g_string_free(trace, TRUE);
}

static CoMutex mutex;

static void coroutine_fn locks(void *opaque)
{
    QEMU_LOCK_GUARD(&mutex);
    g_string_append_printf(trace, "%s(", (char *)opaque);
    qemu_coroutine_yield();
    g_string_append_c(trace, ')');
}

static void test_mutex(void)
{
    Coroutine *co[3];
    const char *name[] = { "a", "b", "c" };

    trace = g_string_new(NULL);
    qemu_co_mutex_init(&mutex);
    for (int i = 0; i < 3; i++) {
        co[i] = qemu_coroutine_create(locks, (void *)name[i]);
        qemu_coroutine_enter(co[i]);
    }
    g_assert_cmpstr(trace->str, ==, "a(");
    /* Entered without reason it goes on waiting. */
    qemu_coroutine_enter(co[2]);
    g_assert_cmpstr(trace->str, ==, "a(");
    for (int i = 0; i < 3; i++) {
        qemu_coroutine_enter(co[i]);
    }
    g_assert_cmpstr(trace->str, ==, "a()b()c()");
    g_string_free(trace, TRUE);
}

static void coroutine_fn locks_by_hand(void *opaque)
{
    qemu_co_mutex_lock(&mutex);
    g_string_append_printf(trace, "%s(", (char *)opaque);
    qemu_coroutine_yield();
    g_string_append_c(trace, ')');
    qemu_co_mutex_unlock(&mutex);
    g_string_append_c(trace, '.');
}

static void test_mutex_by_hand(void)
{
    Coroutine *first = qemu_coroutine_create(locks_by_hand, (void *)"a");
    Coroutine *second = qemu_coroutine_create(locks_by_hand, (void *)"b");

    trace = g_string_new(NULL);
    qemu_co_mutex_init(&mutex);
    qemu_coroutine_enter(first);
    qemu_coroutine_enter(second);
    g_assert_cmpstr(trace->str, ==, "a(");
    /* Unlocking hands the lock on; the next one runs once the first yields or ends. */
    qemu_coroutine_enter(first);
    g_assert_cmpstr(trace->str, ==, "a().b(");
    qemu_coroutine_enter(second);
    g_assert_cmpstr(trace->str, ==, "a().b().");
    g_string_free(trace, TRUE);
}

static void coroutine_fn enters_itself(void *opaque)
{
    qemu_coroutine_enter(qemu_coroutine_self());
}

static void coroutine_fn enters_itself_for(void *opaque)
{
    qemu_aio_coroutine_enter(opaque, qemu_coroutine_self());
}

static void misuse(const char *how)
{
    if (g_test_subprocess()) {
        Coroutine *co = qemu_coroutine_create(enters_itself, NULL);

        if (strcmp(how, "yield") == 0) {
            qemu_coroutine_yield();
        } else if (strcmp(how, "enter") == 0) {
            qemu_coroutine_enter(co);
        } else {
            AioContext *ctx = aio_context_new(&error_abort);

            aio_co_schedule(ctx, co);
            aio_co_schedule(ctx, co);
        }
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_failed();
    g_test_trap_assert_stderr("*co*routine*");
}

static void test_yield_outside(void)
{
    misuse("yield");
}

static void test_enter_twice(void)
{
    misuse("enter");
}

/* The message names the function that was called. */
static void test_enter_for_twice(void)
{
    if (g_test_subprocess()) {
        qemu_coroutine_enter(qemu_coroutine_create(enters_itself_for, NULL));
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_failed();
    g_test_trap_assert_stderr("*qemu_aio_coroutine_enter: the coroutine is entered already*");
}

static void test_schedule_twice(void)
{
    misuse("schedule");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/qio/coroutine/enter", test_enter);
    g_test_add_func("/qio/coroutine/nested", test_nested);
    g_test_add_func("/qio/coroutine/threads", test_threads);
    g_test_add_func("/qio/coroutine/stack", test_stack);
    g_test_add_func("/qio/coroutine/stack/many", test_many);
    g_test_add_func("/qio/coroutine/stack/overflow", test_overflow);
    g_test_add_func("/qio/coroutine/stack/none-left", test_no_stack);
    g_test_add_func("/qio/coroutine/wake", test_wake);
    g_test_add_func("/qio/coroutine/mutex", test_mutex);
    g_test_add_func("/qio/coroutine/mutex/by-hand", test_mutex_by_hand);
    g_test_add_func("/qio/coroutine/enter-for", test_enter_for);
    g_test_add_func("/qio/coroutine/schedule", test_schedule);
    g_test_add_func("/qio/coroutine/misuse/yield-outside", test_yield_outside);
    g_test_add_func("/qio/coroutine/misuse/enter-twice", test_enter_twice);
    g_test_add_func("/qio/coroutine/misuse/enter-for-twice", test_enter_for_twice);
    g_test_add_func("/qio/coroutine/misuse/schedule-twice", test_schedule_twice);
    return g_test_run();
}
