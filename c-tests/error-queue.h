/*
 * A system that runs short of memory for zero-copy writes, notices of the test's own making, and
 * streams that break.
 * To be included by one file of a program: it takes the place of sendmsg and recvmsg.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef ERROR_QUEUE_H
#define ERROR_QUEUE_H

#include <dlfcn.h>
#include <linux/errqueue.h>

/* A message in the error queue. */
typedef struct Notice {
    uint32_t first;
    uint32_t last;
    bool copied;
    /* What is wrong with it, if anything. */
    int error;
    int origin;
    int level;
    bool bare;
} Notice;

static struct {
    /* Zero-copy writes without notice that there is memory for; 0 is no limit. */
    unsigned limit;
    unsigned outstanding;
    unsigned most_outstanding;
    /* So many zero-copy writes fail for want of memory. */
    int failures;
    /* How reading the queue fails, if it does. */
    int read_errno;
    /* These stand in for what the system has. */
    const Notice *notices;
    size_t count;
    int sends;
    int reads;
    /* What isn't about zero-copy: how often it was tried, and after how many reads it breaks. */
    int transfers;
    int break_after;
    bool breaks;
} queue;

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    static ssize_t (*real)(int, const struct msghdr *, int);
    ssize_t result;

    if (!real) {
        real = (ssize_t (*)(int, const struct msghdr *, int))dlsym(RTLD_NEXT, "sendmsg");
    }
    if (!(flags & MSG_ZEROCOPY)) {
        queue.transfers++;
        return real(fd, message, flags);
    }
    queue.sends++;
    if (queue.failures || (queue.limit && queue.outstanding >= queue.limit)) {
        queue.failures -= queue.failures > 0;
        errno = ENOBUFS;
        return -1;
    }
    result = real(fd, message, flags);
    if (result > 0) {
        queue.outstanding++;
        queue.most_outstanding = MAX(queue.most_outstanding, queue.outstanding);
    }
    return result;
}

static void put_notice(struct msghdr *message, const Notice *notice)
{
    struct sock_extended_err error = {
        .ee_errno = notice->error,
        .ee_origin = notice->origin ? notice->origin : SO_EE_ORIGIN_ZEROCOPY,
        .ee_code = notice->copied ? SO_EE_CODE_ZEROCOPY_COPIED : 0,
        .ee_info = notice->first,
        .ee_data = notice->last,
    };
    struct cmsghdr *header = CMSG_FIRSTHDR(message);

    message->msg_flags = MSG_ERRQUEUE;
    if (notice->bare) {
        message->msg_controllen = 0;
        return;
    }
    g_assert_cmpuint(message->msg_controllen, >=, CMSG_SPACE(sizeof(error)));
    header->cmsg_level = notice->level ? notice->level : SOL_IP;
    header->cmsg_type = IP_RECVERR;
    header->cmsg_len = CMSG_LEN(sizeof(error));
    memcpy(CMSG_DATA(header), &error, sizeof(error));
    message->msg_controllen = CMSG_SPACE(sizeof(error));
}

ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
    static ssize_t (*real)(int, struct msghdr *, int);
    ssize_t result;

    if (!real) {
        real = (ssize_t (*)(int, struct msghdr *, int))dlsym(RTLD_NEXT, "recvmsg");
    }
    if (!(flags & MSG_ERRQUEUE)) {
        queue.transfers++;
        if (queue.break_after && queue.break_after-- == 1) {
            queue.breaks = true;
        } else if (queue.breaks) {
            errno = ECONNRESET;
            return -1;
        }
        return real(fd, message, flags);
    }
    queue.reads++;
    if (queue.read_errno) {
        errno = queue.read_errno;
        return -1;
    }
    if (queue.notices) {
        if (queue.count == 0) {
            errno = EAGAIN;
            return -1;
        }
        put_notice(message, queue.notices++);
        queue.count--;
        return 0;
    }
    result = real(fd, message, flags);
    if (result >= 0) {
        struct sock_extended_err error;

        memcpy(&error, CMSG_DATA(CMSG_FIRSTHDR(message)), sizeof(error));
        queue.outstanding -= error.ee_data - error.ee_info + 1;
    }
    return result;
}

static void queue_reset(void)
{
    memset(&queue, 0, sizeof(queue));
}

static ssize_t write_zero_copy(QIOChannelSocket *ioc, const void *bytes, size_t length,
                               Error **errp)
{
    struct iovec iov = { (void *)bytes, length };

    return qio_channel_writev_full(QIO_CHANNEL(ioc), &iov, 1, NULL, 0,
                                   QIO_CHANNEL_WRITE_FLAG_ZERO_COPY, errp);
}

static int flush(QIOChannelSocket *ioc, Error **errp)
{
    return qio_channel_flush(QIO_CHANNEL(ioc), errp);
}

/* What a flush answers that has nothing to do. */
#if defined(QIO_HAS_ZERO_COPY_SUCCESS) && !defined(QIO_HAS_ZERO_COPY_FALLBACK)
#define FLUSHED_IDLE 1
#else
#define FLUSHED_IDLE 0
#endif

/* What it answers if some sends were copied and some were not. */
#ifdef QIO_HAS_ZERO_COPY_FALLBACK
#define FLUSHED_MIXED 1
#else
#define FLUSHED_MIXED 0
#endif

#endif
