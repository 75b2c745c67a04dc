/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L /* clock_gettime */
#include <time.h>

#include "ek_device.h"
#include "ek_kernel.h"
#include "host.h"

typedef struct {
  ek_port_t port;
  ek_device_t device;
} host_device_t;

uint32_t ek_host_runtime_bytes(void) { return (uint32_t)sizeof(ek_runtime_t); }
uint32_t ek_host_device_bytes(void) { return (uint32_t)sizeof(host_device_t); }

int32_t ek_host_load(void *runtime, const uint8_t *model, uint32_t model_bytes, uint8_t *arena, uint32_t arena_bytes,
                     uint32_t report[3]) {
  ek_runtime_t *self = runtime;
  const ek_status_t status = ek_runtime_load(self, model, model_bytes, arena, arena_bytes);
  report[0] = self->fault.operator_index;
  report[1] = self->fault.tensor_index;
  report[2] = self->arena_used;
  return (int32_t)status;
}

int32_t ek_host_check(void *runtime, const uint8_t *model, uint32_t model_bytes, uint32_t index) {
  return (int32_t)ek_runtime_check(runtime, model, model_bytes, index);
}

int32_t ek_host_run(void *runtime, uint32_t first, uint32_t count) {
  return (int32_t)ek_runtime_run(runtime, first, count);
}

uint8_t *ek_host_tensor(void *runtime, uint32_t space, uint32_t index, uint32_t *num_bytes) {
  ek_tensor_t tensor;
  const ek_status_t status = space == 0u   ? ek_runtime_input(runtime, index, &tensor)
                             : space == 1u ? ek_runtime_output(runtime, index, &tensor)
                                           : ek_runtime_tensor(runtime, index, &tensor);
  if (status != EK_OK) {
    return NULL;
  }
  *num_bytes = tensor.num_bytes;
  return tensor.data;
}

const char *ek_host_message(const void *runtime) { return ((const ek_runtime_t *)runtime)->fault.message; }

const char *ek_host_kernel_name(uint32_t index) { return index < ek_num_kernels ? ek_kernels[index]->name : NULL; }

static uint32_t microseconds(void) {
  struct timespec now;
  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint32_t)now.tv_sec * 1000000u + (uint32_t)now.tv_nsec / 1000u;
}

void ek_host_device_init(void *device, void (*write)(void *context, const uint8_t *bytes, uint32_t num_bytes),
                         uint8_t *model, uint32_t model_capacity, uint8_t *arena, uint32_t arena_capacity) {
  host_device_t *self = device;
  memset(&self->port, 0, sizeof self->port);
  self->port.board = "host";
  self->port.identity = "";
  self->port.write = write;
  self->port.ticks = microseconds;
  self->port.timer_hz = 1000000u;
  self->port.model = model;
  self->port.model_capacity = model_capacity;
  self->port.arena = arena;
  self->port.arena_capacity = arena_capacity;
  ek_device_init(&self->device, &self->port);
}

void ek_host_device_feed(void *device, const uint8_t *bytes, uint32_t num_bytes) {
  host_device_t *self = device;
  for (uint32_t i = 0; i < num_bytes; ++i) {
    (void)ek_device_feed(&self->device, bytes[i]);
  }
}
