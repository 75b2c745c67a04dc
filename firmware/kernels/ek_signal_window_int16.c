/* SPDX-License-Identifier: Apache-2.0 */
/* SignalWindow, int16: out = clamp((in · weight) >> shift), where the weights of one frame repeat for each frame. */
#include "ek_fixed_point.h"
#include "ek_signal.h"

enum { OPTION_SHIFT = 0 };

static ek_status_t check(ek_call_t *call) {
  ek_tensor_t input;
  ek_tensor_t weights;
  int32_t shift;
  EK_TRY(ek_signal_check(call, EK_INT16, EK_INT16));
  EK_TRY(ek_call_input(call, 0u, &input));
  EK_TRY(ek_call_input(call, 1u, &weights));
  if (weights.type != EK_INT16 || weights.rank != 1u || input.rank == 0u ||
      weights.dims[0] != input.dims[input.rank - 1u]) {
    return ek_call_reject(call, "the weights are not int16 of the length of a frame");
  }
  return ek_signal_option(call, OPTION_SHIFT, 0, 31, &shift);
}

static ek_status_t run(ek_call_t *call) {
  ek_tensor_t input;
  ek_tensor_t weights;
  ek_tensor_t output;
  int32_t shift;
  EK_TRY(ek_call_input(call, 0u, &input));
  EK_TRY(ek_call_input(call, 1u, &weights));
  EK_TRY(ek_call_output(call, 0u, &output));
  EK_TRY(ek_signal_option(call, OPTION_SHIFT, 0, 31, &shift));
  for (uint32_t i = 0; i < output.num_elements; ++i) {
    const int32_t product = ek_load_short(&input, i) * ek_load_short(&weights, i % weights.num_elements);
    ek_store_short(&output, i, (int16_t)ek_clamp(product >> shift, INT16_MIN, INT16_MAX));
  }
  return EK_OK;
}

const ek_kernel_t ek_signal_window_int16 = {.name = "SignalWindow",
                                            .builtin = EK_BUILTIN_CUSTOM,
                                            .type = EK_INT16,
                                            .check = EK_AT_LOAD(check),
                                            .run = run,
                                            .overlap = EK_AT_LOAD(ek_overlap_elementwise)};
