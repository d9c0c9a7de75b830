/*
 * Every system call of a scenario fails, with every errno that it is documented to fail with, at each of its calls,
 * once and from there on. Each time in a new process, which has to end the scenario with a result and no other
 * trace: it works again afterwards, and again and again neither memory nor descriptors nor threads become more.
 *
 * usage: faults [--quick] [SCENARIO [CALL]]
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "injection.h"
#include "scenarios.h"
#include "qapi/error.h"
#include "qemu/main-loop.h"
#include "../live-threads.h"
#include "../open-files.h"

#include <malloc.h>
#include <sys/mman.h>
#include <sys/wait.h>

/* One more thread in each round may be there for a while: its stack. */
enum { THREAD_SPACE = 16 << 20 };

/* A call fails so often in a row with what is to be tried again at once: no kernel says so for ever. */
enum { ALWAYS = INT_MAX / 2, AGAIN = 20, REPEATS = 4, SECONDS = 60 };

/* What a child tells its parent. */
typedef struct Report {
    char stage[64];
    unsigned int calls[64];
    unsigned int all_calls;
    unsigned int hits;
} Report;

/* A process may end for these faults: what it says then, by the specification. */
static const struct {
    const char *call, *says;
} ends[] = {
    /* There is no way to refuse: the function returns a coroutine, and a program can't go on without (R-COR-2). */
    { "mmap", "qemu_coroutine_create: no stack" },
    { "mprotect", "qemu_coroutine_create: no stack" },
};

static Report *report;
static bool is_quick;
static int failures, injections, tests;

static void stage(const char *text)
{
    g_strlcpy(report->stage, text, sizeof(report->stage));
}

/* Bytes of the address space that are in use. */
static long mapped(void)
{
    g_autofree char *text = NULL;

    g_assert_true(g_file_get_contents("/proc/self/statm", &text, NULL, NULL));
    return atol(text) * sysconf(_SC_PAGESIZE);
}

static bool run(const Scenario *scenario, uint64_t kinds, int error, unsigned int first, unsigned int times)
{
    bool succeeded;

    fault_arm(kinds, error, first, times);
    succeeded = scenario->run();
    fault_disarm();
    return succeeded;
}

/* What is to be tried again at once. */
static bool is_again(int error)
{
    return error == EINTR || error == EAGAIN;
}

static void in_child(const Scenario *scenario, uint64_t kinds, int error, unsigned int first, unsigned int times,
                     unsigned int usual_calls, bool may_be_repeated)
{
    long blocks[REPEATS + 1], space[REPEATS + 1];
    bool grows = true, spreads = true, succeeded;
    int files, count;

    alarm(SECONDS);
    qemu_init_main_loop(&error_abort);
    stage("the fault");
    succeeded = run(scenario, kinds, error, first, times);
    report->hits = fault_hits();
    report->all_calls = fault_all_calls();
    for (size_t i = 0; i < fault_kinds_count; i++) {
        report->calls[i] = fault_calls(i);
    }
    /* A loop that doesn't wait makes thousands of calls in the tenth of a second that faults last. */
    if (usual_calls) {
        stage("a spin");
        g_assert_cmpuint(report->all_calls, <, 10 * usual_calls + 1000);
    }
    /* That a signal was handled is nobody's affair (R-CHAN-13): only of close(2), which isn't repeated. */
    if (error == EINTR && may_be_repeated) {
        stage("an interruption is seen");
        g_assert_true(succeeded);
    }
    stage("afterwards");
    g_assert_true(scenario->run());
    if (!usual_calls) {
        _exit(0);
    }
    stage("again and again");
    files = open_files();
    count = live_threads();
    for (int i = 0; i <= REPEATS; i++) {
        run(scenario, kinds, error, first, times);
        blocks[i] = live_blocks();
        space[i] = mapped();
    }
    for (int i = 0; i < REPEATS; i++) {
        grows &= blocks[i + 1] > blocks[i];
        spreads &= space[i + 1] > space[i] + THREAD_SPACE;
    }
    stage("a leak of memory");
    g_assert_false(grows);
    stage("a leak of mappings");
    g_assert_false(spreads);
    stage("a leak of descriptors");
    /* A worker lets go of its task's context only after the callback may have run there. */
    for (int i = 0; i < 400 && open_files() > files; i++) {
        g_usleep(5000);
    }
    g_assert_cmpint(open_files(), <=, files);
    stage("a stuck thread");
    for (int i = 0; i < 400 && live_threads() > count + REPEATS; i++) {
        g_usleep(5000);
    }
    g_assert_cmpint(live_threads(), <=, count + REPEATS);
    _exit(0);
}

/* Whether the child's end is what the specification says. */
static bool ends_well(int status, const char *call, const char *said)
{
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        return true;
    }
    for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
        if (strstr(call, ends[i].call) && strstr(said, ends[i].says)) {
            return true;
        }
    }
    return false;
}

static void try(const Scenario *scenario, const char *call, uint64_t kinds, int error, unsigned int first,
                unsigned int times, unsigned int usual_calls)
{
    int output = memfd_create("stderr", MFD_CLOEXEC), status;
    char said[4096] = "";
    pid_t child;

    memset(report, 0, sizeof(*report));
    fflush(stdout);
    child = fork();
    if (child == 0) {
        dup2(output, STDOUT_FILENO);
        dup2(output, STDERR_FILENO);
        in_child(scenario, kinds, error, first, times, usual_calls, strcmp(call, "close") != 0);
    }
    g_assert_cmpint(waitpid(child, &status, 0), ==, child);
    injections++;
    if (pread(output, said, sizeof(said) - 1, 0) < 0) {
        said[0] = '\0';
    }
    close(output);
    if (!ends_well(status, call, said)) {
        failures++;
        printf("# %s: %s fails with %d (%s) at call %u%s: %s, %s %d\n# %s\n", scenario->name, call, error,
               strerror(error), first, times == 1 ? "" : " and further ones", report->stage,
               WIFSIGNALED(status) ? WTERMSIG(status) == SIGALRM ? "stuck, signal" : "signal" : "status",
               WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status), g_strdelimit(said, "\n", ' '));
    }
}

static void try_call(const Scenario *scenario, const char *call, uint64_t kinds, const int *errors,
                     unsigned int calls, unsigned int usual_calls)
{
    int before = failures, tried = injections;

    for (int i = 0; i < FAULT_ERRORS && errors[i]; i++) {
        for (unsigned int first = 1; first <= calls; first++) {
            /* Long rows of one kind of call are alike in the middle. */
            if (calls > 24 && first > 12 && first + 12 <= calls && first % 16) {
                continue;
            }
            if (is_quick && (first > 1 || i > 1)) {
                continue;
            }
            try(scenario, call, kinds, errors[i], first, 1, usual_calls);
            if (!is_quick || is_again(errors[i])) {
                try(scenario, call, kinds, errors[i], first, is_again(errors[i]) ? AGAIN : ALWAYS, usual_calls);
            }
        }
    }
    printf("%sok %d %s/%s # %d faults\n", failures > before ? "not " : "", ++tests, scenario->name, call,
           injections - tried);
}

static void try_scenario(const Scenario *scenario, const char *only)
{
    static const int no_descriptors[FAULT_ERRORS] = { EMFILE, ENFILE };
    Report usual;
    uint64_t wakers = 0;
    unsigned int calls = 0;

    try(scenario, "nothing", 0, 0, 1, 1, 0);
    injections--;
    usual = *report;
    for (size_t kind = 0; kind < fault_kinds_count; kind++) {
        const char *name = fault_kinds[kind].name;

        if (!strcmp(name, "eventfd") || !strcmp(name, "pipe2") || !strcmp(name, "socketpair")) {
            wakers |= 1ull << kind;
            calls += usual.calls[kind];
        }
        if (usual.calls[kind] && (!only || !strcmp(only, name))) {
            try_call(scenario, name, 1ull << kind, fault_kinds[kind].errors, usual.calls[kind], usual.all_calls);
        }
    }
    /* Whatever one thread can wake another with. */
    if (calls && (!only || !strcmp(only, "eventfd+pipe2"))) {
        try_call(scenario, "eventfd+pipe2", wakers, no_descriptors, calls, usual.all_calls);
    }
}

int main(int argc, char **argv)
{
    const char *only = NULL, *call = NULL;

    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--quick")) {
            is_quick = true;
        } else if (only) {
            call = argv[i];
        } else {
            only = argv[i];
        }
    }
    /* Else each thread takes address space for its memory. */
    mallopt(M_ARENA_MAX, 1);
    report = mmap(NULL, sizeof(*report), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    g_assert_true(report != MAP_FAILED);
    g_assert_cmpuint(fault_kinds_count, <=, ARRAY_SIZE(report->calls));
    scenarios_prepare();
    for (size_t i = 0; i < scenarios_count; i++) {
        if (!only || !strcmp(only, scenarios[i].name)) {
            try_scenario(&scenarios[i], call);
        }
    }
    scenarios_end();
    printf("1..%d\n# %d faults, %d not withstood\n", tests, injections, failures);
    return failures || !tests;
}
