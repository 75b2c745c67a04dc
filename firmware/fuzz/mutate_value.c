/* SPDX-License-Identifier: Apache-2.0 */
/* Changes a field as a field of its kind can be wrong, or as it can be right in another way. */
#include "walk_model.h"

uint32_t interesting(uint32_t *random, uint32_t old, uint32_t size) {
  static const uint32_t values[] = {0u, 1u, 2u, 3u, 4u, 6u, 7u, 8u, 9u, 16u, 127u, 128u, 255u, 256u, 4096u, 32767u, 32768u,
                                    65535u, 1u << 24, 0x1FFFFFFFu, 0x3F800000u, 0x40C00000u, 0x3B800000u, 0x7F7FFFFFu,
                                    0x7F800000u, 0x00000001u, 0x00800000u, 0x7FFFFFFFu, 0x80000000u, 0xFFFFFFFFu};
  const uint32_t dice = next_random(random);
  switch (dice % 6u) {
    case 0:
      return old + 1u;
    case 1:
      return old - 1u;
    case 2:
      return old ^ (1u << (dice >> 8) % 32u);
    case 3:
      return (dice >> 8) % ((dice & 0x80u) != 0u ? 16u : 160u); /* operators and types, small shapes */
    case 4:
      return (dice & 0x100u) != 0u ? size - (dice >> 9) % 16u : old * 2u;
    default:
      return values[(dice >> 8) % (sizeof values / sizeof values[0])];
  }
}

static void store(uint8_t *data, size_t size, uint32_t position, uint64_t value, uint32_t width) {
  if (position <= size && width <= size - position) {
    memcpy(data + position, &value, width); /* little-endian, as the file */
  }
}

/* All elements with the value `old` get the new one: a dimension that several shapes share changes in all of them. */
static void replace_all(const walk_t *walk, uint8_t *data, size_t size, uint32_t old, uint32_t value) {
  for (uint32_t i = 0; i < walk->num_sites; ++i) {
    const uint32_t position = walk->sites[i].position;
    if (walk->sites[i].kind == SITE_ELEMENT && position + 4u <= size && ek_load_u32(data + position) == old) {
      store(data, size, position, value, 4u);
    }
  }
}

static void mutate_site(const walk_t *walk, const site_t *site, uint8_t *data, size_t size, uint32_t *random) {
  uint64_t old = 0u;
  const uint32_t dice = next_random(random);
  const size_t left = size - site->position;
  memcpy(&old, data + site->position, left < 8u ? left : 8u);
  const site_t *other = &walk->sites[dice % walk->num_sites];
  const uint32_t value = interesting(random, (uint32_t)old, (uint32_t)size);
  switch (site->kind) {
    case SITE_BYTE:
      store(data, size, site->position, value, 1u);
      break;
    case SITE_ELEMENT:
      if (dice % 4u == 0u) {
        replace_all(walk, data, size, (uint32_t)old, value);
        break;
      }
      store(data, size, site->position, value, 4u);
      break;
    case SITE_LONG:
      store(data, size, site->position, dice % 8u == 0u ? (uint64_t)value << 32 : (uint64_t)(int64_t)(int32_t)value, 8u);
      break;
    case SITE_OFFSET:
      if (dice % 4u != 0u && walk->num_tables > 0u) {
        /* To another table, if it can be one of the same kind. */
        for (uint32_t i = 0; i < walk->num_tables; ++i) {
          const uint32_t k = (dice + i) % walk->num_tables;
          if (walk->tables[k].kind == site->of && walk->tables[k].position > site->position) {
            store(data, size, site->position, walk->tables[k].position - site->position, 4u);
            break;
          }
        }
        break;
      }
      store(data, size, site->position, value, 4u);
      break;
    case SITE_VTABLE_SLOT:
      store(data, size, site->position, dice % 2u == 0u ? 0u : value, 2u);
      break;
    default: /* words, lengths, vtable offsets: a value, or what stands in another place of the same kind */
      if (dice % 4u == 0u && other->kind == site->kind && other->position + 4u <= size) {
        store(data, size, site->position, ek_load_u32(data + other->position), 4u);
        break;
      }
      store(data, size, site->position, value, 4u);
      break;
  }
}

/* All tensors of one type get another: another kernel's turn, with operands that fit each other. */
static void retype(const walk_t *walk, uint8_t *data, size_t size, uint32_t *random) {
  static const uint8_t types[] = {0u, 0u, 2u, 2u, 3u, 4u, 6u, 7u, 9u, 9u, 13u, 1u};
  const uint8_t new_type = types[next_random(random) % sizeof types];
  uint32_t position = 0u;
  uint32_t start = next_random(random);
  uint8_t old_type = 0xFFu;
  for (uint32_t i = 0; i < walk->num_tables; ++i) {
    const uint32_t k = (start + i) % walk->num_tables;
    if (walk->tables[k].kind != TABLE_TENSOR ||
        ek_fb_field(&walk->file, walk->tables[k].position, TENSOR_TYPE, 1u, &position) != EK_OK || position == 0u) {
      continue;
    }
    old_type = old_type == 0xFFu ? data[position] : old_type;
    if (data[position] == old_type) {
      store(data, size, position, new_type, 1u);
    }
  }
}

/* Another operator, in both fields that hold it. */
static void recode(const walk_t *walk, uint8_t *data, size_t size, uint32_t *random) {
  const uint32_t builtin = next_random(random) % 160u;
  const uint32_t start = next_random(random);
  uint32_t position = 0u;
  for (uint32_t i = 0; i < walk->num_tables; ++i) {
    const uint32_t k = (start + i) % walk->num_tables;
    if (walk->tables[k].kind == TABLE_CODE) {
      if (ek_fb_field(&walk->file, walk->tables[k].position, CODE_DEPRECATED, 1u, &position) == EK_OK && position != 0u) {
        store(data, size, position, builtin < 127u ? builtin : 127u, 1u);
      }
      if (ek_fb_field(&walk->file, walk->tables[k].position, CODE_BUILTIN, 4u, &position) == EK_OK && position != 0u) {
        store(data, size, position, builtin, 4u);
      }
      return;
    }
  }
}

/* What tells tables apart is most of the places and least of the meaning: it gets a quarter of the turns. */
static const site_t *choose(const walk_t *walk, uint32_t *random) {
  const site_t *site = NULL;
  const bool anything = next_random(random) % 8u == 0u;
  for (uint32_t i = 0; i < 8u; ++i) {
    site = &walk->sites[next_random(random) % walk->num_sites];
    if (anything || site->kind < SITE_OFFSET) {
      break;
    }
  }
  return site;
}

void mutate_value(const walk_t *walk, uint8_t *data, size_t size, uint32_t *random) {
  switch (next_random(random) % 32u) {
    case 0:
      retype(walk, data, size, random);
      break;
    case 1:
      recode(walk, data, size, random);
      break;
    default:
      mutate_site(walk, choose(walk, random), data, size, random);
      break;
  }
}
