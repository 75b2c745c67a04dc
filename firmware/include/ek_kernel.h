/* SPDX-License-Identifier: Apache-2.0 */
/* What a kernel is: one operator for one element type, in a file of its own under kernels/.
 *
 * The file ek_<operator>_<dtype>.c defines `const ek_kernel_t ek_<operator>_<dtype>`; the build finds it by its name.
 * All but `run` is wrapped in EK_AT_LOAD, so that a firmware made for one model goes without it.
 * A kernel keeps nothing between calls: it decodes its operands from the file every time (some hundred instructions
 * against the thousands to millions of its loops), so that the arena holds tensors and nothing else.
 */
#ifndef EK_KERNEL_H
#define EK_KERNEL_H

#include "ek_fixed_point.h"
#include "ek_model.h"
#include "ek_resident.h"
#include "ek_runtime.h"

/* `type` of a kernel that moves bytes whatever they mean. */
#define EK_ANY_TYPE 0xFFu

/* How many outputs calls of a kernel have; others are refused, for nothing would write them. */
typedef enum {
  EK_ONE_OUTPUT,
  EK_NO_OUTPUT,
  EK_TWO_OUTPUTS,
  EK_COUNTED_OUTPUTS /* `check` counts them */
} ek_outputs_t;

typedef struct {
  ek_runtime_t *runtime;
  uint8_t *scratch; /* in `run`: the bytes that the kernel asked for, aligned to EK_ALIGNMENT */
  uint32_t round;   /* in `run`: how many callees have returned to this operator */
  uint32_t callee;  /* set by `run` to have a subgraph run and then be called again; EK_NOWHERE if not */
  ek_operator_t operator_;
} ek_call_t;

/* Answer of `overlap`: this input and the output must lie apart. */
#define EK_NO_OVERLAP 0xFFFFFFFFu

typedef struct ek_kernel {
  const char *name; /* of a custom operator: as in the file */
  int32_t builtin;  /* BuiltinOperator of the schema */
  uint8_t type;    /* of the first input, or of the one that type_input names */
  uint8_t type_input;
  uint8_t outputs; /* ek_outputs_t */
  uint8_t kept_output; /* 1 + the number of the output that keeps its value from one inference to the next; 0 for none */
  bool is_view;    /* the output is the first input under another shape: both share one place in the arena */
  /* At load, before tensors have their places: refuses, with a reason, everything that `run` does not compute exactly. */
  ek_status_t (*check)(ek_call_t *call);
  /* After a successful check of the same call. */
  ek_status_t (*run)(ek_call_t *call);
  /* Bytes of working memory that `run` needs; NULL for none. */
  ek_status_t (*scratch)(ek_call_t *call, uint32_t *num_bytes);
  /* May output 0 lie over input `input`, which nobody needs afterwards? `lag` is how many bytes before the input the
   * output must start at least, such that no byte is written while it is still to be read; NULL for never. */
  ek_status_t (*overlap)(ek_call_t *call, uint32_t input, uint32_t *lag);
  /* Subgraph number `position` that `run` may call, EK_NOWHERE behind the last; NULL for none. Asked before `check`. */
  ek_status_t (*callee)(ek_call_t *call, uint32_t position, uint32_t *subgraph);
} ek_kernel_t;

/* For kernels that read element i of an input of the output's shape before they write element i, in rising order.
 * Inputs of another number of elements (broadcast ones) may not overlap. */
EK_MUST_CHECK ek_status_t ek_overlap_elementwise(ek_call_t *call, uint32_t input, uint32_t *lag);

/* Every kernel of this build, and how many; generated from the names of the files. */
extern const ek_kernel_t *const ek_kernels[];
extern const uint32_t ek_num_kernels;

/* Operand `position`; an absent one is a fault. It has elements, and they have addresses: int4 is refused. */
EK_MUST_CHECK ek_status_t ek_call_input(ek_call_t *call, uint32_t position, ek_tensor_t *tensor);
EK_MUST_CHECK ek_status_t ek_call_output(ek_call_t *call, uint32_t position, ek_tensor_t *tensor);

/* Operand `position` if there is one; `present` tells. */
EK_MUST_CHECK ek_status_t ek_call_optional_input(ek_call_t *call, uint32_t position, ek_tensor_t *tensor,
                                                 bool *present);

/* An input that may have no elements or be int4: the kernel looks at its type and size before anything else. */
EK_MUST_CHECK ek_status_t ek_call_any_input(ek_call_t *call, uint32_t position, ek_tensor_t *tensor);

/* An input that may also be constant int4, two elements in a byte; see ek_int4.h. */
EK_MUST_CHECK ek_status_t ek_call_weights(ek_call_t *call, uint32_t position, ek_tensor_t *tensor);

/* Options of the operator; an absent field, or an absent table, gives `absent`. */
EK_MUST_CHECK ek_status_t ek_call_option_u8(ek_call_t *call, uint32_t id, uint8_t absent, uint8_t *value);
EK_MUST_CHECK ek_status_t ek_call_option_i32(ek_call_t *call, uint32_t id, int32_t absent, int32_t *value);

/* The first `count` options, at most EK_LAYOUT_FIELDS, all of one byte; an absent one is 0. */
EK_MUST_CHECK ek_status_t ek_call_byte_options(ek_call_t *call, uint32_t count, uint8_t *values);

/* Entry `index` of a custom operator's options, a map whose entries are sorted by their names, as an integer. */
EK_MUST_CHECK ek_status_t ek_call_custom_option(ek_call_t *call, uint32_t index, int32_t *value);

/* At load: whether the kernel takes the call. */
EK_MUST_CHECK ek_status_t ek_call_check(ek_call_t *call, const ek_kernel_t *kernel);

/* Refuses the call as unsupported (EK_UNSUPPORTED) or as contradicting itself (EK_BAD_MODEL). For what a load finds: `run`,
 * which may share the code, never comes to these. */
#ifndef EK_RESIDENT
EK_MUST_CHECK ek_status_t ek_call_refuse(ek_call_t *call, const char *reason);
EK_MUST_CHECK ek_status_t ek_call_reject(ek_call_t *call, const char *reason);
#else
#define ek_call_refuse(call, reason) ((void)(call), EK_UNSUPPORTED)
#define ek_call_reject(call, reason) ((void)(call), EK_BAD_MODEL)
#endif

/* Requires `tensor` to be of `type` with exactly one scale, and its zero point to fit the type. */
EK_MUST_CHECK ek_status_t ek_call_require_per_tensor(ek_call_t *call, const ek_tensor_t *tensor, ek_type_t type);

/* Requires weights of int8 or int4 with one scale, or one per entry of `dimension`. Their zero points are 0, whatever the
 * file says: the reference does not look at them either. */
EK_MUST_CHECK ek_status_t ek_call_require_weights(ek_call_t *call, const ek_tensor_t *weights, uint32_t dimension);

/* Requires an int32 bias of `length` elements. */
EK_MUST_CHECK ek_status_t ek_call_require_bias(ek_call_t *call, const ek_tensor_t *bias, int32_t length);

/* The clamp of a fused activation in int8 units of `output`. */
EK_MUST_CHECK ek_status_t ek_call_activation_int8(ek_call_t *call, uint8_t activation, const ek_tensor_t *output,
                                                  int32_t *low, int32_t *high);

/* The multiplier input·weights[channel]/output of a convolution. */
ek_multiplier_t ek_channel_multiplier(const ek_tensor_t *input, const ek_tensor_t *weights, const ek_tensor_t *output,
                                      uint32_t channel);

/* The same for legacy uint8 weights, which have one scale: there the product of two scales is rounded to a float32
 * before the division in double. TFLM computes all of it in double.
 * Source: tensorflow/lite/kernels/kernel_util.cc, GetQuantizedConvolutionMultipler. */
ek_multiplier_t ek_tensor_multiplier(const ek_tensor_t *input, const ek_tensor_t *weights, const ek_tensor_t *output);

#endif
