/*
 * System calls that the library makes, made to fail: the k-th call of one kind, once or from there on.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef INJECTION_H
#define INJECTION_H

#include "qemu/osdep.h"

#define FAULT_ERRORS 12

/* A kind of call, and what it is documented to fail with: errno, or what it returns (EAI_*, pthread_create). */
typedef struct FaultKind {
    const char *name;
    int errors[FAULT_ERRORS];
} FaultKind;

extern const FaultKind fault_kinds[];
extern const size_t fault_kinds_count;

/* From now on, the calls of these kinds (a set of 1 << index) fail with @error: the @first, counted from 1, and
 * @times in all. */
void fault_arm(uint64_t kinds, int error, unsigned int first, unsigned int times);

/* No further call fails. */
void fault_disarm(void);

bool fault_is_armed(void);

/* How many have failed since fault_arm(). */
unsigned int fault_hits(void);

/* Whether calls of that name have. */
bool fault_has_struck(const char *name);

/* How many calls of a kind the library has made since fault_arm(); of all kinds. */
unsigned int fault_calls(size_t kind);
unsigned int fault_all_calls(void);

/* How many blocks of memory are allocated. */
long live_blocks(void);

#endif
