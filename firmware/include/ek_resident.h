/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of the model when the runtime is compiled: nothing, unless the firmware is made for one model.
 *
 * Such a firmware is loaded when it is built: the runtime on the host, made from the same sources, checks and plans the
 * model, and what it found goes into the flash beside the very bytes that it checked (edgekit/resident_model.py). On the
 * board nothing of a load is left: no kernel's check, no planner, no words for a refusal that was ruled out. What comes
 * over the wire and what a model computes is checked as in every firmware, and so is every offset in the file when it is
 * followed: flash can be damaged.
 */
#ifndef EK_RESIDENT_H
#define EK_RESIDENT_H

#ifdef EK_RESIDENT
/* The generated resident.h, included before everything else, defines the same names. */

/* Of a kernel, a function that only a load calls. */
#define EK_AT_LOAD(function) (0 ? (function) : NULL)
#define EK_LOADS_MODELS 0
#else

#define EK_AT_LOAD(function) (function)
#define EK_LOADS_MODELS 1
#define EK_HAS_CALLEES 1   /* may the main subgraph call others? */
#define EK_HAS_VARIABLES 1 /* may there be VAR_HANDLE? */
#define EK_HAS_STATE 1     /* may anything be kept from one inference to the next? */

#endif
#endif
