/* SPDX-License-Identifier: Apache-2.0 */
/* SignalEnergy, int16: out[i] = re² + im² of complex number i of the input, for the numbers from one option to another,
 * and 0 for the rest, which the reference does not write. */
#include "ek_signal.h"

enum { OPTION_END = 0, OPTION_START = 1 };

static ek_status_t range(ek_call_t *call, const ek_tensor_t *output, uint32_t *start, uint32_t *end) {
  int32_t first;
  int32_t last;
  EK_TRY(ek_signal_option(call, OPTION_END, 0, (int32_t)output->num_elements, &last));
  EK_TRY(ek_signal_option(call, OPTION_START, 0, last, &first));
  *start = (uint32_t)first;
  *end = (uint32_t)last;
  return EK_OK;
}

static ek_status_t check(ek_call_t *call) {
  ek_tensor_t input;
  ek_tensor_t output;
  uint32_t start;
  uint32_t end;
  EK_TRY(ek_call_input(call, 0u, &input));
  EK_TRY(ek_call_output(call, 0u, &output));
  if (input.type != EK_INT16 || output.type != EK_UINT32 || input.num_elements != 2u * output.num_elements) {
    return ek_call_reject(call, "the operands are not complex int16 and as many uint32");
  }
  return range(call, &output, &start, &end);
}

static ek_status_t run(ek_call_t *call) {
  ek_tensor_t input;
  ek_tensor_t output;
  uint32_t start;
  uint32_t end;
  EK_TRY(ek_call_input(call, 0u, &input));
  EK_TRY(ek_call_output(call, 0u, &output));
  EK_TRY(range(call, &output, &start, &end));
  for (uint32_t i = 0; i < output.num_elements; ++i) {
    const int32_t re = ek_load_short(&input, 2u * i);
    const int32_t im = ek_load_short(&input, 2u * i + 1u);
    ek_store_unsigned(&output, i, i >= start && i < end ? (uint32_t)(re * re) + (uint32_t)(im * im) : 0u);
  }
  return EK_OK;
}

const ek_kernel_t ek_signal_energy_int16 = {.name = "SignalEnergy",
                                            .builtin = EK_BUILTIN_CUSTOM,
                                            .type = EK_INT16,
                                            .check = EK_AT_LOAD(check),
                                            .run = run,
                                            .overlap = EK_AT_LOAD(ek_overlap_elementwise)};
