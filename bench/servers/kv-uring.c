/*
 * The store over io_uring: as kv-epoll, but that the kernel is asked once for all readiness of a client
 * (multishot poll) and tells of it in shared memory.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "store.h"
#include <liburing.h>
#include <poll.h>

enum { ENTRIES = 4096 };

static struct io_uring_sqe *next_sqe(struct io_uring *ring)
{
    struct io_uring_sqe *sqe = io_uring_get_sqe(ring);

    if (!sqe) {
        io_uring_submit(ring);
        sqe = io_uring_get_sqe(ring);
    }
    return sqe;
}

static void watch(struct io_uring *ring, int fd, StoreClient *client)
{
    struct io_uring_sqe *sqe = next_sqe(ring);

    io_uring_prep_poll_multishot(sqe, fd, POLLIN);
    io_uring_sqe_set_data(sqe, client);
}

/* The ring holds the file for as long as it polls it: the client would not learn that it was closed. */
static void unwatch(struct io_uring *ring, StoreClient *client)
{
    struct io_uring_sqe *sqe = next_sqe(ring);

    io_uring_prep_poll_remove(sqe, (uintptr_t)client);
    io_uring_sqe_set_data(sqe, client);
}

static void accept_clients(struct io_uring *ring, int server)
{
    int fd;

    while ((fd = accept4(server, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0) {
        watch(ring, fd, store_client_new(fd));
    }
}

int main(int argc, char **argv)
{
    int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    struct io_uring ring;
    struct sockaddr_in name = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t length = sizeof(name);

    store_begin(argc, argv);
    if (bind(server, (struct sockaddr *)&name, sizeof(name)) != 0 || listen(server, BACKLOG) != 0
        || getsockname(server, (struct sockaddr *)&name, &length) != 0
        || io_uring_queue_init(ENTRIES, &ring, IORING_SETUP_COOP_TASKRUN | IORING_SETUP_SINGLE_ISSUER) != 0) {
        perror("kv-uring");
        return 1;
    }
    store_greet(ntohs(name.sin_port));
    watch(&ring, server, NULL);
    for (;;) {
        struct io_uring_cqe *cqes[1024];
        unsigned i, n;

        io_uring_submit_and_wait(&ring, 1);
        n = io_uring_peek_batch_cqe(&ring, cqes, 1024);
        for (i = 0; i < n; i++) {
            StoreClient *client = io_uring_cqe_get_data(cqes[i]);
            bool goes_on = cqes[i]->flags & IORING_CQE_F_MORE;

            if (client && !client->buf) {
                continue;
            }
            if (!client) {
                accept_clients(&ring, server);
            } else if (!store_receive(client)) {
                unwatch(&ring, client);
                close(client->fd);
                g_free(client->buf);
                /* Its poll may still end; the rest is freed with the process. */
                client->buf = NULL;
                if (store_client_left()) {
                    return 0;
                }
                continue;
            }
            if (!goes_on) {
                watch(&ring, client ? client->fd : server, client);
            }
        }
        io_uring_cq_advance(&ring, n);
    }
}
