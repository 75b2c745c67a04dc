/* SPDX-License-Identifier: Apache-2.0 */
/* Everything that a board has to bring along: one struct of facts and functions. */
#ifndef EK_PORT_H
#define EK_PORT_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
  const char *board;    /* name of devices/<board>.toml */
  const char *identity; /* tells this unit from others of its kind; empty if nothing does */

  /* Sends bytes over the UART; returns when the last one is handed to the hardware. */
  void (*write)(void *context, const uint8_t *bytes, uint32_t num_bytes);
  void *write_context;

  /* A free-running counter of `timer_hz`; differences are taken modulo 2^32. */
  uint32_t (*ticks)(void);
  uint32_t timer_hz;

  /* A GPIO that is high exactly while operators run: power meters synchronize on its edges. May be NULL. */
  void (*set_trigger)(bool is_high);

  /* Deepest use of the stack since start-up, in bytes; NULL if it is not painted. */
  uint32_t (*stack_bytes)(void);

  uint32_t firmware_bytes; /* code, constants and initial data, without the model; 0 if unknown */

  uint8_t *model; /* where an uploaded model goes; aligned to 16 bytes */
  uint32_t model_capacity;
  uint8_t *arena; /* aligned to 16 bytes */
  uint32_t arena_capacity;
} ek_port_t;

#endif
