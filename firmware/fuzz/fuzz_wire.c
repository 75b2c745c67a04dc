/* SPDX-License-Identifier: Apache-2.0 */
/* The whole device behind its line, fed with anything; what it answers is read back by the frame reader.
 *
 * Checksums keep random bytes away from everything behind them, so the input is a script: a byte says what comes next,
 * raw bytes for the line or the body of a frame that the harness makes, sound or damaged, and what follows is that.
 * Every reply must be a sound frame of the kind and sequence of a request, one for each frame that arrived. */
#include "ek_device.h"
#include "ek_messages.h"
#include "fuzz.h"

#define MODEL_BYTES 4096u
#define ARENA_BYTES 8192u

enum { STEP_RAW, STEP_FRAME, STEP_REPEAT, STEP_DAMAGED, STEP_CUT, STEP_MODEL, STEP_KINDS };
enum { BODY_BYTES = EK_MAX_BODY };

typedef struct {
  ek_device_t *device;
  uint8_t frame[EK_FRAME_CAPACITY]; /* the last one made */
  uint32_t frame_bytes;             /* of header and body */
  uint32_t num_sent;                /* bytes of a frame that go through, for STEP_CUT */
  uint32_t flip_at;                 /* byte of a frame whose bit is flipped, for STEP_DAMAGED */
  uint32_t position;
  uint16_t sequence;
} script_t;

static ek_frame_reader_t replies;
static uint8_t reply_bytes[EK_FRAME_CAPACITY];
static uint32_t num_replies;
static uint8_t last_reply[EK_FRAME_HEADER_BYTES];

/* Where the device writes. */
static void take_reply(void *context, const uint8_t *bytes, uint32_t num_bytes) {
  (void)context;
  for (uint32_t i = 0; i < num_bytes; ++i) {
    const ek_frame_event_t event = ek_frame_reader_feed(&replies, bytes[i]);
    REQUIRE(event == EK_FRAME_NONE || event == EK_FRAME_READY);
    if (event == EK_FRAME_READY) {
      ++num_replies;
      memcpy(last_reply, replies.bytes, sizeof last_reply);
      REQUIRE((last_reply[0] & EK_KIND_REPLY) != 0u && last_reply[1] <= EK_RUNTIME_FAILED);
    }
  }
}

static void feed(script_t *script, uint8_t byte) { (void)ek_device_feed(script->device, byte); }

/* Where the harness writes: the device's line, with what is wrong with it. */
static void send(void *context, const uint8_t *bytes, uint32_t num_bytes) {
  script_t *script = context;
  for (uint32_t i = 0; i < num_bytes; ++i, ++script->position) {
    if (script->position < script->num_sent) {
      feed(script, script->position == script->flip_at ? (uint8_t)(bytes[i] ^ 0x10u) : bytes[i]);
    }
  }
}

static void send_frame(script_t *script, uint32_t num_sent, uint32_t flip_at) {
  static uint8_t copy[EK_FRAME_CAPACITY];
  memcpy(copy, script->frame, script->frame_bytes);
  script->num_sent = num_sent;
  script->flip_at = flip_at;
  script->position = 0u;
  const uint32_t before = num_replies;
  ek_frame_write(copy, script->frame_bytes, send, script);
  if (num_sent == UINT32_MAX && flip_at == UINT32_MAX) {
    /* Raw bytes before it may have left the reader inside a frame: then it is answered as damaged, or is text. */
    REQUIRE(num_replies <= before + 1u);
    if (num_replies == before + 1u && last_reply[0] != EK_KIND_BAD_FRAME) {
      REQUIRE(last_reply[0] == (script->frame[0] | EK_KIND_REPLY) && last_reply[2] == script->frame[2] &&
              last_reply[3] == script->frame[3]);
    }
  }
}

static void make_frame(script_t *script, uint8_t kind, const uint8_t *body, uint32_t length) {
  ++script->sequence;
  const uint8_t header[EK_FRAME_HEADER_BYTES] = {kind, 0u, (uint8_t)script->sequence,
                                                 (uint8_t)(script->sequence >> 8)};
  memcpy(script->frame, header, sizeof header);
  if (length > 0u) {
    memcpy(script->frame + sizeof header, body, length);
  }
  script->frame_bytes = (uint32_t)sizeof header + length;
}

static void request(script_t *script, uint8_t kind, const uint8_t *body, uint32_t length) {
  make_frame(script, kind, body, length);
  send_frame(script, UINT32_MAX, UINT32_MAX);
}

/* A whole upload with the right hash, after the two delimiters that bring the reader in step. */
static void upload(script_t *script, const uint8_t *model, uint32_t length) {
  static uint8_t body[BODY_BYTES];
  uint8_t begin[4 + EK_SHA256_BYTES];
  feed(script, 0u);
  feed(script, 0u);
  const uint8_t version[2] = {1u, 0u};
  request(script, EK_KIND_HELLO, version, sizeof version);
  memcpy(begin, &length, 4u);
  ek_sha256(model, length, begin + 4);
  request(script, 2u, begin, sizeof begin);
  memset(body, 0, 4u);
  memcpy(body + 4, model, length);
  request(script, 3u, body, 4u + length);
  request(script, 4u, NULL, 0u);
}

static void play(script_t *script, const uint8_t *data, size_t size) {
  size_t at = 0;
  while (at + 4u <= size) {
    const uint8_t step = (uint8_t)(data[at] % STEP_KINDS);
    const uint8_t detail = data[at + 1u];
    const size_t asked = (size_t)(data[at + 2u] | (data[at + 3u] << 8)) % (BODY_BYTES - 3u);
    at += 4u;
    const uint32_t length = (uint32_t)(asked < size - at ? asked : size - at);
    const uint8_t *body = data + at;
    switch (step) {
      case STEP_FRAME:
        /* Bit 6: not the next sequence number but one far away. */
        script->sequence = (uint16_t)(script->sequence + ((detail & 0x40u) != 0u ? (detail & 0x80u) * 257u + 40u : 0u));
        request(script, detail & 0x3Fu, body, length);
        at += length;
        break;
      case STEP_REPEAT:
        send_frame(script, UINT32_MAX, UINT32_MAX);
        break;
      case STEP_DAMAGED:
        send_frame(script, UINT32_MAX, (uint32_t)asked % (script->frame_bytes + 6u));
        break;
      case STEP_CUT:
        send_frame(script, (uint32_t)asked % (script->frame_bytes + 6u), UINT32_MAX);
        break;
      case STEP_MODEL:
        upload(script, body, length);
        at += length;
        break;
      default:
        for (uint32_t i = 0; i < length; ++i) {
          feed(script, body[i]);
        }
        at += length;
        break;
    }
  }
}

static uint32_t ticks(void) {
  static uint32_t now;
  return ++now;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static script_t script;
  ek_port_t port = {0};
  port.board = "fuzz";
  port.identity = "";
  port.write = take_reply;
  port.ticks = ticks;
  port.timer_hz = 1u;
  port.model_capacity = MODEL_BYTES;
  port.arena_capacity = ARENA_BYTES;
  port.model = aligned_alloc(EK_ALIGNMENT, MODEL_BYTES);
  port.arena = aligned_alloc(EK_ALIGNMENT, ARENA_BYTES);
  memset(&script, 0, sizeof script);
  script.device = malloc(sizeof *script.device);
  REQUIRE(port.model != NULL && port.arena != NULL && script.device != NULL);
  script.frame_bytes = EK_FRAME_HEADER_BYTES;
  num_replies = 0u;
  ek_frame_reader_init(&replies, reply_bytes, sizeof reply_bytes);
  ek_device_init(script.device, &port);
  play(&script, data, size);
  /* Whatever came before, two delimiters and HELLO get an answer: the reader is never lost. */
  feed(&script, 0u);
  feed(&script, 0u);
  const uint8_t version[2] = {1u, 0u};
  script.sequence = (uint16_t)(script.sequence + 1000u);
  const uint32_t before = num_replies;
  request(&script, EK_KIND_HELLO, version, sizeof version);
  REQUIRE(num_replies == before + 1u && last_reply[0] == (EK_KIND_HELLO | EK_KIND_REPLY) && last_reply[1] == EK_OK);
  free(script.device);
  free(port.arena);
  free(port.model);
  return 0;
}
