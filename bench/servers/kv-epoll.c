/*
 * The store over epoll alone, without a library: what the kernel itself costs.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "store.h"
#include <sys/epoll.h>

static void accept_clients(int epoll, int server)
{
    int fd;

    while ((fd = accept4(server, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0) {
        struct epoll_event event = { EPOLLIN, { .ptr = store_client_new(fd) } };

        epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
    }
}

int main(int argc, char **argv)
{
    int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    struct sockaddr_in name = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t length = sizeof(name);
    struct epoll_event event = { EPOLLIN, { .ptr = NULL } };

    store_begin(argc, argv);
    if (bind(server, (struct sockaddr *)&name, sizeof(name)) != 0 || listen(server, BACKLOG) != 0
        || getsockname(server, (struct sockaddr *)&name, &length) != 0
        || epoll_ctl(epoll, EPOLL_CTL_ADD, server, &event) != 0) {
        perror("kv-epoll");
        return 1;
    }
    store_greet(ntohs(name.sin_port));
    for (;;) {
        struct epoll_event events[1024];
        int i, n = epoll_wait(epoll, events, 1024, -1);

        for (i = 0; i < n; i++) {
            StoreClient *client = events[i].data.ptr;

            if (!client) {
                accept_clients(epoll, server);
            } else if (!store_receive(client)) {
                close(client->fd);
                g_free(client->buf);
                g_free(client);
                if (store_client_left()) {
                    return 0;
                }
            }
        }
    }
}
