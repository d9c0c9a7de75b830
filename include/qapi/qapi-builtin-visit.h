/*
 * Visits of plain values: none so far, only what such code includes
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef QAPI_BUILTIN_VISIT_H
#define QAPI_BUILTIN_VISIT_H

#include "qapi/visitor.h"
#include "qapi/qapi-builtin-types.h"

#endif
