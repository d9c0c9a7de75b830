/*
 * The ABI profile: whose structs, functions and behaviour this library has.
 *
 * Generated from crates/abi/profiles.toml by scripts/profile-header.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef QIO_PROFILE_H
#define QIO_PROFILE_H

#ifdef QIO_ABI_CUSTOM
/* A combination between the profiles; the build has it. */
#include "qio-custom.h"
#else
/*
 * Exactly one: -DQIO_ABI_QEMU_11_1 and the like choose. Installed headers have
 * the one that their library was built for.
 */
#if !defined(QIO_ABI_QEMU_7_2) && !defined(QIO_ABI_QEMU_7_2_22) && \
    !defined(QIO_ABI_QEMU_8_0_1) && !defined(QIO_ABI_QEMU_8_1) && \
    !defined(QIO_ABI_QEMU_8_2) && !defined(QIO_ABI_QEMU_9_0) && \
    !defined(QIO_ABI_QEMU_9_1) && !defined(QIO_ABI_QEMU_10_0) && \
    !defined(QIO_ABI_QEMU_10_0_13) && !defined(QIO_ABI_QEMU_10_1) && \
    !defined(QIO_ABI_QEMU_10_1_3) && !defined(QIO_ABI_QEMU_10_2_0) && \
    !defined(QIO_ABI_QEMU_10_2) && !defined(QIO_ABI_QEMU_11_1)
#define QIO_ABI_QEMU_10_0
#endif

#if defined(QIO_ABI_QEMU_7_2) + defined(QIO_ABI_QEMU_7_2_22) + \
    defined(QIO_ABI_QEMU_8_0_1) + defined(QIO_ABI_QEMU_8_1) + \
    defined(QIO_ABI_QEMU_8_2) + defined(QIO_ABI_QEMU_9_0) + \
    defined(QIO_ABI_QEMU_9_1) + defined(QIO_ABI_QEMU_10_0) + \
    defined(QIO_ABI_QEMU_10_0_13) + defined(QIO_ABI_QEMU_10_1) + \
    defined(QIO_ABI_QEMU_10_1_3) + defined(QIO_ABI_QEMU_10_2_0) + \
    defined(QIO_ABI_QEMU_10_2) + defined(QIO_ABI_QEMU_11_1) != 1
#error "choose one ABI profile: two of the QIO_ABI_QEMU_* macros are defined"
#endif

/*
 * Each object refers to a symbol that only the library of the same profile
 * has: linking with another one fails.
 */
#if defined(QIO_ABI_QEMU_7_2)
/* 7.2.0 to 7.2.4; hosted to 7.2.21 */
#define QIO_ABI_SYMBOL qio_abi_qemu_7_2
#elif defined(QIO_ABI_QEMU_7_2_22)
/* 7.2.22 */
#define QIO_ABI_SYMBOL qio_abi_qemu_7_2_22
#elif defined(QIO_ABI_QEMU_8_0_1)
/* 8.0.1 to 8.0.5 */
#define QIO_ABI_SYMBOL qio_abi_qemu_8_0_1
#elif defined(QIO_ABI_QEMU_8_1)
/* 8.1.0 to 8.1.5 */
#define QIO_ABI_SYMBOL qio_abi_qemu_8_1
#elif defined(QIO_ABI_QEMU_8_2)
/* 8.2.0 to 8.2.10 */
#define QIO_ABI_SYMBOL qio_abi_qemu_8_2
#elif defined(QIO_ABI_QEMU_9_0)
/* 9.0.0 to 9.0.4 */
#define QIO_ABI_SYMBOL qio_abi_qemu_9_0
#elif defined(QIO_ABI_QEMU_9_1)
/* 9.1.0 to 9.2.4 */
#define QIO_ABI_SYMBOL qio_abi_qemu_9_1
#elif defined(QIO_ABI_QEMU_10_0)
/* 10.0.0 to 10.0.6 */
#define QIO_ABI_SYMBOL qio_abi_qemu_10_0
#elif defined(QIO_ABI_QEMU_10_0_13)
/* 10.0.9 to 10.0.13 */
#define QIO_ABI_SYMBOL qio_abi_qemu_10_0_13
#elif defined(QIO_ABI_QEMU_10_1)
/* 10.1.0 to 10.1.2 */
#define QIO_ABI_SYMBOL qio_abi_qemu_10_1
#elif defined(QIO_ABI_QEMU_10_1_3)
/* 10.1.3 */
#define QIO_ABI_SYMBOL qio_abi_qemu_10_1_3
#elif defined(QIO_ABI_QEMU_10_2_0)
/* 10.2.0 */
#define QIO_ABI_SYMBOL qio_abi_qemu_10_2_0
#elif defined(QIO_ABI_QEMU_10_2)
/* 10.2.2; hosted 11.0.0 */
#define QIO_ABI_SYMBOL qio_abi_qemu_10_2
#elif defined(QIO_ABI_QEMU_11_1)
/* 11.1.0-rc2; provisional: no release was measured */
#define QIO_ABI_SYMBOL qio_abi_qemu_11_1
#endif
extern const char QIO_ABI_SYMBOL;
__attribute__((used)) static const char *const qio_abi_reference = &QIO_ABI_SYMBOL;

/* The switches: what differs between releases. */

/* io_readv and qio_channel_readv_full take flags: reads can peek. */
#if defined(QIO_ABI_QEMU_8_0_1) || defined(QIO_ABI_QEMU_8_1) || \
    defined(QIO_ABI_QEMU_8_2) || defined(QIO_ABI_QEMU_9_0) || \
    defined(QIO_ABI_QEMU_9_1) || defined(QIO_ABI_QEMU_10_0) || \
    defined(QIO_ABI_QEMU_10_0_13) || defined(QIO_ABI_QEMU_10_1) || \
    defined(QIO_ABI_QEMU_10_1_3) || defined(QIO_ABI_QEMU_10_2_0) || \
    defined(QIO_ABI_QEMU_10_2) || defined(QIO_ABI_QEMU_11_1)
#define QIO_HAS_READV_FLAGS
#endif

/*
 * qio_channel_wake_read; waking a coroutine empties its slot, which is
 * exchanged atomically.
 */
#if defined(QIO_ABI_QEMU_8_0_1) || defined(QIO_ABI_QEMU_8_1) || \
    defined(QIO_ABI_QEMU_8_2) || defined(QIO_ABI_QEMU_9_0) || \
    defined(QIO_ABI_QEMU_9_1) || defined(QIO_ABI_QEMU_10_0) || \
    defined(QIO_ABI_QEMU_10_0_13) || defined(QIO_ABI_QEMU_10_1) || \
    defined(QIO_ABI_QEMU_10_1_3) || defined(QIO_ABI_QEMU_10_2_0) || \
    defined(QIO_ABI_QEMU_10_2) || defined(QIO_ABI_QEMU_11_1)
#define QIO_HAS_WAKE_READ
#endif

/*
 * Each direction of a channel waits in a context of its own, and coroutines
 * may wait in theirs; elsewhere a channel is attached to one context.
 */
#if defined(QIO_ABI_QEMU_8_2) || defined(QIO_ABI_QEMU_9_0) || \
    defined(QIO_ABI_QEMU_9_1) || defined(QIO_ABI_QEMU_10_0) || \
    defined(QIO_ABI_QEMU_10_0_13) || defined(QIO_ABI_QEMU_10_1) || \
    defined(QIO_ABI_QEMU_10_1_3) || defined(QIO_ABI_QEMU_10_2_0) || \
    defined(QIO_ABI_QEMU_10_2) || defined(QIO_ABI_QEMU_11_1)
#define QIO_HAS_TWO_AIO_CONTEXTS
#endif

/*
 * qio_channel_pwritev, qio_channel_preadv and what they are made of: channels
 * are read and written at an offset.
 */
#if defined(QIO_ABI_QEMU_9_0) || defined(QIO_ABI_QEMU_9_1) || \
    defined(QIO_ABI_QEMU_10_0) || defined(QIO_ABI_QEMU_10_0_13) || \
    defined(QIO_ABI_QEMU_10_1) || defined(QIO_ABI_QEMU_10_1_3) || \
    defined(QIO_ABI_QEMU_10_2_0) || defined(QIO_ABI_QEMU_10_2) || \
    defined(QIO_ABI_QEMU_11_1)
#define QIO_HAS_POSITIONAL_IO
#endif

/* qio_channel_pwritev_all, qio_channel_preadv_all and what they are made of. */
#if defined(QIO_ABI_QEMU_11_1)
#define QIO_HAS_POSITIONAL_ALL
#endif

/* qio_channel_get_peerpid, the process at the other end. */
#if defined(QIO_ABI_QEMU_9_1) || defined(QIO_ABI_QEMU_10_0) || \
    defined(QIO_ABI_QEMU_10_0_13) || defined(QIO_ABI_QEMU_10_1) || \
    defined(QIO_ABI_QEMU_10_1_3) || defined(QIO_ABI_QEMU_10_2_0) || \
    defined(QIO_ABI_QEMU_10_2) || defined(QIO_ABI_QEMU_11_1)
#define QIO_HAS_PEERPID
#endif

/* One reader and one writer thread may use a channel at once, also over TLS. */
#if defined(QIO_ABI_QEMU_10_1) || defined(QIO_ABI_QEMU_10_1_3) || \
    defined(QIO_ABI_QEMU_10_2_0) || defined(QIO_ABI_QEMU_10_2) || \
    defined(QIO_ABI_QEMU_11_1)
#define QIO_HAS_CONCURRENT_IO
#endif

/*
 * qio_channel_set_blocking returns a bool, and qemu_set_blocking takes the
 * place of three functions for sockets.
 */
#if defined(QIO_ABI_QEMU_10_2_0) || defined(QIO_ABI_QEMU_10_2) || \
    defined(QIO_ABI_QEMU_11_1)
#define QIO_HAS_BOOL_SET_BLOCKING
#endif

/* Buffers of bytes are void *; elsewhere char *. */
#if defined(QIO_ABI_QEMU_10_2_0) || defined(QIO_ABI_QEMU_10_2) || \
    defined(QIO_ABI_QEMU_11_1)
#define QIO_HAS_VOID_BUFFERS
#endif

/* qio_channel_wait_cond, which waits wherever it is called. */
#if defined(QIO_ABI_QEMU_10_2_0) || defined(QIO_ABI_QEMU_10_2) || \
    defined(QIO_ABI_QEMU_11_1)
#define QIO_HAS_WAIT_COND
#endif

/* qio_channel_file_new_dupfd. */
#if defined(QIO_ABI_QEMU_9_0) || defined(QIO_ABI_QEMU_9_1) || \
    defined(QIO_ABI_QEMU_10_0) || defined(QIO_ABI_QEMU_10_0_13) || \
    defined(QIO_ABI_QEMU_10_1) || defined(QIO_ABI_QEMU_10_1_3) || \
    defined(QIO_ABI_QEMU_10_2_0) || defined(QIO_ABI_QEMU_10_2) || \
    defined(QIO_ABI_QEMU_11_1)
#define QIO_HAS_FILE_NEW_DUPFD
#endif

/* qio_channel_socket_set_send_buffer. */
#if defined(QIO_ABI_QEMU_10_1) || defined(QIO_ABI_QEMU_10_1_3) || \
    defined(QIO_ABI_QEMU_10_2_0) || defined(QIO_ABI_QEMU_10_2) || \
    defined(QIO_ABI_QEMU_11_1)
#define QIO_HAS_SEND_BUFFER
#endif

/*
 * A received descriptor that can't be switched to blocking mode fails the
 * read, and the caller can ask for it to be left alone.
 */
#if defined(QIO_ABI_QEMU_10_2_0) || defined(QIO_ABI_QEMU_10_2) || \
    defined(QIO_ABI_QEMU_11_1)
#define QIO_HAS_FD_PRESERVE_BLOCKING
#endif

/*
 * Flush answers for everything since the previous flush, not for what it read
 * itself.
 */
#if defined(QIO_ABI_QEMU_10_2_0) || defined(QIO_ABI_QEMU_10_2) || \
    defined(QIO_ABI_QEMU_11_1)
#define QIO_HAS_ZERO_COPY_SUCCESS
#endif

/*
 * Flush tells whether any send was copied since the previous flush that told
 * so; elsewhere whether all were.
 */
#if defined(QIO_ABI_QEMU_11_1)
#define QIO_HAS_ZERO_COPY_FALLBACK
#endif

/*
 * Internet addresses have the numbers of TCP keep-alive, and the DNS resolver
 * hands them on.
 */
#if defined(QIO_ABI_QEMU_10_1) || defined(QIO_ABI_QEMU_10_1_3) || \
    defined(QIO_ABI_QEMU_10_2_0) || defined(QIO_ABI_QEMU_10_2) || \
    defined(QIO_ABI_QEMU_11_1)
#define QIO_HAS_KEEP_ALIVE_TUNING
#endif

/* The sockets of a listener are called NAME-listen; elsewhere NAME. */
#if defined(QIO_ABI_QEMU_7_2) || defined(QIO_ABI_QEMU_7_2_22) || \
    defined(QIO_ABI_QEMU_8_0_1) || defined(QIO_ABI_QEMU_8_1)
#define QIO_HAS_LISTENER_NAME_SUFFIX
#endif

/* QIONetListener has the lock and the context of its registration. */
#if defined(QIO_ABI_QEMU_7_2_22) || defined(QIO_ABI_QEMU_10_0_13) || \
    defined(QIO_ABI_QEMU_10_1_3) || defined(QIO_ABI_QEMU_10_2_0) || \
    defined(QIO_ABI_QEMU_10_2) || defined(QIO_ABI_QEMU_11_1)
#define QIO_HAS_LISTENER_LOCK
#endif

/*
 * QIONetListener keeps its sockets in QIONetListenerSources, private to it,
 * and calls from an AioContext, too.
 */
#if defined(QIO_ABI_QEMU_10_2_0) || defined(QIO_ABI_QEMU_10_2) || \
    defined(QIO_ABI_QEMU_11_1)
#define QIO_HAS_LISTENER_SOURCE
#endif

/* qio_task_free frees a task; elsewhere completing it does. */
#if defined(QIO_ABI_QEMU_10_0_13) || defined(QIO_ABI_QEMU_10_2) || \
    defined(QIO_ABI_QEMU_11_1)
#define QIO_HAS_TASK_FREE
#endif

/* A TLS watch looks at decrypted bytes that wait in the session. */
#if defined(QIO_ABI_QEMU_8_0_1) || defined(QIO_ABI_QEMU_8_1) || \
    defined(QIO_ABI_QEMU_8_2) || defined(QIO_ABI_QEMU_9_0) || \
    defined(QIO_ABI_QEMU_9_1) || defined(QIO_ABI_QEMU_10_0) || \
    defined(QIO_ABI_QEMU_10_0_13) || defined(QIO_ABI_QEMU_10_1) || \
    defined(QIO_ABI_QEMU_10_1_3) || defined(QIO_ABI_QEMU_10_2_0) || \
    defined(QIO_ABI_QEMU_10_2) || defined(QIO_ABI_QEMU_11_1)
#define QIO_HAS_TLS_CHECK_PENDING
#endif

/* QIOChannelTLS has the tag of the source that its handshake waits with. */
#if defined(QIO_ABI_QEMU_7_2_22) || defined(QIO_ABI_QEMU_8_0_1) || \
    defined(QIO_ABI_QEMU_8_1) || defined(QIO_ABI_QEMU_8_2) || \
    defined(QIO_ABI_QEMU_9_0) || defined(QIO_ABI_QEMU_9_1) || \
    defined(QIO_ABI_QEMU_10_0) || defined(QIO_ABI_QEMU_10_0_13) || \
    defined(QIO_ABI_QEMU_10_1) || defined(QIO_ABI_QEMU_10_1_3) || \
    defined(QIO_ABI_QEMU_10_2_0) || defined(QIO_ABI_QEMU_10_2) || \
    defined(QIO_ABI_QEMU_11_1)
#define QIO_HAS_TLS_HS_IOC_TAG
#endif

/* A TLS handshake that a close ends is traced. */
#if defined(QIO_ABI_QEMU_7_2_22) || defined(QIO_ABI_QEMU_9_0) || \
    defined(QIO_ABI_QEMU_9_1) || defined(QIO_ABI_QEMU_10_0) || \
    defined(QIO_ABI_QEMU_10_0_13) || defined(QIO_ABI_QEMU_10_1) || \
    defined(QIO_ABI_QEMU_10_1_3) || defined(QIO_ABI_QEMU_10_2_0) || \
    defined(QIO_ABI_QEMU_10_2) || defined(QIO_ABI_QEMU_11_1)
#define QIO_HAS_TLS_CANCEL_TRACE
#endif

/*
 * qio_channel_tls_bye ends a session, and reads may take a premature end for
 * an end of file.
 */
#if defined(QIO_ABI_QEMU_10_0) || defined(QIO_ABI_QEMU_10_0_13) || \
    defined(QIO_ABI_QEMU_10_1) || defined(QIO_ABI_QEMU_10_1_3) || \
    defined(QIO_ABI_QEMU_10_2_0) || defined(QIO_ABI_QEMU_10_2) || \
    defined(QIO_ABI_QEMU_11_1)
#define QIO_HAS_TLS_BYE
#endif

/* QIOChannelWebsock has the tag of the source that its handshake waits with. */
#if defined(QIO_ABI_QEMU_7_2_22) || defined(QIO_ABI_QEMU_10_0_13) || \
    defined(QIO_ABI_QEMU_10_1_3) || defined(QIO_ABI_QEMU_10_2_0) || \
    defined(QIO_ABI_QEMU_10_2) || defined(QIO_ABI_QEMU_11_1)
#define QIO_HAS_WEBSOCK_HS_IO_TAG
#endif

/* aio_set_fd_handler has the argument is_external. */
#if defined(QIO_ABI_QEMU_7_2) || defined(QIO_ABI_QEMU_7_2_22) || \
    defined(QIO_ABI_QEMU_8_0_1)
#define QIO_HAS_AIO_IS_EXTERNAL
#endif

/* The big lock is called bql_lock; elsewhere qemu_mutex_lock_iothread. */
#if defined(QIO_ABI_QEMU_9_0) || defined(QIO_ABI_QEMU_9_1) || \
    defined(QIO_ABI_QEMU_10_0) || defined(QIO_ABI_QEMU_10_0_13) || \
    defined(QIO_ABI_QEMU_10_1) || defined(QIO_ABI_QEMU_10_1_3) || \
    defined(QIO_ABI_QEMU_10_2_0) || defined(QIO_ABI_QEMU_10_2) || \
    defined(QIO_ABI_QEMU_11_1)
#define QIO_HAS_BQL_NAMES
#endif

/* module_init_type has MODULE_INIT_TARGET_INFO before MODULE_INIT_QOM. */
#if defined(QIO_ABI_QEMU_11_1)
#define QIO_HAS_MODULE_INIT_TARGET_INFO
#endif

/*
 * qemu/aio.h and qemu/aio-wait.h take the place of block/aio.h and block/aio-
 * wait.h.
 */
#if defined(QIO_ABI_QEMU_11_1)
#define QIO_HAS_AIO_IN_QEMU
#endif

/* Bottom halves have a guard against re-entry. */
#if defined(QIO_ABI_QEMU_7_2_22) || defined(QIO_ABI_QEMU_8_0_1) || \
    defined(QIO_ABI_QEMU_8_1) || defined(QIO_ABI_QEMU_8_2) || \
    defined(QIO_ABI_QEMU_9_0) || defined(QIO_ABI_QEMU_9_1) || \
    defined(QIO_ABI_QEMU_10_0) || defined(QIO_ABI_QEMU_10_0_13) || \
    defined(QIO_ABI_QEMU_10_1) || defined(QIO_ABI_QEMU_10_1_3) || \
    defined(QIO_ABI_QEMU_10_2_0) || defined(QIO_ABI_QEMU_10_2) || \
    defined(QIO_ABI_QEMU_11_1)
#define QIO_HAS_BH_GUARD
#endif

/* qemu/mem-reentrancy.h has what the guard of a bottom half is. */
#if defined(QIO_ABI_QEMU_11_1)
#define QIO_HAS_MEM_REENTRANCY_HEADER
#endif

/*
 * qemu_open and qemu_create tell errors; elsewhere qemu_open_old leaves errno.
 */
#if defined(QIO_ABI_QEMU_9_1) || defined(QIO_ABI_QEMU_10_0) || \
    defined(QIO_ABI_QEMU_10_0_13) || defined(QIO_ABI_QEMU_10_1) || \
    defined(QIO_ABI_QEMU_10_1_3) || defined(QIO_ABI_QEMU_10_2_0) || \
    defined(QIO_ABI_QEMU_10_2) || defined(QIO_ABI_QEMU_11_1)
#define QIO_HAS_OPEN_ERRP
#endif

/* qemu_clear_cloexec. */
#if defined(QIO_ABI_QEMU_10_2_0) || defined(QIO_ABI_QEMU_10_2) || \
    defined(QIO_ABI_QEMU_11_1)
#define QIO_HAS_CLEAR_CLOEXEC
#endif

/* qemu_fcntl_addfl. */
#if defined(QIO_ABI_QEMU_11_1)
#define QIO_HAS_FCNTL_ADDFL
#endif

/*
 * glib/gstdio.h comes with GLib, and g_clear_fd and g_autofd are there
 * whatever its version.
 */
#if defined(QIO_ABI_QEMU_11_1)
#define QIO_HAS_AUTOFD
#endif

/*
 * qemu_thread_set_name and qemu_thread_get_name, and threads always have their
 * names; elsewhere qemu_thread_naming says whether.
 */
#if defined(QIO_ABI_QEMU_11_1)
#define QIO_HAS_THREAD_NAMES
#endif

/*
 * RETRY_ON_EINTR takes the place of TFR, and closesocket and ioctlsocket are
 * gone.
 */
#if defined(QIO_ABI_QEMU_8_0_1) || defined(QIO_ABI_QEMU_8_1) || \
    defined(QIO_ABI_QEMU_8_2) || defined(QIO_ABI_QEMU_9_0) || \
    defined(QIO_ABI_QEMU_9_1) || defined(QIO_ABI_QEMU_10_0) || \
    defined(QIO_ABI_QEMU_10_0_13) || defined(QIO_ABI_QEMU_10_1) || \
    defined(QIO_ABI_QEMU_10_1_3) || defined(QIO_ABI_QEMU_10_2_0) || \
    defined(QIO_ABI_QEMU_10_2) || defined(QIO_ABI_QEMU_11_1)
#define QIO_HAS_RETRY_ON_EINTR
#endif

/*
 * An offset beyond the end of a vector ends the process; elsewhere it gives 0.
 */
#if defined(QIO_ABI_QEMU_7_2) || defined(QIO_ABI_QEMU_7_2_22) || \
    defined(QIO_ABI_QEMU_8_0_1) || defined(QIO_ABI_QEMU_8_1) || \
    defined(QIO_ABI_QEMU_8_2) || defined(QIO_ABI_QEMU_9_0) || \
    defined(QIO_ABI_QEMU_9_1)
#define QIO_HAS_IOV_OFFSET_ASSERT
#endif

/* MAKE_IDENTIFIER, typeof_strip_qual and the thread-safety annotations. */
#if defined(QIO_ABI_QEMU_8_0_1) || defined(QIO_ABI_QEMU_8_1) || \
    defined(QIO_ABI_QEMU_8_2) || defined(QIO_ABI_QEMU_9_0) || \
    defined(QIO_ABI_QEMU_9_1) || defined(QIO_ABI_QEMU_10_0) || \
    defined(QIO_ABI_QEMU_10_0_13) || defined(QIO_ABI_QEMU_10_1) || \
    defined(QIO_ABI_QEMU_10_1_3) || defined(QIO_ABI_QEMU_10_2_0) || \
    defined(QIO_ABI_QEMU_10_2) || defined(QIO_ABI_QEMU_11_1)
#define QIO_HAS_COMPILER_HELPERS
#endif

/* QEMU_UNINITIALIZED. */
#if defined(QIO_ABI_QEMU_10_2_0) || defined(QIO_ABI_QEMU_10_2) || \
    defined(QIO_ABI_QEMU_11_1)
#define QIO_HAS_UNINITIALIZED_MARK
#endif

/*
 * qemu/coroutine-core.h has the types of coroutines, and coroutine_mixed_fn
 * and no_coroutine_fn mark functions.
 */
#if defined(QIO_ABI_QEMU_8_0_1) || defined(QIO_ABI_QEMU_8_1) || \
    defined(QIO_ABI_QEMU_8_2) || defined(QIO_ABI_QEMU_9_0) || \
    defined(QIO_ABI_QEMU_9_1) || defined(QIO_ABI_QEMU_10_0) || \
    defined(QIO_ABI_QEMU_10_0_13) || defined(QIO_ABI_QEMU_10_1) || \
    defined(QIO_ABI_QEMU_10_1_3) || defined(QIO_ABI_QEMU_10_2_0) || \
    defined(QIO_ABI_QEMU_10_2) || defined(QIO_ABI_QEMU_11_1)
#define QIO_HAS_COROUTINE_CORE
#endif

/* QAPI_LIST_LENGTH. */
#if defined(QIO_ABI_QEMU_9_0) || defined(QIO_ABI_QEMU_9_1) || \
    defined(QIO_ABI_QEMU_10_0) || defined(QIO_ABI_QEMU_10_0_13) || \
    defined(QIO_ABI_QEMU_10_1) || defined(QIO_ABI_QEMU_10_1_3) || \
    defined(QIO_ABI_QEMU_10_2_0) || defined(QIO_ABI_QEMU_10_2) || \
    defined(QIO_ABI_QEMU_11_1)
#define QIO_HAS_LIST_LENGTH
#endif

/* A table of enumerators has features; elsewhere special_features. */
#if defined(QIO_ABI_QEMU_10_0) || defined(QIO_ABI_QEMU_10_0_13) || \
    defined(QIO_ABI_QEMU_10_1) || defined(QIO_ABI_QEMU_10_1_3) || \
    defined(QIO_ABI_QEMU_10_2_0) || defined(QIO_ABI_QEMU_10_2) || \
    defined(QIO_ABI_QEMU_11_1)
#define QIO_HAS_ENUM_FEATURES
#endif

/* OBJECT_DEFINE_SIMPLE_TYPE and OBJECT_DEFINE_SIMPLE_TYPE_WITH_INTERFACES. */
#if defined(QIO_ABI_QEMU_9_0) || defined(QIO_ABI_QEMU_9_1) || \
    defined(QIO_ABI_QEMU_10_0) || defined(QIO_ABI_QEMU_10_0_13) || \
    defined(QIO_ABI_QEMU_10_1) || defined(QIO_ABI_QEMU_10_1_3) || \
    defined(QIO_ABI_QEMU_10_2_0) || defined(QIO_ABI_QEMU_10_2) || \
    defined(QIO_ABI_QEMU_11_1)
#define QIO_HAS_SIMPLE_TYPE_MACROS
#endif

/* Hash functions are called QCryptoHashAlgo; elsewhere QCryptoHashAlgorithm. */
#if defined(QIO_ABI_QEMU_10_0) || defined(QIO_ABI_QEMU_10_0_13) || \
    defined(QIO_ABI_QEMU_10_1) || defined(QIO_ABI_QEMU_10_1_3) || \
    defined(QIO_ABI_QEMU_10_2_0) || defined(QIO_ABI_QEMU_10_2) || \
    defined(QIO_ABI_QEMU_11_1)
#define QIO_HAS_HASH_ALGO
#endif

/* Hash functions are also called QCryptoHashAlgo. */
#if defined(QIO_ABI_QEMU_9_1)
#define QIO_HAS_HASH_ALGO_ALIAS
#endif

/* &error_warn is a destination of errors, reported as warnings. */
#if defined(QIO_ABI_QEMU_8_0_1) || defined(QIO_ABI_QEMU_8_1) || \
    defined(QIO_ABI_QEMU_8_2) || defined(QIO_ABI_QEMU_9_0) || \
    defined(QIO_ABI_QEMU_9_1) || defined(QIO_ABI_QEMU_10_0) || \
    defined(QIO_ABI_QEMU_10_0_13) || defined(QIO_ABI_QEMU_10_1) || \
    defined(QIO_ABI_QEMU_10_1_3)
#define QIO_HAS_ERROR_WARN
#endif

/* g_autoptr(Error) doesn't compile. */
#if defined(QIO_ABI_QEMU_11_1)
#define QIO_HAS_ERROR_AUTOPTR_REFUSED
#endif

/* real_time_iso8601. */
#if defined(QIO_ABI_QEMU_11_1)
#define QIO_HAS_ISO8601_TIME
#endif

/* An error object knows the length of its file's name. */
#if defined(QIO_ABI_QEMU_10_1) || defined(QIO_ABI_QEMU_10_1_3) || \
    defined(QIO_ABI_QEMU_10_2_0) || defined(QIO_ABI_QEMU_10_2) || \
    defined(QIO_ABI_QEMU_11_1)
#define QIO_HAS_ERROR_SRC_LEN
#endif

/* warn_report_err_once. */
#if defined(QIO_ABI_QEMU_10_0) || defined(QIO_ABI_QEMU_10_0_13) || \
    defined(QIO_ABI_QEMU_10_1) || defined(QIO_ABI_QEMU_10_1_3) || \
    defined(QIO_ABI_QEMU_10_2_0) || defined(QIO_ABI_QEMU_10_2) || \
    defined(QIO_ABI_QEMU_11_1)
#define QIO_HAS_WARN_REPORT_ERR_ONCE
#endif

/*
 * Without a monitor monitor_vprintf returns -1; elsewhere it ends the process.
 */
#if defined(QIO_ABI_QEMU_11_1)
#define QIO_HAS_MONITOR_VPRINTF_FAILS
#endif

/* TypeInfo and class functions take data as const. */
#if defined(QIO_ABI_QEMU_10_1) || defined(QIO_ABI_QEMU_10_1_3) || \
    defined(QIO_ABI_QEMU_10_2_0) || defined(QIO_ABI_QEMU_10_2) || \
    defined(QIO_ABI_QEMU_11_1)
#define QIO_HAS_CONST_TYPE_INFO
#endif

/* InterfaceClass knows the class that implements it. */
#if defined(QIO_ABI_QEMU_7_2) || defined(QIO_ABI_QEMU_7_2_22) || \
    defined(QIO_ABI_QEMU_8_0_1) || defined(QIO_ABI_QEMU_8_1) || \
    defined(QIO_ABI_QEMU_8_2) || defined(QIO_ABI_QEMU_9_0) || \
    defined(QIO_ABI_QEMU_9_1)
#define QIO_HAS_INTERFACE_CONCRETE_CLASS
#endif

/*
 * The types object and interface are there before module_call_init; elsewhere
 * all come with it.
 */
#if defined(QIO_ABI_QEMU_11_1)
#define QIO_HAS_EARLY_ROOT_TYPES
#endif

/* type_register, beside type_register_static. */
#if defined(QIO_ABI_QEMU_7_2) || defined(QIO_ABI_QEMU_7_2_22) || \
    defined(QIO_ABI_QEMU_8_0_1) || defined(QIO_ABI_QEMU_8_1) || \
    defined(QIO_ABI_QEMU_8_2) || defined(QIO_ABI_QEMU_9_0) || \
    defined(QIO_ABI_QEMU_9_1)
#define QIO_HAS_TYPE_REGISTER
#endif

/* Names of types begin with and consist of certain characters. */
#if defined(QIO_ABI_QEMU_9_0) || defined(QIO_ABI_QEMU_9_1) || \
    defined(QIO_ABI_QEMU_10_0) || defined(QIO_ABI_QEMU_10_0_13) || \
    defined(QIO_ABI_QEMU_10_1) || defined(QIO_ABI_QEMU_10_1_3) || \
    defined(QIO_ABI_QEMU_10_2_0) || defined(QIO_ABI_QEMU_10_2) || \
    defined(QIO_ABI_QEMU_11_1)
#define QIO_HAS_TYPE_NAME_RULES
#endif

/* A type without an instance alignment has its ancestor's. */
#if defined(QIO_ABI_QEMU_8_2) || defined(QIO_ABI_QEMU_9_0) || \
    defined(QIO_ABI_QEMU_9_1) || defined(QIO_ABI_QEMU_10_0) || \
    defined(QIO_ABI_QEMU_10_0_13) || defined(QIO_ABI_QEMU_10_1) || \
    defined(QIO_ABI_QEMU_10_1_3) || defined(QIO_ABI_QEMU_10_2_0) || \
    defined(QIO_ABI_QEMU_10_2) || defined(QIO_ABI_QEMU_11_1)
#define QIO_HAS_INSTANCE_ALIGN_INHERITANCE
#endif

/*
 * Making an object of an unknown type is reported and exits; elsewhere it
 * aborts.
 */
#if defined(QIO_ABI_QEMU_10_0) || defined(QIO_ABI_QEMU_10_0_13) || \
    defined(QIO_ABI_QEMU_10_1) || defined(QIO_ABI_QEMU_10_1_3) || \
    defined(QIO_ABI_QEMU_10_2_0) || defined(QIO_ABI_QEMU_10_2) || \
    defined(QIO_ABI_QEMU_11_1)
#define QIO_HAS_UNKNOWN_TYPE_EXIT
#endif

/* instance_post_init runs root first; elsewhere leaf first. */
#if defined(QIO_ABI_QEMU_10_1) || defined(QIO_ABI_QEMU_10_1_3) || \
    defined(QIO_ABI_QEMU_10_2_0) || defined(QIO_ABI_QEMU_10_2) || \
    defined(QIO_ABI_QEMU_11_1)
#define QIO_HAS_POST_INIT_ROOT_FIRST
#endif

/*
 * object_new_with_propv and object_set_propv take errp last; elsewhere the
 * list of properties.
 */
#if defined(QIO_ABI_QEMU_11_1)
#define QIO_HAS_PROPV_ERRP_LAST
#endif

/* object_new_with_props_parentless makes an object that is the caller's. */
#if defined(QIO_ABI_QEMU_11_1)
#define QIO_HAS_PARENTLESS_OBJECTS
#endif

/* object_resolve_and_typecheck finds an object of a type, and says why not. */
#if defined(QIO_ABI_QEMU_11_1)
#define QIO_HAS_RESOLVE_AND_TYPECHECK
#endif

/*
 * A class can say why an object can't be deleted (prepare_delete); elsewhere
 * only whether (can_be_deleted).
 */
#if defined(QIO_ABI_QEMU_11_1)
#define QIO_HAS_PREPARE_DELETE
#endif

/*
 * The id of an object that is made of properties begins with and consists of
 * certain characters.
 */
#if defined(QIO_ABI_QEMU_11_1)
#define QIO_HAS_ID_RULES
#endif

/*
 * The root has its containers from the start, and object_get_container finds
 * them; elsewhere container_get makes them.
 */
#if defined(QIO_ABI_QEMU_10_0) || defined(QIO_ABI_QEMU_10_0_13) || \
    defined(QIO_ABI_QEMU_10_1) || defined(QIO_ABI_QEMU_10_1_3) || \
    defined(QIO_ABI_QEMU_10_2_0) || defined(QIO_ABI_QEMU_10_2) || \
    defined(QIO_ABI_QEMU_11_1)
#define QIO_HAS_ROOT_CONTAINERS
#endif

/* object_resolve_type_unambiguous finds the only object of a type. */
#if defined(QIO_ABI_QEMU_9_0) || defined(QIO_ABI_QEMU_9_1) || \
    defined(QIO_ABI_QEMU_10_0) || defined(QIO_ABI_QEMU_10_0_13) || \
    defined(QIO_ABI_QEMU_10_1) || defined(QIO_ABI_QEMU_10_1_3) || \
    defined(QIO_ABI_QEMU_10_2_0) || defined(QIO_ABI_QEMU_10_2) || \
    defined(QIO_ABI_QEMU_11_1)
#define QIO_HAS_UNAMBIGUOUS_TYPE
#endif

/* The root has a container audiodevs. */
#if defined(QIO_ABI_QEMU_10_2_0) || defined(QIO_ABI_QEMU_10_2) || \
    defined(QIO_ABI_QEMU_11_1)
#define QIO_HAS_AUDIODEVS_CONTAINER
#endif

/*
 * The address of a descriptor is a FdSocketAddress; elsewhere a String, with
 * the same bytes.
 */
#if defined(QIO_ABI_QEMU_9_0) || defined(QIO_ABI_QEMU_9_1) || \
    defined(QIO_ABI_QEMU_10_0) || defined(QIO_ABI_QEMU_10_0_13) || \
    defined(QIO_ABI_QEMU_10_1) || defined(QIO_ABI_QEMU_10_1_3) || \
    defined(QIO_ABI_QEMU_10_2_0) || defined(QIO_ABI_QEMU_10_2) || \
    defined(QIO_ABI_QEMU_11_1)
#define QIO_HAS_FD_SOCKET_ADDRESS
#endif

/* Addresses are copied by a visitor; elsewhere by qapi_clone. */
#if defined(QIO_ABI_QEMU_9_1) || defined(QIO_ABI_QEMU_10_0) || \
    defined(QIO_ABI_QEMU_10_0_13) || defined(QIO_ABI_QEMU_10_1) || \
    defined(QIO_ABI_QEMU_10_1_3) || defined(QIO_ABI_QEMU_10_2_0) || \
    defined(QIO_ABI_QEMU_10_2) || defined(QIO_ABI_QEMU_11_1)
#define QIO_HAS_CLONE_VISITOR
#endif

/* inet_connect and socket_remote_address. */
#if defined(QIO_ABI_QEMU_7_2) || defined(QIO_ABI_QEMU_7_2_22) || \
    defined(QIO_ABI_QEMU_8_0_1) || defined(QIO_ABI_QEMU_8_1) || \
    defined(QIO_ABI_QEMU_8_2) || defined(QIO_ABI_QEMU_9_0) || \
    defined(QIO_ABI_QEMU_9_1)
#define QIO_HAS_INET_CONNECT
#endif

/* A connecting socket may reuse its local address. */
#if defined(QIO_ABI_QEMU_7_2) || defined(QIO_ABI_QEMU_7_2_22) || \
    defined(QIO_ABI_QEMU_8_0_1) || defined(QIO_ABI_QEMU_8_1) || \
    defined(QIO_ABI_QEMU_8_2) || defined(QIO_ABI_QEMU_9_0) || \
    defined(QIO_ABI_QEMU_9_1)
#define QIO_HAS_CONNECT_REUSES_ADDRESS
#endif

/* Listening sockets may probe idle connections; elsewhere that is an error. */
#if defined(QIO_ABI_QEMU_10_1) || defined(QIO_ABI_QEMU_10_1_3) || \
    defined(QIO_ABI_QEMU_10_2_0) || defined(QIO_ABI_QEMU_10_2) || \
    defined(QIO_ABI_QEMU_11_1)
#define QIO_HAS_LISTENING_KEEP_ALIVE
#endif

/*
 * The options of an address in a text are key and value pairs; elsewhere a
 * handful of words is looked for.
 */
#if defined(QIO_ABI_QEMU_10_1) || defined(QIO_ABI_QEMU_10_1_3) || \
    defined(QIO_ABI_QEMU_10_2_0) || defined(QIO_ABI_QEMU_10_2) || \
    defined(QIO_ABI_QEMU_11_1)
#define QIO_HAS_ADDRESS_OPTION_PAIRS
#endif

/*
 * Reads and writes of a TLS session tell errors, and -2 for having to wait;
 * elsewhere errno.
 */
#if defined(QIO_ABI_QEMU_9_1) || defined(QIO_ABI_QEMU_10_0) || \
    defined(QIO_ABI_QEMU_10_0_13) || defined(QIO_ABI_QEMU_10_1) || \
    defined(QIO_ABI_QEMU_10_1_3) || defined(QIO_ABI_QEMU_10_2_0) || \
    defined(QIO_ABI_QEMU_10_2) || defined(QIO_ABI_QEMU_11_1)
#define QIO_HAS_SESSION_ERRP
#endif

/*
 * Reads of a TLS session tell a premature end by -3; elsewhere an argument
 * says whether it is an end of file.
 */
#if defined(QIO_ABI_QEMU_10_2_0) || defined(QIO_ABI_QEMU_10_2) || \
    defined(QIO_ABI_QEMU_11_1)
#define QIO_HAS_PREMATURE_TERMINATION
#endif

/*
 * The handshake of a TLS session returns its status; elsewhere
 * qcrypto_tls_session_get_handshake_status tells it.
 */
#if defined(QIO_ABI_QEMU_10_0) || defined(QIO_ABI_QEMU_10_0_13) || \
    defined(QIO_ABI_QEMU_10_1) || defined(QIO_ABI_QEMU_10_1_3) || \
    defined(QIO_ABI_QEMU_10_2_0) || defined(QIO_ABI_QEMU_10_2) || \
    defined(QIO_ABI_QEMU_11_1)
#define QIO_HAS_HANDSHAKE_RESULT
#endif

/*
 * Kinds of TLS credentials have a priority suffix, and
 * qcrypto_tls_creds_get_priority tells the whole.
 */
#if defined(QIO_ABI_QEMU_10_2_0) || defined(QIO_ABI_QEMU_10_2) || \
    defined(QIO_ABI_QEMU_11_1)
#define QIO_HAS_CREDS_PRIORITY
#endif

/* qcrypto_tls_creds_reload. */
#if defined(QIO_ABI_QEMU_10_2_0) || defined(QIO_ABI_QEMU_10_2) || \
    defined(QIO_ABI_QEMU_11_1)
#define QIO_HAS_CREDS_RELOAD
#endif

/* TLS credentials have the property loaded. */
#if defined(QIO_ABI_QEMU_7_2) || defined(QIO_ABI_QEMU_7_2_22) || \
    defined(QIO_ABI_QEMU_8_0_1) || defined(QIO_ABI_QEMU_8_1) || \
    defined(QIO_ABI_QEMU_8_2) || defined(QIO_ABI_QEMU_9_0) || \
    defined(QIO_ABI_QEMU_9_1)
#define QIO_HAS_CREDS_LOADED
#endif

/*
 * Credentials have numbered certificates beside the plain one, half a pair is
 * a mistake, and the own chain is looked at instead of all authorities.
 */
#if defined(QIO_ABI_QEMU_10_2_0) || defined(QIO_ABI_QEMU_10_2) || \
    defined(QIO_ABI_QEMU_11_1)
#define QIO_HAS_NUMBERED_CERTIFICATES
#endif

/* A file of Diffie-Hellman parameters is warned of. */
#if defined(QIO_ABI_QEMU_10_2_0) || defined(QIO_ABI_QEMU_10_2) || \
    defined(QIO_ABI_QEMU_11_1)
#define QIO_HAS_DH_FILE_WARNING
#endif

#endif

#endif
