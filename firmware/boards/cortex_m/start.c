/* SPDX-License-Identifier: Apache-2.0 */
/* Start-up common to the Cortex-M boards: vectors, memory, floating-point unit, a painted stack. */
#include <stdint.h>

#include "cortex_m.h"

extern uint32_t ek_data_source[], ek_data_start[], ek_data_end[], ek_bss_start[], ek_bss_end[];
extern uint32_t ek_stack_bottom[], ek_stack_top[];

#define STACK_PAINT 0xE6E6E6E6u
#define UNPAINTED_WORDS 16
#define CPACR (*(volatile uint32_t *)0xE000ED88u)

int main(void);

static void halt(void) {
  for (;;) {
    __asm volatile("wfi");
  }
}

uint32_t ek_painted_stack_bytes(void) {
  const uint32_t *word = ek_stack_bottom;
  while (word < ek_stack_top && *word == STACK_PAINT) {
    ++word;
  }
  return (uint32_t)((uintptr_t)ek_stack_top - (uintptr_t)word);
}

/* Boards whose timer counts past its end by an interrupt define this one. */
void ek_systick(void) __attribute__((weak, alias("halt")));

void ek_reset(void);

void ek_reset(void) {
#if defined(__ARM_FP)
  CPACR |= 0xFu << 20; /* full access to CP10 and CP11, before the compiler uses a floating-point register */
  __asm volatile("dsb\n isb" ::: "memory");
#endif
  const uint32_t *source = ek_data_source;
  for (uint32_t *word = ek_data_start; word < ek_data_end; ++word, ++source) {
    *word = *source;
  }
  for (uint32_t *word = ek_bss_start; word < ek_bss_end; ++word) {
    *word = 0u;
  }
  /* The compiler may yet push registers below the stack pointer seen here, so the last words stay unpainted. */
  uint32_t *here;
  __asm volatile("mov %0, sp" : "=r"(here));
  for (uint32_t *word = ek_stack_bottom; word < here - UNPAINTED_WORDS; ++word) {
    *word = STACK_PAINT;
  }
  (void)main();
  halt();
}

/* The system exceptions; a board's interrupts are polled and never taken, so there is no vector beyond them. */
__attribute__((section(".vectors"), used)) static const uintptr_t vectors[16] = {
    (uintptr_t)ek_stack_top, (uintptr_t)ek_reset, (uintptr_t)halt, (uintptr_t)halt, (uintptr_t)halt,
    (uintptr_t)halt,         (uintptr_t)halt,     0,               0,               0,
    0,                       (uintptr_t)halt,     (uintptr_t)halt, 0,               (uintptr_t)halt,
    (uintptr_t)ek_systick};
