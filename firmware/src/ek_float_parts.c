/* SPDX-License-Identifier: Apache-2.0 */
#include "ek_float_parts.h"

ek_parts_t ek_float_split(uint32_t bits) {
  const uint32_t biased = (bits >> 23) & 0xFFu;
  const uint32_t fraction = bits & 0x7FFFFFu;
  if (biased == 0u) {
    return ek_normalise(fraction, -149);
  }
  const ek_parts_t parts = {(fraction | 0x800000u) << 8, (int32_t)biased - 158};
  return parts;
}

float ek_float_join(uint32_t sign, ek_parts_t parts) {
  /* The exponent field that the number would have; at 0 and below, subnormals keep ever fewer bits. */
  const int32_t biased = parts.exponent + 158;
  if (biased >= 255) {
    return ek_bits_float(sign | EK_FLOAT_INFINITY);
  }
  const int32_t drop = biased > 0 ? 8 : 9 - biased;
  if (drop > 32) {
    return ek_bits_float(sign);
  }
  const uint64_t wide = parts.mantissa;
  const uint32_t kept = (uint32_t)(wide >> drop);
  const uint64_t rest = wide - ((uint64_t)kept << drop);
  const uint64_t half = 1ull << (drop - 1);
  const uint32_t up = (rest > half || (rest == half && (kept & 1u) != 0u)) ? 1u : 0u;
  /* The leading bit of a normal number adds one to the field; a carry out of the fraction adds another. */
  const uint32_t field = biased > 0 ? (uint32_t)(biased - 1) << 23 : 0u;
  return ek_bits_float(sign | (field + kept + up));
}
