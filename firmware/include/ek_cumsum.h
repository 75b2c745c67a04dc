/* SPDX-License-Identifier: Apache-2.0 */
/* CUMSUM: along an axis, the sum of all entries so far; without the entry itself if exclusive, from the end if
 * reversed. */
#ifndef EK_CUMSUM_H
#define EK_CUMSUM_H

#include "ek_shape.h"

typedef struct {
  ek_tensor_t input, output;
  int32_t size;       /* entries along the axis */
  int32_t num_rows;   /* rows of entries that are summed */
  int32_t stride;     /* elements from one entry to the next; negative if reversed */
  bool exclusive;
} ek_cumsum_t;

/* Decodes and checks everything apart from types. */
EK_MUST_CHECK ek_status_t ek_cumsum_decode(ek_call_t *call, ek_cumsum_t *cumsum);

/* Element index of the entry that row `row` starts with. */
int32_t ek_cumsum_start(const ek_cumsum_t *cumsum, int32_t row);

#endif
