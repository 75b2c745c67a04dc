/* SPDX-License-Identifier: Apache-2.0 */
/* The line: takes frames from it, answers each exactly once, and again when asked again. */
#include "ek_device.h"

#include <string.h>

#include "ek_messages.h"
#include "ek_reply.h"

static void put_fault(ek_device_t *device, const ek_fault_t *fault) {
  ek_put_u16(device, fault->operator_index);
  ek_put_u16(device, fault->tensor_index);
  ek_put_string(device, fault->message);
}

static void send_reply(ek_device_t *device) {
  ek_frame_write(device->reply, device->reply_length, device->port->write, device->port->write_context);
}

static void answer(ek_device_t *device) {
  const uint8_t *frame = device->reader.bytes;
  const uint8_t kind = frame[0];
  const uint16_t sequence = ek_load_u16(frame + 2);
  const bool is_repeat = device->has_answered && kind != EK_KIND_HELLO && device->reply[0] == (kind | EK_KIND_REPLY) &&
                         ek_load_u16(device->reply + 2) == sequence;
  if (!is_repeat) {
    ek_reply_begin(device, kind | EK_KIND_REPLY, EK_OK, sequence);
    const ek_status_t status = ek_execute(device, kind, frame + EK_FRAME_HEADER_BYTES,
                                          device->reader.length - EK_FRAME_HEADER_BYTES);
    if (status != EK_OK) {
      ek_reply_begin(device, kind | EK_KIND_REPLY, (uint8_t)status, sequence);
      put_fault(device, &device->runtime.fault);
    }
    device->has_answered = kind != EK_KIND_HELLO;
  }
  send_reply(device);
}

/* Leaves the last answer alone: the host may still ask for it. */
static EK_OWN_FRAME void complain(ek_device_t *device) {
  static const char message[] = "a frame arrived damaged";
  uint8_t bytes[EK_FRAME_OVERHEAD + 5u + sizeof message] = {EK_KIND_BAD_FRAME, EK_BAD_FRAME, 0u, 0u, 0xFFu, 0xFFu, 0xFFu,
                                                            0xFFu, (uint8_t)(sizeof message - 1u)};
  memcpy(bytes + EK_FRAME_HEADER_BYTES + 5u, message, sizeof message - 1u);
  ek_frame_write(bytes, EK_FRAME_HEADER_BYTES + 5u + (uint32_t)sizeof message - 1u, device->port->write,
                 device->port->write_context);
}

void ek_device_init(ek_device_t *device, const ek_port_t *port) {
  memset(device, 0, sizeof *device);
  device->port = port;
  device->runtime.fault.message = "";
  ek_frame_reader_init(&device->reader, device->request, sizeof device->request);
}

bool ek_device_feed(ek_device_t *device, uint8_t byte) {
  switch (ek_frame_reader_feed(&device->reader, byte)) {
    case EK_FRAME_TEXT:
      return false;
    case EK_FRAME_READY:
      answer(device);
      return true;
    case EK_FRAME_CORRUPT:
      complain(device);
      return true;
    case EK_FRAME_NONE:
    default:
      return true;
  }
}
