/*
 * Coroutines (section C.7), on the contexts of ucontext.h.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "qemu/aio.h"
#include "qemu/atomic.h"
#include "qemu/coroutine.h"
#include <sys/mman.h>
#include <ucontext.h>
#ifdef HAVE_VALGRIND
#include <valgrind/valgrind.h>
#else
#define VALGRIND_STACK_REGISTER(start, end) 0
#define VALGRIND_STACK_DEREGISTER(id) ((void)(id))
#endif

#define GUARD_SIZE 4096
#define STACK_SIZE ((1 << 20) + 64 * 1024)

struct Coroutine {
    CoroutineEntry *entry;
    void *opaque;
    /* NULL in what stands for a thread. */
    char *memory;
    unsigned stack_id;
    ucontext_t own, back;
    AioContext *ctx;
    int entered, scheduled;
    bool ended;
    /* To be entered when this one has yielded or ended. */
    GQueue woken;
};

static __thread Coroutine *running;
static __thread Coroutine stand_in;

/* The thread may have changed since the caller last looked: nothing of this may be inlined. */
static __attribute__((noinline)) Coroutine *get_running(void)
{
    __asm__ volatile("");
    return running;
}

static __attribute__((noinline)) Coroutine *set_running(Coroutine *co)
{
    Coroutine *before = running;

    __asm__ volatile("");
    running = co;
    return before;
}

Coroutine *qemu_coroutine_self(void)
{
    Coroutine *co = get_running();

    return co ? co : &stand_in;
}

bool qemu_in_coroutine(void)
{
    return get_running() != NULL;
}

G_NORETURN static void mistake(const char *text)
{
    fprintf(stderr, "%s\n", text);
    abort();
}

static void begin(unsigned low, unsigned high)
{
    Coroutine *co = (Coroutine *)(((uintptr_t)high << 32) | low);

    co->entry(co->opaque);
    co->ended = true;
    setcontext(&co->back);
    abort();
}

Coroutine *qemu_coroutine_create(CoroutineEntry *entry, void *opaque)
{
    Coroutine *co = g_new0(Coroutine, 1);
    uintptr_t address = (uintptr_t)co;

    co->entry = entry;
    co->opaque = opaque;
    g_queue_init(&co->woken);
    co->memory = mmap(NULL, GUARD_SIZE + STACK_SIZE, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    assert(co->memory != MAP_FAILED);
    mprotect(co->memory, GUARD_SIZE, PROT_NONE);
    co->stack_id = VALGRIND_STACK_REGISTER(co->memory + GUARD_SIZE,
                                           co->memory + GUARD_SIZE + STACK_SIZE);
    getcontext(&co->own);
    co->own.uc_stack.ss_sp = co->memory + GUARD_SIZE;
    co->own.uc_stack.ss_size = STACK_SIZE;
    makecontext(&co->own, (void (*)(void))begin, 2, (unsigned)address, (unsigned)(address >> 32));
    return co;
}

static void coroutine_free(Coroutine *co)
{
    VALGRIND_STACK_DEREGISTER(co->stack_id);
    munmap(co->memory, GUARD_SIZE + STACK_SIZE);
    g_free(co);
}

void qemu_aio_coroutine_enter(AioContext *ctx, Coroutine *first)
{
    GQueue pending = G_QUEUE_INIT;
    Coroutine *co, *next;

    ctx = ctx ? ctx : qemu_get_current_aio_context();
    g_queue_push_tail(&pending, first);
    while ((co = g_queue_pop_head(&pending))) {
        Coroutine *outer;

        if (!co->memory) {
            mistake("not a coroutine");
        }
        if (qatomic_read(&co->scheduled)) {
            mistake("the coroutine is scheduled to be entered elsewhere");
        }
        if (qatomic_xchg(&co->entered, 1)) {
            mistake("the coroutine is entered already");
        }
        qatomic_set(&co->ctx, ctx);
        outer = set_running(co);
        swapcontext(&co->back, &co->own);
        set_running(outer);
        while ((next = g_queue_pop_head(&co->woken))) {
            g_queue_push_tail(&pending, next);
        }
        if (co->ended) {
            coroutine_free(co);
        } else {
            /* From here on another thread may enter it. */
            qatomic_xchg(&co->entered, 0);
        }
    }
}

void qemu_coroutine_enter(Coroutine *co)
{
    qemu_aio_coroutine_enter(qemu_get_current_aio_context(), co);
}

void qemu_coroutine_enter_if_inactive(Coroutine *co)
{
    if (!qemu_coroutine_entered(co)) {
        qemu_coroutine_enter(co);
    }
}

void qemu_coroutine_yield(void)
{
    Coroutine *co = get_running();

    if (!co) {
        mistake("a yield outside of a coroutine");
    }
    swapcontext(&co->own, &co->back);
}

bool qemu_coroutine_entered(Coroutine *co)
{
    return qatomic_read(&co->entered);
}

AioContext *qemu_coroutine_get_aio_context(Coroutine *co)
{
    return co->memory ? qatomic_read(&co->ctx) : qemu_get_current_aio_context();
}

/* Waking */

static void enter_scheduled(void *opaque)
{
    Coroutine *co = opaque;

    qatomic_xchg(&co->scheduled, 0);
    qemu_aio_coroutine_enter(qatomic_read(&co->ctx), co);
}

void aio_co_schedule(AioContext *ctx, Coroutine *co)
{
    if (!ctx) {
        mistake("the coroutine has no event loop");
    }
    if (qatomic_xchg(&co->scheduled, 1)) {
        mistake("the coroutine is scheduled already");
    }
    qatomic_set(&co->ctx, ctx);
    aio_bh_schedule_oneshot(ctx, enter_scheduled, co);
}

void aio_co_enter(AioContext *ctx, Coroutine *co)
{
    Coroutine *caller = get_running();

    if (ctx != qemu_get_current_aio_context()) {
        aio_co_schedule(ctx, co);
    } else if (caller) {
        assert(caller != co);
        g_queue_push_tail(&caller->woken, co);
    } else {
        qemu_aio_coroutine_enter(ctx, co);
    }
}

void aio_co_wake(Coroutine *co)
{
    aio_co_enter(qemu_coroutine_get_aio_context(co), co);
}

/* Locks (R-COR-6) */

typedef struct CoWaitRecord CoWaitRecord;

struct CoWaitRecord {
    Coroutine *co;
    CoWaitRecord *next;
    int granted;
};

/* For the members of all locks. */
static GMutex locks;

void qemu_co_mutex_init(CoMutex *mutex)
{
    memset(mutex, 0, sizeof(*mutex));
}

void qemu_co_mutex_lock(CoMutex *mutex)
{
    CoWaitRecord record = { .co = qemu_coroutine_self() };
    CoWaitRecord **end;

    g_mutex_lock(&locks);
    if (!mutex->locked) {
        mutex->locked = 1;
        mutex->holder = record.co;
        g_mutex_unlock(&locks);
        return;
    }
    end = &mutex->from_push.slh_first;
    while (*end) {
        end = &(*end)->next;
    }
    *end = &record;
    g_mutex_unlock(&locks);
    do {
        qemu_coroutine_yield();
    } while (!qatomic_read(&record.granted));
}

void qemu_co_mutex_unlock(CoMutex *mutex)
{
    CoWaitRecord *next;
    Coroutine *co = NULL;

    g_mutex_lock(&locks);
    assert(mutex->locked && mutex->holder == qemu_coroutine_self());
    next = mutex->from_push.slh_first;
    if (next) {
        mutex->from_push.slh_first = next->next;
        co = mutex->holder = next->co;
        qatomic_set(&next->granted, 1);
    } else {
        mutex->locked = 0;
        mutex->holder = NULL;
    }
    g_mutex_unlock(&locks);
    if (co) {
        aio_co_wake(co);
    }
}
