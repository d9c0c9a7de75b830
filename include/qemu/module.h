/*
 * Module initialisers: functions that constructors record before main() and
 * that the program runs, kind by kind, when it is ready for them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifndef QEMU_MODULE_H
#define QEMU_MODULE_H

#ifndef QEMU_OSDEP_H
#error "include qemu/osdep.h before any other header"
#include "qemu/osdep.h" /* so that the compiler says only this */
#endif

G_BEGIN_DECLS

/*
 * What an initialiser is for. libqio itself uses MODULE_INIT_QOM only.
 */
typedef enum {
    MODULE_INIT_MIGRATION,
    MODULE_INIT_BLOCK,
    MODULE_INIT_OPTS,
#ifdef QIO_HAS_MODULE_INIT_TARGET_INFO
    MODULE_INIT_TARGET_INFO,
#endif
    MODULE_INIT_QOM,
    MODULE_INIT_TRACE,
    MODULE_INIT_XEN_BACKEND,
    MODULE_INIT_LIBQOS,
    MODULE_INIT_FUZZ_TARGET,
    MODULE_INIT_MAX,
} module_init_type;

/**
 * register_module_init:
 * @fn: (not nullable): the initialiser
 * @type: its kind
 *
 * Records @fn for module_call_init(). Constructors may call it in any order;
 * module_init() makes one that does. What is recorded after
 * module_call_init(@type) has begun never runs: code that is loaded with
 * dlopen() later has to call its initialiser itself.
 *
 * Threads: any; Blocks: no.
 */
void register_module_init(void (*fn)(void), module_init_type type);

/**
 * module_call_init:
 * @type: a kind
 *
 * Runs the functions recorded for @type, in the order in which they were
 * recorded. Only the first call does; later ones return at once.
 *
 * For MODULE_INIT_QOM the first use of a type runs what has been recorded if
 * the program hasn't yet; the call then runs what was recorded since, which
 * may be nothing. A program that may be linked to another implementation
 * makes the call, before any type is used.
 *
 * The functions may register types. A module_call_init() of the same kind by
 * one of them does nothing.
 *
 * Threads: any; Blocks: while another thread runs the functions of @type.
 */
void module_call_init(module_init_type type);

/*
 * module_init(function, type): at file scope, records function before main().
 */
#define module_init(function, type)                                           \
    static void __attribute__((constructor)) module_init_##function(void)     \
    {                                                                         \
        register_module_init(function, type);                                 \
    }

#define block_init(function) module_init(function, MODULE_INIT_BLOCK)
#define opts_init(function) module_init(function, MODULE_INIT_OPTS)
#define trace_init(function) module_init(function, MODULE_INIT_TRACE)
#define type_init(function) module_init(function, MODULE_INIT_QOM)

/*
 * Notes for a build system that makes loadable modules; there are none here.
 */
#define module_obj(name)
#define module_dep(name)
#define module_arch(name)
#define module_opts(name)
#define module_kconfig(name)

G_END_DECLS

#endif
