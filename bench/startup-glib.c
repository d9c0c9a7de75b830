/*
 * A program that needs GLib and does nothing: what bench-startup compares with.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <glib.h>

int main(void)
{
    return g_main_context_default() == NULL;
}
