/* SPDX-License-Identifier: Apache-2.0 */
/* SignalFilterBankLog, uint32 to int16: out = min(32767, round(ln(in · 2^correction) · scale)), 0 for numbers below 2. The
 * logarithm to base 2 is that of the highest bit plus its fraction, from a table with straight lines in between. */
#include "ek_signal.h"

enum { OPTION_CORRECTION = 0, OPTION_SCALE = 1 };

#define LN_2 45426u /* · 2^16 */

/* (log2(1 + i / 128) − i / 128) · 2^16 */
static const uint16_t bends[129] = {
    0, 224, 442, 654, 861, 1063, 1259, 1450, 1636, 1817, 1992, 2163, 2329, 2490, 2646, 2797,
    2944, 3087, 3224, 3358, 3487, 3611, 3732, 3848, 3960, 4068, 4172, 4272, 4368, 4460, 4549, 4633,
    4714, 4791, 4864, 4934, 5001, 5063, 5123, 5178, 5231, 5280, 5326, 5368, 5408, 5444, 5477, 5507,
    5533, 5557, 5578, 5595, 5610, 5622, 5631, 5637, 5640, 5641, 5638, 5633, 5626, 5615, 5602, 5586,
    5568, 5547, 5524, 5498, 5470, 5439, 5406, 5370, 5332, 5291, 5249, 5203, 5156, 5106, 5054, 5000,
    4944, 4885, 4825, 4762, 4697, 4630, 4561, 4490, 4416, 4341, 4264, 4184, 4103, 4020, 3935, 3848,
    3759, 3668, 3575, 3481, 3384, 3286, 3186, 3084, 2981, 2875, 2768, 2659, 2549, 2437, 2323, 2207,
    2090, 1971, 1851, 1729, 1605, 1480, 1353, 1224, 1094, 963, 830, 695, 559, 421, 282, 142,
    0};

static ek_status_t options(ek_call_t *call, int32_t *correction, int32_t *scale) {
  EK_TRY(ek_signal_option(call, OPTION_CORRECTION, 0, 31, correction));
  return ek_signal_option(call, OPTION_SCALE, 0, INT32_MAX, scale);
}

static ek_status_t check(ek_call_t *call) {
  int32_t correction;
  int32_t scale;
  EK_TRY(ek_signal_check(call, EK_UINT32, EK_INT16));
  return options(call, &correction, &scale);
}

/* log2(x) · 2^16 */
static uint32_t log_2(uint32_t x) {
  const int32_t whole = ek_highest_bit(x) - 1;
  const uint32_t rest = x - (1u << whole);
  const uint32_t fraction = whole < 16 ? rest << (16 - whole) : rest >> (whole - 16);
  const uint32_t segment = fraction >> 9;
  const int32_t bend = bends[segment];
  const int32_t rise = (bends[segment + 1u] - bend) * (int32_t)(fraction & 511u);
  return ((uint32_t)whole << 16) + fraction + (uint32_t)(bend + (rise >> 16));
}

static ek_status_t run(ek_call_t *call) {
  ek_tensor_t input;
  ek_tensor_t output;
  int32_t correction;
  int32_t scale;
  EK_TRY(ek_call_input(call, 0u, &input));
  EK_TRY(ek_call_output(call, 0u, &output));
  EK_TRY(options(call, &correction, &scale));
  for (uint32_t i = 0; i < output.num_elements; ++i) {
    const uint32_t scaled = ek_load_unsigned(&input, i) << correction;
    uint32_t result = 0u;
    if (scaled > 1u) {
      const uint32_t natural = (uint32_t)(((uint64_t)LN_2 * log_2(scaled) + 0x8000u) >> 16);
      result = ((uint32_t)scale * natural + 0x8000u) >> 16; /* may wrap, as in the reference */
    }
    ek_store_short(&output, i, result < INT16_MAX ? (int16_t)result : INT16_MAX);
  }
  return EK_OK;
}

const ek_kernel_t ek_signal_filter_bank_log_uint32 = {.name = "SignalFilterBankLog",
                                                      .builtin = EK_BUILTIN_CUSTOM,
                                                      .type = EK_UINT32,
                                                      .check = EK_AT_LOAD(check),
                                                      .run = run,
                                                      .overlap = EK_AT_LOAD(ek_overlap_elementwise)};
