/* SPDX-License-Identifier: Apache-2.0 */
/* IF, whatever the types.
 *   condition () bool; inputs … go to the branch, whose outputs become the operator's.
 * Round 0 hands the inputs to the branch and has it run, round 1 takes its outputs.
 */
#include "ek_control.h"

enum { OPTION_THEN = 0, OPTION_ELSE = 1 };

static ek_status_t callee(ek_call_t *call, uint32_t position, uint32_t *subgraph) {
  return ek_control_callee(call, position == 0u ? OPTION_THEN : OPTION_ELSE, subgraph);
}

static ek_status_t check(ek_call_t *call) {
  ek_tensor_t condition;
  EK_TRY(ek_call_input(call, 0u, &condition));
  if (condition.type != EK_BOOL || condition.num_elements != 1u) {
    return ek_call_refuse(call, "a condition must be one bool");
  }
  for (uint32_t i = 0; i < 2u; ++i) {
    uint32_t subgraph;
    EK_TRY(callee(call, i, &subgraph));
    EK_TRY(ek_control_check(call, subgraph, EK_CALLEE_INPUTS, call->operator_.inputs, 1u));
    EK_TRY(ek_control_check(call, subgraph, EK_CALLEE_OUTPUTS, call->operator_.outputs, 0u));
  }
  return EK_OK;
}

static ek_status_t scratch(ek_call_t *call, uint32_t *num_bytes) {
  uint32_t first;
  uint32_t second;
  EK_TRY(callee(call, 0u, &first));
  EK_TRY(callee(call, 1u, &second));
  return ek_control_scratch(call, first, second, num_bytes);
}

static ek_status_t run(ek_call_t *call) {
  bool is_true;
  uint32_t branch;
  EK_TRY(ek_control_condition(call, &is_true));
  EK_TRY(callee(call, is_true ? 0u : 1u, &branch));
  if (call->round > 0u) {
    return ek_control_copy(call, branch, EK_CALLEE_OUTPUTS, call->operator_.outputs, 0u);
  }
  call->callee = branch;
  return ek_control_copy(call, branch, EK_CALLEE_INPUTS, call->operator_.inputs, 1u);
}

const ek_kernel_t ek_if_any = {.name = "IF",
                               .builtin = 118,
                               .type = EK_ANY_TYPE,
                               .outputs = EK_COUNTED_OUTPUTS,
                               .check = EK_AT_LOAD(check),
                               .run = run,
                               .scratch = EK_AT_LOAD(scratch),
                               .callee = EK_AT_LOAD(callee)};
