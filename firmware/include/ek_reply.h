/* SPDX-License-Identifier: Apache-2.0 */
/* The reply that a device is building: values are appended in wire order to its frame.
 * The buffer holds a body of EK_MAX_BODY bytes; what does not fit is left out, and no message comes near it. */
#ifndef EK_REPLY_H
#define EK_REPLY_H

#include "ek_device.h"

/* Starts over with a header; put_* append. */
void ek_reply_begin(ek_device_t *device, uint8_t kind, uint8_t status, uint16_t sequence);
void ek_put(ek_device_t *device, const void *bytes, uint32_t length);
void ek_put_u8(ek_device_t *device, uint8_t value);
void ek_put_u16(ek_device_t *device, uint16_t value);
void ek_put_u32(ek_device_t *device, uint32_t value);
void ek_put_u64(ek_device_t *device, uint64_t value);
/* A length in one byte, then at most 255 bytes of `text`. */
void ek_put_string(ek_device_t *device, const char *text);

#endif
