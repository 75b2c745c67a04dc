/* SPDX-License-Identifier: Apache-2.0 */
/* The port of a Linux program: the line is stdin and stdout, and its end ends the program. Ports may use the operating
 * system; what is above them does not know that there is one. */
#define _POSIX_C_SOURCE 200809L /* clock_gettime */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "ek_board.h"

/* Pages are taken as they are touched, so that room costs nothing. */
#define MODEL_BYTES (64u << 20)
#define ARENA_BYTES (64u << 20)
#define TICKS_PER_S 10000000u /* 32 bits of them last seven minutes */
#define NS_PER_TICK (1000000000u / TICKS_PER_S)

static int silence_limit_ms = -1; /* for ever */

/* A network that falls silent closes nothing: a host that gives no sign of life for so long is taken to be gone. */
static int limit_from_environment(void) {
  const char *const text = getenv("EDGEKIT_SILENCE_LIMIT_S");
  char *end;
  unsigned long seconds;
  if (text == NULL) {
    return -1;
  }
  seconds = strtoul(text, &end, 10);
  return (*end == '\0' && seconds > 0u && seconds <= (unsigned long)INT_MAX / 1000u) ? (int)seconds * 1000 : -1;
}

static void wait_for(int stream, short event) {
  struct pollfd wanted = {.fd = stream, .events = event};
  int ready;
  do {
    ready = poll(&wanted, 1u, silence_limit_ms);
  } while (ready < 0 && errno == EINTR);
  if (ready == 0) {
    exit(EXIT_FAILURE);
  }
}

static void write_bytes(void *context, const uint8_t *bytes, uint32_t num_bytes) {
  (void)context;
  while (num_bytes > 0u) {
    ssize_t written;
    wait_for(STDOUT_FILENO, POLLOUT);
    /* A pipe that is ready takes so much without waiting. */
    written = write(STDOUT_FILENO, bytes, num_bytes < PIPE_BUF ? num_bytes : PIPE_BUF);
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
  silence_limit_ms = limit_from_environment();
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
    ssize_t got;
    wait_for(STDIN_FILENO, POLLIN);
    got = read(STDIN_FILENO, buffer, sizeof buffer);
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
