/* SPDX-License-Identifier: Apache-2.0 */
/* Source: Arm DAI 0386 (AN386), sections "Memory map" and "Interrupts". */
#ifndef EK_BOARD_FACTS_H
#define EK_BOARD_FACTS_H

#define MPS_CLOCK_HZ 25000000u
#define MPS_COUNTER_HZ 25000000u
#define MPS_UART0 0x40004000u
#define MPS_UART0_RX_IRQ 0u
#define MPS_FPGAIO 0x40028000u

#endif
