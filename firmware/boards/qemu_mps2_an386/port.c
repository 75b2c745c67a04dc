/* SPDX-License-Identifier: Apache-2.0 */
/* Source: Arm DAI 0386 (AN386) for the memory map; DDI 0479 (CMSDK) section 4.3 for the UART. */
#include "cortex_m.h"
#include "ek_board.h"

typedef struct {
  volatile uint32_t data;
  volatile uint32_t state;
  volatile uint32_t control;
  volatile uint32_t interrupt; /* read: status; write: clear */
  volatile uint32_t baud_divider;
} cmsdk_uart_t;

#define UART0 ((cmsdk_uart_t *)0x40004000u)
#define UART_TX_FULL 1u
#define UART_RX_FULL 2u
#define UART_TX_ENABLE 1u
#define UART_RX_ENABLE 2u
#define UART_RX_INTERRUPT_ENABLE 8u
#define UART_RX_INTERRUPT 2u
#define UART0_RX_IRQ 0u

#define FPGAIO_LED (*(volatile uint32_t *)0x40028000u)
#define FPGAIO_COUNTER (*(volatile uint32_t *)0x40028018u)
#define CLOCK_HZ 25000000u
#define BAUD_RATE 115200u

extern uint8_t ek_model[], ek_model_end[], ek_arena[], ek_arena_end[], ek_firmware_bytes[];

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
  UART0->baud_divider = CLOCK_HZ / BAUD_RATE;
  UART0->control = UART_TX_ENABLE | UART_RX_ENABLE | UART_RX_INTERRUPT_ENABLE;
  NVIC_ISER[0] = 1u << UART0_RX_IRQ;

  port.board = "qemu_mps2_an386";
  port.identity = ""; /* an emulator has no serial number */
  port.write = write_bytes;
  port.ticks = read_counter;
  port.timer_hz = CLOCK_HZ;
  port.set_trigger = set_trigger;
  port.stack_bytes = ek_painted_stack_bytes;
  port.firmware_bytes = (uint32_t)(uintptr_t)ek_firmware_bytes;
  port.model = ek_model;
  port.model_capacity = (uint32_t)(ek_model_end - ek_model);
  port.arena = ek_arena;
  port.arena_capacity = (uint32_t)(ek_arena_end - ek_arena);
  return &port;
}

uint8_t ek_board_read(void) {
  while ((UART0->state & UART_RX_FULL) == 0u) {
    __asm volatile("wfi");
    UART0->interrupt = UART_RX_INTERRUPT;
    NVIC_ICPR[0] = 1u << UART0_RX_IRQ;
  }
  const uint8_t byte = (uint8_t)UART0->data;
  return byte;
}
