/* SPDX-License-Identifier: Apache-2.0 */
/* How long a model may take: a valid file of a few megabytes can describe weeks of work (a pool of 2000 × 2000 taps over
 * an image of that size has 10^13), and a board that computes them looks broken. So a load adds up what one inference
 * does and refuses what exceeds EK_MAX_WORK.
 *
 * The unit is one step of an innermost loop: a multiply-accumulate, a tap of a pool, an element that is moved.
 */
#ifndef EK_WORK_H
#define EK_WORK_H

#include "ek_kernel.h"

/* Minutes at 100 MHz with the portable kernels, and seven times MobileNetV1 at 224 × 224. A port may set another. */
#ifndef EK_MAX_WORK
#define EK_MAX_WORK 0x100000000ull
#endif

/* Of one INVOKE: repeated runs of a model that is near the bound would take days. */
#ifndef EK_MAX_INVOKE_WORK
#define EK_MAX_INVOKE_WORK (16ull * EK_MAX_WORK)
#endif

/* A scale is looked at whenever its tensor is decoded: by a load, and by every run. */
#define EK_STEPS_OF_A_SCALE 16u

/* At least the steps that running the call takes; at most EK_MAX_WORK + 1. Its operands are valid and take `linear` steps
 * if each of their elements is touched once. For the planner only. */
EK_MUST_CHECK ek_status_t ek_work(ek_call_t *call, uint64_t linear, uint64_t *steps);

#endif
