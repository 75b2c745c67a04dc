/* SPDX-License-Identifier: Apache-2.0 */
/* FULLY_CONNECTED, int8.
 *   input   (…, depth) taken as (batches, depth)     zero point z_in
 *   weights (units, depth)                           one scale, or one per unit; zero point 0
 *   bias    (units) int32, optional
 *   output  (…, units) taken as (batches, units)
 * out = clamp(z_out + requantize(bias + Σ (in − z_in) · w)).
 * With one weight scale TFLite multiplies the two scales as float32 before it divides in double; with one per unit it
 * multiplies in double, as for a convolution. Source: kernel_util.cc, GetQuantizedConvolutionMultipler.
 */
#include "ek_kernel.h"

enum { OPTION_ACTIVATION = 0, OPTION_WEIGHTS_FORMAT = 1 };

typedef struct {
  ek_tensor_t input, weights, bias, output;
  int32_t low, high;
  bool has_bias;
} dense_t;

static ek_status_t decode(ek_call_t *call, dense_t *dense) {
  uint8_t activation;
  EK_TRY(ek_call_input(call, 0u, &dense->input));
  EK_TRY(ek_call_input(call, 1u, &dense->weights));
  EK_TRY(ek_call_optional_input(call, 2u, &dense->bias, &dense->has_bias));
  EK_TRY(ek_call_output(call, 0u, &dense->output));
  EK_TRY(ek_call_option_u8(call, OPTION_ACTIVATION, 0u, &activation));
  return ek_call_activation_int8(call, activation, &dense->output, &dense->low, &dense->high);
}

static ek_status_t check(ek_call_t *call) {
  dense_t dense;
  uint8_t weights_format;
  EK_TRY(decode(call, &dense));
  EK_TRY(ek_call_option_u8(call, OPTION_WEIGHTS_FORMAT, 0u, &weights_format));
  EK_TRY(ek_call_require_per_tensor(call, &dense.input, EK_INT8));
  EK_TRY(ek_call_require_per_tensor(call, &dense.output, EK_INT8));
  EK_TRY(ek_call_require_weights(call, &dense.weights, 0u));
  if (weights_format != 0u) {
    return ek_call_refuse(call, "shuffled weights");
  }
  if (dense.weights.rank != 2u) {
    return ek_call_reject(call, "weights must have rank 2");
  }
  const uint32_t units = (uint32_t)dense.weights.dims[0];
  const uint32_t depth = (uint32_t)dense.weights.dims[1];
  if (dense.input.num_elements % depth != 0u || dense.output.num_elements % units != 0u ||
      dense.input.num_elements / depth != dense.output.num_elements / units) {
    return ek_call_reject(call, "the sizes of input, weights and output do not fit together");
  }
  return dense.has_bias ? ek_call_require_bias(call, &dense.bias, (int32_t)units) : EK_OK;
}

static ek_multiplier_t unit_multiplier(const dense_t *dense, uint32_t unit) {
  if (dense->weights.num_scales > 1u) {
    return ek_channel_multiplier(&dense->input, &dense->weights, &dense->output, unit);
  }
  const uint32_t product = ek_float_product(dense->input.scale, dense->weights.scale);
  return ek_multiplier(product, EK_FLOAT_ONE, dense->output.scale, 0);
}

static ek_status_t run(ek_call_t *call) {
  dense_t dense;
  EK_TRY(decode(call, &dense));
  const int32_t units = dense.weights.dims[0];
  const int32_t depth = dense.weights.dims[1];
  const int32_t batches = (int32_t)dense.output.num_elements / units;
  for (int32_t unit = 0; unit < units; ++unit) {
    const ek_multiplier_t multiplier = unit_multiplier(&dense, (uint32_t)unit);
    const int8_t *weights = (const int8_t *)dense.weights.data + unit * depth;
    const int32_t bias = dense.has_bias ? ek_load_i32(dense.bias.data + 4 * unit) : 0;
    for (int32_t batch = 0; batch < batches; ++batch) {
      const int8_t *in = (const int8_t *)dense.input.data + batch * depth;
      int32_t acc = bias;
      for (int32_t i = 0; i < depth; ++i) {
        acc = ek_wrapping_add(acc, (in[i] - dense.input.zero_point) * weights[i]);
      }
      const int32_t scaled = ek_wrapping_add(ek_requantize(acc, multiplier), dense.output.zero_point);
      ((int8_t *)dense.output.data)[batch * units + unit] = (int8_t)ek_clamp(scaled, dense.low, dense.high);
    }
  }
  return EK_OK;
}

const ek_kernel_t ek_fully_connected_int8 = {.name = "FULLY_CONNECTED",
                                             .builtin = 9,
                                             .type = EK_INT8,
                                             .check = check,
                                             .run = run};
