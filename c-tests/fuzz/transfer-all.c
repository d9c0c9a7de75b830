/*
 * Transfers that go on until everything is through (qio_channel_readv_full_all and its kin), over a class that
 * transfers a little, would block, fails, ends and brings descriptors: against the calls that the class has seen.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "pieces.h"

#define ELEMENTS 12

typedef struct Request {
    struct iovec iov[ELEMENTS];
    struct iovec copy[ELEMENTS];
    size_t niov;
    size_t total;
} Request;

static Request *request_new(Input *input)
{
    Request *request = g_new0(Request, 1);

    request->niov = take_number(input, 0, ELEMENTS);
    for (size_t i = 0; i < request->niov; i++) {
        uint8_t length = take_byte(input);
        struct iovec *element = &request->iov[i];

        element->iov_len = length < 40 ? 0 : length < 200 ? length % 30 : length * 4;
        /* Of its exact size, so that the sanitizer sees what is beyond; none for an empty one, now and then. */
        element->iov_base = element->iov_len || length % 2 ? malloc(element->iov_len) : NULL;
        for (size_t j = 0; j < element->iov_len; j++) {
            ((uint8_t *)element->iov_base)[j] = request->total + j + length;
        }
        request->total += element->iov_len;
    }
    memcpy(request->copy, request->iov, sizeof(request->iov));
    return request;
}

/* The bytes of all elements begin with these; @size may be less. */
static bool request_begins_with(const Request *request, const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < request->niov && size; i++) {
        size_t part = MIN(size, request->iov[i].iov_len);

        if (part && memcmp(request->iov[i].iov_base, bytes, part)) {
            return false;
        }
        bytes += part;
        size -= part;
    }
    return size == 0;
}

static void request_free(Request *request)
{
    require(memcmp(request->copy, request->iov, sizeof(request->iov)) == 0, "the array of elements was changed");
    for (size_t i = 0; i < request->niov; i++) {
        free(request->iov[i].iov_base);
    }
    g_free(request);
}

/*
 * What a reading call has to return by what the class has returned: 1 for all, 0 for the end before any byte, or -1.
 * The descriptors of the first read that succeeded are in @fds.
 */
static int expect_read(const Pieces *self, size_t total, int flags, bool wants_fds, const PiecesCall **fds)
{
    size_t got = 0;
    bool is_first = true;

    *fds = NULL;
    if (total == 0 && !wants_fds) {
        require(self->ncalls == 0, "nothing was asked for, and the class was called");
        return 1;
    }
    for (unsigned int i = 0; i < self->ncalls; i++) {
        const PiecesCall *call = &self->calls[i];
        bool is_last = i + 1 == self->ncalls;

        require(call->asked == total - got, "%zu bytes are missing, and %zu were asked for", total - got, call->asked);
        require(call->flags == flags, "flags %d became %d", flags, call->flags);
        require(call->has_fds == (wants_fds && is_first), "descriptors were%s asked for, at the %s read",
                call->has_fds ? "" : " not", is_first ? "first" : "next");
        if (call->result == QIO_CHANNEL_ERR_BLOCK) {
            continue;
        }
        if (call->result < 0) {
            require(is_last, "went on after a failure");
            return -1;
        }
        if (is_first && call->nfds) {
            *fds = call;
        }
        if (total == 0) {
            require(is_last, "went on with nothing to read");
            return *fds ? 1 : 0;
        }
        if (call->result == 0 && !(is_first && *fds)) {
            require(is_last, "went on after the end");
            return got || *fds ? -1 : 0;
        }
        is_first = false;
        got += call->result;
        if (got == total) {
            require(is_last, "went on with nothing to read");
            return 1;
        }
    }
    mismatch("came back with %zu of %zu bytes", got, total);
}

static bool is_open(int fd)
{
    return fcntl(fd, F_GETFD) != -1;
}

static void read_all(Input *input, Pieces *self)
{
    QIOChannel *ioc = &self->parent;
    Request *request = request_new(input);
    unsigned int form = take_number(input, 0, 3);
    bool wants_fds = form < 2 && take_bool(input), can_pass = qio_channel_has_feature(ioc, QIO_CHANNEL_FEATURE_FD_PASS);
    int flags = form == 0 ? take_of(input, ((int[]) { 0, QIO_CHANNEL_READ_FLAG_RELAXED_EOF, 64 })) : 0;
    int *fds = (int *)"nothing of anybody's", ret, expected;
    size_t nfds = 77, from = self->at;
    const PiecesCall *given = NULL;
    Error *err = NULL;

    self->ncalls = 0;
    switch (form) {
    case 0:
        ret = qio_channel_readv_full_all_eof(ioc, request->iov, request->niov, wants_fds ? &fds : NULL,
                                             wants_fds ? &nfds : NULL, flags, &err);
        break;
    case 1:
        ret = qio_channel_readv_full_all(ioc, request->iov, request->niov, wants_fds ? &fds : NULL,
                                         wants_fds ? &nfds : NULL, &err);
        break;
    case 2:
        ret = qio_channel_readv_all_eof(ioc, request->iov, request->niov, &err);
        break;
    default:
        ret = qio_channel_readv_all(ioc, request->iov, request->niov, &err);
    }
    if (wants_fds && !can_pass) {
        require(self->ncalls == 0, "a channel without descriptors was asked for some");
        expected = -1;
    } else {
        expected = expect_read(self, request->total, flags, wants_fds, &given);
    }
    if (form == 1 || form == 3) {
        expected = expected > 0 ? 0 : -1;
    }
    require(ret == expected, "returned %d instead of %d, form %u, %zu bytes, %u calls", ret, expected, form,
            request->total, self->ncalls);
    require_error_if(ret < 0, err);
    require(request_begins_with(request, self->in->data + from, self->at - from), "the bytes differ");
    if (wants_fds) {
        bool has_some = ret >= 0 && given;

        require(nfds == (has_some ? given->nfds : 0), "%zu descriptors", nfds);
        require((fds != NULL) == has_some, "an array of %zu descriptors", nfds);
        for (size_t i = 0; given && i < given->nfds; i++) {
            require(is_open(given->fds[i]) == has_some, "a descriptor is %s", has_some ? "closed" : "open");
            if (has_some) {
                require(fds[i] == given->fds[i], "another descriptor");
                close(fds[i]);
            }
        }
        g_free(fds);
    }
    request_free(request);
}

static void write_all(Input *input, Pieces *self)
{
    QIOChannel *ioc = &self->parent;
    Request *request = request_new(input);
    bool is_full = take_bool(input), has_fds = is_full && take_bool(input), is_first = true;
    bool can_pass = qio_channel_has_feature(ioc, QIO_CHANNEL_FEATURE_FD_PASS);
    bool can_zero_copy = qio_channel_has_feature(ioc, QIO_CHANNEL_FEATURE_WRITE_ZERO_COPY);
    int flags = is_full ? take_of(input, ((int[]) { 0, QIO_CHANNEL_WRITE_FLAG_ZERO_COPY, 64 })) : 0;
    int fds[2] = { 0, 1 }, ret, expected = 1, times_nothing = 0;
    size_t from = self->out->len, done = 0;
    Error *err = NULL;

    self->ncalls = 0;
    ret = is_full ? qio_channel_writev_full_all(ioc, request->iov, request->niov, has_fds ? fds : NULL,
                                                has_fds ? 2 : 0, flags, &err)
                  : qio_channel_writev_all(ioc, request->iov, request->niov, &err);
    if (request->total == 0) {
        require(self->ncalls == 0, "nothing was to be written, and the class was called");
        expected = 0;
    } else if ((has_fds && (!can_pass || flags == QIO_CHANNEL_WRITE_FLAG_ZERO_COPY)) ||
               (flags == QIO_CHANNEL_WRITE_FLAG_ZERO_COPY && !can_zero_copy)) {
        require(self->ncalls == 0, "the class was asked for what it can't do");
        expected = -1;
    }
    for (unsigned int i = 0; i < self->ncalls; i++) {
        const PiecesCall *call = &self->calls[i];

        require(expected == 1, "went on after the end");
        require(call->asked == request->total - done, "%zu bytes are missing, and %zu were written",
                request->total - done, call->asked);
        require(call->flags == flags, "flags %d became %d", flags, call->flags);
        require(call->has_fds == (has_fds && is_first) && call->nfds == (has_fds && is_first ? 2 : 0),
                "%zu descriptors with the %s write", call->nfds, is_first ? "first" : "next");
        if (call->result == QIO_CHANNEL_ERR_BLOCK) {
            continue;
        }
        is_first = false;
        done += MAX(call->result, 0);
        /* A class that writes nothing, and nothing again, would be asked for ever. */
        times_nothing = call->result ? 0 : times_nothing + 1;
        expected = call->result < 0 || times_nothing == 2 ? -1 : done == request->total ? 0 : 1;
    }
    require(ret == expected, "returned %d instead of %d, %zu bytes, %u calls", ret, expected, request->total,
            self->ncalls);
    require_error_if(ret < 0, err);
    require(self->out->len - from == done, "%zu bytes are counted, and %zu came", done, self->out->len - from);
    require(request_begins_with(request, self->out->data + from, done), "the bytes differ");
    request_free(request);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Input input = input_of(data, size);
    Pieces *self = pieces_new();
    unsigned int features = take_byte(&input);
    size_t half = input_left(&input) / 2;

    if (features & 1) {
        qio_channel_set_feature(&self->parent, QIO_CHANNEL_FEATURE_FD_PASS);
    }
    if (features & 2) {
        qio_channel_set_feature(&self->parent, QIO_CHANNEL_FEATURE_WRITE_ZERO_COPY);
    }
    self->may_fail = features & 4;
    self->script = input_of(input.at, half);
    input.at += half;
    g_byte_array_set_size(self->in, take_number(&input, 0, 6000));
    for (size_t i = 0; i < self->in->len; i++) {
        self->in->data[i] = i * 7 + i / 256;
    }
    for (int i = 0; i < 20 && input_left(&input); i++) {
        if (take_bool(&input)) {
            read_all(&input, self);
        } else {
            write_all(&input, self);
        }
    }
    object_unref(OBJECT(self));
    return 0;
}
