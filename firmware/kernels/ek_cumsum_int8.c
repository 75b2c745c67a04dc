/* SPDX-License-Identifier: Apache-2.0 */
/* CUMSUM, int8. Entries are brought to half the input's scale over 2^20, summed, and brought to the output's:
 *   term = requantize((in − z_in) · 2^20, 1/2),
 *   out = clamp(z_out + requantize(sum, 2·s_in / (2^20 · s_out))).
 * The reference starts with the term of an entry of 0, which is 0 only if z_in is; so does this.
 * Source: tensorflow/lite/kernels/internal/reference/cumsum.h.
 */
#include "ek_cumsum.h"

#define LEFT_SHIFT 20

static ek_multiplier_t output_multiplier(const ek_cumsum_t *cumsum) {
  return ek_multiplier(cumsum->input.scale, EK_FLOAT_ONE, cumsum->output.scale, 1 - LEFT_SHIFT);
}

static ek_status_t check(ek_call_t *call) {
  ek_cumsum_t cumsum;
  EK_TRY(ek_cumsum_decode(call, &cumsum));
  EK_TRY(ek_call_require_per_tensor(call, &cumsum.input, EK_INT8));
  EK_TRY(ek_call_require_per_tensor(call, &cumsum.output, EK_INT8));
  return output_multiplier(&cumsum).shift <= 0
             ? EK_OK
             : ek_call_refuse(call, "an output scale below a millionth of the input's");
}

/* (in − z_in) · 2^20 / 2, exactly. */
static int32_t term(const ek_cumsum_t *cumsum, int32_t value) {
  return (value - cumsum->input.zero_point) * (1 << (LEFT_SHIFT - 1));
}

static ek_status_t run(ek_call_t *call) {
  ek_cumsum_t cumsum;
  EK_TRY(ek_cumsum_decode(call, &cumsum));
  const ek_multiplier_t multiplier = output_multiplier(&cumsum);
  const int8_t *in = (const int8_t *)cumsum.input.data;
  int8_t *out = (int8_t *)cumsum.output.data;
  for (int32_t row = 0; row < cumsum.num_rows; ++row) {
    int32_t at = ek_cumsum_start(&cumsum, row);
    int32_t sum = term(&cumsum, 0);
    for (int32_t i = 0; i < cumsum.size; ++i) {
      const int32_t before = sum;
      sum = ek_wrapping_add(sum, term(&cumsum, in[at]));
      const int32_t scaled = ek_requantize(cumsum.exclusive ? before : sum, multiplier);
      out[at] = (int8_t)ek_clamp(ek_wrapping_add(scaled, cumsum.output.zero_point), INT8_MIN, INT8_MAX);
      at += cumsum.stride;
    }
  }
  return EK_OK;
}

const ek_kernel_t ek_cumsum_int8 = {
    .name = "CUMSUM", .builtin = 128, .type = EK_INT8, .is_view = false, .check = EK_AT_LOAD(check), .run = run};
