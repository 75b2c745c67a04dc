/* SPDX-License-Identifier: Apache-2.0 */
#include "cm_flash.h"

#include <string.h>

/* Whether a line is there; now it is, and goes last of all. */
static int touch(cm_lines_t *lines, uint32_t tag) {
  uint32_t place = 0;
  while (place < lines->num_lines - 1u && lines->tags[place] != tag) {
    ++place;
  }
  const int was_there = lines->tags[place] == tag;
  memmove(&lines->tags[1], &lines->tags[0], place * sizeof lines->tags[0]);
  lines->tags[0] = tag;
  return was_there;
}

uint32_t cm_flash_read(cm_flash_t *flash, cm_lines_t *lines, uint32_t address, uint32_t num_bytes) {
  if (flash->wait_states == 0u || address - flash->start >= flash->bytes) {
    return 0u;
  }
  uint32_t cycles = 0u;
  const uint32_t last = (address + num_bytes - 1u) / flash->line_bytes;
  for (uint32_t line = address / flash->line_bytes; line <= last; ++line) {
    cycles += touch(lines, line + 1u) ? 0u : flash->wait_states;
  }
  return cycles;
}
