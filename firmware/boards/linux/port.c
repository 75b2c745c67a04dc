/* SPDX-License-Identifier: Apache-2.0 */
/* The port of a Linux program: the line is stdin and stdout, and its end ends the program. Ports may use the operating
 * system; what is above them does not know that there is one. */
#define _POSIX_C_SOURCE 200809L /* clock_gettime */
#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "ek_board.h"

/* Pages are taken as they are touched, so that room costs nothing. */
#define MODEL_BYTES (64u << 20)
#define ARENA_BYTES (64u << 20)
#define TICKS_PER_S 10000000u /* 32 bits of them last seven minutes */
#define NS_PER_TICK (1000000000u / TICKS_PER_S)

static void write_bytes(void *context, const uint8_t *bytes, uint32_t num_bytes) {
  (void)context;
  while (num_bytes > 0u) {
    const ssize_t written = write(STDOUT_FILENO, bytes, num_bytes);
    if (written < 0 && errno != EINTR) {
      exit(EXIT_FAILURE); /* nobody listens any more */
    }
    if (written > 0) {
      bytes += written;
      num_bytes -= (uint32_t)written;
    }
  }
}

static uint32_t read_clock(void) {
  struct timespec now;
  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint32_t)now.tv_sec * TICKS_PER_S + (uint32_t)now.tv_nsec / NS_PER_TICK;
}

const ek_port_t *ek_board_init(void) {
  static _Alignas(16) uint8_t model[MODEL_BYTES];
  static _Alignas(16) uint8_t arena[ARENA_BYTES];
  static ek_port_t port;
  port.board = EK_BOARD;
  port.identity = "";
  port.write = write_bytes;
  port.ticks = read_clock;
  port.timer_hz = TICKS_PER_S;
  port.model = model;
  port.model_capacity = MODEL_BYTES;
  port.arena = arena;
  port.arena_capacity = ARENA_BYTES;
  return &port;
}

uint8_t ek_board_read(void) {
  static uint8_t buffer[4096];
  static size_t position;
  static size_t length;
  while (position == length) {
    const ssize_t got = read(STDIN_FILENO, buffer, sizeof buffer);
    if (got == 0) {
      exit(EXIT_SUCCESS);
    }
    if (got < 0 && errno != EINTR) {
      exit(EXIT_FAILURE);
    }
    position = 0u;
    length = got > 0 ? (size_t)got : 0u;
  }
  return buffer[position++];
}
