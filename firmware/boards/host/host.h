/* SPDX-License-Identifier: Apache-2.0 */
/* The same runtime behind functions that a foreign-function interface can call: all memory is the caller's, sizes are
 * asked for, structs stay opaque. */
#ifndef EK_HOST_H
#define EK_HOST_H

#include <stdint.h>

/* Bytes to hand over as `runtime` and `device`. */
uint32_t ek_host_runtime_bytes(void);
uint32_t ek_host_device_bytes(void);

/* Loads a model; `report` receives operator index, tensor index and arena bytes. Returns an ek_status_t. */
int32_t ek_host_load(void *runtime, const uint8_t *model, uint32_t model_bytes, uint8_t *arena, uint32_t arena_bytes,
                     uint32_t report[3]);

/* Checks operator `index` alone. Returns an ek_status_t; ek_host_message says why not. */
int32_t ek_host_check(void *runtime, const uint8_t *model, uint32_t model_bytes, uint32_t index);

/* Runs operators [first, first + count). Returns an ek_status_t. */
int32_t ek_host_run(void *runtime, uint32_t first, uint32_t count);

/* Gives all state its first value. Returns an ek_status_t. */
int32_t ek_host_reset(void *runtime);

/* ek_place: for each block `problem` has bytes, first, last, is_scratch and twice (over, lag); `blocks` has room for 64
 * bytes each. Returns what they span. */
uint32_t ek_host_place(const uint32_t *problem, uint32_t count, void *blocks, uint32_t *offsets);

/* Address and size of a tensor: `space` 0 input, 1 output, 2 tensor, as in READ. NULL if there is none. */
uint8_t *ek_host_tensor(void *runtime, uint32_t space, uint32_t index, uint32_t *num_bytes);

/* The message of the last failure. */
const char *ek_host_message(const void *runtime);

/* A whole device whose line ends in `write`. */
void ek_host_device_init(void *device, void (*write)(void *context, const uint8_t *bytes, uint32_t num_bytes),
                         uint8_t *model, uint32_t model_capacity, uint8_t *arena, uint32_t arena_capacity);
void ek_host_device_feed(void *device, const uint8_t *bytes, uint32_t num_bytes);

/* Takes a stream apart: `report` gets every ek_frame_event_t but NONE, with header and body of a READY frame or the
 * byte of a TEXT one. `buffer` bounds the frames. */
void ek_host_read_frames(const uint8_t *stream, uint32_t num_bytes, uint8_t *buffer, uint32_t capacity,
                         void (*report)(uint32_t event, const uint8_t *bytes, uint32_t num_bytes));

/* Writes one frame of `length` bytes of header and body; `bytes` has room for the checksum behind them. */
void ek_host_write_frame(uint8_t *bytes, uint32_t length,
                         void (*write)(void *context, const uint8_t *bytes, uint32_t num_bytes));

/* ek_multiplier and its like, ek_float_product and ek_float_ratio_rounded on the bits of floats. */
void ek_host_multiplier_over_product(uint32_t a, uint32_t b, uint32_t c, int32_t result[2]);
int32_t ek_host_multiply_by_double(int32_t value, uint32_t a, uint32_t b, uint32_t c); /* by a · b / c */
uint32_t ek_host_float_quotient(uint32_t a, uint32_t b);
void ek_host_inverse_root_multiplier(uint32_t a, uint32_t b, int32_t result[2]);
void ek_host_multiplier(uint32_t a, uint32_t b, uint32_t c, int32_t exponent, int32_t result[2]);
uint32_t ek_host_float_product(uint32_t a, uint32_t b);
int32_t ek_host_float_ratio_rounded(uint32_t a, uint32_t b, int32_t *rounded);

/* A function of ek_math.h, by its name without ek_ and f, on `count` values; −1 if there is none of that name. */
int32_t ek_host_math(const char *name, const float *x, float *result, uint32_t count);
void ek_host_fmod(const float *x, const float *y, float *result, uint32_t count);

/* ek_sha256. */
void ek_host_sha256(const uint8_t *bytes, uint32_t length, uint8_t *digest);

/* The kernels that a loaded model runs: needed[i] is set to 1 for kernel i of this build, else to 0.
 * Returns an ek_status_t. */
int32_t ek_host_needed_kernels(void *runtime, uint8_t *needed);

/* For a firmware that carries a loaded model: the identity of the sources that this library was built from; the fields of
 * ek_resident_fields.h, as many as returned, and their names. */
const char *ek_host_sources(void);
uint32_t ek_host_resident_fields(const void *runtime, uint64_t *values, uint32_t capacity);
const char *ek_host_resident_field(uint32_t index);

/* Names of the kernels of this build, NULL behind the last: the operator's, and that of the kernel's file. */
const char *ek_host_kernel_name(uint32_t index);
const char *ek_host_kernel_file(uint32_t index);

#endif
