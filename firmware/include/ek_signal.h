/* SPDX-License-Identifier: Apache-2.0 */
/* What TFLite Micro's signal operators share, which turn sound into the features that a network sees. All are custom
 * operators on integers. Source: tflite-micro, signal/src/. */
#ifndef EK_SIGNAL_H
#define EK_SIGNAL_H

#include "ek_access.h"
#include "ek_kernel.h"

/* Number of bits up to the highest one that is set. For 0 it is 32, as in the reference. */
static inline int32_t ek_highest_bit(uint32_t x) { return x == 0u ? 32 : 32 - __builtin_clz(x); }

/* Input 0 and output 0 of these types and of one size. */
EK_MUST_CHECK ek_status_t ek_signal_check(ek_call_t *call, ek_type_t in, ek_type_t out);

/* Option `index`, which must lie within bounds. */
EK_MUST_CHECK ek_status_t ek_signal_option(ek_call_t *call, uint32_t index, int32_t low, int32_t high, int32_t *value);

static inline uint32_t ek_load_unsigned(const ek_tensor_t *tensor, uint32_t index) {
  return ek_load_u32(tensor->data + sizeof(uint32_t) * index);
}

static inline void ek_store_unsigned(const ek_tensor_t *tensor, uint32_t index, uint32_t value) {
  memcpy(tensor->data + sizeof value * index, &value, sizeof value);
}

static inline int16_t ek_load_short(const ek_tensor_t *tensor, uint32_t index) {
  return ek_load_i16(tensor->data + sizeof(int16_t) * index);
}

static inline void ek_store_short(const ek_tensor_t *tensor, uint32_t index, int16_t value) {
  ek_store_i16(tensor->data + sizeof value * index, value);
}

#endif
