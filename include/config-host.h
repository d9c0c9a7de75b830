/*
 * The configuration of this copy of libqio: what is built in.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef CONFIG_HOST_H
#define CONFIG_HOST_H

#include "qio-profile.h"

/* The system. */
#define CONFIG_LINUX
#define CONFIG_POSIX
#define CONFIG_IOVEC

/* Socket families and options that the address types have room for. */
#define CONFIG_AF_VSOCK
#define HAVE_IPPROTO_MPTCP
#ifdef QIO_HAS_KEEP_ALIVE_TUNING
#define HAVE_TCP_KEEPCNT
#define HAVE_TCP_KEEPIDLE
#define HAVE_TCP_KEEPINTVL
#endif

/* TLS is built in, unless the library was told to do without. */
#ifndef QIO_WITHOUT_TLS
#define CONFIG_GNUTLS
#endif

/* OBJECT_CHECK and the casts made of it look at the type. */
#define CONFIG_QOM_CAST_DEBUG

#endif
