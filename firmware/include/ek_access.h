/* SPDX-License-Identifier: Apache-2.0 */
/* Elements of tensors wider than a byte. A constant lies in the file, which need not be aligned, and some cores fault
 * on an unaligned word; where the core does not, these are single instructions. */
#ifndef EK_ACCESS_H
#define EK_ACCESS_H

#include <stdint.h>
#include <string.h>

static inline float ek_load_f32(const uint8_t *from) {
  float value;
  memcpy(&value, from, sizeof value);
  return value;
}

static inline void ek_store_f32(uint8_t *to, float value) { memcpy(to, &value, sizeof value); }

static inline int16_t ek_load_i16(const uint8_t *from) {
  int16_t value;
  memcpy(&value, from, sizeof value);
  return value;
}

static inline void ek_store_i16(uint8_t *to, int16_t value) { memcpy(to, &value, sizeof value); }

static inline void ek_store_i32(uint8_t *to, int32_t value) { memcpy(to, &value, sizeof value); }

#endif
