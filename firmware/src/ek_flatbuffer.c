/* SPDX-License-Identifier: Apache-2.0 */
#include "ek_flatbuffer.h"

static int lies_inside(const ek_buffer_t *buffer, uint32_t position, uint32_t num_bytes) {
  return position <= buffer->size && num_bytes <= buffer->size - position;
}

/* Follows the unsigned offset stored at `position`; it must lead forward to at least `num_bytes` bytes. */
static ek_status_t follow(const ek_buffer_t *buffer, uint32_t position, uint32_t num_bytes, uint32_t *reached) {
  if (!lies_inside(buffer, position, 4u)) {
    return EK_BAD_MODEL;
  }
  const uint32_t offset = ek_load_u32(buffer->bytes + position);
  if (offset == 0u || offset > buffer->size || !lies_inside(buffer, position + offset, num_bytes)) {
    return EK_BAD_MODEL;
  }
  *reached = position + offset;
  return EK_OK;
}

/* The vtable lies a signed distance before its table: u16 vtable bytes, u16 table bytes, one u16 for each field. */
static ek_status_t find_vtable(const ek_buffer_t *buffer, uint32_t table, uint32_t *vtable, uint32_t *vtable_bytes,
                               uint32_t *table_bytes) {
  if (!lies_inside(buffer, table, 4u)) {
    return EK_BAD_MODEL;
  }
  const int64_t at = (int64_t)table - ek_load_i32(buffer->bytes + table);
  if (at < 0 || at > (int64_t)buffer->size || !lies_inside(buffer, (uint32_t)at, 4u)) {
    return EK_BAD_MODEL;
  }
  const uint32_t start = (uint32_t)at;
  const uint32_t size = ek_load_u16(buffer->bytes + start);
  const uint32_t extent = ek_load_u16(buffer->bytes + start + 2u);
  if (size < 4u || (size & 1u) != 0u || !lies_inside(buffer, start, size) || extent < 4u ||
      !lies_inside(buffer, table, extent)) {
    return EK_BAD_MODEL;
  }
  *vtable = start;
  *vtable_bytes = size;
  *table_bytes = extent;
  return EK_OK;
}

ek_status_t ek_fb_root(const ek_buffer_t *buffer, const char identifier[4], uint32_t *table) {
  if (buffer->size > EK_FB_MAX_SIZE || !lies_inside(buffer, 0u, 8u) ||
      memcmp(buffer->bytes + 4, identifier, 4u) != 0) {
    return EK_BAD_MODEL;
  }
  return follow(buffer, 0u, 4u, table);
}

ek_status_t ek_fb_field(const ek_buffer_t *buffer, uint32_t table, uint32_t id, uint32_t width, uint32_t *position) {
  uint32_t vtable;
  uint32_t vtable_bytes;
  uint32_t table_bytes;
  EK_TRY(find_vtable(buffer, table, &vtable, &vtable_bytes, &table_bytes));
  const uint32_t slot = 4u + 2u * id;
  *position = 0u;
  if (slot + 2u > vtable_bytes) {
    return EK_OK; /* written by an older schema: the field has its default */
  }
  const uint32_t offset = ek_load_u16(buffer->bytes + vtable + slot);
  if (offset == 0u) {
    return EK_OK;
  }
  if (offset < 4u || offset > table_bytes || width > table_bytes - offset) {
    return EK_BAD_MODEL;
  }
  *position = table + offset;
  return EK_OK;
}

ek_status_t ek_fb_u8(const ek_buffer_t *buffer, uint32_t table, uint32_t id, uint8_t absent, uint8_t *value) {
  uint32_t position;
  EK_TRY(ek_fb_field(buffer, table, id, 1u, &position));
  *value = position == 0u ? absent : buffer->bytes[position];
  return EK_OK;
}

ek_status_t ek_fb_u32(const ek_buffer_t *buffer, uint32_t table, uint32_t id, uint32_t absent, uint32_t *value) {
  uint32_t position;
  EK_TRY(ek_fb_field(buffer, table, id, 4u, &position));
  *value = position == 0u ? absent : ek_load_u32(buffer->bytes + position);
  return EK_OK;
}

ek_status_t ek_fb_i32(const ek_buffer_t *buffer, uint32_t table, uint32_t id, int32_t absent, int32_t *value) {
  uint32_t position;
  EK_TRY(ek_fb_field(buffer, table, id, 4u, &position));
  *value = position == 0u ? absent : ek_load_i32(buffer->bytes + position);
  return EK_OK;
}

ek_status_t ek_fb_table(const ek_buffer_t *buffer, uint32_t table, uint32_t id, uint32_t *child) {
  uint32_t position;
  EK_TRY(ek_fb_field(buffer, table, id, 4u, &position));
  *child = 0u;
  return position == 0u ? EK_OK : follow(buffer, position, 4u, child);
}

ek_status_t ek_fb_vector(const ek_buffer_t *buffer, uint32_t table, uint32_t id, uint32_t width, ek_vector_t *vector) {
  uint32_t position;
  EK_TRY(ek_fb_field(buffer, table, id, 4u, &position));
  vector->position = 0u;
  vector->length = 0u;
  if (position == 0u) {
    return EK_OK;
  }
  uint32_t start;
  EK_TRY(follow(buffer, position, 4u, &start));
  const uint32_t length = ek_load_u32(buffer->bytes + start);
  if (length > (buffer->size - start - 4u) / width) {
    return EK_BAD_MODEL;
  }
  vector->position = start + 4u;
  vector->length = length;
  return EK_OK;
}

ek_status_t ek_fb_element(const ek_buffer_t *buffer, ek_vector_t vector, uint32_t index, uint32_t *child) {
  if (index >= vector.length) {
    return EK_BAD_MODEL;
  }
  return follow(buffer, vector.position + 4u * index, 4u, child);
}
