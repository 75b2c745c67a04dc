/* SPDX-License-Identifier: Apache-2.0 */
/* The plugin's arguments. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cm_counter.h"

#define CM_CLASS_NAME(name) #name,
static const char *const class_names[CM_NUM_CLASSES] = {CM_CLASSES(CM_CLASS_NAME)};

typedef struct {
  const char *name;
  size_t offset;
} field_t;

static const field_t weight_fields[] = {
    {"cycles", offsetof(cm_weight_t, cycles)},   {"per_register", offsetof(cm_weight_t, per_register)},
    {"after_load", offsetof(cm_weight_t, after_load)}, {"latency", offsetof(cm_weight_t, latency)},
    {"unit", offsetof(cm_weight_t, unit)},       {"busy", offsetof(cm_weight_t, busy)},
    {"taken", offsetof(cm_weight_t, taken)},     {"slot", offsetof(cm_weight_t, slot)},
};
static const field_t core_fields[] = {
    {"issue_width", offsetof(cm_core_t, issue_width)},
    {"address_stall", offsetof(cm_core_t, address_stall)},
    {"accumulator_early", offsetof(cm_core_t, accumulator_early)},
};
static const field_t counter_fields[] = {
    {"run", offsetof(cm_counter_t, run_address)},
    {"stop", offsetof(cm_counter_t, stop_address)},
    {"flash_start", offsetof(cm_counter_t, flash.start)},
    {"flash_bytes", offsetof(cm_counter_t, flash.bytes)},
    {"wait_states", offsetof(cm_counter_t, flash.wait_states)},
    {"line_bytes", offsetof(cm_counter_t, flash.line_bytes)},
    {"instruction_lines", offsetof(cm_counter_t, flash.instructions.num_lines)},
    {"data_lines", offsetof(cm_counter_t, flash.data.num_lines)},
};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static const field_t *find(const field_t *fields, size_t count, const char *name, size_t length) {
  for (size_t i = 0; i < count; ++i) {
    if (strlen(fields[i].name) == length && memcmp(fields[i].name, name, length) == 0) {
      return &fields[i];
    }
  }
  return NULL;
}

static int set_byte(void *at, const field_t *field, unsigned long value) {
  if (field == NULL || value > UINT8_MAX) {
    return 0;
  }
  *((uint8_t *)at + field->offset) = (uint8_t)value;
  return 1;
}

static int set_weight(cm_core_t *core, const char *option, size_t dot, size_t length, unsigned long value) {
  for (size_t i = 0; i < CM_NUM_CLASSES; ++i) {
    if (strlen(class_names[i]) == dot && memcmp(class_names[i], option, dot) == 0) {
      const field_t *field = find(weight_fields, COUNT(weight_fields), option + dot + 1u, length - dot - 1u);
      return set_byte(&core->weights[i], field, value);
    }
  }
  return 0;
}

int cm_set_option(cm_counter_t *counter, const char *option) {
  const char *equals = strchr(option, '=');
  if (equals == NULL || equals[1] == '\0') {
    return 0;
  }
  char *end;
  errno = 0;
  const unsigned long value = strtoul(equals + 1, &end, 0);
  const size_t length = (size_t)(equals - option);
  const char *dot = memchr(option, '.', length);
  if (errno != 0 || *end != '\0' || value > UINT32_MAX) {
    return 0;
  }
  if (dot != NULL) {
    return set_weight(&counter->core, option, (size_t)(dot - option), length, value);
  }
  if (length == 6u && memcmp(option, "output", 6u) == 0) {
    counter->output = (int)value;
    return 1;
  }
  const field_t *field = find(counter_fields, COUNT(counter_fields), option, length);
  if (field != NULL) {
    memcpy((char *)counter + field->offset, &(uint32_t){(uint32_t)value}, sizeof(uint32_t));
    return 1;
  }
  return set_byte(&counter->core, find(core_fields, COUNT(core_fields), option, length), value);
}
