/*
 * The configuration of this copy of libqio: its ABI profile and what is built in.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef CONFIG_HOST_H
#define CONFIG_HOST_H

/*
 * The ABI profile: exactly one, QEMU_7_2, QEMU_7_2_22, QEMU_10_0, QEMU_10_0_13 or QEMU_10_2.
 * Installing the headers puts the profile that the library was built for into the one #define
 * here. In the source tree, -DQIO_ABI_QEMU_10_2 and the like choose another one.
 */
#if !defined(QIO_ABI_QEMU_7_2) && !defined(QIO_ABI_QEMU_7_2_22) && \
    !defined(QIO_ABI_QEMU_10_0) && !defined(QIO_ABI_QEMU_10_0_13) && \
    !defined(QIO_ABI_QEMU_10_2)
#define QIO_ABI_QEMU_10_0
#endif

#if defined(QIO_ABI_QEMU_7_2) + defined(QIO_ABI_QEMU_7_2_22) + \
    defined(QIO_ABI_QEMU_10_0) + defined(QIO_ABI_QEMU_10_0_13) + \
    defined(QIO_ABI_QEMU_10_2) != 1
#error "choose one ABI profile: two of the QIO_ABI_QEMU_* macros are defined"
#endif

/* The series of the profile, for what does not differ inside a series. */
#if defined(QIO_ABI_QEMU_7_2) || defined(QIO_ABI_QEMU_7_2_22)
#define QIO_ABI_SERIES_7_2
#elif defined(QIO_ABI_QEMU_10_0) || defined(QIO_ABI_QEMU_10_0_13)
#define QIO_ABI_SERIES_10_0
#else
#define QIO_ABI_SERIES_10_2
#endif

/*
 * Each object refers to a symbol that only the library of the same profile has: linking with
 * another one fails.
 */
#if defined(QIO_ABI_QEMU_7_2)
#define QIO_ABI_SYMBOL qio_abi_qemu_7_2
#elif defined(QIO_ABI_QEMU_7_2_22)
#define QIO_ABI_SYMBOL qio_abi_qemu_7_2_22
#elif defined(QIO_ABI_QEMU_10_0)
#define QIO_ABI_SYMBOL qio_abi_qemu_10_0
#elif defined(QIO_ABI_QEMU_10_0_13)
#define QIO_ABI_SYMBOL qio_abi_qemu_10_0_13
#else
#define QIO_ABI_SYMBOL qio_abi_qemu_10_2
#endif
extern const char QIO_ABI_SYMBOL;
__attribute__((used)) static const char *const qio_abi_reference = &QIO_ABI_SYMBOL;

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
