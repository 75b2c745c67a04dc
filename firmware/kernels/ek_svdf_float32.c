/* SPDX-License-Identifier: Apache-2.0 */
/* SVDF, float32; see ek_svdf.h. Sums run in the order of the reference: each filter over time, then the filters. */
#include "ek_activation.h"
#include "ek_svdf.h"

enum { OPTION_ACTIVATION = 1 };

static ek_status_t check(ek_call_t *call) {
  ek_svdf_t svdf;
  uint8_t activation;
  float low;
  float high;
  EK_TRY(ek_svdf_decode(call, &svdf));
  EK_TRY(ek_call_option_u8(call, OPTION_ACTIVATION, 0u, &activation));
  EK_TRY(ek_activation_float32(call, activation, &low, &high));
  const ek_svdf_operand_t *all[] = {&svdf.input, &svdf.features, &svdf.time, &svdf.state, &svdf.output};
  for (uint32_t i = 0; i < sizeof all / sizeof all[0]; ++i) {
    if (all[i]->type != EK_FLOAT32) {
      return ek_call_refuse(call, "the operands are of different types");
    }
  }
  return svdf.has_bias && svdf.bias.type != EK_FLOAT32 ? ek_call_refuse(call, "a bias that is not float32") : EK_OK;
}

static float load(const uint8_t *from, int32_t index) {
  float value;
  memcpy(&value, from + 4 * index, sizeof value);
  return value;
}

static float dot(const uint8_t *a, const uint8_t *b, int32_t length) {
  float sum = 0.0f;
  for (int32_t i = 0; i < length; ++i) {
    sum += load(a, i) * load(b, i);
  }
  return sum;
}

static ek_status_t run(ek_call_t *call) {
  ek_svdf_t svdf;
  uint8_t activation;
  float low;
  float high;
  EK_TRY(ek_svdf_decode(call, &svdf));
  EK_TRY(ek_call_option_u8(call, OPTION_ACTIVATION, 0u, &activation));
  EK_TRY(ek_activation_float32(call, activation, &low, &high));
  memmove(svdf.state.data, svdf.state.data + 4, svdf.state.num_bytes - 4u);
  for (int32_t row = 0; row < svdf.batches * svdf.filters; ++row) {
    const float newest = dot(svdf.features.data + 4 * (row % svdf.filters) * svdf.depth,
                             svdf.input.data + 4 * (row / svdf.filters) * svdf.depth, svdf.depth);
    memcpy(svdf.state.data + 4 * (row * svdf.memory + svdf.memory - 1), &newest, sizeof newest);
  }
  for (int32_t i = 0; i < svdf.batches * svdf.units; ++i) {
    const int32_t unit = i % svdf.units;
    float sum = svdf.has_bias ? load(svdf.bias.data, unit) : 0.0f;
    for (int32_t k = 0; k < svdf.rank; ++k) {
      sum += dot(svdf.time.data + 4 * (unit * svdf.rank + k) * svdf.memory,
                 svdf.state.data + 4 * (i * svdf.rank + k) * svdf.memory, svdf.memory);
    }
    const float result = ek_clamp_float32(sum, low, high);
    memcpy(svdf.output.data + 4 * i, &result, sizeof result);
  }
  return EK_OK;
}

const ek_kernel_t ek_svdf_float32 = {.name = "SVDF",
                                     .builtin = 27,
                                     .type = EK_FLOAT32,
                                     .check = EK_AT_LOAD(check),
                                     .run = run};
