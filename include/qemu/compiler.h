/*
 * Compiler extensions under short names.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef QEMU_COMPILER_H
#define QEMU_COMPILER_H

#include <stddef.h>

/* Joins two tokens, makes a string of one, after expanding macros. */
#define QIO_GLUE_EXPANDED(x, y) x##y
#define glue(x, y) QIO_GLUE_EXPANDED(x, y)
#define QIO_STRINGIFY_EXPANDED(s) #s
#define stringify(s) QIO_STRINGIFY_EXPANDED(s)

/* A name that nothing else in the translation unit has, for variables of nestable macros. */
#define QIO_UNIQUE_NAME(stem) glue(stem, __COUNTER__)
#ifdef QIO_HAS_COMPILER_HELPERS
#define MAKE_IDENTIFIER(stem) QIO_UNIQUE_NAME(stem)
#endif

#ifndef likely
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#endif

/**
 * container_of:
 * @ptr: pointer to a member of a struct
 * @type: the struct's type
 * @member: the member's name
 *
 * The struct that @ptr points into.
 */
#ifndef container_of
#define container_of(ptr, type, member) \
    QIO_CONTAINER_OF(ptr, type, member, QIO_UNIQUE_NAME(qio_member_))
#define QIO_CONTAINER_OF(ptr, type, member, var) \
    __extension__ ({ \
        const __typeof__(((type *)0)->member) *var = (ptr); \
        (type *)((char *)var - offsetof(type, member)); \
    })
#endif

#define sizeof_field(type, field) sizeof(((type *)0)->field)

#define QEMU_PACKED __attribute__((packed))
#define QEMU_ALIGNED(n) __attribute__((aligned(n)))
#define QEMU_ALWAYS_INLINE inline __attribute__((always_inline))

#if defined(__has_attribute)
#if __has_attribute(fallthrough)
#define QEMU_FALLTHROUGH __attribute__((fallthrough))
#endif
#ifdef QIO_HAS_UNINITIALIZED_MARK
#if __has_attribute(uninitialized)
/* Exempts one variable from -ftrivial-auto-var-init. */
#define QEMU_UNINITIALIZED __attribute__((uninitialized))
#endif
#endif
#endif
#ifndef QEMU_FALLTHROUGH
#define QEMU_FALLTHROUGH do {} while (0)
#endif
#ifdef QIO_HAS_UNINITIALIZED_MARK
#ifndef QEMU_UNINITIALIZED
#define QEMU_UNINITIALIZED
#endif
#endif

/**
 * QEMU_BUILD_BUG_MSG:
 * @x: a constant expression
 * @msg: string literal
 *
 * Fails the compilation with @msg if @x is true; in a function or at file scope.
 */
#ifdef __cplusplus
#define QEMU_BUILD_BUG_MSG(x, msg) static_assert(!(x), msg)
#else
#define QEMU_BUILD_BUG_MSG(x, msg) _Static_assert(!(x), msg)
#endif
#define QEMU_BUILD_BUG_ON(x) QEMU_BUILD_BUG_MSG(x, "not expected: " #x)

/**
 * QEMU_BUILD_BUG_ON_ZERO:
 * @x: a constant expression
 *
 * The same inside an expression, where it is 0 of type size_t.
 */
#ifdef __cplusplus
#define QEMU_BUILD_BUG_ON_ZERO(x) (sizeof(char[(x) ? -1 : 1]) - sizeof(char))
#else
#define QEMU_BUILD_BUG_ON_ZERO(x) \
    (sizeof(struct { int bug : (x) ? -1 : 1; }) - sizeof(int))
#endif

#ifdef QIO_HAS_COMPILER_HELPERS
/* The type of an expression without qualifiers: the right side of a comma is no lvalue. */
#define typeof_strip_qual(expr) __typeof__(((void)0, (expr)))
#endif

/*
 * Where a function may run. For the reader: nothing checks them.
 *
 * coroutine_fn: only in a coroutine; coroutine_mixed_fn: anywhere, and it yields in a coroutine;
 * no_coroutine_fn: never in a coroutine.
 */
#define coroutine_fn
#ifdef QIO_HAS_COROUTINE_CORE
#define coroutine_mixed_fn
#define no_coroutine_fn
#endif

#ifdef QIO_HAS_COMPILER_HELPERS
/* Thread-safety annotations, after the attributes that clang knows. Nothing checks them. */
#define TSA_CAPABILITY(x)
#define TSA_GUARDED_BY(x)
#define TSA_PT_GUARDED_BY(x)
#define TSA_REQUIRES(...)
#define TSA_REQUIRES_SHARED(...)
#define TSA_EXCLUDES(...)
#define TSA_ACQUIRE(...)
#define TSA_ACQUIRE_SHARED(...)
#define TSA_RELEASE(...)
#define TSA_RELEASE_SHARED(...)
#define TSA_ASSERT(...)
#define TSA_ASSERT_SHARED(...)
#define TSA_NO_TSA
#endif

#endif
