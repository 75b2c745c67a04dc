/* SPDX-License-Identifier: Apache-2.0 */
/* SignalFilterBankSquareRoot, uint64 to uint32: out = round(√in) >> shift, where the second input, an int32, is the shift
 * that SignalFftAutoScale found. */
#include "ek_signal.h"

static ek_status_t check(ek_call_t *call) {
  ek_tensor_t shift;
  EK_TRY(ek_signal_check(call, EK_UINT64, EK_UINT32));
  EK_TRY(ek_call_input(call, 1u, &shift));
  return shift.type == EK_INT32 && shift.num_elements == 1u
             ? EK_OK
             : ek_call_reject(call, "the second input is not one int32");
}

/* Bit by bit, rounded at the end; the largest result of 16 and of 32 bits is not rounded up. */
static uint32_t square_root(uint64_t x) {
  if (x == 0u) {
    return 0u;
  }
  const uint64_t most = x >> 32 == 0u ? UINT16_MAX : UINT32_MAX;
  uint64_t root = 0u;
  for (uint64_t bit = 1ull << ((63 - __builtin_clzll(x)) & ~1); bit != 0u; bit >>= 2) {
    const bool fits = x >= root + bit;
    x -= fits ? root + bit : 0u;
    root = (root >> 1) + (fits ? bit : 0u);
  }
  return (uint32_t)(x > root && root != most ? root + 1u : root);
}

static ek_status_t run(ek_call_t *call) {
  ek_tensor_t input;
  ek_tensor_t scale;
  ek_tensor_t output;
  EK_TRY(ek_call_input(call, 0u, &input));
  EK_TRY(ek_call_input(call, 1u, &scale));
  EK_TRY(ek_call_output(call, 0u, &output));
  const int32_t shift = ek_load_i32(scale.data);
  if (shift < 0 || shift > 31) {
    return ek_fail(&call->runtime->fault, EK_RUNTIME_FAILED, call->operator_.index, scale.index,
                   "a shift of less than 0 or more than 31 bits");
  }
  for (uint32_t i = 0; i < output.num_elements; ++i) {
    uint64_t energy;
    memcpy(&energy, input.data + sizeof energy * i, sizeof energy);
    ek_store_unsigned(&output, i, square_root(energy) >> shift);
  }
  return EK_OK;
}

const ek_kernel_t ek_signal_filter_bank_square_root_uint64 = {.name = "SignalFilterBankSquareRoot",
                                                              .builtin = EK_BUILTIN_CUSTOM,
                                                              .type = EK_UINT64,
                                                              .check = EK_AT_LOAD(check),
                                                              .run = run,
                                                              .overlap = EK_AT_LOAD(ek_overlap_elementwise)};
