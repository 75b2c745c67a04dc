/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EK_RESIDENT_LOAD_H
#define EK_RESIDENT_LOAD_H

#include "ek_runtime.h"

/* Puts the model in flash where a load on the host left it. Fails if the arena is too small. */
EK_MUST_CHECK ek_status_t ek_resident_load(ek_runtime_t *runtime, uint8_t *arena, uint32_t arena_size);

#endif
