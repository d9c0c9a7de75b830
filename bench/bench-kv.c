/*
 * The same server with a task (a thread) per client and with a coroutine per client: CPU time per
 * request and peak memory, with few clients and with many. See docs/tasks-and-coroutines.md.
 *
 *     bench-kv KV-TASK KV-COROUTINE
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pairs.h"

enum { PAIRS = 7, REQUESTS = 40000 };

typedef struct Result {
    double rate;   /* requests per second */
    double cpu;    /* of the server, in microseconds per request */
    double memory; /* the server's peak, in KiB */
} Result;

static void must(bool ok, const char *what)
{
    if (!ok) {
        perror(what);
        exit(1);
    }
}

static pid_t start_server(const char *program, int clients, int *port)
{
    char number[16], line[128];
    int out[2];
    pid_t pid;
    FILE *file;

    must(pipe(out) == 0, "pipe");
    g_snprintf(number, sizeof(number), "%d", clients);
    pid = fork();
    if (pid == 0) {
        dup2(out[1], STDOUT_FILENO);
        close(out[0]);
        execl(program, program, "--clients", number, NULL);
        _exit(127);
    }
    must(pid > 0, "fork");
    close(out[1]);
    file = fdopen(out[0], "r");
    must(fgets(line, sizeof(line), file) && sscanf(line, "listening at tcp:127.0.0.1:%d", port) == 1,
         program);
    fclose(file);
    return pid;
}

static int connect_to(int port)
{
    struct sockaddr_in to = {
        .sin_family = AF_INET,
        .sin_port = htons(port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

    must(fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0, "connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    return fd;
}

static Result measure(const char *program, int clients)
{
    static const char request[] = "get key\n", answer[] = "none\n";
    int port, rounds = REQUESTS / clients, round, i;
    pid_t pid = start_server(program, clients, &port);
    g_autofree int *fds = g_new(int, clients);
    struct rusage usage;
    double begin, seconds;
    int status;
    char buf[16];

    for (i = 0; i < clients; i++) {
        fds[i] = connect_to(port);
    }
    begin = g_get_monotonic_time() * 1e-6;
    for (round = 0; round < rounds; round++) {
        for (i = 0; i < clients; i++) {
            must(send(fds[i], request, strlen(request), 0) == (ssize_t)strlen(request), "send");
        }
        for (i = 0; i < clients; i++) {
            must(recv(fds[i], buf, strlen(answer), MSG_WAITALL) == (ssize_t)strlen(answer), "recv");
        }
    }
    seconds = g_get_monotonic_time() * 1e-6 - begin;
    for (i = 0; i < clients; i++) {
        close(fds[i]);
    }
    must(wait4(pid, &status, 0, &usage) == pid && status == 0, program);
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
