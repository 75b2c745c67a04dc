/* SPDX-License-Identifier: Apache-2.0 */
/* Mutates .tflite files by their structure: collects the fields of the tables that can be reached from the root, picks
 * one and changes it as a field of its kind can be wrong, or as it can be right in another way.
 *
 * A random byte lands in weights nearly always and proves nothing; here every shape, type, scale, option, vtable slot,
 * offset and vector length has its turn. The sizes of the file's parts do not change, only their contents, except for
 * a cut at the end. */
#include "ek_flatbuffer.h"
#include "fuzz.h"
#include "tflite_schema.h"

#define MAX_SITES 8192u
#define MAX_TABLES 2048u
#define MAX_CHILDREN 256u

typedef enum { SITE_BYTE, SITE_WORD, SITE_LONG, SITE_ELEMENT, SITE_OFFSET, SITE_LENGTH, SITE_VTABLE, SITE_VTABLE_SLOT } site_kind_t;

typedef struct {
  uint32_t position;
  uint8_t kind; /* site_kind_t */
  uint8_t of;   /* table_kind_t that an offset leads to, NUM_TABLES for a vector */
} site_t;

typedef struct {
  ek_buffer_t file;
  uint32_t num_sites;
  uint32_t num_tables;
  site_t sites[MAX_SITES];
  struct {
    uint32_t position;
    table_kind_t kind;
  } tables[MAX_TABLES];
} walk_t;

static void add_site(walk_t *walk, uint32_t position, site_kind_t kind, uint8_t of) {
  if (walk->num_sites < MAX_SITES && position < walk->file.size) {
    walk->sites[walk->num_sites++] = (site_t){position, (uint8_t)kind, of};
  }
}

static void add_table(walk_t *walk, uint32_t position, table_kind_t kind) {
  if (walk->num_tables < MAX_TABLES) {
    walk->tables[walk->num_tables].position = position;
    walk->tables[walk->num_tables].kind = kind;
    ++walk->num_tables;
  }
}

static void add_vector(walk_t *walk, uint32_t table, const field_t *field, uint32_t width) {
  ek_vector_t vector;
  if (ek_fb_vector(&walk->file, table, field->id, width, &vector) != EK_OK || vector.position == 0u) {
    return;
  }
  add_site(walk, vector.position - 4u, SITE_LENGTH, NUM_TABLES);
  for (uint32_t i = 0; i < vector.length && i < MAX_CHILDREN; ++i) {
    const uint32_t position = vector.position + width * i;
    uint32_t child;
    if (field->kind == CHILDREN) {
      add_site(walk, position, SITE_OFFSET, field->of);
      if (ek_fb_element(&walk->file, vector, i, &child) == EK_OK) {
        add_table(walk, child, (table_kind_t)field->of);
      }
    } else if (field->kind == WORDS) {
      add_site(walk, position, SITE_ELEMENT, NUM_TABLES);
    } else if (field->kind == LONGS || (field->kind == BYTES && i < 16u)) {
      add_site(walk, position, field->kind == LONGS ? SITE_LONG : SITE_BYTE, NUM_TABLES);
    }
  }
}

static void add_field(walk_t *walk, uint32_t table, const field_t *field) {
  uint32_t position;
  uint32_t child;
  if (ek_fb_field(&walk->file, table, field->id, 1u, &position) != EK_OK || position == 0u) {
    return;
  }
  switch (field->kind) {
    case BYTE:
      add_site(walk, position, SITE_BYTE, NUM_TABLES);
      break;
    case WORD: /* a byte of an options table is aligned to nothing, a word to four */
      add_site(walk, position, position % 4u == 0u ? SITE_WORD : SITE_BYTE, NUM_TABLES);
      break;
    case CHILD:
      add_site(walk, position, SITE_OFFSET, field->of);
      if (ek_fb_table(&walk->file, table, field->id, &child) == EK_OK && child != 0u) {
        add_table(walk, child, (table_kind_t)field->of);
      }
      break;
    default:
      add_site(walk, position, SITE_OFFSET, NUM_TABLES);
      add_vector(walk, table, field, field->kind == BYTES ? 1u : field->kind == LONGS ? 8u : 4u);
      break;
  }
}

static void add_vtable(walk_t *walk, uint32_t table) {
  if (table + 4u > walk->file.size) {
    return;
  }
  add_site(walk, table, SITE_VTABLE, NUM_TABLES);
  const int64_t vtable = (int64_t)table - ek_load_i32(walk->file.bytes + table);
  for (uint32_t slot = 0; slot < 10u && vtable >= 0 && vtable + 2 * slot + 2 <= (int64_t)walk->file.size; ++slot) {
    add_site(walk, (uint32_t)vtable + 2u * slot, SITE_VTABLE_SLOT, NUM_TABLES);
  }
}

static void collect(walk_t *walk, const uint8_t *data, uint32_t size) {
  uint32_t root;
  walk->file = (ek_buffer_t){data, size};
  walk->num_sites = walk->num_tables = 0u;
  if (ek_fb_root(&walk->file, "TFL3", &root) != EK_OK) {
    return;
  }
  add_site(walk, 0u, SITE_OFFSET, TABLE_MODEL);
  add_table(walk, root, TABLE_MODEL);
  for (uint32_t i = 0; i < walk->num_tables; ++i) {
    const field_t *fields = SCHEMA[walk->tables[i].kind];
    add_vtable(walk, walk->tables[i].position);
    for (uint32_t k = 0; k < MAX_FIELDS && fields[k].kind != END; ++k) {
      add_field(walk, walk->tables[i].position, &fields[k]);
    }
  }
}

static uint32_t interesting(uint32_t *random, uint32_t old, uint32_t size) {
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

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed) {
  static walk_t walk;
  uint32_t random = (seed ^ 0x9E3779B9u) | 1u;
  const uint32_t dice = next_random(&random);
  collect(&walk, data, (uint32_t)size);
  if (walk.num_sites == 0u || dice % 16u == 0u) {
    return LLVMFuzzerMutate(data, size, max_size);
  }
  if (dice % 64u == 1u) {
    return next_random(&random) % size;
  }
  const uint32_t rounds = 1u + (dice >> 8) % 3u;
  for (uint32_t i = 0; i < rounds; ++i) {
    mutate_site(&walk, &walk.sites[next_random(&random) % walk.num_sites], data, size, &random);
  }
  return size;
}
