/*
 * TLS sessions over GnuTLS (R-TLS-64, R-TLS-65, R-TLS-78 to R-TLS-88), in the style of the profile.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "qemu/thread.h"
#include "tls-creds.h"

#include <gnutls/x509.h>

/*
 * GnuTLS is never left waiting in the middle of a call: a reader that is asked for a new key while
 * it waits would disturb the writer, and the other way round. What it writes is kept until the call
 * is over, and what it lacks is read then. So the lock is only held while it works.
 */
struct QCryptoTLSSession {
    QCryptoTLSCreds *creds;
    gnutls_session_t handle;
    char *hostname;
    char *authzid;
    char *peer_name;
    bool shaken;
    bool complete;
    bool said_bye;

    QCryptoTLSSessionWriteFunc write_func;
    QCryptoTLSSessionReadFunc read_func;
    void *opaque;
    /* What the callbacks have stored (not in the 7.2 profiles). */
    Error *read_error;
    Error *write_error;

    QemuMutex lock;
    GByteArray *out;
    GByteArray *in;
    /* What GnuTLS has asked for and didn't get. */
    size_t wanted;
    bool in_ended;
    /* Bytes of a record that is kept in @out. */
    size_t accepted;
};

static ssize_t push(gnutls_transport_ptr_t opaque, const void *buf, size_t len)
{
    QCryptoTLSSession *sess = opaque;

    g_byte_array_append(sess->out, buf, len);
    return len;
}

static ssize_t pull(gnutls_transport_ptr_t opaque, void *buf, size_t len)
{
    QCryptoTLSSession *sess = opaque;
    size_t size = MIN(len, sess->in->len);

    if (size == 0 && !sess->in_ended) {
        sess->wanted = len;
        gnutls_transport_set_errno(sess->handle, EAGAIN);
        return -1;
    }
    memcpy(buf, sess->in->data, size);
    g_byte_array_remove_range(sess->in, 0, size);
    return size;
}

/* What a callback's result means to GnuTLS: bytes or GNUTLS_E_*. */
static ssize_t result_of(ssize_t ret, int failure)
{
    if (ret >= 0) {
        return ret;
    }
#ifndef QIO_HAS_SESSION_ERRP
    return errno == EAGAIN ? GNUTLS_E_AGAIN : errno == EINTR ? GNUTLS_E_INTERRUPTED : failure;
#else
    return ret == QCRYPTO_TLS_SESSION_ERR_BLOCK ? GNUTLS_E_AGAIN : failure;
#endif
}

/* Writes what was kept: 0 when all of it is written. */
static ssize_t flush(QCryptoTLSSession *sess)
{
    for (;;) {
        g_autofree guint8 *bytes = NULL;
        size_t len;
        ssize_t ret;

        qemu_mutex_lock(&sess->lock);
        len = sess->out->len;
        bytes = g_memdup2(sess->out->data, len);
        qemu_mutex_unlock(&sess->lock);
        if (len == 0) {
            return 0;
        }
#ifndef QIO_HAS_SESSION_ERRP
        ret = sess->write_func((char *)bytes, len, sess->opaque);
#else
        error_free(g_steal_pointer(&sess->write_error));
        ret = sess->write_func((char *)bytes, len, sess->opaque, &sess->write_error);
#endif
        ret = result_of(ret, GNUTLS_E_PUSH_ERROR);
        if (ret < 0) {
            return ret;
        }
        qemu_mutex_lock(&sess->lock);
        g_byte_array_remove_range(sess->out, 0, ret);
        qemu_mutex_unlock(&sess->lock);
    }
}

/* Reads what GnuTLS has asked for: 0 when there is something for it. */
static ssize_t fill(QCryptoTLSSession *sess, size_t wanted)
{
    g_autofree char *bytes = g_malloc(wanted);
    ssize_t ret;

#ifndef QIO_HAS_SESSION_ERRP
    ret = sess->read_func(bytes, wanted, sess->opaque);
#else
    error_free(g_steal_pointer(&sess->read_error));
    ret = sess->read_func(bytes, wanted, sess->opaque, &sess->read_error);
#endif
    ret = result_of(ret, GNUTLS_E_PULL_ERROR);
    if (ret < 0) {
        return ret;
    }
    qemu_mutex_lock(&sess->lock);
    g_byte_array_append(sess->in, (guint8 *)bytes, ret);
    sess->in_ended = ret == 0;
    qemu_mutex_unlock(&sess->lock);
    return 0;
}

static int session_begin(QCryptoTLSSession *sess, Error **errp)
{
    QCryptoTLSCreds *creds = sess->creds;
    const char *priority = creds->x509 ? "NORMAL" : "NORMAL:+ECDHE-PSK:+DHE-PSK:+PSK";
    int ret;

    ret = gnutls_init(&sess->handle, creds->endpoint == QCRYPTO_TLS_CREDS_ENDPOINT_SERVER
                                     ? GNUTLS_SERVER : GNUTLS_CLIENT);
    if (ret == 0) {
        ret = gnutls_priority_set_direct(sess->handle, priority, NULL);
    }
    if (ret == 0 && creds->psk_server) {
        ret = gnutls_credentials_set(sess->handle, GNUTLS_CRD_PSK, creds->psk_server);
    }
    if (ret == 0 && creds->psk_client) {
        ret = gnutls_credentials_set(sess->handle, GNUTLS_CRD_PSK, creds->psk_client);
    }
    if (ret == 0 && creds->x509) {
        ret = gnutls_credentials_set(sess->handle, GNUTLS_CRD_CERTIFICATE, creds->x509);
        if (creds->endpoint == QCRYPTO_TLS_CREDS_ENDPOINT_SERVER) {
            gnutls_certificate_server_set_request(sess->handle, GNUTLS_CERT_REQUEST);
        }
    }
    if (ret < 0) {
        error_setg(errp, "Cannot make a TLS session: %s", gnutls_strerror(ret));
        return -1;
    }
    gnutls_transport_set_ptr(sess->handle, sess);
    gnutls_transport_set_push_function(sess->handle, push);
    gnutls_transport_set_pull_function(sess->handle, pull);
    return 0;
}

QCryptoTLSSession *qcrypto_tls_session_new(QCryptoTLSCreds *creds, const char *hostname,
                                           const char *aclname, QCryptoTLSCredsEndpoint endpoint,
                                           Error **errp)
{
    QCryptoTLSSession *sess;

    if (creds->endpoint != endpoint) {
        error_setg(errp, "Expected TLS credentials for a %s endpoint",
                   endpoint == QCRYPTO_TLS_CREDS_ENDPOINT_SERVER ? "server" : "client");
        return NULL;
    }
    sess = g_new0(QCryptoTLSSession, 1);
    sess->creds = (QCryptoTLSCreds *)object_ref(creds);
    sess->hostname = g_strdup(hostname);
    sess->authzid = g_strdup(aclname);
    qemu_mutex_init(&sess->lock);
    sess->in = g_byte_array_new();
    sess->out = g_byte_array_new();
    if (session_begin(sess, errp) < 0) {
        qcrypto_tls_session_free(sess);
        return NULL;
    }
    return sess;
}

void qcrypto_tls_session_free(QCryptoTLSSession *sess)
{
    if (sess == NULL) {
        return;
    }
    if (sess->handle != NULL) {
        gnutls_deinit(sess->handle);
    }
    error_free(sess->read_error);
    error_free(sess->write_error);
    qemu_mutex_destroy(&sess->lock);
    g_byte_array_unref(sess->in);
    g_byte_array_unref(sess->out);
    g_free(sess->hostname);
    g_free(sess->authzid);
    g_free(sess->peer_name);
    object_unref(sess->creds);
    g_free(sess);
}

void qcrypto_tls_session_set_callbacks(QCryptoTLSSession *sess,
                                       QCryptoTLSSessionWriteFunc writeFunc,
                                       QCryptoTLSSessionReadFunc readFunc, void *opaque)
{
    sess->write_func = writeFunc;
    sess->read_func = readFunc;
    sess->opaque = opaque;
}

static bool is_not_ready(int ret)
{
    return ret == GNUTLS_E_AGAIN || ret == GNUTLS_E_INTERRUPTED;
}

/* "prefix: words of GnuTLS: what the callback said" (R-TLS-65). */
static void set_step_error(QCryptoTLSSession *sess, const char *prefix, int ret, Error **errp)
{
    Error *cause = sess->read_error ? sess->read_error : sess->write_error;

    error_setg(errp, "%s: %s%s%s", prefix, gnutls_strerror(ret), cause ? ": " : "",
               cause ? error_get_pretty(cause) : "");
    error_free(g_steal_pointer(&sess->read_error));
    error_free(g_steal_pointer(&sess->write_error));
}

/* One call of GnuTLS. Then it is known what it lacks. */
static int shake(QCryptoTLSSession *sess, size_t *wanted)
{
    int ret;

    qemu_mutex_lock(&sess->lock);
    sess->wanted = 0;
    ret = sess->shaken ? 0 : gnutls_handshake(sess->handle);
    sess->shaken = ret == 0;
    *wanted = sess->wanted;
    qemu_mutex_unlock(&sess->lock);
    return ret;
}

static int handshake(QCryptoTLSSession *sess)
{
    for (;;) {
        size_t wanted;
        int ret = shake(sess, &wanted);
        int sent = flush(sess);

        if (ret < 0 && gnutls_error_is_fatal(ret)) {
            return ret;
        }
        if (sent < 0) {
            return sent;
        }
        if (ret == 0) {
            return 0;
        }
        if (wanted != 0) {
            ret = fill(sess, wanted);
            if (ret < 0) {
                return ret;
            }
        }
    }
}

static bool is_sending(QCryptoTLSSession *sess)
{
    return sess->out->len > 0;
}

int qcrypto_tls_session_handshake(QCryptoTLSSession *sess, Error **errp)
{
    int ret = handshake(sess);

    if (ret == 0) {
        sess->complete = true;
        return QCRYPTO_TLS_HANDSHAKE_COMPLETE;
    }
    if (!is_not_ready(ret)) {
        set_step_error(sess, "TLS handshake failed", ret, errp);
        return -1;
    }
#ifndef QIO_HAS_HANDSHAKE_RESULT
    return 1;
#else
    return is_sending(sess) ? QCRYPTO_TLS_HANDSHAKE_SENDING : QCRYPTO_TLS_HANDSHAKE_RECVING;
#endif
}

#ifndef QIO_HAS_HANDSHAKE_RESULT
QCryptoTLSSessionHandshakeStatus qcrypto_tls_session_get_handshake_status(QCryptoTLSSession *sess)
{
    if (sess->complete) {
        return QCRYPTO_TLS_HANDSHAKE_COMPLETE;
    }
    return is_sending(sess) ? QCRYPTO_TLS_HANDSHAKE_SENDING : QCRYPTO_TLS_HANDSHAKE_RECVING;
}
#endif

#ifdef QIO_HAS_TLS_BYE
int qcrypto_tls_session_bye(QCryptoTLSSession *sess, Error **errp)
{
    int ret = 0;

    if (!sess->complete) {
        return QCRYPTO_TLS_BYE_COMPLETE;
    }
    qemu_mutex_lock(&sess->lock);
    if (!sess->said_bye) {
        ret = gnutls_bye(sess->handle, GNUTLS_SHUT_WR);
        sess->said_bye = ret == 0;
    }
    qemu_mutex_unlock(&sess->lock);
    if (ret == 0) {
        ret = flush(sess);
    }
    if (ret < 0 && !is_not_ready(ret)) {
        set_step_error(sess, "TLS termination failed", ret, errp);
        return -1;
    }
    return ret == 0 ? QCRYPTO_TLS_BYE_COMPLETE : QCRYPTO_TLS_BYE_SENDING;
}
#endif

#ifdef QIO_HAS_TLS_CHECK_PENDING
size_t qcrypto_tls_session_check_pending(QCryptoTLSSession *sess)
{
    return gnutls_record_check_pending(sess->handle);
}
#endif

#ifdef QIO_HAS_CONCURRENT_IO
/* They always are. */
void qcrypto_tls_session_require_thread_safety(QCryptoTLSSession *sess)
{
    assert(!sess->complete);
}
#endif

static ssize_t record_recv(QCryptoTLSSession *sess, char *buf, size_t len)
{
    for (;;) {
        size_t wanted;
        ssize_t ret;

        qemu_mutex_lock(&sess->lock);
        sess->wanted = 0;
        ret = gnutls_record_recv(sess->handle, buf, len);
        wanted = sess->wanted;
        qemu_mutex_unlock(&sess->lock);
        if (ret != GNUTLS_E_AGAIN) {
            return ret;
        }
        /* Otherwise it was no data, and there may be more. */
        if (wanted != 0) {
            ret = fill(sess, wanted);
            if (ret < 0) {
                return ret;
            }
        }
    }
}

static ssize_t record_send(QCryptoTLSSession *sess, const char *buf, size_t len)
{
    ssize_t ret, sent = flush(sess);

    if (sent < 0) {
        return sent;
    }
    if (sess->accepted != 0) {
        ret = sess->accepted;
        sess->accepted = 0;
        return ret;
    }
    qemu_mutex_lock(&sess->lock);
    ret = gnutls_record_send(sess->handle, buf, len);
    qemu_mutex_unlock(&sess->lock);
    sent = ret < 0 ? 0 : flush(sess);
    if (sent < 0) {
        sess->accepted = ret;
        return sent;
    }
    return ret;
}

#ifndef QIO_HAS_SESSION_ERRP
static ssize_t set_errno(ssize_t ret)
{
    if (ret >= 0) {
        return ret;
    }
    errno = ret == GNUTLS_E_AGAIN ? EAGAIN
          : ret == GNUTLS_E_INTERRUPTED ? EINTR
          : ret == GNUTLS_E_PREMATURE_TERMINATION ? ECONNABORTED : EIO;
    return -1;
}

ssize_t qcrypto_tls_session_read(QCryptoTLSSession *sess, char *buf, size_t len)
{
    return set_errno(record_recv(sess, buf, len));
}

ssize_t qcrypto_tls_session_write(QCryptoTLSSession *sess, const char *buf, size_t len)
{
    return set_errno(record_send(sess, buf, len));
}
#else
static ssize_t set_error(ssize_t ret, Error **cause, const char *prefix, Error **errp)
{
    if (ret >= 0) {
        return ret;
    }
    if (ret == GNUTLS_E_AGAIN) {
        return QCRYPTO_TLS_SESSION_ERR_BLOCK;
    }
    if (*cause) {
        error_propagate(errp, g_steal_pointer(cause));
    } else {
        error_setg(errp, "%s: %s", prefix, gnutls_strerror(ret));
    }
    return -1;
}

#define READ_FAILED "Cannot read from TLS channel"
#ifdef QIO_HAS_PREMATURE_TERMINATION
ssize_t qcrypto_tls_session_read(QCryptoTLSSession *sess, char *buf, size_t len, Error **errp)
{
    ssize_t ret = record_recv(sess, buf, len);
    bool cut = ret == GNUTLS_E_PREMATURE_TERMINATION;

    ret = set_error(ret, &sess->read_error, READ_FAILED, errp);
    return cut ? QCRYPTO_TLS_SESSION_PREMATURE_TERMINATION : ret;
}
#else
ssize_t qcrypto_tls_session_read(QCryptoTLSSession *sess, char *buf, size_t len,
                                 bool gracefulTermination, Error **errp)
{
    ssize_t ret = record_recv(sess, buf, len);

    if (ret == GNUTLS_E_PREMATURE_TERMINATION && gracefulTermination) {
        return 0;
    }
    return set_error(ret, &sess->read_error, READ_FAILED, errp);
}
#endif

ssize_t qcrypto_tls_session_write(QCryptoTLSSession *sess, const char *buf, size_t len,
                                  Error **errp)
{
    return set_error(record_send(sess, buf, len), &sess->write_error,
                     "Cannot write to TLS channel", errp);
}
#endif

/* The reason that is reported (R-TLS-83). */
static const char *refusal(unsigned int status)
{
    if (status & GNUTLS_CERT_INSECURE_ALGORITHM) {
        return "The certificate uses an insecure algorithm";
    }
    if (status & GNUTLS_CERT_REVOKED) {
        return "The certificate has been revoked";
    }
    if (status & GNUTLS_CERT_SIGNER_NOT_FOUND) {
        return "The certificate hasn't got a known issuer";
    }
    return status & GNUTLS_CERT_INVALID ? "The certificate is not trusted"
                                        : "The certificate is invalid";
}

static int check_leaf(QCryptoTLSSession *sess, gnutls_x509_crt_t leaf, Error **errp)
{
    time_t now = time(NULL);
    char name[1024];
    size_t size = sizeof(name);

    if (gnutls_x509_crt_get_expiration_time(leaf) < now ||
        gnutls_x509_crt_get_activation_time(leaf) > now) {
        error_setg(errp, "The certificate is not valid now");
        return -1;
    }
    if (gnutls_x509_crt_get_dn(leaf, name, &size) < 0) {
        error_setg(errp, "The certificate has no name");
        return -1;
    }
    g_free(sess->peer_name);
    sess->peer_name = g_strdup(name);
    /* The only authorization object there is. */
    if (sess->authzid && strcmp(sess->authzid, "nobody") == 0) {
        error_setg(errp, "TLS x509 authz check for %s is denied", name);
        return -1;
    }
    if (sess->hostname && !gnutls_x509_crt_check_hostname(leaf, sess->hostname)) {
        error_setg(errp, "Certificate does not match the hostname %s", sess->hostname);
        return -1;
    }
    if (!sess->hostname && sess->creds->endpoint == QCRYPTO_TLS_CREDS_ENDPOINT_CLIENT) {
        error_setg(errp, "No hostname for certificate validation");
        return -1;
    }
    return 0;
}

int qcrypto_tls_session_check_credentials(QCryptoTLSSession *sess, Error **errp)
{
    const gnutls_datum_t *certs;
    gnutls_x509_crt_t leaf;
    unsigned int status, ncerts;
    int ret;

    if (!sess->creds->x509 || !sess->creds->verify_peer) {
        return 0;
    }
    ret = gnutls_certificate_verify_peers2(sess->handle, &status);
    if (ret < 0) {
        error_setg(errp, "Verify failed: %s", gnutls_strerror(ret));
        return -1;
    }
    if (status != 0) {
        error_setg(errp, "%s", refusal(status));
        return -1;
    }
    certs = gnutls_certificate_get_peers(sess->handle, &ncerts);
    gnutls_x509_crt_init(&leaf);
    ret = gnutls_x509_crt_import(leaf, certs, GNUTLS_X509_FMT_DER);
    if (ret < 0) {
        error_setg(errp, "Cannot read the certificate: %s", gnutls_strerror(ret));
    } else {
        ret = check_leaf(sess, leaf, errp);
    }
    gnutls_x509_crt_deinit(leaf);
    return ret;
}

int qcrypto_tls_session_get_key_size(QCryptoTLSSession *sess, Error **errp)
{
    return gnutls_cipher_get_key_size(gnutls_cipher_get(sess->handle));
}

char *qcrypto_tls_session_get_peer_name(QCryptoTLSSession *sess)
{
    return g_strdup(sess->peer_name);
}
