/*
 * Servers of one protocol, among few clients and thousands: CPU time of the server per request and per
 * connection, requests per second, peak memory. All in turn, round by round; medians.
 *
 * usage: bench-servers CLIENTS ACTIVE REQUESTS ROUNDS SERVER...
 *
 * Of CLIENTS that are connected, ACTIVE send requests: each one, then all answers are read. One line a
 * server: NAME CPU-US-PER-REQUEST REQUESTS-PER-S PEAK-KIB CPU-US-PER-CONNECTION. A connection is counted from its
 * arrival until the server has closed it.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <time.h>

#include "pairs.h"
#include "server-load.h"

static int clients, active, requests;

typedef struct Result {
    double cpu, rate, memory, connection;
} Result;

/* Of the server so far, in microseconds. */
static double cpu_of(pid_t pid)
{
    struct timespec used;
    clockid_t clock;

    must(clock_getcpuclockid(pid, &clock) == 0 && clock_gettime(clock, &used) == 0, "clock");
    return used.tv_sec * 1e6 + used.tv_nsec * 1e-3;
}

static Result measure(const char *program)
{
    int port, last, rounds = MAX(requests / active, 1), round, i;
    pid_t pid = start_server(program, clients + 1, &port);
    g_autofree int *fds = g_new(int, clients);
    double before = cpu_of(pid), connected, begin, seconds, served, leaving, left;
    struct rusage usage;

    for (i = 0; i < clients; i++) {
        fds[i] = connect_to(port);
        /* Once in a while all that have come are to be served, else the backlog overflows. */
        if (i % 64 == 63 || i == clients - 1) {
            exchange(fds + i, 1);
        }
    }
    exchange(fds, active);
    connected = cpu_of(pid);
    begin = g_get_monotonic_time() * 1e-6;
    for (round = 0; round < rounds; round++) {
        exchange(fds, active);
    }
    seconds = g_get_monotonic_time() * 1e-6 - begin;
    served = cpu_of(pid);
    /* One more stays while the others leave, so that the server ends after all that counts. */
    last = connect_to(port);
    exchange(&last, 1);
    leaving = cpu_of(pid);
    leave(fds, clients);
    left = cpu_of(pid);
    usage = finish_server(pid, program, &last, 1);
    return (Result) {
        (served - connected) / (rounds * active),
        rounds * active / seconds,
        usage.ru_maxrss,
        (connected - before + left - leaving) / clients,
    };
}

int main(int argc, char **argv)
{
    int rounds, round, server, servers = argc - 5;

    if (servers < 1) {
        fprintf(stderr, "usage: bench-servers CLIENTS ACTIVE REQUESTS ROUNDS SERVER...\n");
        return 2;
    }
    clients = atoi(argv[1]);
    active = atoi(argv[2]);
    requests = atoi(argv[3]);
    rounds = pair_count(atoi(argv[4]));

    double cpu[servers][rounds], rate[servers][rounds], memory[servers][rounds];
    double connection[servers][rounds];

    for (round = 0; round < rounds; round++) {
        for (server = 0; server < servers; server++) {
            Result result = measure(argv[5 + server]);

            cpu[server][round] = result.cpu;
            rate[server][round] = result.rate;
            memory[server][round] = result.memory;
            connection[server][round] = result.connection;
        }
    }
    for (server = 0; server < servers; server++) {
        g_autofree char *name = g_path_get_basename(argv[5 + server]);

        printf("%s %.3f %.0f %.0f %.3f\n", name, median(cpu[server], rounds),
               median(rate[server], rounds), median(memory[server], rounds),
               median(connection[server], rounds));
    }
    return 0;
}
