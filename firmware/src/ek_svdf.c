/* SPDX-License-Identifier: Apache-2.0 */
#include "ek_svdf.h"

enum { OPTION_RANK = 0 };
enum { INPUT = 0, FEATURES = 1, TIME = 2, BIAS = 3, STATE = 4 };

static ek_status_t keep(ek_call_t *call, const ek_tensor_t *tensor, ek_svdf_operand_t *operand, int32_t *rows,
                        int32_t *columns) {
  if (tensor->rank != 2u) {
    return ek_call_reject(call, "input, weights, state and output must have rank 2");
  }
  *rows = tensor->dims[0];
  *columns = tensor->dims[1];
  operand->data = tensor->data;
  operand->num_bytes = tensor->num_bytes;
  operand->scale = tensor->scale;
  operand->zero_point = tensor->zero_point;
  operand->type = tensor->type;
  operand->has_one_scale = tensor->num_scales == 1u;
  return EK_OK;
}

static EK_OWN_FRAME ek_status_t read_input(ek_call_t *call, uint32_t position, ek_svdf_operand_t *operand,
                                           int32_t *rows, int32_t *columns) {
  ek_tensor_t tensor;
  EK_TRY(ek_call_input(call, position, &tensor));
  if (position == STATE && !tensor.is_variable) {
    return ek_call_refuse(call, "a state that is no variable");
  }
  return keep(call, &tensor, operand, rows, columns);
}

static EK_OWN_FRAME ek_status_t read_output(ek_call_t *call, ek_svdf_operand_t *operand, int32_t *rows,
                                            int32_t *columns) {
  ek_tensor_t tensor;
  EK_TRY(ek_call_output(call, 0u, &tensor));
  return keep(call, &tensor, operand, rows, columns);
}

static EK_OWN_FRAME ek_status_t read_bias(ek_call_t *call, ek_svdf_t *svdf) {
  ek_tensor_t tensor;
  EK_TRY(ek_call_optional_input(call, BIAS, &tensor, &svdf->has_bias));
  if (!svdf->has_bias) {
    return EK_OK;
  }
  svdf->bias.data = tensor.data;
  svdf->bias.type = tensor.type;
  return tensor.num_elements == (uint32_t)svdf->units ? EK_OK : ek_call_reject(call, "a bias of another length");
}

ek_status_t ek_svdf_decode(ek_call_t *call, ek_svdf_t *svdf) {
  int32_t depth;
  int32_t filters;
  int32_t rows;
  int32_t columns;
  int32_t units;
  EK_TRY(ek_call_option_i32(call, OPTION_RANK, 0, &svdf->rank));
  EK_TRY(read_input(call, INPUT, &svdf->input, &svdf->batches, &svdf->depth));
  EK_TRY(read_input(call, FEATURES, &svdf->features, &svdf->filters, &depth));
  EK_TRY(read_input(call, TIME, &svdf->time, &filters, &svdf->memory));
  EK_TRY(read_input(call, STATE, &svdf->state, &rows, &columns));
  if (svdf->rank <= 0 || svdf->filters % svdf->rank != 0 || depth != svdf->depth || filters != svdf->filters ||
      rows != svdf->batches || columns != (int64_t)svdf->filters * svdf->memory) {
    return ek_call_reject(call, "the shapes do not fit together");
  }
  svdf->units = svdf->filters / svdf->rank;
  EK_TRY(read_output(call, &svdf->output, &rows, &units));
  if (rows != svdf->batches || units != svdf->units) {
    return ek_call_reject(call, "the output's shape does not follow from the others");
  }
  return read_bias(call, svdf);
}

ek_status_t ek_svdf_require(ek_call_t *call, const ek_svdf_operand_t *operand, ek_type_t type) {
  if (operand->type != (uint8_t)type) {
    return ek_call_refuse(call, "the operands are of different types");
  }
  if (!operand->has_one_scale) {
    return ek_call_refuse(call, "an operand needs exactly one scale and zero point");
  }
  if (type == EK_INT8 && (operand->zero_point < INT8_MIN || operand->zero_point > INT8_MAX)) {
    return ek_call_reject(call, "a zero point outside int8");
  }
  return EK_OK;
}
