/* SPDX-License-Identifier: Apache-2.0 */
/* The line: takes frames from it, answers each exactly once, and again when asked again. */
#include "ek_device.h"

#include <string.h>

#include "ek_messages.h"
#include "ek_reply.h"

#define MAX_COMPLAINT_BYTES 80u

/* Numbers that a host may pass over: of requests that it gave up. */
#define EK_MAX_SKIPPED 16u

static void put_fault(ek_device_t *device, const ek_fault_t *fault) {
  ek_put_u16(device, fault->operator_index);
  ek_put_u16(device, fault->tensor_index);
  ek_put_string(device, fault->message);
}

static void send_reply(ek_device_t *device) {
  ek_frame_write(device->reply, device->reply_length, device->port->write, device->port->write_context);
}

/* An answer beside the kept one, which stays available: the host may still ask for it. */
static EK_OWN_FRAME void complain(ek_device_t *device, uint8_t kind, ek_status_t status, uint16_t sequence,
                                  const char *message) {
  uint8_t bytes[EK_FRAME_OVERHEAD + 5u + MAX_COMPLAINT_BYTES] = {kind, (uint8_t)status, (uint8_t)sequence,
                                                                  (uint8_t)(sequence >> 8), 0xFFu, 0xFFu, 0xFFu, 0xFFu};
  uint32_t length = 0u;
  for (; length < MAX_COMPLAINT_BYTES && message[length] != '\0'; ++length) {
    bytes[EK_FRAME_HEADER_BYTES + 5u + length] = (uint8_t)message[length];
  }
  bytes[EK_FRAME_HEADER_BYTES + 4u] = (uint8_t)length;
  ek_frame_write(bytes, EK_FRAME_HEADER_BYTES + 5u + length, device->port->write, device->port->write_context);
}

/* Is this the request answered last, once more? */
static bool is_repeat(const ek_device_t *device, uint8_t kind, uint16_t sequence) {
  return device->has_answered && kind != EK_KIND_HELLO && device->reply[0] == (kind | EK_KIND_REPLY) &&
         sequence == device->last_sequence;
}

/* A copy that was long under way, or a request of another host: executed, it would undo what came after it, or run
 * on another's model. The first request after power-on can be neither. */
static bool is_stale(const ek_device_t *device, uint8_t kind, uint16_t sequence) {
  if (kind == EK_KIND_HELLO) {
    return device->has_answered && sequence == device->hello_sequence;
  }
  const uint16_t ahead = (uint16_t)(sequence - device->last_sequence);
  return device->is_started && (ahead == 0u || ahead > EK_MAX_SKIPPED);
}

static void answer(ek_device_t *device) {
  const uint8_t *frame = device->reader.bytes;
  const uint8_t kind = frame[0];
  const uint16_t sequence = ek_load_u16(frame + 2);
  if (is_repeat(device, kind, sequence)) {
    send_reply(device);
    return;
  }
  if (is_stale(device, kind, sequence)) {
    complain(device, kind | EK_KIND_REPLY, EK_BAD_STATE, sequence,
             "not the next request of the conversation that the last HELLO began");
    return;
  }
  ek_reply_begin(device, kind | EK_KIND_REPLY, EK_OK, sequence);
  const ek_status_t status =
      ek_execute(device, kind, frame + EK_FRAME_HEADER_BYTES, device->reader.length - EK_FRAME_HEADER_BYTES);
  if (status != EK_OK) {
    ek_reply_begin(device, kind | EK_KIND_REPLY, (uint8_t)status, sequence);
    put_fault(device, &device->runtime.fault);
  }
  device->is_started = true;
  device->last_sequence = sequence;
  device->has_answered = kind != EK_KIND_HELLO;
  if (kind == EK_KIND_HELLO) {
    device->hello_sequence = sequence;
  }
  send_reply(device);
}

void ek_device_init(ek_device_t *device, const ek_port_t *port) {
  memset(device, 0, sizeof *device);
  device->port = port;
  device->runtime.fault.message = "";
  device->hello_sequence = UINT32_MAX;
  ek_frame_reader_init(&device->reader, device->request, sizeof device->request);
  ek_start(device);
}

bool ek_device_feed(ek_device_t *device, uint8_t byte) {
  switch (ek_frame_reader_feed(&device->reader, byte)) {
    case EK_FRAME_TEXT:
      return false;
    case EK_FRAME_READY:
      answer(device);
      return true;
    case EK_FRAME_CORRUPT:
      complain(device, EK_KIND_BAD_FRAME, EK_BAD_FRAME, 0u, "a frame arrived damaged");
      return true;
    case EK_FRAME_NONE:
    default:
      return true;
  }
}
