/* SPDX-License-Identifier: Apache-2.0 */
/* The Fourier transform of real int16 numbers, for lengths of a power of two, bit by bit what Kiss FFT computes with 16-bit
 * fixed point: radix 4, and 2 at the leaves of an odd power; every stage first divides by its radix, rounded. */
#ifndef EK_FFT_H
#define EK_FFT_H

#include <stdbool.h>
#include <stdint.h>

#define EK_FFT_MAX_LENGTH 1024u

typedef struct {
  int16_t re, im;
} ek_complex_t;

/* Can this length be transformed? */
bool ek_fft_takes(uint32_t length);

/* `samples` has `length` numbers, which stay; `work` has length / 2 and `spectrum` length / 2 + 1 complex numbers. */
void ek_fft_real(const int16_t *samples, uint32_t length, ek_complex_t *work, ek_complex_t *spectrum);

#endif
