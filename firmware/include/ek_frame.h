/* SPDX-License-Identifier: Apache-2.0 */
/* Frames on a line of bytes: 00 | COBS(header, body, crc32) | 00. See edgekit/wire/SPEC.md. */
#ifndef EK_FRAME_H
#define EK_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#define EK_FRAME_HEADER_BYTES 4u
#define EK_FRAME_CRC_BYTES 4u
#define EK_FRAME_OVERHEAD (EK_FRAME_HEADER_BYTES + EK_FRAME_CRC_BYTES)

typedef enum {
  EK_FRAME_NONE,   /* the byte was taken; nothing is complete yet */
  EK_FRAME_TEXT,   /* the byte lies outside frames and belongs to whoever speaks text on this line */
  EK_FRAME_READY,  /* a frame is complete: `length` bytes of header and body in `bytes` */
  EK_FRAME_CORRUPT /* a frame ended that is too long, badly encoded or fails its checksum */
} ek_frame_event_t;

/* Takes a line apart byte by byte, in a buffer of the caller's that bounds the frame. */
typedef struct {
  uint8_t *bytes;
  uint32_t capacity; /* at least EK_FRAME_OVERHEAD */
  uint32_t length;
  uint32_t literal_left; /* bytes of the COBS block that are still to come */
  bool is_inside;
  bool is_empty;     /* nothing since the opening delimiter */
  bool owes_zero;    /* the block before this one stands for a zero at its end */
  bool is_too_long;
} ek_frame_reader_t;

void ek_frame_reader_init(ek_frame_reader_t *reader, uint8_t *bytes, uint32_t capacity);

/* After READY the frame stays valid until the next call. */
ek_frame_event_t ek_frame_reader_feed(ek_frame_reader_t *reader, uint8_t byte);

/* Appends the checksum to `length` bytes of header and body (the buffer has room for it) and writes the frame. */
void ek_frame_write(uint8_t *bytes, uint32_t length, void (*write)(void *context, const uint8_t *bytes, uint32_t n),
                    void *context);

#endif
