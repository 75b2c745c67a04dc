/* SPDX-License-Identifier: Apache-2.0 */
#include "ek_lstm.h"

enum { OPTION_ACTIVATION = 0, OPTION_CELL_CLIP = 1, OPTION_TIME_MAJOR = 3 };
enum { ACTIVATION_TANH = 4 };
enum { INPUT = 0, WEIGHTS = 1, RECURRENT = 5, PEEPHOLE = 9, BIAS = 12, PROJECTION = 16, HIDDEN = 18, CELL = 19,
       NORMALIZATION = 20, NUM_INPUTS = 24 };

static ek_status_t check_quantization(ek_call_t *call, const ek_tensor_t *tensor) {
  if (tensor->type == EK_FLOAT32) {
    return EK_OK;
  }
  if (tensor->num_scales != 1u) {
    return ek_call_refuse(call, "an operand needs exactly one scale and zero point");
  }
  const bool is_int8 = tensor->type == EK_INT8;
  if (is_int8 ? tensor->zero_point < INT8_MIN || tensor->zero_point > INT8_MAX : tensor->zero_point != 0) {
    return ek_call_refuse(call, "a zero point outside int8, or one of int16 other than 0");
  }
  return EK_OK;
}

static EK_OWN_FRAME ek_status_t decode_sequences(ek_call_t *call, ek_type_t type, ek_lstm_t *lstm) {
  ek_tensor_t tensor;
  int32_t steps_and_batches[2];
  EK_TRY(ek_call_input(call, INPUT, &tensor));
  EK_TRY(check_quantization(call, &tensor));
  if (tensor.rank != 3u || tensor.type != (uint8_t)type) {
    return ek_call_refuse(call, "the input must have rank 3");
  }
  steps_and_batches[0] = tensor.dims[0];
  steps_and_batches[1] = tensor.dims[1];
  lstm->steps = steps_and_batches[lstm->time_major ? 0 : 1];
  lstm->batches = steps_and_batches[lstm->time_major ? 1 : 0];
  lstm->depth = tensor.dims[2];
  lstm->input = tensor.data;
  lstm->input_scale = tensor.scale;
  lstm->input_zero_point = tensor.zero_point;
  EK_TRY(ek_call_output(call, 0u, &tensor));
  if (tensor.rank != 3u || tensor.dims[0] != steps_and_batches[0] || tensor.dims[1] != steps_and_batches[1]) {
    return ek_call_reject(call, "the output has another shape than the input");
  }
  if (tensor.type != (uint8_t)type) {
    return ek_call_refuse(call, "the operands are of different types");
  }
  lstm->units = tensor.dims[2];
  lstm->output = tensor.data;
  return EK_OK;
}

static EK_OWN_FRAME ek_status_t decode_state(ek_call_t *call, uint32_t position, ek_type_t type, ek_lstm_t *lstm) {
  ek_tensor_t tensor;
  EK_TRY(ek_call_input(call, position, &tensor));
  EK_TRY(check_quantization(call, &tensor));
  if (!tensor.is_variable || tensor.type != (uint8_t)type) {
    return ek_call_refuse(call, "a state that is no variable, or of another type");
  }
  if (tensor.num_elements != (uint64_t)(uint32_t)lstm->batches * (uint32_t)lstm->units) {
    return ek_call_reject(call, "a state of another size");
  }
  if (position == CELL) {
    lstm->cell = tensor.data;
    lstm->cell_scale = tensor.scale;
  } else {
    lstm->hidden = tensor.data;
    lstm->hidden_scale = tensor.scale;
    lstm->hidden_zero_point = tensor.zero_point;
  }
  return EK_OK;
}

static EK_OWN_FRAME ek_status_t decode_matrix(ek_call_t *call, uint32_t position, ek_type_t type, int32_t rows,
                                              int32_t columns, const uint8_t **data, uint32_t *scale) {
  ek_tensor_t tensor;
  EK_TRY(ek_call_input(call, position, &tensor));
  if (tensor.type != (uint8_t)type) {
    return ek_call_refuse(call, "weights or a bias of another type");
  }
  /* A bias's scale is the product of two others, whatever the file says; nobody reads it. */
  if (columns > 0) {
    EK_TRY(check_quantization(call, &tensor));
    if (tensor.zero_point != 0) {
      return ek_call_refuse(call, "weights with a zero point other than 0");
    }
  }
  if (tensor.rank != (columns > 0 ? 2u : 1u) || tensor.dims[0] != rows || (columns > 0 && tensor.dims[1] != columns)) {
    return ek_call_reject(call, "weights or a bias of another shape");
  }
  *data = tensor.data;
  *scale = tensor.scale;
  return EK_OK;
}

static ek_status_t require_absent(ek_call_t *call, uint32_t first, uint32_t end) {
  for (uint32_t i = first; i < end; ++i) {
    if (ek_model_tensor_index(&call->runtime->model, call->operator_.inputs, i) >= 0) {
      return ek_call_refuse(call, "an LSTM with peepholes, a projection or layer normalization");
    }
  }
  return EK_OK;
}

static ek_status_t decode_options(ek_call_t *call, ek_lstm_t *lstm) {
  uint8_t activation;
  uint8_t time_major;
  int32_t clip;
  EK_TRY(ek_call_option_u8(call, OPTION_ACTIVATION, 0u, &activation));
  EK_TRY(ek_call_option_u8(call, OPTION_TIME_MAJOR, 0u, &time_major));
  EK_TRY(ek_call_option_i32(call, OPTION_CELL_CLIP, 0, &clip));
  lstm->time_major = time_major != 0u;
  lstm->cell_clip = (uint32_t)clip;
  if (activation != ACTIVATION_TANH) {
    return ek_call_refuse(call, "an LSTM whose cell gate is not tanh");
  }
  return lstm->cell_clip >= 0x7F800000u ? ek_call_reject(call, "a cell clip that is no positive number") : EK_OK;
}

ek_status_t ek_lstm_decode(ek_call_t *call, ek_type_t type, ek_type_t weights, ek_type_t bias, ek_type_t cell,
                           ek_lstm_t *lstm) {
  EK_TRY(decode_options(call, lstm));
  if (call->operator_.inputs.length != NUM_INPUTS) {
    return ek_call_refuse(call, "an LSTM with another number of inputs than 24");
  }
  EK_TRY(require_absent(call, PEEPHOLE, BIAS));
  EK_TRY(require_absent(call, PROJECTION, HIDDEN));
  EK_TRY(require_absent(call, NORMALIZATION, NUM_INPUTS));
  EK_TRY(decode_sequences(call, type, lstm));
  EK_TRY(decode_state(call, HIDDEN, type, lstm));
  EK_TRY(decode_state(call, CELL, cell, lstm));
  for (uint32_t i = 0; i < EK_NUM_GATES; ++i) {
    ek_lstm_gate_t *gate = &lstm->gates[i];
    uint32_t unused;
    EK_TRY(decode_matrix(call, WEIGHTS + i, weights, lstm->units, lstm->depth, &gate->weights, &gate->weights_scale));
    EK_TRY(decode_matrix(call, RECURRENT + i, weights, lstm->units, lstm->units, &gate->recurrent,
                         &gate->recurrent_scale));
    EK_TRY(decode_matrix(call, BIAS + i, bias, lstm->units, 0, &gate->bias, &unused));
  }
  return EK_OK;
}

void ek_lstm_run(const ek_lstm_t *lstm, uint32_t element_bytes, ek_lstm_unit_t unit, const void *context) {
  const uint32_t state_bytes = (uint32_t)lstm->units * element_bytes;
  for (int32_t batch = 0; batch < lstm->batches; ++batch) {
    for (int32_t step = 0; step < lstm->steps; ++step) {
      const uint32_t vector = (uint32_t)(lstm->time_major ? step * lstm->batches + batch : batch * lstm->steps + step);
      const uint8_t *input = lstm->input + vector * (uint32_t)lstm->depth * element_bytes;
      uint8_t *output = lstm->output + vector * state_bytes;
      for (int32_t i = 0; i < lstm->units; ++i) {
        unit(lstm, context, batch, i, input, output);
      }
      memcpy(lstm->hidden + (uint32_t)batch * state_bytes, output, state_bytes);
    }
  }
}
