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
ek_status_t ek_fb_open(const ek_buffer_t *buffer, uint32_t position, ek_table_t *table) {
  if (!lies_inside(buffer, position, 4u)) {
    return EK_BAD_MODEL;
  }
  /* Modulo 2^32: a start before the buffer comes out far behind its end, which is at most EK_FB_MAX_SIZE. */
  const uint32_t start = position - ek_load_u32(buffer->bytes + position);
  if (!lies_inside(buffer, start, 4u)) {
    return EK_BAD_MODEL;
  }
  const uint32_t size = ek_load_u16(buffer->bytes + start);
  const uint32_t extent = ek_load_u16(buffer->bytes + start + 2u);
  if (size < 4u || (size & 1u) != 0u || !lies_inside(buffer, start, size) || extent < 4u ||
      !lies_inside(buffer, position, extent)) {
    return EK_BAD_MODEL;
  }
  table->buffer = buffer;
  table->position = position;
  table->vtable = start;
  table->vtable_bytes = (uint16_t)size;
  table->table_bytes = (uint16_t)extent;
  table->is_broken = false;
  return EK_OK;
}

ek_status_t ek_fb_learn(const ek_buffer_t *buffer, uint32_t position, const uint8_t widths[EK_LAYOUT_FIELDS],
                        ek_layout_t *layout) {
  ek_table_t table;
  *layout = EK_LAYOUT_NONE;
  EK_TRY(ek_fb_open(buffer, position, &table));
  for (uint32_t id = 0; id < EK_LAYOUT_FIELDS; ++id) {
    const uint32_t field = widths[id] == 0u ? 0u : ek_fb_at(&table, id, widths[id]);
    layout->at[id] = (uint16_t)(field == 0u ? 0u : field - position);
  }
  if (table.is_broken) {
    return EK_BAD_MODEL;
  }
  layout->vtable = table.vtable;
  layout->table_bytes = table.table_bytes;
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
  ek_table_t opened;
  EK_TRY(ek_fb_open(buffer, table, &opened));
  *position = ek_fb_at(&opened, id, width);
  return opened.is_broken ? EK_BAD_MODEL : EK_OK;
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

uint32_t ek_fb_at_table(ek_table_t *table, uint32_t id) {
  const uint32_t position = ek_fb_at(table, id, 4u);
  uint32_t child = 0u;
  if (position != 0u && follow(table->buffer, position, 4u, &child) != EK_OK) {
    table->is_broken = true;
  }
  return child;
}

ek_vector_t ek_fb_at_vector(ek_table_t *table, uint32_t id, uint32_t width) {
  ek_vector_t vector = {0u, 0u};
  const uint32_t start = ek_fb_at_table(table, id);
  if (start != 0u) {
    const uint32_t length = ek_load_u32(table->buffer->bytes + start);
    if ((uint64_t)length * width > table->buffer->size - start - 4u) {
      table->is_broken = true;
      return vector;
    }
    vector.position = start + 4u;
    vector.length = length;
  }
  return vector;
}

ek_status_t ek_fb_table(const ek_buffer_t *buffer, uint32_t table, uint32_t id, uint32_t *child) {
  ek_table_t opened;
  EK_TRY(ek_fb_open(buffer, table, &opened));
  *child = ek_fb_at_table(&opened, id);
  return opened.is_broken ? EK_BAD_MODEL : EK_OK;
}

ek_status_t ek_fb_vector(const ek_buffer_t *buffer, uint32_t table, uint32_t id, uint32_t width, ek_vector_t *vector) {
  ek_table_t opened;
  EK_TRY(ek_fb_open(buffer, table, &opened));
  *vector = ek_fb_at_vector(&opened, id, width);
  return opened.is_broken ? EK_BAD_MODEL : EK_OK;
}

ek_status_t ek_fb_element(const ek_buffer_t *buffer, ek_vector_t vector, uint32_t index, uint32_t *child) {
  if (index >= vector.length) {
    return EK_BAD_MODEL;
  }
  return follow(buffer, vector.position + 4u * index, 4u, child);
}
