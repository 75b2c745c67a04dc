/* SPDX-License-Identifier: Apache-2.0 */
/* SignalFftAutoScale, int16: out = in · 2^n with the largest n that keeps all of them in range; n is the second output,
 * an int32. */
#include "ek_signal.h"

static ek_status_t check(ek_call_t *call) {
  ek_tensor_t scale;
  EK_TRY(ek_signal_check(call, EK_INT16, EK_INT16));
  EK_TRY(ek_call_output(call, 1u, &scale));
  return scale.type == EK_INT32 && scale.num_elements == 1u
             ? EK_OK
             : ek_call_reject(call, "the second output is not one int32");
}

/* As the reference has it, the magnitude of −32768 is −32768, after which smaller ones count again. */
static int16_t largest(const ek_tensor_t *input) {
  int16_t most = 0;
  for (uint32_t i = 0; i < input->num_elements; ++i) {
    const int16_t value = ek_load_short(input, i);
    if (value > most) {
      most = value;
    } else if (-value > most) {
      most = value == INT16_MIN ? INT16_MIN : (int16_t)-value;
    }
  }
  return most;
}

static ek_status_t run(ek_call_t *call) {
  ek_tensor_t input;
  ek_tensor_t output;
  ek_tensor_t scale;
  EK_TRY(ek_call_input(call, 0u, &input));
  EK_TRY(ek_call_output(call, 0u, &output));
  EK_TRY(ek_call_output(call, 1u, &scale));
  const int32_t free_bits = 15 - ek_highest_bit((uint32_t)largest(&input));
  const int32_t shift = free_bits > 0 ? free_bits : 0;
  for (uint32_t i = 0; i < output.num_elements; ++i) {
    ek_store_short(&output, i, (int16_t)(uint16_t)((uint32_t)ek_load_short(&input, i) << shift));
  }
  ek_store_i32(scale.data, shift);
  return EK_OK;
}

const ek_kernel_t ek_signal_fft_auto_scale_int16 = {.name = "SignalFftAutoScale",
                                                    .builtin = EK_BUILTIN_CUSTOM,
                                                    .type = EK_INT16,
                                                    .outputs = EK_TWO_OUTPUTS,
                                                    .check = EK_AT_LOAD(check),
                                                    .run = run};
