/* SPDX-License-Identifier: Apache-2.0 */
/* Variables that VAR_HANDLE names, READ_VARIABLE and ASSIGN_VARIABLE reach: a table of them at the start of the arena,
 * their values in its persistent part. A handle, an EK_RESOURCE tensor, holds the number of its variable.
 *
 * As in TFLite Micro a variable has the size of the tensor that is first assigned to it, in the order of the file, and
 * starts with every byte at that tensor's zero point.
 */
#ifndef EK_VARIABLES_H
#define EK_VARIABLES_H

#include "ek_kernel.h"

enum { EK_BUILTIN_VAR_HANDLE = 142, EK_BUILTIN_READ_VARIABLE = 143, EK_BUILTIN_ASSIGN_VARIABLE = 144 };

/* Bounds on what a load compares and searches: names with each other, operators for the one that made a handle. */
#define EK_MAX_VARIABLES 256u
#define EK_MAX_VARIABLE_USES 256u /* READ_VARIABLEs, and as many ASSIGN_VARIABLEs */
#define EK_MAX_VARIABLE_NAME 255u /* bytes */

typedef struct {
  uint32_t options; /* of the VAR_HANDLE that was met first; they hold the names */
  uint32_t place;   /* in the persistent part */
  uint32_t bytes;   /* 0 if nothing is assigned to it */
  uint32_t fill;
} ek_variable_t;

/* Lists the variables of all subgraphs in the arena and gives them places. */
EK_MUST_CHECK ek_status_t ek_variables_find(ek_runtime_t *runtime);

/* The number of the variable that the options of a VAR_HANDLE name. */
EK_MUST_CHECK ek_status_t ek_variables_number(ek_runtime_t *runtime, uint32_t options, uint32_t *number);

/* Value of the variable that a handle holds; fails unless it has `num_bytes`. */
EK_MUST_CHECK ek_status_t ek_variables_value(ek_call_t *call, const ek_tensor_t *handle, uint32_t num_bytes,
                                             uint8_t **value);

/* At load: the bytes of the variable behind input 0, EK_NO_OVERLAP where only the run will tell. */
EK_MUST_CHECK ek_status_t ek_variables_bytes(ek_call_t *call, uint32_t *num_bytes);

/* Gives all variables their first values. */
void ek_variables_reset(ek_runtime_t *runtime);

#endif
