/* SPDX-License-Identifier: Apache-2.0 */
/* Source: Arm DAI 0505 (AN505), sections "Memory map" and "Interrupts", at the Secure aliases; rates as QEMU 7.2 has them. */
#ifndef EK_BOARD_FACTS_H
#define EK_BOARD_FACTS_H

#define MPS_CLOCK_HZ 20000000u
#define MPS_COUNTER_HZ 20000000u
#define MPS_UART0 0x50200000u
#define MPS_UART0_RX_IRQ 32u
#define MPS_FPGAIO 0x50302000u

#endif
