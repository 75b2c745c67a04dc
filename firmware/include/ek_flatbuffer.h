/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a FlatBuffers file that nobody has vouched for.
 *
 * Every function checks the bytes it is about to read against the end of the buffer, and returns EK_BAD_MODEL
 * instead of reading outside it. Positions are byte offsets from the start of the buffer; 0 means "absent", which is
 * no loss because the root offset lies there. Nothing is copied and nothing needs to be aligned.
 *
 * Source: FlatBuffers internals (flatbuffers.dev, "FlatBuffer Internals").
 */
#ifndef EK_FLATBUFFER_H
#define EK_FLATBUFFER_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "ek_status.h"

typedef struct {
  const uint8_t *bytes;
  uint32_t size; /* bytes; at most EK_FB_MAX_SIZE, so that sums of two positions never wrap */
} ek_buffer_t;

#define EK_FB_MAX_SIZE 0x3FFFFFFFu

/* `length` elements that start at `position`; an absent vector has length 0. */
typedef struct {
  uint32_t position;
  uint32_t length;
} ek_vector_t;

/* Unaligned loads. A Cortex-M0 has none, and would call memcpy for each, so there the bytes are put together. */
#if defined(__arm__) && !defined(__ARM_FEATURE_UNALIGNED)
static inline uint16_t ek_load_u16(const uint8_t *from) { return (uint16_t)(from[0] | from[1] << 8); }

static inline uint32_t ek_load_u32(const uint8_t *from) {
  return (uint32_t)from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 | (uint32_t)from[3] << 24;
}

static inline int32_t ek_load_i32(const uint8_t *from) { return (int32_t)ek_load_u32(from); }

static inline int64_t ek_load_i64(const uint8_t *from) {
  return (int64_t)((uint64_t)ek_load_u32(from) | (uint64_t)ek_load_u32(from + 4) << 32);
}
#else
static inline uint16_t ek_load_u16(const uint8_t *from) {
  uint16_t value;
  memcpy(&value, from, sizeof value);
  return value;
}

static inline uint32_t ek_load_u32(const uint8_t *from) {
  uint32_t value;
  memcpy(&value, from, sizeof value);
  return value;
}

static inline int32_t ek_load_i32(const uint8_t *from) {
  int32_t value;
  memcpy(&value, from, sizeof value);
  return value;
}

static inline int64_t ek_load_i64(const uint8_t *from) {
  int64_t value;
  memcpy(&value, from, sizeof value);
  return value;
}
#endif

/* A table whose extent and vtable were checked once, for reading several of its fields. `is_broken` is raised by a field
 * that reaches outside, and stays raised: one look at it after the last field is enough. */
typedef struct {
  const ek_buffer_t *buffer;
  uint32_t position;
  uint32_t vtable;
  uint16_t vtable_bytes;
  uint16_t table_bytes;
  bool is_broken;
} ek_table_t;

EK_MUST_CHECK ek_status_t ek_fb_open(const ek_buffer_t *buffer, uint32_t position, ek_table_t *table);

/* Where field `id` is stored, all `width` bytes of it, or 0. */
static inline uint32_t ek_fb_at(ek_table_t *table, uint32_t id, uint32_t width) {
  const uint32_t slot = 4u + 2u * id;
  if (slot + 2u > table->vtable_bytes) {
    return 0u; /* written by an older schema: the field has its default */
  }
  const uint32_t offset = ek_load_u16(table->buffer->bytes + table->vtable + slot);
  if (offset == 0u) {
    return 0u;
  }
  if (offset < 4u || offset + width > table->table_bytes) {
    table->is_broken = true;
    return 0u;
  }
  return table->position + offset;
}

static inline uint8_t ek_fb_at_u8(ek_table_t *table, uint32_t id) {
  const uint32_t position = ek_fb_at(table, id, 1u);
  return position == 0u ? 0u : table->buffer->bytes[position];
}

static inline uint32_t ek_fb_at_u32(ek_table_t *table, uint32_t id) {
  const uint32_t position = ek_fb_at(table, id, 4u);
  return position == 0u ? 0u : ek_load_u32(table->buffer->bytes + position);
}

/* A vector of elements of `width` bytes, all inside the buffer; empty if absent. */
ek_vector_t ek_fb_at_vector(ek_table_t *table, uint32_t id, uint32_t width);

/* A table that a field refers to; 0 if absent. */
uint32_t ek_fb_at_table(ek_table_t *table, uint32_t id);

/* In place of a field's width: whoever reads the field checks where it lies. */
#define EK_WIDTH_OF_USE 0xFFu

/* What a vtable says of the fields that a reader of one kind of table wants. Tables of a kind share few vtables, which
 * are then checked once and not for each table: the two that were met last are kept. */
#define EK_LAYOUT_FIELDS 7u

typedef struct {
  uint32_t vtable;
  uint32_t table_bytes;
  uint16_t at[EK_LAYOUT_FIELDS]; /* distance of each field from the start of the table, 0 if absent or not wanted */
} ek_layout_t;

typedef struct {
  ek_layout_t ways[2];
  uint8_t newest; /* the other one gives way */
} ek_layouts_t;

/* Makes `layouts` those of no table. */
void ek_fb_forget(ek_layouts_t *layouts);

/* Checks the table at `position` and its vtable. `widths` has the bytes of each field, 0 for one that is not wanted.
 * Returns NULL if anything is wrong. */
const ek_layout_t *ek_fb_learn(const ek_buffer_t *buffer, uint32_t position, const uint8_t widths[EK_LAYOUT_FIELDS],
                               ek_layouts_t *layouts);

/* The layout of the table at `position`, where at least 4 bytes lie inside the buffer; NULL if it is broken. */
static inline const ek_layout_t *ek_fb_enter(const ek_buffer_t *buffer, uint32_t position,
                                             const uint8_t widths[EK_LAYOUT_FIELDS], ek_layouts_t *layouts) {
  const uint32_t vtable = position - ek_load_u32(buffer->bytes + position);
  const ek_layout_t *layout = &layouts->ways[0];
  if (layout->vtable != vtable) {
    ++layout;
  }
  return layout->vtable == vtable && layout->table_bytes <= buffer->size - position
             ? layout
             : ek_fb_learn(buffer, position, widths, layouts);
}

/* Follows the offset stored at `position`, where 4 bytes lie inside the buffer, to at least 4 more; 0 if it leads
 * elsewhere. */
static inline uint32_t ek_fb_follow(const ek_buffer_t *buffer, uint32_t position) {
  const uint32_t offset = ek_load_u32(buffer->bytes + position);
  /* An offset of 0 wraps and is refused too; without 4 bytes behind `position` + 4 none is small enough. */
  return offset - 1u < buffer->size - position - 4u ? position + offset : 0u;
}

/* Element `index` of a vector of tables that was checked before; 0 if there is none or it lies outside. */
static inline uint32_t ek_fb_table_of(const ek_buffer_t *buffer, ek_vector_t vector, uint32_t index) {
  return index < vector.length ? ek_fb_follow(buffer, vector.position + 4u * index) : 0u;
}

/* The vector of elements of 2^`shift` bytes that the offset at `position` leads to, as for ek_fb_follow. */
static inline bool ek_fb_follow_vector(const ek_buffer_t *buffer, uint32_t position, uint32_t shift,
                                       ek_vector_t *vector) {
  const uint32_t start = ek_fb_follow(buffer, position);
  if (start == 0u) {
    return false;
  }
  vector->position = start + 4u;
  vector->length = ek_load_u32(buffer->bytes + start);
  return vector->length <= (buffer->size - start - 4u) >> shift;
}

/* The root table, after checking the four-character file identifier at offset 4. */
EK_MUST_CHECK ek_status_t ek_fb_root(const ek_buffer_t *buffer, const char identifier[4], uint32_t *table);

/* Where field `id` of `table` is stored, or 0; all `width` bytes of it lie in the buffer. */
EK_MUST_CHECK ek_status_t ek_fb_field(const ek_buffer_t *buffer, uint32_t table, uint32_t id, uint32_t width,
                                      uint32_t *position);

/* Scalars; an absent field gives `absent`. */
EK_MUST_CHECK ek_status_t ek_fb_u8(const ek_buffer_t *buffer, uint32_t table, uint32_t id, uint8_t absent,
                                   uint8_t *value);
EK_MUST_CHECK ek_status_t ek_fb_i32(const ek_buffer_t *buffer, uint32_t table, uint32_t id, int32_t absent,
                                    int32_t *value);
EK_MUST_CHECK ek_status_t ek_fb_u32(const ek_buffer_t *buffer, uint32_t table, uint32_t id, uint32_t absent,
                                    uint32_t *value);

/* A table that a field refers to; 0 if absent. */
EK_MUST_CHECK ek_status_t ek_fb_table(const ek_buffer_t *buffer, uint32_t table, uint32_t id, uint32_t *child);

/* A vector of elements of `width` bytes; all of them lie in the buffer. */
EK_MUST_CHECK ek_status_t ek_fb_vector(const ek_buffer_t *buffer, uint32_t table, uint32_t id, uint32_t width,
                                       ek_vector_t *vector);

/* Element `index` of a vector of tables. */
EK_MUST_CHECK ek_status_t ek_fb_element(const ek_buffer_t *buffer, ek_vector_t vector, uint32_t index,
                                        uint32_t *child);

#endif
