/*
 * Initialisation of TLS
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef QCRYPTO_INIT_H
#define QCRYPTO_INIT_H

#ifndef QEMU_OSDEP_H
#error "include qemu/osdep.h before any other header"
#include "qemu/osdep.h" /* so that the compiler says only this */
#endif

#include "qapi/error.h"

G_BEGIN_DECLS

/**
 * qcrypto_init:
 * @errp: (nullable): as in qapi/error.h
 *
 * Makes TLS ready. Any number of calls have the effect of one; without any,
 * the first credentials do it.
 *
 * Threads: any; Blocks: no.
 * Returns: 0, or -1 with @errp set.
 */
int qcrypto_init(Error **errp);

G_END_DECLS

#endif
