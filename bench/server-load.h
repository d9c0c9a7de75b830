/*
 * A key-value server under load, for benchmarks: started, connected to, asked, and its end awaited.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef BENCH_SERVER_LOAD_H
#define BENCH_SERVER_LOAD_H

#include <arpa/inet.h>
#include <glib.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* Ends the benchmark with a line that says what failed. */
static inline void must(bool ok, const char *what)
{
    if (!ok) {
        perror(what);
        exit(1);
    }
}

/* A server that ends after so many clients, and its port. */
static inline pid_t start_server(const char *program, int clients, int *port)
{
    char number[16], line[256];
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

static inline int connect_to(int port)
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

/* One request of each of so many clients, and all answers. */
static inline void exchange(const int *fds, int count)
{
    static const char request[] = "get key\n", answer[] = "none\n";
    char buf[16];
    int i;

    for (i = 0; i < count; i++) {
        must(send(fds[i], request, strlen(request), 0) == (ssize_t)strlen(request), "send");
    }
    for (i = 0; i < count; i++) {
        must(recv(fds[i], buf, strlen(answer), MSG_WAITALL) == (ssize_t)strlen(answer), "recv");
    }
}

/* The clients leave, and the server has closed what it had of them. */
static inline void leave(const int *fds, int count)
{
    char byte;
    int i;

    for (i = 0; i < count; i++) {
        must(shutdown(fds[i], SHUT_WR) == 0, "shutdown");
    }
    for (i = 0; i < count; i++) {
        must(recv(fds[i], &byte, 1, 0) == 0, "recv");
        close(fds[i]);
    }
}

/* The clients leave, which ends the server: what it has used from its start. */
static inline struct rusage finish_server(pid_t pid, const char *program, const int *fds, int count)
{
    struct rusage usage;
    int status, i;

    for (i = 0; i < count; i++) {
        close(fds[i]);
    }
    must(wait4(pid, &status, 0, &usage) == pid && status == 0, program);
    return usage;
}

#endif
