/* SPDX-License-Identifier: Apache-2.0 */
/* Custom operators: their names, and their options, which are a FlexBuffer.
 *
 * A FlexBuffer is read from its end: the width of its root in bytes, the packed type of the root, the root. A map's root is
 * an offset backwards to its values, whose number precedes them and whose types, a byte each, follow them.
 * Source: flatbuffers/docs/source/internals.md, "FlexBuffers".
 */
#include "ek_kernel.h"

enum { CODE_CUSTOM_NAME = 1, OPERATOR_CODE_INDEX = 0, OPERATOR_CUSTOM_OPTIONS = 5 };
enum { FLEX_INT = 1, FLEX_UINT = 2, FLEX_MAP = 9, FLEX_BOOL = 26 };

ek_status_t ek_model_custom_name(ek_model_t *model, uint32_t index, ek_vector_t *name) {
  uint32_t position;
  uint32_t code;
  EK_TRY(ek_fb_element(&model->file, model->operators, index, &position));
  EK_TRY(ek_fb_u32(&model->file, position, OPERATOR_CODE_INDEX, 0u, &code));
  EK_TRY(ek_fb_element(&model->file, model->operator_codes, code, &position));
  return ek_fb_vector(&model->file, position, CODE_CUSTOM_NAME, 1u, name);
}

ek_status_t ek_model_custom_options(ek_model_t *model, uint32_t index, ek_vector_t *options) {
  uint32_t position;
  EK_TRY(ek_fb_element(&model->file, model->operators, index, &position));
  return ek_fb_vector(&model->file, position, OPERATOR_CUSTOM_OPTIONS, 1u, options);
}

/* `width` bytes, little-endian; 0, 1, 2, 4 or 8 of them. */
static int64_t load(const uint8_t *from, uint32_t width, bool is_signed) {
  uint64_t value = 0u;
  for (uint32_t i = width; i > 0u; --i) {
    value = value << 8 | from[i - 1u];
  }
  const uint32_t unused = 64u - 8u * width;
  return is_signed && width > 0u ? (int64_t)(value << unused) >> unused : (int64_t)value;
}

static bool is_width(uint32_t width) { return width == 1u || width == 2u || width == 4u || width == 8u; }

/* The entry, and where nothing is what it should be, false. */
static bool find(const uint8_t *bytes, uint32_t size, uint32_t index, int32_t *value) {
  if (size < 3u || bytes[size - 2u] >> 2 != FLEX_MAP) {
    return false;
  }
  const uint32_t root_width = bytes[size - 1u];
  const uint32_t width = 1u << (bytes[size - 2u] & 3u);
  if (!is_width(root_width) || size < 2u + root_width) {
    return false;
  }
  const uint32_t root = size - 2u - root_width;
  const uint64_t back = (uint64_t)load(bytes + root, root_width, false);
  if (back > root || root - (uint32_t)back < width) {
    return false;
  }
  const uint32_t values = root - (uint32_t)back;
  const uint64_t count = (uint64_t)load(bytes + values - width, width, false);
  if (index >= count || count > (root - values) / (width + 1u)) {
    return false;
  }
  const uint8_t type = bytes[values + (uint32_t)count * width + index] >> 2;
  const int64_t entry = load(bytes + values + index * width, width, type == FLEX_INT);
  *value = (int32_t)entry;
  return (type == FLEX_INT || type == FLEX_UINT || type == FLEX_BOOL) && entry == *value;
}

ek_status_t ek_call_custom_option(ek_call_t *call, uint32_t index, int32_t *value) {
  ek_vector_t options;
  *value = 0;
  EK_TRY(ek_model_custom_options(&call->runtime->model, call->operator_.index, &options));
  return find(call->runtime->model.file.bytes + options.position, options.length, index, value)
             ? EK_OK
             : ek_call_reject(call, "an option of the custom operator is missing or no integer");
}
