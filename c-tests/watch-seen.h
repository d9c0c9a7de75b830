/*
 * A callback of watches that notes what it saw.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef WATCH_SEEN_H
#define WATCH_SEEN_H

#include "io/channel.h"

/* What a watch's callback saw. */
typedef struct Seen {
    QIOChannel *ioc;
    int calls;
    GIOCondition condition;
    int ended;
    bool stay;
} Seen;

static inline gboolean sees(QIOChannel *ioc, GIOCondition condition, gpointer data)
{
    Seen *seen = data;

    g_assert_true(ioc == seen->ioc);
    seen->calls++;
    seen->condition = condition;
    return seen->stay;
}

static inline void ends(gpointer data)
{
    Seen *seen = data;

    seen->ended++;
}

#endif
