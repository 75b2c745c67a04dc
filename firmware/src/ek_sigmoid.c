/* SPDX-License-Identifier: Apache-2.0 */
#include "ek_sigmoid.h"

#include "ek_float_parts.h"

#define INPUT_INTEGER_BITS 4

/* 2^16 / (1 + exp(-i/24)) as TFLite's table has it, which is not always the nearest integer.
 * tanh(x) = 2·logistic(2x) − 1 reads the same table, and both are symmetric. */
static const uint16_t logistic_of_24ths[256] = {
    32768, 33451, 34133, 34813, 35493, 36169, 36843, 37513, 38180, 38841, 39498, 40149, 40794, 41432, 42064, 42688,
    43304, 43912, 44511, 45102, 45683, 46255, 46817, 47369, 47911, 48443, 48964, 49475, 49975, 50464, 50942, 51409,
    51865, 52311, 52745, 53169, 53581, 53983, 54374, 54755, 55125, 55485, 55834, 56174, 56503, 56823, 57133, 57433,
    57724, 58007, 58280, 58544, 58800, 59048, 59288, 59519, 59743, 59959, 60168, 60370, 60565, 60753, 60935, 61110,
    61279, 61441, 61599, 61750, 61896, 62036, 62172, 62302, 62428, 62549, 62666, 62778, 62886, 62990, 63090, 63186,
    63279, 63368, 63454, 63536, 63615, 63691, 63765, 63835, 63903, 63968, 64030, 64090, 64148, 64204, 64257, 64308,
    64357, 64405, 64450, 64494, 64536, 64576, 64614, 64652, 64687, 64721, 64754, 64786, 64816, 64845, 64873, 64900,
    64926, 64950, 64974, 64997, 65019, 65039, 65060, 65079, 65097, 65115, 65132, 65149, 65164, 65179, 65194, 65208,
    65221, 65234, 65246, 65258, 65269, 65280, 65291, 65301, 65310, 65319, 65328, 65337, 65345, 65352, 65360, 65367,
    65374, 65381, 65387, 65393, 65399, 65404, 65410, 65415, 65420, 65425, 65429, 65433, 65438, 65442, 65445, 65449,
    65453, 65456, 65459, 65462, 65465, 65468, 65471, 65474, 65476, 65479, 65481, 65483, 65485, 65488, 65489, 65491,
    65493, 65495, 65497, 65498, 65500, 65501, 65503, 65504, 65505, 65507, 65508, 65509, 65510, 65511, 65512, 65513,
    65514, 65515, 65516, 65517, 65517, 65518, 65519, 65520, 65520, 65521, 65522, 65522, 65523, 65523, 65524, 65524,
    65525, 65525, 65526, 65526, 65526, 65527, 65527, 65528, 65528, 65528, 65529, 65529, 65529, 65529, 65530, 65530,
    65530, 65530, 65531, 65531, 65531, 65531, 65531, 65532, 65532, 65532, 65532, 65532, 65532, 65533, 65533, 65533,
    65533, 65533, 65533, 65533, 65533, 65534, 65534, 65534, 65534, 65534, 65534, 65534, 65534, 65534, 65534, 65535,};

ek_status_t ek_sigmoid_int8_decode(ek_call_t *call, ek_unary_t *unary, ek_sigmoid_int8_t *sigmoid) {
  EK_TRY(ek_unary_check(call, unary, EK_INT8));
  sigmoid->multiplier = ek_multiplier(unary->input.scale, EK_FLOAT_ONE, EK_FLOAT_ONE, 31 - INPUT_INTEGER_BITS);
  if (sigmoid->multiplier.shift < 0 || sigmoid->multiplier.multiplier == 0) {
    return ek_call_refuse(call, "an input scale too small to bring to fixed point");
  }
  const int32_t largest = ((1 << INPUT_INTEGER_BITS) - 1) << (31 - INPUT_INTEGER_BITS);
  sigmoid->zero_point = unary->input.zero_point;
  sigmoid->radius = sigmoid->multiplier.shift > 31 ? 0 : largest >> sigmoid->multiplier.shift;
  return EK_OK;
}

/* Is the scale 2^exponent, or within a thousandth of an octave of it? The reference takes the logarithm in float32, so
 * the last scales that are differ with the exponent; `below` and `above` are theirs: fractions of 23 bits. */
static bool is_power_of_two(uint32_t scale, int32_t exponent, uint32_t below, uint32_t above) {
  const uint32_t biased = (uint32_t)(exponent + 127);
  return scale >= (((biased - 1u) << 23) | below) && scale <= ((biased << 23) | above);
}

/* The same for the exponents that matter, those of the outputs and of inputs that go into the table as they are. */
static bool is_near(uint32_t scale, int32_t exponent) {
  return exponent == -15   ? is_power_of_two(scale, exponent, 8376980u, 5817u)
         : exponent == -12 ? is_power_of_two(scale, exponent, 8376988u, 5813u)
                           : is_power_of_two(scale, exponent, 8376984u, 5815u); /* -11 */
}

/* Brings scale · 3 · 4096 into (16383.5, 32767] by doubling at most 31 times, and cuts it to an integer. Larger ones
 * stay as they are, up to where the product with an int16 leaves 32 bits, which means nothing in the reference. */
static ek_status_t general_multiplier(ek_call_t *call, uint32_t scale, ek_sigmoid_int16_t *sigmoid) {
  const ek_parts_t parts = ek_float_split(scale);
  const uint32_t tripled = 3u * (parts.mantissa >> 8); /* scale · 3 · 4096 = tripled · 2^exponent */
  const int32_t exponent = parts.exponent + 8 + 12;
  const int32_t wanted = tripled > 33553408u ? -11 : -10; /* 16383.5 · 2^11 */
  const int32_t doublings = wanted - exponent;
  sigmoid->shift = doublings < 0 ? 0 : doublings < 31 ? doublings : 31;
  const int32_t drop = -(exponent + sigmoid->shift);
  if (drop < 8 || (tripled >> (drop < 31 ? drop : 31)) > UINT16_MAX) {
    return ek_call_refuse(call, "an input scale above 5.33");
  }
  sigmoid->multiplier = drop > 31 ? 0 : (int32_t)(tripled >> drop);
  /* Zero is the reference's mark of a power of two; it would shift by 31 bits, which means nothing. */
  return sigmoid->multiplier == 0 ? ek_call_refuse(call, "an input scale too small for the table") : EK_OK;
}

ek_status_t ek_sigmoid_int16_decode(ek_call_t *call, ek_unary_t *unary, int32_t largest_shift,
                                    ek_sigmoid_int16_t *sigmoid) {
  EK_TRY(ek_unary_check(call, unary, EK_INT16));
  if (!is_near(unary->output.scale, -15)) {
    return ek_call_refuse(call, "an output scale other than 2^-15");
  }
  sigmoid->shift = 0;
  for (int32_t shift = 0; shift <= largest_shift; ++shift) {
    if (is_near(unary->input.scale, shift - 12)) {
      sigmoid->multiplier = 3 << shift;
      return EK_OK;
    }
  }
  return general_multiplier(call, unary->input.scale, sigmoid);
}

static int32_t to_24ths(const ek_sigmoid_int16_t *sigmoid, int32_t value) {
  const int32_t round = sigmoid->shift > 0 ? 1 << (sigmoid->shift - 1) : 0;
  return (value * sigmoid->multiplier + round) >> sigmoid->shift;
}

/* 2^(16 + bits) · logistic(x / 2^bits 24ths), between table entries on a straight line; `saturated` beyond them. */
static int32_t interpolate(uint32_t x, uint32_t bits, int32_t saturated) {
  const uint32_t index = x >> bits;
  if (index >= 255u) {
    return saturated;
  }
  const int32_t low = logistic_of_24ths[index];
  const int32_t high = logistic_of_24ths[index + 1u];
  return low * (1 << bits) + (int32_t)(x & ((1u << bits) - 1u)) * (high - low);
}

int32_t ek_logistic_q15(const ek_sigmoid_int16_t *sigmoid, int32_t value) {
  const int32_t x = to_24ths(sigmoid, value);
  const int32_t result = interpolate((uint32_t)(x < 0 ? -x : x), 9u, 0x7FFF << 10);
  return (x >= 0 ? result + (1 << 9) : (1 << 25) - result + (1 << 9) - 1) >> 10;
}

int32_t ek_tanh_q15(const ek_sigmoid_int16_t *sigmoid, int32_t value) {
  const int32_t x = to_24ths(sigmoid, value);
  const int32_t result = interpolate((uint32_t)(x < 0 ? -x : x), 8u, 0xFFFF << 8) - (1 << 23);
  return (x >= 0 ? result + (1 << 7) : -result + (1 << 7) - 1) >> 8;
}
