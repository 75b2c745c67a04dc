/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L /* clock_gettime */
#include <time.h>

#include "ek_device.h"
#include "ek_kernel.h"
#include "ek_place.h"
#include "ek_plan.h"
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

int32_t ek_host_reset(void *runtime) { return (int32_t)ek_runtime_reset(runtime); }

uint32_t ek_host_place(const uint32_t *problem, uint32_t count, void *blocks, uint32_t *offsets) {
  ek_block_t *block = blocks;
  for (uint32_t i = 0; i < count; ++i, problem += 8) {
    block[i] = (ek_block_t){.bytes = problem[0],
                            .first = (uint16_t)problem[1],
                            .last = (uint16_t)problem[2],
                            .is_scratch = problem[3] != 0u,
                            .over = {(uint16_t)problem[4], (uint16_t)problem[6]},
                            .lag = {problem[5], problem[7]}};
  }
  const uint32_t span = ek_place(block, count);
  for (uint32_t i = 0; i < count; ++i) {
    offsets[i] = block[i].offset;
  }
  return span;
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

extern const char *const ek_kernel_files[]; /* generated beside ek_kernels */

const char *ek_host_kernel_file(uint32_t index) { return index < ek_num_kernels ? ek_kernel_files[index] : NULL; }

static ek_status_t mark_needed(ek_runtime_t *runtime, uint8_t *needed) {
  for (uint32_t i = 0; i < runtime->model.operators.length; ++i) {
    ek_operator_t operator_;
    const ek_kernel_t *kernel;
    EK_TRY(ek_model_operator(&runtime->model, i, &operator_, &runtime->fault));
    EK_TRY(ek_find_kernel(runtime, &operator_, &kernel));
    for (uint32_t k = 0; k < ek_num_kernels; ++k) {
      needed[k] |= ek_kernels[k] == kernel ? 1u : 0u;
    }
  }
  return EK_OK;
}

int32_t ek_host_needed_kernels(void *runtime, uint8_t *needed) {
  ek_runtime_t *self = runtime;
  memset(needed, 0, ek_num_kernels);
  ek_status_t status = EK_OK;
  /* Backwards, so that the main subgraph is the current one again at the end. */
  for (uint32_t i = self->model.subgraphs.length; i > 0u && status == EK_OK; --i) {
    status = ek_model_enter(&self->model, i - 1u, &self->fault);
    status = status == EK_OK ? mark_needed(self, needed) : status;
  }
  return (int32_t)status;
}

void ek_host_read_frames(const uint8_t *stream, uint32_t num_bytes, uint8_t *buffer, uint32_t capacity,
                         void (*report)(uint32_t event, const uint8_t *bytes, uint32_t num_bytes)) {
  ek_frame_reader_t reader;
  ek_frame_reader_init(&reader, buffer, capacity);
  for (uint32_t i = 0; i < num_bytes; ++i) {
    const ek_frame_event_t event = ek_frame_reader_feed(&reader, stream[i]);
    if (event == EK_FRAME_TEXT) {
      report((uint32_t)event, stream + i, 1u);
    } else if (event != EK_FRAME_NONE) {
      report((uint32_t)event, reader.bytes, reader.length);
    }
  }
}

void ek_host_write_frame(uint8_t *bytes, uint32_t length,
                         void (*write)(void *context, const uint8_t *bytes, uint32_t num_bytes)) {
  ek_frame_write(bytes, length, write, NULL);
}

void ek_host_multiplier(uint32_t a, uint32_t b, uint32_t c, int32_t exponent, int32_t result[2]) {
  const ek_multiplier_t multiplier = ek_multiplier(a, b, c, exponent);
  result[0] = multiplier.multiplier;
  result[1] = multiplier.shift;
}

void ek_host_inverse_root_multiplier(uint32_t a, uint32_t b, int32_t result[2]) {
  const ek_multiplier_t multiplier = ek_inverse_root_multiplier(a, b);
  result[0] = multiplier.multiplier;
  result[1] = multiplier.shift;
}

uint32_t ek_host_float_product(uint32_t a, uint32_t b) { return ek_float_product(a, b); }

int32_t ek_host_float_ratio_rounded(uint32_t a, uint32_t b, int32_t *rounded) {
  return ek_float_ratio_rounded(a, b, rounded) ? 1 : 0;
}

void ek_host_sha256(const uint8_t *bytes, uint32_t length, uint8_t *digest) { ek_sha256(bytes, length, digest); }

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
