/* SPDX-License-Identifier: Apache-2.0 */
/* Source: Nordic nRF51 Series Reference Manual v3.0, chapters 13 (CLOCK), 14 (GPIO), 19 (TIMER) and 29 (UART). Pins: the
 * interface chip that makes the serial port of the micro:bit's USB sends to P0.25 and listens to P0.24; ring 0 of the
 * edge connector is P0.03. */
#include "cortex_m.h"
#include "ek_board.h"

#define REGISTER(address) (*(volatile uint32_t *)(address))

#define CLOCK_HFCLKSTART REGISTER(0x40000000u)
#define CLOCK_HFCLKSTARTED REGISTER(0x40000100u)

#define UART_STARTRX REGISTER(0x40002000u)
#define UART_STARTTX REGISTER(0x40002008u)
#define UART_RXDRDY REGISTER(0x40002108u)
#define UART_TXDRDY REGISTER(0x4000211Cu)
#define UART_INTENSET REGISTER(0x40002304u)
#define UART_ENABLE REGISTER(0x40002500u)
#define UART_PSELTXD REGISTER(0x4000250Cu)
#define UART_PSELRXD REGISTER(0x40002514u)
#define UART_RXD REGISTER(0x40002518u)
#define UART_TXD REGISTER(0x4000251Cu)
#define UART_BAUDRATE REGISTER(0x40002524u)
#define UART_IRQ 2u
#define UART_ENABLED 4u
#define UART_RXDRDY_INTERRUPT 4u
#define UART_115200_BAUD 0x01D7E000u

#define TIMER0_START REGISTER(0x40008000u)
#define TIMER0_CAPTURE0 REGISTER(0x40008040u)
#define TIMER0_MODE REGISTER(0x40008504u)
#define TIMER0_BITMODE REGISTER(0x40008508u)
#define TIMER0_PRESCALER REGISTER(0x40008510u)
#define TIMER0_CC0 REGISTER(0x40008540u)
#define TIMER_MODE_TIMER 0u
#define TIMER_32_BITS 3u

#define GPIO_OUTSET REGISTER(0x50000508u)
#define GPIO_OUTCLR REGISTER(0x5000050Cu)
#define GPIO_DIRSET REGISTER(0x50000518u)

#define PIN_TRIGGER 3u
#define PIN_TXD 24u
#define PIN_RXD 25u

/* 16 MHz by two: under QEMU a tick is then a whole number of instructions, 125, which it is at no faster rate. */
#define TIMER_PRESCALER 1u
#define TIMER_HZ 8000000u

static void write_bytes(void *context, const uint8_t *bytes, uint32_t num_bytes) {
  (void)context;
  for (uint32_t i = 0; i < num_bytes; ++i) {
    UART_TXDRDY = 0u;
    UART_TXD = bytes[i];
    while (UART_TXDRDY == 0u) {
    }
  }
}

static uint32_t read_counter(void) {
  TIMER0_CAPTURE0 = 1u;
  return TIMER0_CC0;
}

static void set_trigger(bool is_high) {
  if (is_high) {
    GPIO_OUTSET = 1u << PIN_TRIGGER;
  } else {
    GPIO_OUTCLR = 1u << PIN_TRIGGER;
  }
}

static void start_timer(void) {
  CLOCK_HFCLKSTART = 1u; /* the crystal: the oscillator that runs after reset is off by up to some percent */
  while (CLOCK_HFCLKSTARTED == 0u) {
  }
  TIMER0_MODE = TIMER_MODE_TIMER;
  TIMER0_BITMODE = TIMER_32_BITS;
  TIMER0_PRESCALER = TIMER_PRESCALER;
  TIMER0_START = 1u;
}

static void start_uart(void) {
  GPIO_OUTSET = 1u << PIN_TXD; /* idle, so that the pin makes no start bit before the UART has it */
  GPIO_DIRSET = 1u << PIN_TXD | 1u << PIN_TRIGGER;
  UART_PSELTXD = PIN_TXD;
  UART_PSELRXD = PIN_RXD;
  UART_BAUDRATE = UART_115200_BAUD;
  UART_ENABLE = UART_ENABLED;
  UART_INTENSET = UART_RXDRDY_INTERRUPT;
  UART_STARTTX = 1u;
  UART_STARTRX = 1u;
  ek_enable_interrupt(UART_IRQ);
}

const ek_port_t *ek_board_init(void) {
  static ek_port_t port;
  __asm volatile("cpsid i"); /* interrupts only wake the core; nothing preempts a measurement */
  start_timer();
  start_uart();
  ek_describe_memory(&port);
  port.identity = ""; /* an emulator has no serial number */
  port.write = write_bytes;
  port.ticks = read_counter;
  port.timer_hz = TIMER_HZ;
  port.set_trigger = set_trigger;
  return &port;
}

uint8_t ek_board_read(void) {
  while (UART_RXDRDY == 0u) {
    __asm volatile("wfi");
    ek_forget_interrupt(UART_IRQ);
  }
  UART_RXDRDY = 0u; /* before the byte is taken: that raises it again if another waits */
  return (uint8_t)UART_RXD;
}
