/* SPDX-License-Identifier: Apache-2.0 */
/* SPACE_TO_BATCH_ND and its inverse, over one or two spatial axes. With blocks of (b0, b1) and (p0, p1) rows and
 * columns before the image,
 *   wide (batch, h, w, d)  ⇄  many (b0·b1·batch, h', w', d)
 *   many[(i·b1 + j)·batch + n, y, x, k] = wide[n, y·b0 + i − p0, x·b1 + j − p1, k]
 * where the right side is zero outside the image, and is left out on the way back (there, padding is called crops).
 */
#ifndef EK_BATCH_SPACE_H
#define EK_BATCH_SPACE_H

#include "ek_shape.h"

EK_MUST_CHECK ek_status_t ek_batch_space_check(ek_call_t *call, bool to_batch);
EK_MUST_CHECK ek_status_t ek_batch_space_run(ek_call_t *call, bool to_batch);

#endif
