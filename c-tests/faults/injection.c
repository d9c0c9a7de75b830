/*
 * The functions here stand before the C library's, and look at who calls: only what libqio.so calls, and what
 * GLib calls to start a child for it, is made to fail.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "injection.h"
#include "io/channel.h"

#include <dlfcn.h>
#include <link.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/wait.h>

enum {
    SOCKET, BIND, LISTEN, ACCEPT4, CONNECT, GETSOCKNAME, GETPEERNAME, GETSOCKOPT, SETSOCKOPT, SHUTDOWN, SEND, SENDMSG,
    RECVMSG, READ, WRITE, READV, WRITEV, PREADV, PWRITEV, LSEEK, OPEN, CLOSE, FCNTL, FSTAT, POLL, EPOLL_CREATE1,
    EPOLL_CTL, EPOLL_WAIT, EVENTFD, TIMERFD_CREATE, TIMERFD_SETTIME, SOCKETPAIR, PIPE2, DUP3, WAITPID, KILL,
    PIDFD_OPEN, MMAP, MPROTECT, MADVISE, PTHREAD_CREATE, GETADDRINFO, GETNAMEINFO, UNLINK, STATX, MKOSTEMP,
    MUNMAP, RECV, GETRANDOM, KINDS
};

/* By socket(2) and so on. What a wrong argument makes a call fail with isn't there: the library has none. */
const FaultKind fault_kinds[] = {
    [SOCKET] = { "socket", { EMFILE, ENFILE, ENOBUFS, ENOMEM, EACCES, EAFNOSUPPORT, EPROTONOSUPPORT } },
    [BIND] = { "bind", { EADDRINUSE, EADDRNOTAVAIL, EACCES, ENOMEM, EINVAL } },
    [LISTEN] = { "listen", { EADDRINUSE, EOPNOTSUPP } },
    [ACCEPT4] = { "accept4", { EINTR, EAGAIN, ECONNABORTED, EMFILE, ENFILE, ENOBUFS, ENOMEM, EPERM, EPROTO,
                               ENETDOWN, EHOSTUNREACH } },
    [CONNECT] = { "connect", { EINTR, ECONNREFUSED, ETIMEDOUT, ENETUNREACH, EADDRNOTAVAIL, EACCES, EAGAIN } },
    [GETSOCKNAME] = { "getsockname", { ENOBUFS } },
    [GETPEERNAME] = { "getpeername", { ENOBUFS, ENOTCONN } },
    [GETSOCKOPT] = { "getsockopt", { ENOPROTOOPT, ENOBUFS } },
    [SETSOCKOPT] = { "setsockopt", { ENOPROTOOPT, ENOMEM, EINVAL, EPERM } },
    [SHUTDOWN] = { "shutdown", { ENOTCONN, ENOBUFS } },
    [SEND] = { "send", { EINTR, EAGAIN, EPIPE, ECONNRESET, ENOBUFS, ENOMEM } },
    [SENDMSG] = { "sendmsg", { EINTR, EAGAIN, EPIPE, ECONNRESET, ENOBUFS, ENOMEM, ETOOMANYREFS } },
    [RECVMSG] = { "recvmsg", { EINTR, EAGAIN, ECONNRESET, ETIMEDOUT, ENOMEM } },
    [READ] = { "read", { EINTR, EAGAIN, EIO } },
    [WRITE] = { "write", { EINTR, EAGAIN, EIO, ENOSPC, EPIPE } },
    [READV] = { "readv", { EINTR, EAGAIN, EIO } },
    [WRITEV] = { "writev", { EINTR, EAGAIN, EIO, ENOSPC, EPIPE, EFBIG, EDQUOT } },
    [PREADV] = { "preadv", { EINTR, EAGAIN, EIO, ESPIPE } },
    [PWRITEV] = { "pwritev", { EINTR, EAGAIN, EIO, ENOSPC, ESPIPE, EFBIG, EDQUOT } },
    [LSEEK] = { "lseek", { ESPIPE, EOVERFLOW } },
    [OPEN] = { "open", { EINTR, EACCES, EMFILE, ENFILE, ENOENT, ENOSPC, ELOOP, ENOMEM } },
    [CLOSE] = { "close", { EINTR, EIO, ENOSPC, EDQUOT } },
    [FCNTL] = { "fcntl", { EMFILE, ENOLCK } },
    [FSTAT] = { "fstat", { EIO, EOVERFLOW } },
    [POLL] = { "poll", { EINTR, ENOMEM } },
    [EPOLL_CREATE1] = { "epoll_create1", { EMFILE, ENFILE, ENOMEM } },
    [EPOLL_CTL] = { "epoll_ctl", { ENOMEM, ENOSPC } },
    [EPOLL_WAIT] = { "epoll_wait", { EINTR } },
    [EVENTFD] = { "eventfd", { EMFILE, ENFILE, ENODEV, ENOMEM } },
    [TIMERFD_CREATE] = { "timerfd_create", { EMFILE, ENFILE, ENODEV, ENOMEM } },
    [TIMERFD_SETTIME] = { "timerfd_settime", { ECANCELED } },
    [SOCKETPAIR] = { "socketpair", { EMFILE, ENFILE, ENOMEM } },
    [PIPE2] = { "pipe2", { EMFILE, ENFILE } },
    [DUP3] = { "dup3", { EMFILE, EINTR } },
    [WAITPID] = { "waitpid", { EINTR, ECHILD } },
    [KILL] = { "kill", { ESRCH, EPERM } },
    [PIDFD_OPEN] = { "pidfd_open", { ENOSYS, EMFILE, ENFILE, ENODEV, ENOMEM, EPERM } },
    [MMAP] = { "mmap", { ENOMEM } },
    [MPROTECT] = { "mprotect", { ENOMEM } },
    [MADVISE] = { "madvise", { EINVAL, ENOMEM, EAGAIN } },
    [PTHREAD_CREATE] = { "pthread_create", { EAGAIN } },
    [GETADDRINFO] = { "getaddrinfo", { EAI_AGAIN, EAI_FAIL, EAI_MEMORY, EAI_NONAME, EAI_SYSTEM } },
    [GETNAMEINFO] = { "getnameinfo", { EAI_AGAIN, EAI_FAIL, EAI_MEMORY, EAI_SYSTEM } },
    [UNLINK] = { "unlink", { EACCES, ENOENT, EBUSY } },
    [MKOSTEMP] = { "mkostemp", { EINTR, EACCES, EEXIST, EMFILE, ENFILE, ENOENT, ENOSPC, EROFS, ENOMEM } },
    [MUNMAP] = { "munmap", { ENOMEM } },
    [RECV] = { "recv", { EINTR, EAGAIN, ECONNRESET, ETIMEDOUT, ENOMEM } },
    [GETRANDOM] = { "getrandom", { EINTR, EAGAIN, ENOSYS, EPERM } },
    [STATX] = { "statx", { EACCES, ENOENT, ENOTDIR, ELOOP, ENOMEM } },
};
const size_t fault_kinds_count = KINDS;

static uint64_t armed, last_armed;
static int armed_error;
static int armed_first, armed_times;
static int seen_armed, hits;
static int calls[KINDS];
static int all_calls;
static long blocks;

void fault_arm(uint64_t kinds, int error, unsigned int first, unsigned int times)
{
    armed = 0;
    memset(calls, 0, sizeof(calls));
    all_calls = seen_armed = hits = 0;
    armed_error = error;
    last_armed = kinds;
    armed_first = first;
    armed_times = times;
    __atomic_store_n(&armed, kinds, __ATOMIC_SEQ_CST);
}

void fault_disarm(void)
{
    __atomic_store_n(&armed, 0, __ATOMIC_SEQ_CST);
}

bool fault_has_struck(const char *name)
{
    for (size_t kind = 0; kind < KINDS; kind++) {
        if (!strcmp(fault_kinds[kind].name, name)) {
            return (last_armed & (1ull << kind)) && fault_hits();
        }
    }
    g_assert_not_reached();
}

bool fault_is_armed(void)
{
    return __atomic_load_n(&armed, __ATOMIC_SEQ_CST) != 0;
}

unsigned int fault_hits(void)
{
    return __atomic_load_n(&hits, __ATOMIC_SEQ_CST);
}

unsigned int fault_calls(size_t kind)
{
    return __atomic_load_n(&calls[kind], __ATOMIC_SEQ_CST);
}

unsigned int fault_all_calls(void)
{
    return __atomic_load_n(&all_calls, __ATOMIC_SEQ_CST);
}

long live_blocks(void)
{
    return __atomic_load_n(&blocks, __ATOMIC_SEQ_CST);
}

/* Where the code of a library is. */
typedef struct Code {
    uintptr_t start, end;
} Code;

static int find_code(struct dl_phdr_info *info, size_t size, void *opaque)
{
    Code *code = opaque;

    for (int i = 0; i < info->dlpi_phnum; i++) {
        uintptr_t start = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;

        if (info->dlpi_phdr[i].p_type == PT_LOAD && code->start >= start &&
            code->start < start + info->dlpi_phdr[i].p_memsz) {
            code->start = start;
            code->end = start + info->dlpi_phdr[i].p_memsz;
            return 1;
        }
    }
    return 0;
}

static Code library, glib;

/* Before there are threads, and before the first fault. */
__attribute__((constructor)) static void find_libraries(void)
{
    library.start = (uintptr_t)dlsym(RTLD_DEFAULT, "qio_channel_readv");
    glib.start = (uintptr_t)dlsym(RTLD_DEFAULT, "g_malloc0");
    dl_iterate_phdr(find_code, &library);
    dl_iterate_phdr(find_code, &glib);
}

static bool is_in(const Code *code, const void *address)
{
    return (uintptr_t)address >= code->start && (uintptr_t)address < code->end;
}

/* Whether this call is to fail; counts it. */
static bool strikes(int kind, const void *caller)
{
    int count;

    if (!is_in(&library, caller) && !(kind == PIPE2 && is_in(&glib, caller))) {
        return false;
    }
    __atomic_add_fetch(&calls[kind], 1, __ATOMIC_SEQ_CST);
    __atomic_add_fetch(&all_calls, 1, __ATOMIC_SEQ_CST);
    if (!(__atomic_load_n(&armed, __ATOMIC_SEQ_CST) & (1ull << kind))) {
        return false;
    }
    count = __atomic_add_fetch(&seen_armed, 1, __ATOMIC_SEQ_CST);
    if (count < armed_first || count - armed_first >= armed_times) {
        return false;
    }
    __atomic_add_fetch(&hits, 1, __ATOMIC_SEQ_CST);
    errno = armed_error;
    return true;
}

#define NEXT(name) ({ \
    static __typeof__(&name) next; \
    if (!next) { \
        next = (__typeof__(&name))dlsym(RTLD_NEXT, #name); \
    } \
    next; \
})

#define FAULTY(kind, type, name, parameters, arguments) \
    type name parameters \
    { \
        return strikes(kind, __builtin_return_address(0)) ? -1 : NEXT(name) arguments; \
    }

FAULTY(SOCKET, int, socket, (int domain, int type, int protocol), (domain, type, protocol))
FAULTY(BIND, int, bind, (int fd, const struct sockaddr *addr, socklen_t len), (fd, addr, len))
FAULTY(LISTEN, int, listen, (int fd, int backlog), (fd, backlog))
FAULTY(ACCEPT4, int, accept4, (int fd, struct sockaddr *addr, socklen_t *len, int flags), (fd, addr, len, flags))
FAULTY(CONNECT, int, connect, (int fd, const struct sockaddr *addr, socklen_t len), (fd, addr, len))
FAULTY(GETSOCKNAME, int, getsockname, (int fd, struct sockaddr *addr, socklen_t *len), (fd, addr, len))
FAULTY(GETPEERNAME, int, getpeername, (int fd, struct sockaddr *addr, socklen_t *len), (fd, addr, len))
FAULTY(GETSOCKOPT, int, getsockopt, (int fd, int level, int name, void *value, socklen_t *len),
       (fd, level, name, value, len))
FAULTY(SETSOCKOPT, int, setsockopt, (int fd, int level, int name, const void *value, socklen_t len),
       (fd, level, name, value, len))
FAULTY(SHUTDOWN, int, shutdown, (int fd, int how), (fd, how))
FAULTY(SEND, ssize_t, send, (int fd, const void *buf, size_t len, int flags), (fd, buf, len, flags))
FAULTY(SENDMSG, ssize_t, sendmsg, (int fd, const struct msghdr *msg, int flags), (fd, msg, flags))
FAULTY(RECVMSG, ssize_t, recvmsg, (int fd, struct msghdr *msg, int flags), (fd, msg, flags))
FAULTY(READ, ssize_t, read, (int fd, void *buf, size_t len), (fd, buf, len))
FAULTY(WRITE, ssize_t, write, (int fd, const void *buf, size_t len), (fd, buf, len))
FAULTY(READV, ssize_t, readv, (int fd, const struct iovec *iov, int count), (fd, iov, count))
FAULTY(WRITEV, ssize_t, writev, (int fd, const struct iovec *iov, int count), (fd, iov, count))
FAULTY(POLL, int, poll, (struct pollfd *fds, nfds_t count, int timeout), (fds, count, timeout))
FAULTY(EPOLL_CREATE1, int, epoll_create1, (int flags), (flags))
FAULTY(EPOLL_CTL, int, epoll_ctl, (int epfd, int op, int fd, struct epoll_event *event), (epfd, op, fd, event))
FAULTY(EPOLL_WAIT, int, epoll_wait, (int epfd, struct epoll_event *events, int max, int timeout),
       (epfd, events, max, timeout))
FAULTY(EVENTFD, int, eventfd, (unsigned int value, int flags), (value, flags))
FAULTY(TIMERFD_CREATE, int, timerfd_create, (clockid_t clock, int flags), (clock, flags))
FAULTY(TIMERFD_SETTIME, int, timerfd_settime,
       (int fd, int flags, const struct itimerspec *value, struct itimerspec *old), (fd, flags, value, old))
FAULTY(SOCKETPAIR, int, socketpair, (int domain, int type, int protocol, int sv[2]), (domain, type, protocol, sv))
FAULTY(PIPE2, int, pipe2, (int fds[2], int flags), (fds, flags))
FAULTY(DUP3, int, dup3, (int from, int to, int flags), (from, to, flags))
FAULTY(WAITPID, pid_t, waitpid, (pid_t pid, int *status, int options), (pid, status, options))
FAULTY(KILL, int, kill, (pid_t pid, int signal), (pid, signal))
FAULTY(MPROTECT, int, mprotect, (void *address, size_t length, int protection), (address, length, protection))
FAULTY(MADVISE, int, madvise, (void *address, size_t length, int advice), (address, length, advice))
FAULTY(STATX, int, statx, (int fd, const char *path, int flags, unsigned int mask, struct statx *found),
       (fd, path, flags, mask, found))
FAULTY(MUNMAP, int, munmap, (void *address, size_t length), (address, length))
FAULTY(RECV, ssize_t, recv, (int fd, void *buf, size_t len, int flags), (fd, buf, len, flags))
FAULTY(GETRANDOM, ssize_t, getrandom, (void *buf, size_t len, unsigned int flags), (buf, len, flags))
FAULTY(UNLINK, int, unlink, (const char *path), (path))

/* The library calls these without 64-bit names, or with: both are there. */
#define FAULTY_AS(kind, type, symbol, failure, parameters, arguments) \
    type faulty_##symbol parameters __asm__(#symbol); \
    type faulty_##symbol parameters \
    { \
        static __typeof__(&faulty_##symbol) next; \
        if (!next) { \
            next = (__typeof__(&faulty_##symbol))dlsym(RTLD_NEXT, #symbol); \
        } \
        return strikes(kind, __builtin_return_address(0)) ? failure : next arguments; \
    }

FAULTY_AS(PREADV, ssize_t, preadv, -1, (int fd, const struct iovec *iov, int count, off_t at), (fd, iov, count, at))
FAULTY_AS(PWRITEV, ssize_t, pwritev, -1, (int fd, const struct iovec *iov, int count, off_t at), (fd, iov, count, at))
FAULTY_AS(MKOSTEMP, int, mkostemp, -1, (char *template, int flags), (template, flags))
FAULTY_AS(LSEEK, off_t, lseek, -1, (int fd, off_t at, int whence), (fd, at, whence))
FAULTY_AS(FSTAT, int, fstat, -1, (int fd, struct stat *st), (fd, st))
FAULTY_AS(MMAP, void *, mmap, MAP_FAILED, (void *at, size_t size, int prot, int flags, int fd, off_t offset),
          (at, size, prot, flags, fd, offset))

FAULTY_AS(MKOSTEMP, int, mkostemp64, -1, (char *template, int flags), (template, flags))
FAULTY_AS(LSEEK, off_t, lseek64, -1, (int fd, off_t at, int whence), (fd, at, whence))
FAULTY_AS(FSTAT, int, fstat64, -1, (int fd, struct stat *st), (fd, st))
FAULTY_AS(MMAP, void *, mmap64, MAP_FAILED, (void *at, size_t size, int prot, int flags, int fd, off_t offset),
          (at, size, prot, flags, fd, offset))

/* With arguments that depend on others: passed on as they may be there. */
#define FAULTY_OPEN(symbol) \
    int faulty_##symbol(const char *path, int flags, ...) __asm__(#symbol); \
    int faulty_##symbol(const char *path, int flags, ...) \
    { \
        static int (*next)(const char *, int, ...); \
        va_list arguments; \
        mode_t mode = 0; \
        if (!next) { \
            next = dlsym(RTLD_NEXT, #symbol); \
        } \
        if (flags & (O_CREAT | __O_TMPFILE)) { \
            va_start(arguments, flags); \
            mode = va_arg(arguments, mode_t); \
            va_end(arguments); \
        } \
        return strikes(OPEN, __builtin_return_address(0)) ? -1 : next(path, flags, mode); \
    }

FAULTY_OPEN(open)
FAULTY_OPEN(open64)

int faulty_fcntl(int fd, int command, ...) __asm__("fcntl");
int faulty_fcntl(int fd, int command, ...)
{
    static int (*next)(int, int, ...);
    va_list arguments;
    void *argument;

    if (!next) {
        next = dlsym(RTLD_NEXT, "fcntl");
    }
    va_start(arguments, command);
    argument = va_arg(arguments, void *);
    va_end(arguments);
    return strikes(FCNTL, __builtin_return_address(0)) ? -1 : next(fd, command, argument);
}

/* Only what asks for a descriptor of a process: std's locks make system calls in the same way. */
__attribute__((no_sanitize_address)) long syscall(long number, ...)
{
    static long (*next)(long, ...);
    va_list arguments;
    long values[6];

    if (!next) {
        next = dlsym(RTLD_NEXT, "syscall");
    }
    va_start(arguments, number);
    for (int i = 0; i < 6; i++) {
        values[i] = va_arg(arguments, long);
    }
    va_end(arguments);
    if (number == SYS_pidfd_open && strikes(PIDFD_OPEN, __builtin_return_address(0))) {
        return -1;
    }
    return next(number, values[0], values[1], values[2], values[3], values[4], values[5]);
}

/* The descriptor is gone in either case. */
int close(int fd)
{
    int result = NEXT(close)(fd);

    return strikes(CLOSE, __builtin_return_address(0)) ? -1 : result;
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument)
{
    return strikes(PTHREAD_CREATE, __builtin_return_address(0))
        ? errno : NEXT(pthread_create)(thread, attributes, start, argument);
}

/* What is a code of these and no errno. */
static int resolver_says(void)
{
    int code = errno;

    errno = code == EAI_SYSTEM ? EIO : 0;
    return code;
}

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **result)
{
    return strikes(GETADDRINFO, __builtin_return_address(0))
        ? resolver_says() : NEXT(getaddrinfo)(node, service, hints, result);
}

int getnameinfo(const struct sockaddr *addr, socklen_t len, char *host, socklen_t host_len, char *service,
                socklen_t service_len, int flags)
{
    return strikes(GETNAMEINFO, __builtin_return_address(0))
        ? resolver_says() : NEXT(getnameinfo)(addr, len, host, host_len, service, service_len, flags);
}

/* Memory, counted in blocks; AddressSanitizer counts for itself. */
#ifndef __SANITIZE_ADDRESS__
extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

static void *counted(void *block)
{
    if (block) {
        __atomic_add_fetch(&blocks, 1, __ATOMIC_RELAXED);
    }
    return block;
}

void *malloc(size_t size)
{
    return counted(__libc_malloc(size));
}

void *calloc(size_t count, size_t size)
{
    return counted(__libc_calloc(count, size));
}

void *realloc(void *block, size_t size)
{
    void *moved = __libc_realloc(block, size);

    if (!block) {
        return counted(moved);
    }
    if (!moved && !size) {
        __atomic_sub_fetch(&blocks, 1, __ATOMIC_RELAXED);
    }
    return moved;
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return counted(__libc_memalign(alignment, size));
}

void *memalign(size_t alignment, size_t size)
{
    return counted(__libc_memalign(alignment, size));
}

int posix_memalign(void **block, size_t alignment, size_t size)
{
    *block = counted(__libc_memalign(alignment, size));
    return *block ? 0 : ENOMEM;
}

void free(void *block)
{
    if (block) {
        __atomic_sub_fetch(&blocks, 1, __ATOMIC_RELAXED);
    }
    __libc_free(block);
}
#endif
