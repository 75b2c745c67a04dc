/* SPDX-License-Identifier: Apache-2.0 */
#include "ek_fft.h"

#define QUARTER (EK_FFT_MAX_LENGTH / 4u)
#define ONE 32767

/* round(32767 · sin(2π · i / 1024)) of the first quarter */
static const int16_t sines[QUARTER + 1u] = {
    0, 201, 402, 603, 804, 1005, 1206, 1407, 1608, 1809, 2009, 2210, 2410, 2611, 2811, 3012,
    3212, 3412, 3612, 3811, 4011, 4210, 4410, 4609, 4808, 5007, 5205, 5404, 5602, 5800, 5998, 6195,
    6393, 6590, 6786, 6983, 7179, 7375, 7571, 7767, 7962, 8157, 8351, 8545, 8739, 8933, 9126, 9319,
    9512, 9704, 9896, 10087, 10278, 10469, 10659, 10849, 11039, 11228, 11417, 11605, 11793, 11980, 12167, 12353,
    12539, 12725, 12910, 13094, 13279, 13462, 13645, 13828, 14010, 14191, 14372, 14553, 14732, 14912, 15090, 15269,
    15446, 15623, 15800, 15976, 16151, 16325, 16499, 16673, 16846, 17018, 17189, 17360, 17530, 17700, 17869, 18037,
    18204, 18371, 18537, 18703, 18868, 19032, 19195, 19357, 19519, 19680, 19841, 20000, 20159, 20317, 20475, 20631,
    20787, 20942, 21096, 21250, 21403, 21554, 21705, 21856, 22005, 22154, 22301, 22448, 22594, 22739, 22884, 23027,
    23170, 23311, 23452, 23592, 23731, 23870, 24007, 24143, 24279, 24413, 24547, 24680, 24811, 24942, 25072, 25201,
    25329, 25456, 25582, 25708, 25832, 25955, 26077, 26198, 26319, 26438, 26556, 26674, 26790, 26905, 27019, 27133,
    27245, 27356, 27466, 27575, 27683, 27790, 27896, 28001, 28105, 28208, 28310, 28411, 28510, 28609, 28706, 28803,
    28898, 28992, 29085, 29177, 29268, 29358, 29447, 29534, 29621, 29706, 29791, 29874, 29956, 30037, 30117, 30195,
    30273, 30349, 30424, 30498, 30571, 30643, 30714, 30783, 30852, 30919, 30985, 31050, 31113, 31176, 31237, 31297,
    31356, 31414, 31470, 31526, 31580, 31633, 31685, 31736, 31785, 31833, 31880, 31926, 31971, 32014, 32057, 32098,
    32137, 32176, 32213, 32250, 32285, 32318, 32351, 32382, 32412, 32441, 32469, 32495, 32521, 32545, 32567, 32589,
    32609, 32628, 32646, 32663, 32678, 32692, 32705, 32717, 32728, 32737, 32745, 32752, 32757, 32761, 32765, 32766,
    32767};

/* exp(−2πi · turn / 1024) */
static ek_complex_t unit(uint32_t turn) {
  const uint32_t at = turn % QUARTER;
  const int16_t sine = sines[at];
  const int16_t cosine = sines[QUARTER - at];
  switch (turn / QUARTER % 4u) {
    case 0u:
      return (ek_complex_t){cosine, (int16_t)-sine};
    case 1u:
      return (ek_complex_t){(int16_t)-sine, (int16_t)-cosine};
    case 2u:
      return (ek_complex_t){(int16_t)-cosine, sine};
    default:
      return (ek_complex_t){sine, cosine};
  }
}

static int16_t round_15(int32_t product) { return (int16_t)(uint16_t)((uint32_t)(product + (1 << 14)) >> 15); }

static ek_complex_t divide(ek_complex_t a, int32_t by) {
  const int32_t factor = ONE / by;
  return (ek_complex_t){round_15(a.re * factor), round_15(a.im * factor)};
}

/* In wrapping arithmetic: numbers of a hostile model may overflow where a sound's do not. */
static ek_complex_t multiply(ek_complex_t a, ek_complex_t b) {
  const uint32_t re = (uint32_t)(a.re * b.re) - (uint32_t)(a.im * b.im) + (1u << 14);
  const uint32_t im = (uint32_t)(a.re * b.im) + (uint32_t)(a.im * b.re) + (1u << 14);
  return (ek_complex_t){(int16_t)(uint16_t)(re >> 15), (int16_t)(uint16_t)(im >> 15)};
}

static int16_t wrap(int32_t value) { return (int16_t)(uint16_t)(uint32_t)value; }

static ek_complex_t add(ek_complex_t a, ek_complex_t b) { return (ek_complex_t){wrap(a.re + b.re), wrap(a.im + b.im)}; }

static ek_complex_t subtract(ek_complex_t a, ek_complex_t b) {
  return (ek_complex_t){wrap(a.re - b.re), wrap(a.im - b.im)};
}

/* One butterfly of four numbers `m` apart; `turn` is that of the first factor. */
static void butterfly_4(ek_complex_t *x, uint32_t m, uint32_t turn) {
  const ek_complex_t first = divide(x[0], 4);
  const ek_complex_t b = multiply(divide(x[m], 4), unit(turn));
  const ek_complex_t c = multiply(divide(x[2u * m], 4), unit(2u * turn));
  const ek_complex_t d = multiply(divide(x[3u * m], 4), unit(3u * turn));
  const ek_complex_t low = subtract(first, c);
  const ek_complex_t high = add(first, c);
  const ek_complex_t sum = add(b, d);
  const ek_complex_t rest = subtract(b, d);
  x[0] = add(high, sum);
  x[2u * m] = subtract(high, sum);
  x[m] = (ek_complex_t){wrap(low.re + rest.im), wrap(low.im - rest.re)};
  x[3u * m] = (ek_complex_t){wrap(low.re - rest.im), wrap(low.im + rest.re)};
}

static void butterfly_2(ek_complex_t *x) {
  const ek_complex_t first = divide(x[0], 2);
  const ek_complex_t second = multiply(divide(x[1], 2), unit(0u));
  x[0] = add(first, second);
  x[1] = subtract(first, second);
}

/* Where input number `index` goes: its digits in reverse order, those of base 4 first and the one of base 2 last. */
static uint32_t reversed(uint32_t index, uint32_t count) {
  uint32_t place = 0u;
  while (count > 1u) {
    const uint32_t radix = count % 4u == 0u ? 4u : 2u;
    count /= radix;
    place += index % radix * count;
    index /= radix;
  }
  return place;
}

static void transform(const int16_t *samples, uint32_t count, ek_complex_t *out) {
  for (uint32_t i = 0; i < count; ++i) {
    out[reversed(i, count)] = (ek_complex_t){samples[2u * i], samples[2u * i + 1u]};
  }
  uint32_t done = 1u;
  if ((31 - __builtin_clz(count)) % 2 != 0) {
    for (uint32_t i = 0; i < count; i += 2u) {
      butterfly_2(out + i);
    }
    done = 2u;
  }
  for (; done < count; done *= 4u) {
    const uint32_t turn = EK_FFT_MAX_LENGTH / (4u * done);
    for (uint32_t block = 0; block < count; block += 4u * done) {
      for (uint32_t k = 0; k < done; ++k) {
        butterfly_4(out + block + k, done, turn * k);
      }
    }
  }
}

bool ek_fft_takes(uint32_t length) { return length >= 4u && length <= EK_FFT_MAX_LENGTH && (length & (length - 1u)) == 0u; }

void ek_fft_real(const int16_t *samples, uint32_t length, ek_complex_t *work, ek_complex_t *spectrum) {
  const uint32_t count = length / 2u;
  const uint32_t turn = EK_FFT_MAX_LENGTH / length;
  transform(samples, count, work);
  const ek_complex_t zero = divide(work[0], 2);
  spectrum[0] = (ek_complex_t){wrap(zero.re + zero.im), 0};
  spectrum[count] = (ek_complex_t){wrap(zero.re - zero.im), 0};
  for (uint32_t k = 1u; k <= count / 2u; ++k) {
    const ek_complex_t mirrored = {work[count - k].re, wrap(-work[count - k].im)};
    const ek_complex_t a = divide(work[k], 2);
    const ek_complex_t b = divide(mirrored, 2);
    const ek_complex_t even = add(a, b);
    const ek_complex_t odd = multiply(subtract(a, b), unit(QUARTER + turn * k));
    spectrum[k] = (ek_complex_t){(int16_t)((even.re + odd.re) >> 1), (int16_t)((even.im + odd.im) >> 1)};
    spectrum[count - k] = (ek_complex_t){(int16_t)((even.re - odd.re) >> 1), (int16_t)((odd.im - even.im) >> 1)};
  }
}
