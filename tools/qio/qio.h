/*
 * qio, a tool for people who test servers and clients by hand: what its commands have in common.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef QIO_TOOL_H
#define QIO_TOOL_H

#include "qemu/osdep.h"
#include "io/channel-socket.h"
#include "qapi/clone-visitor.h"
#include "qapi/error.h"
#include "qapi/qapi-visit-sockets.h"
#include "qemu/sockets.h"
#ifdef QIO_TOOL_HAS_TLS
#include "io/channel-tls.h"
#endif

/* How the tool ends; the manual page says when. */
enum { EXIT_REFUSED = 3, EXIT_USAGE = 2 };

/* What stands between a socket and what is transferred, from the command line. */
typedef struct Layers {
    gboolean tls;
    char *tls_dir;      /* of credentials; NULL: the system's authorities */
    char *tls_name;     /* whom the server's certificate has to be for; NULL: the host of the address */
    gboolean insecure;  /* any certificate will do */
    gboolean websocket;
    char *path;         /* NULL: "/" */
    char *protocol;     /* NULL: "binary" */
    char *host;         /* in the Host line; NULL: that of the address */
    int timeout;        /* seconds for connecting and handshakes together */
} Layers;

/* The options of Layers, for commands that connect or listen. */
void layers_add_options(Layers *layers, GOptionContext *context, bool is_client);
/* Whether they go together; else the tool ends. */
void layers_check(Layers *layers, bool is_client);

/* The address of the command line, else the tool ends. A UNIX one that begins with @ is abstract. */
SocketAddress *address_or_exit(const char *text);
/* Its host, or NULL. */
const char *address_host(const SocketAddress *address);
/* As people write it; g_free() it. */
char *address_text(const SocketAddress *address);

#ifdef QIO_TOOL_HAS_TLS
/* Credentials as the layers say, or NULL with @errp set. */
QCryptoTLSCreds *credentials_new(const Layers *layers, bool is_server, bool verifies, Error **errp);
/* The file with the authorities that are trusted, which may not be there; g_free() it. */
char *authorities_file(const Layers *layers);
#endif

/* Is called once: with a channel, to be unreferenced, or an error, to be freed. */
typedef void LayersReady(QIOChannel *ioc, Error *err, gpointer opaque);

/* Connects, and puts the layers on top. */
void layers_connect(const Layers *layers, SocketAddress *address, LayersReady *ready, gpointer opaque);
/* Puts the layers on top of a client that was accepted. */
void layers_accept(const Layers *layers, QIOChannelSocket *sioc, LayersReady *ready, gpointer opaque);
/* Tells the peer that no more comes, and goes on receiving; false if the layers can't, as a WebSocket. */
bool layers_half_close(QIOChannel *ioc);

/* What went through a relay. */
typedef struct Relayed {
    uint64_t sent, received;
    Error *err;
} Relayed;

typedef struct Relay Relay;
typedef void RelayOver(Relayed *relayed, gpointer opaque);

/*
 * Moves bytes both ways between two channels, until the far end has sent all, or both have, if @waits_for_near. What has
 * no half close ends @linger seconds after the near end's input, when all of that is sent. Who wants no more is still
 * listened to, but for the reader of the program's own output. @over is called once, from the main loop. The channels are
 * closed before it.
 */
Relay *relay_start(QIOChannel *near_in, QIOChannel *near_out, QIOChannel *far, bool waits_for_near, int linger,
                   RelayOver *over, gpointer opaque);
/* What has gone through so far. */
const Relayed *relay_progress(const Relay *relay);
/* Ends it now. */
void relay_stop(Relay *relay);

/*
 * What others have sent as text for people: control characters are escaped, so that it moves no cursor and passes for no
 * line of the tool's own. g_free() it.
 */
char *printable(const char *text);
/* Says on standard error what is wrong. */
void complain(const char *text);
/* A string as JSON writes it, with its quotes; g_free() it. */
char *json_string(const char *text);

/* The commands: their arguments without the tool's name, to the exit status. */
int command_cat(int argc, char **argv);
int command_serve(int argc, char **argv);
int command_probe(int argc, char **argv);

/* Options of a command from its arguments; else the tool ends. */
void parse_options(GOptionContext *context, int *argc, char ***argv);
/* Ends the tool for a wrong command line. */
void G_GNUC_NORETURN G_GNUC_PRINTF(1, 2) usage_error(const char *format, ...);

#endif
