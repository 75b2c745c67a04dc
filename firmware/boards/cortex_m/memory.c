/* SPDX-License-Identifier: Apache-2.0 */
#include "cortex_m.h"

extern uint8_t ek_model[], ek_model_end[], ek_arena[], ek_arena_end[], ek_firmware_bytes[];

void ek_describe_memory(ek_port_t *port) {
  port->board = EK_BOARD;
  port->stack_bytes = ek_painted_stack_bytes;
  port->firmware_bytes = (uint32_t)(uintptr_t)ek_firmware_bytes;
#ifndef EK_RESIDENT
  port->model = ek_model;
  port->model_capacity = (uint32_t)(ek_model_end - ek_model);
#endif
  port->arena = ek_arena;
  port->arena_capacity = (uint32_t)(ek_arena_end - ek_arena);
}
