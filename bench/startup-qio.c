/*
 * The same with libqio: its types are made known and one is used.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "io/net-listener.h"

int main(void)
{
    module_call_init(MODULE_INIT_QOM);
    object_unref(OBJECT(qio_net_listener_new()));
    return g_main_context_default() == NULL;
}
