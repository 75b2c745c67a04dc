/* SPDX-License-Identifier: Apache-2.0 */
/* The two functions that start-up code needs from boards/<board>/port.c, beside what ek_port_t describes. */
#ifndef EK_BOARD_H
#define EK_BOARD_H

#include "ek_port.h"

/* Sets clocks, UART, timer and trigger pin up. */
const ek_port_t *ek_board_init(void);

/* Sleeps until the UART has a byte and returns it. */
uint8_t ek_board_read(void);

#endif
