/* SPDX-License-Identifier: Apache-2.0 */
/* The port of all FPGA images for Arm's MPS2 and MPS3 boards. They share their peripherals and differ in where these
 * lie, which the board.h of each says:
 *   MPS_CLOCK_HZ      clock of the UART
 *   MPS_COUNTER_HZ    rate of the FPGAIO's COUNTER
 *   MPS_UART0         base address of the UART
 *   MPS_UART0_RX_IRQ  its receive interrupt
 *   MPS_FPGAIO        base address of the FPGAIO block
 * Source: DDI 0479 (CMSDK) section 4.3 for the UART; Arm DAI 0386 (AN386), section "FPGA system control and I/O". */
#include "board.h"
#include "cortex_m.h"
#include "ek_board.h"

typedef struct {
  volatile uint32_t data;
  volatile uint32_t state;
  volatile uint32_t control;
  volatile uint32_t interrupt; /* read: status; write: clear */
  volatile uint32_t baud_divider;
} cmsdk_uart_t;

#define UART0 ((cmsdk_uart_t *)MPS_UART0)
#define UART_TX_FULL 1u
#define UART_RX_FULL 2u
#define UART_TX_ENABLE 1u
#define UART_RX_ENABLE 2u
#define UART_RX_INTERRUPT_ENABLE 8u
#define UART_RX_INTERRUPT 2u

#define FPGAIO_LED (*(volatile uint32_t *)(MPS_FPGAIO + 0x00u))
#define FPGAIO_COUNTER (*(volatile uint32_t *)(MPS_FPGAIO + 0x18u))
#define BAUD_RATE 115200u

static void write_bytes(void *context, const uint8_t *bytes, uint32_t num_bytes) {
  (void)context;
  for (uint32_t i = 0; i < num_bytes; ++i) {
    while ((UART0->state & UART_TX_FULL) != 0u) {
    }
    UART0->data = bytes[i];
  }
}

static uint32_t read_counter(void) { return FPGAIO_COUNTER; }

/* User LED 0 stands in for a trigger pin: a meter can be clipped to it. */
static void set_trigger(bool is_high) { FPGAIO_LED = is_high ? 1u : 0u; }

const ek_port_t *ek_board_init(void) {
  static ek_port_t port;
  __asm volatile("cpsid i"); /* interrupts only wake the core; nothing preempts a measurement */
  UART0->baud_divider = MPS_CLOCK_HZ / BAUD_RATE;
  UART0->control = UART_TX_ENABLE | UART_RX_ENABLE | UART_RX_INTERRUPT_ENABLE;
  ek_enable_interrupt(MPS_UART0_RX_IRQ);

  ek_describe_memory(&port);
  port.identity = ""; /* an emulator has no serial number */
  port.write = write_bytes;
  port.ticks = read_counter;
  port.timer_hz = MPS_COUNTER_HZ;
  port.set_trigger = set_trigger;
  return &port;
}

uint8_t ek_board_read(void) {
  while ((UART0->state & UART_RX_FULL) == 0u) {
    __asm volatile("wfi");
    UART0->interrupt = UART_RX_INTERRUPT;
    ek_forget_interrupt(MPS_UART0_RX_IRQ);
  }
  return (uint8_t)UART0->data;
}
