/*
 * Channels of all kinds that are used, watched, closed and dropped in any order, also from inside watches' and handshakes'
 * callbacks, against a model of who needs them, and of the bytes that are under way.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lifetimes-watches.h"

/* Handshakes ------------------------------------------------------------------------ */

static void shake_told(QIOTask *task, gpointer opaque)
{
    End *end = opaque;
    Error *err = NULL;

    g_assert_true(qio_task_get_source(task) == OBJECT(end->ioc));
    g_assert_cmpint(end->called++, ==, 0);
    g_assert_cmpint(end->destroyed, ==, 0);
    g_assert_cmpint(end->released, ==, 0);
    end->shaken = !qio_task_propagate_error(task, &err);
    end->link->disturbed |= !end->shaken;
    error_free(err);
    act();
}

static void shake_gone(gpointer opaque)
{
    End *end = opaque;

    g_assert_cmpint(end->destroyed++, ==, 0);
    g_assert_cmpint(end->released, ==, 0);
    end->shaking = false;
    act();
}

static void shake(End *end)
{
    if (!end->below || end->begun || end->closed || end->below->closed) {
        return;
    }
    end->begun = end->shaking = true;
    if (end->link->kind == TLS) {
        qio_channel_tls_handshake(QIO_CHANNEL_TLS(end->ioc), shake_told, end, shake_gone, NULL);
    } else {
        qio_channel_websock_handshake(QIO_CHANNEL_WEBSOCK(end->ioc), shake_told, end, shake_gone);
    }
}

/* Bytes ------------------------------------------------------------------------------ */

static bool is_quiet(End *end)
{
    return !end->link->disturbed && !end->closed && (!end->below || end->shaken);
}

static void reads(End *end)
{
    uint8_t bytes[MOST_BYTES];
    size_t size = take_number(input, 1, MOST_BYTES);
    Stream *in = end->in;
    bool is_over = end->closed;
    Error *err = NULL;
    ssize_t got;

    /* What a channel travels over is read by it alone. */
    if (!in && (end->link->kind == TLS || end->link->kind == WEBSOCK || end->link->kind == PIPE)) {
        return;
    }
    got = qio_channel_read(end->ioc, (char *)bytes, size, &err);
    g_assert_true((got == -1) == (err != NULL));
    error_free(err);
    g_assert_cmpint(got, >=, QIO_CHANNEL_ERR_BLOCK);
    g_assert_cmpint(got, <=, (ssize_t)size);
    if (is_over && (end->link->kind == SOCKETS || end->link->kind == PIPE || end->link->kind == COMMAND)) {
        g_assert_cmpint(got, ==, -1);
    }
    if (!in) {
        return;
    }
    for (ssize_t i = 0; i < got; i++) {
        g_assert_cmpint(bytes[i], ==, byte_at(in->read));
        in->read++;
    }
    g_assert_cmpuint(in->read, <=, in->written);
    if (is_quiet(end)) {
        g_assert_true(got > 0 || got == QIO_CHANNEL_ERR_BLOCK);
        /* A command takes its time. */
        g_assert_true(got > 0 || in->read == in->written || end->link->kind == COMMAND);
    }
}

static void writes(End *end)
{
    uint8_t bytes[MOST_BYTES];
    size_t size = take_number(input, 1, MOST_BYTES);
    Stream *out = end->out;
    bool is_over = end->closed;
    Error *err = NULL;
    ssize_t put;

    if (!out && (end->link->kind == TLS || end->link->kind == PIPE || (end->link->kind == WEBSOCK && !end->below))) {
        return;
    }
    for (size_t i = 0; i < size; i++) {
        bytes[i] = byte_at((out ? out->written : 0) + i);
    }
    if (out && out->written - out->read > MOST_UNDER_WAY) {
        return;
    }
    put = qio_channel_write(end->ioc, (char *)bytes, size, &err);
    g_assert_true((put == -1) == (err != NULL));
    error_free(err);
    g_assert_cmpint(put, >=, QIO_CHANNEL_ERR_BLOCK);
    g_assert_cmpint(put, <=, (ssize_t)size);
    g_assert_cmpint(put, !=, 0);
    if (is_over && (end->link->kind == SOCKETS || end->link->kind == PIPE || end->link->kind == COMMAND)) {
        g_assert_cmpint(put, ==, -1);
    }
    if (out && put > 0) {
        out->written += put;
    }
    if (out && is_quiet(end)) {
        g_assert_cmpint(put, ==, size);
    }
}

/* What the client at the other end of a WebSocket does. */
static void peer_acts(Link *link)
{
    static const uint8_t ping[] = { 0x89, 0x84, 0, 0, 0, 0, 'p', 'i', 'n', 'g' };
    static const uint8_t closing[] = { 0x88, 0x82, 0, 0, 0, 0, 3, 232 };
    Stream *stream = &link->streams[0];
    uint8_t frame[6 + 100] = { 0x82, 0, 1, 2, 3, 4 };
    uint8_t what = take_byte(input);
    char bytes[2048];
    int size = what % 100;

    if (link->peer < 0) {
        return;
    }
    while (recv(link->peer, bytes, sizeof(bytes), 0) > 0) {
        /* nothing */
    }
    if (what == 255) {
        link->disturbed = true;
        close(link->peer);
        link->peer = -1;
    } else if (!link->ends[1].shaken || link->disturbed) {
        /* What is sent before the response is thrown away with the request, or isn't. */
    } else if (what >= 250) {
        link->disturbed = true;
        send(link->peer, closing, sizeof(closing), MSG_NOSIGNAL);
    } else if (what >= 240) {
        send(link->peer, ping, sizeof(ping), MSG_NOSIGNAL);
    } else if (size && stream->written - stream->read < MOST_UNDER_WAY) {
        frame[1] = 0x80 | size;
        for (int i = 0; i < size; i++) {
            frame[6 + i] = byte_at(stream->written + i) ^ frame[2 + i % 4];
        }
        if (send(link->peer, frame, 6 + size, MSG_NOSIGNAL) == 6 + size) {
            stream->written += size;
        }
    }
}

/* Operations -------------------------------------------------------------------------- */

static End *any_end(void)
{
    int first = take_byte(input);

    for (int i = 0; i < link_count * ENDS; i++) {
        int n = (first + i) % (link_count * ENDS);
        Link *link = &links[n / ENDS];
        End *end = &link->ends[n % ENDS];

        if (n % ENDS < link->count && end->references > 0) {
            return end;
        }
    }
    return NULL;
}

/* A watch looks at the descriptor, whose number must not become somebody else's. */
static bool carries_handshake(End *end)
{
    for (int i = 0; i < end->link->count; i++) {
        if (end->link->ends[i].below == end && end->link->ends[i].shaking) {
            return true;
        }
    }
    return false;
}

static void closes(End *end)
{
    if (carries_handshake(end)) {
        return;
    }
    end->closed = true;
    end->link->disturbed = true;
    qio_channel_close(end->ioc, NULL);
    if (end->shaking) {
        /* Only a handshake whose callback is running goes on after that. */
        g_assert_true(end->called || end->destroyed || end->link->kind == WEBSOCK);
    }
}

static void shuts_down(End *end)
{
    static const QIOChannelShutdown ways[] = { QIO_CHANNEL_SHUTDOWN_READ, QIO_CHANNEL_SHUTDOWN_WRITE,
        QIO_CHANNEL_SHUTDOWN_BOTH };
    Error *err = NULL;

    end->link->disturbed = true;
    g_assert_true((qio_channel_shutdown(end->ioc, take_of(input, ways), &err) < 0) == (err != NULL));
    error_free(err);
}

static void unrefs(End *end)
{
    end->references--;
    object_unref(OBJECT(end->ioc));
}

static void act_on(End *end)
{
    switch (take_number(input, 0, 13)) {
    case 0:
        if (end->references < MOST_REFERENCES) {
            end->references++;
            object_ref(OBJECT(end->ioc));
        }
        break;
    case 1:
        unrefs(end);
        break;
    case 2:
    case 3:
        watch_new(end);
        break;
    case 4:
    case 5:
        reads(end);
        break;
    case 6:
    case 7:
        writes(end);
        break;
    case 8:
        if (take_bool(input)) {
            closes(end);
        } else {
            shuts_down(end);
        }
        break;
    case 9:
    case 10:
        shake(end);
        break;
    case 11:
        if (end->link->kind == WEBSOCK) {
            peer_acts(end->link);
        }
        break;
    case 12:
        qio_channel_set_name(end->ioc, take_bool(input) ? "fuzzed" : NULL);
        break;
    case 13:
        qio_channel_set_cork(end->ioc, take_bool(input));
        qio_channel_set_delay(end->ioc, take_bool(input));
        qio_channel_flush(end->ioc, NULL);
        break;
    }
}

static void iterate(Place *place)
{
    place_ref(place);
    g_main_context_iteration(place->context, false);
    place_unref(place);
}

static void place_switched(void)
{
    Place *place = own;

    if (place) {
        own = NULL;
        place_unref(place);
    } else if (place_count < PLACES) {
        own = &places[place_count++];
        *own = (Place) { .context = g_main_context_new(), .held = 1 };
    }
}

/* The next operation, also from inside what the last one has called. */
static void act(void)
{
    Watch *watch;
    End *end;
    uint32_t operation;

    if (depth >= DEEPEST || input_left(input) == 0 || operations++ >= OPERATIONS) {
        return;
    }
    depth++;
    operation = take_number(input, 0, 15);
    switch (operation) {
    case 0:
        operation = take_number(input, 0, KINDS - 1);
        /* A child process is expensive. */
        if (link_count < LINKS && (operation != COMMAND || take_number(input, 0, 7) == 0)) {
            link_new(operation, take_byte(input));
        }
        break;
    case 1:
    case 2:
        iterate(&places[0]);
        break;
    case 3:
        if (own) {
            iterate(own);
        }
        break;
    case 4:
        if ((watch = any_watch())) {
            watch_ends(watch);
        }
        break;
    case 5:
        if ((watch = any_watch())) {
            watch_unref(watch);
        }
        break;
    case 6:
        look_inside();
        break;
    case 7:
        if (take_byte(input) < 64) {
            place_switched();
        }
        break;
    default:
        if ((end = any_end())) {
            act_on(end);
        }
        break;
    }
    depth--;
}

/* Between two operations no call of the library is under way. */
static void check(void)
{
    for (int i = 0; i < watch_count; i++) {
        Watch *watch = &watches[i];

        /* With its context it goes, too. */
        if (watch->place && !watch->place->held) {
            watch->destroyed = true;
        }
        if (watch->place || !watch->source) {
            g_assert_cmpint(watch->notified, ==, watch->destroyed);
        }
    }
    for (int i = 0; i < link_count; i++) {
        for (int k = 0; k < links[i].count; k++) {
            End *end = &links[i].ends[k];

            if (is_needed(end)) {
                g_assert_cmpint(end->released, ==, 0);
            } else if (!is_watched(end)) {
                g_assert_cmpint(end->released, ==, 1);
            }
            g_assert_cmpint(end->destroyed, ==, end->begun && !end->shaking);
        }
    }
}

static bool all_released(void)
{
    for (int i = 0; i < link_count; i++) {
        for (int k = 0; k < links[i].count; k++) {
            if (!links[i].ends[k].released) {
                return false;
            }
        }
    }
    return true;
}

static void finish(uint8_t options)
{
    operations = OPERATIONS;
    if (own) {
        place_switched();
    }
    for (int i = 0; i < watch_count; i++) {
        watch_ends(&watches[i]);
        watch_unref(&watches[i]);
    }
    check();
    for (int i = 0; i < link_count; i++) {
        for (int k = 0; k < links[i].count; k++) {
            End *end = &links[i].ends[k];

            if (end->references && options & 1) {
                closes(end);
            }
            if (end->below && end->shaking && end->references) {
                closes(end);
            }
            while (end->references) {
                unrefs(end);
            }
        }
        if (links[i].peer >= 0) {
            close(links[i].peer);
        }
    }
    check();
    /* Handshakes, which are told that nobody is there any more. */
    WAIT_UNTIL((iterate(&places[0]), all_released()));
    check();
    for (int i = 0; i < link_count; i++) {
        for (int k = 0; k < links[i].count; k++) {
            g_assert_cmpint(links[i].ends[k].destroyed, ==, links[i].ends[k].begun);
        }
    }
}

static void run(const uint8_t *data, size_t size)
{
    Input in = input_of(data, size);
    uint8_t options = take_byte(&in);

    input = &in;
    depth = operations = link_count = watch_count = 0;
    own = NULL;
    places[0] = (Place) { .context = g_main_context_default(), .held = 1 };
    place_count = 1;
    link_new((options >> 1) % KINDS, options >> 4);
    while (input_left(&in) && operations < OPERATIONS) {
        act();
        check();
    }
    finish(options);
}

static void give_up_keys(void)
{
    psk_creds_end(&psk_of[CLIENT]);
    psk_creds_end(&psk_of[SERVER]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t each[KINDS] = { 0, 2, 4, 6, 8, 10, 12, 14 };
    static bool is_ready;
    int descriptors;

    if (!is_ready) {
        is_ready = true;
        module_call_init(MODULE_INIT_QOM);
        g_assert_cmpint(qcrypto_init(&error_abort), ==, 0);
        psk_of[CLIENT] = psk_creds(CLIENT, PSK_KEY);
        psk_of[SERVER] = psk_creds(SERVER, PSK_KEY);
        atexit(give_up_keys);
        /* What is opened once and stays. */
        for (int i = 0; i < KINDS; i++) {
            run(&each[i], 1);
        }
    }
    descriptors = descriptors_before();
    run(data, size);
    descriptors_are(descriptors);
    return 0;
}
