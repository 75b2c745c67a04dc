/* SPDX-License-Identifier: Apache-2.0 */
/* Source: Arm DAI 0547 (AN547), sections "Memory map" and "Interrupts", at the Secure aliases; rates as QEMU 7.2 has them. */
#ifndef EK_BOARD_FACTS_H
#define EK_BOARD_FACTS_H

#define MPS_CLOCK_HZ 32000000u
#define MPS_COUNTER_HZ 20000000u
#define MPS_UART0 0x59303000u
#define MPS_UART0_RX_IRQ 33u
#define MPS_FPGAIO 0x59302000u

#endif
