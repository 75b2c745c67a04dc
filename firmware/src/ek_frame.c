/* SPDX-License-Identifier: Apache-2.0 */
#include "ek_frame.h"

#include <string.h>

#include "ek_checksum.h"

#define FULL_BLOCK 0xFFu

void ek_frame_reader_init(ek_frame_reader_t *reader, uint8_t *bytes, uint32_t capacity) {
  memset(reader, 0, sizeof *reader);
  reader->bytes = bytes;
  reader->capacity = capacity;
}

static void open_frame(ek_frame_reader_t *reader) {
  reader->length = 0u;
  reader->literal_left = 0u;
  reader->is_inside = true;
  reader->is_empty = true;
  reader->owes_zero = false;
  reader->is_too_long = false;
}

static void append(ek_frame_reader_t *reader, uint8_t byte) {
  if (reader->length == reader->capacity) {
    reader->is_too_long = true;
    return;
  }
  reader->bytes[reader->length] = byte;
  ++reader->length;
}

static ek_frame_event_t close_frame(ek_frame_reader_t *reader) {
  reader->is_inside = false;
  if (reader->is_too_long || reader->literal_left != 0u || reader->length < EK_FRAME_OVERHEAD) {
    return EK_FRAME_CORRUPT;
  }
  reader->length -= EK_FRAME_CRC_BYTES;
  uint32_t announced;
  memcpy(&announced, reader->bytes + reader->length, sizeof announced);
  return ek_crc32(reader->bytes, reader->length) == announced ? EK_FRAME_READY : EK_FRAME_CORRUPT;
}

ek_frame_event_t ek_frame_reader_feed(ek_frame_reader_t *reader, uint8_t byte) {
  if (byte == 0u) {
    if (reader->is_inside && !reader->is_empty) {
      return close_frame(reader);
    }
    open_frame(reader);
    return EK_FRAME_NONE;
  }
  if (!reader->is_inside) {
    return EK_FRAME_TEXT;
  }
  reader->is_empty = false;
  if (reader->literal_left > 0u) {
    append(reader, byte);
    --reader->literal_left;
    return EK_FRAME_NONE;
  }
  if (reader->owes_zero) {
    append(reader, 0u);
  }
  reader->literal_left = (uint32_t)byte - 1u;
  reader->owes_zero = byte != FULL_BLOCK; /* a full block ends without a zero */
  return EK_FRAME_NONE;
}

void ek_frame_write(uint8_t *bytes, uint32_t length, void (*write)(void *context, const uint8_t *bytes, uint32_t n),
                    void *context) {
  static const uint8_t delimiter = 0u;
  const uint32_t crc = ek_crc32(bytes, length);
  memcpy(bytes + length, &crc, sizeof crc);
  const uint32_t end = length + (uint32_t)sizeof crc;
  write(context, &delimiter, 1u);
  /* One block per zero, and one more: the bytes behind the last zero. */
  for (uint32_t start = 0; start <= end;) {
    uint32_t run = 0u;
    while (start + run < end && run < FULL_BLOCK - 1u && bytes[start + run] != 0u) {
      ++run;
    }
    const uint8_t code = (uint8_t)(run + 1u);
    write(context, &code, 1u);
    write(context, bytes + start, run);
    if (code == FULL_BLOCK && start + run == end) {
      break;
    }
    start += run + (code == FULL_BLOCK ? 0u : 1u);
  }
  write(context, &delimiter, 1u);
}
