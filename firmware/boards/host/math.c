/* SPDX-License-Identifier: Apache-2.0 */
/* The functions of ek_math.h on whole arrays, by name, for tests. */
#include "ek_math.h"

#include <string.h>

#include "host.h"

typedef struct {
  const char *name;
  float (*function)(float x);
} function_t;

static const function_t functions[] = {
    {"exp", ek_expf},     {"expm1", ek_expm1f}, {"log", ek_logf},     {"tanh", ek_tanhf},
    {"sin", ek_sinf},     {"cos", ek_cosf},     {"sqrt", ek_sqrtf},   {"rsqrt", ek_rsqrtf},
    {"floor", ek_floorf}, {"ceil", ek_ceilf},   {"trunc", ek_truncf}, {"round", ek_roundf},
    {"logistic", ek_logisticf},                 {"round_half_away", ek_round_half_away},
};

int32_t ek_host_math(const char *name, const float *x, float *result, uint32_t count) {
  for (uint32_t f = 0; f < sizeof functions / sizeof functions[0]; ++f) {
    if (strcmp(functions[f].name, name) == 0) {
      for (uint32_t i = 0; i < count; ++i) {
        result[i] = functions[f].function(x[i]);
      }
      return 0;
    }
  }
  return -1;
}

void ek_host_fmod(const float *x, const float *y, float *result, uint32_t count) {
  for (uint32_t i = 0; i < count; ++i) {
    result[i] = ek_fmodf(x[i], y[i]);
  }
}
