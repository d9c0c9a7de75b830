/*
 * The configuration of this copy of libqio: what is built in.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef CONFIG_HOST_H
#define CONFIG_HOST_H

#include "qio-profile.h"

/* The series of the profile, for what does not differ inside a series. */
#if defined(QIO_ABI_QEMU_7_2) || defined(QIO_ABI_QEMU_7_2_22)
#define QIO_ABI_SERIES_7_2
#elif defined(QIO_ABI_QEMU_10_0) || defined(QIO_ABI_QEMU_10_0_13)
#define QIO_ABI_SERIES_10_0
#else
#define QIO_ABI_SERIES_10_2
#endif

/* The system. */
#define CONFIG_LINUX
#define CONFIG_POSIX
#define CONFIG_IOVEC

/* Socket families and options that the address types have room for. */
#define CONFIG_AF_VSOCK
#define HAVE_IPPROTO_MPTCP
#ifdef QIO_ABI_SERIES_10_2
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
