#!/bin/sh
# A user_canceled alert of level warning ends a TLS 1.3 session of GnuTLS 3.7.9, in both directions.
#
# RFC 8446 6.1 has user_canceled among the closure alerts: it is sent before close_notify, generally
# with level warning, and who receives it should go on reading until the close_notify. GnuTLS does so
# in TLS 1.2. In TLS 1.3 it reports a fatal alert, drops what comes behind it, and can't send any more
# either. Who talks to peers that say user_canceled and then close_notify meets an
# error at the end of each orderly connection, and has to tell it from others by gnutls_alert_get().
#
# Both ends are GnuTLS here, with a pre-shared key over a socket pair.
# Installs libgnutls30 and libgnutls28-dev of Debian 12, as pinned, in a temporary folder; what they
# stand on (nettle, p11-kit and so on), a C compiler and pkg-config are taken from the system.
set -eu

version=3.7.9-2+deb12u7
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get download -qq "libgnutls30=$version" "libgnutls28-dev=$version"
for package in *.deb; do
    dpkg-deb -x "$package" root
done

cat >program.c <<'EOF'
#include <fcntl.h>
#include <gnutls/gnutls.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static int key_of(gnutls_session_t session, const char *user, gnutls_datum_t *key)
{
    (void)session, (void)user;
    key->size = 16;
    key->data = gnutls_malloc(key->size);
    memset(key->data, 7, key->size);
    return 0;
}

static const char *shown(ssize_t result)
{
    return result < 0 ? gnutls_strerror_name(result) : "bytes";
}

static void run(const char *priorities)
{
    gnutls_datum_t key = { (unsigned char *)"07070707070707070707070707070707", 32 };
    gnutls_psk_server_credentials_t server_creds;
    gnutls_psk_client_credentials_t client_creds;
    gnutls_session_t server, client;
    int fd[2], s = 1, c = 1;
    char bytes[16];
    ssize_t result;

    socketpair(AF_UNIX, SOCK_STREAM, 0, fd);
    fcntl(fd[0], F_SETFL, O_NONBLOCK);
    fcntl(fd[1], F_SETFL, O_NONBLOCK);
    gnutls_psk_allocate_server_credentials(&server_creds);
    gnutls_psk_set_server_credentials_function(server_creds, key_of);
    gnutls_psk_allocate_client_credentials(&client_creds);
    gnutls_psk_set_client_credentials(client_creds, "user", &key, GNUTLS_PSK_KEY_HEX);
    gnutls_init(&server, GNUTLS_SERVER | GNUTLS_NONBLOCK);
    gnutls_init(&client, GNUTLS_CLIENT | GNUTLS_NONBLOCK);
    gnutls_priority_set_direct(server, priorities, NULL);
    gnutls_priority_set_direct(client, priorities, NULL);
    gnutls_credentials_set(server, GNUTLS_CRD_PSK, server_creds);
    gnutls_credentials_set(client, GNUTLS_CRD_PSK, client_creds);
    gnutls_transport_set_int(server, fd[0]);
    gnutls_transport_set_int(client, fd[1]);
    for (int round = 0; round < 100 && (s || c); round++) {
        c = c ? gnutls_handshake(client) : 0;
        s = s ? gnutls_handshake(server) : 0;
    }
    printf("%s: handshake %d %d\n", gnutls_protocol_get_name(gnutls_protocol_get_version(client)), s, c);

    gnutls_alert_send(server, GNUTLS_AL_WARNING, GNUTLS_A_USER_CANCELED);
    gnutls_record_send(server, "more", 4);
    gnutls_bye(server, GNUTLS_SHUT_WR);
    for (int read = 0; read < 3; read++) {
        result = gnutls_record_recv(client, bytes, sizeof(bytes));
        printf("  the client reads %zd %s", result, shown(result));
        printf(read || result >= 0 ? "\n" : ", fatal: %d\n", gnutls_error_is_fatal(result));
    }
    result = gnutls_record_send(client, "bye", 3);
    printf("  the client sends %zd %s\n", result, shown(result));
}

int main(void)
{
    printf("GnuTLS %s\n", gnutls_check_version(NULL));
    run("NORMAL:-VERS-ALL:+VERS-TLS1.2:+ECDHE-PSK");
    run("NORMAL:-VERS-ALL:+VERS-TLS1.3:+ECDHE-PSK");
    return 0;
}
EOF
lib=$(dirname "$(find "$PWD/root" -name 'libgnutls.so.30' | head -n 1)")
cc -Wall -Wextra program.c -o program -I"$PWD/root/usr/include" \
    "$lib/libgnutls.so.30" -Wl,-rpath,"$lib"

cat >expected <<'EOF'
GnuTLS 3.7.9
TLS1.2: handshake 0 0
  the client reads -16 GNUTLS_E_WARNING_ALERT_RECEIVED, fatal: 0
  the client reads 4 bytes
  the client reads 0 bytes
  the client sends 3 bytes
TLS1.3: handshake 0 0
  the client reads -12 GNUTLS_E_FATAL_ALERT_RECEIVED, fatal: 1
  the client reads -10 GNUTLS_E_INVALID_SESSION
  the client reads -10 GNUTLS_E_INVALID_SESSION
  the client sends -10 GNUTLS_E_INVALID_SESSION
EOF
./program | tee seen
if ! diff -u expected seen; then
    echo "GnuTLS behaves differently now" >&2
    exit 1
fi
echo "As described: in TLS 1.3 a warning of level user_canceled ends the session."
