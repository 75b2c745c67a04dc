/* SPDX-License-Identifier: Apache-2.0 */
/* What the messages of edgekit/wire/SPEC.md do. */
#ifndef EK_MESSAGES_H
#define EK_MESSAGES_H

#include "ek_device.h"

#define EK_KIND_HELLO 0x01u
#define EK_KIND_REPLY 0x80u /* set in the kind of every reply */
#define EK_KIND_BAD_FRAME 0xFFu

/* Once, before the first request: loads the model that the firmware carries, if it carries one. */
void ek_start(ek_device_t *device);

/* Executes one request and appends the body of its reply. On failure `runtime.fault` says why. */
EK_MUST_CHECK ek_status_t ek_execute(ek_device_t *device, uint8_t kind, const uint8_t *body, uint32_t body_bytes);

#endif
