/* SPDX-License-Identifier: Apache-2.0 */
/* SignalRfft, int16: the Fourier transform of each frame, filled up with zeros to the length of the transform; see
 * ek_fft.h. A spectrum is fft_length / 2 + 1 complex numbers. */
#include "ek_fft.h"
#include "ek_signal.h"

enum { OPTION_LENGTH = 1 };

typedef struct {
  ek_tensor_t input, output;
  uint32_t frame, length;
} frames_t;

static ek_status_t decode(ek_call_t *call, frames_t *frames) {
  int32_t length;
  EK_TRY(ek_call_input(call, 0u, &frames->input));
  EK_TRY(ek_call_output(call, 0u, &frames->output));
  EK_TRY(ek_signal_option(call, OPTION_LENGTH, 1, INT32_MAX, &length));
  frames->length = (uint32_t)length;
  frames->frame = frames->input.rank == 0u ? 1u : (uint32_t)frames->input.dims[frames->input.rank - 1u];
  return EK_OK;
}

static ek_status_t check(ek_call_t *call) {
  frames_t frames;
  EK_TRY(decode(call, &frames));
  if (frames.input.type != EK_INT16 || frames.output.type != EK_INT16) {
    return ek_call_refuse(call, "a transform of other than int16");
  }
  if (!ek_fft_takes(frames.length)) {
    return ek_call_refuse(call, "a transform whose length is not a power of two from 4 to 1024");
  }
  return frames.frame <= frames.length &&
                 frames.output.num_elements / (frames.length + 2u) == frames.input.num_elements / frames.frame &&
                 frames.output.num_elements % (frames.length + 2u) == 0u
             ? EK_OK
             : ek_call_reject(call, "the frames or the spectra do not fit the length of the transform");
}

/* A frame, and the numbers that the transform works in. */
static ek_status_t scratch(ek_call_t *call, uint32_t *num_bytes) {
  frames_t frames;
  EK_TRY(decode(call, &frames));
  *num_bytes = 2u * frames.length * (uint32_t)sizeof(int16_t);
  return EK_OK;
}

static ek_status_t run(ek_call_t *call) {
  frames_t frames;
  EK_TRY(decode(call, &frames));
  int16_t *samples = (int16_t *)(void *)call->scratch;
  ek_complex_t *work = (ek_complex_t *)(void *)(samples + frames.length);
  ek_complex_t *spectrum = (ek_complex_t *)(void *)frames.output.data;
  const uint32_t frame_bytes = frames.frame * (uint32_t)sizeof *samples;
  for (uint32_t at = 0; at < frames.input.num_bytes; at += frame_bytes, spectrum += frames.length / 2u + 1u) {
    memset(samples, 0, frames.length * sizeof *samples);
    memcpy(samples, frames.input.data + at, frame_bytes);
    ek_fft_real(samples, frames.length, work, spectrum);
  }
  return EK_OK;
}

const ek_kernel_t ek_signal_rfft_int16 = {.name = "SignalRfft",
                                          .builtin = EK_BUILTIN_CUSTOM,
                                          .type = EK_INT16,
                                          .check = EK_AT_LOAD(check),
                                          .run = run,
                                          .scratch = EK_AT_LOAD(scratch)};
