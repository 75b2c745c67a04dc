/* SPDX-License-Identifier: Apache-2.0 */
#include "ek_dense.h"

enum { OPTION_ACTIVATION = 0, OPTION_WEIGHTS_FORMAT = 1, NUM_OPTIONS };

ek_status_t ek_dense_decode(ek_call_t *call, ek_dense_t *dense) {
  uint8_t options[NUM_OPTIONS];
  EK_TRY(ek_call_input(call, 0u, &dense->input));
  EK_TRY(ek_call_weights(call, 1u, &dense->weights));
  EK_TRY(ek_call_optional_input(call, 2u, &dense->bias, &dense->has_bias));
  EK_TRY(ek_call_output(call, 0u, &dense->output));
  EK_TRY(ek_call_byte_options(call, NUM_OPTIONS, options));
  dense->activation = options[OPTION_ACTIVATION];
  if (options[OPTION_WEIGHTS_FORMAT] != 0u) {
    return ek_call_refuse(call, "shuffled weights");
  }
  if (dense->weights.rank != 2u) {
    return ek_call_reject(call, "weights must have rank 2");
  }
  const uint32_t units = (uint32_t)dense->weights.dims[0];
  const uint32_t depth = (uint32_t)dense->weights.dims[1];
  if (dense->input.num_elements % depth != 0u || dense->output.num_elements % units != 0u ||
      dense->input.num_elements / depth != dense->output.num_elements / units ||
      (dense->has_bias && dense->bias.num_elements != units)) {
    return ek_call_reject(call, "the sizes of input, weights, bias and output do not fit together");
  }
  dense->units = (int32_t)units;
  dense->depth = (int32_t)depth;
  dense->batches = (int32_t)(dense->output.num_elements / units);
  return EK_OK;
}

ek_status_t ek_dense_require_weights(ek_call_t *call, const ek_dense_t *dense) {
  if (dense->weights.num_scales == 1u) {
    const bool is_packed = dense->weights.type == EK_INT4 && dense->input.type == EK_INT8;
    EK_TRY(ek_call_require_per_tensor(call, &dense->weights, is_packed ? EK_INT4 : EK_INT8));
    return dense->weights.zero_point >= INT8_MIN && dense->weights.zero_point <= INT8_MAX
               ? EK_OK
               : ek_call_reject(call, "a zero point outside int8");
  }
  EK_TRY(ek_call_require_weights(call, &dense->weights, 0u));
  return dense->weights.type == EK_INT8 && ek_model_is_symmetric(&call->runtime->model, &dense->weights)
             ? EK_OK
             : ek_call_refuse(call, "weights of a scale for each unit that are not int8 with zero points 0");
}
