/* SPDX-License-Identifier: Apache-2.0 */
/* What RESIZE_BILINEAR and RESIZE_NEAREST_NEIGHBOR share.
 *   input  (batch, in_h, in_w, channels)
 *   size   (2) int32, constant: out_h and out_w, which the output's shape says as well
 *   output (batch, out_h, out_w, channels)
 * Output position p lies at p · in / out in the input, at (p + ½) · in / out − ½ with half pixel centers, at
 * p · (in − 1) / (out − 1) with aligned corners.
 */
#ifndef EK_RESIZE_H
#define EK_RESIZE_H

#include "ek_kernel.h"

/* So that a position in 1/1024 of a pixel fits int32, and a float32 quotient never passes the last pixel. */
#define EK_RESIZE_MAX_EXTENT 65536

typedef struct {
  ek_tensor_t input, output;
  int32_t batches, in_h, in_w, out_h, out_w, channels;
  bool align_corners, half_pixel_centers;
} ek_resize_t;

/* Reads operands and options; `option` is the number of align_corners, which half_pixel_centers follows. */
EK_MUST_CHECK ek_status_t ek_resize_decode(ek_call_t *call, ek_resize_t *resize, uint32_t option);

#endif
