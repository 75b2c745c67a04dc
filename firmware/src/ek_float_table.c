/* SPDX-License-Identifier: Apache-2.0 */
#include "ek_float_table.h"

#include "ek_math.h"

#define TOO_LARGE 1073741824.0f /* 2^30: a zero point more still fits an int32 */

typedef struct {
  float (*function)(float x);
  float scale, inverse_scale;
  int32_t zero_in, zero_out;
} table_t;

static table_t prepare(const ek_unary_t *unary, float (*function)(float x)) {
  float out_scale;
  table_t table = {.function = function};
  memcpy(&table.scale, &unary->input.scale, sizeof table.scale);
  memcpy(&out_scale, &unary->output.scale, sizeof out_scale);
  table.inverse_scale = 1.0f / out_scale;
  table.zero_in = unary->input.zero_point;
  table.zero_out = unary->output.zero_point;
  return table;
}

static float steps_of(const table_t *table, int32_t value) {
  return table->function(table->scale * (float)(value - table->zero_in)) * table->inverse_scale;
}

static int32_t evaluate(const void *context, int32_t value) {
  const table_t *table = context;
  const float steps = steps_of(table, value);
  return steps > -TOO_LARGE ? (int32_t)(ek_round_half_away(steps) + (float)table->zero_out) : INT32_MIN;
}

ek_status_t ek_float_table_check(ek_call_t *call, float (*function)(float x)) {
  ek_unary_t unary;
  EK_TRY(ek_unary_check(call, &unary, EK_INT8));
  const table_t table = prepare(&unary, function);
  /* The functions rise, so the largest input tells. */
  return steps_of(&table, INT8_MAX) < TOO_LARGE ? EK_OK
                                                : ek_call_refuse(call, "an output scale too small for the results");
}

ek_status_t ek_float_table_run(ek_call_t *call, float (*function)(float x)) {
  ek_unary_t unary;
  EK_TRY(ek_unary_decode(call, &unary));
  const table_t table = prepare(&unary, function);
  ek_unary_run_integers(call, &unary, evaluate, &table);
  return EK_OK;
}
