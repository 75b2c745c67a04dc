/* SPDX-License-Identifier: Apache-2.0 */
/* The integer LSTM: activations of int8 or int16, weights of int8, everything between them of int16.
 *   W·x + b and R·h are brought to units of 2^-12, each clamped to int16, and so is their sum;
 *   the gates come out in units of 2^-15; products of int16 are requantized to the units of cell and h.
 */
#include "ek_float_parts.h"
#include "ek_lstm.h"
#include "ek_sigmoid.h"

#define EK_FLOAT_2_TO_MINUS_12 0x39800000u
#define EK_FLOAT_2_TO_MINUS_15 0x38000000u

typedef struct {
  ek_multiplier_t input[EK_NUM_GATES];     /* of W·x + b */
  ek_multiplier_t recurrent[EK_NUM_GATES]; /* of R·h */
  ek_multiplier_t forget, update, hidden;  /* of f·cell, i·g, o·tanh(cell) */
  ek_sigmoid_int16_t cell_tanh;
  int32_t cell_clip; /* 0 for none */
  ek_type_t type;
} arithmetic_t;

static int32_t to_int16(int32_t value) { return ek_clamp(value, INT16_MIN, INT16_MAX); }

/* MultiplyByQuantizedMultiplier of a sum in 64 bits: the multiplier cut to 15 bits, rounded once. */
static int32_t requantize_wide(int64_t value, ek_multiplier_t multiplier) {
  const int32_t reduced =
      multiplier.multiplier < 0x7FFF0000 ? (multiplier.multiplier + (1 << 15)) >> 16 : 0x7FFF;
  const int32_t shift = 15 - multiplier.shift;
  const uint64_t product = (uint64_t)value * (uint64_t)(int64_t)reduced + (1ull << (shift - 1));
  return (int32_t)(uint32_t)(uint64_t)((int64_t)product >> shift);
}

static int32_t dot_int8(const uint8_t *weights, const uint8_t *vector, int32_t zero_point, int32_t length,
                        int32_t sum) {
  for (int32_t i = 0; i < length; ++i) {
    sum = ek_wrapping_add(sum, ((const int8_t *)weights)[i] * (((const int8_t *)vector)[i] - zero_point));
  }
  return sum;
}

static int64_t dot_int16(const uint8_t *weights, const uint8_t *vector, int32_t length) {
  int64_t sum = 0;
  for (int32_t i = 0; i < length; ++i) {
    sum += ((const int8_t *)weights)[i] * (int16_t)ek_load_u16(vector + 2 * i);
  }
  return sum;
}

/* What goes into the function of a gate. */
static int32_t gate_sum(const ek_lstm_t *lstm, const arithmetic_t *arithmetic, uint32_t index, int32_t unit,
                        const uint8_t *input, const uint8_t *hidden) {
  const ek_lstm_gate_t *gate = &lstm->gates[index];
  const uint8_t *weights = gate->weights + unit * lstm->depth;
  const uint8_t *recurrent = gate->recurrent + unit * lstm->units;
  int32_t from_input;
  int32_t from_hidden;
  if (arithmetic->type == EK_INT8) {
    const int32_t bias = ek_load_i32(gate->bias + 4 * unit);
    from_input = ek_requantize(dot_int8(weights, input, lstm->input_zero_point, lstm->depth, bias),
                               arithmetic->input[index]);
    from_hidden = ek_requantize(dot_int8(recurrent, hidden, lstm->hidden_zero_point, lstm->units, 0),
                                arithmetic->recurrent[index]);
  } else {
    const int64_t bias = ek_load_i64(gate->bias + 8 * unit);
    from_input = requantize_wide((int64_t)((uint64_t)dot_int16(weights, input, lstm->depth) + (uint64_t)bias),
                                 arithmetic->input[index]);
    from_hidden = requantize_wide(dot_int16(recurrent, hidden, lstm->units), arithmetic->recurrent[index]);
  }
  return to_int16(to_int16(from_input) + to_int16(from_hidden));
}

static void run_unit(const ek_lstm_t *lstm, const void *context, int32_t batch, int32_t unit, const uint8_t *input,
                     uint8_t *output) {
  static const ek_sigmoid_int16_t gate_units = {3, 0}; /* 2^-12 */
  const arithmetic_t *arithmetic = context;
  const uint32_t element_bytes = arithmetic->type == EK_INT8 ? 1u : 2u;
  const uint8_t *hidden = lstm->hidden + (uint32_t)(batch * lstm->units) * element_bytes;
  int16_t *cell = (int16_t *)(void *)lstm->cell + batch * lstm->units + unit;

  const int32_t f = ek_logistic_q15(&gate_units, gate_sum(lstm, arithmetic, EK_FORGET_GATE, unit, input, hidden));
  const int32_t i = ek_logistic_q15(&gate_units, gate_sum(lstm, arithmetic, EK_INPUT_GATE, unit, input, hidden));
  const int32_t g = ek_tanh_q15(&gate_units, gate_sum(lstm, arithmetic, EK_CELL_GATE, unit, input, hidden));
  const int32_t o = ek_logistic_q15(&gate_units, gate_sum(lstm, arithmetic, EK_OUTPUT_GATE, unit, input, hidden));

  int32_t state = to_int16(to_int16(ek_requantize(f * *cell, arithmetic->forget)) +
                           to_int16(ek_requantize(i * g, arithmetic->update)));
  if (lstm->cell_clip != 0u) {
    state = ek_clamp(state, -arithmetic->cell_clip, arithmetic->cell_clip);
  }
  *cell = (int16_t)state;
  const int32_t h = ek_requantize(ek_tanh_q15(&arithmetic->cell_tanh, state) * o, arithmetic->hidden);
  if (arithmetic->type == EK_INT8) {
    const int32_t shifted = ek_wrapping_add(h, lstm->hidden_zero_point);
    ((int8_t *)output)[unit] = (int8_t)ek_clamp(shifted, INT8_MIN, INT8_MAX);
  } else {
    ((int16_t *)(void *)output)[unit] = (int16_t)to_int16(h);
  }
}

/* clip / scale towards zero, at most 32767. The reference divides in double, which cannot round a ratio of two floats
 * up to an integer. */
static int32_t quantize_clip(uint32_t clip, uint32_t scale) {
  if (clip == 0u) {
    return 0;
  }
  const ek_parts_t a = ek_float_split(clip);
  const ek_parts_t b = ek_float_split(scale);
  const int32_t exponent = a.exponent - b.exponent; /* of a quotient between 1/2 and 2 */
  if (exponent < 0) {
    return 0;
  }
  const uint64_t steps = exponent > 15 ? INT16_MAX : ((uint64_t)a.mantissa << exponent) / b.mantissa;
  return steps < INT16_MAX ? (int32_t)steps : INT16_MAX;
}

/* log2 of a scale, rounded. The reference takes it in float32, so that the first scale that is nearer to the power above
 * it than to the one below, √2 of it, differs from octave to octave. Beyond the table tanh would leave 32 bits: INT16_MAX. */
static int32_t rounded_log2(uint32_t scale) {
  enum { LOWEST = -44, OCTAVES = 47 };
  static const uint8_t roots[OCTAVES] = {
    78, 83, 89, 95, 78, 83, 89, 95, 78, 83, 89, 95, 78, 84, 89, 72, 78, 84, 89, 72, 78, 78, 84, 78, 84, 78, 84, 78,
    73, 78, 73, 78, 81, 81, 81, 81, 76, 76, 77, 77, 77, 76, 76, 76, 76, 75, 75,
  };
  const uint32_t root = 3474600u; /* of 2^23, behind the leading one */
  const uint32_t octave = (scale >> 23) - 127u - (uint32_t)LOWEST;
  if (octave >= OCTAVES) {
    return INT16_MAX;
  }
  return (int32_t)octave + LOWEST + ((scale & 0x7FFFFFu) >= root + roots[octave] ? 1 : 0);
}

static ek_status_t prepare(ek_call_t *call, ek_lstm_t *lstm, arithmetic_t *arithmetic) {
  /* tanh takes the state in units of 2^exponent, whatever its scale; the table wants them of 2^-12. */
  const int32_t shift = rounded_log2(lstm->cell_scale) + 12;
  if (shift > 14 || shift < -31) {
    return ek_call_refuse(call, "a scale of the cell state too far from 1");
  }
  arithmetic->cell_tanh.multiplier = shift < 0 ? 3 : 3 << shift;
  arithmetic->cell_tanh.shift = shift < 0 ? -shift : 0;
  for (uint32_t i = 0; i < EK_NUM_GATES; ++i) {
    const ek_lstm_gate_t *gate = &lstm->gates[i];
    arithmetic->input[i] = ek_multiplier(lstm->input_scale, gate->weights_scale, EK_FLOAT_2_TO_MINUS_12, 0);
    arithmetic->recurrent[i] = ek_multiplier(lstm->hidden_scale, gate->recurrent_scale, EK_FLOAT_2_TO_MINUS_12, 0);
    if (arithmetic->input[i].shift > 14 || arithmetic->recurrent[i].shift > 14) {
      return ek_call_refuse(call, "scales so large that every gate saturates");
    }
  }
  arithmetic->forget = ek_multiplier(EK_FLOAT_2_TO_MINUS_15, lstm->cell_scale, lstm->cell_scale, 0);
  arithmetic->update = ek_multiplier(EK_FLOAT_2_TO_MINUS_15, EK_FLOAT_2_TO_MINUS_15, lstm->cell_scale, 0);
  arithmetic->hidden = ek_multiplier(EK_FLOAT_2_TO_MINUS_15, EK_FLOAT_2_TO_MINUS_15, lstm->hidden_scale, 0);
  arithmetic->cell_clip = quantize_clip(lstm->cell_clip, lstm->cell_scale);
  return EK_OK;
}

/* The arithmetic in frames of their own: decoding operands goes deep enough without it. */
static EK_OWN_FRAME ek_status_t check_scales(ek_call_t *call, ek_lstm_t *lstm) {
  arithmetic_t arithmetic;
  return prepare(call, lstm, &arithmetic);
}

static EK_OWN_FRAME ek_status_t compute(ek_call_t *call, ek_lstm_t *lstm, ek_type_t type) {
  arithmetic_t arithmetic;
  arithmetic.type = type;
  EK_TRY(prepare(call, lstm, &arithmetic));
  ek_lstm_run(lstm, type == EK_INT8 ? 1u : 2u, run_unit, &arithmetic);
  return EK_OK;
}

ek_status_t ek_lstm_quantized_check(ek_call_t *call, ek_type_t type, ek_type_t bias) {
  ek_lstm_t lstm;
  EK_TRY(ek_lstm_decode(call, type, EK_INT8, bias, EK_INT16, &lstm));
  return check_scales(call, &lstm);
}

ek_status_t ek_lstm_quantized_run(ek_call_t *call, ek_type_t type, ek_type_t bias) {
  ek_lstm_t lstm;
  EK_TRY(ek_lstm_decode(call, type, EK_INT8, bias, EK_INT16, &lstm));
  return compute(call, &lstm, type);
}
