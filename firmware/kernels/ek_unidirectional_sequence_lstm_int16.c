/* SPDX-License-Identifier: Apache-2.0 */
/* UNIDIRECTIONAL_SEQUENCE_LSTM, int16 with weights of int8, biases of int64 and a cell state of int16; see ek_lstm.h. */
#include "ek_lstm.h"

static ek_status_t check(ek_call_t *call) { return ek_lstm_quantized_check(call, EK_INT16, EK_INT64); }

static ek_status_t run(ek_call_t *call) { return ek_lstm_quantized_run(call, EK_INT16, EK_INT64); }

const ek_kernel_t ek_unidirectional_sequence_lstm_int16 = {
    .name = "UNIDIRECTIONAL_SEQUENCE_LSTM", .builtin = 44, .type = EK_INT16, .check = EK_AT_LOAD(check), .run = run};
