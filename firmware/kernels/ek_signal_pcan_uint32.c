/* SPDX-License-Identifier: Apache-2.0 */
/* SignalPCAN, uint32: automatic gain. out = shrink((in · gain(noise)) >> shift), where the gain is a piecewise polynomial
 * given by 125 int16, three for each power of two, and shrink(x) is x² / 4 below 2 and x − 1 above, from 12 fractional
 * bits to 6. Inputs: signal, noise, the table. */
#include "ek_signal.h"

enum { OPTION_SHIFT = 0 };
#define TABLE_LENGTH 125u

static ek_status_t check(ek_call_t *call) {
  ek_tensor_t input;
  ek_tensor_t noise;
  ek_tensor_t table;
  int32_t shift;
  EK_TRY(ek_signal_check(call, EK_UINT32, EK_UINT32));
  EK_TRY(ek_call_input(call, 0u, &input));
  EK_TRY(ek_call_input(call, 1u, &noise));
  EK_TRY(ek_call_input(call, 2u, &table));
  if (noise.type != EK_UINT32 || noise.num_elements != input.num_elements || table.type != EK_INT16 ||
      table.num_elements < TABLE_LENGTH) {
    return ek_call_reject(call, "the noise is not that of the signal, or the table of gains is too short");
  }
  return ek_signal_option(call, OPTION_SHIFT, 0, 63, &shift);
}

static uint32_t gain_of(const ek_tensor_t *table, uint32_t x) {
  if (x <= 2u) {
    return (uint32_t)ek_load_short(table, x);
  }
  const int32_t interval = ek_highest_bit(x);
  const uint32_t at = (uint32_t)(4 * interval - 6);
  const int32_t fraction = (int32_t)((interval < 11 ? x << (11 - interval) : x >> (interval - 11)) & 0x3FFu);
  const int32_t slope = (ek_load_short(table, at + 2u) * fraction >> 5) + ek_load_short(table, at + 1u) * (1 << 5);
  const int32_t product = (int32_t)((uint32_t)slope * (uint32_t)fraction + (1u << 14));
  return (uint32_t)(int16_t)(uint16_t)(uint32_t)((product >> 15) + ek_load_short(table, at));
}

static uint32_t shrink(uint32_t x) { return x < 2u << 12 ? x * x >> 20 : (x >> 6) - (1u << 6); }

static ek_status_t run(ek_call_t *call) {
  ek_tensor_t input;
  ek_tensor_t noise;
  ek_tensor_t table;
  ek_tensor_t output;
  int32_t shift;
  EK_TRY(ek_call_input(call, 0u, &input));
  EK_TRY(ek_call_input(call, 1u, &noise));
  EK_TRY(ek_call_input(call, 2u, &table));
  EK_TRY(ek_call_output(call, 0u, &output));
  EK_TRY(ek_signal_option(call, OPTION_SHIFT, 0, 63, &shift));
  for (uint32_t i = 0; i < output.num_elements; ++i) {
    const uint32_t gain = gain_of(&table, ek_load_unsigned(&noise, i));
    const uint64_t product = (uint64_t)ek_load_unsigned(&input, i) * gain;
    ek_store_unsigned(&output, i, shrink((uint32_t)(product >> shift)));
  }
  return EK_OK;
}

const ek_kernel_t ek_signal_pcan_uint32 = {.name = "SignalPCAN",
                                           .builtin = EK_BUILTIN_CUSTOM,
                                           .type = EK_UINT32,
                                           .check = EK_AT_LOAD(check),
                                           .run = run,
                                           .overlap = EK_AT_LOAD(ek_overlap_elementwise)};
