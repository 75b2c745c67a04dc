/* SPDX-License-Identifier: Apache-2.0 */
#include "ek_reply.h"

void ek_put(ek_device_t *device, const void *bytes, uint32_t length) {
  if (length > 0u && length <= EK_FRAME_HEADER_BYTES + EK_MAX_BODY - device->reply_length) {
    memcpy(device->reply + device->reply_length, bytes, length);
    device->reply_length += length;
  }
}

void ek_put_u8(ek_device_t *device, uint8_t value) { ek_put(device, &value, sizeof value); }
void ek_put_u16(ek_device_t *device, uint16_t value) { ek_put(device, &value, sizeof value); }
void ek_put_u32(ek_device_t *device, uint32_t value) { ek_put(device, &value, sizeof value); }

void ek_put_u64(ek_device_t *device, uint64_t value) { ek_put(device, &value, sizeof value); }

void ek_put_string(ek_device_t *device, const char *text) {
  uint8_t length = 0u;
  while (length < 255u && text[length] != '\0') {
    ++length;
  }
  ek_put_u8(device, length);
  ek_put(device, text, length);
}

void ek_reply_begin(ek_device_t *device, uint8_t kind, uint8_t status, uint16_t sequence) {
  device->reply_length = 0u;
  ek_put_u8(device, kind);
  ek_put_u8(device, status);
  ek_put_u16(device, sequence);
}
