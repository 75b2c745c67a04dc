/* SPDX-License-Identifier: Apache-2.0 */
/* UNIDIRECTIONAL_SEQUENCE_LSTM, float32; see ek_lstm.h. Sums run in the order of the reference. */
#include "ek_lstm.h"
#include "ek_math.h"

static float load(const uint8_t *from, int32_t index) {
  float value;
  memcpy(&value, from + 4 * index, sizeof value);
  return value;
}

static float dot(const uint8_t *weights, const uint8_t *vector, int32_t length) {
  float sum = 0.0f;
  for (int32_t i = 0; i < length; ++i) {
    sum += load(vector, i) * load(weights, i);
  }
  return sum;
}

static float gate_sum(const ek_lstm_t *lstm, uint32_t index, int32_t unit, const uint8_t *input,
                      const uint8_t *hidden) {
  const ek_lstm_gate_t *gate = &lstm->gates[index];
  const float from_input = dot(gate->weights + 4 * unit * lstm->depth, input, lstm->depth) + load(gate->bias, unit);
  return from_input + dot(gate->recurrent + 4 * unit * lstm->units, hidden, lstm->units);
}

static void run_unit(const ek_lstm_t *lstm, const void *context, int32_t batch, int32_t unit, const uint8_t *input,
                     uint8_t *output) {
  (void)context;
  const uint8_t *hidden = lstm->hidden + 4 * batch * lstm->units;
  uint8_t *cell = lstm->cell + 4 * (batch * lstm->units + unit);
  const float f = ek_logisticf(gate_sum(lstm, EK_FORGET_GATE, unit, input, hidden));
  const float i = ek_logisticf(gate_sum(lstm, EK_INPUT_GATE, unit, input, hidden));
  const float g = ek_tanhf(gate_sum(lstm, EK_CELL_GATE, unit, input, hidden));
  const float o = ek_logisticf(gate_sum(lstm, EK_OUTPUT_GATE, unit, input, hidden));
  float state = f * load(cell, 0) + i * g;
  if (lstm->cell_clip != 0u) {
    float clip;
    memcpy(&clip, &lstm->cell_clip, sizeof clip);
    state = state > clip ? clip : state < -clip ? -clip : state;
  }
  memcpy(cell, &state, sizeof state);
  const float h = ek_tanhf(state) * o;
  memcpy(output + 4 * unit, &h, sizeof h);
}

static ek_status_t check(ek_call_t *call) {
  ek_lstm_t lstm;
  return ek_lstm_decode(call, EK_FLOAT32, EK_FLOAT32, EK_FLOAT32, EK_FLOAT32, &lstm);
}

static ek_status_t run(ek_call_t *call) {
  ek_lstm_t lstm;
  EK_TRY(ek_lstm_decode(call, EK_FLOAT32, EK_FLOAT32, EK_FLOAT32, EK_FLOAT32, &lstm));
  ek_lstm_run(&lstm, 4u, run_unit, NULL);
  return EK_OK;
}

const ek_kernel_t ek_unidirectional_sequence_lstm_float32 = {
    .name = "UNIDIRECTIONAL_SEQUENCE_LSTM", .builtin = 44, .type = EK_FLOAT32, .check = EK_AT_LOAD(check), .run = run};
