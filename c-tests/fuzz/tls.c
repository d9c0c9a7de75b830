/*
 * TLS channels: one over a master that has any bytes, and two over each other, with a byte changed, lost, doubled or all
 * lost from there on. Whatever comes, it ends, and what is read is what was written, up to where it was changed.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "pieces.h"
#include "../tls-channels.h"

/* Whoever hasn't got on for so many rounds of the main loop waits for what doesn't come. */
#define IDLE_ROUNDS 8
#define ROUNDS 20000
#define MOST 40000

typedef struct End {
    Pieces *below;
    QIOChannel *ioc;
    int called;
    bool is_established;
    bool said_bye, has_ended, is_closed;
    /* Bytes that were taken from the program, offered but not taken, and read by it. */
    size_t written, offered, read;
} End;

static QCryptoTLSCreds *creds[2][2];
static PskCreds psk[2];

static void remove_keys(void)
{
    psk_creds_end(&psk[CLIENT]);
    psk_creds_end(&psk[SERVER]);
}

/* By shared keys (TLS 1.3) and anonymous ones (TLS 1.2). */
static void make_creds(void)
{
    if (creds[0][0]) {
        return;
    }
    qcrypto_init(&error_abort);
    for (int end = 0; end < 2; end++) {
        psk[end] = psk_creds(end, PSK_KEY);
        creds[0][end] = psk[end].creds;
        creds[1][end] = QCRYPTO_TLS_CREDS(tls_creds_new("tls-creds-anon", end == SERVER ? "anon-server" : "anon-client",
                                                        "endpoint", end == SERVER ? "server" : "client", NULL));
    }
    atexit(remove_keys);
}

static uint8_t byte_at(int end, size_t position)
{
    return position * 31 + (position >> 8) * 7 + end;
}

static void handshake_done(QIOTask *task, gpointer opaque)
{
    End *end = opaque;
    Error *err = NULL;

    end->called++;
    end->is_established = !qio_task_propagate_error(task, &err);
    require_error_if(!end->is_established, err);
}

static void start(End *end, int which, int kind, Input *script)
{
    *end = (End) { .below = pieces_new() };
    end->below->script = *script;
    end->below->stays_open = true;
    qio_channel_set_feature(&end->below->parent, QIO_CHANNEL_FEATURE_SHUTDOWN);
    end->ioc = QIO_CHANNEL(which == SERVER
        ? qio_channel_tls_new_server(&end->below->parent, creds[kind][which], NULL, &error_abort)
        : qio_channel_tls_new_client(&end->below->parent, creds[kind][which], NULL, &error_abort));
}

static void run(End *ends, int count, int rounds)
{
    while (rounds--) {
        for (int i = 0; i < count; i++) {
            ends[i].below->ncalls = 0;
        }
        g_main_context_iteration(NULL, FALSE);
    }
}

/* What changes as ends get on. */
static size_t progress(const End *ends, int count)
{
    size_t sum = 0;

    for (int i = 0; i < count; i++) {
        sum += ends[i].below->at + ends[i].below->in->len + ends[i].below->out->len - input_left(&ends[i].below->script);
    }
    return sum;
}

/* Both have heard of it; if they get on no more, the end of the connection is what makes them. */
static void shake(End *ends, int count)
{
    for (int i = 0; i < count; i++) {
        qio_channel_tls_handshake(QIO_CHANNEL_TLS(ends[i].ioc), handshake_done, &ends[i], NULL, NULL);
    }
    for (int rounds = 0, idle = 0; rounds < ROUNDS && !(ends[0].called && ends[count - 1].called); rounds++) {
        size_t before = progress(ends, count);

        run(ends, count, 1);
        idle = before == progress(ends, count) ? idle + 1 : 0;
        for (int i = 0; i < count && idle > IDLE_ROUNDS; i++) {
            ends[i].below->stays_open = false;
        }
    }
    for (int i = 0; i < count; i++) {
        require(ends[i].called == 1, "the handshake of end %d was called back %d times", i, ends[i].called);
    }
}

static void write_some(End *end, int which, size_t size)
{
    g_autofree char *bytes = g_malloc(size);
    Error *err = NULL;
    ssize_t ret;

    /* What would have blocked is offered again (R-TLS-40). */
    size = MAX(size, end->offered);
    bytes = g_realloc(bytes, size);
    for (size_t i = 0; i < size; i++) {
        bytes[i] = byte_at(which, end->written + i);
    }
    end->below->ncalls = 0;
    ret = qio_channel_write(end->ioc, bytes, size, &err);
    require(ret >= -2 && ret <= (ssize_t)size, "write of %zu bytes returned %zd", size, ret);
    require_error_if(ret == -1, err);
    require(ret <= 0 || (end->is_established && !end->is_closed), "written without a session");
    if (ret > 0) {
        end->written += ret;
        end->offered = 0;
    } else if (ret == QIO_CHANNEL_ERR_BLOCK) {
        end->offered = size;
    }
}

/* What is read is what the other one has written, from there on where the last read has ended. */
static ssize_t read_some(End *end, End *other, int which, size_t size, int flags)
{
    g_autofree uint8_t *bytes = g_malloc(size);
    struct iovec iov[2] = { { bytes, size / 3 }, { bytes + size / 3, size - size / 3 } };
    Error *err = NULL;
    ssize_t ret;

    end->below->ncalls = 0;
    ret = qio_channel_readv_full(end->ioc, iov, 2, NULL, NULL, flags, &err);
    require(ret >= -2 && ret <= (ssize_t)size, "read of %zu bytes returned %zd", size, ret);
    require_error_if(ret == -1, err);
    if (ret > 0) {
        require(end->is_established && other && other->is_established, "read without a session");
        require(!end->has_ended, "read after the end");
        require(ret <= (ssize_t)(other->written + other->offered - end->read), "more was read than written");
        for (ssize_t i = 0; i < ret; i++) {
            require(bytes[i] == byte_at(!which, end->read + i), "byte %zu was altered on its way", end->read + i);
        }
        end->read += ret;
    }
    if (ret == 0 && size) {
        /* It stays one for reads that would not take it for one. */
        require(end->has_ended || flags || (other && other->said_bye) || end->below->shut,
                "an end that nobody has said");
        end->has_ended = true;
    }
    return ret;
}

static gboolean called(QIOChannel *ioc, GIOCondition condition, gpointer seen)
{
    *(GIOCondition *)seen |= condition;
    return G_SOURCE_REMOVE;
}

static void watch(End *ends, int count, int which, GIOCondition condition)
{
    GIOCondition seen = 0;
    GSource *source = qio_channel_create_watch(ends[which].ioc, condition);

    g_source_set_callback(source, G_SOURCE_FUNC(called), &seen, NULL);
    g_source_attach(source, NULL);
    run(ends, count, 2);
    g_source_destroy(source);
    g_source_unref(source);
    require((seen & ~condition) == 0, "a watch for %d was called with %d", condition, seen);
}

static void one_step(End *ends, int count, Input *input)
{
    int which = take_bool(input) && count > 1;
    End *end = &ends[which], *other = count > 1 ? &ends[!which] : NULL;
    Error *err = NULL;

    switch (take_byte(input) % 16) {
    case 0 ... 5:
        if (end->written < MOST) {
            write_some(end, which, take_number(input, 0, take_bool(input) ? 20000 : 100));
        }
        break;
    case 6 ... 10:
        read_some(end, other, which, take_number(input, 0, take_bool(input) ? 20000 : 100),
                  take_bool(input) ? QIO_CHANNEL_READ_FLAG_RELAXED_EOF : 0);
        break;
    case 11:
        watch(ends, count, which, take_bool(input) ? G_IO_IN : G_IO_OUT);
        break;
    case 12:
        run(ends, count, take_number(input, 1, 20));
        break;
    case 13:
        /* After what would have blocked nothing else may come. */
        if (!end->offered) {
            end->said_bye |= end->is_established;
            end->below->ncalls = 0;
            qio_channel_tls_bye(QIO_CHANNEL_TLS(end->ioc), &err);
            error_free(err);
        }
        break;
    case 14:
        qio_channel_shutdown(end->ioc, take_number(input, 1, 3), &err);
        require_error_if(false, err);
        break;
    default:
        require(qio_channel_close(end->ioc, &err) == 0, "close failed");
        end->is_closed = true;
        /* The peer sees the end of the connection. */
        if (other) {
            other->below->stays_open = false;
        }
    }
}

/* All that was written comes, where nothing has happened on the way. */
static void read_to_the_end(End *ends, int which, int rounds)
{
    End *end = &ends[which], *other = &ends[!which];
    ssize_t ret = 1;

    while (other->offered) {
        write_some(other, !which, other->offered);
    }
    for (int blocked = 0; blocked < rounds && (ret > 0 || ret == QIO_CHANNEL_ERR_BLOCK); ) {
        size_t before = end->below->at;

        /* A record may come in pieces of a byte. */
        ret = read_some(end, other, which, 5000, 0);
        blocked = ret == QIO_CHANNEL_ERR_BLOCK && end->below->at == before ? blocked + 1 : 0;
    }
    require(end->read == other->written, "%zu of %zu bytes came", end->read, other->written);
}

/* A close_notify may be on its way in pieces of a byte. */
static void end_of(End *end)
{
    for (int rounds = 0, idle = 0; rounds < ROUNDS && idle < IDLE_ROUNDS; rounds++) {
        size_t before = progress(end, 1);

        run(end, 1, 1);
        idle = before == progress(end, 1) ? idle + 1 : 0;
    }
    object_unref(OBJECT(end->ioc));
    run(end, 1, 1);
    require(OBJECT(end->below)->ref == 1, "the channel is gone, and its master has %u references",
            OBJECT(end->below)->ref);
    object_unref(OBJECT(end->below));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Input input = input_of(data, size), script;
    uint8_t how = take_byte(&input);
    int kind = how >> 5 == 7, count = how & 6 ? 2 : 1;
    size_t third = input_left(&input) / 3;
    bool is_whole = true;
    End ends[2];

    make_creds();
    script = input_of(input.at, third);
    input.at += third;
    for (int i = 0; i < count; i++) {
        /* One alone is either. */
        start(&ends[i], count == 2 ? i : (how >> 3) & 1, kind, &script);
    }
    if (count == 2) {
        for (int i = 0; i < 2; i++) {
            Pieces *below = ends[i].below;

            below->peer = ends[!i].below;
            /* Somewhere in the handshake or behind it. */
            below->fault = how & (8 << i) ? take_number(&input, FLIPPED, CUT) : NO_FAULT;
            below->fault_at = take_number(&input, 0, 4000);
            below->fault_bits = take_byte(&input) | 1;
            is_whole &= below->fault == NO_FAULT;
        }
    } else {
        g_byte_array_append(ends[0].below->in, input.at, input_left(&input) / 2);
        input.at += input_left(&input) / 2;
    }
    shake(ends, count);
    if (count == 1) {
        require(!ends[0].is_established, "a handshake with nobody");
    } else if (is_whole) {
        require(ends[0].is_established && ends[1].is_established, "a handshake failed");
    }
    while (input_left(&input)) {
        one_step(ends, count, &input);
    }
    for (int i = 0; count == 2 && i < 2; i++) {
        if (is_whole && !ends[0].below->shut && !ends[1].below->shut && !ends[0].is_closed && !ends[1].is_closed &&
            !ends[0].said_bye && !ends[1].said_bye) {
            read_to_the_end(ends, i, 10);
        }
    }
    for (int i = 0; i < count; i++) {
        end_of(&ends[i]);
    }
    return 0;
}
