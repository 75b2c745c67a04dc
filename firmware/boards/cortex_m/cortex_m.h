/* SPDX-License-Identifier: Apache-2.0 */
/* What ports of Cortex-M boards share. */
#ifndef EK_CORTEX_M_H
#define EK_CORTEX_M_H

#include "ek_port.h"

/* Deepest use of the stack since start-up, told from the paint that is left. */
uint32_t ek_painted_stack_bytes(void);

/* Fills in what the linker script knows: board name, firmware, model, arena and stack. */
void ek_describe_memory(ek_port_t *port);

/* Lets an interrupt wake the core or no longer, or takes back that it is pending.
 * Source: Armv7-M Architecture Reference Manual, B3.4; the addresses are the same in Armv6-M and Armv8-M. */
static inline void ek_enable_interrupt(uint32_t number) {
  ((volatile uint32_t *)0xE000E100u)[number / 32u] = 1u << (number % 32u);
}
static inline void ek_disable_interrupt(uint32_t number) {
  ((volatile uint32_t *)0xE000E180u)[number / 32u] = 1u << (number % 32u);
}
static inline void ek_forget_interrupt(uint32_t number) {
  ((volatile uint32_t *)0xE000E280u)[number / 32u] = 1u << (number % 32u);
}

#endif
