/* SPDX-License-Identifier: Apache-2.0 */
/* One function for each message of edgekit/wire/SPEC.md, and what they share. Each checks the length of its request's body
 * before it reads it, and appends the body of the reply.
 *
 * They stay functions of their own: the one that runs the model must not carry the others' buffers on its stack.
 */
#ifndef EK_HANDLERS_H
#define EK_HANDLERS_H

#include "ek_device.h"
#include "ek_reply.h"

typedef struct {
  const uint8_t *bytes;
  uint32_t length;
} ek_body_t;

/* Records why a request is refused, in place of any fault before, and returns `status`. */
EK_MUST_CHECK ek_status_t ek_refuse_request(ek_device_t *device, ek_status_t status, const char *message);
EK_MUST_CHECK ek_status_t ek_refuse_length(ek_device_t *device);
EK_MUST_CHECK ek_status_t ek_require_model(ek_device_t *device);

EK_MUST_CHECK ek_status_t ek_on_write_input(ek_device_t *device, ek_body_t body);
EK_MUST_CHECK ek_status_t ek_on_read(ek_device_t *device, ek_body_t body);
EK_MUST_CHECK ek_status_t ek_on_invoke(ek_device_t *device, ek_body_t body);

/* How a model gets in. Two folders define these: upload/ for a firmware that takes any, resident/ for one that carries its
 * own. */
EK_MUST_CHECK ek_status_t ek_on_load_begin(ek_device_t *device, ek_body_t body);
EK_MUST_CHECK ek_status_t ek_on_load_data(ek_device_t *device, ek_body_t body);
EK_MUST_CHECK ek_status_t ek_on_load_end(ek_device_t *device, ek_body_t body);
/* At the end of a conversation. */
void ek_forget_model(ek_device_t *device);
/* The reply to LOAD_END. */
void ek_put_loaded(ek_device_t *device, const uint8_t *digest);

#endif
