/* SPDX-License-Identifier: Apache-2.0 */
/* Flash with wait states behind caches of lines, one for instructions and one for data. Each line that is not there
 * costs the wait states in full: what a prefetch hides is not subtracted. */
#ifndef CM_FLASH_H
#define CM_FLASH_H

#include <stdint.h>

#define CM_MAX_LINES 64u

typedef struct {
  uint32_t tags[CM_MAX_LINES]; /* line number + 1, the latest first; 0: empty */
  uint32_t num_lines;          /* at least one: the line that was read last */
} cm_lines_t;

typedef struct {
  uint32_t start;
  uint32_t bytes;
  uint32_t line_bytes;
  uint32_t wait_states;
  cm_lines_t instructions;
  cm_lines_t data;
} cm_flash_t;

/* Cycles that it takes longer to read these bytes than from memory without wait states. */
uint32_t cm_flash_read(cm_flash_t *flash, cm_lines_t *lines, uint32_t address, uint32_t num_bytes);

#endif
