/* SPDX-License-Identifier: Apache-2.0 */
/* LOAD_BEGIN, LOAD_DATA and LOAD_END of a firmware that takes any model: into the port's memory, part by part. */
#include <string.h>

#include "ek_handlers.h"
#include "ek_messages.h"

ek_status_t ek_on_load_begin(ek_device_t *device, ek_body_t body) {
  if (body.length != 4u + EK_SHA256_BYTES) {
    return ek_refuse_length(device);
  }
  device->is_loaded = false;
  device->is_loading = false;
  const uint32_t num_bytes = ek_load_u32(body.bytes);
  if (num_bytes > device->port->model_capacity) {
    return ek_refuse_request(device, EK_TOO_LARGE, "the model is larger than the board's memory for it");
  }
  device->announced_bytes = num_bytes;
  device->received_bytes = 0u;
  memcpy(device->announced_sha256, body.bytes + 4, EK_SHA256_BYTES);
  device->is_loading = true;
  return EK_OK;
}

ek_status_t ek_on_load_data(ek_device_t *device, ek_body_t body) {
  if (body.length < 4u) {
    return ek_refuse_length(device);
  }
  const uint32_t num_bytes = body.length - 4u;
  if (!device->is_loading || ek_load_u32(body.bytes) != device->received_bytes) {
    return ek_refuse_request(device, EK_BAD_STATE, "this part of the model is not the one that is due");
  }
  if (num_bytes > device->announced_bytes - device->received_bytes) {
    return ek_refuse_request(device, EK_BAD_RANGE, "more bytes than the model was announced to have");
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

ek_status_t ek_on_load_end(ek_device_t *device, ek_body_t body) {
  if (body.length != 0u) {
    return ek_refuse_length(device);
  }
  if (!device->is_loading || device->received_bytes != device->announced_bytes) {
    return ek_refuse_request(device, EK_BAD_STATE, "the model has not arrived completely");
  }
  device->is_loading = false;
  if (!is_as_announced(device)) {
    return ek_refuse_request(device, EK_HASH_MISMATCH,
                             "the model in the board's memory is not the one that was announced");
  }
  const ek_port_t *port = device->port;
  const uint32_t start = port->ticks();
  device->is_loaded = false;
  EK_TRY(ek_runtime_load(&device->runtime, port->model, device->announced_bytes, port->arena, port->arena_capacity));
  device->setup_ticks = port->ticks() - start;
  device->is_loaded = true;
  ek_put_loaded(device, device->announced_sha256); /* equal to what was computed from the memory */
  return EK_OK;
}

void ek_forget_model(ek_device_t *device) {
  device->is_loaded = false;
  device->is_loading = false;
}

void ek_start(ek_device_t *device) { ek_forget_model(device); }
