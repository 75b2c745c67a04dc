/* SPDX-License-Identifier: Apache-2.0 */
#include "ek_resize.h"

static ek_status_t check_size(ek_call_t *call, const ek_resize_t *resize) {
  ek_tensor_t size;
  EK_TRY(ek_call_input(call, 1u, &size));
  if (!size.is_constant) {
    return ek_call_refuse(call, "a size that is not constant");
  }
  if (size.type != EK_INT32 || size.num_elements != 2u || ek_load_i32(size.data) != resize->out_h ||
      ek_load_i32(size.data + sizeof(int32_t)) != resize->out_w) {
    return ek_call_reject(call, "the size differs from the output's");
  }
  return EK_OK;
}

static bool in_range(int32_t extent) { return extent <= EK_RESIZE_MAX_EXTENT; }

ek_status_t ek_resize_decode(ek_call_t *call, ek_resize_t *resize, uint32_t option) {
  uint8_t align_corners;
  uint8_t half_pixel_centers;
  const ek_tensor_t *input = &resize->input;
  const ek_tensor_t *output = &resize->output;
  EK_TRY(ek_call_input(call, 0u, &resize->input));
  EK_TRY(ek_call_output(call, 0u, &resize->output));
  EK_TRY(ek_call_option_u8(call, option, 0u, &align_corners));
  EK_TRY(ek_call_option_u8(call, option + 1u, 0u, &half_pixel_centers));
  if (input->rank != 4u || output->rank != 4u) {
    return ek_call_refuse(call, "input and output must have rank 4");
  }
  if (input->type != output->type) {
    return ek_call_refuse(call, "the operands are of different types");
  }
  if (align_corners != 0u && half_pixel_centers != 0u) {
    return ek_call_refuse(call, "aligned corners together with half pixel centers");
  }
  if (input->dims[0] != output->dims[0] || input->dims[3] != output->dims[3]) {
    return ek_call_reject(call, "input and output differ in batches or channels");
  }
  resize->batches = input->dims[0];
  resize->channels = input->dims[3];
  resize->in_h = input->dims[1];
  resize->in_w = input->dims[2];
  resize->out_h = output->dims[1];
  resize->out_w = output->dims[2];
  resize->align_corners = align_corners != 0u;
  resize->half_pixel_centers = half_pixel_centers != 0u;
  if (!in_range(resize->in_h) || !in_range(resize->in_w) || !in_range(resize->out_h) || !in_range(resize->out_w)) {
    return ek_call_refuse(call, "an image of more than 65536 rows or columns");
  }
  return check_size(call, resize);
}
