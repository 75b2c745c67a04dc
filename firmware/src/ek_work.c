/* SPDX-License-Identifier: Apache-2.0 */
/* Bounds by operator, whatever its element type. An operator that is not named here takes a few steps for each element of
 * its operands; one that takes more must be named. */
#include "ek_work.h"

#include "ek_plan.h"
#include "ek_variables.h"

enum {
  AVERAGE_POOL_2D = 1,
  CONV_2D = 3,
  DEPTHWISE_CONV_2D = 4,
  FULLY_CONNECTED = 9,
  L2_POOL_2D = 12,
  MAX_POOL_2D = 17,
  SVDF = 27,
  CUSTOM = EK_BUILTIN_CUSTOM,
  UNIDIRECTIONAL_SEQUENCE_LSTM = 44,
  TRANSPOSE_CONV = 67,
  BATCH_MATMUL = 126
};
enum { POOL_FILTER_W = 3, POOL_FILTER_H = 4 };

static uint32_t extent(const ek_tensor_t *tensor, uint32_t axis) {
  return axis < EK_MAX_RANK && axis < tensor->rank ? (uint32_t)tensor->dims[axis] : 1u;
}

static EK_OWN_FRAME ek_status_t decode_elements(ek_call_t *call, ek_vector_t list, uint32_t position, uint32_t axis,
                                                uint32_t *count) {
  ek_tensor_t room;
  const ek_tensor_t *tensor;
  const int32_t index = ek_model_tensor_index(&call->runtime->model, list, position);
  if (index >= 0) {
    EK_TRY(ek_plan_look(call->runtime, (uint32_t)index, &room, &tensor));
    *count = tensor->num_elements / extent(tensor, axis);
  }
  return EK_OK;
}

/* Elements of an operand, or of one slice of it along `axis`; 0 for an absent one. `kept` is its number among those that
 * the planner has at hand: inputs 0, 1, 2 or EK_KEPT_OUTPUT for output 0. */
static inline ek_status_t elements(ek_call_t *call, uint32_t kept, uint32_t axis, uint32_t *count) {
  const ek_tensor_t *tensor = call->runtime->operands[kept];
  const bool is_output = kept == EK_KEPT_OUTPUT;
  if (tensor != NULL) {
    *count = tensor->num_elements / extent(tensor, axis);
    return EK_OK;
  }
  return decode_elements(call, is_output ? call->operator_.outputs : call->operator_.inputs, is_output ? 0u : kept, axis,
                         count);
}

#define WHOLE EK_MAX_RANK /* no axis: the whole tensor */

static uint32_t smaller(int32_t value, uint32_t bound) {
  return value > 0 && (uint32_t)value < bound ? (uint32_t)value : bound;
}

/* Taps outside the image are not visited. */
static EK_OWN_FRAME ek_status_t pool_taps(ek_call_t *call, uint32_t *taps) {
  ek_tensor_t input;
  int32_t filter_w;
  int32_t filter_h;
  EK_TRY(ek_call_input(call, 0u, &input));
  EK_TRY(ek_call_option_i32(call, POOL_FILTER_W, 0, &filter_w));
  EK_TRY(ek_call_option_i32(call, POOL_FILTER_H, 0, &filter_h));
  *taps = smaller(filter_h, extent(&input, 1u)) * smaller(filter_w, extent(&input, 2u));
  return EK_OK;
}

/* Length of the sums of a matrix product; transposed operands have it on either of the last two axes. */
static EK_OWN_FRAME ek_status_t product_depth(ek_call_t *call, uint32_t *depth) {
  ek_tensor_t input;
  EK_TRY(ek_call_input(call, 0u, &input));
  const uint32_t last = input.rank > 0u ? extent(&input, input.rank - 1u) : 1u;
  const uint32_t before = input.rank > 1u ? extent(&input, input.rank - 2u) : 1u;
  *depth = last > before ? last : before;
  return EK_OK;
}

/* A recurrent layer goes over all its weights and states, `linear` elements in all, once for each vector of its input. */
static EK_OWN_FRAME ek_status_t num_vectors(ek_call_t *call, uint32_t *count) {
  ek_tensor_t input;
  EK_TRY(ek_call_input(call, 0u, &input));
  *count = input.rank > 0u ? input.num_elements / extent(&input, input.rank - 1u) : 1u;
  return EK_OK;
}

ek_status_t ek_work(ek_call_t *call, uint64_t linear, uint64_t *steps) {
  const ek_operator_t *operator_ = &call->operator_;
  uint32_t times = 0u; /* how often … */
  uint32_t each = 0u;  /* … so many steps are made */
  switch (operator_->builtin) {
    case CONV_2D:
    case FULLY_CONNECTED:
      EK_TRY(elements(call, EK_KEPT_OUTPUT, WHOLE, &times));
      EK_TRY(elements(call, 1u, 0u, &each));
      break;
    case DEPTHWISE_CONV_2D:
      EK_TRY(elements(call, EK_KEPT_OUTPUT, WHOLE, &times));
      EK_TRY(elements(call, 1u, 3u, &each));
      break;
    case TRANSPOSE_CONV:
      EK_TRY(elements(call, 2u, WHOLE, &times));
      EK_TRY(elements(call, 1u, 3u, &each));
      break;
    case AVERAGE_POOL_2D:
    case MAX_POOL_2D:
    case L2_POOL_2D:
      EK_TRY(elements(call, EK_KEPT_OUTPUT, WHOLE, &times));
      EK_TRY(pool_taps(call, &each));
      break;
    case CUSTOM: /* a transform's logarithm of its length, or each channel over all weights */
      EK_TRY(elements(call, EK_KEPT_OUTPUT, WHOLE, &times));
      EK_TRY(elements(call, 1u, WHOLE, &each));
      each += 32u;
      break;
    case BATCH_MATMUL:
      EK_TRY(elements(call, EK_KEPT_OUTPUT, WHOLE, &times));
      EK_TRY(product_depth(call, &each));
      break;
    case UNIDIRECTIONAL_SEQUENCE_LSTM:
    case SVDF:
      EK_TRY(num_vectors(call, &times));
      linear *= linear <= EK_MAX_WORK ? 1u + (uint64_t)times : 1u;
      break;
    case EK_BUILTIN_VAR_HANDLE: /* compares its names with those of every variable, a word in a step */
      times = call->runtime->num_variables;
      each = 2u * (EK_MAX_VARIABLE_NAME / sizeof(uint32_t));
      break;
    default:
      break;
  }
  if (linear > EK_MAX_WORK) {
    *steps = EK_MAX_WORK + 1u;
    return EK_OK;
  }
  /* Tensors have fewer than 2^29 elements, so the product of two counts fits 58 bits, and that of a recurrent layer 61. */
  const uint64_t total = (uint64_t)times * each + linear;
  *steps = total <= EK_MAX_WORK ? total : EK_MAX_WORK + 1u;
  return EK_OK;
}
