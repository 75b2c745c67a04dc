/* SPDX-License-Identifier: Apache-2.0 */
/* LOAD_BEGIN, LOAD_DATA and LOAD_END of a firmware that carries its model: it takes no other, and loads this one at
 * start-up and at every LOAD_END. */
#include "ek_handlers.h"
#include "ek_messages.h"
#include "ek_resident_load.h"

static ek_status_t load(ek_device_t *device) {
  const ek_port_t *port = device->port;
  const uint32_t start = port->ticks();
  device->is_loaded = false; /* LOAD_END says why */
  EK_TRY(ek_resident_load(&device->runtime, port->arena, port->arena_capacity));
  device->setup_ticks = port->ticks() - start;
  device->is_loaded = true;
  return EK_OK;
}

ek_status_t ek_on_load_begin(ek_device_t *device, ek_body_t body) {
  (void)body;
  return ek_refuse_request(device, EK_BAD_STATE, "this firmware carries its model and takes no other");
}

ek_status_t ek_on_load_data(ek_device_t *device, ek_body_t body) { return ek_on_load_begin(device, body); }

ek_status_t ek_on_load_end(ek_device_t *device, ek_body_t body) {
  static const uint8_t digest[EK_SHA256_BYTES] = {EK_RESIDENT_SHA256};
  if (body.length != 0u) {
    return ek_refuse_length(device);
  }
  EK_TRY(load(device));
  ek_put_loaded(device, digest);
  return EK_OK;
}

void ek_forget_model(ek_device_t *device) { (void)device; }

void ek_start(ek_device_t *device) {
  const ek_status_t status = load(device);
  (void)status;
}
