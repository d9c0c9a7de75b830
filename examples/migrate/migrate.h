/*
 * What the parts of the migration example share.
 *
 *   migrate.c         options, set-up, the end
 *   show.c            what is printed
 *   work.c            tasks and coroutines with numbers
 *   stream.c          from a connection to a channel: plain, TLS, WebSocket
 *   transfer.c        sending, which blocks; and receiving, which blocks or yields
 *   files.c           the file that is sent, the one that arrives, and their checksums
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
#include "qemu/coroutine.h"

enum { CHUNK = 1024 * 1024, MAX_STREAMS = 64 };

/* Both ends are in this one process; lines say for which they are. */
#define SOURCE_END "src"
#define DESTINATION_END "dst"
#define NO_END "-"

typedef struct Migration Migration;

/* One end of one stream. */
typedef struct Stream {
    Migration *migration;
    QIOChannelSocket *sioc; /* the connection */
    QIOChannel *ioc;        /* what to read from or write to: the outermost channel over it */
    SocketAddress *address; /* the source's: where to connect to; borrowed */
    const char *end;
    char name[32];          /* as lines have it */
    bool sends;
    bool websock;
    bool ready;             /* the channel is there */
    int number;             /* -1 until the receiving end has read the first header */
    int yields;             /* of its coroutine */
    int waits;              /* those for bytes to come */
} Stream;

struct Migration {
    GMainLoop *loop;
    GThread *main_thread;
    QIONetListener *listener;
    QIONetListener *websock_listener; /* for stream 0; NULL without --websocket */
    SocketAddress *address;           /* where they listen */
    SocketAddress *websock_address;
    QCryptoTLSCreds *source_creds;    /* NULL without --tls; borrowed from /objects */
    QCryptoTLSCreds *destination_creds;
    QAuthZList *allowed;              /* which sources are */
    GPtrArray *streams;

    int streams_wanted;
    gboolean in_main_loop; /* blocking work, instead of on worker threads */
    gboolean in_coroutines; /* receiving, instead of on worker threads */
    int source_fd;
    int destination_fd;
    off_t size;
    int accepted;
    int receiving;         /* destination's ends that have begun to */
    int running;           /* tasks and coroutines that have not ended */
    gint chunks_received;  /* atomic: workers add, the progress bar reads */
    char *checksums[2];
    Error *err;            /* the first failure */

    /* work.c */
    int tasks;              /* numbers given */
    int coroutines_made;
    GHashTable *coroutines; /* their numbers */

    /* show.c; times are in microseconds */
    gint64 begin;
    gint64 end;
    gint64 looked; /* when the main loop was last seen running */
    gint64 told;   /* when a line told of ticks */
    gint64 tell_after;
    gint64 pause;  /* the longest since that */
    gint64 longest_pause;
    int ticks;
};

/* migrate.c */

/* Keeps the first failure and makes everybody return soon. Takes @err. */
void fail(Migration *m, Error *err);

/* A task or coroutine has ended: takes its error, and ends the loop with the last one after a failure. */
bool succeeded(Migration *m, Error *err);

/* The same for a task, which has its error. */
bool task_succeeded(Migration *m, QIOTask *task);

/* show.c */

/* Prints what happens at @end, and when, in which thread, task or coroutine. */
void say(Migration *m, const char *end, const char *fmt, ...) G_GNUC_PRINTF(3, 4);

/* Begins to count time and the main loop's ticks. */
void show_start(Migration *m);

/* What it all came to: true if what arrived is what was sent. */
bool show_result(Migration *m);

/* Takes @err. */
void show_failure(Error *err);

/* work.c */

typedef struct Work Work;

/*
 * (transfer full): a number for a task that is about to be made, and a line that says so. work_start()
 * takes it, or a function of the library that makes the task itself: give it work_done, the work, and
 * g_free. Either calls @done on the main loop; until then the task counts as running.
 */
Work *work_new(Migration *m, const char *end, QIOTaskFunc done, gpointer opaque, const char *fmt, ...)
    G_GNUC_PRINTF(5, 6);

/* Runs @worker on a worker thread, or, to show what that is good for, in the main loop. Takes @work. */
void work_start(Work *work, QIOChannel *ioc, QIOTaskWorker worker, bool in_main_loop);

void work_done(QIOTask *task, gpointer work);

/* The same for a coroutine. When it ends, it calls succeeded(). */
void coroutine_start(Stream *stream, CoroutineEntry *entry);

/* Goes on when the main loop has been round once. */
void coroutine_fn coroutine_let_others_run(void);

/* What the calling thread runs: "task N", "coroutine N", or "-". */
void work_running(Migration *m, char *text, size_t size);

/* stream.c */

/* Takes @sioc. @number is < 0 for what has been accepted. */
Stream *stream_add(Migration *m, QIOChannelSocket *sioc, bool websock, int number);
void stream_free(gpointer stream);

/* Connects @stream to @address (borrowed for long), and starts the transfer when its channel is there. */
void stream_connect(Stream *stream, SocketAddress *address);

/* The same for a connection that has been accepted. */
void stream_accept(Stream *stream);

/* transfer.c */
void transfer_start(Stream *stream);

/* files.c */

/* How many bytes @text means. */
bool files_parse_size(const char *text, off_t *size, Error **errp);

/* Opens or makes both: without @file one of the size that is set. */
bool files_open(Migration *m, const char *file, const char *output, Error **errp);

/* Sums both, and ends the loop. */
void files_sum(Migration *m);

/* websock-client.c */

/* (transfer full): a channel that sends WebSocket frames over @master. */
QIOChannel *websock_client_new(QIOChannel *master);

/* Sends the request of the opening handshake and reads the response. Blocks. */
bool websock_client_handshake(QIOChannel *ioc, Error **errp);

/* certificates.c */

/* What the client checks the server's certificate for, and the server the client's. */
#define DESTINATION_NAME "migrate-destination"
#define SOURCE_NAME "migrate-source"

/*
 * (transfer full): a new directory, called @keep or, if that is NULL, anything, with an authority and
 * certificates of both ends; NULL + @errp.
 */
char *certificates_make(const char *keep, Error **errp);

/* Removes the directory with all that is in it. */
void certificates_remove(const char *dir);

#endif
