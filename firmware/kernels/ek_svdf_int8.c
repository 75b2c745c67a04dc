/* SPDX-License-Identifier: Apache-2.0 */
/* SVDF, int8; time weights and state of int16 or int8. See ek_svdf.h.
 *   state = z_state + clamp(requantize(Σ (in − z_in) · w, s_in·s_w / s_state))
 *   out   = clamp(z_out + requantize(bias + Σ time · (state − z_state), s_state·s_time / s_out))
 */
#include "ek_svdf.h"

static ek_status_t check(ek_call_t *call) {
  ek_svdf_t svdf;
  EK_TRY(ek_svdf_decode(call, &svdf));
  const bool is_wide = svdf.state.type == EK_INT16;
  EK_TRY(ek_svdf_require(call, &svdf.input, EK_INT8));
  EK_TRY(ek_svdf_require(call, &svdf.output, EK_INT8));
  EK_TRY(ek_svdf_require(call, &svdf.features, EK_INT8));
  EK_TRY(ek_svdf_require(call, &svdf.state, is_wide ? EK_INT16 : EK_INT8));
  EK_TRY(ek_svdf_require(call, &svdf.time, is_wide ? EK_INT16 : EK_INT8));
  if (svdf.features.zero_point != 0 || svdf.time.zero_point != 0 || (is_wide && svdf.state.zero_point != 0)) {
    return ek_call_refuse(call, "weights or an int16 state with a zero point other than 0");
  }
  return svdf.has_bias && svdf.bias.type != EK_INT32 ? ek_call_refuse(call, "a bias that is not int32") : EK_OK;
}

/* Double precision throughout, as ek_multiplier has it: rounding the product to float32 between moves ties. */
static ek_multiplier_t ratio(const ek_svdf_operand_t *a, const ek_svdf_operand_t *b,
                             const ek_svdf_operand_t *c) {
  return ek_multiplier(a->scale, b->scale, c->scale, 0);
}

static int32_t load(const ek_svdf_operand_t *tensor, int32_t index) {
  return tensor->type == EK_INT16 ? (int16_t)ek_load_u16(tensor->data + 2 * index)
                                  : ((const int8_t *)tensor->data)[index];
}

static EK_OWN_FRAME void add_newest(const ek_svdf_t *svdf) {
  const ek_multiplier_t multiplier = ratio(&svdf->input, &svdf->features, &svdf->state);
  const bool is_wide = svdf->state.type == EK_INT16;
  for (int32_t row = 0; row < svdf->batches * svdf->filters; ++row) {
    const int8_t *in = (const int8_t *)svdf->input.data + row / svdf->filters * svdf->depth;
    const int8_t *weights = (const int8_t *)svdf->features.data + row % svdf->filters * svdf->depth;
    int32_t sum = 0;
    for (int32_t i = 0; i < svdf->depth; ++i) {
      sum = ek_wrapping_add(sum, weights[i] * (in[i] - svdf->input.zero_point));
    }
    sum = ek_requantize(sum, multiplier);
    const int32_t at = row * svdf->memory + svdf->memory - 1;
    if (is_wide) {
      ((int16_t *)(void *)svdf->state.data)[at] = (int16_t)ek_clamp(sum, INT16_MIN, INT16_MAX);
    } else {
      /* The reference clamps first, and what the zero point adds then wraps around. */
      const int32_t shifted = ek_clamp(sum, INT8_MIN, INT8_MAX) + svdf->state.zero_point;
      svdf->state.data[at] = (uint8_t)((uint32_t)shifted & 0xFFu);
    }
  }
}

static ek_status_t run(ek_call_t *call) {
  ek_svdf_t svdf;
  EK_TRY(ek_svdf_decode(call, &svdf));
  const uint32_t element_bytes = ek_type_bytes(svdf.state.type);
  memmove(svdf.state.data, svdf.state.data + element_bytes, svdf.state.num_bytes - element_bytes);
  add_newest(&svdf);
  const ek_multiplier_t multiplier = ratio(&svdf.state, &svdf.time, &svdf.output);
  for (int32_t i = 0; i < svdf.batches * svdf.units; ++i) {
    const int32_t unit = i % svdf.units;
    const int32_t length = svdf.rank * svdf.memory; /* the filters of a unit lie one behind the other */
    int32_t sum = svdf.has_bias ? ek_load_i32(svdf.bias.data + 4 * unit) : 0;
    for (int32_t k = 0; k < length; ++k) {
      const int32_t state = load(&svdf.state, i * length + k) - svdf.state.zero_point;
      sum = ek_wrapping_add(sum, load(&svdf.time, unit * length + k) * state);
    }
    sum = ek_wrapping_add(ek_requantize(sum, multiplier), svdf.output.zero_point);
    ((int8_t *)svdf.output.data)[i] = (int8_t)ek_clamp(sum, INT8_MIN, INT8_MAX);
  }
  return EK_OK;
}

const ek_kernel_t ek_svdf_int8 = {.name = "SVDF",
                                  .builtin = 27,
                                  .type = EK_INT8,
                                  .check = EK_AT_LOAD(check),
                                  .run = run};
