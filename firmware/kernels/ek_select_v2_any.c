/* SPDX-License-Identifier: Apache-2.0 */
/* SELECT_V2, any type: condition ? a : b, element by element, all three broadcast. */
#include "ek_shape.h"

enum { CONDITION = 0, NUM_SOURCES = 3 };

typedef struct {
  const uint8_t *data[NUM_SOURCES];
  int32_t steps[NUM_SOURCES][EK_MAX_RANK]; /* along the output's axes; 0 where the source repeats */
} sources_t;

static ek_status_t check(ek_call_t *call) {
  ek_tensor_t source;
  ek_tensor_t output;
  int32_t dims[EK_MAX_RANK] = {1, 1, 1, 1, 1, 1};
  uint32_t rank = 0u;
  EK_TRY(ek_call_output(call, 0u, &output));
  for (uint32_t i = 0; i < NUM_SOURCES; ++i) {
    EK_TRY(ek_call_input(call, i, &source));
    if (source.type != (i == CONDITION ? (uint8_t)EK_BOOL : output.type)) {
      return ek_call_reject(call, "the condition is not bool, or the choices are not of the output's type");
    }
    rank = source.rank > rank ? source.rank : rank;
    for (uint32_t axis = 0; axis < output.rank && source.rank <= output.rank; ++axis) {
      const int32_t extent = ek_broadcast_extent(&source, axis, output.rank);
      if (extent != 1 && extent != output.dims[axis]) {
        return ek_call_reject(call, "the shapes do not broadcast to the output's");
      }
      dims[axis] = extent > dims[axis] ? extent : dims[axis];
    }
  }
  return ek_call_require_shape(call, &output, rank, dims);
}

static ek_status_t find_source(ek_call_t *call, uint32_t index, const ek_tensor_t *output, sources_t *sources) {
  ek_tensor_t source;
  int32_t steps[EK_MAX_RANK];
  EK_TRY(ek_call_input(call, index, &source));
  ek_byte_steps(&source, steps);
  sources->data[index] = source.data;
  for (uint32_t axis = 0; axis < output->rank; ++axis) {
    const bool repeats = ek_broadcast_extent(&source, axis, output->rank) == 1;
    sources->steps[index][axis] = repeats ? 0 : steps[axis + source.rank - output->rank];
  }
  return EK_OK;
}

static ek_status_t run(ek_call_t *call) {
  ek_tensor_t output;
  sources_t sources;
  int32_t position[EK_MAX_RANK] = {0};
  EK_TRY(ek_call_output(call, 0u, &output));
  for (uint32_t i = 0; i < NUM_SOURCES; ++i) {
    EK_TRY(find_source(call, i, &output, &sources));
  }
  const uint32_t bytes = ek_type_bytes(output.type);
  for (uint32_t i = 0; i < output.num_elements; ++i) {
    memcpy(output.data + i * bytes, *sources.data[CONDITION] != 0u ? sources.data[1] : sources.data[2], bytes);
    /* Like an odometer: an axis that is through goes back to its start and the one around it moves on. */
    for (uint32_t axis = output.rank; axis > 0u; --axis) {
      const bool through = ++position[axis - 1u] == output.dims[axis - 1u];
      const int32_t moves = through ? 1 - position[axis - 1u] : 1;
      for (uint32_t source = 0; source < NUM_SOURCES; ++source) {
        sources.data[source] += moves * sources.steps[source][axis - 1u];
      }
      if (!through) {
        break;
      }
      position[axis - 1u] = 0;
    }
  }
  return EK_OK;
}

const ek_kernel_t ek_select_v2_any = {
    .name = "SELECT_V2", .builtin = 123, .type = EK_ANY_TYPE, .is_view = false, .check = EK_AT_LOAD(check), .run = run};
