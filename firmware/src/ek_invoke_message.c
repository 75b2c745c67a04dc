/* SPDX-License-Identifier: Apache-2.0 */
/* INVOKE: runs the model, or some of its operators, and tells how long each run took. */
#include "ek_handlers.h"
#include "ek_work.h"

#define MAX_WARMUP 0xFFFFu

/* Copies all inputs between their places and `kept`; returns how many bytes that took. */
static EK_OWN_FRAME ek_status_t copy_inputs(ek_device_t *device, uint8_t *kept, bool is_keeping, uint32_t room) {
  uint32_t used = 0u;
  for (uint32_t i = 0; i < device->runtime.model.inputs.length; ++i) {
    ek_tensor_t tensor;
    EK_TRY(ek_runtime_input(&device->runtime, i, &tensor));
    if (tensor.num_bytes > room - used) {
      return ek_refuse_request(device, EK_NO_MEMORY, "no room to keep the inputs for another run: send them before each");
    }
    if (is_keeping) {
      memcpy(kept + used, tensor.data, tensor.num_bytes);
    } else {
      memcpy(tensor.data, kept + used, tensor.num_bytes);
    }
    used += tensor.num_bytes;
  }
  return EK_OK;
}

static ek_status_t run_timed(ek_device_t *device, uint32_t first, uint32_t count, uint32_t *ticks) {
  const ek_port_t *port = device->port;
  if (port->set_trigger != NULL) {
    port->set_trigger(true);
  }
  const uint32_t start = port->ticks();
  const ek_status_t status = ek_runtime_run(&device->runtime, first, count);
  *ticks = port->ticks() - start;
  if (port->set_trigger != NULL) {
    port->set_trigger(false);
  }
  return status;
}

static ek_status_t too_many_runs(ek_device_t *device) {
  return ek_refuse_request(device, EK_BAD_RANGE,
                           "so many runs of this model would take too long: ask for fewer at a time");
}

ek_status_t ek_on_invoke(ek_device_t *device, ek_body_t body) {
  if (body.length != 12u) {
    return ek_refuse_length(device);
  }
  EK_TRY(ek_require_model(device));
  const uint32_t first = ek_load_u16(body.bytes);
  const uint32_t count = ek_load_u16(body.bytes + 2);
  const uint32_t warmup = ek_load_u32(body.bytes + 4);
  const uint32_t runs = ek_load_u32(body.bytes + 8);
  if (runs == 0u || runs > EK_MAX_BODY / 8u || warmup > MAX_WARMUP) {
    return ek_refuse_request(device, EK_BAD_RANGE, "runs must be at least 1 and fit into one reply, warm-up at most 65535");
  }
  /* The arena bounds what copying the inputs back takes for each run; what loops take is added up as they run. */
  uint64_t work = device->runtime.work + device->runtime.arena_used +
                  EK_STEPS_OF_AN_OPERATOR * (uint64_t)device->runtime.model.operators.length;
  work *= (uint64_t)warmup + runs;
  if (work > EK_MAX_INVOKE_WORK) {
    return too_many_runs(device);
  }
  const bool repeats = warmup + runs > 1u;
  if (repeats && (first != 0u || count != EK_ALL_OPERATORS)) {
    return ek_refuse_request(device, EK_BAD_REQUEST, "only the whole model can run more than once");
  }
  uint8_t *spare = device->port->arena + device->runtime.arena_used;
  const uint32_t room = device->port->arena_capacity - device->runtime.arena_used;
  if (repeats) {
    EK_TRY(copy_inputs(device, spare, true, room));
  }
  for (uint32_t i = 0; i < warmup + runs; ++i) {
    uint32_t ticks;
    if (i > 0u) {
      EK_TRY(copy_inputs(device, spare, false, room));
    }
    EK_TRY(run_timed(device, first, count, &ticks));
    work += device->runtime.called_work;
    if (work > EK_MAX_INVOKE_WORK) {
      return too_many_runs(device);
    }
    if (i >= warmup) {
      ek_put_u64(device, ticks);
    }
  }
  return EK_OK;
}
