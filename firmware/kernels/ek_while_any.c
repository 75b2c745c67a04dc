/* SPDX-License-Identifier: Apache-2.0 */
/* WHILE, whatever the types.
 *   inputs (the state) → outputs (the state after the loop), of the same types and sizes.
 * The outputs hold the state. Even rounds hand it to the condition, odd ones look at what the condition said and hand the
 * state to the body. The runtime bounds what all rounds may take (ek_work.h).
 */
#include "ek_control.h"

enum { OPTION_CONDITION = 0, OPTION_BODY = 1 };

static ek_status_t callee(ek_call_t *call, uint32_t position, uint32_t *subgraph) {
  return ek_control_callee(call, position == 0u ? OPTION_CONDITION : OPTION_BODY, subgraph);
}

static ek_status_t check(ek_call_t *call) {
  uint32_t condition;
  uint32_t body;
  EK_TRY(callee(call, 0u, &condition));
  EK_TRY(callee(call, 1u, &body));
  if (call->operator_.inputs.length == 0u) {
    return ek_call_refuse(call, "a loop without state");
  }
  EK_TRY(ek_control_check(call, condition, EK_CALLEE_INPUTS, call->operator_.inputs, 0u));
  EK_TRY(ek_control_check_condition(call, condition));
  EK_TRY(ek_control_check(call, body, EK_CALLEE_INPUTS, call->operator_.inputs, 0u));
  EK_TRY(ek_control_check(call, body, EK_CALLEE_INPUTS, call->operator_.outputs, 0u));
  return ek_control_check(call, body, EK_CALLEE_OUTPUTS, call->operator_.outputs, 0u);
}

static ek_status_t scratch(ek_call_t *call, uint32_t *num_bytes) {
  uint32_t condition;
  uint32_t body;
  EK_TRY(callee(call, 0u, &condition));
  EK_TRY(callee(call, 1u, &body));
  return ek_control_scratch(call, condition, body, num_bytes);
}

static EK_OWN_FRAME ek_status_t begin(ek_call_t *call) {
  ek_tensor_t input;
  ek_tensor_t output;
  for (uint32_t i = 0; i < call->operator_.outputs.length; ++i) {
    EK_TRY(ek_call_input(call, i, &input));
    EK_TRY(ek_call_output(call, i, &output));
    memcpy(output.data, input.data, output.num_bytes);
  }
  return EK_OK;
}

static ek_status_t run(ek_call_t *call) {
  uint32_t condition;
  uint32_t body;
  EK_TRY(callee(call, 0u, &condition));
  EK_TRY(callee(call, 1u, &body));
  const ek_vector_t state = call->operator_.outputs;
  if (call->round % 2u == 0u) {
    EK_TRY(call->round == 0u ? begin(call) : ek_control_copy(call, body, EK_CALLEE_OUTPUTS, state, 0u));
    call->callee = condition;
    return ek_control_copy(call, condition, EK_CALLEE_INPUTS, state, 0u);
  }
  bool goes_on;
  EK_TRY(ek_control_callee_condition(call, condition, &goes_on));
  if (!goes_on) {
    return EK_OK;
  }
  call->callee = body;
  return ek_control_copy(call, body, EK_CALLEE_INPUTS, state, 0u);
}

const ek_kernel_t ek_while_any = {.name = "WHILE",
                                  .builtin = 119,
                                  .type = EK_ANY_TYPE,
                                  .outputs = EK_COUNTED_OUTPUTS,
                                  .check = EK_AT_LOAD(check),
                                  .run = run,
                                  .scratch = EK_AT_LOAD(scratch),
                                  .callee = EK_AT_LOAD(callee)};
