/* SPDX-License-Identifier: Apache-2.0 */
/* DEPTH_TO_SPACE and its inverse. With b the block size,
 *   deep (batch, h, w, b·b·d)  ⇄  wide (batch, h·b, w·b, d)
 *   deep[n, y, x, (i·b + j)·d + k] = wide[n, y·b + i, x·b + j, k]
 */
#ifndef EK_DEPTH_SPACE_H
#define EK_DEPTH_SPACE_H

#include "ek_shape.h"

EK_MUST_CHECK ek_status_t ek_depth_space_check(ek_call_t *call, bool to_space);
EK_MUST_CHECK ek_status_t ek_depth_space_run(ek_call_t *call, bool to_space);

#endif
