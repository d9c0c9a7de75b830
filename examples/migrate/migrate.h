/*
 * What the parts of the migration example share.
 *
 *   migrate.c         options, set-up, report
 *   stream.c          from a connection to a channel: plain, TLS, WebSocket
 *   transfer.c        the blocking parts on worker threads, and their callbacks
 *   websock-client.c  the client's end of a WebSocket, a channel class of the program's own
 *   certificates.c    certificates made on the spot
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef MIGRATE_H
#define MIGRATE_H

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "authz/list.h"
#include "crypto/tlscreds.h"
#include "io/channel-socket.h"
#include "io/net-listener.h"
#include "io/task.h"

enum { CHUNK = 1024 * 1024, MAX_STREAMS = 64 };

typedef struct Migration Migration;

/* One end of one stream. */
typedef struct Stream {
    Migration *migration;
    QIOChannelSocket *sioc; /* the connection */
    QIOChannel *ioc;        /* what to read from or write to: the outermost channel over it */
    bool sends;
    bool websock;
    int number;             /* -1 until the receiving end has read the first header */
} Stream;

struct Migration {
    GMainLoop *loop;
    GThread *main_thread;
    QIONetListener *listener;
    QIONetListener *websock_listener; /* for stream 0; NULL without --websocket */
    QCryptoTLSCreds *source_creds;    /* NULL without --tls; borrowed from /objects */
    QCryptoTLSCreds *destination_creds;
    QAuthZList *allowed;              /* which sources are */
    GPtrArray *streams;

    int streams_wanted;
    int source_fd;
    int destination_fd;
    off_t size;
    gint64 begin;          /* microseconds */
    gint64 end;
    int accepted;
    int running;           /* tasks that have not completed */
    gint chunks_received;  /* atomic: workers add, the progress bar reads */
    guint progress_timer;
    char *checksums[2];
    Error *err;            /* the first failure */
};

/* migrate.c */

/* Prints what happens, and on which thread: all callbacks show the main loop's. */
void say(Migration *m, const char *fmt, ...) G_GNUC_PRINTF(2, 3);

/* Keeps the first failure and makes every worker return soon. Takes @err. */
void fail(Migration *m, Error *err);

/* A task has completed: takes its error, and ends the loop with the last one after a failure. */
bool task_succeeded(Migration *m, QIOTask *task);

/* stream.c */

/* Takes @sioc. */
Stream *stream_add(Migration *m, QIOChannelSocket *sioc, bool sends, bool websock, int number);
void stream_free(gpointer stream);

/* Connects @stream, and starts the transfer when its channel is there. */
void stream_connect(Stream *stream, SocketAddress *address);

/* The same for a connection that has been accepted. */
void stream_accept(Stream *stream);

/* transfer.c */
void transfer_start(Stream *stream);

/* websock-client.c */

/* (transfer full): a channel that sends WebSocket frames over @master. */
QIOChannel *websock_client_new(QIOChannel *master);

/* Sends the request of the opening handshake and reads the response. Blocks. */
bool websock_client_handshake(QIOChannel *ioc, Error **errp);

/* certificates.c */

/* What the client checks the server's certificate for, and the server the client's. */
#define DESTINATION_NAME "migrate-destination"
#define SOURCE_NAME "migrate-source"

/* (transfer full): a new directory with an authority and certificates of both ends; NULL + @errp. */
char *certificates_make(Error **errp);

/* Removes the directory with all that is in it. */
void certificates_remove(const char *dir);

#endif
