/* SPDX-License-Identifier: Apache-2.0 */
/* Answers the messages of edgekit/wire/SPEC.md: takes a model over the line, runs it, hands its tensors out. */
#ifndef EK_DEVICE_H
#define EK_DEVICE_H

#include "ek_checksum.h"
#include "ek_frame.h"
#include "ek_port.h"
#include "ek_runtime.h"

#ifndef EK_MAX_BODY
#define EK_MAX_BODY 4096u
#endif

#define EK_FRAME_CAPACITY (EK_MAX_BODY + EK_FRAME_OVERHEAD)

typedef struct {
  const ek_port_t *port;
  ek_runtime_t runtime;
  ek_frame_reader_t reader;
  uint32_t announced_bytes; /* of the model that is being loaded */
  uint32_t received_bytes;
  uint32_t setup_ticks;
  uint32_t reply_length; /* header and body of the last answer, kept to be sent again */
  uint8_t announced_sha256[EK_SHA256_BYTES];
  uint8_t request[EK_FRAME_CAPACITY];
  uint8_t reply[EK_FRAME_CAPACITY];
  uint32_t hello_sequence; /* of the HELLO that began the conversation; beyond 16 bits before the first */
  uint16_t last_sequence;  /* of the request that was executed last */
  bool is_started;         /* a request was executed since power-on */
  bool is_loading;
  bool is_loaded;
  bool has_answered; /* a request after HELLO; `reply` is what it got */
} ek_device_t;

void ek_device_init(ek_device_t *device, const ek_port_t *port);

/* Takes one byte from the line; answers when it completes a request. Returns false if the byte is not the
 * protocol's but text. */
bool ek_device_feed(ek_device_t *device, uint8_t byte);

#endif
