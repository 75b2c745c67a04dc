/* SPDX-License-Identifier: Apache-2.0 */
#include "ek_place.h"

typedef enum { BY_SIZE, FORWARD, BACKWARD } order_t;

/* The lag of `out` over `in`, or UINT32_MAX if they may not overlap. */
static uint32_t lag_between(const ek_block_t *out, uint16_t in) {
  for (uint32_t i = 0; i < EK_MAX_OVERLAPS; ++i) {
    if (out->over[i] == in) {
      return out->lag[i];
    }
  }
  return UINT32_MAX;
}

/* The lowest offset that collides with nothing. Going up the list may uncover a collision further down, hence passes;
 * the offset only ever rises, to the end of some block's span, so there are at most as many as blocks. */
static uint32_t lowest_offset(const ek_block_t *blocks, uint16_t block, uint16_t head) {
  const ek_block_t *self = &blocks[block];
  uint32_t offset = 0u;
  for (bool moved = true; moved;) {
    moved = false;
    for (uint16_t other = head; other != EK_NO_BLOCK; other = blocks[other].next) {
      const ek_block_t *placed = &blocks[other];
      if (self->last < placed->first || placed->last < self->first || placed->offset + placed->bytes <= offset) {
        continue; /* never alive together, or below */
      }
      /* The offsets that collide lie strictly between `low`, here moved up by the own size, and `high`. */
      uint32_t low = placed->offset;
      uint32_t high = placed->offset + placed->bytes;
      const uint32_t as_output = lag_between(self, other);
      if (as_output < self->bytes) {
        low += self->bytes - as_output; /* the new block may reach down into its input */
      }
      const uint32_t as_input = lag_between(placed, block);
      if (as_input < placed->bytes) {
        high = placed->offset + as_input; /* the output below may reach up into the new block */
      }
      if (low < offset + self->bytes && offset < high) {
        offset = high;
        moved = true;
      }
    }
  }
  return offset;
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

/* Chains the blocks in the order of their turns, equal ones by their numbers; returns the first. */
static uint16_t sort(ek_block_t *blocks, uint32_t count, order_t order) {
  uint16_t first = EK_NO_BLOCK;
  uint16_t newest = EK_NO_BLOCK; /* blocks come in the order of time, so this is often where the next one goes */
  for (uint32_t i = 0; i < count; ++i) {
    uint16_t *link = &first;
    if (newest != EK_NO_BLOCK && !comes_before(&blocks[i], &blocks[newest], order)) {
      link = &blocks[newest].turn;
    }
    while (*link != EK_NO_BLOCK && !comes_before(&blocks[i], &blocks[*link], order)) {
      link = &blocks[*link].turn;
    }
    blocks[i].turn = *link;
    newest = (uint16_t)i;
    *link = newest;
  }
  return first;
}

static uint32_t place_in_order(ek_block_t *blocks, uint32_t count, order_t order) {
  uint16_t head = EK_NO_BLOCK;
  uint32_t end = 0u;
  for (uint16_t next = sort(blocks, count, order); next != EK_NO_BLOCK; next = blocks[next].turn) {
    ek_block_t *block = &blocks[next];
    block->offset = lowest_offset(blocks, next, head);
    link_in(blocks, next, &head);
    end = block->offset + block->bytes > end ? block->offset + block->bytes : end;
  }
  return end;
}

uint32_t ek_place(ek_block_t *blocks, uint32_t count, uint32_t enough) {
  static const order_t orders[] = {BY_SIZE, FORWARD, BACKWARD};
  order_t best = BY_SIZE;
  order_t last = BY_SIZE;
  uint32_t least = UINT32_MAX;
  for (uint32_t i = 0; i < sizeof orders / sizeof orders[0] && least > enough; ++i) {
    last = orders[i];
    const uint32_t end = place_in_order(blocks, count, last);
    if (end < least) {
      least = end;
      best = last;
    }
  }
  return best == last ? least : place_in_order(blocks, count, best);
}
