/* SPDX-License-Identifier: Apache-2.0 */
#include "ek_svdf.h"

enum { OPTION_RANK = 0 };
enum { INPUT = 0, FEATURES = 1, TIME = 2, BIAS = 3, STATE = 4 };

static bool has_shape(const ek_tensor_t *tensor, int64_t rows, int64_t columns) {
  return tensor->rank == 2u && tensor->dims[0] == rows && tensor->dims[1] == columns;
}

ek_status_t ek_svdf_decode(ek_call_t *call, ek_svdf_t *svdf) {
  EK_TRY(ek_call_input(call, INPUT, &svdf->input));
  EK_TRY(ek_call_input(call, FEATURES, &svdf->features));
  EK_TRY(ek_call_input(call, TIME, &svdf->time));
  EK_TRY(ek_call_optional_input(call, BIAS, &svdf->bias, &svdf->has_bias));
  EK_TRY(ek_call_input(call, STATE, &svdf->state));
  EK_TRY(ek_call_output(call, 0u, &svdf->output));
  EK_TRY(ek_call_option_i32(call, OPTION_RANK, 0, &svdf->rank));
  if (svdf->input.rank != 2u || svdf->features.rank != 2u || svdf->time.rank != 2u || svdf->rank <= 0) {
    return ek_call_reject(call, "input and weights must have rank 2, the filters a positive rank");
  }
  svdf->batches = svdf->input.dims[0];
  svdf->depth = svdf->input.dims[1];
  svdf->filters = svdf->features.dims[0];
  svdf->memory = svdf->time.dims[1];
  svdf->units = svdf->filters / svdf->rank;
  if (svdf->filters % svdf->rank != 0 || !has_shape(&svdf->features, svdf->filters, svdf->depth) ||
      !has_shape(&svdf->time, svdf->filters, svdf->memory) ||
      !has_shape(&svdf->state, svdf->batches, (int64_t)svdf->filters * svdf->memory) ||
      !has_shape(&svdf->output, svdf->batches, svdf->units) ||
      (svdf->has_bias && svdf->bias.num_elements != (uint32_t)svdf->units)) {
    return ek_call_reject(call, "the shapes do not fit together");
  }
  return svdf->state.is_variable ? EK_OK : ek_call_refuse(call, "a state that is no variable");
}
