/*
 * Types by name only, so that headers need not include one another.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef QEMU_TYPEDEFS_H
#define QEMU_TYPEDEFS_H

typedef struct AioContext AioContext;
typedef struct BlockDriverState BlockDriverState;
typedef struct Chardev Chardev;
#ifndef QIO_HAS_COROUTINE_CORE
typedef struct CoMutex CoMutex;
#endif
typedef struct Error Error;
typedef struct EventNotifier EventNotifier;
#ifdef QIO_HAS_BH_GUARD
typedef struct MemReentrancyGuard MemReentrancyGuard;
#endif
typedef struct Monitor Monitor;
typedef struct Object Object;
typedef struct ObjectClass ObjectClass;
typedef struct QBool QBool;
typedef struct QDict QDict;
typedef struct QEMUBH QEMUBH;
#ifndef QIO_HAS_COROUTINE_CORE
typedef struct QemuLockable QemuLockable;
#endif
typedef struct QemuMutex QemuMutex;
typedef struct QemuOpts QemuOpts;
typedef struct QemuSpin QemuSpin;
typedef struct QEMUTimer QEMUTimer;
typedef struct QList QList;
typedef struct QNull QNull;
typedef struct QNum QNum;
typedef struct QObject QObject;
typedef struct QString QString;
typedef struct Visitor Visitor;

#endif
