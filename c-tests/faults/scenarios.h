/*
 * What is done while system calls fail.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SCENARIOS_H
#define SCENARIOS_H

#include <stdbool.h>
#include <stddef.h>

typedef struct Scenario {
    const char *name;
    /* Whether all succeeded. What failed has said so as its documentation says, and nothing is left behind. */
    bool (*run)(void);
} Scenario;

extern const Scenario scenarios[];
extern const size_t scenarios_count;

/* What all children share, made before the first of them. */
void scenarios_prepare(void);
void scenarios_end(void);

#endif
