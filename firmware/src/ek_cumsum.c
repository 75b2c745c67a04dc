/* SPDX-License-Identifier: Apache-2.0 */
#include "ek_cumsum.h"

enum { OPTION_EXCLUSIVE = 0, OPTION_REVERSE = 1 };

ek_status_t ek_cumsum_decode(ek_call_t *call, ek_cumsum_t *cumsum) {
  uint8_t exclusive;
  uint8_t reverse;
  uint32_t axis;
  EK_TRY(ek_call_moved(call, 0u, &cumsum->input, &cumsum->output));
  EK_TRY(ek_call_constant_axis(call, 1u, cumsum->input.rank, &axis));
  EK_TRY(ek_call_option_u8(call, OPTION_EXCLUSIVE, 0u, &exclusive));
  EK_TRY(ek_call_option_u8(call, OPTION_REVERSE, 0u, &reverse));
  const int32_t inner = (int32_t)ek_extent(&cumsum->input, axis + 1u, cumsum->input.rank);
  cumsum->size = cumsum->input.dims[axis];
  cumsum->num_rows = (int32_t)cumsum->input.num_elements / cumsum->size;
  cumsum->stride = reverse != 0u ? -inner : inner;
  cumsum->exclusive = exclusive != 0u;
  return ek_call_require_shape(call, &cumsum->output, cumsum->input.rank, cumsum->input.dims);
}

int32_t ek_cumsum_start(const ek_cumsum_t *cumsum, int32_t row) {
  const int32_t inner = cumsum->stride < 0 ? -cumsum->stride : cumsum->stride;
  const int32_t first = row / inner * inner * cumsum->size + row % inner;
  return cumsum->stride < 0 ? first + (cumsum->size - 1) * inner : first;
}
