/*
 * Watches in the target for channels' lifetimes: made, called, removed and let go of.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef FUZZ_LIFETIMES_WATCHES_H
#define FUZZ_LIFETIMES_WATCHES_H

#include "lifetimes.h"

enum { DEEPEST = 3, OPERATIONS = 96, MOST_REFERENCES = 3, MOST_BYTES = 600, MOST_UNDER_WAY = 4000 };

static Input *input;
static int depth, operations;
static Place *own; /* a context of the program's; the first place is the default one */

static void act(void);

/* GLib doesn't keep a context while it calls the program. */
static void place_ref(Place *place)
{
    place->held++;
    g_main_context_ref(place->context);
}

static void place_unref(Place *place)
{
    place->held--;
    g_main_context_unref(place->context);
}

/* Watches ------------------------------------------------------------------------- */

static void watch_notified(gpointer opaque)
{
    Watch *watch = opaque;

    g_assert_cmpint(watch->notified++, ==, 0);
    watch->destroyed = true;
    act();
}

static gboolean watch_called(QIOChannel *ioc, GIOCondition condition, gpointer opaque)
{
    Watch *watch = opaque;
    bool stays = watch->script & 1;

    g_assert_true(ioc == watch->end->ioc);
    g_assert_false(watch->destroyed);
    g_assert_cmpint(watch->end->released, ==, 0);
    g_assert_cmpint(watch->in_call, ==, 0);
    g_assert_cmpint(condition, !=, 0);
    g_assert_cmpint(condition & ~watch->condition, ==, 0);
    g_assert_cmpint(watch->place->held, >, 0);
    g_assert_true(g_source_get_context(g_main_current_source()) == watch->place->context);
    watch->in_call++;
    if (watch->script & 2) {
        watch->destroyed = true;
        g_source_destroy(g_main_current_source());
        g_assert_cmpint(watch->notified, ==, 0);
    }
    act();
    if (watch->script & 4) {
        act();
    }
    watch->in_call--;
    watch->destroyed |= !stays;
    return stays;
}

static void watch_new(End *end)
{
    static const GIOCondition conditions[] = { G_IO_IN, G_IO_OUT, G_IO_IN | G_IO_OUT, G_IO_HUP, G_IO_ERR,
        G_IO_IN | G_IO_HUP, 0 };
    Watch *watch = &watches[watch_count];
    GIOCondition condition = take_of(input, conditions);
    uint8_t options = take_byte(input);
    Place *place = options & 1 && own ? own : &places[0];

    if (watch_count >= WATCHES || (end->link->kind == NULLS && condition == 0)) {
        return;
    }
    watch_count++;
    *watch = (Watch) { .end = end, .condition = condition, .place = place, .script = options >> 4 };
    if (options & 2) {
        watch->source = qio_channel_create_watch(end->ioc, condition);
        g_source_set_callback(watch->source, (GSourceFunc)(void (*)(void))watch_called, watch, watch_notified);
        if (options & 4) {
            g_source_attach(watch->source, place->context);
        } else {
            watch->place = NULL;
        }
    } else if (options & 4) {
        watch->source = qio_channel_add_watch_source(end->ioc, condition, watch_called, watch, watch_notified,
                                                     place->context);
    } else {
        qio_channel_add_watch_full(end->ioc, condition, watch_called, watch, watch_notified, place->context);
    }
}

static void watch_ends(Watch *watch)
{
    GSource *source = watch->source;

    if (watch->place && !watch->place->held) {
        return; /* it goes with its context */
    }
    if (!watch->destroyed && !source && watch->place) {
        source = g_main_context_find_source_by_user_data(watch->place->context, watch);
        g_assert_nonnull(source);
    }
    if (source && !watch->destroyed) {
        bool is_held = watch->place != NULL;

        if (is_held) {
            place_ref(watch->place);
        }
        watch->destroyed = true;
        g_source_destroy(source);
        g_assert_true(watch->notified == 1 || watch->in_call || !watch->place);
        if (is_held) {
            place_unref(watch->place);
        }
    }
}

static void watch_unref(Watch *watch)
{
    GSource *source = watch->source;

    if (source) {
        watch->source = NULL;
        if (!watch->place) {
            watch->destroyed = true;
        }
        g_source_unref(source);
    }
}

static Watch *any_watch(void)
{
    int first = take_byte(input);

    for (int i = 0; i < watch_count; i++) {
        Watch *watch = &watches[(first + i) % watch_count];

        if (watch->source || !watch->destroyed) {
            return watch;
        }
    }
    return NULL;
}

#endif
