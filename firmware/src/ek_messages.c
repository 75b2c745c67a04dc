/* SPDX-License-Identifier: Apache-2.0 */
#include "ek_messages.h"

#include <string.h>

#include "ek_reply.h"
#include "ek_work.h"

#define PROTOCOL_VERSION 1u
#define MAX_WARMUP 0xFFFFu

enum {
  HELLO = EK_KIND_HELLO,
  LOAD_BEGIN = 0x02,
  LOAD_DATA = 0x03,
  LOAD_END = 0x04,
  WRITE_INPUT = 0x05,
  INVOKE = 0x06,
  READ = 0x07,
  STATS = 0x08,
  BYE = 0x0B,
  RESET_STATE = 0x0C
};
enum { CAPABILITY_STEP = 1u, CAPABILITY_TENSORS = 2u, CAPABILITY_RESIDENT = 8u };
enum { SPACE_INPUT = 0u, SPACE_OUTPUT = 1u, SPACE_TENSOR = 2u };
enum { STAT_ARENA = 1u, STAT_FIRMWARE = 2u, STAT_STACK = 3u, STAT_SETUP_TICKS = 5u };

#ifdef EK_RESIDENT_SHA256
#define CAPABILITIES (CAPABILITY_STEP | CAPABILITY_TENSORS | CAPABILITY_RESIDENT)
#else
#define CAPABILITIES (CAPABILITY_STEP | CAPABILITY_TENSORS)
#endif

#ifndef EK_VERSION
#define EK_VERSION "unknown"
#endif
#ifndef EK_BUILD
#define EK_BUILD "unknown"
#endif

/* The body of a request; every length is checked before anything behind it is read. */
typedef struct {
  const uint8_t *bytes;
  uint32_t length;
} body_t;

/* Handlers stay functions of their own: the one that runs the model must not carry the others' buffers on its stack. */
#define HANDLER static __attribute__((noinline)) ek_status_t

static ek_status_t refuse(ek_device_t *device, ek_status_t status, const char *message) {
  device->runtime.fault.status = EK_OK;
  return ek_fail(&device->runtime.fault, status, EK_NOWHERE, EK_NOWHERE, message);
}

static ek_status_t bad_body(ek_device_t *device) {
  return refuse(device, EK_BAD_REQUEST, "the request's body has the wrong length");
}

HANDLER hello(ek_device_t *device, body_t body) {
  const ek_port_t *port = device->port;
  if (body.length != 2u) {
    return bad_body(device);
  }
  if (ek_load_u16(body.bytes) != PROTOCOL_VERSION) {
    return refuse(device, EK_BAD_REQUEST, "this firmware speaks protocol version 1");
  }
  ek_put_u16(device, PROTOCOL_VERSION);
  ek_put_u16(device, CAPABILITIES);
  ek_put_u32(device, EK_MAX_BODY);
  ek_put_u32(device, port->model_capacity);
  ek_put_u32(device, port->arena_capacity);
  ek_put_u32(device, port->timer_hz);
  ek_put_string(device, port->board);
  ek_put_string(device, "edgekit-runtime");
  ek_put_string(device, EK_VERSION);
  ek_put_string(device, EK_BUILD);
  ek_put_string(device, port->identity);
  return EK_OK;
}

/* Checks and plans the model. */
static ek_status_t load_model(ek_device_t *device, const uint8_t *model, uint32_t num_bytes) {
  const ek_port_t *port = device->port;
  const uint32_t start = port->ticks();
  device->is_loaded = false;
  EK_TRY(ek_runtime_load(&device->runtime, model, num_bytes, port->arena, port->arena_capacity));
  device->setup_ticks = port->ticks() - start;
  device->is_loaded = true;
  return EK_OK;
}

static void put_loaded(ek_device_t *device, const uint8_t *digest) {
  ek_put(device, digest, EK_SHA256_BYTES);
  ek_put_u32(device, device->runtime.arena_used);
  ek_put_u16(device, (uint16_t)device->runtime.model.operators.length);
  ek_put_u16(device, (uint16_t)device->runtime.model.inputs.length);
  ek_put_u16(device, (uint16_t)device->runtime.model.outputs.length);
}

#ifdef EK_RESIDENT_SHA256
/* A firmware that carries its model: it takes no other, and loads this one at start-up and at every LOAD_END. */
extern const uint8_t ek_resident_model[], ek_resident_model_end[];

HANDLER load_resident(ek_device_t *device) {
  return load_model(device, ek_resident_model, (uint32_t)(ek_resident_model_end - ek_resident_model));
}

HANDLER load_begin(ek_device_t *device, body_t body) {
  (void)body;
  return refuse(device, EK_BAD_STATE, "this firmware carries its model and takes no other");
}

HANDLER load_data(ek_device_t *device, body_t body) { return load_begin(device, body); }

HANDLER load_end(ek_device_t *device, body_t body) {
  static const uint8_t digest[EK_SHA256_BYTES] = {EK_RESIDENT_SHA256};
  if (body.length != 0u) {
    return bad_body(device);
  }
  EK_TRY(load_resident(device));
  put_loaded(device, digest);
  return EK_OK;
}

static void forget_model(ek_device_t *device) { (void)device; }

void ek_start(ek_device_t *device) {
  if (load_resident(device) != EK_OK) {
    device->is_loaded = false; /* LOAD_END says why */
  }
}
#else
HANDLER load_begin(ek_device_t *device, body_t body) {
  if (body.length != 4u + EK_SHA256_BYTES) {
    return bad_body(device);
  }
  device->is_loaded = false;
  device->is_loading = false;
  const uint32_t num_bytes = ek_load_u32(body.bytes);
  if (num_bytes > device->port->model_capacity) {
    return refuse(device, EK_TOO_LARGE, "the model is larger than the board's memory for it");
  }
  device->announced_bytes = num_bytes;
  device->received_bytes = 0u;
  memcpy(device->announced_sha256, body.bytes + 4, EK_SHA256_BYTES);
  device->is_loading = true;
  return EK_OK;
}

HANDLER load_data(ek_device_t *device, body_t body) {
  if (body.length < 4u) {
    return bad_body(device);
  }
  const uint32_t num_bytes = body.length - 4u;
  if (!device->is_loading || ek_load_u32(body.bytes) != device->received_bytes) {
    return refuse(device, EK_BAD_STATE, "this part of the model is not the one that is due");
  }
  if (num_bytes > device->announced_bytes - device->received_bytes) {
    return refuse(device, EK_BAD_RANGE, "more bytes than the model was announced to have");
  }
  memcpy(device->port->model + device->received_bytes, body.bytes + 4, num_bytes);
  device->received_bytes += num_bytes;
  return EK_OK;
}

/* Is the model in memory the one that was announced? In a frame of its own: the load goes deep. */
static EK_OWN_FRAME bool is_as_announced(const ek_device_t *device) {
  uint8_t digest[EK_SHA256_BYTES];
  ek_sha256(device->port->model, device->announced_bytes, digest);
  return memcmp(digest, device->announced_sha256, sizeof digest) == 0;
}

HANDLER load_end(ek_device_t *device, body_t body) {
  if (body.length != 0u) {
    return bad_body(device);
  }
  if (!device->is_loading || device->received_bytes != device->announced_bytes) {
    return refuse(device, EK_BAD_STATE, "the model has not arrived completely");
  }
  device->is_loading = false;
  if (!is_as_announced(device)) {
    return refuse(device, EK_HASH_MISMATCH, "the model in the board's memory is not the one that was announced");
  }
  EK_TRY(load_model(device, device->port->model, device->announced_bytes));
  put_loaded(device, device->announced_sha256); /* equal to what was computed from the memory */
  return EK_OK;
}

static void forget_model(ek_device_t *device) {
  device->is_loaded = false;
  device->is_loading = false;
}

void ek_start(ek_device_t *device) { forget_model(device); }
#endif

static ek_status_t require_model(ek_device_t *device) {
  return device->is_loaded ? EK_OK : refuse(device, EK_BAD_STATE, "no model is loaded");
}

HANDLER write_input(ek_device_t *device, body_t body) {
  ek_tensor_t tensor;
  if (body.length < 6u) {
    return bad_body(device);
  }
  EK_TRY(require_model(device));
  EK_TRY(ek_runtime_input(&device->runtime, ek_load_u16(body.bytes), &tensor));
  const uint32_t offset = ek_load_u32(body.bytes + 2);
  const uint32_t num_bytes = body.length - 6u;
  if (offset > tensor.num_bytes || num_bytes > tensor.num_bytes - offset) {
    return refuse(device, EK_BAD_RANGE, "outside the input tensor");
  }
  memcpy(tensor.data + offset, body.bytes + 6, num_bytes);
  return EK_OK;
}

/* Copies all inputs between their places and `kept`; returns how many bytes that took. */
HANDLER copy_inputs(ek_device_t *device, uint8_t *kept, bool is_keeping, uint32_t room) {
  uint32_t used = 0u;
  for (uint32_t i = 0; i < device->runtime.model.inputs.length; ++i) {
    ek_tensor_t tensor;
    EK_TRY(ek_runtime_input(&device->runtime, i, &tensor));
    if (tensor.num_bytes > room - used) {
      return refuse(device, EK_NO_MEMORY, "no room to keep the inputs for another run: send them before each");
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
  return refuse(device, EK_BAD_RANGE, "so many runs of this model would take too long: ask for fewer at a time");
}

HANDLER invoke(ek_device_t *device, body_t body) {
  if (body.length != 12u) {
    return bad_body(device);
  }
  EK_TRY(require_model(device));
  const uint32_t first = ek_load_u16(body.bytes);
  const uint32_t count = ek_load_u16(body.bytes + 2);
  const uint32_t warmup = ek_load_u32(body.bytes + 4);
  const uint32_t runs = ek_load_u32(body.bytes + 8);
  if (runs == 0u || runs > EK_MAX_BODY / 8u || warmup > MAX_WARMUP) {
    return refuse(device, EK_BAD_RANGE, "runs must be at least 1 and fit into one reply, warm-up at most 65535");
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
    return refuse(device, EK_BAD_REQUEST, "only the whole model can run more than once");
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

HANDLER read_tensor(ek_device_t *device, body_t body) {
  ek_tensor_t tensor;
  if (body.length != 11u) {
    return bad_body(device);
  }
  EK_TRY(require_model(device));
  const uint32_t index = ek_load_u16(body.bytes + 1);
  const uint32_t offset = ek_load_u32(body.bytes + 3);
  const uint32_t num_bytes = ek_load_u32(body.bytes + 7);
  switch (body.bytes[0]) {
    case SPACE_INPUT:
      EK_TRY(ek_runtime_input(&device->runtime, index, &tensor));
      break;
    case SPACE_OUTPUT:
      EK_TRY(ek_runtime_output(&device->runtime, index, &tensor));
      break;
    case SPACE_TENSOR:
      EK_TRY(ek_runtime_tensor(&device->runtime, index, &tensor));
      break;
    default:
      return refuse(device, EK_BAD_REQUEST, "spaces are 0 input, 1 output, 2 tensor");
  }
  if (tensor.data == NULL || num_bytes > EK_MAX_BODY || offset > tensor.num_bytes ||
      num_bytes > tensor.num_bytes - offset) {
    return refuse(device, EK_BAD_RANGE, "outside the tensor, or more than one reply holds");
  }
  ek_put(device, tensor.data + offset, num_bytes);
  return EK_OK;
}

static void put_stat(ek_device_t *device, uint8_t key, uint32_t value) {
  ek_put_u8(device, key);
  ek_put_u64(device, value);
}

HANDLER stats(ek_device_t *device, body_t body) {
  if (body.length != 0u) {
    return bad_body(device);
  }
  if (device->is_loaded) {
    put_stat(device, STAT_ARENA, device->runtime.arena_used);
    put_stat(device, STAT_SETUP_TICKS, device->setup_ticks);
  }
  if (device->port->firmware_bytes != 0u) {
    put_stat(device, STAT_FIRMWARE, device->port->firmware_bytes);
  }
  if (device->port->stack_bytes != NULL) {
    put_stat(device, STAT_STACK, device->port->stack_bytes());
  }
  return EK_OK;
}

HANDLER reset_state(ek_device_t *device, body_t body) {
  if (body.length != 0u) {
    return bad_body(device);
  }
  EK_TRY(require_model(device));
  return ek_runtime_reset(&device->runtime);
}

HANDLER bye(ek_device_t *device, body_t body) {
  if (body.length != 0u) {
    return bad_body(device);
  }
  forget_model(device);
  return EK_OK;
}

ek_status_t ek_execute(ek_device_t *device, uint8_t kind, const uint8_t *bytes, uint32_t num_bytes) {
  const body_t body = {bytes, num_bytes};
  switch (kind) {
    case HELLO:
      return hello(device, body);
    case LOAD_BEGIN:
      return load_begin(device, body);
    case LOAD_DATA:
      return load_data(device, body);
    case LOAD_END:
      return load_end(device, body);
    case WRITE_INPUT:
      return write_input(device, body);
    case INVOKE:
      return invoke(device, body);
    case READ:
      return read_tensor(device, body);
    case STATS:
      return stats(device, body);
    case BYE:
      return bye(device, body);
    case RESET_STATE:
      return reset_state(device, body);
    default:
      return refuse(device, EK_UNKNOWN_KIND, "this firmware does not know the message");
  }
}
