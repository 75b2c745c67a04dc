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

/* The vtable lies a signed distance before its table: u16 vtable bytes, u16 table bytes, one u16 for each field. Returns
 * where it starts, or UINT32_MAX. */
static inline uint32_t find_vtable(const ek_buffer_t *buffer, uint32_t position) {
  if (!lies_inside(buffer, position, 4u)) {
    return UINT32_MAX;
  }
  /* Modulo 2^32: a start before the buffer comes out far behind its end, which is at most EK_FB_MAX_SIZE. */
  const uint32_t start = position - ek_load_u32(buffer->bytes + position);
  if (!lies_inside(buffer, start, 4u)) {
    return UINT32_MAX;
  }
  const uint32_t size = ek_load_u16(buffer->bytes + start);
  const uint32_t extent = ek_load_u16(buffer->bytes + start + 2u);
  const bool is_sound = size >= 4u && (size & 1u) == 0u && lies_inside(buffer, start, size) && extent >= 4u &&
                        lies_inside(buffer, position, extent);
  return is_sound ? start : UINT32_MAX;
}

ek_status_t ek_fb_open(const ek_buffer_t *buffer, uint32_t position, ek_table_t *table) {
  const uint32_t vtable = find_vtable(buffer, position);
  if (vtable == UINT32_MAX) {
    return EK_BAD_MODEL;
  }
  table->buffer = buffer;
  table->position = position;
  table->vtable = vtable;
  table->vtable_bytes = ek_load_u16(buffer->bytes + vtable);
  table->table_bytes = ek_load_u16(buffer->bytes + vtable + 2u);
  table->is_broken = false;
  return EK_OK;
}

static void forget(ek_layout_t *layout) {
  layout->vtable = UINT32_MAX; /* where none lies, and of a table larger than any */
  layout->table_bytes = UINT32_MAX;
}

void ek_fb_forget(ek_layouts_t *layouts) {
  forget(&layouts->ways[0]);
  forget(&layouts->ways[1]);
  layouts->newest = 0u;
}

const ek_layout_t *ek_fb_learn(const ek_buffer_t *buffer, uint32_t position, const uint8_t widths[EK_LAYOUT_FIELDS],
                               ek_layouts_t *layouts) {
  layouts->newest ^= 1u;
  ek_layout_t *layout = &layouts->ways[layouts->newest];
  forget(layout);
  const uint32_t start = find_vtable(buffer, position);
  if (start == UINT32_MAX) {
    return NULL;
  }
  const uint8_t *vtable = buffer->bytes + start;
  const uint32_t extent = ek_load_u16(vtable + 2);
  const uint32_t stored = ek_load_u16(vtable) / 2u - 2u; /* an older schema has fewer fields: the rest have their defaults */
  uint16_t *at = layout->at;
  memset(at, 0, sizeof layout->at);
  vtable += 4;
  for (uint32_t left = stored < EK_LAYOUT_FIELDS ? stored : EK_LAYOUT_FIELDS; left > 0u; --left, ++at, vtable += 2) {
    const uint32_t width = *widths++;
    const uint32_t offset = ek_load_u16(vtable);
    if (width != 0u && offset != 0u) {
      if (width != EK_WIDTH_OF_USE && (offset < 4u || offset + width > extent)) {
        return NULL;
      }
      *at = (uint16_t)offset;
    }
  }
  layout->vtable = start;
  layout->table_bytes = extent;
  return layout;
}

ek_status_t ek_fb_root(const ek_buffer_t *buffer, const char identifier[4], uint32_t *table) {
  if (buffer->size > EK_FB_MAX_SIZE || !lies_inside(buffer, 0u, 8u) ||
      memcmp(buffer->bytes + 4, identifier, 4u) != 0) {
    return EK_BAD_MODEL;
  }
  return follow(buffer, 0u, 4u, table);
}

/* The same as ek_fb_open and ek_fb_at, without a table in memory: options are read this way, a field at a time. */
static inline ek_status_t find_field(const ek_buffer_t *buffer, uint32_t table, uint32_t id, uint32_t width,
                                     uint32_t *position) {
  const uint32_t start = find_vtable(buffer, table);
  *position = 0u;
  if (start == UINT32_MAX) {
    return EK_BAD_MODEL;
  }
  const uint8_t *vtable = buffer->bytes + start;
  const uint32_t slot = 4u + 2u * id;
  const uint32_t offset = slot + 2u > ek_load_u16(vtable) ? 0u : ek_load_u16(vtable + slot);
  if (offset == 0u) {
    return EK_OK;
  }
  if (offset < 4u || offset + width > ek_load_u16(vtable + 2)) {
    return EK_BAD_MODEL;
  }
  *position = table + offset;
  return EK_OK;
}

ek_status_t ek_fb_field(const ek_buffer_t *buffer, uint32_t table, uint32_t id, uint32_t width, uint32_t *position) {
  return find_field(buffer, table, id, width, position);
}

ek_status_t ek_fb_u8(const ek_buffer_t *buffer, uint32_t table, uint32_t id, uint8_t absent, uint8_t *value) {
  uint32_t position;
  EK_TRY(find_field(buffer, table, id, 1u, &position));
  *value = position == 0u ? absent : buffer->bytes[position];
  return EK_OK;
}

ek_status_t ek_fb_u32(const ek_buffer_t *buffer, uint32_t table, uint32_t id, uint32_t absent, uint32_t *value) {
  uint32_t position;
  EK_TRY(find_field(buffer, table, id, 4u, &position));
  *value = position == 0u ? absent : ek_load_u32(buffer->bytes + position);
  return EK_OK;
}

ek_status_t ek_fb_i32(const ek_buffer_t *buffer, uint32_t table, uint32_t id, int32_t absent, int32_t *value) {
  uint32_t position;
  EK_TRY(find_field(buffer, table, id, 4u, &position));
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
