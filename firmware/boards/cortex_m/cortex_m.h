/* SPDX-License-Identifier: Apache-2.0 */
/* What ports of Cortex-M boards share. */
#ifndef EK_CORTEX_M_H
#define EK_CORTEX_M_H

#include <stdint.h>

/* Deepest use of the stack since start-up, told from the paint that is left. */
uint32_t ek_painted_stack_bytes(void);

/* Source: Armv7-M Architecture Reference Manual, B3.4. */
#define NVIC_ISER ((volatile uint32_t *)0xE000E100u)
#define NVIC_ICPR ((volatile uint32_t *)0xE000E280u)

#endif
