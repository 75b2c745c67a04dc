/* SPDX-License-Identifier: Apache-2.0 */
/* A delegate as a shared library, by the interface that TFLite's runtimes load one through. It takes every ADD and
 * computes nothing, so that a test sees both what was delegated and that the outputs are wrong. The structures are as far
 * as they are used here; what follows in the real ones is room that this library leaves zero. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef struct { int size; int data[]; } int_array_t;
typedef struct context context_t;
typedef struct delegate delegate_t;
typedef struct node node_t;

typedef struct {
  void *(*init)(context_t *, const char *, size_t);
  void (*free)(context_t *, void *);
  int (*prepare)(context_t *, node_t *);
  int (*invoke)(context_t *, node_t *);
  const char *(*profiling_string)(const context_t *, const node_t *);
  int32_t builtin_code;
  const char *custom_name;
  int version;
  void *room[8];
} registration_t;

struct context {
  size_t num_tensors;
  int (*get_execution_plan)(context_t *, int_array_t **);
  void *tensors;
  void *impl;
  void *resize_tensor, *report_error, *add_tensors;
  int (*get_node)(context_t *, int, node_t **, registration_t **);
  int (*replace_nodes)(context_t *, registration_t, const int_array_t *, delegate_t *);
};

struct delegate {
  void *data;
  int (*prepare)(context_t *, delegate_t *);
  void *copy_from, *copy_to, *free_buffer;
  int64_t flags;
  void *room[8];
};

static int do_nothing(context_t *context, node_t *node) {
  (void)context;
  (void)node;
  return 0;
}

static int take_every_add(context_t *context, delegate_t *delegate) {
  int_array_t *plan;
  if (context->get_execution_plan(context, &plan) != 0) {
    return 1;
  }
  int_array_t *taken = calloc(1, sizeof(int_array_t) + (size_t)plan->size * sizeof(int));
  for (int i = 0; i < plan->size; ++i) {
    node_t *node;
    registration_t *registration;
    if (context->get_node(context, plan->data[i], &node, &registration) == 0 && registration->builtin_code == 0) {
      taken->data[taken->size++] = plan->data[i];
    }
  }
  registration_t kernel;
  memset(&kernel, 0, sizeof kernel);
  kernel.prepare = do_nothing;
  kernel.invoke = do_nothing;
  kernel.custom_name = "FakeDelegate";
  kernel.version = 1;
  const int status = context->replace_nodes(context, kernel, taken, delegate);
  free(taken);
  return status;
}

delegate_t *tflite_plugin_create_delegate(char **keys, char **values, size_t num_options, void (*report)(const char *)) {
  (void)keys;
  (void)values;
  (void)num_options;
  if (getenv("FAKE_DELEGATE_FAILS") != NULL) {
    report("no device answers");
    return NULL;
  }
  delegate_t *made = calloc(1, sizeof *made);
  made->prepare = take_every_add;
  return made;
}

void tflite_plugin_destroy_delegate(delegate_t *delegate) { free(delegate); }
