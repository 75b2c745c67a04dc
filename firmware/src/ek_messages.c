/* SPDX-License-Identifier: Apache-2.0 */
#include "ek_messages.h"

#include "ek_handlers.h"

#define PROTOCOL_VERSION 1u

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
enum { STAT_ARENA = 1u, STAT_FIRMWARE = 2u, STAT_STACK = 3u, STAT_SETUP_TICKS = 5u };

#ifdef EK_RESIDENT
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

#define HANDLER static EK_OWN_FRAME ek_status_t

ek_status_t ek_refuse_request(ek_device_t *device, ek_status_t status, const char *message) {
  device->runtime.fault.status = EK_OK;
  return ek_fail(&device->runtime.fault, status, EK_NOWHERE, EK_NOWHERE, message);
}

ek_status_t ek_refuse_length(ek_device_t *device) {
  return ek_refuse_request(device, EK_BAD_REQUEST, "the request's body has the wrong length");
}

HANDLER hello(ek_device_t *device, ek_body_t body) {
  const ek_port_t *port = device->port;
  if (body.length != 2u) {
    return ek_refuse_length(device);
  }
  if (ek_load_u16(body.bytes) != PROTOCOL_VERSION) {
    return ek_refuse_request(device, EK_BAD_REQUEST, "this firmware speaks protocol version 1");
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

ek_status_t ek_require_model(ek_device_t *device) {
  return device->is_loaded ? EK_OK : ek_refuse_request(device, EK_BAD_STATE, "no model is loaded");
}

void ek_put_loaded(ek_device_t *device, const uint8_t *digest) {
  ek_put(device, digest, EK_SHA256_BYTES);
  ek_put_u32(device, device->runtime.arena_used);
  ek_put_u16(device, (uint16_t)device->runtime.model.operators.length);
  ek_put_u16(device, (uint16_t)device->runtime.model.inputs.length);
  ek_put_u16(device, (uint16_t)device->runtime.model.outputs.length);
}

static void put_stat(ek_device_t *device, uint8_t key, uint32_t value) {
  ek_put_u8(device, key);
  ek_put_u64(device, value);
}

HANDLER stats(ek_device_t *device, ek_body_t body) {
  if (body.length != 0u) {
    return ek_refuse_length(device);
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

HANDLER reset_state(ek_device_t *device, ek_body_t body) {
  if (body.length != 0u) {
    return ek_refuse_length(device);
  }
  EK_TRY(ek_require_model(device));
  return ek_runtime_reset(&device->runtime);
}

HANDLER bye(ek_device_t *device, ek_body_t body) {
  if (body.length != 0u) {
    return ek_refuse_length(device);
  }
  ek_forget_model(device);
  return EK_OK;
}

ek_status_t ek_execute(ek_device_t *device, uint8_t kind, const uint8_t *bytes, uint32_t num_bytes) {
  const ek_body_t body = {bytes, num_bytes};
  switch (kind) {
    case HELLO:
      return hello(device, body);
    case LOAD_BEGIN:
      return ek_on_load_begin(device, body);
    case LOAD_DATA:
      return ek_on_load_data(device, body);
    case LOAD_END:
      return ek_on_load_end(device, body);
    case WRITE_INPUT:
      return ek_on_write_input(device, body);
    case INVOKE:
      return ek_on_invoke(device, body);
    case READ:
      return ek_on_read(device, body);
    case STATS:
      return stats(device, body);
    case BYE:
      return bye(device, body);
    case RESET_STATE:
      return reset_state(device, body);
    default:
      return ek_refuse_request(device, EK_UNKNOWN_KIND, "this firmware does not know the message");
  }
}
