/* SPDX-License-Identifier: Apache-2.0 */
#include "ek_place.h"

typedef enum { BY_SIZE, FORWARD, BACKWARD, BY_NEED } order_t;

/* Rounds by need take as long as all other orders together: they are for plans further above the least than an eighth. */
#define MAX_ROUNDS 4u
#define WORTH_IT 8u

/* The lag of `out` over `in`, or UINT32_MAX if they may not overlap. */
static inline uint32_t lag_between(const ek_block_t *out, uint32_t in) {
  for (uint32_t i = 0; i < EK_MAX_OVERLAPS; ++i) {
    if (out->over[i] == in) {
      return out->lag[i];
    }
  }
  return UINT32_MAX;
}

/* Blocks [begin, end) are all that may be alive together with this one. They come in the order of `first`, so those too
 * late are at the end; where `reach` is too early, so is every block before. */
static inline void find_neighbours(const ek_block_t *blocks, uint32_t count, uint32_t block, uint32_t *begin,
                                   uint32_t *end) {
  const ek_block_t *self = &blocks[block];
  uint32_t low = block;
  uint32_t high = block + 1u;
  while (low > 0u && blocks[low - 1u].reach >= self->first) {
    --low;
  }
  while (high < count && blocks[high].first <= self->last) {
    ++high;
  }
  *begin = low;
  *end = high;
}

/* The lowest offset that collides with nothing. A rise may lead into a collision that was looked at before, hence
 * passes; the offset only ever rises, to the end of some block's span, so there are at most as many as blocks. */
static uint32_t lowest_offset(const ek_block_t *blocks, uint32_t count, uint32_t block) {
  const ek_block_t *self = &blocks[block];
  uint32_t begin;
  uint32_t end;
  uint32_t offset = 0u;
  find_neighbours(blocks, count, block, &begin, &end);
  for (bool moved = true; moved;) {
    moved = false;
    for (uint32_t other = begin; other < end; ++other) {
      const ek_block_t *placed = &blocks[other];
      if (!placed->is_placed || placed->last < self->first || placed->offset + placed->bytes <= offset) {
        continue; /* has no place yet, was never alive together, or lies below */
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

static void place_one(ek_block_t *blocks, uint32_t count, uint32_t block, uint32_t *span) {
  ek_block_t *self = &blocks[block];
  self->offset = lowest_offset(blocks, count, block);
  self->is_placed = true;
  *span = self->offset + self->bytes > *span ? self->offset + self->bytes : *span;
}

/* Chains the blocks of one kind, the largest first, equal ones by their numbers; returns the first. */
static uint32_t sort(ek_block_t *blocks, uint32_t count, bool is_scratch) {
  uint16_t first = EK_NO_BLOCK;
  uint16_t newest = EK_NO_BLOCK; /* networks narrow, so this is often where the next one goes */
  for (uint32_t i = 0; i < count; ++i) {
    if (blocks[i].is_scratch != is_scratch) {
      continue;
    }
    const uint32_t bytes = blocks[i].bytes;
    uint16_t *link = &first;
    if (newest != EK_NO_BLOCK && bytes <= blocks[newest].bytes) {
      link = &blocks[newest].turn;
    }
    while (*link != EK_NO_BLOCK && bytes <= blocks[*link].bytes) {
      link = &blocks[*link].turn;
    }
    blocks[i].turn = *link;
    newest = (uint16_t)i;
    *link = newest;
  }
  return first;
}

/* Working memory is easily put anywhere, so its turn comes last. */
static EK_OWN_FRAME uint32_t place_in_time(ek_block_t *blocks, uint32_t count, bool is_forward) {
  uint32_t span = 0u;
  for (uint32_t i = 0; i < count; ++i) {
    blocks[i].is_placed = false;
  }
  for (uint32_t kind = 0; kind < 2u; ++kind) {
    for (uint32_t turn = 0; turn < count; ++turn) {
      const uint32_t i = is_forward ? turn : count - 1u - turn;
      if (blocks[i].is_scratch == (kind == 1u)) {
        place_one(blocks, count, i, &span);
      }
    }
  }
  return span;
}

static void place_chain(ek_block_t *blocks, uint32_t count, uint32_t first, uint32_t *span) {
  for (uint32_t i = first; i != EK_NO_BLOCK; i = blocks[i].turn) {
    place_one(blocks, count, i, span);
  }
}

/* Puts the block that sticks out most in front of the chain; false if it stands there. Working memory that lies on top
 * of it comes down with it. */
static bool promote(ek_block_t *blocks, uint32_t *first) {
  uint32_t top = *first;
  for (uint32_t i = *first; i != EK_NO_BLOCK; i = blocks[i].turn) {
    if (blocks[i].offset + blocks[i].bytes > blocks[top].offset + blocks[top].bytes) {
      top = i;
    }
  }
  if (top == *first) {
    return false;
  }
  uint32_t before = *first;
  while (blocks[before].turn != top) {
    before = blocks[before].turn;
  }
  blocks[before].turn = blocks[top].turn;
  blocks[top].turn = (uint16_t)*first;
  *first = top;
  return true;
}

/* By size, then again with the block that stuck out in front, `rounds` times or until the span is `enough`. Where an
 * output may lie over its input only from below, the largest blocks at the bottom are in the way of their neighbours;
 * these then choose first. Returns the least span, and in `best` after how many rounds it was found. */
static EK_OWN_FRAME uint32_t place_by_need(ek_block_t *blocks, uint32_t count, uint32_t rounds, uint32_t enough,
                                           uint32_t *best) {
  uint32_t first = sort(blocks, count, false);
  const uint32_t scratch = sort(blocks, count, true);
  uint32_t least = UINT32_MAX;
  for (uint32_t round = 0;; ++round) {
    uint32_t span = 0u;
    for (uint32_t i = 0; i < count; ++i) {
      blocks[i].is_placed = false;
    }
    place_chain(blocks, count, first, &span);
    place_chain(blocks, count, scratch, &span);
    if (span < least) {
      least = span;
      *best = round;
    }
    if (round == rounds || least <= enough || !promote(blocks, &first)) {
      return least;
    }
  }
}

/* Bytes that a block which begins takes beside what it may lie over. */
static uint32_t own_bytes(const ek_block_t *blocks, const ek_block_t *block) {
  uint32_t own = block->bytes;
  for (uint32_t k = 0; k < EK_MAX_OVERLAPS; ++k) {
    if (block->over[k] != EK_NO_BLOCK) {
      const uint32_t in = blocks[block->over[k]].bytes;
      own -= in < block->bytes ? in : block->bytes;
    }
  }
  return own;
}

/* No plan can span less: at the start of each block, what lives then less what may overlap. */
static EK_OWN_FRAME uint32_t lower_bound(const ek_block_t *blocks, uint32_t count) {
  uint32_t most = 0u;
  for (uint32_t end = 1u; end <= count; ++end) {
    const uint32_t time = blocks[end - 1u].first;
    if (end < count && blocks[end].first == time) {
      continue;
    }
    uint32_t live = 0u;
    for (uint32_t i = end; i > 0u && blocks[i - 1u].reach >= time; --i) {
      const ek_block_t *each = &blocks[i - 1u];
      if (each->last >= time) {
        live += each->first == time ? own_bytes(blocks, each) : each->bytes;
      }
    }
    most = live > most && live <= INT32_MAX ? live : most;
  }
  return most;
}

static EK_OWN_FRAME uint32_t place_in_order(ek_block_t *blocks, uint32_t count, order_t order, uint32_t enough,
                                            uint32_t *round) {
  if (order == FORWARD || order == BACKWARD) {
    return place_in_time(blocks, count, order == FORWARD);
  }
  return place_by_need(blocks, count, order == BY_SIZE ? 0u : MAX_ROUNDS, enough, round);
}

uint32_t ek_place(ek_block_t *blocks, uint32_t count) {
  static const order_t orders[] = {BY_SIZE, FORWARD, BACKWARD, BY_NEED};
  order_t best = BY_SIZE;
  order_t last = BY_SIZE;
  uint32_t least = UINT32_MAX;
  uint32_t round = 0u;
  uint16_t reach = 0u;
  for (uint32_t i = 0; i < count; ++i) {
    reach = blocks[i].last > reach ? blocks[i].last : reach;
    blocks[i].reach = reach;
  }
  const uint32_t enough = lower_bound(blocks, count);
  for (uint32_t i = 0; i < sizeof orders / sizeof orders[0] && least > enough; ++i) {
    if (orders[i] == BY_NEED && least <= enough + enough / WORTH_IT) {
      break;
    }
    last = orders[i];
    const uint32_t end = place_in_order(blocks, count, last, enough, &round);
    if (end < least) {
      least = end;
      best = last;
    }
  }
  if (best == BY_NEED) {
    return place_by_need(blocks, count, round, enough, &round); /* later rounds may have moved them again */
  }
  return best == last ? least : place_in_order(blocks, count, best, enough, &round);
}
