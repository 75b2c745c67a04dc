/* SPDX-License-Identifier: Apache-2.0 */
/* What IF, WHILE and CALL_ONCE share: values that go into a subgraph and come out of it.
 *
 * `list` is a list of the calling operator's tensors, from entry `skip` on; it is matched one to one with the inputs or
 * outputs of a subgraph. The subgraph's plan lies in the operator's working memory, apart from all these tensors.
 */
#ifndef EK_CONTROL_H
#define EK_CONTROL_H

#include "ek_kernel.h"

typedef enum { EK_CALLEE_INPUTS, EK_CALLEE_OUTPUTS } ek_side_t;

/* The subgraph that option `id` names; refuses one that does not exist and the main one. */
EK_MUST_CHECK ek_status_t ek_control_callee(ek_call_t *call, uint32_t id, uint32_t *subgraph);

/* At load: as many tensors on both sides, of the same types and sizes. */
EK_MUST_CHECK ek_status_t ek_control_check(ek_call_t *call, uint32_t subgraph, ek_side_t side, ek_vector_t list,
                                           uint32_t skip);

/* At run time: copies the list into the callee's inputs, or the callee's outputs into the list. */
EK_MUST_CHECK ek_status_t ek_control_copy(ek_call_t *call, uint32_t subgraph, ek_side_t side, ek_vector_t list,
                                          uint32_t skip);

/* The one element of a bool tensor of the operator's inputs, or of the callee's outputs. */
EK_MUST_CHECK ek_status_t ek_control_condition(ek_call_t *call, bool *is_true);
EK_MUST_CHECK ek_status_t ek_control_callee_condition(ek_call_t *call, uint32_t subgraph, bool *is_true);

/* At load: the callee has one output, one bool. */
EK_MUST_CHECK ek_status_t ek_control_check_condition(ek_call_t *call, uint32_t subgraph);

/* Bytes of the larger plan of two callees. */
EK_MUST_CHECK ek_status_t ek_control_scratch(ek_call_t *call, uint32_t first, uint32_t second, uint32_t *num_bytes);

#endif
