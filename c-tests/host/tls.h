/*
 * Credentials of the host, for tests and for its sessions.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef HOST_TLS_H
#define HOST_TLS_H

#include "crypto/tlssession.h"
#include "qapi/error.h"

/*
 * Credentials of the kind "psk" or "x509" from the files of @dir (R-TLS-68), for a session of this
 * role. They end with their last reference.
 */
QCryptoTLSCreds *host_tls_creds_new(const char *kind, const char *dir,
                                    QCryptoTLSCredsEndpoint endpoint, bool verify_peer,
                                    Error **errp);

#endif
