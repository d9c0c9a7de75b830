/*
 * What qio probe finds out.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef QIO_TOOL_PROBE_H
#define QIO_TOOL_PROBE_H

#include "qio.h"
#include "qio/websock-client.h"

/* How one layer came out. */
typedef struct End {
    bool is_tried;
    char *error;
    double milliseconds;
} End;

typedef struct Certificate {
    char *subject, *issuer; /* NULL if it is empty */
    char *names, *from, *until;
} Certificate;

typedef struct Probe {
    Layers layers;
    int64_t deadline; /* 0 if there is none */
    SocketAddress *where;
    char *address, *local, *remote;
    End connect, tls, websocket;
    bool has_credentials;
    struct ucred credentials;
    char *version, *cipher;
    GPtrArray *certificates; /* of Certificate, the peer's own first */
    bool is_accepted;
    char *judgement; /* why it isn't */
    bool wants_ours, has_ours; /* a certificate of the client */
    char *refusal; /* what the peer has against that */
    char *protocol;
} Probe;

/* A layer works. */
void probe_succeeded(End *end, int64_t begin);
/* It doesn't; takes over @err. */
void probe_failed(End *end, int64_t begin, Error *err);

/* A TLS handshake over a blocking socket, and what the peer has shown. */
void probe_tls(Probe *probe, QIOChannelSocket *sioc);

#endif
