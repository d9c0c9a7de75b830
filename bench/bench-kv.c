/*
 * The same server with a task (a thread) per client and with a coroutine per client: CPU time per
 * request and peak memory, with few clients and with many. See docs/tasks-and-coroutines.md.
 *
 *     bench-kv KV-TASK KV-COROUTINE
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "pairs.h"
#include "server-load.h"

enum { PAIRS = 7, REQUESTS = 40000 };

typedef struct Result {
    double rate;   /* requests per second */
    double cpu;    /* of the server, in microseconds per request */
    double memory; /* the server's peak, in KiB */
} Result;

static Result measure(const char *program, int clients)
{
    int port, rounds = REQUESTS / clients, round, i;
    pid_t pid = start_server(program, clients, &port);
    g_autofree int *fds = g_new(int, clients);
    struct rusage usage;
    double begin, seconds;

    for (i = 0; i < clients; i++) {
        fds[i] = connect_to(port);
    }
    begin = g_get_monotonic_time() * 1e-6;
    for (round = 0; round < rounds; round++) {
        exchange(fds, clients);
    }
    seconds = g_get_monotonic_time() * 1e-6 - begin;
    usage = finish_server(pid, program, fds, clients);
    return (Result) {
        rounds * clients / seconds,
        (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 / (rounds * clients)
            + (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / (rounds * clients),
        usage.ru_maxrss,
    };
}

int main(int argc, char **argv)
{
    static const int clients[] = { 1, 16, 256, 1000 };
    int pairs = pair_count(PAIRS), pair, program;
    size_t i;

    if (argc != 3) {
        fprintf(stderr, "usage: bench-kv KV-TASK KV-COROUTINE\n");
        return 2;
    }
    printf("%8s  %22s  %26s  %18s\n", "clients", "requests/s", "server CPU, us/request",
           "peak memory, KiB");
    printf("%8s  %10s %11s  %12s %13s  %8s %9s\n", "", "task", "coroutine", "task", "coroutine", "task",
           "coroutine");
    for (i = 0; i < G_N_ELEMENTS(clients); i++) {
        double rate[2][pairs], cpu[2][pairs], memory[2][pairs];

        for (pair = 0; pair < pairs; pair++) {
            for (program = 0; program < 2; program++) {
                Result result = measure(argv[1 + program], clients[i]);

                rate[program][pair] = result.rate;
                cpu[program][pair] = result.cpu;
                memory[program][pair] = result.memory;
            }
        }
        printf("%8d  %10.0f %11.0f  %12.1f %13.1f  %8.0f %9.0f\n", clients[i],
               median(rate[0], pairs), median(rate[1], pairs), median(cpu[0], pairs),
               median(cpu[1], pairs), median(memory[0], pairs), median(memory[1], pairs));
        fflush(stdout);
    }
    return 0;
}
