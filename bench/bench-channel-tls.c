/*
 * TLS channels over sockets against the loop over the calls of a session that they stand for, both
 * with the same sessions.
 *
 * usage: bench-channel-tls [instructions | by-hand]
 *
 * With an argument nothing is measured: 64 bytes go to and fro 10,000 times, for
 *     valgrind --tool=callgrind --toggle-collect=end_write --toggle-collect=end_read \
 *         bench-channel-tls instructions
 * through channels, or else through sessions.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "transfers.h"
#include "../c-tests/strace/tls-ends.h"

enum { COUNTED = 10000 };

/* Through a channel or a session, as the end has it. */
static G_GNUC_NO_INLINE void end_write(void *end, char *bytes, size_t size)
{
    put(end, bytes, size);
}

static G_GNUC_NO_INLINE void end_read(void *end, char *bytes, size_t size)
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
        const Way *way = strcmp(argv[1], "by-hand") == 0 ? &by_hand : &library;

        run_in_turn(&(Run) { way->from, way->to, 64, COUNTED, end_write, end_read });
    } else {
        compare_all("TLS channels", &library, &by_hand, 64 << 20);
    }
    disconnect_ends(channels);
    disconnect_ends(sessions);
    creds_finish();
    return 0;
}
