/* SPDX-License-Identifier: Apache-2.0 */
#include "ek_place.h"

typedef enum { BY_SIZE, FORWARD, BACKWARD } order_t;

/* The lag of `upper` over `lower`, or UINT32_MAX if they may not overlap. */
static uint32_t lag_between(const ek_block_t *blocks, uint16_t out, uint16_t in) {
  for (uint32_t i = 0; i < EK_MAX_OVERLAPS; ++i) {
    if (blocks[out].over[i] == in) {
      return blocks[out].lag[i];
    }
  }
  return UINT32_MAX;
}

/* Offsets of `block` that collide with the placed block `other`: all strictly between `low` and `high`. */
typedef struct {
  int64_t low, high;
} span_t;

static span_t forbidden(const ek_block_t *blocks, uint16_t block, uint16_t other) {
  const ek_block_t *self = &blocks[block];
  const ek_block_t *placed = &blocks[other];
  span_t span = {(int64_t)placed->offset - self->bytes, (int64_t)placed->offset + placed->bytes};
  if (self->last < placed->first || placed->last < self->first) {
    span.low = span.high; /* never alive together: nothing is forbidden */
    return span;
  }
  const uint32_t as_output = lag_between(blocks, block, other);
  if (as_output != UINT32_MAX && (int64_t)placed->offset - as_output > span.low) {
    span.low = (int64_t)placed->offset - as_output; /* from there downwards it may reach into the input */
  }
  const uint32_t as_input = lag_between(blocks, other, block);
  if (as_input != UINT32_MAX && (int64_t)placed->offset + as_input < span.high) {
    span.high = (int64_t)placed->offset + as_input; /* the output below reaches into it */
  }
  return span;
}

/* The lowest offset that collides with nothing. Going up the list may uncover a collision further down, hence passes;
 * the offset only ever rises, to the end of some block's span, so there are at most as many as blocks. */
static uint32_t lowest_offset(const ek_block_t *blocks, uint16_t block, uint16_t head) {
  int64_t offset = 0;
  for (bool moved = true; moved;) {
    moved = false;
    for (uint16_t other = head; other != EK_NO_BLOCK; other = blocks[other].next) {
      const span_t span = forbidden(blocks, block, other);
      if (span.low < offset && offset < span.high) {
        offset = span.high;
        moved = true;
      }
    }
  }
  return (uint32_t)offset;
}

static void link_in(ek_block_t *blocks, uint16_t block, uint16_t *head) {
  uint16_t *link = head;
  while (*link != EK_NO_BLOCK && blocks[*link].offset <= blocks[block].offset) {
    link = &blocks[*link].next;
  }
  blocks[block].next = *link;
  *link = block;
}

static bool comes_before(const ek_block_t *a, const ek_block_t *b, order_t order) {
  if (a->is_scratch != b->is_scratch) {
    return b->is_scratch;
  }
  switch (order) {
    case FORWARD:
      return a->first < b->first;
    case BACKWARD:
      return a->first > b->first;
    case BY_SIZE:
    default:
      return a->bytes > b->bytes;
  }
}

static uint32_t place_in_order(ek_block_t *blocks, uint32_t count, order_t order) {
  uint16_t head = EK_NO_BLOCK;
  uint32_t end = 0u;
  for (uint32_t i = 0; i < count; ++i) {
    blocks[i].is_placed = false;
  }
  for (uint32_t round = 0; round < count; ++round) {
    uint32_t best = count;
    for (uint32_t i = 0; i < count; ++i) {
      if (!blocks[i].is_placed && (best == count || comes_before(&blocks[i], &blocks[best], order))) {
        best = i;
      }
    }
    ek_block_t *block = &blocks[best];
    block->offset = lowest_offset(blocks, (uint16_t)best, head);
    block->is_placed = true;
    link_in(blocks, (uint16_t)best, &head);
    end = block->offset + block->bytes > end ? block->offset + block->bytes : end;
  }
  return end;
}

uint32_t ek_place(ek_block_t *blocks, uint32_t count) {
  static const order_t orders[] = {BY_SIZE, FORWARD, BACKWARD};
  order_t best = BY_SIZE;
  order_t last = BY_SIZE;
  uint32_t least = UINT32_MAX;
  for (uint32_t i = 0; i < sizeof orders / sizeof orders[0]; ++i) {
    last = orders[i];
    const uint32_t end = place_in_order(blocks, count, last);
    if (end < least) {
      least = end;
      best = last;
    }
  }
  return best == last ? least : place_in_order(blocks, count, best);
}
