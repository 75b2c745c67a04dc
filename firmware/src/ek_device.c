/* SPDX-License-Identifier: Apache-2.0 */
#include "ek_device.h"

#include <string.h>

#define PROTOCOL_VERSION 1u
#define REPLY_BIT 0x80u
#define CORRUPT_KIND 0xFFu

enum {
  HELLO = 0x01,
  LOAD_BEGIN = 0x02,
  LOAD_DATA = 0x03,
  LOAD_END = 0x04,
  WRITE_INPUT = 0x05,
  INVOKE = 0x06,
  READ = 0x07,
  STATS = 0x08,
  BYE = 0x0B
};
enum { CAPABILITY_STEP = 1u, CAPABILITY_TENSORS = 2u };
enum { SPACE_INPUT = 0u, SPACE_OUTPUT = 1u, SPACE_TENSOR = 2u };
enum { STAT_ARENA = 1u, STAT_FIRMWARE = 2u, STAT_STACK = 3u, STAT_SETUP_TICKS = 5u };

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

/* ---- Building the reply. The buffer holds any reply of at most EK_MAX_BODY bytes; callers keep to that. ---- */

static void put(ek_device_t *device, const void *bytes, uint32_t length) {
  if (length > 0u && length <= EK_FRAME_HEADER_BYTES + EK_MAX_BODY - device->reply_length) {
    memcpy(device->reply + device->reply_length, bytes, length);
    device->reply_length += length;
  }
}

static void put_u8(ek_device_t *device, uint8_t value) { put(device, &value, sizeof value); }
static void put_u16(ek_device_t *device, uint16_t value) { put(device, &value, sizeof value); }
static void put_u32(ek_device_t *device, uint32_t value) { put(device, &value, sizeof value); }

static void put_u64(ek_device_t *device, uint64_t value) { put(device, &value, sizeof value); }

static void put_string(ek_device_t *device, const char *text) {
  uint8_t length = 0u;
  while (length < 255u && text[length] != '\0') {
    ++length;
  }
  put_u8(device, length);
  put(device, text, length);
}

/* ---- Messages. Each returns its status; on failure runtime.fault may say more. ---- */

static ek_status_t refuse(ek_device_t *device, ek_status_t status, const char *message) {
  device->runtime.fault.status = EK_OK;
  return ek_fail(&device->runtime.fault, status, EK_NOWHERE, EK_NOWHERE, message);
}

static ek_status_t bad_body(ek_device_t *device) {
  return refuse(device, EK_BAD_REQUEST, "the request's body has the wrong length");
}

static ek_status_t hello(ek_device_t *device, body_t body) {
  const ek_port_t *port = device->port;
  if (body.length != 2u) {
    return bad_body(device);
  }
  if (ek_load_u16(body.bytes) != PROTOCOL_VERSION) {
    return refuse(device, EK_BAD_REQUEST, "this firmware speaks protocol version 1");
  }
  put_u16(device, PROTOCOL_VERSION);
  put_u16(device, CAPABILITY_STEP | CAPABILITY_TENSORS);
  put_u32(device, EK_MAX_BODY);
  put_u32(device, port->model_capacity);
  put_u32(device, port->arena_capacity);
  put_u32(device, port->timer_hz);
  put_string(device, port->board);
  put_string(device, "edgekit-runtime");
  put_string(device, EK_VERSION);
  put_string(device, EK_BUILD);
  put_string(device, port->identity);
  return EK_OK;
}

static ek_status_t load_begin(ek_device_t *device, body_t body) {
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

static ek_status_t load_data(ek_device_t *device, body_t body) {
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

static ek_status_t load_end(ek_device_t *device, body_t body) {
  uint8_t digest[EK_SHA256_BYTES];
  const ek_port_t *port = device->port;
  if (body.length != 0u) {
    return bad_body(device);
  }
  if (!device->is_loading || device->received_bytes != device->announced_bytes) {
    return refuse(device, EK_BAD_STATE, "the model has not arrived completely");
  }
  device->is_loading = false;
  ek_sha256(port->model, device->announced_bytes, digest);
  if (memcmp(digest, device->announced_sha256, sizeof digest) != 0) {
    return refuse(device, EK_HASH_MISMATCH, "the model in the board's memory is not the one that was announced");
  }
  const uint32_t start = port->ticks();
  EK_TRY(ek_runtime_load(&device->runtime, port->model, device->announced_bytes, port->arena, port->arena_capacity));
  device->setup_ticks = port->ticks() - start;
  device->is_loaded = true;
  put(device, digest, sizeof digest);
  put_u32(device, device->runtime.arena_used);
  put_u16(device, (uint16_t)device->runtime.model.operators.length);
  put_u16(device, (uint16_t)device->runtime.model.inputs.length);
  put_u16(device, (uint16_t)device->runtime.model.outputs.length);
  return EK_OK;
}

static ek_status_t require_model(ek_device_t *device) {
  return device->is_loaded ? EK_OK : refuse(device, EK_BAD_STATE, "no model is loaded");
}

static ek_status_t write_input(ek_device_t *device, body_t body) {
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
static ek_status_t copy_inputs(ek_device_t *device, uint8_t *kept, bool is_keeping, uint32_t room) {
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

static ek_status_t invoke(ek_device_t *device, body_t body) {
  if (body.length != 12u) {
    return bad_body(device);
  }
  EK_TRY(require_model(device));
  const uint32_t first = ek_load_u16(body.bytes);
  const uint32_t count = ek_load_u16(body.bytes + 2);
  const uint32_t warmup = ek_load_u32(body.bytes + 4);
  const uint32_t runs = ek_load_u32(body.bytes + 8);
  if (runs == 0u || runs > EK_MAX_BODY / 8u || warmup > UINT32_MAX - runs) {
    return refuse(device, EK_BAD_RANGE, "the number of runs must be at least 1 and fit into one reply");
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
    if (i >= warmup) {
      put_u64(device, ticks);
    }
  }
  return EK_OK;
}

static ek_status_t read_tensor(ek_device_t *device, body_t body) {
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
  put(device, tensor.data + offset, num_bytes);
  return EK_OK;
}

static void put_stat(ek_device_t *device, uint8_t key, uint32_t value) {
  put_u8(device, key);
  put_u64(device, value);
}

static ek_status_t stats(ek_device_t *device, body_t body) {
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

static ek_status_t bye(ek_device_t *device, body_t body) {
  if (body.length != 0u) {
    return bad_body(device);
  }
  device->is_loaded = false;
  device->is_loading = false;
  return EK_OK;
}

static ek_status_t execute(ek_device_t *device, uint8_t kind, body_t body) {
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
    default:
      return refuse(device, EK_UNKNOWN_KIND, "this firmware does not know the message");
  }
}

/* ---- The line ---- */

static void begin_reply(ek_device_t *device, uint8_t kind, uint8_t status, uint16_t sequence) {
  device->reply_length = 0u;
  put_u8(device, kind);
  put_u8(device, status);
  put_u16(device, sequence);
}

static void put_fault(ek_device_t *device, const ek_fault_t *fault) {
  put_u16(device, fault->operator_index);
  put_u16(device, fault->tensor_index);
  put_string(device, fault->message);
}

static void send_reply(ek_device_t *device) {
  ek_frame_write(device->reply, device->reply_length, device->port->write, device->port->write_context);
}

static void answer(ek_device_t *device) {
  const uint8_t *frame = device->reader.bytes;
  const uint8_t kind = frame[0];
  const uint16_t sequence = ek_load_u16(frame + 2);
  const bool is_repeat = device->has_answered && kind != HELLO && device->reply[0] == (kind | REPLY_BIT) &&
                         ek_load_u16(device->reply + 2) == sequence;
  if (!is_repeat) {
    const body_t body = {frame + EK_FRAME_HEADER_BYTES, device->reader.length - EK_FRAME_HEADER_BYTES};
    begin_reply(device, kind | REPLY_BIT, EK_OK, sequence);
    const ek_status_t status = execute(device, kind, body);
    if (status != EK_OK) {
      begin_reply(device, kind | REPLY_BIT, (uint8_t)status, sequence);
      put_fault(device, &device->runtime.fault);
    }
    device->has_answered = kind != HELLO;
  }
  send_reply(device);
}

/* Leaves the last answer alone: the host may still ask for it. */
static void complain(ek_device_t *device) {
  static const char message[] = "a frame arrived damaged";
  uint8_t bytes[EK_FRAME_OVERHEAD + 5u + sizeof message] = {CORRUPT_KIND, EK_BAD_FRAME, 0u, 0u, 0xFFu, 0xFFu, 0xFFu,
                                                            0xFFu, (uint8_t)(sizeof message - 1u)};
  memcpy(bytes + EK_FRAME_HEADER_BYTES + 5u, message, sizeof message - 1u);
  ek_frame_write(bytes, EK_FRAME_HEADER_BYTES + 5u + (uint32_t)sizeof message - 1u, device->port->write,
                 device->port->write_context);
}

void ek_device_init(ek_device_t *device, const ek_port_t *port) {
  memset(device, 0, sizeof *device);
  device->port = port;
  device->runtime.fault.message = "";
  ek_frame_reader_init(&device->reader, device->request, sizeof device->request);
}

bool ek_device_feed(ek_device_t *device, uint8_t byte) {
  switch (ek_frame_reader_feed(&device->reader, byte)) {
    case EK_FRAME_TEXT:
      return false;
    case EK_FRAME_READY:
      answer(device);
      return true;
    case EK_FRAME_CORRUPT:
      complain(device);
      return true;
    case EK_FRAME_NONE:
    default:
      return true;
  }
}
