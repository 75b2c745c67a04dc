/* SPDX-License-Identifier: Apache-2.0 */
/* SignalFilterBank, uint32 energies to uint64 channels. Channels overlap by half: each band of frequencies counts in one
 * channel with its weights and in the next with its "unweights". With band i from frequency f_i, w_i numbers wide, and its
 * weights from u_i on:
 *   out[i − 1] = Σ_j in[f_i + j] · weight[u_i + j] + Σ_j in[f_(i−1) + j] · unweight[u_(i−1) + j], i = 1 … channels
 * Inputs: energies, weights, unweights, f, u, w; all but the first int16 and constant. */
#include "ek_signal.h"

enum { OPTION_CHANNELS = 0 };

typedef struct {
  ek_tensor_t energies, weights, unweights, frequencies, offsets, widths, output;
} bank_t;

static ek_status_t decode(ek_call_t *call, bank_t *bank) {
  EK_TRY(ek_call_input(call, 0u, &bank->energies));
  EK_TRY(ek_call_input(call, 1u, &bank->weights));
  EK_TRY(ek_call_input(call, 2u, &bank->unweights));
  EK_TRY(ek_call_input(call, 3u, &bank->frequencies));
  EK_TRY(ek_call_input(call, 4u, &bank->offsets));
  EK_TRY(ek_call_input(call, 5u, &bank->widths));
  return ek_call_output(call, 0u, &bank->output);
}

static bool is_table(const ek_tensor_t *tensor, uint32_t length) {
  return tensor->type == EK_INT16 && tensor->is_constant && tensor->num_elements == length;
}

static bool is_inside(int32_t first, int32_t width, uint32_t length) {
  return first >= 0 && (uint32_t)(first + width) <= length;
}

static ek_status_t check(ek_call_t *call) {
  bank_t bank;
  int32_t channels;
  EK_TRY(decode(call, &bank));
  EK_TRY(ek_signal_option(call, OPTION_CHANNELS, 1, INT16_MAX, &channels));
  const uint32_t bands = (uint32_t)channels + 1u;
  if (bank.energies.type != EK_UINT32 || bank.output.type != EK_UINT64 ||
      bank.output.num_elements != (uint32_t)channels || !is_table(&bank.weights, bank.weights.num_elements) ||
      !is_table(&bank.unweights, bank.weights.num_elements) || !is_table(&bank.frequencies, bands) ||
      !is_table(&bank.offsets, bands) || !is_table(&bank.widths, bands)) {
    return ek_call_reject(call, "the operands are not those of a filter bank of so many channels");
  }
  for (uint32_t i = 0; i < bands; ++i) {
    const int32_t width = ek_load_short(&bank.widths, i);
    if (width > 0 && (!is_inside(ek_load_short(&bank.frequencies, i), width, bank.energies.num_elements) ||
                      !is_inside(ek_load_short(&bank.offsets, i), width, bank.weights.num_elements))) {
      return ek_call_reject(call, "a channel that reaches outside the energies or the weights");
    }
  }
  return EK_OK;
}

static ek_status_t run(ek_call_t *call) {
  bank_t bank;
  EK_TRY(decode(call, &bank));
  uint64_t sum = 0u;
  for (uint32_t i = 0; i <= bank.output.num_elements; ++i) {
    uint64_t next = 0u;
    for (int32_t j = 0; j < ek_load_short(&bank.widths, i); ++j) {
      const uint64_t energy = ek_load_unsigned(&bank.energies, (uint32_t)(ek_load_short(&bank.frequencies, i) + j));
      const uint32_t at = (uint32_t)(ek_load_short(&bank.offsets, i) + j);
      sum += energy * (uint64_t)(int64_t)ek_load_short(&bank.weights, at);
      next += energy * (uint64_t)(int64_t)ek_load_short(&bank.unweights, at);
    }
    if (i > 0u) {
      memcpy(bank.output.data + sizeof sum * (i - 1u), &sum, sizeof sum);
    }
    sum = next;
  }
  return EK_OK;
}

const ek_kernel_t ek_signal_filter_bank_uint32 = {
    .name = "SignalFilterBank", .builtin = EK_BUILTIN_CUSTOM, .type = EK_UINT32, .check = check, .run = run};
