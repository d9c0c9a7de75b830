/*
 * What a slow or hostile peer of io/channel-tls.h costs: at most 1 MiB of memory per channel.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "rounds.h"
#include "tls-crafter.h"

#include <malloc.h>

enum {
    BOUND = 1 << 20,
    /* Bytes of a record. */
    RECORD = 16384,
};

#define TLS13 "NORMAL:-VERS-ALL:+VERS-TLS1.3:+ECDHE-PSK:+DHE-PSK:+PSK"
#define TLS13_AES "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-128-GCM:+ECDHE-PSK:+DHE-PSK:+PSK"
#define TLS12 "NORMAL:-VERS-ALL:+VERS-TLS1.2:+ECDHE-PSK:+DHE-PSK:+PSK"

/* What a flood sends, if nobody stops it. The bound can't be seen under valgrind: more than a channel and its sockets
 * hold is enough there. */
static size_t flood_size(void)
{
    return is_slow() ? 512 << 10 : 4 << 20;
}

static size_t malloced(void)
{
    struct mallinfo2 info = mallinfo2();

    return info.uordblks + info.hblkhd;
}

/* Since when, and the most there was. Samples are taken whenever a session comes to its transport, for
 * what it only has in the middle of its work. The peer, if it is one of GnuTLS, is part of it. */
static size_t at_first, peak;

static void sample(void)
{
    peak = MAX(peak, malloced());
}

static void sampling_begin(void)
{
    at_first = peak = malloced();
}

static void sampling_end(void)
{
    sample();
    g_test_message("%zu bytes", peak - at_first);
    g_assert_cmpuint(peak - at_first, <, BOUND);
}

static typeof(((QIOChannelClass *)NULL)->io_readv) whole_readv;
static typeof(((QIOChannelClass *)NULL)->io_writev) whole_writev;

#ifndef QIO_HAS_READV_FLAGS
static ssize_t sampling_readv(QIOChannel *ioc, const struct iovec *iov, size_t niov, int **fds,
                              size_t *nfds, Error **errp)
{
    sample();
    return whole_readv(ioc, iov, niov, fds, nfds, errp);
}
#else
static ssize_t sampling_readv(QIOChannel *ioc, const struct iovec *iov, size_t niov, int **fds,
                              size_t *nfds, int flags, Error **errp)
{
    sample();
    return whole_readv(ioc, iov, niov, fds, nfds, flags, errp);
}
#endif

static ssize_t sampling_writev(QIOChannel *ioc, const struct iovec *iov, size_t niov, int *fds,
                               size_t nfds, int flags, Error **errp)
{
    sample();
    return whole_writev(ioc, iov, niov, fds, nfds, flags, errp);
}

static void sample_transports(void)
{
    QIOChannelClass *klass = QIO_CHANNEL_CLASS(object_class_by_name(TYPE_QIO_CHANNEL_SOCKET));

    whole_readv = klass->io_readv;
    whole_writev = klass->io_writev;
    klass->io_readv = sampling_readv;
    klass->io_writev = sampling_writev;
}

/* The channel's side: the handshake goes on, then a program reads. */
static void turn(Peer *peer)
{
    char bytes[512];

    if (!peer->shake.destroyed) {
        g_main_context_iteration(NULL, false);
    } else if (!peer->shake.error) {
        for (int i = 0; i < 100 && qio_channel_read(QIO_CHANNEL(peer->ioc), bytes, sizeof(bytes),
                                                    NULL) > 0; i++) {
        }
    }
    sample();
}

/* Sends so much at a time; false if the channel takes no more. */
static bool pour(Peer *peer, const void *bytes, size_t size, size_t portion)
{
    size_t at = 0;

    for (int full = 0; at < size && full < 4;) {
        ssize_t n = send(peer->fd, (const char *)bytes + at, MIN(portion, size - at),
                         MSG_DONTWAIT | MSG_NOSIGNAL);

        if (n < 0) {
            g_assert_cmpint(errno, ==, EAGAIN);
        }
        turn(peer);
        if (n < 0) {
            full++;
        } else {
            full = 0;
            at += n;
        }
    }
    return at == size;
}

/* Pours the same again and again. */
static void flood(Peer *peer, const void *bytes, size_t size)
{
    g_autoptr(GByteArray) block = g_byte_array_sized_new(RECORD + size);

    while (block->len < RECORD) {
        g_byte_array_append(block, bytes, size);
    }
    for (size_t sent = 0; sent < flood_size() && pour(peer, block->data, block->len, block->len);) {
        sent += block->len;
    }
}

/* A server's channel that waits for a client's first words. */
static void begin(Peer *peer)
{
    sampling_begin();
    peer_make(peer, TLS13);
    shake_start(&peer->shake, peer->ioc, NULL);
}

static void end(Peer *peer)
{
    sampling_end();
    if (!peer->shake.destroyed) {
        /* Ends the handshake, which references the channel. */
        qio_channel_close(QIO_CHANNEL(peer->ioc), &error_abort);
        peer_cut(peer);
        while (OBJECT(peer->ioc)->ref > 1) {
            g_main_context_iteration(NULL, true);
        }
    }
    peer_end(peer);
}

static void test_garbage(void)
{
    const size_t size = flood_size();
    g_autofree uint8_t *bytes = g_malloc(size);
    GRand *random = g_rand_new_with_seed(1);
    Peer peer;

    for (size_t i = 0; i < size; i++) {
        bytes[i] = g_rand_int(random);
    }
    g_rand_free(random);
    begin(&peer);
    g_assert_false(pour(&peer, bytes, size, RECORD));
    g_assert_nonnull(peer.shake.error);
    end(&peer);
}

/* Nothing but what is asked for is read. */
static void test_dribble(void)
{
    enum { SIZE = 5 + RECORD - 1 };
    g_autofree uint8_t *record = g_malloc0(SIZE);

    memcpy(record, "\x16\x03\x01\x40\x00\x01\x00\x7f\xff", 9);
    for (int i = 0; i < 4; i++) {
        Peer peer;

        /* The first time byte by byte. */
        size_t slow = i ? 0 : is_slow() ? 1000 : SIZE;

        begin(&peer);
        g_assert_true(pour(&peer, record, slow, 1));
        g_assert_true(pour(&peer, record + slow, SIZE - slow, 4097));
        g_assert_cmpint(peer.shake.destroyed, ==, 0);
        end(&peer);
    }
}

/* A ClientHello of that size, in records of another; sent until it is refused. */
static void hello(size_t size, size_t record)
{
    g_autoptr(GByteArray) bytes = g_byte_array_sized_new(record + 5);
    uint8_t header[5] = { 0x16, 3, 1, record >> 8, record };
    uint8_t begins[4] = { 1, size >> 16, size >> 8, size };
    size_t done = 0;
    Peer peer;

    begin(&peer);
    g_byte_array_set_size(bytes, record + 5);
    while (done < size + 4) {
        memset(bytes->data, 0, bytes->len);
        memcpy(bytes->data, header, 5);
        for (size_t i = done; i < 4 && i < done + record; i++) {
            bytes->data[5 + i - done] = begins[i];
        }
        if (!pour(&peer, bytes->data, bytes->len, bytes->len)) {
            break;
        }
        done += record;
    }
    /* A program would hear of it; it isn't one that can be understood. */
    if (done >= size + 4) {
        while (!peer.shake.destroyed) {
            g_main_context_iteration(NULL, true);
        }
        g_assert_nonnull(peer.shake.error);
    }
    end(&peer);
}

static void test_large_hello(void)
{
    static const size_t sizes[] = { 16000, 65535, 100000, 128 * 1024 - 4, 128 * 1024,
                                    128 * 1024 + 1, 1 << 20, (1 << 24) - 1 };

    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
        hello(sizes[i], RECORD);
        hello(sizes[i], 1000);
    }
    hello(is_slow() ? 2000 : 20000, 1);
}

/* Records that bring a handshake no further. */
static void test_idle_records(void)
{
    static const struct {
        const char *bytes;
        size_t size;
    } records[] = {
        { "\x16\x03\x01\x00\x00", 5 },
        { "\x17\x03\x01\x00\x00", 5 },
        { "\x14\x03\x03\x00\x01\x01", 6 },
        { "\x15\x03\x01\x00\x02\x01\x5a", 7 },
        { "\x16\x03\x01\x00\x04\x00\x00\x00\x00", 9 },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(records); i++) {
        Peer peer;

        begin(&peer);
        flood(&peer, records[i].bytes, records[i].size);
        end(&peer);
    }
}

/* A client that shows as many certificates as a message holds, and then goes on for ever. The
 * channel is the client here: what a server says first is not encrypted in TLS 1.2. */
static void test_chain(void)
{
    static const uint8_t server_hello[] = {
        0x16, 3, 3, 0, 44, 2, 0, 0, 40, 3, 3,
        1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
        1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
        0, 0xc0, 0x2b, 0, 0, 0,
    };
    TlsCert *ca = tls_cert(.name = "ca", .is_ca = true);
    TlsCert *small = tls_cert(.name = "a", .issuer = ca, .no_basic_constraints = true,
                              .no_key_ids = true);
    static const size_t sizes[] = { 4000, 60000, 120 * 1024 };
    g_autofree char *dir = tls_dir_new();
    QCryptoTLSCreds *creds;
    gnutls_datum_t der;

    tls_dir_put_certs(dir, "ca-cert.pem", ca, NULL);
    creds = tls_creds("x509", dir, CLIENT);
    tls_check(gnutls_x509_crt_export2(small->crt, GNUTLS_X509_FMT_DER, &der));
    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
        size_t count = sizes[i] / (der.size + 3), list = count * (der.size + 3), all = list + 7;
        g_autoptr(GByteArray) message = g_byte_array_sized_new(all);
        uint8_t begins[] = { 11, (list + 3) >> 16, (list + 3) >> 8, list + 3,
                             list >> 16, list >> 8, list };
        uint8_t header[3] = { der.size >> 16, der.size >> 8, der.size };
        char drain[4096];
        Peer peer = { 0 };
        int sv[2];

        g_byte_array_append(message, begins, sizeof(begins));
        for (size_t at = 0; at < count; at++) {
            g_byte_array_append(message, header, 3);
            g_byte_array_append(message, der.data, der.size);
        }
        sampling_begin();
        g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv), ==, 0);
        peer.fd = sv[1];
        peer.master = qio_channel_socket_new_fd(sv[0], &error_abort);
        set_blocking(peer.master, false);
        peer.ioc = qio_channel_tls_new_client(QIO_CHANNEL(peer.master), creds, "qemu.org",
                                              &error_abort);
        shake_start(&peer.shake, peer.ioc, NULL);
        g_assert_cmpint(recv(peer.fd, drain, sizeof(drain), 0), >, 0);
        g_assert_true(pour(&peer, server_hello, sizeof(server_hello), sizeof(server_hello)));
        for (size_t at = 0; at < all; at += RECORD) {
            size_t part = MIN(RECORD, all - at);
            uint8_t record[5] = { 0x16, 3, 3, part >> 8, part };

            g_assert_true(pour(&peer, record, 5, 5));
            g_assert_true(pour(&peer, message->data + at, part, part));
        }
        g_assert_cmpstr(peer.shake.error, ==, NULL);
        sampling_end();
        qio_channel_close(QIO_CHANNEL(peer.ioc), &error_abort);
        peer_cut(&peer);
        while (OBJECT(peer.ioc)->ref > 1) {
            g_main_context_iteration(NULL, true);
        }
        g_free(peer.shake.error);
        object_unref(OBJECT(peer.ioc));
        object_unref(OBJECT(peer.master));
    }
    gnutls_free(der.data);
    tls_creds_end(creds);
    tls_dir_free(g_steal_pointer(&dir));
}

/* After the handshake ---------------------------------------------------------------------- */

static void open_with(Peer *peer, const char *priority)
{
    sampling_begin();
    peer_open_with(peer, priority);
    g_assert_cmpint(fcntl(peer->fd, F_SETFL, O_RDWR | O_NONBLOCK), ==, 0);
}

/* As long as any other, but there is nothing in it. */
static ssize_t send_padding(Peer *peer)
{
    return gnutls_record_send2(peer->session, "", 0, RECORD - 64, 0);
}

static ssize_t send_key(Peer *peer)
{
    return gnutls_session_key_update(peer->session, 0);
}

static ssize_t send_key_request(Peer *peer)
{
    return gnutls_session_key_update(peer->session, GNUTLS_KU_PEER);
}

static ssize_t send_warning(Peer *peer)
{
    return gnutls_alert_send(peer->session, GNUTLS_AL_WARNING, GNUTLS_A_USER_CANCELED);
}

static ssize_t send_byte(Peer *peer)
{
    return gnutls_record_send(peer->session, "x", 1);
}

static void test_messages(void)
{
    static ssize_t (*const messages[])(Peer *) = {
        send_padding, send_key, send_key_request, send_warning, send_byte,
    };
    const int most = is_slow() ? 1000 : 20000;

    for (size_t i = 0; i < 2 * G_N_ELEMENTS(messages); i++) {
        bool is_old = i >= G_N_ELEMENTS(messages);
        ssize_t (*message)(Peer *) = messages[i % G_N_ELEMENTS(messages)];
        Peer peer;

        if (is_old && message != send_warning && message != send_byte) {
            /* Of TLS 1.3 only. */
            continue;
        }
        open_with(&peer, is_old ? TLS12 : TLS13);
        for (int sent = 0, full = 0; sent < most && full < 4; sent++) {
            ssize_t n = message(&peer);

            if (n < 0 && n != GNUTLS_E_AGAIN) {
                g_error("%zu: %s", i, gnutls_strerror(n));
            }
            full = n < 0 ? full + 1 : 0;
            /* Several of them at once, too. */
            if (sent % 7 == 0 || n < 0) {
                turn(&peer);
            }
        }
        sampling_end();
        peer_end(&peer);
    }
}

/* The channel takes it for what the peer has sent. */
static void expect_crafted(Crafter *crafter, Peer *peer)
{
    g_autoptr(GByteArray) wire = g_byte_array_new();
    char got[8];

    craft(crafter, wire, 23, "data", 4);
    g_assert_cmpint(send(peer->fd, wire->data, wire->len, 0), ==, wire->len);
    g_assert_cmpint(qio_channel_read(QIO_CHANNEL(peer->ioc), got, sizeof(got), &error_abort), ==, 4);
}

/* Of a message that never ends, parts of some size; or else nothing. Perhaps with data between. */
static void test_crafted(void)
{
    static const struct {
        uint8_t type;
        size_t size;
        bool has_data;
    } records[] = {
        { 23, 0, false }, { 22, 1, false }, { 22, 1, true }, { 22, 30, false }, { 22, RECORD, false },
        { 22, RECORD, true }, { 22, 0, false }, { 22, 0, true }, { 21, 1, false },
    };
    g_autofree uint8_t *part = g_malloc0(RECORD);

    for (size_t i = 0; i < G_N_ELEMENTS(records); i++) {
        Crafter crafter;
        size_t most = records[i].size >= 100 ? flood_size() / RECORD : is_slow() ? 2000 : 40000;
        Peer peer;

        open_with(&peer, TLS13_AES);
        crafter_begin(&crafter, &peer);
        expect_crafted(&crafter, &peer);
        for (size_t sent = 0; sent < most; sent++) {
            g_autoptr(GByteArray) wire = g_byte_array_new();

            /* A ticket, of 16 MiB. */
            memcpy(part, sent == 0 ? "\x04\xff\xff\xff" : "\0\0\0\0", 4);
            if (sent > 0 && records[i].size == 1) {
                part[0] = 0xff;
            }
            craft(&crafter, wire, records[i].type, part, records[i].size);
            if (records[i].has_data) {
                craft(&crafter, wire, 23, "x", 1);
            }
            if (!pour(&peer, wire->data, wire->len, wire->len)) {
                break;
            }
        }
        gnutls_aead_cipher_deinit(crafter.cipher);
        sampling_end();
        peer_end(&peer);
    }
}

static void test_records_of_garbage(void)
{
    static const char *const headers[] = {
        "\x17\x03\x03\x40\x00", "\x17\x03\x03\xff\xff", "\x17\x03\x03\x00\x00", "\x16\x03\x03\x40\x00",
        "\x00\x00\x00\x00\x00", "\x15\x03\x03\x00\x02",
    };

    for (size_t i = 0; i < G_N_ELEMENTS(headers); i++) {
        g_autofree char *bytes = g_malloc0(5 + RECORD);
        Peer peer;

        memcpy(bytes, headers[i], 5);
        open_with(&peer, TLS13);
        flood(&peer, bytes, i == 2 ? 5 : 5 + RECORD);
        sampling_end();
        peer_end(&peer);
    }
}

static ssize_t captured(gnutls_transport_ptr_t to, const void *bytes, size_t size)
{
    g_byte_array_append(to, bytes, size);
    return size;
}

/* A record of data that comes byte by byte, while a program polls. */
static void test_dribbled_data(void)
{
    const size_t size = is_slow() ? 1000 : RECORD;
    g_autofree char *bytes = g_malloc0(size);
    g_autoptr(GByteArray) record = g_byte_array_sized_new(2 * RECORD);
    char byte;
    Peer peer;

    open_with(&peer, TLS13);
    gnutls_transport_set_push_function(peer.session, captured);
    gnutls_transport_set_ptr(peer.session, record);
    g_assert_cmpint(gnutls_record_send(peer.session, bytes, size), ==, size);
    g_assert_true(pour(&peer, record->data, record->len - 1, 1));
    g_assert_cmpint(qio_channel_read(QIO_CHANNEL(peer.ioc), &byte, 1, &error_abort), ==,
                    QIO_CHANNEL_ERR_BLOCK);
    g_assert_cmpint(send(peer.fd, record->data + record->len - 1, 1, 0), ==, 1);
    g_assert_cmpint(qio_channel_read(QIO_CHANNEL(peer.ioc), &byte, 1, &error_abort), ==, 1);
    sampling_end();
    peer_end(&peer);
}

/* A peer that reads nothing. What was accepted is in the socket, but for a record. */
static void test_no_reader(void)
{
    g_autofree char *bytes = g_malloc0(BOUND);
    static const size_t sizes[] = { 1, 1000, RECORD, 3 * RECORD + 1, BOUND };
    int small = 4096, most = is_slow() ? 100 : 10000;

    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
        size_t accepted = 0;
        ssize_t n;
        Peer peer;

        open_with(&peer, TLS13);
        g_assert_cmpint(setsockopt(peer.master->fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small)),
                        ==, 0);
        while ((n = qio_channel_write(QIO_CHANNEL(peer.ioc), bytes, sizes[i], &error_abort)) > 0) {
            accepted += n;
            g_assert_cmpuint(accepted, <, BOUND);
        }
        for (int j = 0; j < most; j++) {
            g_assert_cmpint(n, ==, QIO_CHANNEL_ERR_BLOCK);
            g_assert_cmpint(errno, ==, EAGAIN);
            /* Asked for new keys meanwhile, which the channel would have to tell of. */
            if (j < 5) {
                send_key_request(&peer);
                turn(&peer);
            }
            n = qio_channel_write(QIO_CHANNEL(peer.ioc), bytes, sizes[i], &error_abort);
            sample();
        }
        sampling_end();
        peer_end(&peer);
    }
}

int main(int argc, char **argv)
{
    tls_tests_init(&argc, &argv);
    sample_transports();
    /* What is made once, at the first use. */
    {
        Peer peer;

        peer_open(&peer);
        peer_end(&peer);
    }
    g_test_add_func("/qio/channel-tls/memory/garbage", test_garbage);
    g_test_add_func("/qio/channel-tls/memory/dribble", test_dribble);
    g_test_add_func("/qio/channel-tls/memory/large-hello", test_large_hello);
    g_test_add_func("/qio/channel-tls/memory/idle-records", test_idle_records);
    g_test_add_func("/qio/channel-tls/memory/chain", test_chain);
    g_test_add_func("/qio/channel-tls/memory/messages", test_messages);
    g_test_add_func("/qio/channel-tls/memory/crafted", test_crafted);
    g_test_add_func("/qio/channel-tls/memory/records-of-garbage", test_records_of_garbage);
    g_test_add_func("/qio/channel-tls/memory/dribbled-data", test_dribbled_data);
    g_test_add_func("/qio/channel-tls/memory/no-reader", test_no_reader);
    return tls_tests_run();
}
