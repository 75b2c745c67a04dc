/* SPDX-License-Identifier: Apache-2.0 */
/* RESIZE_NEAREST_NEIGHBOR, any type; operands as in ek_resize.h. Each output pixel is the input pixel that its position
 * falls into, or, with aligned corners, the one that it is nearest to.
 * TFLite computes positions in float32. The roundings decide which pixel is taken, so they are made here as well, on
 * integers, because integer models must not need floats.
 */
#include "ek_resize.h"

enum { OPTION_ALIGN_CORNERS = 0 };

/* A positive float32: mantissa · 2^-shift with 2^23 ≤ mantissa < 2^24. */
typedef struct {
  uint32_t mantissa;
  int32_t shift;
} ratio_t;

static ek_status_t check(ek_call_t *call) {
  ek_resize_t resize;
  return ek_resize_decode(call, &resize, OPTION_ALIGN_CORNERS);
}

/* `value` without its `drop` lowest bits, rounded to nearest, half to even. */
static uint64_t round_off(uint64_t value, int32_t drop) {
  const uint64_t kept = value >> drop;
  const uint64_t rest = value & ((1ull << drop) - 1u);
  const uint64_t half = 1ull << (drop - 1);
  return kept + (rest > half || (rest == half && (kept & 1u) != 0u) ? 1u : 0u);
}

static int32_t bit_length(uint64_t value) {
  return value == 0u ? 0 : 64 - __builtin_clzll(value);
}

/* The float32 quotient of 0 < a, b ≤ 65536. Its 25th bit and the remainder below decide on the rounding. */
static ratio_t ratio_of(int32_t a, int32_t b) {
  const uint64_t dividend = (uint64_t)(uint32_t)a << 44;
  const uint64_t quotient = dividend / (uint32_t)b; /* 28 to 61 bits */
  const bool is_inexact = quotient * (uint32_t)b != dividend;
  const int32_t drop = bit_length(quotient) + 1 - 24;
  ratio_t ratio;
  ratio.mantissa = (uint32_t)round_off(quotient << 1 | (is_inexact ? 1u : 0u), drop);
  ratio.shift = 45 - drop; /* 2^24 after rounding up serves as well: it is a float32 too */
  return ratio;
}

/* position · ratio or (position + ½) · ratio as a float32, then down to an integer, or to the nearest one. */
static int32_t nearest(const ek_resize_t *resize, int32_t position, int32_t in, int32_t out) {
  const bool is_aligned = resize->align_corners && out > 1;
  if (is_aligned && in == 1) {
    return 0;
  }
  const ratio_t ratio = is_aligned ? ratio_of(in - 1, out - 1) : ratio_of(in, out);
  const uint32_t doubled = 2u * (uint32_t)position + (resize->half_pixel_centers ? 1u : 0u);
  uint64_t product = (uint64_t)ratio.mantissa * doubled; /* in 2^-(shift + 1), at most 42 bits */
  const int32_t drop = bit_length(product) - 24;
  if (drop > 0) {
    product = round_off(product, drop) << drop;
  }
  const int32_t shift = ratio.shift + 1;
  const uint64_t half = resize->align_corners ? 1ull << (shift - 1) : 0u;
  const int32_t index = (int32_t)((product + half) >> shift);
  return index < in - 1 ? index : in - 1;
}

static ek_status_t run(ek_call_t *call) {
  ek_resize_t resize;
  EK_TRY(ek_resize_decode(call, &resize, OPTION_ALIGN_CORNERS));
  const uint32_t pixel_bytes = (uint32_t)resize.channels * ek_type_bytes(resize.input.type);
  uint8_t *out = resize.output.data;
  for (int32_t batch = 0; batch < resize.batches; ++batch) {
    for (int32_t y = 0; y < resize.out_h; ++y) {
      const int32_t row = batch * resize.in_h + nearest(&resize, y, resize.in_h, resize.out_h);
      for (int32_t x = 0; x < resize.out_w; ++x) {
        const int32_t pixel = row * resize.in_w + nearest(&resize, x, resize.in_w, resize.out_w);
        memcpy(out, resize.input.data + (uint32_t)pixel * pixel_bytes, pixel_bytes);
        out += pixel_bytes;
      }
    }
  }
  return EK_OK;
}

const ek_kernel_t ek_resize_nearest_neighbor_any = {
    .name = "RESIZE_NEAREST_NEIGHBOR", .builtin = 97, .type = EK_ANY_TYPE, .check = EK_AT_LOAD(check), .run = run};
