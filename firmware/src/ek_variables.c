/* SPDX-License-Identifier: Apache-2.0 */
#include "ek_variables.h"

#include "ek_plan.h"

enum { OPTION_CONTAINER = 0, OPTION_SHARED_NAME = 1 };

static ek_variable_t *variable(const ek_runtime_t *runtime, uint32_t number) {
  return (ek_variable_t *)(void *)runtime->arena + number;
}

static bool equal(const ek_runtime_t *runtime, ek_vector_t a, ek_vector_t b) {
  const uint8_t *bytes = runtime->model.file.bytes;
  return a.length == b.length && memcmp(bytes + a.position, bytes + b.position, a.length) == 0;
}

static ek_status_t too_many(ek_runtime_t *runtime, const char *message) {
  return ek_fail(&runtime->fault, EK_UNSUPPORTED, EK_NOWHERE, EK_NOWHERE, message);
}

/* A file may leave the container out, or have it empty: both mean the same. */
static ek_status_t read_names(ek_runtime_t *runtime, uint32_t options, ek_vector_t names[2]) {
  names[0] = (ek_vector_t){0u, 0u};
  names[1] = (ek_vector_t){0u, 0u};
  if (options == 0u) {
    return EK_OK;
  }
  EK_TRY(ek_fb_vector(&runtime->model.file, options, OPTION_CONTAINER, 1u, &names[0]));
  EK_TRY(ek_fb_vector(&runtime->model.file, options, OPTION_SHARED_NAME, 1u, &names[1]));
  return names[0].length > EK_MAX_VARIABLE_NAME || names[1].length > EK_MAX_VARIABLE_NAME
             ? too_many(runtime, "a variable whose name has more than 255 bytes")
             : EK_OK;
}

ek_status_t ek_variables_number(ek_runtime_t *runtime, uint32_t options, uint32_t *number) {
  ek_vector_t wanted[2];
  ek_vector_t names[2];
  EK_TRY(read_names(runtime, options, wanted));
  for (*number = 0u; *number < runtime->num_variables; ++*number) {
    EK_TRY(read_names(runtime, variable(runtime, *number)->options, names));
    if (equal(runtime, names[0], wanted[0]) && equal(runtime, names[1], wanted[1])) {
      return EK_OK;
    }
  }
  return EK_OK; /* num_variables: it is not listed */
}

static EK_OWN_FRAME ek_status_t declare(ek_runtime_t *runtime, const ek_operator_t *operator_) {
  uint32_t number;
  EK_TRY(ek_variables_number(runtime, operator_->options, &number));
  if (number < runtime->num_variables) {
    return EK_OK;
  }
  if (number == EK_MAX_VARIABLES) {
    return too_many(runtime, "more than 256 variables");
  }
  if ((number + 1u) * (uint32_t)sizeof(ek_variable_t) > runtime->arena_size) {
    return ek_fail(&runtime->fault, EK_NO_MEMORY, EK_NOWHERE, EK_NOWHERE, "the arena is too small to plan in");
  }
  *variable(runtime, number) = (ek_variable_t){.options = operator_->options};
  ++runtime->num_variables;
  return EK_OK;
}

/* The number of the variable that tensor `index` of the current subgraph is a handle of, as far as a VAR_HANDLE in the
 * same subgraph tells. */
static EK_OWN_FRAME ek_status_t find_handle(ek_runtime_t *runtime, int32_t index, uint32_t *number) {
  ek_operator_t operator_;
  *number = EK_NO_OVERLAP;
  for (uint32_t i = 0; i < runtime->model.operators.length; ++i) {
    EK_TRY(ek_model_operator(&runtime->model, i, &operator_, &runtime->fault));
    if (operator_.builtin == EK_BUILTIN_VAR_HANDLE &&
        ek_model_tensor_index(&runtime->model, operator_.outputs, 0u) == index && index >= 0) {
      return ek_variables_number(runtime, operator_.options, number);
    }
  }
  return EK_OK;
}

static EK_OWN_FRAME ek_status_t size(ek_runtime_t *runtime, const ek_operator_t *operator_) {
  uint32_t number;
  ek_tensor_t value;
  const int32_t source = ek_model_tensor_index(&runtime->model, operator_->inputs, 1u);
  EK_TRY(find_handle(runtime, ek_model_tensor_index(&runtime->model, operator_->inputs, 0u), &number));
  if (source < 0 || number >= runtime->num_variables || variable(runtime, number)->bytes != 0u) {
    return EK_OK; /* sized before, or not to be known yet */
  }
  EK_TRY(ek_model_tensor(&runtime->model, (uint32_t)source, &value, &runtime->fault));
  variable(runtime, number)->bytes = value.num_bytes;
  variable(runtime, number)->fill = (uint32_t)value.zero_point & 0xFFu;
  return ek_plan_persistent(runtime, value.num_bytes, &variable(runtime, number)->place);
}

static ek_status_t ignore(ek_runtime_t *runtime, const ek_operator_t *operator_) {
  (void)runtime;
  (void)operator_;
  return EK_OK;
}

/* Shows each operator of a kind to `visit`, at most `most` of them. */
static ek_status_t walk(ek_runtime_t *runtime, int32_t builtin, uint32_t most,
                        ek_status_t (*visit)(ek_runtime_t *, const ek_operator_t *)) {
  ek_operator_t operator_;
  uint32_t count = 0u;
  for (uint32_t graph = 0; graph < runtime->model.subgraphs.length; ++graph) {
    EK_TRY(ek_model_enter(&runtime->model, graph, &runtime->fault));
    for (uint32_t i = 0; i < runtime->model.operators.length; ++i) {
      EK_TRY(ek_model_operator(&runtime->model, i, &operator_, &runtime->fault));
      if (operator_.builtin == builtin) {
        if (++count > most) {
          return too_many(runtime, "more than 256 operators that read variables, or assign to them");
        }
        EK_TRY(visit(runtime, &operator_));
      }
    }
  }
  return EK_OK;
}

ek_status_t ek_variables_find(ek_runtime_t *runtime) {
  EK_TRY(walk(runtime, EK_BUILTIN_VAR_HANDLE, UINT32_MAX, declare));
  EK_TRY(walk(runtime, EK_BUILTIN_READ_VARIABLE, EK_MAX_VARIABLE_USES, ignore));
  EK_TRY(walk(runtime, EK_BUILTIN_ASSIGN_VARIABLE, EK_MAX_VARIABLE_USES, size));
  return ek_model_enter(&runtime->model, 0u, &runtime->fault);
}

ek_status_t ek_variables_value(ek_call_t *call, const ek_tensor_t *handle, uint32_t num_bytes, uint8_t **value) {
  ek_runtime_t *runtime = call->runtime;
  const uint32_t number = ek_load_u32(handle->data);
  if (number >= runtime->num_variables || variable(runtime, number)->bytes != num_bytes) {
    return ek_fail(&runtime->fault, EK_RUNTIME_FAILED, call->operator_.index, handle->index,
                   "the handle is of no variable of this size");
  }
  *value = runtime->arena + runtime->persistent + variable(runtime, number)->place;
  return EK_OK;
}

ek_status_t ek_variables_bytes(ek_call_t *call, uint32_t *num_bytes) {
  ek_runtime_t *runtime = call->runtime;
  uint32_t number;
  *num_bytes = EK_NO_OVERLAP;
  if (runtime->is_planning) {
    EK_TRY(find_handle(runtime, ek_model_tensor_index(&runtime->model, call->operator_.inputs, 0u), &number));
    if (number < runtime->num_variables) {
      *num_bytes = variable(runtime, number)->bytes;
    }
  }
  return EK_OK;
}

void ek_variables_reset(ek_runtime_t *runtime) {
  for (uint32_t i = 0; i < runtime->num_variables; ++i) {
    const ek_variable_t *self = variable(runtime, i);
    memset(runtime->arena + runtime->persistent + self->place, (int)self->fill, self->bytes);
  }
}
