/* SPDX-License-Identifier: Apache-2.0 */
/* SignalFilterBank, uint32 energies to uint64 channels. Channels overlap by half: each band of frequencies counts in one
 * channel with its weights and in the next with its "unweights". With band i from frequency f_i, w_i numbers wide, and its
 * weights from u_i on:
 *   out[i − 1] = Σ_j in[f_i + j] · weight[u_i + j] + Σ_j in[f_(i−1) + j] · unweight[u_(i−1) + j], i = 1 … channels
 * Inputs: energies, weights, unweights, f, u, w; all but the first int16 and constant. */
#include "ek_signal.h"

enum { OPTION_CHANNELS = 0 };

enum { ENERGIES, WEIGHTS, UNWEIGHTS, FREQUENCIES, OFFSETS, WIDTHS, NUM_INPUTS };

/* Where the operands lie and how long they are: whole tensors would not fit the stack. */
typedef struct {
  const uint8_t *inputs[NUM_INPUTS];
  uint32_t lengths[NUM_INPUTS];
  uint8_t *out;
  uint32_t channels;
} bank_t;

static EK_OWN_FRAME ek_status_t decode(ek_call_t *call, bank_t *bank) {
  ek_tensor_t tensor;
  for (uint32_t i = 0; i < NUM_INPUTS; ++i) {
    EK_TRY(ek_call_input(call, i, &tensor));
    if (i == ENERGIES ? tensor.type != EK_UINT32 : tensor.type != EK_INT16 || !tensor.is_constant) {
      return ek_call_reject(call, "the operands are not uint32 energies and constant int16 tables");
    }
    bank->inputs[i] = tensor.data;
    bank->lengths[i] = tensor.num_elements;
  }
  EK_TRY(ek_call_output(call, 0u, &tensor));
  bank->out = tensor.data;
  bank->channels = tensor.num_elements;
  return tensor.type == EK_UINT64 ? EK_OK : ek_call_reject(call, "the channels are not uint64");
}

static int32_t entry(const bank_t *bank, uint32_t table, uint32_t index) {
  return ek_load_i16(bank->inputs[table] + sizeof(int16_t) * index);
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
  if (bank.channels + 1u != bands || bank.lengths[FREQUENCIES] != bands || bank.lengths[OFFSETS] != bands ||
      bank.lengths[WIDTHS] != bands || bank.lengths[WEIGHTS] != bank.lengths[UNWEIGHTS]) {
    return ek_call_reject(call, "the operands are not those of a filter bank of so many channels");
  }
  for (uint32_t i = 0; i < bands; ++i) {
    const int32_t width = entry(&bank, WIDTHS, i);
    if (width > 0 && (!is_inside(entry(&bank, FREQUENCIES, i), width, bank.lengths[ENERGIES]) ||
                      !is_inside(entry(&bank, OFFSETS, i), width, bank.lengths[WEIGHTS]))) {
      return ek_call_reject(call, "a channel that reaches outside the energies or the weights");
    }
  }
  return EK_OK;
}

static ek_status_t run(ek_call_t *call) {
  bank_t bank;
  EK_TRY(decode(call, &bank));
  uint64_t sum = 0u;
  for (uint32_t i = 0; i <= bank.channels; ++i) {
    uint64_t next = 0u;
    for (int32_t j = 0; j < entry(&bank, WIDTHS, i); ++j) {
      const uint32_t frequency = (uint32_t)(entry(&bank, FREQUENCIES, i) + j);
      const uint32_t at = (uint32_t)(entry(&bank, OFFSETS, i) + j);
      const uint64_t energy = ek_load_u32(bank.inputs[ENERGIES] + sizeof(uint32_t) * frequency);
      sum += energy * (uint64_t)(int64_t)entry(&bank, WEIGHTS, at);
      next += energy * (uint64_t)(int64_t)entry(&bank, UNWEIGHTS, at);
    }
    if (i > 0u) {
      memcpy(bank.out + sizeof sum * (i - 1u), &sum, sizeof sum);
    }
    sum = next;
  }
  return EK_OK;
}

const ek_kernel_t ek_signal_filter_bank_uint32 = {.name = "SignalFilterBank",
                                                  .builtin = EK_BUILTIN_CUSTOM,
                                                  .type = EK_UINT32,
                                                  .check = EK_AT_LOAD(check),
                                                  .run = run};
