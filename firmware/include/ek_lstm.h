/* SPDX-License-Identifier: Apache-2.0 */
/* UNIDIRECTIONAL_SEQUENCE_LSTM, the plain one: no peepholes, no projection, no layer normalization.
 *   input   (batches, steps, depth), or (steps, batches, depth) if time-major
 *   weights 4 × (units, depth), recurrent weights 4 × (units, units), bias 4 × (units): input, forget, cell, output gate
 *   hidden  (batches, units) and cell (batches, units): variables, kept from one inference to the next
 *   output  like input with `units` for `depth`
 * Each step, of every unit:
 *   i, f, o = logistic(W·x + b + R·h)     g = tanh(W·x + b + R·h)
 *   cell = clip(f·cell + i·g)             h' = o·tanh(cell)
 * All gates use the h of the step before. So the new h goes to the output first and becomes the state when the step is
 * through, and no working memory is needed.
 * Source: tensorflow/lite/micro/kernels/lstm_eval.h and lstm_eval_common.cc.
 */
#ifndef EK_LSTM_H
#define EK_LSTM_H

#include "ek_kernel.h"

enum { EK_INPUT_GATE, EK_FORGET_GATE, EK_CELL_GATE, EK_OUTPUT_GATE, EK_NUM_GATES };

typedef struct {
  const uint8_t *weights, *recurrent, *bias;
  uint32_t weights_scale, recurrent_scale; /* bits of floats */
} ek_lstm_gate_t;

typedef struct {
  const uint8_t *input;
  uint8_t *hidden, *cell, *output;
  int32_t batches, steps, depth, units;
  uint32_t input_scale, hidden_scale, cell_scale;
  int32_t input_zero_point, hidden_zero_point;
  uint32_t cell_clip; /* bits of a float, 0 for none */
  bool time_major;
  ek_lstm_gate_t gates[EK_NUM_GATES];
} ek_lstm_t;

/* Decodes and checks types and shapes. All integer tensors have one scale; the zero points of weights, and of int16, are
 * 0. */
EK_MUST_CHECK ek_status_t ek_lstm_decode(ek_call_t *call, ek_type_t type, ek_type_t weights, ek_type_t bias,
                                         ek_type_t cell, ek_lstm_t *lstm);

/* Runs all steps; `unit` computes the new cell state and h of one unit of batch `batch`, from `input` (of `depth`
 * elements) and the hidden state into `output` (of `units` elements). */
typedef void (*ek_lstm_unit_t)(const ek_lstm_t *lstm, const void *context, int32_t batch, int32_t unit,
                               const uint8_t *input, uint8_t *output);
void ek_lstm_run(const ek_lstm_t *lstm, uint32_t element_bytes, ek_lstm_unit_t unit, const void *context);

/* The int8 and int16 kernels. */
EK_MUST_CHECK ek_status_t ek_lstm_quantized_check(ek_call_t *call, ek_type_t type, ek_type_t bias);
EK_MUST_CHECK ek_status_t ek_lstm_quantized_run(ek_call_t *call, ek_type_t type, ek_type_t bias);

#endif
