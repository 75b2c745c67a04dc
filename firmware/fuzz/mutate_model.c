/* SPDX-License-Identifier: Apache-2.0 */
/* Mutates .tflite files by their structure.
 *
 * A random byte lands in weights nearly always and proves nothing; here every shape, type, scale, option, vtable slot,
 * offset and vector length has its turn (mutate_value.c), vectors grow and shrink, tables gain fields, operators and
 * subgraphs come, go and change places (mutate_structure.c), and models borrow from each other (graft). */
#include "walk_model.h"

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed) {
  static walk_t walk;
  uint32_t random = (seed ^ 0x9E3779B9u) | 1u;
  const uint32_t dice = next_random(&random);
  walk_model(&walk, data, (uint32_t)size);
  if (walk.num_sites == 0u || dice % 64u == 0u) {
    return LLVMFuzzerMutate(data, size, max_size);
  }
  if (dice % 64u == 1u) {
    return next_random(&random) % size;
  }
  if (dice % 8u == 2u) {
    size = mutate_structure(&walk, data, size, max_size, &random);
    walk_model(&walk, data, (uint32_t)size);
  }
  const uint32_t rounds = (dice >> 8) % 4u + (dice % 8u != 2u);
  for (uint32_t i = 0; i < rounds && walk.num_sites > 0u; ++i) {
    mutate_value(&walk, data, size, &random);
  }
  return size;
}

size_t LLVMFuzzerCustomCrossOver(const uint8_t *data1, size_t size1, const uint8_t *data2, size_t size2, uint8_t *out,
                                 size_t max_size, unsigned seed) {
  static walk_t walk;
  static walk_t donor;
  uint32_t random = (seed ^ 0x9E3779B9u) | 1u;
  size_t size = size1 < max_size ? size1 : max_size;
  memcpy(out, data1, size);
  walk_model(&walk, out, (uint32_t)size);
  walk_model(&donor, data2, (uint32_t)size2);
  if (walk.num_sites > 0u && donor.num_sites > 0u) {
    size = graft(&walk, &donor, out, size, max_size, &random);
    walk_model(&walk, out, (uint32_t)size);
    if (walk.num_sites > 0u && next_random(&random) % 2u == 0u) {
      mutate_value(&walk, out, size, &random);
    }
  }
  return size;
}
