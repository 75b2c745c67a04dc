/* SPDX-License-Identifier: Apache-2.0 */
/* What every fallible function returns. The values are those of edgekit/wire/SPEC.md and travel over the wire. */
#ifndef EK_STATUS_H
#define EK_STATUS_H

#include <stdint.h>

typedef enum {
  EK_OK = 0,
  EK_BAD_FRAME = 1,
  EK_BAD_REQUEST = 2,
  EK_UNKNOWN_KIND = 3,
  EK_BAD_STATE = 4,
  EK_TOO_LARGE = 5,
  EK_HASH_MISMATCH = 6,
  EK_BAD_MODEL = 7,
  EK_UNSUPPORTED = 8,
  EK_NO_MEMORY = 9,
  EK_BAD_RANGE = 10,
  EK_RUNTIME_FAILED = 11
} ek_status_t;

#define EK_MUST_CHECK __attribute__((warn_unused_result))

/* Keeps a function's variables out of its callers' frames: the stack is the sum along a path, not over a function. */
#define EK_OWN_FRAME __attribute__((noinline))

/* "No operator" and "no tensor" in a fault. */
#define EK_NOWHERE 0xFFFFu

/* What went wrong and where. `message` points to a string literal. */
typedef struct {
  ek_status_t status;
  uint16_t operator_index;
  uint16_t tensor_index;
  const char *message;
} ek_fault_t;

/* Hands a failure to the caller. */
#define EK_TRY(expression)                  \
  do {                                      \
    const ek_status_t ek_try_ = (expression); \
    if (ek_try_ != EK_OK) {                 \
      return ek_try_;                       \
    }                                       \
  } while (0)

#endif
