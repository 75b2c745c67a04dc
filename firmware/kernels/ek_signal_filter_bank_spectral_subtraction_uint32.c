/* SPDX-License-Identifier: Apache-2.0 */
/* SignalFilterBankSpectralSubtraction, uint32: takes from each channel what it mostly is, the noise. With s = in · 2^k:
 *   noise = (s · smoothing + noise · one_minus_smoothing) >> bits
 *   out = max((s − min(noise, s)) >> k, (in · min_remaining) >> bits)
 * Odd channels have smoothing coefficients of their own. The second output is the noise, which is kept from one inference
 * to the next; with `clamping` it never exceeds s. */
#include "ek_signal.h"

enum { ALTERNATE_REST = 0, ALTERNATE_SMOOTHING = 1, CLAMPING = 2, MIN_REMAINING = 3, CHANNELS = 4, REST = 5,
       SMOOTHING = 6, SMOOTHING_BITS = 7, BITS = 8 };
#define NOISE 1u

typedef struct {
  uint32_t smoothing[2]; /* of even and odd channels */
  uint32_t rest[2];
  uint32_t min_remaining, smoothing_bits, bits;
  bool clamping;
} parameters_t;

static ek_status_t option(ek_call_t *call, uint32_t index, int32_t high, uint32_t *value) {
  int32_t given;
  EK_TRY(ek_signal_option(call, index, 0, high, &given));
  *value = (uint32_t)given;
  return EK_OK;
}

static ek_status_t decode(ek_call_t *call, parameters_t *parameters) {
  uint32_t clamping;
  EK_TRY(option(call, SMOOTHING, INT32_MAX, &parameters->smoothing[0]));
  EK_TRY(option(call, ALTERNATE_SMOOTHING, INT32_MAX, &parameters->smoothing[1]));
  EK_TRY(option(call, REST, INT32_MAX, &parameters->rest[0]));
  EK_TRY(option(call, ALTERNATE_REST, INT32_MAX, &parameters->rest[1]));
  EK_TRY(option(call, MIN_REMAINING, INT32_MAX, &parameters->min_remaining));
  EK_TRY(option(call, SMOOTHING_BITS, 31, &parameters->smoothing_bits));
  EK_TRY(option(call, BITS, 63, &parameters->bits));
  EK_TRY(option(call, CLAMPING, 1, &clamping));
  parameters->clamping = clamping != 0u;
  return EK_OK;
}

static ek_status_t check(ek_call_t *call) {
  parameters_t parameters;
  ek_tensor_t noise;
  uint32_t channels;
  EK_TRY(ek_signal_check(call, EK_UINT32, EK_UINT32));
  EK_TRY(decode(call, &parameters));
  EK_TRY(option(call, CHANNELS, INT32_MAX, &channels));
  EK_TRY(ek_call_output(call, NOISE, &noise));
  if (noise.type != EK_UINT32 || noise.num_elements != channels) {
    return ek_call_reject(call, "the noise is not a uint32 for each channel");
  }
  EK_TRY(ek_call_output(call, 0u, &noise));
  return noise.num_elements == channels ? EK_OK : ek_call_reject(call, "another number of channels");
}

static ek_status_t run(ek_call_t *call) {
  parameters_t parameters;
  ek_tensor_t input;
  ek_tensor_t output;
  ek_tensor_t noise;
  EK_TRY(decode(call, &parameters));
  EK_TRY(ek_call_input(call, 0u, &input));
  EK_TRY(ek_call_output(call, 0u, &output));
  EK_TRY(ek_call_output(call, NOISE, &noise));
  for (uint32_t i = 0; i < output.num_elements; ++i) {
    const uint32_t in = ek_load_unsigned(&input, i);
    const uint32_t scaled = in << parameters.smoothing_bits;
    const uint64_t sum = (uint64_t)scaled * parameters.smoothing[i & 1u] +
                         (uint64_t)ek_load_unsigned(&noise, i) * parameters.rest[i & 1u];
    const uint32_t estimate = (uint32_t)(sum >> parameters.bits);
    const uint32_t taken = estimate > scaled ? scaled : estimate;
    ek_store_unsigned(&noise, i, parameters.clamping ? taken : estimate);
    const uint32_t left = (scaled - taken) >> parameters.smoothing_bits;
    const uint32_t least = (uint32_t)((uint64_t)in * parameters.min_remaining >> parameters.bits);
    ek_store_unsigned(&output, i, left > least ? left : least);
  }
  return EK_OK;
}

const ek_kernel_t ek_signal_filter_bank_spectral_subtraction_uint32 = {.name = "SignalFilterBankSpectralSubtraction",
                                                                       .builtin = EK_BUILTIN_CUSTOM,
                                                                       .type = EK_UINT32,
                                                                       .kept_output = 1u + NOISE,
                                                                       .outputs = EK_TWO_OUTPUTS,
                                                                       .check = EK_AT_LOAD(check),
                                                                       .run = run};
