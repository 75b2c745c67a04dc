/* SPDX-License-Identifier: Apache-2.0 */
/* Source: ST RM0090 (STM32F405 reference manual), chapters 3 (flash), 7 (RCC), 8 (GPIO), 30 (USART); ST DS8626, table 9
 * (alternate functions); PM0214, section 4.5 (SysTick). Pins: USART1 is on PB6 (TX) and PB7 (RX), the header's SDA and
 * SCL; the blue LED is on PA10, the crystal has 25 MHz. */
#include "cortex_m.h"
#include "ek_board.h"

#define REGISTER(address) (*(volatile uint32_t *)(address))

#define RCC_CR REGISTER(0x40023800u)
#define RCC_PLLCFGR REGISTER(0x40023804u)
#define RCC_CFGR REGISTER(0x40023808u)
#define RCC_AHB1ENR REGISTER(0x40023830u)
#define RCC_APB2ENR REGISTER(0x40023844u)
#define FLASH_ACR REGISTER(0x40023C00u)

#define CR_HSI_READY (1u << 1)
#define CR_HSE_ON (1u << 16)
#define CR_HSE_READY (1u << 17)
#define CR_PLL_ON (1u << 24)
#define CR_PLL_READY (1u << 25)
/* 25 MHz / M 25 · N 336 / P 2 (encoded 0) = 168 MHz, / Q 7 = 48 MHz; bit 22: from the crystal. */
#define PLLCFGR_168_MHZ (25u | 336u << 6 | 0u << 16 | 1u << 22 | 7u << 24)
#define ACR_5_WAIT_STATES_CACHES_ON (5u | 7u << 8)
/* APB1 at a quarter and APB2 at half of the core's clock; system clock from the PLL. */
#define CFGR_APB_DIVIDERS (5u << 10 | 4u << 13)
#define CFGR_SWITCH_TO_PLL 2u
#define CFGR_RUNS_FROM_PLL (2u << 2)
#define CFGR_RUNS_FROM_MASK (3u << 2)
#define AHB1ENR_GPIOA_GPIOB 3u
#define APB2ENR_USART1 (1u << 4)

#define GPIOA_MODER REGISTER(0x40020000u)
#define GPIOA_BSRR REGISTER(0x40020018u)
#define GPIOB_MODER REGISTER(0x40020400u)
#define GPIOB_AFRL REGISTER(0x40020420u)
#define PIN_LED 10u

#define USART1_SR REGISTER(0x40011000u)
#define USART1_DR REGISTER(0x40011004u)
#define USART1_BRR REGISTER(0x40011008u)
#define USART1_CR1 REGISTER(0x4001100Cu)
#define USART1_IRQ 37u
#define SR_RECEIVED (1u << 5)
#define SR_TRANSMIT_EMPTY (1u << 7)
#define CR1_ON (1u << 13 | 1u << 3 | 1u << 2) /* USART, transmitter, receiver */
#define CR1_RECEIVED_INTERRUPT (1u << 5)

#define SYST_CSR REGISTER(0xE000E010u)
#define SYST_RVR REGISTER(0xE000E014u)
#define SYST_CVR REGISTER(0xE000E018u)
#define SYST_COUNT_CORE_CLOCK_AND_INTERRUPT 7u
#define SYST_STOP 0u

#define CLOCK_HZ 168000000u
#define APB2_HZ (CLOCK_HZ / 2u)
#define BAUD_RATE 115200u

/* The tick is 21 cycles of 168 MHz, 125 ns: under QEMU that is a whole number of instructions, which 1, 2 … 20 cycles
 * are not. And 21 divides the longest period of the 24-bit counter. */
#define CYCLES_PER_TICK 21u
#define CYCLES_PER_PERIOD 0xFFFFFFu
#define TICKS_PER_PERIOD (CYCLES_PER_PERIOD / CYCLES_PER_TICK)
_Static_assert(CYCLES_PER_PERIOD % CYCLES_PER_TICK == 0u, "a period must be a whole number of ticks");

static volatile uint32_t num_periods;

void ek_systick(void);

/* Every 0.1 s: the only interrupt that is ever taken, about twenty instructions in seventeen million cycles. */
void ek_systick(void) { ++num_periods; }

static uint32_t read_counter(void) {
  uint32_t periods;
  uint32_t value;
  do {
    periods = num_periods;
    value = SYST_CVR;
    __asm volatile("isb"); /* lets an interrupt in that fell due just before */
  } while (periods != num_periods);
  /* The interrupt comes as the counter reaches 0; the cycle after shows the reload value. */
  const uint32_t cycles = value == 0u ? 0u : CYCLES_PER_PERIOD - value;
  return periods * TICKS_PER_PERIOD + cycles / CYCLES_PER_TICK;
}

static void write_bytes(void *context, const uint8_t *bytes, uint32_t num_bytes) {
  (void)context;
  for (uint32_t i = 0; i < num_bytes; ++i) {
    while ((USART1_SR & SR_TRANSMIT_EMPTY) == 0u) {
    }
    USART1_DR = bytes[i];
  }
}

static void set_trigger(bool is_high) { GPIOA_BSRR = 1u << (is_high ? PIN_LED : PIN_LED + 16u); }

static void start_clock(void) {
  if ((RCC_CR & CR_HSI_READY) == 0u) {
    return; /* silicon runs from this oscillator now; QEMU has no RCC, it reads 0, and the core has 168 MHz already */
  }
  RCC_CR |= CR_HSE_ON;
  while ((RCC_CR & CR_HSE_READY) == 0u) {
  }
  RCC_PLLCFGR = PLLCFGR_168_MHZ;
  RCC_CR |= CR_PLL_ON;
  while ((RCC_CR & CR_PLL_READY) == 0u) {
  }
  FLASH_ACR = ACR_5_WAIT_STATES_CACHES_ON;
  RCC_CFGR = CFGR_APB_DIVIDERS | CFGR_SWITCH_TO_PLL;
  while ((RCC_CFGR & CFGR_RUNS_FROM_MASK) != CFGR_RUNS_FROM_PLL) {
  }
}

static void start_pins_and_uart(void) {
  RCC_AHB1ENR |= AHB1ENR_GPIOA_GPIOB;
  RCC_APB2ENR |= APB2ENR_USART1;
  (void)RCC_APB2ENR; /* a clock needs two cycles before its peripheral may be written to */
  GPIOB_AFRL |= 7u << 24 | 7u << 28;
  GPIOB_MODER |= 2u << 12 | 2u << 14; /* PB6 and PB7: alternate function 7 */
  GPIOA_MODER |= 1u << (2u * PIN_LED); /* output */
  USART1_BRR = (APB2_HZ + BAUD_RATE / 2u) / BAUD_RATE;
  USART1_CR1 = CR1_ON | CR1_RECEIVED_INTERRUPT;
}

static void start_counter(void) {
  SYST_RVR = CYCLES_PER_PERIOD - 1u;
  SYST_CVR = 0u;
  SYST_CSR = SYST_COUNT_CORE_CLOCK_AND_INTERRUPT;
}

const ek_port_t *ek_board_init(void) {
  static ek_port_t port;
  start_clock();
  start_pins_and_uart();
  start_counter();
  ek_describe_memory(&port);
  port.identity = ""; /* an emulator has no serial number */
  port.write = write_bytes;
  port.ticks = read_counter;
  port.timer_hz = CLOCK_HZ / CYCLES_PER_TICK;
  port.set_trigger = set_trigger;
  return &port;
}

/* The UART's interrupt is enabled only here, and masked, so that it wakes the core and is never taken. The counter rests
 * meanwhile: it would wake the core ten times a second for nothing. */
uint8_t ek_board_read(void) {
  if ((USART1_SR & SR_RECEIVED) == 0u) {
    SYST_CSR = SYST_STOP;
    __asm volatile("cpsid i");
    ek_enable_interrupt(USART1_IRQ);
    while ((USART1_SR & SR_RECEIVED) == 0u) {
      __asm volatile("wfi");
      ek_forget_interrupt(USART1_IRQ);
    }
    ek_disable_interrupt(USART1_IRQ);
    __asm volatile("cpsie i");
    start_counter();
  }
  return (uint8_t)USART1_DR;
}
