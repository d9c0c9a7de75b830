/*
 * The symbol that objects compiled for this profile refer to.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"

const char QIO_ABI_SYMBOL = 0;
