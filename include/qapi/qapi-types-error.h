/*
 * The error classes of the QAPI schema
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef QAPI_TYPES_ERROR_H
#define QAPI_TYPES_ERROR_H

#ifndef QEMU_OSDEP_H
#error "include qemu/osdep.h before any other header"
#include "qemu/osdep.h" /* so that the compiler says only this */
#endif

#include "qapi/qapi-builtin-types.h"

/**
 * QapiErrorClass:
 * @QAPI_ERROR_CLASS_GENERICERROR: what nearly every error is
 * @QAPI_ERROR_CLASS_COMMANDNOTFOUND: an unknown command
 * @QAPI_ERROR_CLASS_DEVICENOTACTIVE: a device that isn't in use
 * @QAPI_ERROR_CLASS_DEVICENOTFOUND: an unknown device
 * @QAPI_ERROR_CLASS_KVMMISSINGCAP: a capability that KVM lacks
 *
 * The classes by their schema names; the values are those of ErrorClass in
 * qapi/error.h.
 */
typedef enum QapiErrorClass {
    QAPI_ERROR_CLASS_GENERICERROR = 0,
    QAPI_ERROR_CLASS_COMMANDNOTFOUND = 1,
    QAPI_ERROR_CLASS_DEVICENOTACTIVE = 2,
    QAPI_ERROR_CLASS_DEVICENOTFOUND = 3,
    QAPI_ERROR_CLASS_KVMMISSINGCAP = 4,
    QAPI_ERROR_CLASS__MAX = 5,
} QapiErrorClass;

#endif
