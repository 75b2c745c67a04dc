/* SPDX-License-Identifier: Apache-2.0 */
/* Division and remainder that round towards minus infinity, without a math library. */
#ifndef EK_FLOOR_DIVISION_H
#define EK_FLOOR_DIVISION_H

/* The largest whole number that is not above `value`; infinities, NaN and −0 stay what they are. */
float ek_floor_float32(float value);

/* a − b · trunc(a / b), exactly: the result has the sign of a. NaN for a infinite, b zero, or NaN. */
float ek_remainder_float32(float a, float b);

#endif
