/* SPDX-License-Identifier: Apache-2.0 */
/* What REDUCE_MAX and REDUCE_MIN do with elements of one type. */
#ifndef EK_EXTREME_H
#define EK_EXTREME_H

#include "ek_reduce.h"

/* Defines `run` of a kernel. The file has `static bool is_better(element_t value, element_t best)`; `worst` is what every
 * fold begins with. Elements may lie unaligned. */
#define EK_EXTREME(element_t, worst)                                                        \
  typedef struct {                                                                          \
    element_t best;                                                                         \
    element_t *out;                                                                         \
  } extreme_t;                                                                              \
                                                                                            \
  static void fold(void *context, const uint8_t *in, uint32_t count, uint32_t step) {       \
    extreme_t *const extreme = context;                                                     \
    for (uint32_t i = 0; i < count; ++i) {                                                  \
      element_t value;                                                                      \
      memcpy(&value, in, sizeof value);                                                     \
      if (is_better(value, extreme->best)) {                                                \
        extreme->best = value;                                                              \
      }                                                                                     \
      in += step;                                                                           \
    }                                                                                       \
  }                                                                                         \
                                                                                            \
  static void store(void *context, uint32_t index) {                                        \
    extreme_t *const extreme = context;                                                     \
    extreme->out[index] = extreme->best;                                                    \
    extreme->best = (worst);                                                                \
  }                                                                                         \
                                                                                            \
  static ek_status_t run(ek_call_t *call) {                                                 \
    ek_reduce_t reduce;                                                                     \
    EK_TRY(ek_reduce_decode(call, &reduce));                                                \
    extreme_t extreme = {(worst), (element_t *)(void *)reduce.output.data};                 \
    ek_reduce_run(&reduce, fold, store, &extreme);                                          \
    return EK_OK;                                                                           \
  }

#endif
