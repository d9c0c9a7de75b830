/*
 * TLS channels over sockets against the loop over the calls of a session that they stand for, both
 * with the same sessions.
 *
 * usage: bench-channel-tls [instructions]
 *
 * With an argument nothing is measured, as in bench-channel.c.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "transfers.h"
#include "../c-tests/strace/tls-ends.h"

enum { COUNTED = 10000 };

/* Through a channel or a session, as the end has it. */
static void end_write(void *end, char *bytes, size_t size)
{
    put(end, bytes, size);
}

static void end_read(void *end, char *bytes, size_t size)
{
    get(end, bytes, size);
}

int main(int argc, char **argv)
{
    Secure channels[2], sessions[2];
    Way library = { &channels[0], &channels[1], end_write, end_read };
    Way by_hand = { &sessions[0], &sessions[1], end_write, end_read };

    module_call_init(MODULE_INIT_QOM);
    creds_begin();
    connect_ends(channels, true, true);
    connect_ends(sessions, false, true);
    if (argc > 1) {
        run_in_turn(&(Run) { library.from, library.to, 64, COUNTED, end_write, end_read });
    } else {
        compare_all("TLS channels", &library, &by_hand, 64 << 20);
    }
    disconnect_ends(channels);
    disconnect_ends(sessions);
    creds_finish();
    return 0;
}
