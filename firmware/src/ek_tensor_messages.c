/* SPDX-License-Identifier: Apache-2.0 */
/* WRITE_INPUT and READ: tensors in and out, in parts. */
#include "ek_handlers.h"

enum { SPACE_INPUT = 0u, SPACE_OUTPUT = 1u, SPACE_TENSOR = 2u };

ek_status_t ek_on_write_input(ek_device_t *device, ek_body_t body) {
  ek_tensor_t tensor;
  if (body.length < 6u) {
    return ek_refuse_length(device);
  }
  EK_TRY(ek_require_model(device));
  EK_TRY(ek_runtime_input(&device->runtime, ek_load_u16(body.bytes), &tensor));
  const uint32_t offset = ek_load_u32(body.bytes + 2);
  const uint32_t num_bytes = body.length - 6u;
  if (offset > tensor.num_bytes || num_bytes > tensor.num_bytes - offset) {
    return ek_refuse_request(device, EK_BAD_RANGE, "outside the input tensor");
  }
  memcpy(tensor.data + offset, body.bytes + 6, num_bytes);
  return EK_OK;
}

ek_status_t ek_on_read(ek_device_t *device, ek_body_t body) {
  ek_tensor_t tensor;
  if (body.length != 11u) {
    return ek_refuse_length(device);
  }
  EK_TRY(ek_require_model(device));
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
      return ek_refuse_request(device, EK_BAD_REQUEST, "spaces are 0 input, 1 output, 2 tensor");
  }
  if (tensor.data == NULL || num_bytes > EK_MAX_BODY || offset > tensor.num_bytes ||
      num_bytes > tensor.num_bytes - offset) {
    return ek_refuse_request(device, EK_BAD_RANGE, "outside the tensor, or more than one reply holds");
  }
  ek_put(device, tensor.data + offset, num_bytes);
  return EK_OK;
}
