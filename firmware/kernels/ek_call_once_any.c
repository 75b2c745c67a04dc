/* SPDX-License-Identifier: Apache-2.0 */
/* CALL_ONCE: runs a subgraph without inputs or outputs, which initializes variables, once after a load or reset. */
#include "ek_control.h"
#include "ek_plan.h"

enum { OPTION_SUBGRAPH = 0 };

static ek_status_t callee(ek_call_t *call, uint32_t position, uint32_t *subgraph) {
  *subgraph = EK_NOWHERE;
  return position > 0u ? EK_OK : ek_control_callee(call, OPTION_SUBGRAPH, subgraph);
}

static ek_status_t check(ek_call_t *call) {
  uint32_t subgraph;
  const ek_vector_t nothing = {0u, 0u};
  EK_TRY(callee(call, 0u, &subgraph));
  EK_TRY(ek_control_check(call, subgraph, EK_CALLEE_INPUTS, nothing, 0u));
  return ek_control_check(call, subgraph, EK_CALLEE_OUTPUTS, nothing, 0u);
}

static ek_status_t scratch(ek_call_t *call, uint32_t *num_bytes) {
  uint32_t subgraph;
  EK_TRY(callee(call, 0u, &subgraph));
  return ek_control_scratch(call, subgraph, subgraph, num_bytes);
}

static ek_status_t run(ek_call_t *call) {
  uint32_t subgraph;
  EK_TRY(callee(call, 0u, &subgraph));
  uint32_t *word = &call->runtime->initialized[subgraph / 32u];
  const uint32_t bit = 1u << subgraph % 32u;
  if ((*word & bit) == 0u) {
    *word |= bit;
    call->callee = subgraph;
  }
  return EK_OK;
}

const ek_kernel_t ek_call_once_any = {.name = "CALL_ONCE",
                                      .builtin = 129,
                                      .type = EK_ANY_TYPE,
                                      .check = EK_AT_LOAD(check),
                                      .run = run,
                                      .outputs = EK_NO_OUTPUT,
                                      .scratch = EK_AT_LOAD(scratch),
                                      .callee = EK_AT_LOAD(callee)};
